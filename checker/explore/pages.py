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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from ...model.fast import backend
from ...model.fast import page_moves as shared
from ...model.fast.page_machine import Machine
from ...spec import pages as rules
from ...spec.law import Law
from ..verdict import Judgement
from . import engine, page_cells, page_numbers, page_outcomes, page_watch
from .exploration import Exploration, Progress
from .inquiry import Inquiry, inquire, require_known, require_settings, uncompiled_notes
from .packed import PackedCode, PackedSystem
from .page_cells import Setting
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
    for machine in SMALL:
        if machine != largest and machine.pages <= largest.pages and machine.frames <= largest.frames:
            yield machine
    yield largest


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
        for name in ("between", "ask"):
            called[name] = self.apart(backend.packed(page_cells, called, plain=plain), name, plain=plain)
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


class PageSystem(PackedSystem):
    """The steps on one machine, made ready for the search."""

    def __init__(self, machine: Machine, *, code: Code) -> None:
        super().__init__(machine, setting_of(machine), code=code)

    def told(self, label: int) -> str:
        return told(label)

    def setting(self) -> Any:
        plain = super().setting()
        return plain if self.code.plain else page_outcomes.Setting(plain.pages, plain.frames, plain.limit, self.outcomes)

    @functools.cached_property
    def outcomes(self) -> page_outcomes.Outcomes:
        """What every move comes to on this machine."""
        return page_watch.outcomes_of(self.code.watched(), self.machine)

    def numbering(self) -> engine.Numbering:
        return numbering_of(self.machine) if self.code.numbered else engine.UNNUMBERED

    def breaking(self, key: int, law: int) -> str:
        """The first move from a state that breaks the law of this bit, in words."""
        for label in self.labels():
            kind, page, frame = parts_of(label)
            before = self.code.plain_moves.pages_of(key, self.plain_setting)
            after, _ = self.code.plain_moves.move(before, kind, page, frame)
            if self.code.plain_moves.between(before, after, page, self.plain_setting) & law:
                return told(label)
        raise AssertionError("no move breaks what the search found broken")

    def labels(self) -> Iterator[int]:
        """All moves that there are, by page."""
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


@attrs.define
class _Inquiry(Inquiry):
    """Notes besides which kinds of moves were done and refused."""

    about = "page states"
    unit = "page"

    seen: set[int] = attrs.field(factory=set)

    def stop_on(self) -> int:
        asked = sum(LAW_BITS[law.id] for law in self.laws)
        return asked | asked << page_cells.BY_MOVE_AT | page_cells.UNFIT

    def stories(self, system: PageSystem, outcome: Exploration, law: Law) -> Iterator[list[str]]:
        """The way to the first state that breaks a law, and to the first move that does."""
        bit = LAW_BITS[law.id]
        for asked, is_move in {bit: False, bit << page_cells.BY_MOVE_AT: True}.items():
            state = outcome.broken.get(asked.bit_length() - 1)
            if state is not None:
                path = [int(key) for key in outcome.path(state)]
                yield [*system.story(path), *([system.breaking(path[-1], asked)] if is_move else [])]

    def left_open(self, system: PageSystem, outcome: Exploration) -> str:
        self.seen |= set(outcome.broken)
        if page_cells.UNFIT.bit_length() - 1 in outcome.broken:
            return f"a state of {system.machine} does not fit into a word"
        return super().left_open(system, outcome)

    def unseen(self) -> Iterator[str]:
        return unseen(self.seen)


def unseen(seen: Iterable[int]) -> Iterator[str]:
    """What no machine brought about, and without which no law is at stake as it should be; `seen` are bits' numbers."""
    kinds = range(shared.KINDS)
    for first, what in ((page_cells.DONE_AT, "done"), (page_cells.REFUSED_AT, "refused")):
        missing = [shared.STORIES[kind].format("...", "...") for kind in kinds if first + kind not in seen]
        if missing:
            yield f"never {what}: {', '.join(missing)}"
    if page_cells.LIMITED.bit_length() - 1 not in seen:
        yield "never was a commitment refused for the limit alone"


def explore_pages(
    laws: Sequence[Law],
    *,
    pages: int | None = None,
    frames: int | None = None,
    limit: int | None = None,
    threads: int = 1,
    progress: Progress | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Judgement:
    """Hold the steps of the specification of page states against `laws` in every reachable state of small machines.

    Args:
        laws: the laws to judge, of those in `LAW_BITS`.
        pages: pages of the largest machine, from 1 to 8; by default 8, uncompiled 4.
        frames: frames of the largest machine, from 1 to 6; by default 3, uncompiled 2.
        limit: states of one machine after which it is given up, and its laws are unknown.
        threads: 1 or 2.
        progress: is told what is going on, in a line.
        changes: functions that stand in for those of the specification of the same name.

    Raises:
        ValueError: where a setting is out of range, or a law is not about page states.
    """
    largest = largest_of(pages, frames)
    require_settings(threads, limit)
    require_known(laws, LAW_BITS, _Inquiry.about)
    code = Code(changes)
    return inquire(
        _Inquiry(tuple(laws)),
        machines(largest),
        lambda machine: PageSystem(machine, code=code),
        largest=largest,
        limit=limit,
        threads=threads,
        progress=progress,
        notes=tuple(uncompiled_notes(threads, further=f"; the largest machine by default is {LARGEST_UNCOMPILED}")),
    )


def largest_of(pages: int | None, frames: int | None) -> Machine:
    """The largest machine to explore; a `ValueError` if its states do not fit into a word."""
    usual = LARGEST if backend.is_compiled() else LARGEST_UNCOMPILED
    machine = Machine(usual.pages if pages is None else pages, usual.frames if frames is None else frames)
    setting_of(machine)
    return machine
