"""A random judge of a game of its own: what was asked of nothing or rests on what was never met is unknown."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from pagelaw.checker.drawn_runs import Drawn, Noted, Run, by_weight, moves_in, told, unmet
from pagelaw.checker.verdict import Finding, Verdict
from pagelaw.spec import buddy_laws  # noqa: F401 - registers the laws
from pagelaw.spec.law import Law, find_law

LAWS = [find_law("A1"), find_law("A2")]


def play(machine: bytes, data: bytes, noted: Noted) -> None:
    """A move adds its second byte; A1 forbids more than the machine's byte, and A2 nothing."""
    run, number = Run(f"up to {machine[0]}", noted), 0
    for action, more in moves_in(data, 2):
        noted.seen[action % 2] += 1
        number += more
        run.story.append(f"{more} is added")
        run.ask("A1", number <= 600 + machine[0], str(number))
        run.ask("A2", True, str(number))


def never_seen(law: Law, seen: Counter[Any]) -> Iterator[str]:
    if law.id == "A2" and not seen["a wonder"]:
        yield "a wonder"


GAME = Drawn(
    about="sums",
    unit="sum",
    law_bits={"A1": 1, "A2": 2},
    machine_bytes=1,
    run_bytes=6,
    play=play,
    never_seen=never_seen,
    made=Counter.total,
    size="765",
    rests_on="every sum",
)
WIDE = attrs.evolve(GAME, run_bytes=4, reported=10)


def findings(game: Drawn, laws: list[Law]) -> list[Finding]:
    return list(game.judge(laws, examples=200, seed_number=3, progress=None).findings)


def test_what_is_drawn_is_counted_and_told() -> None:
    """Runs, moves, progress; the same again for the same seed."""
    lines: list[str] = []
    judgement = WIDE.judge(LAWS, examples=20, seed_number=5, progress=lines.append)
    assert lines == ["random: 10 of 20 runs on sums", "random: 20 of 20 runs on sums"]
    assert (judgement.judge, judgement.subject, judgement.seed) == ("random", "specification", 5)
    assert judgement.size == "sums of up to 765"
    assert judgement.counts["sum runs"] == 20
    assert 20 < judgement.counts["sum moves"] <= 40
    assert judgement.counts == WIDE.judge(LAWS, examples=20, seed_number=5, progress=None).counts


def test_a_breach_is_told_with_its_story() -> None:
    """On the smallest machine, after the moves that it takes; of the other law nothing is known."""
    broken, other = findings(GAME, LAWS)
    assert broken.verdict is Verdict.BROKEN
    assert broken.because.startswith("at 601, on up to 0: ")
    assert broken.because.count(" is added") == 3
    assert (other.verdict, other.because) == (Verdict.UNKNOWN, "the search ended when A1 was found broken")


def test_a_law_holds_only_where_nothing_is_missing() -> None:
    """And a law that nobody asks for is not asked."""
    holds, unknown = findings(WIDE, LAWS)
    assert (holds.verdict, holds.because) == (Verdict.HOLDS, "every sum")
    assert (unknown.verdict, unknown.because) == (Verdict.UNKNOWN, "never seen: a wonder")
    (alone,) = findings(GAME, [LAWS[1]])
    assert alone.because == "never seen: a wonder"


def test_laws_of_something_else_are_refused() -> None:
    """By name."""
    with pytest.raises(ValueError, match="A4: not about sums, which A1, A2 are"):
        findings(GAME, [find_law("A4")])


def test_bytes_and_kinds() -> None:
    """A move that begins with a zero is none; kinds come as often as their weight says; what was not met is named."""
    assert list(moves_in(bytes([1, 2, 0, 4, 5, 0]), 2)) == [b"\1\2", b"\5\0"]
    assert by_weight((2, 0, 1)) == [0, 0, 2]
    seen = Counter({told("up", True): 1, told("down", False): 2, "a wonder": 1})
    assert list(unmet(["up", "down"], seen, "a wonder", "an end")) == ["down", "refused: up", "an end"]
