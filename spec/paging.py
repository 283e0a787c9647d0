"""Address translation on the bytes of page tables, as the hardware does it.

A *geometry* is data: the constants below are those of x86-64 with four levels, and `geometries` holds other values for
them. The functions are bound once for each geometry (`algebra.rebind` with the geometry's constants), so that the
rules of every architecture are these few lines, and a loop over levels unrolls into exactly as many loads.

    address  | index 3 | index 2 | index 1 | index 0 | byte of the page |
                 |
    root ----> table ----> table ----> table ----> leaf: frame, rights, accessed, dirty

Levels count down to 0, the last one. `image` is physical memory as an array of entries: the entry at physical address
p is element p >> ENTRY_SHIFT. Nothing here asks what the tables were meant to say; only their bytes count.

Small numbers that differ by level are packed into one word, eight bits a level; masks that do are named one by one.

Source: Intel SDM 3A, 4.3 to 4.7; RISC-V Privileged Architecture, 10.3 to 10.6; Arm ARM DDI 0487, D8.3.
"""

from __future__ import annotations

from typing import NamedTuple

from .algebra import ONE, TRUE, TWO, ZERO, Truth, Word, Words, implies, invert, invert_bits, load, stop, where

#: Levels of tables.
LEVELS = 4
#: Binary logarithms: bytes of a page, bytes of an entry.
PAGE_SHIFT = 12
ENTRY_SHIFT = 3
#: By level: where the index begins in the address, and how many bits it has.
LEVEL_SHIFTS = 0x27_1E_15_0C
INDEX_BITS = 0x09_09_09_09
LEVEL_FIELD_SHIFT = 3
LEVEL_FIELD_MASK = 0xFF
#: The bit of an address that all bits above it repeat, or none: then those bits are zero.
SIGN_BIT = 0x0000_8000_0000_0000
#: The largest number that an address register holds.
LAST_ADDRESS = 0xFFFF_FFFF_FFFF_FFFF
#: The bits of an address above those that are translated.
UPPER_BITS = 0xFFFF_0000_0000_0000

#: An entry takes part in translation at all.
PRESENT = 0x001
#: Levels (as bits) at which an entry may be a leaf; level 0 always is.
LEAF_LEVELS = 0b0111
#: Above level 0 an entry is a leaf if one of these bits is set, or with LEAF_FLIP if none is.
LEAF = 0x080
LEAF_FLIP = 0
#: Rights: granted if one of the bits is set, or with the flip if none is. No bits and a flip: always granted.
READ = 0
READ_FLIP = 1
WRITE = 0x002
WRITE_FLIP = 0
USER = 0x004
USER_FLIP = 0
EXECUTE = 0x8000_0000_0000_0000
EXECUTE_FLIP = 1
#: What else an entry needs: a leaf above level 0, a leaf at level 0, and a table's entry, which grants all it can.
LEAF_MARK = 0x080
LEAF_MARK_0 = 0
TABLE_MARK = 0
TABLE_GRANTS = 0x006
#: By level: the next one below it that is not folded.
BELOW = 0x02_01_00_00
#: Levels (as bits) whose table entries restrict rights too.
TABLE_RIGHTS_LEVELS = 0b1110
#: The supervisor may read and write pages of the user, and run code in them.
SUPERVISOR_USES_USER = 1
SUPERVISOR_RUNS_USER = 1
#: The hardware's own marks; none where it keeps no such mark.
ACCESSED = 0x020
DIRTY = 0x040
#: Tables are marked as accessed too.
TABLE_ACCESSED = 1
GLOBAL = 0x100
#: The bits of an entry that say which frame, and how far they are from the right.
FRAME = 0x000F_FFFF_FFFF_F000
FRAME_SHIFT = 12
#: Bits that must be zero, in a table's entry and in a leaf, by level.
RESERVED_TABLE_1 = 0
RESERVED_TABLE_2 = 0
RESERVED_TABLE_3 = 0x080
RESERVED_TABLE_4 = 0
RESERVED_LEAF_0 = 0
RESERVED_LEAF_1 = 0x001F_E000
RESERVED_LEAF_2 = 0x3FFF_E000
RESERVED_LEAF_3 = 0
#: Bits of which a leaf at level 0 must have one, where there are any.
NEEDED_LEAF_0 = 0
#: An entry whose bits under the mask have this value has no meaning (RISC-V: writable but not readable).
MEANINGLESS_MASK = 0
MEANINGLESS = 1

