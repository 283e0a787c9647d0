"""A heap in one word: what may happen in a state, and the laws there.

For each of eight bytes the sizes of the free and of the live block that begin there are numbers from 0 to 8, so they
have four bits. A key is told by how it differs from the first, which is thus zero::

    key     | live of 8 bytes | free of 8 bytes |
            32                                  0

What bytes hold is in no key: no step looks at it. So each byte holds a number of its own before every move.

A kernel module: written against the algebra's primitives and bound by `blocks`, which also supplies `put`, and what
stands here for the moves that the judges of the specification share.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...model.fast.heap_moves import (
    ALIGNMENTS,
    ALLOCATE,
    DESTROY,
    KINDS,
    LAWS,
    MOVE,
    TAKES_SIZE,
    Call,
    asked_size,
    at_stake,
    broken_anywhere,
    broken_beside_all,
    broken_by_call,
    move,
    takes,
)
from ...model.fast.heap_table import Heap
from ...spec.algebra import ALL_BITS, ONE, TWO, ZERO, Truth, Word, Words, where

CELLS = 0xFFFF_FFFF
LIVE_AT = 32
#: The largest element, and how far an index is shifted up to be that of the element's first bit.
LAST = 15
CELL_SHIFT = 2
#: Is set in an array, above its elements, once a number was stored that no element holds.
OVERFLOWN = 1 << LIVE_AT
#: What the bytes hold.
CONTENT = 0x8765_4321

#: What the checks tell besides the laws of a state: those of its moves, from here on,
BY_MOVE_AT = LAWS
#: that a state does not fit into a word,
UNFIT = 1 << 2 * LAWS
#: for each kind of move whether it was done, and whether refused; and for each law whether it was at stake.
DONE_AT = 24
REFUSED_AT = DONE_AT + KINDS
STAKE_AT = REFUSED_AT + KINDS


class Setting(NamedTuple):
    """What does not change from state to state; words of the backend.

    Attributes:
        size: as in `Heap`, and so are border and grain.
        border: where the second heap begins.
        grain: the alignment of all blocks.
        heaps: how many heaps there are.
        further: how many numbers there are for what a move takes besides its size.
        calls: how many moves there are, whether any differ or not.
        start: what is free at first.
    """

    size: Any
    border: Any
    grain: Any
    heaps: Any
    further: Any
    calls: Any
    start: Any


def store_element_if(condition: Truth, words: Words, index: Word, value: Word) -> Words:
    """In the place of `store_if`: what does not fit is remembered."""
    at = where(condition, index, ZERO) << CELL_SHIFT
    stored = (words & (ALL_BITS ^ (LAST << at))) | ((value & LAST) << at)
    return where(condition, where(value > LAST, stored | OVERFLOWN, stored), words)


def put(buffer: Any, index: Word, key: Any, label: Word) -> Word:
    """Keep a successor and what it is called; returns the next index."""
    buffer.append((key, label))
    return index + ONE


def heap_of(key: Any, setting: Setting) -> Heap:
    """The state that a key stands for."""
    cells = key ^ setting.start
    return Heap(cells & CELLS, cells >> LIVE_AT, CONTENT, setting.size, setting.border, setting.grain)


def key_of(heap: Heap, setting: Setting) -> Any:
    """The key of a state."""
    return ((heap.free & CELLS) | ((heap.live & CELLS) << LIVE_AT)) ^ setting.start


def is_fit(heap: Heap, setting: Setting) -> Truth:
    """Whether its key is all of a state."""
    again = heap_of(key_of(heap, setting), setting)
    return (heap.free == again.free) & (heap.live == again.live)


def call_of(label: Word, setting: Setting) -> Call:
    """The move of a number: kind, heap, byte, size and the rest, each a digit."""
    further, rest = label % setting.further, label // setting.further
    number, rest = rest % (setting.size + TWO), rest // (setting.size + TWO)
    at, rest = rest % setting.size, rest // setting.size
    kind = rest // setting.heaps
    size = where(takes(TAKES_SIZE, kind), asked_size(number, setting.size), number)
    return Call(kind, rest % setting.heaps, at, size, further)


def is_asked(call: Call, setting: Setting) -> Truth:
    """Whether a number stands for a move: what a kind does not take is zero."""
    most = where(call.kind == ALLOCATE, ALIGNMENTS, where(call.kind == MOVE, setting.size, ONE))
    sized = takes(TAKES_SIZE, call.kind) | (call.size == ZERO)
    return (call.further < most) & sized & ((call.kind != DESTROY) | (call.at == ZERO))


def expand(key: Any, setting: Setting, buffer: Any, count: Word) -> Word:
    """Put the key after each move that changes anything into `buffer`, from `count` on; returns where they end."""
    before = heap_of(key, setting)
    label = ZERO
    for _ in range(setting.calls):
        call = call_of(label, setting)
        if is_asked(call, setting):
            after, _ = move(before, call)
            there = key_of(after, setting)
            if there != key:
                count = put(buffer, count, there, label)
        label = label + ONE
    return count


def check_state(key: Any, setting: Setting) -> Word:
    """The laws of a state, as bits."""
    return broken_anywhere(heap_of(key, setting))


def ask(key: Any, label: Word, setting: Setting) -> Word:
    """The laws at one move, seen from everywhere, what it came to, and what was at stake."""
    before, call = heap_of(key, setting), call_of(label, setting)
    after, came = move(before, call)
    broken = broken_by_call(before, after, call, came) | broken_beside_all(before, after, call, came)
    unfit = where(is_fit(after, setting), ZERO, UNFIT)
    made = ONE << (call.kind + where(came.done, DONE_AT, REFUSED_AT))
    return (broken << BY_MOVE_AT) | unfit | made | (at_stake(before, call, came) << STAKE_AT)


def check_moves(key: Any, setting: Setting) -> Word:
    """The same for every move from a key, refused ones too."""
    told = ZERO
    label = ZERO
    for _ in range(setting.calls):
        if is_asked(call_of(label, setting), setting):
            told = told | ask(key, label, setting)
        label = label + ONE
    return told
