"""Drawing calls: what to ask next, in the state that the calls before left.

Whoever draws gives choices: bytes that Hypothesis chose, or a pseudo-random generator. Most calls are legal and many
touch what was given already; every kind of illegal call comes up too. What a caller may not ask the session leaves out.
"""

from __future__ import annotations

import attrs

from ...spec.contracts.space.arena import GRANULARITY, LAST_ADDRESS, PAGE, SpaceArena, SpaceCapabilities
from ...spec.contracts.space.calls import Create, Execute, Exit, File, Load, Read, SpaceCall, Store, Write
from ...spec.contracts.space.memory import Memory
from ..choices import Choices, one
from .draw_linux import LinuxCalls
from .draw_windows import WindowsCalls
from .places import Places

#: Pages of windows; in the dialect `windows` what is reserved begins at whole granules.
_GRANULE = GRANULARITY // PAGE
_SIZES = {
    "linux": (4, 5, 6, 8, 8, 12, 16, 3, 2, 1),
    "windows": (_GRANULE, 2 * _GRANULE, 3 * _GRANULE, 2 * _GRANULE + 1, 1),
}
_FRAMES = (2, 3, 4, 6)
_LIMITS = (3, 4, 6, 2)
_LENGTHS = (2 * PAGE, 3 * PAGE, 3 * PAGE - 7, PAGE + 1, PAGE, 1, 0)
_MOST_PROCESSES = 4


def draw_arena(choices: Choices, capabilities: SpaceCapabilities, *, pages: int | None = None) -> SpaceArena:
    """An arena that the target can do: one of its dialects, at times with few frames, or a low limit."""
    dialect = one(choices, capabilities.dialects)
    size = pages or one(choices, _SIZES[dialect])
    scarce = choices.below(4)
    frames = one(choices, _FRAMES) if capabilities.frames and scarce == 0 else 0
    limit = one(choices, _LIMITS) if may_limit(dialect, capabilities) and scarce == 1 else 0
    arena = SpaceArena(dialect, size, frames=frames, limit=limit)
    return at_the_top(arena) if capabilities.base and choices.below(4) == 0 else arena


def at_the_top(arena: SpaceArena) -> SpaceArena:
    """The same window as high up as it may begin: what is above its end may be no address any more."""
    granules = -(-arena.pages * PAGE // GRANULARITY)
    return attrs.evolve(arena, base=LAST_ADDRESS + 1 - granules * GRANULARITY)


def may_limit(dialect: str, capabilities: SpaceCapabilities) -> bool:
    """Whether the target charges what it gives, so that there can be a limit."""
    return capabilities.limit and (dialect == "windows" or capabilities.overcommit == "never")


class Drawer:
    """Draws calls in one arena."""

    def __init__(self, arena: SpaceArena, capabilities: SpaceCapabilities, choices: Choices) -> None:
        # Pages of files may stay in frames for ever, so that nothing else could be said where frames are few.
        self._offered = attrs.evolve(capabilities, files=False) if arena.frames else capabilities
        self._choices, self._places = choices, Places(arena, choices)
        dialect = LinuxCalls if arena.dialect == "linux" else WindowsCalls
        self.calls: LinuxCalls | WindowsCalls = dialect(self._places, self._offered)
        #: One name more than there can be processes, so that there is always one that nobody has.
        self.processes = tuple(range(1, min(_MOST_PROCESSES, capabilities.processes) + 2))

    def draw(self, memory: Memory) -> SpaceCall:
        """The next call."""
        if not memory.processes:
            return Create(self._choices.below(len(self.processes)) + 1)
        kind = self._below(64)
        process = self._running(memory)
        if kind < 2:
            return Create(one(self._choices, self.processes))
        if kind < 4:
            return self.access(memory, process) if self._below(4) else Exit(process)
        if kind < 28:
            return self.access(memory, process)
        if kind < 32 and self._offered.files:
            return self._in_file()
        if kind < 56:
            return self.calls.draw(memory, process, self.processes)
        return self.strange(memory)

    def access(self, memory: Memory, process: int) -> SpaceCall:
        """A byte is read or written, or an instruction fetched, most likely where something is."""
        kind = self._below(16)
        if kind == 0 and self._offered.executes:
            return Execute(process, self._address(memory, process, "x"))
        if kind < 8:
            return Write(process, self._address(memory, process, "wc"), 1 + self._below(255))
        return Read(process, self._address(memory, process, "r"))

    def _address(self, memory: Memory, process: int, letters: str) -> int:
        """A byte of a page with one of these rights, or any."""
        there = memory.processes[process].pages.items()
        able = sorted(page for page, entry in there if entry.is_committed and not {*letters}.isdisjoint(entry.rights))
        stack = [page for page, entry in there if entry.kind == "stack"]
        if stack and self._below(4) == 0:
            return (min(stack) - one(self._choices, (1, 1, 1, 2, 3))) * PAGE + self._places.byte()
        if able and self._below(4):
            return one(self._choices, able) * PAGE + self._places.byte()
        return self._places.address(memory, process)

    def strange(self, memory: Memory) -> SpaceCall:
        """A call that is most likely refused."""
        process = self._running(memory)
        kind = self._below(12)
        if kind == 0:
            return Create(process)
        if kind == 1:
            return Exit(self._gone(memory))
        if kind == 2:
            strange: list[SpaceCall] = [Load(9, 0), Load(1, 5 * PAGE), Store(1, 1 << 40, 1), File(1, PAGE)]
            return one(self._choices, strange)
        if kind == 3:
            process = self._gone(memory)
        return self.calls.strange(memory, process)

    def idle(self, memory: Memory) -> list[SpaceCall]:
        """A few calls that are most likely refused."""
        return [self.strange(memory) for _ in range(4)] if memory.processes else []

    def faults(self, memory: Memory) -> list[SpaceCall]:
        """A few accesses."""
        return [self.access(memory, self._running(memory)) for _ in range(6)] if memory.processes else []

    # -- choices ------------------------------------------------------------------------------------------------

    def _below(self, count: int) -> int:
        return self._choices.below(count)

    def _gone(self, memory: Memory) -> int:
        """Number of a process that there is not."""
        return one(self._choices, [number for number in (*self.processes, 99) if number not in memory.processes])

    def _running(self, memory: Memory) -> int:
        return one(self._choices, sorted(memory.processes))

    def _in_file(self) -> SpaceCall:
        file, offset = one(self._choices, (1, 2)), one(self._choices, (0, 0, PAGE - 1, PAGE, PAGE + 1))
        kind = self._below(4)
        if kind == 0:
            return File(file, one(self._choices, _LENGTHS))
        if kind == 1:
            return Store(file, offset, 1 + self._below(255))
        return Load(file, offset)
