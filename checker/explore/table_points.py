"""Every law on page tables at every point of a state, and of every call from it, as bits.

Nothing here restates a law; what is here is only where the laws are asked. `asked` asks the same of one state in
words.

A kernel module, bound by `table_code` next to `table_moves`.
"""

from __future__ import annotations

from typing import Any

from ...model.fast.backend import word
from ...spec.algebra import ONE, ZERO, Truth, Word, implies, load, where
from ...spec.paging import LEVELS, NO_FAULT, PAGE_SHIFT, frame_of, walk
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
from ...spec.tables import SHARED, Tables, image_of, is_root, page_in, unmap_page
from ...spec.translation_laws import confined, guarded, kept, total, undisturbed, unmoved
from .table_moves import (
    ADDRESS_AT,
    FIELD,
    FRAME_AT,
    LEVEL_AT,
    MAP,
    PAGE_IN,
    PAGE_OUT,
    PROTECT,
    ROOT_AT,
    SHARED_AT,
    SPLIT,
    TOUCH,
    UNMAP,
    Setting,
    field,
    is_faithful,
    is_same_state,
    made,
    may_call,
    rights_of,
    root_of,
    tables_of,
)

# The laws, as bits; `table_code` gives these their values.
F1 = 1 << 0
F3 = 1 << 1
F4 = 1 << 2
F5 = 1 << 3
F6 = 1 << 4
F8 = 1 << 5
T1 = 1 << 6
T10 = 1 << 7
T12 = 1 << 8
T13 = 1 << 9
T3 = 1 << 10
T4 = 1 << 11
T5 = 1 << 12
T6 = 1 << 13
T6_MAPPED = 1 << 14
T6_UNMAPPED = 1 << 15
T7 = 1 << 16
T7_SPLIT = 1 << 17
T8 = 1 << 18
T9 = 1 << 19
#: No law: the key of a state does not stand for it.
UNFAITHFUL = 1 << 20


def unless(holds: Truth, law: Word) -> Word:
    """The bit of a law that does not hold."""
    return where(holds, ZERO, law + ZERO)


def broken_at_slot(tables: Tables, slot: Word) -> Word:
    """The laws on tables at one slot."""
    laws = unless(nested(tables, slot), T5) | unless(whole(tables, slot), T7) | unless(emptied(tables, slot), T10)
    laws = laws | unless(apart(tables, slot), F1) | unless(backed(tables, slot), F4)
    laws = laws | unless(unreferenced(tables, slot), F8)
    other = ZERO
    for _ in range(tables.entries):
        laws = laws | unless(exclusive(tables, slot, other), F5)
        other = other + ONE
    return laws


def broken_on_way(tables: Tables, root: Word, address: Word) -> Word:
    """T1, T3 and T4 for one address."""
    image, level = image_of(tables), ZERO
    laws = unless(total(image, root, address), T1)
    for _ in range(LEVELS):
        laws = laws | unless(confined(image, root, address, level), T3)
        laws = laws | unless(guarded(image, root, address, level), T4)
        level = level + ONE
    return laws


def broken_in_state(tables: Tables, setting: Setting) -> Word:
    """The laws on a state, at every slot, frame and address."""
    laws, slot, frame = ZERO, ZERO, ZERO
    for _ in range(tables.entries):
        laws = laws | broken_at_slot(tables, slot)
        slot = slot + ONE
    for _ in range(tables.frames):
        laws = laws | unless(rooted(tables, frame), F6)
        if is_root(tables, root_of(frame)):
            for index in range(setting.addresses.size):
                laws = laws | broken_on_way(tables, root_of(frame), word(setting.addresses[index]))
        frame = frame + ONE
    return laws


def broken_by_refusal(before: Tables, after: Tables, done: Truth) -> Word:
    """T13, at every slot and frame."""
    laws, frame = ZERO, ZERO
    for _ in range(before.limit):
        slot = where(frame < before.entries, frame, ZERO)
        laws = laws | unless(atomic(before, after, done, slot, frame), T13)
        frame = frame + ONE
    return laws


def broken_counts(before: Tables, after: Tables) -> Word:
    """F3, at every frame: the leaves that were gained and lost are told by looking."""
    laws, frame = ZERO, ZERO
    for _ in range(before.limit):
        gained, lost, slot = ZERO, ZERO, ZERO
        for _ in range(before.entries):
            had, has = mapped_at(before, slot) == frame, mapped_at(after, slot) == frame
            gained = gained + where(has & (not had) & (frame != ZERO), ONE, ZERO)
            lost = lost + where(had & (not has) & (frame != ZERO), ONE, ZERO)
            slot = slot + ONE
        laws = laws | unless(counted(before, after, frame, gained, lost), F3)
        frame = frame + ONE
    return laws


