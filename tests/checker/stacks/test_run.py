"""The judge of compiled stacks: which stacks are played. What all such judges have in common is tested above."""

from collections.abc import Callable
from typing import Any

import pytest

from pagelaw.checker.stacks import run
from pagelaw.checker.stacks.run import LARGE, LARGE_UNCOMPILED, SMALL, run_stacks
from pagelaw.checker.verdict import Verdict
from pagelaw.model.fast import backend, stack_moves
from pagelaw.spec import stack_laws, stacks
from pagelaw.spec.law import laws_of

LAWS = [law for law in laws_of(stack_laws.CONTRACT) if law.part == stack_laws.PART]
Play = Callable[..., None]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Uncompiled, and two small stacks."""
    monkeypatch.setattr(run, "is_compiled", lambda: False)
    monkeypatch.setattr(run, "SMALL", SMALL[:2])


@pytest.mark.expensive
@pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")
def test_the_usual_stack_overflows_too() -> None:
    """A hundred thousand touches come to everything."""
    court = run._Court(0)
    court.play(LARGE, 100_000, 1, (0,))
    assert court.counts.all()


def test_uncompiled_the_large_stack_is_smaller(few: None, plain_kernels: Play) -> None:
    """And it says so."""
    plain_kernels(run, stack_moves)
    assert run_stacks(LAWS, calls=1_000).size == f"stacks of {LARGE_UNCOMPILED}"


def forgets(stack: Any, page: Any) -> Any:
    """The overflow is told, and not remembered."""
    after, outcome = stacks.touch(stack, int(page))
    return after._replace(overflowed=0), outcome


def test_a_breach_is_told_on_the_smallest_stack(few: None, plain_kernels: Play) -> None:
    """The stack and the touch."""
    plain_kernels(run, stack_moves, touch=forgets)
    (broken,) = run_stacks(LAWS, calls=1_000).broken
    assert broken.because.endswith(f" on {SMALL[0]}, seed 0")


def test_what_was_never_seen_is_no_pass(few: None, plain_kernels: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ends before anything has happened."""
    plain_kernels(run, stack_moves)
    monkeypatch.setattr(run, "SMALL", ())
    (finding,) = run_stacks(LAWS, calls=1_000).findings
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.because.startswith("never seen: page n is touched")
