"""The proofs about page states: every step, every law, any number of pages and frames; wrong rules refuted.

The wrong rules are written as if they stood in `spec.pages`, with its names.
"""
# mypy: disable-error-code="name-defined"
# ruff: noqa: F821

import types
from collections.abc import Callable
from typing import Any

import pytest

from pagelaw.checker.prove import prove
from pagelaw.checker.verdict import Verdict
from pagelaw.proofs.numbers import Numbers
from pagelaw.proofs.obligations import OBLIGATIONS
from pagelaw.proofs.obligations.pages import Extent, Ledger, Spot
from pagelaw.proofs.theory import Theory, in_numbers
from pagelaw.spec import pages
from pagelaw.spec.law import find_law
from pagelaw.spec.pages import COMMITTED, FREE, PAGED_OUT, RESERVED, Pages, resident_in

Break = Callable[[types.ModuleType, Any], None]
Refute = Callable[[str], set[str]]
OWN = {obligation.id: obligation for obligation in OBLIGATIONS if obligation.id.startswith("pages-")}
#: The steps; the obligation that speaks about each is named after it.
STEPS = ("reserve", "release", "commit", "decommit", "fill", "page_in", "write", "write_out", "evict")
#: What is proved besides: the first state, and what steps do not do and what they undo.
BESIDES = {
    "pages-start",
    "pages-refused",
    "pages-out-and-in",
    "pages-used-and-given-back",
    "pages-filled-and-decommitted",
}


def id_of(step: str) -> str:
    """The id of the obligation that speaks about a step."""
    return f"pages-{step.replace('_', '-')}"


def test_every_step_has_an_obligation_about_every_law() -> None:
    """No step of the specification is left out: each that answers with a state and whether it was legal."""
    answering = {
        name
        for name, value in vars(pages).items()
        if isinstance(value, types.FunctionType) and value.__annotations__.get("return") == "tuple[Pages, Truth]"
    }
    assert answering == set(STEPS)
    assert set(OWN) == {id_of(step) for step in STEPS} | BESIDES
    assert all(OWN[id_of(step)].laws == ("F2", "V4", "V8") for step in STEPS)


# -- wrong rules ---------------------------------------------------------------------------------------------


def used_frame() -> Any:
    """A first touch that takes any frame, used or not."""

    def fill(pages: Any, page: Any, frame: Any) -> Any:
        legal = state_of(pages, page) == COMMITTED
        return backed(legal, pages, page, frame, resident_in(frame, TRUE)), legal

    return fill


def kept_charge() -> Any:
    """A page that is given back and stays charged."""

    def decommit(pages: Any, page: Any) -> Any:
        state = state_of(pages, page)
        legal = is_charged(state)
        pages = unbacked(legal & is_resident(state), pages, frame_of(state))
        return moved(legal, pages, page, RESERVED), legal

    return decommit


def lost_writes() -> Any:
    """A dirty page that is evicted as if it were clean."""

    def evict(pages: Any, page: Any) -> Any:
        state = state_of(pages, page)
        legal = is_resident(state)
        pages = unbacked(legal, pages, frame_of(state))
        return moved(legal, pages, page, PAGED_OUT), legal

    return evict


def no_limit() -> Any:
    """A commit that does not look at the limit."""

    def commit(pages: Any, page: Any) -> Any:
        legal = state_of(pages, page) == RESERVED
        pages = moved(legal, pages, page, COMMITTED)
        return Pages(pages.state, pages.owner, pages.charge + where(legal, ONE, ZERO), pages.limit), legal

    return commit


def kept_frame() -> Any:
    """A page that is evicted, and its frame still named as its own."""

    def evict(pages: Any, page: Any) -> Any:
        legal = is_clean(state_of(pages, page))
        return moved(legal, pages, page, PAGED_OUT), legal

    return evict


@pytest.mark.parametrize(
    ("rule", "laws"),
    [
        (used_frame(), {"F2"}),
        (kept_charge(), {"V4"}),
        (lost_writes(), {"V8"}),
        (no_limit(), {"V4"}),
        (kept_frame(), {"F2"}),
    ],
    ids=["used frame", "kept charge", "lost writes", "no limit", "kept frame"],
)
def test_a_wrong_rule_is_refuted_in_numbers(rule: Any, laws: set[str], broken: Break, refuted: Refute) -> None:
    """The law that the rule is there for breaks, and no other."""
    broken(pages, rule)
    assert refuted(id_of(rule.__name__)) == laws


