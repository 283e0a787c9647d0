"""The laws of regions: their order and number, what an address is before and after a step, and where there is room.

None of them looks at how a step is written. What a step does to an address is told by what is *seen* there, before
and after, whatever regions the space is cut into.
"""

from __future__ import annotations

from typing import NamedTuple

from .algebra import ALL_BITS, FALSE, ONE, TRUE, ZERO, Truth, Word, implies, invert, where
from .law import Scope, law
from .regions import (
    Regions,
    behind,
    covers,
    end_of,
    is_backed,
    is_node,
    is_place,
    is_region,
    kind_of,
    length_of,
    next_of,
    offset_of,
    previous_of,
    with_rights,
)

CONTRACT = "space"
#: The part of the contract that these laws are about.
PART = "regions"

#: What was asked for a range of pages: to be given as a region of a kind,
GIVE = 0
#: to be taken away,
TAKE = 1
#: to have other rights.
PROTECT = 2


class Asked(NamedTuple):
    """What a step was asked to do, and for which pages; nothing, if the length is zero.

    Attributes:
        first: the first page of the range.
        length: how many pages.
        wish: `GIVE`, `TAKE` or `PROTECT`.
        kind: the kind that is given, or the rights.
        offset: the page of the object behind the first page, where one is given.
    """

    first: Word
    length: Word
    wish: Word
    kind: Word
    offset: Word


class Seen(NamedTuple):
    """What there is at one address.

    Attributes:
        held: whether a region has it.
        kind: of which kind the region is; 0 if there is none.
        backing: which page of the object stands behind it; 0 if none does.
    """

    held: Truth
    kind: Word
    backing: Word


def seen(regions: Regions, place: Word, page: Word) -> Seen:
    """What there is at a page, of which `place` is the place."""
    held = covers(regions, place, page)
    kind = where(held, kind_of(regions, place), ZERO)
    backing = behind(kind, offset_of(regions, place) + (page - place))
    return Seen(held, kind, where(held, backing, ZERO))


def is_same(one: Seen, other: Seen) -> Truth:
    """Whether the same was seen twice."""
    return (one.held == other.held) & (one.kind == other.kind) & (one.backing == other.backing)


@law(
    "V1",
    "ordered",
    contract=CONTRACT,
    part=PART,
    statement="Regions are sorted, disjoint and not empty, and neighbours in the list name each other.",
    source="Linux, Documentation/mm/process_addrs: VMAs are mutually exclusive; tools/testing/vma.",
    scope=Scope.STATE,
)
def ordered(regions: Regions, node: Word, other: Word) -> Truth:
    """A region or the sentinel, with its neighbours; and no `other` region lies between it and the one above it."""
    above, below = next_of(regions, node), previous_of(regions, node)
    mutual = (previous_of(regions, above) == node) & (next_of(regions, below) == node)
    known = is_node(regions, above) & is_node(regions, below)
    bounded = (above <= regions.pages) & (end_of(regions, node) <= above)
    lies_below = invert(node == regions.pages) & (other <= node)
    apart = implies(is_region(regions, other), lies_below | (above <= other))
    return implies(is_node(regions, node), mutual & known & bounded & apart)


@law(
    "V2",
    "found",
    contract=CONTRACT,
    part=PART,
    statement="The count is that of the regions, and a search finds the one that has a page, or none if none has it.",
    source="Linux, mm/mmap.c: find_vma and mm_struct.map_count; mm/vma.c, validate_mm.",
    scope=Scope.STATE,
)
def found(regions: Regions, page: Word, place: Word, held: Truth, other: Word) -> Truth:
    """The answer to a search for `page`, its place and whether that has it, seen from any `other` region."""
    begun = is_region(regions, other) & (other <= page)
    last = implies(begun, invert(place == regions.pages) & (other <= place))
    starts_before = is_node(regions, place) & ((place == regions.pages) | (place <= page))
    right = implies(held, covers(regions, place, page))
    return starts_before & last & right & implies(covers(regions, other, page), held & (other == place))


def counted(old: Word, old_here: Word, new: Word, new_here: Word) -> Truth:
    """V2 at a step: the count changes as the number of regions does that start where the step acts."""
    return old + new_here == new + old_here


