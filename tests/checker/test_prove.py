"""The judge that proves: verdicts from certificates, and what is not proved told by name."""

import json
from pathlib import Path

import attrs
import pytest

from pagelaw.checker.command.judges import prove as command
from pagelaw.checker.prove import prove
from pagelaw.checker.verdict import Verdict, exit_code
from pagelaw.proofs import TIME_LIMIT
from pagelaw.proofs import discharge as discharging
from pagelaw.proofs.discharge import Certificate, Counterexample, Part
from pagelaw.proofs.obligations import OBLIGATIONS
from pagelaw.proofs.portfolio import SAT, UNKNOWN, UNSAT, Answer, Opinion, Question
from pagelaw.proofs.theory import Setting
from pagelaw.spec import buddy_laws
from pagelaw.spec.law import Law, find_law, laws_of


def law(key: str) -> tuple[Law, ...]:
    """One law, as a sequence."""
    return (find_law(key),)


def answer(said: str, expected: str = UNSAT) -> Answer:
    """An answer that nobody gave."""
    return Answer(Question((), expected), (Opinion("z3", "0", said, 0.1, "" if said != UNKNOWN else "timeout"),))


def certificate(id: str, said: dict[str, str]) -> Certificate:
    """A certificate with these answers to its goals."""
    obligation = next(one for one in OBLIGATIONS if one.id == id)
    example = Counterexample({"frame": 4}, True)
    parts = tuple(
        Part(tuple(laws.split()), (answer(reply),), example if reply == SAT else None) for laws, reply in said.items()
    )
    return Certificate(obligation, Setting(64), parts, answer(SAT), answer(SAT), example)


@pytest.fixture
def court(monkeypatch: pytest.MonkeyPatch) -> list[Certificate]:
    """Certificates to be found instead of any that solvers give."""
    given: list[Certificate] = []
    monkeypatch.setattr(discharging, "discharge", lambda *_arguments, **_options: iter(given))
    return given


def test_a_law_is_proved_by_its_obligations(tmp_path: Path) -> None:
    """A12 for real: every solver, both widths; scripts and record on file; progress told."""
    told: list[str] = []
    judgement = prove(law("A12"), smtlib=tmp_path, time_limit=20, progress=told.append)
    (finding,) = judgement.findings
    assert (finding.law, finding.verdict, finding.cases) == ("A12", Verdict.HOLDS, 6)
    assert (judgement.judge, judgement.subject, judgement.counts["proved"]) == ("prove", "specification", 6)
    assert judgement.counts["twins refuted"] == 6
    assert told[0] == "prove: buddies at 32 bits proved"
    assert judgement.notes[0].startswith("judged by z3 ")
    assert len(list(tmp_path.glob("*.smt2"))) == 18
    assert len(json.loads((tmp_path / "certificates.json").read_text(encoding="utf-8"))) == 6
    assert exit_code([judgement]) == 0


def test_laws_that_no_proof_can_reach_are_named() -> None:
    """Conduct, and the policy that no step claims, are not judged, each with its reason."""
    judgement = prove([find_law("C1"), find_law("C2"), find_law("A13.lowest")])
    assert [finding.verdict for finding in judgement.findings] == [Verdict.NOT_JUDGED] * 3
    assert "conduct" in judgement.findings[0].because
    assert "freed last" in judgement.findings[2].because
    assert judgement.counts["obligations"] == 0


def test_a_refuted_goal_breaks_its_law_alone(court: list[Certificate]) -> None:
    """The law of the goal is broken, with the state in numbers; a law of another goal still holds."""
    court.append(certificate("insert-bounded", {"A11": SAT}))
    court.append(certificate("source-gap", {"A1": UNSAT, "A2": SAT, "A14": UNSAT}))
    judgement = prove([find_law(key) for key in ("A11", "A1", "A2", "A14")])
    verdicts = {finding.law: finding.verdict for finding in judgement.findings}
    broken, holds = Verdict.BROKEN, Verdict.HOLDS
    assert verdicts == {"A11": broken, "A1": holds, "A2": broken, "A14": holds}
    assert "insert-bounded at 64 bits" in judgement.findings[0].because
    assert "counterexample: frame = 4" in judgement.findings[0].because
    assert "no run of calls" in judgement.findings[0].because
    assert exit_code([judgement]) == 1


