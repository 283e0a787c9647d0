"""Drawn stories of heaps: what is asked next, and how the bytes of blocks are filled and looked at.

Whatever gives a block is followed by writing to it, and whatever takes one back by reading it first, so that two
blocks that share a byte, or a neighbour's header in a block, show as soon as possible. What a caller may not ask the
session leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...spec.contracts.heap import IMPOSSIBLE
from ...spec.contracts.heap_arena import (
    Aligned,
    Allocate,
    AllocateIn,
    Calloc,
    Create,
    Destroy,
    Free,
    FreeIn,
    HeapArena,
    HeapCapabilities,
    Read,
    Reallocate,
    Usable,
    Write,
)
from ..choices import Choices, one
from .plan import Of
from .session import Session

#: Up to so many bytes are written and read in one call; of larger blocks three pieces.
WHOLE, PIECE = 256, 64
#: Of a block from calloc so many bytes are read.
_CLEARED = 4096
#: Counts and sizes whose product no word holds; it wraps to 0, to 16, to 4096 and to 48.
_OVERFLOWING = ((2**63, 2), (2**60 + 1, 16), (2**52 + 1, 2**12), (3, 0x5555_5555_5555_5565))
_ABSURD = (IMPOSSIBLE, 2**64 - 1, 2**64 - 8, 2**64 - 16, 2**64 - 4096, 2**63 + 16)
_ALIGNMENTS = (1, 2, 8, 16, 32, 64, 128, 256, 512, 4096)
_STRANGE_ALIGNMENTS = (0, 3, 24, 48)
#: So many blocks are given back in one batch where all go: a target behind a pipe is slow to ask, and quick to answer.
_DRAINED_AT_ONCE = 64
#: Names of heaps besides the first.
HEAPS = (1, 2, 3)


def pattern(seed: int, offset: int, length: int) -> str:
    """Bytes that tell blocks and places apart, none of them zero, as text."""
    return bytes(1 + (seed * 37 + (offset + at) * 11 + (offset + at) // 251) % 255 for at in range(length)).hex()


def pieces(size: int) -> list[tuple[int, int]]:
    """Where bytes of a block of this size are written and read: everywhere, or at both ends and in the middle."""
    if size <= WHOLE:
        return [(0, size)] if size else []
    return [(0, PIECE), (size // 2, PIECE), (size - PIECE, PIECE)]


def filled(of: int, size: int) -> list[Of]:
    """Requests that fill what request `of` gives."""
    return [Of(Write(0, pattern(of, at, length)), of, at) for at, length in pieces(size)]


def looked_at(of: int, size: int) -> list[Of]:
    """Requests that read what request `of` gave."""
    return [Of(Read(0, length), of, at) for at, length in pieces(size)]


def cleared(of: int, size: int) -> list[Of]:
    """Requests that read all of what calloc gave, or the beginning and the end of much."""
    ends = [(at, min(WHOLE, size - at)) for at in range(0, min(size, _CLEARED), WHOLE)]
    return [Of(Read(0, length), of, at) for at, length in (*ends, *pieces(size)[2:])]


def capacity(session: Session) -> int:
    """The largest block that the empty heap gives; 0 where there is none, no bound, or where it would be used up."""
    offered = session.contract.capabilities
    if not offered.bounded or offered.reclaims == "kept":
        return 0
    low, high = 0, session.contract.arena.size + 1
    middle = session.contract.arena.size
    while high - low > 1 and not session.breaches:
        if grant(session, Allocate(middle)) is None:
            high = middle
        else:
            low = middle
            session.perform([Of(Free(0), session.requested - 1)])
        middle = (low + high) // 2
    return low


def grant(session: Session, request: object) -> int | None:
    """Number of the request, if it was given a block."""
    number = session.requested
    session.perform([request])
    return number if number in session.held else None


def arena_of(size: int, offered: HeapCapabilities, *, frames: int | None = None) -> HeapArena:
    """An arena of so many bytes, of 64 times as many where it is no bound; `frames` fixes how many pages of 4096."""
    return HeapArena(max(offered.least, frames << 12 if frames else size if offered.bounded else size << 6))


def draw_arena(choices: Choices, offered: HeapCapabilities, *, frames: int | None = None) -> HeapArena:
    """From a few blocks to a few pages."""
    return arena_of(one(choices, (1024, 4096, 256, 65536, 2048, 512, 8192, 5000)), offered, frames=frames)


class Drawer:
    """Makes a session live through one thing after another.

    Attributes:
        filling: how likely a block is asked for rather than given back, of 16.
        largest: the largest size that is usual.
    """

    def __init__(self, session: Session, choices: Choices) -> None:
        self._session, self._choices = session, choices
        self._offered = session.contract.capabilities
        self.filling = 9
        self.largest = session.contract.arena.size
        self.capacity = capacity(session)

    def begin(self) -> None:
        """One of each thing that is rarely drawn, so that a short story has seen them too; nothing is left of it."""
        session = self._session
        for request in (Allocate(0), Calloc(3, 5), Calloc(*_OVERFLOWING[1]), Aligned(64, 40), Allocate(24)):
            number = grant(session, request)
            if number is not None and not session.breaches:
                size = session.block(number).size
                session.perform([*cleared(number, size), Of(Usable(0), number), *filled(number, size)])
                self.take_back(number)

    def step(self) -> None:
        """The next thing."""
        session, kind = self._session, self._below(32)
        if kind < 20 and (not session.held or self._below(16) < self.filling):
            self._give()
        elif kind < 20:
            self.take_back(self._held())
        elif kind < 24:
            self._resize()
        elif kind < 27 and session.held:
            self._touch(self._held())
        elif kind < 30 and self._offered.illegal_free == "refused":
            self._illegal()
        elif self._offered.heaps != "none":
            self._manage()

    def look(self) -> None:
        """Read every block."""
        for number in list(self._session.held):
            self._session.perform(looked_at(number, self._session.block(number).size))

    def drain(self) -> None:
        """Give everything back in any order; then the heap must give what it gave at the beginning."""
        session, left = self._session, list(self._session.held)
        while left and not session.breaches:
            batch = [left.pop(self._below(len(left))) for _ in range(min(len(left), _DRAINED_AT_ONCE))]
            session.perform([request for number in batch for request in self._taking_back(number)])
        session.perform([Destroy(heap) for heap in sorted(session.memory.heaps)])
        if self.capacity and grant(session, Allocate(self.capacity)) is not None:
            session.perform([Of(Free(0), session.requested - 1)])

    def take_back(self, number: int) -> None:
        """Read a block and free it."""
        self._session.perform(self._taking_back(number))

    def _taking_back(self, number: int) -> list[Of]:
        block = self._session.block(number)
        free = FreeIn(block.heap, 0) if block.heap else Free(0)
        return [*looked_at(number, block.size), Of(free, number)]

    # -- choices ------------------------------------------------------------------------------------------------

    def _below(self, count: int) -> int:
        return self._choices.below(count)

    def _held(self) -> int:
        return one(self._choices, list(self._session.held))

    def _size(self) -> int:
        kind, largest = self._below(16), self.largest
        if kind < 7:
            return 1 + self._below(96)
        if kind < 9:
            return max(0, (1 << self._below(max(1, largest.bit_length()))) + one(self._choices, (-1, 0, 1)))
        if kind < 12:
            return 1 + self._below(max(1, largest // one(self._choices, (2, 4, 8, 16))))
        if kind == 12:
            return 0
        if kind == 13:
            return one(self._choices, _ABSURD)
        if kind == 14:
            return self.capacity or 1 + self._below(largest)
        return one(self._choices, (1, 8, 16, 17, 24, 32, 48, 64, 4096))

    # -- what is done -------------------------------------------------------------------------------------------

    def _give(self) -> None:
        kind, session = self._below(8), self._session
        if kind == 0 and self._offered.calloc:
            number = grant(session, self._calloc())
            if number is not None:
                session.perform(cleared(number, session.block(number).size))
        elif kind == 1 and self._offered.aligned:
            number = grant(session, Aligned(one(self._choices, _ALIGNMENTS), self._size()))
        elif kind < 4 and session.memory.heaps:
            number = grant(session, AllocateIn(one(self._choices, sorted(session.memory.heaps)), self._size()))
        else:
            number = grant(session, Allocate(self._size()))
        self._fill(number)

    def _fill(self, number: int | None) -> None:
        if number is None or self._session.breaches:
            return
        size = self._session.block(number).size
        if self._offered.usable and self._below(4) == 0:
            self._session.perform([Of(Usable(0), number)])
            size = self._session.block(number).room
        self._session.perform(filled(number, size))

    def _calloc(self) -> Calloc:
        if self._below(4) == 0:
            return Calloc(*one(self._choices, _OVERFLOWING))
        size = self._size()
        count = one(self._choices, (1, 1, 2, 3, 7))
        return Calloc(count, size // count) if self._below(2) else Calloc(size // count, count)

    def _resize(self) -> None:
        session = self._session
        if not session.held or not self._offered.reallocate:
            self._give()
            return
        number = self._held()
        session.perform(looked_at(number, session.block(number).size))
        old = session.block(number).size
        size = one(self._choices, (self._size(), old + 1 + self._below(64), max(1, old // 2), old, 2 * old + 1))
        fresh = grant(session, Of(Reallocate(0, size), number))
        if fresh is not None:
            session.perform(looked_at(fresh, min(old, size)))
            self._fill(fresh)

    def _touch(self, number: int) -> None:
        """Read, write a few bytes, or ask for the size."""
        session, size, kind = self._session, self._session.block(number).size, self._below(3)
        if kind == 0 and size:
            at = self._below(size)
            length = min(size - at, 1 + self._below(16))
            session.perform([Of(Write(0, pattern(self._below(256), at, length)), number, at)])
        elif kind == 1:
            session.perform([Of(Usable(0), number)])
        else:
            session.perform(looked_at(number, size))

    def _illegal(self) -> None:
        """Something that must be refused; then the blocks are looked at, before anything else is done."""
        session = self._session
        self.look()
        session.perform([one(self._choices, list(self._mistakes()))()])
        self.look()

    def _mistakes(self) -> Iterator[Callable[[], object]]:
        session = self._session
        gone = [number for number in range(max(0, session.requested - 64), session.requested) if self._is_gone(number)]
        if gone:
            yield lambda: Of(Free(0), one(self._choices, gone))
            yield lambda: Of(Free(0), gone[-1])
            yield lambda: Of(Reallocate(0, 1 + self._below(64)), one(self._choices, gone))
        if session.held:
            yield lambda: Of(Free(0), self._held(), one(self._choices, (1, 8, 16, -16, -8, 32)))
            yield lambda: Of(Reallocate(0, 16), self._held(), one(self._choices, (1, 16, -16)))
        yield lambda: Free(one(self._choices, (0, 16, self.largest, self.largest - 16, 2**64 - 16, self._below(4096))))
        yield lambda: Aligned(one(self._choices, _STRANGE_ALIGNMENTS), 16)
        if self._offered.heaps != "none":
            yield lambda: Destroy(one(self._choices, (*HEAPS, 9)))
            yield lambda: AllocateIn(one(self._choices, (*HEAPS, 9)), 16)
            if session.held:
                yield lambda: Of(FreeIn(one(self._choices, HEAPS), 0), self._held())
                yield lambda: Of(Free(0), self._held())

    def _is_gone(self, number: int) -> bool:
        return self._session.has_given(number) and number not in self._session.held

    def _manage(self) -> None:
        """Heaps come and go; one is filled up while another is asked for what it has granted before."""
        session = self._session
        heap, kind = one(self._choices, HEAPS), self._below(4)
        if heap not in session.memory.heaps:
            session.perform([Create(heap, max(64, self.largest // one(self._choices, (4, 8))))])
            if heap in session.memory.heaps:
                self._try_out(heap)
        elif kind == 0:
            self.look()
            session.perform([Destroy(heap)])
            self.look()
        elif kind == 1:
            for size in (max(64, self.largest // 64), 64):
                while (number := grant(session, AllocateIn(heap, size))) is not None and not session.breaches:
                    self._fill(number)
        elif not session.memory.count.get(heap):
            self._try_out(heap)

    def _try_out(self, heap: int) -> None:
        """Ask an empty heap for blocks of a few sizes, each given back at once."""
        for size in (64, self.largest // 16):
            if grant(self._session, AllocateIn(heap, size)) is not None:
                self._session.perform([Of(FreeIn(heap, 0), self._session.requested - 1)])
