"""The steps on regions as numbered moves, and where the laws are asked about each.

A *kernel module*: plain Python that is rebound and compiled together with the steps and laws that it imports. A move
is a kind of step and its operands; not every step takes all of them. Searches are moves too, which change nothing.

What is broken comes back as bits, one for each law (`LAW_BITS`). Nothing here restates a law or a step; what is here
is only where the laws are asked, and the count of regions that an audit holds theirs against.
"""

from __future__ import annotations

from ...spec.algebra import FALSE, ONE, TRUE, TWO, ZERO, Truth, Word, invert, invert_bits, where
from ...spec.region_laws import (
    GIVE,
    PROTECT,
    TAKE,
    Asked,
    Seen,
    admitted,
    ended,
    fitted,
    found,
    is_unused,
    joined,
    kept,
    ordered,
    seen,
)
from ...spec.regions import (
    Regions,
    change,
    find,
    fit,
    fit_high,
    insert,
    is_node,
    is_region,
    join,
    kind_of,
    length_of,
    map_range,
    next_of,
    offset_of,
    previous_of,
    protect,
    remove,
    resize,
    split,
    unmap,
)

INSERT = 0
INSERT_ABOVE = 1
REMOVE = 2
SPLIT = 3
JOIN = 4
CHANGE = 5
RESIZE = 6
MAP_RANGE = 7
UNMAP = 8
PROTECT_RANGE = 9
FIND = 10
FIT = 11
FIT_HIGH = 12
#: How many kinds of moves there are, and how many of them are steps.
KINDS = 13
STEPS = 10
#: The kinds that take a length, a kind of region, and an offset, as bits.
TAKES_LENGTH = 1 << INSERT | 1 << INSERT_ABOVE | 1 << RESIZE | 1 << MAP_RANGE | 1 << UNMAP | 1 << PROTECT_RANGE
TAKES_LENGTH |= 1 << FIT | 1 << FIT_HIGH
TAKES_KIND = 1 << INSERT | 1 << INSERT_ABOVE | 1 << CHANGE | 1 << MAP_RANGE | 1 << PROTECT_RANGE
TAKES_OFFSET = 1 << INSERT | 1 << INSERT_ABOVE | 1 << MAP_RANGE
#: Those that act on the region that starts at a page, not on a range.
TAKES_REGION = 1 << REMOVE | 1 << JOIN | 1 << CHANGE | 1 << RESIZE

ORDERED = 1 << 0
FOUND = 1 << 1
KEPT = 1 << 2
JOINED = 1 << 3
ENDED = 1 << 4
FITTED = 1 << 5
#: The bit of each law.
LAW_BITS = {"V1": ORDERED, "V2": FOUND, "V5": KEPT, "V5.merged": JOINED, "V15": ENDED, "V16": FITTED}
#: How each kind of move is told; `{0}` is the page, `{1}` the length, `{2}` the kind and `{3}` the offset.
STORIES = (
    "a region of length {1} and kind {2} is inserted at page {0}, from page {3} of its object on",
    "a region of length {1} and kind {2} is inserted at page {0}, a place too high in the list",
    "the region at page {0} is removed",
    "the region around page {0} is split there",
    "the region at page {0} is joined with the one above",
    "the region at page {0} becomes one of kind {2}",
    "the region at page {0} gets the length {1}",
    "a range of length {1} from page {0} on is mapped, of kind {2}, from page {3} of its object on",
    "a range of length {1} from page {0} on is unmapped",
    "a range of length {1} from page {0} on gets the rights of kind {2}",
    "the region that has page {0} is looked for",
    "the lowest room of length {1} is looked for",
    "the highest room of length {1} is looked for",
)


def told(step: int, first: object = "n", length: object = "m", kind: object = "k", offset: object = "f") -> str:
    """A move in words."""
    return STORIES[step].format(first, length, kind, offset)


