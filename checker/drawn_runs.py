"""The random judge of a part of the specification: a machine and a run of moves on it, both drawn as bytes.

A part says how many bytes a machine and a run take, and what they mean: it plays them, asks its laws after each move,
and notes what it has met. What is asked of nothing, or rests on what was never met, is unknown.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypedDict

import attrs
from hypothesis import strategies as st

from ..spec.law import Law
from .drawing import LawBrokenError, broken_by, finding
from .verdict import Judgement, require_known

Progress = Callable[[str], None]


class Settings(TypedDict, total=False):
    """What may be asked of every part.

    Attributes:
        seed_number: the same runs for the same seed, which is 0 by default.
        progress: is told what is going on, in a line.
    """

    seed_number: int
    progress: Progress | None


@attrs.frozen
class Noted:
    """What all runs of a judge have met.

    Attributes:
        laws: the ids of those that are asked.
        points: at how many points each was asked.
        seen: how often what a part names was met.
    """

    laws: frozenset[str]
    points: Counter[str] = attrs.field(factory=Counter)
    seen: Counter[Any] = attrs.field(factory=Counter)


@attrs.define
class Run:
    """One machine and the moves made on it so far.

    Attributes:
        machine: it, in words.
        noted: what this and other runs have met.
        story: the moves, in words.
    """

    machine: Any
    noted: Noted
    story: list[str] = attrs.field(factory=list, kw_only=True)

    def ask(self, law: str, holds: Any, where: str) -> None:
        """Count one point of a law, and stop if it is broken there."""
        if law in self.noted.laws:
            self.noted.points[law] += 1
            if not holds:
                raise self.breach(law, f"at {where}")

    def breach(self, law: str, where: str, *last: str) -> LawBrokenError:
        """A law is broken, after the moves that were made and these."""
        return LawBrokenError(law, f"{where}, on {self.machine}: {'; '.join([*self.story, *last])}")


@attrs.frozen(kw_only=True)
class Drawn:
    """A part as it is drawn.

    Attributes:
        about: what is played, in words (`TLBs`).
        unit: how its counts are called (`TLB`), and so are the moves.
        law_bits: the laws that are about it, by id.
        machine_bytes: so many a machine is drawn from.
        run_bytes: so many a run is drawn from.
        play: begins with a machine, and makes the moves; a `LawBrokenError` where a law is broken.
        never_seen: what should have been met for a law to be at stake, and was not.
        made: how many moves were made, by what was seen.
        size: the machines, in words.
        rests_on: where laws are asked, in words.
        reported: runs between two lines of progress.
    """

    about: str
    unit: str
    moves: str = "moves"
    law_bits: Mapping[str, int]
    machine_bytes: int
    run_bytes: int
    play: Callable[[bytes, bytes, Noted], None]
    never_seen: Callable[[Law, Counter[Any]], Iterator[str]]
    made: Callable[[Counter[Any]], int]
    size: str
    rests_on: str
    reported: int = 25

    def judge(
        self, laws: Sequence[Law], *, examples: int, seed_number: int = 0, progress: Progress | None = None
    ) -> Judgement:
        """Hold the specification's steps against `laws` on so many runs, always the same for the same seed.

        Raises:
            ValueError: where a law is not about what is played.
        """
        require_known(laws, self.law_bits, self.about)
        started, noted, runs = time.perf_counter(), Noted(frozenset(law.id for law in laws)), 0

        def drawn(machine: bytes, moves: bytes) -> None:
            nonlocal runs
            self.play(machine, moves, noted)
            runs += 1
            if progress is not None and runs % self.reported == 0:
                progress(f"random: {runs} of {examples} runs on {self.about}")

        # Always as many bytes; where a move begins with a zero there is none, so that a failure shrinks to few.
        bytes_drawn = [st.binary(min_size=size, max_size=size) for size in (self.machine_bytes, self.run_bytes)]
        broken = broken_by(drawn, *bytes_drawn, examples=examples, seed_number=seed_number)
        findings = []
        for law in laws:
            missing = next(self.never_seen(law, noted.seen), "")
            findings.append(finding(law, noted.points[law.id], broken, missing=missing, rests_on=self.rests_on))
        return Judgement(
            "random",
            "specification",
            findings,
            seconds=time.perf_counter() - started,
            size=f"{self.about} of up to {self.size}",
            counts={f"{self.unit} runs": runs, f"{self.unit} {self.moves}": self.made(noted.seen)},
            seed=seed_number,
        )


def moves_in(data: bytes, size: int) -> Iterator[bytes]:
    """The bytes of each move; those that begin with a zero are no move."""
    yield from (data[at : at + size] for at in range(0, len(data), size) if data[at])


def by_weight(weights: Sequence[int]) -> list[int]:
    """Each kind of move as often as its weight says."""
    return [kind for kind, weight in enumerate(weights) for _ in range(weight)]


def told(kind: str, legal: bool) -> str:
    """A kind of move, done or refused, in words."""
    return f"{'' if legal else 'refused: '}{kind}"


def unmet(kinds: Sequence[str], seen: Counter[Any], *further: str) -> Iterator[str]:
    """Which of the kinds of moves were never done, which never refused, and what else was not met."""
    wanted = [told(kind, legal) for legal in (True, False) for kind in kinds]
    yield from (what for what in (*wanted, *further) if not seen[what])
