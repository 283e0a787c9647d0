"""What is found out about laws that are asked of every state, and of every move from it that may be tried.

A search of such a part tells each state's bits in one word, where its cells say so::

    laws broken there | laws broken by a move from there | UNFIT | what moves came to, and what was at stake
                      ^ BY_MOVE_AT

A move that breaks a law is not among those that lead on to another state: it may have been refused. So it is looked
for once more when the breach is told.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator
from types import ModuleType
from typing import Any, ClassVar

import attrs

from ...spec.law import Law
from .exploration import Exploration
from .inquiry import Inquiry
from .packed import PackedSystem


class AskedSystem(PackedSystem):
    """The steps on one machine, made ready for the search, and for every move that may be tried."""

    @abstractmethod
    def labels(self) -> Iterable[int]:
        """All moves that are judged, by page."""

    @abstractmethod
    def broken_by(self, key: int, label: int) -> int:
        """What a check tells of a move from a state."""

    def told_from(self, key: int, label: int) -> str:
        """A move from a state in words."""
        return self.told(label)

    def breaking(self, key: int, law: int) -> str:
        """The first move from a state that breaks the law of this bit, in words."""
        for label in self.labels():
            if self.broken_by(key, label) & law:
                return self.told_from(key, label)
        raise AssertionError("no move breaks what the search found broken")


@attrs.define
class AskedMoves(Inquiry):
    """Notes besides which bits were told of any state: what moves came to, and what was at stake.

    Attributes:
        seen: the numbers of those bits.
    """

    #: Where the bits of a word are.
    cells: ClassVar[ModuleType]

    seen: set[int] = attrs.field(factory=set)

    def stop_on(self) -> int:
        asked = sum(self.law_bits[law.id] for law in self.laws)
        bits: int = asked | asked << self.cells.BY_MOVE_AT | self.cells.UNFIT
        return bits

    def stories(self, system: AskedSystem, outcome: Exploration, law: Law) -> Iterator[list[str]]:
        """The way to the first state that breaks a law, and to the first move that does."""
        bit = self.law_bits[law.id]
        for asked, is_move in {bit: False, bit << self.cells.BY_MOVE_AT: True}.items():
            state = outcome.broken.get(asked.bit_length() - 1)
            if state is not None:
                path = [int(key) for key in outcome.path(state)]
                yield [*system.story(path), *([system.breaking(path[-1], asked)] if is_move else [])]

    def left_open(self, system: Any, outcome: Exploration) -> str:
        self.seen |= set(outcome.broken)
        if self.cells.UNFIT.bit_length() - 1 in outcome.broken:
            return f"a state of {system.machine} does not fit into a word"
        return super().left_open(system, outcome)


def never_made(
    seen: Collection[int], kinds: Iterable[int], told: Callable[[int], str], *, done_at: int, refused_at: int
) -> Iterator[str]:
    """Which kinds of moves were never done, and which never refused: that of kind 0 sets these bits of those `seen`."""
    numbers = list(kinds)
    for first, what in ((done_at, "done"), (refused_at, "refused")):
        missing = [told(kind) for kind in numbers if first + kind not in seen]
        if missing:
            yield f"never {what}: {', '.join(missing)}"
