"""The page heap: every block ends where a page ends, and the next page is never committed.

An overrun by a single byte is then an access violation, whatever lies behind the block in an ordinary heap::

    page     |             0              |     1     |              2              |     3     |
    state    |         committed          | reserved  |          committed          | reserved  |
             |            |     block     |  (guard)  |       |       block         |  (guard)  |

The invariant: the pages of a block are committed, the page behind it is reserved, and each page belongs to one block
at most. What a page is, and which moves it makes, says `pagelaw.spec.pages`; nothing is ever touched there, so no page
needs a frame.

>>> heap = PageHeap(4 * PAGE)
>>> heap.allocate(100)
3996
>>> heap.write(3996, bytes(100))
>>> heap.write(3996, bytes(101))
Traceback (most recent call last):
    ...
pagelaw.model.heap.AccessViolationError: nothing may be written at 0x1000
"""

from __future__ import annotations

from collections.abc import Callable

from ..spec.heap import can_round, is_power, occupied, rounded_up
from ..spec.pages import COMMITTED, FREE, Pages, commit, decommit, release, reserve, state_of
from .heap import AccessViolationError

#: Bytes of a page.
PAGE = 4096
_Step = Callable[[Pages, int], tuple[Pages, bool]]


class PageHeap:
    """Heap that finds overruns; contract `heap`.

    Args:
        size: bytes of memory; what is no multiple of a page is left over.
        alignment: of every block. The more is asked for, the more bytes lie between the end of a block and its page.
    """

    def __init__(self, size: int, *, alignment: int = 1) -> None:
        count = size // PAGE
        self.alignment = alignment
        self._pages = Pages([FREE] * count, [], 0, count)
        self._memory = bytearray(count * PAGE)
        self._runs: dict[int, tuple[int, int]] = {}

    def allocate(self, size: int) -> int:
        """Address of a block at the end of its pages; `MemoryError` where no run of free pages is long enough."""
        return self.aligned(self.alignment, size)

    def aligned(self, alignment: int, size: int) -> int:
        """Address of a block at a multiple of `alignment`; `ValueError` where that is no power of two."""
        if not is_power(alignment):
            raise ValueError(f"an alignment is a power of two, not {alignment}")
        alignment = max(alignment, self.alignment)
        if not can_round(occupied(size), max(alignment, PAGE)):
            raise MemoryError(f"there are no {size} bytes")
        room = rounded_up(occupied(size), alignment)
        length = rounded_up(room, PAGE) // PAGE
        first, address = self._place(length, room, alignment)
        for page in range(first, first + length + 1):
            self._do(reserve, page)
        for page in range(first, first + length):
            self._do(commit, page)
        self._runs[address] = first, length
        return address

    def free(self, address: int) -> None:
        """Give a block back; `ValueError` unless it is a live one. What still uses it faults."""
        if address not in self._runs:
            raise ValueError(f"no live block begins at {address:#x}")
        first, length = self._runs.pop(address)
        for page in range(first, first + length):
            self._do(decommit, page)
        for page in range(first, first + length + 1):
            self._do(release, page)

    def read(self, address: int, length: int) -> bytes:
        """The bytes from an address on; `AccessViolationError` at the first that is not committed."""
        self._access(address, length, "read")
        return bytes(self._memory[address : address + length])

    def write(self, address: int, data: bytes) -> None:
        """Write bytes from an address on; `AccessViolationError`, with nothing written, where one is not committed."""
        self._access(address, len(data), "written")
        self._memory[address : address + len(data)] = data

    def _place(self, length: int, room: int, alignment: int) -> tuple[int, int]:
        """The first page of a run that is free with a page behind it, and where the block lies in it."""
        for first in range(len(self._pages.state) - length):
            address = (first + length) * PAGE - room
            free = all(state_of(self._pages, page) == FREE for page in range(first, first + length + 1))
            if free and address % alignment == 0:
                return first, address
        raise MemoryError(f"no {length + 1} pages next to each other are free")

    def _access(self, address: int, length: int, done: str) -> None:
        for at in range(address, address + length):
            page = at // PAGE
            if page >= len(self._pages.state) or state_of(self._pages, page) != COMMITTED:
                raise AccessViolationError(f"nothing may be {done} at {at:#x}")

    def _do(self, step: _Step, page: int) -> None:
        self._pages, legal = step(self._pages, page)
        assert legal, f"page {page} cannot make this move"
