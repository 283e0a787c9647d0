"""The points at which the laws of regions are assumed, and what each law says of a step at a spot.

Laws are assumed at the few nodes that a step touches, and at a *spot* that stands for all others: one node, another
one, and one page with its place. The order of two regions is a law of two points, so it is assumed of every two of
them.

That the count is exact is shown by a numbering that no step keeps: along the list from 1 up, which a new region shifts
from its place on. The highest region has the count as its number::

    region      sentinel   1     6     8            a new region at 5:    1    5    6    8
    number      0          1     2     3 = count                          1    2    3    4 = count

Regions are far fewer than a word can count, as each has a page of its own and a space has no more pages than words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ...spec.algebra import ALL_BITS, FALSE, ONE, TRUE, ZERO, Truth, Word, Words, implies, invert, load, where
from ...spec.region_laws import (
    Asked,
    has_last,
    kept,
    ordered,
    seen,
)
from ...spec.regions import (
    Regions,
    is_backed,
    is_node,
    is_numbered,
    is_place,
    is_range,
    is_region,
    kind_of,
    length_of,
    next_of,
    offset_of,
)
from .obligation import Query
from .region_sums import reaches

if TYPE_CHECKING:
    from ..theory import Theory

EXIST = "the points exist"
ORDERED = "the laws at the points"
COUNTED = "the numbers at the points"
#: How they are proved: goal by goal; with many indices as they come, with long sums all at once.
LAZILY, EAGERLY = {"apart": True, "lazily": True}, {"apart": True}
LEGAL = "the step is legal"
ENDED = "the ends at the points"
REGION = "the page exists"
HERE = "the law at the spot"
SPOT = "the order at the spot"
EITHER = "one of both holds"
SUMS = "the sums"
PLACE = "the place of the page"


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
    return Regions._make([*arrays, theory.word(f"{name}.count"), theory.word(f"{name}.pages")])


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


def is_bounded(regions: Regions, node: Word) -> Truth:
    """Of V15, that a region ends in the space."""
    return implies(is_region(regions, node), has_last(node, length_of(regions, node), regions.pages))


def is_ordered(regions: Regions, spot: Spot, *touched: Word) -> Truth:
    """V1 of every touched node with the spot, both ways."""
    sound = is_bounded(regions, spot.node)
    for node in touched:
        sound = sound & ordered(regions, node, spot.node) & ordered(regions, spot.node, node)
        sound = sound & ordered(regions, node, spot.other) & is_bounded(regions, node)
    return sound


def is_enumerated(regions: Regions, numbers: Words, spot: Spot, *touched: Word) -> Truth:
    """The same of the numbers, of which there are fewer than words."""
    rest = at_rest(regions, numbers)
    counted = is_counted(regions, rest, spot.other, spot.node) & (regions.count < ALL_BITS)
    for node in touched:
        counted = counted & is_counted(regions, rest, node, spot.node) & is_counted(regions, rest, spot.node, node)
        counted = counted & is_counted(regions, rest, node, spot.other)
    return counted


def is_placed(regions: Regions, spot: Spot, *touched: Word) -> Truth:
    """V1 of every touched node with a place, both ways."""
    sound = is_bounded(regions, spot.place)
    for node in touched:
        sound = sound & ordered(regions, node, spot.place) & ordered(regions, spot.place, node)
        sound = sound & is_bounded(regions, node)
    return sound


def in_cases(goals: tuple[Truth, ...], *cases: Truth) -> tuple[Truth, ...]:
    """Each goal in each case, and in none of them: each is easier than all at once."""
    none = TRUE
    for case in cases:
        none = none & invert(case)
    return tuple(implies(case, goal) for goal in goals for case in (*cases, none))


def together(goals: tuple[Truth, ...]) -> Truth:
    """All of them."""
    all_hold = TRUE
    for goal in goals:
        all_hold = all_hold & goal
    return all_hold


class Step(NamedTuple):
    """What a step on one region comes to.

    Attributes:
        after: the state after it.
        legal: whether it was legal.
        touched: the nodes that it touches, which laws are assumed of.
        page: the page that it is about; where a region appears, none was.
        around: the nodes whose links it writes.
        numbering: what becomes of the numbers.
        place: the place of the page of the spot after it.
        asked: what it was asked for.
        cases: what had better be told apart where pages are looked at.
        inside: the pages at which it acts, which exist if it is legal.
        unlike: nodes that are not the same if it is legal, as one is above the other.
        sums: what holds of the sums in it, for any words (`regions-sums-…`).
    """

    after: Regions
    legal: Truth
    touched: tuple[Word, ...]
    page: Word
    around: tuple[Word, ...]
    numbering: Numbering
    place: Word
    asked: Asked
    cases: tuple[Truth, ...] = ()
    inside: tuple[Word, ...] = ()
    unlike: tuple[tuple[Word, Word], ...] = ()
    sums: Truth = TRUE


def order_kept(regions: Regions, spot: Spot, step: Step) -> Query:
    """V1 after a step, at the spot."""
    premises = {
        EXIST: may_exist(regions, spot, *step.touched) & all_exist(regions, step),
        LEGAL: step.legal,
        ORDERED: is_ordered(regions, spot, *step.touched) & ordered(regions, step.touched[0], step.page),
        HERE: ordered(regions, spot.node, spot.other),
        SUMS: step.sums,
    }
    empty = length_of(step.after, step.after.pages) == ZERO
    goal = ordered(step.after, spot.node, spot.other)
    goals = in_cases((goal,), *[spot.other == node for node in step.touched])
    return Query(premises, {"V1": together(in_cases(goals, *[spot.node == node for node in step.around])) & empty})


def ends_in_space(regions: Regions, node: Word) -> Truth:
    """V15 as the steps see it: the space is long enough for a region."""
    return implies(is_region(regions, node), is_range(regions, node, length_of(regions, node)))


def ends_in_object(regions: Regions, node: Word) -> Truth:
    """And so are the numbers of its object's pages."""
    numbered = is_numbered(kind_of(regions, node), offset_of(regions, node), length_of(regions, node))
    return implies(is_region(regions, node), numbered)


