"""The judge of compiled sharing: the machines that are played, from one page to a thousand.

How they are played, and what is said of it in the end, is told in `checker.played`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any, Unpack

import attrs
import numpy as np

from ...model.fast import sharing_moves
from ...model.fast.backend import apart, compiled
from ...model.fast.sharing_machine import Machine, draw, empty_arrays, general
from ...spec.algebra import Backend
from ...spec.law import Law
from ..played import Court, Settings, hold
from ..verdict import Judgement

SMALL = (Machine(2, objects=0, frames=2), Machine(2, objects=1, frames=2), Machine(4), Machine(5, 2, 4, most=3))
LARGE = Machine(1024, objects=64, frames=500, most=12)


@functools.cache
def kernels() -> Backend:
    """The moves, compiled once; what makes a move apart from what asks about it, as both are large."""
    return compiled(sharing_moves, {"move": apart(compiled(sharing_moves).move)})


@attrs.define
class _Court(Court):
    """Notes besides how often laws were at stake."""

    about = "sharing"
    unit = "sharing"
    stories = sharing_moves.STORIES
    law_bits = sharing_moves.LAW_BITS
    beyond = sharing_moves.REFERENCED

    met: np.ndarray[Any, Any] = attrs.field(factory=lambda: np.zeros(64, np.uint64))
    sharing: Any = None
    spare: Any = None

    def begin(self, machine: Machine) -> None:
        self.sharing, self.spare = empty_arrays(machine), empty_arrays(machine)

    def draw(self, generator: np.random.Generator, machine: Machine, count: int) -> np.ndarray[Any, Any]:
        return draw(generator, machine, count)

    def replay(self, machine: Machine, drawn: np.ndarray[Any, Any], audited: int) -> tuple[int, int]:
        numbers = [np.uint64(number) for number in (machine.all_pages, machine.frames, audited)]
        made, bits = kernels().replay(self.sharing, drawn, self.spare, self.counts, self.met, *numbers)
        return int(made), int(bits)

    def general(self, kind: int) -> str:
        return general(kind)

    def never_seen(self, law: Law) -> Iterator[str]:
        yield from self.never_made()
        stakes = sharing_moves.STAKES[law.id].items()
        yield from (story for bit, story in stakes if not self.met[bit.bit_length() - 1])


def run_sharing(laws: Sequence[Law], *, seed: int = 0, **settings: Unpack[Settings]) -> Judgement:
    """Hold the compiled steps of sharing against `laws` over `calls` random moves on a large machine, many on small.

    Raises:
        ValueError: where a law is not about sharing.
    """
    return hold(_Court(seed), laws, small=SMALL, large=LARGE, **settings)
