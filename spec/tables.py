"""Page tables in memory, and the steps that software takes on them: map, unmap, protect, split, create, drop.

Table memory is the first `frames` frames of physical memory; each of them is free or one table. Nothing is kept
about the mappings but the entries themselves, as the hardware reads them, and beside them what a kernel keeps:

    kind     0: free, else 1 + the level of the table            used     entries of the table that are not zero
    parent   1 + slot of the entry that names the table;         backed   1 + slot of the leaf that maps the frame,
             0: a root. Of a free frame: 1 + the next one                 or SHARED
    count    leaves that map the frame

The invariant: tables form a forest by level. Every table but a root is named by exactly one entry, one level up
(T5); a free table frame is named by none and is all zero (F8, T10); a frame that is not shared is mapped once (F5).
A slot is the number of an entry in the image: its physical address divided by the size of an entry.

Each step is total: what is illegal, or lacks a table frame, is answered by a false `done`, and nothing has changed.
Empty tables are given back at once.

Source: Linux `mm/memory.c`, `__pmd_alloc`, `free_pgtables`; tables are made on demand (Win32); Intel SDM 3A, 4.3.
"""

from __future__ import annotations

from typing import NamedTuple

from .algebra import FALSE, ONE, ZERO, Truth, Word, Words, invert, load, stop, store_if, where
from .entries import (
    NOTHING,
    absence_of,
    first_frame_of,
    fits,
    frames_of,
    leaf_entry,
    leaf_of_kept,
    may_be_leaf,
    paged_out_entry,
    piece_of,
    table_entry,
    with_rights,
)
from .paging import (
    ACCESSED,
    BELOW,
    ENTRY_SHIFT,
    INDEX_BITS,
    LEVELS,
    NO_FAULT,
    NOT_PRESENT,
    PAGE_SHIFT,
    TABLE_ACCESSED,
    Access,
    Image,
    at_level,
    classify,
    frame_of,
    index_of,
    is_folded,
    marks_of,
    offset_of,
    reserved_bits,
    walk,
)

#: A table frame that is no table.
FREE = 0
#: In the place of a slot: the frame may be mapped more than once.
SHARED = 0xFFFF_FFFF
#: Entries of the largest table that there is.
MOST_ENTRIES = 1024


class Tables(NamedTuple):
    """Table memory, and what a kernel keeps beside it.

    Attributes:
        words: the entries in the order of their physical addresses.
        entries: how many there are.
        kind, used, parent: by table frame.
        free: 1 + the first free table frame, or 0.
        spare: how many table frames are free.
        count, backed: by frame.
        frames: how many frames table memory has.
        limit: how many frames there are in all; those from `frames` on can be mapped.
    """

    words: Words
    entries: Word
    kind: Words
    used: Words
    parent: Words
    free: Word
    spare: Word
    count: Words
    backed: Words
    frames: Word
    limit: Word


def image_of(tables: Tables) -> Image:
    """Table memory as the walker sees it."""
    return Image(tables.words, tables.entries)


def table_of(slot: Word) -> Word:
    """The table frame that a slot is in."""
    return slot >> (PAGE_SHIFT - ENTRY_SHIFT)


def first_slot(frame: Word) -> Word:
    """The first slot of a table frame."""
    return frame << (PAGE_SHIFT - ENTRY_SHIFT)


def is_root(tables: Tables, root: Word) -> Truth:
    """Whether a physical address, of any value, is that of a top table."""
    frame = root >> PAGE_SHIFT
    inside = frame < tables.frames
    known = where(inside, frame, ZERO)
    top = (load(tables.kind, known) == LEVELS) & (load(tables.parent, known) == ZERO)
    return inside & top & ((frame << PAGE_SHIFT) == root)


def with_words(tables: Tables, words: Words, used: Words) -> Tables:
    """The tables with other entries."""
    t = tables
    return Tables(words, t.entries, t.kind, used, t.parent, t.free, t.spare, t.count, t.backed, t.frames, t.limit)


def with_frames(tables: Tables, kind: Words, parent: Words, free: Word, spare: Word) -> Tables:
    """The tables with other table frames."""
    t = tables
    return Tables(t.words, t.entries, kind, t.used, parent, free, spare, t.count, t.backed, t.frames, t.limit)


def with_counts(tables: Tables, count: Words, backed: Words) -> Tables:
    """The tables with another account of what is mapped."""
    t = tables
    return Tables(t.words, t.entries, t.kind, t.used, t.parent, t.free, t.spare, count, backed, t.frames, t.limit)


