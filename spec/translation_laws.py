"""The laws of translation: what a walk may come to, whatever the tables say.

Each is true or false at one point: an address in an image of memory, a range, an entry. Who judges supplies them: all
addresses where memory is small, a fresh symbolic one in a proof.
"""

from __future__ import annotations

from .algebra import ONE, TRUE, ZERO, Truth, Word, implies, invert, load, where
from .entries import (
    DEMAND_ZERO,
    IN_TRANSITION,
    PAGED_OUT,
    absence_of,
    demand_zero_entry,
    file_of,
    leaf_of_kept,
    paged_out_entry,
    place_of,
    transition_entry,
)
from .law import Scope, law
from .paging import (
    DIRTY,
    ENTRY_SHIFT,
    EXECUTE,
    EXECUTE_FLIP,
    INDEX_BITS,
    LAST_ADDRESS,
    LEVEL_SHIFTS,
    LEVELS,
    NO_FAULT,
    OUTSIDE,
    PAGE_SHIFT,
    SIGN_BIT,
    UPPER_BITS,
    USER,
    USER_FLIP,
    WRITE,
    WRITE_FLIP,
    Image,
    Walk,
    at_level,
    frame_of,
    granted,
    index_of,
    is_canonical,
    is_folded,
    is_leaf,
    is_malformed,
    is_present,
    is_range,
    offset_of,
    restricts,
    walk,
)

CONTRACT = "translation"
#: The part of the contract that these laws are about, with those of `table_laws`.
PART = "tables"


def is_same(before: Walk, after: Walk) -> Truth:
    """Whether two walks come to the same: the same fault, or the same place with the same rights."""
    data = (before.physical == after.physical) & (before.read == after.read) & (before.write == after.write)
    rights = data & (before.user == after.user) & (before.execute == after.execute)
    return (before.fault == after.fault) & implies(before.fault == NO_FAULT, rights)


@law(
    "T1",
    "total",
    contract=CONTRACT,
    part=PART,
    statement="Every address comes to one leaf that is present, or to one fault and no physical address.",
    source="Translation is a function of the tables' bytes (Intel SDM 3A 4.1; RISC-V Privileged 10.3.2).",
    scope=Scope.TRANSLATE,
)
def total(image: Image, root: Word, address: Word) -> Truth:
    """The walk's outcome is one of the known ones, and says where it ended."""
    found = walk(image, root, address)
    ended = is_present(found.entry) & is_leaf(found.entry, found.level) & (found.level < LEVELS)
    inside = (found.slot >> ENTRY_SHIFT) < image.entries
    reached = implies(found.fault == NO_FAULT, ended & inside)
    return (found.fault <= OUTSIDE) & reached & implies(found.fault != NO_FAULT, found.physical == ZERO)


@law(
    "T2",
    "joined",
    contract=CONTRACT,
    part=PART,
    statement="The indices of an address and its byte in the page make up the address again, and each fits its table.",
    source="10 + 10 + 12 bits: 0x2A8E317F is 0x0AA, 0x0E3, 0x17F (Win32 on x86); Intel SDM 3A 4.3 to 4.5.",
    scope=Scope.ARITHMETIC,
)
def joined(address: Word) -> Truth:
    """Split into indices and offset, and joined again, below the bits that are not translated."""
    whole, fit, level = offset_of(address, ZERO + ZERO), TRUE, ZERO + ZERO
    for _ in range(LEVELS):
        index = where(is_folded(level), ZERO, index_of(address, level))
        whole = whole + (index << at_level(LEVEL_SHIFTS, level))
        fit = fit & (index < (ONE << at_level(INDEX_BITS, level)))
        level = level + ONE
    below = whole | (address & UPPER_BITS)
    return fit & (below == (address & LAST_ADDRESS))


@law(
    "T3",
    "confined",
    contract=CONTRACT,
    part=PART,
    statement="No right is granted that an entry on the way withholds: write and user by and, no-execute by or.",
    source="Intel SDM 3A 4.6: a translation is writable, or open to the user, only if every entry on the way says so.",
    scope=Scope.TRANSLATE,
)
def confined(image: Image, root: Word, address: Word, level: Word) -> Truth:
    """The rights of the whole walk are no more than what the entry at `level` grants."""
    found = walk(image, root, address)
    entry, there = entry_at(image, root, address, level)
    counts = there & (found.fault == NO_FAULT) & restricts(entry, level) & (level >= found.level)
    write = implies(found.write, granted(entry, WRITE, WRITE_FLIP))
    user = implies(found.user, granted(entry, USER, USER_FLIP))
    return implies(counts, write & user & implies(found.execute, granted(entry, EXECUTE, EXECUTE_FLIP)))


def entry_at(image: Image, root: Word, address: Word, level: Word) -> tuple[Word, Truth]:
    """The entry at `level` on the way of `address`, and whether there is one."""
    entry, table, there = ZERO + ZERO, root, invert(is_folded(level))
    at = LEVELS - ONE
    for _ in range(LEVELS):
        going = there & (at >= level) & invert(is_folded(at))
        slot = (table >> ENTRY_SHIFT) + index_of(address, at)
        there = there & (invert(going) | (slot < image.entries))
        entry = where(going & there, load(image.words, where(going & there, slot, ZERO)), entry)
        table = where(going, frame_of(entry) << PAGE_SHIFT, table)
        at = at - where(at == ZERO, ZERO, ONE)
    return entry, there


