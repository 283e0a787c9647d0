"""Page tables under random calls, with the laws asked where each call touches.

A *kernel module*: plain Python that is rebound and compiled together with the steps and laws that it imports.

Each call is made twice, on a state and on its twin that is one call behind, so that state after and state before are
both there when the laws are asked. What is broken comes back as bits, one for each law (`LAW_BITS`). Nothing here
restates a law or a step; what is here is what is called, and where the laws are asked.
"""

from __future__ import annotations

from typing import Any

from ...spec.algebra import FALSE, ONE, TRUE, TWO, ZERO, Truth, Word, Words, implies, invert, load, store_if, where
from ...spec.entries import first_frame_of, frames_of
from ...spec.paging import (
    BELOW,
    ENTRY_SHIFT,
    LEVELS,
    NO_FAULT,
    PAGE_SHIFT,
    Image,
    Walk,
    at_level,
    span_of,
    walk,
)
from ...spec.table_laws import (
    apart,
    atomic,
    backed,
    counted,
    emptied,
    exclusive,
    framed,
    is_elsewhere,
    mapped,
    mapped_at,
    nested,
    rooted,
    split,
    unmapped,
    unreferenced,
    whole,
)
from ...spec.tables import SHARED, Tables, image_of, map_page, table_of, unmap_page
from ...spec.translation_laws import confined, guarded, kept, total, undisturbed, unmoved
from .backend import view, word
from .tables_calls import (
    BITS_OF_BYTE,
    BITS_OF_TURN,
    COUNTED_FRAMES,
    MAP,
    PAGE_IN,
    PAGE_OUT,
    PROTECT,
    SHARE,
    SIX_BITS,
    SPLIT,
    TOUCH,
    UNMAP,
    Call,
    Field,
    Outcome,
    entered,
    entered_field,
    make,
    resolve,
)

_LAWS = (
    *("T1", "T3", "T4", "T5", "T6", "T6.mapped", "T6.unmapped", "T7", "T7.split", "T8", "T9", "T10", "T12", "T13"),
    *("F1", "F3", "F4", "F5", "F6", "F8"),
)
#: The bit of each law.
LAW_BITS = {law: 1 << number for number, law in enumerate(_LAWS)}
TOTAL = LAW_BITS["T1"]
CONFINED = LAW_BITS["T3"]
GUARDED = LAW_BITS["T4"]
NESTED = LAW_BITS["T5"]
FRAMED = LAW_BITS["T6"]
MAPPED = LAW_BITS["T6.mapped"]
UNMAPPED = LAW_BITS["T6.unmapped"]
WHOLE = LAW_BITS["T7"]
SPLITTING = LAW_BITS["T7.split"]
UNMOVED = LAW_BITS["T8"]
UNDISTURBED = LAW_BITS["T9"]
EMPTIED = LAW_BITS["T10"]
KEPT = LAW_BITS["T12"]
ATOMIC = LAW_BITS["T13"]
APART = LAW_BITS["F1"]
COUNTED = LAW_BITS["F3"]
BACKED = LAW_BITS["F4"]
EXCLUSIVE = LAW_BITS["F5"]
ROOTED = LAW_BITS["F6"]
UNREFERENCED = LAW_BITS["F8"]


def unless(holds: Truth, law: Word) -> Word:
    """The bit of a law that does not hold."""
    return where(holds, ZERO, law)


def broken_at_slot(tables: Tables, slot: Word, other: Word) -> Word:
    """The laws on tables that are broken at a slot, or at a pair of them."""
    broken = unless(nested(tables, slot), NESTED) | unless(whole(tables, slot), WHOLE)
    broken = broken | unless(emptied(tables, slot), EMPTIED) | unless(apart(tables, slot), APART)
    broken = broken | unless(backed(tables, slot), BACKED) | unless(unreferenced(tables, slot), UNREFERENCED)
    return broken | unless(exclusive(tables, slot, other), EXCLUSIVE)


def broken_on_way(tables: Tables, before: Tables, slot: Word, call: Call, outcome: Outcome) -> Word:
    """The laws at a slot that a call may have touched, at the table that it is in, and at the frame that it maps."""
    frame = table_of(slot)
    broken = broken_at_slot(tables, slot, where(slot == ZERO, ONE, slot - ONE))
    broken = broken | unless(rooted(tables, frame), ROOTED)
    data = where(call.frame < tables.limit, call.frame, ZERO)
    broken = broken | unless(atomic(before, tables, outcome.done, slot, data), ATOMIC)
    broken = broken | unless(atomic(before, tables, outcome.done, slot, frame), ATOMIC)
    fault = where(call.kind == TOUCH, outcome.fault, NO_FAULT + ZERO)
    return broken | unless(undisturbed(image_of(before), image_of(tables), fault, slot), UNDISTURBED)