#: What a walk can come to.
NO_FAULT = 0
NOT_CANONICAL = 1
NOT_PRESENT = 2
MALFORMED = 3
OUTSIDE = 4
PROTECTION = 5

#: RISC-V's causes of page faults.
FETCH_PAGE_FAULT = 12
LOAD_PAGE_FAULT = 13
STORE_PAGE_FAULT = 15

THREE = 3
FOUR = 4


class Image(NamedTuple):
    """Physical memory as the walker sees it.

    Attributes:
        words: the entries, in the order of their physical addresses.
        entries: how many there are; what lies beyond cannot be read and faults as OUTSIDE.
    """

    words: Words
    entries: Word


class Access(NamedTuple):
    """How memory is used: each a truth value; a read is an access that neither writes nor executes."""

    write: Truth
    user: Truth
    execute: Truth


class Walk(NamedTuple):
    """What the walker found.

    Attributes:
        fault: NO_FAULT, or why there is no leaf.
        level: the level at which the walk ended.
        slot: physical address of the last entry that was read.
        entry: that entry.
        physical: physical address, where there is no fault; else zero.
        read, write, user, execute: the rights that all levels together grant.
    """

    fault: Word
    level: Word
    slot: Word
    entry: Word
    physical: Word
    read: Truth
    write: Truth
    user: Truth
    execute: Truth


class Descent(NamedTuple):
    """A walk on its way down.

    Attributes:
        going: whether it goes on.
        table: physical address of the table in which it goes on.
        fault, level, slot, entry, read, write, user, execute: as in `Walk`, so far.
    """

    going: Truth
    table: Word
    fault: Word
    level: Word
    slot: Word
    entry: Word
    read: Truth
    write: Truth
    user: Truth
    execute: Truth


def at_level(packed: Word, level: Word) -> Word:
    """The number for `level` in a word that packs one for each level."""
    return (packed >> (level << LEVEL_FIELD_SHIFT)) & LEVEL_FIELD_MASK


def has_level(levels: Word, level: Word) -> Truth:
    """Whether a set of levels, as bits, has `level`."""
    return ((levels >> level) & ONE) != ZERO


def is_folded(level: Word) -> Truth:
    """Whether a level has no table at all: one entry, no bits."""
    return at_level(INDEX_BITS, level) == ZERO


def span_of(level: Word) -> Word:
    """Bytes that one entry at `level` translates."""
    return ONE << at_level(LEVEL_SHIFTS, level)


def index_of(address: Word, level: Word) -> Word:
    """The index into the table at `level`."""
    index_mask = (ONE << at_level(INDEX_BITS, level)) - ONE
    return (address >> at_level(LEVEL_SHIFTS, level)) & index_mask


def offset_of(address: Word, level: Word) -> Word:
    """The byte inside the page that a leaf at `level` maps."""
    return address & (span_of(level) - ONE)


def is_canonical(address: Word) -> Truth:
    """Whether the bits above those that are translated are what they must be."""
    negative = (address & SIGN_BIT) != ZERO
    return (address & UPPER_BITS) == where(negative, UPPER_BITS + ZERO, ZERO)


def is_range(address: Word, length: Word) -> Truth:
    """Whether `length` bytes from `address` on are addresses of one half; none are a range anywhere.

    A range may end with the last address there is: what comes after it is never computed.
    """
    further = where(length == ZERO, ONE, length) - ONE
    inside = (address <= LAST_ADDRESS) & (further <= LAST_ADDRESS - where(address <= LAST_ADDRESS, address, ZERO))
    last = where(inside, address + further, address)
    one_half = ((address ^ last) & SIGN_BIT) == ZERO
    return (length == ZERO) | (inside & is_canonical(address) & is_canonical(last) & one_half)


