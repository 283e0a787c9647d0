"""A heap as a table: for each byte how large the free block is that begins there, and how large the live one.

::

    byte     0   1   2   3   4   5   6   7
    live     3   .   .   .   .   3   .   .
    free     .   .   .   2   .   .   .   .

Which free block serves a request, and which one a block moves to, is an operand, so that first fit, best fit and the
like are all among what can be asked; of that free block, the first aligned place is given. A second heap may lie
behind the first, from the border on: it is private, and goes with its blocks when it is destroyed, to begin anew in
the same place. Where blocks begin and end is the specification's.

Invariant: the blocks cover the memory, and no two free ones of the same heap are next to each other. Steps are total;
what would lie beyond the memory is told, but not kept.
"""

from __future__ import annotations

from typing import NamedTuple

from ...spec.algebra import ONE, TRUE, ZERO, Truth, Word, Words, load, store_if, where
from ...spec.heap import Block, can_round, carve, cut, end_of, fits, has_room, is_next_to, joined, occupied, rounded_up

#: The names of the heaps.
FIRST, PRIVATE = 0, 1


class Heap(NamedTuple):
    """Memory with one heap or two.

    Attributes:
        free: for each byte the size of the free block that begins there; zero if none does.
        live: the same of live blocks.
        content: what each byte holds.
        size: how many bytes there are.
        border: how many of them are the first heap's; all, if there is no other.
        grain: the alignment of all blocks, in which memory is given.
    """

    free: Words
    live: Words
    content: Words
    size: Word
    border: Word
    grain: Word


def begin(heap: Heap) -> Heap:
    """All of each heap is one free block; the arrays that come in hold zeros."""
    return put_free(TRUE, put_free(TRUE, heap, arena_of(heap, FIRST)), arena_of(heap, PRIVATE))


# -- where blocks are --------------------------------------------------------------------------------------------


def owner_of(heap: Heap, address: Word) -> Word:
    """The heap whose memory a byte is."""
    return where(address < heap.border, FIRST, PRIVATE)


def arena_of(heap: Heap, owner: Word) -> Block:
    """The memory of a heap; of no size where there is no such heap."""
    first = where(owner == FIRST, ZERO, heap.border)
    return Block(first, where(owner == FIRST, heap.border, heap.size - heap.border))


def live_at(heap: Heap, address: Word) -> Block:
    """The live block that begins at a byte; of no size if none does."""
    return Block(address, load(heap.live, address))


def beginning_at(heap: Heap, address: Word) -> Word:
    """Where the block begins that a byte belongs to."""
    for _ in range(address):
        if load(heap.free, address) | load(heap.live, address) != ZERO:
            break
        address = address - ONE
    return address


def above(heap: Heap, block: Block) -> Block:
    """The free block of the same heap right behind a block; an empty one if there is none."""
    inside = end_of(block) < end_of(arena_of(heap, owner_of(heap, block.first)))
    size = load(heap.free, where(inside, end_of(block), ZERO))
    return Block(end_of(block), where(inside, size, ZERO))


def below(heap: Heap, block: Block) -> Block:
    """The free block of the same heap right before a block; an empty one if there is none."""
    address = beginning_at(heap, block.first - where(block.first == ZERO, ZERO, ONE))
    lower = Block(address, load(heap.free, address))
    is_own = owner_of(heap, address) == owner_of(heap, block.first)
    joins = (lower.size != ZERO) & is_own & is_next_to(lower, block)
    return Block(where(joins, address, block.first), where(joins, lower.size, ZERO))


def stride_of(heap: Heap, alignment: Word) -> Word:
    """The alignment that a block gets: its own, or the heap's."""
    return where(alignment > heap.grain, alignment, heap.grain)


def room_for(heap: Heap, size: Word) -> Word:
    """How many bytes a request takes, where `can_round` says that they can be counted."""
    return rounded_up(occupied(size), heap.grain)


def is_enough(heap: Heap, free: Block, size: Word, alignment: Word) -> Truth:
    """Whether a request can be served out of a free block."""
    countable = can_round(occupied(size), heap.grain)
    return (free.size != ZERO) & countable & fits(free, room_for(heap, size), stride_of(heap, alignment))


# -- what is written ---------------------------------------------------------------------------------------------


def put_free(going: Truth, heap: Heap, block: Block) -> Heap:
    """A free block begins there, unless it is empty."""
    kept = going & (block.size != ZERO) & (block.first < heap.size)
    free = store_if(kept, heap.free, block.first, block.size)
    return Heap(free, heap.live, heap.content, heap.size, heap.border, heap.grain)


def put_live(going: Truth, heap: Heap, block: Block) -> Heap:
    """A live block begins there."""
    live = store_if(going & (block.first < heap.size), heap.live, block.first, block.size)
    return Heap(heap.free, live, heap.content, heap.size, heap.border, heap.grain)


