"""The regions of an address space: which ranges of pages are in use, as what, and what stands behind them.

A region is named by the page at which it starts. All regions of a space are in one circular list, in order of address,
whose sentinel is the index `pages`, the end of the space, so that the start of the neighbour above is always a bound::

    page     0   1   2   3   4   5   6   7   8   9  10  11 | 12 = pages
                 [   region 1    )   [ 6 )   [  region 8   )  sentinel
    length       4                   1       4             |  0
    next         6                   8      12             |  1
    previous    12                   1       6             |  8

The invariant: *no two regions share a page, and the list holds them all, in order*. So two neighbours in the list are
neighbours in the space, and whoever knows a place in the list, the last region that starts at or before a page, needs
no search: a step takes that place as `below` and refuses a wrong one. How a place is found (a walk, a tree) can
therefore not change what a step does.

Steps are total: an illegal one is answered by False and the state that came in. Those on one region take constant
time; `map_range`, `unmap` and `protect` walk over the regions of a range, `find` and `fit` over all. A range is its
first page and its length, never zero, so that it may end with the space and no number wraps. A stack that grows
downwards is a new region below, joined to the old one.

Source: Linux, mm/vma.c (vma_merge, split_vma, do_vmi_munmap) and Documentation/mm/process_addrs; POSIX, mmap, munmap
and mprotect; Windows Internals, virtual address descriptors.
"""

from __future__ import annotations

from typing import NamedTuple

from .access import RIGHTS
from .algebra import ALL_BITS, ONE, TRUE, ZERO, Truth, Word, Words, invert, invert_bits, load, stop, store_if, where

#: Bit of a kind: pages of an object (a file) stand behind the region, one after the other. Below it are the rights, as
#: of a page; above it are the user's bits: whether it is shared, which object it is, whether it grows.
BACKED = 32


class Regions(NamedTuple):
    """The regions of one address space; each array has an element for each page, and one for the sentinel.

    On plain integers an array may as well be a dictionary with zero for what it has not: no step looks at all pages.

    Attributes:
        length: how many pages the region has that starts here; 0 if none does.
        kind: what the region is that starts here: rights, `BACKED`, and bits of the user's.
        offset: the page of the object that stands behind its first page; 0 if the region is not backed.
        next: the region above, or the sentinel.
        previous: the region below, or the sentinel.
        count: how many regions there are.
        pages: how many pages the space has; also the sentinel.
    """

    length: Words
    kind: Words
    offset: Words
    next: Words
    previous: Words
    count: Word
    pages: Word


# -- what there is: of regions and the sentinel, which `within` makes of any word ----------------------------


def within(regions: Regions, page: Word) -> Word:
    """The page itself, or the sentinel for anything beyond, so that it may be an index in any case."""
    return where(page < regions.pages, page, regions.pages)


def length_of(regions: Regions, first: Word) -> Word:
    """How many pages the region has that starts at `first`; 0 if none does."""
    return load(regions.length, first)


def kind_of(regions: Regions, first: Word) -> Word:
    """What the region is that starts at `first`."""
    return load(regions.kind, first)


def offset_of(regions: Regions, first: Word) -> Word:
    """The page of the object that stands behind the first page of a region."""
    return load(regions.offset, first)


def next_of(regions: Regions, node: Word) -> Word:
    """The region above a region; the lowest one for the sentinel."""
    return load(regions.next, node)


def previous_of(regions: Regions, node: Word) -> Word:
    """The region below a region; the highest one for the sentinel."""
    return load(regions.previous, node)


def is_region(regions: Regions, first: Word) -> Truth:
    """Whether a region starts here."""
    return length_of(regions, first) != ZERO


def is_node(regions: Regions, node: Word) -> Truth:
    """Whether this is a region or the sentinel."""
    return (node == regions.pages) | is_region(regions, node)


def is_backed(kind: Word) -> Truth:
    """Whether an object stands behind a region of this kind."""
    return (kind & BACKED) == BACKED


