"""Page tables made ready for the search: the specification's functions bound to states of one word, for any machine.

What is compiled serves every tiny machine of a geometry; frames and calls are data. An entry has eight bits, in which
software's own formats find place as well::

    leaf or table    | frame (3) | D or reserved | A or user | leaf | W | 1 |
    paged out        | place (3) | in transition |         W | given | file | 0 |
"""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from ...model.fast import backend
from ...spec import entries, paging, table_laws, tables, translation_laws
from ...spec.geometries import Geometry, Right
from ...spec.tables import Tables
from ..tables.machine import ARRAYS, Cells, Machine
from . import engine, table_cells, table_moves, table_points
from .exploration import Exploration, Progress
from .plain import PlainEngine
from .table_calls import TableSystem, word_of
from .table_moves import Setting
from .table_search import Key, key_of

#: Entries of eight bits: write and the two marks.
MARKED = Geometry(
    name="packed",
    title="2 levels of 2 entries",
    index_bits=(1, 1),
    address_bits=8,
    sign_extended=False,
    entry_bytes=4,
    page_shift=3,
    leaf=Right(bits=1 << 2, inverted=False),
    leaf_levels=(1,),
    user=Right(),
    execute=Right(),
    table_rights_levels=(1,),
    accessed=1 << 3,
    dirty=1 << 4,
    global_=0,
    frame=0xE0,
    frame_shift=5,
)
#: Three levels: a map may need two tables, and find but one.
DEEP = attrs.evolve(
    MARKED,
    name="packed-deep",
    title="3 levels of 2 entries",
    index_bits=(1, 1, 1),
    sign_extended=True,
    leaf_levels=(1, 2),
    table_rights_levels=(1, 2),
)
#: Write, user, and a bit that must be zero.
GUARDED = attrs.evolve(
    MARKED,
    name="packed-user",
    title="2 levels of 2 entries, with user pages",
    user=Right(bits=1 << 3, inverted=False),
    accessed=0,
    dirty=0,
    table_accessed=False,
    reserved_table={1: 1 << 4},
    reserved_leaf={0: 1 << 4, 1: 1 << 4 | 1 << 5},
)
#: The specification's other numbers, where an entry or a number beside the tables has eight bits.
NUMBERS = {
    "SHARED": 0xFF,
    "MOST_ENTRIES": 2,
    "FILE_SHIFT": 1,
    "FILE_MASK": 1,
    "GIVEN": 1 << 2,
    "KEEPS_WRITE": 1 << 3,
    "KEEPS_USER": 0,
    "KEEPS_EXECUTE": 0,
    "TRANSITION": 1 << 4,
    "PLACE_SHIFT": 5,
}
_SPECIFICATION = (paging, entries, tables, translation_laws, table_laws)
#: Calls that can be made from one state at most.
MOST_CALLS = 1024
#: What is compiled on its own and called, callees first; all else becomes part of its callers. First the rules, then
#: what is made of them here.
_STEPS = (
    ("is_malformed", "put_entry", "level_of"),
    ("walk", "mapped_at", "take_frame", "give_frame", "back", "unback"),
    ("find_leaf", "is_mappable", "prune_from", "grow", "put_piece", "mark_tables"),
    ("map_page", "unmap_page", "protect_page", "split_page", "page_out", "page_in", "touch"),
)
_MOVES = (("tables_of", "key_of", "may_call"), ("made",))
_LAWS = (
    ("entry_at",),
    ("total", "confined", "guarded", "framed", "split", "unmoved", "mapped", "unmapped", "counted", "atomic"),
)
_POINTS = (
    ("broken_at_slot", "broken_on_way", "broken_counts", "broken_translation", "broken_by_undoing", "broken_on_page"),
    ("broken_in_state", "broken_by_change"),
    ("broken_by_call",),
)


def _gathered() -> types.ModuleType:
    """The functions of the specification on page tables, as one module of it."""
    module = types.ModuleType(f"{tables.__name__}_gathered")
    for home in _SPECIFICATION:
        vars(module).update({name: each for name, each in vars(home).items() if isinstance(each, types.FunctionType)})
    return module


def machine_of(geometry: Geometry, changes: Mapping[str, Any] | None = None) -> Machine:
    """A machine whose states can be packed, on plain integers."""
    return Machine(geometry, changes={**NUMBERS, **(changes or {})})


