"""What the random judges of the specification share: a test that Hypothesis draws for, and a finding for each law.

A judge writes what happens on one draw, and raises `LawBrokenError` at the first point where a law does not hold.
`broken_by` lets Hypothesis draw as often as it is told, always the same for the same seed, and hands back the breach
in its smallest form. Nothing is kept on disk, and nothing but a broken law ends the draws: any other exception is an
error of the judge and comes through.

::

    test(draw) ──raise──> LawBrokenError ──shrunk──> broken_by ──> finding for each law:
                                                                   broken, or unknown as the search ended there
               ──none───────────────────────────────────────────>  unknown for what was never seen, else holds
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..spec.law import Law
from .trace import Trace
from .verdict import Finding, Verdict

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


class LawBrokenError(Exception):
    """A law does not hold at a point.

    Attributes:
        law: its id.
        because: where, and how it came to that, in words.
        trace: the calls that show it, where there are any.
    """

    def __init__(self, law: str, because: str, trace: Trace | None = None) -> None:
        super().__init__(because)
        self.law = law
        self.because = because
        self.trace = trace


def broken_by(
    test: Callable[..., None], *drawn: SearchStrategy[Any], examples: int, seed_number: int
) -> LawBrokenError | None:
    """The breach that `test` raises on one of so many draws, shrunk; None if it raises none.

    `test` takes a value of each of the strategies `drawn`.
    """
    # Laws are asked by judges too that draw nothing, and those should not load Hypothesis.
    from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

    chosen = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
        print_blob=False,
    )
    try:
        seed(seed_number)(chosen(given(*drawn)(test)))()
    except LawBrokenError as found:
        return found
    return None


def finding(law: Law, cases: int, broken: LawBrokenError | None, *, missing: str = "", rests_on: str) -> Finding:
    """What is said about a law that was asked at so many points.

    Args:
        law: the law.
        cases: the points at which it was asked.
        broken: what ended the draws, if anything did.
        missing: what should have been seen and was not, in words; then the law is unknown.
        rests_on: the points at which it was asked, in words.
    """
    if broken is not None and broken.law == law.id:
        return Finding(law.id, Verdict.BROKEN, broken.because, cases, broken.trace)
    if broken is not None:
        return Finding(law.id, Verdict.UNKNOWN, f"the search ended when {broken.law} was found broken", cases)
    if missing:
        return Finding(law.id, Verdict.UNKNOWN, f"never seen: {missing}", cases)
    if not cases:
        return Finding(law.id, Verdict.UNKNOWN, "never at stake")
    return Finding(law.id, Verdict.HOLDS, rests_on, cases)