def restless() -> Any:
    """A state that is written whether the step is legal or not."""

    def moved(going: Any, pages: Any, page: Any, state: Any) -> Any:
        return Pages(store_if(TRUE, pages.state, page, state), pages.owner, pages.charge, pages.limit)

    return moved


def test_a_refusal_that_changes_something_is_refuted(broken: Break, refuted: Refute) -> None:
    """The state of the page is another, its frame and the charge are not."""
    broken(pages, restless())
    assert refuted("pages-refused") == {"V8"}


@pytest.mark.parametrize(
    ("rule", "id", "laws"),
    [
        (kept_frame(), "pages-out-and-in", {"F2", "V8"}),
        (kept_charge(), "pages-used-and-given-back", {"V4"}),
        (kept_charge(), "pages-filled-and-decommitted", {"V4"}),
    ],
    ids=["kept frame", "kept charge", "kept charge of what was filled"],
)
def test_what_is_not_undone_is_refuted(rule: Any, id: str, laws: set[str], broken: Break, refuted: Refute) -> None:
    """A frame that is still named cannot be read into; a charge that stays is not what it was."""
    broken(pages, rule)
    assert refuted(id) == laws


# -- states in numbers ---------------------------------------------------------------------------------------


def test_fresh_pages_are_any_words() -> None:
    """A page is any word beside page states, and half a word beside TLBs; there are as many as numbers for frames."""
    theory = Theory(64)
    state = theory.variable("pages", of_memory=False, of_pages=True)
    assert isinstance(state, Pages)
    assert (state.state.element, state.owner.element, state.charge.size, state.limit.size) == (64, 64, 64, 64)
    assert theory.variable("page", of_memory=False, of_pages=True).size == 64
    assert Theory(64).variable("page", of_memory=True).size == 32
    assert [number.size for number in theory.variable("extent", of_memory=False, of_pages=True)] == [62, 62]


def world(charge: int) -> dict[str, Any]:
    """Four pages and two frames: 0 is reserved, 1 paged out, 2 dirty in frame 1, 3 committed; the ledger has them."""
    state = Numbers({0: RESERVED, 1: PAGED_OUT, 2: resident_in(1, True), 3: COMMITTED}, FREE)
    ledger = Ledger(Numbers({1: 1, 2: 2, 3: 3}, 0), Numbers({1: 1, 2: 2, 3: 3}, 0))
    return {"pages": Pages(state, Numbers({1: 3}, 0), charge, 4), "extent": Extent(4, 2), "ledger": ledger}


@pytest.mark.parametrize("rank", range(5))
@pytest.mark.parametrize("page", range(4))
def test_an_obligation_runs_on_numbers(page: int, rank: int) -> None:
    """The very function that is proved, on a state written down: page 2 is decommitted, seen from anywhere."""
    point = {"page": 2, "frame": 1, "spot": Spot(page, rank % 2, rank)}
    query = in_numbers(OWN["pages-decommit"], {**world(charge=3), **point})
    assert all(query.premises.values())
    assert all(query.goals.values())


def test_a_charge_that_is_no_count_has_no_ledger() -> None:
    """Three pages are committed: a charge of four has a rank that no page has, one of two a page without a rank."""
    for charge, rank in ((4, 4), (2, 0)):
        point = {"page": 0, "frame": 0, "spot": Spot(3, 0, rank)}
        query = in_numbers(OWN["pages-reserve"], {**world(charge), **point})
        assert not query.premises["the laws at the spot"]
        assert not query.goals["V4"]
        assert query.goals["F2"] & query.goals["V8"]


# -- the judge -----------------------------------------------------------------------------------------------


@pytest.mark.proofs
def test_a_refuted_law_is_told(broken: Break) -> None:
    """The obligation, the state in numbers, and steps from an empty memory on that show the breach."""
    broken(pages, used_frame())
    (finding,) = prove([find_law("F2")], widths=[32], time_limit=60, fail_fast=True).findings
    assert finding.verdict is Verdict.BROKEN
    assert "pages-fill at 32 bits" in finding.because
    assert "counterexample: pages = Pages(" in finding.because
    assert "step by step" in finding.because
