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
import time
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from ...model.fast import backend
from ...model.fast import page_moves as shared
from ...model.fast.page_machine import Machine
from ...spec import pages as rules
from ...spec.law import Law
from ..verdict import INTERRUPTED, Finding, Judgement, Verdict
from . import engine, page_cells
from .exploration import Exploration, Progress
from .page_cells import Setting
from .plain import PlainEngine

JUDGE, SUBJECT = "explore", "specification"
LAW_BITS = shared.LAW_BITS
#: What fits into a key.
MOST_PAGES, MOST_FRAMES = 8, 6
#: The largest machine by default; uncompiled, one that can be waited for.
LARGEST, LARGEST_UNCOMPILED = Machine(8, 3), Machine(4, 2)
SMALL = (Machine(1, 1), Machine(2, 1), Machine(3, 2), Machine(3, 2, limit=2))
_DEFAULT_LIMIT = 1 << 26
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


class Code:
    """The steps and laws bound once to packed states: compiled where there is a compiler, and on plain integers.

    `changes` replaces functions of the specification by name with others that are bound in their place: to learn what
    a wrong rule would do.
    """

    def __init__(self, changes: Mapping[str, Any] | None = None) -> None:
        self.changes = dict(changes or {})
        self.plain = not backend.is_compiled()
        self.plain_moves = self._bind(plain=True, overrides={})

    def _bind(self, *, plain: bool, overrides: Mapping[str, Any]) -> Any:
        cells = backend.packed(page_cells, plain=plain)
        known = {"load": cells.load_element, "store_if": cells.store_element_if}
        if self.changes:
            changed = types.ModuleType(f"{rules.__name__}_changed")
            for name, function in self.changes.items():
                vars(changed)[name] = types.FunctionType(function.__code__, vars(rules), name, function.__defaults__)
            bound = backend.packed(changed, known, plain=plain)
            known |= {name: getattr(bound, name) for name in self.changes}
        moves = backend.packed(shared, known, plain=plain)
        called = {name: self._apart(moves, name, plain) for name in ("move", "broken_anywhere", "broken_by_move")}
        # What is asked in ten places is compiled once, callees first; `follow` is faster as a part of the search.
        for name in ("between", "ask"):
            called[name] = self._apart(backend.packed(page_cells, called, plain=plain), name, plain)
        return backend.packed(page_cells, {**called, **overrides}, plain=plain)

    @staticmethod
    def _apart(bound: Any, name: str, plain: bool) -> Any:
        return getattr(bound, name) if plain else backend.apart(getattr(bound, name))

    @functools.cached_property
    def moves(self) -> Any:
        """Moves and laws for the search."""
        if self.plain:
            return self.plain_moves
        writing = backend.packed(page_cells, {"put": engine.putter()})
        return self._bind(plain=False, overrides={"put_if": writing.overwrite})

    @functools.cached_property
    def engine(self) -> Any:
        """The search, for any machine."""
        # Every kind on every page and with every frame, and one more that is overwritten.
        most = shared.KINDS * MOST_PAGES * MOST_FRAMES + 1
        return PlainEngine(self.moves.expand) if self.plain else engine.Engine(self.moves.expand, most=most)


