"""The laws at one state: at every frame, for every call that could be made there, and for the way there and back.

Every function is given what is broken so far and hands it on with its own additions, through `note`: compiled, that is
a word with a bit for each law; on plain integers a list that also says where, so that a breach can be told in words.

A kernel module like `moves`.
"""

from __future__ import annotations

from typing import Any

from ...model.fast.backend import lowest_bit
from ...spec.addresses import size_of
from ...spec.algebra import FALSE, ONE, TRUE, ZERO, Truth, Word, Words, load, where
from ...spec.buddy import admit, claim, free, mark
from ...spec.buddy_laws import (
    aligned,
    atomic,
    bounded,
    complete,
    conserved,
    disjoint,
    initialised,
    lower_half,
    lowest_address,
    merged,
    refused,
    smallest_sufficient,
    unchanged,
    uncrossed,
    upper_half,
)
from ...spec.frames import RESERVED, Memory, live_over, order_of
from .moves import (
    ALLOCATED,
    Setting,
    first_piece,
    free_frames,
    label_of,
    last_piece,
    live_frames,
    may_take,
    memory_of,
    orders_at,
)

A1 = 1 << 0
A2 = 1 << 1
A3 = 1 << 2
A4 = 1 << 3
A14 = 1 << 4
A6 = 1 << 5
A7 = 1 << 6
A8 = 1 << 7
A9 = 1 << 8
A10 = 1 << 9
A11 = 1 << 10
A13_SMALLEST = 1 << 11
A13_LOWEST = 1 << 12
A13_LOWER = 1 << 13
A13_UPPER = 1 << 14

# Where a law was found broken, besides after an allocate or a free (`moves.ALLOCATED`, `moves.FREED`).
AT_FRAME = 0
REQUESTED = 3
RETURNED = 4
REBUILT = 5

#: Orders that are asked for: every number that is not too large for four bits with LIVE, legal or not.
ORDERS_ASKED = 8


def note(broken: Word, laws: Word, label: Word) -> Word:
    """What is broken, with `laws` added; on plain integers `label` is kept as well."""
    return broken | laws


def unless(holds: Truth, law: Word) -> Word:
    """The bit of a law that does not hold."""
    return where(holds, ZERO, law)


def differs(before: Memory, after: Memory) -> Truth:
    """Whether the states differ at any frame."""
    same = TRUE
    frame = ZERO
    for _ in range(before.room):
        same = same & unchanged(before, after, frame)
        frame = frame + ONE
    return not same


def state_laws(memory: Memory, frame: Word) -> Word:
    """The state laws that are broken at a frame."""
    return (
        unless(aligned(memory, frame), A1)
        | unless(disjoint(memory, frame), A2)
        | unless(conserved(memory, frame), A3)
        | unless(merged(memory, frame), A4)
        | unless(uncrossed(memory, frame), A14)
    )


def broken_in_state(memory: Memory, broken: Any) -> Any:
    """The state laws at every frame."""
    frame = ZERO
    for _ in range(memory.room):
        broken = note(broken, state_laws(memory, frame), label_of(AT_FRAME, frame, ZERO))
        frame = frame + ONE
    return broken


def broken_by_allocate(memory: Memory, setting: Setting, order: Word, source: Word, piece: Word, broken: Any) -> Any:
    """A7 and the policies: the block at `piece` is given out of the free block at `source`."""
    source_order = load(memory.heads, source)
    after = claim(TRUE, memory, piece, order, source_order)
    undone, _, _, _ = free(after, piece, order)
    laws = unless(not differs(memory, undone), A7)
    smallest = TRUE
    lowest = TRUE
    point = ZERO
    for _ in range(memory.room):
        smallest = smallest & smallest_sufficient(memory, order, source_order, point)
        lowest = lowest & lowest_address(memory, source, point)
        point = point + ONE
    laws = laws | unless((setting.smallest == ZERO) | smallest, A13_SMALLEST)
    laws = laws | unless((setting.lowest == ZERO) | lowest, A13_LOWEST)
    some_half = setting.anywhere == ONE
    lower = (setting.upper == ONE) | lower_half(order, source, source_order, piece)
    upper = (setting.upper == ZERO) | upper_half(order, source, source_order, piece)
    laws = laws | unless(some_half | lower, A13_LOWER) | unless(some_half | upper, A13_UPPER)
    return note(broken, laws, label_of(ALLOCATED, piece, order))


def broken_by_refusal(memory: Memory, order: Word, broken: Any) -> Any:
    """A6 and A9: a request that nothing meets could not have been met, and its failure changes nothing."""
    laws = ZERO
    frame = ZERO
    for _ in range(memory.room):
        after = claim(FALSE, memory, frame, order, memory.top)
        laws = laws | unless(complete(memory, order, FALSE, frame), A6)
        point = ZERO
        for _ in range(memory.room):
            laws = laws | unless(atomic(memory, after, FALSE, point), A9)
            point = point + ONE
        frame = frame + ONE
    return note(broken, laws, label_of(REQUESTED, ZERO, order))


