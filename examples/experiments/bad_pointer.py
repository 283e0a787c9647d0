"""The same bad pointer, silent or fatal: that depends on whose memory it leads to, and not on how wrong it is.

On its own page, or on another page that is committed, nobody notices; on a page that is reserved or free it is an
access violation. In a heap it is the same: a program writes a few bytes too many to a block of 100. Nobody notices
while they fall into the block's slack or into free memory; they damage the next block if there is one; at the end of
memory they are fatal. A page heap ends every block with its page, and keeps the next page reserved: there they are
fatal at once, wherever the block lies::

    $ python examples/experiments/bad_pointer.py
    pointer off by  4095: committed  -> silent
    pointer off by  4096: committed  -> silent
    pointer off by  8192: reserved   -> access violation
    pointer off by 12288: committed  -> silent
    pointer off by 16384: free       -> access violation
    bytes too many                0                   1                   12                  13
    free memory behind it         silent              silent              silent              silent
    a block behind it             silent              silent              silent              neighbour damaged
    the end of memory behind it   silent              silent              silent              fatal
    in a page heap                silent              fatal               fatal               fatal
"""

from collections.abc import Callable
from typing import Any

from pagelaw.model.heap import AccessViolationError, FirstFit
from pagelaw.model.pageheap import PAGE, PageHeap
from pagelaw.model.windows_space import WindowsSpace

SIZE = 100
NEIGHBOUR = b"neighbour"


def led_astray(offset: int) -> str:
    """What comes of a write so many bytes beyond a variable, with another one three pages above."""
    space = WindowsSpace(16)
    space.create(1)
    base = space.reserve(1, 0, 4 * PAGE, "rw", False)
    space.commit(1, base, 2 * PAGE, "rw")
    space.commit(1, base + 3 * PAGE, PAGE, "rw")
    state = space.query(1, base + offset)[3]
    try:
        space.write(1, base + offset, 1)
    except PermissionError:
        return f"{state:<9}  -> access violation"
    return f"{state:<9}  -> silent"


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
    """Print the two tables."""
    for offset in (PAGE - 1, PAGE, 2 * PAGE, 3 * PAGE, 4 * PAGE):
        print(f"pointer off by {offset:>5}: {led_astray(offset)}")
    beyond = (0, 1, 12, 13)
    print(f"{'bytes too many':<30}" + "".join(f"{count:<20}" for count in beyond).rstrip())
    for name, make in PLACES.items():
        print(f"{name:<30}" + "".join(f"{outcome(*make(), count):<20}" for count in beyond).rstrip())


if __name__ == "__main__":
    main()
