"""Physical memory and a paging file: contents of pages, in frames as long as there is room.

A *slot* is where the contents of one page are. Nothing stands behind it before its first use; then it is in a frame.
When all frames are used, the slot that came in first and is not locked gives its frame up (first in, first out): a
modified one is written to its place in the paging file first::

    first use           no frame left               used again
    (nothing) --zeroed--> frame --written out--> paging file --read--> frame ...

The invariant: *a frame is one slot's, and what a slot has not in its frame is in its place in the paging file*.

Source: Windows Internals, page-frame database and modified page writer.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from ..spec import pages
from ..spec.contracts.space.arena import PAGE


@attrs.define(eq=False)
class Slot:
    """Where the contents of one page are.

    Attributes:
        frame: number of its frame; None if it is in none.
        place: its place in the paging file; None if it was never written there.
        dirty: whether the frame differs from what is in the paging file.
        locks: how many pages of processes hold it in its frame.
    """

    frame: int | None = None
    place: int | None = None
    dirty: bool = False
    locks: int = 0

    @property
    def state(self) -> int:
        """The state of a committed page with these contents, as the specification of page states has it."""
        if self.frame is not None:
            return int(pages.resident_in(self.frame, self.dirty))
        return pages.COMMITTED if self.place is None else pages.PAGED_OUT


class PageFrames:
    """At most `most` frames (0: any number), and a paging file without end."""

    def __init__(self, most: int, note: Callable[[str], None]) -> None:
        """All frames unused; `note` is told of every step in words."""
        self._most, self._note = most, note
        self._contents: list[bytearray] = []
        self._unused: list[int] = []
        self._resident: dict[Slot, None] = {}
        self._paging_file: dict[int, bytes] = {}

    @property
    def used(self) -> int:
        """How many frames are used."""
        return len(self._resident)

    def contents(self, slot: Slot) -> bytearray:
        """The bytes of a slot that is in a frame."""
        assert slot.frame is not None, "brought in first"
        return self._contents[slot.frame]

    def bring_in(self, slot: Slot) -> None:
        """A slot is in a frame: zeroed at its first use, else as it was written out."""
        if slot.frame is not None:
            return
        slot.frame = self._take()
        self._resident[slot] = None
        if slot.place is None:
            self._contents[slot.frame][:] = bytes(PAGE)
            slot.dirty = True
            self._note(f"frame {slot.frame} is taken and zeroed")
        else:
            self._contents[slot.frame][:] = self._paging_file[slot.place]
            self._note(f"frame {slot.frame} is taken and read from place {slot.place} of the paging file")

    def drop(self, slot: Slot) -> None:
        """The contents of a slot are gone, and its frame is unused."""
        if slot.frame is not None:
            self._give_back(slot)
        if slot.place is not None:
            del self._paging_file[slot.place]
            slot.place = None

    def may_lock(self, count: int) -> bool:
        """Whether with so many pages locked there is a frame left for the others."""
        return not self._most or count < self._most

    def _take(self) -> int:
        """An unused frame; that of the oldest slot which is not locked, if there is none."""
        if not self._unused and self._most and len(self._contents) == self._most:
            self._evict(next(slot for slot in self._resident if not slot.locks))
        if not self._unused:
            self._contents.append(bytearray(PAGE))
            self._unused.append(len(self._contents) - 1)
        return self._unused.pop()

    def _evict(self, victim: Slot) -> None:
        if victim.dirty:
            if victim.place is None:
                victim.place = next(place for place in range(len(self._paging_file) + 1) if self._is_unused(place))
            self._paging_file[victim.place] = bytes(self.contents(victim))
            self._note(f"frame {victim.frame} is written to place {victim.place} of the paging file")
        self._note(f"frame {victim.frame} is taken away from the page that came in first")
        self._give_back(victim)

    def _is_unused(self, place: int) -> bool:
        return place not in self._paging_file

    def _give_back(self, slot: Slot) -> None:
        assert slot.frame is not None, "only what is in a frame gives it back"
        del self._resident[slot]
        self._unused.append(slot.frame)
        slot.frame, slot.dirty = None, False
