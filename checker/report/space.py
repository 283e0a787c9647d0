"""A picture of address spaces around a breach: each page of the window a cell, before the last call and after it.

    page               0    1    2    3
    process 1 before  rw   rw    .    .
              after   rw    r    .    .
                           ^^
    . free, - given without rights

`after` is what the call should have led to; `wanted` and `target` stand there where the target told what there is,
and `given` where it has chosen a place. Where nothing should have changed, the pages that the call touches are marked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from ...spec.contracts import Returned
from ...spec.contracts.space.arena import PAGE
from ...spec.contracts.space.calls import Fork, Maps, MapView, Mmap, Mremap, Query, Reserve, Stack
from ...spec.contracts.space.memory import Memory, Page, page_of
from ...spec.contracts.space.relation import SpaceContract, shown
from ..trace import Trace

#: Pages in one line of the picture, and lines.
_ACROSS = 16
_MOST_LINES = 4
_WIDTH = 6
_FREE, _NONE, _RESERVED, _SHARED, _GIVEN = ".", "-", "R", "+", "!!"
_LEGEND = {
    _FREE: "free",
    _NONE: "given without rights",
    _RESERVED: "reserved",
    _SHARED: "shared",
    _GIVEN: "where the target said it had given pages",
}
_PLACING = (Mmap, Mremap, Reserve, MapView, Stack)
_LENGTHS = ("new_length", "length", "size")
#: Numbers from here on are shown as addresses are.
_ADDRESSES = 1 << 8
Cells = Mapping[int, str]
__all__ = ["draw", "shown", "value_shown"]


def value_shown(value: Any) -> str:
    """What a call returned, addresses in hexadecimal."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(value_shown, value))}]"
    return hex(value) if isinstance(value, int) and value >= _ADDRESSES else repr(value)


@attrs.frozen
class _Process:
    """What is shown of one process: its rows, each with its title, and the pages that the last call names."""

    name: str
    rows: list[tuple[str, Cells]]
    touched: set[int]


def draw(trace: Trace) -> list[str]:
    """The lines of the picture for the last call of a trace; empty where there is no call to show."""
    if trace.contract != "space" or not trace.steps:
        return []
    contract = SpaceContract(trace.arena, trace.capabilities)
    memory = contract.initial()
    for step in trace.steps[:-1]:
        if step.answer is None or contract.breaches(memory, step.call, step.answer):
            return []
        memory = contract.after(memory, step.call, step.answer)
    rows = list(_rows(contract, memory, trace))
    if not rows:
        return []
    return list(_lay_out(trace, rows))


def _rows(contract: SpaceContract, memory: Memory, trace: Trace) -> Iterator[_Process]:
    call: Any = trace.steps[-1].call
    for number in sorted(memory.processes):
        rows, own = [("before", _cells(memory, number))], number == getattr(call, "process", None)
        if own:
            rows = list(_rows_of_call(contract, memory, trace, rows[0][1]))
        yield _Process(f"process {number}", rows, _touched(call) if own else set())