def broken_by_walk(image: Image, root: Word, address: Word) -> Word:
    """The laws on translation at an address, asked of the entry at each level."""
    broken = unless(total(image, root, address), TOTAL)
    for level in range(LEVELS):
        broken = broken | unless(confined(image, root, address, word(level)), CONFINED)
        broken = broken | unless(guarded(image, root, address, word(level)), GUARDED)
    return broken


def planted_at(tables: Tables, found: Walk, turn: Word) -> tuple[Word, Word]:
    """A slot to change on the way of a walk without a fault: the leaf's, or the one above; and where its reserved
    bits are."""
    there = found.fault == NO_FAULT
    slot, level = where(there, found.slot >> ENTRY_SHIFT, ZERO), where(there, found.level, ZERO)
    parent = load(tables.parent, table_of(slot))
    upper = there & (((turn >> BITS_OF_TURN) & ONE) != ZERO) & (parent != ZERO)
    above = where(upper, parent, ONE) - ONE
    kind = where(upper, load(tables.kind, table_of(above)), ONE)
    return where(upper, above, slot), where(upper, LEVELS + kind - ONE, level)


def broken_by_planting(tables: Tables, field: Field, root: Word, address: Word, turn: Word) -> Word:
    """T4 where bits that must be zero are set in a leaf, or in the entry above it; and at an address that is none."""
    image = image_of(tables)
    broken = unless(walk(image, root, load(field.strays, turn % field.stray_count)).fault != NO_FAULT, GUARDED)
    found = walk(image, root, address)
    slot, level = planted_at(tables, found, turn)
    reserved, bit = load(field.reserved, level), ONE << (turn & SIX_BITS)
    bits = where((reserved & bit) != ZERO, bit, reserved)
    if (found.fault == NO_FAULT) & (bits != ZERO):
        entry = load(tables.words, slot)
        words = store_if(TRUE, tables.words, slot, entry | bits)
        broken = broken | unless(walk(Image(words, image.entries), root, address).fault != NO_FAULT, GUARDED)
        store_if(TRUE, words, slot, entry)
    return broken


def broken_by_flipping(tables: Tables, root: Word, address: Word, turn: Word) -> Word:
    """T1, T3 and T4 where one bit of a leaf, or of the entry above it, is another: they hold whatever tables say."""
    found = walk(image_of(tables), root, address)
    slot, _ = planted_at(tables, found, turn)
    entry, bit = load(tables.words, slot), ONE << (turn & ((BITS_OF_BYTE << ENTRY_SHIFT) - ONE))
    words = store_if(found.fault == NO_FAULT, tables.words, slot, entry ^ bit)
    broken = broken_by_walk(Image(words, tables.entries), root, address)
    store_if(TRUE, words, slot, entry)
    return broken


def is_granted(image: Image, call: Call, done: Truth) -> Truth:
    """Whether the walk of an access that completes comes to a leaf, and grants what was asked for."""
    found, access = walk(image, call.root, call.address), call.access
    data = implies(access.write, found.write) & implies(access.user, found.user)
    return invert(done) | ((found.fault == NO_FAULT) & data & implies(access.execute, found.execute))


def broken_by_look(before: Tables, after: Tables, call: Call, outcome: Outcome, root: Word, address: Word) -> Word:
    """The laws on what a call changes, at an address of a space that was there before and is there after."""
    broken = broken_by_walk(image_of(after), root, address)
    kind = call.kind
    if kind == SPLIT:
        return broken | unless(split(before, after, root, address), SPLITTING)
    if kind == TOUCH:
        written = outcome.done & call.access.write & (root == call.root)
        images = image_of(before), image_of(after)
        broken = broken | unless(is_granted(images[0], call, outcome.done), CONFINED)
        return broken | unless(unmoved(images[0], images[1], root, address, written, call.address), UNMOVED)
    paged = (kind >= MAP) & (kind != SHARE)
    level = where(call.level < LEVELS, call.level, ZERO)
    if invert(outcome.done) | invert(paged) | is_elsewhere(call.root, call.address, level, root, address):
        broken = broken | unless(framed(before, after, root, address), FRAMED)
    return broken


