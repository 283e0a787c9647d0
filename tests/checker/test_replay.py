"""Replay: the same law again, another, or none; on other targets, and through JSON."""

import pytest

from pagelaw.checker.frames.plan import FreeOf
from pagelaw.checker.frames.practice import FRAMES
from pagelaw.checker.plan import Plan
from pagelaw.checker.practice import tell
from pagelaw.checker.replay import replay, retell
from pagelaw.checker.targets.target import TargetError
from pagelaw.checker.trace import read_trace
from pagelaw.checker.verdict import Verdict
from pagelaw.spec.contracts import Allocate, Arena, Probe

PLAN = Plan(Arena(4, 2), (Allocate(0), Allocate(0), FreeOf(0), FreeOf(1), Probe()))


def recorded(make_target, *bugs, **options):
    return tell(FRAMES, PLAN, make_target(*bugs, **options)).trace(target="planted", judge="random", seed=5)


def test_a_trace_read_from_a_file_breaks_the_same_law(make_target, tmp_path) -> None:
    """Written as JSON, read again and replayed: same law, same answers."""
    path = tmp_path / "trace.json"
    path.write_text(recorded(make_target, "no-merge-at-top").to_json(), encoding="utf-8")
    told = read_trace(path)
    again = retell(told, make_target("no-merge-at-top"))
    assert (again.outcome, again.diverges, told.law) == ("same", None, "A4")
    assert replay(told, make_target("no-merge-at-top")).finding("A4").verdict is Verdict.BROKEN


def test_a_correct_target_breaks_nothing(make_target) -> None:
    """The law of the trace holds in it, and where the stories part is told."""
    again = retell(recorded(make_target, "no-merge-at-top"), make_target())
    assert (again.outcome, again.diverges) == ("none", 4)
    assert again.judgement().finding("A4").verdict is Verdict.HOLDS


def test_frees_follow_the_blocks_that_come_now(make_target) -> None:
    """A target that gives other frames is told to free those, and shows the same bug."""
    told = recorded(make_target, "no-merge-at-top")
    again = retell(told, make_target("no-merge-at-top", pick="first", upper=True))
    assert again.trace.steps[0].answer != told.steps[0].answer
    assert (again.outcome, again.diverges) == ("same", 0)


def test_another_law_is_told(make_target) -> None:
    """Where another law breaks first, the law of the trace stays unknown."""
    again = retell(recorded(make_target, "no-merge-at-top"), make_target("fails-early", "hangs", "loses-frame-0"))
    assert again.outcome == "another"
    assert again.judgement().finding("A4").verdict is Verdict.UNKNOWN
    assert again.judgement().broken


def test_a_target_that_lacks_what_the_trace_needs(make_target) -> None:
    """An arena that the target does not declare is refused in one line."""
    plan = Plan(Arena(4, 2, start=4), PLAN.requests)
    trace = tell(FRAMES, plan, make_target()).trace()
    with pytest.raises(TargetError, match=r"needs start \(4 frames from 4.*not declare"):
        replay(trace, make_target(start=False))
