"""Large runs under the laws: the calls of `churn`, with the specification's laws asked after each of them.

Two kernels share the work. `replay_touched` asks at the few points that a call touches, and is meant for millions of
calls on a large arena, with `audit` over every frame now and then. `replay_everywhere` compares the whole state
before with the whole state after at every frame, and is meant for many short runs on small arenas, where nearly
every breach shows first and its trace is short.

What is broken comes back as bits, one for each law (`LAW_BITS`). Nothing here restates a law; what is here is only
where the laws are asked.
"""

from __future__ import annotations

from typing import Any

from ...spec.addresses import head_of, last_of
from ...spec.algebra import FALSE, ONE, TRUE, ZERO, Truth, Word, Words, load, store_if, where
from ...spec.buddy import allocate, free
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
from ...spec.frames import NONE, ORDERS, Memory, free_order_over, is_free
from ...spec.freelist import next_of, sentinel_of
from .backend import view, word
from .churn import (
    BY_SLOT,
    KIND_AT,
    KINDS,
    ORDER_AT,
    ORDER_BITS,
    SLOT_BITS,
    block_word,
    entered,
    frame_of_block,
    order_of_block,
    target_of,
)

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


def broken_by_given(memory: Memory, frame: Word, order: Word) -> Word:
    """The laws that do not hold around a block that was just given."""
    if last_of(frame, order) >= memory.room:
        return ALIGNED + ZERO
    return unless(aligned(memory, frame), ALIGNED) | broken_over(memory, last_of(frame, order))


def broken_by_freed(memory: Memory, freed: Word, frame: Word, order: Word) -> Word:
    """The laws that do not hold around the free block of `order` at `frame` that the frame `freed` is now part of."""
    if last_of(frame, order) >= memory.room:
        return ALIGNED + ZERO
    broken = unless(bounded(memory, frame, order), BOUNDED)
    broken = broken | unless(aligned(memory, frame), ALIGNED) | unless(listed(memory, frame), LISTED)
    # Where nothing was merged the block is the one that was live, and no new barrier can lie inside it.
    if frame != freed:
        broken = broken | unless(uncrossed(memory, freed), UNCROSSED)
    return broken


def broken_by_refusal(memory: Memory, order: Word, index: Word) -> Word:
    """Whether a block that suffices for a refused request is found among a few frames."""
    broken = ZERO
    for step in range(WINDOW):
        source = (index * WINDOW + word(step)) % memory.room
        broken = broken | unless(complete(memory, order, FALSE, source), COMPLETE)
    return broken


def count_one(counts: Words, index: Word) -> Words:
    """One more of what is counted at `index`."""
    return store_if(TRUE, counts, index, load(counts, index) + ONE)


def replay_touched(memory: Memory, calls: Any, held: Words, counts: Words, upper: Truth) -> tuple[Word, Word]:
    """All calls, each followed by the laws at the points that it touches.

    `held` is the table of slots, with one entry more for the block that was freed last. `counts` gets, for each kind
    of call, how many were refused and granted; allocations count under the number of kinds. Returns how many calls
    were made, and the laws that the last of them breaks.
    """
    memory, held, counts = entered(memory), view(held), view(counts)
    last = ZERO
    for index in range(calls.size):
        call = word(calls[index])
        slot, kind = call & SLOT_BITS, call >> KIND_AT
        block = load(held, slot)
        if (kind | block) == ZERO:
            order = (call >> ORDER_AT) & ORDER_BITS
            memory, done, frame = allocate(memory, order, upper)
            held = store_if(done, held, slot, block_word(frame, order))
            if done:
                broken = broken_by_given(memory, frame, order)
            else:
                broken = broken_by_refusal(memory, order, word(index))
            kind = KINDS + ZERO
            granted = done
        else:
            if kind == BY_SLOT:
                held = store_if(TRUE, held, slot, ZERO)
                last = block
                freed, order = frame_of_block(block), order_of_block(block)
            else:
                freed, order = target_of(kind, block, last, memory.frames)
            wrong = unless(refused(memory, memory, freed, order, TRUE, ZERO), REFUSED)
            memory, granted, frame, found = free(memory, freed, order)
            if granted:
                broken = wrong | broken_by_freed(memory, freed, frame, found)
            else:
                broken = unless(refused(memory, memory, freed, order, FALSE, ZERO), REFUSED)
        counts = count_one(counts, (kind << ONE) | where(granted, ONE, ZERO))
        if broken != ZERO:
            return word(index) + ONE, broken
    return word(calls.size), ZERO


