"""The exploring judge of regions: every way to cut and fill a small address space.

What is explored, small spaces first, so that a breach is told at its smallest::

    1, 2, 3 and 4 pages         regions that may be read, or written as well, with and without an object behind them
    5 pages                     or what was asked for

A region with an object begins there at its own address or a page later, so that neighbours do, and do not, go on where
the one below them ends. In every state every step is made with every operand, refused ones too, and every search.

A law `holds` only if every space was visited to its end, and every kind of step was both done and refused somewhere. A
breach is told as a shortest run of moves.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import FunctionType, ModuleType
from typing import Any, ClassVar, Unpack

import attrs

from ...model.fast import backend, region_core
from ...model.fast import region_moves as shared
from ...model.fast.region_machine import Machine
from ...spec import regions as rules
from ...spec.law import Law
from ..verdict import Judgement
from . import region_cells as cells
from .asked_moves import AskedMoves, AskedSystem, never_made
from .inquiry import Settings, inquire, up_to
from .packed import PackedCode
from .region_cells import Setting

LAW_BITS = shared.LAW_BITS
#: What fits into a key.
MOST_PAGES = 7
#: The largest space by default; uncompiled, one that can be waited for.
LARGEST, LARGEST_UNCOMPILED = Machine(5), Machine(3)
SMALL = (Machine(1), Machine(2), Machine(3), Machine(4))
#: Kind and skew of a region as bits: two kinds without an object, and two with one, which may begin a page later.
_ANY = (0, 1, 2, 3, 6, 7)
_STEPS = range(shared.STEPS)
#: What the cells take of the moves.
_SHARED = [name for name in vars(cells) if isinstance(vars(shared).get(name), FunctionType)]


def machines(largest: Machine) -> Iterator[Machine]:
    """What is explored, smallest first: `largest`, and before it those that are smaller."""
    return up_to(largest, SMALL, "pages")


def setting_of(machine: Machine) -> Setting:
    """What does not change in a space, as plain integers; a `ValueError` if its states do not fit into a word."""
    if not 1 <= machine.pages <= MOST_PAGES:
        raise ValueError(f"a state must fit into 64 bits: 1 to {MOST_PAGES} pages, not {machine}")
    return Setting(machine.pages)


class Code(PackedCode):
    """The steps and laws of regions, bound to the cells of a key."""

    rules = rules
    # On every page: three steps, a change to each kind, and for each length a new size and every region.
    most_moves = MOST_PAGES * (3 + 4 + MOST_PAGES * (1 + cells.KINDS_AND_SKEWS))

    def bind(self, *, plain: bool, overrides: Mapping[str, Any]) -> Any:
        elements = backend.packed(cells, plain=plain)
        known = self.with_changes({"load": elements.load_element, "store_if": elements.store_element_if}, plain=plain)
        called = region_core.called_moves(lambda module, more: backend.packed(module, {**known, **more}, plain=plain))
        moves = backend.packed(shared, {**known, **called}, plain=plain)
        called = known | {name: getattr(moves, name) for name in _SHARED}
        packing = ("key_of", "regions_of", "is_faithful", "moved")
        called = self.in_turn(cells, called, packing, ("between",), ("ask",), plain=plain)
        return backend.packed(cells, {**called, **overrides}, plain=plain)


class RegionSystem(AskedSystem):
    """The steps in one space, made ready for the search."""

    def __init__(self, machine: Machine, *, code: Code) -> None:
        super().__init__(machine, setting_of(machine), code=code)

    def told(self, label: int) -> str:
        return told(label)

    def broken_by(self, key: int, label: int) -> int:
        moves = self.code.plain_moves
        bits: int = moves.ask(moves.regions_of(key, self.plain_setting), label)
        return bits

    def labels(self) -> Iterator[int]:
        pages = self.machine.pages
        for first, step in itertools.product(range(pages + 1), _STEPS):
            lengths = range(pages + 2 - first) if shared.TAKES_LENGTH >> step & 1 else (0,)
            for length, what in itertools.product(lengths, whats(step)):
                yield cells.label_of(step, first, length, what)


def whats(step: int) -> Sequence[int]:
    """With which kinds and skews a step is judged."""
    if step == shared.INSERT:
        return (*_ANY, cells.TOO_LATE << 2 | 2)
    if step == shared.MAP_RANGE:
        return _ANY
    return {shared.CHANGE: _ANY[:4], shared.PROTECT_RANGE: _ANY[:2]}.get(step, (0,))


def told(label: int) -> str:
    """A move in words."""
    operands = cells.operands_of(label)
    return shared.told(label & cells.OFFSETS, *operands)


@attrs.define
class _Inquiry(AskedMoves):
    """Notes besides which kinds of steps were done and refused."""

    about = "regions"
    unit = "region"
    cells: ClassVar[ModuleType] = cells
    law_bits = LAW_BITS
    uncompiled = f"; the largest space by default has {LARGEST_UNCOMPILED}"

    def unseen(self) -> Iterator[str]:
        return unseen(self.seen)


def unseen(seen: Collection[int]) -> Iterator[str]:
    """What no space brought about, and without which no law is at stake as it should be; `seen` are bits' numbers."""
    return never_made(seen, _STEPS, shared.told, done_at=cells.DONE_AT, refused_at=cells.REFUSED_AT)


def explore_regions(
    laws: Sequence[Law],
    *,
    pages: int | None = None,
    **settings: Unpack[Settings],
) -> Judgement:
    """Hold the steps of the specification of regions against `laws` in every reachable state of small spaces.

    Args:
        laws: the laws to judge, of those in `LAW_BITS`.
        pages: pages of the largest space, from 1 to 7; by default 5, uncompiled 3.
        settings: as `inquiry.Settings` says.

    Raises:
        ValueError: where a setting is out of range, or a law is not about regions.
    """
    largest = largest_of(pages)
    return inquire(_Inquiry(tuple(laws)), machines(largest), RegionSystem, Code, largest=largest, **settings)


def largest_of(pages: int | None) -> Machine:
    """The largest space to explore; a `ValueError` if its states do not fit into a word."""
    usual = LARGEST if backend.is_compiled() else LARGEST_UNCOMPILED
    machine = usual if pages is None else Machine(pages)
    setting_of(machine)
    return machine
