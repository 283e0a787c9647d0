"""Ranges and searches among regions of a space of any size: a round of each loop, and what it comes to in the end.

A step on a range splits what reaches beyond, and goes from one region to the next. Each round is a few steps on one
region, which keep every law (`regions`); here is what the round does to the range. A search goes from node to node:
what is unused lies ahead of it, until it is there, or there is nothing ahead. That it has passed all nodes after as
many rounds as there are regions is said by their numbers.
"""

from __future__ import annotations

from ...spec.algebra import FALSE, ONE, TRUE, ZERO, Truth, Word, Words, implies, invert, load, where
from ...spec.region_laws import TAKE, Asked, fitted, found, goes_on, is_unused, ordered
from ...spec.regions import (
    Regions,
    change,
    covers,
    end_of,
    entered,
    insert,
    is_backed,
    is_compatible,
    is_node,
    is_place,
    is_region,
    is_roomy,
    join,
    kind_of,
    length_of,
    next_of,
    offset_of,
    previous_of,
    protect_one,
    remove,
    resize,
    split,
    step_down,
    step_up,
    unmap_one,
)
from .obligation import Query, obligation
from .region_points import (
    Numbering,
    Spot,
    Step,
    at_rest,
    fresh_word,
    in_cases,
    is_bounded,
    is_counted,
    may_exist,
    number_of,
    pages_kept,
    together,
)
from .region_sums import compares_alike, leaves_room

# The steps on one region come first: they are quicker to be refuted.
from .regions import VARIABLES as REGION_VARIABLES

VARIABLES = REGION_VARIABLES | dict.fromkeys(("below", "region", "which", "index"), fresh_word)

_EXIST = "the points exist"
_ORDERED = "the laws at the points"
_PLACE = "the place of the page"
_AHEAD = "what is unused lies ahead"
_REFUSED = "the step is refused"
_SUMS = "the sums"
_COUNTED = "the numbers at the points"
_EITHER = "one of both holds"
_BEYOND = "the joined one goes on"
_LEGAL = "the step is legal"
_ENDED = "the ends at the points"
_LAZILY = {"apart": True, "lazily": True}


def is_apart(regions: Regions, node: Word, other: Word) -> Truth:
    """V1 of two nodes, both ways, and that both end in the space."""
    both = ordered(regions, node, other) & ordered(regions, other, node)
    return both & is_bounded(regions, node) & is_bounded(regions, other)


# -- searches --------------------------------------------------------------------------------------------------------


@obligation("regions-found", "V2", says="The place of a page tells which region has it, if any.", without=_ORDERED)
def regions_found(regions: Regions, spot: Spot) -> Query:
    """Seen from any other region."""
    premises = {
        _EXIST: may_exist(regions, spot),
        _PLACE: is_place(regions, spot.place, spot.page),
        _ORDERED: is_apart(regions, spot.place, spot.other),
    }
    held = covers(regions, spot.place, spot.page)
    return Query(premises, {"V2": found(regions, spot.page, spot.place, held, spot.other)})


@obligation(
    "regions-find-walk", "V2", says="A walk that is not at the place goes on to the next number.", without=_ORDERED
)
def regions_find_walk(regions: Regions, numbers: Words, spot: Spot) -> Query:
    """It starts before the page, and still does; where it ends, it is at the place."""
    node, page, above = spot.node, spot.page, next_of(regions, spot.node)
    rest = at_rest(regions, numbers)
    premises = {
        _EXIST: may_exist(regions, spot),
        _ORDERED: is_node(regions, node) & ordered(regions, node, spot.other),
        _COUNTED: is_counted(regions, rest, node, above) & is_counted(regions, rest, above, node),
        "it starts before the page": (node == regions.pages) | (node <= page),
    }
    going = above <= page
    after = step_up(going, regions, node)
    number, later = number_of(regions, rest, node), number_of(regions, rest, after)
    goes_up = is_region(regions, after) & (after <= page) & (later == number + ONE) & (number < regions.count)
    ends = is_place(regions, after, page)
    return Query(premises, {"V2": implies(going, goes_up) & implies(invert(going), ends)})


def is_ahead(regions: Regions, below: Word, spot: Spot, length: Word, *, high: bool) -> Truth:
    """That a search has not passed the page of the spot, if it is room: its place is the node, or comes later."""
    place = spot.place
    upward = (below == regions.pages) | (invert(place == regions.pages) & (below <= place))
    downward = (place == regions.pages) | (invert(below == regions.pages) & (place <= below))
    return implies(is_unused(regions, place, spot.page, length), downward if high else upward)


def searching(regions: Regions, below: Word, length: Word, spot: Spot, beside: Word, *, high: bool) -> dict[str, Truth]:
    """What is assumed in a search: the laws at its node, the one beside it and the place of the page."""
    around = is_apart(regions, below, spot.place) & is_apart(regions, beside, spot.place)
    return {
        _EXIST: may_exist(regions, spot, below) & is_node(regions, below),
        _PLACE: is_place(regions, spot.place, spot.page),
        _ORDERED: around & is_apart(regions, below, beside),
        _AHEAD: is_ahead(regions, below, spot, length, high=high),
        _SUMS: leaves_room(end_of(regions, below), spot.page, length, next_of(regions, below)),
    }


