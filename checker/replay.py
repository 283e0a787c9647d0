"""A trace told again, to the target that it came from or to another one.

Where an answer is the target's choice, a trace knows what its calls refer to, and they are made with what comes now
(`plan`), so that it means the same to a target that chooses otherwise. The story ends early
where a law breaks before its end.
"""

from __future__ import annotations

import json
import time

import attrs

from ..spec.contracts import Breach
from .practice import tell
from .practices import practice_of
from .targets.target import Target, TargetError
from .trace import Step, Trace, answer_to_json
from .verdict import Finding, Judgement, Verdict


@attrs.frozen
class Replay:
    """What came of telling a trace again.

    Attributes:
        told: the trace that was replayed.
        trace: what happened now, call by call.
        breaches: the laws that broke now.
        diverges: index of the first step that went differently from the recording, or None.
        seconds: wall time.
    """

    told: Trace
    trace: Trace
    breaches: tuple[Breach, ...]
    diverges: int | None = None
    seconds: float = 0.0

    @property
    def same(self) -> bool:
        """Whether the law that the trace is about broke again."""
        return any(breach.law == self.told.law for breach in self.breaches)

    @property
    def outcome(self) -> str:
        """`same`, `another` or `none`: which law broke now."""
        if self.same:
            return "same"
        return "another" if self.breaches else "none"

    def judgement(self) -> Judgement:
        """The outcome as a judgement: each law that broke, and the law of the trace in any case."""
        findings = [
            Finding(breach.law, Verdict.BROKEN, breach.because, 1, attrs.evolve(self.trace, law=breach.law))
            for breach in self.breaches
        ]
        if self.told.law and not self.same:
            findings.append(self._unbroken())
        notes = [] if self.diverges is None else [f"goes differently from the recording at call {self.diverges}"]
        counts = {"calls": len(self.trace.steps)}
        return Judgement(
            "replay", self.trace.target, findings, seconds=self.seconds, counts=counts, seed=self.told.seed, notes=notes
        )

    def _unbroken(self) -> Finding:
        if self.breaches:
            because = f"the replay ended with a breach of {self.breaches[0].law}"
            return Finding(self.told.law, Verdict.UNKNOWN, because)
        calls = len(self.trace.steps)
        return Finding(self.told.law, Verdict.HOLDS, "in this trace; that says nothing of other calls", calls)


def replay(trace: Trace, target: Target) -> Judgement:
    """What breaks when `trace` is told to `target`, as a judgement; `retell` says more."""
    return retell(trace, target).judgement()


def retell(trace: Trace, target: Target) -> Replay:
    """Tell `trace` to `target`; `TargetError` where the target cannot be given the arena of the trace."""
    started = time.monotonic()
    practice = practice_of(trace.contract)
    lacking = practice.contract.lacking(trace.arena, target.capabilities)
    if lacking:
        needs = practice.described(trace.arena)
        raise TargetError(f"the trace needs {lacking} ({needs}), which {target.name} does not declare")
    session = tell(practice, practice.plan_of(trace), target)
    now = session.trace(target=target.name, judge=trace.judge, seed=trace.seed)
    return Replay(trace, now, tuple(session.breaches), diverging(trace, now), time.monotonic() - started)


def diverging(told: Trace, now: Trace) -> int | None:
    """Index of the first step in which `now` differs from what was told; unknown answers differ from nothing."""
    for index, (before, after) in enumerate(zip(told.steps, now.steps, strict=False)):
        if before.call != after.call or (before.answer is not None and _shown(before) != _shown(after)):
            return index
    return None if len(told.steps) == len(now.steps) else min(len(told.steps), len(now.steps))


def _shown(step: Step) -> str:
    """The answer as in a file, where pairs are lists."""
    return "" if step.answer is None else json.dumps(answer_to_json(step.answer), default=repr)
