"""Entries as software writes them: leaves, tables, and what it keeps in entries that the hardware does not read.

What is written here must mean to the walker what was asked for: the law *made* (T3) says so.

An entry that is not present is software's own. Bit 0 stays zero, the rest tells where the page is::

    | place of the page in its file, or frame | T |   | x | u | w | given | file |0|
     from bit 12                               11       8   7   6     5     1 to 4

    all zero               nothing is known here: ask the regions
    given, T, frame        in transition: still in memory, no longer mapped
    given, place not zero  paged out: which of 16 paging files, and where in it
    given, place zero      demand zero: committed, never touched

Source: Windows Internals, formats of invalid page-table entries; an entry that is not present tells which paging file
and which place in it, or that there is none; Linux `swp_entry_t`.
"""

from __future__ import annotations

from .algebra import ONE, TRUE, ZERO, Truth, Word, invert, invert_bits, where
from .paging import (
    EXECUTE,
    EXECUTE_FLIP,
    FRAME,
    FRAME_SHIFT,
    LEAF_LEVELS,
    LEAF_MARK,
    LEAF_MARK_0,
    LEVEL_SHIFTS,
    LEVELS,
    PAGE_SHIFT,
    PRESENT,
    READ,
    READ_FLIP,
    TABLE_GRANTS,
    TABLE_MARK,
    TABLE_RIGHTS_LEVELS,
    USER,
    USER_FLIP,
    WRITE,
    WRITE_FLIP,
    at_level,
    frame_of,
    granted,
    has_level,
    is_folded,
    is_present,
)

#: Where a page is whose entry is not present.
NOTHING = 0
DEMAND_ZERO = 1
PAGED_OUT = 2
IN_TRANSITION = 3

#: The fields of an entry that is not present.
FILE_SHIFT = 1
FILE_MASK = 0xF
GIVEN = 0x020
KEEPS_WRITE = 0x040
KEEPS_USER = 0x080
KEEPS_EXECUTE = 0x100
TRANSITION = 0x800
PLACE_SHIFT = 12


def frames_of(level: Word) -> Word:
    """How many frames a leaf at `level` maps."""
    return ONE << (at_level(LEVEL_SHIFTS, level) - PAGE_SHIFT)


def may_be_leaf(level: Word) -> Truth:
    """Whether the geometry has leaves at `level`, which may be any word."""
    known = where(level < LEVELS, level, ZERO)
    return (level < LEVELS) & ((known == ZERO) | has_level(LEAF_LEVELS, known)) & invert(is_folded(known))


def giving(right: Truth, bits: Word, flip: Word) -> Word:
    """The bits of an entry that grant a right, or withhold it."""
    return where(right != (flip != ZERO), bits + ZERO, ZERO)


def rights_of(write: Truth, user: Truth, execute: Truth) -> Word:
    """The bits of a leaf that grant these rights, and reading in any case."""
    data = giving(TRUE, READ, READ_FLIP) | giving(write, WRITE, WRITE_FLIP)
    return data | giving(user, USER, USER_FLIP) | giving(execute, EXECUTE, EXECUTE_FLIP)


def leaf_entry(frame: Word, level: Word, write: Truth, user: Truth, execute: Truth) -> Word:
    """The leaf at `level` that maps the frames from `frame` on."""
    mark = where(level == ZERO, LEAF_MARK_0 + ZERO, LEAF_MARK + ZERO)
    return PRESENT | mark | rights_of(write, user, execute) | ((frame << FRAME_SHIFT) & FRAME)


def table_entry(frame: Word, level: Word) -> Word:
    """The entry at `level` that names the table in `frame`, and restricts no right."""
    grants = where(has_level(TABLE_RIGHTS_LEVELS, level), TABLE_GRANTS + ZERO, ZERO)
    return PRESENT | TABLE_MARK | grants | ((frame << FRAME_SHIFT) & FRAME)


def with_rights(entry: Word, write: Truth, user: Truth, execute: Truth) -> Word:
    """A leaf with other rights; its frame and its marks stay."""
    return (entry & invert_bits(READ | WRITE | USER | EXECUTE)) | rights_of(write, user, execute)


def first_frame_of(entry: Word, level: Word) -> Word:
    """The first of the frames that a leaf at `level` maps."""
    return frame_of(entry) & invert_bits(frames_of(level) - ONE)


def piece_of(entry: Word, level: Word, lower: Word, index: Word) -> Word:
    """The leaf at level `lower` that maps the part with number `index` of what a leaf at `level` maps."""
    frame = first_frame_of(entry, level) + index * frames_of(lower)
    mark = where(lower == ZERO, LEAF_MARK_0 + ZERO, LEAF_MARK + ZERO)
    kept = entry & invert_bits(FRAME | LEAF_MARK | LEAF_MARK_0)
    return kept | mark | ((frame << FRAME_SHIFT) & FRAME)


def fits(frame: Word) -> Truth:
    """Whether an entry can name this frame."""
    return frame <= (FRAME >> FRAME_SHIFT)


def absence_of(entry: Word) -> Word:
    """Where the page of an entry that is not present is: NOTHING, DEMAND_ZERO, PAGED_OUT or IN_TRANSITION."""
    away = where((entry >> PLACE_SHIFT) == ZERO, DEMAND_ZERO + ZERO, PAGED_OUT + ZERO)
    kind = where((entry & TRANSITION) != ZERO, IN_TRANSITION + ZERO, away)
    return where(((entry & GIVEN) != ZERO) & invert(is_present(entry)), kind, NOTHING + ZERO)


def kept_rights(write: Truth, user: Truth, execute: Truth) -> Word:
    """The rights that a page had or will have, as an entry that is not present keeps them."""
    data = where(write, KEEPS_WRITE + ZERO, ZERO) | where(user, KEEPS_USER + ZERO, ZERO)
    return GIVEN | data | where(execute, KEEPS_EXECUTE + ZERO, ZERO)


def demand_zero_entry(write: Truth, user: Truth, execute: Truth) -> Word:
    """The entry of a committed page that was never touched."""
    return kept_rights(write, user, execute)


def kept_of_leaf(entry: Word) -> Word:
    """What an entry keeps of a leaf's rights when its page goes away."""
    user = granted(entry, USER, USER_FLIP)
    return kept_rights(granted(entry, WRITE, WRITE_FLIP), user, granted(entry, EXECUTE, EXECUTE_FLIP))


def paged_out_entry(file: Word, place: Word, leaf: Word) -> Word:
    """The entry of a page that went to `place`, counted in pages from 1, of one of 16 paging files."""
    return kept_of_leaf(leaf) | ((file & FILE_MASK) << FILE_SHIFT) | (place << PLACE_SHIFT)


def transition_entry(leaf: Word) -> Word:
    """The entry of a page that is still in its frame, but no longer mapped."""
    return kept_of_leaf(leaf) | TRANSITION | (frame_of(leaf) << PLACE_SHIFT)


def file_of(entry: Word) -> Word:
    """Number of the paging file."""
    return (entry >> FILE_SHIFT) & FILE_MASK


def place_of(entry: Word) -> Word:
    """Place in the paging file, or the frame of a page in transition."""
    return entry >> PLACE_SHIFT


def leaf_of_kept(entry: Word, frame: Word) -> Word:
    """The leaf at the last level that brings a page back, with the rights that its entry kept."""
    write, user = (entry & KEEPS_WRITE) != ZERO, (entry & KEEPS_USER) != ZERO
    return leaf_entry(frame, ZERO, write, user, (entry & KEEPS_EXECUTE) != ZERO)
