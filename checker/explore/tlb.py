"""The exploring judge of TLBs: every interleaving of fills, evictions, shootdowns and switches on a few cores.

What is explored, small machines first, so that a breach is told at its smallest::

    shared      1 and 2 cores, one space of two pages: pages compete for frames
    tagged      1 and 2 cores, two spaces, one identifier: it must be taken back to be given
    main        the cores that were asked for, two spaces, one of them with two pages, two identifiers

A law `holds` only if every machine was visited to its end. A breach is told as a shortest run of moves.
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
from ...model.fast import tlb_moves as shared
from ...model.fast.tlb_machine import Machine
from ...spec import tlb
from ...spec.law import Law
from ..verdict import INTERRUPTED, Finding, Judgement, Verdict
from . import engine, tlb_moves
from .exploration import Exploration, Progress
from .plain import PlainEngine
from .tlb_moves import Setting

JUDGE, SUBJECT = "explore", "specification"
LAW_BITS = shared.LAW_BITS
#: More cores than this have more states than is of use, and uncompiled, more than can be waited for.
MOST_CORES, MOST_CORES_UNCOMPILED = 3, 1
_DEFAULT_LIMIT = 1 << 26
_BITS = 64


def machines(cores: int) -> Iterator[Machine]:
    """What is explored, smallest first."""
    for few in range(1, min(cores, 2) + 1):
        yield Machine(few, home=(0, 0), identifiers=1)
        yield Machine(few, home=(0, 1), identifiers=1)
    yield Machine(cores)


def setting_of(machine: Machine) -> Setting:
    """What does not change on a machine, as plain integers; a `ValueError` if its states do not fit into a word."""
    ends = list(itertools.accumulate(2 * size for size in machine.sizes))
    pages = len(machine.home)
    most = max(pages, machine.frames, machine.spaces, machine.identifiers)
    if most > tlb_moves.LAST or ends[-1] + 8 > _BITS:
        raise ValueError(f"a state must fit into {_BITS} bits, two for each element; this one is of {machine}")
    extents = [machine.extents(kind) for kind in range(shared.KINDS)]
    firsts, seconds = (sum(pair[at] << 4 * kind for kind, pair in enumerate(extents)) for at in (0, 1))
    home = sum(space << 2 * page for page, space in enumerate(machine.home))
    numbers = (machine.cores, pages, machine.spaces, machine.identifiers, machine.span)
    return Setting(home, *numbers, firsts, seconds, *ends)


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
        pairs = backend.packed(tlb_moves, plain=plain)
        known = {"load": pairs.load_pair, "store_if": pairs.store_pair_if}
        if self.changes:
            changed = types.ModuleType(f"{tlb.__name__}_changed")
            for name, function in self.changes.items():
                vars(changed)[name] = types.FunctionType(function.__code__, vars(tlb), name, function.__defaults__)
            bound = backend.packed(changed, known, plain=plain)
            known |= {name: getattr(bound, name) for name in self.changes}
        moves = backend.packed(shared, known, plain=plain)
        names = ("move", "broken_anywhere", "broken_by_change")
        called = {name: getattr(moves, name) if plain else backend.apart(getattr(moves, name)) for name in names}
        return backend.packed(tlb_moves, {**called, **overrides}, plain=plain)

    @functools.cached_property
    def moves(self) -> Any:
        """Moves and laws for the search."""
        return self.plain_moves if self.plain else self._bind(plain=False, overrides={"put": engine.putter()})

    @functools.cached_property
    def engine(self) -> Any:
        """The search, for any machine."""
        # A core and a page, or a space, for a kind at most; three of each at most.
        most = shared.KINDS * tlb_moves.LAST**2
        return PlainEngine(self.moves.expand) if self.plain else engine.Engine(self.moves.expand, most=most)


class TlbSystem:
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
        progress: Progress | None = None,
    ) -> Exploration:
        """Visit every state that can be reached from the empty one; options as in `engine.Engine.search`."""
        moves, further = self.code.moves, {} if self.code.plain else {"threads": threads}
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

    def last_words(self, key: int, law: str) -> list[str]:
        """Where the breach is of a move and not of the state: that move."""
        moves, setting = self.code.plain_moves, self.plain_setting
        before = moves.tlbs_of(key, setting)
        if law != "L4":
            return []
        for after, label in self.successors(key):
            state = moves.tlbs_of(after, setting)
            if any(moves.broken_by_change(before, state, self.machine.cores, page) for page in range(setting.pages)):
                return [told(label)]
        return []


def told(label: int) -> str:
    """A move in words."""
    kind, first, second = label & 15, label >> tlb_moves.FIRST_AT & 15, label >> tlb_moves.SECOND_AT & 15
    return shared.STORIES[kind].format(first, second)


@attrs.define
class _Inquiry:
    """What has been found out about each law so far."""

    laws: Sequence[Law]
    states: int = 0
    transitions: int = 0
    broken: dict[str, str] = attrs.field(factory=dict)
    gap: str = ""
    sizes: list[str] = attrs.field(factory=list)

    def visit(self, system: TlbSystem, threads: int, limit: int, progress: Progress | None) -> None:
        """Every state of one machine, every law there."""
        asked = sum(LAW_BITS[law.id] for law in self.laws)
        outcome = system.search(stop_on=asked, threads=threads, limit=limit, progress=progress)
        self.states += outcome.states
        self.transitions += outcome.transitions
        self.sizes.append(f"{outcome.states} states of {system.machine}")
        for law in self.laws:
            state = outcome.broken.get(LAW_BITS[law.id].bit_length() - 1)
            if state is not None:
                path = [int(key) for key in outcome.path(state)]
                steps = [*system.story(path), *system.last_words(path[-1], law.id)]
                self.broken[law.id] = f"on {system.machine}: {'; '.join(steps)}"
        if outcome.ended:
            self.gap = f"{outcome.ended} after {outcome.states} states of {system.machine}"
        if outcome.ended == INTERRUPTED:
            raise KeyboardInterrupt

    def finding(self, law: Law) -> Finding:
        if law.id in self.broken:
            return Finding(law.id, Verdict.BROKEN, self.broken[law.id], self.states)
        if self.gap:
            return Finding(law.id, Verdict.UNKNOWN, self.gap, self.states)
        return Finding(law.id, Verdict.HOLDS, "; ".join(self.sizes), self.states)


def explore_tlb(
    laws: Sequence[Law],
    *,
    cores: int | None = None,
    limit: int | None = None,
    threads: int = 1,
    progress: Progress | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Judgement:
    """Hold the steps of the TLB specification against `laws` in every reachable state of small machines.

    Args:
        laws: the laws to judge, of those in `LAW_BITS`.
        cores: cores of the largest machine, from 1 to 3; by default 3, uncompiled 1.
        limit: states of one machine after which it is given up, and its laws are unknown.
        threads: 1 or 2.
        progress: is told what is going on, in a line.
        changes: functions that stand in for those of the specification of the same name.

    Raises:
        ValueError: where a setting is out of range, or a law is not about TLBs.
    """
    started = time.perf_counter()
    cores = cores if cores is not None else (MOST_CORES if backend.is_compiled() else MOST_CORES_UNCOMPILED)
    _require_known(laws, cores, threads, limit)
    inquiry = _Inquiry(tuple(laws))
    code = Code(changes)
    try:
        for machine in machines(cores):
            if progress is not None:
                progress(f"explore: TLBs, {machine}")
            inquiry.visit(TlbSystem(machine, code=code), threads, limit or _DEFAULT_LIMIT, progress)
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
        size=f"TLBs of {Machine(cores)}",
        counts={"TLB states": inquiry.states, "TLB transitions": inquiry.transitions},
        notes=tuple(_notes(threads)),
    )


def _require_known(laws: Iterable[Law], cores: int, threads: int, limit: int | None) -> None:
    if not 1 <= cores <= MOST_CORES or threads not in (1, 2) or (limit is not None and limit < 1):
        raise ValueError(
            f"cores must be from 1 to {MOST_CORES}, threads 1 or 2 and limit at least 1, "
            f"not {cores}, {threads} and {limit}"
        )
    strange = [law.id for law in laws if law.id not in LAW_BITS]
    if strange:
        raise ValueError(f"{', '.join(strange)}: not about TLBs, which {', '.join(LAW_BITS)} are")


def _notes(threads: int) -> Iterator[str]:
    if not backend.is_compiled():
        yield backend.why_not_compiled()
        if threads == 2:
            yield "uncompiled, one thread does all the work"