def test_what_nobody_could_decide_is_unknown(court: list[Certificate]) -> None:
    """A time limit, an empty premise or a twin that holds leaves the law unknown, never held."""
    undecided = certificate("below-top", {"A11": UNKNOWN})
    vacuous = attrs.evolve(certificate("below-top", {"A11": UNSAT}), premises=answer(UNSAT))
    toothless = attrs.evolve(certificate("below-top", {"A11": UNSAT}), twin=answer(UNSAT))
    unstated = attrs.evolve(certificate("below-top", {}), error="cannot be stated: no")
    for case in (undecided, vacuous, toothless, unstated):
        court[:] = [certificate("insert-bounded", {"A11": UNSAT}), case]
        judgement = prove(law("A11"))
        assert judgement.findings[0].verdict is Verdict.UNKNOWN
        assert "below-top at 64 bits" in judgement.findings[0].because
        assert exit_code([judgement]) == 2


def test_one_time_limit_for_whoever_names_none() -> None:
    """The function and the command line wait as long, and the verdict says how long."""
    judgement = prove([find_law("C1")])
    assert judgement.notes[0].endswith(f"at most {TIME_LIMIT:g} s for each question")
    (option,) = (parameter for parameter in command.params if parameter.name == "time_limit")
    assert option.default == TIME_LIMIT


def test_a_time_limit_too_short_is_unknown() -> None:
    """For real: nothing is held that a solver had no time for."""
    judgement = prove(law("A5"), solvers=[], time_limit=0.001)
    assert judgement.findings[0].verdict is Verdict.UNKNOWN


def test_without_a_second_solver_that_is_told(court: list[Certificate]) -> None:
    """The notes say who judged, and what was missing."""
    court.append(certificate("below-top", {"A11": UNSAT}))
    judgement = prove(law("A11"), solvers=[])
    assert judgement.findings[0].verdict is Verdict.HOLDS
    assert "Z3 judged alone" in judgement.notes[1]


def test_an_unknown_solver_is_an_error() -> None:
    """With the names of those that are there."""
    with pytest.raises(ValueError, match="installed: z3"):
        prove(law("A12"), solvers=["abacus"])


@pytest.mark.nightly
def test_every_law_is_proved() -> None:
    """The whole default run: no law of states and calls is left open."""
    judgement = prove(laws_of(buddy_laws.CONTRACT), time_limit=60)
    left = {finding.law for finding in judgement.findings if finding.verdict is not Verdict.HOLDS}
    assert left == {"C1", "C2", "A13.lowest"}
    assert judgement.counts["proved"] == judgement.counts["obligations"] == judgement.counts["twins refuted"]


def test_a_run_that_ends_early_holds_nothing(court: list[Certificate]) -> None:
    """With `fail_fast` the first refutation ends it: no other law is held, whatever was proved before."""
    court.append(certificate("source-gap", {"A1": UNSAT, "A2": UNSAT, "A14": UNSAT}))
    court.append(certificate("insert-bounded", {"A11": SAT}))
    court.append(certificate("insert-bounded", {"A11": UNSAT}))
    judgement = prove([find_law(key) for key in ("A11", "A1", "A6", "C1")], fail_fast=True)
    verdicts = [finding.verdict for finding in judgement.findings]
    assert verdicts == [Verdict.BROKEN, Verdict.UNKNOWN, Verdict.UNKNOWN, Verdict.NOT_JUDGED]
    assert judgement.counts["obligations"] == 2
