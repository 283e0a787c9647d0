"""The buddy system as steps: initialise, allocate, free, and the merge loop that they stand on.

The invariant: *no two free buddies*. Whenever a block becomes free it absorbs its buddy for as long as the buddy is
free, of the same order and on the same side of every barrier; so the set of free blocks is a function of the set of
live ones, whatever the history (laws A1 to A7 in `buddy_laws`).

    free(4, 0)       |  0..3 free  | L |5 free| 6..7 free |
    absorb 5         |  0..3 free  | 4..5     | 6..7 free |
    absorb 6..7      |  0..3 free  | 4..7                 |
    absorb 0..3      |  0..7 free                         |

Each step is total: an illegal call is answered by `False` and the state that came in.

Source: Knuth, The Art of Computer Programming 1, 2.5, algorithms R and S; Linux `mm/page_alloc.c`, `expand` and
`__free_one_page`.
"""

from __future__ import annotations

from .addresses import buddy_of, head_of, is_aligned, parent_of, size_of
from .algebra import ONE, ZERO, Truth, Word, load, stop, store_if, where
from .frames import LIVE, MAX_ORDER, NONE, ORDERS, RESERVED, Memory, is_free, zone_of
from .freelist import is_empty, link_front, next_of, sentinel_of, unlink


def page_is_buddy(memory: Memory, frame: Word, buddy: Word, order: Word) -> Truth:
    """Whether the block at `buddy` may be merged with the block of `order` at `frame`: free, as large, same zone."""
    as_large = load(memory.heads, buddy) == order
    same_zone = zone_of(memory, frame) == zone_of(memory, buddy)
    return as_large & same_zone


def can_merge(memory: Memory, frame: Word, order: Word) -> Truth:
    """Whether a free block of `order` at `frame` would have to absorb its buddy."""
    below_top = order < memory.top
    # At the top order the buddy may lie beyond the arena; the block itself stands in, to keep the load safe.
    buddy = where(below_top, buddy_of(frame, order), frame)
    return below_top & page_is_buddy(memory, frame, buddy, order)


def insert(going: Truth, memory: Memory, frame: Word, order: Word) -> Memory:
    """A free block of `order` begins at `frame`, if `going`."""
    heads = store_if(going, memory.heads, frame, order)
    link = link_front(going, memory.link, sentinel_of(memory.room, order), frame)
    return Memory(heads, link, memory.zones, memory.frames, memory.room, memory.top, memory.grain)


def remove(going: Truth, memory: Memory, frame: Word) -> Memory:
    """The free block that begins at `frame` is free no longer, if `going`."""
    heads = store_if(going, memory.heads, frame, NONE)
    link = unlink(going, memory.link, frame)
    return Memory(heads, link, memory.zones, memory.frames, memory.room, memory.top, memory.grain)


def mark(going: Truth, memory: Memory, frame: Word, head: Word) -> Memory:
    """`frame` gets another head that no free list knows of, if `going`."""
    heads = store_if(going, memory.heads, frame, head)
    return Memory(heads, memory.link, memory.zones, memory.frames, memory.room, memory.top, memory.grain)


def absorb(going: Truth, memory: Memory, frame: Word, order: Word) -> tuple[Memory, Word, Word]:
    """One round of merging: the buddy of the block of `order` at `frame` is taken in, if `going`."""
    memory = remove(going, memory, buddy_of(frame, order))
    return memory, where(going, parent_of(frame, order), frame), where(going, order + ONE, order)


def release(going: Truth, memory: Memory, frame: Word, order: Word) -> tuple[Memory, Word, Word]:
    """A block that belongs to nobody becomes free: merged upward as far as it goes, then inserted, if `going`.

    Returns the memory, and first frame and order of the free block that the frames are part of now.
    """
    merging = going
    for _ in range(MAX_ORDER):
        merging = merging & can_merge(memory, frame, order)
        if stop(merging):
            break
        memory, frame, order = absorb(merging, memory, frame, order)
    return insert(going, memory, frame, order), frame, order


def give_back(going: Truth, memory: Memory, frame: Word, level: Word) -> tuple[Memory, Word]:
    """One round of splitting: the buddy of the block of order `level` around `frame` stays free, if `going`."""
    memory = insert(going, memory, buddy_of(head_of(frame, level), level), level)
    return memory, where(going, level + ONE, level)