def granted(entry: Word, bits: Word, flip: Word) -> Truth:
    """Whether a right is granted: one of its bits is set, or with the flip none is."""
    return ((entry & bits) != ZERO) != (flip != ZERO)


def is_present(entry: Word) -> Truth:
    """Whether an entry takes part in translation."""
    return (entry & PRESENT) != ZERO


def is_leaf(entry: Word, level: Word) -> Truth:
    """Whether an entry maps a page instead of naming a table."""
    return (level == ZERO) | granted(entry, LEAF, LEAF_FLIP)


def reserved_bits(level: Word, leaf: Truth) -> Word:
    """The bits of an entry at `level` that must be zero."""
    table = where(level == ONE, RESERVED_TABLE_1 + ZERO, where(level == TWO, RESERVED_TABLE_2 + ZERO, ZERO))
    table = where(level == THREE, RESERVED_TABLE_3 + ZERO, where(level == FOUR, RESERVED_TABLE_4 + ZERO, table))
    page = where(level == ZERO, RESERVED_LEAF_0 + ZERO, where(level == ONE, RESERVED_LEAF_1 + ZERO, ZERO))
    page = where(level == TWO, RESERVED_LEAF_2 + ZERO, where(level == THREE, RESERVED_LEAF_3 + ZERO, page))
    return where(leaf, page, table)


def is_malformed(entry: Word, level: Word) -> Truth:
    """Whether a present entry has bits that no software may set."""
    leaf = is_leaf(entry, level)
    misplaced = leaf & (level != ZERO) & invert(has_level(LEAF_LEVELS, level))
    lacking = (level == ZERO) & (NEEDED_LEAF_0 != ZERO) & ((entry & NEEDED_LEAF_0) == ZERO)
    meaningless = (entry & MEANINGLESS_MASK) == MEANINGLESS
    return misplaced | lacking | meaningless | ((entry & reserved_bits(level, leaf)) != ZERO)


def frame_of(entry: Word) -> Word:
    """The frame that an entry names."""
    return (entry & FRAME) >> FRAME_SHIFT


def restricts(entry: Word, level: Word) -> Truth:
    """Whether the rights in an entry count: a leaf's always, a table's where the architecture says so."""
    return is_leaf(entry, level) | has_level(TABLE_RIGHTS_LEVELS, level)


def set_out(root: Word, address: Word) -> Descent:
    """Before the first entry is read: at the table at physical address `root`, with every right."""
    going = is_canonical(address)
    fault = where(going, NO_FAULT + ZERO, NOT_CANONICAL + ZERO)
    return Descent(going, root, fault, LEVELS - ONE, ZERO + ZERO, ZERO + ZERO, TRUE, TRUE, TRUE, TRUE)


def descend(image: Image, so_far: Descent, address: Word, level: Word) -> Descent:
    """Read the entry for `address` in the table at `level`, and stop there or go on to the table that it names."""
    going, table, fault, ended, slot, entry, read, write, user, execute = so_far
    folded = at_level(INDEX_BITS, level) == ZERO
    reading = going & invert(folded)
    place = table + (index_of(address, level) << ENTRY_SHIFT)
    inside = (place >> ENTRY_SHIFT) < image.entries
    found = load(image.words, where(reading & inside, place >> ENTRY_SHIFT, ZERO))
    bad = where(is_malformed(found, level), MALFORMED + ZERO, NO_FAULT + ZERO)
    bad = where(is_present(found), bad, NOT_PRESENT + ZERO)
    bad = where(inside, bad, OUTSIDE + ZERO)
    bad = where(folded, NO_FAULT + ZERO, bad)
    counts = reading & (bad == NO_FAULT) & restricts(found, level)
    read = read & (invert(counts) | granted(found, READ, READ_FLIP))
    write = write & (invert(counts) | granted(found, WRITE, WRITE_FLIP))
    user = user & (invert(counts) | granted(found, USER, USER_FLIP))
    execute = execute & (invert(counts) | granted(found, EXECUTE, EXECUTE_FLIP))
    fault = where(going, bad, fault)
    slot, entry = where(reading, place, slot), where(reading, found, entry)
    ended = where(reading, level, ended)
    going = going & (bad == NO_FAULT) & (folded | invert(is_leaf(found, level)))
    table = where(reading, frame_of(found) << PAGE_SHIFT, table)
    return Descent(going, table, fault, ended, slot, entry, read, write, user, execute)


