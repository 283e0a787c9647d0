"""Steps on tables of blocks, held against sets of bytes that were written apart from them."""

import itertools
import random

import pytest

from pagelaw.model.fast import heap_table
from pagelaw.model.fast.heap_machine import Machine, begin_lists
from pagelaw.model.fast.heap_table import Heap
from pagelaw.spec.algebra import ALL_BITS
from pagelaw.spec.heap import Block


class Naive:
    """The live blocks as ranges; whatever is in none of them is free."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.live: dict[int, int] = {}

    def arena(self, owner: int) -> range:
        """The bytes of a heap."""
        return range(self.machine.border, self.machine.size) if owner else range(self.machine.border)

    def free(self) -> dict[int, int]:
        """The runs of bytes of each heap that are in no live block."""
        used = {byte for first, size in self.live.items() for byte in range(first, first + size)}
        runs: dict[int, int] = {}
        for owner in (0, 1):
            for is_used, run in itertools.groupby(self.arena(owner), key=used.__contains__):
                members = list(run)
                if not is_used:
                    runs[members[0]] = len(members)
        return runs

    def room(self, size: int) -> int:
        """A size in whole grains, one at least."""
        return -(-max(size, 1) // self.machine.grain) * self.machine.grain

    def place(self, owner: int, at: int, size: int, alignment: int) -> int | None:
        """Where a request would lie in the free run that begins at a byte."""
        run = self.free().get(at, 0) if at in self.arena(owner) else 0
        places = [byte for byte in range(at, at + run) if byte % max(alignment, self.machine.grain) == 0]
        return next((byte for byte in places if byte + self.room(size) <= at + run), None)


def same(heap: Heap, naive: Naive) -> bool:
    """Whether a table says what there is."""
    live = {at: size for at, size in enumerate(heap.live) if size}
    return live == naive.live and {at: size for at, size in enumerate(heap.free) if size} == naive.free()


@pytest.mark.parametrize("machine", [Machine(9), Machine(10, private=4), Machine(16, private=8, grain=2)], ids=str)
def test_steps_are_those_of_sets_of_bytes(machine: Machine) -> None:
    """Thousands of steps; each is done where it can be, and leaves what there is."""
    chance, heap, naive = random.Random(7), begin_lists(machine), Naive(machine)
    done = dict.fromkeys(("allocate", "free", "resize", "move_to", "destroy"), 0)
    for _ in range(3000):
        step = chance.choices(list(done), (5, 5, 2, 2, 0.1))[0]
        owner, at, size = chance.randrange(2), chance.randrange(machine.size), chance.randrange(machine.size + 2)
        place, alignment = chance.randrange(machine.size), 1 << chance.randrange(3)
        own = at in naive.live and at in naive.arena(owner)
        room, where = naive.room(size), None
        if step == "allocate":
            heap, legal, given = heap_table.allocate(heap, owner, at, size, alignment)
            where = naive.place(owner, at, size, alignment)
            expected = where is not None
        elif step == "free":
            heap, legal, given = heap_table.free(heap, owner, at)
            expected = own
        elif step == "resize":
            behind = at + naive.live.get(at, 0)
            further = naive.free().get(behind, 0) if behind in naive.arena(owner) else 0
            heap, legal, given = heap_table.resize(heap, owner, at, size)
            expected, where = own and room <= naive.live[at] + further, at
        elif step == "move_to":
            heap, legal, given = heap_table.move_to(heap, owner, at, size, place)
            where = naive.place(owner, place, size, 1)
            expected = own and where is not None
        else:
            heap, legal, given = heap_table.destroy(heap, owner)
            expected = owner == 1 and machine.private > 0
        assert legal == expected, (step, owner, at, size)
        if legal:
            done[step] += 1
            if step in ("free", "move_to"):
                naive.live.pop(at)
            if step == "destroy":
                naive.live = {first: size for first, size in naive.live.items() if first < machine.border}
            elif step != "free":
                assert where is not None
                assert given == Block(where, room)
                naive.live[where] = room
        assert same(heap, naive), (step, owner, at, size)
    assert all(done[step] for step in done if step != "destroy" or machine.private)


def test_bytes_come_along() -> None:
    """As many as both sizes have; calloc clears the block alone."""
    heap = begin_lists(Machine(8))
    heap, _, _ = heap_table.allocate(heap, 0, 0, 3, 1)
    heap.content[:] = range(1, 9)
    heap, legal, given = heap_table.move_to(heap, 0, 0, 2, 3)
    assert legal
    assert (given, heap.content) == (Block(3, 2), [1, 2, 3, 1, 2, 6, 7, 8])
    heap, legal, given = heap_table.calloc(heap, 0, 5, 2)
    assert (legal, given, heap.content) == (True, Block(5, 2), [1, 2, 3, 1, 2, 0, 0, 8])
    heap, legal, _ = heap_table.calloc(heap, 0, 5, 1)
    assert not legal
    assert heap.content == [1, 2, 3, 1, 2, 0, 0, 8]


def test_what_no_word_holds_is_refused() -> None:
    """A size so large that it cannot be rounded up, at a grain of more than a byte."""
    for step in (heap_table.calloc, heap_table.resize):
        heap = begin_lists(Machine(8, grain=4))
        heap, _, _ = heap_table.allocate(heap, 0, 0, 4, 1)
        for at in (0, 4):
            heap, legal, _ = step(heap, 0, at, ALL_BITS)
            assert not legal


def test_what_lies_beyond_the_memory_is_not_kept() -> None:
    """Whoever was given it, is told where it is."""
    heap = begin_lists(Machine(4))
    for put in (heap_table.put_free, heap_table.put_live):
        heap = put(True, heap, Block(4, 1))
    heap = heap_table.with_content(True, heap, 4, 9)
    assert heap == begin_lists(Machine(4))


def test_where_a_block_begins() -> None:
    """Of each byte of it; where there is none, at the beginning."""
    heap = begin_lists(Machine(6, private=2))
    assert [heap_table.beginning_at(heap, byte) for byte in range(6)] == [0, 0, 0, 0, 4, 4]
    heap.free[0] = 0
    assert heap_table.beginning_at(heap, 2) == 0
