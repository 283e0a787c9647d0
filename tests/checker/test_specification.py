"""The random judge of the specification: it passes the rules as they are and notices each rule that is changed."""

import attrs
import pytest

from pagelaw.checker import specification
from pagelaw.checker.specification import judge_specification, replay_specification
from pagelaw.checker.verdict import Verdict, exit_code
from pagelaw.spec import buddy
from pagelaw.spec.frames import NONE
from pagelaw.spec.law import find_law, laws_of

LAWS = laws_of("frames")


def test_the_rules_hold() -> None:
    """No law is broken or unknown; those that only an implementation can break are told apart."""
    judgement = judge_specification(LAWS, examples=120)
    assert exit_code([judgement]) == 0
    not_judged = {f.law for f in judgement.findings if f.verdict is Verdict.NOT_JUDGED}
    assert not_judged == {"A13.lowest", "C1", "C2"}
    assert all(f.cases > 0 for f in judgement.findings if f.verdict is Verdict.HOLDS)


def test_the_same_seed_gives_the_same_run() -> None:
    """Counts and cases are equal, and another seed gives others."""
    first, again = (judge_specification(LAWS, examples=40, seed_number=3) for _ in range(2))
    other = judge_specification(LAWS, examples=40, seed_number=4)
    assert first.counts == again.counts
    assert first.findings == again.findings
    assert other.findings != first.findings


def _without_zone(memory, frame, head, order):  # type: ignore[no-untyped-def]
    return memory.heads[head] == order


def _without_order(memory, frame, head, order):  # type: ignore[no-untyped-def]
    return (memory.heads[head] <= 10) & (memory.zones[frame] == memory.zones[head])


def _never(memory, frame, head, order):  # type: ignore[no-untyped-def]
    return False


def _any_order(memory, frame, order):  # type: ignore[no-untyped-def]
    return frame < memory.frames and 16 <= memory.heads[frame] != NONE


def _lower_always(order, source, source_order, upper):  # type: ignore[no-untyped-def]
    return source


def _forgetful(going, memory, frame):  # type: ignore[no-untyped-def]
    return memory


@pytest.mark.expensive
@pytest.mark.parametrize(
    ("rule", "changed", "laws"),
    [
        ("page_is_buddy", _without_zone, {"A14"}),
        ("page_is_buddy", _without_order, {"A1", "A2", "A3", "A4", "A10", "A11"}),
        ("is_live_block", _any_order, {"A8"}),
        ("remove", _forgetful, {"A2", "A3", "A4", "A5", "A10"}),
        ("given_half", _lower_always, set()),
    ],
)
def test_a_changed_rule_is_noticed(rule: str, changed: object, laws: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each change breaks a law that it should, with a trace; an allowed change (which half) breaks none but A13."""
    monkeypatch.setattr(buddy, rule, changed)
    judgement = judge_specification(LAWS, examples=200)
    broken = {finding.law for finding in judgement.broken}
    if laws:
        assert broken <= laws
        assert broken
        assert judgement.broken[0].trace is not None
    else:
        assert not broken - {"A13.upper"}


def test_a_broken_law_is_shrunk_and_replays(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trace is short, and replaying it on the same steps breaks the same law; on the right steps none."""
    with monkeypatch.context() as patched:
        patched.setattr(buddy, "is_live_block", _any_order)
        finding = judge_specification(LAWS, examples=200).broken[0]
        assert finding.trace is not None
        assert len(finding.trace.steps) <= 2
        again = replay_specification(finding.trace)
        assert [found.law for found in again.broken] == [finding.law]
    assert not replay_specification(finding.trace).broken


def test_a_step_beyond_memory_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """An index error of a step is a broken A1, not the end of the judge."""
    monkeypatch.setattr(buddy, "parent_of", lambda frame, order: frame + 10_000)
    assert [finding.law for finding in judge_specification(LAWS, examples=100).broken] == ["A1"]


def test_what_is_never_at_stake_is_unknown() -> None:
    """With one example most laws have not been asked anything, and that is no pass."""
    judgement = judge_specification([find_law("A11"), find_law("A8")], examples=1)
    assert {finding.verdict for finding in judgement.findings} == {Verdict.UNKNOWN}
    assert exit_code([judgement]) == 2


def test_progress_is_told() -> None:
    """Long work says how far it is."""
    told: list[str] = []
    judge_specification([find_law("A1")], examples=60, progress=told.append)
    assert told


def test_findings_are_values() -> None:
    """A judgement can be compared and evolved like any attrs value."""
    judgement = judge_specification([find_law("A1")], examples=10)
    assert attrs.evolve(judgement, seconds=0.0) != judgement
    assert specification.empty_lists(0)[:2] == [0, 0]
