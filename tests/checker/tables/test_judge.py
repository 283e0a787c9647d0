"""The random judge of page tables: laws hold, a wrong rule is told step by step, gaps are no passes."""

from typing import Any

import pytest

from pagelaw.checker.tables.judge import judge_tables
from pagelaw.checker.tables.machine import LAWS
from pagelaw.checker.verdict import Verdict
from pagelaw.spec import table_laws, translation_laws
from pagelaw.spec.law import find_law, laws_of

CONTRACT = {table_laws.CONTRACT, translation_laws.CONTRACT}.pop()
CHOSEN = [law for law in laws_of(CONTRACT) if law.id in LAWS]


def test_every_law_holds() -> None:
    """Each law was asked, each kind of step was seen done and refused, and the second run is the same."""
    told: list[str] = []
    first, second = (judge_tables(CHOSEN, examples=60, seed_number=4, progress=told.append) for _ in range(2))
    assert {finding.law: finding.verdict for finding in first.findings} == dict.fromkeys(LAWS, Verdict.HOLDS)
    assert first.findings == second.findings
    assert first.counts == second.counts
    assert (first.counts["runs"], first.seed) == (60, 4)
    assert told[0] == "random: 20 of 60 runs on page tables"


def test_what_was_never_seen_is_told() -> None:
    """Three runs do not show every kind of step: nothing is said to hold."""
    judgement = judge_tables(CHOSEN, examples=3)
    assert {finding.verdict for finding in judgement.findings} == {Verdict.UNKNOWN}
    assert judgement.findings[0].because.startswith("never seen: ")


def test_a_law_on_something_else_is_refused() -> None:
    """This judge knows page tables only."""
    with pytest.raises(ValueError, match="A4: not about page tables, which F1, F3"):
        judge_tables([find_law("A4")])


def old_rights(entry: Any, write: Any, user: Any, execute: Any) -> Any:
    return entry


@pytest.mark.expensive
def test_a_wrong_rule_is_told_step_by_step() -> None:
    """The law is broken, the others are unknown, and the story is as short as it can be and ends with the tables."""
    judgement = judge_tables(CHOSEN, changes={"with_rights": old_rights})
    [finding] = judgement.broken
    others = {each.verdict for each in judgement.findings if each is not finding}
    assert others == {Verdict.UNKNOWN}
    lines = finding.because.splitlines()
    assert lines[0].startswith(f"{finding.law} (")
    assert "table frames of" in lines[1]
    steps = [line for line in lines if line[0].isdigit()]
    assert finding.law == "T6.mapped"
    assert steps[0] == "1. create: root 0x0"
    assert " protect " in steps[-1]
    assert len(steps) == 3
    assert lines[-1].startswith("free table frames: ")


def beyond(address: Any, level: Any) -> int:
    return 1 << 60


def test_a_walk_that_leaves_memory_is_a_breach() -> None:
    """An index beyond the table reads what is not there: the law on steps or the one on walks says so."""
    judgement = judge_tables(CHOSEN, changes={"index_of": beyond})
    [finding] = judgement.broken
    assert finding.law in LAWS


def stray(going: Any, tables: Any, table: Any) -> Any:
    tables.kind[-1]
    return tables


def test_a_change_of_what_is_not_there_is_an_error() -> None:
    """A function that the specification does not have cannot be replaced."""
    with pytest.raises(ValueError, match=r"overrides name nothing in .*: free_of"):
        judge_tables(CHOSEN, changes={"free_of": stray})


@pytest.mark.expensive
def test_a_step_that_leaves_memory_breaks_t5() -> None:
    """A stray index is a breach."""
    [finding] = judge_tables(CHOSEN, changes={"prune_from": stray}).broken
    assert finding.law == "T5"
    assert "beyond memory: there is no element -1 among" in finding.because
