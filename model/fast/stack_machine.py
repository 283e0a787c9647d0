"""Stacks of threads: their dimensions, how they begin, and random touches of their pages."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from ...spec.stacks import SMALLEST_SIZE, USUAL_SIZE, Stack, begin
from . import stack_moves

#: How often each place to touch is drawn: near the lowest page in use, in use, and just anywhere.
WEIGHTS = (0.699, 0.3, 0.001)
#: How often a touch near the lowest page in use is of that page, of the guard, and of the page beyond it: seldom enough
#: for a descent to reach the end of a large stack.
BELOW_WEIGHTS = (0.2, 0.797, 0.003)


@attrs.frozen
class Machine:
    """The stack of one thread among pages that are not its own.

    Attributes:
        size: how many pages are reserved for it.
        bottom: how many pages there are below it, one at least.
        above: how many pages there are above it.
    """

    size: int = USUAL_SIZE
    bottom: int = 1
    above: int = 1

    def __attrs_post_init__(self) -> None:
        if self.size < SMALLEST_SIZE:
            raise ValueError(f"a stack has {SMALLEST_SIZE} pages at least, not {self.size}")
        if self.bottom < 1 or self.above < 1:
            raise ValueError(f"there must be a page below and above a stack, not {self.bottom} and {self.above}")

    def __str__(self) -> str:
        return f"{self.size} pages with {self.bottom} below and {self.above} above"

    @property
    def pages(self) -> int:
        """All pages that there are."""
        return self.bottom + self.size + self.above


def begin_lists(machine: Machine) -> Stack:
    """A new stack, as plain integers."""
    stack, _ = begin([0] * machine.pages, machine.bottom, machine.size)
    return stack


def begin_arrays(machine: Machine) -> Stack:
    """The same for compiled code."""
    plain = begin_lists(machine)
    numbers = [np.uint64(number) for number in plain[1:]]
    return Stack(np.array(plain.kinds, np.uint64), *numbers)


def draw(generator: np.random.Generator, machine: Machine, count: int) -> np.ndarray[Any, Any]:
    """So many touches, each as one word: a descent with returns to pages in use, which once in a while goes astray."""
    places = generator.choice(len(WEIGHTS), count, p=WEIGHTS)
    below = generator.choice(len(BELOW_WEIGHTS), count, p=BELOW_WEIGHTS)
    numbers = np.where(places == stack_moves.BELOW, below, generator.integers(0, machine.pages, count))
    words: np.ndarray[Any, Any] = places | numbers << stack_moves.NUMBER_AT
    return words.astype(np.uint64)