@law(
    "V5",
    "kept",
    contract=CONTRACT,
    part=PART,
    statement="A step gives every address in its range what was asked, and leaves any other as it was.",
    source="POSIX: mmap, munmap and mprotect change whole pages of [addr, addr + len), and no others.",
    scope=Scope.CHANGE,
)
def kept(old: Seen, new: Seen, page: Word, asked: Asked) -> Truth:
    """What was seen at a page before and after a step: splitting and joining ask for nothing anywhere."""
    is_in_range = (asked.first <= page) & (page - asked.first < asked.length)
    given = Seen(TRUE, asked.kind, behind(asked.kind, asked.offset + (page - asked.first)))
    taken = Seen(FALSE, ZERO, ZERO)
    protected = Seen(old.held, where(old.held, with_rights(old.kind, asked.kind), ZERO), old.backing)
    served = implies(asked.wish == GIVE, is_same(new, given)) & implies(asked.wish == TAKE, is_same(new, taken))
    served = served & implies(asked.wish == PROTECT, is_same(new, protected))
    return implies(is_in_range, served) & implies(invert(is_in_range), is_same(new, old))


@law(
    "V5.merged",
    "joined",
    contract=CONTRACT,
    part=PART,
    statement="After a step on a range no two neighbours that could be one remain, neither in it nor at its ends.",
    source="Linux, mm/vma.c: vma_merge; Documentation/mm/process_addrs.",
    scope=Scope.CHANGE,
)
def joined(regions: Regions, region: Word, first: Word, length: Word) -> Truth:
    """A region that ends in the range, or at its start or end, could not be one with the region above it."""
    end = end_of(regions, region)
    touches = (first <= end) & (end <= first + length)
    return implies(touches, invert(goes_on(regions, region)))


def goes_on(regions: Regions, region: Word) -> Truth:
    """Whether the region above begins where this one ends, with nothing but a new region to see there."""
    above, end = next_of(regions, region), end_of(regions, region)
    adjacent = is_region(regions, region) & is_region(regions, above) & (end == above)
    last = seen(regions, region, end - ONE)
    begun = seen(regions, above, above)
    follows = invert(is_backed(last.kind)) | (begun.backing == last.backing + ONE)
    return adjacent & (last.kind == begun.kind) & follows


@law(
    "V15",
    "ended",
    contract=CONTRACT,
    part=PART,
    statement="A range is one if it is not empty and its last page exists; no region, nor what is behind it, wraps.",
    source="POSIX: mmap, EINVAL and EOVERFLOW; CVE-2003-0985, mremap of an empty range.",
    scope=Scope.STATE,
)
def ended(regions: Regions, region: Word) -> Truth:
    """The last page of a region is a page of the space, and has a number in its object."""
    length, kind, offset = length_of(regions, region), kind_of(regions, region), offset_of(regions, region)
    return implies(is_region(regions, region), may_be_region(regions, region, length, kind, offset))


def admitted(regions: Regions, first: Word, length: Word, kind: Word, offset: Word, free: Truth, legal: Truth) -> Truth:
    """V15 at a step on a range, which nothing else forbids if `free`: done exactly if the range is one."""
    return legal == (free & may_be_region(regions, first, length, kind, offset))


def may_be_region(regions: Regions, first: Word, length: Word, kind: Word, offset: Word) -> Truth:
    """Whether there is a last page, which lies in the space, and so does the one behind it in the object, if any."""
    return has_last(first, length, regions.pages) & implies(is_backed(kind), has_last(offset, length, ALL_BITS))


def has_last(first: Word, length: Word, limit: Word) -> Truth:
    """Whether so many pages from `first` on have a last one, below `limit`: told by its number, which may not wrap."""
    last = first + length - ONE
    return (length != ZERO) & (first <= last) & (last < limit)


@law(
    "V16",
    "fitted",
    contract=CONTRACT,
    part=PART,
    statement="What is chosen is unused and as long as asked; none lower (or higher) is, and it fails only for want.",
    source="Linux, mm/mmap.c: unmapped_area (bottom-up) and unmapped_area_topdown.",
    scope=Scope.STATE,
)
def fitted(
    regions: Regions, length: Word, high: Truth, below: Word, first: Word, has_room: Truth, page: Word, place: Word
) -> Truth:
    """The answer to a search for room above the node `below`, seen from any page of which `place` is the place."""
    chosen = is_place(regions, below, first) & is_unused(regions, below, first, length)
    nearest = where(high, page <= first, first <= page)
    return implies(has_room, chosen) & implies(is_unused(regions, place, page, length), has_room & nearest)


def is_unused(regions: Regions, place: Word, first: Word, length: Word) -> Truth:
    """Whether no region has any of so many pages from `first` on, of which `place` is the place."""
    inside = has_last(first, length, regions.pages)
    return inside & invert(covers(regions, place, first)) & (first + length <= next_of(regions, place))
