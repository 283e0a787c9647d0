"""Steps on page tables as walks see them: what each step does to the translation of any address in any space.

A step changes one entry, so it can only change walks that read that entry (`entry-elsewhere`). Two walks in a forest
that read the same entry are on the same page (`ways-meet`). So what is left to show of a step is what it does to walks
that read the entry that it changes::

    grow    an empty table comes between: they end as they did, one level below
    put     they come to the page that was asked for
    clear   they end there
    prune   they ended in the empty table; now they end above it
    protect they come to the same frame, with the rights that were asked for

The steps are proved one by one; `tables_whole` puts them together.
"""

from __future__ import annotations

from ...spec.algebra import ONE, TRUE, ZERO, Truth, Word, invert, load
from ...spec.entries import first_frame_of, leaf_entry, may_be_leaf, with_rights
from ...spec.paging import (
    BELOW,
    ENTRY_SHIFT,
    NO_FAULT,
    NOT_PRESENT,
    Access,
    at_level,
    index_of,
    is_canonical,
    walk,
)
from ...spec.table_laws import emptied, framed, is_elsewhere, mapped, rooted, unmapped
from ...spec.tables import (
    FREE,
    Tables,
    back,
    first_slot,
    grow,
    image_of,
    is_mappable,
    is_root,
    prune,
    put_entry,
    table_of,
    unback,
)
from .obligation import Query, obligation
from .tables_soundness import (
    first_free,
    is_formed_along,
    is_nested_along,
    is_open_along,
    is_passed,
    is_possible,
    is_whole_along,
)

#: The geometries for which steps are proved by default: one of each kind.
STEPS = ("win32", "linux-i386", "pae", "x86-64", "sv39", "aarch64")

_PASSES = "the other walk reads the entry"


def on_page(root: Word, address: Word, level: Word, other_root: Word, other: Word) -> Truth:
    """Whether `other` is an address on the page at `address`."""
    return is_canonical(other) & invert(is_elsewhere(root, address, level, other_root, other))


def in_forest(tables: Tables, root: Word, address: Word) -> dict[str, Truth]:
    """What a step is told about the address that it is for."""
    return {
        "dimensions": is_possible(tables),
        "the space is one": is_root(tables, root),
        "the forest on the way": is_nested_along(tables, root, address),
    }


def beside(tables: Tables, root: Word, address: Word) -> dict[str, Truth]:
    """What it is told about any other address."""
    return {
        "the other space is one": is_root(tables, root),
        "the forest on the way of the other": is_nested_along(tables, root, address),
    }


@obligation(
    "ways-meet",
    "T5",
    "T6",
    says="Two walks that read one entry of a forest are of one space, and on one page of that entry's level.",
    without="the forest on the way of the other",
    geometries=STEPS,
)
def ways_meet(tables: Tables, root: Word, address: Word, root_other: Word, address_other: Word) -> Query:
    """The entry is the one where the first walk ends, at whatever level."""
    found = walk(image_of(tables), root, address)
    slot = found.slot >> ENTRY_SHIFT
    premises = {
        **in_forest(tables, root, address),
        **beside(tables, root_other, address_other),
        "the walk ends": (found.fault == NO_FAULT) | (found.fault == NOT_PRESENT),
        _PASSES: is_passed(image_of(tables), root_other, address_other, slot),
    }
    meet = on_page(root, address, found.level, root_other, address_other)
    return Query(premises, {"T5 T6": meet & (load(tables.kind, table_of(slot)) == found.level + ONE)})


@obligation(
    "entry-elsewhere",
    "T6",
    says="Whatever is put into an entry changes no walk that does not read it.",
    without="the other walk does not read the entry",
    geometries=STEPS,
)
def entry_elsewhere(tables: Tables, slot: Word, entry: Word, root_other: Word, address_other: Word) -> Query:
    """Every step changes entries by `put_entry`; in any tables, also such that are no forest."""
    passed = is_passed(image_of(tables), root_other, address_other, slot)
    premises = {
        "dimensions": is_possible(tables),
        "the other space is one": is_root(tables, root_other),
        "the other walk does not read the entry": invert(passed),
    }
    after = put_entry(TRUE, tables, slot, entry)
    return Query(premises, {"T6": framed(tables, after, root_other, address_other)})


@obligation(
    "grow-walks",
    "T6",
    "T10",
    says="An empty table under an entry that is not present changes no translation, and is where the way goes on.",
    without="the new table is empty",
    geometries=STEPS,
)
def grow_walks(tables: Tables, root: Word, address: Word, address_other: Word) -> Query:
    """The real `grow` where the walk ended; the other walk reads the same entry, so it is of the same space."""
    found = walk(image_of(tables), root, address)
    slot, frame = found.slot >> ENTRY_SHIFT, first_free(tables)
    lower = at_level(BELOW, found.level)
    after, table = grow(TRUE, tables, slot, found.level)
    empty = emptied(tables, first_slot(frame) + index_of(address, lower))
    premises = {
        **in_forest(tables, root, address),
        "the walk ends above the last level": (found.fault == NOT_PRESENT) & (found.level != ZERO),
        "there is a free frame": (tables.free != ZERO) & (frame < tables.frames) & (load(tables.kind, frame) == FREE),
        "the new table is empty": empty & emptied(tables, first_slot(frame) + index_of(address_other, lower)),
        _PASSES: is_passed(image_of(tables), root, address_other, slot)
        & on_page(root, address, found.level, root, address_other),
    }
    then = walk(image_of(after), root, address)
    on = (then.fault == NOT_PRESENT) & ((then.slot >> ENTRY_SHIFT) == first_slot(table) + index_of(address, lower))
    goals = {
        "T6": framed(tables, after, root, address_other),
        "T10": on & (then.level == lower) & is_root(after, root),
    }
    return Query(premises, goals)


