"""The judge of compiled TLBs: the specification's steps and laws as machine code, over millions of random moves.

Many short runs on small machines first, every law at every point after each move; then a machine with many cores and
thousands of pages, with the laws at the points that each move touches and everywhere now and then.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs
import numpy as np

from ...model.fast import tlb_moves
from ...model.fast.backend import compiled, is_compiled, why_not_compiled
from ...model.fast.tlb_machine import Machine, draw, empty_arrays
from ...spec.algebra import Backend
from ...spec.law import Law
from ..verdict import Finding, Judgement, Verdict

SUBJECT = "model:compiled"
SMALL = (
    Machine(1),
    Machine(2, home=(0, 1), identifiers=1),
    Machine(3, home=(0, 0, 1, 1), frames=3),
    Machine(5, home=(0, 0, 0, 1, 1, 2), frames=4, identifiers=2),
)
LARGE = Machine(16, home=tuple(page % 24 for page in range(1024)), frames=700, identifiers=20)
_EPISODE, _EPISODES = 2_000, 25
_CHUNK = 1_000_000
#: Moves between two times that every law is asked everywhere.
_AUDITED = 1 << 17
#: How many moves on plain integers stand for a million compiled ones.
_UNCOMPILED_SHARE = 500


@functools.cache
def kernels() -> Backend:
    """The moves, compiled once."""
    return compiled(tlb_moves)


@attrs.frozen
class _Breach:
    bits: int
    because: str


@attrs.define
class _Court:
    """What has been counted and found so far."""

    seed: int
    made: int = 0
    counts: np.ndarray[Any, Any] = attrs.field(factory=lambda: np.zeros(2 * tlb_moves.KINDS, np.uint64))
    breach: _Breach | None = None

    def play(self, machine: Machine, moves: int, audited: int, stream: Sequence[int]) -> None:
        """So many moves on a machine that is empty at first, in chunks."""
        generator = np.random.default_rng([self.seed, *stream])
        tlbs, made = empty_arrays(machine), 0
        spare = np.zeros(len(machine.home), np.uint64)
        numbers = [np.uint64(number) for number in (machine.cores, machine.spaces, machine.identifiers, audited)]
        while made < moves and self.breach is None:
            drawn = draw(generator, machine, min(_CHUNK, moves - made))
            try:
                done, bits, *state = kernels().replay(tlbs, drawn, spare, self.counts, *numbers)
            except IndexError as error:
                self.breach = _Breach(tlb_moves.HELD, f"a move on {machine} reaches beyond its arrays: {error}")
                return
            made += int(done)
            changing, held, retiring, turn = (np.uint64(number) for number in state)
            tlbs = tlbs._replace(changing=changing, held=held, retiring=retiring, turn=turn)
            if bits:
                self.breach = _Breach(int(bits), f"move {made} on {machine}, seed {self.seed}")
        self.made += made


def run_tlb(
    laws: Sequence[Law],
    *,
    calls: int = 10_000_000,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Judgement:
    """Hold the compiled steps on TLBs against `laws` over `calls` random moves on a large machine, and many on small.

    Raises:
        ValueError: where a law is not about TLBs.
    """
    strange = [law.id for law in laws if law.id not in tlb_moves.LAW_BITS]
    if strange:
        raise ValueError(f"{', '.join(strange)}: not about TLBs, which {', '.join(tlb_moves.LAW_BITS)} are")
    started, tell = time.perf_counter(), progress or (lambda _text: None)
    fast = is_compiled()
    tell("run: compiling the steps and laws of TLBs" if fast else "run: TLBs on plain integers")
    if not fast:
        calls = max(1, calls * _UNCOMPILED_SHARE // 1_000_000)
    court = _Court(seed)
    for number, machine in enumerate(SMALL):
        for episode in range(_EPISODES if fast else 1):
            court.play(machine, _EPISODE, 1, (number, episode))
    tell(f"run: {calls} moves on TLBs of {LARGE}")
    court.play(LARGE, calls, _AUDITED, (len(SMALL), 0))
    return Judgement(
        "run",
        SUBJECT,
        [_finding(law, court) for law in laws],
        seconds=time.perf_counter() - started,
        size=f"TLBs of {LARGE}",
        counts={"TLB moves": court.made, "TLB moves done": int(court.counts[1::2].sum())},
        seed=seed,
        notes=() if fast else (why_not_compiled(),),
    )


def _finding(law: Law, court: _Court) -> Finding:
    breach = court.breach
    if breach is not None and breach.bits & tlb_moves.LAW_BITS[law.id]:
        return Finding(law.id, Verdict.BROKEN, breach.because, court.made)
    if breach is not None:
        return Finding(law.id, Verdict.UNKNOWN, "the run ended when another law was found broken", court.made)
    missing = next(_never_seen(court), None)
    if missing is not None:
        return Finding(law.id, Verdict.UNKNOWN, f"never seen: {missing}", court.made)
    return Finding(
        law.id,
        Verdict.HOLDS,
        "every point of small machines, touched points and audits of a large one",
        int(court.counts[1::2].sum()),
    )


def _never_seen(court: _Court) -> Iterator[str]:
    for kind in range(tlb_moves.KINDS):
        if not court.counts[2 * kind + 1]:
            yield tlb_moves.STORIES[kind].format("n", "m")
