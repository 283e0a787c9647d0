"""The shortest story that still breaks the same law: one minimiser for whatever judge found the breach.

Each candidate is told to a fresh instance; it is kept if the same law breaks, and cut after the call that shows it.
Large steps come first, so that a failure after ten thousand calls shrinks fast, and what is cheap to run gets the
fine ones::

    calls       leave out what most likely does not matter; then
                drop chunks of them, from nearly all down to single ones; a dropped one takes along what rests on it
    everything  halve it
    arena       a smaller one
    one call    a simpler one

What is smaller and simpler, the practice of the contract says. Passes repeat until none of them gains anything, or
the budget of seconds or runs is used up.

What only a probe shows must be looked for after every call: a shorter story may break the law earlier, and unseen it
would come out as another law's breach later. So the passes first run with probes in between, and then drop those;
unless the practice says that what is broken stays broken.
"""

from __future__ import annotations

import time

import attrs

from .plan import Plan
from .practice import Practice, tell
from .practices import practice_of
from .targets.target import Target, TargetError
from .trace import Trace


def minimise(target: Target, trace: Trace, *, law: str = "", seconds: float = 10.0, runs: int = 2000) -> Trace:
    """A trace, no larger than `trace`, in which `target` breaks the same law; `trace` itself where it breaks no more.

    `law` names the law to keep, that of the trace otherwise. At most `runs` candidates are tried, and none is begun
    after `seconds`.
    """
    practice = practice_of(trace.contract)
    search = _Search(practice, target, trace, law or trace.law, time.monotonic() + seconds, runs)
    if not search.attempt(practice.plan_of(trace)):
        return trace
    if practice.looking_rarely(search.plan) and any(practice.is_look(step.call) for step in trace.steps):
        search.probing = True
        search.reduce()
        search.probing = False
    search.reduce()
    return search.best


@attrs.define
class _Search:
    """The best trace so far, and what is left of the budget."""

    practice: Practice
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
        plan = self.practice.plan_of(self.best)
        if not self.probing:
            return plan
        looks = {index for index, request in enumerate(plan.requests) if self.practice.is_look(request)}
        return self.practice.without(plan, looks)

    def reduce(self) -> None:
        """All passes, until none gains anything."""
        for plan in self.practice.slices(self.best):
            if len(plan.requests) < len(self.plan.requests):
                self.attempt(plan)
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
        every = self.practice.looking_rarely(plan) if self.probing else 0
        held = self.practice.held_as(self.target.capabilities, self.best.capabilities)
        try:
            session = tell(self.practice, plan, self.target, held, probe_every=every)
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
            if self.attempt(self.practice.without(plan, chunk)):
                gained, plan = True, self.plan
            end = min(chunk.start, len(plan.requests))
        return gained

    def halve(self) -> bool:
        gained = False
        while (half := self.practice.halved(self.plan)) is not None and self.attempt(half):
            gained = True
        return gained

    def shrink_arena(self) -> bool:
        gained = False
        going = True
        while going:
            going = any(self.attempt(candidate) for candidate in self.practice.smaller(self.plan))
            gained |= going
        return gained

    def simplify_requests(self) -> bool:
        gained = False
        index = 0
        while index < len((plan := self.plan).requests) and not self.exhausted:
            for simpler in self.practice.simpler(plan.requests[index], plan.arena):
                requests = (*plan.requests[:index], simpler, *plan.requests[index + 1 :])
                if self.attempt(Plan(plan.arena, requests)):
                    gained = True
                    break
            index += 1
        return gained
