"""A picture of memory around a breach: each frame a cell, blocks as they stand before the call and after it.

    frame        0  1  2  3  4  5  6  7
    before      L0 f0 f1 -- f2 -- -- --
    given       !1 !1
                ^^ ^^

`f2` is a free block of order 2, `L0` a live one of order 0, `R` a reserved frame, `--` the rest of a block, `?` a
frame in no block and `.` one that does not exist. `!` marks what the target did, `^` where that differs from what is
allowed, `|` a barrier.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...spec.contracts import Allocate, Arena, FramesContract, Free, Probe, Returned
from ...spec.frames import RESERVED, Memory, is_free, is_live, order_of
from ..trace import Trace

#: Frames in one line of the picture.
_ACROSS = 16
#: Frames in the whole picture: larger arenas are shown around the block in question.
_LARGEST = 64
#: Frames after the end that are kept at hand, for blocks that reach beyond it.
_BEYOND = 16


def draw(trace: Trace) -> list[str]:
    """The lines of the picture for the last call of a trace; empty where there is no call to show."""
    if trace.contract != "frames" or not trace.steps:
        return []
    contract = FramesContract(trace.arena, trace.capabilities)
    memory = contract.initial()
    for step in trace.steps[:-1]:
        if step.answer is None or contract.breaches(memory, step.call, step.answer):
            return []
        memory = contract.after(memory, step.call, step.answer)
    last = trace.steps[-1]
    before = _cells(memory)
    rows = [("before", before)]
    base = trace.arena.base
    focus = 0
    if isinstance(last.call, Probe) and isinstance(last.answer, Returned):
        rows = [("wanted", before), ("target", _claimed(memory, last.answer.value, base))]
    elif isinstance(last.call, Allocate) and isinstance(last.answer, Returned) and isinstance(last.answer.value, int):
        focus = last.answer.value - base
        rows.append(("given", _block(memory, focus, last.call.order)))
    elif isinstance(last.call, Free):
        focus = last.call.frame - base
        rows.append(("freed", _block(memory, focus, last.call.order)))
    return _lay_out(rows, memory.room, trace.arena, focus)


def _cells(memory: Memory) -> list[str]:
    """One cell a frame, as the specification knows them."""
    cells = ["?"] * memory.room + ["."] * _BEYOND
    for frame, head in enumerate(memory.heads):
        if head == RESERVED:
            cells[frame] = "R"
        elif is_free(head) or is_live(head):
            _fill(cells, frame, order_of(head), "f" if is_free(head) else "L")
    return cells


def _claimed(memory: Memory, blocks: Sequence[Sequence[int]], base: int) -> list[str]:
    """One cell a frame, with the free blocks that the target lists instead."""
    cells = [cell if cell[0] in "LR." else "?" for cell in _cells(memory)]
    live = _cells(memory._replace(heads=[head if is_live(head) else 255 for head in memory.heads]))
    cells = [was if was != "?" else cell for was, cell in zip(live, cells, strict=True)]
    for block in blocks:
        if len(block) == 2 and all(isinstance(number, int) for number in block) and 0 <= block[1] <= memory.top:
            _fill(cells, block[0] - base, block[1], "f")
    return cells


def _block(memory: Memory, frame: int, order: int) -> list[str]:
    """One cell a frame, with nothing but the block that a call was about."""
    cells = [""] * (memory.room + _BEYOND)
    if 0 <= order <= memory.top:
        for inner in range(max(frame, 0), min(frame + (1 << order), len(cells))):
            cells[inner] = f"!{order}"
    return cells


def _fill(cells: list[str], frame: int, order: int, letter: str) -> None:
    for inner in range(frame, min(frame + (1 << order), len(cells))):
        if inner >= 0:
            cells[inner] = f"{letter}{order}" if inner == frame else "--"


def _lay_out(rows: list[tuple[str, list[str]]], room: int, arena: Arena, focus: int) -> list[str]:
    """Lines of `_ACROSS` frames, the rows below each other, changes marked."""
    base, barriers = arena.base, arena.barriers
    touched = [frame for frame in range(room, room + _BEYOND) if _differs(rows, frame)]
    room = max(touched, default=room - 1) + 1
    first = 0 if room <= _LARGEST else max(0, min(focus, room) - _LARGEST // 2) // _ACROSS * _ACROSS
    last = min(first + _LARGEST, room)
    lines = []
    for left in range(first, last, _ACROSS):
        span = range(left, min(left + _ACROSS, last))
        width = max(3, len(str(base + span[-1])) + 1)
        barrier = ["|" if frame + base in barriers else " " for frame in span]
        lines.append("frame  " + "".join(f"{base + frame:>{width}}" for frame in span))
        for name, cells in rows:
            cut = [mark + f"{cells[frame]:>{width - 1}}" for mark, frame in zip(barrier, span, strict=True)]
            lines.append(f"{name:<7}" + "".join(cut).rstrip())
        marks = [_differs(rows, frame) for frame in span]
        if any(marks):
            lines.append(" " * 7 + "".join(f"{'^^' if mark else '':>{width}}" for mark in marks).rstrip())
    if (first, last) != (0, room):
        lines.append(f"(frames {base + first} to {base + last - 1} of {base} to {base + room - 1})")
    return lines


def _differs(rows: list[tuple[str, list[str]]], frame: int) -> bool:
    """Whether a frame is worth a mark: the target's row differs, or a block hits frames that are not free to give."""
    if len(rows) < 2:
        return False
    (_, before), (name, cells) = rows
    if name == "target":
        return before[frame] != cells[frame]
    return bool(cells[frame])
