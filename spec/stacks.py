"""The stack of a thread: reserved as a whole, committed page by page as it is used, from the top down.

Below the lowest page in use lies a guard page. Whoever touches it is served: the page becomes an ordinary one, and the
page below it the guard. The lowest page of all is never committed, and the last one above it never a guard::

    pages    bottom                                             top - 1
             | never | last | ....... | guard | committed ... committed |     a stack as it begins, or has grown
             | never | committed ........................... committed |     after the overflow was told
               ^        ^ one page for whoever handles the overflow
               `-- touching it, or anything else that is reserved, ends the process

The invariant: *what is committed is one run down from the top, and its guard is directly below it, until the last page
is reached*. That is told once, as an overflow, and leaves one page to handle it.

A page is one index; what a stack is made of is told by three kinds of pages. Steps are total: once the process has
ended, nothing changes any more.

Source: Microsoft, Thread Stack Size (1 MB are reserved by default) and Creating Guard Pages; Windows Internals, user
stacks; Richter, Programming Applications for Microsoft Windows, chapter 16.
"""

from __future__ import annotations

from typing import NamedTuple

from .algebra import ONE, TWO, ZERO, Truth, Word, Words, invert, load, store_if, where

# -- what a page of a stack is -----------------------------------------------------------------------------------

#: Set aside, and an access is a violation; so is every page that is not of the stack.
UNUSED = 0
#: Committed, and the next access is told.
GUARDING = 1
#: Committed, and in use.
USED = 2

#: How many pages are reserved by default: 1 MiB of 4 KiB each.
USUAL_SIZE = 256
#: The fewest: one in use, its guard, one for whoever handles the overflow, and the one that is never committed.
SMALLEST_SIZE = 4

# -- outcomes of a touch -----------------------------------------------------------------------------------------

#: The page is in use, and nothing changes.
TOUCHED = 0
#: The guard was hit: the stack has grown by one page, and the access is repeated.
GROWN = 1
#: The guard was hit, and the last page is committed, without a guard: an exception, which the program may handle.
OVERFLOWED = 2
#: A page that is not committed: the process ends, or has ended.
ENDED = 3


class Stack(NamedTuple):
    """The stack of a thread.

    Attributes:
        kinds: for each page what it is.
        bottom: the lowest page, which is never committed.
        limit: the lowest page in use.
        top: the page above the highest.
        overflowed: 1 once the overflow was told, else 0.
        ended: 1 once the process has ended, else 0.
    """

    kinds: Words
    bottom: Word
    limit: Word
    top: Word
    overflowed: Word
    ended: Word


def kind_of(stack: Stack, page: Word) -> Word:
    """What a page is."""
    return load(stack.kinds, page)


def begin(kinds: Words, bottom: Word, size: Word) -> tuple[Stack, Truth]:
    """A stack of so many pages from `bottom` on, which are all unused: the top one is committed, and its guard."""
    legal = size >= SMALLEST_SIZE
    # Of a stack that is refused, no page below the bottom is named.
    height = where(legal, size, SMALLEST_SIZE)
    top = bottom + height
    kinds = store_if(legal, kinds, top - ONE, USED)
    kinds = store_if(legal, kinds, top - TWO, GUARDING)
    return Stack(kinds, bottom, top - ONE, top, ZERO, ZERO), legal


def touch(stack: Stack, page: Word) -> tuple[Stack, Word]:
    """The thread accesses a page: the stack after it, and what became of the access."""
    kind = kind_of(stack, page)
    runs = stack.ended == ZERO
    hit = runs & (kind == GUARDING)
    # Below the guard there must be room for the next one, above the page that whoever handles the overflow needs.
    has_room = page > stack.bottom + TWO
    below = page - where(hit, ONE, ZERO)
    kinds = store_if(hit, stack.kinds, page, USED)
    kinds = store_if(hit, kinds, below, where(has_room, GUARDING, USED))
    limit = where(hit, where(has_room, page, below), stack.limit)
    overflowed = where(hit & invert(has_room), ONE, stack.overflowed)
    is_end = invert(runs) | (kind == UNUSED)
    served = where(hit, where(has_room, GROWN, OVERFLOWED), TOUCHED)
    ended = where(is_end, ONE, ZERO)
    return Stack(kinds, stack.bottom, limit, stack.top, overflowed, ended), where(is_end, ENDED, served)
