"""The reference manager in the Linux dialect: random conversations, each answer held against the relation."""

import random
from collections import Counter

import attrs
import pytest

from pagelaw.model.linux_space import LinuxSpace
from pagelaw.spec.contracts import CONTRACTS, Answer, Refused, Returned
from pagelaw.spec.contracts.space.arena import PAGE, SpaceArena, SpaceCapabilities
from pagelaw.spec.contracts.space.calls import (
    Brk,
    Create,
    Execute,
    Exit,
    Faults,
    File,
    Fork,
    Load,
    Madvise,
    Maps,
    Mincore,
    Mmap,
    Mprotect,
    Mremap,
    Munmap,
    Read,
    SpaceCall,
    Stack,
    Store,
    Write,
)

BASE = 1 << 30
#: All that the model has.
CAPABILITIES = SpaceCapabilities(
    dialects=("linux",),
    processes=4,
    frames=True,
    overcommit="never",
    merging=True,
    look=True,
    executes=True,
    forks=True,
    files=True,
    breaks=True,
    moves=True,
    advises=True,
    resident=True,
    faults=True,
    stacks=True,
    gap=2,
)
REFUSALS = {
    MemoryError: "out-of-memory",
    OverflowError: "out-of-addresses",
    LookupError: "no-mapping",
    PermissionError: "denied",
    EOFError: "bus-error",
    ValueError: "illegal",
}
RIGHTS = ("", "r", "rw", "rw", "rw", "rx", "rwx")


def answered(space: LinuxSpace, call: SpaceCall) -> Answer:
    """What the model says to a call."""
    try:
        arguments = [getattr(call, field.name) for field in attrs.fields(type(call))]
        return Returned(getattr(space, call.name)(*arguments))
    except tuple(REFUSALS) as error:
        return Refused(REFUSALS[type(error)])


class Caller:
    """Thinks of calls."""

    def __init__(self, chance: random.Random, pages: int) -> None:
        self.chance, self.pages = chance, pages

    def address(self) -> int:
        if self.chance.random() < 0.03:
            return self.chance.choice([0, 2**64 - PAGE, 2**63])
        return BASE + self.chance.randrange(-1, self.pages + 1) * PAGE + self.chance.choice([0, 0, 0, 0, 1, PAGE - 1])

    def length(self) -> int:
        if self.chance.random() < 0.03:
            return 2**64 - PAGE
        return self.chance.choice([0, 1, PAGE, PAGE, PAGE + 1, 2 * PAGE, 3 * PAGE, self.pages * PAGE])

    def think(self, memory) -> SpaceCall:
        chance, process = self.chance, self.chance.choice([1, 1, 1, 2, 3])
        if not memory.processes:
            return Create(1)
        known = memory.processes.get(process)
        heap = known.heap if known is not None else None
        file, value = chance.choice([5, 6]), chance.randrange(256)
        calls = {
            Create(process): 1,
            Exit(process): 0.3,
            Fork(process, chance.choice([2, 3])): 1,
            self.mapping(process, chance.choice([-1, -1, file])): 4,
            Munmap(process, self.address(), self.length()): 1,
            Mprotect(process, self.address(), self.length(), chance.choice(RIGHTS)): 1,
            Mremap(process, self.address(), self.length(), self.length(), chance.random() < 0.6): 1,
            Brk(process, heap[0] + chance.randrange(4) * PAGE - 1 if heap else 0): 1,
            Madvise(process, self.address(), self.length(), chance.choice(["dontneed", "free", "no"])): 1,
            Mincore(process, self.address(), self.length()): 1,
            Maps(process): 1,
            Faults(process): 1,
            File(file, chance.choice([1, PAGE, 5000, 9000])): 0.5,
            Load(file, chance.choice([0, 1, PAGE, 5000])): 0.5,
            Store(file, chance.choice([0, 1, PAGE]), value): 0.5,
            Read(process, self.address()): 3,
            Write(process, self.address(), value): 3,
            Execute(process, self.address()): 1,
            Stack(process, self.length()): 0.7,
        }
        return chance.choices(list(calls), list(calls.values()))[0]

    def mapping(self, process: int, file: int) -> Mmap:
        chance = self.chance
        place, rights = chance.choice([0, self.address()]), chance.choice(RIGHTS)
        shared, fixed = chance.random() < 0.3, chance.random() < 0.5
        return Mmap(process, place, self.length(), rights, shared, fixed, file, chance.choice([0, 0, PAGE, 1]))


