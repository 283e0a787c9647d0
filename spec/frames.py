"""The state of physical memory: one word for each frame that says which block begins there.

Every frame is in exactly one block, and a block is known by its first frame. A *free* block of order k stands as
the number k itself, so that "free and of this order" is one comparison; a *live* block (allocated, owned by a
caller) as LIVE + k; a frame that belongs to nobody (a hole, firmware, anything beyond the end) as RESERVED; and a
frame at which no block begins, because it lies inside one, as NONE::

    frame      0    1    2    3    4    5    6    7
    heads      1    -    L0   R    2    -    -    -        - = NONE, Lk = LIVE + k, R = RESERVED
               |free 0-1| live|hole|free 4-7          |

`heads` is padded to `room`, a whole number of largest blocks, with RESERVED: a buddy is then always inside the
array and no step needs a bounds check of its own. `zones` divides memory by barriers that no block may cross; one
entry speaks for 2**grain frames. `link` holds the free lists (see `freelist`).
"""

from __future__ import annotations

from typing import NamedTuple

from .addresses import head_of
from .algebra import ONE, ZERO, Truth, Word, Words, load, where

#: The largest order that any arena may use. Linux: orders 0 to 10.
MAX_ORDER = 10
#: How many orders there are: loops over orders have this bound.
ORDERS = 11
#: A frame that belongs to nobody.
RESERVED = 15
#: LIVE + k: a live block of order k begins here.
LIVE = 16
#: No block begins here.
NONE = 255


class Memory(NamedTuple):
    """Physical memory and its free lists, as the steps of the buddy system see it.

    Attributes:
        heads: for each frame below `room`, which block begins there (module docstring).
        link: next and previous node of each node; nodes are the frames, then one sentinel for each order.
        zones: for each 2**grain frames, the number of the zone they belong to.
        frames: number of frames; those from here up to `room` do not exist and are RESERVED.
        room: `frames` rounded up to whole blocks of the largest order.
        top: the largest order in use, at most MAX_ORDER.
        grain: binary logarithm of the frames for which one entry of `zones` speaks.
    """

    heads: Words
    link: Words
    zones: Words
    frames: Word
    room: Word
    top: Word
    grain: Word


def is_free(head: Word) -> Truth:
    """Whether a free block begins at a frame with this head."""
    return head <= MAX_ORDER


def is_live(head: Word) -> Truth:
    """Whether a live block begins at a frame with this head."""
    return (head >= LIVE) & (head <= LIVE + MAX_ORDER)


def is_head(head: Word) -> Truth:
    """Whether this is a word that may stand in `heads` at all."""
    return is_free(head) | is_live(head) | (head == RESERVED) | (head == NONE)


def order_of(head: Word) -> Word:
    """The order of the free or live block that begins at a frame with this head."""
    return head & (LIVE - ONE)


def zone_of(memory: Memory, frame: Word) -> Word:
    """The zone that `frame` lies in."""
    return load(memory.zones, frame >> memory.grain)


def free_over(heads: Words, frame: Word) -> Word:
    """How many free blocks contain `frame`."""
    count = ZERO
    order = ZERO
    for _ in range(ORDERS):
        count = count + where(load(heads, head_of(frame, order)) == order, ONE, ZERO)
        order = order + ONE
    return count


def live_over(heads: Words, frame: Word) -> Word:
    """How many live blocks contain `frame`."""
    count = ZERO
    order = ZERO
    for _ in range(ORDERS):
        count = count + where(load(heads, head_of(frame, order)) == LIVE + order, ONE, ZERO)
        order = order + ONE
    return count


def blocks_over(heads: Words, frame: Word) -> Word:
    """How many blocks, free, live or reserved, contain `frame`; exactly one in a sound state."""
    reserved = where(load(heads, frame) == RESERVED, ONE, ZERO)
    return free_over(heads, frame) + live_over(heads, frame) + reserved


def free_order_over(heads: Words, frame: Word) -> Word:
    """The order of the largest free block that contains `frame`, or NONE where none does."""
    found = NONE + ZERO
    order = ZERO
    for _ in range(ORDERS):
        found = where(load(heads, head_of(frame, order)) == order, order, found)
        order = order + ONE
    return found
