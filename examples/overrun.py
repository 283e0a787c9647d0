"""The same overrun, silent or fatal: what a write beyond the end of a block does depends on what lies behind it.

A program writes a few bytes too many to a block of 100 bytes. In an ordinary heap nobody notices while they fall into
the slack of the block or into free memory; they damage the next block if there is one; and at the end of memory they
are fatal. In a page heap they are fatal at once, wherever the block lies.

    python overrun.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pagelaw.model.heap import AccessViolationError, FirstFit
from pagelaw.model.pageheap import PAGE, PageHeap

SIZE = 100
NEIGHBOUR = b"neighbour"


def outcome(heap: Any, block: int, neighbour: int | None, beyond: int) -> str:
    """What comes of writing `beyond` bytes too many to a block."""
    if neighbour is not None:
        heap.write(neighbour, NEIGHBOUR)
    try:
        heap.write(block, b"x" * (SIZE + beyond))
    except AccessViolationError:
        return "fatal"
    damaged = neighbour is not None and heap.read(neighbour, len(NEIGHBOUR)) != NEIGHBOUR
    return "neighbour damaged" if damaged else "silent"


def free_memory_behind() -> tuple[Any, int, int | None]:
    """The block has nobody behind it."""
    heap = FirstFit(4 * PAGE)
    return heap, heap.allocate(SIZE), None


def block_behind() -> tuple[Any, int, int | None]:
    """The block has a neighbour, after 12 bytes of slack."""
    heap = FirstFit(4 * PAGE)
    return heap, heap.allocate(SIZE), heap.allocate(SIZE)


def nothing_behind() -> tuple[Any, int, int | None]:
    """The block is the last one in memory."""
    heap = FirstFit(112)
    return heap, heap.allocate(SIZE), None


def page_heap() -> tuple[Any, int, int | None]:
    """The block ends where its page ends, and has a neighbour in the page after the next."""
    heap = PageHeap(4 * PAGE)
    return heap, heap.allocate(SIZE), heap.allocate(SIZE)


PLACES: dict[str, Callable[[], tuple[Any, int, int | None]]] = {
    "free memory behind it": free_memory_behind,
    "a block behind it": block_behind,
    "the end of memory behind it": nothing_behind,
    "in a page heap": page_heap,
}


def main() -> None:
    """Print the table."""
    beyond = (0, 1, 12, 13)
    print(f"{'bytes too many':<30}" + "".join(f"{count:<20}" for count in beyond).rstrip())
    for name, make in PLACES.items():
        print(f"{name:<30}" + "".join(f"{outcome(*make(), count):<20}" for count in beyond).rstrip())


if __name__ == "__main__":
    main()
