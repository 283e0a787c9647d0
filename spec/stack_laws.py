"""The law of stacks: how they look at every page, and what a touch may make of them.

It does not look at how a touch is served. That each touch of the guard moves it by one page, that an overflow is told
once, and that it comes before any violation at the end of a descent follow from what is said here of one touch.
"""

from __future__ import annotations

from .algebra import ONE, TWO, ZERO, Truth, Word, where
from .law import Scope, law
from .stacks import ENDED, GROWN, GUARDING, OVERFLOWED, TOUCHED, UNUSED, USED, Stack, kind_of

CONTRACT = "space"
#: The part of the contract that these laws are about.
PART = "stacks"


@law(
    "V14",
    "grown",
    contract=CONTRACT,
    part=PART,
    statement="A stack is committed from the top down to its guard, grows by one page, and tells its overflow once.",
    source="Microsoft, Thread Stack Size and Creating Guard Pages; Windows Internals, user stacks.",
    scope=Scope.CHANGE,
)
def grown(before: Stack, after: Stack, page: Word, outcome: Word, other: Word) -> Truth:
    """A touch of `page` came to what it had to, and left a stack that is one, seen from any `other` page."""
    return is_stack(after, other) & is_told(before, page, outcome) & is_moved(before, after, page, outcome, other)


def is_stack(stack: Stack, page: Word) -> Truth:
    """The committed pages are one run from the top, the guard directly below; after an overflow down to the last."""
    in_use = (page >= stack.limit) & (page < stack.top)
    is_guard = (page + ONE == stack.limit) & (stack.overflowed == ZERO)
    expected = where(in_use, USED, where(is_guard, GUARDING, UNUSED))
    deep = stack.limit > stack.bottom + TWO
    at_end = stack.limit == stack.bottom + ONE
    depth = where(stack.overflowed == ZERO, deep, at_end) & (stack.limit < stack.top)
    return (kind_of(stack, page) == expected) & depth & (stack.overflowed <= ONE) & (stack.ended <= ONE)


def is_told(before: Stack, page: Word, outcome: Word) -> Truth:
    """Every touch is told as what it is: by where the page lies, and by what has been told before."""
    over = before.ended != ZERO
    in_use = (page >= before.limit) & (page < before.top)
    at_guard = (page + ONE == before.limit) & (before.overflowed == ZERO)
    at_last_guard = at_guard & (page == before.bottom + TWO)
    reached = where(at_last_guard, OVERFLOWED, where(at_guard, GROWN, ENDED))
    return outcome == where(over, ENDED, where(in_use, TOUCHED, reached))


def is_moved(before: Stack, after: Stack, page: Word, outcome: Word, other: Word) -> Truth:
    """The run has grown by as many pages as it was told, and nothing else has changed."""
    has_grown, has_overflowed = outcome == GROWN, outcome == OVERFLOWED
    pages = where(has_grown, ONE, where(has_overflowed, TWO, ZERO))
    flags = (after.overflowed == where(has_overflowed, ONE, before.overflowed)) & (
        (after.ended == ONE) == (outcome == ENDED)
    )
    fixed = (after.bottom == before.bottom) & (after.top == before.top)
    near = (other == page) | (other + ONE == page)
    same = kind_of(after, other) == kind_of(before, other)
    untouched = same | ((has_grown | has_overflowed) & near)
    return (after.limit + pages == before.limit) & flags & fixed & untouched


def is_fresh(stack: Stack, page: Word) -> Truth:
    """How a stack begins: one page in use and its guard."""
    new = (stack.limit + ONE == stack.top) & (stack.overflowed == ZERO) & (stack.ended == ZERO)
    return is_stack(stack, page) & new
