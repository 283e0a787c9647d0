"""The judge of compiled page states: what was never met is no pass. What such judges have in common is tested above."""

from collections.abc import Callable

import pytest

from pagelaw.checker.pages import run
from pagelaw.checker.pages.run import run_pages
from pagelaw.model.fast import page_moves
from pagelaw.spec import page_laws
from pagelaw.spec.law import laws_of

LAWS = [law for law in laws_of(page_laws.CONTRACT) if law.id in page_moves.LAW_BITS]


def test_premises_that_were_never_met_are_no_pass(
    plain_kernels: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where frames and the limit suffice for everything, F2 and V4 are not judged; V8 asks for nothing more."""
    plain_kernels(run, page_moves)
    monkeypatch.setattr(run, "SMALL", (run.Machine(3, frames=9, limit=9),))
    monkeypatch.setattr(run, "LARGE", run.Machine(3, frames=9, limit=9))
    found = {finding.law: finding.because for finding in run_pages(LAWS, calls=10_000_000).findings}
    assert found["F2"] == "never seen: every frame is used"
    assert found["V4"] == "never seen: the charge is at the limit"
    assert found["V8"].startswith("every point")


def test_refusals_that_were_never_seen_are_no_pass() -> None:
    """Neither done nor refused is enough alone."""
    court = run._Court(0, met=set(run._PREMISES.values()))
    court.counts[:] = 1
    assert list(court.never_seen(LAWS[0])) == []
    court.counts[2 * page_moves.EVICT] = 0
    assert list(court.never_seen(LAWS[0])) == ["refused: page n is evicted"]
