"""The random judge of sharing: laws hold, what is wrong is told shortly, what was never seen is no pass."""

from typing import Any

import pytest

from pagelaw.checker.sharing import judge
from pagelaw.checker.sharing.judge import Move, judge_sharing
from pagelaw.checker.verdict import Verdict, exit_code
from pagelaw.model.fast import sharing_moves
from pagelaw.model.fast.sharing_machine import Machine
from pagelaw.spec import buddy_laws, sharing, sharing_laws
from pagelaw.spec.law import laws_of

LAWS = [law for law in laws_of(sharing_laws.CONTRACT) if law.part == sharing_laws.PART]


def test_every_law_holds() -> None:
    """Deterministic, with progress; every kind of move was done and refused, and every law at stake."""
    told: list[str] = []
    judgement = judge_sharing(LAWS, progress=told.append)
    assert {finding.law: finding.verdict for finding in judgement.findings} == {
        "V6": Verdict.HOLDS,
        "F7": Verdict.HOLDS,
        "F9": Verdict.HOLDS,
    }
    assert exit_code([judgement]) == 0
    assert judgement.counts["sharing runs"] == 400
    assert judge_sharing(LAWS, examples=20).counts == judge_sharing(LAWS, examples=20).counts
    assert told[0] == "random: 25 of 400 runs on sharing"
    assert all(finding.cases > 4_000 for finding in judgement.findings)


def writes_through(state: Any, page: Any, mask: Any, value: Any) -> Any:
    """The right to write is dropped with the fault: a page that may be read is written."""
    legal, frame = sharing.is_mapped(state, page), sharing.frame_at(state, page)
    content = sharing.overwritten(state.content[frame], mask, value)
    return sharing.with_content(legal, state, frame, content), legal


def as_it_was_left(state: Any, page: Any, frame: Any) -> Any:
    """Fills a page without zeroing."""
    content = state.content[frame]
    after, legal = sharing.fill(state, page, frame)
    return sharing.with_content(legal, after, frame, content), legal


def not_counted(state: Any, page: Any, source: Any) -> Any:
    """Forks without counting."""
    count = list(state.count)
    after, legal = sharing.fork(state, page, source)
    return after._replace(count=count), legal


def denied(state: Any, page: Any) -> Any:
    """Unmaps, and says that it did not."""
    return sharing.unmap(state, page)[0], False


def beyond(state: Any, page: Any, frame: Any) -> Any:
    """Fills a page into a frame that there is not."""
    return sharing.fill(state, page, frame + 50)


@pytest.mark.parametrize(
    ("name", "function", "law", "says"),
    [
        ("write", writes_through, "V6", "under 0x1"),
        ("fill", as_it_was_left, "F7", "is filled into frame 0"),
        pytest.param("fork", not_counted, "F9", "is forked from page ", marks=pytest.mark.nightly),
        ("unmap", denied, "V6", "refused, and yet something changes: page 0 is unmapped"),
        ("fill", beyond, "F9", "page 0 is filled into frame 0"),
    ],
)
def test_what_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch, name: str, function: Any, law: str, says: str) -> None:
    """One law is named, with the shortest story there is; the others are unknown."""
    monkeypatch.setattr(sharing_moves, name, function)
    judgement = judge_sharing(LAWS, examples=150)
    (broken,) = judgement.broken
    assert broken.law == law
    assert says in broken.because.split("; ")[-1]
    assert broken.because.count(";") < 5
    assert broken.because.startswith(("at ", "a frame that there is not"))
    assert {finding.verdict for finding in judgement.findings if finding is not broken} == {Verdict.UNKNOWN}


def test_only_what_is_asked_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sees a write does not hang on zeros; and a count that is wrong elsewhere is found by counting."""
    monkeypatch.setattr(sharing_moves, "fill", as_it_was_left)
    (finding,) = judge_sharing([law for law in LAWS if law.id == "V6"], examples=150).findings
    assert finding.verdict is Verdict.HOLDS
    monkeypatch.setattr(sharing_moves, "fork", not_counted)
    monkeypatch.setattr(sharing_laws, "referenced", lambda *_: True)
    (counted,) = judge_sharing([law for law in LAWS if law.id == "F9"]).broken
    assert counted.because.startswith("at the count of the pages that map a frame")


def test_what_was_never_seen_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """One run does not see everything; a law that never met what it forbids has not been judged."""
    findings = judge_sharing(LAWS, examples=1).findings
    assert {finding.verdict for finding in findings} == {Verdict.UNKNOWN}
    assert findings[0].because == "never seen: page n is filled into frame m"
    monkeypatch.setattr(sharing_moves, "stakes_of", lambda *_: 0)
    found = [finding.because.removeprefix("never seen: ") for finding in judge_sharing(LAWS, examples=150).findings]
    assert found == [next(iter(sharing_moves.STAKES[law.id].values())) for law in LAWS]


def test_machines_and_moves_are_decoded_within_bounds() -> None:
    """At least one page and frame, a count that may be full, and operands that there are; a zero byte is no move."""
    for data in (bytes(4), b"\xff" * 4, bytes([4, 2, 3, 6]), bytes([9, 1, 7, 2])):
        machine = judge._decode_machine(data)
        assert 1 <= machine.most <= machine.all_pages <= 7
        assert 1 <= machine.frames <= 4
        for move in judge._decode_moves(machine, bytes(range(256)) * 5):
            assert move.page < machine.all_pages
            frame = sharing_moves.TAKES_FRAME >> move.kind & 1
            assert move.operand < (machine.frames if frame else machine.all_pages)
    assert judge._decode_machine(bytes(4)) == Machine(1, objects=0, frames=1, most=1)
    assert list(judge._decode_moves(Machine(2), bytes(5))) == []


def test_moves_are_told() -> None:
    """With their operands."""
    assert str(Move(sharing_moves.WRITE, 3, mask=12, value=255)) == "page 3 is written: 0xff under 0xc"
    assert str(Move(sharing_moves.FORK, 3, 2)) == "page 3 is forked from page 2"


def test_laws_of_something_else_are_refused() -> None:
    """No law is passed over."""
    with pytest.raises(ValueError, match="A1: not about sharing"):
        judge_sharing([laws_of(buddy_laws.CONTRACT)[0]])