def arrive(done: Descent, address: Word) -> Walk:
    """What a descent through all levels came to."""
    _, _, fault, ended, slot, entry, read, write, user, execute = done
    base = (frame_of(entry) << PAGE_SHIFT) & invert_bits(span_of(ended) - ONE)
    physical = where(fault == NO_FAULT, base | offset_of(address, ended), ZERO)
    return Walk(fault, ended, slot, entry, physical, read, write, user, execute)


def walk(image: Image, root: Word, address: Word) -> Walk:
    """Follow `address` from the table at physical address `root` to its leaf, or to the fault on the way."""
    so_far = set_out(root, address)
    level = LEVELS - ONE
    for _ in range(LEVELS):
        if stop(so_far.going):
            break
        so_far = descend(image, so_far, address, level)
        level = level - where(level == ZERO, ZERO, ONE)
    return arrive(so_far, address)


def is_allowed(found: Walk, access: Access) -> Truth:
    """Whether the rights along a walk that reached its leaf allow an access."""
    trespass = where(access.execute, SUPERVISOR_RUNS_USER + ZERO, SUPERVISOR_USES_USER + ZERO) == ZERO
    ring = where(access.user, found.user, invert(found.user & trespass))
    reads = invert(access.write | access.execute)
    granted_all = implies(reads, found.read) & implies(access.write, found.write)
    return ring & granted_all & implies(access.execute, found.execute)


def is_marked(entry: Word, bits: Word) -> Truth:
    """Whether the hardware has set these marks, or keeps none of the kind."""
    return (entry & bits) == bits


def marks_of(access: Access) -> Word:
    """The marks that an access leaves in its leaf: accessed, and dirty if it writes."""
    return ACCESSED | where(access.write, DIRTY + ZERO, ZERO)


def classify(found: Walk, access: Access) -> Word:
    """The fault of an access, or NO_FAULT."""
    refused = (found.fault == NO_FAULT) & invert(is_allowed(found, access))
    return where(refused, PROTECTION + ZERO, found.fault)


def page_fault_code(fault: Word, access: Access) -> Word:
    """The error code that x86 pushes for a page fault: present, write, user, reserved, instruction fetch.

    Where no entry can forbid execution, a fetch is told as a read.

    Source: Intel SDM 3A, 4.7, figure 4-12.
    """
    present = where((fault == PROTECTION) | (fault == MALFORMED), ONE, ZERO)
    write = where(access.write, ONE << ONE, ZERO)
    user = where(access.user, ONE << TWO, ZERO)
    reserved = where(fault == MALFORMED, ONE << THREE, ZERO)
    fetch = where(access.execute & (EXECUTE != ZERO), ONE << FOUR, ZERO)
    return present | write | user | reserved | fetch


def page_fault_cause(access: Access) -> Word:
    """The cause that RISC-V reports for a page fault: 12 fetching, 13 loading, 15 storing.

    Source: RISC-V Privileged Architecture, table of scause values.
    """
    store = where(access.write, STORE_PAGE_FAULT + ZERO, LOAD_PAGE_FAULT + ZERO)
    return where(access.execute, FETCH_PAGE_FAULT + ZERO, store)
