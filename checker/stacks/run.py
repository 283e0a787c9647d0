"""The judge of compiled stacks: descents on small stacks, and on one of 256 pages, which is the usual size.

How they are played, and what is said of it in the end, is told in `checker.played`.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Unpack

import attrs
import numpy as np

from ...model.fast import stack_moves
from ...model.fast.backend import compiled, is_compiled
from ...model.fast.stack_machine import Machine, begin_arrays, draw
from ...spec.algebra import Backend
from ...spec.law import Law
from ..played import Court, Settings, hold
from ..verdict import Judgement
from .judge import unseen

SMALL = (Machine(4), Machine(5, bottom=3), Machine(8, above=4), Machine(16))
LARGE, LARGE_UNCOMPILED = Machine(), Machine(24)
#: A stack is touched so often after its process has ended.
_PATIENCE = 2


@functools.cache
def kernels() -> Backend:
    """The touches, compiled once."""
    return compiled(stack_moves)


@attrs.define
class _Court(Court):
    """Counts what touches came to; each chunk begins with a new stack."""

    about = "stacks"
    unit = "stack"
    stories = stack_moves.STORIES
    law_bits = stack_moves.LAW_BITS
    beyond = stack_moves.GROWN

    counts: np.ndarray[Any, Any] = attrs.field(factory=lambda: np.zeros(stack_moves.OUTCOMES, np.uint64))

    @property
    def done(self) -> int:
        return int(self.counts[:-1].sum())

    def begin(self, machine: Machine) -> None:
        """Nothing is kept between chunks."""

    def draw(self, generator: np.random.Generator, machine: Machine, count: int) -> np.ndarray[Any, Any]:
        return draw(generator, machine, count)

    def replay(self, machine: Machine, drawn: np.ndarray[Any, Any], audited: int) -> tuple[int, int]:
        spare, pages = np.zeros(machine.pages, np.uint64), np.uint64(machine.pages)
        stack = begin_arrays(machine)
        made, bits = kernels().replay(stack, drawn, spare, self.counts, pages, np.uint64(_PATIENCE))
        return int(made), int(bits)

    def never_seen(self, law: Law) -> Iterator[str]:
        yield from unseen(Counter(dict(enumerate(self.counts.tolist()))))


def run_stacks(laws: Sequence[Law], *, seed: int = 0, **settings: Unpack[Settings]) -> Judgement:
    """Hold compiled touches against `laws`: `calls` random ones on a large stack, and many on small ones.

    Raises:
        ValueError: where a law is not about stacks.
    """
    large = LARGE if is_compiled() else LARGE_UNCOMPILED
    return hold(_Court(seed), laws, small=SMALL, large=large, **settings)
