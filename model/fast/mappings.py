"""Everything that page tables map, and whether it may be so: a whole snapshot of memory at once.

>>> import numpy as np
>>> from pagelaw.spec.geometries import geometry_named
>>> tables = np.zeros(2048, np.uint32)
>>> tables[1], tables[1024 + 2] = 0x1007, 0x9A007  # the directory's entry 1 names frame 1, whose entry 2 maps 0x9A
>>> win32 = geometry_named("win32")
>>> found = leaf_mappings(tables, 0, win32)
>>> [hex(address) for address in found.addresses], [hex(frame) for frame in found.frames]
(['0x402000'], ['0x9a'])
>>> tables[1024 + 7] = 0x9A007  # and entry 7 maps it again
>>> audit(tables, [0], win32).doubled
(154,)

The entries are read by the specification's own walk (`mappings_kernel`).
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import attrs
import numpy as np
import numpy.typing as npt

from ...spec.algebra import Backend
from ...spec.geometries import Geometry
from ...spec.paging import Image
from . import mappings_kernel as kernel
from .backend import compiled, is_compiled
from .mappings_kernel import Leaves, Marks, Waiting
from .translate import entries_of

#: A frame for which no other number is given is one of the first 2**28: a terabyte.
_FRAMES = 1 << 28
#: A listing enters a table once for each entry that leads to it, and gives up when that is this often on one level.
_MOST_TABLES = 1 << 22
_ROOM = 1 << 12


class Mappings(NamedTuple):
    """Leaves in the order of their addresses.

    Attributes:
        entries: physical address of each.
        addresses: first address that it maps.
        frames: first frame that it maps to.
        levels: its level; it maps as many bytes as an entry there translates.
        rights: what all levels together grant: MAY_READ, MAY_WRITE, MAY_USER, MAY_EXECUTE of `mappings_kernel`.
    """

    entries: npt.NDArray[np.uint64]
    addresses: npt.NDArray[np.uint64]
    frames: npt.NDArray[np.uint64]
    levels: npt.NDArray[np.uint8]
    rights: npt.NDArray[np.uint8]


@attrs.frozen
class Place:
    """An entry: its physical address, and the first address that it translates."""

    entry: int
    address: int


@attrs.frozen(kw_only=True)
class Audit:
    """What a snapshot of page tables comes to; the tuples name what is wrong, and are empty where nothing is.

    Attributes:
        tables: how many tables there are; each is entered once, however often it is named.
        mappings: how many leaves, by level, the last one first.
        writable_code: how many leaves may be written and executed.
        doubled: frames that are mapped more than once and not said to be shared.
        malformed: entries with bits that no software may set.
        misaligned: huge leaves whose frame is not aligned to their size, where the hardware does not refuse them.
        beyond: leaves that map frames beyond the last one.
        dangling: entries that name a table outside the image.
        renamed: entries that name a table that has been named before, or is a root.
        opened: leaves that give the user a table.
    """

    tables: int
    mappings: tuple[int, ...]
    writable_code: int
    doubled: tuple[int, ...]
    malformed: tuple[Place, ...]
    misaligned: tuple[Place, ...]
    beyond: tuple[Place, ...]
    dangling: tuple[Place, ...]
    renamed: tuple[Place, ...]
    opened: tuple[Place, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong; code that may be written is a matter of policy."""
        wrong = self.doubled, self.malformed, self.misaligned, self.beyond, self.dangling, self.renamed, self.opened
        return not any(wrong)


def leaf_mappings(image: Any, root: int, geometry: Geometry) -> Mappings:
    """All leaves that addresses can come to from the table at physical address `root`, as walks come to them.

    A table that several entries name is there several times. Tables that name each other so that there would be
    more than four million on one level are a `ValueError`.
    """
    survey, found = _Survey.of(image, (root,), geometry, 1, 1), []
    for level, above, count in survey.levels():
        leaves = _leaves(survey.entries_of(count, level) + 1)
        survey.kernels.list_level(survey.memory, above, count, survey.below, leaves, survey.marks, survey.word(level))
        listed = survey.take(kernel.LEAVES)
        found.append([part[:listed] for part in leaves])
    every = [np.concatenate(parts) for parts in zip(*found, strict=True)]
    order = np.argsort(every[1], kind="stable")
    return Mappings(*(part[order] for part in every))


