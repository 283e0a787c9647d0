"""Regions of a space of any size: every step on one region keeps every law, whatever else there is.

Laws are assumed at the few nodes that a step touches, and at a *spot* that stands for all others: one node, another one,
and one page with its place. The order of two regions is a law of two points, so it is assumed of every two of them.

That the count is exact is shown by a numbering that no step keeps: along the list from 1 up, which a new region shifts
from its place on. The highest region has the count as its number::

    region      sentinel   1     6     8            a new region at 5:    1    5    6    8
    number      0          1     2     3 = count                          1    2    3    4 = count

Regions are far fewer than a word can count, as each has a page of its own and a space has no more pages than words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ...spec.algebra import ALL_BITS, FALSE, ONE, TRUE, ZERO, Truth, Word, Words, implies, invert, load, where
from ...spec.region_laws import GIVE, PROTECT, TAKE, Asked, ended, fitted, found, goes_on, joined, kept, ordered, seen
from ...spec.regions import (
    Regions,
    change,
    covers,
    end_of,
    fit,
    insert,
    is_node,
    is_place,
    is_region,
    is_roomy,
    join,
    kind_of,
    length_of,
    map_range,
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
    within,
)
from .obligation import Query, obligation

if TYPE_CHECKING:
    from ..theory import Theory

_KEPT = ("V1", "V2", "V5", "V15")
_EXIST = "the points exist"
_ORDERED = "the laws at the points"
_COUNTED = "the numbers at the points"
_PLACE = "the place of the page"


class Spot(NamedTuple):
    """Where the laws are looked at.

    Attributes:
        node: any region, or the sentinel.
        other: another one.
        page: any page.
        place: its place.
    """

    node: Word
    other: Word
    page: Word
    place: Word


def fresh_regions(theory: Theory, name: str) -> Regions:
    """Fresh regions of any space: any words."""
    arrays = [theory.array(f"{name}.{field}", theory.width) for field in Regions._fields[:5]]
    return Regions(*arrays, theory.word(f"{name}.count"), theory.word(f"{name}.pages"))


def fresh_spot(theory: Theory, name: str) -> Spot:
    """Two nodes, a page and its place: any words."""
    return Spot(*[theory.word(f"{name}.{field}") for field in Spot._fields])


def fresh_numbers(theory: Theory, name: str) -> Any:
    """A fresh numbering, which nobody keeps."""
    return theory.array(name, theory.width)


def fresh_word(theory: Theory, name: str) -> Any:
    """Any word."""
    return theory.word(name)


#: How the variables of these obligations are made.
VARIABLES = {"regions": fresh_regions, "spot": fresh_spot, "numbers": fresh_numbers} | dict.fromkeys(
    ("below", "first", "length", "kind", "offset", "at", "rights", "end"), fresh_word
)


# -- what is true of every state that can be reached -----------------------------------------------------------------


class Numbering(NamedTuple):
    """The numbers of all regions, after a step that shifts them.

    Attributes:
        numbers: for each region its number before.
        start: regions above this page are shifted by the step.
        appears: the step puts a region there, numbered after `below`; otherwise it takes it away.
        going: whether the step shifts at all.
        below: the region, or the sentinel, below `start`.
    """

    numbers: Words
    start: Word
    appears: Truth
    going: Truth
    below: Word


def number_of(regions: Regions, numbering: Numbering, node: Word) -> Word:
    """The number of a node after the step: the sentinel has 0."""
    old = load(numbering.numbers, node)
    shifted = where(numbering.appears, old + ONE, old - ONE)
    new = where(numbering.going & (numbering.start < node), shifted, old)
    own = where(numbering.below == regions.pages, ZERO, load(numbering.numbers, numbering.below)) + ONE
    new = where(numbering.going & numbering.appears & (numbering.start == node), own, new)
    return where(node == regions.pages, ZERO, new)


def at_rest(regions: Regions, numbers: Words) -> Numbering:
    """The numbers as they are."""
    return Numbering(numbers, ZERO, FALSE, FALSE, regions.pages)


def is_counted(regions: Regions, numbering: Numbering, node: Word, other: Word) -> Truth:
    """A node has the number before that of the one above it, or the count; of two regions the higher has the higher."""
    own, above = number_of(regions, numbering, node), next_of(regions, node)
    follows = where(above == regions.pages, regions.count == own, number_of(regions, numbering, above) == own + ONE)
    rises = implies(
        is_region(regions, node) & is_region(regions, other) & (node < other),
        own < number_of(regions, numbering, other),
    )
    bounded = (own <= regions.count) & implies(is_region(regions, node), own != ZERO)
    return implies(is_node(regions, node), follows & rises & bounded)


def is_sound(regions: Regions, *points: Word) -> Truth:
    """V1 and V15 at every two of the points."""
    sound = TRUE
    for node in points:
        sound = sound & ended(regions, node)
        for other in points:
            sound = sound & ordered(regions, node, other)
    return sound


def is_enumerated(regions: Regions, numbers: Words, *points: Word) -> Truth:
    """The numbers at every two of the points, and fewer of them than there are words."""
    enumerated = regions.count < ALL_BITS
    for node in points:
        for other in points:
            enumerated = enumerated & is_counted(regions, at_rest(regions, numbers), node, other)
    return enumerated


def given(regions: Regions, numbers: Words, spot: Spot, *touched: Word) -> dict[str, Truth]:
    """What is assumed: all laws at the nodes that a step touches, at the spot, and at the sentinel."""
    points = (*touched, spot.node, spot.other, spot.place, next_of(regions, spot.place), regions.pages)
    inside = (regions.pages != ZERO) & (length_of(regions, regions.pages) == ZERO)
    exist = (spot.node <= regions.pages) & (spot.other <= regions.pages) & (spot.page < regions.pages)
    return {
        _EXIST: inside & exist,
        _ORDERED: is_sound(regions, *points),
        _COUNTED: is_enumerated(regions, numbers, *points),
        _PLACE: is_place(regions, spot.place, spot.page),
    }


def shown(
    before: Regions, after: Regions, numbering: Numbering, spot: Spot, place: Word, asked: Asked
) -> dict[str, Truth]:
    """What a step has to show: each law at the spot, whose page has another place after it."""
    old, new = seen(before, spot.place, spot.page), seen(after, place, spot.page)
    return {
        "V1": ordered(after, spot.node, spot.other) & (length_of(after, after.pages) == ZERO),
        "V2": is_counted(after, numbering, spot.node, spot.other),
        "V5": is_place(after, place, spot.page) & kept(old, new, spot.page, asked),
        "V15": ended(after, spot.node) & (after.pages == before.pages),
    }


def nothing(first: Word) -> Asked:
    """What is asked of a step that changes no page."""
    return Asked(first, ZERO, GIVE, ZERO, ZERO)


# -- steps on one region -----------------------------------------------------------------------------------------------


@obligation("regions-insert", *_KEPT, says="A new region keeps every law, wherever it is.", without=_ORDERED)
def regions_insert(
    regions: Regions,
    below: Word,
    first: Word,
    length: Word,
    kind: Word,
    offset: Word,
    numbers: Words,
    spot: Spot,
) -> Query:
    """Its pages are given, all others kept; the regions above it have a higher number."""
    after, legal = insert(regions, below, first, length, kind, offset)
    touched = (within(regions, below), next_of(regions, below), within(regions, first))
    asked = Asked(first, where(legal, length, ZERO), GIVE, kind, offset)
    place = where(legal & (spot.place == below) & (first <= spot.page), first, spot.place)
    numbering = Numbering(numbers, first, TRUE, legal, within(regions, below))
    premises = given(regions, numbers, spot, *touched)
    return Query(premises, shown(regions, after, numbering, spot, place, asked))


@obligation("regions-remove", *_KEPT, says="Removing a region keeps every law.", without=_ORDERED)
def regions_remove(regions: Regions, first: Word, numbers: Words, spot: Spot) -> Query:
    """Its pages are taken, all others kept; the place of its pages is the region below."""
    after, legal = remove(regions, first)
    touched = (within(regions, first), previous_of(regions, first), next_of(regions, first))
    asked = Asked(first, where(legal, length_of(regions, first), ZERO), TAKE, ZERO, ZERO)
    place = where(legal & (spot.place == first), previous_of(regions, first), spot.place)
    numbering = Numbering(numbers, first, FALSE, legal, regions.pages)
    premises = given(regions, numbers, spot, *touched)
    return Query(premises, shown(regions, after, numbering, spot, place, asked))


@obligation("regions-split", *_KEPT, says="Splitting a region changes nothing at any address.", without=_ORDERED)
def regions_split(regions: Regions, first: Word, at: Word, numbers: Words, spot: Spot) -> Query:
    """What is behind the upper part follows."""
    after, legal = split(regions, first, at)
    touched = (within(regions, first), next_of(regions, first), within(regions, at))
    place = where(legal & (spot.place == first) & (at <= spot.page), at, spot.place)
    numbering = Numbering(numbers, at, TRUE, legal, within(regions, first))
    premises = given(regions, numbers, spot, *touched)
    return Query(premises, shown(regions, after, numbering, spot, place, nothing(first)))


@obligation("regions-join", *_KEPT, says="Joining two regions changes nothing at any address.", without=_ORDERED)
def regions_join(regions: Regions, first: Word, numbers: Words, spot: Spot) -> Query:
    """The one above is gone, and its pages are those of the one below."""
    after, legal = join(regions, first)
    above = next_of(regions, first)
    touched = (within(regions, first), above, next_of(regions, above))
    place = where(legal & (spot.place == above), first, spot.place)
    numbering = Numbering(numbers, above, FALSE, legal, regions.pages)
    premises = given(regions, numbers, spot, *touched)
    return Query(premises, shown(regions, after, numbering, spot, place, nothing(first)))


@obligation("regions-change", *_KEPT, says="Changing a region's kind keeps what is behind it.", without=_ORDERED)
def regions_change(regions: Regions, first: Word, kind: Word, numbers: Words, spot: Spot) -> Query:
    """Its pages have the new kind, all others their own."""
    after, legal = change(regions, first, kind)
    asked = Asked(first, where(legal, length_of(regions, first), ZERO), GIVE, kind, offset_of(regions, first))
    premises = given(regions, numbers, spot, within(regions, first))
    return Query(premises, shown(regions, after, at_rest(regions, numbers), spot, spot.place, asked))


@obligation("regions-resize", *_KEPT, says="A region that ends elsewhere keeps every law.", without=_ORDERED)
def regions_resize(regions: Regions, first: Word, length: Word, numbers: Words, spot: Spot) -> Query:
    """Pages are given at its end, or taken there; never those of the region above."""
    after, legal = resize(regions, first, length)
    old = length_of(regions, first)
    grows = old < length
    shorter, longer = where(grows, old, length), where(grows, length, old)
    more = where(legal, longer - shorter, ZERO)
    wish, offset = where(grows, GIVE, TAKE), offset_of(regions, first) + shorter
    asked = Asked(first + shorter, more, wish, kind_of(regions, first), offset)
    premises = given(regions, numbers, spot, within(regions, first), next_of(regions, first))
    return Query(premises, shown(regions, after, at_rest(regions, numbers), spot, spot.place, asked))