def move(
    regions: Regions, step: Word, below: Word, first: Word, length: Word, kind: Word, offset: Word
) -> tuple[Regions, Truth]:
    """One move: the state after it, and whether it was legal; of a search, whether it found something.

    `below` is the place of `first`, however it was found.
    """
    legal = TRUE
    if step == INSERT:
        regions, legal = insert(regions, below, first, length, kind, offset)
    elif step == INSERT_ABOVE:
        regions, legal = insert(regions, next_of(regions, below), first, length, kind, offset)
    elif step == REMOVE:
        regions, legal = remove(regions, first)
    elif step == SPLIT:
        regions, legal = split(regions, below, first)
    elif step == JOIN:
        regions, legal = join(regions, first)
    elif step == CHANGE:
        regions, legal = change(regions, first, kind)
    elif step == RESIZE:
        regions, legal = resize(regions, first, length)
    else:
        regions, legal = move_range(regions, step, below, first, length, kind, offset)
    return regions, legal


def move_range(
    regions: Regions, step: Word, below: Word, first: Word, length: Word, kind: Word, offset: Word
) -> tuple[Regions, Truth]:
    """A move that is about a range, or a search."""
    legal = TRUE
    if step == MAP_RANGE:
        regions, legal = map_range(regions, below, first, length, kind, offset)
    elif step == UNMAP:
        regions, legal = unmap(regions, below, first, length)
    elif step == PROTECT_RANGE:
        regions, legal = protect(regions, below, first, length, kind)
    elif step == FIND:
        _, legal = find(regions, first)
    elif step == FIT:
        _, _, legal = fit(regions, length)
    else:
        _, _, legal = fit_high(regions, length)
    return regions, legal


def asked_by(regions: Regions, step: Word, first: Word, length: Word, kind: Word, offset: Word) -> Asked:
    """What a move asks for, if it is legal."""
    asked = Asked(first, ZERO, GIVE, kind, offset)
    if (step == INSERT) | (step == INSERT_ABOVE) | (step == MAP_RANGE):
        asked = Asked(first, length, GIVE, kind, offset)
    elif step == UNMAP:
        asked = Asked(first, length, TAKE, kind, offset)
    elif step == PROTECT_RANGE:
        asked = Asked(first, length, PROTECT, kind, offset)
    elif step == REMOVE:
        asked = Asked(first, length_of(regions, first), TAKE, kind, offset)
    elif step == CHANGE:
        asked = Asked(first, length_of(regions, first), GIVE, kind, offset_of(regions, first))
    elif step == RESIZE:
        asked = asked_by_resize(regions, first, length)
    return asked


def asked_by_resize(regions: Regions, first: Word, length: Word) -> Asked:
    """Pages are given at the end of a region, or taken there."""
    old, kind = length_of(regions, first), kind_of(regions, first)
    grows = old < length
    shorter = where(grows, old, length)
    more = where(grows, length, old) - shorter
    return Asked(first + shorter, more, where(grows, GIVE, TAKE), kind, offset_of(regions, first) + shorter)


def unless(holds: Truth, law: Word) -> Word:
    """The bit of a law that does not hold."""
    return where(holds, ZERO, law)


def broken_at(regions: Regions, node: Word, other: Word) -> Word:
    """V1 and V15 at one region or the sentinel, V1 seen from another."""
    return unless(ordered(regions, node, other), ORDERED) | unless(ended(regions, node), ENDED)


def broken_by_search(regions: Regions, page: Word, place: Word, held: Truth, other: Word) -> Word:
    """V2 at the answer to a search for a page."""
    return unless(found(regions, page, place, held, other), FOUND)


def broken_by_step(old: Seen, new: Seen, page: Word, asked: Asked, legal: Truth) -> Word:
    """V5 at one page, of which this was seen before and after a move; of a refused one nothing was asked."""
    length = where(legal, asked.length, ZERO)
    return unless(kept(old, new, page, Asked(asked.first, length, asked.wish, asked.kind, asked.offset)), KEPT)


def is_range_step(step: Word) -> Truth:
    """Whether nothing but the range, and what is there, can forbid a step."""
    return (step == INSERT) | (step == MAP_RANGE) | (step == UNMAP) | (step == PROTECT_RANGE)


def is_merging(step: Word) -> Truth:
    """Whether a step leaves no two neighbours that could be one."""
    return (step == MAP_RANGE) | (step == PROTECT_RANGE)


def is_free_for(regions: Regions, step: Word, below: Word, first: Word, length: Word) -> Truth:
    """Whether what is there allows a step on a range, of whose first page `below` is the place."""
    gives = (step == INSERT) | (step == MAP_RANGE)
    return invert(gives) | is_unused(regions, below, first, length)


