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

from ...spec.algebra import FALSE, ONE, TRUE, ZERO, Truth, Word, Words, load, store_if, where
from ...spec.buddy import allocate, free
from ...spec.buddy_laws import refused
from ...spec.frames import ORDERS, Memory
from .asked_laws import (
    REFUSED,
    broken_by_allocate,
    broken_by_free,
    broken_by_freed,
    broken_by_given,
    broken_by_initialisation,
    broken_by_refusal,
    broken_by_undoing,
    broken_in_state,
    broken_lists,
    unless,
)
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


def count_one(counts: Words, index: Word) -> Words:
    """One more of what is counted at `index`."""
    return store_if(TRUE, counts, index, load(counts, index) + ONE)


def copied(source: Memory, target: Memory) -> Memory:
    """The state of `source`, written into the arrays of `target`."""
    heads, link = target.heads, target.link
    for index in range(source.room):
        heads = store_if(TRUE, heads, word(index), load(source.heads, word(index)))
    for index in range((source.room + ORDERS) << ONE):
        link = store_if(TRUE, link, word(index), load(source.link, word(index)))
    return Memory(heads, link, source.zones, source.frames, source.room, source.top, source.grain)


def replay_touched(memory: Memory, calls: Any, held: Words, counts: Words, upper: Truth) -> tuple[Word, Word]:
    """All calls, each followed by the laws at the points that it touches.

    `held` is the table of slots, as in `churn`. `counts` gets, for each kind
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
            broken = broken_by_given(memory, frame, order) if done else broken_by_refusal(memory, order, word(index))
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
                broken = wrong | broken_by_freed(memory, freed, order, frame, found)
            else:
                broken = unless(refused(memory, memory, freed, order, FALSE, ZERO), REFUSED)
        counts = count_one(counts, (kind << ONE) | where(granted, ONE, ZERO))
        if broken != ZERO:
            return word(index) + ONE, broken
    return word(calls.size), ZERO


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
            broken = broken_by_allocate(before, memory, order, granted, frame, upper)
            if granted & (broken == ZERO):
                undone, _, _, _ = free(copied(memory, spare), frame, order)
                broken = broken_by_undoing(before, undone)
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


def audit_opening(memory: Memory, usable: Any) -> Word:
    """The laws that the state which initialisation leaves breaks at any frame; the arena ends with `usable`."""
    return broken_by_initialisation(entered(memory), usable)