def put_entry(going: Truth, tables: Tables, slot: Word, entry: Word) -> Tables:
    """Another entry in a slot, if `going`; the table's count of entries follows."""
    old, table = load(tables.words, slot), table_of(slot)
    used = load(tables.used, table) + where(entry != ZERO, ONE, ZERO) - where(old != ZERO, ONE, ZERO)
    counts = store_if(going, tables.used, table, used)
    return with_words(tables, store_if(going, tables.words, slot, entry), counts)


def take_frame(going: Truth, tables: Tables, kind: Word, parent: Word) -> tuple[Tables, Word]:
    """A free table frame becomes a table, if `going`; there must be one."""
    frame = where(tables.free == ZERO, ONE, tables.free) - ONE
    free = where(going, load(tables.parent, frame), tables.free)
    spare = tables.spare - where(going, ONE, ZERO)
    kinds = store_if(going, tables.kind, frame, kind)
    return with_frames(tables, kinds, store_if(going, tables.parent, frame, parent), free, spare), frame


def give_frame(going: Truth, tables: Tables, frame: Word) -> Tables:
    """A table becomes a free table frame, if `going`."""
    kinds = store_if(going, tables.kind, frame, FREE + ZERO)
    parents = store_if(going, tables.parent, frame, tables.free)
    free = where(going, frame + ONE, tables.free)
    return with_frames(tables, kinds, parents, free, tables.spare + where(going, ONE, ZERO))


def grow(going: Truth, tables: Tables, slot: Word, level: Word) -> tuple[Tables, Word]:
    """An empty table under the slot at `level`, if `going`; returns its frame too."""
    tables, frame = take_frame(going, tables, at_level(BELOW, level) + ONE, slot + ONE)
    return put_entry(going, tables, slot, table_entry(frame, level)), frame


def prune(going: Truth, tables: Tables, table: Word) -> tuple[Tables, Word, Truth]:
    """An empty table that is not a root is unlinked and given back, if `going`.

    Returns the table that named it, and whether it was given back.
    """
    parent = load(tables.parent, table)
    going = going & (load(tables.used, table) == ZERO) & (parent != ZERO)
    slot = where(going, parent, ONE) - ONE
    tables = put_entry(going, tables, slot, ZERO + ZERO)
    return give_frame(going, tables, table), table_of(slot), going


def back(going: Truth, tables: Tables, frame: Word, slot: Word, shared: Truth) -> Tables:
    """One leaf more maps `frame`, if `going`: the one in `slot`."""
    count = store_if(going, tables.count, frame, load(tables.count, frame) + ONE)
    whose = where(shared, SHARED + ZERO, slot + ONE)
    return with_counts(tables, count, store_if(going, tables.backed, frame, whose))


def unback(going: Truth, tables: Tables, frame: Word) -> Tables:
    """One leaf less maps `frame`, if `going`."""
    count = load(tables.count, frame)
    left = where(count == ZERO, ONE, count) - ONE
    counts = store_if(going, tables.count, frame, left)
    return with_counts(tables, counts, store_if(going & (left == ZERO), tables.backed, frame, ZERO + ZERO))


def share(tables: Tables, frame: Word) -> Tables:
    """From now on a frame that is mapped may be mapped more than once."""
    there = (frame < tables.limit) & (load(tables.count, where(frame < tables.limit, frame, ZERO)) != ZERO)
    backed = store_if(there, tables.backed, where(there, frame, ZERO), SHARED + ZERO)
    return with_counts(tables, tables.count, backed)


def create(tables: Tables) -> tuple[Tables, Truth, Word]:
    """A new address space: an empty top table. Returns whether there was a frame for it, and its physical address."""
    done = tables.spare != ZERO
    tables, frame = take_frame(done, tables, LEVELS + ZERO, ZERO + ZERO)
    return tables, done, frame << PAGE_SHIFT


def drop(tables: Tables, root: Word) -> tuple[Tables, Truth]:
    """The top table of an address space in which nothing is mapped any more is given back."""
    frame = where(is_root(tables, root), root >> PAGE_SHIFT, ZERO)
    done = is_root(tables, root) & (load(tables.used, frame) == ZERO)
    return give_frame(done, tables, frame), done


def tables_between(upper: Word, lower: Word) -> Word:
    """How many tables it takes from a slot at level `upper` down to one at level `lower`."""
    count, level = ZERO + ZERO, upper
    for _ in range(LEVELS - ONE):
        going = level > lower
        count = count + where(going, ONE, ZERO)
        level = where(going, at_level(BELOW, level), level)
    return count


