"""Completeness: a refusal is right, free frames are never hidden in pieces, and live blocks fix the free ones.

That a wholly free, aligned block of order k in one zone lies in *one* free block is an induction over k: for k = 0 it
is what "free" means, and two halves that lie in free blocks of their own order would be free buddies, against A4.
"""

from __future__ import annotations

from ...spec.addresses import buddy_of, head_of, is_aligned
from ...spec.algebra import FALSE, ONE, TRUE, ZERO, Truth, Word, implies, invert, load
from ...spec.buddy import allocate, free
from ...spec.buddy_laws import aligned, atomic, complete, merged, refused, unchanged
from ...spec.frames import ORDERS, Memory, free_over, is_free, zone_of
from ...spec.freelist import is_empty, next_of, previous_of
from .obligation import Query, obligation
from .soundness import is_covered, is_kept_over, is_possible, is_same_arena, is_within, sound


def is_found(memory: Memory, point: Word) -> Truth:
    """If a free block begins at `point`, the list of its order is not empty."""
    head = load(memory.heads, point)
    return implies(is_free(head), invert(is_empty(memory.link, memory.room, head)))


def is_same_link(before: Memory, after: Memory, node: Word) -> Truth:
    """The neighbours of `node` are as before."""
    ahead = next_of(before.link, node) == next_of(after.link, node)
    return ahead & (previous_of(before.link, node) == previous_of(after.link, node))


@obligation(
    "allocate-complete",
    "A6",
    says="Allocate refuses only if no free block, at whatever frame, is as large as the request.",
    without="blocks are found in their lists",
)
def allocate_complete(memory: Memory, called_order: Word, upper: Truth, point: Word) -> Query:
    """Every list from the order of the request up was empty, and a free block's list is not."""
    premises = {
        "dimensions": is_possible(memory),
        "the point is a frame": point < memory.room,
        "the block is allowed": aligned(memory, point),
        "blocks are found in their lists": is_found(memory, point),
    }
    _, done, _ = allocate(memory, called_order, upper)
    return Query(premises, {"A6": complete(memory, called_order, done, point)})


@obligation(
    "allocate-order",
    "A6",
    says="Only a request for an order that exists is met.",
    without="the request was met",
)
def allocate_order(memory: Memory, called_order: Word, upper: Truth) -> Query:
    """So whatever else is said of a request that was met needs to be said of the orders that exist."""
    _, done, _ = allocate(memory, called_order, upper)
    premises = {"dimensions": is_possible(memory), "the request was met": done}
    return Query(premises, {"A6": called_order <= memory.top})


@obligation(
    "allocate-atomic",
    "A9",
    says="An allocate that fails leaves every frame and every node as it was.",
    without="the request was refused",
)
def allocate_atomic(memory: Memory, called_order: Word, upper: Truth, point: Word, node: Word) -> Query:
    """The whole step, all ten rounds of it."""
    after, done, _ = allocate(memory, called_order, upper)
    premises = {"dimensions": is_possible(memory), "the request was refused": invert(done)}
    same = is_same_link(memory, after, node) & is_same_arena(memory, after, point)
    return Query(premises, {"A9": atomic(memory, after, done, point) & unchanged(memory, after, point) & same})


@obligation(
    "free-refused",
    "A8",
    says="A free is legal exactly if that very block is live; any other leaves every frame and node as it was.",
    without="live blocks are allowed",
)
def free_refused(memory: Memory, called_frame: Word, called_order: Word, point: Word, node: Word) -> Query:
    """The whole step, all ten rounds of it, for any frame number and any order."""
    after, legal, _, _ = free(memory, called_frame, called_order)
    premises = {"dimensions": is_possible(memory), "live blocks are allowed": aligned(memory, called_frame)}
    same = is_same_link(memory, after, node) & is_same_arena(memory, after, point)
    goal = refused(memory, after, called_frame, called_order, legal, point) & implies(invert(legal), same)
    return Query(premises, {"A8": goal})