def talk(seed: int, calls: int = 150) -> Counter[tuple[str, str]]:
    """One conversation; how often each call was answered how."""
    chance = random.Random(seed)
    arena = SpaceArena("linux", chance.choice([1, 2, 4, 8, 16]), frames=seed % 3, limit=seed % 4)
    relation = CONTRACTS["space"].relation(arena, CAPABILITIES)
    space = LinuxSpace(arena.pages, "linux", frames=arena.frames, limit=arena.limit)
    memory, caller, seen = relation.initial(), Caller(chance, arena.pages), Counter()
    for _ in range(calls):
        call = caller.think(memory)
        if relation.may_ask(memory, call):
            answer = answered(space, call)
            assert relation.breaches(memory, call, answer) == []
            memory = relation.after(memory, call, answer)
            seen[call.name, getattr(answer, "reason", "")] += 1
    return seen


def test_conversations():
    """Every call was done and refused, and want of frames, of addresses and above the limit was met."""
    seen = sum((talk(seed) for seed in range(80)), Counter())
    names = {name for name, _ in seen}
    assert names == {call.name for call in CONTRACTS["space"].calls} - WINDOWS_ONLY
    assert {name for name, reason in seen if not reason} == names
    wanted = {("write", "out-of-memory"), ("mmap", "out-of-addresses"), ("mmap", "out-of-memory")}
    assert wanted | {("read", "bus-error"), ("fork", "out-of-memory"), ("mremap", "out-of-addresses")} <= seen.keys()


WINDOWS_ONLY = {
    *("reserve", "commit", "decommit", "release", "protect", "query", "lock", "unlock"),
    *("section", "map_view", "unmap_view"),
}


