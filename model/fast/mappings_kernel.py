"""All entries of all page tables, level by level: what is mapped, and what is wrong with it.

A *kernel module*: each entry is read by the specification's own `descend`, one step of a walk, so that a leaf, a right
and a malformed entry are here what they are to the hardware. Tables of one level are worked off before those of the
next; a table waits as its physical address, the first address that it translates, and the rights granted so far::

    level 3    root ------------------.
    level 2    table   table          |  each entry:  leaf       -> its frames are marked, or it is listed
    level 1    table   table   table  |               table      -> waits for the next level
    level 0    ...                    v               malformed  -> noted

Frames that are mapped are one bit each; a bit that is set twice is a frame that is mapped twice.
"""

from __future__ import annotations

from typing import NamedTuple

from ...spec.algebra import ONE, TRUE, ZERO, Truth, Word, Words, invert, load, store_if, where
from ...spec.entries import frames_of
from ...spec.paging import (
    BELOW,
    ENTRY_SHIFT,
    INDEX_BITS,
    LEVEL_SHIFTS,
    MALFORMED,
    NO_FAULT,
    NOT_PRESENT,
    OUTSIDE,
    PAGE_SHIFT,
    UPPER_BITS,
    Descent,
    Image,
    arrive,
    at_level,
    descend,
    frame_of,
    is_canonical,
    is_present,
)
from .backend import view, word

#: The rights of a leaf, as bits.
MAY_READ = 1
MAY_WRITE = 2
MAY_USER = 4
MAY_EXECUTE = 8

#: What is wrong with an entry.
BAD_ENTRY = 1
BAD_BLOCK = 2
NO_SUCH_FRAME = 3
NO_SUCH_TABLE = 4
NAMED_AGAIN = 5
OPEN_TABLE = 6

#: Where each thing is counted: leaves, leaves that are writable and executable, frames (or words of 64 bits of them)
#: found mapped again, tables to come, notes.
LEAVES = 0
WRITABLE_CODE = 1
DOUBLED = 2
TABLES = 3
NOTES = 4

BITS_SHIFT = 6
BITS_MASK = 63
WORD_BITS = 64
ALL = 0xFFFF_FFFF_FFFF_FFFF


class Waiting(NamedTuple):
    """Tables of one level: physical address, first address translated, rights granted so far."""

    tables: Words
    addresses: Words
    rights: Words


class Leaves(NamedTuple):
    """Leaves that were found: physical address of the entry, first address, first frame, level and rights."""

    slots: Words
    addresses: Words
    frames: Words
    levels: Words
    rights: Words


class Marks(NamedTuple):
    """What has been seen.

    Attributes:
        entered: by frame of the image, whether it is known to be a table.
        once, twice: a bit for each frame that is mapped, and that is mapped again.
        limit: how many frames have a bit.
        notes, kinds, addresses: physical address of each entry with which something is wrong, what it is, and the
            first address that the entry translates.
        room: how many notes there is room for; those beyond are only counted.
        counts: see LEAVES to NOTES.
    """

    entered: Words
    once: Words
    twice: Words
    limit: Word
    notes: Words
    kinds: Words
    addresses: Words
    room: Word
    counts: Words


def canonical(address: Word) -> Word:
    """The address whose translated bits are these."""
    return where(is_canonical(address), address, address | UPPER_BITS)


def rights_word(seen: Descent) -> Word:
    """The rights as bits."""
    data = where(seen.read, MAY_READ + ZERO, ZERO) | where(seen.write, MAY_WRITE + ZERO, ZERO)
    return data | where(seen.user, MAY_USER + ZERO, ZERO) | where(seen.execute, MAY_EXECUTE + ZERO, ZERO)


def look_at(image: Image, table: Word, address: Word, rights: Word, level: Word) -> Descent:
    """The entry for `address` in a table at `level`, to which these rights lead."""
    read, write = (rights & MAY_READ) != ZERO, (rights & MAY_WRITE) != ZERO
    user, execute = (rights & MAY_USER) != ZERO, (rights & MAY_EXECUTE) != ZERO
    here = Descent(TRUE, table, NO_FAULT + ZERO, level, table, ZERO + ZERO, read, write, user, execute)
    return descend(image, here, address, level)


