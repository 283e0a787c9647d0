"""Stacks of threads: their dimensions, how they begin, and random touches of their pages."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from ...spec.stacks import SMALLEST_SIZE, USUAL_SIZE, Stack, begin

#: How often a touch is meant: near the stack's end, in one of its pages, and just anywhere.
NEAR, INSIDE, ANYWHERE = 0.75, 0.245, 0.005
#: How far below the pages in use a touch is that is near: in use, the guard, or beyond it.
_NEAR_BELOW = (0, 0, 1, 1, 1, 1, 1, 1, 1, 2)


@attrs.frozen
class Machine:
    """The stack of one thread among pages that are not its own.

    Attributes:
        size: how many pages are reserved for it.
        bottom: how many pages there are below it.
        above: how many pages there are above it.
    """

    size: int = USUAL_SIZE
    bottom: int = 1
    above: int = 1

    def __attrs_post_init__(self) -> None:
        if self.size < SMALLEST_SIZE:
            raise ValueError(f"a stack has {SMALLEST_SIZE} pages at least, not {self.size}")

    def __str__(self) -> str:
        return f"a stack of {self.size} pages with {self.bottom} below and {self.above} above"

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
    """Pages to touch, in turn: a descent with returns to pages that are in use, which once in a while goes astray.

    How deep the descent is, is guessed from what has been drawn; the stack may be elsewhere.
    """
    below = np.array(_NEAR_BELOW)[generator.integers(0, len(_NEAR_BELOW), count)]
    what = generator.choice(3, count, p=(NEAR, INSIDE, ANYWHERE))
    uniform = generator.random(count)
    top = machine.bottom + machine.size
    limit, touched = top - 1, np.empty(count, np.uint64)
    for index in range(count):
        near = max(limit - int(below[index]), 0)
        inside = limit + int(uniform[index] * (top - limit))
        page = (near, inside, int(uniform[index] * machine.pages))[what[index]]
        touched[index] = page
        if page == limit - 1 and page > machine.bottom + 1:
            limit -= 1
    return touched
