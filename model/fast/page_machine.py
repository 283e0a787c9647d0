"""Machines of pages and frames: their dimensions, their first state, and random moves on them."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from ...spec.pages import Pages
from . import page_moves

#: How often each kind of move is drawn, in the order of their numbers: most pages should be committed and move between
#: frames and backing store.
WEIGHTS = (6, 1, 6, 2, 8, 4, 4, 4, 6, 6)


@attrs.frozen
class Machine:
    """A machine with pages.

    Attributes:
        pages: how many pages there are, those of all processes.
        frames: how many frames there are.
        limit: the commit limit; as many as there are pages if it is not told.
    """

    pages: int = 8
    frames: int = 3
    limit: int = attrs.field(default=attrs.Factory(lambda self: self.pages, takes_self=True))

    def __str__(self) -> str:
        counts = ((self.pages, "page"), (self.frames, "frame"))
        named = ", ".join(f"{count} {word}{'s' * (count > 1)}" for count, word in counts)
        return f"{named}, commit limit {self.limit}"


def empty_lists(machine: Machine) -> Pages:
    """Every page free and every frame unused, as plain integers."""
    return Pages([0] * machine.pages, [0] * machine.frames, 0, machine.limit)


def empty_arrays(machine: Machine) -> Pages:
    """The same for compiled code."""
    state, owner = (np.zeros(size, np.uint64) for size in (machine.pages, machine.frames))
    return Pages(state, owner, np.uint64(0), np.uint64(machine.limit))


def draw(generator: np.random.Generator, machine: Machine, count: int) -> np.ndarray[Any, Any]:
    """So many moves, each as one word."""
    kinds = generator.choice(page_moves.KINDS, count, p=np.array(WEIGHTS) / sum(WEIGHTS))
    pages, frames = generator.integers(0, machine.pages, count), generator.integers(0, machine.frames, count)
    frames[page_moves.TAKES_FRAME >> kinds & 1 == 0] = 0
    words: np.ndarray[Any, Any] = kinds | pages << page_moves.PAGE_AT | frames << page_moves.FRAME_AT
    return words.astype(np.uint64)