def count_up(counts: Words, which: Word, by: Word) -> Words:
    """More of what is counted at `which`."""
    return store_if(TRUE, counts, which, load(counts, which) + by)


def note(marks: Marks, kind: Word, slot: Word, address: Word) -> None:
    """Note what is wrong with the entry in a slot, if anything is."""
    number = load(marks.counts, NOTES)
    fits = (kind != ZERO) & (number < marks.room)
    place = where(fits, number, ZERO)
    store_if(fits, marks.notes, place, slot)
    store_if(fits, marks.kinds, place, kind)
    store_if(fits, marks.addresses, place, canonical(address))
    count_up(marks.counts, NOTES, where(kind != ZERO, ONE, ZERO))


def entries_at(level: Word) -> Word:
    """How many entries a table at `level` has."""
    return ONE << at_level(INDEX_BITS, level)


def is_table_inside(image: Image, table: Word, level: Word) -> Truth:
    """Whether memory holds the whole table of `level` at a physical address."""
    first = table >> ENTRY_SHIFT
    return (first < image.entries) & (entries_at(level) <= image.entries - where(first < image.entries, first, ZERO))


def append_table(below: Waiting, marks: Marks, child: Descent, address: Word) -> None:
    """One more table waits for the next level."""
    number = load(marks.counts, TABLES)
    store_if(TRUE, below.tables, number, child.table)
    store_if(TRUE, below.addresses, number, address)
    store_if(TRUE, below.rights, number, rights_word(child))
    count_up(marks.counts, TABLES, ONE)


def go_below(image: Image, below: Waiting, marks: Marks, child: Descent, address: Word, level: Word) -> Word:
    """The table that an entry names waits for its turn, unless it has had it; returns what is wrong with it."""
    inside = is_table_inside(image, child.table, at_level(BELOW, level))
    frame = where(inside, child.table >> PAGE_SHIFT, ZERO)
    known = inside & (load(marks.entered, frame) != ZERO)
    store_if(inside, marks.entered, frame, ONE)
    if inside & invert(known):
        append_table(below, marks, child, address)
    return where(known, NAMED_AGAIN + ZERO, where(inside, ZERO, NO_SUCH_TABLE + ZERO))


def mark_again(marks: Marks, place: Word, bits: Word) -> None:
    """Mark frames as mapped twice."""
    store_if(TRUE, marks.twice, place, load(marks.twice, place) | bits)
    count_up(marks.counts, DOUBLED, where(bits == ZERO, ZERO, ONE))


def mark_block(marks: Marks, frame: Word, size: Word) -> None:
    """Mark all frames of a leaf; those that are marked already are marked as mapped twice."""
    words = where(size < WORD_BITS, ONE, size >> BITS_SHIFT)
    bits = where(size < WORD_BITS, ((ONE << (size & BITS_MASK)) - ONE) << (frame & BITS_MASK), ALL + ZERO)
    for number in range(words):
        place = (frame >> BITS_SHIFT) + word(number)
        old = load(marks.once, place)
        store_if(TRUE, marks.once, place, old | bits)
        mark_again(marks, place, old & bits)


def append_leaf(leaves: Leaves, number: Word, seen: Descent, address: Word) -> None:
    """Write what an entry maps at a place in the list; it counts only if the caller moves on."""
    store_if(TRUE, leaves.slots, number, seen.slot)
    store_if(TRUE, leaves.addresses, number, canonical(address))
    store_if(TRUE, leaves.frames, number, arrive(seen, ZERO).physical >> PAGE_SHIFT)
    store_if(TRUE, leaves.levels, number, seen.level)
    store_if(TRUE, leaves.rights, number, rights_word(seen))


