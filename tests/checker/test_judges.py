"""The judges of the specification by contract: each part is asked about its own laws, and one judgement comes of it."""

import inspect
from collections.abc import Callable, Sequence

import pytest

from pagelaw.checker import judges
from pagelaw.checker.command.options import CONTRACTS
from pagelaw.checker.judges import PARTS, judge_explore, judge_random, judge_run, merged
from pagelaw.checker.verdict import Finding, Judgement, Verdict
from pagelaw.spec import buddy_laws, page_laws, table_laws, tlb_laws, translation_laws  # noqa: F401 - registers the laws
from pagelaw.spec.law import Law, Scope, find_law, laws_of

ASKED = [find_law(key) for key in ("T5", "L1", "C1", "T1")]


def part(name: str, seed: int | None) -> tuple[str, judges.Ask]:
    """A part all of whose laws hold."""

    def judge(laws: Sequence[Law]) -> Judgement:
        findings = [Finding(law.id, Verdict.HOLDS, name, 3) for law in laws]
        return Judgement(name, f"{name} itself", findings, 1.5, f"{name} of some size", {"steps": 2}, seed, [name])

    return name, judge


def test_parts_become_one_judgement() -> None:
    """In the order that was asked for; sums, sizes and notes of all; conduct is nobody's."""
    judgement = merged("random", ASKED, part("tables", None), part("tlb", 7))
    assert [finding.law for finding in judgement.findings] == ["T5", "L1", "C1", "T1"]
    assert [finding.because for finding in judgement.findings if finding.law != "C1"] == ["tables", "tlb", "tables"]
    assert judgement.findings[2].verdict is Verdict.NOT_JUDGED
    assert (judgement.judge, judgement.subject, judgement.seconds) == ("random", "tables itself", 3.0)
    assert judgement.size == "tables of some size; tlb of some size"
    assert (judgement.counts, judgement.seed, judgement.notes) == ({"steps": 4}, 7, ("tables", "tlb"))


def test_a_part_that_nothing_is_asked_of_is_left_alone() -> None:
    """And where nothing at all is asked, nothing is judged."""
    judgement = merged("random", [find_law("L1")], part("tables", 1), part("tlb", None))
    assert judgement.subject == "tlb itself"
    nobody = merged("run", [find_law("C1")], part("tables", 1), part("tlb", None))
    assert [finding.verdict for finding in nobody.findings] == [Verdict.NOT_JUDGED]
    assert (nobody.judge, nobody.subject, nobody.size) == ("run", "specification", "")


def test_a_law_of_no_part_is_not_judged() -> None:
    """And it is said that it is not for its conduct."""
    judgement = merged("run", [find_law("L1"), find_law("C1")], part("tables", 1))
    assert [finding.verdict for finding in judgement.findings] == [Verdict.NOT_JUDGED] * 2
    assert [finding.because for finding in judgement.findings] == [judges._NO_PART, judges._CONDUCT]


def test_a_contract_without_parts_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every contract has some; without, no law of it is passed over in silence."""
    assert set(CONTRACTS) == set(PARTS)
    monkeypatch.setattr(judges, "PARTS", {})
    judgement = judges.judge_run("heap", laws_of("heap"), calls=1, seed=0, progress=no_progress)
    assert {finding.verdict for finding in judgement.findings} == {Verdict.NOT_JUDGED}
    assert [finding.law for finding in judgement.findings] == [law.id for law in laws_of("heap")]


@pytest.mark.parametrize("contract", PARTS)
def test_every_law_is_of_a_part_that_has_its_judges(contract: str) -> None:
    """But for conduct. All judges can be called, and sizes are those that `judge_explore` is told."""
    parts = PARTS[contract]
    judged = {law.part for law in laws_of(contract) if law.scope is not Scope.CONDUCT}
    assert judged == {part.name for part in parts}
    for part in parts:
        for name in (part.random, part.explore, part.run):
            assert callable(judges._called(name))
        assert set(part.sizes) <= set(inspect.signature(judge_explore).parameters)
        assert set(part.sizes) <= set(inspect.signature(judges._called(part.explore)).parameters)


def no_progress(_text: str) -> None:
    """Says nothing."""


@pytest.mark.expensive
@pytest.mark.parametrize("contract", PARTS)
def test_random_judges_each_contract(contract: str) -> None:
    """With a finding for every law that is asked about, and nothing broken."""
    laws = [law for law in laws_of(contract) if law.id in ("A1", "A12", "T2", "T12", "L5", "F2", "V8", "H2", "C1")]
    judgement = judge_random(contract, laws, seed=1, progress=no_progress)
    assert [finding.law for finding in judgement.findings] == [law.id for law in laws]
    assert {finding.verdict for finding in judgement.findings} == {Verdict.HOLDS, Verdict.NOT_JUDGED}


@pytest.mark.parametrize("contract", PARTS)
def test_explore_and_run_ask_each_part_about_its_laws(contract: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part is asked about its own laws alone; a contract that is one part about all."""
    asked: dict[str, list[str]] = {}

    def called(name: str) -> Callable[..., Judgement]:
        def judge(laws: Sequence[Law], **_options: object) -> Judgement:
            asked[name] = [law.id for law in laws]
            return Judgement(name, "specification", [Finding(law.id, Verdict.HOLDS) for law in laws])

        return judge

    monkeypatch.setattr(judges, "_called", called)
    laws = laws_of(contract)
    judge_explore(contract, laws, frames=4, cores=1, progress=no_progress)
    judge_run(contract, laws, calls=5, seed=0, progress=no_progress)
    for part in PARTS[contract]:
        own = [law.id for law in laws if not part.name or law.part == part.name]
        assert own
        assert asked.pop(part.explore) == own
        assert asked.pop(part.run) == own
    assert not asked
