"""The exploring judge of page states: every order of reservations, commitments, faults, writes and evictions.

What is explored, small machines first, so that a breach is told at its smallest::

    1 page, 1 frame             each kind of move that there is, alone
    2 pages, 1 frame            they compete for the frame
    3 pages, 2 frames           once with room for all in the commit limit, once with room for two
    8 pages, 3 frames           or what was asked for

A law `holds` only if every machine was visited to its end, and every kind of move was both done and refused somewhere,
a commitment for want of room too. A breach is told as a shortest run of moves.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, ClassVar, Unpack

import attrs
import numpy as np

from ...model.fast import backend
from ...model.fast import page_moves as shared
from ...model.fast.page_machine import Machine
from ...spec import pages as rules
from ...spec.law import Law
from ..verdict import Judgement
from . import engine, page_cells, page_numbers, page_outcomes, page_watch
from .asked_moves import AskedMoves, AskedSystem, never_made
from .inquiry import Settings, inquire, up_to
from .packed import PackedCode
from .page_cells import DONE_AT, REFUSED_AT, Setting
from .page_halves import numbering_of

LAW_BITS = shared.LAW_BITS
#: What fits into a key.
MOST_PAGES, MOST_FRAMES = 8, 6
#: The largest machine by default; uncompiled, one that can be waited for.
LARGEST, LARGEST_UNCOMPILED = Machine(8, 3), Machine(4, 2)
SMALL = (Machine(1, 1), Machine(2, 1), Machine(3, 2), Machine(3, 2, limit=2))
_OPERAND = 15


def machines(largest: Machine) -> Iterator[Machine]:
    """What is explored, smallest first: `largest`, and before it those that are no larger."""
    return up_to(largest, SMALL, "pages", "frames")


def setting_of(machine: Machine) -> Setting:
    """What does not change on a machine, as plain integers; a `ValueError` if its states do not fit into a word."""
    sizes = (machine.pages, machine.frames, machine.limit)
    if not (1 <= sizes[0] <= MOST_PAGES and 1 <= sizes[1] <= MOST_FRAMES and 0 <= sizes[2] <= page_cells.CHARGES):
        raise ValueError(
            f"a state must fit into 64 bits: 1 to {MOST_PAGES} pages, 1 to {MOST_FRAMES} frames; {machine}"
        )
    return Setting(*sizes)


class Code(PackedCode):
    """The steps and laws of page states, bound to the cells of a key."""

    rules = rules
    # Every kind on every page and with every frame, and one more that is overwritten.
    most_moves = shared.KINDS * MOST_PAGES * MOST_FRAMES + 1

    def __init__(self, changes: Mapping[str, Any] | None = None, *, numbered: bool = True) -> None:
        super().__init__(changes)
        self.numbered = numbered

    def bind(self, *, plain: bool, overrides: Mapping[str, Any]) -> Any:
        cells = backend.packed(page_cells, plain=plain)
        known = self.with_changes({"load": cells.load_element, "store_if": cells.store_element_if}, plain=plain)
        moves = backend.packed(shared, known, plain=plain)
        names = ("move", "broken_anywhere", "broken_by_move")
        called = {name: self.apart(moves, name, plain=plain) for name in names}
        # What is asked in ten places is compiled once, callees first; `follow` is faster as a part of the search.
        called = self.in_turn(page_cells, called, ("between",), ("ask",), plain=plain)
        return backend.packed(page_cells, {**called, **overrides}, plain=plain)

    def overrides(self) -> Mapping[str, Any]:
        return {"put_if": backend.packed(page_cells, super().overrides()).overwrite}

    def expand(self) -> Any:
        # What is in no table is rare: it is called, and not a second time a part of the search.
        return backend.compiled(page_outcomes, {"asked": backend.apart(self.moves.expand)}).expand

    def watched(self) -> page_watch.Move:
        """A move as it is bound for `page_watch`."""
        known = self.with_changes({"load": page_watch.load, "store_if": page_watch.store_if}, plain=True)
        move: page_watch.Move = backend.packed(shared, known, plain=True).move
        return move

    def number_of(self) -> Any:
        return backend.compiled(page_numbers).number_of if self.numbered else None


class PageSystem(AskedSystem):
    """The steps on one machine, made ready for the search."""

    def __init__(self, machine: Machine, *, code: Code) -> None:
        super().__init__(machine, setting_of(machine), code=code)

    def told(self, label: int) -> str:
        return told(label)

    def expanding(self) -> page_outcomes.Setting:
        pages, frames, limit = map(np.uint64, self.plain_setting)
        return page_outcomes.Setting(pages, frames, limit, self.outcomes)

    @functools.cached_property
    def outcomes(self) -> page_outcomes.Outcomes:
        """What every move comes to on this machine."""
        return page_watch.outcomes_of(self.code.watched(), self.machine)

    def numbering(self) -> engine.Numbering:
        return numbering_of(self.machine) if self.code.numbered else engine.UNNUMBERED

    def broken_by(self, key: int, label: int) -> int:
        kind, page, frame = parts_of(label)
        moves, setting = self.code.plain_moves, self.plain_setting
        before = moves.pages_of(key, setting)
        after, _ = moves.move(before, kind, page, frame)
        bits: int = moves.between(before, after, page, setting)
        return bits

    def labels(self) -> Iterator[int]:
        for page, kind in itertools.product(range(self.machine.pages), range(shared.KINDS)):
            for frame in range(self.machine.frames if shared.TAKES_FRAME >> kind & 1 else 1):
                yield kind | page << page_cells.PAGE_AT | frame << page_cells.FRAME_AT


def parts_of(label: int) -> tuple[int, int, int]:
    """Kind, page and frame of a move."""
    return label & _OPERAND, label >> page_cells.PAGE_AT & _OPERAND, label >> page_cells.FRAME_AT & _OPERAND


def told(label: int) -> str:
    """A move in words."""
    kind, page, frame = parts_of(label)
    return shared.STORIES[kind].format(page, frame)


def general(kind: int) -> str:
    """A kind of move in words."""
    return shared.STORIES[kind].format("...", "...")


@attrs.define
class _Inquiry(AskedMoves):
    """Notes besides which kinds of moves were done and refused."""

    about = "page states"
    unit = "page"
    cells: ClassVar[ModuleType] = page_cells
    law_bits = LAW_BITS
    uncompiled = f"; the largest machine by default is {LARGEST_UNCOMPILED}"

    def unseen(self) -> Iterator[str]:
        return unseen(self.seen)


def unseen(seen: Collection[int]) -> Iterator[str]:
    """What no machine brought about, and without which no law is at stake as it should be; `seen` are bits' numbers."""
    yield from never_made(seen, range(shared.KINDS), general, done_at=DONE_AT, refused_at=REFUSED_AT)
    if page_cells.LIMITED.bit_length() - 1 not in seen:
        yield "never was a commitment refused for the limit alone"


def explore_pages(
    laws: Sequence[Law],
    *,
    pages: int | None = None,
    frames: int | None = None,
    **settings: Unpack[Settings],
) -> Judgement:
    """Hold the steps of the specification of page states against `laws` in every reachable state of small machines.

    Args:
        laws: the laws to judge, of those in `LAW_BITS`.
        pages: pages of the largest machine, from 1 to 8; by default 8, uncompiled 4.
        frames: frames of the largest machine, from 1 to 6; by default 3, uncompiled 2.
        settings: as `inquiry.Settings` says.

    Raises:
        ValueError: where a setting is out of range, or a law is not about page states.
    """
    largest = largest_of(pages, frames)
    return inquire(_Inquiry(tuple(laws)), machines(largest), PageSystem, Code, largest=largest, **settings)


def largest_of(pages: int | None, frames: int | None) -> Machine:
    """The largest machine to explore; a `ValueError` if its states do not fit into a word."""
    usual = LARGEST if backend.is_compiled() else LARGEST_UNCOMPILED
    machine = Machine(usual.pages if pages is None else pages, usual.frames if frames is None else frames)
    setting_of(machine)
    return machine
