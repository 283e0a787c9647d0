"""Stacks: the law V14 is kept by every touch, of a stack of any size; and what it says of a descent.

The shape of a stack is assumed at the page that is touched, at the page below it and at the page that is looked at, and
shown there. A descent goes no further at once than one page below what is in use.
"""

from __future__ import annotations

from ...spec.algebra import ALL_BITS, ONE, TWO, ZERO, Truth, Word, Words, implies, load
from ...spec.stack_laws import grown, is_fresh, is_stack
from ...spec.stacks import ENDED, OVERFLOWED, SMALLEST_SIZE, TOUCHED, UNUSED, Stack, begin, kind_of, touch
from .obligation import Query, obligation

_EXIST = "the pages exist"
_SHAPE = "the stack is one"


def is_within(stack: Stack, index: Word, extent: Word) -> Truth:
    """Whether a page that is looked at, and those of the stack, are pages that there are; nothing wraps."""
    return (index < extent) & (stack.top <= extent) & (stack.bottom < stack.top) & (stack.limit < stack.top)


@obligation(
    "stacks-begin",
    "V14",
    says="A new stack has its top page in use and the guard below it, whatever its size.",
    without="all pages are unused",
)
def stacks_begin(kinds: Words, bottom: Word, size: Word, number: Word, index: Word) -> Query:
    """`number` is how many pages there are; a size that is too small is refused, and nothing is committed then."""
    stack, legal = begin(kinds, bottom, size)
    premises = {
        _EXIST: (index < number) & (bottom < number) & (size < number) & (stack.top <= number),
        "all pages are unused": load(kinds, index) == UNUSED,
    }
    shaped = implies(legal, is_fresh(stack, index) & (stack.top == bottom + size))
    refused = (size >= SMALLEST_SIZE) == legal
    return Query(premises, {"V14": shaped & refused & (legal | (kind_of(stack, index) == UNUSED))})


@obligation(
    "stacks-touch",
    "V14",
    says="Every touch comes to what it has to, and leaves a stack that is committed from the top down to its guard.",
    without=_SHAPE,
)
def stacks_touch(
    kinds: Words,
    bottom: Word,
    limit: Word,
    top: Word,
    overflowed: Word,
    ended: Word,
    number: Word,
    touched: Word,
    index: Word,
) -> Query:
    """`touched` is one page, `index` the one that is looked at, and `number` how many there are."""
    before = Stack(kinds, bottom, limit, top, overflowed, ended)
    after, outcome = touch(before, touched)
    premises = {
        _EXIST: is_within(before, index, number) & (touched < number) & (number < ALL_BITS),
        _SHAPE: is_stack(before, touched) & is_stack(before, index),
    }
    return Query(premises, {"V14": grown(before, after, touched, outcome, index)})


@obligation(
    "stacks-told-once",
    "V14",
    says="The overflow of a stack is told once, however its pages are touched.",
    without=_SHAPE,
)
def stacks_told_once(
    kinds: Words, bottom: Word, limit: Word, top: Word, overflowed: Word, ended: Word, number: Word, touched: Word
) -> Query:
    """It is told only where it was not, and from then on it was."""
    before = Stack(kinds, bottom, limit, top, overflowed, ended)
    after, outcome = touch(before, touched)
    premises = {_EXIST: is_within(before, touched, number), _SHAPE: is_stack(before, touched)}
    told = implies(outcome == OVERFLOWED, (overflowed == ZERO) & (after.overflowed == ONE))
    return Query(premises, {"V14": told & implies(overflowed == ONE, after.overflowed == ONE)})


@obligation(
    "stacks-descent",
    "V14",
    says="Whoever goes down page by page is told of the overflow before the process ends.",
    without="the touch goes down one page at most",
)
def stacks_descent(
    kinds: Words, bottom: Word, limit: Word, top: Word, overflowed: Word, ended: Word, number: Word, touched: Word
) -> Query:
    """Before the overflow is told, no page in use nor the one below them ends anything."""
    before = Stack(kinds, bottom, limit, top, overflowed, ended)
    after, outcome = touch(before, touched)
    premises = {
        _EXIST: is_within(before, touched, number),
        _SHAPE: is_stack(before, touched),
        "the process runs, and no overflow was told": (ended == ZERO) & (overflowed == ZERO),
        "the touch goes down one page at most": (touched + ONE >= limit) & (touched < top),
    }
    return Query(premises, {"V14": (outcome != ENDED) & (after.ended == ZERO)})


@obligation(
    "stacks-one-page-left",
    "V14",
    says="When the overflow is told one page is left to handle it; going on past that page ends the process.",
    without="the overflow is told",
)
def stacks_one_page_left(
    kinds: Words, bottom: Word, limit: Word, top: Word, overflowed: Word, ended: Word, number: Word, touched: Word
) -> Query:
    """Three touches: the one that tells, of the page below it, and of the lowest of all."""
    before = Stack(kinds, bottom, limit, top, overflowed, ended)
    told, outcome = touch(before, touched)
    handled, left = touch(told, touched - ONE)
    gone, past = touch(handled, touched - TWO)
    premises = {
        _EXIST: is_within(before, touched, number),
        _SHAPE: is_stack(before, touched) & is_stack(before, touched - ONE) & is_stack(before, touched - TWO),
        "the overflow is told": outcome == OVERFLOWED,
    }
    served = (left == TOUCHED) & (handled.ended == ZERO) & (touched == bottom + TWO)
    return Query(premises, {"V14": served & (past == ENDED) & (gone.ended == ONE)})