def broken_inside(before: Tables, after: Tables, call: Call, offset: Word) -> Word:
    """The laws on the page that a call was about, at one of its bytes."""
    kind, root, address = call.kind, call.root, call.address + offset
    if kind == MAP:
        return unless(mapped(after, root, address, call.frame, call.level, call.access), MAPPED)
    if kind == PROTECT:
        frame = walk(image_of(before), root, call.address).physical >> PAGE_SHIFT
        return unless(mapped(after, root, address, frame, call.level, call.access), MAPPED)
    if (kind == UNMAP) | (kind == PAGE_OUT):
        return unless(unmapped(after, root, address), UNMAPPED)
    if kind == SPLIT:
        return unless(split(before, after, root, address), SPLITTING)
    return ZERO + ZERO


def broken_by_sharing(before: Tables, after: Tables, call: Call, slot: Word) -> Word:
    """F5 where a page has just been mapped: by the slot that maps it now and the one that mapped its frame before."""
    frame = where(call.frame < before.limit, call.frame, ZERO)
    whose = load(before.backed, frame)
    known = where((whose != ZERO) & (whose <= before.entries), whose, slot + ONE) - ONE
    free = (load(before.count, frame) == ZERO) | (whose == SHARED)
    return unless(exclusive(after, slot, known) & implies(call.kind == MAP, free), EXCLUSIVE)


def broken_by_undoing(before: Tables, after: Tables, field: Field, call: Call, slots: tuple[Word, Word]) -> Word:
    """T6.unmapped: unmapping what was just mapped restores what was there; then the page is mapped again.

    `slots` are those in which its walk ended before and after.
    """
    root, address, level = call.root, call.address, call.level
    undone, done = unmap_page(after, root, address, level)
    broken = unless(done & framed(before, undone, root, address), UNMAPPED)
    taken = where(before.free == ZERO, ONE, before.free) - ONE
    for slot in slots:
        for frame in (call.frame, taken, table_of(slot)):
            broken = broken | unless(atomic(before, undone, FALSE, slot, frame), UNMAPPED)
    for slot in range(field.slots):
        broken = broken | unless(atomic(before, undone, FALSE, word(slot), word(slot) % before.limit), UNMAPPED)
    map_page(undone, root, address, call.frame, level, call.access, call.shared)
    return broken


def broken_by_keeping(before: Tables, after: Tables, call: Call, found: Walk) -> Word:
    """T12: what is paged out is kept in its entry, and what is paged in comes back with the rights that it had."""
    entry = load(before.words, where(found.fault == NO_FAULT, found.slot >> ENTRY_SHIFT, ZERO))
    if call.kind == PAGE_OUT:
        return unless(kept(entry, call.file, call.place, first_frame_of(entry, ZERO + ZERO)), KEPT)
    return ZERO + ZERO


def gained_and_lost(call: Call, outcome: Outcome, frame: Word, old: Word) -> tuple[Word, Word]:
    """By how many leaves more and fewer a frame is mapped after a call; `old` is what was mapped at its page."""
    kind = call.kind
    gains = outcome.done & ((kind == MAP) | (kind == PAGE_IN)) & (frame == call.frame)
    loses = outcome.done & ((kind == UNMAP) | (kind == PAGE_OUT)) & (frame == old)
    lower = frames_of(at_level(BELOW, where(call.level < LEVELS, call.level, ZERO)))
    size = frames_of(where(call.level < LEVELS, call.level, ZERO))
    inside = (frame > old) & (frame - where(frame > old, old, ZERO) < size)
    pieces = outcome.done & (kind == SPLIT) & inside & ((frame & (lower - ONE)) == ZERO)
    return where(gains | pieces, ONE, ZERO), where(loses, ONE, ZERO)


def broken_counts(before: Tables, after: Tables, call: Call, outcome: Outcome, found: Walk, turn: Word) -> Word:
    """F3 at the frames of a call and at another."""
    old = where(found.fault == NO_FAULT, found.physical >> PAGE_SHIFT, before.limit)
    broken = ZERO + ZERO
    for choice in range(COUNTED_FRAMES):
        frame = where(word(choice) == ZERO, call.frame, where(word(choice) == ONE, old, turn % after.limit))
        frame = where(word(choice) > TWO, old + turn % frames_of(where(call.level < LEVELS, call.level, ZERO)), frame)
        known = where(frame < after.limit, frame, ZERO)
        gained, lost = gained_and_lost(call, outcome, known, old)
        broken = broken | unless(counted(before, after, known, gained, lost), COUNTED)
    return broken


def slot_in(tables: Tables, found: Walk) -> Word:
    """The slot at which a walk ended; the first one, where it ended outside."""
    slot = found.slot >> ENTRY_SHIFT
    return where(slot < tables.entries, slot, ZERO)


