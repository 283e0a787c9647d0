"""Verdicts: what a judge says about a law, and what that means for the exit code.

There is one kind of finding for all judges. A law that was not looked at is never counted as held: it is `unknown`
(somebody tried and could not tell) or `not judged` (nobody could try), each with its reason.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable

import attrs

from ..spec.law import Law
from .trace import Trace

#: The reason of every verdict that is missing because the user stopped the run.
INTERRUPTED = "interrupted"


class Verdict(enum.Enum):
    """What can be said about a law."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    NOT_JUDGED = "not judged"


@attrs.frozen
class Finding:
    """What one judge says about one law.

    Attributes:
        law: id of the law.
        verdict: the verdict.
        because: for `holds` what it rests on, for `broken` the argument in words, otherwise the reason.
        cases: how many points, states, calls or obligations the verdict rests on.
        trace: the calls that show the breach, where there are any.
    """

    law: str
    verdict: Verdict
    because: str = ""
    cases: int = 0
    trace: Trace | None = None


def _in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(findings)


def _lines(notes: Iterable[str]) -> tuple[str, ...]:
    return tuple(notes)


@attrs.frozen
class Judgement:
    """All that one judge says about one subject in one run.

    Attributes:
        judge: `random`, `explore`, `prove`, `run`, `soak` or `system`.
        subject: what was judged: the name of a target, or `specification`.
        findings: one for each law.
        seconds: wall time.
        size: the sizes that were covered, in words ("16 frames, orders 0 to 4").
        counts: what was counted, by name (states, transitions, calls, obligations).
        seed: the seed of every random choice, or None where nothing is random.
        notes: further lines worth telling: which solvers judged, what was missing.
    """

    judge: str
    subject: str
    findings: tuple[Finding, ...] = attrs.field(converter=_in_order)
    seconds: float = 0.0
    size: str = ""
    counts: dict[str, int] = attrs.field(factory=dict)
    seed: int | None = None
    notes: tuple[str, ...] = attrs.field(default=(), converter=_lines)

    def finding(self, law: str) -> Finding | None:
        """What was said about a law, or None where it did not come up."""
        return next((finding for finding in self.findings if finding.law == law), None)

    @property
    def broken(self) -> tuple[Finding, ...]:
        """The laws found broken."""
        return tuple(finding for finding in self.findings if finding.verdict is Verdict.BROKEN)


def exit_code(judgements: Iterable[Judgement]) -> int:
    """0 if every law held, 1 if one is broken, 2 if one is unknown or nothing was judged at all."""
    verdicts = [finding.verdict for judgement in judgements for finding in judgement.findings]
    if Verdict.BROKEN in verdicts:
        return 1
    if Verdict.UNKNOWN in verdicts or Verdict.HOLDS not in verdicts:
        return 2
    return 0


def require_known(laws: Iterable[Law], known: Collection[str], about: str) -> None:
    """A `ValueError` where a law is not one of those that are `known`, which are about something."""
    strange = [law.id for law in laws if law.id not in known]
    if strange:
        raise ValueError(f"{', '.join(strange)}: not about {about}, which {', '.join(sorted(known))} are")