def broken_by_answer(
    regions: Regions, step: Word, first: Word, length: Word, kind: Word, offset: Word, free: Truth, legal: Truth
) -> Word:
    """V15 at the answer of a step on a range, which what was there allowed if `free`."""
    gives = (step == INSERT) | (step == MAP_RANGE)
    holds = admitted(regions, first, length, where(gives, kind, ZERO), offset, free, legal)
    return unless(invert(is_range_step(step)) | holds, ENDED)


def offset_for(first: Word, length: Word, skew: Word) -> Word:
    """Where a region begins in its object: at its own address, a page later, as late as can be, or one too late."""
    latest = invert_bits(length)
    too_late = latest + where(length == ZERO, ZERO, ONE)
    return where(skew < TWO, first + skew, where(skew == TWO, latest, too_late))


# -- everywhere, in a small space, or above the page `low` of one that is unused below it ----------------------------


def broken_anywhere(regions: Regions, low: Word) -> Word:
    """All laws of a state: V1 and V15 at every two pages, V2 and V16 at every search and page."""
    broken = ZERO
    started = ZERO
    node = low
    for _ in range(regions.pages + ONE - low):
        started = started + where(is_region(regions, node), ONE, ZERO)
        broken = broken | broken_around(regions, node, low) | broken_by_fit(regions, node, low)
        if low != ZERO:
            # Then no page is as small as a length that fits there.
            broken = broken | broken_by_fit(regions, node - low, low)
        node = node + ONE
    return broken | unless(regions.count == started, FOUND)


def broken_around(regions: Regions, node: Word, low: Word) -> Word:
    """V1 and V15 at a node, and V2 at the search for it as a page, seen from everywhere."""
    broken = ZERO
    place, held = find(regions, node)
    is_page = node < regions.pages
    other = low
    for _ in range(regions.pages + ONE - low):
        searched = broken_by_search(regions, node, place, held, other)
        broken = broken | broken_at(regions, node, other) | where(is_page, searched, ZERO)
        other = other + ONE
    return broken


def broken_by_fit(regions: Regions, length: Word, low: Word) -> Word:
    """V16 at both searches for so much room, seen from every page."""
    broken = ZERO
    below_lowest, lowest, has_lowest = fit(regions, length)
    below_highest, highest, has_highest = fit_high(regions, length)
    page = low
    place = regions.pages
    for _ in range(regions.pages - low):
        place = place_at(regions, place, page)
        fits = fitted(regions, length, FALSE, below_lowest, lowest, has_lowest, page, place)
        fits = fits & fitted(regions, length, TRUE, below_highest, highest, has_highest, page, place)
        broken = broken | unless(fits, FITTED)
        page = page + ONE
    return broken


def broken_by_move(before: Regions, after: Regions, asked: Asked, merging: Truth, legal: Truth, low: Word) -> Word:
    """All laws of a step, between a state and another, seen from every page: V5, V5.merged, and what refusing is."""
    broken = ZERO
    was, now = before.pages, after.pages
    page = low
    for _ in range(before.pages + ONE - low):
        was, now = place_at(before, was, page), place_at(after, now, page)
        old, new = seen(before, was, page), seen(after, now, page)
        broken = broken | broken_by_step(old, new, page, asked, legal)
        is_joined = joined(after, page, asked.first, asked.length)
        broken = broken | unless(invert(merging & legal) | is_joined, JOINED)
        broken = broken | unless(legal | is_unchanged(before, after, page), KEPT)
        page = page + ONE
    return broken | unless(legal | (after.count == before.count), FOUND)


def place_at(regions: Regions, place: Word, page: Word) -> Word:
    """The place of a page, where `place` is that of the page before it."""
    return where(next_of(regions, place) == page, page, place)


def is_unchanged(before: Regions, after: Regions, node: Word) -> Truth:
    """Whether a node is in two states the same, with its neighbours."""
    shape = (length_of(before, node) == length_of(after, node)) & (is_node(before, node) == is_node(after, node))
    place = (next_of(before, node) == next_of(after, node)) & (previous_of(before, node) == previous_of(after, node))
    what = (kind_of(before, node) == kind_of(after, node)) & (offset_of(before, node) == offset_of(after, node))
    return shape & (invert(is_node(before, node)) | (place & (what | (node == before.pages))))
