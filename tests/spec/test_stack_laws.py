"""The law of stacks: it holds of every touch, and fails where anything is planted."""

import copy
from typing import Any

import pytest

from pagelaw.spec import stack_laws
from pagelaw.spec.law import laws_of
from pagelaw.spec.stacks import ENDED, GROWN, GUARDING, OVERFLOWED, TOUCHED, UNUSED, USED, Stack, begin, touch

PAGES = 9


def stack_after(*pages: int) -> Stack:
    """A stack of six pages from page 1 on, some pages touched."""
    stack, _ = begin([UNUSED] * PAGES, 1, 6)
    for page in pages:
        stack, _ = touch(stack, page)
    return stack


def is_grown(before: Stack, after: Stack, page: int, outcome: int) -> bool:
    """V14, seen from every page."""
    return all(stack_laws.grown(before, after, page, outcome, other) for other in range(PAGES))


#: Stacks in each of their states.
STACKS = [
    stack_after(),
    stack_after(5),
    stack_after(5, 4),
    stack_after(5, 4, 3),
    stack_after(2),
    stack_after(5, 4, 3, 1),
]


@pytest.mark.parametrize("before", STACKS)
@pytest.mark.parametrize("page", range(PAGES))
def test_every_touch_keeps_the_law(before: Stack, page: int) -> None:
    """And would not, told as anything else."""
    after, outcome = touch(copy.deepcopy(before), page)
    assert [each for each in range(5) if is_grown(before, after, page, each)] == [outcome]


@pytest.mark.parametrize(
    ("pages", "page", "parts"),
    [
        pytest.param((), 5, {"kinds": [0, 0, 0, 0, USED, USED, USED, 0, 0]}, id="no guard"),
        pytest.param((), 5, {"kinds": [0, 0, 0, 0, GUARDING, GUARDING, USED, 0, 0]}, id="the old guard stays"),
        pytest.param((), 5, {"kinds": [0, 0, 0, GUARDING, 0, USED, USED, 0, 0]}, id="a hole above the guard"),
        pytest.param((), 5, {"kinds": [0, 0, 0, 0, GUARDING, USED, USED, USED, 0]}, id="a page above the top"),
        pytest.param((), 5, {"limit": 4}, id="two pages at once"),
        pytest.param((), 5, {"limit": 6}, id="the limit stays"),
        pytest.param((), 5, {"top": 8}, id="another top"),
        pytest.param((), 5, {"bottom": 0}, id="another bottom"),
        pytest.param((), 5, {"ended": 1}, id="it ends"),
        pytest.param((), 5, {"overflowed": 1}, id="an overflow that was not told"),
        pytest.param((5, 4), 3, {"overflowed": 0}, id="an overflow that is not remembered"),
        pytest.param((5, 4), 3, {"kinds": [0, 0, GUARDING, USED, USED, USED, USED, 0, 0]}, id="a guard at the end"),
        pytest.param((5, 4), 3, {"kinds": [0, USED, USED, USED, USED, USED, USED, 0, 0]}, id="the lowest page in use"),
        pytest.param((5, 4, 3), 1, {"ended": 0}, id="it does not end"),
        pytest.param((5, 4, 3), 2, {"overflowed": 0}, id="it may be told again"),
        pytest.param((5, 4, 3), 2, {"overflowed": 2}, id="an overflow is told twice"),
    ],
)
def test_a_planted_change_breaks_the_law(pages: tuple[int, ...], page: int, parts: dict[str, Any]) -> None:
    """Where a touch leaves something else than it should."""
    before = stack_after(*pages)
    after, outcome = touch(copy.deepcopy(before), page)
    assert is_grown(before, after, page, outcome)
    assert not is_grown(before, after._replace(**parts), page, outcome)


def test_an_overflow_is_told_once_and_before_the_end() -> None:
    """What is told of a touch is told by the law: no other outcome would do."""
    told = []
    stack = stack_after()
    for page in (5, 4, 3, 2, 1):
        before = copy.deepcopy(stack)
        stack, outcome = touch(stack, page)
        assert is_grown(before, stack, page, outcome)
        told.append(outcome)
    assert told == [GROWN, GROWN, OVERFLOWED, TOUCHED, ENDED]


def test_how_a_stack_begins() -> None:
    """The law's other half, which is asked of new stacks."""
    fresh = stack_after()
    assert all(stack_laws.is_fresh(fresh, page) for page in range(PAGES))
    assert not stack_laws.is_fresh(stack_after(5), 0)
    assert not stack_laws.is_fresh(fresh._replace(ended=1), 0)
    assert not all(stack_laws.is_fresh(fresh._replace(kinds=[UNUSED] * PAGES), page) for page in range(PAGES))


def test_the_law_is_registered() -> None:
    """Under its id."""
    (law,) = [law for law in laws_of(stack_laws.CONTRACT) if law.part == stack_laws.PART]
    assert (law.id, law.name, law.predicate) == ("V14", "grown", stack_laws.grown)
