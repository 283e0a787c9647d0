"""The judge of compiled page states: laws hold, what is wrong is found, what was never seen is no pass."""

from typing import Any

import pytest

from pagelaw.checker.pages import run
from pagelaw.checker.pages.run import LARGE, run_pages
from pagelaw.checker.verdict import Verdict, exit_code
from pagelaw.model.fast import backend, page_moves
from pagelaw.spec import buddy_laws, page_laws, pages
from pagelaw.spec.algebra import Backend
from pagelaw.spec.law import laws_of

LAWS = [law for law in laws_of(page_laws.CONTRACT) if law.id in page_moves.LAW_BITS]


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Numba is not installed."""
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    monkeypatch.setattr(backend, "why_not_compiled", lambda: "there is no compiler")
    wrong(monkeypatch)


def wrong(monkeypatch: pytest.MonkeyPatch, **functions: Any) -> None:
    """Plain kernels, with some steps replaced."""
    bound = backend.rebind(page_moves, primitives=backend._plain_primitives(), overrides=functions)
    monkeypatch.setattr(run, "kernels", lambda: bound)


@pytest.mark.expensive
@pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")
def test_every_law_holds_compiled() -> None:
    """A million moves, the same in every run."""
    told: list[str] = []
    judgement = run_pages(LAWS, calls=1_000_000, progress=told.append)
    assert {finding.law: finding.verdict for finding in judgement.findings} == {law.id: Verdict.HOLDS for law in LAWS}
    assert exit_code([judgement]) == 0
    assert judgement.counts["page moves"] == 1_000_000 + 4 * 25 * 2_000
    assert judgement.counts == run_pages(LAWS, calls=1_000_000).counts
    assert told[-1] == f"run: 1000000 moves on page states of {LARGE}"
    assert isinstance(run.kernels(), Backend)


def test_every_law_holds_uncompiled(uncompiled: None) -> None:
    """Fewer moves, and it says so."""
    judgement = run_pages(LAWS, calls=1_000_000)
    assert {finding.law: finding.verdict for finding in judgement.findings} == {law.id: Verdict.HOLDS for law in LAWS}
    assert judgement.notes == ("there is no compiler",)
    assert judgement.counts["page moves"] == 500 + 4 * 2_000


def keeps_the_frame(state: Any, page: Any) -> Any:
    """Evicts without giving the frame back."""
    frame = pages.frame_of(pages.state_of(state, page))
    after, legal = pages.evict(state, page)
    return pages.backed(legal, after, page, frame, pages.PAGED_OUT), legal


def over_the_limit(state: Any, page: Any) -> Any:
    """Commits whatever the limit."""
    after, legal = pages.commit(state._replace(limit=state.limit + 1), page)
    return after._replace(limit=state.limit), legal


def denied(state: Any, page: Any) -> Any:
    """Releases, and says that it did not."""
    return pages.release(state, page)[0], False


@pytest.mark.parametrize(
    ("name", "function", "laws"),
    [("evict", keeps_the_frame, ["F2"]), ("commit", over_the_limit, ["V4"]), ("release", denied, ["V8"])],
)
def test_what_is_wrong_is_found(
    uncompiled: None, monkeypatch: pytest.MonkeyPatch, name: str, function: Any, laws: list[str]
) -> None:
    """The laws, the machine and the move; the others are unknown."""
    wrong(monkeypatch, **{name: function})
    judgement = run_pages(LAWS, calls=1_000_000)
    assert [finding.law for finding in judgement.broken] == laws
    assert "seed 0" in judgement.broken[0].because
    others = {finding.verdict for finding in judgement.findings if finding not in judgement.broken}
    assert others == {Verdict.UNKNOWN}


def test_a_move_beyond_the_arrays_is_a_breach(uncompiled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """On plain integers it shows as what it is."""
    wrong(monkeypatch, fill=lambda state, page, frame: pages.fill(state, page, frame + 50))
    judgement = run_pages(LAWS, calls=1000)
    assert [finding.law for finding in judgement.broken] == ["F2"]
    assert "beyond its arrays" in judgement.broken[0].because


def test_what_was_never_seen_is_no_pass(uncompiled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run in which nothing was ever released."""
    wrong(monkeypatch, release=lambda state, _page: (state, False))
    findings = run_pages(LAWS, calls=1000).findings
    assert {finding.verdict for finding in findings} == {Verdict.UNKNOWN}
    assert findings[0].because == "never seen: page n is released"


def test_premises_that_were_never_met_are_no_pass(uncompiled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where frames and the limit suffice for everything, F2 and V4 are not judged; V8 asks for nothing more."""
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


def test_laws_of_something_else_are_refused() -> None:
    """No law is passed over."""
    with pytest.raises(ValueError, match="A1: not about page states"):
        run_pages([laws_of(buddy_laws.CONTRACT)[0]])
