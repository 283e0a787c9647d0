"""Proofs on file: scripts that other solvers can read, and a record that matches them."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import z3

from pagelaw.proofs.discharge import discharge
from pagelaw.proofs.obligations import OBLIGATIONS
from pagelaw.proofs.portfolio import Portfolio
from pagelaw.proofs.record import questions, write_record, write_smtlib
from pagelaw.proofs.theory import Setting

CHOSEN = tuple(obligation for obligation in OBLIGATIONS if obligation.id in ("buddies", "insert-bounded"))


def test_every_question_is_written(tmp_path: Path) -> None:
    """Goals, premises and twin of each obligation, at each width; Z3 reads a file and gives the status it has."""
    count = write_smtlib(tmp_path / "new" / "folder", CHOSEN, widths=[32])
    files = sorted(path.name for path in (tmp_path / "new" / "folder").iterdir())
    assert count == len(files) == 6
    assert files[0] == "buddies-32-A12.smt2"
    for path in (tmp_path / "new" / "folder").iterdir():
        text = path.read_text(encoding="utf-8")
        solver = z3.SolverFor("QF_AUFBV")
        solver.from_string(text)
        assert f"(set-info :status {solver.check()})" in text


def test_conjuncts_apart_have_a_file_each() -> None:
    """A goal that is proved in parts is as many questions."""
    lists = next(obligation for obligation in OBLIGATIONS if obligation.id == "remove-lists")
    names = list(questions(lists, 32))
    assert names[-2:] == ["premises", "twin"]
    assert names[:2] == ["A5-0", "A5-1"]


def test_the_record_names_solver_time_and_digest(tmp_path: Path) -> None:
    """Who said what to which text, in what time; the digest is that of the file written."""
    with Portfolio(time_limit=20) as portfolio:
        certificates = list(discharge(CHOSEN, widths=[32], portfolio=portfolio))
        names = [name.split()[0] for name in portfolio.names]
    write_record(tmp_path / "record.json", certificates)
    write_smtlib(tmp_path, CHOSEN, widths=[32])
    entries = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
    assert [entry["obligation"] for entry in entries] == [obligation.id for obligation in CHOSEN]
    first = entries[0]
    assert (first["outcome"], first["premises"]["agreed"], first["twin"]["agreed"]) == ("proved", "sat", "sat")
    answer = first["goals"][0]["answers"][0]
    assert [opinion["solver"] for opinion in answer["opinions"]] == names
    assert all(opinion["version"] and opinion["seconds"] >= 0 for opinion in answer["opinions"])
    text = (tmp_path / "buddies-32-A12.smt2").read_bytes()
    assert answer["sha256"] == hashlib.sha256(text).hexdigest()


def test_an_obligation_that_cannot_be_stated_is_on_record(tmp_path: Path) -> None:
    """With the reason, and without answers."""
    from pagelaw.proofs.discharge import Certificate

    write_record(
        tmp_path / "record.json", [Certificate(CHOSEN[0], Setting(32), error="cannot be stated: it is too late")]
    )
    (entry,) = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
    assert (entry["outcome"], entry["because"], entry["twin"]) == ("unknown", "cannot be stated: it is too late", None)


def test_a_question_is_the_same_text_in_every_run() -> None:
    """Whatever was stated before it in the process, so that a digest means something."""
    obligation = CHOSEN[1]
    first = {name: one.digest for name, one in questions(obligation, 64).items()}
    write = "; ".join(
        (
            "from pagelaw.proofs.record import questions",
            "from pagelaw.proofs.obligations import OBLIGATIONS",
            f"chosen = [one for one in OBLIGATIONS if one.id == {obligation.id!r}][0]",
            "print({name: one.digest for name, one in questions(chosen, 64).items()})",
        )
    )
    done = subprocess.run([sys.executable, "-c", write], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == str(first)
