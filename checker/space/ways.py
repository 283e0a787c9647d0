"""Stories with which every judge begins, so that even a short run sees each thing that calls can come to.

Each is a few calls in a small window, and ends with sights, refused calls and violations. They differ in what is
scarce: nothing, frames, or what may be charged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ...spec.contracts.space.arena import GRANULARITY, LAST_ADDRESS, PAGE, SpaceArena, SpaceCapabilities
from ...spec.contracts.space.calls import (
    NO_FILE,
    Brk,
    Commit,
    Create,
    Decommit,
    Execute,
    Exit,
    File,
    Fork,
    Load,
    Lock,
    Madvise,
    MapView,
    Mincore,
    Mmap,
    Mprotect,
    Mremap,
    Munmap,
    Protect,
    Query,
    Read,
    Release,
    Reserve,
    Section,
    SpaceCall,
    Stack,
    Store,
    Unlock,
    UnmapView,
    Write,
)
from ...spec.contracts.space.memory import Memory
from ..campaign import Campaign
from .draw import at_the_top, may_limit

#: A call, or one that depends on what the calls before came to.
Step = SpaceCall | Callable[[Memory], SpaceCall]
_GRANULE = GRANULARITY // PAGE
#: Pages of the small windows, and what is scarce in two of them.
SMALL = {"linux": 4, "windows": 2 * _GRANULE}
SCARCE = 2


def arenas(capabilities: SpaceCapabilities, pages: int | None = None) -> Iterator[SpaceArena]:
    """For each dialect a small window, then one with few frames, with a low limit, and one at the last address."""
    for dialect in capabilities.dialects:
        size = pages or SMALL[dialect]
        yield SpaceArena(dialect, size)
        if capabilities.frames:
            yield SpaceArena(dialect, size, frames=SCARCE)
        if may_limit(dialect, capabilities):
            yield SpaceArena(dialect, size, limit=SCARCE)
        if capabilities.base:
            yield at_the_top(SpaceArena(dialect, pages or -(-size // _GRANULE) * _GRANULE))


def go(campaign: Campaign, pages: int | None = None) -> None:
    """Tell every story in every small arena; what is left over is told by the budget."""
    for arena in arenas(campaign.capabilities, pages):
        for story in stories(arena):
            if campaign.over:
                return
            with campaign.session(arena, probe_every=1) as session:
                if session is None:
                    break
                for step in story:
                    if session.breaches:
                        break
                    session.perform([step(session.memory) if callable(step) else step])
                session.examine(idle(arena), faults(arena))


def stories(arena: SpaceArena) -> Iterator[Sequence[Step]]:
    """The stories of the arena's dialect; what the target does not have, its session leaves out."""
    yield from (_linux(arena) if arena.dialect == "linux" else _windows(arena))


def idle(arena: SpaceArena) -> list[SpaceCall]:
    """Calls most of which are refused wherever they are asked."""
    base, end = arena.base, arena.end
    both: list[SpaceCall] = [Create(1), Exit(9), Read(9, base), Load(9, 0), File(1, 0), Store(1, 1 << 20, 1)]
    if arena.dialect == "linux":
        return [
            *both,
            Mmap(1, 0, 0, "rw", False, False, NO_FILE, 0),
            Mmap(1, base + 1, PAGE, "rw", False, True, NO_FILE, 0),
            Mmap(1, 0, LAST_ADDRESS, "rw", False, False, NO_FILE, 0),
            Mmap(1, end - PAGE, 2 * PAGE, "rw", False, True, NO_FILE, 0),
            Mmap(1, 0, PAGE, "r", False, False, 9, 0),
            Munmap(1, base, 0),
            Munmap(1, base + 1, PAGE),
            Munmap(1, base, LAST_ADDRESS),
            Munmap(9, base, PAGE),
            Mprotect(1, base, LAST_ADDRESS - PAGE, "r"),
            Mprotect(1, base, end - base, "r"),
            Mremap(1, base, PAGE, 0, True),
            Mremap(1, base, PAGE, end - base + PAGE, True),
            Madvise(1, base, PAGE, "hurry"),
            Madvise(1, base + 1, PAGE, "dontneed"),
            Mincore(1, base + 1, PAGE),
            Fork(1, 1),
        ]
    return [
        *both,
        Reserve(1, 0, 0, "rw", False),
        Reserve(1, 0, end - base + GRANULARITY, "rw", False),
        Reserve(1, base, PAGE, "w", False),
        Reserve(1, base, LAST_ADDRESS, "rw", True),
        Reserve(9, 0, PAGE, "rw", False),
        Commit(1, end - PAGE, 2 * PAGE, "rw"),
        Commit(1, base, LAST_ADDRESS, "rw"),
        Decommit(1, base, LAST_ADDRESS),
        Release(1, base, PAGE),
        Release(1, base + PAGE, 0),
        Protect(1, base, end - base, "r"),
        UnmapView(1, base + PAGE),
        Lock(1, end - PAGE, 2 * PAGE),
        MapView(1, 9, 0, PAGE, "r", 0),
    ]


