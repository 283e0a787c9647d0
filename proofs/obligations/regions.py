"""Regions of a space of any size: every step on one region keeps every law, whatever else there is.

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
    GIVE,
    TAKE,
    Asked,
    ended,
    has_last,
    kept,
    ordered,
    seen,
)
from ...spec.regions import (
    Regions,
    change,
    insert,
    is_backed,
    is_node,
    is_numbered,
    is_place,
    is_range,
    is_region,
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

if TYPE_CHECKING:
    from ..theory import Theory

_KEPT = ("V1", "V2", "V5", "V15")
_EXIST = "the points exist"
_ORDERED = "the laws at the points"
_COUNTED = "the numbers at the points"
#: How they are proved: goal by goal; with many indices as they come, with long sums all at once.
_LAZILY, _EAGERLY = {"apart": True, "lazily": True}, {"apart": True}
_LEGAL = "the step is legal"
_ENDED = "the ends at the points"
_REGION = "the page exists"
_HERE = "the law at the spot"
_SPOT = "the order at the spot"
_EITHER = "one of both holds"
_SUMS = "the sums"
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


def whole(goal: Truth) -> Truth:
    """The goal as one question, of however many parts it is."""
    return where(goal, TRUE, FALSE)


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


def compares_alike(one: Word, other: Word, *points: Word) -> Truth:
    """Two sums are the same, so they compare alike with any word."""
    alike = one == other
    for point in points:
        alike = alike & ((one == point) == (other == point))
        alike = alike & ((one < point) == (other < point)) & ((point < one) == (point < other))
    return alike


def reaches(first: Word, length: Word, page: Word) -> Truth:
    """A page is less than so many beyond the first one exactly if it lies before the end, which does not wrap."""
    alike = (page - first < length) == (page < first + length)
    return implies((first <= first + length) & (first <= page), alike)


def keeps_order(first: Word, shorter: Word, longer: Word) -> Truth:
    """The shorter of two ranges ends before the longer one, which does not wrap."""
    return implies((shorter <= longer) & (first <= first + longer), first + shorter <= first + longer)


def add_up(offset: Word, lower: Word, follows: Word, upper: Word) -> Truth:
    """What is behind two parts has numbers that do not wrap, as that of each has."""
    numbered = (offset <= ALL_BITS - lower) & (follows <= ALL_BITS - upper)
    return implies(numbered, offset <= ALL_BITS - (lower + upper))


def fit_both(first: Word, lower: Word, above: Word, upper: Word, limit: Word) -> Truth:
    """Two parts are short enough for the space below the limit, as the upper one is."""
    fits = (first <= above) & (above <= limit) & (upper <= limit - above)
    return implies(fits, (lower + upper <= limit - first) & (lower <= lower + upper))


def leaves_rest(first: Word, offset: Word, length: Word, lower: Word, limit: Word) -> Truth:
    """The rest of what is short enough, and the numbers behind it, are short enough for where it starts."""
    fits = (first <= limit) & (length <= limit - first) & (lower <= length)
    numbered = (offset <= ALL_BITS - length) & (lower <= length)
    rest = length - lower
    return implies(fits, rest <= limit - (first + lower)) & implies(numbered, offset + lower <= ALL_BITS - rest)


def ends_below(first: Word, length: Word, limit: Word) -> Truth:
    """What is short enough ends below the limit, and does not wrap."""
    return implies((first <= limit) & (length <= limit - first), (first <= first + length) & (first + length <= limit))


def order_kept(regions: Regions, spot: Spot, step: Step) -> Query:
    """V1 after a step, at the spot."""
    premises = {
        _EXIST: may_exist(regions, spot, *step.touched) & all_exist(regions, step),
        _LEGAL: step.legal,
        _ORDERED: is_ordered(regions, spot, *step.touched) & ordered(regions, step.touched[0], step.page),
        _HERE: ordered(regions, spot.node, spot.other),
        _SUMS: step.sums,
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


@obligation(
    "regions-ends",
    "V15",
    says="A region has a last page, and so has what is behind it, exactly if they are long enough for it.",
    without=_EITHER,
)
def regions_ends(regions: Regions, first: Word) -> Query:
    """What V15 says with the number of the last page, the steps say without a sum that could wrap."""
    law, seen_by_steps = ended(regions, first), has_end(regions, first)
    premises = {_REGION: (first < regions.pages) & is_region(regions, first), _EITHER: law | seen_by_steps}
    return Query(premises, {"V15": law & seen_by_steps})


def ends_kept(regions: Regions, spot: Spot, step: Step) -> Query:
    """V15 after a step, at the spot."""
    sound = ends_in_object(regions, spot.node)
    for node in step.touched:
        sound = sound & has_end(regions, node) & ordered(regions, node, node)
    premises = {
        _EXIST: may_exist(regions, spot, *step.touched) & all_exist(regions, step),
        _LEGAL: step.legal,
        _ENDED: sound,
        _HERE: ends_in_space(regions, spot.node),
        _SUMS: step.sums,
    }
    both = ends_in_space(step.after, spot.node), ends_in_object(step.after, spot.node)
    goals = in_cases(both, *[spot.node == node for node in step.around])
    return Query(premises, {"V15": together(goals) & (step.after.pages == regions.pages)})


def count_kept(regions: Regions, numbers: Words, spot: Spot, step: Step) -> Query:
    """V2 after a step, at the spot."""
    premises = {
        _EXIST: may_exist(regions, spot, *step.touched) & all_exist(regions, step),
        _LEGAL: step.legal,
        _ORDERED: is_ordered(regions, spot, *step.touched) & ordered(regions, step.touched[0], step.page),
        _SPOT: ordered(regions, spot.node, spot.other),
        _COUNTED: is_enumerated(regions, numbers, spot, *step.touched),
        _HERE: is_counted(regions, at_rest(regions, numbers), spot.node, spot.other),
    }
    goal = is_counted(step.after, step.numbering, spot.node, spot.other)
    return Query(premises, {"V2": together(in_cases((goal,), *[spot.node == node for node in step.around]))})


def pages_kept(regions: Regions, spot: Spot, step: Step) -> Query:
    """V5 after a step, at the page of the spot, which has its place then."""
    premises = {
        _EXIST: may_exist(regions, spot, *step.touched) & all_exist(regions, step),
        _LEGAL: step.legal,
        _ORDERED: is_placed(regions, spot, *step.touched),
        _PLACE: is_place(regions, spot.place, spot.page),
        _SUMS: step.sums & reaches(step.asked.first, step.asked.length, spot.page),
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


def nothing(first: Word) -> Asked:
    """What is asked of a step that changes no page."""
    return Asked(first, ZERO, GIVE, ZERO, ZERO)


# -- what each step on one region comes to -----------------------------------------------------------------------------


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
    return Step(after, legal, (first,), first, (first,), numbering, spot.place, asked, cases, inside=(first,), sums=sums)


# -- steps on one region ---------------------------------------------------------------------------------------------


_SHORT = "it is short enough"
_ADJACENT = "the parts are adjacent"


@obligation("regions-sums-fit", "V1", "V5", says="What is short enough ends below the limit.", without=_SHORT, **_EAGERLY)
def regions_sums_fit(first: Word, at: Word, length: Word, below: Word, end: Word) -> Query:
    """And does not wrap."""
    premises = {_REGION: (first <= end) & (first <= below) & (at <= length), _SHORT: length <= end - first}
    ends = (first <= first + length) & (first + length <= end)
    goal = ends & ((below - first < length) == (below < first + length)) & (first + at <= first + length)
    return Query(premises, {"V1 V5": goal})


@obligation(
    "regions-sums-parts", "V1", "V5", "V15", says="Two parts reach as far as the whole.", without=_ADJACENT, **_EAGERLY
)
def regions_sums_parts(first: Word, length: Word, at: Word, below: Word, end: Word, kind: Word, offset: Word) -> Query:
    """And so does what is behind them."""
    premises = {_ADJACENT: (at == first + length) & (kind == offset + length)}
    whole = first + (length + below) == at + below
    follows = offset + (end - first) == kind + (end - at)
    return Query(premises, {"V1 V5": whole & follows, "V15": add_up(offset, length, kind, below)})


@obligation(
    "regions-sums-both", "V15", says="Two parts fit into the space as the upper one does.", without=_HERE, **_EAGERLY
)
def regions_sums_both(first: Word, length: Word, at: Word, below: Word, end: Word, kind: Word) -> Query:
    """Told by how much room is left: the lower part takes its length of it."""
    premises = {
        _ADJACENT: (at == first + length) & (first <= at),
        _SHORT: (end == at + kind) & (at <= end),
        _HERE: below <= end - at,
    }
    return Query(premises, {"V15": (length + below <= end - first) & (length <= length + below)})


@obligation(
    "regions-sums-rest", "V15", says="The rest of what is short enough is short enough.", without=_SHORT, **_EAGERLY
)
def regions_sums_rest(first: Word, length: Word, at: Word, below: Word, end: Word, kind: Word, offset: Word) -> Query:
    """Told by how much room there is, and by how long the parts are."""
    premises = {
        _REGION: (end == first + kind) & (first <= end),
        _ADJACENT: (length == at + below) & (at <= length),
        _SHORT: length <= end - first,
    }
    numbers = implies(offset <= ALL_BITS - length, offset + at <= ALL_BITS - (length - at))
    return Query(premises, {"V15": (length - at <= end - (first + at)) & numbers})


@obligation("regions-insert-order", "V1", says="A new region keeps the order.", without=_HERE, **_EAGERLY)
def regions_insert_order(
    regions: Regions, below: Word, first: Word, length: Word, kind: Word, offset: Word, numbers: Words, spot: Spot
) -> Query:
    """No region is disturbed, wherever it is."""
    return order_kept(regions, spot, inserted(regions, below, first, length, kind, offset, numbers, spot))


@obligation("regions-insert-count", "V2", says="A new region keeps the count exact.", without=_HERE, **_LAZILY)
def regions_insert_count(
    regions: Regions, below: Word, first: Word, length: Word, kind: Word, offset: Word, numbers: Words, spot: Spot
) -> Query:
    """The numbers run from one to the count."""
    return count_kept(regions, numbers, spot, inserted(regions, below, first, length, kind, offset, numbers, spot))


@obligation(
    "regions-insert-pages",
    "V5",
    says="A new region changes what was asked, and no other page.",
    without=_PLACE,
    **_LAZILY,
)
def regions_insert_pages(
    regions: Regions, below: Word, first: Word, length: Word, kind: Word, offset: Word, numbers: Words, spot: Spot
) -> Query:
    """What is seen at any page, before and after."""
    return pages_kept(regions, spot, inserted(regions, below, first, length, kind, offset, numbers, spot))


@obligation("regions-insert-ends", "V15", says="A new region leaves no end that wraps.", without=_HERE, **_EAGERLY)
def regions_insert_ends(
    regions: Regions, below: Word, first: Word, length: Word, kind: Word, offset: Word, numbers: Words, spot: Spot
) -> Query:
    """Neither in the space nor in an object."""
    return ends_kept(regions, spot, inserted(regions, below, first, length, kind, offset, numbers, spot))


@obligation("regions-remove-order", "V1", says="A region that is removed keeps the order.", without=_HERE, **_EAGERLY)
def regions_remove_order(regions: Regions, first: Word, numbers: Words, spot: Spot) -> Query:
    """No region is disturbed, wherever it is."""
    return order_kept(regions, spot, removed(regions, first, numbers, spot))


@obligation(
    "regions-remove-count", "V2", says="A region that is removed keeps the count exact.", without=_HERE, **_LAZILY
)
def regions_remove_count(regions: Regions, first: Word, numbers: Words, spot: Spot) -> Query:
    """The numbers run from one to the count."""
    return count_kept(regions, numbers, spot, removed(regions, first, numbers, spot))


@obligation(
    "regions-remove-pages",
    "V5",
    says="A region that is removed changes what was asked, and no other page.",
    without=_PLACE,
    **_EAGERLY,
)
def regions_remove_pages(regions: Regions, first: Word, numbers: Words, spot: Spot) -> Query:
    """What is seen at any page, before and after."""
    return pages_kept(regions, spot, removed(regions, first, numbers, spot))


@obligation(
    "regions-remove-ends", "V15", says="A region that is removed leaves no end that wraps.", without=_HERE, **_EAGERLY
)
def regions_remove_ends(regions: Regions, first: Word, numbers: Words, spot: Spot) -> Query:
    """Neither in the space nor in an object."""
    return ends_kept(regions, spot, removed(regions, first, numbers, spot))


@obligation("regions-split-order", "V1", says="A region that is split keeps the order.", without=_HERE, **_EAGERLY)
def regions_split_order(regions: Regions, first: Word, at: Word, numbers: Words, spot: Spot) -> Query:
    """No region is disturbed, wherever it is."""
    return order_kept(regions, spot, parted(regions, first, at, numbers, spot))


@obligation("regions-split-count", "V2", says="A region that is split keeps the count exact.", without=_HERE, **_LAZILY)
def regions_split_count(regions: Regions, first: Word, at: Word, numbers: Words, spot: Spot) -> Query:
    """The numbers run from one to the count."""
    return count_kept(regions, numbers, spot, parted(regions, first, at, numbers, spot))


@obligation(
    "regions-split-pages",
    "V5",
    says="A region that is split changes what was asked, and no other page.",
    without=_PLACE,
    **_EAGERLY,
)
def regions_split_pages(regions: Regions, first: Word, at: Word, numbers: Words, spot: Spot) -> Query:
    """What is seen at any page, before and after."""
    return pages_kept(regions, spot, parted(regions, first, at, numbers, spot))


@obligation(
    "regions-split-ends", "V15", says="A region that is split leaves no end that wraps.", without=_HERE, **_EAGERLY
)
def regions_split_ends(regions: Regions, first: Word, at: Word, numbers: Words, spot: Spot) -> Query:
    """Neither in the space nor in an object."""
    return ends_kept(regions, spot, parted(regions, first, at, numbers, spot))


@obligation(
    "regions-join-order",
    "V1",
    says="A region that is joined to the one below it keeps the order.",
    without=_HERE,
    **_EAGERLY,
)
def regions_join_order(regions: Regions, first: Word, numbers: Words, spot: Spot) -> Query:
    """No region is disturbed, wherever it is."""
    return order_kept(regions, spot, united(regions, first, numbers, spot))


@obligation(
    "regions-join-count",
    "V2",
    says="A region that is joined to the one below it keeps the count exact.",
    without=_HERE,
    **_LAZILY,
)
def regions_join_count(regions: Regions, first: Word, numbers: Words, spot: Spot) -> Query:
    """The numbers run from one to the count."""
    return count_kept(regions, numbers, spot, united(regions, first, numbers, spot))


@obligation(
    "regions-join-pages",
    "V5",
    says="A region that is joined to the one below it changes what was asked, and no other page.",
    without=_PLACE,
    **_EAGERLY,
)
def regions_join_pages(regions: Regions, first: Word, numbers: Words, spot: Spot) -> Query:
    """What is seen at any page, before and after."""
    return pages_kept(regions, spot, united(regions, first, numbers, spot))


@obligation(
    "regions-join-ends",
    "V15",
    says="A region that is joined to the one below it leaves no end that wraps.",
    without=_HERE,
    **_EAGERLY,
)
def regions_join_ends(regions: Regions, first: Word, numbers: Words, spot: Spot) -> Query:
    """Neither in the space nor in an object."""
    return ends_kept(regions, spot, united(regions, first, numbers, spot))


@obligation("regions-change-order", "V1", says="A region of another kind keeps the order.", without=_HERE, **_EAGERLY)
def regions_change_order(regions: Regions, first: Word, kind: Word, numbers: Words, spot: Spot) -> Query:
    """No region is disturbed, wherever it is."""
    return order_kept(regions, spot, changed(regions, first, kind, numbers, spot))


@obligation(
    "regions-change-count", "V2", says="A region of another kind keeps the count exact.", without=_HERE, **_LAZILY
)
def regions_change_count(regions: Regions, first: Word, kind: Word, numbers: Words, spot: Spot) -> Query:
    """The numbers run from one to the count."""
    return count_kept(regions, numbers, spot, changed(regions, first, kind, numbers, spot))


@obligation(
    "regions-change-pages",
    "V5",
    says="A region of another kind changes what was asked, and no other page.",
    without=_PLACE,
    **_EAGERLY,
)
def regions_change_pages(regions: Regions, first: Word, kind: Word, numbers: Words, spot: Spot) -> Query:
    """What is seen at any page, before and after."""
    return pages_kept(regions, spot, changed(regions, first, kind, numbers, spot))


@obligation(
    "regions-change-ends", "V15", says="A region of another kind leaves no end that wraps.", without=_HERE, **_EAGERLY
)
def regions_change_ends(regions: Regions, first: Word, kind: Word, numbers: Words, spot: Spot) -> Query:
    """Neither in the space nor in an object."""
    return ends_kept(regions, spot, changed(regions, first, kind, numbers, spot))


@obligation(
    "regions-resize-order", "V1", says="A region that ends elsewhere keeps the order.", without=_HERE, **_EAGERLY
)
def regions_resize_order(regions: Regions, first: Word, length: Word, numbers: Words, spot: Spot) -> Query:
    """No region is disturbed, wherever it is."""
    return order_kept(regions, spot, resized(regions, first, length, numbers, spot))


@obligation(
    "regions-resize-count",
    "V2",
    says="A region that ends elsewhere keeps the count exact.",
    without=_HERE,
    **_LAZILY,
)
def regions_resize_count(regions: Regions, first: Word, length: Word, numbers: Words, spot: Spot) -> Query:
    """The numbers run from one to the count."""
    return count_kept(regions, numbers, spot, resized(regions, first, length, numbers, spot))


@obligation(
    "regions-resize-pages",
    "V5",
    says="A region that ends elsewhere changes what was asked, and no other page.",
    without=_PLACE,
    **_EAGERLY,
)
def regions_resize_pages(regions: Regions, first: Word, length: Word, numbers: Words, spot: Spot) -> Query:
    """What is seen at any page, before and after."""
    return pages_kept(regions, spot, resized(regions, first, length, numbers, spot))


@obligation(
    "regions-resize-ends",
    "V15",
    says="A region that ends elsewhere leaves no end that wraps.",
    without=_HERE,
    **_EAGERLY,
)
def regions_resize_ends(regions: Regions, first: Word, length: Word, numbers: Words, spot: Spot) -> Query:
    """Neither in the space nor in an object."""
    return ends_kept(regions, spot, resized(regions, first, length, numbers, spot))
