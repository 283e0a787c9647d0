"""The exploring judge of page tables: laws hold, a wrong rule is told as a shortest story, gaps are no passes."""

from typing import Any

import pytest

from pagelaw.checker.explore import tables as explorer
from pagelaw.checker.explore.table_code import MARKED, Code, PackedSearch, machine_of
from pagelaw.checker.explore.tables import explore_tables, large_systems, small_systems
from pagelaw.checker.tables.machine import LAWS
from pagelaw.checker.verdict import INTERRUPTED, Verdict
from pagelaw.model.fast import backend
from pagelaw.spec import table_laws, translation_laws
from pagelaw.spec.law import find_law, laws_of

CONTRACT = {table_laws.CONTRACT, translation_laws.CONTRACT}.pop()
CHOSEN = [law for law in laws_of(CONTRACT) if law.id in LAWS]
needs_compiler = pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")
#: States and transitions of the machines in `small_systems`, and of those in `large_systems`.
SMALL = [(229, 1112), (194, 836), (101, 344), (197, 672), (112, 318), (112, 222)]
LARGE = [(16072, 126246), (57252, 607242), (86596, 747742), (13996, 121782)]


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Numba is not installed."""
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    monkeypatch.setattr(backend, "why_not_compiled", lambda: "there is no compiler")


@pytest.mark.nightly
def test_every_law_holds_uncompiled(uncompiled: None) -> None:
    """The small machines alone, and it says so; exact counts."""
    told: list[str] = []
    judgement = explore_tables(CHOSEN, threads=2, progress=told.append)
    assert {finding.law: finding.verdict for finding in judgement.findings} == dict.fromkeys(LAWS, Verdict.HOLDS)
    states, transitions = (sum(each) for each in zip(*SMALL, strict=True))
    assert judgement.counts == {"table states": states, "table transitions": transitions}
    assert judgement.notes == (
        "there is no compiler",
        "uncompiled, larger machines are not explored, and one thread does all the work",
    )
    assert told[0] == f"explore: {next(small_systems())}"
    assert all(finding.cases > 100 for finding in judgement.findings)


@needs_compiler
@pytest.mark.nightly
@pytest.mark.parametrize("threads", [1, 2])
def test_every_law_holds_compiled(threads: int) -> None:
    """All machines, exact counts, with one worker or two."""
    judgement = explore_tables(CHOSEN, threads=threads)
    assert {finding.verdict for finding in judgement.findings} == {Verdict.HOLDS}
    states, transitions = (sum(each) for each in zip(*SMALL, *LARGE, strict=True))
    assert judgement.counts == {"table states": states, "table transitions": transitions}
    assert judgement.notes == ()


@needs_compiler
@pytest.mark.nightly
def test_counts_of_each_large_machine() -> None:
    """Each on its own, without laws."""
    code = Code(machine_of(MARKED))
    found = [PackedSearch(system, code).search(checks=False) for system in large_systems(code.machine)]
    assert [(each.states, each.transitions) for each in found] == LARGE


def old_rights(entry: Any, write: Any, user: Any, execute: Any) -> Any:
    return entry


@pytest.mark.expensive
def test_a_wrong_rule_is_told_as_a_shortest_story() -> None:
    """The law is broken by three calls, and the tables are shown; the others are unknown, and say why."""
    judgement = explore_tables(CHOSEN, changes={"with_rights": old_rights})
    [finding] = judgement.broken
    assert finding.because.splitlines() == [
        "T6.mapped (mapped) is broken at address 0x0 of root 0x0",
        "2 levels of 2 entries, pages of 8 bytes, 2 table frames of 4, 2 rights",
        "1. create: root 0x0",
        "2. map 0x0 of root 0x0 to frame 2, level 0, ru: done",
        "3. protect 0x0 of root 0x0, level 0, rw: done",
        "root 0x0 (table frame 0)",
        "  slot 0  table frame 1",
        "    slot 2  frame 2  rxu",
        "free table frames: none",
    ]
    others = {each.because for each in judgement.findings if each is not finding}
    assert others == {"larger machines were not explored: T6.mapped is broken in a small one"}
    assert judgement.notes == ("with functions replaced, larger machines are not explored",)


@pytest.mark.parametrize(
    ("name", "function", "law"),
    [
        ("joined", lambda address: False, "T2"),
        ("is_range", lambda address, length: False, "T11"),
        ("file_of", lambda entry: 0, "T12"),
        ("is_allowed", lambda found, access: True, "T3"),
        ("is_malformed", lambda entry, level: False, "T4"),
    ],
)
def test_wrong_arithmetic_is_noticed_before_any_state(name: str, function: Any, law: str) -> None:
    """Numbers and single walks come first, and take no search."""
    judgement = explore_tables([find_law(law)], changes={name: function})
    assert [finding.law for finding in judgement.broken] == [law]
    assert judgement.counts["table states"] == 0


@pytest.mark.expensive
def test_a_limit_leaves_laws_unknown(uncompiled: None) -> None:
    """What was not visited is told; nothing is said to hold."""
    judgement = explore_tables(CHOSEN, limit=20)
    assert {finding.verdict for finding in judgement.findings} == {Verdict.UNKNOWN}
    assert judgement.findings[0].because.startswith("the limit of 20 states was reached after ")


@pytest.mark.expensive
def test_kinds_of_steps_that_are_never_seen_are_told(uncompiled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the machine on which pages go away, nothing is said to hold."""
    one = next(system for system in small_systems() if system.limit == 3)
    monkeypatch.setattr(explorer, "small_systems", lambda changes: iter([one]))
    judgement = explore_tables(CHOSEN)
    assert {finding.because for finding in judgement.findings} == {"never seen: split"}


def test_an_interruption_is_told(uncompiled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C during the search ends it with what is known."""

    def interrupt(_text: str) -> None:
        raise KeyboardInterrupt

    judgement = explore_tables(CHOSEN, progress=interrupt)
    assert {finding.because for finding in judgement.findings} == {INTERRUPTED}


@pytest.mark.parametrize(
    ("options", "words"), [({"threads": 3}, "threads must be 1 or 2"), ({"limit": 0}, "at least 1")]
)
def test_settings_out_of_range_are_refused(options: dict[str, int], words: str) -> None:
    """And so are laws on something else."""
    with pytest.raises(ValueError, match=words):
        explore_tables(CHOSEN, **options)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="A4: not about page tables"):
        explore_tables([find_law("A4")])
