"""Check: one finding for each law, planted bugs under their law, correct targets without a false alarm."""

import pytest

from pagelaw.checker.campaign import Campaign
from pagelaw.checker.check import JUDGES, check
from pagelaw.checker.frames.practice import FRAMES
from pagelaw.checker.replay import retell
from pagelaw.checker.targets.target import TargetError
from pagelaw.checker.trace import read_trace
from pagelaw.checker.verdict import Verdict, exit_code
from pagelaw.spec import buddy_laws
from pagelaw.spec.law import find_law, laws_of

LAWS = laws_of(buddy_laws.CONTRACT)


@pytest.mark.parametrize(
    ("bug", "law", "calls"),
    [
        ("no-merge", "A4", 1),
        ("no-merge-at-top", "A4", 3),
        ("crosses-barrier", "A14", 1),
        ("rounds-up", "A1", 1),
        ("loses-frame-0", "A10", 1),
        ("loses-last", "A10", 1),
        ("accepts-double", "A8", 1),
        ("accepts-wrong-order", "A8", 2),
        ("refusal-frees", "A8", 4),
        ("failure-splits", "A9", 3),
        ("fails-early", "A6", 4),
        ("crashes", "C2", 4),
        ("hangs", "A11", 1),
    ],
)
def test_planted_bugs_are_found_under_their_law(make_target, tmp_path, bug, law, calls) -> None:
    """Each bug breaks its law with a minimal trace, which replays from its file, and nothing else is claimed."""
    judgements = check(make_target(bug), LAWS, budget=4.0)
    broken = [finding for judgement in judgements for finding in judgement.broken]
    assert [finding.law for finding in broken] == [law]
    assert len(broken[0].trace.steps) == calls
    assert exit_code(judgements) == 1
    path = tmp_path / "trace.json"
    path.write_text(broken[0].trace.to_json(), encoding="utf-8")
    assert retell(read_trace(path), make_target(bug)).outcome == "same"
    assert retell(read_trace(path), make_target()).outcome == "none"
    verdicts = {finding.verdict for finding in judgements[0].findings}
    assert verdicts == {Verdict.BROKEN, Verdict.UNKNOWN, Verdict.NOT_JUDGED}
    assert all("stopped after" in finding.because for finding in judgements[1].findings)


@pytest.mark.parametrize(
    ("judge", "bug", "law", "frames"),
    [
        ("random", "no-merge-at-top", "A4", None),
        ("soak", "no-merge-at-top", "A4", 64),
        ("soak", "crosses-barrier", "A14", None),
    ],
)
def test_every_judge_finds_and_minimises(make_target, judge, bug, law, frames) -> None:
    """What enumerate finds, the others find as well where they are alone, with a trace as short."""
    [judgement] = check(make_target(bug), LAWS, budget=20.0, frames=frames, judges=[judge])
    [finding] = judgement.broken
    assert (judgement.judge, finding.law) == (judge, law)
    assert len(finding.trace.steps) <= 6


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    "policy",
    [
        {"pick": "last", "policies": ("smallest-sufficient", "lower-half")},
        {"pick": "lowest", "policies": ("smallest-sufficient", "lowest-address", "lower-half")},
        {"pick": "first", "upper": True, "policies": ("smallest-sufficient", "upper-half"), "probe": False},
    ],
)
def test_correct_targets_raise_no_alarm(make_target, policy, seed) -> None:
    """All that can be judged holds, with its cases counted; each judge gives one finding for each law."""
    judgements = check(make_target(**policy), LAWS, budget=1.0, seed=seed)
    assert [judgement.judge for judgement in judgements] == list(JUDGES)
    for judgement in judgements:
        assert [finding.law for finding in judgement.findings] == [law.id for law in LAWS]
        assert not judgement.broken
        for finding in judgement.findings:
            assert finding.because
            assert finding.cases > 0 or finding.verdict is not Verdict.HOLDS
    assert exit_code(judgements[:1]) == 0


def test_a_policy_that_is_claimed_is_held_to(make_target) -> None:
    """A false claim is broken where its law is asked for, and no matter where it is not."""
    target = make_target(pick="last", policies=("lowest-address",))
    [judgement] = check(target, LAWS, budget=2.0, judges=["enumerate"])
    assert [finding.law for finding in judgement.broken] == ["A13.lowest"]
    [judgement] = check(target, [find_law("A6")], budget=1.0, judges=["enumerate"])
    assert [finding.verdict for finding in judgement.findings] == [Verdict.HOLDS]


def test_a_breach_of_a_law_that_was_not_asked_for(make_target) -> None:
    """The law asked for is then unknown, and the reason is told."""
    [judgement] = check(make_target("no-merge"), [find_law("A6")], budget=2.0, judges=["enumerate"])
    [finding] = judgement.findings
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.because == "the run ended with a breach of A4, which was not asked for"