def with_rights(kind: Word, rights: Word) -> Word:
    """The same kind with other rights."""
    return (kind & invert_bits(RIGHTS)) | (rights & RIGHTS)


def end_of(regions: Regions, node: Word) -> Word:
    """The page after the last one of a region; 0 for the sentinel, above which the space begins."""
    return where(node == regions.pages, ZERO, node + length_of(regions, node))


def gap_after(regions: Regions, node: Word) -> Word:
    """How many unused pages there are between a region, or the sentinel, and the region above it."""
    return next_of(regions, node) - end_of(regions, node)


def covers(regions: Regions, first: Word, page: Word) -> Truth:
    """Whether the region that starts at `first` has this page; never, if none starts there."""
    return (first <= page) & (page < first + length_of(regions, first))


def is_place(regions: Regions, below: Word, page: Word) -> Truth:
    """Whether `below` is the last region that starts at or before the page, or the sentinel if there is none."""
    starts_before = (below == regions.pages) | (below <= page)
    node = within(regions, below)
    return (below == node) & is_node(regions, node) & starts_before & (page < next_of(regions, node))


def is_range(regions: Regions, first: Word, length: Word) -> Truth:
    """Whether so many pages from `first` on, at least one, are pages of the space."""
    return (first < regions.pages) & (length != ZERO) & (length <= regions.pages - first)


def is_numbered(kind: Word, offset: Word, length: Word) -> Truth:
    """Whether the pages of the object behind so long a region have numbers that do not wrap."""
    return invert(is_backed(kind)) | (offset <= ALL_BITS - length)


def behind(kind: Word, offset: Word) -> Word:
    """The offset that is kept of a region of this kind: of one without an object none, so that it never matters."""
    return where(is_backed(kind), offset, ZERO)


def is_compatible(regions: Regions, first: Word) -> Truth:
    """Whether a region and the one above it could be one: adjacent, of one kind, their object's pages in sequence."""
    above = next_of(regions, first)
    adjacent = is_region(regions, first) & is_region(regions, above) & (end_of(regions, first) == above)
    kind = kind_of(regions, first)
    follows = invert(is_backed(kind)) | (
        offset_of(regions, first) + length_of(regions, first) == offset_of(regions, above)
    )
    return adjacent & (kind == kind_of(regions, above)) & follows


# -- steps on one region -------------------------------------------------------------------------------------


def cleared(regions: Regions) -> Regions:
    """A space without regions, from arrays of zeros."""
    upward = store_if(TRUE, regions.next, regions.pages, regions.pages)
    downward = store_if(TRUE, regions.previous, regions.pages, regions.pages)
    return Regions(regions.length, regions.kind, regions.offset, upward, downward, ZERO, regions.pages)


def insert(regions: Regions, below: Word, first: Word, length: Word, kind: Word, offset: Word) -> tuple[Regions, Truth]:
    """A new region on unused pages; `below` is the place of `first`."""
    legal = is_place(regions, below, first) & is_range(regions, first, length) & is_numbered(kind, offset, length)
    below, first = within(regions, below), within(regions, first)
    above = next_of(regions, below)
    legal = legal & (end_of(regions, below) <= first) & (length <= above - first)
    return linked(legal, regions, below, first, length, kind, offset), legal


def remove(regions: Regions, first: Word) -> tuple[Regions, Truth]:
    """A region is gone, and its pages are unused."""
    first = within(regions, first)
    legal = is_region(regions, first)
    return unlinked(legal, regions, first), legal


def split(regions: Regions, first: Word, at: Word) -> tuple[Regions, Truth]:
    """A region becomes two of its kind, of which the upper one starts at `at`, strictly inside."""
    first = within(regions, first)
    length = length_of(regions, first)
    legal = (first < at) & (at < first + length)
    lower = at - first
    kind, offset = kind_of(regions, first), offset_of(regions, first) + lower
    regions = linked(legal, regions, first, within(regions, at), length - lower, kind, offset)
    return lengthened(legal, regions, first, lower), legal


