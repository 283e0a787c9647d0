"""The random judge of accesses: laws hold, what is wrong is told shortly, what was never seen is no pass."""

from typing import Any

import pytest

from pagelaw.checker.access import judge
from pagelaw.checker.access.judge import judge_access
from pagelaw.checker.verdict import Verdict, exit_code
from pagelaw.model.fast import access_moves
from pagelaw.model.fast.access_machine import USUAL_RIGHTS
from pagelaw.model.fast.page_machine import Machine
from pagelaw.spec import access, access_laws, buddy_laws
from pagelaw.spec.access import COPIED, GUARD, GUARD_HIT, NO_ACCESS, RIGHTS, VIOLATION
from pagelaw.spec.law import find_law, laws_of

LAWS = [law for law in laws_of(access_laws.CONTRACT) if law.part == access_laws.PART]


def test_every_law_holds() -> None:
    """Deterministic, with progress; every law was at stake, the rarest of them at guards."""
    told: list[str] = []
    judgement = judge_access(LAWS, progress=told.append)
    assert {finding.law: finding.verdict for finding in judgement.findings} == {law.id: Verdict.HOLDS for law in LAWS}
    assert exit_code([judgement]) == 0
    assert judgement.counts["access runs"] == 100
    again = [judge_access(LAWS, examples=10) for _ in range(2)]
    assert again[0].counts == again[1].counts
    assert told[0] == "random: 25 of 100 runs on accesses"
    assert all(finding.cases > 200 for finding in judgement.findings)


def forgets_the_guard(space: Any, page: Any, frame: Any, kind: Any) -> Any:
    """Tells the guard, and leaves it there."""
    after, outcome = access.access(space, page, frame, kind)
    return (access.allowed(outcome == GUARD_HIT, after, page, after.rights[page] | GUARD), outcome)


def fills_what_is_reserved(space: Any, page: Any, frame: Any, kind: Any) -> Any:
    """A violation that commits the page all the same."""
    after, outcome = access.access(space, page, frame, kind)
    if outcome == VIOLATION and after.pages.state[page] == 1:
        after.pages.state[page] = 2
    return after, outcome


def refuses_writes(space: Any, page: Any, frame: Any, kind: Any) -> Any:
    """A write to what is copied on write is a violation."""
    before = judge._copied(space)
    after, outcome = access.access(space, page, frame, kind)
    return (before, VIOLATION) if outcome == COPIED else (after, outcome)


def keeps_rights(space: Any, page: Any) -> Any:
    """A page that is decommitted, and may be read all the same."""
    rights = space.rights[page]
    after, legal = access.decommit(space, page)
    return access.allowed(legal, after, page, rights), legal


def beyond(space: Any, page: Any, frame: Any, kind: Any) -> Any:
    """An access that takes a frame that there is not."""
    return access.access(space, page, frame + 50, kind)


@pytest.mark.parametrize(
    ("name", "function", "law", "says"),
    [
        pytest.param(
            "access",
            forgets_the_guard,
            "V13",
            "its region has a guard, which is told and taken away",
            marks=pytest.mark.nightly,
        ),
        ("access", fills_what_is_reserved, "V11", "its region forbids it, a violation"),
        ("access", refuses_writes, "V10", "page 0 is written: its region forbids it, a violation"),
        ("decommit", keeps_rights, "V3", "page 0 is decommitted"),
        ("access", beyond, "V12", "page 0 is read"),
    ],
)
def test_what_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch, name: str, function: Any, law: str, says: str) -> None:
    """One law is named, with the shortest story there is; the others are unknown."""
    monkeypatch.setattr(access_moves, name, function)
    judgement = judge_access(LAWS)
    (broken,) = judgement.broken
    assert broken.law == law
    assert broken.because.endswith(says)
    assert broken.because.count(";") < 6
    assert broken.because.startswith(("at page 0", "a frame that there is not"))
    assert {finding.verdict for finding in judgement.findings if finding is not broken} == {Verdict.UNKNOWN}


def test_rights_of_what_is_not_committed_are_found_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """By looking at every page, where no law looks at the move."""
    monkeypatch.setattr(access_moves, "decommit", keeps_rights)
    monkeypatch.setattr(access_moves, "rights_kept", lambda *_: True)
    (broken,) = judge_access([find_law("V3")]).broken
    assert broken.because.startswith("at some page, on ")


def test_only_what_is_asked_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Violations change nothing, whatever becomes of guards."""
    monkeypatch.setattr(access_moves, "access", forgets_the_guard)
    (finding,) = judge_access([find_law("V11")]).findings
    assert finding.verdict is Verdict.HOLDS


def test_what_was_never_seen_is_no_pass() -> None:
    """One run does not see everything."""
    findings = judge_access(LAWS, examples=1).findings
    assert {finding.verdict for finding in findings} == {Verdict.UNKNOWN}
    assert findings[0].because == "never seen: page n is reserved"


def test_what_is_drawn_is_decoded_within_bounds() -> None:
    """At least one of everything; rights that are usual, and any."""
    for data in (bytes(3), b"\xff" * 3, bytes([3, 2, 4]), bytes([9, 1, 7])):
        machine = judge.machine_within(judge._LARGEST, *data)
        assert 1 <= machine.limit <= machine.pages <= 4
        assert 1 <= machine.frames <= 3
    assert judge.machine_within(judge._LARGEST, *bytes(3)) == Machine(1, frames=1, limit=1)
    assert {judge._decode_rights(byte) for byte in range(128)} == set(USUAL_RIGHTS)
    assert {judge._decode_rights(byte) for byte in range(128, 256)} == set(range(NO_ACCESS, RIGHTS + 1))


def test_laws_of_something_else_are_refused() -> None:
    """No law is passed over."""
    with pytest.raises(ValueError, match="A1: not about accesses"):
        judge_access([laws_of(buddy_laws.CONTRACT)[0]])
