"""Sums of lengths: what holds of them for any words, and lets a solver see at once what a step on regions comes to.

A solver compares sums bit by bit, and two sums of the same parts in another order cost it minutes. What is said here
of plain words is proved once, and assumed where a step adds up the same words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...spec.algebra import ALL_BITS, Truth, Word, implies
from .obligation import Query, obligation

if TYPE_CHECKING:
    from ..theory import Theory

_REGION = "the words are in order"
_SHORT = "it is short enough"
_ADJACENT = "the parts are adjacent"
_FITS = "it fits"
_UPPER = "the upper part fits"
_EAGERLY = {"apart": True}


def fresh_word(theory: Theory, name: str) -> Any:
    """Any word."""
    return theory.word(name)


#: How the variables of these obligations are made.
VARIABLES = dict.fromkeys(
    ("first", "length", "at", "lower", "upper", "above", "page", "limit", "offset", "follows", "room"), fresh_word
)


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


def leaves_room(end: Word, page: Word, length: Word, limit: Word) -> Truth:
    """What fits from a page on fits from below it on as well, and higher up; what is short enough ends in time."""
    fits = (end <= page) & (page < page + length) & (page + length <= limit)
    fits_elsewhere = (length <= limit - end) & (page <= limit - length)
    highest = implies((end <= limit) & (length <= limit - end), (end <= limit - length) & (limit - length <= limit))
    return implies(fits, fits_elsewhere) & ends_below(end, length, limit) & highest


@obligation(
    "regions-sums-fit", "V1", "V5", says="What is short enough ends below the limit.", without=_SHORT, **_EAGERLY
)
def regions_sums_fit(first: Word, lower: Word, length: Word, page: Word, limit: Word) -> Query:
    """It does not wrap; a page is in it exactly if it lies before its end; and what is shorter ends before it."""
    premises = {_REGION: (first <= limit) & (first <= page) & (lower <= length), _SHORT: length <= limit - first}
    ends = (first <= first + length) & (first + length <= limit)
    goal = ends & ((page - first < length) == (page < first + length)) & (first + lower <= first + length)
    return Query(premises, {"V1 V5": goal})


@obligation(
    "regions-sums-parts", "V1", "V5", "V15", says="Two parts reach as far as the whole.", without=_ADJACENT, **_EAGERLY
)
def regions_sums_parts(
    first: Word, lower: Word, above: Word, upper: Word, page: Word, follows: Word, offset: Word
) -> Query:
    """And so does what is behind them."""
    premises = {_ADJACENT: (above == first + lower) & (follows == offset + lower)}
    whole = first + (lower + upper) == above + upper
    behind = offset + (page - first) == follows + (page - above)
    return Query(premises, {"V1 V5": whole & behind, "V15": add_up(offset, lower, follows, upper)})


@obligation(
    "regions-sums-both", "V15", says="Two parts fit into the space as the upper one does.", without=_UPPER, **_EAGERLY
)
def regions_sums_both(first: Word, lower: Word, above: Word, upper: Word, limit: Word, room: Word) -> Query:
    """Told by how much room is left above both: the lower part takes its length of it."""
    premises = {
        _ADJACENT: (above == first + lower) & (first <= above),
        _REGION: (limit == above + room) & (above <= limit),
        _UPPER: upper <= limit - above,
    }
    return Query(premises, {"V15": (lower + upper <= limit - first) & (lower <= lower + upper)})


@obligation(
    "regions-sums-rest", "V15", says="The rest of what is short enough is short enough.", without=_SHORT, **_EAGERLY
)
def regions_sums_rest(
    first: Word, length: Word, lower: Word, upper: Word, limit: Word, room: Word, offset: Word
) -> Query:
    """Told by how much room there is, and by how long the parts are."""
    premises = {
        _REGION: (limit == first + room) & (first <= limit),
        _ADJACENT: (length == lower + upper) & (lower <= length),
        _SHORT: length <= limit - first,
    }
    numbers = implies(offset <= ALL_BITS - length, offset + lower <= ALL_BITS - (length - lower))
    return Query(premises, {"V15": (length - lower <= limit - (first + lower)) & numbers})


@obligation(
    "regions-sums-room", "V16", says="What fits from a page on fits below it as well.", without=_FITS, **_EAGERLY
)
def regions_sums_room(first: Word, page: Word, length: Word, limit: Word) -> Query:
    """From the start of the room on, and up to its end."""
    premises = {_FITS: (first <= page) & (page < page + length) & (page + length <= limit)}
    fits_elsewhere = (length <= limit - first) & (page <= limit - length)
    return Query(premises, {"V16": fits_elsewhere & (first <= limit - length) & (limit - length <= limit)})