def judge_leaf(leaves: Leaves, marks: Marks, seen: Descent, address: Word, level: Word) -> Word:
    """List a leaf above the last level and mark its frames; returns what is wrong with it."""
    number, size = load(marks.counts, LEAVES), frames_of(level)
    append_leaf(leaves, number, seen, address)
    store_if(TRUE, marks.counts, LEAVES, number + ONE)
    count_up(marks.counts, WRITABLE_CODE, where(seen.write & seen.execute, ONE, ZERO))
    frame = load(leaves.frames, number)
    inside = (frame < marks.limit) & (size <= marks.limit - where(frame < marks.limit, frame, ZERO))
    if inside:
        mark_block(marks, frame, size)
    crooked = (frame_of(seen.entry) & (size - ONE)) != ZERO
    return where(inside, where(crooked, BAD_BLOCK + ZERO, ZERO), NO_SUCH_FRAME + ZERO)


def judge_upper(
    image: Image, above: Waiting, waiting: int, below: Waiting, leaves: Leaves, marks: Marks, level: Word
) -> None:
    """All entries of all tables of a level above the last."""
    for number in range(waiting):
        table, first = load(above.tables, word(number)), load(above.addresses, word(number))
        rights = load(above.rights, word(number))
        for index in range(entries_at(level)):
            address = first | (word(index) << at_level(LEVEL_SHIFTS, level))
            seen = look_at(image, table, address, rights, level)
            wrong = where((seen.fault == MALFORMED) | (seen.fault == OUTSIDE), BAD_ENTRY + ZERO, ZERO)
            if seen.going:
                wrong = go_below(image, below, marks, seen, address, level)
            elif seen.fault == NO_FAULT:
                wrong = judge_leaf(leaves, marks, seen, address, level)
            note(marks, wrong, seen.slot, address)


def fault_in_page(marks: Marks, seen: Descent) -> Word:
    """What is wrong with an entry of the last level that is malformed, beyond memory, or a leaf of the user."""
    frame = frame_of(seen.entry)
    if seen.fault != NO_FAULT:
        return BAD_ENTRY + ZERO
    if frame >= marks.limit:
        return NO_SUCH_FRAME + ZERO
    return where(load(marks.entered, frame) != ZERO, OPEN_TABLE + ZERO, ZERO)


def survey_page(image: Image, table: Word, first: Word, rights: Word, limit: Word) -> tuple[Word, Word, Word]:
    """Of a table of the last level: how many leaves, how many of them writable and executable, and strange entries.

    An entry is strange unless it is absent, or a leaf of a frame below `limit` that is not open to the user where
    tables may be. Nothing is written and nothing hangs on data, so that many entries are read at once.
    """
    leaves, writable_code, strange = ZERO + ZERO, ZERO + ZERO, ZERO + ZERO
    room = (image.entries << ENTRY_SHIFT) >> PAGE_SHIFT
    for index in range(entries_at(ZERO)):
        address = first | (word(index) << at_level(LEVEL_SHIFTS, ZERO))
        seen = look_at(image, table, address, rights, ZERO)
        leaf, frame = seen.fault == NO_FAULT, frame_of(seen.entry)
        plain = leaf & (frame < limit) & invert(seen.user & (frame < room))
        leaves = leaves + where(leaf, ONE, ZERO)
        writable_code = writable_code + where(leaf & seen.write & seen.execute, ONE, ZERO)
        strange = strange + where(plain | (seen.fault == NOT_PRESENT), ZERO, ONE)
    return leaves, writable_code, strange


def mark_page(marks: Marks, frame: Word, marking: Truth) -> None:
    """Mark the frame of a leaf of the last level, if `marking`."""
    place, bit = where(marking, frame, ZERO) >> BITS_SHIFT, where(marking, ONE, ZERO) << (frame & BITS_MASK)
    old = load(marks.once, place)
    store_if(TRUE, marks.once, place, old | bit)
    if (old & bit) != ZERO:
        mark_again(marks, place, bit)


def mark_plain(image: Image, marks: Marks, table: Word) -> None:
    """Mark the frames of a table of the last level in which nothing is strange: what is present is a leaf."""
    for index in range(entries_at(ZERO)):
        entry = load(image.words, (table >> ENTRY_SHIFT) + word(index))
        mark_page(marks, frame_of(entry), is_present(entry))


