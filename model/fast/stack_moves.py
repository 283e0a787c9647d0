"""Touches of the pages of stacks, and long runs of them with the law asked at every page that a touch may change.

A *kernel module*: plain Python that is rebound and compiled together with the steps and laws that it imports. In a run
a touch is a place and a number in one word, which tell the page by where the stack has come to::

    touch    | number | place (2 bits) |
               BELOW: so many pages below the lowest one in use; IN_USE: one of those; ANYWHERE: of all pages

A run is of one stack after another: once the process has ended, `replay` goes on with a new one in the same place.
"""

from __future__ import annotations

from typing import Any

from ...spec.algebra import ONE, TRUE, ZERO, Truth, Word, Words, load, store_if, where
from ...spec.stack_laws import grown, is_fresh
from ...spec.stacks import UNUSED, Stack, begin, kind_of, touch
from .backend import view, word

BELOW = 0
IN_USE = 1
ANYWHERE = 2
PLACE_BITS = 3
NUMBER_AT = 2

GROWN = 1
#: The bit of each law.
LAW_BITS = {"V14": GROWN}
#: How many outcomes a touch may have.
OUTCOMES = 4
#: How each outcome is told; `{0}` is the page.
STORIES = (
    "page {0} is touched, and is in use",
    "page {0} is touched: the guard is hit, and the stack grows by one page",
    "page {0} is touched: the guard is hit, and the overflow is told",
    "page {0} is touched, and the process ends",
)


def unless(holds: Truth) -> Word:
    """The bit of the law, if it does not hold."""
    return where(holds, ZERO, GROWN)


def broken_by_touch(before: Stack, after: Stack, page: Word, outcome: Word, count: Word) -> Word:
    """The law at a touch, seen from each of `count` pages."""
    broken = ZERO
    other = ZERO
    for _ in range(count):
        broken = broken | unless(grown(before, after, page, outcome, other))
        other = other + ONE
    return broken


def broken_at_begin(stack: Stack, count: Word) -> Word:
    """Whether a new stack is not how one begins, seen from each of `count` pages."""
    broken = ZERO
    page = ZERO
    for _ in range(count):
        broken = broken | unless(is_fresh(stack, page))
        page = page + ONE
    return broken


def entered(stack: Stack) -> Stack:
    """The stack with its array in the form that compiled steps take."""
    return Stack(view(stack.kinds), stack.bottom, stack.limit, stack.top, stack.overflowed, stack.ended)


def copied(stack: Stack, kinds: Words, count: Word) -> Stack:
    """The stack with an array of its own."""
    page = ZERO
    for _ in range(count):
        kinds = store_if(TRUE, kinds, page, kind_of(stack, page))
        page = page + ONE
    return Stack(kinds, stack.bottom, stack.limit, stack.top, stack.overflowed, stack.ended)


def begun_again(stack: Stack, count: Word) -> Stack:
    """A new stack in the place of one whose process has ended."""
    kinds = stack.kinds
    page = ZERO
    for _ in range(count):
        kinds = store_if(TRUE, kinds, page, UNUSED)
        page = page + ONE
    fresh, _ = begin(kinds, stack.bottom, stack.top - stack.bottom)
    return fresh


def page_of(stack: Stack, text: Word, count: Word) -> Word:
    """The page that a touch in a run is of."""
    place, number = text & PLACE_BITS, text >> NUMBER_AT
    in_use = stack.limit + number % (stack.top - stack.limit)
    below = stack.limit - where(place == BELOW, number, ZERO)
    return where(place == BELOW, below, where(place == IN_USE, in_use, number % count))


def replay(stack: Stack, touched: Any, spare: Words, counts: Words, count: Word, patience: Word) -> tuple[Word, Word]:
    """All touches, each followed by the law at all `count` pages; `spare` lends an array as large as `kinds`.

    A stack whose process has ended is touched `patience` times more before the next one begins. `counts` gets for each
    outcome how often it was. Returns how many touches were made, and whether the last of them breaks the law.
    """
    stack, spare, counts = entered(stack), view(spare), view(counts)
    broken = broken_at_begin(stack, count)
    made = ZERO
    after_end = ZERO
    for index in range(touched.size):
        if after_end > patience:
            stack = begun_again(stack, count)
            broken = broken_at_begin(stack, count)
            after_end = ZERO
        page = page_of(stack, word(touched[index]), count)
        before = copied(stack, spare, count)
        stack, outcome = touch(stack, page)
        broken = broken | broken_by_touch(before, stack, page, outcome, count)
        counts = store_if(TRUE, counts, outcome, load(counts, outcome) + ONE)
        after_end = where(stack.ended == ZERO, ZERO, after_end + ONE)
        made = made + ONE
        if broken != ZERO:
            break
    return made, broken
