"""The judge of compiled sharing: what was never met is no pass. What such judges have in common is tested above."""

from collections.abc import Callable

import numpy as np
import pytest

from pagelaw.checker.sharing import run
from pagelaw.checker.sharing.run import run_sharing
from pagelaw.checker.verdict import Verdict
from pagelaw.model.fast import sharing_moves
from pagelaw.spec import sharing_laws
from pagelaw.spec.law import laws_of

LAWS = [law for law in laws_of(sharing_laws.CONTRACT) if law.part == sharing_laws.PART]


def test_stakes_that_were_never_met_are_no_pass(
    plain_kernels: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where counts have room for everything, F9 is not judged."""
    plain_kernels(run, sharing_moves)
    monkeypatch.setattr(run, "SMALL", (run.Machine(4),))
    monkeypatch.setattr(run, "LARGE", run.Machine(4))
    found = {finding.law: finding for finding in run_sharing(LAWS, calls=10_000_000).findings}
    assert found["F9"].because == "never seen: a page that is not mapped because the count has no room"
    assert found["V6"].verdict is found["F7"].verdict is Verdict.HOLDS


def test_refusals_that_were_never_seen_are_no_pass() -> None:
    """Neither done nor refused is enough alone."""
    court = run._Court(0, met=np.ones(64, np.uint64))
    court.counts[:] = 1
    assert list(court.never_seen(LAWS[0])) == []
    court.counts[2 * sharing_moves.EVICT] = 0
    assert list(court.never_seen(LAWS[0])) == ["refused: page n of an object is evicted"]
