"""The judge of compiled heaps: the memories that are played, from four bytes to 192.

How they are played, and what is said of it in the end, is told in `checker.played`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs
import numpy as np

from ...model.fast import heap_moves
from ...model.fast.backend import apart, compiled
from ...model.fast.heap_machine import Machine, begin_arrays, draw
from ...spec.algebra import Backend
from ...spec.law import Law
from ..played import Court, hold
from ..verdict import Finding, Judgement
from .told import KINDS, unseen

SMALL = (Machine(4), Machine(8, private=4), Machine(8), Machine(16, private=8, grain=2))
LARGE = Machine(192, private=64, grain=4)
#: What is called, as it takes less long to compile then; callees first.
_APART = ("move", "broken_by_call", "broken_beside", "broken_beside_all", "broken_anywhere", "at_stake")


@functools.cache
def kernels() -> Backend:
    """The moves, compiled once."""
    known: dict[str, Any] = {}
    for name in _APART:
        known[name] = apart(getattr(compiled(heap_moves, known), name))
    return compiled(heap_moves, known)


@attrs.define
class _Court(Court):
    """Counts besides how often each law was at stake."""

    about = "heaps"
    unit = "heap"
    stories = KINDS
    law_bits = heap_moves.LAW_BITS
    beyond = heap_moves.CONTAINED

    counts: np.ndarray[Any, Any] = attrs.field(factory=lambda: np.zeros(heap_moves.COUNTS, np.uint64))
    heap: Any = None
    spare: Any = None

    @property
    def done(self) -> int:
        return int(self.counts[1 : heap_moves.STAKES_AT : 2].sum())

    def begin(self, machine: Machine) -> None:
        self.heap, self.spare = begin_arrays(machine), begin_arrays(machine)

    def draw(self, generator: np.random.Generator, machine: Machine, count: int) -> np.ndarray[Any, Any]:
        return draw(generator, machine, count)

    def replay(self, machine: Machine, drawn: np.ndarray[Any, Any], audited: int) -> tuple[int, int]:
        made, bits = kernels().replay(self.heap, drawn, self.spare, self.counts, np.uint64(audited))
        return int(made), int(bits)

    def finding(self, law: Law) -> Finding:
        """With the number of moves at which the law was at stake."""
        return attrs.evolve(super().finding(law), cases=self.stakes(self.law_bits[law.id].bit_length() - 1))

    def stakes(self, number: int) -> int:
        """How often the law of this number was at stake."""
        return int(self.counts[heap_moves.STAKES_AT + number])

    def never_seen(self, law: Law) -> Iterator[str]:
        yield from unseen(law.id, lambda kind, done: int(self.counts[2 * kind + done]), self.stakes)


def run_blocks(
    laws: Sequence[Law],
    *,
    calls: int = 10_000_000,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Judgement:
    """Hold compiled moves of heaps against `laws`: `calls` random ones in a large memory, and many in small ones.

    Raises:
        ValueError: where a law is not about heaps.
    """
    return hold(_Court(seed), laws, small=SMALL, large=LARGE, calls=calls, progress=progress)
