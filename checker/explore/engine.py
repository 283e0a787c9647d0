"""Breadth-first search, compiled: every reachable state of a system whose states are words, each exactly once.

The loops are in `sweep`; here is what surrounds them: level after level, in slices that are short enough for an
interruption to be noticed, with tables that grow. Two workers own half of the states each; they expand at the same
time, then exchange what they found of each other's. The number of states, transitions and levels is the same with
either::

    worker 0   expand | receive | expand | receive | check |        next level
    worker 1   expand | receive | expand | receive | check |

Nothing is approximate: a state is its whole key, and what does not fit makes the tables grow or ends the search, which
then says so. A system may number some of its states (`Numbering`): then a bit tells whether such a state is known, and
not its key in a table that is many times as large.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import numpy as np

from ...model.fast import backend
from ..verdict import INTERRUPTED
from . import sweep
from .exploration import BREACHED, Check, Expand, Exploration, Progress, is_breached

#: States that one call of compiled code expands or checks: some milliseconds.
_SLICE = 1 << 14
_LETTERS = 1 << 16
_BITS = 64
#: Parents are kept in 32 bits, one of which may tell the owner.
_MOST_STATES = 1 << 31


@attrs.frozen
class Numbering:
    """What `number_of(key, lists)` needs to number states from 0 up to, but not including, `size`.

    It must give different numbers to different keys, or none: `size` or more. Any key may be left without one.
    """

    size: int
    lists: Any = attrs.field(eq=False, repr=False)


#: No state has a number.
UNNUMBERED = Numbering(0, np.zeros(1, np.uint64))


@attrs.define
class _Worker:
    """One owner's states, with its table and buffers (`sweep`)."""

    own: int
    workers: int
    most: int
    numbering: Numbering
    bitmap: Any = attrs.field(init=False)
    fields: Any = attrs.field(init=False)
    table: Any = attrs.field(init=False)
    keys: Any = attrs.field(init=False)
    parents: Any = attrs.field(init=False)
    batch: Any = attrs.field(init=False)
    post: Any = attrs.field(init=False)
    found: dict[int, Any] = attrs.field(factory=dict)
    checked: int = 0

    def __attrs_post_init__(self) -> None:
        room = max(8192, 4 * self.most)
        letters = max(_LETTERS, 4 * room) if self.workers == 2 else room
        self.keys, self.parents = np.empty(0, np.uint64), np.empty(0, np.uint32)
        words = [np.empty(room, np.uint64) for _ in range(3)]
        self.batch = (words[0], np.empty(room, np.uint32), words[1], words[2])
        self.post = (np.empty(letters, np.uint64), np.empty(letters, np.uint32))
        self.fields = np.zeros(sweep.FIELDS, np.uint64)
        self.fields[sweep.SPLIT] = self.workers - 1
        self.fields[sweep.SELF] = self.own
        self.fields[sweep.OUTBOX] = letters
        self.fields[sweep.ROOM] = room
        self.fields[sweep.MOST] = self.most
        self.fields[sweep.NUMBERS] = self.numbering.size
        self.bitmap = np.zeros(self.numbering.size // _BITS + 1, np.uint64)

    def field(self, index: int) -> int:
        return int(self.fields[index])

    @property
    def states(self) -> int:
        return self.field(sweep.STATES)

    @property
    def next(self) -> int:
        return self.field(sweep.NEXT)

    @property
    def known(self) -> tuple[Any, Any, Any]:
        """What tells whether a state is known: table, bitmap, and what its number is made of."""
        return self.table, self.bitmap, self.numbering.lists

    def make_room(self, more: int, refill: Callable[..., None]) -> None:
        """Make room for so many more states, hashed or not; what must grow is doubled at least."""
        states, hashed = self.states, self.field(sweep.HASHED)
        if states + more > self.field(sweep.CAPACITY):
            self.reserve(2 * states + more)
        if hashed + more > self.field(sweep.HASHED_CAPACITY):
            self.reserve_hashed(2 * hashed + more, refill)

    def reserve(self, states: int) -> None:
        """Arrays for so many states."""
        self.keys, self.parents = (_resized(old, states) for old in (self.keys, self.parents))
        self.fields[sweep.CAPACITY] = states

    def reserve_hashed(self, states: int, refill: Callable[..., None]) -> None:
        """A table for so many; it stays at most five eighths full."""
        size = 1 << (max(states, 1024) * 8 // 5).bit_length()
        self.table = np.full(size, sweep.NOTHING, np.uint64)
        self.fields[sweep.SHIFT] = _BITS + 1 - size.bit_length()
        self.fields[sweep.LAST_PLACE] = size - 1
        self.fields[sweep.HASHED_CAPACITY] = size * 5 // 8
        refill(self.known, self.keys, self.fields)


def _resized(old: Any, size: int) -> Any:
    new = np.empty(size, old.dtype)
    new[: old.size] = old
    return new


class Engine:
    """Breadth-first search over a compiled system.

    `expand` and the checks are functions bound by `packed` or `compiled`, `expand` with `putter()` as its `put`;
    `most` is the largest number of successors that a state can have, and `number_of` numbers states as `Numbering`
    demands. Machine code is made on first use.
    """

    def __init__(self, expand: Expand, *, most: int, number_of: Callable[..., Any] | None = None) -> None:
        own = {"expand": expand} if number_of is None else {"expand": expand, "number_of": number_of}
        self._kernels = backend.compiled(sweep, own)
        self._most = most
        self._inspectors: dict[Check, Callable[..., None]] = {}

    def _inspector(self, check: Check) -> Callable[..., None]:
        if check not in self._inspectors:
            self._inspectors[check] = backend.compiled(sweep, {"check": check}).inspect
        return self._inspectors[check]

    def search(
        self,
        start: int,
        setting: Any,
        *,
        checks: Sequence[Check] = (),
        stop_on: int = 0,
        threads: int = 1,
        limit: int | None = None,
        expected: int = 0,
        numbering: Numbering = UNNUMBERED,
        expanding: Any = None,
        progress: Progress | None = None,
    ) -> Exploration:
        """Visit every state that can be reached from `start`.

        The checks are asked at every state, level after level. The search ends one level after a law of the bits
        `stop_on` is broken (what a check finds at a call is seen at the next state as well), when there are more than
        `limit` states, or on an interruption (Ctrl-C). `expected` states are made room for at once. `expanding`
        is what `expand` gets in the place of `setting`, where the checks need less. Threads may be 1 or 2.
        """
        if threads not in (1, 2):
            raise ValueError(f"threads must be 1 or 2, not {threads}")
        with ThreadPoolExecutor(1) as pool:
            run = _Run(
                self._kernels,
                [self._inspector(check) for check in checks],
                setting,
                setting if expanding is None else expanding,
                [_Worker(own, threads, self._most, numbering) for own in range(threads)],
                pool,
            )
            try:
                run.begin(start, expected)
                ended = run.visit(stop_on, min(limit or _MOST_STATES, _MOST_STATES), progress)
            except KeyboardInterrupt:
                ended = INTERRUPTED
        return run.outcome(start, ended)


def putter() -> Callable[..., Any]:
    """What a system's kernel module is given as `put(buffer, index, key, label)`, to write for the engine."""
    put: Callable[..., Any] = backend.compiled(sweep).put
    return put


@attrs.define
class _Run:
    """One search: its workers, and how far they are.

    `levels` holds for each depth how many states each worker had when all states of that depth were known.
    """

    kernels: Any
    inspectors: list[Callable[..., None]]
    setting: Any
    expanding: Any
    workers: list[_Worker]
    pool: ThreadPoolExecutor
    depth: int = 0
    levels: list[Sequence[int]] = attrs.field(factory=list)

    @property
    def states(self) -> int:
        return sum(worker.states for worker in self.workers)

    def begin(self, start: int, expected: int) -> None:
        owner = (start * sweep.MIX >> _BITS - 1) % len(self.workers) & 1
        for worker in self.workers:
            # Hashes do not halve the states exactly.
            share = expected if len(self.workers) == 1 else expected // 2 + expected // 256
            share += 2 * worker.field(sweep.ROOM)
            worker.reserve(share)
            worker.reserve_hashed(0 if worker.numbering.size else share, self.kernels.refill)
        self.receive(self.workers[owner], (np.array([start], np.uint64), np.array([owner], np.uint32)), 1)

    def visit(self, stop_on: int, limit: int, progress: Progress | None) -> str:
        """Level after level; returns why the search ended, or nothing where it came to its end."""
        breached = False
        while True:
            self.check()
            ends = [worker.states for worker in self.workers]
            self.levels.append(ends)
            if all(worker.next == end for worker, end in zip(self.workers, ends, strict=True)):
                return ""
            if breached:
                return BREACHED
            breached = is_breached(stop_on, self.broken())
            while any(worker.next < end for worker, end in zip(self.workers, ends, strict=True)):
                self.expand(ends)
                if self.states > limit:
                    return f"the limit of {limit} states was reached"
                if progress is not None:
                    progress(f"explore: {self.states} states, depth {self.depth}")
            self.depth += self.states > sum(ends)

    def expand(self, ends: Sequence[int]) -> None:
        """One slice of each worker, then the exchange."""
        for worker in self.workers:
            worker.make_room(2 * worker.field(sweep.ROOM), self.kernels.refill)
        # Two workers wait for one another after each slice, so theirs are longer.
        size = _SLICE * len(self.workers) ** 2
        self.together(lambda worker: self.advance(worker, min(ends[worker.own], worker.next + size)))
        if len(self.workers) == 2:
            letters = [worker.field(sweep.SENT) for worker in self.workers]
            posts = [worker.post for worker in self.workers]
            self.together(lambda worker: self.receive(worker, posts[1 - worker.own], letters[1 - worker.own]))
            for worker in self.workers:
                worker.fields[sweep.SENT] = 0

    def advance(self, worker: _Worker, until: int) -> None:
        self.kernels.advance(
            np.uint64(until),
            self.expanding,
            worker.known,
            worker.keys,
            worker.parents,
            worker.batch,
            worker.post,
            worker.fields,
        )

    def receive(self, worker: _Worker, post: tuple[Any, Any], letters: int) -> None:
        # Most letters tell of states that are known: room for all of them at once would be for nothing.
        portion = 2 * worker.field(sweep.ROOM)
        for first in range(0, letters, portion):
            stop = min(first + portion, letters)
            worker.make_room(stop - first, self.kernels.refill)
            self.kernels.receive(
                *post, np.uint64(first), np.uint64(stop), worker.known, worker.keys, worker.parents, worker.fields
            )

    def check(self) -> None:
        """Ask the laws at every state that is new."""
        if self.inspectors:
            self.together(self.inspect)

    def inspect(self, worker: _Worker) -> None:
        while worker.checked < worker.states:
            stop = min(worker.checked + _SLICE, worker.states)
            for index, inspector in enumerate(self.inspectors):
                found = worker.found.setdefault(index, np.zeros(_BITS, np.uint64))
                inspector(np.uint64(worker.checked), np.uint64(stop), self.setting, worker.keys, found)
            worker.checked = stop

    def together(self, work: Callable[[_Worker], None]) -> None:
        """Let each worker do its part, at the same time."""
        others = [self.pool.submit(work, worker) for worker in self.workers[1:]]
        try:
            work(self.workers[0])
        finally:
            for other in others:
                other.result()

    def broken(self) -> dict[int, int]:
        """A state of the least depth that breaks each law; a state's number tells its owner too."""
        first: dict[int, int] = {}
        for worker in self.workers:
            for found in worker.found.values():
                for law in np.flatnonzero(found):
                    state = self.number(int(found[law]) - 1, worker.own)
                    first[int(law)] = min(state, first.get(int(law), state), key=self.rank)
        return first

    def rank(self, state: int) -> tuple[int, int]:
        """How deep a state is, and then its number: two workers' numbers alone do not tell which is deeper."""
        index, own = divmod(state, len(self.workers))
        return bisect.bisect_right([ends[own] for ends in self.levels], index), state

    def number(self, index: int, own: int) -> int:
        return index * len(self.workers) + own

    def outcome(self, start: int, ended: str) -> Exploration:
        workers, count = self.workers, len(self.workers)
        owner = next((worker.own for worker in workers if worker.states and int(worker.keys[0]) == start), 0)
        return Exploration(
            states=self.states,
            transitions=sum(worker.field(sweep.TRANSITIONS) for worker in workers),
            depth=self.depth,
            checked=sum(worker.checked for worker in workers),
            broken=self.broken(),
            ended=ended,
            parents=lambda state: int(workers[state % count].parents[state // count]),
            keys=lambda state: int(workers[state % count].keys[state // count]),
            start=owner,
        )
