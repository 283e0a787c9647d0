"""The few calls that `enumerate` tries in every state: they meet in three pages, and two processes."""

from __future__ import annotations

from collections.abc import Iterator

from ...spec.contracts.space.arena import GRANULARITY, PAGE, SpaceArena, SpaceCapabilities
from ...spec.contracts.space.calls import (
    NO_FILE,
    Brk,
    Commit,
    Create,
    Decommit,
    Exit,
    File,
    Fork,
    Madvise,
    MapView,
    Mmap,
    Mprotect,
    Mremap,
    Munmap,
    Protect,
    Release,
    Reserve,
    Section,
    SpaceCall,
    Stack,
    Store,
    UnmapView,
    Write,
)
from ...spec.contracts.space.memory import Memory


def alphabet(arena: SpaceArena, capabilities: SpaceCapabilities) -> tuple[SpaceCall, ...]:
    """The calls that are tried in every state, but for those that depend on it."""
    a, b = arena.base, arena.base + PAGE
    both: list[SpaceCall] = [Create(1), Exit(1), Write(1, a, 1), Write(1, b + PAGE - 1, 2)]
    if capabilities.processes > 1:
        both += [Exit(2), Write(2, a, 3)]
    if capabilities.files:
        both += [File(1, PAGE + 1), Store(1, 0, 4)]
    calls = _linux(arena, capabilities) if arena.dialect == "linux" else _windows(arena, capabilities)
    return tuple(dict.fromkeys((*both, *calls)))


def asked_by_state(memory: Memory) -> list[SpaceCall]:
    """Calls about places that the target chose: the end of a heap."""
    calls: list[SpaceCall] = []
    for number, process in memory.processes.items():
        if process.heap is not None:
            first, end = process.heap
            calls += [Brk(number, end + PAGE), *([Brk(number, end - PAGE)] if end - PAGE >= first else [])]
    return calls


def _linux(arena: SpaceArena, capabilities: SpaceCapabilities) -> Iterator[SpaceCall]:
    a, b, c = (arena.base + number * PAGE for number in range(3))
    if capabilities.forks and capabilities.processes > 1:
        yield Fork(1, 2)
    yield Mmap(1, a, 2 * PAGE, "rw", False, True, NO_FILE, 0)
    yield Mmap(1, b, PAGE, "r", False, True, NO_FILE, 0)
    yield Mmap(1, 0, PAGE, "rw", False, False, NO_FILE, 0)
    yield Mmap(1, a, PAGE, "rw", True, False, NO_FILE, 0)
    if capabilities.files:
        yield Mmap(1, a, 2 * PAGE, "rw", True, True, 1, 0)
        yield Mmap(1, b, PAGE, "rw", False, True, 1, 0)
    yield Munmap(1, a, PAGE)
    yield Munmap(1, b, 2 * PAGE)
    yield Mprotect(1, b, PAGE, "rw")
    yield Mprotect(1, a, 2 * PAGE, "r")
    yield Mprotect(1, a, 1, "")
    if capabilities.moves:
        yield Mremap(1, a, PAGE, 2 * PAGE, True)
        yield Mremap(1, b, PAGE, 2 * PAGE, False)
        yield Mremap(1, a, 2 * PAGE, PAGE, False)
    if capabilities.breaks:
        yield Brk(1, 0)
    if capabilities.advises:
        yield Madvise(1, a, 2 * PAGE, "dontneed")
        yield Madvise(1, b, PAGE, "free")
    yield Munmap(1, c, PAGE)
    if capabilities.stacks:
        yield Stack(1, 2 * PAGE)


def _windows(arena: SpaceArena, capabilities: SpaceCapabilities) -> Iterator[SpaceCall]:
    a, b = arena.base, arena.base + PAGE
    if capabilities.processes > 1:
        yield Create(2)
    yield Reserve(1, a, 3 * PAGE, "rw", False)
    yield Reserve(1, 0, PAGE, "rw", True)
    yield Reserve(1, a + GRANULARITY + 1, PAGE, "r", False)
    yield Commit(1, a, 2 * PAGE, "rw")
    yield Commit(1, b, PAGE, "rg")
    yield Commit(1, b - 1, 2, "r")
    yield Decommit(1, a, PAGE)
    yield Decommit(1, b, PAGE)
    yield Decommit(1, a, 0)
    yield Release(1, a, 0)
    yield Release(1, a + GRANULARITY, 0)
    yield Protect(1, a, 2 * PAGE, "r")
    yield Protect(1, b, 1, "rwg")
    yield Protect(1, a, PAGE, "")
    if capabilities.sections:
        yield Section(1, 2 * PAGE, NO_FILE)
        yield MapView(1, 1, 0, 0, "rw", a)
        yield MapView(1, 1, 0, PAGE, "rc", 0)
        yield MapView(2, 1, 0, 0, "r", a)
        yield UnmapView(1, a)
