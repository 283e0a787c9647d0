"""Stacks: held against a naive reading, touch by touch, and told page by page as they are known from print."""

import itertools

import pytest

from pagelaw.spec.stacks import (
    ENDED,
    GROWN,
    GUARDING,
    OVERFLOWED,
    SMALLEST_SIZE,
    TOUCHED,
    UNUSED,
    USED,
    USUAL_SIZE,
    Stack,
    begin,
    touch,
)


def new(size: int, bottom: int = 2, above: int = 1) -> Stack:
    """A new stack among other pages."""
    stack, legal = begin([UNUSED] * (bottom + size + above), bottom, size)
    assert legal
    return stack


class Naive:
    """A stack as a set of pages in use, and its guard."""

    def __init__(self, size: int, bottom: int) -> None:
        self.bottom = bottom
        self.used = {bottom + size - 1}
        self.guard: int | None = bottom + size - 2
        self.dead = False

    def touch(self, page: int) -> str:
        """What becomes of a touch, in a word."""
        if self.dead or page not in self.used | {self.guard}:
            self.dead = True
            return "ended"
        if page != self.guard:
            return "touched"
        self.used.add(page)
        if page - 1 == self.bottom + 1:
            self.used.add(page - 1)
            self.guard = None
            return "overflowed"
        self.guard = page - 1
        return "grown"

    def kinds(self, pages: int) -> list[int]:
        """What each page is."""
        return [USED if page in self.used else GUARDING if page == self.guard else UNUSED for page in range(pages)]


WORDS = {"touched": TOUCHED, "grown": GROWN, "overflowed": OVERFLOWED, "ended": ENDED}


@pytest.mark.parametrize("size", [4, 5, 6])
def test_every_run_of_touches_is_as_the_naive_reading_says(size: int) -> None:
    """All runs of four touches of all pages, and one more of the top page."""
    for pages in itertools.product(range(size + 3), repeat=4):
        stack, naive = new(size), Naive(size, 2)
        for page in (*pages, 2 + size - 1):
            stack, outcome = touch(stack, page)
            assert outcome == WORDS[naive.touch(page)]
            kinds = [
                USED if each in naive.used else GUARDING if each == naive.guard else UNUSED for each in range(size + 3)
            ]
            assert stack.kinds == kinds
            assert (stack.limit, stack.overflowed, stack.ended) == (min(naive.used), naive.guard is None, naive.dead)
            assert (stack.bottom, stack.top) == (2, 2 + size)


def test_a_new_stack() -> None:
    """1 MiB of 4 KiB pages; the top page is in use, the one below it the guard."""
    assert USUAL_SIZE * 4096 == 1 << 20
    stack = new(USUAL_SIZE)
    assert stack.kinds[-4:] == [UNUSED, GUARDING, USED, UNUSED]
    assert stack.kinds.count(UNUSED) == len(stack.kinds) - 2
    assert stack[1:] == (2, 257, 258, 0, 0)


@pytest.mark.parametrize("size", range(SMALLEST_SIZE))
def test_a_stack_that_is_too_small_is_refused(size: int) -> None:
    """Nothing is committed."""
    stack, legal = begin([UNUSED] * 8, 1, size)
    assert not legal
    assert stack.kinds == [UNUSED] * 8


def test_a_descent_page_by_page() -> None:
    """All of a usual stack: grown 253 times, one overflow, one page left, and the end."""
    stack, told = new(USUAL_SIZE, bottom=0), []
    for page in range(USUAL_SIZE - 1, -1, -1):
        stack, outcome = touch(stack, page)
        told.append(outcome)
    assert told == [TOUCHED] + [GROWN] * 252 + [OVERFLOWED, TOUCHED, ENDED]
    assert stack.kinds == [UNUSED] + [USED] * 255 + [UNUSED]


def test_a_frame_larger_than_a_page_jumps_over_the_guard() -> None:
    """As code without stack probes does; the process ends, and stays so."""
    stack, outcome = touch(new(8), 7)
    assert (outcome, stack.ended, stack.overflowed) == (ENDED, 1, 0)
    again, outcome = touch(stack, 9)
    assert (outcome, again) == (ENDED, stack)