class Code:
    """The functions for one geometry, bound once: compiled where there is a compiler, and on plain integers."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.plain = not backend.is_compiled()
        self.plain_moves = self._bind(table_moves, plain=True)

    def _bind(self, module: Any, *, plain: bool, called: Mapping[str, Any] | None = None) -> Any:
        cells = backend.packed(table_cells, plain=plain)
        known = {**self.machine.overrides, "load": cells.load_cell, "store_if": cells.store_cell_if}
        return backend.packed(module, {**known, **(called or {})}, plain=plain)

    def _apart(self, module: Any, stages: Sequence[Sequence[str]], called: Mapping[str, Any]) -> dict[str, Any]:
        """Functions of a module that are called, each compiled against those before it."""
        known = dict(called)
        for names in stages if not self.plain else ():
            bound = self._bind(module, plain=False, called=known)
            known |= {name: backend.apart(getattr(bound, name)) for name in names if name not in known}
        return known

    @functools.cached_property
    def _moves(self) -> dict[str, Any]:
        replaced = {name: change for name, change in self.machine.overrides.items() if callable(change)}
        return self._apart(table_moves, _MOVES, self._apart(_gathered(), _STEPS, replaced))

    @functools.cached_property
    def points(self) -> Any:
        """The checks."""
        called = self._apart(
            _gathered(), _LAWS, {name: self._moves[name] for stage in _STEPS for name in stage if name in self._moves}
        )
        called = self._apart(table_points, _POINTS, {**called, **self._moves})
        return self._bind(table_points, plain=self.plain, called=called)

    @functools.cached_property
    def engine(self) -> engine.Engine | PlainEngine:
        """The search."""
        if self.plain:
            return PlainEngine(self.plain_moves.expand)
        moves = self._bind(table_moves, plain=False, called={**self._moves, "put": engine.putter()})
        return engine.Engine(moves.expand, most=MOST_CALLS)


class PackedSearch:
    """All states of one system, in words."""

    def __init__(self, system: TableSystem, code: Code) -> None:
        if system.frames > 3 or system.limit - system.frames > 5:
            raise ValueError(f"what can be packed has up to 3 table frames and 5 others; this is {system}")
        self.system = system
        self.code = code
        self.calls = system.calls()
        if len(self.calls) > MOST_CALLS:
            raise ValueError(f"{len(self.calls)} calls are more than the {MOST_CALLS} that there is room for")
        self.empty = system.machine.empty(system.frames, system.limit)
        calls = np.array([word_of(step) for step in self.calls], np.uint64)
        addresses = np.array(system.addresses, np.uint64)
        sizes = (system.frames, system.limit, self.empty.entries)
        self.plain_setting = Setting(calls, addresses, *sizes)
        self.setting = self.plain_setting if code.plain else Setting(calls, addresses, *map(np.uint64, sizes))

    def search(
        self,
        *,
        stop_on: int = 0,
        threads: int = 1,
        limit: int | None = None,
        progress: Progress | None = None,
        checks: bool = True,
    ) -> Exploration:
        """Visit every state, and ask the laws at each and of each call there; options as in `engine.Engine.search`."""
        asked = [self.code.points.check_state, self.code.points.check_calls] if checks else []
        start = int(self.code.plain_moves.key_of(self._packed_empty()))
        search: Any = self.code.engine
        more = {} if self.code.plain else {"threads": threads}
        outcome: Exploration = search.search(
            start, self.setting, checks=asked, stop_on=stop_on, limit=limit, progress=progress, **more
        )
        return outcome

    def _packed_empty(self) -> Tables:
        arrays = {name: _packed(getattr(self.empty, name)) for name in ARRAYS}
        return self.empty._replace(**arrays)

    def unpacked(self, key: int) -> Key:
        """The key of the same state in a search on plain integers."""
        state = self.code.plain_moves.tables_of(int(key), self.plain_setting)
        arrays = {name: _cells(getattr(state, name), getattr(self.empty, name).size) for name in ARRAYS}
        return key_of(state._replace(**arrays))


def _packed(cells: Cells) -> int:
    return sum(value << 8 * index for index, value in cells.items())


def _cells(packed: int, size: int) -> Cells:
    found = {index: packed >> 8 * index & 0xFF for index in range(size)}
    return Cells(size, {index: value for index, value in found.items() if value})
