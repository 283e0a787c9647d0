"""The judge of compiled regions: what was never met is no pass. What such judges have in common is tested above."""

from typing import Any

import pytest

from pagelaw.checker.regions import run
from pagelaw.checker.regions.run import run_regions
from pagelaw.checker.verdict import Verdict
from pagelaw.model.fast import backend, region_core, region_moves, region_replay
from pagelaw.spec import region_laws
from pagelaw.spec.law import find_law, laws_of

LAWS = [law for law in laws_of(region_laws.CONTRACT) if law.part == region_laws.PART]


def plain(monkeypatch: pytest.MonkeyPatch, **functions: Any) -> None:
    """Let the run be uncompiled, with some functions replaced."""
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    bound = backend.rebind(region_replay, primitives=backend._plain_primitives(), overrides=functions)
    monkeypatch.setattr(run, "core", lambda: bound)


def test_every_law_holds_uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same functions on plain integers, and few moves in a large space."""
    plain(monkeypatch)
    judgement = run_regions(LAWS, calls=2_000_000)
    assert {finding.verdict for finding in judgement.findings} == {Verdict.HOLDS}
    assert judgement.counts["region moves"] == 4 * 2000 + 1000


@pytest.mark.expensive
@pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")
def test_every_law_holds() -> None:
    """Compiled, in a large space with thousands of regions."""
    assert region_core.core() is region_core.core()
    judgement = run_regions(LAWS, calls=500_000)
    assert {finding.verdict for finding in judgement.findings} == {Verdict.HOLDS}
    assert judgement.counts["region moves"] == 4 * 25 * 2000 + 500_000


def test_a_breach_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named with its seed, and the other laws are unknown."""
    plain(monkeypatch, join=lambda state, first: (state, False))
    judgement = run_regions(LAWS, calls=1_000_000)
    (broken,) = judgement.broken
    assert broken.law == "V5.merged"
    assert "seed 0" in broken.because


def test_what_was_never_met_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """A region that ends with the space is asked for by V15 alone; every kind of move by all."""
    court = run._Court(0)
    court.counts[:] = 1
    assert list(court.never_seen(find_law("V1"))) == []
    assert list(court.never_seen(find_law("V15"))) == [run.ENDS]
    court.met.add(run.ENDS)
    court.counts[2 * region_moves.SPLIT] = 0
    court.counts[2 * region_moves.JOIN + 1] = 0
    assert list(court.never_seen(find_law("V15"))) == [
        "refused: the region around page n is split there",
        "the region at page n is joined with the one above",
    ]
