"""The compiled allocator: the specification's own steps as machine code, behind the `frames` contract.

The state is that of `spec.frames`, in NumPy arrays: one byte for each frame, two 32-bit words for each node of a
free list, one word for each piece of memory that a zone is made of. Frames are counted from the base of the arena.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from ...spec.algebra import Backend
from ...spec.contracts import Arena
from ...spec.frames import MAX_ORDER, ORDERS, RESERVED, Memory
from . import churn
from .backend import compiled

#: Spare elements on either side of each array. A correct rule never reaches them; a broken one that misses the arena
#: by a little is then found out instead of writing over something else.
MARGIN = 4096


@functools.cache
def kernels() -> Backend:
    """The kernels of `churn`, compiled once."""
    return compiled(churn)


def _with_margin(words: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.pad(words, MARGIN)[MARGIN:-MARGIN]


def zones_of(arena: Arena) -> tuple[npt.NDArray[Any], int]:
    """The zone of each piece of memory, and the binary logarithm of a piece: as coarse as the barriers allow."""
    room = room_of(arena)
    inner = [barrier - arena.base for barrier in arena.barriers]
    if not inner:
        return np.zeros(1, np.uint8), 63
    grain = min(MAX_ORDER, *((barrier & -barrier).bit_length() - 1 if barrier else MAX_ORDER for barrier in inner))
    zones = np.zeros((room >> grain) + 1, np.min_scalar_type(len(inner)))
    np.add.at(zones, [barrier >> grain for barrier in inner], 1)
    return np.cumsum(zones, dtype=zones.dtype), grain


def room_of(arena: Arena) -> int:
    """Frames from the base of the arena to its end, rounded up to whole blocks of the largest order."""
    return -(-(arena.end - arena.base) >> arena.max_order) << arena.max_order


def usable_in(arena: Arena) -> npt.NDArray[np.uint8]:
    """For each frame from the base of the arena to its end, whether it may be given out."""
    usable = np.zeros(arena.end - arena.base, np.uint8)
    usable[arena.start - arena.base :] = 1
    usable[[frame - arena.base for frame in arena.reserved]] = 0
    return usable


def empty_memory(arena: Arena) -> Memory:
    """The memory of the arena before initialisation: all frames reserved, all lists empty."""
    room = room_of(arena)
    if room + ORDERS >= 1 << 31:
        raise ValueError(f"the compiled allocator holds up to 2**31 frames, not {room}")
    heads = _with_margin(np.full(room, RESERVED, np.uint8))
    link = _with_margin(np.repeat(np.arange(room + ORDERS + 1, dtype=np.uint32), 2))
    zones, grain = zones_of(arena)
    numbers = (arena.end - arena.base, room, arena.max_order, grain)
    return Memory(heads, link, _with_margin(zones), *(np.uint64(number) for number in numbers))


def initial_memory(arena: Arena) -> Memory:
    """The memory of the arena with every usable frame free."""
    memory = empty_memory(arena)
    kernels().initialise(memory, usable_in(arena))
    return memory


class CompiledAllocator:
    """Buddy allocator on the compiled steps of the specification; contract `frames`.

    Args:
        frames: how many frames the arena has.
        max_order: order of the largest block, at most 10.
        start: number of the first frame.
        reserved: frames that are never given out.
        barriers: frames at which a new zone begins; no free block lies across one.
        half: which piece of a split block is given, "lower" or "upper".

    An arena that the contract cannot express is a `ValueError`.
    """

    def __init__(
        self,
        frames: int,
        max_order: int,
        *,
        start: int = 0,
        reserved: Iterable[int] = (),
        barriers: Iterable[int] = (),
        half: str = "lower",
    ) -> None:
        if half not in ("lower", "upper"):
            raise ValueError(f"half must be 'lower' or 'upper', not {half!r}")
        arena = Arena(frames, max_order, start=start, reserved=frozenset(reserved), barriers=tuple(barriers))
        self.policies = ("smallest-sufficient", f"{half}-half")
        self._base = arena.base
        self._upper = half == "upper"
        self._memory = initial_memory(arena)

    def allocate(self, order: int) -> int:
        """First frame of a block of 2**order frames; `MemoryError` where no free block is large enough."""
        wanted = operator.index(order)
        if wanted < 0:
            raise ValueError(f"an order is a whole number from 0 on, not {order}")
        done, frame = kernels().allocate_one(self._memory, np.uint64(min(wanted, ORDERS)), self._upper)
        if not done:
            raise MemoryError(f"no free block of order {order} or more")
        return int(frame) + self._base

    def free(self, frame: int, order: int) -> None:
        """Give back a block that `allocate` gave; `ValueError` and no change where no such block is live."""
        inner, level = operator.index(frame) - self._base, operator.index(order)
        is_word = 0 <= inner <= churn.ALL and 0 <= level <= churn.ALL
        if not is_word or not kernels().free_one(self._memory, np.uint64(inner), np.uint64(level)):
            raise ValueError(f"no live block of order {order} begins at frame {frame}")

    def free_blocks(self) -> list[tuple[int, int]]:
        """(frame, order) of each free block, upward."""
        heads = self._memory.heads
        frames = np.flatnonzero(heads <= MAX_ORDER)
        return [(frame + self._base, int(heads[frame])) for frame in frames.tolist()]
