"""The solvers: who is asked, who answers, and what happens to one that does not."""

import subprocess
import sys

import pytest
import z3

from pagelaw.proofs import portfolio as under_test
from pagelaw.proofs.portfolio import SAT, UNKNOWN, UNSAT, Answer, ForeignSolver, Opinion, Portfolio, Question, ask_z3

X = z3.BitVec("x", 8)
F = z3.Function("f", z3.BitVecSort(8), z3.BitVecSort(8))
IMPOSSIBLE = Question((z3.ULT(X, 3), z3.UGT(X, 5)), UNSAT)
POSSIBLE = Question((F(X) == 3, F(X + 1) == 4), SAT)
INSTALLED = under_test.installed()


@pytest.mark.parametrize("name", under_test.FOREIGN)
def test_a_second_solver_answers(name: str) -> None:
    """It agrees with Z3 on what has a model and on what has none, and says who it is."""
    pytest.importorskip(name)
    with Portfolio([name], time_limit=20) as solvers:
        impossible, possible = solvers.ask(IMPOSSIBLE), solvers.ask(POSSIBLE)
        assert (impossible.wait().agreed, possible.wait().agreed) == (UNSAT, SAT)
        opinions = impossible.wait().opinions
    assert [opinion.solver for opinion in opinions] == ["z3", name]
    assert all(opinion.version and opinion.seconds >= 0 for opinion in opinions)


def test_the_text_is_a_script_with_logic_and_status() -> None:
    """Any other solver can read it; the logic has functions only where there are some."""
    assert IMPOSSIBLE.text.startswith("(set-info :smt-lib-version 2.6)\n(set-logic QF_BV)\n(set-info :status unsat)\n")
    assert "(set-logic QF_UFBV)\n(set-info :status sat)" in POSSIBLE.text
    assert POSSIBLE.text.count("(check-sat)") == 1
    assert POSSIBLE.digest == Question(POSSIBLE.formulas, SAT).digest != IMPOSSIBLE.digest


def test_a_model_comes_with_sat_alone() -> None:
    """So that a counterexample can be shown."""
    assert ask_z3(POSSIBLE.formulas, 10)[1] is not None
    assert ask_z3(IMPOSSIBLE.formulas, 10)[1] is None


def test_z3_gives_up_in_time() -> None:
    """A question that takes long is unknown after the limit, with the reason."""
    a, b = z3.BitVecs("a b", 64)
    opinion, model = ask_z3((a * b == 0xFFFF_FFFF_FFFF_FFC5, z3.UGT(a, 1), z3.UGT(b, 1), z3.ULT(a, b)), 0.05)
    assert (opinion.answer, model) == (UNKNOWN, None)
    assert opinion.detail


def test_a_solver_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer within limit and grace: the process is ended, the answer unknown, and the next question is asked."""
    monkeypatch.setattr(under_test, "GRACE", 0.2)
    monkeypatch.setattr(under_test, "version_of", lambda name: "0")
    hanging = [sys.executable, "-c", "import time; time.sleep(60)"]
    start = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda _command, **options: start(hanging, **options))
    solver = ForeignSolver("sleepy")
    try:
        for _ in range(2):
            opinion = solver.submit("(check-sat)", 0.1).result(timeout=20)
            assert opinion.answer == UNKNOWN
            assert "ended" in opinion.detail
    finally:
        solver.close()


def test_a_solver_that_dies_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash of a foreign solver takes nothing else with it."""
    monkeypatch.setattr(under_test, "version_of", lambda name: "0")
    dying = [sys.executable, "-c", "raise SystemExit(3)"]
    start = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda _command, **options: start(dying, **options))
    solver = ForeignSolver("fragile")
    try:
        assert solver.submit("(check-sat)", 5).result(timeout=20).answer == UNKNOWN
    finally:
        solver.close()


def test_closing_drops_what_is_waiting() -> None:
    """An interrupted run leaves no process behind."""
    if not INSTALLED:
        pytest.skip("no second solver is installed")
    with Portfolio(time_limit=5) as solvers:
        solvers.ask(IMPOSSIBLE).wait()
        process = solvers.foreign[0]._process
    assert process is not None
    assert process.poll() is not None


def test_a_solver_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for it is an error that names what is there; without any, Z3 judges alone."""
    monkeypatch.setattr(under_test, "installed", lambda: ())
    with pytest.raises(ValueError, match="pip install"):
        Portfolio(["cvc5"])
    with Portfolio() as solvers:
        assert solvers.foreign == ()
        assert solvers.ask(IMPOSSIBLE).wait().agreed == UNSAT
        assert [name.split()[0] for name in solvers.names] == ["z3"]


@pytest.mark.parametrize(
    ("answers", "agreed"),
    [
        ((UNSAT, UNSAT), UNSAT),
        ((SAT, SAT), SAT),
        ((UNSAT, UNKNOWN), UNKNOWN),
        ((SAT, UNKNOWN), SAT),
        ((SAT, UNSAT), UNKNOWN),
        ((UNKNOWN, UNKNOWN), UNKNOWN),
    ],
)
def test_what_solvers_agree_on(answers: tuple[str, str], agreed: str) -> None:
    """A proof needs all; a model is its own evidence; a contradiction is nothing."""
    opinions = tuple(Opinion(f"solver{number}", "1", answer, 0.0) for number, answer in enumerate(answers))
    assert Answer(IMPOSSIBLE, opinions).agreed == agreed
