"""Large runs: millions of calls to the buddy system in one compiled loop, with and without the laws.

A *kernel module*: plain Python that is rebound and compiled together with the steps and laws that it imports, so the
rules that run here are those of the specification. A call is one word, and what is allocated is kept in slots::

    call    | kind (4 bits) | order (4 bits) | slot (24 bits) |

A call of kind BY_SLOT allocates a block of `order` into its slot if that is empty, and frees what it holds if not.
The other kinds are frees that are illegal, each in a way of its own; they leave the slots alone. A slot that holds a
block keeps `block_word`; an empty one keeps zero.
"""

from __future__ import annotations

from typing import Any

from ...spec.algebra import ONE, TRUE, ZERO, Truth, Word, Words, load, store_if, where
from ...spec.buddy import admit, allocate, free
from ...spec.frames import Memory
from .backend import view, word

SLOT_BITS = 0xFF_FFFF
ORDER_AT = 24
ORDER_BITS = 15
KIND_AT = 28

#: Kinds of calls: allocate or free by slot; free what was freed last, a frame inside a block, a block by another
#: order, a frame just beyond the arena, a frame at the far end of the word.
BY_SLOT = 0
DOUBLE = 1
INSIDE = 2
OTHER_ORDER = 3
OUTSIDE = 4
FAR = 5

#: How many kinds there are.
KINDS = 6

FAR_BIT = 0x8000_0000_0000_0000
FNV_PRIME = 0x100_0000_01B3
ALL = 0xFFFF_FFFF_FFFF_FFFF
BLOCK_ORDER_AT = 4


def entered(memory: Memory) -> Memory:
    """The memory with its arrays in the form that compiled steps take."""
    heads, link, zones = view(memory.heads), view(memory.link), view(memory.zones)
    return Memory(heads, link, zones, memory.frames, memory.room, memory.top, memory.grain)


def block_word(frame: Word, order: Word) -> Word:
    """A block in one word that is never zero."""
    return ((frame << BLOCK_ORDER_AT) | order) + ONE


def frame_of_block(block: Word) -> Word:
    """First frame of the block in a slot; 0 for an empty slot."""
    return where(block == ZERO, ZERO, block - ONE) >> BLOCK_ORDER_AT


def order_of_block(block: Word) -> Word:
    """Order of the block in a slot; 0 for an empty slot."""
    return where(block == ZERO, ZERO, block - ONE) & ORDER_BITS


def initialise(memory: Memory, usable: Any) -> None:
    """Every frame whose entry in `usable` is not zero becomes free."""
    memory = entered(memory)
    for index in range(usable.size):
        memory, _, _ = admit(memory, word(index), word(usable[index]) != ZERO)


def allocate_one(memory: Memory, order: Word, upper: Truth) -> tuple[Truth, Word]:
    """One allocate: whether there was a block, and its first frame."""
    _, done, frame = allocate(entered(memory), order, upper)
    return done, frame


def free_one(memory: Memory, frame: Word, order: Word) -> Truth:
    """One free: whether it was legal."""
    _, legal, _, _ = free(entered(memory), frame, order)
    return legal


def target_of(kind: Word, block: Word, last: Word, frames: Word) -> tuple[Word, Word]:
    """Frame and order that a free of `kind` is called with, for the block in its slot and the one freed last."""
    block = where((kind == DOUBLE) | (block == ZERO), last, block)
    frame, order = frame_of_block(block), order_of_block(block)
    if kind == INSIDE:
        return frame | ONE, order | ONE
    if kind == OTHER_ORDER:
        return frame, order ^ ONE
    if kind == OUTSIDE:
        return frame + frames, order
    if kind == FAR:
        return frame | FAR_BIT, order
    return frame, order


def replay(memory: Memory, calls: Any, held: Words, upper: Truth) -> Word:
    """All calls, unchecked; returns a digest of every answer, for comparison with another implementation."""
    memory = entered(memory)
    held = view(held)
    digest = ZERO
    last = ZERO
    for index in range(calls.size):
        call = word(calls[index])
        slot = call & SLOT_BITS
        kind = call >> KIND_AT
        block = load(held, slot)
        if (kind | block) == ZERO:
            order = (call >> ORDER_AT) & ORDER_BITS
            memory, done, frame = allocate(memory, order, upper)
            held = store_if(done, held, slot, block_word(frame, order))
            answer = where(done, block_word(frame, order), ZERO)
        else:
            if kind == BY_SLOT:
                held = store_if(TRUE, held, slot, ZERO)
                last = block
                frame, order = (block - ONE) >> BLOCK_ORDER_AT, (block - ONE) & ORDER_BITS
            else:
                frame, order = target_of(kind, block, last, memory.frames)
            memory, legal, frame, order = free(memory, frame, order)
            answer = where(legal, block_word(frame, order), ZERO)
        digest = (digest * FNV_PRIME + answer) & ALL
    return digest
