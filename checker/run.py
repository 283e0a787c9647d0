"""The judge `run`: millions of calls on the compiled core, held against every law.

Small arenas come first. There each call is followed by every law at every frame, and because each episode is short
and starts afresh, whatever breaks has a short trace. Then come large arenas, plain ones and ones with holes,
barriers and odd ends: laws at the points that each call touches, an audit of every frame now and then, and at the
end everything is freed in random order, after which the state must be the first one again.

The steps and laws are the specification's, compiled. Without Numba the same functions run on plain integers, with
fewer calls, and the notes say so.
"""

from __future__ import annotations

import functools
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs
import numpy as np

from ..model.fast import asked_laws, checked, churn, mix
from ..model.fast.allocator import empty_memory, kernels
from ..model.fast.backend import compiled, is_compiled, vectorised, why_not_compiled
from ..spec import addresses, buddy_laws
from ..spec.algebra import Backend
from ..spec.contracts import Arena
from ..spec.frames import ORDERS, Memory
from ..spec.law import Law, Scope
from .story import LEFT_MEMORY, offered, story_of
from .trace import Step, Trace
from .verdict import Finding, Judgement, Verdict

SUBJECT = "model:compiled"
Progress = Callable[[str], None]

#: Small arenas: plain ones, single frames, odd ends and starts, holes, barriers at buddies of every order.
SMALL = (
    Arena(8, 3),
    Arena(16, 4),
    Arena(5, 0),
    Arena(13, 2, start=3, reserved=(7, 8)),
    Arena(16, 4, barriers=(4, 6)),
    Arena(16, 3, barriers=(1, 8)),
    Arena(27, 3, start=2, reserved=(9,), barriers=(12,)),
    Arena(32, 5, reserved=(0, 31)),
    Arena(64, 4, barriers=(32, 40, 44)),
)
_EPISODE = 64
_EPISODES = 40
_EPISODES_UNCOMPILED = 2
_ILLEGAL = 1 / 16
_CHUNK = 1_000_000
#: How many calls on plain integers stand for a million compiled ones.
_UNCOMPILED_SHARE = 500
_UNCOMPILED_FRAMES = 1 << 10

_STATE = ("A1", "A2", "A3", "A4", "A5", "A14")
_KIND_NAMES = {
    churn.BY_SLOT: "free",
    churn.DOUBLE: "double free",
    churn.INSIDE: "misaligned free",
    churn.OTHER_ORDER: "free by another order",
    churn.OUTSIDE: "free beyond the end",
    churn.FAR: "free far away",
    churn.KINDS: "allocate",
}
#: What must have been seen, or nothing is said to hold.
_NEEDED = (
    "allocate",
    "allocate refused",
    "free",
    *(f"{_KIND_NAMES[kind]} refused" for kind in range(1, churn.KINDS)),
)


@attrs.frozen
class _Breach:
    """What broke a law, and where; `trace` only where it is short enough to be of use."""

    because: str
    trace: Trace | None = None


@attrs.define
class _Court:
    """What has been found so far."""

    seed: int
    compiled: bool
    progress: Progress
    kernels: Backend
    cases: Counter[str] = attrs.field(factory=Counter)
    seen: Counter[str] = attrs.field(factory=Counter)
    breaches: dict[str, _Breach] = attrs.field(factory=dict)

    def convict(self, bits: int, because: str, trace: Trace | None = None) -> None:
        """Note the laws that `bits` stand for as broken; the first argument for a law, or the shortest, is kept."""
        for law, bit in asked_laws.LAW_BITS.items():
            if bits & bit:
                known = self.breaches.get(law)
                if known is None or _length(trace) < _length(known.trace):
                    told = trace and attrs.evolve(trace, law=law, because=because)
                    self.breaches[law] = _Breach(because, told)

    def count(self, counts: np.ndarray[Any, Any], *, everywhere: bool, room: int) -> None:
        """Take over what a kernel counted, as cases of the laws that were asked at each call."""
        refused, granted = counts.reshape(-1, 2).T.astype(int).tolist()
        for kind, name in _KIND_NAMES.items():
            self.seen[name] += granted[kind]
            self.seen[f"{name} refused"] += refused[kind]
        asked = {"A8": sum(refused[: churn.KINDS]) + sum(granted[: churn.KINDS]), "A6": refused[churn.KINDS]}
        asked["A11"] = sum(granted[: churn.KINDS])
        asked |= dict.fromkeys(_STATE, sum(refused) + sum(granted))
        if everywhere:
            asked |= {"A6": refused[churn.KINDS], "A9": refused[churn.KINDS], "A7": granted[churn.KINDS]}
            asked["A13.smallest"] = granted[churn.KINDS]
        for law, calls in asked.items():
            self.cases[law] += calls * (room if everywhere else 1)


