"""Steps, images and numbers out of bytes: what the random judge does is read off what Hypothesis drew.

Bytes are read so that zero is the plainest choice (no step, the first space, address 0), and a failure shrinks to few
steps that are easy to read. Addresses are drawn from where the edges are: every index is the first, the second or the
last of its table.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import attrs

from ...spec.geometries import Geometry
from ...spec.paging import Access, Image
from ...spec.tables import Tables
from .machine import Cells, Machine
from .steps import Create, Drop, Map, PageIn, PageOut, Protect, Share, Split, Step, Touch, Unmap

#: Bytes that one step is read from.
STEP_BYTES = 6
#: By the first byte of a step: what is done; maps come often, as all else needs them.
_ACTIONS: tuple[Any, ...] = (
    None,
    Map,
    Map,
    Map,
    Create,
    Map,
    Map,
    Unmap,
    Protect,
    Split,
    Touch,
    PageOut,
    PageIn,
    Touch,
)
_ACTIONS += (Drop, Share, PageOut, PageIn, PageIn, Split)
#: Frames of a block for a leaf are found below this many leaves of the largest size.
_BLOCKS = 4


def rights_of(byte: int) -> Access:
    """Rights by the three lowest bits."""
    return Access(bool(byte & 1), bool(byte & 2), bool(byte & 4))


def address_of(geometry: Geometry, choice: int, spoilt: int = 0) -> int:
    """An address at an edge: two bits of `choice` by level say which index, from the last level up.

    `spoilt` below 240 leaves it as it is, else it becomes one inside the page, or one that is not canonical.
    """
    address = 0
    for level, bits in enumerate(reversed(geometry.index_bits)):
        index = (0, 1, 0, (1 << bits) - 1)[choice >> 2 * level & 3] if bits else 0
        address |= min(index, (1 << bits) - 1) << geometry.shift(level)
    upper = (1 << geometry.address_bits) - (1 << geometry.translated_bits)
    if geometry.sign_extended and address >> geometry.translated_bits - 1:
        address |= upper
    if spoilt >= 248 and upper:
        return address ^ (1 << geometry.translated_bits + spoilt % (geometry.address_bits - geometry.translated_bits))
    return address + (1 if spoilt >= 240 else 0)


def dimensions_of(machine: Machine, data: int) -> tuple[int, int]:
    """Table frames, few enough to run out, and frames in all."""
    levels = len(machine.table_levels)
    frames = 1 + levels + data % (2 * levels + 2)
    if data >= 248:
        frames = 1 + data % levels
    largest = machine.rules.frames_of(machine.leaf_levels[-1])
    return frames, (-(-frames // largest) + _BLOCKS) * largest


@attrs.frozen
class _Draw:
    """The bytes of one step, and the state that it is drawn for."""

    machine: Machine
    tables: Tables
    drawn: bytes

    def root(self) -> int:
        """A root that there is, or now and then any address."""
        roots, who = self.machine.roots(self.tables), self.drawn[1]
        if not roots or who >= 244:
            return int(who % (self.tables.frames + 2) << self.machine.geometry.page_shift) + (who == 255)
        return int(roots[who % len(roots)])

    def address(self) -> int:
        _, _, where, upper, _, spoilt = self.drawn
        return address_of(self.machine.geometry, where | (upper & 0x3) << 8, spoilt)

    def level(self) -> int:
        """A level that has leaves, or now and then any."""
        what = self.drawn[3] >> 2
        if what >= 60:
            return what - 60 + self.machine.geometry.levels - 1
        return self.machine.leaf_levels[what % len(self.machine.leaf_levels)]

    def frame(self, level: int) -> int:
        """The next frame of a block for a leaf at `level` that is not mapped, now and then one that is, or any."""
        how, tables = self.drawn[4], self.tables
        if how >= 240:
            return int(max(0, how % 8 + tables.frames - 2))
        size = int(self.machine.rules.frames_of(level))
        known = [frame for _, frame, other in self.machine.leaves(tables) if other == level]
        if known and how & 0x30 == 0x30:
            return known[how % len(known)]
        blocks = range(-(-tables.frames // size) + how % 8, tables.limit // size)
        return next((block for block in blocks if not tables.count[block * size]), tables.limit // size) * size

    def page(self, kind: Any) -> tuple[int, int, int]:
        """Root, address and level of a page that this kind of step is for, where a byte says so; else of any."""
        pages = list(self.pages(kind)) if self.drawn[5] < 200 else []
        return pages[self.drawn[2] % len(pages)] if pages else (self.root(), self.address(), self.level())

    def pages(self, kind: Any) -> Iterator[tuple[int, int, int]]:
        """Root, address and level of the leaves, or of what is away, the lowest addresses first."""
        geometry = self.machine.geometry
        for root in self.machine.roots(self.tables):
            top = root >> geometry.page_shift
            for address, level, entry in _pages(self.machine, self.tables, top, geometry.levels - 1, 0):
                here = self.machine.rules.is_present(entry)
                if here != (kind is PageIn) and (level > 0 or kind is not Split):
                    yield root, address, level

    def step(self) -> Step | None:
        kind = _ACTIONS[self.drawn[0] % len(_ACTIONS)]
        if kind is None:
            return None
        if kind is Create or (not self.machine.roots(self.tables) and self.drawn[0] < 224):
            return Create()
        if kind is Drop:
            return Drop(self.root())
        if kind is Share:
            known = sorted(self.tables.count) if self.drawn[5] < 200 else []
            return Share(known[self.drawn[2] % len(known)] if known else self.frame(0))
        if kind is Map:
            return self._map()
        if self.drawn[5] < 160 and not any(self.pages(kind)):
            return self._map()
        return self._on_page(kind)

    def _map(self) -> Step | None:
        level = self.level()
        sized = level if level in self.machine.leaf_levels else 0
        frame = self.frame(sized)
        if self.machine.overlaps(self.tables, frame, sized):
            return None
        how = self.drawn[0] >> 4
        return Map(self.root(), self.address(), frame, level, rights_of(how), shared=self.drawn[4] & 8 != 0)

    def _on_page(self, kind: Any) -> Step | None:
        root, address, level = self.page(kind)
        how = self.drawn[4]
        if kind is Protect:
            return Protect(root, address, level, rights_of(how))
        if kind is Touch:
            return Touch(root, address + (how >> 4) % (1 << self.machine.geometry.page_shift), rights_of(how))
        if kind is PageOut:
            return PageOut(root, address, how & 15, 0 if how >= 240 else 1 + (how >> 4))
        if kind is PageIn:
            frame = self.frame(0)
            return None if self.machine.overlaps(self.tables, frame, 0) else PageIn(root, address, frame)
        return (Unmap if kind is Unmap else Split)(root, address, level)


def _pages(machine: Machine, tables: Tables, frame: int, level: int, base: int) -> Iterator[tuple[int, int, int]]:
    """Address, level and entry of all that is no table, in the table in `frame` and below it."""
    geometry, rules = machine.geometry, machine.rules
    first = frame * machine.entries_of_page
    for slot in sorted(slot for slot in tables.words if first <= slot < first + machine.entries_of_page):
        entry, address = tables.words[slot], base | slot - first << geometry.shift(level)
        if not rules.is_present(entry) or rules.is_leaf(entry, level):
            if geometry.sign_extended and address >> geometry.translated_bits - 1:
                address |= (1 << geometry.address_bits) - (1 << geometry.translated_bits)
            yield address, level, entry
        elif rules.frame_of(entry) < tables.frames and level > 0:
            yield from _pages(machine, tables, rules.frame_of(entry), geometry.below(level), address)


def step_of(machine: Machine, tables: Tables, data: bytes) -> Step | None:
    """The step that these bytes stand for in this state, or none."""
    return _Draw(machine, tables, data).step()


#: Bytes that an image is read from: three for each of three entries of each of four frames.
IMAGE_BYTES = 36
_IMAGE_FRAMES = 4


def image_of(machine: Machine, data: bytes) -> Image:
    """Table memory that no step has made: entries that are often present and point inside, whatever level they are at.

    Entries are where walks go: the first, the second and the last of every table.
    """
    size = machine.entries_of_page
    words = Cells(_IMAGE_FRAMES * size)
    places = itertools.product(range(_IMAGE_FRAMES), (0, 1, size - 1))
    for (frame, index), at in zip(places, range(0, IMAGE_BYTES, 3), strict=True):
        words[frame * size + index] = _entry_of(machine, *data[at : at + 3])
    return Image(words, len(range(words.size)))


def _entry_of(machine: Machine, kind: int, frame: int, spoilt: int) -> int:
    rules, width = machine.rules, 8 * machine.geometry.entry_bytes
    if kind % 8 == 0:
        return 0
    if kind % 8 < 5:
        entry = rules.table_entry(frame % _IMAGE_FRAMES + (frame >= 240), 1 + kind // 8 % 4)
    else:
        level = machine.leaf_levels[kind // 8 % len(machine.leaf_levels)]
        rights = rights_of(frame)
        entry = rules.leaf_entry((frame >> 3) * rules.frames_of(level), level, *rights)
    return int(entry ^ (1 << spoilt % width if spoilt >= 160 else 0))
