"""What is known of a heap: the live blocks, what was written to them, and what the empty heap once granted.

Of a block only what was written is kept, in runs of bytes, the latest last; blocks may be larger than any test could
hold. Live blocks share no byte, so a new one need only be held against its two neighbours.
"""

from __future__ import annotations

from bisect import bisect_left, insort

import attrs

from ..heap import occupied

#: So many runs of written bytes are remembered for each block; forgetting one judges less, never wrongly.
_MOST_RUNS = 64


@attrs.frozen
class Run:
    """Bytes that were written at once.

    Attributes:
        offset: of the first one, in the block.
        length: how many.
        data: the bytes; None where all are zero because calloc said so.
    """

    offset: int
    length: int
    data: bytes | None = None

    def clipped(self, size: int) -> Run | None:
        """What is left of it in the first `size` bytes."""
        length = min(self.length, size - self.offset)
        if length <= 0:
            return None
        return Run(self.offset, length, None if self.data is None else self.data[:length])


@attrs.frozen
class Live:
    """A live block.

    Attributes:
        size: how many bytes were asked for.
        room: how many it is known to have.
        heap: the heap that gave it.
        runs: what is known of its bytes.
    """

    size: int
    room: int
    heap: int = 0
    runs: tuple[Run, ...] = ()

    def written(self, offset: int, data: bytes) -> Live:
        """The block after bytes were written to it."""
        end = offset + len(data)
        kept = [run for run in self.runs if run.offset < offset or run.offset + run.length > end]
        return attrs.evolve(self, runs=(*kept[1 - _MOST_RUNS :], Run(offset, len(data), data)))

    def known(self, offset: int, length: int) -> tuple[bytearray, bytearray]:
        """The bytes from an offset on, as far as they are known, and for each how: 0 not, 1 written, 2 cleared."""
        values, how = bytearray(length), bytearray(length)
        for run in self.runs:
            low, high = max(offset, run.offset), min(offset + length, run.offset + run.length)
            if low < high:
                piece = slice(low - offset, high - offset)
                values[piece] = (
                    bytes(high - low) if run.data is None else run.data[low - run.offset : high - run.offset]
                )
                how[piece] = bytes([2 if run.data is None else 1]) * (high - low)
        return values, how

    def resized(self, size: int) -> Live:
        """The block after it got another size, with the bytes that both sizes have."""
        least = min(size, self.size)
        runs = [clipped for run in self.runs if (clipped := run.clipped(least)) is not None]
        return Live(size, size, self.heap, tuple(runs))


@attrs.define
class Blocks:
    """The state of a heap.

    Attributes:
        live: the live blocks by address.
        order: their addresses, rising.
        heaps: the size of each heap besides the first, by name.
        count: how many blocks of each heap are live.
        held: how many bytes are live in all.
        worked: the requests that an empty heap has granted, each with the size of that heap (0: the first).
    """

    live: dict[int, Live] = attrs.field(factory=dict)
    order: list[int] = attrs.field(factory=list)
    heaps: dict[int, int] = attrs.field(factory=dict)
    count: dict[int, int] = attrs.field(factory=dict)
    held: int = 0
    worked: set[tuple[object, ...]] = attrs.field(factory=set)

    def copy(self) -> Blocks:
        """A snapshot that later steps do not change."""
        live, heaps = dict(self.live), dict(self.heaps)
        return Blocks(live, list(self.order), heaps, dict(self.count), self.held, set(self.worked))

    def add(self, address: int, block: Live) -> None:
        """A block becomes live."""
        self.live[address] = block
        insort(self.order, address)
        self.count[block.heap] = self.count.get(block.heap, 0) + 1
        self.held += block.size

    def remove(self, address: int) -> Live:
        """A block is live no more."""
        block = self.live.pop(address)
        del self.order[bisect_left(self.order, address)]
        self.count[block.heap] -= 1
        self.held -= block.size
        return block

    def neighbours(self, address: int, *, but: int | None = None) -> list[int]:
        """The addresses of the live blocks right before and after an address, and at it."""
        at = bisect_left(self.order, address)
        near = self.order[max(0, at - 2) : at + 2]
        return [other for other in near if other != but]

    def holder(self, address: int) -> int | None:
        """The address of the live block that a byte belongs to."""
        at = bisect_left(self.order, address + 1) - 1
        if at >= 0 and address - self.order[at] < occupied(self.live[self.order[at]].room):
            return self.order[at]
        return None

    def is_empty(self, heap: int, *, shared: bool) -> bool:
        """Whether nothing is live where a heap takes its memory from: in itself, or in the arena that all share.

        The first heap is the arena, and others are carved out of it; so it is empty only where there are none.
        """
        if shared or not heap:
            return not self.live and (shared or not self.heaps)
        return not self.count.get(heap)

    def of_heap(self, heap: int) -> list[int]:
        """The addresses of the blocks of one heap."""
        return [address for address, block in self.live.items() if block.heap == heap]
