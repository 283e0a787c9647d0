"""Every call on a tiny machine with page tables from one state, and the state in one word.

A machine of up to three table frames of two entries each, and five others, is 64 bits::

    | others that are shared | first free | role of 3 frames | 6 entries |
      63                   59  58       57  56             48  47      0

A frame's role is 1 + the next free frame, or 0 for the last one; and for a table 4 + its level. What else is kept of
tables follows from these as long as the laws hold; `is_faithful` tells whether it does.

A kernel module: written against the algebra's primitives and bound by `table_code`, on words of eight cells.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...model.fast.backend import word
from ...spec.algebra import FALSE, ONE, TRUE, ZERO, Truth, Word, load, store_if, where
from ...spec.entries import frames_of, may_be_leaf
from ...spec.paging import NO_FAULT, PAGE_SHIFT, Access, frame_of, is_leaf, is_present
from ...spec.table_laws import level_of, mapped_at
from ...spec.tables import (
    FREE,
    SHARED,
    Tables,
    create,
    drop,
    image_of,
    map_page,
    page_in,
    page_out,
    protect_page,
    share,
    split_page,
    table_of,
    touch,
    unmap_page,
    with_words,
)

#: Kinds of calls, in the order of `steps.KINDS`.
CREATE = 0
DROP = 1
MAP = 2
UNMAP = 3
PROTECT = 4
SPLIT = 5
TOUCH = 6
PAGE_OUT = 7
PAGE_IN = 8
SHARE = 9
#: Where the fields of a call are.
FIELD = 0xFF
ROOT_AT = 8
ADDRESS_AT = 16
FRAME_AT = 24
LEVEL_AT = 32
RIGHTS_AT = 40
USER_AT = 41
EXECUTE_AT = 42
SHARED_AT = 48
#: Where the fields of a key are.
ENTRIES = 0xFFFF_FFFF_FFFF
ROLES_AT = 48
ROLE_BITS = 3
ROLE = 7
FIRST_AT = 57
FIRST = 3
SHARED_FRAMES_AT = 59
#: The role of a table at level 0.
TABLE_ROLE = 4


class Setting(NamedTuple):
    """What does not change from state to state.

    Attributes:
        calls: all calls, an array of words (`table_calls.word_of`).
        addresses: where walks are asked about, an array.
        frames, limit, entries: as in `Tables`.
    """

    calls: Any
    addresses: Any
    frames: Any
    limit: Any
    entries: Any


def put(buffer: Any, index: Word, key: Word, label: Word) -> Word:
    """Keep a successor and the number of the call; returns the next index."""
    buffer.append((key, label))
    return index + ONE


def field(call: Word, at: Word) -> Word:
    """A field of a call."""
    return (call >> at) & FIELD


def rights_of(call: Word) -> Access:
    """The rights, or the access, of a call."""
    return Access(
        ((call >> RIGHTS_AT) & ONE) != ZERO, ((call >> USER_AT) & ONE) != ZERO, ((call >> EXECUTE_AT) & ONE) != ZERO
    )


def role_of(key: Word, frame: Word) -> Word:
    """What a table frame is."""
    return (key >> (ROLES_AT + frame * ROLE_BITS)) & ROLE


def frames_of_key(key: Word, setting: Setting) -> Tables:
    """The table frames alone: which is what; no entry is in place yet."""
    kind, parent, spare = ZERO, ZERO, ZERO
    frame = ZERO
    for _ in range(setting.frames):
        role = role_of(key, frame)
        table = role >= TABLE_ROLE
        kind = store_if(table, kind, frame, where(table, role, TABLE_ROLE) - TABLE_ROLE + ONE)
        parent = store_if(not table, parent, frame, role)
        spare = spare + where(table, ZERO, ONE)
        frame = frame + ONE
    free = (key >> FIRST_AT) & FIRST
    return Tables(ZERO, setting.entries, kind, ZERO, parent, free, spare, ZERO, ZERO, setting.frames, setting.limit)


def with_leaf(tables: Tables, frame: Word, slot: Word, key: Word) -> Tables:
    """The account of what is mapped, with one leaf more, as long as it maps a frame at all."""
    t, there = tables, frame >= tables.frames
    shared = there & (((key >> (SHARED_FRAMES_AT + where(there, frame, t.frames) - t.frames)) & ONE) == ONE)
    count = store_if(there, t.count, frame, load(t.count, frame) + ONE)
    backed = store_if(there, t.backed, frame, where(shared, SHARED, slot + ONE))
    return Tables(t.words, t.entries, t.kind, t.used, t.parent, t.free, t.spare, count, backed, t.frames, t.limit)


def tables_of(key: Word, setting: Setting) -> Tables:
    """The state that a key stands for."""
    tables = with_words(frames_of_key(key, setting), key & ENTRIES, ZERO)
    used, parent = ZERO, tables.parent
    slot = ZERO
    for _ in range(setting.entries):
        entry, table = load(tables.words, slot), table_of(slot)
        used = store_if(entry != ZERO, used, table, load(used, table) + ONE)
        names = (load(tables.kind, table) != FREE) & is_present(entry) & (not is_leaf(entry, level_of(tables, slot)))
        parent = store_if(names, parent, frame_of(entry), slot + ONE)
        tables = with_leaf(tables, mapped_at(tables, slot), slot, key)
        slot = slot + ONE
    t = tables
    return Tables(t.words, t.entries, t.kind, used, parent, t.free, t.spare, t.count, t.backed, t.frames, t.limit)


def key_of(tables: Tables) -> Word:
    """The key of a state."""
    key = (tables.words & ENTRIES) | (tables.free << FIRST_AT)
    frame = ZERO
    for _ in range(tables.frames):
        kind = load(tables.kind, frame)
        table = kind != FREE
        role = where(table, kind + TABLE_ROLE - ONE, load(tables.parent, frame))
        key = key | ((role & ROLE) << (ROLES_AT + frame * ROLE_BITS))
        frame = frame + ONE
    frame = tables.frames
    while frame < tables.limit:
        shared = load(tables.backed, frame) == SHARED
        key = key | (where(shared, ONE, ZERO) << (SHARED_FRAMES_AT + frame - tables.frames))
        frame = frame + ONE
    return key


def is_same_state(first: Tables, second: Tables) -> Truth:
    """Whether two states are the same in every word."""
    words = (first.words == second.words) & (first.kind == second.kind) & (first.used == second.used)
    counts = (first.count == second.count) & (first.backed == second.backed) & (first.spare == second.spare)
    return words & counts & (first.parent == second.parent) & (first.free == second.free)


def is_faithful(tables: Tables, setting: Setting) -> Truth:
    """Whether a state is what its key stands for."""
    return is_same_state(tables, tables_of(key_of(tables), setting))


def may_call(tables: Tables, call: Word) -> Truth:
    """Whether an allocator could have given the frames of the call: no two blocks overlap in part (A2)."""
    kind, frame = call & FIELD, field(call, FRAME_AT)
    level = where(kind == MAP, field(call, LEVEL_AT), ZERO)
    level = where(may_be_leaf(level), level, ZERO)
    size, apart = frames_of(level), TRUE
    slot = ZERO
    for _ in range(tables.entries):
        other, other_level = mapped_at(tables, slot), level_of(tables, slot)
        over = (other < frame + size) & (frame < other + frames_of(other_level)) & (other != ZERO)
        apart = apart & ((not over) | ((other == frame) & (other_level == level)))
        slot = slot + ONE
    return apart | ((kind != MAP) & (kind != PAGE_IN))


def made(tables: Tables, call: Word) -> tuple[Tables, Truth, Word]:
    """The specification's own step; returns whether it was done, and of a touch the fault too."""
    kind, root, address = call & FIELD, field(call, ROOT_AT), field(call, ADDRESS_AT)
    frame, level, rights = field(call, FRAME_AT), field(call, LEVEL_AT), rights_of(call)
    fault, done = NO_FAULT + ZERO, FALSE
    if kind == CREATE:
        tables, done, _ = create(tables)
    elif kind == DROP:
        tables, done = drop(tables, root)
    elif kind == MAP:
        shared = field(call, SHARED_AT) != ZERO
        tables, _, done = map_page(tables, root, address, frame, level, rights, shared)
    elif kind == UNMAP:
        tables, done = unmap_page(tables, root, address, level)
    elif kind == PROTECT:
        tables, done = protect_page(tables, root, address, level, rights)
    elif kind == SPLIT:
        tables, _, done = split_page(tables, root, address, level)
    elif kind == TOUCH:
        image, fault, _ = touch(image_of(tables), root, address, rights)
        tables, done = with_words(tables, image.words, tables.used), fault == NO_FAULT
    elif kind == PAGE_OUT:
        tables, done = page_out(tables, root, address, field(call, SHARED_AT), frame)
    elif kind == PAGE_IN:
        tables, done = page_in(tables, root, address, frame)
    else:
        done = (frame < tables.limit) & (load(tables.count, where(frame < tables.limit, frame, ZERO)) != ZERO)
        tables = share(tables, frame)
    return tables, done, fault


def expand(key: Word, setting: Setting, buffer: Any, count: Word) -> Word:
    """Put the key after each call that changes something into `buffer`, from `count` on; returns where they end."""
    tables = tables_of(key, setting)
    for index in range(setting.calls.size):
        call = word(setting.calls[index])
        if may_call(tables, call):
            after, _, _ = made(tables, call)
            successor = key_of(after)
            if successor != key:
                count = put(buffer, count, successor, word(index))
    return count


def root_of(frame: Word) -> Word:
    """The physical address of a table frame."""
    return frame << PAGE_SHIFT