class TestPolicies:
    def space(self, pages: int = 8, **limits: int) -> LinuxSpace:
        space = LinuxSpace(pages, "linux", **limits)
        space.create(1)
        return space

    def test_another_dialect_is_refused(self):
        with pytest.raises(ValueError, match="only the dialect linux"):
            LinuxSpace(8, "windows")

    def test_the_highest_place_is_taken(self):
        space = self.space()
        places = [space.mmap(1, 0, PAGE, rights, False, False, -1, 0) for rights in ("r", "rw")]
        assert places == [BASE + 7 * PAGE, BASE + 6 * PAGE]

    def test_a_stack_that_finds_no_frame_has_not_grown(self):
        space = self.space(frames=1)
        low = space.stack(1, 4 * PAGE)
        space.write(1, low + 3 * PAGE, 1)
        before = space.maps(1)
        with pytest.raises(MemoryError):
            space.write(1, low, 1)
        assert space.maps(1) == before

    def test_a_stack_keeps_no_gap_from_a_stack_or_what_may_not_be_accessed(self):
        space = self.space()
        space.mmap(1, BASE + 4 * PAGE, PAGE, "", False, True, -1, 0)
        low = space.stack(1, 3 * PAGE)
        assert low == BASE + 5 * PAGE
        space.write(1, low, 1)
        space.mprotect(1, BASE + 4 * PAGE, PAGE, "r")
        space.munmap(1, low, 3 * PAGE)
        assert space.stack(1, 3 * PAGE) == low
        with pytest.raises(PermissionError):
            space.write(1, low, 1)
        space.munmap(1, BASE + 4 * PAGE, PAGE)
        assert space.stack(1, PAGE) == BASE + 4 * PAGE
        space.write(1, low, 1)

    def test_a_range_does_not_grow_beyond_the_window_or_into_the_gap_of_a_stack(self):
        space = self.space()
        place = space.mmap(1, BASE + 7 * PAGE, PAGE, "rw", False, True, -1, 0)
        with pytest.raises(OverflowError):
            space.mremap(1, place, PAGE, 2 * PAGE, False)
        space.munmap(1, place, PAGE)
        space.stack(1, PAGE)
        space.mmap(1, BASE + 4 * PAGE, PAGE, "rw", False, True, -1, 0)
        with pytest.raises(OverflowError):
            space.mremap(1, BASE + 4 * PAGE, PAGE, 2 * PAGE, False)

    def test_a_stack_may_be_where_another_could_have_grown(self):
        space = self.space(16)
        first, second = space.stack(1, 6 * PAGE), space.stack(1, 3 * PAGE)
        assert first == second == BASE + 10 * PAGE
        space.write(1, first + 2 * PAGE, 1)
        space.write(1, first + 3 * PAGE, 2)
        assert [region[:2] for region in space.maps(1)] == [
            [first + 2 * PAGE, first + 3 * PAGE],
            [first + 3 * PAGE, first + 6 * PAGE],
        ]

    def test_a_stack_may_begin_at_the_first_page(self):
        space = self.space(pages=2)
        low = space.stack(1, 2 * PAGE)
        space.write(1, low, 1)
        assert space.maps(1) == [[BASE, BASE + 2 * PAGE, "rw", False, -1, 0]]

    def test_rights_are_letters(self):
        with pytest.raises(ValueError, match="no rights"):
            self.space().mmap(1, 0, PAGE, "q", False, False, -1, 0)

    def test_memory_that_nobody_maps_any_more_gives_its_frames_back(self):
        space = self.space(frames=1)
        for _ in range(3):
            place = space.mmap(1, 0, PAGE, "rw", True, False, -1, 0)
            space.write(1, place, 5)
            assert space.read(1, place) == 5
            space.munmap(1, place, PAGE)

    def test_a_range_moves_with_what_is_in_it(self):
        space = self.space()
        low = space.mmap(1, BASE, PAGE, "rw", False, True, -1, 0)
        space.mmap(1, BASE + PAGE, PAGE, "r", False, True, -1, 0)
        space.write(1, low, 5)
        moved = space.mremap(1, low, PAGE, 2 * PAGE, True)
        assert moved == BASE + 6 * PAGE
        assert [space.read(1, moved), space.read(1, moved + PAGE)] == [5, 0]
        with pytest.raises(PermissionError):
            space.read(1, low)
        assert space.mincore(1, moved, 2 * PAGE) == [True, True]

    def test_a_range_grows_in_place(self):
        space = self.space()
        low = space.mmap(1, BASE, PAGE, "rw", False, True, -1, 0)
        space.write(1, low, 5)
        assert space.mremap(1, low, PAGE, 3 * PAGE, False) == low
        assert space.maps(1) == [[low, low + 3 * PAGE, "rw", False, -1, 0]]
        assert space.read(1, low) == 5

    def test_a_range_over_two_regions_does_not_move(self):
        space = self.space()
        space.mmap(1, BASE, PAGE, "r", False, True, -1, 0)
        space.mmap(1, BASE + PAGE, PAGE, "rw", False, True, -1, 0)
        with pytest.raises(LookupError, match="one region"):
            space.mremap(1, BASE, 2 * PAGE, 3 * PAGE, True)

    def test_virtual_and_physical_memory_run_out_apart(self):
        """Of five pages all can be given, and three of them backed; then there is no more of either."""
        space = self.space(pages=5, frames=3)
        place = space.mmap(1, 0, 5 * PAGE, "rw", False, False, -1, 0)
        with pytest.raises(OverflowError):
            space.mmap(1, 0, PAGE, "rw", False, False, -1, 0)
        for page in range(3):
            space.write(1, place + page * PAGE, 1)
        with pytest.raises(MemoryError):
            space.write(1, place + 3 * PAGE, 1)


