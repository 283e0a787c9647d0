"""Whole memories at once: what the steps make of the free frames of a snapshot.

The free blocks are a function of the free frames (law A7). Given a map of which frames are free, `admit`, frame by
frame, makes the blocks that any eager buddy system must have.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ...spec.algebra import Backend
from ...spec.frames import MAX_ORDER, ORDERS, RESERVED, Memory
from . import churn
from .backend import compiled, is_compiled

_ONE_ZONE = 63


@functools.cache
def _steps() -> Backend:
    """The steps, compiled once in a process."""
    return compiled(churn)


def free_blocks_of(free: Any, start: int = 0) -> list[int]:
    """How many free blocks of each order, 0 to 10, the free frames make up.

    `free` is an array with a truth value for each frame from `start` on.
    """
    size = 1 << MAX_ORDER
    lead = start % size
    room = -(-(lead + len(free)) // size) * size
    usable = np.zeros(room, np.uint8)
    usable[lead : lead + len(free)] = free
    heads = np.full(room, RESERVED, np.uint8)
    sentinels = np.repeat(np.arange(room, room + ORDERS + 1, dtype=np.uint32), 2)
    link = np.concatenate([np.zeros(2 * room, np.uint32), sentinels])
    number = np.uint64 if is_compiled() else int
    memory = Memory(
        heads, link, np.zeros(1, np.uint8), number(room), number(room), number(MAX_ORDER), number(_ONE_ZONE)
    )
    _steps().initialise(memory, usable)
    return [int(count) for count in np.bincount(heads[heads <= MAX_ORDER], minlength=ORDERS)]
