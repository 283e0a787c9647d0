"""The laws of the buddy system, A1 to A14, each at one point.

State laws take the memory and a frame (A5: a node). Step laws take the state before, the state after, the call, and
a frame at which the two are compared. None of them mentions how a step is done.
"""

from __future__ import annotations

from .addresses import buddy_of, head_of, is_aligned, last_of, parent_of
from .algebra import ONE, ZERO, Truth, Word, implies, invert, load, where
from .buddy import is_suitable
from .frames import (
    NONE,
    ORDERS,
    RESERVED,
    Memory,
    blocks_over,
    free_order_over,
    free_over,
    is_free,
    is_head,
    is_live,
    order_of,
    zone_of,
)
from .freelist import next_of, previous_of
from .law import Scope, law

CONTRACT = "frames"


@law(
    "A1",
    "aligned",
    contract=CONTRACT,
    statement="Every block begins at a multiple of its size and lies inside the arena.",
    source="K2: all sizes are powers of two and every block has one buddy next to it (Knuth, TAOCP 1, 2.5).",
    scope=Scope.STATE,
)
def aligned(memory: Memory, frame: Word) -> Truth:
    """The block that begins at `frame`, if any, is aligned, no larger than allowed, and ends inside the arena."""
    head = load(memory.heads, frame)
    order = where(is_free(head) | is_live(head), order_of(head), ZERO)
    is_block = is_free(head) | is_live(head)
    fits = (order <= memory.top) & is_aligned(frame, order) & (last_of(frame, order) < memory.frames)
    return implies(is_block, fits)


@law(
    "A2",
    "disjoint",
    contract=CONTRACT,
    statement="No frame is in two blocks: free, live and reserved blocks are disjoint.",
    source="Laws of the suite: every frame is in exactly one state; a frame is never given out twice (Linux mm).",
    scope=Scope.STATE,
)
def disjoint(memory: Memory, frame: Word) -> Truth:
    """At most one block contains `frame`."""
    return blocks_over(memory.heads, frame) <= ONE


@law(
    "A3",
    "conserved",
    contract=CONTRACT,
    statement="No frame is lost: every frame is in a free, live or reserved block.",
    source="Laws of the suite: no frame is lost or made up (Linux: free + allocated + reserved = present pages).",
    scope=Scope.STATE,
)
def conserved(memory: Memory, frame: Word) -> Truth:
    """At least one block contains `frame`."""
    return blocks_over(memory.heads, frame) >= ONE


@law(
    "A4",
    "merged",
    contract=CONTRACT,
    statement="No two free buddies of one order, unless a barrier lies between them.",
    source="K3: a freed block whose buddy is free too is merged, and so on upward (Knuth, algorithm S).",
    scope=Scope.STATE,
)
def merged(memory: Memory, frame: Word) -> Truth:
    """The free block that begins at `frame`, if any, has no buddy to be merged with."""
    head = load(memory.heads, frame)
    has_buddy = is_free(head) & (head < memory.top)
    buddy = where(has_buddy, buddy_of(frame, where(has_buddy, head, ZERO)), frame)
    apart = zone_of(memory, frame) != zone_of(memory, buddy)
    return implies(has_buddy, (load(memory.heads, buddy) != head) | apart)


@law(
    "A5",
    "listed",
    contract=CONTRACT,
    statement="A block is in the free list of its order, once, exactly if it is free.",
    source="K2: a free list per size; Linux `struct free_area`.",
    scope=Scope.STATE,
)
def listed(memory: Memory, node: Word) -> Truth:
    """The neighbours of `node` in its list point back at it and belong to the list of the same order.

    `node` is a frame, or from `room` on a sentinel. Frames at which no free block begins have no duty here; that
    they are in no list follows from the law at those that are.
    """
    head = load(memory.heads, where(node < memory.room, node, ZERO))
    member = (node >= memory.room) | is_free(head)
    after = next_of(memory.link, node)
    before = previous_of(memory.link, node)
    known = _is_node(memory, after) & _is_node(memory, before)
    back = (_previous_of_node(memory, after) == node) & (_next_of_node(memory, before) == node)
    order = _list_of(memory, node)
    same = (_list_of(memory, after) == order) & (_list_of(memory, before) == order)
    return is_head(head) & implies(member, known & back & same)


