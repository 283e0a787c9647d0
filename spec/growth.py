"""Stacks that grow downwards into free pages, and the gap that they keep.

A stack is a region that ends where it began, and starts lower each time a page below it is accessed::

    ... region |   free   | gap |        free         | lowest ... in use ... end
               end below                 ^ page       ^
                                  limit  `-- an access here makes the stack start here

It grows no lower than its limit, and never so near to the region below that a program which writes beyond its stack
would find itself there: between the two a gap remains, and who lands in it is told. Nothing marks the gap but its
being free; so nobody else is given pages in it who has not asked for them by address.

Source: Linux, mm/mmap.c: expand_downwards and stack_guard_gap (1be7107fbe18, CVE-2017-1000364); setrlimit(2).
"""

from __future__ import annotations

from .algebra import Truth, Word, where


def may_grow(page: Word, lowest: Word, limit: Word, end_below: Word, gap: Word) -> Truth:
    """Whether an access to a free page makes a stack start there.

    `lowest` is the page at which the stack starts, `limit` the lowest that it may have, `end_below` the page after
    the last one of the region below, and `gap` how many free pages must remain between the two.
    """
    free = page - where(end_below <= page, end_below, page)
    return (limit <= page) & (page < lowest) & (end_below <= page) & (gap <= free)
