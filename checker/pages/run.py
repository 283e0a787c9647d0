"""The judge of compiled page states: the specification's steps and laws as machine code, over millions of random moves.

Many short runs on small machines first, every law at every point after each move; then a machine with thousands of
pages, with the laws at the points that each move touches and everywhere now and then.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs
import numpy as np

from ...model.fast import page_moves
from ...model.fast.backend import compiled, is_compiled, why_not_compiled
from ...model.fast.page_machine import Machine, draw, empty_arrays
from ...spec.algebra import Backend
from ...spec.law import Law
from ..verdict import Finding, Judgement, Verdict

SUBJECT = "model:compiled"
SMALL = (Machine(1, frames=1), Machine(2, frames=1), Machine(4, frames=3, limit=2), Machine(6, frames=4, limit=5))
LARGE = Machine(4096, frames=700, limit=2600)
_EPISODE, _EPISODES = 2_000, 25
_CHUNK = 1_000_000
#: Moves between two times that every law is asked everywhere.
_AUDITED = 1 << 17
#: How many moves on plain integers stand for a million compiled ones.
_UNCOMPILED_SHARE = 500
#: What a law must have met besides every kind of move, done and refused.
_PREMISES = {"F2": "every frame is used", "V4": "the charge is at the limit"}


@functools.cache
def kernels() -> Backend:
    """The moves, compiled once."""
    return compiled(page_moves)


@attrs.frozen
class _Breach:
    bits: int
    because: str


@attrs.define
class _Court:
    """What has been counted and found so far."""

    seed: int
    made: int = 0
    counts: np.ndarray[Any, Any] = attrs.field(factory=lambda: np.zeros(2 * page_moves.KINDS, np.uint64))
    met: set[str] = attrs.field(factory=set)
    breach: _Breach | None = None

    def play(self, machine: Machine, moves: int, audited: int, stream: Sequence[int]) -> None:
        """So many moves on a machine that is empty at first, in chunks."""
        generator = np.random.default_rng([self.seed, *stream])
        pages, made = empty_arrays(machine), 0
        spare = np.zeros(machine.pages, np.uint64)
        numbers = [np.uint64(number) for number in (machine.pages, machine.frames, audited)]
        while made < moves and self.breach is None:
            drawn = draw(generator, machine, min(_CHUNK, moves - made))
            try:
                done, bits, charge = kernels().replay(pages, drawn, spare, self.counts, *numbers)
            except IndexError as error:
                self.breach = _Breach(page_moves.OWNED, f"a move on {machine} reaches beyond its arrays: {error}")
                return
            made += int(done)
            pages = pages._replace(charge=np.uint64(charge))
            if pages.owner.all():
                self.met.add(_PREMISES["F2"])
            if charge == machine.limit:
                self.met.add(_PREMISES["V4"])
            if bits:
                self.breach = _Breach(int(bits), f"move {made} on {machine}, seed {self.seed}")
        self.made += made


def run_pages(
    laws: Sequence[Law],
    *,
    calls: int = 10_000_000,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Judgement:
    """Hold the compiled steps on pages against `laws` over `calls` random moves on a large machine, and many on small.

    Raises:
        ValueError: where a law is not about page states.
    """
    strange = [law.id for law in laws if law.id not in page_moves.LAW_BITS]
    if strange:
        raise ValueError(f"{', '.join(strange)}: not about page states, which {', '.join(page_moves.LAW_BITS)} are")
    started, tell = time.perf_counter(), progress or (lambda _text: None)
    fast = is_compiled()
    tell("run: compiling the steps and laws of page states" if fast else "run: page states on plain integers")
    if not fast:
        calls = max(1, calls * _UNCOMPILED_SHARE // 1_000_000)
    court = _Court(seed)
    for number, machine in enumerate(SMALL):
        for episode in range(_EPISODES if fast else 1):
            court.play(machine, _EPISODE, 1, (number, episode))
    tell(f"run: {calls} moves on {LARGE}")
    court.play(LARGE, calls, _AUDITED, (len(SMALL), 0))
    return Judgement(
        "run",
        SUBJECT,
        [_finding(law, court) for law in laws],
        seconds=time.perf_counter() - started,
        size=f"page states of {LARGE}",
        counts={"page moves": court.made, "page moves done": int(court.counts[1::2].sum())},
        seed=seed,
        notes=() if fast else (why_not_compiled(),),
    )


def _finding(law: Law, court: _Court) -> Finding:
    breach = court.breach
    if breach is not None and breach.bits & page_moves.LAW_BITS[law.id]:
        return Finding(law.id, Verdict.BROKEN, breach.because, court.made)
    if breach is not None:
        return Finding(law.id, Verdict.UNKNOWN, "the run ended when another law was found broken", court.made)
    missing = next(_never_seen(law, court), None)
    if missing is not None:
        return Finding(law.id, Verdict.UNKNOWN, f"never seen: {missing}", court.made)
    because = "every point of small machines, touched points and audits of a large one"
    return Finding(law.id, Verdict.HOLDS, because, court.made)


def _never_seen(law: Law, court: _Court) -> Iterator[str]:
    for kind, (refused, done) in enumerate(court.counts.reshape(-1, 2).tolist()):
        story = page_moves.STORIES[kind].format("n", "m")
        if not done:
            yield story
        if not refused:
            yield f"refused: {story}"
    if law.id in _PREMISES and _PREMISES[law.id] not in court.met:
        yield _PREMISES[law.id]
