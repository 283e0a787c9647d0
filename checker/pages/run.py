"""The judge of compiled page states: the machines that are played, from one page to four thousand.

How they are played, and what is said of it in the end, is told in `checker.played`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any, Unpack

import attrs
import numpy as np

from ...model.fast import page_moves
from ...model.fast.backend import compiled
from ...model.fast.page_machine import Machine, draw, empty_arrays
from ...spec.algebra import Backend
from ...spec.law import Law
from ..played import Court, Settings, hold
from ..verdict import Judgement

SMALL = (Machine(1, frames=1), Machine(2, frames=1), Machine(4, frames=3, limit=2), Machine(6, frames=4, limit=5))
LARGE = Machine(4096, frames=700, limit=2600)
#: What a law must have met besides every kind of move, done and refused.
_PREMISES = {"F2": "every frame is used", "V4": "the charge is at the limit"}


@functools.cache
def kernels() -> Backend:
    """The moves, compiled once."""
    return compiled(page_moves)


@attrs.define
class _Court(Court):
    """Notes besides which of the premises were met."""

    about = "page states"
    unit = "page"
    stories = page_moves.STORIES
    law_bits = page_moves.LAW_BITS
    beyond = page_moves.OWNED

    met: set[str] = attrs.field(factory=set)
    pages: Any = None
    spare: Any = None

    def begin(self, machine: Machine) -> None:
        self.pages, self.spare = empty_arrays(machine), np.zeros(machine.pages, np.uint64)

    def draw(self, generator: np.random.Generator, machine: Machine, count: int) -> np.ndarray[Any, Any]:
        return draw(generator, machine, count)

    def replay(self, machine: Machine, drawn: np.ndarray[Any, Any], audited: int) -> tuple[int, int]:
        numbers = [np.uint64(number) for number in (machine.pages, machine.frames, audited)]
        made, bits, charge = kernels().replay(self.pages, drawn, self.spare, self.counts, *numbers)
        self.pages = self.pages._replace(charge=np.uint64(charge))
        if self.pages.owner.all():
            self.met.add(_PREMISES["F2"])
        if charge == machine.limit:
            self.met.add(_PREMISES["V4"])
        return int(made), int(bits)

    def never_seen(self, law: Law) -> Iterator[str]:
        yield from self.never_made()
        if law.id in _PREMISES and _PREMISES[law.id] not in self.met:
            yield _PREMISES[law.id]


def run_pages(laws: Sequence[Law], *, seed: int = 0, **settings: Unpack[Settings]) -> Judgement:
    """Hold the compiled steps on pages against `laws` over `calls` random moves on a large machine, and many on small.

    Raises:
        ValueError: where a law is not about page states.
    """
    return hold(_Court(seed), laws, small=SMALL, large=LARGE, **settings)