class TestCounts:
    """Faults and frames."""

    def space(self, **limits: int) -> LinuxSpace:
        space = LinuxSpace(8, "linux", **limits)
        space.create(1)
        return space

    def test_each_page_faults_once(self):
        space = self.space()
        place = space.mmap(1, 0, 3 * PAGE, "rw", False, False, -1, 0)
        seen = []
        for page in (0, 0, 2, 0, 2):
            space.write(1, place + page * PAGE, 1)
            space.read(1, place + page * PAGE)
            seen.append((space.faults(1), space.frames_used()))
        assert seen == [(1, 1), (1, 1), (2, 2), (2, 2), (2, 2)]

    def test_a_copy_is_a_fault_and_so_is_the_last_owner_s_write(self):
        space = self.space()
        place = space.mmap(1, 0, PAGE, "rw", False, False, -1, 0)
        space.write(1, place, 1)
        space.fork(1, 2)
        assert (space.faults(2), space.frames_used()) == (0, 1)
        space.write(2, place, 2)
        assert (space.faults(1), space.faults(2), space.frames_used()) == (1, 1, 2)
        space.write(1, place, 3)
        assert (space.faults(1), space.frames_used()) == (2, 2)

    def test_a_private_page_of_a_file_that_is_written_first_faults_once(self):
        space = self.space()
        space.file(1, PAGE)
        written, read = (space.mmap(1, 0, PAGE, "rw", False, False, 1, 0) for _ in range(2))
        space.write(1, written, 1)
        assert space.faults(1) == 1
        space.read(1, read)
        space.write(1, read, 1)
        assert (space.faults(1), space.frames_used()) == (3, 3)

    def test_what_is_refused_is_not_counted(self):
        space = self.space(frames=1)
        place = space.mmap(1, 0, 2 * PAGE, "rw", False, False, -1, 0)
        space.write(1, place, 1)
        with pytest.raises(MemoryError):
            space.write(1, place + PAGE, 1)
        with pytest.raises(PermissionError):
            space.read(1, BASE)
        assert (space.faults(1), space.frames_used()) == (1, 1)

    def test_a_stack_that_grows(self):
        space = self.space()
        low = space.stack(1, 4 * PAGE)
        space.write(1, low + 3 * PAGE, 1)
        space.write(1, low + 2 * PAGE, 1)
        assert (space.faults(1), space.frames_used()) == (2, 2)

    def test_populated_pages_do_not_fault(self):
        space = self.space(frames=2)
        place = space.mmap(1, 0, 3 * PAGE, "rw", False, False, -1, 0)
        space.write(1, place, 5)
        space.populate(1, place, 2 * PAGE)
        space.write(1, place + PAGE, 1)
        assert (space.faults(1), space.frames_used(), space.read(1, place)) == (1, 2, 5)
        with pytest.raises(MemoryError):
            space.populate(1, place, 3 * PAGE)
        with pytest.raises(LookupError):
            space.populate(1, BASE, PAGE)


class TestHeap:
    def space(self) -> LinuxSpace:
        space = LinuxSpace(8, "linux")
        space.create(1)
        return space

    def test_it_begins_where_a_loader_has_it(self):
        space = self.space()
        assert space.brk(1, 0) == BASE + 2 * PAGE
        space.begin_heap(1, BASE + PAGE)
        assert space.brk(1, BASE + 2 * PAGE) == BASE + 2 * PAGE
        assert space.maps(1) == [[BASE + PAGE, BASE + 2 * PAGE, "rw", False, -1, 0]]

    @pytest.mark.parametrize("address", [BASE + 1, BASE - PAGE, BASE + 9 * PAGE])
    def test_not_anywhere(self, address):
        with pytest.raises(ValueError, match="a heap that is empty"):
            self.space().begin_heap(1, address)

    def test_not_once_it_is_used(self):
        space = self.space()
        space.brk(1, BASE + 3 * PAGE)
        with pytest.raises(ValueError, match="a heap that is empty"):
            space.begin_heap(1, BASE)
