"""Drawing calls of the dialect `windows`."""

from __future__ import annotations

from collections.abc import Callable

from ...spec.contracts.space.arena import GRANULARITY, LAST_ADDRESS, PAGE, SpaceCapabilities
from ...spec.contracts.space.calls import (
    NO_FILE,
    Commit,
    Decommit,
    Lock,
    MapView,
    Protect,
    Query,
    Release,
    Reserve,
    Section,
    SpaceCall,
    Stack,
    Unlock,
    UnmapView,
)
from ...spec.contracts.space.memory import Memory
from .places import Places

#: Rights of pages, those that let something happen more often; and rights that there are not.
_RIGHTS = ("rw", "rw", "rw", "r", "", "rx", "rwx", "rwg", "rg", "rwg")
_OF_VIEWS = ("rw", "rw", "r", "rc")
_STRANGE_RIGHTS = ("w", "g", "xw", "c")
_SECTIONS = (1, 2, 3)


class WindowsCalls:
    """Draws calls of one process.

    Attributes:
        filling: how likely pages are given rather than taken back, of 16.
    """

    def __init__(self, places: Places, capabilities: SpaceCapabilities) -> None:
        self._places, self._offered = places, capabilities
        self.filling = 9

    def draw(self, memory: Memory, process: int, others: tuple[int, ...]) -> SpaceCall:
        """The next call of a process."""
        places = self._places
        kind = places.below(32)
        if kind < 16:
            giving = places.below(16) < self.filling
            return (self._give if giving else self._take_back)(memory, process)
        if kind < 22:
            return Protect(process, *places.range(memory, process), places.one(_RIGHTS))
        if kind < 24 and self._offered.look:
            return Query(process, places.address(memory, process))
        return places.one(self._ways())(memory, process)

    def strange(self, memory: Memory, process: int) -> SpaceCall:
        """A call that is most likely refused."""
        places = self._places
        address, length = places.strange_range()
        elsewhere = places.window_range()
        inside = places.address(memory, process)
        ways: list[SpaceCall] = [
            Reserve(process, *self._somewhere(memory, process), "rw", bool(places.below(2))),
            Reserve(process, 0, places.one((0, places.arena.pages * PAGE + GRANULARITY)), "rw", False),
            Reserve(process, address, length, "rw", True),
            Reserve(process, 0, PAGE, places.one(_STRANGE_RIGHTS), True),
            Commit(process, *elsewhere, places.one((*_STRANGE_RIGHTS, "rw"))),
            Commit(process, address, length, "rw"),
            Decommit(process, *elsewhere),
            Decommit(process, inside, 0),
            Release(process, inside, 0),
            Release(process, places.page(), PAGE),
            Protect(process, *elsewhere, places.one((*_STRANGE_RIGHTS, "r"))),
            Protect(process, address, length, "r"),
            Query(process, places.one((LAST_ADDRESS, LAST_ADDRESS - PAGE))),
            MapView(process, places.one((9, *_SECTIONS)), places.one((0, PAGE, 1)), PAGE, "rwx", 0),
            UnmapView(process, inside),
            Lock(process, *elsewhere),
            Unlock(process, *elsewhere),
        ]
        return places.one(ways)

    # -- legal calls --------------------------------------------------------------------------------------------

    def _ways(self) -> list[Callable[[Memory, int], SpaceCall]]:
        offers = {
            "sections": [self._section, self._view, self._view, self._view, self._drop_view],
            "locks": [self._lock, self._unlock],
            "stacks": [self._stack],
        }
        ways = [way for name, those in offers.items() if getattr(self._offered, name) for way in those]
        return [self._give, *ways]

    def _bases(self, memory: Memory, process: int, *kinds: str) -> list[int]:
        """Where the regions begin that were given as one of `kinds`."""
        there = memory.processes[process].pages.values()
        return sorted({page.region for page in there if page.kind in kinds})

    def _somewhere(self, memory: Memory, process: int) -> tuple[int, int]:
        """A range near what is reserved already."""
        return self._places.range(memory, process)

    def _give(self, memory: Memory, process: int) -> SpaceCall:
        """Reserve, or commit in what is reserved."""
        places = self._places
        if not memory.processes[process].pages or places.below(3) == 0:
            address, length = places.window_range()
            address = 0 if places.below(2) else address
            length = places.one((length, length, GRANULARITY, 2 * GRANULARITY))
            return Reserve(process, address, length, places.one(_RIGHTS), places.below(3) == 0)
        return Commit(process, *places.range(memory, process), places.one(_RIGHTS))

    def _take_back(self, memory: Memory, process: int) -> SpaceCall:
        places = self._places
        bases = self._bases(memory, process, "memory", "stack")
        if bases and places.below(3) == 0:
            return Release(process, places.one(bases), 0)
        if bases and places.below(8) == 0:
            return Decommit(process, places.one(bases), 0)
        return Decommit(process, *places.range(memory, process))

    def _section(self, memory: Memory, process: int) -> SpaceCall:
        places = self._places
        file = places.one((NO_FILE, 1, 2)) if self._offered.files else NO_FILE
        # A file's section has its length; of its own it is at times so long that a view can begin further on.
        size = 0 if file != NO_FILE and places.below(4) else places.one((places.length(), GRANULARITY + PAGE))
        return Section(places.one(_SECTIONS), size, file)

    def _view(self, memory: Memory, process: int) -> SpaceCall:
        places = self._places
        offset = places.one((0, 0, 0, GRANULARITY))
        address = places.one((0, 0, places.page() // GRANULARITY * GRANULARITY))
        size = places.one((0, PAGE, places.length()))
        return MapView(process, places.one(_SECTIONS), offset, size, places.one(_OF_VIEWS), address)

    def _drop_view(self, memory: Memory, process: int) -> SpaceCall:
        bases = self._bases(memory, process, "view")
        return UnmapView(process, self._places.one(bases or [self._places.page()]))

    def _lock(self, memory: Memory, process: int) -> SpaceCall:
        return Lock(process, *self._places.range(memory, process))

    def _unlock(self, memory: Memory, process: int) -> SpaceCall:
        return Unlock(process, *self._places.range(memory, process))

    def _stack(self, memory: Memory, process: int) -> SpaceCall:
        return Stack(process, self._places.one((0, PAGE, GRANULARITY, GRANULARITY + 1)))
