"""Stacks of threads in the dialect `windows`: regions whose pages the specification of stacks commits, one by one.

What a touch of the guard comes to is the specification's own step; here the pages of a region are read into its form,
and written back. Only accesses act on a stack: that it is somebody's is known to the thread alone.

Source: Microsoft, Thread Stack Size: 1 MiB by default, rounded up to the allocation granularity.
"""

from __future__ import annotations

import attrs

from ... import stacks
from .arena import GRANULARITY
from .calls import Execute, Read, Stack, Write
from .dialect import OUT_OF_MEMORY, Allowed, as_done, refused, within_limit
from .memory import Memory, Page, Process, Terms, page_of
from .windows_ranges import (
    GRANULE,
    STACK,
    allowed_place,
    committed,
    region_at,
    reserved,
    unguarded,
)

DENIED = "denied"
OVERFLOW = "stack-overflow"
_RIGHTS, _GUARD = "rw", "rwg"
_GIVEN = {stacks.USED: _RIGHTS, stacks.GUARDING: _GUARD}
#: Pages that a stack has charged when it begins: one in use, and its guard.
_FIRST = 2


def pages_of_stack(call: Stack) -> int:
    """How many pages are reserved for a stack of so many bytes."""
    return -(-call.size // GRANULARITY) * GRANULE or stacks.USUAL_SIZE


def allowed_stack(terms: Terms, memory: Memory, call: Stack) -> Allowed:
    """How a call for a stack may be answered."""
    refusal = allowed_place(terms, memory.processes[call.process], 0, pages_of_stack(call))
    return refusal or within_limit(terms, memory, _FIRST, as_done("V16", "pages are free"))


def make_stack(memory: Memory, call: Stack, base: int) -> None:
    """The state with the stack."""
    process, first, count = memory.processes[call.process], page_of(base), pages_of_stack(call)
    for page in range(first, first + count):
        process.pages[page] = reserved(base, STACK)
    begun, _ = stacks.begin([stacks.UNUSED] * count, 0, count)
    _write_back(process, first, begun)


def allowed_at_stack_guard(terms: Terms, memory: Memory, call: Read | Write | Execute) -> Allowed:
    """How an access to the guard of a stack may be answered: the stack grows, or there is no room for that."""
    process = memory.processes[call.process]
    _, outcome = _touched(process, page_of(call.address))
    if outcome == stacks.OVERFLOWED:
        allowed = refused(OVERFLOW, "the last page of the stack is committed", law="V14")
    elif isinstance(call, Execute):
        allowed = refused(DENIED, "the stack grows, and may not be executed", law="V14")
    else:
        allowed = as_done("V14", "the guard of a stack was hit, and there is room below it")
    # Whatever comes of it, one page more is committed.
    limited = within_limit(terms, memory, 1, allowed)
    return limited if OUT_OF_MEMORY in limited.refusals else allowed


def hit_guard(memory: Memory, call: Read | Write | Execute) -> None:
    """The state after an access that was made or told, if it met a guard: of a stack it moves, any other is gone."""
    process, page = memory.processes[call.process], page_of(call.address)
    entry = process.pages.get(page)
    if entry is None or "g" not in entry.rights:
        return
    if entry.kind != STACK:
        process.pages[page] = attrs.evolve(entry, rights=unguarded(entry.rights))
        return
    touched, _ = _touched(process, page)
    _write_back(process, region_at(process, page).start, touched)


def _touched(process: Process, page: int) -> tuple[stacks.Stack, int]:
    """The stack that a page is of after a touch of that page, its pages numbered from 0 on, and the outcome."""
    there = region_at(process, page)
    kinds = [_kind_of(process.pages[number]) for number in there]
    stack = stacks.Stack(kinds, 0, kinds.index(stacks.USED), len(kinds), 0, 0)
    return stacks.touch(stack, page - there.start)


def _kind_of(entry: Page) -> int:
    if not entry.is_committed:
        return stacks.UNUSED
    return stacks.GUARDING if "g" in entry.rights else stacks.USED


def _write_back(process: Process, first: int, stack: stacks.Stack) -> None:
    """The pages of a region are what the stack says."""
    for number, kind in enumerate(stack.kinds):
        if kind != stacks.UNUSED:
            process.pages[first + number] = committed(process.pages[first + number], _GIVEN[kind])
