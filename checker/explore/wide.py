"""Up to 32 heads in two words, and keys that are the same for all states that swapping buddies turns into each other.

Two packed words are more than a key holds, so a key keeps two bits a frame and no orders: a block ends where the next
one begins. Steps still work on the packed words; only what is stored is shorter::

    heads    1    -    L0   R    2    -    -    -
    low      1    0    1    0    1    0    0    0        a free or live block begins
    high     0    0    1    1    0    0    0    0        with it: the block is live; alone: a reserved frame

The rules know no left and right: swapping two buddies, with all that is in them, turns each run of calls into another
one. So of the states that are equal up to swapping, one stands for all: the one in which of two buddies the larger
half-key is on the right. A call changes one block, so that only the pairs around it need be put in order again.
Barriers would break this, and where the arena ends is kept as reserved frames.

A kernel module, bound by `buddy`; `load_head` and `store_head_if` take the place of the packed primitives.
"""

from __future__ import annotations

from typing import Any

from ...model.fast.backend import lowest_bit
from ...spec.addresses import head_of
from ...spec.algebra import ONE, ZERO, Truth, Word, Words, invert_bits, load, store_if, where
from ...spec.frames import LIVE, NONE, RESERVED, is_live, order_of

LAST = 15
SIXTEEN = 16
THIRTY_TWO = 32
#: The low half of a key.
BEGINS = 0xFFFF_FFFF
#: In the place of a key where the blocks do not fill the frames; no block begins anywhere, so A3 is broken there.
NO_KEY = 0
#: Sixteen frames at which no block begins.
EMPTY = 0xFFFF_FFFF_FFFF_FFFF


def load_head(words: Words, index: Word) -> Word:
    """In the place of `load`, on a pair of packed words."""
    low, high = words
    inner = index & LAST
    return where((index & SIXTEEN) == ZERO, load(low, inner), load(high, inner))


def store_head_if(condition: Truth, words: Words, index: Word, value: Word) -> Words:
    """In the place of `store_if`, on a pair of packed words."""
    low, high = words
    inner = index & LAST
    upper = (index & SIXTEEN) != ZERO
    return store_if(condition & (not upper), low, inner, value), store_if(condition & upper, high, inner, value)


def heads_of(key: Any) -> Words:
    """The packed heads of a key; every block is as long as the way to the next one."""
    begins = key & BEGINS
    taken = key >> THIRTY_TWO
    edges = begins | taken | (ONE << THIRTY_TWO)
    heads = (EMPTY, EMPTY)
    left = begins | taken
    while left != ZERO:
        frame = lowest_bit(left)
        left = left & (left - ONE)
        order = lowest_bit(lowest_bit(edges >> (frame + ONE)) + ONE)
        live = ((taken >> frame) & ONE) == ONE
        head = where(live, LIVE + order, order)
        heads = store_head_if(True, heads, frame, where(((begins >> frame) & ONE) == ONE, head, RESERVED))
    return heads


def key_of(heads: Words, setting: Any, frame: Word, order: Word) -> Any:
    """The key of packed heads, after a change in the block of `order` at `frame`; NO_KEY if they have none."""
    begins = ZERO
    taken = ZERO
    ends = ZERO
    place = ZERO
    for _ in range(THIRTY_TWO):
        head = load_head(heads, place)
        reserved = head == RESERVED
        begins = begins | where((head != NONE) & (not reserved), ONE << place, ZERO)
        taken = taken | where(is_live(head) | reserved, ONE << place, ZERO)
        size = where(reserved, ONE, ONE << order_of(head))
        ends = ends | where(head != NONE, ONE << (place + size), ZERO)
        place = place + ONE
    # Every block ends where the next one begins: as many ends as beginnings, each at the next frame or the last.
    fill = ends == (((begins | taken) & invert_bits(ONE)) | (ONE << THIRTY_TWO))
    while order < setting.top:
        begins, taken, frame = put_in_order(begins, taken, frame, order)
        order = order + ONE
    return where(fill, begins | (taken << THIRTY_TWO), NO_KEY)


def put_in_order(begins: Word, taken: Word, frame: Word, order: Word) -> tuple[Word, Word, Word]:
    """Swap the two halves around `frame` of a block of the next order, if the larger one is on the left.

    Returns both halves of the key, and where `frame` is now.
    """
    half = ONE << order
    left = head_of(frame, order + ONE)
    right = left + half
    mask = (ONE << half) - ONE
    left_begins, right_begins = (begins >> left) & mask, (begins >> right) & mask
    left_taken, right_taken = (taken >> left) & mask, (taken >> right) & mask
    split = ((right_begins | right_taken) & ONE) == ONE
    if split & (((left_begins << SIXTEEN) | left_taken) > ((right_begins << SIXTEEN) | right_taken)):
        others = invert_bits(((mask << half) | mask) << left)
        begins = (begins & others) | (((left_begins << half) | right_begins) << left)
        taken = (taken & others) | (((left_taken << half) | right_taken) << left)
        frame = frame ^ half
    return begins, taken, frame