def audit(memory: Memory) -> tuple[Word, Word]:
    """Every law on a state at every frame: the laws that are broken, and the first frame at which one is."""
    memory = entered(memory)
    broken, first = ZERO, memory.room
    for index in range(memory.room):
        frame = word(index)
        here = broken_in_state(memory, frame)
        first = where((here != ZERO) & (frame < first), frame, first)
        broken = broken | here
    return broken | broken_lists(memory), first


def broken_in_state(memory: Memory, frame: Word) -> Word:
    """The laws on a state that do not hold at `frame`."""
    exists = frame < memory.frames
    placed = unless(aligned(memory, frame), ALIGNED) | unless(merged(memory, frame), MERGED)
    covered = unless(disjoint(memory, frame), DISJOINT) | unless(conserved(memory, frame) | (exists == FALSE), CONSERVED)
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


def copied(source: Memory, target: Memory) -> Memory:
    """The state of `source`, written into the arrays of `target`."""
    heads, link = target.heads, target.link
    for index in range(source.room):
        heads = store_if(TRUE, heads, word(index), load(source.heads, word(index)))
    for index in range((source.room + ORDERS) << ONE):
        link = store_if(TRUE, link, word(index), load(source.link, word(index)))
    return Memory(heads, link, source.zones, source.frames, source.room, source.top, source.grain)


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


def broken_by_allocate(
    before: Memory, after: Memory, spare: Memory, order: Word, done: Truth, frame: Word, upper: Truth
) -> Word:
    """The laws that an allocate breaks at any frame: the step itself, its policy, and that a free undoes it."""
    broken = ZERO
    for index in range(before.room):
        point = word(index)
        broken = broken | unless(complete(before, order, done, point), COMPLETE)
        broken = broken | unless(atomic(before, after, done, point), ATOMIC)
    if done:
        if last_of(frame, order) >= before.room:
            return broken | ALIGNED
        broken = broken | broken_by_policy(before, order, frame, upper)
        undone, _, _, _ = free(copied(after, spare), frame, order)
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


def replay_everywhere(
    memory: Memory, before: Memory, spare: Memory, calls: Any, held: Words, counts: Words, upper: Truth
) -> tuple[Word, Word]:
    """All calls, each followed by every law at every frame; `before` and `spare` lend their arrays.

    The other arguments and the result are those of `replay_touched`.
    """
    memory, before, spare = entered(memory), entered(before), entered(spare)
    held, counts = view(held), view(counts)
    last = ZERO
    for index in range(calls.size):
        call = word(calls[index])
        slot, kind = call & SLOT_BITS, call >> KIND_AT
        block = load(held, slot)
        before = copied(memory, before)
        if (kind | block) == ZERO:
            order = (call >> ORDER_AT) & ORDER_BITS
            memory, granted, frame = allocate(memory, order, upper)
            broken = broken_by_allocate(before, memory, spare, order, granted, frame, upper)
            held = store_if(granted, held, slot, block_word(frame, order))
            kind = KINDS + ZERO
        else:
            freed, order = target_of(kind, block, last, memory.frames)
            held = store_if(kind == BY_SLOT, held, slot, ZERO)
            last = where(kind == BY_SLOT, block, last)
            memory, granted, frame, found = free(memory, freed, order)
            broken = broken_by_free(before, memory, freed, order, granted, frame, found)
        counts = count_one(counts, (kind << ONE) | where(granted, ONE, ZERO))
        for point in range(memory.room):
            broken = broken | broken_in_state(memory, word(point))
        broken = broken | broken_lists(memory)
        if broken != ZERO:
            return word(index) + ONE, broken
    return word(calls.size), ZERO


def broken_by_initialisation(memory: Memory, usable: Any) -> Word:
    """Every law on the state that initialisation leaves, at every frame; the arena ends with `usable`."""
    memory = entered(memory)
    broken = broken_lists(memory)
    for index in range(memory.room):
        wanted = FALSE
        if index < usable.size:
            wanted = word(usable[index]) != ZERO
        broken = broken | unless(initialised(memory, word(index), wanted), INITIALISED)
        broken = broken | broken_in_state(memory, word(index))
    return broken
