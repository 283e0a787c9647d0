"""One process in the Linux dialect: its regions, what it is charged for, its heap and its stacks.

Pages are counted from the start of the window. What is free, and where there is room, the specification's steps on
regions tell; a stack that may grow keeps the pages of its gap from those who have not asked for them by address.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..spec import access, growth, regions
from ..spec.contracts.space.memory import LETTERS
from .shared_frames import page_of_process
from .sparse import Sparse

#: Bits of a region's kind: for what is mapped as shared, and for a stack that may grow.
SHARED = regions.BACKED << 1
GROWS = SHARED << 1
#: From here on stands the number of the object behind it, or that of the highest page of a stack.
OBJECT = GROWS << 1
#: Free pages between a stack and what is below it, unless somebody asks for them by address.
GAP = 2
#: The rights of heaps and stacks.
DATA = access.READ | access.WRITE


class Process:
    """One process in a space of `size` pages."""

    def __init__(self, number: int, size: int, heap: int) -> None:
        """Nothing is given yet; the heap is to begin at the address `heap`."""
        self.number = number
        length, kind, offset, above, below = Sparse(), Sparse(), Sparse(), Sparse(), Sparse()
        self.regions = regions.cleared(regions.Regions(length, kind, offset, above, below, 0, size))
        self.charged: set[int] = set()
        self.backed: set[int] = set()
        self.heap = self.end = heap
        #: Accesses that found no frame, or one that they may not write to, and were served.
        self.faults = 0
        #: The lowest page of each stack and the lowest that it may have, by the highest, which it always has.
        self.stacks: dict[int, int] = {}
        self.limits: dict[int, int] = {}

    def twin(self, number: int) -> Process:
        """A child: all that is given to its parent, and nothing that is in memory."""
        kept = self.regions
        arrays = kept.length, kept.kind, kept.offset, kept.next, kept.previous
        length, kind, offset, above, below = (Sparse(array) for array in arrays)
        made = Process(number, kept.pages, self.heap)
        made.regions = regions.Regions(length, kind, offset, above, below, kept.count, kept.pages)
        made.charged, made.end = set(self.charged), self.end
        made.stacks, made.limits = dict(self.stacks), dict(self.limits)
        return made

    def page(self, page: int) -> int:
        """A page of it, as frames know it."""
        return page_of_process(self.number, page)

    # -- what there is ------------------------------------------------------------------------------------------

    def upward(self) -> Iterator[int]:
        """The regions, from the lowest on."""
        region = regions.next_of(self.regions, self.regions.pages)
        while region != self.regions.pages:
            yield region
            region = regions.next_of(self.regions, region)

    def find(self, page: int) -> tuple[int, bool]:
        """The region that has a page, and whether there is one; anything may be asked."""
        return regions.find(self.regions, page) if 0 <= page < self.regions.pages else (self.regions.pages, False)

    def kind_at(self, page: int) -> int:
        """The kind of the region that has a page."""
        return int(regions.kind_of(self.regions, self.find(page)[0]))

    def private_in(self, first: int, count: int) -> set[int]:
        """The private pages of a range that was given."""
        return {page for page in range(first, first + count) if not self.kind_at(page) & SHARED}

    def is_unused(self, first: int, count: int) -> bool:
        """Whether so many pages are free, and in nobody's gap."""
        if first + count > self.regions.pages:
            return False
        place, covered = self.find(first)
        return not covered and first + count <= self._room_above(place)

    def _room_above(self, place: int) -> int:
        """The page before which what lies above a region, or the sentinel, must end."""
        above = int(regions.next_of(self.regions, place))
        return above - GAP if above in self.stacks.values() else above

    def place(self, count: int) -> int:
        """The highest place for so many pages; `OverflowError` if there is none."""
        place = self.regions.pages
        for _ in range(self.regions.count + 1):
            place = regions.previous_of(self.regions, place)
            first = self._room_above(place) - count
            if regions.end_of(self.regions, place) <= first:
                return first
        raise OverflowError(f"no {count} pages side by side are free")

    # -- giving and taking back ---------------------------------------------------------------------------------

    def give(self, first: int, count: int, kind: int, place: int, *, charged: bool) -> None:
        """Free pages are given."""
        below = regions.place_of(self.regions, first)
        self.regions, _ = regions.map_range(self.regions, below, first, count, kind, place)
        if charged:
            self.charged |= set(range(first, first + count))

    def take(self, first: int, count: int) -> None:
        """Pages are free; nothing is in memory for them any more."""
        there = range(first, first + count)
        self.charged -= set(there)
        self.stacks = {highest: lowest for highest, lowest in self.stacks.items() if lowest not in there}
        if count:
            below = regions.place_of(self.regions, first)
            self.regions, _ = regions.unmap(self.regions, below, first, count)

    def protect(self, first: int, count: int, rights: int) -> None:
        """Pages that were given get other rights."""
        if count:
            below = regions.place_of(self.regions, first)
            self.regions, _ = regions.protect(self.regions, below, first, count, rights)

    # -- stacks -------------------------------------------------------------------------------------------------

    def begin_stack(self, limit: int, highest: int) -> None:
        """A stack that may grow down to `limit`."""
        self.give(highest, 1, DATA | GROWS | OBJECT * highest, 0, charged=True)
        self.stacks[highest], self.limits[highest] = highest, limit

    def growing(self, page: int) -> int | None:
        """The highest page of the stack that an access to a free page makes start there, if one does."""
        for highest, lowest in self.stacks.items():
            below = regions.place_of(self.regions, lowest - 1) if lowest else self.regions.pages
            # Below the window nobody is: the gap may reach beyond its start, so pages are counted from there.
            end_below = 0 if below == self.regions.pages else regions.end_of(self.regions, below) + GAP
            if growth.may_grow(page + GAP, lowest + GAP, self.limits[highest] + GAP, end_below, self._gap_from(below)):
                return highest
        return None

    def _gap_from(self, below: int) -> int:
        """How far a stack stays from what is below it: not at all from another stack, or what may not be accessed."""
        kind = int(regions.kind_of(self.regions, below)) if below != self.regions.pages else access.READ
        return 0 if kind & GROWS or not kind & access.RIGHTS else GAP

    def grow(self, highest: int, page: int) -> None:
        """That stack starts at this page."""
        self.give(page, self.stacks[highest] - page, DATA | GROWS | OBJECT * highest, 0, charged=True)
        self.stacks[highest] = page


def word_of(rights: str) -> int:
    """Rights as bits; letters that there are not are a `ValueError`."""
    if any(letter not in "rwx" for letter in rights):
        raise ValueError(f"there are no rights {rights!r}")
    return sum(LETTERS[letter] for letter in rights)


def letters_of(kind: int) -> str:
    """The rights of a kind as letters."""
    return "".join(letter for letter in "rwx" if kind & LETTERS[letter])


def object_of(kind: int) -> int:
    """The number of the object behind a region; 0 if there is none."""
    return kind // OBJECT if regions.is_backed(kind) else 0
