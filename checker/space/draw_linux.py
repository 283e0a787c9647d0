"""Drawing calls of the dialect `linux`."""

from __future__ import annotations

from collections.abc import Callable

from ...spec.contracts.space.arena import PAGE, SpaceCapabilities
from ...spec.contracts.space.calls import (
    NO_FILE,
    Brk,
    Faults,
    Fork,
    Madvise,
    Mincore,
    Mmap,
    Mprotect,
    Mremap,
    Munmap,
    SpaceCall,
    Stack,
)
from ...spec.contracts.space.linux_asking import ADVICE, RIGHTS
from ...spec.contracts.space.memory import Memory
from .places import Places

#: Rights, those that let something happen more often.
_RIGHTS = ("rw", "rw", "rw", "r", "r", *RIGHTS)
_FILES = (1, 2)


class LinuxCalls:
    """Draws calls of one process.

    Attributes:
        filling: how likely pages are given rather than taken back, of 16.
    """

    def __init__(self, places: Places, capabilities: SpaceCapabilities) -> None:
        self._places, self._offered = places, capabilities
        self.filling = 9

    def draw(self, memory: Memory, process: int, others: tuple[int, ...]) -> SpaceCall:
        """The next call of a process; `others` may become its children."""
        places = self._places
        kind = places.below(32)
        if kind < 14:
            return self._map(process) if places.below(16) < self.filling else self._unmap(memory, process)
        if kind < 21:
            return Mprotect(process, *places.range(memory, process), places.one(_RIGHTS))
        ways = self._ways()
        return (
            places.one(ways)(memory, process) if kind < 30 or not self._offered.forks else self._fork(process, others)
        )

    def strange(self, memory: Memory, process: int) -> SpaceCall:
        """A call that is most likely refused."""
        places = self._places
        address, length = places.strange_range()
        ways: list[SpaceCall] = [
            Munmap(process, address, length),
            Mprotect(process, address, length, "r"),
            Mprotect(process, *places.window_range(), places.one(_RIGHTS)),
            Mmap(process, address, length, "rw", False, True, NO_FILE, 0),
            Mmap(process, 0, places.one((0, (places.arena.pages + 1) * PAGE)), "rw", False, False, NO_FILE, 0),
            Mmap(process, 0, PAGE, "rw", False, False, 9, 0),
            Mmap(process, 0, PAGE, "r", False, False, places.one(_FILES), PAGE // 2),
            Mremap(process, *places.window_range(), places.one((0, 2 * PAGE)), bool(places.below(2))),
            Mremap(process, address, length, 2 * PAGE, False),
            Madvise(process, *places.window_range(), places.one(ADVICE)),
            Madvise(process, address, length, places.one((*ADVICE, "hurry"))),
            Mincore(process, address, length),
            Brk(process, places.one((1, PAGE, places.arena.end + PAGE))),
            Fork(process, process),
        ]
        return places.one(ways)

    # -- legal calls --------------------------------------------------------------------------------------------

    def _ways(self) -> list[Callable[[Memory, int], SpaceCall]]:
        offers = {
            "moves": [self._move, self._move],
            "breaks": [self._break],
            "stacks": [self._stack],
            "advises": [self._advise],
            "resident": [self._ask_residence],
            "faults": [self._ask_faults],
        }
        ways = [way for name, those in offers.items() if getattr(self._offered, name) for way in those]
        return [self._unmap, *ways]

    def _map(self, process: int) -> SpaceCall:
        places = self._places
        address, length = places.window_range()
        how = places.below(4)
        file, offset = NO_FILE, 0
        if self._offered.files and places.below(3) == 0:
            file, offset = places.one(_FILES), places.one((0, 0, 1, 2)) * PAGE
        shared = places.below(3) == 0
        if how == 0:
            address = 0
        elif how == 1 and places.below(4) == 0:
            address += places.one((1, PAGE - 1))
        return Mmap(process, address, length, places.one(_RIGHTS), shared, how > 1, file, offset)

    def _unmap(self, memory: Memory, process: int) -> SpaceCall:
        return Munmap(process, *self._places.range(memory, process))

    def _move(self, memory: Memory, process: int) -> SpaceCall:
        """Grow or shrink a run or part of one, in place or elsewhere."""
        places = self._places
        address, length = places.range(memory, process)
        new = max(PAGE, length + places.one((PAGE, PAGE, 2 * PAGE, 3 * PAGE, 0, -PAGE, -1, 1)))
        return Mremap(process, address, length, new, places.below(3) > 0)

    def _break(self, memory: Memory, process: int) -> SpaceCall:
        places = self._places
        heap = memory.processes[process].heap
        if heap is None or places.below(6) == 0:
            return Brk(process, 0)
        first, end = heap
        steps = (PAGE, PAGE, 2 * PAGE, -PAGE, -PAGE, 1, -1, PAGE // 2, places.arena.pages * PAGE)
        return Brk(
            process, places.one((first, max(1, end + places.one(steps)))) if places.below(4) == 0 else end + PAGE
        )

    def _advise(self, memory: Memory, process: int) -> SpaceCall:
        return Madvise(process, *self._places.range(memory, process), self._places.one(ADVICE))

    def _ask_residence(self, memory: Memory, process: int) -> SpaceCall:
        return Mincore(process, *self._places.range(memory, process))

    def _ask_faults(self, memory: Memory, process: int) -> SpaceCall:
        return Faults(process)

    def _stack(self, memory: Memory, process: int) -> SpaceCall:
        return Stack(process, self._places.one((3 * PAGE, 2 * PAGE, PAGE, 6 * PAGE, PAGE + 1, 0)))

    def _fork(self, process: int, others: tuple[int, ...]) -> SpaceCall:
        return Fork(process, self._places.one(others))
