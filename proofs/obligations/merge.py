"""Merging: one round takes in a buddy, and the last block is inserted."""

from __future__ import annotations

from ...spec.addresses import buddy_of
from ...spec.algebra import ONE, TRUE, Truth, Word, invert, load
from ...spec.buddy import absorb, can_merge, insert
from ...spec.buddy_laws import aligned, bounded, merged
from ...spec.frames import NONE, Memory, blocks_over, is_head
from .obligation import Query, obligation
from .soundness import (
    count_beside,
    is_gap,
    is_kept,
    is_possible,
    is_same_arena,
    is_zoned,
    sound_beside,
    zoned_beside,
)


@obligation(
    "absorb",
    "A1",
    "A2",
    "A3",
    "A4",
    "A7",
    "A11",
    "A14",
    says="One round of merging keeps every law beside the block that is being released, and raises its order by one.",
    without="the laws at the point",
)
def absorb_round(memory: Memory, frame: Word, order: Word, point: Word) -> Query:
    """The law is weakened by one excluded block, before the round and, twice as large, after it."""
    premises = {
        "dimensions": is_possible(memory),
        "the block may be there": is_gap(memory, frame, order),
        "the buddy is to be merged": can_merge(memory, frame, order),
        "the laws at the point": sound_beside(memory, frame, order, point),
        "the laws at the buddy": sound_beside(memory, frame, order, buddy_of(frame, order)),
        "the point is a frame": point < memory.room,
    }
    after, parent, larger = absorb(TRUE, memory, frame, order)
    meant = is_head(load(after.heads, point)) & is_same_arena(memory, after, point)
    goals = {
        "A1": aligned(after, point) & is_gap(after, parent, larger) & meant,
        "A2": count_beside(after, parent, larger, point) <= ONE,
        "A3": count_beside(after, parent, larger, point) >= ONE,
        "A4": merged(after, point),
        "A7": is_kept(memory, after, point),
        "A11": larger == order + ONE,
        "A14": is_zoned(after, point) & zoned_beside(after, parent, larger, point),
    }
    return Query(premises, goals)


@obligation(
    "merge-gap",
    "A2",
    says="No block begins at the block that is being released.",
    without="the laws at the block",
)
def merge_gap(memory: Memory, frame: Word, order: Word) -> Query:
    """What began there would contain the first frame of the gap."""
    premises = {
        "dimensions": is_possible(memory),
        "the block may be there": is_gap(memory, frame, order),
        "the laws at the block": sound_beside(memory, frame, order, frame),
    }
    return Query(premises, {"A2": load(memory.heads, frame) == NONE})


@obligation(
    "insert",
    "A1",
    "A2",
    "A3",
    "A4",
    "A7",
    "A14",
    says="Inserting a block that has no buddy to absorb restores every law.",
    without="nothing to merge",
)
def insert_last(memory: Memory, frame: Word, order: Word, point: Word) -> Query:
    """What stops the merging is exactly what A4 needs."""
    premises = {
        "dimensions": is_possible(memory),
        "the block may be there": is_gap(memory, frame, order),
        "nothing to merge": invert(can_merge(memory, frame, order)),
        "the laws at the point": sound_beside(memory, frame, order, point),
        "no block begins there": load(memory.heads, frame) == NONE,
        "the point is a frame": point < memory.room,
    }
    return Query(premises, _inserted(memory, insert(TRUE, memory, frame, order), point))


def _inserted(memory: Memory, after: Memory, point: Word) -> dict[str, Truth]:
    meant = is_head(load(after.heads, point)) & is_same_arena(memory, after, point)
    return {
        "A1": aligned(after, point) & meant,
        "A2": blocks_over(after.heads, point) <= ONE,
        "A3": blocks_over(after.heads, point) >= ONE,
        "A4": merged(after, point),
        "A7": is_kept(memory, after, point),
        "A14": is_zoned(after, point),
    }


@obligation(
    "below-top",
    "A11",
    says="Only a block below the largest order is ever merged.",
    without="the buddy is to be merged",
)
def below_top(memory: Memory, frame: Word, order: Word) -> Query:
    """So the order, raised in each round, ends the merging."""
    return Query({"the buddy is to be merged": can_merge(memory, frame, order)}, {"A11": order < memory.top})


@obligation(
    "insert-bounded",
    "A11",
    says="The block that a release leaves behind has no buddy to absorb.",
    without="nothing to merge",
)
def insert_bounded(memory: Memory, frame: Word, order: Word) -> Query:
    """Inserting a block does not give it a buddy."""
    premises = {
        "dimensions": is_possible(memory),
        "the block may be there": is_gap(memory, frame, order),
        "nothing to merge": invert(can_merge(memory, frame, order)),
    }
    return Query(premises, {"A11": bounded(insert(TRUE, memory, frame, order), frame, order)})
