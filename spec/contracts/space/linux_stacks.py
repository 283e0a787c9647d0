"""Stacks in the dialect `linux`: regions that grow downwards when they are accessed below, up to their size.

A stack is told by its pages: they name the lowest address that it may have, and its highest page, which is there as
long as the stack is. It keeps a gap from what is below, unless that may not be accessed at all, or is a stack as well.
Nobody is given pages in the gap who has not asked for them by address; only a range may grow into it where it is.

Range calls on a part of a stack are not asked: what becomes of its growth is nobody's to rely on.

Source: mmap(2), MAP_GROWSDOWN; Linux, mm/mmap.c: expand_downwards, acct_stack_growth.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from ... import growth, pages
from .arena import PAGE
from .calls import Execute, Munmap, Read, Stack, Write
from .memory import Memory, Page, Process, page_of

STACK = "stack"
RIGHTS = "rw"


@attrs.frozen
class Grown:
    """A stack as it is now, in pages.

    Attributes:
        limit: the lowest page that it may have.
        lowest: the lowest that it has.
        end: the page after the highest.
    """

    limit: int
    lowest: int
    end: int


def stacks_of(process: Process) -> Iterator[Grown]:
    """The stacks of a process, upward."""
    there: dict[tuple[int, int], list[int]] = {}
    for number, page in process.pages.items():
        if page.kind == STACK:
            there.setdefault((page.place, page_of(page.region)), []).append(number)
    return (Grown(limit, min(numbers), highest + 1) for (highest, limit), numbers in sorted(there.items()))


def kept_free(process: Process, gap: int) -> frozenset[int]:
    """The pages in the gaps below stacks; what is below another region is not near."""
    return frozenset(number for stack in stacks_of(process) for number in _near(process, stack, gap))


def _near(process: Process, stack: Grown, gap: int) -> Iterator[int]:
    for number in range(stack.lowest - 1, stack.lowest - 1 - gap, -1):
        if number in process.pages:
            return
        yield number


def growing(process: Process, call: Read | Write | Execute, gap: int) -> Grown | None:
    """The stack that an access to a free page makes grow, if it does."""
    number = page_of(call.address)
    for stack in stacks_of(process):
        below = max((other for other in process.pages if other < stack.lowest), default=None)
        end_below = 0 if below is None else below + 1
        kept = gap if below is None or needs_gap(process.pages[below]) else 0
        if growth.may_grow(number, stack.lowest, stack.limit, end_below, kept):
            return stack
    return None


def needs_gap(below: Page) -> bool:
    """Whether a stack keeps its distance from this page below it: not from another stack, or what is denied."""
    return below.kind != STACK and bool(below.rights)


def new_page(base: int, highest: int, *, charged: bool) -> Page:
    """A page of a stack whose lowest address may be `base`."""
    return Page(pages.COMMITTED, RIGHTS, region=base, place=highest, charged=charged, kind=STACK)


def begin(memory: Memory, call: Stack, base: int, *, charged: bool) -> None:
    """The state with the stack: its highest page."""
    highest = page_of(base) + -(-call.size // PAGE) - 1
    memory.processes[call.process].pages[highest] = new_page(base, highest, charged=charged)


def grow(process: Process, stack: Grown, number: int) -> None:
    """The stack starts at this page."""
    model = process.pages[stack.lowest]
    for page in range(number, stack.lowest):
        process.pages[page] = model


def leaves_stacks_alone(process: Process, there: range, call: object) -> bool:
    """Whether a range has no page of a stack, or a whole one that is taken back."""
    for stack in stacks_of(process):
        whole = isinstance(call, Munmap) and there.start <= stack.lowest and stack.end <= there.stop
        if not whole and there.start < stack.end and stack.lowest < there.stop:
            return False
    return True
