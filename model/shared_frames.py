"""Frames behind the pages of all processes and files: the specification's steps of sharing on sparse arrays.

Every page has a number: those of objects (files, memory mapped as shared) come first, `SPAN` for each, then those of
processes. Frames are taken upward, and those that were given back first; where none is left, `MemoryError` is raised
and nothing has changed. What is in a page is one word, its bytes from the lowest bits on.
"""

from __future__ import annotations

from collections.abc import Callable

from ..spec import sharing
from ..spec.contracts.space.arena import LAST_ADDRESS
from .sparse import Sparse

#: Pages of one object, and of one process.
SPAN = 1 << 48
_OBJECTS = SPAN << 32
_BITS, _BYTE = 8, 0xFF

Step = Callable[[sharing.Sharing, int], tuple[sharing.Sharing, bool]]


def page_of_object(number: int, place: int) -> int:
    """The number of a page of an object."""
    return number * SPAN + place


def page_of_process(number: int, page: int) -> int:
    """The number of a page of a process."""
    return _OBJECTS + number * SPAN + page


class Object:
    """A file, or memory mapped as shared: its number, and how many bytes it has."""

    def __init__(self, number: int, length: int) -> None:
        self.number, self.length = number, length

    def page(self, place: int) -> int:
        """The number of a page of it."""
        return page_of_object(self.number, place)


class SharedFrames:
    """At most `most` frames, and what is in them."""

    def __init__(self, most: int) -> None:
        """All frames unused."""
        count, content, stored = Sparse(), Sparse(), Sparse()
        frame, writable, shown, shared = Sparse(), Sparse(), Sparse(), Sparse()
        self._sharing = sharing.Sharing(frame, writable, shown, shared, count, content, stored, _OBJECTS, LAST_ADDRESS)
        self._most, self._taken = most, 0
        self._unused: list[int] = []

    # -- what is there ------------------------------------------------------------------------------------------

    @property
    def used(self) -> int:
        """How many frames are used."""
        return self._taken - len(self._unused)

    def is_mapped(self, page: int) -> bool:
        """Whether there is a frame behind a page."""
        return bool(sharing.is_mapped(self._sharing, page))

    def byte(self, page: int, offset: int) -> int:
        """A byte of a page; of an object's wherever it is."""
        return int(sharing.contents(self._sharing, page) >> offset * _BITS & _BYTE)

    # -- giving and writing -------------------------------------------------------------------------------------

    def fill(self, page: int) -> None:
        """A page gets a frame of its own, zeroed."""
        self._take(lambda state, frame: sharing.fill(state, page, frame))

    def cache(self, page: int) -> None:
        """A page of an object is in a frame."""
        if not self.is_mapped(page):
            self._take(lambda state, frame: sharing.read_in(state, page, frame))

    def show(self, page: int, source: int, *, shared: bool) -> None:
        """A page shows a page of an object, and writes through to it if `shared`."""
        self.cache(source)
        self._sharing, _ = sharing.map_object(self._sharing, page, source, shared)

    def copy(self, page: int, source: int) -> None:
        """A page has what another one has; if that is private, whoever writes first gets a copy."""
        self._sharing, _ = sharing.fork(self._sharing, page, source)

    def write(self, page: int, offset: int, value: int) -> bool:
        """A byte is written, in a copy where a frame is not this page's alone; whether that took a fault."""
        faulted = not sharing.is_writable(self._sharing, page)
        if faulted:
            self._take(lambda state, frame: sharing.separate(state, page, frame))
        mask = _BYTE << offset * _BITS
        self._sharing, _ = sharing.write(self._sharing, page, mask, value << offset * _BITS)
        return faulted

    # -- taking back --------------------------------------------------------------------------------------------

    def drop(self, page: int) -> None:
        """Nothing is behind a page of a process any more."""
        self._give_back(page, sharing.unmap)

    def forget(self, page: int) -> None:
        """A page of an object that nobody maps leaves its frame."""
        if self.is_mapped(page):
            self._sharing, _ = sharing.write_back(self._sharing, page)
            self._give_back(page, sharing.evict)

    def _give_back(self, page: int, step: Step) -> None:
        frame = sharing.frame_at(self._sharing, page)
        self._sharing, _ = step(self._sharing, page)
        if sharing.is_unused(self._sharing, frame):
            self._unused.append(frame)

    def _take(self, step: Step) -> None:
        """A step that may need an unused frame."""
        frame = self._unused[-1] if self._unused else self._taken
        there_is_one = frame < self._most
        # With all frames in use any will do: only a step that needs none is done.
        self._sharing, done = step(self._sharing, frame if there_is_one else 0)
        if not done:
            raise MemoryError("all frames are in use")
        if there_is_one and not sharing.is_unused(self._sharing, frame):
            if self._unused:
                self._unused.pop()
            else:
                self._taken += 1