@law(
    "T4",
    "guarded",
    contract=CONTRACT,
    part=PART,
    statement="An address that is not canonical, or an entry with a reserved bit, faults before anything else happens.",
    source="Intel SDM 3A 4.7 (RSVD) and 1, 3.3.7.1 (canonical addresses); RISC-V Privileged 10.4.1.",
    scope=Scope.TRANSLATE,
)
def guarded(image: Image, root: Word, address: Word, level: Word) -> Truth:
    """Where there is no fault, address and the entry at `level` have no bit that they must not have."""
    found = walk(image, root, address)
    entry, there = entry_at(image, root, address, level)
    sound = invert(there & (level >= found.level) & is_malformed(entry, level))
    return implies(found.fault == NO_FAULT, is_canonical(address) & sound)


def granted_as(asked: Truth, bits: Word, flip: Word) -> Truth:
    """A right as it is granted where it was asked for or not: one that has no bit is always granted, or never."""
    return where(bits == ZERO, flip != ZERO, asked)


@law(
    "T8",
    "unmoved",
    contract=CONTRACT,
    part=PART,
    statement="Accessed and dirty marks never change a translation, and a write leaves its page dirty.",
    source="Intel SDM 3A 4.8; RISC-V Privileged 10.3.1: A and D are set by the hardware and restrict nothing.",
    scope=Scope.TRANSLATE,
)
def unmoved(before: Image, after: Image, root: Word, address: Word, written: Truth, touched: Word) -> Truth:
    """An address is translated as before an access to `touched`; the leaf of what was written is dirty."""
    same = is_same(walk(before, root, address), walk(after, root, address))
    leaf = walk(after, root, touched)
    return same & implies(written & (leaf.fault == NO_FAULT), (leaf.entry & DIRTY) == DIRTY)


@law(
    "T9",
    "undisturbed",
    contract=CONTRACT,
    part=PART,
    statement="A fault changes no table: no mark is set on the way to it.",
    source="Intel SDM 3A 4.8: marks are set for accesses that complete; a retry finds what it would have found.",
    scope=Scope.TRANSLATE,
)
def undisturbed(before: Image, after: Image, fault: Word, slot: Word) -> Truth:
    """After an access that faulted every entry is as before."""
    return implies(fault != NO_FAULT, load(before.words, slot) == load(after.words, slot))


@law(
    "T11",
    "ended",
    contract=CONTRACT,
    part=PART,
    statement="The last page is like any other, ranges that end at 2^N are legal, and the empty range is defined.",
    source="Asterinas 14dc4752f: `end >= MAX` refused the last page; the end of a range need not be an address.",
    scope=Scope.ARITHMETIC,
)
def ended(address: Word, length: Word, inner: Word) -> Truth:
    """A range has no byte that is no address, and one that ends with the last address of a half is a range."""
    covers = is_range(address, length) & (inner < length)
    byte = where(covers, address, ZERO) + where(covers, inner, ZERO)
    inside = implies(covers, is_canonical(byte) & (byte <= LAST_ADDRESS))
    last = LAST_ADDRESS + ZERO
    upper = is_canonical(last) & is_canonical(address) & ((address & SIGN_BIT) == SIGN_BIT) & (address <= last)
    to_the_end = (
        upper & (length != ZERO) & (length - where(length == ZERO, ZERO, ONE) == last - where(upper, address, ZERO))
    )
    return inside & implies(to_the_end | (length == ZERO), is_range(address, length))


@law(
    "T12",
    "kept",
    contract=CONTRACT,
    part=PART,
    statement="An entry that is not present keeps where its page is, and which rights it had.",
    source="A page-table entry that is not present tells which of 16 paging files holds the page, and where (Win32).",
    scope=Scope.ARITHMETIC,
)
def kept(leaf: Word, file: Word, place: Word, frame: Word) -> Truth:
    """Paged out, looked up, and paged in to `frame`: the same place in between, the same rights after."""
    away = paged_out_entry(file, place, leaf)
    here = transition_entry(leaf)
    zero = demand_zero_entry(granted(leaf, WRITE, WRITE_FLIP), TRUE, TRUE)
    found = (file_of(away) == file) & (place_of(away) == place) & (place_of(here) == frame_of(leaf))
    kinds = (absence_of(away) == PAGED_OUT) & (absence_of(here) == IN_TRANSITION) & (absence_of(zero) == DEMAND_ZERO)
    again = leaf_of_kept(away, frame)
    write = granted(again, WRITE, WRITE_FLIP) == granted(leaf, WRITE, WRITE_FLIP)
    user = granted(again, USER, USER_FLIP) == granted(leaf, USER, USER_FLIP)
    execute = granted(again, EXECUTE, EXECUTE_FLIP) == granted(leaf, EXECUTE, EXECUTE_FLIP)
    absent = invert(is_present(away) | is_present(here) | is_present(zero))
    return found & kinds & absent & is_present(again) & write & user & execute & (frame_of(again) == frame)