@pytest.mark.parametrize(
    ("declared", "laws"),
    [
        ({"probe": False}, {"A3", "A4", "A5", "A7", "A9", "A14"}),
        ({"illegal_free": "undefined"}, {"A8"}),
        ({"barriers": False}, {"A14"}),
        ({"merging": "lazy"}, {"A3", "A4", "A5", "A6", "A7", "A9", "A10", "A14"}),
        ({"illegal_free": "ignored"}, set()),
    ],
)
def test_what_cannot_be_judged_is_told(make_target, declared, laws) -> None:
    """A capability that is missing leaves its laws not judged, with a reason; all others hold."""
    bug = {"ignored": "ignores"}.get(declared.get("illegal_free", ""), "")
    [judgement] = check(make_target(*[bug] if bug else [], **declared), LAWS, budget=1.2, judges=["enumerate"])
    always = {"A12", "A13.smallest", "A13.lowest", "A13.lower", "A13.upper"}
    idle = {finding.law for finding in judgement.findings if finding.verdict is Verdict.NOT_JUDGED}
    assert idle == laws | always
    assert all(finding.verdict in (Verdict.HOLDS, Verdict.NOT_JUDGED) for finding in judgement.findings)


def test_nothing_at_stake_is_unknown(make_target) -> None:
    """A budget that ends before anything happened is no pass."""
    judgements = check(make_target(), LAWS, budget=0.0)
    verdicts = {finding.verdict for judgement in judgements for finding in judgement.findings}
    assert verdicts == {Verdict.UNKNOWN, Verdict.NOT_JUDGED}
    assert exit_code(judgements) == 2


def test_the_number_of_frames_can_be_fixed(make_target) -> None:
    """All judges keep to it, and a state space too large for the budget is told as cut."""
    judgements = check(make_target(), LAWS, budget=1.2, frames=24)
    assert {judgement.size.split(",")[0] for judgement in judgements} == {"24 frames"}
    assert "24 frames, orders 0 to 4: cut after" in judgements[0].notes[0]


def test_an_interruption_leaves_what_was_found(make_target) -> None:
    """Ctrl-C: the judge at work and those after it leave their laws unknown."""
    calls = []

    def interrupt(line: str) -> None:
        calls.append(line)
        if line.startswith("random"):
            raise KeyboardInterrupt

    judgements = check(make_target(), LAWS, budget=3.0, progress=interrupt)
    assert calls[0].startswith("enumerate: planted, ")
    assert judgements[0].finding("A4").verdict is Verdict.HOLDS
    assert judgements[1].finding("A4").because == judgements[2].finding("A4").because == "interrupted"
    assert exit_code(judgements) == 2


class Closed:
    """A target that opens no arena of these sizes."""

    name = "closed"

    def __init__(self, inner, refuses) -> None:
        self.inner, self.refuses, self.capabilities = inner, refuses, inner.capabilities

    def open(self, arena):
        if self.refuses(arena):
            raise TargetError("sizes must be powers of two")
        return self.inner.open(arena)

    def close(self) -> None:
        pass


def test_arenas_that_do_not_open(make_target) -> None:
    """Some: A10 is unknown and says which. All: the target cannot be used at all."""
    judgements = check(Closed(make_target(), lambda arena: arena.frames & (arena.frames - 1)), LAWS, budget=2.0)
    finding = judgements[0].finding("A10")
    assert finding.verdict is Verdict.UNKNOWN
    assert "powers of two" in finding.because
    with pytest.raises(TargetError, match="powers of two"):
        check(Closed(make_target(), lambda arena: True), LAWS, budget=1.0)


@pytest.mark.expensive
def test_a_late_leak_is_found_by_default_means(make_target) -> None:
    """Soak finds in its share of the budget what shows after ten thousand operations."""
    [judgement] = check(make_target("leaks-late"), LAWS, budget=4.0, judges=["soak"])
    assert [finding.law for finding in judgement.broken] == ["A3"]


def test_unknown_judges_are_refused(make_target) -> None:
    """A misspelt judge is an error that names the right ones."""
    with pytest.raises(ValueError, match="enumerate, random, soak"):
        check(make_target(), LAWS, judges=["sok"])


def test_a_campaign_is_over_when_its_budget_is(make_target) -> None:
    """A breach or the clock ends a campaign, nothing else."""
    target = make_target()
    assert Campaign(FRAMES, target, "soak", seconds=0.0).over
    assert not Campaign(FRAMES, target, "soak", seconds=60.0).over


def test_a_failure_when_no_call_waits_breaks_c2(make_target) -> None:
    """A process that dies while an arena is closed has no call to blame, and is found all the same."""
    target = make_target()
    target.complaints = []
    opened = target.open

    def open_and_complain(arena):  # type: ignore[no-untyped-def]
        if arena.frames == 7:
            target.complaints.append("failed at the end of an arena (crash): SIGABRT")
        return opened(arena)

    target.open = open_and_complain
    judgements = check(target, [find_law("C2"), find_law("A1")], budget=20.0, frames=7, judges=["enumerate"])
    assert [finding.law for finding in judgements[0].broken] == ["C2"]
    assert "SIGABRT" in judgements[0].broken[0].because
    assert exit_code(judgements) == 1