def _is_node(memory: Memory, node: Word) -> Truth:
    return node < memory.room + ORDERS


def _list_of(memory: Memory, node: Word) -> Word:
    """The order whose list `node` belongs in; no order where it is a frame that begins no free block."""
    head = load(memory.heads, where(node < memory.room, node, ZERO))
    return where(node < memory.room, head, node - where(node < memory.room, ZERO, memory.room))


def _next_of_node(memory: Memory, node: Word) -> Word:
    return next_of(memory.link, where(_is_node(memory, node), node, memory.room))


def _previous_of_node(memory: Memory, node: Word) -> Word:
    return previous_of(memory.link, where(_is_node(memory, node), node, memory.room))


@law(
    "A14",
    "uncrossed",
    contract=CONTRACT,
    statement="No free block lies across a barrier: all its frames are in one zone.",
    source="Linux commit d9dddbf55667: pageblocks of different migrate types, and zones, are never merged.",
    scope=Scope.STATE,
)
def uncrossed(memory: Memory, frame: Word) -> Truth:
    """`frame` is in the same zone as the first frame of the free block around it, if any."""
    order = free_order_over(memory.heads, frame)
    inside = order != NONE
    head = where(inside, head_of(frame, where(inside, order, ZERO)), frame)
    return zone_of(memory, head) == zone_of(memory, frame)


@law(
    "A6",
    "complete",
    contract=CONTRACT,
    statement="Allocate fails exactly if no free block is as large as the request.",
    source="K3: a free block of the exact size, else a larger one is split; so only their absence is a failure.",
    scope=Scope.ALLOCATE,
)
def complete(memory: Memory, order: Word, done: Truth, source: Word) -> Truth:
    """A refused request could not have been met from `source`; `memory` is the state before."""
    return implies(invert(done), invert(is_suitable(memory, order, source)))


@law(
    "A7",
    "order-independent",
    contract=CONTRACT,
    statement="The free blocks are a function of the live ones: freeing what was allocated restores the state.",
    source="Laws of the suite: buddy merge correct, the set of free blocks is a function of the allocated ones.",
    scope=Scope.FREE,
)
def unchanged(before: Memory, after: Memory, frame: Word) -> Truth:
    """The same block begins at `frame` in both states."""
    return load(before.heads, frame) == load(after.heads, frame)


@law(
    "A8",
    "refused",
    contract=CONTRACT,
    statement="A free of what is not live (twice, misaligned, wrong order, outside) is refused and changes nothing.",
    source="Linux `free_pages` on a bad page is a bug report; seL4 and hypervisors refuse; ValueError in the contract.",
    scope=Scope.FREE,
)
def refused(before: Memory, after: Memory, frame: Word, order: Word, legal: Truth, point: Word) -> Truth:
    """The call was granted exactly if the block is live, and if not, `point` is as before."""
    known = frame < before.frames
    head = load(before.heads, where(known, frame, ZERO))
    live = known & is_live(head) & (order_of(head) == order)
    return (legal == live) & implies(invert(legal), unchanged(before, after, point))


@law(
    "A9",
    "atomic",
    contract=CONTRACT,
    statement="An allocate that fails, even half-way, changes nothing.",
    source="llfree-c commit 970bb3d: a claim of several steps that was not undone on failure lost frames.",
    scope=Scope.ALLOCATE,
)
def atomic(before: Memory, after: Memory, done: Truth, point: Word) -> Truth:
    """After a failure the same block begins at `point` as before."""
    return implies(invert(done), unchanged(before, after, point))