def faults(arena: SpaceArena) -> list[SpaceCall]:
    """Accesses to the first and last byte of the pages at both ends of the window and between, and beyond it."""
    places = [arena.base - 1, arena.end, 0, LAST_ADDRESS]
    for page in sorted({0, 1, 2, 3, arena.pages - 1} & set(range(arena.pages))):
        places += [arena.base + page * PAGE, arena.base + page * PAGE + PAGE - 1]
    reads = [Read(1, place) for place in places]
    return [*reads, *(Write(1, place, 7) for place in places), Execute(1, arena.base), Read(2, arena.base)]


# -- Linux --------------------------------------------------------------------------------------------------------


def _map(at: int, pages: int, rights: str = "rw", *, process: int = 1, shared: bool = False, file: int = -1) -> Mmap:
    return Mmap(process, at, pages * PAGE, rights, shared, True, file, 0)


def _grown(pages: int) -> Callable[[Memory], SpaceCall]:
    """The heap of process 1 ends so many pages higher."""

    def step(memory: Memory) -> SpaceCall:
        process = memory.processes.get(1)
        heap = process.heap if process is not None else None
        return Brk(1, max(1, heap[1] + pages * PAGE) if heap is not None else 0)

    return step


def _linux(arena: SpaceArena) -> Iterator[Sequence[Step]]:
    a, end = arena.base, arena.end
    b, c = a + PAGE, a + 2 * PAGE
    anywhere = Mmap(1, 0, PAGE, "rw", False, False, NO_FILE, 0)
    yield [
        Create(1), _map(a, 2), Write(1, b - 1, 1), Write(1, b, 2), Write(1, c, 3), Mprotect(1, b, PAGE, "r"),
        Write(1, b, 4), Read(1, a + 1), Mprotect(1, a, 2 * PAGE, "rw"), Mprotect(1, a, 2 * PAGE, "r"), Execute(1, a),
        Munmap(1, a, PAGE), Read(1, a), Read(1, b), _map(a, 1), Read(1, b - 1), Munmap(1, a, end - a), Exit(1),
    ]  # fmt: skip
    yield [
        Create(1), *[anywhere] * (arena.pages + 1), Munmap(1, b, PAGE), anywhere, Munmap(1, a, end - a), anywhere,
        Mmap(1, end - PAGE, PAGE, "rw", False, False, NO_FILE, 0), Mmap(1, c, PAGE, "r", False, True, NO_FILE, 0),
    ]  # fmt: skip
    yield [
        Create(1), _map(a, 1), Write(1, a, 1), Write(1, b - 1, 9), Fork(1, 2), Write(1, a, 2), Read(2, a),
        Write(2, b - 1, 3), Read(1, b - 1), Exit(2), Read(1, a), Exit(1), Create(1), _map(a, 1), Read(1, a),
    ]  # fmt: skip
    yield [
        Create(1), _map(a, 1, shared=True), Write(1, a, 1), Fork(1, 2), Write(2, a, 5), Read(1, a), Munmap(1, a, PAGE),
        Read(2, a), Exit(2), _map(a, 1), Read(1, a),
    ]  # fmt: skip
    yield [
        Create(1), File(1, PAGE + 8), Store(1, 0, 5), _map(a, 2, shared=True, file=1), Read(1, a), Write(1, a, 6),
        Load(1, 0), _map(c, 1, file=1), Read(1, c), Write(1, c, 9), Load(1, 0), Read(1, a), Store(1, 1, 3),
        Read(1, a + 1), Munmap(1, a, PAGE), Load(1, 0), Read(1, c),
    ]  # fmt: skip
    yield [
        Create(1), File(1, 1), _map(a, 2, shared=True, file=1), Read(1, a), Read(1, b), Write(1, b, 2), Store(1, 0, 1),
        Load(1, 1),
    ]  # fmt: skip
    yield [
        Create(1), _map(a, 1), Write(1, a, 4), Mremap(1, a, PAGE, 2 * PAGE, False), Read(1, a), Write(1, b, 5),
        Mremap(1, a, 2 * PAGE, PAGE, False), Mremap(1, a, PAGE, 2 * PAGE, False), Read(1, b), _map(c, 1, "r"),
        Mremap(1, a, PAGE, 3 * PAGE, False), Mremap(1, b, PAGE, 2 * PAGE, True),
    ]  # fmt: skip
    yield [Create(1), Brk(1, 0), _grown(1), _write_heap, _grown(-1), _grown(1), _read_heap, _grown(1 << 40)]
    yield [
        Create(1), _map(a, 2), Write(1, a, 4), Write(1, b, 5), Madvise(1, a, PAGE, "dontneed"), Read(1, a),
        Madvise(1, b, PAGE, "free"), Read(1, b), Write(1, b, 6), Read(1, b), Mincore(1, a, 2 * PAGE),
    ]  # fmt: skip
    yield [Create(1), Stack(1, 3 * PAGE), *[_below_the_lowest] * 4, anywhere, Munmap(1, a, end - a), anywhere]
    yield [
        Create(1), _map(a, 1), Stack(1, 3 * PAGE), *[_below_the_lowest] * 2, Mprotect(1, a, PAGE, ""),
        *[_below_the_lowest] * 3, Fork(1, 2), Mprotect(1, a, PAGE, "rw"), Mremap(1, a, PAGE, 2 * PAGE, False),
    ]  # fmt: skip
    if arena.frames or arena.limit:
        filling = [_map(a + number * PAGE, 1) for number in range(min(SCARCE + 1, arena.pages))]
        writes = [Write(1, call.address, 1) for call in filling]
        yield [Create(1), *filling, *writes, Munmap(1, a, PAGE), *filling[-1:], *writes[-1:], Fork(1, 2), *writes[1:3]]
        yield [Create(1), _map(a, 3, "r"), Mprotect(1, a, 3 * PAGE, "rw"), _map(a, 3), _map(a, 4), Fork(1, 2)]
        yield [Create(1), Create(2), _map(a, SCARCE), _map(a, 1, process=2), Exit(1), _map(a, 1, process=2)]


