"""The judge of compiled page tables: laws hold, what is wrong is found, what was never seen is no pass."""

from typing import Any

import pytest

from pagelaw.checker.tables import run as judge
from pagelaw.checker.tables.machine import LAWS
from pagelaw.checker.tables.run import LARGE, SMALL, run_tables
from pagelaw.checker.verdict import Verdict, exit_code
from pagelaw.model.fast import backend, bounded, tables_machine, tables_run
from pagelaw.spec import buddy_laws, table_laws, tables, translation_laws
from pagelaw.spec.law import laws_of

ASKED = [law for law in laws_of(table_laws.CONTRACT) if law.id in LAWS]


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Numba is not installed."""
    for module in (backend, bounded, tables_machine, judge):
        monkeypatch.setattr(module, "is_compiled", lambda: False)
    monkeypatch.setattr(judge, "why_not_compiled", lambda: "there is no compiler")
    monkeypatch.setattr(judge, "_NUMBERS", 500)
    wrong(monkeypatch)


def wrong(monkeypatch: pytest.MonkeyPatch, **functions: Any) -> None:
    """Plain kernels, with some of the specification's functions replaced."""
    known = {}
    for machine in (SMALL, LARGE):
        overrides = machine.geometry.constants() | functions
        known[machine.geometry.name] = bounded.bounded(tables_run, overrides)
    monkeypatch.setattr(judge, "kernels", known.__getitem__)


@pytest.mark.nightly
@pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")
def test_every_law_holds_compiled() -> None:
    """Half a million calls, the same in every run."""
    told: list[str] = []
    judgement = run_tables(ASKED, calls=1_000_000, progress=told.append)
    assert {finding.law: finding.verdict for finding in judgement.findings} == {law.id: Verdict.HOLDS for law in ASKED}
    assert exit_code([judgement]) == 0
    assert judgement.counts["calls on tables"] == 100_000 + 40 * 600
    assert judgement.counts == run_tables(ASKED, calls=1_000_000).counts
    assert told[-1] == f"run: 100000 calls on {LARGE}"


@pytest.mark.expensive
def test_every_law_holds_uncompiled(uncompiled: None) -> None:
    """Fewer calls, and it says so."""
    judgement = run_tables(ASKED, calls=200_000)
    assert {finding.law: finding.verdict for finding in judgement.findings} == {law.id: Verdict.HOLDS for law in ASKED}
    assert judgement.notes == ("there is no compiler",)
    assert judgement.counts["calls on tables"] == 100 + 600


def double(tables_: Any, frame: Any, level: Any, _shared: Any) -> Any:
    """Maps what is mapped already."""
    return (frame >= tables_.frames) & (frame + (1 << level) <= tables_.limit)


def leaving(tables_: Any, frame: Any, _level: Any, _shared: Any) -> Any:
    """Maps a frame that is not there."""
    return frame >= tables_.frames


def growing_anywhere(_going: Any, tables_: Any, _frame: Any) -> Any:
    """Never gives a table back, and counts it as given."""
    return tables_._replace(spare=tables_.spare + 1)


@pytest.mark.parametrize(
    ("name", "function", "laws"),
    [
        ("is_mappable", double, {"F3", "F4", "F5"}),
        ("is_mappable", leaving, {"T5"}),
        ("give_frame", growing_anywhere, {"T6.unmapped"}),
    ],
)
def test_what_is_wrong_is_found(
    uncompiled: None, monkeypatch: pytest.MonkeyPatch, name: str, function: Any, laws: set[str]
) -> None:
    """The laws, the machine, the call and its kind; the others are unknown."""
    wrong(monkeypatch, **{name: function})
    judgement = run_tables(ASKED, calls=1_000)
    assert {finding.law for finding in judgement.broken} & laws
    assert "seed 0" in judgement.broken[0].because
    assert exit_code([judgement]) == 1
    others = {finding.verdict for finding in judgement.findings if finding not in judgement.broken}
    assert others == {Verdict.UNKNOWN}


def test_wrong_arithmetic_is_found(uncompiled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """T2, T11 and T12, with the numbers that show it."""
    changed = backend.vectorised(translation_laws, {"place_of": lambda entry: entry, "index_of": lambda a, _level: a})
    monkeypatch.setattr(judge, "arithmetic", lambda _name: changed)
    judgement = run_tables(ASKED, calls=1_000)
    assert [finding.law for finding in judgement.broken] == ["T2", "T12"]
    assert judgement.broken[0].because.startswith("win32: joined(0x")


def test_an_audit_convicts(uncompiled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no call touched is found by the audit, also where it leads beyond memory."""
    bound = judge.kernels("tiny")

    class Poking:
        """Kernels whose audit finds another count."""

        replay, resolved = staticmethod(bound.replay), staticmethod(bound.resolved)

        @staticmethod
        def audit(tables_: Any, tally: Any) -> Any:
            tables_.count[0] += 1
            return bound.audit(tables_, tally)

    monkeypatch.setattr(judge, "kernels", lambda _name: Poking)
    judgement = run_tables(ASKED, calls=1_000)
    assert [finding.law for finding in judgement.broken] == ["F3"]
    assert judgement.broken[0].because.startswith("audit after call 0 + 100 on tiny")

    def leaving_memory(_tables: Any, _tally: Any) -> Any:
        raise IndexError("there is no such slot")

    Poking.audit = staticmethod(leaving_memory)
    assert "there is no such slot" in run_tables(ASKED, calls=1_000).broken[0].because


@pytest.mark.expensive
def test_what_was_never_seen_is_unknown(uncompiled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a single split nothing is said to hold."""
    wrong(monkeypatch, split_page=lambda tables_, *_: (tables_, False, False))
    judgement = run_tables(ASKED, calls=1_000)
    assert {finding.verdict for finding in judgement.findings} == {Verdict.UNKNOWN}
    assert judgement.findings[0].because == "never seen: split"


def test_laws_of_others_are_refused() -> None:
    """Frames and TLBs have judges of their own."""
    with pytest.raises(ValueError, match="A1: not about page tables"):
        run_tables([law for law in laws_of(buddy_laws.CONTRACT) if law.id == "A1"])
    assert tables.FREE == 0
