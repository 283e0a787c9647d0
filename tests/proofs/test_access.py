"""The proofs about accesses: every law in any state, with any number of pages and frames; wrong rules refuted.

The wrong rules are written as if they stood in `spec.access`, with its names.
"""
# mypy: disable-error-code="name-defined"
# ruff: noqa: F821

import types
from collections.abc import Callable
from typing import Any

import pytest

from pagelaw.proofs.numbers import Numbers
from pagelaw.proofs.obligations import OBLIGATIONS
from pagelaw.proofs.obligations.pages import Extent, Ledger, Spot
from pagelaw.proofs.theory import in_numbers
from pagelaw.spec import access, access_laws
from pagelaw.spec.access import COPY, EXECUTES, GUARD, READ, READS, WRITE, WRITES
from pagelaw.spec.law import laws_of
from pagelaw.spec.pages import COMMITTED, FREE, PAGED_OUT, Pages, resident_in

Break = Callable[[types.ModuleType, Any], None]
Refute = Callable[[str], set[str]]
OWN = {obligation.id: obligation for obligation in OBLIGATIONS if obligation.id.startswith("access-")}
LAWS = [law for law in laws_of(access_laws.CONTRACT) if law.part == access_laws.PART]


def test_every_law_rests_on_an_obligation() -> None:
    """And accesses keep the laws of pages that they might break."""
    laws = {law for obligation in OWN.values() for law in obligation.laws}
    assert laws == {law.id for law in LAWS} | {"F2", "V4"}
    assert len(OWN) == 9


# -- wrong rules ---------------------------------------------------------------------------------------------


def any_right() -> Any:
    """A right for one kind of access allows all of them."""

    def allows(rights: Any, kind: Any) -> Any:
        return (rights & ALLOWING) != ZERO

    return allows


def unguarded() -> Any:
    """Guards are not looked at."""

    def classify(state: Any, rights: Any, kind: Any) -> Any:
        in_memory = where(must_copy(rights, kind), COPIED, GRANTED)
        served = where(state == COMMITTED, DEMAND_ZERO, where(state == PAGED_OUT, IN_PAGE, in_memory))
        return where(is_charged(state) & allows(rights, kind), served, VIOLATION)

    return classify


def lost_write() -> Any:
    """A write that is granted leaves the page clean."""

    def repeat(space: Any, page: Any, kind: Any, outcome: Any) -> Any:
        return space

    return repeat


def kept_frame() -> Any:
    """What is copied keeps the frame that it was copied from, and its guard for ever."""

    def serve(space: Any, page: Any, frame: Any, kind: Any, outcome: Any) -> Any:
        served = needs_frame(outcome)
        pages = backed(served, space.pages, page, frame, resident_in(frame, outcome != IN_PAGE))
        rights = rights_of(space, page)
        private = where(served & must_copy(rights, kind), (rights & invert_bits(COPY)) | WRITE, rights)
        return allowed(TRUE, Space(pages, space.rights), page, private)

    return serve


def protected_at_once() -> Any:
    """Rights change where nothing is committed."""

    def protect(space: Any, page: Any, rights: Any) -> Any:
        legal = is_protection(rights)
        return allowed(legal, space, page, rights), legal

    return protect


def careless() -> Any:
    """Rights are written whether the step is legal or not."""

    def allowed(going: Any, space: Any, page: Any, rights: Any) -> Any:
        return Space(space.pages, store_if(TRUE, space.rights, page, rights))

    return allowed


@pytest.mark.parametrize(
    ("rule", "id", "laws"),
    [
        (any_right(), "access-classified", {"V3", "V10"}),
        (unguarded(), "access-classified", {"V3", "V10"}),
        (unguarded(), "access-warned", {"V13"}),
        (lost_write(), "access-served", {"V12"}),
        (kept_frame(), "access-served", {"V12"}),
        (kept_frame(), "access-owned", {"F2"}),
        (kept_frame(), "access-warned", {"V13"}),
        (protected_at_once(), "access-rights", {"V3"}),
        (careless(), "access-rights", {"V3", "V11"}),
    ],
    ids=lambda value: value if isinstance(value, str) else getattr(value, "__name__", ""),
)
def test_a_wrong_rule_is_refuted_in_numbers(rule: Any, id: str, laws: set[str], broken: Break, refuted: Refute) -> None:
    """The laws that the rule is there for break, and no others."""
    broken(access, rule)
    assert refuted(id) == laws


# -- states in numbers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [READS, WRITES, EXECUTES])
@pytest.mark.parametrize("page", range(4))
@pytest.mark.parametrize("id", ["access-classified", "access-served", "access-owned", "access-moves"])
def test_an_obligation_runs_on_numbers(id: str, page: int, kind: int) -> None:
    """The very function that is proved, on a state written down, seen from any page."""
    state = Numbers({0: PAGED_OUT, 1: COMMITTED, 2: resident_in(1, False)}, FREE)
    given = {
        "pages": Pages(state, Numbers({1: 3}, 0), 3, 4),
        "permissions": Numbers({0: READ | WRITE, 1: READ | GUARD, 2: READ | COPY}, 0),
        "extent": Extent(4, 2),
        "ledger": Ledger(Numbers({0: 1, 1: 2, 2: 3}, 0), Numbers({1: 0, 2: 1, 3: 2}, 0)),
        "page": page,
        "frame": 0,
        "kind": kind,
    }
    parameters = OWN[id].state.__code__.co_varnames[: OWN[id].state.__code__.co_argcount]
    for other in range(4):
        spot = Spot(other, other % 2, min(other, 3))
        values = {name: value for name, value in {**given, "spot": spot}.items() if name in parameters}
        query = in_numbers(OWN[id], values)
        assert all(query.goals.values()) or not all(query.premises.values())
