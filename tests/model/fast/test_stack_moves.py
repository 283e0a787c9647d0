"""Touches of stacks: compiled and plain runs agree, and what is planted is found."""

import functools
from typing import Any

import numpy as np
import pytest

from pagelaw.model.fast import backend, stack_moves
from pagelaw.model.fast.stack_machine import Machine, begin_arrays, begin_lists, draw
from pagelaw.model.fast.stack_moves import ANYWHERE, BELOW, IN_USE
from pagelaw.spec import stack_laws, stacks
from pagelaw.spec.algebra import Backend
from pagelaw.spec.law import laws_of
from pagelaw.spec.stacks import ENDED, GROWN, OVERFLOWED, TOUCHED, Stack

MACHINE = Machine(6, bottom=2, above=2)
PATIENCE = 2


@functools.cache
def core() -> Backend:
    """The touches, compiled once."""
    return backend.compiled(stack_moves)


def plain(**functions: Any) -> Backend:
    """The touches on arrays, uncompiled, with some steps replaced."""
    return backend.rebind(stack_moves, primitives=backend._plain_primitives(), overrides=functions)


def replay(kernels: Any, stack: Stack, touched: Any) -> tuple[int, int, list[int]]:
    """How many touches were made, whether the law is broken, and how often each outcome was."""
    counts, spare = np.zeros(stack_moves.OUTCOMES, np.uint64), np.zeros(MACHINE.pages, np.uint64)
    made, bits = kernels.replay(stack, touched, spare, counts, np.uint64(MACHINE.pages), np.uint64(PATIENCE))
    return int(made), int(bits), counts.tolist()


def words(*touches: tuple[int, int]) -> Any:
    """Places with their numbers as a run."""
    return np.array([place | number << stack_moves.NUMBER_AT for place, number in touches], np.uint64)


DESCENT = words(*[(BELOW, 1)] * 4)


def test_the_law_has_a_bit_and_every_outcome_a_story() -> None:
    """One each."""
    assert set(stack_moves.LAW_BITS) == {law.id for law in laws_of("space") if law.part == stack_laws.PART}
    assert len({*stack_moves.STORIES}) == stack_moves.OUTCOMES == ENDED + 1
    assert (TOUCHED, GROWN, OVERFLOWED) == (0, 1, 2)


@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.expensive)])
def test_a_run_breaks_no_law_and_is_that_of_plain_integers(compiled: bool) -> None:
    """The same outcomes as touch by touch, with new stacks in the place of those that ended."""
    touched = draw(np.random.default_rng(5), MACHINE, 3000)
    found = [0] * stack_moves.OUTCOMES
    stack, ended = begin_lists(MACHINE), 0
    for text in touched.tolist():
        if ended > PATIENCE:
            stack, ended = begin_lists(MACHINE), 0
        page = stack_moves.page_of(stack, text, MACHINE.pages)
        stack, outcome = stacks.touch(stack, page)
        found[outcome] += 1
        ended = ended + 1 if stack.ended else 0
    assert replay(core() if compiled else plain(), begin_arrays(MACHINE), touched) == (3000, 0, found)
    assert all(found)


@pytest.mark.parametrize(
    ("place", "number", "page"),
    [(BELOW, 0, 7), (BELOW, 1, 6), (BELOW, 2, 5), (IN_USE, 0, 7), (IN_USE, 5, 7), (ANYWHERE, 3, 3), (ANYWHERE, 12, 2)],
)
def test_where_a_touch_is(place: int, number: int, page: int) -> None:
    """Told by the lowest page in use, or by the number of pages."""
    assert stack_moves.page_of(begin_lists(MACHINE), place | number << stack_moves.NUMBER_AT, MACHINE.pages) == page


@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.expensive)])
def test_a_descent_and_what_comes_after(compiled: bool) -> None:
    """Three pages down, the overflow among them; the page past the last; and no touch of an ended one is served."""
    touched = words(*[(BELOW, 1)] * 4, (IN_USE, 0), (ANYWHERE, 7), (BELOW, 1), (BELOW, 0))
    made = replay(core() if compiled else plain(), begin_arrays(MACHINE), touched)
    assert made == (8, 0, [1, 3, 1, 3])


def forgets(stack: Stack, page: Any) -> Any:
    """The overflow is told, and not remembered."""
    after, outcome = stacks.touch(stack, int(page))
    return after._replace(overflowed=0), outcome


def keeps(stack: Stack, page: Any) -> Any:
    """The guard stays for another hit."""
    after, outcome = stacks.touch(stack, int(page))
    if outcome == GROWN:
        after.kinds[int(page)] = stacks.GUARDING
    return after, outcome


@pytest.mark.parametrize(("wrong", "made"), [(forgets, 3), (keeps, 1)])
def test_a_wrong_touch_is_found(wrong: Any, made: int) -> None:
    """At once, and nothing is touched after it."""
    assert replay(plain(touch=wrong), begin_arrays(MACHINE), DESCENT)[:2] == (made, 1)


def test_a_wrong_beginning_is_found() -> None:
    """The first stack, and one that begins in the place of another."""
    bare = begin_arrays(MACHINE)
    bare.kinds[6] = 0
    assert replay(plain(), bare, DESCENT)[:2] == (1, 1)

    def without_guard(kinds: Any, bottom: Any, size: Any) -> Any:
        stack, legal = stacks.begin(kinds, int(bottom), int(size))
        stack.kinds[6] = 0
        return stack, legal

    touched = words(*[(ANYWHERE, 0)] * (PATIENCE + 2))
    assert replay(plain(begin=without_guard), begin_arrays(MACHINE), touched)[:2] == (PATIENCE + 2, 1)