def is_mappable(tables: Tables, frame: Word, level: Word, shared: Truth) -> Truth:
    """Whether the block of frames at `frame` may be mapped by one leaf at `level`: a whole one, in use nowhere else."""
    size = frames_of(level)
    inside = (frame >= tables.frames) & (frame < tables.limit)
    known = where(inside, frame, ZERO)
    whole = ((known & (size - ONE)) == ZERO) & (size <= tables.limit - known)
    unmapped = load(tables.count, known) == ZERO
    also = shared & (load(tables.backed, known) == SHARED)
    return inside & whole & fits(known) & (unmapped | also)


def map_page(
    tables: Tables, root: Word, address: Word, frame: Word, level: Word, access: Access, shared: Truth
) -> tuple[Tables, Truth, Truth]:
    """One leaf at `level` maps the page at `address` to `frame`, with the rights in `access`; tables are made for it.

    Returns whether the call is legal, and whether it was done: only a table frame may be lacking.
    """
    possible = may_be_leaf(level)
    level = where(possible, level, ZERO)
    known = where(is_root(tables, root), root, ZERO)
    found = walk(image_of(tables), known, address)
    # A page that is paged out is mapped: its entry is the only one that knows where it is.
    unmapped = (found.fault == NOT_PRESENT) & (found.level >= level) & (found.entry == ZERO)
    legal = possible & is_root(tables, root) & unmapped & (offset_of(address, level) == ZERO)
    legal = legal & is_mappable(tables, frame, level, shared)
    done = legal & (tables_between(found.level, level) <= tables.spare)
    frame = where(done, frame, ZERO)
    slot, at = where(done, found.slot >> ENTRY_SHIFT, ZERO), where(done, found.level, level)
    for _ in range(LEVELS - ONE):
        growing = done & (at > level)
        if stop(growing):
            break
        tables, table = grow(growing, tables, slot, at)
        at = where(growing, at_level(BELOW, at), at)
        slot = where(growing, first_slot(table) + index_of(address, at), slot)
    entry = leaf_entry(frame, level, access.write, access.user, access.execute)
    tables = put_entry(done, tables, slot, entry)
    return back(done, tables, frame, slot, shared), legal, done


def find_leaf(tables: Tables, root: Word, address: Word, level: Word) -> tuple[Truth, Word, Word]:
    """Whether a leaf at `level` maps the page at `address`, its slot and the entry; slot 0 if there is none."""
    known = where(is_root(tables, root), root, ZERO)
    found = walk(image_of(tables), known, address)
    there = is_root(tables, root) & (found.fault == NO_FAULT) & (found.level == level)
    there = there & (offset_of(address, found.level) == ZERO)
    return there, where(there, found.slot >> ENTRY_SHIFT, ZERO), found.entry


def prune_from(going: Truth, tables: Tables, table: Word) -> Tables:
    """Empty tables are given back, from this one up, if `going`."""
    for _ in range(LEVELS - ONE):
        if stop(going):
            break
        tables, table, going = prune(going, tables, table)
    return tables


def unmap_page(tables: Tables, root: Word, address: Word, level: Word) -> tuple[Tables, Truth]:
    """The leaf at `level` that maps the page at `address` goes; so do the tables that it leaves empty."""
    done, slot, entry = find_leaf(tables, root, address, level)
    frame = where(done, first_frame_of(entry, where(done, level, ZERO)), ZERO)
    tables = put_entry(done, tables, slot, ZERO + ZERO)
    tables = unback(done, tables, frame)
    return prune_from(done, tables, table_of(slot)), done


def protect_page(tables: Tables, root: Word, address: Word, level: Word, access: Access) -> tuple[Tables, Truth]:
    """The leaf at `level` that maps the page at `address` gets other rights."""
    done, slot, entry = find_leaf(tables, root, address, level)
    return put_entry(done, tables, slot, with_rights(entry, access.write, access.user, access.execute)), done


def page_out(tables: Tables, root: Word, address: Word, file: Word, place: Word) -> tuple[Tables, Truth]:
    """The page at `address` leaves memory for a paging file; its entry tells where it is, and keeps its rights."""
    done, slot, entry = find_leaf(tables, root, address, ZERO + ZERO)
    done = done & (place != ZERO)
    tables = unback(done, tables, where(done, frame_of(entry), ZERO))
    return put_entry(done, tables, slot, paged_out_entry(file, place, entry)), done