@obligation(
    "put-walks",
    "T6.mapped",
    says="A leaf where the walk ended maps every address of its page as asked.",
    without="the walk ends there",
    geometries=STEPS,
)
def put_walks(
    tables: Tables,
    root: Word,
    address: Word,
    leaf_frame: Word,
    level: Word,
    access: Access,
    shared: Truth,
    address_other: Word,
) -> Query:
    """What `map_page` ends with."""
    found = walk(image_of(tables), root, address)
    slot = found.slot >> ENTRY_SHIFT
    premises = {
        **in_forest(tables, root, address),
        "tables restrict no right": is_open_along(tables, root, address),
        "the walk ends there": (found.fault == NOT_PRESENT) & (found.level == level),
        "the level has leaves": may_be_leaf(level),
        "the frame can be mapped": is_mappable(tables, leaf_frame, level, shared),
        "the other is on the page": on_page(root, address, level, root, address_other),
    }
    after = put_entry(TRUE, tables, slot, leaf_entry(leaf_frame, level, access.write, access.user, access.execute))
    after = back(TRUE, after, leaf_frame, slot, shared)
    return Query(premises, {"T6.mapped": mapped(after, root, address_other, leaf_frame, level, access)})


@obligation(
    "clear-walks",
    "T6.unmapped",
    says="Where a leaf was cleared, every address of its page is not present.",
    without="the other is on the page",
    geometries=STEPS,
)
def clear_walks(tables: Tables, root: Word, address: Word, address_other: Word) -> Query:
    """What `unmap_page` begins with."""
    found = walk(image_of(tables), root, address)
    slot = found.slot >> ENTRY_SHIFT
    premises = {
        **in_forest(tables, root, address),
        "the walk comes to a leaf": found.fault == NO_FAULT,
        "the other is on the page": on_page(root, address, found.level, root, address_other),
    }
    after = unback(TRUE, put_entry(TRUE, tables, slot, ZERO + ZERO), first_frame_of(found.entry, found.level))
    return Query(premises, {"T6.unmapped": unmapped(after, root, address_other)})


@obligation(
    "protect-walks",
    "T6.mapped",
    says="Where a leaf's rights were changed, every address of its page comes to where it came, with the new rights.",
    without="the other is on the page",
    geometries=STEPS,
)
def protect_walks(tables: Tables, root: Word, address: Word, access: Access, address_other: Word) -> Query:
    """What `protect_page` does."""
    found = walk(image_of(tables), root, address)
    slot = found.slot >> ENTRY_SHIFT
    premises = {
        **in_forest(tables, root, address),
        "tables restrict no right": is_open_along(tables, root, address),
        "leaves map whole blocks": is_whole_along(tables, root, address),
        "the walk comes to a leaf": found.fault == NO_FAULT,
        "the other is on the page": on_page(root, address, found.level, root, address_other),
    }
    after = put_entry(TRUE, tables, slot, with_rights(found.entry, access.write, access.user, access.execute))
    frame = first_frame_of(found.entry, found.level)
    return Query(premises, {"T6.mapped": mapped(after, root, address_other, frame, found.level, access)})


@obligation(
    "prune-walks",
    "T6",
    "T10",
    says="Unlinking an empty table changes no translation.",
    without="the table is empty",
    geometries=STEPS,
)
def prune_walks(tables: Tables, table: Word, root_other: Word, address_other: Word, level: Word) -> Query:
    """The real `prune`; the other walk reads the entry that names the table."""
    slot = load(tables.parent, table) - ONE
    first, lower = first_slot(table), at_level(BELOW, level)
    premises = {
        "dimensions": is_possible(tables),
        **beside(tables, root_other, address_other),
        "entries are well formed": is_formed_along(tables, root_other, address_other),
        "a table that is no root": (table < tables.frames)
        & (load(tables.kind, table) != FREE)
        & (load(tables.parent, table) != ZERO),
        "the table is named": rooted(tables, table),
        "the table is empty": (load(tables.used, table) == ZERO)
        & (load(tables.words, first + index_of(address_other, lower)) == ZERO),
        "the level is that of the entry": load(tables.kind, table_of(slot)) == level + ONE,
        _PASSES: is_passed(image_of(tables), root_other, address_other, slot),
    }
    after, _, _ = prune(TRUE, tables, table)
    gone = load(after.words, slot) == ZERO
    return Query(premises, {"T6": framed(tables, after, root_other, address_other), "T10": gone})
