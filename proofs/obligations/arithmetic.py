"""Arithmetic: buddies, parents and halves at every frame number, and zones at every grain."""

from __future__ import annotations

from ...spec.addresses import buddy_of, head_of, is_aligned, last_of, mask_of, parent_of, size_of
from ...spec.algebra import ONE, ZERO, Word
from ...spec.buddy_laws import involution
from ...spec.frames import MAX_ORDER, Memory, zone_of
from .obligation import Query, obligation
from .soundness import is_within


@obligation(
    "buddies",
    "A12",
    says="The buddy of the buddy is the block itself; both are aligned, differ, and make up the parent.",
    without="the block is aligned",
)
def buddies(frame: Word, order: Word) -> Query:
    """A12 as registered, and that a block begins where it begins."""
    buddy = buddy_of(frame, order)
    premises = {"the order exists": order <= MAX_ORDER, "the block is aligned": is_aligned(frame, order)}
    begins = (head_of(frame, order) == frame) & (head_of(buddy, order) == buddy)
    distance = (frame | buddy) - parent_of(frame, order) == size_of(order)
    return Query(premises, {"A12": involution(frame, order) & begins & distance})


@obligation(
    "halves",
    "A12",
    says="Splitting and merging are inverse: a frame is in the parent exactly if it is in one of the two halves.",
    without="the point is in one of them",
)
def halves(frame: Word, order: Word, point: Word) -> Query:
    """The parent's frames are those of the block and of its buddy, and no frame is in both."""
    buddy, parent = buddy_of(frame, order), parent_of(frame, order)
    here, there = is_within(point, frame, order), is_within(point, buddy, order)
    above = is_within(point, parent, order + ONE)
    premises = {
        "the order exists": order < MAX_ORDER,
        "the block is aligned": is_aligned(frame, order),
        "the point is in one of them": above | here | there,
    }
    doubled = size_of(order) + size_of(order) == size_of(order + ONE)
    return Query(premises, {"A12": above & (here != there) & doubled})


@obligation(
    "extent",
    "A12",
    says="A block is the frames from its first to its last, as many as its size says; masks and intervals agree.",
    without="the block is aligned",
)
def extent(frame: Word, order: Word, point: Word) -> Query:
    """Membership by mask is membership by interval, also for the last block of the address space."""
    last = last_of(frame, order)
    premises = {"the order exists": order <= MAX_ORDER, "the block is aligned": is_aligned(frame, order)}
    between = (frame <= point) & (point <= last)
    sized = (last - frame == mask_of(order)) & (size_of(order) - ONE == mask_of(order)) & (size_of(ZERO) == ONE)
    return Query(premises, {"A12": (is_within(point, frame, order) == between) & sized})


@obligation(
    "zones",
    "A14",
    says="All frames for which one entry of the zones speaks are in one zone.",
    without="one entry speaks for both",
)
def zones(memory: Memory, grain: Word, frame: Word, point: Word) -> Query:
    """Every other obligation takes one entry for each frame; this one lets that stand for any grain."""
    coarse = memory._replace(grain=grain)
    premises = {"one entry speaks for both": head_of(frame, grain) == head_of(point, grain)}
    return Query(premises, {"A14": zone_of(coarse, frame) == zone_of(coarse, point)})
