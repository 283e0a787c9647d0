"""The random judge of TLBs: laws hold, what is wrong is found and told shortly, what was never seen is no pass."""

from typing import Any

import pytest

from pagelaw.checker.tlb import judge
from pagelaw.checker.tlb.judge import judge_tlb
from pagelaw.checker.verdict import Verdict, exit_code
from pagelaw.model.fast import tlb_moves
from pagelaw.model.fast.tlb_machine import Machine
from pagelaw.spec import buddy_laws, tlb, tlb_laws
from pagelaw.spec.law import laws_of

LAWS = [law for law in laws_of(tlb_laws.CONTRACT) if law.id in tlb_moves.LAW_BITS]


@pytest.mark.expensive
def test_every_law_holds() -> None:
    """Deterministic, with progress; every kind of move was done."""
    told: list[str] = []
    judgement = judge_tlb(LAWS, examples=200, progress=told.append)
    assert {finding.law: finding.verdict for finding in judgement.findings} == {law.id: Verdict.HOLDS for law in LAWS}
    assert exit_code([judgement]) == 0
    assert judgement.counts == judge_tlb(LAWS, examples=200).counts
    assert judgement.counts["TLB runs"] == 200
    assert told[0] == "random: 25 of 200 runs on TLBs"
    assert all(finding.cases > 10_000 for finding in judgement.findings)


def release_early(tlbs: Any, _acknowledged: Any) -> Any:
    """Frees the frame at once."""
    return tlb.release(tlbs, True)


def forgets_nothing(tlbs: Any, core: Any) -> Any:
    """Acknowledges without a flush."""
    cached = list(tlbs.cached)
    after, legal = tlb.acknowledge(tlbs, core)
    return after._replace(cached=cached), legal


def takes_any(tlbs: Any, space: Any, number: Any) -> Any:
    """Gives an identifier that somebody has."""
    holder = list(tlbs.holder)
    holder[number] = 0
    return tlb.give(tlbs._replace(holder=holder), space, number)


@pytest.mark.parametrize(
    ("name", "function", "laws"),
    [
        ("release", release_early, {"L1", "L2", "L3"}),
        ("acknowledge", forgets_nothing, {"L2", "L5"}),
        ("give", takes_any, {"L5"}),
    ],
)
@pytest.mark.expensive
def test_what_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch, name: str, function: Any, laws: set[str]) -> None:
    """One law is named, with a story of few moves; the others are unknown."""
    monkeypatch.setattr(tlb_moves, name, function)
    judgement = judge_tlb(LAWS)
    (broken,) = judgement.broken
    assert broken.law in laws
    assert broken.because.count(";") < 12
    assert broken.because.startswith("at ")
    assert {finding.verdict for finding in judgement.findings if finding is not broken} == {Verdict.UNKNOWN}


def frees_as_well(tlbs: Any, acknowledged: Any) -> Any:
    """The page has its frame again, and the frame is free."""
    frame = tlb.number_of(tlbs.held)
    after, legal = tlb.restore(tlbs, acknowledged)
    owner = [0 if legal and number == frame else page for number, page in enumerate(after.owner)]
    return after._replace(owner=owner), legal


def test_only_what_is_asked_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """L5 does not hang on who owns a frame; L3 does."""
    monkeypatch.setattr(tlb_moves, "restore", frees_as_well)
    found = {id: judge_tlb([law for law in LAWS if law.id == id]).findings for id in ("L3", "L5")}
    assert {id: finding.verdict for id, (finding,) in found.items()} == {"L3": Verdict.BROKEN, "L5": Verdict.HOLDS}


def test_what_was_never_seen_is_no_pass() -> None:
    """One run does not see everything."""
    findings = judge_tlb(LAWS, examples=1).findings
    assert {finding.verdict for finding in findings} == {Verdict.UNKNOWN}
    assert findings[0].because.startswith("never seen: ")


def test_machines_are_decoded_within_bounds() -> None:
    """Every space has a page."""
    for data in (bytes(5), b"\xff" * 5, bytes([4, 5, 2, 3, 2]), bytes([9, 1, 7, 200, 31])):
        machine = judge._decode_machine(data)
        assert set(machine.home) == set(range(machine.spaces))
        assert all(1 <= size <= most for size, most in zip(machine.sizes, (6, 40, 5, 5, 4, 3, 3), strict=True))
    assert judge._decode_machine(bytes(5)) == Machine(1, home=(0,), frames=1, identifiers=1)


def test_laws_of_something_else_are_refused() -> None:
    """No law is passed over."""
    with pytest.raises(ValueError, match="A1: not about TLBs"):
        judge_tlb([laws_of(buddy_laws.CONTRACT)[0]])
