"""The proofs about stacks: the law V14 for any size, what follows for a descent; wrong rules refuted.

The wrong rules are written as if they stood in `spec.stacks`, with its names.
"""
# mypy: disable-error-code="name-defined"
# ruff: noqa: F821

import types
from collections.abc import Callable
from typing import Any

import pytest

from pagelaw.proofs.numbers import Numbers
from pagelaw.proofs.obligations import OBLIGATIONS
from pagelaw.proofs.theory import in_numbers
from pagelaw.spec import stacks
from pagelaw.spec.stacks import GUARDING, UNUSED, USED

Break = Callable[[types.ModuleType, Any], None]
Refute = Callable[[str], set[str]]
OWN = {obligation.id: obligation for obligation in OBLIGATIONS if obligation.id.startswith("stacks-")}


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


# -- wrong rules ---------------------------------------------------------------------------------------------


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
def test_a_wrong_rule_is_refuted_in_numbers(rule: Any, id: str, broken: Break, refuted: Refute) -> None:
    """A stack and a touch on which the rule, run on plain integers, breaks the law."""
    broken(stacks, rule)
    assert refuted(id) == {"V14"}


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