def broken_translation(before: Tables, after: Tables, setting: Setting, call: Word, done: Truth, at: Word) -> Word:
    """What a call does to the translation of one address in every space: T6, T7.split and T8."""
    kind, root, address, level = call & FIELD, field(call, ROOT_AT), field(call, ADDRESS_AT), field(call, LEVEL_AT)
    laws, frame = ZERO, ZERO
    paged = (kind == MAP) | (kind == UNMAP) | (kind == PROTECT) | (kind == PAGE_OUT) | (kind == PAGE_IN)
    for _ in range(before.frames):
        other = root_of(frame)
        if is_root(before, other):
            if kind == SPLIT:
                laws = laws | unless(split(before, after, other, at), T7_SPLIT)
            elif kind == TOUCH:
                written = done & rights_of(call).write & (other == root)
                held = unmoved(image_of(before), image_of(after), other, at, written, address)
                laws = laws | unless(held, T8)
            else:
                level = where(level < LEVELS, level, ZERO)
                elsewhere = where(paged, is_elsewhere(root, address, level, other, at), root != other)
                laws = laws | unless((not elsewhere) | framed(before, after, other, at), T6)
        frame = frame + ONE
    return laws


def broken_by_access(before: Tables, call: Word) -> Word:
    """T3 for an access that completes: there is a leaf, and it grants what was asked for."""
    found = walk(image_of(before), field(call, ROOT_AT), field(call, ADDRESS_AT))
    access = rights_of(call)
    granted = implies(access.write, found.write) & implies(access.user, found.user)
    return unless((found.fault == NO_FAULT) & granted & implies(access.execute, found.execute), T3)


def broken_by_undoing(before: Tables, after: Tables, call: Word) -> Word:
    """Unmapping what was just mapped, and paging in what was just paged out."""
    kind, root, address, level = call & FIELD, field(call, ROOT_AT), field(call, ADDRESS_AT), field(call, LEVEL_AT)
    laws = ZERO
    if kind == MAP:
        frame = field(call, FRAME_AT)
        undone, done = unmap_page(after, root, address, level)
        laws = unless(done & is_same_state(before, undone), T6_UNMAPPED)
        laws = laws | unless((load(before.count, frame) == ZERO) | (load(before.backed, frame) == SHARED), F5)
    if kind == PAGE_OUT:
        entry = walk(image_of(before), root, address).entry
        frame = frame_of(entry)
        laws = unless(kept(entry, field(call, SHARED_AT), field(call, FRAME_AT), frame), T12)
        if load(after.count, frame) == ZERO:
            again, done = page_in(after, root, address, frame)
            laws = laws | unless(done & framed(before, again, root, address), T12)
    return laws


def broken_on_page(before: Tables, after: Tables, call: Word, at: Word) -> Word:
    """T6.mapped or T6.unmapped for an address on the page that a call is about."""
    kind, root, address, level = call & FIELD, field(call, ROOT_AT), field(call, ADDRESS_AT), field(call, LEVEL_AT)
    laws = ZERO
    if (kind == MAP) | (kind == PROTECT):
        before_frame = walk(image_of(before), root, address).physical >> PAGE_SHIFT
        frame = where(kind == MAP, field(call, FRAME_AT), before_frame)
        laws = unless(mapped(after, root, at, frame, level, rights_of(call)), T6_MAPPED)
    elif (kind == UNMAP) | (kind == PAGE_OUT):
        laws = unless(unmapped(after, root, at), T6_UNMAPPED)
    return laws


def broken_by_change(before: Tables, after: Tables, setting: Setting, call: Word, done: Truth) -> Word:
    """The laws on a call that has changed something, at every frame and address."""
    root, address, level = field(call, ROOT_AT), field(call, ADDRESS_AT), field(call, LEVEL_AT)
    laws = broken_counts(before, after) | unless(is_faithful(after, setting), UNFAITHFUL)
    for index in range(setting.addresses.size):
        at = word(setting.addresses[index])
        laws = laws | broken_translation(before, after, setting, call, done, at)
        if done & (not is_elsewhere(root, address, level, root, at)):
            laws = laws | broken_on_page(before, after, call, at)
    if done:
        laws = laws | broken_by_undoing(before, after, call)
        if (call & FIELD) == TOUCH:
            laws = laws | broken_by_access(before, call)
    return laws


def broken_by_fault(before: Tables, after: Tables, fault: Word) -> Word:
    """T9, at every slot."""
    laws, slot = ZERO, ZERO
    for _ in range(before.entries):
        laws = laws | unless(undisturbed(image_of(before), image_of(after), fault, slot), T9)
        slot = slot + ONE
    return laws


def broken_by_call(before: Tables, setting: Setting, call: Word) -> Word:
    """The laws on one call, whether it is done or not."""
    after, done, fault = made(before, call)
    laws = broken_by_refusal(before, after, done)
    if fault != NO_FAULT:
        laws = laws | broken_by_fault(before, after, fault)
    if done | (not is_same_state(before, after)):
        laws = laws | broken_by_change(before, after, setting, call, done)
    return laws


def check_state(key: Any, setting: Setting) -> Word:
    """The laws on a state."""
    return broken_in_state(tables_of(key, setting), setting)


def check_calls(key: Any, setting: Setting) -> Word:
    """The laws on every call that can be made."""
    before, laws = tables_of(key, setting), ZERO
    for index in range(setting.calls.size):
        call = word(setting.calls[index])
        if may_call(before, call):
            laws = laws | broken_by_call(before, setting, call)
    return laws
