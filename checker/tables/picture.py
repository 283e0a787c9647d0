"""Tables as text, one line an entry, as a walk would meet them.

root 0x0 (table frame 0)
  slot 0  table frame 1  +A
    slot 2  frame 5  rw
    slot 3  away: paged out
  slot 1  frame 6 (2 frames)  r  +AD
free table frames: 2, 3
"""

from __future__ import annotations

from collections.abc import Iterator

from ...spec.paging import Access
from ...spec.tables import Tables
from .machine import Machine
from .steps import rights_told

#: Entries of one table that are shown.
_MOST = 24


def picture(machine: Machine, tables: Tables) -> list[str]:
    """The tables of every space, line by line, and which table frames are free."""
    lines = [line for root in machine.roots(tables) for line in _space(machine, tables, root)]
    free = [str(frame) for frame in range(tables.frames) if not tables.kind[frame]]
    return [*lines, f"free table frames: {', '.join(free) or 'none'}"]


def _space(machine: Machine, tables: Tables, root: int) -> Iterator[str]:
    frame = root >> machine.geometry.page_shift
    yield f"root {root:#x} (table frame {frame})"
    yield from _table(machine, tables, frame, machine.geometry.levels - 1, "  ")


def _table(machine: Machine, tables: Tables, frame: int, level: int, margin: str) -> Iterator[str]:
    first = frame * machine.entries_of_page
    slots = [slot for slot in range(first, first + machine.entries_of_page) if tables.words[slot]]
    for slot in slots[:_MOST]:
        entry = tables.words[slot]
        yield f"{margin}slot {slot}  {_entry(machine, entry, level)}"
        rules = machine.rules
        if rules.is_present(entry) and not rules.is_leaf(entry, level) and level > 0:
            named, below = rules.frame_of(entry), machine.geometry.below(level)
            if named < tables.frames:
                yield from _table(machine, tables, named, below, margin + "  ")
    if len(slots) > _MOST:
        yield f"{margin}... and {len(slots) - _MOST} entries more"


def _entry(machine: Machine, entry: int, level: int) -> str:
    rules, geometry = machine.rules, machine.geometry
    if not rules.is_present(entry):
        return f"away: {entry:#x}"
    marks = "A" * bool(entry & geometry.accessed) + "D" * bool(entry & geometry.dirty)
    told = f"  +{marks}" if marks else ""
    if not rules.is_leaf(entry, level):
        return f"table frame {rules.frame_of(entry)}{told}"
    size = rules.frames_of(level)
    many = f" ({size} frames)" if size > 1 else ""
    return f"frame {rules.first_frame_of(entry, level)}{many}  {rights_told(_rights(machine, entry))}{told}"


def _rights(machine: Machine, entry: int) -> Access:
    rules = machine.rules
    return Access(
        write=rules.granted(entry, rules.WRITE, rules.WRITE_FLIP),
        user=rules.granted(entry, rules.USER, rules.USER_FLIP),
        execute=rules.granted(entry, rules.EXECUTE, rules.EXECUTE_FLIP),
    )