def join(regions: Regions, first: Word) -> tuple[Regions, Truth]:
    """A region takes in the one above it, if they are compatible."""
    first = within(regions, first)
    legal = is_compatible(regions, first)
    above = next_of(regions, first)
    length = length_of(regions, first) + length_of(regions, above)
    return lengthened(legal, unlinked(legal, regions, above), first, length), legal


def change(regions: Regions, first: Word, kind: Word) -> tuple[Regions, Truth]:
    """A region becomes one of another kind; but what stands behind it stays, or stays away."""
    first = within(regions, first)
    legal = is_region(regions, first) & (is_backed(kind) == is_backed(kind_of(regions, first)))
    kinds = store_if(legal, regions.kind, first, kind)
    upward, downward, count = regions.next, regions.previous, regions.count
    return Regions(regions.length, kinds, regions.offset, upward, downward, count, regions.pages), legal


def resize(regions: Regions, first: Word, length: Word) -> tuple[Regions, Truth]:
    """A region ends elsewhere: it gives pages back, or takes unused ones up to the region above."""
    first = within(regions, first)
    legal = is_region(regions, first) & (length != ZERO) & (length <= next_of(regions, first) - first)
    legal = legal & is_numbered(kind_of(regions, first), offset_of(regions, first), length)
    return lengthened(legal, regions, first, length), legal


# -- states that differ in a part ----------------------------------------------------------------------------


def lengthened(going: Truth, regions: Regions, first: Word, length: Word) -> Regions:
    """A region has another length, if `going`."""
    lengths = store_if(going, regions.length, first, length)
    upward, downward, count = regions.next, regions.previous, regions.count
    return Regions(lengths, regions.kind, regions.offset, upward, downward, count, regions.pages)


def linked(going: Truth, regions: Regions, below: Word, first: Word, length: Word, kind: Word, offset: Word) -> Regions:
    """A region starts at `first`, right above `below` in the list, if `going`."""
    above = next_of(regions, below)
    lengths = store_if(going, regions.length, first, length)
    kinds = store_if(going, regions.kind, first, kind)
    offsets = store_if(going, regions.offset, first, behind(kind, offset))
    upward = store_if(going, regions.next, first, above)
    upward = store_if(going, upward, below, first)
    downward = store_if(going, regions.previous, first, below)
    downward = store_if(going, downward, above, first)
    count = regions.count + where(going, ONE, ZERO)
    return Regions(lengths, kinds, offsets, upward, downward, count, regions.pages)


def unlinked(going: Truth, regions: Regions, first: Word) -> Regions:
    """No region starts at `first`, if `going`."""
    below, above = previous_of(regions, first), next_of(regions, first)
    lengths = store_if(going, regions.length, first, ZERO)
    upward = store_if(going, regions.next, below, above)
    downward = store_if(going, regions.previous, above, below)
    count = regions.count - where(going, ONE, ZERO)
    return Regions(lengths, regions.kind, regions.offset, upward, downward, count, regions.pages)


# -- steps on a range ----------------------------------------------------------------------------------------


def map_range(
    regions: Regions, below: Word, first: Word, length: Word, kind: Word, offset: Word
) -> tuple[Regions, Truth]:
    """A new region on unused pages, joined to its neighbours where they are compatible."""
    regions, legal = insert(regions, below, first, length, kind, offset)
    first = where(legal, first, regions.pages)
    regions, _ = join(regions, first)
    regions, _ = join(regions, previous_of(regions, first))
    return regions, legal


def unmap(regions: Regions, below: Word, first: Word, length: Word) -> tuple[Regions, Truth]:
    """All pages of a range are unused; `below` is the place of `first`. What reaches beyond is split at its ends."""
    legal = is_place(regions, below, first) & is_range(regions, first, length)
    regions, region, end = entered(legal, regions, below, first, length)
    for _ in range(regions.count):
        going = region < end
        if stop(going):
            break
        regions, region = unmap_one(going, regions, region, end)
    return regions, legal


