"""Free lists: neighbours point back at each other after each step, and no ring is cut off from its sentinel."""

from __future__ import annotations

from ...spec.algebra import TRUE, ZERO, Truth, Word, Words, implies, invert, load, store_if, where
from ...spec.buddy import insert, remove
from ...spec.buddy_laws import listed
from ...spec.frames import NONE, Memory, is_free
from ...spec.freelist import is_empty, next_of, sentinel_of
from .obligation import Query, obligation
from .soundness import is_dated, is_gap, is_node, is_possible


def is_listed(memory: Memory, node: Word) -> Truth:
    """A5 at `node`, if it is one."""
    return implies(is_node(memory, node), listed(memory, node))


def is_chained(memory: Memory, dates: Words, node: Word) -> Truth:
    """A5 at `node`, and that dates fall from it on."""
    return is_listed(memory, node) & implies(is_node(memory, node), is_dated(memory, dates, node))


@obligation(
    "remove-lists",
    "A5",
    says="Removing takes a free block out of its list and leaves all other neighbours as they were.",
    without="the list at the block",
    apart=True,
)
def remove_lists(memory: Memory, frame: Word, dates: Words, node: Word) -> Query:
    """The neighbours of the block that leaves become each other's."""
    premises = {
        "dimensions": is_possible(memory),
        "a free block begins there": is_free(load(memory.heads, frame)) & (frame < memory.room),
        "the list at the block": is_chained(memory, dates, frame),
        "the list at the node": is_chained(memory, dates, node),
        "the node is one": is_node(memory, node),
    }
    after = remove(TRUE, memory, frame)
    return Query(premises, {"A5": listed(after, node) & is_dated(after, dates, node)})


@obligation(
    "insert-lists",
    "A5",
    says="Inserting puts the block in front of the list of its order, and nowhere else.",
    without="no block begins there",
    apart=True,
)
def insert_lists(memory: Memory, frame: Word, order: Word, dates: Words, today: Word, node: Word) -> Query:
    """The new block is dated later than all others."""
    sentinel = sentinel_of(memory.room, order)
    first = next_of(memory.link, sentinel)
    premises = {
        "dimensions": is_possible(memory),
        "the block may be there": is_gap(memory, frame, order),
        "no block begins there": load(memory.heads, frame) == NONE,
        "the list of the order": is_listed(memory, sentinel) & (load(dates, first) < today),
        "the list at the node": is_chained(memory, dates, node),
        "the node is one": is_node(memory, node),
    }
    after = insert(TRUE, memory, frame, order)
    later = store_if(TRUE, dates, frame, today)
    return Query(premises, {"A5": listed(after, node) & is_dated(after, later, node)})


@obligation(
    "reachable",
    "A5",
    "A6",
    says="A list is not empty if a block is in it: by induction over the dates, from the back of the list.",
    without="the dates fall",
)
def reachable(memory: Memory, dates: Words, node: Word) -> Query:
    """The last block has the sentinel after it; any other has a block after it for which the claim is known."""
    order = load(memory.heads, where(node < memory.room, node, ZERO))
    after = next_of(memory.link, node)
    known = (after < memory.room) & (load(dates, after) < load(dates, node))
    order_after = load(memory.heads, where(after < memory.room, after, ZERO))
    premises = {
        "dimensions": is_possible(memory),
        "a free block begins at the node": (node < memory.room) & is_free(order),
        "the list at the node": is_listed(memory, node),
        "the list of the order": is_listed(memory, sentinel_of(memory.room, where(is_free(order), order, ZERO))),
        "the dates fall": is_dated(memory, dates, node),
        "the claim for the block after": implies(
            known & is_free(order_after), invert(is_empty(memory.link, memory.room, order_after))
        ),
    }
    return Query(premises, {"A5 A6": invert(is_empty(memory.link, memory.room, order))})
