"""The reference allocator: the buddy system as one would explain it, with a list of free blocks for each order.

It shares the arithmetic of blocks with the specification and nothing else: what is free and what is live is kept in
plain lists and dictionaries. The invariant: `_free[order]` holds the first frames of the free blocks of that order,
rising, and no two of them are buddies within one zone.

The worked example of the literature: 8 KiB are wanted (order 1, in frames of 4 KiB) and 64 KiB are free (order 4).
The 64 KiB are split into 32 + 32, the low 32 into 16 + 16, the lowest 16 into 8 + 8, and the *upper* 8 are given::

    |  8   |  8 *  |     16      |             32            |        * given

>>> lists = FreeLists(16, 4, half="upper")
>>> lists.free_blocks()
[(0, 4)]
>>> lists.allocate(1)
2
>>> lists.free_blocks()
[(0, 1), (4, 2), (8, 3)]
>>> lists.free(2, 1)
>>> lists.free_blocks()
[(0, 4)]

Linux gives the lower one:

>>> lists = FreeLists(16, 4, half="lower")
>>> lists.allocate(1)
0
>>> lists.free_blocks()
[(2, 1), (4, 2), (8, 3)]
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable

from ..spec.addresses import buddy_of, parent_of, size_of
from ..spec.contracts import Arena


class FreeLists:
    """Buddy allocator to be read; contract `frames`.

    It takes the smallest block that suffices, of those the one at the lowest address.

    Args:
        frames: how many frames the arena has.
        max_order: order of the largest block, at most 10.
        start: number of the first frame.
        reserved: frames that are never given out.
        barriers: frames at which a new zone begins; no free block lies across one.
        half: which half the last split gives, "lower" or "upper".

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
        self.policies = ("smallest-sufficient", "lowest-address", f"{half}-half")
        self._max_order = arena.max_order
        self._upper = half == "upper"
        self._barriers = arena.barriers
        self._free: list[list[int]] = [[] for _ in range(arena.max_order + 1)]
        self._live: dict[int, int] = {}
        for frame in arena.usable():
            self._release(frame, 0)

    def allocate(self, order: int) -> int:
        """First frame of a block of 2**order frames; `MemoryError` where no free block is large enough."""
        if order < 0:
            raise ValueError(f"an order is a whole number from 0 on, not {order}")
        for level in range(order, self._max_order + 1):
            if self._free[level]:
                frame = self._split(self._free[level].pop(0), level, order)
                self._live[frame] = order
                return frame
        raise MemoryError(f"no free block of order {order} or more")

    def free(self, frame: int, order: int) -> None:
        """Give back a block that `allocate` gave; `ValueError` and no change where no such block is live."""
        if self._live.get(frame) != order:
            raise ValueError(f"no live block of order {order} begins at frame {frame}")
        del self._live[frame]
        self._release(frame, order)

    def free_blocks(self) -> list[tuple[int, int]]:
        """(frame, order) of each free block, upward."""
        return sorted((frame, order) for order, frames in enumerate(self._free) for frame in frames)

    def _split(self, frame: int, level: int, order: int) -> int:
        """Halve a block until a piece has `order`; what is not given goes into the lists."""
        while level > order:
            level -= 1
            kept = buddy_of(frame, level)
            if level == order and self._upper:
                frame, kept = kept, frame
            insort(self._free[level], kept)
        return frame

    def _release(self, frame: int, order: int) -> None:
        """Merge a block with its buddy for as long as that is free, then put it into its list."""
        while order < self._max_order and self._mergeable(frame, order) and self._take(buddy_of(frame, order), order):
            frame = parent_of(frame, order)
            order += 1
        insort(self._free[order], frame)

    def _mergeable(self, frame: int, order: int) -> bool:
        """Whether no barrier lies between a block and its buddy."""
        first = parent_of(frame, order)
        crossed = bisect_right(self._barriers, first), bisect_left(self._barriers, first + 2 * size_of(order))
        return crossed[0] == crossed[1]

    def _take(self, frame: int, order: int) -> bool:
        """Remove the free block of `order` at `frame` from its list, if it is there."""
        frames = self._free[order]
        place = bisect_left(frames, frame)
        if frames[place : place + 1] != [frame]:
            return False
        del frames[place]
        return True
