"""The judge of compiled moves: a part of the specification as machine code, over millions of numbered random moves.

Many short runs on small machines first, every law at every point after each move; then one large machine, with the
laws at the points that each move touches and everywhere now and then.

A `Court` keeps what was counted and found. What a move is, and how a machine is laid out, its subclass knows: it
`begin`s with a machine that is empty and `replay`s moves on it in chunks. `hold` lets it play all machines, and comes
to a judgement.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, TypedDict

import attrs
import numpy as np

from ..model.fast import backend
from ..spec.law import Law
from .verdict import Finding, Judgement, Verdict, require_known

SUBJECT = "model:compiled"
_EPISODE, _EPISODES = 2_000, 25
_CHUNK = 1_000_000
#: Moves between two times that every law is asked everywhere.
_AUDITED = 1 << 17
#: How many moves on plain integers stand for a million compiled ones.
_UNCOMPILED_SHARE = 500


class Settings(TypedDict, total=False):
    """What may be asked of every part.

    Attributes:
        calls: so many random moves on the large machine, by default ten million.
        progress: is told what is going on, in a line.
    """

    calls: int
    progress: Callable[[str], None] | None


@attrs.frozen
class Breach:
    """Which laws are broken, as bits, and where."""

    bits: int
    because: str


@attrs.define
class Court(ABC):
    """What has been counted and found so far.

    Attributes:
        seed: the seed of every random choice.
        made: the moves that were made, legal or not.
        counts: of each kind of move in turn, how often it was refused and how often done.
        breach: what ended the run, if anything did.
    """

    #: What is played, in words (`TLBs`), and how its counts are called (`TLB`).
    about: ClassVar[str]
    unit: ClassVar[str]
    #: What each kind of move is called, with a place for each operand; and the bit of each law.
    stories: ClassVar[Sequence[str]]
    law_bits: ClassVar[Mapping[str, int]]
    #: The bits of what is broken by a move that reaches beyond memory.
    beyond: ClassVar[int]

    seed: int
    made: int = 0
    counts: np.ndarray[Any, Any] = attrs.field(
        default=attrs.Factory(lambda self: np.zeros(2 * len(self.stories), np.uint64), takes_self=True)
    )
    breach: Breach | None = None

    @abstractmethod
    def begin(self, machine: Any) -> None:
        """Let the moves from here on be made on a machine that is empty."""

    @abstractmethod
    def draw(self, generator: np.random.Generator, machine: Any, count: int) -> np.ndarray[Any, Any]:
        """So many random moves for a machine, each as one word."""

    @abstractmethod
    def replay(self, machine: Any, drawn: np.ndarray[Any, Any], audited: int) -> tuple[int, int]:
        """Make moves, ask the laws; how many were made, and the bits of the laws that the last one breaks."""

    @abstractmethod
    def never_seen(self, law: Law) -> Iterator[str]:
        """What should have been met for the law to be at stake, and was not."""

    @property
    def done(self) -> int:
        """The moves that were legal."""
        return int(self.counts[1::2].sum())

    def general(self, kind: int) -> str:
        """A kind of move in words."""
        return self.stories[kind].format("n", "m")

    def never_made(self) -> Iterator[str]:
        """Which kinds of moves were never done, or never refused."""
        for kind, (refused, done) in enumerate(self.counts.reshape(-1, 2).tolist()):
            if not done:
                yield self.general(kind)
            if not refused:
                yield f"refused: {self.general(kind)}"

    def cases(self) -> int:
        """How many moves a verdict rests on."""
        return self.made

    def play(self, machine: Any, moves: int, audited: int, stream: Sequence[int]) -> None:
        """So many moves on a machine that is empty at first, in chunks."""
        generator = np.random.default_rng([self.seed, *stream])
        self.begin(machine)
        made = 0
        while made < moves and self.breach is None:
            drawn = self.draw(generator, machine, min(_CHUNK, moves - made))
            try:
                done, bits = self.replay(machine, drawn, audited)
            except IndexError as error:
                self.breach = Breach(self.beyond, f"a move on {machine} reaches beyond its arrays: {error}")
                return
            made += done
            if bits:
                self.breach = Breach(bits, f"move {made} on {machine}, seed {self.seed}")
        self.made += made

    def finding(self, law: Law) -> Finding:
        """What is said about a law in the end."""
        if self.breach is not None and self.breach.bits & self.law_bits[law.id]:
            return Finding(law.id, Verdict.BROKEN, self.breach.because, self.made)
        if self.breach is not None:
            return Finding(law.id, Verdict.UNKNOWN, "the run ended when another law was found broken", self.made)
        missing = next(self.never_seen(law), None)
        if missing is not None:
            return Finding(law.id, Verdict.UNKNOWN, f"never seen: {missing}", self.made)
        because = "every point of small machines, touched points and audits of a large one"
        return Finding(law.id, Verdict.HOLDS, because, self.cases())


def hold(
    court: Court,
    laws: Sequence[Law],
    *,
    small: Sequence[Any],
    large: Any,
    calls: int = 10_000_000,
    progress: Callable[[str], None] | None = None,
) -> Judgement:
    """Hold the steps that `court` plays against `laws`: many short runs on `small` machines, `calls` on a large one.

    Raises:
        ValueError: where a law is not about what is played.
    """
    require_known(laws, court.law_bits, court.about)
    started, tell = time.perf_counter(), progress or (lambda _text: None)
    fast = backend.is_compiled()
    compiling = f"compiling the steps and laws of {court.about}" if fast else f"{court.about} on plain integers"
    tell(f"run: {compiling}")
    if not fast:
        calls = max(1, calls * _UNCOMPILED_SHARE // 1_000_000)
    for number, machine in enumerate(small):
        for episode in range(_EPISODES if fast else 1):
            court.play(machine, _EPISODE, 1, (number, episode))
    tell(f"run: {calls} moves on {court.about} of {large}")
    court.play(large, calls, _AUDITED, (len(small), 0))
    return Judgement(
        "run",
        SUBJECT,
        [court.finding(law) for law in laws],
        seconds=time.perf_counter() - started,
        size=f"{court.about} of {large}",
        counts={f"{court.unit} moves": court.made, f"{court.unit} moves done": court.done},
        seed=court.seed,
        notes=() if fast else (backend.why_not_compiled(),),
    )
