"""What an exploration has found out about each law, and the verdicts that it amounts to.

A breach is a trace; a gap is something that should have been looked at and was not. A law with a gap never holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from ...spec.contracts import Arena
from ...spec.law import Law, Scope
from ..trace import Step, Trace
from ..verdict import INTERRUPTED, Finding, Verdict
from .exploration import Exploration, Progress

JUDGE, SUBJECT = "explore", "specification"


@attrs.define
class Evidence:
    """What has been found out about one law so far."""

    cases: int = 0
    sizes: dict[str, int] = attrs.field(factory=dict)
    breaches: list[Trace] = attrs.field(factory=list)
    gaps: list[str] = attrs.field(factory=list)

    def finding(self, law: Law) -> Finding:
        """The verdict that this amounts to."""
        if self.breaches:
            trace = min(self.breaches, key=lambda breach: len(breach.steps))
            return Finding(law.id, Verdict.BROKEN, trace.because, self.cases, trace)
        if law.scope is Scope.CONDUCT:
            return Finding(law.id, Verdict.NOT_JUDGED, "only an implementation can break it")
        if self.gaps:
            return Finding(law.id, Verdict.UNKNOWN, self.gaps[0], self.cases)
        if not self.cases:
            return Finding(law.id, Verdict.UNKNOWN, "no system that was explored puts it at stake")
        return Finding(
            law.id, Verdict.HOLDS, "; ".join(f"{count} {of}" for of, count in self.sizes.items()), self.cases
        )


@attrs.define
class Inquiry:
    """One run of the judge: what is asked, and the evidence so far."""

    laws: Sequence[Law]
    changes: Mapping[str, Any]
    limit: int
    progress: Progress | None
    evidence: dict[str, Evidence] = attrs.field(factory=dict)
    counts: dict[str, int] = attrs.field(factory=lambda: {"small systems": 0, "small states": 0})
    notes: list[str] = attrs.field(factory=list)
    finished: set[str] = attrs.field(factory=set)

    def __attrs_post_init__(self) -> None:
        self.evidence = {law.id: Evidence() for law in self.laws}

    @property
    def is_broken(self) -> bool:
        return any(evidence.breaches for evidence in self.evidence.values())

    def asked(self, laws: Iterable[str]) -> frozenset[str]:
        return frozenset(laws) & frozenset(self.evidence)

    def tell(self, text: str) -> None:
        if self.progress is not None:
            self.progress(f"explore: {text}")

    def credit(self, laws: Iterable[str], cases: int, size: str) -> None:
        """These laws were asked in so many cases."""
        for law in self.asked(laws):
            evidence = self.evidence[law]
            evidence.cases += cases
            evidence.sizes[size] = evidence.sizes.get(size, 0) + cases

    def breach(self, arena: Arena, steps: Iterable[Step], law: str, because: str) -> None:
        self.evidence[law].breaches.append(Trace(arena, tuple(steps), law, because, SUBJECT, JUDGE))

    def gap(self, laws: Iterable[str], because: str) -> None:
        for law in self.asked(laws):
            self.evidence[law].gaps.append(because)

    def cut_short(self) -> None:
        """Of the laws that were still being judged, only what is broken by now can be told."""
        for law, evidence in self.evidence.items():
            if law not in self.finished:
                evidence.gaps.insert(0, INTERRUPTED)

    def ended(self, laws: Iterable[str], outcome: Exploration, where: str) -> None:
        """What a search that did not come to its end leaves open; an interruption is passed on."""
        if outcome.ended == INTERRUPTED:
            self.notes.append(f"interrupted after {outcome.states} states of {where}")
            raise KeyboardInterrupt
        if outcome.ended:
            self.gap(laws, f"{outcome.ended} after {outcome.states} states of {where}")

    def count_small(self, outcome: Exploration) -> None:
        self.counts["small systems"] += 1
        self.counts["small states"] += outcome.states


def in_words(arena: Arena) -> str:
    text = f"{arena.frames} frames, orders 0 to {arena.max_order}"
    text += f", barriers at {', '.join(map(str, arena.barriers))}" if arena.barriers else ""
    return text + (f", without {', '.join(map(str, sorted(arena.reserved)))}" if arena.reserved else "")