@obligation("regions-fit-begin", "V16", says="At first all that is unused lies ahead.", without=_PLACE)
def regions_fit_begin(regions: Regions, length: Word, spot: Spot) -> Query:
    """From the sentinel up, and from the highest region down."""
    highest = previous_of(regions, regions.pages)
    premises = {
        _EXIST: may_exist(regions, spot),
        _PLACE: is_place(regions, spot.place, spot.page) & is_apart(regions, highest, spot.place),
        _ORDERED: is_apart(regions, regions.pages, spot.place) & is_apart(regions, highest, regions.pages),
    }
    up = is_ahead(regions, regions.pages, spot, length, high=False)
    down = is_ahead(regions, highest, spot, length, high=True)
    return Query(premises, {"V16": up & down})


@obligation(
    "regions-fit-up", "V16", says="The lowest room is ahead, until the search is there.", without=_AHEAD, **_LAZILY
)
def regions_fit_up(regions: Regions, below: Word, length: Word, spot: Spot) -> Query:
    """One round; what it finds in the end, and what it means to find nothing at the highest region."""
    above = next_of(regions, below)
    premises = searching(regions, below, length, spot, above, high=False)
    roomy = is_roomy(regions, below, length)
    after = step_up(invert(roomy), regions, below)
    ahead = is_ahead(regions, after, spot, length, high=False) | (above == regions.pages)
    answered = fitted(regions, length, FALSE, below, end_of(regions, below), roomy, spot.page, spot.place)
    goals = ahead, answered | (invert(roomy) & (above != regions.pages))
    return Query(
        premises, {"V16": together(in_cases(in_cases(goals, spot.place == below, roomy), below == regions.pages))}
    )


@obligation(
    "regions-fit-down", "V16", says="The highest room is ahead, until the search is there.", without=_AHEAD, apart=True
)
def regions_fit_down(regions: Regions, below: Word, length: Word, spot: Spot) -> Query:
    """One round; what it finds in the end, and what it means to find nothing at the sentinel."""
    premises = searching(regions, below, length, spot, previous_of(regions, below), high=True)
    roomy = is_roomy(regions, below, length)
    after = step_down(invert(roomy), regions, below)
    ahead = is_ahead(regions, after, spot, length, high=True) | (below == regions.pages)
    first = next_of(regions, below) - where(roomy, length, ZERO)
    answered = fitted(regions, length, TRUE, below, first, roomy, spot.page, spot.place)
    goals = ahead, answered | (invert(roomy) & (below != regions.pages))
    return Query(
        premises, {"V16": together(in_cases(in_cases(goals, spot.place == below, roomy), below == regions.pages))}
    )


# -- what could be one -------------------------------------------------------------------------------------------------


@obligation(
    "regions-compatible",
    "V5.merged",
    says="Two neighbours may be joined exactly if nothing but a new region is to be seen between them.",
    without=_EITHER,
    **_LAZILY,
)
def regions_compatible(regions: Regions, first: Word) -> Query:
    """What the steps compare, and what an address shows, is the same."""
    above = next_of(regions, first)
    end, inside = end_of(regions, first), (first < regions.pages) & invert(first == regions.pages)
    may_be_joined, is_seen_as_one = is_compatible(regions, first), goes_on(regions, first)
    premises = {
        _EXIST: inside & (above <= regions.pages) & (length_of(regions, regions.pages) == ZERO),
        _ENDED: is_bounded(regions, first) & is_bounded(regions, above),
        _EITHER: may_be_joined | is_seen_as_one,
    }
    shown = covers(regions, first, end - ONE) & covers(regions, above, above)
    goals = in_cases((may_be_joined & is_seen_as_one,), shown & is_backed(kind_of(regions, first)), shown)
    return Query(premises, {"V5.merged": together(goals)})


# -- what is refused, and rounds that are not gone ---------------------------------------------------------------------


def is_same_at(before: Regions, after: Regions, index: Word) -> Truth:
    """Whether nothing has changed at an index of any array, nor the count."""
    same = (after.count == before.count) & (after.pages == before.pages)
    for old, new in zip(before[:5], after[:5], strict=True):
        same = same & (load(old, index) == load(new, index))
    return same


@obligation(
    "regions-refused",
    "V1",
    "V2",
    "V5",
    "V15",
    says="A step on one region that is refused changes nothing.",
    without=_REFUSED,
)
def regions_refused(
    regions: Regions,
    below: Word,
    first: Word,
    at: Word,
    length: Word,
    kind: Word,
    offset: Word,
    index: Word,
    which: Word,
) -> Query:
    """All steps at once, with any words; `which` of them it is about is a variable too."""
    steps = (
        insert(regions, below, first, length, kind, offset),
        remove(regions, first),
        split(regions, first, at),
        join(regions, first),
        change(regions, first, kind),
        resize(regions, first, length),
    )
    refused = same = TRUE
    number = ZERO
    for after, legal in steps:
        refused = refused & implies(which == number, invert(legal))
        same = same & implies(which == number, is_same_at(regions, after, index))
        number = number + ONE
    empty = length_of(regions, regions.pages) == ZERO
    return Query({_EXIST: empty, _REFUSED: refused}, {"V1 V2 V5 V15": same})


