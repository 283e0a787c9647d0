"""Where the laws are asked in large runs, and which of them are broken there, as bits.

Nothing here restates a law. Each function names the points at which a call or a state is held against the
specification's laws, and gives a bit for each law that does not hold (`LAW_BITS`), zero where all do.
"""

from __future__ import annotations

from typing import Any

from ...spec.addresses import buddy_of, head_of, last_of
from ...spec.algebra import FALSE, ONE, TRUE, ZERO, Truth, Word, load, where
from ...spec.buddy_laws import (
    aligned,
    atomic,
    bounded,
    complete,
    conserved,
    disjoint,
    initialised,
    listed,
    lower_half,
    merged,
    refused,
    smallest_sufficient,
    unchanged,
    uncrossed,
    upper_half,
)
from ...spec.frames import NONE, ORDERS, Memory, free_order_over
from ...spec.freelist import next_of, sentinel_of
from .backend import word

ALIGNED = 0x1
DISJOINT = 0x2
CONSERVED = 0x4
MERGED = 0x8
LISTED = 0x10
UNCROSSED = 0x20
COMPLETE = 0x40
UNCHANGED = 0x80
REFUSED = 0x100
ATOMIC = 0x200
INITIALISED = 0x400
BOUNDED = 0x800
SMALLEST = 0x1000
LOWER = 0x2000
UPPER = 0x4000

#: Which bit stands for which law.
LAW_BITS = {
    "A1": ALIGNED,
    "A2": DISJOINT,
    "A3": CONSERVED,
    "A4": MERGED,
    "A5": LISTED,
    "A14": UNCROSSED,
    "A6": COMPLETE,
    "A7": UNCHANGED,
    "A8": REFUSED,
    "A9": ATOMIC,
    "A10": INITIALISED,
    "A11": BOUNDED,
    "A13.smallest": SMALLEST,
    "A13.lower": LOWER,
    "A13.upper": UPPER,
}

#: A refused request on a large arena is held against this many frames, which wander with the calls.
WINDOW = 16


def unless(holds: Truth, law: Word) -> Word:
    """The bit of a law that does not hold, otherwise zero."""
    return where(holds, ZERO, law)


def broken_over(memory: Memory, frame: Word) -> Word:
    """The laws on the blocks that contain `frame` that do not hold there."""
    return unless(disjoint(memory, frame), DISJOINT) | unless(conserved(memory, frame), CONSERVED)


def broken_live(memory: Memory, frame: Word, order: Word) -> Word:
    """Whether a block that was given could not be given back: one that is not live would be given again."""
    return unless(refused(memory, memory, frame, order, TRUE, frame), DISJOINT)


def broken_by_given(memory: Memory, frame: Word, order: Word) -> Word:
    """The laws that do not hold around a block that was just given; its buddy tells whether the split was right."""
    if last_of(frame, order) >= memory.room:
        return ALIGNED + ZERO
    beside = where(order < memory.top, buddy_of(frame, order), frame)
    return broken_live(memory, frame, order) | unless(aligned(memory, frame), ALIGNED) | broken_over(memory, beside)


def broken_by_freed(memory: Memory, freed: Word, freed_order: Word, frame: Word, order: Word) -> Word:
    """The laws that do not hold around the free block of `order` at `frame` that the frame `freed` is now part of."""
    if last_of(frame, order) >= memory.room:
        return ALIGNED + ZERO
    broken = unless(bounded(memory, frame, order), BOUNDED)
    # Where nothing was merged the block is the one that was live: what costs more is asked of the others.
    if order != freed_order:
        broken = broken | unless(aligned(memory, frame), ALIGNED) | unless(listed(memory, frame), LISTED)
        broken = broken | broken_over(memory, freed) | unless(uncrossed(memory, freed), UNCROSSED)
    return broken


def broken_by_refusal(memory: Memory, order: Word, index: Word) -> Word:
    """Whether a block that suffices for a refused request is found among a few frames."""
    broken = ZERO
    for step in range(WINDOW):
        source = (index * WINDOW + word(step)) % memory.room
        broken = broken | unless(complete(memory, order, FALSE, source), COMPLETE)
    return broken