def audit(
    image: Any,
    roots: Iterable[int],
    geometry: Geometry,
    *,
    shared: Iterable[int] | npt.NDArray[Any] = (),
    frames: int = _FRAMES,
) -> Audit:
    """Hold all tables that can be reached from the tables at `roots` to the laws of a snapshot.

    No frame is mapped twice but those in `shared`; each table is named once; huge leaves are aligned; entries are
    well formed, name tables in the image and map frames below `frames`; the user has no table. A root that is no
    table in the image is a `ValueError`.
    """
    known, room = tuple(dict.fromkeys(roots)), _ROOM
    while True:
        survey = _Survey.of(image, known, geometry, frames, room)
        mappings, opened = _judge(survey)
        if survey.noted <= room:
            break
        room = survey.noted
    wrong = survey.places
    return Audit(
        tables=survey.tables,
        mappings=mappings,
        writable_code=survey.take(kernel.WRITABLE_CODE),
        doubled=_without(_frames_in(survey.marks.twice), shared) if survey.take(kernel.DOUBLED) else (),
        malformed=wrong[kernel.BAD_ENTRY],
        misaligned=wrong[kernel.BAD_BLOCK],
        beyond=wrong[kernel.NO_SUCH_FRAME],
        dangling=wrong[kernel.NO_SUCH_TABLE],
        renamed=wrong[kernel.NAMED_AGAIN],
        opened=(*wrong[kernel.OPEN_TABLE], *opened),
    )


def _judge(survey: _Survey) -> tuple[tuple[int, ...], tuple[Place, ...]]:
    """Work off all levels; the leaves by level, last one first, and the huge leaves that give the user a table."""
    counts, huge = [0] * survey.geometry.levels, []
    for level, above, count in survey.levels():
        leaves = _leaves(survey.entries_of(count, level) if level else 0)
        survey.kernels.judge_level(survey.memory, above, count, survey.below, leaves, survey.marks, survey.word(level))
        counts[level] = survey.take(kernel.LEAVES)
        if level:
            huge.append(Mappings(*(part[: counts[level]] for part in leaves)))
    return tuple(counts), tuple(place for leaves in huge for place in _opening(survey, leaves))


def _opening(survey: _Survey, leaves: Mappings) -> Iterator[Place]:
    """The huge leaves of the user that have a table among their frames."""
    tables = np.concatenate([[0], np.cumsum(survey.marks.entered, dtype=np.int64)])
    last = np.uint64(tables.size - 1)
    for leaf in np.flatnonzero(leaves.rights & kernel.MAY_USER):
        first, size = leaves.frames[leaf], survey.frames_of(int(leaves.levels[leaf]))
        if tables[min(last, first + size)] > tables[min(last, first)]:
            yield Place(int(leaves.entries[leaf]), int(leaves.addresses[leaf]))