def _below_the_lowest(memory: Memory) -> SpaceCall:
    """A write just below the stack of process 1, which may grow by it."""
    process = memory.processes.get(1)
    pages = process.pages.items() if process is not None else ()
    lowest = min((page for page, entry in pages if entry.kind == "stack"), default=1)
    return Write(1, lowest * PAGE - 8, 7)


def _write_heap(memory: Memory) -> SpaceCall:
    return Write(1, _last_of_heap(memory), 7)


def _read_heap(memory: Memory) -> SpaceCall:
    return Read(1, _last_of_heap(memory))


def _last_of_heap(memory: Memory) -> int:
    process = memory.processes.get(1)
    return process.heap[1] - 1 if process is not None and process.heap is not None else 0


# -- Windows ------------------------------------------------------------------------------------------------------


def _windows(arena: SpaceArena) -> Iterator[Sequence[Step]]:
    a, end, size = arena.base, arena.end, arena.end - arena.base
    b, c, z = a + PAGE, a + 2 * PAGE, a + GRANULARITY
    anywhere = Reserve(1, 0, PAGE, "rw", False)
    yield [
        Create(1), Reserve(1, a, 4 * PAGE, "rw", False), Read(1, a), Commit(1, a, 2 * PAGE, "rw"), Write(1, a, 1),
        Write(1, c - 1, 2), Read(1, c), Protect(1, b, PAGE, "r"), Write(1, b, 4), Read(1, c - 1), Execute(1, a),
        Decommit(1, a, PAGE), Read(1, a), Commit(1, a, PAGE, "rw"), Read(1, a), Decommit(1, a, 0), Release(1, a, 0),
        Read(1, a), Exit(1),
    ]  # fmt: skip
    yield [
        Create(1), *[anywhere] * (arena.pages // _GRANULE + 1), Release(1, a, 0), anywhere,
        Reserve(1, end - PAGE, PAGE, "rw", True), Query(1, end - PAGE), Query(1, a),
    ]  # fmt: skip
    yield [
        Create(1), Reserve(1, a, PAGE, "rw", False), Reserve(1, 0, GRANULARITY + PAGE, "rw", False),
        Release(1, a, 0), Reserve(1, z, PAGE, "rw", False), Reserve(1, a, GRANULARITY + 1, "rw", False),
        Reserve(1, a + 1, PAGE, "rw", False), Query(1, a),
    ]  # fmt: skip
    yield [
        Create(1), Reserve(1, a, 4 * PAGE, "rw", True), Protect(1, b - 1, 2, "r"), Protect(1, b, PAGE + 1, "rw"),
        Write(1, b, 1), Write(1, c, 2), Protect(1, b, 2 * PAGE, "r"), Decommit(1, b + 1, PAGE), Read(1, b), Read(1, c),
        Commit(1, c - 1, 2, "rw"), Read(1, b), Read(1, c),
    ]  # fmt: skip
    yield [
        Create(1), Reserve(1, a, size, "rw", False), Commit(1, b, 1, "rwg"), Read(1, b), Read(1, b),
        Protect(1, b, 1, "rg"), Write(1, b, 1), Write(1, b, 1), Read(1, b), Commit(1, end - PAGE, PAGE, "rw"),
        Write(1, end - 1, 9),
        Decommit(1, end - PAGE, PAGE), Commit(1, b - 1, 2, "rw"), Read(1, b), Release(1, a, 0),
    ]  # fmt: skip
    yield [
        Create(1), Reserve(1, a, GRANULARITY, "rw", True), Reserve(1, z, PAGE, "rw", True), Protect(1, z - 1, 2, "r"),
        Decommit(1, a, GRANULARITY + PAGE), Commit(1, a, GRANULARITY + 1, "rw"), Decommit(1, z, 0), Release(1, a, 0),
        Commit(1, z, 1, "r"), Release(1, z, 0),
    ]  # fmt: skip
    yield [
        Create(1), Create(2), Section(1, PAGE, NO_FILE), MapView(1, 1, 0, 0, "rw", a), MapView(2, 1, 0, 0, "r", a),
        Write(1, a, 3), Read(2, a), Write(2, a, 1), UnmapView(1, a), Read(2, a), MapView(1, 1, 0, 0, "rc", a),
        Write(1, a, 8), Read(2, a), Read(1, a), UnmapView(2, a), Exit(2), Read(1, a),
    ]  # fmt: skip
    yield [
        Create(1), File(1, PAGE), Store(1, 0, 5), Section(1, PAGE, 1), MapView(1, 1, 0, 0, "rw", a), Read(1, a),
        Write(1, a, 6), Load(1, 0), UnmapView(1, a), Load(1, 0), MapView(1, 1, 0, 0, "rc", a), Write(1, a, 7),
        Load(1, 0),
    ]  # fmt: skip
    yield [
        Create(1), Section(1, GRANULARITY + PAGE, NO_FILE), MapView(1, 1, 0, 0, "rw", a), Write(1, a, 5),
        Write(1, z, 6), UnmapView(1, a), MapView(1, 1, GRANULARITY, 0, "rw", a), Read(1, a),
        MapView(1, 1, 0, PAGE, "rc", z), Read(1, z), Write(1, z + 1, 9), Read(1, z), Protect(1, z, 1, "r"),
        Read(1, z + 1),
    ]  # fmt: skip
    yield [Create(1), Stack(1, 8 * PAGE), *[_below_the_stack] * (_GRANULE + 1)]
    yield [
        Create(1), Reserve(1, a, 2 * PAGE, "rw", True), Lock(1, a, PAGE), Lock(1, a, PAGE), Unlock(1, a, PAGE),
        Unlock(1, a, PAGE), Write(1, a, 1), Release(1, a, 0),
    ]  # fmt: skip
    if arena.frames or arena.limit:
        pages = min(SCARCE + 1, arena.pages)
        commits = [Commit(1, a + number * PAGE, PAGE, "rw") for number in range(pages)]
        writes = [Write(1, call.address, 1) for call in commits]
        whole = Reserve(1, a, pages * PAGE, "rw", False)
        reads = [Read(1, call.address) for call in commits]
        changes = [Write(1, call.address, 2) for call in commits]
        yield [Create(1), whole, *commits, *writes, *reads, *changes, *reads, Decommit(1, a, PAGE), *commits]
        few = Reserve(1, a, SCARCE * PAGE, "rw", True)
        again = Commit(1, a, SCARCE * PAGE, "r")
        yield [
            Create(1), few, Release(1, a, 0), few, Exit(1), Create(1), few, again, Decommit(1, a, SCARCE * PAGE), again,
        ]  # fmt: skip
        yield [Create(1), whole, Commit(1, a, pages * PAGE, "rw"), Commit(1, a, SCARCE * PAGE, "rw"), Release(1, a, 0)]
        yield [Create(1), Reserve(1, a, pages * PAGE, "rw", True), Reserve(1, a, 2 * PAGE, "rw", True), *commits]


def _below_the_stack(memory: Memory) -> SpaceCall:
    """A write to the highest page of the stack that no access has reached yet: its guard page, as a rule."""
    process = memory.processes.get(1)
    there = process.pages if process is not None else {}
    guards = [page for page, entry in there.items() if entry.kind == "stack" and "g" in entry.rights]
    stack = [page for page, entry in there.items() if entry.kind == "stack"]
    page = max(guards, default=min(stack, default=0))
    return Write(1, page * PAGE + PAGE - 8, 1)
