"""The shortest story that still breaks the same law: one minimiser for whatever judge found the breach.

Each candidate is told to a fresh instance; it is kept if the same law breaks, and cut after the call that shows it.
Large steps come first, so that a failure after ten thousand calls shrinks fast, and what is cheap to run gets the
fine ones::

    calls       drop chunks of them, from nearly all down to single ones; a dropped allocate takes its frees along
    everything  halve it: frames, start, holes, barriers and orders at once
    arena       one of the smallest, or fewer frames, a lower largest order, begin at 0, fewer holes and barriers
    one call    a lower order, a smaller displacement

Passes repeat until none of them gains anything, or the budget of seconds or runs is used up.

What only a probe shows must be looked for after every call: a shorter story may break the law earlier, and unseen it
would come out as another law's breach later. So the passes first run with probes in between, and then drop those.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import chain
from typing import Any

import attrs

from ..spec.contracts import Allocate, Arena, Free, Probe
from .plan import FreeOf, Plan, Request, plan_of, without
from .replay import tell
from .targets.target import Target, TargetError
from .trace import Trace

#: Frames that the probes of one run may look at in all; probes are rarer where that is not enough for every call.
_FRAMES_LOOKED_AT = 4_000_000
#: Up to this many requests each of the smallest arenas is tried.
_FEW_REQUESTS = 100


def minimise(target: Target, trace: Trace, *, law: str = "", seconds: float = 10.0, runs: int = 2000) -> Trace:
    """A trace, no larger than `trace`, in which `target` breaks the same law; `trace` itself where it breaks no more.

    `law` names the law to keep, that of the trace otherwise. At most `runs` candidates are tried, and none is begun
    after `seconds`.
    """
    search = _Search(target, trace, law or trace.law, time.monotonic() + seconds, runs)
    if not search.attempt(plan_of(trace)):
        return trace
    if any(isinstance(step.call, Probe) for step in trace.steps):
        search.probing = True
        search.reduce()
        search.probing = False
    search.reduce()
    return search.best


@attrs.define
class _Search:
    """The best trace so far, and what is left of the budget."""

    target: Target
    best: Trace
    law: str
    deadline: float
    runs: int
    probing: bool = False
    tried: set[tuple[bool, Plan]] = attrs.field(factory=set)

    @property
    def exhausted(self) -> bool:
        return self.runs <= 0 or time.monotonic() >= self.deadline

    @property
    def plan(self) -> Plan:
        plan = plan_of(self.best)
        if not self.probing:
            return plan
        return without(plan, {index for index, request in enumerate(plan.requests) if isinstance(request, Probe)})

    def reduce(self) -> None:
        """All passes, until none gains anything."""
        # A long story first loses its large arena, where a bug takes longer to show, and its large parts.
        self.halve()
        self.shrink_arena()
        self.drop_chunks(len(self.best.steps) // 64)
        while self.halve() | self.shrink_arena() | self.drop_chunks(1) | self.simplify_requests():
            if self.exhausted:
                break

    def attempt(self, plan: Plan) -> bool:
        """Whether the plan breaks the law; if so, it becomes the best."""
        key = (self.probing, plan)
        if self.exhausted or key in self.tried:
            return False
        if len(plan.requests) < 200:
            self.tried.add(key)
        self.runs -= 1
        every = 1 + len(plan.requests) * plan.arena.frames // _FRAMES_LOOKED_AT if self.probing else 0
        try:
            session = tell(plan, self.target, self.best.capabilities.policies, probe_every=every)
        except TargetError:
            return False
        kept = next((breach for breach in session.breaches if breach.law == self.law), None)
        if kept is None:
            return False
        found = session.trace(target=self.best.target, judge=self.best.judge, seed=self.best.seed)
        self.best = attrs.evolve(found, law=kept.law, because=kept.because)
        return True

    def drop_chunks(self, finest: int) -> bool:
        """Drop calls: chunks of nearly all of them first, of at least `finest` at last."""
        gained = False
        size = len(self.plan.requests)
        while size >= max(1, finest) and not self.exhausted:
            dropped = self._drop_chunks_of(size)
            gained |= dropped
            if size == 1 and dropped:
                continue
            size //= 2
        return gained

    def _drop_chunks_of(self, size: int) -> bool:
        gained = False
        plan = self.plan
        end = len(plan.requests)
        while end > 0 and not self.exhausted:
            chunk = range(max(0, end - size), end)
            if self.attempt(without(plan, chunk)):
                gained, plan = True, self.plan
            end = min(chunk.start, len(plan.requests))
        return gained

    def halve(self) -> bool:
        gained = False
        while self.best.arena.frames > 1 and self.attempt(_halved(self.plan)):
            gained = True
        return gained

    def shrink_arena(self) -> bool:
        gained = False
        going = True
        while going:
            plan = self.plan
            few = len(plan.requests) <= _FEW_REQUESTS
            candidates = chain(_smallest_arenas(plan) if few else (), _smaller_arenas(plan))
            going = any(self.attempt(candidate) for candidate in candidates)
            gained |= going
        return gained

    def simplify_requests(self) -> bool:
        gained = False
        index = 0
        while index < len((plan := self.plan).requests) and not self.exhausted:
            for simpler in _simpler(plan.requests[index], plan.arena):
                requests = (*plan.requests[:index], simpler, *plan.requests[index + 1 :])
                if self.attempt(Plan(plan.arena, requests)):
                    gained = True
                    break
            index += 1
        return gained


def _halved(plan: Plan) -> Plan:
    arena = plan.arena
    start = arena.start // 2
    end = start + (arena.frames + 1) // 2
    smaller = attrs.evolve(
        arena,
        frames=end - start,
        max_order=max(0, arena.max_order - 1),
        start=start,
        reserved=frozenset(frame // 2 for frame in arena.reserved if start <= frame // 2 < end),
        barriers=tuple(frame // 2 for frame in arena.barriers if start <= frame // 2 < end),
    )
    return Plan(smaller, tuple(_halved_request(request) for request in plan.requests))


def _halved_request(request: Request) -> Request:
    if isinstance(request, Allocate):
        return Allocate(max(0, request.order - 1))
    if isinstance(request, Free):
        return Free(request.frame // 2, max(0, request.order - 1))
    if isinstance(request, FreeOf):
        return FreeOf(request.of, int(request.offset / 2), request.delta)
    return Probe()


def _smallest_arenas(plan: Plan) -> Iterator[Plan]:
    """Candidates in the smallest arenas there are, orders lowered along with the largest; those above it stay above."""
    arena = plan.arena
    for frames in (1, 2, 3, 4, 6, 8):
        for top in range(min(4, arena.max_order + 1)):
            small = Arena(frames, top, relative=arena.relative)
            if _weight(small) < _weight(arena):
                yield Plan(small, [_lowered(request, arena.max_order, top) for request in plan.requests])


def _weight(arena: Arena) -> tuple[int, ...]:
    return (len(arena.reserved) + len(arena.barriers), arena.start, arena.frames, arena.max_order)


def _lowered(request: Request, top: int, lower: int) -> Request:
    if not isinstance(request, Allocate):
        return request
    return Allocate(lower + 1 if request.order > top else min(request.order, lower))


def _smaller_arenas(plan: Plan) -> Iterator[Plan]:
    """Candidates with a smaller arena, the smallest first."""
    arena = plan.arena
    sizes = sorted({1, 2, 3, 4, 6, 8, 16, 32, arena.frames // 4, arena.frames // 2, arena.frames - 1})
    for frames in sizes:
        if 0 < frames < arena.frames:
            yield from _with_arena(plan, frames=frames)
    for order in range(arena.max_order):
        yield from _with_arena(plan, max_order=order)
    for start in sorted({0, 1, arena.start // 2, arena.start - 1}):
        if 0 <= start < arena.start:
            yield from _with_arena(plan, start=start)
    if arena.reserved:
        yield from _with_arena(plan, reserved=frozenset())
        for frame in sorted(arena.reserved):
            yield from _with_arena(plan, reserved=arena.reserved - {frame})
    if arena.barriers:
        yield from _with_arena(plan, barriers=())
        for frame in arena.barriers:
            yield from _with_arena(plan, barriers=tuple(other for other in arena.barriers if other != frame))


def _with_arena(plan: Plan, **changes: Any) -> Iterator[Plan]:
    """The plan in the changed arena: holes, barriers and frames by number move along with the start."""
    arena = plan.arena
    start = changes.get("start", arena.start)
    shift = start - arena.start
    inside = range(start, start + changes.get("frames", arena.frames))
    moved: dict[str, Any] = {
        "reserved": frozenset(frame + shift for frame in arena.reserved if frame + shift in inside),
        "barriers": tuple(frame + shift for frame in arena.barriers if frame + shift in inside),
    }
    requests = tuple(
        Free(max(0, request.frame + shift), request.order) if isinstance(request, Free) else request
        for request in plan.requests
    )
    yield Plan(attrs.evolve(arena, **{**moved, **changes}), requests)


def _simpler(request: Request, arena: Arena) -> Iterator[Request]:
    if isinstance(request, Allocate):
        lower = sorted({0, arena.max_order + 1, max(0, request.order - 1)})
        yield from (Allocate(order) for order in lower if order < request.order)
    elif isinstance(request, FreeOf):
        if request.offset or request.delta:
            yield FreeOf(request.of)
        if request.offset and request.delta:
            yield FreeOf(request.of, request.offset)
            yield FreeOf(request.of, 0, request.delta)
        if abs(request.offset) > 1:
            yield FreeOf(request.of, 1 if request.offset > 0 else -1, request.delta)
        if abs(request.delta) > 1:
            yield FreeOf(request.of, request.offset, 1 if request.delta > 0 else -1)
    elif isinstance(request, Free):
        yield from (Free(frame, request.order) for frame in sorted({arena.start, arena.end}) if frame < request.frame)
        yield from (
            Free(request.frame, order) for order in sorted({0, request.order - 1}) if 0 <= order < request.order
        )
