"""Splitting: one round gives back a buddy, and after the last the source is whole again but for the block given."""

from __future__ import annotations

from ...spec.addresses import buddy_of, head_of
from ...spec.algebra import ONE, TRUE, Word, load
from ...spec.buddy import give_back
from ...spec.buddy_laws import aligned, merged
from ...spec.frames import NONE, Memory, is_free, is_head
from .obligation import Query, obligation
from .soundness import (
    excess_around,
    is_gap,
    is_kept,
    is_possible,
    is_same_arena,
    is_split,
    is_zoned,
    sound,
    sound_around,
    zoned_beside,
)


@obligation(
    "source-gap",
    "A1",
    "A2",
    "A14",
    says="Inside a free block no other block begins, and the block itself is allowed.",
    without="the laws inside",
)
def source_gap(memory: Memory, frame: Word, source_order: Word) -> Query:
    """What began there would contain a frame of the source."""
    source = head_of(frame, source_order)
    premises = {
        "dimensions": is_possible(memory),
        "the source is free": is_free(source_order) & (load(memory.heads, source) == source_order),
        "the frame is one": frame < memory.room,
        "the laws at the source": sound(memory, source),
        "the laws inside": sound(memory, frame),
    }
    alone = (frame == source) | (load(memory.heads, frame) == NONE)
    zoned = zoned_beside(memory, source, source_order, frame)
    return Query(premises, {"A1": is_gap(memory, source, source_order), "A2": alone, "A14": zoned})


@obligation(
    "split-gap",
    "A2",
    says="While a source is given back, no block begins at the next piece, and no free one around the block given.",
    without="the laws at the buddy",
)
def split_gap(memory: Memory, frame: Word, order: Word, level: Word, source_order: Word) -> Query:
    """The piece lies in the gap; and the hole around `frame` holds a live block."""
    hole = head_of(frame, level)
    buddy = buddy_of(hole, level)
    premises = {
        "dimensions": is_possible(memory),
        "the source is split below the level": is_split(memory, frame, order, level, source_order),
        "the source is larger": level < source_order,
        "the laws at the block": sound_around(memory, frame, level, source_order, frame),
        "the laws at the buddy": sound_around(memory, frame, level, source_order, buddy),
    }
    empty = (load(memory.heads, buddy) == NONE) & (load(memory.heads, hole) != level)
    return Query(premises, {"A2": empty & (buddy < memory.frames)})


@obligation(
    "give-back",
    "A1",
    "A2",
    "A3",
    "A4",
    "A7",
    "A9",
    "A14",
    says="One round of splitting keeps every law around the block that is given, and raises the level by one.",
    without="the source is split below the level",
)
def give_back_round(memory: Memory, frame: Word, order: Word, level: Word, source_order: Word, point: Word) -> Query:
    """The gap is the source without the hole around `frame`; the round halves the rest of it."""
    source, hole = head_of(frame, source_order), head_of(frame, level)
    buddy = buddy_of(hole, level)
    premises = {
        "dimensions": is_possible(memory),
        "the source is split below the level": is_split(memory, frame, order, level, source_order),
        "the source is larger": level < source_order,
        "the laws at the point": sound_around(memory, frame, level, source_order, point),
        "no block begins at the buddy": load(memory.heads, buddy) == NONE,
        "no free block is in the hole": load(memory.heads, hole) != level,
        "the buddy is in the source's zone": zoned_beside(memory, source, source_order, buddy),
        "the point is a frame": point < memory.room,
    }
    after, higher = give_back(TRUE, memory, frame, level)
    meant = is_head(load(after.heads, point)) & is_same_arena(memory, after, point)
    goals = {
        "A1": aligned(after, point) & meant & is_split(after, frame, order, higher, source_order),
        "A2": excess_around(after, frame, higher, source_order, point) <= ONE,
        "A3": excess_around(after, frame, higher, source_order, point) >= ONE,
        "A4": merged(after, point),
        "A7": is_kept(memory, after, point),
        "A9": higher == level + ONE,
        "A14": is_zoned(after, point) & zoned_beside(after, source, source_order, point),
    }
    return Query(premises, goals)


@obligation(
    "given-back",
    "A1",
    "A2",
    "A3",
    "A4",
    "A14",
    says="When all pieces up to the source's order are given back, every law holds again.",
    without="nothing is left to give back",
)
def given_back(memory: Memory, frame: Word, level: Word, source_order: Word, point: Word) -> Query:
    """At the source's own order the hole is as large as the source, and no gap is left."""
    premises = {
        "nothing is left to give back": level == source_order,
        "the laws at the point": sound_around(memory, frame, level, source_order, point),
    }
    return Query(premises, {"A1 A2 A3 A4 A14": sound(memory, point)})