def _rows_of_call(contract: SpaceContract, memory: Memory, trace: Trace, before: Cells) -> Iterator[tuple[str, Cells]]:
    call, answer = trace.steps[-1].call, trace.steps[-1].answer
    value = answer.value if isinstance(answer, Returned) else None
    if isinstance(call, Maps | Query) and value is not None:
        yield "wanted", before
        yield "target", {**before, **_told(contract, call, value, before)}
        return
    yield "before", before
    if isinstance(call, _PLACING) and isinstance(value, int):
        first, length = page_of(value), max(_length(call), 1)
        yield "given", dict.fromkeys(range(first, first - (-length // PAGE)), _GIVEN)
    elif not isinstance(call, (*_PLACING, Fork)) and contract.allowed(memory, call).done:
        later = contract.after(memory.copy(), call, Returned(value))
        if call.process in later.processes:
            after = _cells(later, call.process)
            if after != before:
                yield "after", after


def _cells(memory: Memory, number: int) -> Cells:
    """A cell for each page that a process was given."""
    return {page: _cell(entry) for page, entry in memory.processes[number].pages.items()}


def _cell(entry: Page) -> str:
    if not entry.is_committed:
        return _RESERVED
    return (entry.rights or _NONE) + (_SHARED if entry.shared else "")


def _told(contract: SpaceContract, call: Any, value: Any, before: Cells) -> Cells:
    """What the target tells of its pages, as far as it can be read."""
    cells: dict[int, str] = {}
    try:
        if isinstance(call, Query):
            address, _, alike, state, rights = value
            told = _RESERVED if state == "reserved" else _FREE if state == "free" else rights or _NONE
            there = range(page_of(address), page_of(min(address + alike, contract.arena.end + PAGE)))
            shared = {page: _SHARED if before.get(page, "").endswith(_SHARED) else "" for page in there}
            return {page: told + (shared[page] if told not in (_RESERVED, _FREE) else "") for page in there}
        cells = dict.fromkeys(before, _FREE)
        for address, end, rights, is_shared, *_ in value:
            inside = range(page_of(address), page_of(min(end, contract.arena.end + PAGE)))
            cells |= dict.fromkeys(inside, (rights or _NONE) + (_SHARED if is_shared else ""))
    except (TypeError, ValueError):
        return {}
    return cells


def _length(call: Any) -> int:
    return next((getattr(call, name) for name in _LENGTHS if hasattr(call, name)), 1)


def _touched(call: Any) -> set[int]:
    """The pages that a call names, as far as they can be shown."""
    if not hasattr(call, "address"):
        return set()
    length = min(max(_length(call), 1), _MOST_LINES * _ACROSS * PAGE)
    return set(range(page_of(call.address), -(-(call.address + length) // PAGE)))


def _lay_out(trace: Trace, processes: list[_Process]) -> Iterator[str]:
    """Lines of `_ACROSS` pages, the rows below each other, changes marked; lines without anything are left out."""
    arena = trace.arena
    first, end = page_of(arena.base), arena.end // PAGE
    used = {page for process in processes for _, cells in process.rows for page in cells}
    used |= {page for process in processes for page in process.touched}
    near = sorted({(page - first) // _ACROSS for page in used if first - 1 <= page <= end} or {0})
    margin = max(len(process.name) for process in processes) + 8
    seen: set[str] = set()
    for line in near[:_MOST_LINES]:
        left = first + line * _ACROSS
        span = range(left, max(left + 1, min(left + _ACROSS, end + (end in used))))
        yield "page".ljust(margin) + "".join(f"{page - first:>{_WIDTH}}" for page in span)
        for process in processes:
            yield from _lines(process, span, margin, seen)
    if len(near) > _MOST_LINES:
        yield f"({len(near) - _MOST_LINES} lines more)"
    legend = "".join(f", {mark} {says}" for mark, says in _LEGEND.items() if mark in seen)
    yield f"page 0 is at {arena.base:#x}{legend}"


def _lines(process: _Process, span: range, margin: int, seen: set[str]) -> Iterator[str]:
    for number, (title, cells) in enumerate(process.rows):
        shown = [cells.get(page, _FREE if title != "given" else "") for page in span]
        seen |= {mark for mark in _LEGEND for cell in shown if mark in cell}
        head = f"{process.name if not number else '':<{margin - 7}}{title:<7}"
        yield head + "".join(f"{cell:>{_WIDTH}}" for cell in shown).rstrip()
    marked = process.touched & {*span}
    if len(process.rows) > 1:
        marked = {page for page in span if _differs(process.rows, page)}
    if marked:
        yield " " * margin + "".join(f"{'^^' if page in marked else '':>{_WIDTH}}" for page in span).rstrip()


def _differs(rows: list[tuple[str, Cells]], page: int) -> bool:
    (_, before), (title, cells) = rows
    if title == "given":
        return page in cells and page in before
    return before.get(page, _FREE) != cells.get(page, _FREE)
