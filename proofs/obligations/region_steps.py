"""What each step on one region comes to: the nodes that it touches, what it was asked, and where a page is after it.

The steps are those of the specification, at any words.
"""

from __future__ import annotations

from ...spec.algebra import FALSE, ONE, TRUE, ZERO, Word, Words, implies, where
from ...spec.region_laws import (
    GIVE,
    TAKE,
    Asked,
    ordered,
)
from ...spec.regions import (
    Regions,
    change,
    insert,
    is_backed,
    join,
    kind_of,
    length_of,
    next_of,
    offset_of,
    previous_of,
    remove,
    resize,
    split,
)
from .obligation import Query, obligation
from .region_points import (
    EXIST,
    LEGAL,
    ORDERED,
    Numbering,
    Spot,
    Step,
    all_exist,
    at_rest,
    fresh_word,
    is_bounded,
    may_exist,
)
from .region_points import (
    VARIABLES as POINT_VARIABLES,
)
from .region_sums import (
    add_up,
    compares_alike,
    ends_below,
    fit_both,
    keeps_order,
    leaves_rest,
)

VARIABLES = POINT_VARIABLES | {"which": fresh_word}


def nothing(first: Word) -> Asked:
    """What is asked of a step that changes no page."""
    return Asked(first, ZERO, GIVE, ZERO, ZERO)


def inserted(
    regions: Regions, below: Word, first: Word, length: Word, kind: Word, offset: Word, numbers: Words, spot: Spot
) -> Step:
    """Its pages are given; the regions above it have a higher number."""
    after, legal = insert(regions, below, first, length, kind, offset)
    place = where((spot.place == below) & (first <= spot.page), first, spot.place)
    numbering = Numbering(numbers, first, TRUE, TRUE, below)
    return Step(
        after,
        legal,
        (below,),
        first,
        (below, first, next_of(regions, below)),
        numbering,
        place,
        Asked(first, length, GIVE, kind, offset),
        cases=(first <= spot.page,),
        inside=(first,),
        unlike=((first, below), (first, next_of(regions, below))),
        sums=ends_below(first, length, next_of(regions, below)),
    )


def removed(regions: Regions, first: Word, numbers: Words, spot: Spot) -> Step:
    """Its pages are taken; their place is the region below."""
    after, legal = remove(regions, first)
    below = previous_of(regions, first)
    place = where(spot.place == first, below, spot.place)
    asked = Asked(first, length_of(regions, first), TAKE, ZERO, ZERO)
    return Step(
        after,
        legal,
        (first, below),
        first,
        (first, below, next_of(regions, first)),
        Numbering(numbers, first, FALSE, TRUE, regions.pages),
        place,
        asked,
        inside=(first,),
        unlike=((first, below), (first, next_of(regions, first))),
    )


def parted(regions: Regions, first: Word, at: Word, numbers: Words, spot: Spot) -> Step:
    """What is behind the upper part follows."""
    after, legal = split(regions, first, at)
    length, offset = length_of(regions, first), offset_of(regions, first)
    place = where((spot.place == first) & (at <= spot.page), at, spot.place)
    return Step(
        after,
        legal,
        (first,),
        at,
        (first, at, next_of(regions, first)),
        Numbering(numbers, at, TRUE, TRUE, first),
        place,
        nothing(first),
        cases=(at <= spot.page,),
        inside=(first, at),
        unlike=((at, first), (at, next_of(regions, first)), (first, next_of(regions, first))),
        sums=compares_alike(at + (length - (at - first)), first + length, spot.page, next_of(regions, first))
        & (offset + (at - first) + (spot.page - at) == offset + (spot.page - first))
        & leaves_rest(first, offset, length, at - first, regions.pages),
    )


def united(regions: Regions, first: Word, numbers: Words, spot: Spot) -> Step:
    """The one above is gone, and its pages are those of the one below."""
    after, legal = join(regions, first)
    above = next_of(regions, first)
    place = where(spot.place == above, first, spot.place)
    numbering = Numbering(numbers, above, FALSE, TRUE, regions.pages)
    lower, upper, page = length_of(regions, first), length_of(regions, above), spot.page
    offset, follows = offset_of(regions, first), offset_of(regions, above)
    sums = (offset + (page - first) == follows + (page - above)) & add_up(offset, lower, follows, upper)
    sums = implies(is_backed(kind_of(regions, above)), sums)
    sums = sums & compares_alike(first + (lower + upper), above + upper, page, next_of(regions, above))
    sums = sums & fit_both(first, lower, above, upper, regions.pages)
    return Step(
        after,
        legal,
        (first, above),
        first,
        (first, above, next_of(regions, above)),
        numbering,
        place,
        nothing(first),
        inside=(first, above),
        unlike=((above, first), (above, next_of(regions, above))),
        sums=sums,
    )


def changed(regions: Regions, first: Word, kind: Word, numbers: Words, spot: Spot) -> Step:
    """Its pages have the new kind, and the same behind them."""
    after, legal = change(regions, first, kind)
    asked = Asked(first, length_of(regions, first), GIVE, kind, offset_of(regions, first))
    return Step(after, legal, (first,), first, (first,), at_rest(regions, numbers), spot.place, asked, inside=(first,))


def resized(regions: Regions, first: Word, length: Word, numbers: Words, spot: Spot) -> Step:
    """Pages are given at its end, or taken there."""
    after, legal = resize(regions, first, length)
    old = length_of(regions, first)
    grows = old < length
    shorter, longer = where(grows, old, length), where(grows, length, old)
    wish, offset = where(grows, GIVE, TAKE), offset_of(regions, first) + shorter
    asked = Asked(first + shorter, longer - shorter, wish, kind_of(regions, first), offset)
    sums = ends_below(first, length, next_of(regions, first)) & keeps_order(first, shorter, longer)
    cases = grows, is_backed(kind_of(regions, first)) & (first + shorter <= spot.page) & (spot.page < first + longer)
    end = first + shorter + (longer - shorter)
    sums = sums & compares_alike(end, first + longer, spot.page, first + shorter)
    numbering = at_rest(regions, numbers)
    return Step(
        after, legal, (first,), first, (first,), numbering, spot.place, asked, cases, inside=(first,), sums=sums
    )


@obligation(
    "regions-acts", "V1", says="A legal step acts at pages that exist, one above the other.", without=LEGAL, apart=True
)
def regions_acts(
    regions: Regions,
    below: Word,
    first: Word,
    at: Word,
    length: Word,
    kind: Word,
    offset: Word,
    numbers: Words,
    spot: Spot,
    which: Word,
) -> Query:
    """All steps at once; `which` of them it is about is a variable too."""
    steps = (
        inserted(regions, below, first, length, kind, offset, numbers, spot),
        removed(regions, first, numbers, spot),
        parted(regions, first, at, numbers, spot),
        united(regions, first, numbers, spot),
        changed(regions, first, kind, numbers, spot),
        resized(regions, first, length, numbers, spot),
    )
    legal = sound = acts = TRUE
    number = ZERO
    for step in steps:
        legal = legal & implies(which == number, step.legal)
        acts = acts & implies(which == number, all_exist(regions, step))
        for node in step.touched:
            in_order = ordered(regions, node, node) & is_bounded(regions, node) & (node <= regions.pages)
            sound = sound & implies(which == number, in_order)
        number = number + ONE
    premises = {EXIST: may_exist(regions, spot) & (which < number), ORDERED: sound, LEGAL: legal}
    return Query(premises, {"V1": acts})
