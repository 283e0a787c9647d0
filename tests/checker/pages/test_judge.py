"""The random judge of page states: laws hold, what is wrong is told shortly, what was never seen is no pass."""

from typing import Any

import pytest

from pagelaw.checker.pages import judge
from pagelaw.checker.pages.judge import judge_pages
from pagelaw.checker.verdict import Verdict, exit_code
from pagelaw.model.fast import page_moves
from pagelaw.model.fast.page_machine import Machine
from pagelaw.spec import buddy_laws, page_laws, pages
from pagelaw.spec.law import laws_of

LAWS = [law for law in laws_of(page_laws.CONTRACT) if law.id in page_moves.LAW_BITS]


def test_every_law_holds() -> None:
    """Deterministic, with progress; every kind of move was done, and refused."""
    told: list[str] = []
    judgement = judge_pages(LAWS, examples=200, progress=told.append)
    assert {finding.law: finding.verdict for finding in judgement.findings} == {
        "F2": Verdict.HOLDS,
        "V4": Verdict.HOLDS,
        "V8": Verdict.HOLDS,
    }
    assert exit_code([judgement]) == 0
    assert judgement.counts == judge_pages(LAWS, examples=200).counts
    assert judgement.counts["page runs"] == 200
    assert told[0] == "random: 25 of 200 runs on page states"
    assert all(finding.cases > 4_000 for finding in judgement.findings)


def keeps_the_frame(state: Any, page: Any) -> Any:
    """Evicts without giving the frame back."""
    owner = list(state.owner)
    after, legal = pages.evict(state, page)
    return after._replace(owner=owner), legal


def over_the_limit(state: Any, page: Any) -> Any:
    """Commits whatever the limit."""
    after, legal = pages.commit(state._replace(limit=99), page)
    return after._replace(limit=state.limit), legal


def never_charged(state: Any, page: Any) -> Any:
    """Commits for nothing."""
    after, legal = pages.commit(state, page)
    return after._replace(charge=state.charge), legal


def dirty_too(state: Any, page: Any) -> Any:
    """Evicts what was never written out."""
    cleaned, _ = pages.write_out(state, page)
    return pages.evict(cleaned, page)


def denied(state: Any, page: Any) -> Any:
    """Releases, and says that it did not."""
    return pages.release(state, page)[0], False


def beyond(state: Any, page: Any, frame: Any) -> Any:
    """Fills a page into a frame that there is not."""
    return pages.fill(state, page, frame + 50)


@pytest.mark.parametrize(
    ("name", "function", "law", "says"),
    [
        ("evict", keeps_the_frame, "F2", "page 0 is evicted"),
        ("commit", over_the_limit, "V4", "page 1 is committed"),
        ("commit", never_charged, "V4", "page 0 is committed"),
        ("evict", dirty_too, "V8", "page 0 is evicted"),
        ("release", denied, "V8", "refused, and yet something changes: page 0 is released"),
        ("fill", beyond, "F2", "page 0 is touched for the first time, and filled into frame 0"),
    ],
)
def test_what_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch, name: str, function: Any, law: str, says: str) -> None:
    """One law is named, with the shortest story there is; the others are unknown."""
    monkeypatch.setattr(page_moves, name, function)
    judgement = judge_pages(LAWS)
    (broken,) = judgement.broken
    assert broken.law == law
    assert broken.because.endswith(says)
    assert broken.because.count(";") < 5
    assert broken.because.startswith(("at ", "a frame that there is not"))
    assert {finding.verdict for finding in judgement.findings if finding is not broken} == {Verdict.UNKNOWN}


def test_only_what_is_asked_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames do not hang on what is charged; and a charge that is wrong elsewhere is found by counting."""
    monkeypatch.setattr(page_moves, "commit", never_charged)
    (finding,) = judge_pages([law for law in LAWS if law.id == "F2"], examples=200).findings
    assert finding.verdict is Verdict.HOLDS
    monkeypatch.setattr(page_laws, "charged", lambda _before, _after, _page: True)
    (counted,) = judge_pages([law for law in LAWS if law.id == "V4"]).broken
    assert counted.because.startswith("at the count of all committed pages")


def test_what_was_never_seen_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """One run does not see everything; a law that never met what it forbids has not been judged."""
    findings = judge_pages(LAWS, examples=1).findings
    assert {finding.verdict for finding in findings} == {Verdict.UNKNOWN}
    assert findings[0].because == "never seen: page n is reserved"
    monkeypatch.setattr(judge, "machine_within", lambda *_bytes: Machine(1, frames=2))
    found = {finding.law: finding.because for finding in judge_pages(LAWS, examples=200).findings}
    assert found == {
        "F2": "never seen: every frame is used",
        "V4": "never seen: a commit that the limit refuses",
        "V8": "never seen: a move beside another page",
    }


def test_machines_are_decoded_within_bounds() -> None:
    """At least one of everything, and a limit that may be reached."""
    for data in (bytes(3), b"\xff" * 3, bytes([5, 3, 4]), bytes([9, 1, 7])):
        machine = judge.machine_within(judge._LARGEST, *data)
        assert 1 <= machine.limit <= machine.pages <= 6
        assert 1 <= machine.frames <= 4
    assert judge.machine_within(judge._LARGEST, *bytes(3)) == Machine(1, frames=1, limit=1)
    assert judge.machine_within(judge._LARGEST, 5, 3, 5) == Machine(6, frames=4, limit=6)


def test_laws_of_something_else_are_refused() -> None:
    """No law is passed over."""
    with pytest.raises(ValueError, match="A1: not about page states"):
        judge_pages([laws_of(buddy_laws.CONTRACT)[0]])