def judge_strange(image: Image, marks: Marks, table: Word, first: Word, rights: Word) -> None:
    """Mark the frames of a table of the last level, entry by entry, and note what is wrong."""
    for index in range(entries_at(ZERO)):
        address = first | (word(index) << at_level(LEVEL_SHIFTS, ZERO))
        seen = look_at(image, table, address, rights, ZERO)
        frame = frame_of(seen.entry)
        marking = (seen.fault == NO_FAULT) & (frame < marks.limit)
        mark_page(marks, frame, marking)
        inside = marking & seen.user & (frame < ((image.entries << ENTRY_SHIFT) >> PAGE_SHIFT))
        if inside | invert(marking | (seen.fault == NOT_PRESENT)):
            note(marks, fault_in_page(marks, seen), seen.slot, address)


def judge_last(image: Image, above: Waiting, waiting: int, marks: Marks) -> None:
    """All entries of all tables of the last level, nearly all there are: each table is surveyed and then marked."""
    for number in range(waiting):
        table, first = load(above.tables, word(number)), load(above.addresses, word(number))
        rights = load(above.rights, word(number))
        leaves, writable_code, strange = survey_page(image, table, first, rights, marks.limit)
        count_up(marks.counts, LEAVES, leaves)
        count_up(marks.counts, WRITABLE_CODE, writable_code)
        if strange == ZERO:
            mark_plain(image, marks, table)
        else:
            judge_strange(image, marks, table, first, rights)


def entered_image(image: Image) -> Image:
    """The image in the form that compiled steps take."""
    return Image(view(image.words), image.entries)


def entered_waiting(waiting: Waiting) -> Waiting:
    """The same for tables that wait."""
    return Waiting(view(waiting.tables), view(waiting.addresses), view(waiting.rights))


def entered_leaves(leaves: Leaves) -> Leaves:
    """The same for a list of leaves."""
    addresses, frames = view(leaves.addresses), view(leaves.frames)
    return Leaves(view(leaves.slots), addresses, frames, view(leaves.levels), view(leaves.rights))


def entered_marks(marks: Marks) -> Marks:
    """The same for what has been seen."""
    m = marks
    notes, kinds, addresses = view(m.notes), view(m.kinds), view(m.addresses)
    once, twice = view(m.once), view(m.twice)
    return Marks(view(m.entered), once, twice, m.limit, notes, kinds, addresses, m.room, view(m.counts))


def judge_level(
    image: Image, above: Waiting, waiting: int, below: Waiting, leaves: Leaves, marks: Marks, level: Word
) -> None:
    """All tables of a level; what they name waits in `below`; leaves above the last level are listed."""
    image, marks = entered_image(image), entered_marks(marks)
    above, below = entered_waiting(above), entered_waiting(below)
    if level == ZERO:
        judge_last(image, above, waiting, marks)
    else:
        judge_upper(image, above, waiting, below, entered_leaves(leaves), marks, level)


def list_level(
    image: Image, above: Waiting, waiting: int, below: Waiting, leaves: Leaves, marks: Marks, level: Word
) -> None:
    """The leaves of all tables of a level, listed; each table that an entry names is entered, named before or not."""
    image, marks = entered_image(image), entered_marks(marks)
    above, below = entered_waiting(above), entered_waiting(below)
    leaves, found = entered_leaves(leaves), ZERO + ZERO
    for number in range(waiting):
        table, first = load(above.tables, word(number)), load(above.addresses, word(number))
        rights = load(above.rights, word(number))
        for index in range(entries_at(level)):
            address = first | (word(index) << at_level(LEVEL_SHIFTS, level))
            seen = look_at(image, table, address, rights, level)
            if seen.going:
                append_table(below, marks, seen, address)
            append_leaf(leaves, found, seen, address)
            found = found + where((seen.fault == NO_FAULT) & invert(seen.going), ONE, ZERO)
    count_up(marks.counts, LEAVES, found)
