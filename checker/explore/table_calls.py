"""Tiny machines with page tables, and all that can be called on them: every page, frame and level, and every mistake.

A call is one word of eight bytes, which compiled code reads, and a step, which can be told::

    | 0 | shared | rights | level | frame, place | address | root | kind |
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from ...spec.paging import Access
from ..tables.machine import Machine
from ..tables.steps import KINDS, Create, Drop, Map, PageIn, PageOut, Protect, Share, Split, Step, Touch, Unmap

#: Rights: to read, and to read and write.
READ, WRITE = Access(False, False, False), Access(True, False, False)
USER = Access(False, True, False)


@attrs.frozen(kw_only=True)
class TableSystem:
    """A tiny machine, and what may be called on it.

    Attributes:
        machine: the geometry.
        frames: table frames.
        limit: frames in all.
        rights: those that pages are given.
        shared: pages may be shared.
        accesses: those that the hardware makes.
        paging: pages go to a paging file and come back.
    """

    machine: Machine
    frames: int
    limit: int
    rights: tuple[Access, ...] = (READ, WRITE)
    shared: bool = False
    accesses: tuple[Access, ...] = ()
    paging: bool = False

    def __str__(self) -> str:
        extras = [name for name, there in self._extras() if there]
        told = f"{self.machine.geometry.title}, {self.frames} table frames of {self.limit}, {len(self.rights)} rights"
        return ", ".join([told, *extras])

    def _extras(self) -> Iterator[tuple[str, bool]]:
        yield "sharing", self.shared
        yield "marks", bool(self.accesses)
        yield "paging", self.paging

    @property
    def roots(self) -> list[int]:
        """Where top tables may be."""
        return [frame << self.machine.geometry.page_shift for frame in range(self.frames)]

    @property
    def addresses(self) -> list[int]:
        """The first and the last byte of every page, and an address that is not canonical."""
        last = (1 << self.machine.geometry.page_shift) - 1
        return [address for page in self.machine.pages() for address in (page, page + last)] + [self._not_canonical]

    @property
    def _not_canonical(self) -> int:
        return 1 << self.machine.geometry.address_bits - 1

    def calls(self) -> list[Step]:
        """Everything that can be called: all that might be legal, and each mistake."""
        frames = range(self.frames, self.limit)
        steps: list[Step] = [Create(), *(Drop(root) for root in self.roots), *(Share(frame) for frame in frames)]
        for root in self.roots:
            for page in self.machine.pages():
                steps += self._on_page(root, page, frames)
        return [*steps, *self._mistakes()]

    def _on_page(self, root: int, page: int, frames: range) -> Iterator[Step]:
        for level in self.machine.leaf_levels:
            for rights in self.rights:
                for frame in frames:
                    for shared in (False, True)[: 1 + self.shared]:
                        yield Map(root, page, frame, level, rights, shared)
                yield Protect(root, page, level, rights)
            yield Unmap(root, page, level)
            yield Split(root, page, level)
        for access in self.accesses:
            yield Touch(root, page, access)
        if self.paging:
            yield PageOut(root, page, 1, 1)
            yield from (PageIn(root, page, frame) for frame in frames)

    def _mistakes(self) -> Iterator[Step]:
        """Calls that are wrong in one thing: the root, the address, the level or the frame."""
        geometry, rights = self.machine.geometry, self.rights[0]
        beyond = self.frames << geometry.page_shift
        for root, address in [(beyond, 0), (1, 0), (0, 1), (0, self._not_canonical)]:
            yield Map(root, address, self.frames, 0, rights, False)
            yield Unmap(root, address, 0)
            yield Protect(root, address, 0, rights)
            yield Split(root, address, self.machine.leaf_levels[-1])
            if self.paging:
                yield PageOut(root, address, 1, 1)
                yield PageIn(root, address, self.frames)
            yield from (Touch(root, address, access) for access in self.accesses)
        yield from (Drop(root) for root in (beyond, 1))
        strange = [level for level in range(geometry.levels + 1) if level not in self.machine.leaf_levels]
        for level in strange:
            yield Map(0, 0, self.frames, level, rights, False)
            yield Unmap(0, 0, level)
            yield Protect(0, 0, level, rights)
            yield Split(0, 0, level)
        for frame in (self.frames - 1, self.limit):
            yield Map(0, 0, frame, 0, rights, False)
            yield Share(frame)
        if self.paging:
            yield PageOut(0, 0, 1, 0)


def word_of(step: Step) -> int:
    """A call as a word."""
    kind = next(number for number, known in enumerate(KINDS) if isinstance(step, known))
    rights = getattr(step, "rights", getattr(step, "access", READ))
    fields = (
        kind,
        getattr(step, "root", 0),
        getattr(step, "address", 0),
        getattr(step, "frame", getattr(step, "place", 0)),
        getattr(step, "level", 0),
        rights.write | rights.user << 1 | rights.execute << 2,
        getattr(step, "shared", False) | getattr(step, "file", 0),
    )
    return sum(int(value) << 8 * at for at, value in enumerate(fields))