def without_free(going: Truth, heap: Heap, block: Block) -> Heap:
    """No free block begins there any more."""
    free = store_if(going & (block.size != ZERO), heap.free, block.first, ZERO)
    return Heap(free, heap.live, heap.content, heap.size, heap.border, heap.grain)


def with_content(going: Truth, heap: Heap, address: Word, value: Word) -> Heap:
    """A byte holds a value."""
    content = store_if(going & (address < heap.size), heap.content, address, value)
    return Heap(heap.free, heap.live, content, heap.size, heap.border, heap.grain)


def given_out(
    going: Truth, heap: Heap, owner: Word, at: Word, size: Word, alignment: Word
) -> tuple[Heap, Truth, Block]:
    """A block is carved out of the free one at `at`; whether it was, and which."""
    free = Block(at, load(heap.free, at))
    legal = going & (owner_of(heap, at) == owner) & is_enough(heap, free, size, alignment)
    before, given, behind = carve(free, room_for(heap, size), stride_of(heap, alignment))
    heap = without_free(legal, heap, free)
    heap = put_free(legal, put_free(legal, heap, before), behind)
    return put_live(legal, heap, given), legal, given


def taken_back(going: Truth, heap: Heap, owner: Word, at: Word) -> tuple[Heap, Truth, Block]:
    """The live block at `at` is free, and one with the free blocks next to it."""
    block = live_at(heap, at)
    legal = going & (block.size != ZERO) & (owner_of(heap, at) == owner)
    lower, upper = below(heap, block), above(heap, block)
    heap = put_live(legal, heap, Block(at, ZERO))
    heap = without_free(legal, heap, upper)
    return put_free(legal, heap, joined(lower, joined(block, upper))), legal, block


# -- steps: the heap after each, whether it was done, and the block that it was about -------------------------------


def allocate(heap: Heap, owner: Word, at: Word, size: Word, alignment: Word) -> tuple[Heap, Truth, Block]:
    """A block of `size` bytes at a multiple of a power of two, out of the free block at `at`."""
    return given_out(TRUE, heap, owner, at, size, alignment)


def calloc(heap: Heap, owner: Word, at: Word, size: Word) -> tuple[Heap, Truth, Block]:
    """The same at the heap's own alignment, with zeros."""
    heap, legal, given = given_out(TRUE, heap, owner, at, size, ONE)
    address = given.first
    for _ in range(where(given.size < heap.size, given.size, heap.size)):
        heap = with_content(legal, heap, address, ZERO)
        address = address + ONE
    return heap, legal, given


def free(heap: Heap, owner: Word, at: Word) -> tuple[Heap, Truth, Block]:
    """The block at `at` is given back."""
    return taken_back(TRUE, heap, owner, at)


def resize(heap: Heap, owner: Word, at: Word, size: Word) -> tuple[Heap, Truth, Block]:
    """The block at `at` gets another size where it is: of its own bytes, and of those that are free behind it."""
    block = live_at(heap, at)
    upper = above(heap, block)
    whole, room = joined(block, upper), room_for(heap, size)
    is_own = (block.size != ZERO) & (owner_of(heap, at) == owner)
    legal = is_own & can_round(occupied(size), heap.grain) & has_room(whole, at, room)
    kept, rest = cut(whole, room)
    heap = without_free(legal, heap, upper)
    return put_free(legal, put_live(legal, heap, kept), rest), legal, kept


def move_to(heap: Heap, owner: Word, at: Word, size: Word, place: Word) -> tuple[Heap, Truth, Block]:
    """The block at `at` gets another size and another place, out of the free block at `place`; its bytes come along."""
    block = live_at(heap, at)
    is_own = (block.size != ZERO) & (owner_of(heap, at) == owner)
    heap, legal, given = given_out(is_own, heap, owner, place, size, ONE)
    source, target = at, given.first
    for _ in range(where(block.size < given.size, block.size, given.size)):
        heap = with_content(legal, heap, target, load(heap.content, source))
        source, target = source + ONE, target + ONE
    heap, _, _ = taken_back(legal, heap, owner, at)
    return heap, legal, given


def destroy(heap: Heap, owner: Word) -> tuple[Heap, Truth, Block]:
    """A private heap goes with its blocks, and begins anew."""
    arena = arena_of(heap, owner)
    legal = (owner == PRIVATE) & (arena.size != ZERO)
    address = arena.first
    for _ in range(where(legal, arena.size, ZERO)):
        heap = put_live(TRUE, without_free(TRUE, heap, Block(address, ONE)), Block(address, ZERO))
        address = address + ONE
    return put_free(legal, heap, arena), legal, arena