def protect(regions: Regions, below: Word, first: Word, length: Word, rights: Word) -> tuple[Regions, Truth]:
    """All regions of a range get other rights, unused pages stay unused; `below` is the place of `first`.

    What reaches beyond is split at the ends of the range, and what has become compatible is joined, there and inside.
    """
    legal = is_place(regions, below, first) & is_range(regions, first, length)
    regions, region, end = entered(legal, regions, below, first, length)
    for _ in range(regions.count):
        going = region < end
        if stop(going):
            break
        regions, region = protect_one(going, regions, region, end, rights)
    regions, _ = join(regions, where(legal, previous_of(regions, region), regions.pages))
    return regions, legal


def entered(going: Truth, regions: Regions, below: Word, first: Word, length: Word) -> tuple[Regions, Word, Word]:
    """The region around the start of a range is split there, if `going`.

    Returns the first region that starts in the range, or the node after it, and the end of the range; of a range that
    is not gone into the sentinel, and an end that nothing lies before.
    """
    below = where(going, below, regions.pages)
    regions, _ = split(regions, below, where(going, first, ZERO))
    region = where(below == first, below, next_of(regions, below))
    return regions, where(going, region, regions.pages), where(going, first + length, ZERO)


def unmap_one(going: Truth, regions: Regions, region: Word, end: Word) -> tuple[Regions, Word]:
    """One round of unmapping: the next region of a range that ends at `end` is removed, if `going`.

    Returns the region after it.
    """
    chosen = where(going, region, regions.pages)
    regions, _ = split(regions, chosen, end)
    above = where(going, next_of(regions, chosen), region)
    regions, _ = remove(regions, chosen)
    return regions, above


def protect_one(going: Truth, regions: Regions, region: Word, end: Word, rights: Word) -> tuple[Regions, Word]:
    """One round of protecting: the next region of a range gets its rights, and is joined to the one below it.

    Returns the region after it.
    """
    chosen = where(going, region, regions.pages)
    regions, _ = split(regions, chosen, end)
    above = where(going, next_of(regions, chosen), region)
    regions, _ = change(regions, chosen, with_rights(kind_of(regions, chosen), rights))
    regions, _ = join(regions, where(going, previous_of(regions, chosen), regions.pages))
    return regions, above


# -- searches ------------------------------------------------------------------------------------------------


def place_of(regions: Regions, page: Word) -> Word:
    """The last region that starts at or before a page of the space, or the sentinel: by a walk from below."""
    place = regions.pages
    for _ in range(regions.count):
        going = next_of(regions, place) <= within(regions, page)
        if stop(going):
            break
        place = step_up(going, regions, place)
    return place


def find(regions: Regions, page: Word) -> tuple[Word, Truth]:
    """The region that covers a page, and whether there is one; the place of the page in any case."""
    place = place_of(regions, page)
    return place, covers(regions, place, page)


def step_up(going: Truth, regions: Regions, place: Word) -> Word:
    """The region above, if `going`."""
    return where(going, next_of(regions, place), place)


def step_down(going: Truth, regions: Regions, place: Word) -> Word:
    """The region below, if `going`."""
    return where(going, previous_of(regions, place), place)


def is_roomy(regions: Regions, node: Word, length: Word) -> Truth:
    """Whether so many pages fit above a node."""
    return (length != ZERO) & (length <= gap_after(regions, node))


def fit(regions: Regions, length: Word) -> tuple[Word, Word, Truth]:
    """The lowest unused pages for so many: what is below them, the first of them, and whether there are any."""
    below = regions.pages
    for _ in range(regions.count):
        going = invert(is_roomy(regions, below, length))
        if stop(going):
            break
        below = step_up(going, regions, below)
    return below, end_of(regions, below), is_roomy(regions, below, length)


def fit_high(regions: Regions, length: Word) -> tuple[Word, Word, Truth]:
    """The highest unused pages for so many: what is below them, the first of them, and whether there are any."""
    below = previous_of(regions, regions.pages)
    for _ in range(regions.count):
        going = invert(is_roomy(regions, below, length))
        if stop(going):
            break
        below = step_down(going, regions, below)
    found = is_roomy(regions, below, length)
    return below, next_of(regions, below) - where(found, length, ZERO), found
