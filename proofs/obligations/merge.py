"""Merging: one round takes in a buddy, and the last block is inserted; so a release of any length is sound."""

from __future__ import annotations

from ...spec.addresses import buddy_of
from ...spec.algebra import ONE, TRUE, ZERO, Word, implies, invert, load, where
from ...spec.buddy import absorb, can_merge, insert
from ...spec.buddy_laws import aligned, merged, uncrossed
from ...spec.frames import Memory, blocks_over, zone_of
from .obligation import Query, obligation
from .soundness import is_gap, is_kept_together, is_possible, is_within, sound, sound_beside


@obligation(
    "absorb-frames",
    "A1",
    "A2",
    "A3",
    "A4",
    "A14",
    says="One round of merging keeps every law beside the block that is being released.",
    without="the laws at the point",
)
def absorb_frames(memory: Memory, frame: Word, order: Word, point: Word) -> Query:
    buddy = buddy_of(frame, order)
    premises = {
        "dimensions": is_possible(memory),
        "the block may be there": is_gap(memory, frame, order),
        "the buddy is to be merged": can_merge(memory, frame, order),
        "the laws at the point": sound_beside(memory, frame, order, point),
        "the laws at the buddy": sound_beside(memory, frame, order, buddy),
        "the point is a frame": point < memory.room,
    }
    after, parent, larger = absorb(TRUE, memory, frame, order)
    inside = is_within(point, parent, larger)
    count = blocks_over(after.heads, point) + where(inside, ONE, ZERO)
    zoned = implies(inside, zone_of(after, parent) == zone_of(after, point))
    goals = {
        "A1": aligned(after, point) & is_gap(after, parent, larger),
        "A2": count <= ONE,
        "A3": count >= ONE,
        "A4": merged(after, point),
        "A14": uncrossed(after, point) & zoned & is_kept_together(after, point),
    }
    return Query(premises, goals)


@obligation(
    "insert-frames",
    "A1",
    "A2",
    "A3",
    "A4",
    "A14",
    says="Inserting a block that has no buddy to absorb restores every law.",
    without="nothing to merge",
)
def insert_frames(memory: Memory, frame: Word, order: Word, point: Word) -> Query:
    premises = {
        "dimensions": is_possible(memory),
        "the block may be there": is_gap(memory, frame, order),
        "nothing to merge": invert(can_merge(memory, frame, order)),
        "the laws at the point": sound_beside(memory, frame, order, point),
        "the laws at the block": sound_beside(memory, frame, order, frame),
        "the point is a frame": point < memory.room,
    }
    after = insert(TRUE, memory, frame, order)
    goals = {
        "A1": aligned(after, point),
        "A2": blocks_over(after.heads, point) <= ONE,
        "A3": blocks_over(after.heads, point) >= ONE,
        "A4": merged(after, point),
        "A14": uncrossed(after, point) & is_kept_together(after, point),
    }
    return Query(premises, goals)
