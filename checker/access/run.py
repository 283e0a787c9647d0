"""The judge of compiled accesses: the machines that are played, from one page to four thousand.

How they are played, and what is said of it in the end, is told in `checker.played`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any, Unpack

import attrs
import numpy as np

from ...model.fast import access_moves
from ...model.fast.access_machine import draw, empty_arrays
from ...model.fast.backend import apart, compiled
from ...model.fast.page_machine import Machine
from ...spec.algebra import Backend
from ...spec.law import Law
from ..played import Court, Settings, hold
from ..verdict import Finding, Judgement
from .told import unseen

SMALL = (Machine(1, frames=1), Machine(2, frames=1), Machine(4, frames=3, limit=3), Machine(6, frames=4))
LARGE = Machine(4096, frames=700, limit=2600)


@functools.cache
def kernels() -> Backend:
    """The moves, compiled once; a move is called, as it takes less long to compile then."""
    return compiled(access_moves, {"move": apart(compiled(access_moves).move)})


@attrs.define
class _Court(Court):
    """Counts what the moves of each kind came to."""

    about = "accesses"
    unit = "access"
    stories = access_moves.STORIES
    law_bits = access_moves.LAW_BITS
    beyond = access_moves.SERVED

    counts: np.ndarray[Any, Any] = attrs.field(
        factory=lambda: np.zeros(access_moves.KINDS << access_moves.OUTCOMES_SHIFT, np.uint64)
    )
    space: Any = None
    spare: Any = None

    @property
    def done(self) -> int:
        return int(self.outcomes[:, : access_moves.REFUSED].sum())

    @property
    def outcomes(self) -> np.ndarray[Any, Any]:
        """For each kind a row of how often each outcome was."""
        return self.counts.reshape(access_moves.KINDS, -1)

    def begin(self, machine: Machine) -> None:
        self.space, self.spare = empty_arrays(machine), empty_arrays(machine)

    def draw(self, generator: np.random.Generator, machine: Machine, count: int) -> np.ndarray[Any, Any]:
        return draw(generator, machine, count)

    def replay(self, machine: Machine, drawn: np.ndarray[Any, Any], audited: int) -> tuple[int, int]:
        numbers = [np.uint64(number) for number in (machine.pages, machine.frames, audited)]
        made, bits, charge = kernels().replay(self.space, drawn, self.spare, self.counts, *numbers)
        self.space = self.space._replace(pages=self.space.pages._replace(charge=np.uint64(charge)))
        return int(made), int(bits)

    def finding(self, law: Law) -> Finding:
        """With the number of moves at which the law was at stake."""
        bit = self.law_bits[law.id]
        cases = sum(
            int(self.outcomes[kind, outcome])
            for kind, outcome in access_moves.POSSIBLE
            if access_moves.at_stake(kind, outcome) & bit
        )
        return attrs.evolve(super().finding(law), cases=cases)

    def never_seen(self, law: Law) -> Iterator[str]:
        yield from unseen(lambda kind, outcome: int(self.outcomes[kind, outcome]))


def run_access(laws: Sequence[Law], *, seed: int = 0, **settings: Unpack[Settings]) -> Judgement:
    """Hold compiled accesses and moves against `laws`: `calls` random ones on a large machine, and many on small ones.

    Raises:
        ValueError: where a law is not about accesses.
    """
    return hold(_Court(seed), laws, small=SMALL, large=LARGE, **settings)
