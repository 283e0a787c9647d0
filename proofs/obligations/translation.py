"""The laws of translation on tables of any content, for every address: what a walk may come to.

No law of page tables is assumed here but where marks are concerned: an entry that is a leaf on one way and a table on
another could take a mark in the one role that is forbidden in the other.
"""

from __future__ import annotations

from ...spec.algebra import ONE, TRUE, ZERO, Truth, Word, implies, invert, invert_bits, load, where
from ...spec.entries import FILE_MASK, PLACE_SHIFT, fits
from ...spec.geometries import BUILT_IN
from ...spec.paging import (
    ACCESSED,
    DIRTY,
    ENTRY_SHIFT,
    EXECUTE,
    EXECUTE_FLIP,
    LAST_ADDRESS,
    LEVELS,
    NO_FAULT,
    PAGE_SHIFT,
    SIGN_BIT,
    USER,
    USER_FLIP,
    WRITE,
    WRITE_FLIP,
    Access,
    Image,
    classify,
    frame_of,
    granted,
    index_of,
    is_canonical,
    is_leaf,
    is_malformed,
    is_present,
    is_range,
    offset_of,
    reserved_bits,
    restricts,
    walk,
)
from ...spec.table_laws import level_of
from ...spec.tables import FREE, Tables, image_of, is_root, table_of, touch
from ...spec.translation_laws import (
    confined,
    ended,
    entry_at,
    guarded,
    is_same,
    joined,
    kept,
    total,
    undisturbed,
    unmoved,
)
from .obligation import Query, obligation
from .tables_soundness import is_nested_along, is_passed, is_possible, way_of

EVERY = tuple(geometry.name for geometry in BUILT_IN)
_ROOT = "the root is the address of a page"
_ALLOWED = "the access is allowed"
#: Binary logarithm of the bits of a byte.
BYTE_SHIFT = 3


def is_page(address: Word) -> Truth:
    """Whether a physical address is that of a page."""
    return ((address >> PAGE_SHIFT) << PAGE_SHIFT) == address


def is_as_along(image: Image, other: Image, root: Word, address: Word) -> Truth:
    """Whether two memories have the same entries on the way of an address."""
    same = image.entries == other.entries
    for step in way_of(image, root, address):
        same = same & implies(step.there, load(image.words, step.slot) == load(other.words, step.slot))
    return same


@obligation(
    "walk-total",
    "T1",
    says="Every address comes to one leaf or one fault, by nothing but the entries on its way.",
    without="the entries on the way are the same",
    geometries=EVERY,
)
def walk_total(image: Image, image_other: Image, root: Word, address: Word) -> Query:
    """T1 as registered for any tables; and memories that agree on the way give the same walk."""
    premises = {
        _ROOT: is_page(root),
        "the entries on the way are the same": is_as_along(image, image_other, root, address),
    }
    same = is_same(walk(image, root, address), walk(image_other, root, address))
    return Query(premises, {"T1": total(image, root, address) & same})


@obligation(
    "address-joined",
    "T2",
    says="An address is its indices and its byte, joined; two addresses that have the same are the same.",
    without="the same indices",
    geometries=EVERY,
)
def address_joined(called_address: Word, called_other: Word) -> Query:
    """Nothing of an address that is translated is lost or counted twice."""
    same, level = TRUE, ZERO + ZERO
    for _ in range(LEVELS):
        same = same & (index_of(called_address, level) == index_of(called_other, level))
        level = level + ONE
    premises = {
        "canonical": is_canonical(called_address) & is_canonical(called_other),
        "the same byte": offset_of(called_address, ZERO + ZERO) == offset_of(called_other, ZERO + ZERO),
        "the same indices": same,
    }
    one = (called_address & LAST_ADDRESS) == (called_other & LAST_ADDRESS)
    return Query(premises, {"T2": joined(called_address) & joined(called_other) & one})


@obligation(
    "rights-confined",
    "T3",
    says="An access that is allowed is granted by every entry on the way that counts.",
    without=_ALLOWED,
    geometries=EVERY,
)
def rights_confined(image: Image, root: Word, address: Word, access: Access) -> Query:
    """T3 at every level, and what it means for an access."""
    found = walk(image, root, address)
    premises = {_ROOT: is_page(root), _ALLOWED: classify(found, access) == NO_FAULT}
    goal, level = TRUE, ZERO + ZERO
    for _ in range(LEVELS):
        entry, there = entry_at(image, root, address, level)
        counts = there & restricts(entry, level) & (level >= found.level)
        write = implies(access.write, granted(entry, WRITE, WRITE_FLIP))
        user = implies(access.user, granted(entry, USER, USER_FLIP))
        given = write & user & implies(access.execute, granted(entry, EXECUTE, EXECUTE_FLIP))
        goal = goal & confined(image, root, address, level) & implies(counts, given)
        level = level + ONE
    return Query(premises, {"T3": goal})


@obligation(
    "walk-guarded",
    "T4",
    says="An access that is allowed is at a canonical address, and no entry on its way is malformed.",
    without=_ALLOWED,
    geometries=EVERY,
)
def walk_guarded(image: Image, root: Word, address: Word, access: Access) -> Query:
    """T4 at every level."""
    found = walk(image, root, address)
    premises = {_ROOT: is_page(root), _ALLOWED: classify(found, access) == NO_FAULT}
    goal, level = is_canonical(address), ZERO + ZERO
    for _ in range(LEVELS):
        entry, there = entry_at(image, root, address, level)
        passed = there & (level >= found.level)
        sound = is_present(entry) & invert(is_malformed(entry, level))
        goal = goal & guarded(image, root, address, level) & implies(passed, sound)
        level = level + ONE
    return Query(premises, {"T4": goal})