def has_end(regions: Regions, node: Word) -> Truth:
    """Both."""
    return ends_in_space(regions, node) & ends_in_object(regions, node)


def ends_kept(regions: Regions, spot: Spot, step: Step) -> Query:
    """V15 after a step, at the spot."""
    sound = ends_in_object(regions, spot.node)
    for node in step.touched:
        sound = sound & has_end(regions, node) & ordered(regions, node, node)
    premises = {
        EXIST: may_exist(regions, spot, *step.touched) & all_exist(regions, step),
        LEGAL: step.legal,
        ENDED: sound,
        HERE: ends_in_space(regions, spot.node),
        SUMS: step.sums,
    }
    both = ends_in_space(step.after, spot.node), ends_in_object(step.after, spot.node)
    goals = in_cases(both, *[spot.node == node for node in step.around])
    return Query(premises, {"V15": together(goals) & (step.after.pages == regions.pages)})


def count_kept(regions: Regions, numbers: Words, spot: Spot, step: Step) -> Query:
    """V2 after a step, at the spot."""
    premises = {
        EXIST: may_exist(regions, spot, *step.touched) & all_exist(regions, step),
        LEGAL: step.legal,
        ORDERED: is_ordered(regions, spot, *step.touched) & ordered(regions, step.touched[0], step.page),
        SPOT: ordered(regions, spot.node, spot.other),
        COUNTED: is_enumerated(regions, numbers, spot, *step.touched),
        HERE: is_counted(regions, at_rest(regions, numbers), spot.node, spot.other),
    }
    goal = is_counted(step.after, step.numbering, spot.node, spot.other)
    return Query(premises, {"V2": together(in_cases((goal,), *[spot.node == node for node in step.around]))})


def pages_kept(regions: Regions, spot: Spot, step: Step) -> Query:
    """V5 after a step, at the page of the spot, which has its place then."""
    premises = {
        EXIST: may_exist(regions, spot, *step.touched) & all_exist(regions, step),
        LEGAL: step.legal,
        ORDERED: is_placed(regions, spot, *step.touched),
        PLACE: is_place(regions, spot.place, spot.page),
        SUMS: step.sums & reaches(step.asked.first, step.asked.length, spot.page),
    }
    old, new = seen(regions, spot.place, spot.page), seen(step.after, step.place, spot.page)
    placed = is_place(step.after, step.place, spot.page)
    backed = is_backed(kind_of(regions, spot.place))
    goals = (placed, *in_cases((kept(old, new, spot.page, step.asked),), old.held & new.held & backed))
    for case in step.cases:
        goals = in_cases(goals, case)
    return Query(premises, {"V5": together(in_cases(goals, *[spot.place == node for node in step.touched]))})


def may_exist(regions: Regions, spot: Spot, *touched: Word) -> Truth:
    """The points are nodes or pages, and no region starts at the sentinel."""
    inside = (spot.node <= regions.pages) & (spot.other <= regions.pages) & (spot.page < regions.pages)
    for node in touched:
        inside = inside & (node <= regions.pages)
    return inside & (spot.place <= regions.pages) & (length_of(regions, regions.pages) == ZERO)


def all_exist(regions: Regions, step: Step) -> Truth:
    """What is legal is done at pages of the space, one above the other: said as plainly as the steps ask for it."""
    plain = TRUE
    for page in step.inside:
        plain = plain & (page < regions.pages) & invert(page == regions.pages)
    for node, other in step.unlike:
        plain = plain & invert(node == other)
    return plain
