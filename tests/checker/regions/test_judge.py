"""The random judge of regions: laws hold, what is wrong is told shortly, what was never seen is no pass."""

from typing import Any

import pytest

from pagelaw.checker.regions import judge
from pagelaw.checker.regions.judge import judge_regions
from pagelaw.checker.verdict import Verdict, exit_code
from pagelaw.model.fast import region_moves
from pagelaw.spec import buddy_laws, region_laws, regions
from pagelaw.spec.law import find_law, laws_of

LAWS = [law for law in laws_of(region_laws.CONTRACT) if law.part == region_laws.PART]


def test_every_law_holds() -> None:
    """Deterministic, with progress; every kind of move was done, and refused."""
    told: list[str] = []
    judgement = judge_regions(LAWS, progress=told.append)
    assert {finding.verdict for finding in judgement.findings} == {Verdict.HOLDS}
    assert exit_code([judgement]) == 0
    assert judgement.counts["region runs"] == 300
    assert told[0] == "random: 25 of 300 runs on regions"
    assert all(finding.cases > 5_000 for finding in judgement.findings)
    some = [judge_regions(LAWS, examples=20, seed_number=1).counts for _ in range(2)]
    assert some[0] == some[1]


def over(state: Any, below: Any, first: Any, length: Any, kind: Any, offset: Any) -> Any:
    """Inserts a page more than was asked."""
    return regions.insert(state, below, first, length + 1, kind, offset)


def forgetful(state: Any, first: Any, at: Any) -> Any:
    """Splits, and forgets what is behind the upper part."""
    after, legal = regions.split(state, first, at)
    if legal:
        after.offset[at] = 0
    return after, legal


def never(state: Any, first: Any) -> Any:
    """Joins nothing."""
    return state, False


def denied(state: Any, first: Any) -> Any:
    """Removes, and says that it did not."""
    return regions.remove(state, first)[0], False


def one_fewer(state: Any, first: Any) -> Any:
    """Removes, and counts two."""
    after, legal = regions.remove(state, first)
    return after._replace(count=after.count - bool(legal and after.count)), legal


def another(state: Any, length: Any) -> Any:
    """Always the lowest room, if the highest was asked for."""
    return regions.fit(state, length)


@pytest.mark.parametrize(
    ("name", "function", "law", "says"),
    [
        pytest.param("insert", over, "V5", "is inserted at page", marks=pytest.mark.nightly),
        pytest.param("split", forgetful, "V5", "is split there", marks=pytest.mark.nightly),
        pytest.param("remove", denied, "V2", "refused: the region at page", marks=pytest.mark.nightly),
        ("remove", one_fewer, "V2", "is removed"),
        ("fit_high", another, "V16", "is inserted at page"),
    ],
)
def test_what_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch, name: str, function: Any, law: str, says: str) -> None:
    """One law is named, with a short story; the others are unknown."""
    monkeypatch.setattr(region_moves, name, function)
    judgement = judge_regions(LAWS)
    (broken,) = judgement.broken
    assert broken.law == law
    assert says in broken.because
    assert broken.because.startswith("in a space of ")
    assert broken.because.count(";") < 4
    assert {finding.verdict for finding in judgement.findings if finding is not broken} == {Verdict.UNKNOWN}


def test_what_was_never_seen_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that is never done, and a premise that is never met."""
    monkeypatch.setattr(region_moves, "join", never)
    (finding,) = judge_regions([find_law("V1")], examples=60).findings
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.because.startswith("never seen: ")
    monkeypatch.undo()
    monkeypatch.setattr(judge, "_VAST", (3, 3))
    monkeypatch.setattr(judge, "_USED", 1)
    (finding,) = judge_regions([find_law("V16")], examples=60).findings
    assert finding.verdict is Verdict.UNKNOWN


def test_laws_of_something_else_are_refused() -> None:
    """No law is passed over."""
    with pytest.raises(ValueError, match="A1: not about regions"):
        judge_regions([laws_of(buddy_laws.CONTRACT)[0]])