@obligation(
    "touch-faults",
    "T9",
    says="An access that faults changes no entry.",
    without="the access faults",
    geometries=EVERY,
)
def touch_faults(image: Image, root: Word, address: Word, access: Access, slot: Word) -> Query:
    """The real access, at any entry of memory."""
    after, fault, physical = touch(image, root, address, access)
    premises = {_ROOT: is_page(root), "the access faults": fault != NO_FAULT}
    same = (load(image.words, slot) == load(after.words, slot)) & (physical == ZERO)
    return Query(premises, {"T9": undisturbed(image, after, fault, slot) & same})


def is_marked_alike(before: Image, after: Image, slot: Word, level: Word) -> Truth:
    """Whether the entry at `level` in a slot is as before, but for marks that it may have."""
    old, new = load(before.words, slot), load(after.words, slot)
    forbidden = reserved_bits(level, is_leaf(old, level))
    changed = (old ^ new) & (invert_bits(ACCESSED | DIRTY) | forbidden)
    return (changed == ZERO) & ((old & new) == old)


@obligation(
    "touch-marks",
    "T8",
    says="An access sets marks that an entry may have, on its way only, and leaves the leaf of a write dirty.",
    without="the slot is not on the way",
    geometries=EVERY,
)
def touch_marks(tables: Tables, root: Word, address: Word, access: Access, slot: Word, slot_other: Word) -> Query:
    """The real access in tables that form a forest, at any slot, and at one that is not on its way."""
    before = image_of(tables)
    after, fault, _ = touch(before, root, address, access)
    premises = {
        "dimensions": is_possible(tables),
        "the root is one": is_root(tables, root),
        "the forest on the way": is_nested_along(tables, root, address),
        "the slot is in a table": load(tables.kind, table_of(slot)) != FREE,
        "the slot is not on the way": invert(is_passed(before, root, address, slot_other)),
    }
    alike = is_marked_alike(before, after, slot, level_of(tables, slot))
    same = load(before.words, slot_other) == load(after.words, slot_other)
    leaf = load(after.words, where(fault == NO_FAULT, walk(before, root, address).slot >> ENTRY_SHIFT, ZERO))
    dirty = implies(access.write & (fault == NO_FAULT), (leaf & DIRTY) == DIRTY)
    return Query(premises, {"T8": alike & same & dirty})


@obligation(
    "marks-unmoved",
    "T8",
    says="If the entries on the way of an address differ in marks that they may have, its translation is the same.",
    without="only marks differ on the way",
    geometries=EVERY,
)
def marks_unmoved(image: Image, image_other: Image, root: Word, address: Word, done: Truth) -> Query:
    """T8 at any address, also of the space in which the access was; its own leaf is dirty if it wrote."""
    alike = image.entries == image_other.entries
    for step in way_of(image, root, address):
        alike = alike & implies(step.there, is_marked_alike(image, image_other, step.slot, step.level))
    leaf = walk(image, root, address).slot >> ENTRY_SHIFT
    dirty = (load(image_other.words, leaf) & DIRTY) == DIRTY
    premises = {
        _ROOT: is_page(root),
        "only marks differ on the way": alike,
        "what was written is dirty": implies(done, dirty),
    }
    return Query(premises, {"T8": unmoved(image, image_other, root, address, done, address)})


@obligation(
    "ranges-end",
    "T11",
    says="A range has only addresses, the last one included; one that ends with the last address of all is a range.",
    without="it is a range",
    geometries=EVERY,
)
def ranges_end(called_address: Word, length: Word, inner: Word) -> Query:
    """T11 as registered, and that a range lies in one half without passing its end."""
    premises = {"it is a range": is_range(called_address, length), "it has a byte": inner < length}
    before_end = (called_address <= LAST_ADDRESS) & (length - ONE <= LAST_ADDRESS - called_address)
    half = implies(before_end, (((called_address + inner) ^ called_address) & SIGN_BIT) == ZERO)
    return Query(
        premises, {"T11": ended(called_address, length, inner) & is_canonical(called_address) & before_end & half}
    )


def is_room(number: Word) -> Truth:
    """Whether an entry has room for a number from `PLACE_SHIFT` on."""
    return (number >> ((ONE << (ENTRY_SHIFT + BYTE_SHIFT)) - PLACE_SHIFT)) == ZERO


@obligation(
    "absence-kept",
    "T12",
    says="An entry that is not present keeps file, place and rights of its page, and brings it back with them.",
    without="the file is one of sixteen",
    geometries=EVERY,
)
def absence_kept(leaf: Word, file: Word, place: Word, leaf_frame: Word) -> Query:
    """T12 for any leaf, and any place that there is room for."""
    premises = {
        "the file is one of sixteen": file <= FILE_MASK,
        "the page has a place": (place != ZERO) & is_room(place) & is_room(frame_of(leaf)),
        "the frame has a number": fits(leaf_frame),
        "the leaf is present": is_present(leaf),
    }
    return Query(premises, {"T12": kept(leaf, file, place, leaf_frame)})