class PageSystem:
    """The steps on one machine, made ready for the search."""

    def __init__(self, machine: Machine, *, code: Code) -> None:
        self.machine = machine
        self.code = code
        self.plain_setting = setting_of(machine)

    def search(
        self,
        *,
        stop_on: int = 0,
        checks: Sequence[str] = ("state", "moves"),
        threads: int = 1,
        limit: int | None = None,
        expected: int = 0,
        progress: Progress | None = None,
    ) -> Exploration:
        """Visit every state that can be reached from the empty one; options as in `engine.Engine.search`."""
        moves, further = self.code.moves, {} if self.code.plain else {"threads": threads, "expected": expected}
        word = int if self.code.plain else np.uint64
        outcome: Exploration = self.code.engine.search(
            0,
            Setting(*map(word, self.plain_setting)),
            checks=[getattr(moves, f"check_{name}") for name in checks],
            stop_on=stop_on,
            limit=limit,
            progress=progress,
            **further,
        )
        return outcome

    def successors(self, key: int) -> list[tuple[int, int]]:
        """The key after each move, with its label."""
        found: list[tuple[int, int]] = []
        self.code.plain_moves.expand(key, self.plain_setting, found, 0)
        return found

    def story(self, path: Sequence[int]) -> list[str]:
        """The moves that lead along a path of keys, in words."""
        lines = []
        for here, there in itertools.pairwise(path):
            lines.append(told(next(label for key, label in self.successors(int(here)) if key == int(there))))
        return lines

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
class _Inquiry:
    """What has been found out about each law so far."""

    laws: Sequence[Law]
    states: int = 0
    transitions: int = 0
    broken: dict[str, str] = attrs.field(factory=dict)
    gap: str = ""
    sizes: list[str] = attrs.field(factory=list)
    seen: set[int] = attrs.field(factory=set)

    def visit(self, system: PageSystem, threads: int, limit: int, progress: Progress | None) -> None:
        """Every state of one machine, every law there."""
        asked = sum(LAW_BITS[law.id] for law in self.laws)
        stop_on = asked | asked << page_cells.BY_MOVE_AT | page_cells.UNFIT
        outcome = system.search(stop_on=stop_on, threads=threads, limit=limit, progress=progress)
        self.states += outcome.states
        self.transitions += outcome.transitions
        self.sizes.append(f"{outcome.states} states of {system.machine}")
        self.seen |= set(outcome.broken)
        for law in self.laws:
            stories = list(stories_of(system, outcome, LAW_BITS[law.id]))
            if stories:
                shortest = min(stories, key=len)
                self.broken[law.id] = f"on {system.machine}: {'; '.join(shortest)}"
        if page_cells.UNFIT.bit_length() - 1 in outcome.broken:
            self.gap = f"a state of {system.machine} does not fit into a word"
        if outcome.ended:
            self.gap = self.gap or f"{outcome.ended} after {outcome.states} states of {system.machine}"
        if outcome.ended == INTERRUPTED:
            raise KeyboardInterrupt

    def finding(self, law: Law) -> Finding:
        if law.id in self.broken:
            return Finding(law.id, Verdict.BROKEN, self.broken[law.id], self.states)
        gap = self.gap or "; ".join(unseen(self.seen))
        if gap:
            return Finding(law.id, Verdict.UNKNOWN, gap, self.states)
        return Finding(law.id, Verdict.HOLDS, "; ".join(self.sizes), self.states)


def stories_of(system: PageSystem, outcome: Exploration, law: int) -> Iterator[list[str]]:
    """The ways to the first state that breaks a law, and to the first move that does."""
    bits = {law: False, law << page_cells.BY_MOVE_AT: True}
    for bit, is_move in bits.items():
        state = outcome.broken.get(bit.bit_length() - 1)
        if state is not None:
            path = [int(key) for key in outcome.path(state)]
            yield [*system.story(path), *([system.breaking(path[-1], bit)] if is_move else [])]


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
    started = time.perf_counter()
    largest = largest_of(pages, frames)
    _require_known(laws, threads, limit)
    inquiry = _Inquiry(tuple(laws))
    code = Code(changes)
    try:
        for machine in machines(largest):
            if progress is not None:
                progress(f"explore: pages, {machine}")
            inquiry.visit(PageSystem(machine, code=code), threads, limit or _DEFAULT_LIMIT, progress)
            if inquiry.broken or inquiry.gap:
                inquiry.gap = inquiry.gap or f"ended at a breach on {machine}"
                break
    except KeyboardInterrupt:
        inquiry.gap = INTERRUPTED
    return Judgement(
        JUDGE,
        SUBJECT,
        [inquiry.finding(law) for law in laws],
        seconds=time.perf_counter() - started,
        size=f"page states of {largest}",
        counts={"page states": inquiry.states, "page transitions": inquiry.transitions},
        notes=tuple(_notes(threads)),
    )


def largest_of(pages: int | None, frames: int | None) -> Machine:
    """The largest machine to explore; a `ValueError` if its states do not fit into a word."""
    usual = LARGEST if backend.is_compiled() else LARGEST_UNCOMPILED
    machine = Machine(usual.pages if pages is None else pages, usual.frames if frames is None else frames)
    setting_of(machine)
    return machine


def _require_known(laws: Iterable[Law], threads: int, limit: int | None) -> None:
    if threads not in (1, 2) or (limit is not None and limit < 1):
        raise ValueError(f"threads must be 1 or 2 and limit at least 1, not {threads} and {limit}")
    strange = [law.id for law in laws if law.id not in LAW_BITS]
    if strange:
        raise ValueError(f"{', '.join(strange)}: not about page states, which {', '.join(LAW_BITS)} are")


def _notes(threads: int) -> Iterator[str]:
    if not backend.is_compiled():
        yield f"{backend.why_not_compiled()}; the largest machine by default is {LARGEST_UNCOMPILED}"
        if threads == 2:
            yield "uncompiled, one thread does all the work"