def broken_in_state(memory: Memory, frame: Word) -> Word:
    """The laws on a state that do not hold at `frame`."""
    exists = frame < memory.frames
    placed = unless(aligned(memory, frame), ALIGNED) | unless(merged(memory, frame), MERGED)
    covered = unless(disjoint(memory, frame), DISJOINT) | unless(
        conserved(memory, frame) | (exists == FALSE), CONSERVED
    )
    return placed | covered | unless(uncrossed(memory, frame), UNCROSSED) | unless(listed(memory, frame), LISTED)


def broken_lists(memory: Memory) -> Word:
    """A5 whole: its law at every sentinel, and each list walked to its end meets each free block of its order once.

    At single nodes the law also holds in a state that has a ring of blocks that no list leads to; the walk does not
    find those, and their number is missing.
    """
    broken = ZERO
    for level in range(ORDERS):
        order = word(level)
        sentinel = sentinel_of(memory.room, order)
        broken = broken | unless(listed(memory, sentinel), LISTED)
        wanted = ZERO
        for index in range(memory.room):
            wanted = wanted + where(load(memory.heads, word(index)) == order, ONE, ZERO)
        met = ZERO
        node = next_of(memory.link, sentinel)
        while (node < memory.room) & (met <= wanted):
            if load(memory.heads, node) != order:
                return LISTED + ZERO
            met = met + ONE
            node = next_of(memory.link, node)
        broken = broken | unless((node == sentinel) & (met == wanted), LISTED)
    return broken


def broken_by_policy(before: Memory, order: Word, frame: Word, upper: Truth) -> Word:
    """The policies that the block given at `frame` does not follow."""
    source_order = free_order_over(before.heads, frame)
    if source_order == NONE:
        return DISJOINT + ZERO
    source = head_of(frame, source_order)
    broken = unless(upper | lower_half(order, source, source_order, frame), LOWER)
    broken = broken | unless((upper == FALSE) | upper_half(order, source, source_order, frame), UPPER)
    for point in range(before.room):
        broken = broken | unless(smallest_sufficient(before, order, source_order, word(point)), SMALLEST)
    return broken


def broken_by_allocate(before: Memory, after: Memory, order: Word, done: Truth, frame: Word, upper: Truth) -> Word:
    """The laws that an allocate breaks at any frame, and the policies that it does not follow."""
    broken = ZERO
    for index in range(before.room):
        point = word(index)
        broken = broken | unless(complete(before, order, done, point), COMPLETE)
        broken = broken | unless(atomic(before, after, done, point), ATOMIC)
    if done:
        if last_of(frame, order) >= before.room:
            return broken | ALIGNED
        broken = broken | broken_live(after, frame, order) | broken_by_policy(before, order, frame, upper)
    return broken


def broken_by_undoing(before: Memory, undone: Memory) -> Word:
    """Whether an allocate and the free of its block leave any frame changed."""
    broken = ZERO
    for index in range(before.room):
        broken = broken | unless(unchanged(before, undone, word(index)), UNCHANGED)
    return broken


def broken_by_free(
    before: Memory, after: Memory, freed: Word, order: Word, legal: Truth, frame: Word, found: Word
) -> Word:
    """The laws that a free breaks at any frame."""
    broken = ZERO
    for index in range(before.room):
        broken = broken | unless(refused(before, after, freed, order, legal, word(index)), REFUSED)
    if legal:
        if (frame >= after.room) | (found > after.top):
            return broken | ALIGNED
        broken = broken | unless(bounded(after, frame, found), BOUNDED)
    return broken


def broken_by_initialisation(memory: Memory, usable: Any) -> Word:
    """Every law on the state that initialisation leaves, at every frame; the arena ends with `usable`."""
    broken = broken_lists(memory)
    for index in range(memory.room):
        wanted = FALSE
        if index < usable.size:
            wanted = word(usable[index]) != ZERO
        broken = broken | unless(initialised(memory, word(index), wanted), INITIALISED)
        broken = broken | broken_in_state(memory, word(index))
    return broken
