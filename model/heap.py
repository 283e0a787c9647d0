"""The reference heap: first fit over a sorted list of free blocks, with neighbours joined at once.

It shares the arithmetic of blocks with the specification and nothing else. The invariant: `_free` holds the free
blocks by rising address, no two of them next to each other; together with the live ones they are all of the memory::

    |  live  |   free   |     live     | live |          free          |

>>> heap = FirstFit(256)
>>> heap.allocate(100), heap.allocate(20), heap.allocate(0)
(0, 112, 144)
>>> heap.free(0)
>>> heap.allocate(64), heap.aligned(64, 8), heap.free_blocks()
(0, 64, [(80, 32), (160, 96)])

Private heaps are carved out of the first one, as HeapCreate with a maximum does; they end with all their blocks.
"""

from __future__ import annotations

from ..spec.heap import (
    Block,
    Pieces,
    can_round,
    carve,
    cut,
    fits,
    is_next_to,
    is_power,
    joined,
    occupied,
    rounded_up,
)

#: The alignment of every block, and the grain in which memory is given.
ALIGNMENT = 16


class AccessViolationError(Exception):
    """An access to what is no memory; the message says where."""


class _Region:
    """The memory of one heap: its free and its live blocks."""

    def __init__(self, whole: Block) -> None:
        self.free = [whole] if whole.size else []
        self.live: dict[int, Block] = {}

    def take(self, size: int, alignment: int) -> int:
        """The first free block that `size` bytes fit into gives them; `MemoryError` where none does."""
        for at, block in enumerate(self.free):
            if fits(block, size, alignment):
                pieces: Pieces = carve(block, size, alignment)
                self.free[at : at + 1] = [piece for piece in (pieces.before, pieces.behind) if piece.size]
                self.live[pieces.given.first] = pieces.given
                return int(pieces.given.first)
        raise MemoryError(f"no free block has {size} bytes at a multiple of {alignment}")

    def give_back(self, block: Block) -> None:
        """A block is free; it and the free blocks next to it become one."""
        at = sum(other.first < block.first for other in self.free)
        if at < len(self.free) and is_next_to(block, self.free[at]):
            block = joined(block, self.free.pop(at))
        if at and is_next_to(self.free[at - 1], block):
            at -= 1
            block = joined(self.free.pop(at), block)
        self.free.insert(at, block)


class FirstFit:
    """Heap to be read; contract `heap`.

    Args:
        size: bytes of memory; what is no multiple of 16 is left over.

    Addresses are offsets into the memory.
    """

    alignment = ALIGNMENT
    heaps = "private"

    def __init__(self, size: int) -> None:
        self._memory = bytearray(size)
        self._regions = {0: _Region(Block(0, size - size % ALIGNMENT))}
        self._places: dict[int, Block] = {}

    def allocate(self, size: int) -> int:
        """Address of a block of `size` bytes; `MemoryError` where no free block is large enough."""
        return self.allocate_in(0, size)

    def calloc(self, count: int, size: int) -> int:
        """Address of a block of `count` times `size` bytes, all of them zero."""
        address = self.allocate(count * size)
        self._memory[address : address + count * size] = bytes(count * size)
        return address

    def aligned(self, alignment: int, size: int) -> int:
        """Address of a block at a multiple of `alignment`; `ValueError` where that is no power of two."""
        if not is_power(alignment):
            raise ValueError(f"an alignment is a power of two, not {alignment}")
        return self._regions[0].take(_grains(size), max(alignment, ALIGNMENT))

    def reallocate(self, address: int, size: int) -> int:
        """The block gets `size` bytes: where it is, if it has them, or elsewhere with its contents."""
        block = self._block(0, address)
        if _grains(size) <= block.size:
            kept, rest = cut(block, _grains(size))
            self._regions[0].live[address] = kept
            if rest.size:
                self._regions[0].give_back(rest)
            return address
        moved = self.allocate(size)
        self._memory[moved : moved + block.size] = self._memory[address : address + block.size]
        self.free(address)
        return moved

    def free(self, address: int) -> None:
        """Give a block back; `ValueError` unless it is a live one."""
        self.free_in(0, address)

    def usable(self, address: int) -> int:
        """How many bytes the live block has."""
        return int(self._block(0, address).size)

    def read(self, address: int, length: int) -> bytes:
        """The bytes from an address on; `AccessViolationError` beyond the end of the memory."""
        self._access(address + length)
        return bytes(self._memory[address : address + length])

    def write(self, address: int, data: bytes) -> None:
        """Write bytes from an address on, whosever they are."""
        self._access(address + len(data))
        self._memory[address : address + len(data)] = data

    def free_blocks(self) -> list[tuple[int, int]]:
        """(address, size) of the free blocks of the first heap, by rising address."""
        return [(block.first, block.size) for block in self._regions[0].free]

    # -- private heaps ------------------------------------------------------------------------------------------

    def create(self, heap: int, size: int) -> None:
        """A heap of this name, with memory of its own; `ValueError` where there is one."""
        if heap in self._regions:
            raise ValueError(f"heap {heap} exists")
        place = self.allocate(size)
        self._places[heap] = self._regions[0].live.pop(place)  # nobody may free it as if it were a block
        self._regions[heap] = _Region(self._places[heap])

    def destroy(self, heap: int) -> None:
        """The heap goes, and its blocks with it; `ValueError` where there is none."""
        if heap not in self._places:
            raise ValueError(f"there is no heap {heap} to destroy")
        del self._regions[heap]
        self._regions[0].give_back(self._places.pop(heap))

    def allocate_in(self, heap: int, size: int) -> int:
        """Address of a block in a heap."""
        return self._region(heap).take(_grains(size), ALIGNMENT)

    def free_in(self, heap: int, address: int) -> None:
        """Give a block back to the heap that gave it; `ValueError` unless it is a live one of that heap."""
        self._region(heap).give_back(self._block(heap, address))
        del self._region(heap).live[address]

    def _access(self, end: int) -> None:
        """Only the end of the memory is watched: within it an overrun is nobody's business."""
        if end > len(self._memory):
            raise AccessViolationError(f"there is no memory from {len(self._memory):#x} on")

    def _region(self, heap: int) -> _Region:
        if heap not in self._regions:
            raise ValueError(f"there is no heap {heap}")
        return self._regions[heap]

    def _block(self, heap: int, address: int) -> Block:
        block = self._region(heap).live.get(address)
        if block is None:
            raise ValueError(f"no live block begins at {address:#x}")
        return block


def _grains(size: int) -> int:
    """A size rounded up to whole grains; no bytes are one grain, so that they have an address of their own."""
    if not can_round(size, ALIGNMENT):
        raise MemoryError(f"there are no {size} bytes")
    return int(rounded_up(occupied(size), ALIGNMENT))
