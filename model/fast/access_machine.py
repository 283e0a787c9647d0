"""Machines of pages with rights: their first state, and random accesses and moves on them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...spec.access import ALLOWING, COPY, EXECUTE, GUARD, READ, RIGHTS, WRITE, Space
from . import access_moves
from .page_machine import Machine
from .page_machine import empty_arrays as empty_pages_in_arrays
from .page_machine import empty_lists as empty_pages_in_lists

#: How often each kind of move is drawn, in the order of their numbers: most are accesses.
WEIGHTS = (4, 1, 6, 2, 5, 6, 6, 8, 10, 3)
#: How often each of `USUAL_RIGHTS` is drawn instead of any rights at all.
_USUAL_SHARE = 0.5
#: Rights that pages have in practice, guards and copies on write among them.
USUAL_RIGHTS = (READ, READ | WRITE, READ | EXECUTE, READ | COPY, READ | WRITE | GUARD, ALLOWING, RIGHTS)


def empty_lists(machine: Machine) -> Space:
    """Every page free and without rights, as plain integers."""
    return Space(empty_pages_in_lists(machine), [0] * machine.pages)


def empty_arrays(machine: Machine) -> Space:
    """The same for compiled code."""
    return Space(empty_pages_in_arrays(machine), np.zeros(machine.pages, np.uint64))


def draw(generator: np.random.Generator, machine: Machine, count: int) -> np.ndarray[Any, Any]:
    """So many moves, each as one word."""
    kinds = generator.choice(access_moves.KINDS, count, p=np.array(WEIGHTS) / sum(WEIGHTS))
    pages, frames = generator.integers(0, machine.pages, count), generator.integers(0, machine.frames, count)
    usual = np.array(USUAL_RIGHTS)[generator.integers(0, len(USUAL_RIGHTS), count)]
    anything = generator.integers(0, RIGHTS + 1, count)
    rights = np.where(generator.random(count) < _USUAL_SHARE, usual, anything)
    frames[access_moves.TAKES_FRAME >> kinds & 1 == 0] = 0
    rights[access_moves.TAKES_RIGHTS >> kinds & 1 == 0] = 0
    words: np.ndarray[Any, Any] = (
        kinds | pages << access_moves.PAGE_AT | frames << access_moves.FRAME_AT | rights << access_moves.RIGHTS_AT
    )
    return words.astype(np.uint64)