@attrs.define
class _Survey:
    """The work on one snapshot, level by level from the top."""

    geometry: Geometry
    kernels: Backend
    memory: Image
    marks: Marks
    waiting: Waiting
    count: int
    below: Waiting
    tables: int = 0

    @classmethod
    def of(cls, image: Any, roots: Sequence[int], geometry: Geometry, frames: int, room: int) -> _Survey:
        """Before the first level: the roots wait."""
        words, kernels = entries_of(image, geometry), _kernels(tuple(geometry.constants().items()))
        word = np.uint64 if is_compiled() else int
        per_page = (1 << geometry.page_shift) // geometry.entry_bytes
        size = (1 << geometry.index_bits[0]) * geometry.entry_bytes
        entered = np.zeros(-(-words.size // per_page), np.uint8)
        for root in roots:
            if not 0 <= root <= words.nbytes - size or root % geometry.entry_bytes:
                raise ValueError(f"no top table of {geometry.name}, {size} bytes, is at 0x{root:X} of the image")
            entered[root >> geometry.page_shift] = 1
        once, twice = (np.zeros((frames + 63) // 64, np.uint64) for _ in range(2))
        marks = Marks(
            entered=entered,
            once=once,
            twice=twice,
            limit=word(frames),
            notes=np.empty(room, np.uint64),
            kinds=np.empty(room, np.uint8),
            addresses=np.empty(room, np.uint64),
            room=word(room),
            counts=np.zeros(kernel.NOTES + 1, np.uint64),
        )
        waiting = Waiting(np.array(roots, np.uint64), np.zeros(len(roots), np.uint64), _rights(len(roots)))
        return cls(geometry, kernels, Image(words, word(words.size)), marks, waiting, len(roots), waiting)

    def levels(self) -> Iterator[tuple[int, Waiting, int]]:
        """Each level that has tables, with those that wait there; what its entries name goes to `below`."""
        for level in reversed(range(self.geometry.levels)):
            if self.geometry.index_bits[self.geometry.levels - 1 - level]:
                if self.count > _MOST_TABLES:
                    raise ValueError(f"{self.count} tables on level {level}: they name each other over and over")
                self.tables += self.count
                room = self.entries_of(self.count, level) if level else 0
                self.below = Waiting(np.empty(room, np.uint64), np.empty(room, np.uint64), np.empty(room, np.uint8))
                yield level, self.waiting, self.count
                self.waiting, self.count = self.below, self.take(kernel.TABLES)

    def entries_of(self, tables: int, level: int) -> int:
        """How many entries so many tables of a level have."""
        return tables << self.geometry.index_bits[self.geometry.levels - 1 - level]

    def frames_of(self, level: int) -> np.uint64:
        """How many frames a leaf at `level` maps."""
        return np.uint64(1 << (self.geometry.shift(level) - self.geometry.page_shift))

    def word(self, number: int) -> Any:
        """A number as a word of the kernels."""
        return type(self.marks.limit)(number)

    def take(self, which: int) -> int:
        """What has been counted since it was last asked."""
        count = int(self.marks.counts[which])
        self.marks.counts[which] = 0
        return count

    @property
    def noted(self) -> int:
        """How many notes have been made, those for which there was no room included."""
        return int(self.marks.counts[kernel.NOTES])

    @property
    def places(self) -> dict[int, tuple[Place, ...]]:
        """The notes, by kind."""
        notes = zip(self.marks.kinds, self.marks.notes, self.marks.addresses, strict=True)
        known = [
            (int(kind), Place(int(slot), int(address))) for kind, slot, address in itertools.islice(notes, self.noted)
        ]
        kinds = range(kernel.BAD_ENTRY, kernel.OPEN_TABLE + 1)
        return {wanted: tuple(place for kind, place in known if kind == wanted) for wanted in kinds}


def _rights(count: int) -> npt.NDArray[np.uint8]:
    return np.full(count, kernel.MAY_READ | kernel.MAY_WRITE | kernel.MAY_USER | kernel.MAY_EXECUTE, np.uint8)


def _leaves(room: int) -> Leaves:
    slots, addresses, frames = (np.empty(room, np.uint64) for _ in range(3))
    return Leaves(slots, addresses, frames, np.empty(room, np.uint8), np.empty(room, np.uint8))


def _frames_in(bits: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """The numbers of the bits that are set."""
    places = np.flatnonzero(bits)
    inside = np.unpackbits(bits[places].view(np.uint8), bitorder="little").reshape(places.size, 64)
    rows, columns = np.nonzero(inside)
    return places[rows] * 64 + columns


def _without(frames: npt.NDArray[np.int64], shared: Iterable[int] | npt.NDArray[Any]) -> tuple[int, ...]:
    known = shared if isinstance(shared, np.ndarray) else np.fromiter(shared, np.int64)
    return tuple(frames[~np.isin(frames, known)].tolist())


@functools.lru_cache(maxsize=32)
def _kernels(constants: tuple[tuple[str, int], ...]) -> Backend:
    """The kernels of one geometry, compiled once."""
    return compiled(kernel, dict(constants))