@obligation(
    "regions-refused-ranges",
    "V1",
    "V2",
    "V5",
    "V15",
    says="A range that is refused is not gone into, and a round that is not gone changes nothing.",
    without=_EXIST,
)
def regions_refused_ranges(
    regions: Regions, below: Word, first: Word, length: Word, region: Word, end: Word, rights: Word, index: Word
) -> Query:
    """No region lies before an end of zero."""
    empty = (length_of(regions, regions.pages) == ZERO) & (regions.pages != ZERO)
    begun, start, stop_at = entered(FALSE, regions, below, first, length)
    unmapped, beyond = unmap_one(FALSE, regions, region, end)
    protected, above = protect_one(FALSE, regions, region, end, rights)
    same = is_same_at(regions, begun, index) & is_same_at(regions, unmapped, index)
    same = same & is_same_at(regions, protected, index)
    return Query(
        {_EXIST: empty}, {"V1 V2 V5 V15": same & invert(start < stop_at) & (beyond == region) & (above == region)}
    )


# -- rounds of steps on a range ----------------------------------------------------------------------------------------


@obligation(
    "regions-unmap-one", "V5", says="A round of unmapping takes what is in the range.", without=_PLACE, apart=True
)
def regions_unmap_one(regions: Regions, region: Word, end: Word, numbers: Words, spot: Spot) -> Query:
    """The pages of a region up to the end of the range, and no others; what is beyond starts there."""
    after, above = unmap_one(TRUE, regions, region, end)
    old_end, below = end_of(regions, region), previous_of(regions, region)
    stop_at = where(end < old_end, end, old_end)
    asked = Asked(region, stop_at - region, TAKE, ZERO, ZERO)
    place = where(spot.place == region, where(end <= spot.page, where(end < old_end, end, below), below), spot.place)
    in_range = is_region(regions, region) & (region < end) & (end <= regions.pages)
    numbering = Numbering(numbers, region, FALSE, TRUE, regions.pages)
    length, offset, page = length_of(regions, region), offset_of(regions, region), spot.page
    sums = compares_alike(end + (length - (end - region)), region + length, page, next_of(regions, region))
    sums = sums & compares_alike(region + (stop_at - region), stop_at, page, region)
    sums = sums & (offset + (end - region) + (page - end) == offset + (page - region))
    step = Step(
        after,
        in_range,
        (region, below),
        region,
        (region, below, above),
        numbering,
        place,
        asked,
        cases=(page < end, (end < old_end) & (end < regions.pages)),
        inside=(region,),
        unlike=((region, end), (region, below), (region, next_of(regions, region))),
        sums=sums,
    )
    return pages_kept(regions, spot, step)


@obligation(
    "regions-merged",
    "V5.merged",
    says="A region that was joined with the one above it goes on only if that did.",
    without=_BEYOND,
    **_LAZILY,
)
def regions_merged(regions: Regions, first: Word) -> Query:
    """So where the one above does not go on, as the law says of it, neither does the joined one."""
    after, legal = join(regions, first)
    above = next_of(regions, first)
    pages = (first < regions.pages) & invert(first == regions.pages) & (above <= regions.pages)
    pages = pages & (length_of(regions, regions.pages) == ZERO)
    lower, upper, beyond = length_of(regions, first), length_of(regions, above), next_of(regions, above)
    offset, follows = offset_of(regions, first), offset_of(regions, above)
    numbered = compares_alike(offset + (lower + upper), follows + upper, offset_of(regions, beyond))
    sums = implies(is_backed(kind_of(regions, above)) & legal, numbered)
    sums = sums & implies(legal, compares_alike(first + (lower + upper), above + upper, beyond))
    premises = {
        _EXIST: pages & is_region(regions, first),
        _ORDERED: is_apart(regions, first, above) & is_bounded(regions, next_of(regions, above)),
        _BEYOND: goes_on(after, first),
        _SUMS: sums,
    }
    shown = covers(after, first, end_of(after, first) - ONE) & covers(regions, above, end_of(regions, above) - ONE)
    shown = shown & covers(regions, beyond, beyond) & invert(above == regions.pages)
    shown = shown & invert(above == first) & invert(above == beyond)
    backed = is_backed(kind_of(regions, above)) & is_backed(kind_of(regions, first))
    goals = in_cases((goes_on(regions, above),), legal & shown & backed, legal & shown)
    # Where it was not joined it could not be one with the one above it, and does not go on (`regions-compatible`).
    return Query(premises, {"V5.merged": together(tuple(implies(legal, goal) for goal in goals))})
