"""The steps that flush more than a page: real, but for their loop over pages, which stands as what its rounds prove.

`tlb-sweep` and `tlb-forget` show by induction over the rounds that a flush empties the places that it is about and no
others; here the flush is replaced by just that, for any number of pages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...spec import tlb
from ...spec.algebra import Truth, Word
from ...spec.tlb import Tlbs
from ..symbolic import Formula, Term, TermArray, constant, truth, where
from . import tlb_soundness
from .obligation import Query, composition

_LAWS = ("L1", "L2", "L3", "L4", "L5")
_HERE = "the laws at the point"


def emptied(tlbs: Tlbs, is_empty: Callable[[Term], Formula]) -> Tlbs:
    """The TLBs, with nothing at the places at which `is_empty`."""
    cached = tlbs.cached

    def read(at: Any) -> Any:
        place = Term(at, cached.width)
        held = cached.load(place)
        return where(is_empty(place), constant(0, cached.width), held).extended(cached.element)

    return tlbs._replace(cached=TermArray(read, cached.width, cached.element, cached.touched))


def flushing(theory: Any) -> Any:
    """The steps, with flushes that empty what they are about at once."""

    def flush_space(going: Truth, tlbs: Tlbs, core: Word, space: Word) -> Tlbs:
        def is_of_space(place: Term) -> Formula:
            page = place & theory.constant((1 << tlbs.span.known) - 1)
            mine = truth((place >> tlbs.span) == core) & (tlbs.home.load(page) == space)
            return truth(mine & going)

        return emptied(tlbs, is_of_space)

    def flush_all(going: Truth, tlbs: Tlbs, core: Word) -> Tlbs:
        return emptied(tlbs, lambda place: truth((place >> tlbs.span) == core) & going)

    return theory.bind(tlb, flush_space=flush_space, flush_all=flush_all)


class _Point:
    """A state, and a point at which the laws are assumed and asked."""

    def __init__(self, theory: Any) -> None:
        self.facts = theory.bind(tlb_soundness)
        self.tlbs: Tlbs = theory.tlbs("tlbs")
        self.actor = theory.half("actor")
        self.other = theory.frame("other")
        self.at = (theory.half("core"), theory.half("page"), theory.frame("space"), theory.frame("number"))

    def query(self, after: Tlbs) -> Query:
        """That the laws hold after the step if they do before."""
        here = self.facts.is_at_home(self.tlbs, *self.at)
        return Query({_HERE: here}, self.facts.laws_kept(self.tlbs, after, *self.at))


@composition(
    "tlb-acknowledge",
    *_LAWS,
    says="A core that flushes what the shootdown is about, and says so, keeps every law.",
    without=_HERE,
)
def tlb_acknowledge(theory: Any) -> Query:
    """It may say so because it has flushed."""
    point = _Point(theory)
    after, _ = flushing(theory).acknowledge(point.tlbs, point.actor)
    return point.query(after)


@composition("tlb-switch", *_LAWS, says="Switching to another space, flushing or not, keeps every law.", without=_HERE)
def tlb_switch(theory: Any) -> Query:
    """The space has an identifier and is not being retired."""
    point = _Point(theory)
    after, _ = flushing(theory).switch(point.tlbs, point.actor, point.other, theory.truth("keep"))
    return point.query(after)


@composition("tlb-flush-space", *_LAWS, says="Flushing a space on a core keeps every law.", without=_HERE)
def tlb_flush_space(theory: Any) -> Query:
    """At any time."""
    point = _Point(theory)
    return point.query(flushing(theory).flush_space(truth(True), point.tlbs, point.actor, point.other))


@composition(
    "tlb-flush-all",
    *_LAWS,
    says="Flushing everything on a core keeps every law.",
    without=_HERE,
)
def tlb_flush_all(theory: Any) -> Query:
    """At any time."""
    point = _Point(theory)
    after = flushing(theory).flush_all(truth(True), point.tlbs, point.actor)
    return point.query(after)
