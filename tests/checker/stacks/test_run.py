"""The judge of compiled stacks: the law holds, what is wrong is found, what was never seen is no pass."""

from typing import Any

import pytest

from pagelaw.checker.stacks import run
from pagelaw.checker.stacks.run import LARGE, LARGE_UNCOMPILED, SMALL, run_stacks
from pagelaw.checker.verdict import Verdict, exit_code
from pagelaw.model.fast import backend, stack_moves
from pagelaw.spec import buddy_laws, stack_laws, stacks
from pagelaw.spec.algebra import Backend
from pagelaw.spec.law import laws_of

LAWS = [law for law in laws_of(stack_laws.CONTRACT) if law.part == stack_laws.PART]


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Numba is not installed."""
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    monkeypatch.setattr(run, "is_compiled", lambda: False)
    monkeypatch.setattr(backend, "why_not_compiled", lambda: "there is no compiler")
    monkeypatch.setattr(run, "SMALL", SMALL[:2])
    wrong(monkeypatch)


def wrong(monkeypatch: pytest.MonkeyPatch, **functions: Any) -> None:
    """Plain kernels, with some steps replaced."""
    bound = backend.rebind(stack_moves, primitives=backend._plain_primitives(), overrides=functions)
    monkeypatch.setattr(run, "kernels", lambda: bound)


@pytest.mark.expensive
@pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")
def test_the_law_holds_compiled() -> None:
    """A million touches, the same in every run; the usual stack overflows too."""
    told: list[str] = []
    judgement = run_stacks(LAWS, calls=1_000_000, progress=told.append)
    assert [(finding.law, finding.verdict) for finding in judgement.findings] == [("V14", Verdict.HOLDS)]
    assert exit_code([judgement]) == 0
    assert judgement.counts["stack moves"] == 1_000_000 + len(SMALL) * 25 * 2_000
    assert judgement.counts == run_stacks(LAWS, calls=1_000_000).counts
    assert told[-1] == f"run: 1000000 moves on stacks of {LARGE}"
    assert isinstance(run.kernels(), Backend)
    court = run._Court(0)
    court.play(LARGE, 100_000, 1, (0,))
    assert court.counts.all()


def test_the_law_holds_uncompiled(uncompiled: None) -> None:
    """Fewer touches, on a smaller stack, and it says so."""
    judgement = run_stacks(LAWS, calls=1_000_000)
    assert [finding.verdict for finding in judgement.findings] == [Verdict.HOLDS]
    assert judgement.notes == ("there is no compiler",)
    assert judgement.counts["stack moves"] == 500 + 2 * 2_000
    assert judgement.size == f"stacks of {LARGE_UNCOMPILED}"
    assert 0 < judgement.counts["stack moves done"] < judgement.counts["stack moves"]


def forgets(stack: Any, page: Any) -> Any:
    """The overflow is told, and not remembered."""
    after, outcome = stacks.touch(stack, int(page))
    return after._replace(overflowed=0), outcome


def test_what_is_wrong_is_found(uncompiled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack and the touch."""
    wrong(monkeypatch, touch=forgets)
    (broken,) = run_stacks(LAWS, calls=1_000).broken
    assert broken.because.endswith(f" on {SMALL[0]}, seed 0")


def test_a_touch_beyond_the_arrays_is_a_breach(uncompiled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """On plain integers it shows as what it is."""
    wrong(monkeypatch, touch=lambda stack, page: stacks.touch(stack, int(page) + 50))
    (broken,) = run_stacks(LAWS, calls=1_000).broken
    assert "beyond its arrays" in broken.because


def test_what_was_never_seen_is_no_pass(uncompiled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ends before anything has happened."""
    monkeypatch.setattr(run, "SMALL", ())
    (finding,) = run_stacks(LAWS, calls=1_000).findings
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.because.startswith("never seen: page n is touched")


def test_laws_of_something_else_are_refused() -> None:
    """No law is passed over."""
    with pytest.raises(ValueError, match="A1: not about stacks"):
        run_stacks([laws_of(buddy_laws.CONTRACT)[0]])
