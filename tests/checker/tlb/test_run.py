"""The judge of compiled TLBs: laws hold, what is wrong is found, what was never seen is no pass."""

from typing import Any

import pytest

from pagelaw.checker.tlb import run
from pagelaw.checker.tlb.run import LARGE, run_tlb
from pagelaw.checker.verdict import Verdict, exit_code
from pagelaw.model.fast import backend, tlb_moves
from pagelaw.spec import buddy_laws, tlb, tlb_laws
from pagelaw.spec.algebra import Backend
from pagelaw.spec.law import laws_of

LAWS = [law for law in laws_of(tlb_laws.CONTRACT) if law.id in tlb_moves.LAW_BITS]


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Numba is not installed."""
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    monkeypatch.setattr(backend, "why_not_compiled", lambda: "there is no compiler")
    wrong(monkeypatch)


def wrong(monkeypatch: pytest.MonkeyPatch, **functions: Any) -> None:
    """Plain kernels, with some steps replaced."""
    bound = backend.rebind(tlb_moves, primitives=backend._plain_primitives(), overrides=functions)
    monkeypatch.setattr(run, "kernels", lambda: bound)


@pytest.mark.expensive
@pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")
def test_every_law_holds_compiled() -> None:
    """A million moves, the same in every run."""
    told: list[str] = []
    judgement = run_tlb(LAWS, calls=1_000_000, progress=told.append)
    assert {finding.law: finding.verdict for finding in judgement.findings} == {law.id: Verdict.HOLDS for law in LAWS}
    assert exit_code([judgement]) == 0
    assert judgement.counts["TLB moves"] == 1_000_000 + 4 * 25 * 2_000
    assert judgement.counts == run_tlb(LAWS, calls=1_000_000).counts
    assert told[-1] == f"run: 1000000 moves on TLBs of {LARGE}"
    assert isinstance(run.kernels(), Backend)


@pytest.mark.expensive
def test_every_law_holds_uncompiled(uncompiled: None) -> None:
    """Fewer moves, and it says so."""
    judgement = run_tlb(LAWS, calls=1_000_000)
    assert {finding.law: finding.verdict for finding in judgement.findings} == {law.id: Verdict.HOLDS for law in LAWS}
    assert judgement.notes == ("there is no compiler",)
    assert judgement.counts["TLB moves"] == 500 + 4 * 2_000


def release_early(tlbs: Any, _acknowledged: Any) -> Any:
    """Frees the frame at once."""
    return tlb.release(tlbs, True)


def retire_running(tlbs: Any, space: Any, _idle: Any) -> Any:
    """Takes back the identifier of a space that runs."""
    return tlb.retire(tlbs, space, True)


@pytest.mark.parametrize(
    ("name", "function", "laws"),
    [("release", release_early, {"L1", "L2", "L3"}), ("retire", retire_running, {"L5"})],
)
def test_what_is_wrong_is_found(
    uncompiled: None, monkeypatch: pytest.MonkeyPatch, name: str, function: Any, laws: set[str]
) -> None:
    """The laws, the machine and the move; the others are unknown."""
    wrong(monkeypatch, **{name: function})
    judgement = run_tlb(LAWS, calls=1_000_000)
    assert {finding.law for finding in judgement.broken} <= laws
    assert judgement.broken
    assert "seed 0" in judgement.broken[0].because
    others = {finding.verdict for finding in judgement.findings if finding not in judgement.broken}
    assert others == {Verdict.UNKNOWN}


def test_a_move_beyond_the_arrays_is_a_breach(uncompiled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """On plain integers it shows as what it is."""
    wrong(monkeypatch, number_of=lambda entry: entry + 1000)
    judgement = run_tlb(LAWS, calls=1000)
    assert [finding.law for finding in judgement.broken] == ["L3"]
    assert "beyond its arrays" in judgement.broken[0].because


@pytest.mark.expensive
def test_what_was_never_seen_is_no_pass(uncompiled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run in which no identifier was ever taken back."""
    wrong(monkeypatch, reclaim=lambda tlbs, _acknowledged: (tlbs, False))
    findings = run_tlb(LAWS, calls=1000).findings
    assert {finding.verdict for finding in findings} == {Verdict.UNKNOWN}
    assert findings[0].because == "never seen: the identifier is taken back"


def test_laws_of_something_else_are_refused() -> None:
    """No law is passed over."""
    with pytest.raises(ValueError, match="A1: not about TLBs"):
        run_tlb([laws_of(buddy_laws.CONTRACT)[0]])
