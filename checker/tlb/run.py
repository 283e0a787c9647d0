"""The judge of compiled TLBs: the machines that are played, from one core with three pages to sixteen with a thousand.

How they are played, and what is said of it in the end, is told in `checker.played`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any, Unpack

import attrs
import numpy as np

from ...model.fast import tlb_moves
from ...model.fast.backend import compiled
from ...model.fast.tlb_machine import Machine, draw, empty_arrays
from ...spec.algebra import Backend
from ...spec.law import Law
from ..played import Court, Settings, hold
from ..verdict import Judgement

SMALL = (
    Machine(1),
    Machine(2, home=(0, 1), identifiers=1),
    Machine(3, home=(0, 0, 1, 1), frames=3),
    Machine(5, home=(0, 0, 0, 1, 1, 2), frames=4, identifiers=2),
)
LARGE = Machine(16, home=tuple(page % 24 for page in range(1024)), frames=700, identifiers=20)


@functools.cache
def kernels() -> Backend:
    """The moves, compiled once."""
    return compiled(tlb_moves)


@attrs.define
class _Court(Court):
    """A move that is refused leaves everything as it was, so that only those that are done count."""

    about = "TLBs"
    unit = "TLB"
    stories = tlb_moves.STORIES
    law_bits = tlb_moves.LAW_BITS
    beyond = tlb_moves.HELD

    tlbs: Any = None
    spare: Any = None

    def begin(self, machine: Machine) -> None:
        self.tlbs, self.spare = empty_arrays(machine), np.zeros(len(machine.home), np.uint64)

    def draw(self, generator: np.random.Generator, machine: Machine, count: int) -> np.ndarray[Any, Any]:
        return draw(generator, machine, count)

    def replay(self, machine: Machine, drawn: np.ndarray[Any, Any], audited: int) -> tuple[int, int]:
        numbers = [np.uint64(number) for number in (machine.cores, machine.spaces, machine.identifiers, audited)]
        made, bits, *state = kernels().replay(self.tlbs, drawn, self.spare, self.counts, *numbers)
        changing, held, retiring, turn = (np.uint64(number) for number in state)
        self.tlbs = self.tlbs._replace(changing=changing, held=held, retiring=retiring, turn=turn)
        return int(made), int(bits)

    def never_seen(self, law: Law) -> Iterator[str]:
        for kind in range(tlb_moves.KINDS):
            if not self.counts[2 * kind + 1]:
                yield self.stories[kind].format("n", "m")

    def cases(self) -> int:
        return self.done


def run_tlb(laws: Sequence[Law], *, seed: int = 0, **settings: Unpack[Settings]) -> Judgement:
    """Hold the compiled steps on TLBs against `laws` over `calls` random moves on a large machine, and many on small.

    Raises:
        ValueError: where a law is not about TLBs.
    """
    return hold(_Court(seed), laws, small=SMALL, large=LARGE, **settings)