@functools.cache
def law_kernels() -> Backend:
    """The kernels of `checked`, compiled once."""
    return compiled(checked)


def _length(trace: Trace | None) -> float:
    return float("inf") if trace is None else len(trace.steps)


def run(
    laws: Sequence[Law],
    *,
    calls: int = 10_000_000,
    frames: int = 1 << 18,
    max_order: int = 10,
    seed: int = 0,
    checks: bool = True,
    progress: Progress | None = None,
) -> Judgement:
    """Hold the compiled core against `laws` over `calls` calls on arenas of up to `frames` frames.

    Without `checks` the large arenas are run at full speed and only audited; laws on single calls then rest on the
    small arenas alone.
    """
    started = time.perf_counter()
    fast = is_compiled()
    tell = progress or (lambda _text: None)
    tell("run: compiling the steps and laws" if fast else "run: on plain integers")
    court = _Court(seed, fast, tell, law_kernels())
    if not fast:
        calls, frames = max(1, calls * _UNCOMPILED_SHARE // 1_000_000), min(frames, _UNCOMPILED_FRAMES)
    _judge_arithmetic(court, frames)
    for number, arena in enumerate(SMALL):
        tell(f"run: arena {number + 1} of {len(SMALL)}")
        _judge_small(court, arena, number)
    made, audits = 0, 0
    if not court.breaches:
        for number, (arena, share, upper) in enumerate(_large(frames, max_order, calls)):
            done = _judge_large(court, arena, share, upper, number, checks)
            made, audits = made + done[0], audits + done[1]
            if court.breaches:
                break
    notes = () if fast else (why_not_compiled(),)
    return Judgement(
        "run",
        SUBJECT,
        [_finding(court, law, checks) for law in laws],
        seconds=time.perf_counter() - started,
        size=f"{frames} frames, orders 0 to {max_order}; {len(SMALL)} arenas of up to 64 frames at every frame",
        counts={"calls": made, "audits": audits, **{name: count for name, count in court.seen.items() if count}},
        seed=seed,
        notes=notes,
    )


# -- arithmetic ----------------------------------------------------------------------------------------------


def _judge_arithmetic(court: _Court, frames: int) -> None:
    """A12 at every frame of the arena and of the far end of the word, for every order, in one pass each."""
    law = vectorised(buddy_laws).involution
    low = np.arange(frames, dtype=np.uint64)
    points = np.concatenate([low, low + np.uint64(2**63 - frames // 2), np.uint64(2**64 - 1) - low])
    for order in range(ORDERS):
        held = np.broadcast_to(law(points, np.uint64(order)), points.shape)
        court.cases["A12"] += points.size
        if not held.all():
            frame = int(points[np.flatnonzero(~held)[0]])
            court.breaches["A12"] = _Breach(
                f"the buddy of the block of order {order} at frame {frame} is {addresses.buddy_of(frame, order)}, "
                "and that is not its partner in one parent"
            )
            return


# -- small arenas: every law at every frame ------------------------------------------------------------------


def _judge_small(court: _Court, arena: Arena, number: int) -> None:
    fresh = empty_memory(arena)
    bits = _open(court, fresh, arena)
    if bits:
        court.convict(bits, f"right after opening {_shown(arena)}", _trace(court, arena, ()))
        return
    memory, before, spare = (_twin(arena, fresh) for _ in range(3))
    slots = max(3, arena.frames // 2)
    longest = _EPISODE
    for episode in range(_EPISODES if court.compiled else _EPISODES_UNCOMPILED):
        generator = np.random.default_rng([court.seed, number, episode])
        calls = mix.draw(generator, _EPISODE, slots=slots, largest=arena.max_order + 1, illegal=_ILLEGAL * 2)
        upper = bool(episode & 1)
        _refill(memory, fresh)
        held, counts = np.zeros(slots, np.uint32), _no_counts()
        try:
            done, bits = court.kernels.replay_everywhere(memory, before, spare, calls[:longest], held, counts, upper)
        except LEFT_MEMORY:
            done, bits = counts.sum() + 1, asked_laws.ALIGNED
        court.count(counts, everywhere=True, room=int(fresh.room))
        court.cases["A13.upper" if upper else "A13.lower"] += int(counts[2 * churn.KINDS + 1])
        if bits:
            longest = int(done)
            steps = story_of(arena, calls[:longest], slots=slots, upper=upper)
            court.convict(int(bits), f"call {longest} on {_shown(arena)}", _trace(court, arena, steps))


def _open(court: _Court, fresh: Memory, arena: Arena) -> int:
    """Initialise the memory of an arena; the laws that its first state breaks at any frame."""
    court.cases["A10"] += int(fresh.room)
    try:
        kernels().initialise(fresh, offered(arena))
        return int(court.kernels.audit_opening(fresh, offered(arena)))
    except LEFT_MEMORY:
        return asked_laws.ALIGNED


def _twin(arena: Arena, memory: Memory) -> Memory:
    """The same state in arrays of its own, with margins of their own."""
    twin = empty_memory(arena)
    _refill(twin, memory)
    return twin


def _refill(memory: Memory, source: Memory) -> None:
    memory.heads[:] = source.heads
    memory.link[:] = source.link


def _no_counts() -> np.ndarray[Any, Any]:
    return np.zeros(2 * (churn.KINDS + 1), np.uint64)


def _trace(court: _Court, arena: Arena, steps: Sequence[Step]) -> Trace:
    return Trace(arena, steps, target=SUBJECT, judge="run", seed=court.seed)


# -- large arenas: laws where a call touches, audits, and everything freed at the end ------------------------


def _large(frames: int, max_order: int, calls: int) -> Iterator[tuple[Arena, int, bool]]:
    """Arenas with their share of the calls, and whether splits give the upper half."""
    yield Arena(frames, max_order), calls * 6 // 10, False
    yield Arena(frames, max_order), calls // 10, True
    odd = max(1, frames // 4 - 37)
    start = 5
    holes = range(start + odd // 7, start + odd, max(1, odd // 29))
    barriers = range(start + odd // 3, start + odd, max(1, odd // 5))
    yield Arena(odd, max_order, start=start, reserved=holes, barriers=barriers), calls * 15 // 100, False
    yield Arena(odd, max_order, start=start, reserved=holes, barriers=barriers), calls * 15 // 100, True


def _judge_large(court: _Court, arena: Arena, calls: int, upper: bool, number: int, checks: bool) -> tuple[int, int]:
    """Returns how many calls were made and how many audits held."""
    fresh = empty_memory(arena)
    bits = _open(court, fresh, arena)
    if bits:
        court.convict(bits, f"right after opening {_shown(arena)}")
        return 0, 0
    memory = _twin(arena, fresh)
    slots = mix.slots_for(arena.frames)
    held = np.zeros(slots, np.uint32)
    generator = np.random.default_rng([court.seed, len(SMALL) + number])
    made = audits = 0
    while made < calls:
        drawn = mix.draw(generator, min(_CHUNK, calls - made), slots=slots, largest=churn.ORDER_BITS, illegal=_ILLEGAL)
        if not _run_chunk(court, memory, drawn, held, upper, checks, f"call {made} + {{}} on {_shown(arena)}"):
            return made, audits
        made, audits = made + drawn.size, audits + 1
        court.progress(f"run: {made} calls on arena {number + 1}")
    drawn = mix.drain(held, generator)
    if _run_chunk(court, memory, drawn, held, upper, checks, f"call {made} + {{}} on {_shown(arena)}, freeing all"):
        made, audits = made + drawn.size, audits + 1
        points = np.arange(int(fresh.room), dtype=np.uint64)
        same = vectorised(buddy_laws).unchanged(fresh, memory, points)
        court.cases["A7"] += points.size
        if not same.all():
            frame = int(np.flatnonzero(~same)[0]) + arena.base
            court.convict(
                asked_laws.UNCHANGED,
                f"call {made} on {_shown(arena)}, seed {court.seed}: "
                f"all is freed, and frame {frame} is not as at first",
            )
    return made, audits


def _run_chunk(
    court: _Court,
    memory: Memory,
    calls: np.ndarray[Any, Any],
    held: np.ndarray[Any, Any],
    upper: bool,
    checks: bool,
    where: str,
) -> bool:
    """A run of calls and an audit of every frame after it; whether all laws held."""
    counts = _no_counts()
    bits, done = 0, calls.size
    try:
        if checks:
            done, bits = court.kernels.replay_touched(memory, calls, held, counts, upper)
        else:
            kernels().replay(memory, calls, held, upper)
    except LEFT_MEMORY:
        done, bits = int(counts.sum()) + 1, asked_laws.ALIGNED
    court.count(counts, everywhere=False, room=1)
    if bits:
        court.convict(int(bits), where.format(int(done)) + f", seed {court.seed}")
        return False
    bits, frame = court.kernels.audit(memory)
    for law in _STATE:
        court.cases[law] += int(memory.room)
    if bits:
        court.convict(int(bits), f"audit after {where.format(calls.size)}, seed {court.seed}: frame {int(frame)}")
    return not bits


# -- findings ------------------------------------------------------------------------------------------------


def _finding(court: _Court, law: Law, checks: bool) -> Finding:
    breach, cases = court.breaches.get(law.id), court.cases[law.id]
    if breach is not None:
        return Finding(law.id, Verdict.BROKEN, breach.because, cases, breach.trace)
    if law.scope is Scope.CONDUCT:
        return Finding(law.id, Verdict.NOT_JUDGED, f"only an implementation can break it: pagelaw check {SUBJECT}")
    if law.id == "A13.lowest":
        return Finding(law.id, Verdict.NOT_JUDGED, "its lists give what was freed last; it does not claim this policy")
    if court.breaches:
        first = next(iter(court.breaches))
        return Finding(law.id, Verdict.UNKNOWN, f"the run ended when {first} was found broken", cases)
    missing = [name for name in _NEEDED if not court.seen[name]]
    if missing:
        return Finding(law.id, Verdict.UNKNOWN, f"never seen: {missing[0]}", cases)
    if not cases:
        return Finding(law.id, Verdict.UNKNOWN, "never at stake")
    where = "every frame of small arenas" + (", touched points and audits of large ones" if checks else ", audits")
    return Finding(law.id, Verdict.HOLDS, where, cases)


def _shown(arena: Arena) -> str:
    parts = [f"{arena.frames} frames", f"orders 0 to {arena.max_order}"]
    parts += [f"start {arena.start}"] if arena.start else []
    parts += [f"{len(arena.reserved)} holes"] if arena.reserved else []
    parts += [f"{len(arena.barriers)} barriers"] if arena.barriers else []
    return "an arena of " + ", ".join(parts)
