"""The reference manager of page tables: the specification's own steps on plain lists, one address space after another.

It does what the contract `translation` asks for and no more. Ranges are mapped page by page; where a page cannot be,
those before it are unmapped again, so that a call that fails leaves nothing behind. What it does to TLBs it only
tells: every page whose entry is taken away or weakened is flushed on every core before its frame is released.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import lru_cache

from ..spec import tables as steps
from ..spec.algebra import Backend
from ..spec.contracts.paging_arena import ACCESSES, RIGHTS
from ..spec.geometries import BUILT_IN, bound_to, geometry_named, known_geometries
from ..spec.paging import NO_FAULT, PROTECTION, Access

Event = tuple[str | int, ...]


class _Frames(dict[int, int]):
    """What is kept about frames, of which there may be as many as an entry can name; zero where nothing is."""

    def __missing__(self, frame: int) -> int:
        return 0


@lru_cache(maxsize=64)
def _rules(geometry: str) -> tuple[Backend, Backend]:
    """The steps on tables, and the walker's functions."""
    return bound_to(geometry_named(geometry), steps), bound_to(geometry_named(geometry))


def _access(letters: str, known: tuple[str, ...]) -> Access:
    """Letters as the walker knows them; a `ValueError` unless they are `known`."""
    if letters not in known:
        raise ValueError(f"{letters!r} is none of {', '.join(known)}")
    return Access("w" in letters, "u" in letters, "x" in letters)


