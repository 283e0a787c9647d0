"""The proofs about stacks: the law V14 for any size, what follows for a descent; wrong rules refuted.

The wrong rules are written as if they stood in `spec.stacks`, with its names.
"""
# mypy: disable-error-code="name-defined"
# ruff: noqa: F821

import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

from pagelaw.checker.prove import prove
from pagelaw.checker.verdict import Verdict
from pagelaw.proofs.discharge import Outcome, discharge
from pagelaw.proofs.obligations import OBLIGATIONS
from pagelaw.proofs.portfolio import Portfolio, installed
from pagelaw.proofs.theory import Numbers, in_numbers
from pagelaw.spec import stack_laws, stacks
from pagelaw.spec.law import laws_of
from pagelaw.spec.stacks import GUARDING, UNUSED, USED

OWN = {obligation.id: obligation for obligation in OBLIGATIONS if obligation.id.startswith("stacks-")}
LAWS = [law for law in laws_of(stack_laws.CONTRACT) if law.part == stack_laws.PART]


@pytest.fixture(scope="module")
def portfolio() -> Iterator[Portfolio]:
    """Z3 alone: what it refutes is run on numbers."""
    with Portfolio([], time_limit=60) as solvers:
        yield solvers


def test_the_law_rests_on_these_obligations() -> None:
    """How a stack begins, every touch, and what a descent comes to."""
    assert set(OWN) == {
        "stacks-begin",
        "stacks-touch",
        "stacks-told-once",
        "stacks-descent",
        "stacks-one-page-left",
    }
    assert {obligation.laws for obligation in OWN.values()} == {("V14",)}


@pytest.mark.proofs
@pytest.mark.parametrize("id", OWN)
def test_all_solvers_agree(id: str) -> None:
    """At 64 bits every solver that is installed says the same of every goal."""
    with Portfolio(installed(), time_limit=60) as solvers:
        (certificate,) = discharge([OWN[id]], widths=[64], portfolio=solvers)
    assert certificate.outcome is Outcome.PROVED, certificate.because
    assert certificate.twin_example is not None
    assert certificate.twin_example.replayed is True


# -- wrong rules ---------------------------------------------------------------------------------------------


def broken(monkeypatch: pytest.MonkeyPatch, rule: Any) -> None:
    """Change a rule of `spec.stacks` wherever it was imported; the wrong one has the name of the right one."""
    original = getattr(stacks, rule.__name__)
    changed = types.FunctionType(rule.__code__, vars(stacks), rule.__name__)
    changed.__module__ = stacks.__name__
    for home in [home for title, home in sys.modules.items() if title.startswith("pagelaw.")]:
        if vars(home).get(rule.__name__) is original:
            monkeypatch.setattr(home, rule.__name__, changed)


def restless() -> Any:
    """A process that ended touches on, and a guard that is hit ends it."""

    def touch(stack: Any, page: Any) -> Any:
        kind = kind_of(stack, page)
        outcome = where(kind == USED, TOUCHED, ENDED)
        ended = where(kind == USED, ZERO, ONE)
        return Stack(stack.kinds, stack.bottom, stack.limit, stack.top, stack.overflowed, ended), outcome

    return touch


def told_twice() -> Any:
    """The last page becomes a guard, and is told a second time."""

    def touch(stack: Any, page: Any) -> Any:
        hit = (stack.ended == ZERO) & (kind_of(stack, page) == GUARDING)
        is_last = page <= stack.bottom + TWO
        below = page - where(hit, ONE, ZERO)
        kinds = store_if(hit, store_if(hit, stack.kinds, page, USED), below, GUARDING)
        limit = where(hit, page, stack.limit)
        told = where(hit & is_last, ONE, ZERO)
        outcome = where(hit, where(is_last, OVERFLOWED, GROWN), TOUCHED)
        return Stack(kinds, stack.bottom, limit, stack.top, told, stack.ended), outcome

    return touch


def bare() -> Any:
    """A stack that begins without a guard."""

    def begin(kinds: Any, bottom: Any, size: Any) -> Any:
        legal = size >= SMALLEST_SIZE
        top = bottom + where(legal, size, SMALLEST_SIZE)
        return Stack(store_if(legal, kinds, top - ONE, USED), bottom, top - ONE, top, ZERO, ZERO), legal

    return begin


@pytest.mark.parametrize(
    ("rule", "id"),
    [
        (restless(), "stacks-touch"),
        (restless(), "stacks-descent"),
        (told_twice(), "stacks-touch"),
        (told_twice(), "stacks-told-once"),
        (told_twice(), "stacks-one-page-left"),
        (bare(), "stacks-begin"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_rule_is_refuted_in_numbers(
    rule: Any, id: str, monkeypatch: pytest.MonkeyPatch, portfolio: Portfolio
) -> None:
    """A stack and a touch on which the rule, run on plain integers, breaks the law."""
    broken(monkeypatch, rule)
    (certificate,) = discharge([OWN[id]], widths=[32], portfolio=portfolio)
    assert certificate.outcome is Outcome.REFUTED
    (part,) = certificate.parts
    assert part.counterexample is not None
    assert part.counterexample.replayed is True


# -- stacks in numbers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("index", range(9))
@pytest.mark.parametrize("touched", range(9))
def test_an_obligation_runs_on_numbers(touched: int, index: int) -> None:
    """The very function that is proved, on a stack written down: of pages 1 to 7, page 6 and 7 in use."""
    stack = {"bottom": 1, "limit": 6, "top": 8, "overflowed": 0, "ended": 0, "number": 9}
    kinds = Numbers({5: GUARDING, 6: USED, 7: USED}, UNUSED)
    query = in_numbers(OWN["stacks-touch"], {"kinds": kinds, **stack, "touched": touched, "index": index})
    assert all(query.premises.values())
    assert all(query.goals.values())


# -- the judge -----------------------------------------------------------------------------------------------


@pytest.mark.proofs
def test_the_law_is_proved() -> None:
    """With every twin refuted."""
    judgement = prove(LAWS, widths=[32], time_limit=60)
    assert [finding.verdict for finding in judgement.findings] == [Verdict.HOLDS]
    assert judgement.counts["proved"] == judgement.counts["twins refuted"] == len(OWN)