def page_in(tables: Tables, root: Word, address: Word, frame: Word) -> tuple[Tables, Truth]:
    """The page at `address`, of which its entry knows, comes into `frame`, with the rights that it had."""
    known = where(is_root(tables, root), root, ZERO)
    found = walk(image_of(tables), known, address)
    away = (found.fault == NOT_PRESENT) & (found.level == ZERO) & (absence_of(found.entry) != NOTHING)
    done = is_root(tables, root) & away & is_mappable(tables, frame, ZERO + ZERO, FALSE)
    frame, slot = where(done, frame, ZERO), where(done, found.slot >> ENTRY_SHIFT, ZERO)
    tables = put_entry(done, tables, slot, leaf_of_kept(found.entry, frame))
    return back(done, tables, frame, slot, FALSE), done


def put_piece(going: Truth, tables: Tables, entry: Word, level: Word, table: Word, index: Word) -> Tables:
    """One part of what the leaf `entry` at `level` maps gets a leaf of its own in `table`, if `going`."""
    lower = at_level(BELOW, level)
    slot, piece = first_slot(table) + index, piece_of(entry, level, lower, index)
    frame = where(going, first_frame_of(piece, lower), ZERO)
    shared = load(tables.backed, where(going, first_frame_of(entry, level), ZERO)) == SHARED
    tables = put_entry(going, tables, where(going, slot, ZERO), piece)
    return back(going, tables, frame, slot, shared)


def fill(going: Truth, tables: Tables, entry: Word, level: Word, table: Word) -> Tables:
    """An empty table gets a leaf for each part of what the leaf `entry` at `level` maps, if `going`."""
    index = ZERO + ZERO
    last = ONE << at_level(INDEX_BITS, at_level(BELOW, level))
    for _ in range(MOST_ENTRIES):
        going = going & (index < last)
        if stop(going):
            break
        tables = put_piece(going, tables, entry, level, table, index)
        index = index + ONE
    return tables


def split_page(tables: Tables, root: Word, address: Word, level: Word) -> tuple[Tables, Truth, Truth]:
    """The leaf at `level` that maps the page at `address` becomes a table of leaves one level below.

    Returns whether the call is legal, and whether it was done: only a table frame may be lacking.
    """
    level = where(level < LEVELS, level, ZERO)
    legal, slot, entry = find_leaf(tables, root, address, level)
    legal = legal & (level != ZERO) & may_be_leaf(at_level(BELOW, level))
    done = legal & (tables.spare != ZERO)
    tables, table = take_frame(done, tables, at_level(BELOW, level) + ONE, slot + ONE)
    frame = where(done, first_frame_of(entry, level), ZERO)
    tables = fill(done, tables, entry, level, table)
    tables = put_entry(done, tables, slot, table_entry(table, level))
    # The leaf itself is gone, and maps the first frame no longer; its first part still does.
    count = store_if(done, tables.count, frame, where(done, load(tables.count, frame), ONE) - ONE)
    return with_counts(tables, count, tables.backed), legal, done


def mark_tables(going: Truth, image: Image, root: Word, address: Word, lowest: Word) -> Image:
    """The hardware marks the tables above level `lowest` on the way of `address` as accessed, if `going`."""
    level, table, words = LEVELS - ONE, root, image.words
    going = going & (TABLE_ACCESSED != ZERO)
    for _ in range(LEVELS - ONE):
        if stop(going):
            break
        going = going & (level > lowest)
        there = going & invert(is_folded(level))
        slot = where(there, (table >> ENTRY_SHIFT) + index_of(address, level), ZERO)
        entry = load(words, slot)
        marked = there & ((reserved_bits(level, FALSE) & ACCESSED) == ZERO)
        words = store_if(marked, words, slot, entry | ACCESSED)
        table = where(there, frame_of(entry) << PAGE_SHIFT, table)
        level = level - where(level == ZERO, ZERO, ONE)
    return Image(words, image.entries)


def touch(image: Image, root: Word, address: Word, access: Access) -> tuple[Image, Word, Word]:
    """One access as the hardware makes it: nothing happens if it faults, else tables and leaf are marked.

    Returns the fault, or NO_FAULT and the physical address.
    """
    found = walk(image, root, address)
    fault = classify(found, access)
    going = fault == NO_FAULT
    image = mark_tables(going, image, root, address, found.level)
    slot = where(going, found.slot >> ENTRY_SHIFT, ZERO)
    words = store_if(going, image.words, slot, found.entry | marks_of(access))
    return Image(words, image.entries), fault, where(going, found.physical, ZERO)
