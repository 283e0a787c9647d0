"""The judge of compiled accesses: laws hold, what is wrong is found, what was never seen is no pass."""

from typing import Any

import pytest

from pagelaw.checker.access import run
from pagelaw.checker.access.run import LARGE, SMALL, run_access
from pagelaw.checker.verdict import Verdict, exit_code
from pagelaw.model.fast import access_moves, backend
from pagelaw.spec import access, access_laws, buddy_laws
from pagelaw.spec.access import COPIED, GUARD, GUARD_HIT
from pagelaw.spec.algebra import Backend
from pagelaw.spec.law import laws_of

LAWS = [law for law in laws_of(access_laws.CONTRACT) if law.part == access_laws.PART]


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Numba is not installed."""
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    monkeypatch.setattr(backend, "why_not_compiled", lambda: "there is no compiler")
    wrong(monkeypatch)


def wrong(monkeypatch: pytest.MonkeyPatch, **functions: Any) -> None:
    """Plain kernels, with some steps replaced."""
    bound = backend.rebind(access_moves, primitives=backend._plain_primitives(), overrides=functions)
    monkeypatch.setattr(run, "kernels", lambda: bound)


@pytest.mark.expensive
@pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")
def test_every_law_holds_compiled() -> None:
    """A million moves, the same in every run."""
    told: list[str] = []
    judgement = run_access(LAWS, calls=1_000_000, progress=told.append)
    assert {finding.law: finding.verdict for finding in judgement.findings} == {law.id: Verdict.HOLDS for law in LAWS}
    assert exit_code([judgement]) == 0
    assert judgement.counts["access moves"] == 1_000_000 + len(SMALL) * 25 * 2_000
    assert judgement.counts == run_access(LAWS, calls=1_000_000).counts
    assert told[-1] == f"run: 1000000 moves on accesses of {LARGE}"
    assert isinstance(run.kernels(), Backend)


def test_every_law_holds_uncompiled(uncompiled: None) -> None:
    """Fewer moves, and it says so."""
    judgement = run_access(LAWS, calls=1_000_000)
    assert {finding.law: finding.verdict for finding in judgement.findings} == {law.id: Verdict.HOLDS for law in LAWS}
    assert judgement.notes == ("there is no compiler",)
    assert judgement.counts["access moves"] == 500 + len(SMALL) * 2_000
    cases = {finding.law: finding.cases for finding in judgement.findings}
    assert 0 < cases["V13"] < cases["V12"] < cases["V10"] < judgement.counts["access moves"]
    assert 0 < judgement.counts["access moves done"] < judgement.counts["access moves"]


def forgets_the_guard(space: Any, page: Any, frame: Any, kind: Any) -> Any:
    """Tells the guard, and leaves it there."""
    after, outcome = access.access(space, page, frame, kind)
    return access.allowed(outcome == GUARD_HIT, after, page, after.rights[page] | GUARD), outcome


def copies_again(space: Any, page: Any, frame: Any, kind: Any) -> Any:
    """Takes a copy, and would take another one at the next write."""
    rights = space.rights[page]
    after, outcome = access.access(space, page, frame, kind)
    return access.allowed(outcome == COPIED, after, page, rights), outcome


def denied(space: Any, page: Any) -> Any:
    """Releases, and says that it did not."""
    return access.release(space, page)[0], False


@pytest.mark.parametrize(
    ("name", "function", "laws"),
    [("access", forgets_the_guard, ["V13"]), ("access", copies_again, ["V12"]), ("release", denied, ["V11"])],
)
def test_what_is_wrong_is_found(
    uncompiled: None, monkeypatch: pytest.MonkeyPatch, name: str, function: Any, laws: list[str]
) -> None:
    """The laws, the machine and the move; the others are unknown."""
    wrong(monkeypatch, **{name: function})
    judgement = run_access(LAWS, calls=1_000_000)
    assert [finding.law for finding in judgement.broken] == laws
    assert "seed 0" in judgement.broken[0].because
    others = {finding.verdict for finding in judgement.findings if finding not in judgement.broken}
    assert others == {Verdict.UNKNOWN}


def test_a_move_beyond_the_arrays_is_a_breach(uncompiled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """On plain integers it shows as what it is."""
    wrong(monkeypatch, access=lambda space, page, frame, kind: access.access(space, page, frame + 5000, kind))
    judgement = run_access(LAWS, calls=1000)
    assert [finding.law for finding in judgement.broken] == ["V12"]
    assert "beyond its arrays" in judgement.broken[0].because


def test_what_was_never_seen_is_no_pass(uncompiled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run in which nothing was ever released."""
    wrong(monkeypatch, release=lambda space, _page: (space, False))
    findings = run_access(LAWS, calls=1000).findings
    assert {finding.verdict for finding in findings} == {Verdict.UNKNOWN}
    assert findings[0].because == "never seen: page n is released"


def test_laws_of_something_else_are_refused() -> None:
    """No law is passed over."""
    with pytest.raises(ValueError, match="A1: not about accesses"):
        run_access([laws_of(buddy_laws.CONTRACT)[0]])