class PageTables:
    """Page tables of several address spaces in `frames` frames of table memory."""

    geometries = tuple(geometry.name for geometry in BUILT_IN)
    cores = 8
    levels = 4
    reclaims = "eager"
    marks = True

    def __init__(self, frames: int, geometry: str, cores: int = 1) -> None:
        """Table memory, all of it free. A geometry that nobody knows is a `ValueError`."""
        self.geometries = tuple(known.name for known in known_geometries())
        self._geometry = geometry_named(geometry)
        self._steps, self._walker = _rules(geometry)
        self._cores = cores
        entries = frames * ((1 << self._geometry.page_shift) // self._geometry.entry_bytes)
        following = [frame + 2 for frame in range(frames - 1)] + [0]
        limit = (self._walker.FRAME >> self._walker.FRAME_SHIFT) + 1
        kept = [0] * frames, [0] * frames, following, 1, frames
        self._tables = steps.Tables([0] * entries, entries, *kept, _Frames(), _Frames(), frames, limit)
        self._roots: dict[int, int] = {}
        self._identifiers: dict[int, int] = {}
        #: Blocks that were mapped as shared, by first frame and level: what a copy shares is not among them.
        self._shared: set[tuple[int, int]] = set()
        self._events: list[Event] = []

    # -- address spaces ---------------------------------------------------------------------------------------

    def create(self, space: int) -> None:
        """A new, empty address space; `MemoryError` if no table frame is left."""
        if space in self._roots:
            raise ValueError(f"space {space} exists")
        self._tables, done, root = self._steps.create(self._tables)
        if not done:
            raise MemoryError
        self._roots[space] = root
        taken = set(self._identifiers.values())
        self._identifiers[space] = next(number for number in range(len(taken) + 1) if number not in taken)

    def drop(self, space: int) -> None:
        """An address space goes, with all that is mapped in it."""
        root = self._root(space)
        for address, level, _ in list(self._leaves(root)):
            self._tables, _ = self._steps.unmap_page(self._tables, root, address, level)
        self._tables, _ = self._steps.drop(self._tables, root)
        del self._roots[space], self._identifiers[space]
        self._events += [("flush-space", core, space) for core in range(self._cores)]
        self._events.append(("release", root >> self._geometry.page_shift))

    def copy(self, source: int, space: int) -> None:
        """A new address space with the mappings of `source`; private ones lose their write right in both."""
        root = self._root(source)
        if space in self._roots:
            raise ValueError(f"space {space} exists")
        if self._tables_under(root >> self._geometry.page_shift, self._geometry.levels - 1) > self._tables.spare:
            raise MemoryError
        self.create(space)
        for address, level, entry in list(self._leaves(root)):
            frame, access = self._steps.first_frame_of(entry, level), self._rights_in(entry)
            if (frame, level) not in self._shared:
                access = access._replace(write=False)
                self._tables, _ = self._steps.protect_page(self._tables, root, address, level, access)
                self._tables = self._steps.share(self._tables, frame)
                self._flush(source, address)
            arguments = (self._roots[space], address, frame, level, access, True)
            self._tables, _, _ = self._steps.map_page(self._tables, *arguments)

    def switch(self, core: int, space: int) -> None:
        """A core runs this address space from now on."""
        self._root(space)

    # -- pages ------------------------------------------------------------------------------------------------

    def map(self, space: int, address: int, frame: int, pages: int, level: int, rights: str, shared: bool) -> None:
        """Map `pages` leaves of `level`; over an existing mapping it is a `ValueError`."""
        root = self._root(space)
        span, size = self._span_and_size(level)
        self._expect_range(address, pages * span)
        access = _access(rights, RIGHTS)
        for number in range(pages):
            place = address + number * span, frame + number * size
            arguments = (root, *place, level, access, shared)
            self._tables, legal, done = self._steps.map_page(self._tables, *arguments)
            if not done:
                for undone in range(number):
                    self._tables, _ = self._steps.unmap_page(self._tables, root, address + undone * span, level)
                raise MemoryError if legal else ValueError(f"{place[0]:#x} cannot be mapped to frame {place[1]}")
        blocks = {(frame + number * size, level) for number in range(pages)}
        self._shared = self._shared | blocks if shared else self._shared - blocks

    def unmap(self, space: int, address: int, pages: int, level: int) -> None:
        """Unmap `pages` leaves of `level`; where one is missing it is a `LookupError`."""
        root = self._root(space)
        for first, entry in self._expect_leaves(root, address, pages, level):
            before = list(self._tables.kind)
            self._tables, _ = self._steps.unmap_page(self._tables, root, first, level)
            self._events.append(("clear", space, first))
            self._flush(space, first)
            freed = [frame for frame, kind in enumerate(self._tables.kind) if before[frame] != kind]
            block = self._steps.first_frame_of(entry, level)
            released = freed if self._is_mapped(block) else [*freed, block]
            self._events += [("release", frame) for frame in released]

    def protect(self, space: int, address: int, pages: int, level: int, rights: str) -> None:
        """Give `pages` leaves of `level` other rights; where one is missing it is a `LookupError`."""
        root = self._root(space)
        access = _access(rights, RIGHTS)
        for first, _ in self._expect_leaves(root, address, pages, level):
            self._tables, _ = self._steps.protect_page(self._tables, root, first, level, access)
            self._flush(space, first)

    def split(self, space: int, address: int) -> None:
        """The huge leaf that maps `address` becomes a table of leaves one level below."""
        root = self._root(space)
        found = self._walker.walk(self._steps.image_of(self._tables), root, address)
        if found.fault != NO_FAULT:
            raise LookupError(f"nothing is mapped at {address:#x}")
        first = address - self._steps.offset_of(address, found.level)
        block = self._steps.first_frame_of(found.entry, found.level)
        self._tables, legal, done = self._steps.split_page(self._tables, root, first, found.level)
        if not legal:
            raise ValueError(f"the leaf at {address:#x} cannot be split")
        if not done:
            raise MemoryError
        lower = self._geometry.below(found.level)
        if (block, found.level) in self._shared:
            pieces = range(block, block + self._steps.frames_of(found.level), self._steps.frames_of(lower))
            self._shared |= {(piece, lower) for piece in pieces}
        self._events.append(("clear", space, first))
        self._flush(space, first)
        self._events.append(("set", space, first))

    def translate(self, space: int, address: int, access: str) -> int:
        """The physical address that an access comes to, marks left as the hardware does."""
        arguments = self._root(space), address, _access(access, ACCESSES)
        image, fault, physical = self._steps.touch(self._steps.image_of(self._tables), *arguments)
        self._tables = self._tables._replace(words=image.words)
        if fault == PROTECTION:
            raise PermissionError(f"{access!r} is not allowed at {address:#x}")
        if fault != NO_FAULT:
            raise LookupError(f"nothing is mapped at {address:#x}")
        return int(physical)

    # -- what can be looked at --------------------------------------------------------------------------------

    def roots(self) -> dict[int, int]:
        """The physical address of each space's top table."""
        return dict(self._roots)

    def memory(self) -> bytes:
        """The bytes of table memory."""
        letter = {4: "I", 8: "Q"}[self._geometry.entry_bytes]
        return struct.pack(f"<{self._tables.entries}{letter}", *self._tables.words)

    def free_frames(self) -> list[int]:
        """The table frames that are free."""
        return [frame for frame, kind in enumerate(self._tables.kind) if kind == steps.FREE]

    def identifiers(self) -> dict[int, int]:
        """The address-space identifier of each space."""
        return dict(self._identifiers)

    def events(self) -> list[Event]:
        """What was done to TLBs, and which frames were released, since this was asked last."""
        told, self._events = self._events, []
        return told

    # -- inside -----------------------------------------------------------------------------------------------

    def _root(self, space: int) -> int:
        if space not in self._roots:
            raise ValueError(f"there is no space {space}")
        return self._roots[space]

    def _span_and_size(self, level: int) -> tuple[int, int]:
        """Bytes and frames of a leaf at `level`."""
        if not self._steps.may_be_leaf(level):
            raise ValueError(f"there are no leaves at level {level}")
        return 1 << self._geometry.shift(level), self._steps.frames_of(level)

    def _expect_range(self, address: int, length: int) -> None:
        if not self._walker.is_range(address, length):
            raise ValueError(f"{length:#x} bytes from {address:#x} are no range of addresses")

    def _expect_leaves(self, root: int, address: int, pages: int, level: int) -> list[tuple[int, int]]:
        """First address and entry of each leaf of a range; all of them must be there."""
        span, _ = self._span_and_size(level)
        self._expect_range(address, pages * span)
        leaves = []
        for first in range(address, address + pages * span, span):
            there, _, entry = self._steps.find_leaf(self._tables, root, first, level)
            if not there:
                raise LookupError(f"no leaf at level {level} maps {first:#x}")
            leaves.append((first, entry))
        return leaves

    def _leaves(self, root: int) -> Iterator[tuple[int, int, int]]:
        """First address, level and entry of each leaf of a space, upward."""
        top = self._geometry.levels - 1
        yield from self._leaves_of(root >> self._geometry.page_shift, top, 0)

    def _leaves_of(self, table: int, level: int, base: int) -> Iterator[tuple[int, int, int]]:
        walker, geometry = self._walker, self._geometry
        first = self._steps.first_slot(table)
        for index in range(1 << geometry.index_bits[geometry.levels - 1 - level]):
            entry = self._tables.words[first + index]
            address = base + (index << geometry.shift(level))
            if entry and walker.is_leaf(entry, level):
                yield address | walker.UPPER_BITS if address & walker.SIGN_BIT else address, level, entry
            elif entry:
                yield from self._leaves_of(walker.frame_of(entry), geometry.below(level), address)

    def _tables_under(self, table: int, level: int) -> int:
        """How many tables there are from this one down."""
        first, geometry = self._steps.first_slot(table), self._geometry
        entries = self._tables.words[first : first + (1 << geometry.index_bits[geometry.levels - 1 - level])]
        below = [self._walker.frame_of(entry) for entry in entries if entry and not self._walker.is_leaf(entry, level)]
        return 1 + sum(self._tables_under(frame, geometry.below(level)) for frame in below)

    def _rights_in(self, entry: int) -> Access:
        granted = self._walker.granted
        write = granted(entry, self._walker.WRITE, self._walker.WRITE_FLIP)
        user = granted(entry, self._walker.USER, self._walker.USER_FLIP)
        return Access(write, user, granted(entry, self._walker.EXECUTE, self._walker.EXECUTE_FLIP))

    def _is_mapped(self, frame: int) -> bool:
        """Whether a leaf of any level may still map the frame: one that names it, or the block that it is part of."""
        sizes = {self._steps.frames_of(level) for level in (0, *self._geometry.leaf_levels)}
        return any(self._tables.count[frame // size * size] for size in sizes)

    def _flush(self, space: int, address: int) -> None:
        self._events += [("flush-page", core, space, address) for core in range(self._cores)]
