"""Every move of the buddy system from one state: which calls may be made, and what each leads to.

The moves are those of the *relation*: an allocate may take any block that the policy allows, so that free lists and
their order play no part (`lists` explores those). The state is a packed word, four bits a frame; each move is the
specification's own `claim` or `free`.

A kernel module: written against the algebra's primitives and bound by `buddy`, which also supplies what stands here
for the place it is bound to: `put`, and in a wide system `heads_of` and `key_of`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...model.fast.backend import lowest_bit
from ...spec.addresses import size_of
from ...spec.algebra import ONE, TRUE, ZERO, Truth, Word, Words, load, where
from ...spec.buddy import claim, free, given_half
from ...spec.frames import Memory, is_free, is_live, order_of

#: What a successor is called: an allocate or a free, of which order, at which frame (`label_of`).
ALLOCATED = 1
FREED = 2
ORDER_SHIFT = 4
FRAME_SHIFT = 8


class Setting(NamedTuple):
    """What does not change from state to state; words of the backend.

    Attributes:
        zones: as in `Memory`, packed.
        frames: as in `Memory`.
        room: as in `Memory`.
        top: as in `Memory`.
        smallest: 1 if only blocks of the smallest sufficient order may be taken.
        lowest: 1 if only the lowest of the blocks of one order may be taken.
        anywhere: 1 if any piece of the block may be given; else `upper` decides.
        upper: 1 if the upper half of the last split is given, 0 if the first piece.
    """

    zones: Any
    frames: Any
    room: Any
    top: Any
    smallest: Any
    lowest: Any
    anywhere: Any
    upper: Any


def heads_of(key: Any) -> Words:
    """The packed heads that a key stands for."""
    return key


def key_of(heads: Words, setting: Setting, frame: Word, order: Word) -> Any:
    """The key of packed heads, after a change in the block of `order` at `frame`."""
    return heads


def put(buffer: Any, index: Word, key: Any, label: Word) -> Word:
    """Keep a successor and what it is called; returns the next index."""
    buffer.append((key, label))
    return index + ONE


def keep_front(going: Truth, link: Words, sentinel: Word, node: Word) -> Words:
    """In the place of `link_front`: there are no lists."""
    return link


def keep_link(going: Truth, link: Words, node: Word) -> Words:
    """In the place of `unlink`: there are no lists."""
    return link


def label_of(kind: Word, frame: Word, order: Word) -> Word:
    """A call in one word."""
    return kind | (order << ORDER_SHIFT) | (frame << FRAME_SHIFT)


def memory_of(key: Any, setting: Setting) -> Memory:
    """The state that a key stands for; without free lists."""
    return Memory(heads_of(key), ZERO, setting.zones, setting.frames, setting.room, setting.top, ZERO)


def free_frames(memory: Memory) -> Word:
    """A bit for each frame at which a free block begins."""
    bits = ZERO
    frame = ZERO
    for _ in range(memory.room):
        bits = bits | where(is_free(load(memory.heads, frame)), ONE << frame, ZERO)
        frame = frame + ONE
    return bits


def live_frames(memory: Memory) -> Word:
    """A bit for each frame at which a live block begins."""
    bits = ZERO
    frame = ZERO
    for _ in range(memory.room):
        bits = bits | where(is_live(load(memory.heads, frame)), ONE << frame, ZERO)
        frame = frame + ONE
    return bits


def orders_at(memory: Memory, frames: Word) -> Word:
    """A bit for each order of which a free block begins at one of `frames`."""
    orders = ZERO
    while frames != ZERO:
        orders = orders | (ONE << load(memory.heads, lowest_bit(frames)))
        frames = frames & (frames - ONE)
    return orders


def may_take(setting: Setting, orders: Word, taken: Word, order: Word, source_order: Word) -> Truth:
    """Whether the policy lets a request for `order` be met from a block of `source_order`.

    `orders` has a bit for each order of free blocks, `taken` one for each order of which a lower block was met.
    """
    between = (orders >> order) & ((ONE << (source_order - order)) - ONE)
    first = ((taken >> source_order) & ONE) == ZERO
    return ((setting.smallest == ZERO) | (between == ZERO)) & ((setting.lowest == ZERO) | first)


def first_piece(setting: Setting, order: Word, source: Word, source_order: Word) -> Word:
    """The first of the pieces of the source that the policy lets be given."""
    return where(setting.anywhere == ONE, source, given_half(order, source, source_order, setting.upper == ONE))


def last_piece(setting: Setting, order: Word, source: Word, source_order: Word) -> Word:
    """The last of the pieces of the source that the policy lets be given."""
    end = source + size_of(source_order) - size_of(order)
    return where(setting.anywhere == ONE, end, given_half(order, source, source_order, setting.upper == ONE))


def put_allocates(memory: Memory, setting: Setting, buffer: Any, count: Word) -> Word:
    """Put the key after each allocate that can be met."""
    frames = free_frames(memory)
    orders = orders_at(memory, frames)
    taken = ZERO
    while frames != ZERO:
        source = lowest_bit(frames)
        frames = frames & (frames - ONE)
        source_order = load(memory.heads, source)
        order = ZERO
        while order <= source_order:
            if may_take(setting, orders, taken, order, source_order):
                piece = first_piece(setting, order, source, source_order)
                last = last_piece(setting, order, source, source_order)
                while piece <= last:
                    after = claim(TRUE, memory, piece, order, source_order)
                    key = key_of(after.heads, setting, piece, order)
                    count = put(buffer, count, key, label_of(ALLOCATED, piece, order))
                    piece = piece + size_of(order)
            order = order + ONE
        taken = taken | (ONE << source_order)
    return count


def put_frees(memory: Memory, setting: Setting, buffer: Any, count: Word) -> Word:
    """Put the key after each free of a live block."""
    frames = live_frames(memory)
    while frames != ZERO:
        frame = lowest_bit(frames)
        frames = frames & (frames - ONE)
        order = order_of(load(memory.heads, frame))
        after, _, merged, merged_order = free(memory, frame, order)
        key = key_of(after.heads, setting, merged, merged_order)
        count = put(buffer, count, key, label_of(FREED, frame, order))
    return count


def expand(key: Any, setting: Setting, buffer: Any, count: Word) -> Word:
    """Put the key after each possible call into `buffer`, from `count` on; returns where they end."""
    memory = memory_of(key, setting)
    count = put_allocates(memory, setting, buffer, count)
    return put_frees(memory, setting, buffer, count)
