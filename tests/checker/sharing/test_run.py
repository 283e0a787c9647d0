"""The judge of compiled sharing: laws hold, what is wrong is found, what was never seen is no pass."""

from typing import Any

import numpy as np
import pytest

from pagelaw.checker.sharing import run
from pagelaw.checker.sharing.run import LARGE, run_sharing
from pagelaw.checker.verdict import Verdict, exit_code
from pagelaw.model.fast import backend, sharing_moves
from pagelaw.spec import buddy_laws, sharing, sharing_laws
from pagelaw.spec.algebra import Backend
from pagelaw.spec.law import laws_of

LAWS = [law for law in laws_of(sharing_laws.CONTRACT) if law.part == sharing_laws.PART]


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Numba is not installed."""
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    monkeypatch.setattr(backend, "why_not_compiled", lambda: "there is no compiler")
    wrong(monkeypatch)


def wrong(monkeypatch: pytest.MonkeyPatch, **functions: Any) -> None:
    """Plain kernels, with some steps replaced."""
    bound = backend.rebind(sharing_moves, primitives=backend._plain_primitives(), overrides=functions)
    monkeypatch.setattr(run, "kernels", lambda: bound)


@pytest.mark.expensive
@pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")
def test_every_law_holds_compiled() -> None:
    """A million moves, the same in every run."""
    told: list[str] = []
    judgement = run_sharing(LAWS, calls=1_000_000, progress=told.append)
    assert {finding.law: finding.verdict for finding in judgement.findings} == {law.id: Verdict.HOLDS for law in LAWS}
    assert exit_code([judgement]) == 0
    assert judgement.counts["sharing moves"] == 1_000_000 + 4 * 25 * 2_000
    assert judgement.counts == run_sharing(LAWS, calls=1_000_000).counts
    assert told[-1] == f"run: 1000000 moves on sharing of {LARGE}"
    assert isinstance(run.kernels(), Backend)


def test_every_law_holds_uncompiled(uncompiled: None) -> None:
    """Fewer moves, and it says so."""
    judgement = run_sharing(LAWS, calls=1_000_000)
    assert {finding.law: finding.verdict for finding in judgement.findings} == {law.id: Verdict.HOLDS for law in LAWS}
    assert judgement.notes == ("there is no compiler",)
    assert judgement.counts["sharing moves"] == 500 + 4 * 2_000


def forks_writable(state: Any, page: Any, source: Any) -> Any:
    """The parent keeps its right."""
    right = state.writable[int(source)]
    after, legal = sharing.fork(state, page, source)
    after.writable[int(source)] = right
    return after, legal


def as_it_was_left(state: Any, page: Any, frame: Any) -> Any:
    """Fills a page without zeroing."""
    content = state.content[int(frame)]
    after, legal = sharing.fill(state, page, frame)
    return sharing.with_content(legal, after, frame, content), legal


def denied(state: Any, page: Any) -> Any:
    """Unmaps, and says that it did not."""
    return sharing.unmap(state, page)[0], False


@pytest.mark.parametrize(
    ("name", "function", "laws"),
    [("fork", forks_writable, ["V6"]), ("fill", as_it_was_left, ["F7"]), ("unmap", denied, ["V6"])],
)
def test_what_is_wrong_is_found(
    uncompiled: None, monkeypatch: pytest.MonkeyPatch, name: str, function: Any, laws: list[str]
) -> None:
    """The laws, the machine and the move; the others are unknown."""
    wrong(monkeypatch, **{name: function})
    judgement = run_sharing(LAWS, calls=1_000_000)
    assert [finding.law for finding in judgement.broken] == laws
    assert "seed 0" in judgement.broken[0].because
    others = {finding.verdict for finding in judgement.findings if finding not in judgement.broken}
    assert others == {Verdict.UNKNOWN}


def test_a_move_beyond_the_arrays_is_a_breach(uncompiled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """On plain integers it shows as what it is."""
    wrong(monkeypatch, fill=lambda state, page, frame: sharing.fill(state, page, frame + 50))
    judgement = run_sharing(LAWS, calls=1000)
    assert [finding.law for finding in judgement.broken] == ["F9"]
    assert "beyond its arrays" in judgement.broken[0].because


def test_what_was_never_seen_is_no_pass(uncompiled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run in which nothing was ever evicted."""
    wrong(monkeypatch, evict=lambda state, _page: (state, False))
    findings = run_sharing(LAWS, calls=1000).findings
    assert {finding.verdict for finding in findings} == {Verdict.UNKNOWN}
    assert findings[0].because == "never seen: page n of an object is evicted"


def test_stakes_that_were_never_met_are_no_pass(uncompiled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where counts have room for everything, F9 is not judged."""
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


def test_laws_of_something_else_are_refused() -> None:
    """No law is passed over."""
    with pytest.raises(ValueError, match="A1: not about sharing"):
        run_sharing([laws_of(buddy_laws.CONTRACT)[0]])
