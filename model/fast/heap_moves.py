"""Steps of heaps as numbered moves, and long runs of them with the laws asked.

A *kernel module*: plain Python that is rebound and compiled together with the steps and laws that it imports. A move
is a kind, a heap and up to three numbers; in a run it is one word, and told by what there is::

    move    | further (16 bits) | size (16 bits) | byte (16 bits) | STRANGE | RAW | kind (8 bits) |
              STRANGE: asked of the other heap    RAW: at this byte, not where its block begins

What is broken comes back as bits, one for each law (`LAW_BITS`). Nothing here restates a law or a step; what is here is
only where the laws are asked. H5 is asked of what a heap grants at its beginning, which every run begins with.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...spec.algebra import ALL_BITS, ONE, TRUE, ZERO, Truth, Word, Words, invert, load, store_if, where
from ...spec.heap import Block, end_of
from ...spec.heap_laws import aligned, apart, cleared, complete, empty, inside, isolated, kept, refused, usable
from .backend import view, word
from .heap_table import (
    Heap,
    allocate,
    arena_of,
    beginning_at,
    calloc,
    destroy,
    free,
    is_enough,
    live_at,
    move_to,
    owner_of,
    resize,
    stride_of,
)
from .page_moves import unless

ALLOCATE = 0
CALLOC = 1
FREE = 2
RESIZE = 3
MOVE = 4
DESTROY = 5
#: How many kinds of moves there are.
KINDS = 6
#: The kinds that take a size, as bits, those that are about a live block, and those that give one.
TAKES_SIZE = 1 << ALLOCATE | 1 << CALLOC | 1 << RESIZE | 1 << MOVE
TAKES_BLOCK = 1 << FREE | 1 << RESIZE | 1 << MOVE
#: So many alignments are asked for, from one byte on.
ALIGNMENTS = 3

KIND_BITS = 0xFF
STRANGE_AT = 8
RAW_AT = 9
BYTE_AT = 16
SIZE_AT = 32
FURTHER_AT = 48
OPERAND_BITS = 0xFFFF

PLACED = 1 << 0
APART = 1 << 1
PRESERVED = 1 << 2
CLEARED = 1 << 3
LEAKLESS = 1 << 4
REJECTED = 1 << 5
EMPTY = 1 << 6
USABLE = 1 << 7
PRIVACY = 1 << 8
CONTAINED = 1 << 9
#: The bit of each law, and how many there are.
LAW_BITS = {
    "H1": PLACED,
    "H2": APART,
    "H3": PRESERVED,
    "H4": CLEARED,
    "H5": LEAKLESS,
    "H6": REJECTED,
    "H7": EMPTY,
    "H8": USABLE,
    "H9": PRIVACY,
    "H10": CONTAINED,
}
LAWS = 10
#: Where the counts of a run are: refused and done of each kind in turn, then how often each law was at stake.
STAKES_AT = 2 * KINDS
COUNTS = STAKES_AT + LAWS


class Call(NamedTuple):
    """A move.

    Attributes:
        kind: which.
        owner: the heap that is asked.
        at: the byte where the block begins that it is about: a free one to carve, or a live one.
        size: how many bytes are asked for.
        further: the alignment as a power of two, or the free block to move to.
    """

    kind: Word
    owner: Word
    at: Word
    size: Word
    further: Word


class Came(NamedTuple):
    """What a move came to.

    Attributes:
        done: whether it was done.
        block: the block that was given, or was about to be.
    """

    done: Truth
    block: Block


def takes(kinds: Word, kind: Word) -> Truth:
    """Whether a kind is among some, given as bits."""
    return (kinds >> kind) & ONE != ZERO


def asked_size(number: Word, count: Word) -> Word:
    """The size that a number stands for: itself, up to all that there is; beyond that, the largest word."""
    return where(number > count, ALL_BITS, number)


def move(heap: Heap, call: Call) -> tuple[Heap, Came]:
    """One move: the heap after it, and what it came to."""
    if call.kind == ALLOCATE:
        heap, done, block = allocate(heap, call.owner, call.at, call.size, ONE << call.further)
    elif call.kind == CALLOC:
        heap, done, block = calloc(heap, call.owner, call.at, call.size)
    elif call.kind == FREE:
        heap, done, block = free(heap, call.owner, call.at)
    elif call.kind == RESIZE:
        heap, done, block = resize(heap, call.owner, call.at, call.size)
    elif call.kind == MOVE:
        heap, done, block = move_to(heap, call.owner, call.at, call.size, call.further)
    else:
        heap, done, block = destroy(heap, call.owner)
    return heap, Came(done, block)


# -- where the laws are asked --------------------------------------------------------------------------------------


def is_empty(heap: Heap, owner: Word) -> Truth:
    """Whether nothing is live in a heap."""
    found = ZERO
    address = ZERO
    for _ in range(heap.size):
        found = found | where(owner_of(heap, address) == owner, load(heap.live, address), ZERO)
        address = address + ONE
    return found == ZERO


def has_worked(heap: Heap, call: Call) -> Truth:
    """Whether the heap granted a request at its beginning, when all of it was one free block."""
    arena = arena_of(heap, call.owner)
    alignment = where(call.kind == ALLOCATE, ONE << call.further, ONE)
    asked = (call.kind == ALLOCATE) | (call.kind == CALLOC)
    return asked & (call.at == arena.first) & is_enough(heap, arena, call.size, alignment)


def broken_by_call(before: Heap, after: Heap, call: Call, came: Came) -> Word:
    """The laws that a move breaks at the block that it is about."""
    own, block, done = takes(TAKES_BLOCK, call.kind), came.block, came.done
    live = load(before.live, call.at) != ZERO
    granted = done & takes(TAKES_SIZE, call.kind)
    is_there = block.first < after.size
    nothing = granted & is_there & (load(after.live, where(is_there, block.first, ZERO)) == ZERO)
    alignment = stride_of(before, where(call.kind == ALLOCATE, ONE << call.further, ONE))
    broken = unless(invert(own) | refused(live, done), REJECTED)
    broken = broken | unless(isolated(own, owner_of(before, call.at), call.owner, done), PRIVACY)
    broken = broken | unless(invert(granted) | aligned(block, alignment), PLACED)
    broken = broken | unless(invert(granted) | inside(block, arena_of(before, call.owner)), CONTAINED)
    broken = broken | unless(invert(granted) | usable(call.size, block.size), USABLE)
    broken = broken | unless(empty(call.size, nothing), EMPTY)
    return broken | unless(complete(is_empty(before, call.owner), has_worked(before, call), done), LEAKLESS)


def is_changed(before: Heap, after: Heap, other: Word) -> Truth:
    """Whether anything is different at a byte."""
    same = (load(before.free, other) == load(after.free, other)) & (load(before.live, other) == load(after.live, other))
    return invert(same & (load(before.content, other) == load(after.content, other)))


def is_ended(before: Heap, call: Call, came: Came, first: Word) -> Truth:
    """Whether a move ends the live block that begins at a byte."""
    freed = (call.kind == FREE) & (first == call.at)
    return came.done & (freed | ((call.kind == DESTROY) & (owner_of(before, first) == call.owner)))


def broken_beside(before: Heap, after: Heap, call: Call, came: Came, other: Word) -> Word:
    """The laws that a move breaks, seen from any `other` byte and the block that begins there."""
    block, done = came.block, came.done
    granted = done & takes(TAKES_SIZE, call.kind)
    there, now = live_at(before, other), load(after.live, other)
    resized = done & takes(TAKES_SIZE & TAKES_BLOCK, call.kind)
    is_own = resized & (other == call.at)
    stays = (there.size != ZERO) & invert(is_own | is_ended(before, call, came, other))
    broken = unless(invert(granted & stays) | apart(block, there), APART)
    broken = broken | unless(invert(stays) | usable(there.size, now), USABLE)
    taken = done & (there.size != ZERO) & (now != there.size)
    broken = broken | unless(isolated(TRUE, owner_of(before, other), call.owner, taken), PRIVACY)
    broken = broken | unless(refused(done, is_changed(before, after, other)), REJECTED)
    is_given = granted & (other >= block.first) & (other < end_of(block)) & (call.kind == CALLOC)
    broken = broken | unless(cleared(is_given, call.size, block.size, load(after.content, other)), CLEARED)
    return broken | unless(is_kept(before, after, call, came, resized, other), PRESERVED)


def is_kept(before: Heap, after: Heap, call: Call, came: Came, resized: Truth, other: Word) -> Truth:
    """Whether a byte of a live block is what it was, wherever it is now."""
    first = beginning_at(before, other)
    holder, block = live_at(before, first), came.block
    moved = resized & (first == call.at)
    offset = other - first
    target = where(moved, block.first + offset, other)
    lives = (offset < holder.size) & invert(is_ended(before, call, came, first))
    known = lives & (invert(moved) | (offset < block.size)) & (target < after.size)
    return kept(known, load(before.content, other), load(after.content, where(known, target, ZERO)))


def broken_beside_all(before: Heap, after: Heap, call: Call, came: Came) -> Word:
    """The same, seen from every byte."""
    broken = ZERO
    other = ZERO
    for _ in range(before.size):
        broken = broken | broken_beside(before, after, call, came, other)
        other = other + ONE
    return broken


def broken_at(heap: Heap, block: Block) -> Word:
    """The laws of states at a live block, and at it and every block behind it."""
    arena = arena_of(heap, owner_of(heap, block.first))
    broken = unless(aligned(block, heap.grain), PLACED) | unless(inside(block, arena), CONTAINED)
    other = block.first + ONE
    for _ in range(heap.size - other):
        behind = live_at(heap, other)
        broken = broken | unless((behind.size == ZERO) | apart(block, behind), APART)
        other = other + ONE
    return broken


def broken_anywhere(heap: Heap) -> Word:
    """The laws of states, at every live block and every two of them."""
    broken = ZERO
    first = ZERO
    for _ in range(heap.size):
        if load(heap.live, first) != ZERO:
            broken = broken | broken_at(heap, live_at(heap, first))
        first = first + ONE
    return broken


def at_stake(before: Heap, call: Call, came: Came) -> Word:
    """The laws that say something about a move that came to this, as bits."""
    done = came.done
    granted, own = done & takes(TAKES_SIZE, call.kind), takes(TAKES_BLOCK, call.kind)
    live = load(before.live, call.at) != ZERO
    strange = live & own & (owner_of(before, call.at) != call.owner)
    told = where(granted, APART | USABLE | CONTAINED, ZERO)
    told = told | where(
        granted & ((before.grain != ONE) | ((call.kind == ALLOCATE) & (call.further != ZERO))), PLACED, ZERO
    )
    told = told | where(granted & own, PRESERVED, ZERO) | where(granted & (call.kind == CALLOC), CLEARED, ZERO)
    told = told | where(granted & (call.size == ZERO), EMPTY, ZERO) | where(own & invert(live), REJECTED, ZERO)
    told = told | where(strange | (done & (call.kind == DESTROY)), PRIVACY, ZERO)
    return told | where(is_empty(before, call.owner) & has_worked(before, call), LEAKLESS, ZERO)


# -- runs ----------------------------------------------------------------------------------------------------------


def entered(heap: Heap) -> Heap:
    """The heap with its arrays in the form that compiled steps take."""
    numbers = word(heap.size), word(heap.border), word(heap.grain)
    return Heap(view(heap.free), view(heap.live), view(heap.content), numbers[0], numbers[1], numbers[2])


def copied(heap: Heap, spare: Heap) -> Heap:
    """The heap with the arrays of `spare`."""
    free, live, content = spare.free, spare.live, spare.content
    address = ZERO
    for _ in range(heap.size):
        free = store_if(TRUE, free, address, load(heap.free, address))
        live = store_if(TRUE, live, address, load(heap.live, address))
        content = store_if(TRUE, content, address, load(heap.content, address))
        address = address + ONE
    return Heap(free, live, content, heap.size, heap.border, heap.grain)


def call_of(heap: Heap, text: Word) -> Call:
    """The move that a word stands for: of the block that a byte belongs to, asked of its heap."""
    kind, byte = text & KIND_BITS, ((text >> BYTE_AT) & OPERAND_BITS) % heap.size
    size = where(takes(TAKES_SIZE, kind), asked_size((text >> SIZE_AT) & OPERAND_BITS, heap.size), ZERO)
    number = text >> FURTHER_AT
    at = where((text >> RAW_AT) & ONE == ZERO, beginning_at(heap, byte), byte)
    owner = owner_of(heap, at) ^ ((text >> STRANGE_AT) & ONE)
    place = where(kind == MOVE, beginning_at(heap, number % heap.size), ZERO)
    return Call(kind, owner, at, size, where(kind == ALLOCATE, number % ALIGNMENTS, place))


def fill(heap: Heap, call: Call, came: Came, value: Word) -> Heap:
    """The caller writes to a block that it was given anew, so that what it holds is known."""
    granted = came.done & ((call.kind == ALLOCATE) | (call.kind == CALLOC))
    content = heap.content
    address = came.block.first
    for _ in range(where(granted, came.block.size, ZERO)):
        content = store_if(address < heap.size, content, address, value)
        address = address + ONE
    return Heap(heap.free, heap.live, content, heap.size, heap.border, heap.grain)


def counted(counts: Words, call: Call, came: Came, stakes: Word) -> Words:
    """One more move of a kind, and one more case of each law that was at stake."""
    index = call.kind + call.kind + where(came.done, ONE, ZERO)
    counts = store_if(TRUE, counts, index, load(counts, index) + ONE)
    index = STAKES_AT
    for _ in range(LAWS):
        counts = store_if(TRUE, counts, index, load(counts, index) + (stakes & ONE))
        stakes = stakes >> ONE
        index = index + ONE
    return counts


def replay(heap: Heap, moves: Any, spare: Heap, counts: Words, audited: Word) -> tuple[Word, Word]:
    """All moves, each followed by the laws at the points that it touches, and everywhere every `audited` moves.

    `spare` lends arrays as large as those of `heap`; `counts` gets what was made and what was at stake. Returns how
    many moves were made, and the laws that the last of them breaks.
    """
    heap, spare, counts = entered(heap), entered(spare), view(counts)
    broken = ZERO
    made = ZERO
    for index in range(moves.size):
        call = call_of(heap, word(moves[index]))
        before = copied(heap, spare)
        heap, came = move(heap, call)
        broken = broken_by_call(before, heap, call, came) | broken_beside(before, heap, call, came, made % heap.size)
        made = made + ONE
        if made % audited == ZERO:
            broken = broken | broken_beside_all(before, heap, call, came) | broken_anywhere(heap)
        counts = counted(counts, call, came, at_stake(before, call, came))
        if broken != ZERO:
            break
        heap = fill(heap, call, came, (made & KIND_BITS) + ONE)
    return made, broken
