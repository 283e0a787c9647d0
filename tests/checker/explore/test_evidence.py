"""Evidence: a law holds only where something was asked and nothing left out."""

from pagelaw.checker.explore.evidence import Inquiry
from pagelaw.checker.trace import Step
from pagelaw.checker.verdict import INTERRUPTED, Verdict
from pagelaw.spec.contracts import Allocate, Arena
from pagelaw.spec.law import find_law


def inquiry(*laws):
    return Inquiry([find_law(law) for law in laws], {}, 100, None)


def verdict(found, law):
    return found.evidence[law].finding(find_law(law))


def test_nothing_asked_is_no_pass():
    """No case: unknown; a law on conduct: not judged."""
    found = inquiry("A1", "C1")
    assert verdict(found, "A1").verdict is Verdict.UNKNOWN
    assert verdict(found, "C1").verdict is Verdict.NOT_JUDGED


def test_a_gap_outweighs_every_case():
    """Cases with a gap: unknown, with the reason."""
    found = inquiry("A1", "A2")
    found.credit(["A1", "A2", "A3"], 7, "states")
    found.gap(["A1", "A3"], "not looked at")
    assert (verdict(found, "A1").verdict, verdict(found, "A1").because) == (Verdict.UNKNOWN, "not looked at")
    assert (verdict(found, "A2").verdict, verdict(found, "A2").because) == (Verdict.HOLDS, "7 states")


def test_the_shortest_breach_is_told():
    """Of several breaches the one with the fewest calls; of equal ones the first."""
    found = inquiry("A1")
    step = Step(Allocate(0))
    for frames, steps in ((3, [step, step]), (1, [step]), (2, [step])):
        found.breach(Arena(frames, 0), steps, "A1", f"in {frames} frames")
    assert found.is_broken
    assert verdict(found, "A1").because == "in 1 frames"
    assert verdict(found, "A1").trace.arena == Arena(1, 0)


def test_an_interruption_spares_what_was_finished():
    """Only what was still being judged becomes unknown."""
    found = inquiry("A1", "A12")
    found.credit(["A1", "A12"], 5, "points")
    found.finished.add("A12")
    found.cut_short()
    assert (verdict(found, "A1").verdict, verdict(found, "A1").because) == (Verdict.UNKNOWN, INTERRUPTED)
    assert verdict(found, "A12").verdict is Verdict.HOLDS