def broken_by_allocates(memory: Memory, setting: Setting, broken: Any) -> Any:
    """A6, A7, A9 and the policies, for every order that can be asked for and every choice there is."""
    orders = orders_at(memory, free_frames(memory))
    order = ZERO
    for _ in range(ORDERS_ASKED):
        done = FALSE
        taken = ZERO
        frames = free_frames(memory)
        while frames != ZERO:
            source = lowest_bit(frames)
            frames = frames & (frames - ONE)
            source_order = load(memory.heads, source)
            if order <= source_order and may_take(setting, orders, taken, order, source_order):
                done = TRUE
                piece = first_piece(setting, order, source, source_order)
                last = last_piece(setting, order, source, source_order)
                while piece <= last:
                    broken = broken_by_allocate(memory, setting, order, source, piece, broken)
                    piece = piece + size_of(order)
            taken = taken | (ONE << source_order)
        if not done:
            broken = broken_by_refusal(memory, order, broken)
        order = order + ONE
    return broken


def broken_by_free(memory: Memory, frame: Word, order: Word, broken: Any) -> Any:
    """A8 and A11: one free, legal or not."""
    after, legal, merged_frame, merged_order = free(memory, frame, order)
    laws = ZERO
    point = ZERO
    for _ in range(memory.room):
        laws = laws | unless(refused(memory, after, frame, order, legal, point), A8)
        point = point + ONE
    if legal:
        laws = laws | unless(bounded(after, merged_frame, merged_order), A11)
    return note(broken, laws, label_of(RETURNED, frame, order))


def broken_by_frees(memory: Memory, broken: Any) -> Any:
    """A8 and A11, for every frame up to twice as far as there are any, and every order."""
    frame = ZERO
    for _ in range(memory.room + memory.room):
        order = ZERO
        for _ in range(ORDERS_ASKED):
            broken = broken_by_free(memory, frame, order, broken)
            order = order + ONE
        frame = frame + ONE
    return broken


def broken_by_legal_frees(memory: Memory, broken: Any) -> Any:
    """A8 and A11, for the live blocks alone."""
    frames = live_frames(memory)
    while frames != ZERO:
        frame = lowest_bit(frames)
        frames = frames & (frames - ONE)
        broken = broken_by_free(memory, frame, order_of(load(memory.heads, frame)), broken)
    return broken


def admitted(memory: Memory, usable: Word) -> Memory:
    """Initialisation: `admit` at every frame, told by the bits of `usable` whether it may be used."""
    frame = ZERO
    for _ in range(memory.room):
        memory, _, _ = admit(memory, frame, ((usable >> frame) & ONE) == ONE)
        frame = frame + ONE
    return memory


def broken_when_rebuilt(memory: Memory, broken: Any) -> Any:
    """A7: the free blocks built anew, from nothing but the live and reserved ones."""
    anew = memory
    spare = ZERO
    frame = ZERO
    for _ in range(memory.room):
        lone = (live_over(memory.heads, frame) == ZERO) & (load(memory.heads, frame) != RESERVED)
        anew = mark(lone, anew, frame, RESERVED)
        spare = spare | where(lone, ONE << frame, ZERO)
        frame = frame + ONE
    anew = admitted(anew, spare)
    return note(broken, unless(not differs(memory, anew), A7), label_of(REBUILT, ZERO, ZERO))


def broken_at_start(blank: Words, setting: Setting, usable: Word, broken: Any) -> Any:
    """A10 and the state laws: the state that initialisation leaves of `blank`, memory that is all reserved."""
    memory = admitted(Memory(blank, ZERO, setting.zones, setting.frames, setting.room, setting.top, ZERO), usable)
    frame = ZERO
    for _ in range(memory.room):
        wanted = ((usable >> frame) & ONE) == ONE
        laws = unless(initialised(memory, frame, wanted), A10) | state_laws(memory, frame)
        broken = note(broken, laws, label_of(AT_FRAME, frame, ZERO))
        frame = frame + ONE
    return broken


def broken_starts(blank: Words, setting: Setting, first: Word, stop: Word) -> Word:
    """What is broken in any of the initial states whose usable frames are the bits of `first` up to `stop`."""
    broken = ZERO
    usable = first
    while usable < stop:
        broken = broken_at_start(blank, setting, usable, broken)
        usable = usable + ONE
    return broken


def check_state(key: Any, setting: Setting) -> Word:
    """The state laws of a key, as bits."""
    return broken_in_state(memory_of(key, setting), ZERO)


def check_rebuilt(key: Any, setting: Setting) -> Word:
    """A7 from nothing, of a key."""
    return broken_when_rebuilt(memory_of(key, setting), ZERO)


def check_allocates(key: Any, setting: Setting) -> Word:
    """The laws on allocate, of a key."""
    return broken_by_allocates(memory_of(key, setting), setting, ZERO)


def check_frees(key: Any, setting: Setting) -> Word:
    """The laws on free, legal or not, of a key."""
    return broken_by_frees(memory_of(key, setting), ZERO)


def check_legal_frees(key: Any, setting: Setting) -> Word:
    """The laws on legal frees alone, of a key."""
    return broken_by_legal_frees(memory_of(key, setting), ZERO)
