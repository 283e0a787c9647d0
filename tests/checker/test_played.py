"""The judge of compiled moves, on a game of its own: chunks, breaches, what was never seen, and what is no move."""

from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
import pytest

from pagelaw.checker import played
from pagelaw.checker.played import Court, hold
from pagelaw.checker.verdict import Verdict
from pagelaw.model.fast import backend
from pagelaw.spec import buddy_laws  # noqa: F401 - registers the laws
from pagelaw.spec.law import Law, find_law

LAWS = [find_law("A1"), find_law("A2")]


@attrs.define
class Counting(Court):
    """A game whose machine is a number: a move adds one, and breaks A2 there."""

    about = "numbers"
    unit = "number"
    stories = ("{} is added",)
    law_bits = {"A1": 1, "A2": 2}  # noqa: RUF012 - declared by the class above
    beyond = 1

    number: int = 0
    started: list[int] = attrs.field(factory=list)
    chunks: list[int] = attrs.field(factory=list)

    def begin(self, machine: int) -> None:
        self.started.append(machine)
        self.number = 0

    def draw(self, generator: np.random.Generator, machine: int, count: int) -> np.ndarray[Any, Any]:
        return generator.integers(0, 2, count)

    def replay(self, machine: int, drawn: np.ndarray[Any, Any], audited: int) -> tuple[int, int]:
        if machine < 0:
            raise IndexError(machine)
        self.chunks.append(len(drawn))
        made = min(len(drawn), machine - self.number)
        self.number += made
        self.counts[1] += np.uint64(made)
        return made, 2 if self.number == machine else 0

    def never_seen(self, law: Law) -> Iterator[str]:
        if law.id == "A1" and not self.counts[0]:
            yield "a refusal"


@pytest.fixture(autouse=True)
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Numba is installed: small machines are played 25 times, and no move is left out."""
    monkeypatch.setattr(backend, "is_compiled", lambda: True)
    monkeypatch.setattr(played, "_CHUNK", 1_500)


def judged(large: int) -> tuple[Counting, list[Verdict], str]:
    """The court, the verdicts and the first reason, of two small machines and a large one."""
    court = Counting(7)
    judgement = hold(court, LAWS, small=(3_000, 4_000), large=large, calls=5_000, progress=None)
    assert judgement.counts == {"number moves": court.made, "number moves done": court.done}
    assert (judgement.size, judgement.seed) == (f"numbers of {large}", 7)
    return court, [finding.verdict for finding in judgement.findings], judgement.findings[0].because


def test_all_machines_are_played_in_chunks() -> None:
    """What was never seen leaves its law unknown, the other holds."""
    court, verdicts, because = judged(9_000)
    assert court.started == [3_000] * 25 + [4_000] * 25 + [9_000]
    assert court.chunks == [1_500, 500] * 50 + [1_500, 1_500, 1_500, 500]
    assert (court.made, court.done) == (105_000, 105_000)
    assert (verdicts, because) == ([Verdict.UNKNOWN, Verdict.HOLDS], "never seen: a refusal")


def test_a_breach_ends_the_run() -> None:
    """One law is broken, at the move that breaks it; of the other nothing is known."""
    court, verdicts, because = judged(4_000)
    assert verdicts == [Verdict.UNKNOWN, Verdict.BROKEN]
    assert because == "the run ended when another law was found broken"
    assert court.finding(LAWS[1]).because == "move 4000 on 4000, seed 7"
    assert court.made == 100_000 + 4_000


def test_a_move_beyond_memory_is_a_breach() -> None:
    """Of the law that the game names for it."""
    _, verdicts, because = judged(-1)
    assert verdicts == [Verdict.BROKEN, Verdict.UNKNOWN]
    assert because == "a move on -1 reaches beyond its arrays: -1"


def test_uncompiled_there_are_fewer_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is said why."""
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    monkeypatch.setattr(backend, "why_not_compiled", lambda: "there is no compiler")
    told: list[str] = []
    judgement = hold(Counting(0), LAWS, small=(3_000,), large=9_000, calls=1_000_000, progress=told.append)
    assert judgement.counts["number moves"] == 2_000 + 500
    assert judgement.notes == ("there is no compiler",)
    assert told == ["run: numbers on plain integers", "run: 500 moves on numbers of 9000"]


def test_laws_of_something_else_are_refused() -> None:
    """By name."""
    with pytest.raises(ValueError, match="A4: not about numbers, which A1, A2 are"):
        hold(Counting(0), [find_law("A4")], small=(), large=1, calls=1, progress=None)