@law(
    "A10",
    "initialised",
    contract=CONTRACT,
    statement="Initialisation frees exactly the usable frames, whatever the start, the end and the holes.",
    source="K2: all physical pages in 4 KiB units; Linux `memblock_free_all`; rcore's allocator failed at start 0.",
    scope=Scope.INITIALISE,
)
def initialised(memory: Memory, frame: Word, usable: Truth) -> Truth:
    """`frame` is in a free block exactly if it exists and is usable; otherwise it is reserved."""
    free = free_over(memory.heads, frame) == ONE
    wanted = usable & (frame < memory.frames)
    return (free == wanted) & implies(invert(wanted), load(memory.heads, frame) == RESERVED)


@law(
    "A11",
    "bounded",
    contract=CONTRACT,
    statement="Merging ends within one round for each order: nothing is left to absorb, and every call answers.",
    source="K3: merging goes upward; each round raises the order, and there is a largest (Zephyr 14504 never ended).",
    scope=Scope.FREE,
)
def bounded(memory: Memory, frame: Word, order: Word) -> Truth:
    """The free block that a free left behind is there, its order exists, and it has no buddy left to absorb."""
    return (order <= memory.top) & (load(memory.heads, frame) == order) & merged(memory, frame)


@law(
    "A12",
    "involution",
    contract=CONTRACT,
    statement="The buddy of a block's buddy is the block, and buddies are disjoint, aligned and share their parent.",
    source="K2: every block has one buddy next to it; Knuth, TAOCP 1, 2.5, equation (10).",
    scope=Scope.ARITHMETIC,
)
def involution(frame: Word, order: Word) -> Truth:
    """For an aligned block: one other block of its order is its buddy, and both lie in one parent."""
    buddy = buddy_of(frame, order)
    parent = parent_of(frame, order)
    pair = (buddy_of(buddy, order) == frame) & (buddy != frame) & (parent_of(buddy, order) == parent)
    placed = is_aligned(buddy, order) & is_aligned(parent, order + ONE)
    within = (head_of(frame, order + ONE) == parent) & (head_of(buddy, order + ONE) == parent)
    return implies(is_aligned(frame, order), pair & placed & within)


@law(
    "A13.smallest",
    "smallest-sufficient",
    contract=CONTRACT,
    statement="Policy: the block that is split is of the smallest order that suffices.",
    source="K3: a free block of the exact size, else split a larger one until it fits (Knuth, algorithm R).",
    scope=Scope.POLICY,
)
def smallest_sufficient(memory: Memory, order: Word, source_order: Word, point: Word) -> Truth:
    """No free block at `point` would have sufficed with a smaller order than the source's."""
    head = load(memory.heads, point)
    return implies(is_free(head) & (head >= order), head >= source_order)


@law(
    "A13.lowest",
    "lowest-address",
    contract=CONTRACT,
    statement="Policy: among free blocks of the order that is taken, the one at the lowest address.",
    source="Knuth, TAOCP 1, 2.5: lists kept in order of address; first fit by address.",
    scope=Scope.POLICY,
)
def lowest_address(memory: Memory, source: Word, point: Word) -> Truth:
    """No free block of the source's order begins at `point` if that is below the source."""
    same = load(memory.heads, point) == load(memory.heads, source)
    return implies(same, point >= source)


@law(
    "A13.lower",
    "lower-half",
    contract=CONTRACT,
    statement="Policy: a split gives its lower half.",
    source="K4: which half is given is policy; Linux gives the lower one (`expand`).",
    scope=Scope.POLICY,
)
def lower_half(order: Word, source: Word, source_order: Word, frame: Word) -> Truth:
    """The block given begins where the source begins."""
    return (frame == source) & (order <= source_order)


@law(
    "A13.upper",
    "upper-half",
    contract=CONTRACT,
    statement="Policy: low halves are split on, and the upper half of the last split is given.",
    source="K4: 8 KiB out of 64 KiB: 32 + 32, 16 + 16, 8 + 8, and the upper 8 KiB is given.",
    scope=Scope.POLICY,
)
def upper_half(order: Word, source: Word, source_order: Word, frame: Word) -> Truth:
    """The block given is the second of its order in the source, or the source itself."""
    return frame == where(order < source_order, buddy_of(source, where(order < source_order, order, ZERO)), source)