def claim(going: Truth, memory: Memory, frame: Word, order: Word, source_order: Word) -> Memory:
    """A block of `order` at `frame` is cut out of the free block of `source_order` around it, if `going`.

    What is left of the source is given back as one free block for each order from `order` up: the buddies of the
    blocks on the way from `frame` up to the source.
    """
    memory = remove(going, memory, head_of(frame, source_order))
    memory = mark(going, memory, frame, LIVE + order)
    level = order
    for _ in range(MAX_ORDER):
        splitting = going & (level < source_order)
        if stop(splitting):
            break
        memory, level = give_back(splitting, memory, frame, level)
    return memory


def is_suitable(memory: Memory, order: Word, source: Word) -> Truth:
    """Whether a request for `order` can be met from a free block that begins at `source`."""
    head = load(memory.heads, source)
    return is_free(head) & (head >= order) & (order <= memory.top)


def is_inside(frame: Word, order: Word, source: Word, source_order: Word) -> Truth:
    """Whether a block of `order` at `frame` is one of the pieces of the block of `source_order` at `source`."""
    return is_aligned(frame, order) & (order <= source_order) & (head_of(frame, source_order) == source)


def is_live_block(memory: Memory, frame: Word, order: Word) -> Truth:
    """Whether exactly this block is live: the only one that may be freed by this call."""
    exists = (frame < memory.frames) & (order <= memory.top)
    return exists & (load(memory.heads, where(frame < memory.frames, frame, ZERO)) == LIVE + order)


def free(memory: Memory, frame: Word, order: Word) -> tuple[Memory, Truth, Word, Word]:
    """Give a live block back; refused, with nothing changed, where no such block is live.

    Returns the memory, whether the call was legal, and first frame and order of the free block that results.
    """
    legal = is_live_block(memory, frame, order)
    frame = where(legal, frame, ZERO)
    order = where(legal, order, ZERO)
    if stop(legal):
        return memory, legal, frame, order
    memory = mark(legal, memory, frame, NONE)
    memory, frame, order = release(legal, memory, frame, order)
    return memory, legal, frame, order


def given_half(order: Word, source: Word, source_order: Word, upper: Truth) -> Word:
    """Which piece of the source is given: its first, or the upper half of the last split.

    Source: an 8 KiB request met from 64 KiB as 64 = 32 + 32, the low 32 = 16 + 16, the lowest 16 = 8 + 8, and the
    upper 8 KiB given; Linux gives the lower half.
    """
    return source + where(upper & (order < source_order), size_of(order), ZERO)


def smallest_listed(memory: Memory, order: Word) -> Word:
    """The smallest order from `order` up whose list holds a block; above `top` where there is none."""
    found = where(order <= memory.top, order, memory.top + ONE)
    for _ in range(ORDERS):
        searching = (found <= memory.top) & is_empty(memory.link, memory.room, found)
        if stop(searching):
            break
        found = where(searching, found + ONE, found)
    return found


def allocate(memory: Memory, order: Word, upper: Truth) -> tuple[Memory, Truth, Word]:
    """Take a block of `order` out of the first block of the smallest sufficient list.

    Returns the memory, whether there was one, and the first frame given.
    """
    source_order = smallest_listed(memory, order)
    done = source_order <= memory.top
    sentinel = sentinel_of(memory.room, where(done, source_order, ZERO))
    source = where(done, next_of(memory.link, sentinel), ZERO)
    frame = given_half(where(done, order, ZERO), source, where(done, source_order, ZERO), upper)
    if stop(done):
        return memory, done, frame
    memory = claim(done, memory, frame, where(done, order, ZERO), where(done, source_order, ZERO))
    return memory, done, frame


def admit(memory: Memory, frame: Word, usable: Truth) -> tuple[Memory, Word, Word]:
    """One frame of initialisation: a reserved frame that may be used becomes free."""
    going = usable & (frame < memory.frames) & (load(memory.heads, frame) == RESERVED)
    memory = mark(going, memory, frame, NONE)
    return release(going, memory, frame, ZERO)