def broken_by_call(
    before: Tables,
    after: Tables,
    roots: Words,
    old_roots: Words,
    spaces: Word,
    field: Field,
    call: Call,
    outcome: Outcome,
    turn: Word,
) -> Word:
    """All laws at the points that a call touches, and at some others in turn."""
    there = walk(image_of(before), call.root, call.address)
    after_it = walk(image_of(after), call.root, call.address)
    broken = broken_counts(before, after, call, outcome, there, turn)
    last = slot_in(after, after_it)
    slot = last
    for _ in range(LEVELS):
        broken = broken | broken_on_way(after, before, slot, call, outcome)
        parent = load(after.parent, table_of(slot))
        slot = where((parent == ZERO) | (parent > after.entries), slot, parent - ONE)
    broken = broken | broken_on_way(after, before, slot_in(before, there), call, outcome)
    for number in range(field.slots):
        slot = (turn * field.slots + word(number)) % after.entries
        broken = broken | broken_on_way(after, before, slot, call, outcome)
        broken = broken | unless(exclusive(after, slot, last), EXCLUSIVE)
    for space in range(spaces):
        root, old_root = load(roots, word(space)), load(old_roots, word(space))
        if (root != ZERO) & (root == old_root):
            for number in range(field.look):
                look = load(field.looks, (turn * field.look + word(number)) % field.look_count)
                broken = broken | broken_by_look(before, after, call, outcome, root - ONE, look)
            broken = broken | broken_by_planting(after, field, root - ONE, call.address, turn)
            if space == turn % spaces:
                broken = broken | broken_by_flipping(after, root - ONE, call.address, turn)
    if outcome.done & (call.kind >= MAP) & (call.kind != SHARE) & (call.kind != TOUCH):
        size = span_of(where(call.level < LEVELS, call.level, ZERO))
        broken = (
            broken | broken_inside(before, after, call, ZERO + ZERO) | broken_inside(before, after, call, size - ONE)
        )
        broken = broken | broken_inside(before, after, call, (turn << PAGE_SHIFT) % size)
        broken = broken | broken_by_keeping(before, after, call, there)
        broken = broken | broken_by_sharing(before, after, call, last)
        if call.kind == MAP:
            broken = broken | broken_by_undoing(before, after, field, call, (slot_in(before, there), last))
    return broken


def replay(
    tables: Tables, roots: Words, twin: Tables, twin_roots: Words, field: Field, calls: Any, counts: Words
) -> tuple[Word, Word, int, Word]:
    """All calls, each followed by the laws.

    `counts` gets, for each kind, how many calls were refused and done. Returns the first free table frame and how
    many are free, how many calls were made, and what the last one breaks; the arrays of both states are changed.
    """
    spaces = word(roots.size)
    tables, twin, field = entered(tables), entered(twin), entered_field(field)
    roots, twin_roots, counts = view(roots), view(twin_roots), view(counts)
    for index in range(calls.size):
        call = resolve(tables, roots, spaces, field, word(calls[index]))
        tables, roots, outcome = make(tables, roots, call)
        place = (call.kind << ONE) | where(outcome.done, ONE, ZERO)
        counts = store_if(TRUE, counts, place, load(counts, place) + ONE)
        broken = broken_by_call(twin, tables, roots, twin_roots, spaces, field, call, outcome, word(index))
        if broken != ZERO:
            return tables.free, tables.spare, index + 1, broken
        twin, twin_roots, _ = make(twin, twin_roots, call)
    return tables.free, tables.spare, calls.size, ZERO + ZERO


def audit(tables: Tables, tally: Words) -> tuple[Word, Word]:
    """The laws on states at every slot and frame: what is broken first, and where; `tally` is a zero for each frame."""
    tables, tally = entered(tables), view(tally)
    for slot in range(tables.entries):
        broken = broken_at_slot(tables, word(slot), word(slot) ^ ONE)
        if broken != ZERO:
            return broken, word(slot)
        frame = mapped_at(tables, word(slot))
        tally = store_if(frame != ZERO, tally, frame, load(tally, frame) + ONE)
    for frame in range(tables.frames):
        broken = unless(rooted(tables, word(frame)), ROOTED)
        if broken != ZERO:
            return broken, word(frame)
    for frame in range(tables.limit):
        leaves, count = load(tally, word(frame)), load(tables.count, word(frame))
        if invert(counted(tables, tables, word(frame), leaves, count)):
            return COUNTED + ZERO, word(frame)
    return ZERO + ZERO, ZERO + ZERO


def resolved(tables: Tables, roots: Words, field: Field, call: Word) -> Call:
    """The call that a word stands for, to be told."""
    spaces = word(roots.size)
    return resolve(entered(tables), view(roots), spaces, entered_field(field), call)
