"""The process that holds a second solver: one line in, one line out, whatever happens."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pagelaw.proofs import foreign

SCRIPT = Path(foreign.__file__)
UNSAT = "(set-logic QF_BV)(declare-fun x () (_ BitVec 8))(assert (bvult x #x03))(assert (bvugt x #x05))(check-sat)"
SAT = "(set-logic QF_BV)(declare-fun x () (_ BitVec 8))(assert (bvult x #x03))(check-sat)"


@pytest.mark.parametrize("name", foreign.SOLVERS)
def test_questions_are_answered_line_by_line(name: str) -> None:
    """Two questions, a broken one between them, three answers, then the end."""
    pytest.importorskip(name)
    lines = "".join(json.dumps({"text": text, "limit": 10}) + "\n" for text in (UNSAT, "(assert nonsense", SAT))
    done = subprocess.run(
        [sys.executable, "-P", str(SCRIPT), name], input=lines, capture_output=True, text=True, timeout=60, check=True
    )
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    assert [reply["answer"] for reply in replies] == ["unsat", "unknown", "sat"]
    assert replies[1]["detail"].startswith("unknown (")


def test_an_error_is_an_unknown_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a solver raises, the process lives and the answer has the reason."""

    def fail(_text: str, _limit: float) -> str:
        raise RuntimeError("no licence today")

    monkeypatch.setitem(foreign.SOLVERS, "moody", fail)
    reply = foreign.answer_to("moody", {"text": SAT, "limit": 1})
    assert (reply["answer"], reply["detail"]) == ("unknown", "unknown (RuntimeError: no licence today)")


@pytest.mark.parametrize("name", foreign.SOLVERS)
def test_solvers_answer_in_this_process_too(name: str) -> None:
    """The same functions without a process, for whoever measures coverage."""
    pytest.importorskip(name)
    assert foreign.answer_to(name, {"text": UNSAT, "limit": 10})["answer"] == "unsat"
    assert foreign.answer_to(name, {"text": SAT, "limit": 10})["answer"] == "sat"
