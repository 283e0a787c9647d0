"""Where calls are aimed: at the ends and seams of what was given, at the ends of the window, and beyond.

window   |....aaaa..bbbcc.......|        ends of the window, of runs, of pages; bytes before and after each
            ^^^^^ ^^^^  ^^               a run, part of one, two neighbours, a run and what is free beside it
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import attrs

from ...spec.contracts.space.arena import GRANULARITY, LAST_ADDRESS, PAGE, SpaceArena
from ...spec.contracts.space.memory import Memory, runs
from ..choices import Choices, one

Item = TypeVar("Item")
#: Lengths that no range has, because it would end behind the last address or wrap to a small one.
WRAPPING = (LAST_ADDRESS, LAST_ADDRESS - PAGE + 1, 1 << 63, LAST_ADDRESS - 2 * PAGE + 2)


@attrs.frozen
class Places:
    """Draws addresses and ranges in one arena."""

    arena: SpaceArena
    choices: Choices

    def below(self, count: int) -> int:
        """A number from 0 to `count` - 1."""
        return self.choices.below(count)

    def one(self, items: Sequence[Item]) -> Item:
        """One of the items."""
        return one(self.choices, items)

    def runs(self, memory: Memory, process: int) -> list[tuple[int, int]]:
        """Address and end of each run of alike pages of a process."""
        if process not in memory.processes:
            return []
        return [(first * PAGE, end * PAGE) for first, end, _ in runs(memory.processes[process])]

    def page(self) -> int:
        """Address of a page of the window; its ends more often."""
        kind = self.below(6)
        if kind == 0:
            return self.arena.base
        if kind == 1:
            return self.arena.end - PAGE
        return self.arena.base + self.below(self.arena.pages) * PAGE

    def count(self) -> int:
        """A number of pages: few, at times as many as the window has, or one more or less."""
        if self.below(8) == 0:
            return max(1, self.arena.pages + self.one((0, 0, -1, 1)))
        return self.one((1, 1, 1, 2, 2, 3, 4, 5))

    def length(self) -> int:
        """Bytes of a range: whole pages, or nearly."""
        pages = self.count() * PAGE
        return pages if self.below(4) else pages + self.one((-1, 1 - PAGE, 1))

    def window_range(self) -> tuple[int, int]:
        """Address and length anywhere in the window; every fourth ends where the window does."""
        address, length = self.page(), self.length()
        if self.below(4) == 0:
            address = max(self.arena.base, self.arena.end - -(-length // PAGE) * PAGE)
        return address, length

    def range(self, memory: Memory, process: int) -> tuple[int, int]:
        """Address and length that have to do with what was given: a run, a part, a neighbour too; or anything."""
        there = self.runs(memory, process)
        if not there or self.below(5) == 0:
            return self.window_range()
        at = self.below(len(there))
        first, end = there[at]
        pages, kind = (end - first) // PAGE, self.below(8)
        part = (1 + self.below(pages)) * PAGE
        if kind == 0:
            return first, part
        if kind == 1:
            return end - part, part
        if kind == 2 and pages > 2:
            return first + PAGE, (1 + self.below(pages - 2)) * PAGE
        if kind == 3:
            return max(first - PAGE, 0), part + PAGE
        if kind == 4:
            return end - part, part + PAGE
        if kind == 5 and at + 1 < len(there):
            return first, there[at + 1][1] - first
        return first, end - first

    def address(self, memory: Memory, process: int) -> int:
        """Address of a byte: where something is, or at a seam, or somewhere in the window."""
        there = self.runs(memory, process)
        if there and self.below(6):
            first, end = self.one(there)
            if self.below(5) == 0:
                return self.one((first - 1, end, first, end - 1)) % (LAST_ADDRESS + 1)
            return first + self.below((end - first) // PAGE) * PAGE + self.byte()
        return self.page() + self.byte()

    def byte(self) -> int:
        """Offset of a byte in its page: few, so that what is written is read."""
        return self.one((0, 0, PAGE - 1, PAGE - 1, 1, 0x123, PAGE // 2))

    def strange_range(self) -> tuple[int, int]:
        """Something that is no range: not aligned, empty, past the window, wrapping."""
        address, kind = self.page(), self.below(6)
        if kind == 0:
            return address + self.one((1, PAGE - 1, 8)), self.length()
        if kind == 1:
            return address, 0
        if kind == 2:
            return address, self.one(WRAPPING)
        if kind == 3:
            return self.arena.end - PAGE, 2 * PAGE
        if kind == 4:
            return self.arena.base - self.one((0, PAGE, GRANULARITY)), (self.arena.pages + 1) * PAGE
        return self.one((0, LAST_ADDRESS - PAGE + 1, LAST_ADDRESS - GRANULARITY + 1)), self.length()