@obligation(
    "coalesced-frame",
    "A6",
    says="A free frame lies in a free block of at least order 0.",
    without="the frame is free",
)
def coalesced_frame(memory: Memory, point: Word) -> Query:
    """Where the induction over the orders begins."""
    premises = {"the frame is free": free_over(memory.heads, point) >= ONE}
    return Query(premises, {"A6": is_covered(memory, point, ZERO)})


@obligation(
    "coalesced-block",
    "A6",
    "A4",
    says="If both halves of a block lie in free blocks of at least their order, in one zone, so does the block.",
    without="the law of merging",
)
def coalesced_block(memory: Memory, frame: Word, order: Word) -> Query:
    """From one order to the next: two halves that are blocks of their own would be unmerged buddies."""
    buddy = buddy_of(frame, order)
    premises = {
        "dimensions": is_possible(memory),
        "there is a larger order": order < memory.top,
        "the block is aligned": is_aligned(frame, order + ONE),
        "one zone": zone_of(memory, frame) == zone_of(memory, buddy),
        "the lower half": is_covered(memory, frame, order),
        "the upper half": is_covered(memory, buddy, order),
        "the law of merging": merged(memory, frame),
    }
    return Query(premises, {"A6 A4": is_covered(memory, frame, order + ONE)})


@obligation(
    "refusal-means-none",
    "A6",
    says="After a refusal no free block of at least that order contains any frame.",
    without="no block suffices",
)
def refusal_means_none(memory: Memory, frame: Word, order: Word) -> Query:
    """A6 at every place where a block around `frame` may begin."""
    none = TRUE
    level = ZERO
    for _ in range(ORDERS):
        none = none & complete(memory, order, FALSE, head_of(frame, level))
        level = level + ONE
    premises = {"the order exists": order <= memory.top, "no block suffices": none}
    return Query(premises, {"A6": invert(is_covered(memory, frame, order))})


@obligation(
    "free-elsewhere",
    "A7",
    says="If two states have the same live and reserved blocks, what is free in one is free in the other.",
    without="the same blocks are live",
)
def free_elsewhere(memory: Memory, memory_other: Memory, frame: Word, point: Word) -> Query:
    """So each free block of one state is wholly free, and in one zone, in the other."""
    other = memory._replace(heads=memory_other.heads, link=memory_other.link)
    order = load(memory.heads, frame)
    premises = {
        "dimensions": is_possible(memory),
        "a free block begins at the frame": is_free(order) & (frame < memory.room),
        "the point is in it": is_within(point, frame, order) & (point < memory.room),
        "the laws here": sound(memory, point),
        "the laws there": sound(other, point),
        "the same blocks are live": is_kept_over(memory, other, point),
    }
    zoned = zone_of(other, frame) == zone_of(other, point)
    return Query(premises, {"A7": (free_over(other.heads, point) == ONE) & zoned})


@obligation(
    "free-set-determined",
    "A7",
    says="Two states with the same live and reserved blocks have the same free blocks.",
    without="covered here",
)
def free_set_determined(memory: Memory, memory_other: Memory, frame: Word) -> Query:
    """A block of one lies in one of the other, which lies in one of the first: all three are the same."""
    other = memory._replace(heads=memory_other.heads, link=memory_other.link)
    order = load(memory.heads, frame)
    back = TRUE
    level = ZERO
    for _ in range(ORDERS):
        head = head_of(frame, level)
        back = back & implies(load(other.heads, head) == level, is_covered(memory, head, level))
        level = level + ONE
    premises = {
        "dimensions": is_possible(memory),
        "a free block begins at the frame": is_free(order) & (frame < memory.room),
        "the laws here": sound(memory, frame),
        "covered there": is_covered(other, frame, order),
        "covered here": back,
    }
    return Query(premises, {"A7": unchanged(memory, other, frame)})
