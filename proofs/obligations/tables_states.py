"""Steps on page tables keep the laws of a state, at any slots and frames, however many there are.

The laws are assumed at the points where they are asked, and at those that the step reads; see `tables_soundness` for
what is carried besides them. The ghosts after a step are stated next to it: what comes last takes the next number, and
what had the last number takes that of what goes.

A table has no more entries than fit, a list no more frames than there are, a frame no more leaves than a word counts:
that follows from counting, as all numbers are different, and is assumed.
"""

from __future__ import annotations

from ...spec.algebra import FALSE, ONE, TRUE, ZERO, Truth, Word, implies, invert, load, store_if, where
from ...spec.entries import (
    NOTHING,
    absence_of,
    first_frame_of,
    leaf_entry,
    leaf_of_kept,
    may_be_leaf,
    paged_out_entry,
    with_rights,
)
from ...spec.paging import PAGE_SHIFT, Access, frame_of, is_present
from ...spec.table_laws import counted, is_leaf_slot, level_of, mapped_at
from ...spec.tables import (
    FREE,
    MOST_ENTRIES,
    Tables,
    back,
    create,
    drop,
    grow,
    is_mappable,
    is_root,
    prune,
    put_entry,
    table_of,
    unback,
)
from .obligation import Query, obligation
from .tables_soundness import Ghosts, Point, first_free, is_possible, laws_at, sound
from .translation import is_room

#: The geometries for which laws of a state are proved by default: they differ little from one to the next.
STATES = ("win32", "x86-64")
_LAWS = ("T5", "T6.mapped", "T7", "T10", "F1", "F4", "F5", "F6", "F8", "F3")
_HERE = "the laws at the points"
_THERE = "the laws where the step acts"


def counts_kept(before: Tables, after: Tables, changed: Word, slot: Word, frame: Word) -> Truth:
    """F3: a frame is counted as often as leaves map it: only the leaf in `changed` may be another."""
    gained = where((mapped_at(after, changed) == frame) & (frame != ZERO), ONE, ZERO)
    lost = where((mapped_at(before, changed) == frame) & (frame != ZERO), ONE, ZERO)
    same = (slot == changed) | (slot >= before.entries) | (mapped_at(before, slot) == mapped_at(after, slot))
    return counted(before, after, frame, gained, lost) & same


def with_place(tables: Tables, ghosts: Ghosts, slot: Word) -> Ghosts:
    """The ghosts, with a place for what comes into a slot that was zero."""
    empty = load(tables.words, slot) == ZERO
    return ghosts._replace(places=store_if(empty, ghosts.places, slot, load(tables.used, table_of(slot)) + ONE))


def with_turn(tables: Tables, ghosts: Ghosts, slot: Word, frame: Word) -> Ghosts:
    """The ghosts, with a turn for one more leaf of a frame."""
    return ghosts._replace(turns=store_if(TRUE, ghosts.turns, slot, load(tables.count, frame) + ONE))


def without_place(tables: Tables, ghosts: Ghosts, gone: Word, slot: Word, other: Word) -> Ghosts:
    """The ghosts at two slots, after what had the last place in a table has taken that of `gone`."""
    table, place = table_of(gone), load(ghosts.places, gone)
    last, places = load(tables.used, table), ghosts.places
    first = (table_of(slot) == table) & (load(ghosts.places, slot) == last) & (slot != gone)
    second = (table_of(other) == table) & (load(ghosts.places, other) == last) & (other != gone)
    places = store_if(second, store_if(first, places, slot, place), other, place)
    return ghosts._replace(places=places)


def without_turn(tables: Tables, ghosts: Ghosts, gone: Word, slot: Word, other: Word) -> Ghosts:
    """The ghosts at two slots, after the leaf that had the last turn at a frame has taken that of `gone`."""
    frame, turn = mapped_at(tables, gone), load(ghosts.turns, gone)
    last, turns = load(tables.count, frame), ghosts.turns
    first = (mapped_at(tables, slot) == frame) & (load(turns, slot) == last) & (slot != gone)
    second = (mapped_at(tables, other) == frame) & (load(turns, other) == last) & (other != gone)
    return ghosts._replace(turns=store_if(second, store_if(first, turns, slot, turn), other, turn))


def given(tables: Tables, ghosts: Ghosts, here: Word, at: Point) -> dict[str, Truth]:
    """The laws at the points, and where the step acts: at a slot, and at the first free frame."""
    slot, other, table, table_other, _ = at
    free = first_free(tables)
    points = sound(tables, ghosts, slot, other, table, table_other) & sound(
        tables, ghosts, other, slot, table_other, table
    )
    beside = sound(tables, ghosts, here, slot, free, table) & sound(tables, ghosts, here, other, free, table_other)
    return {"dimensions": is_possible(tables), _HERE: points, _THERE: beside & (here < tables.entries)}


def kept(before: Tables, after: Tables, ghosts: Ghosts, here: Word, at: Point) -> dict[str, Truth]:
    """What a step has to show: each law, at the points."""
    counts = counts_kept(before, after, here, at.slot, at.frame)
    return laws_at(after, ghosts, at.slot, at.other, at.table, at.table_other) | {"F3": counts}


def room_for(tables: Tables, slot: Word, frame: Word) -> Truth:
    """One more entry and one more leaf can be counted."""
    count = load(tables.count, frame)
    return (load(tables.used, table_of(slot)) < MOST_ENTRIES) & (count + ONE != ZERO) & (count < count + ONE)


@obligation(
    "put-state",
    *_LAWS,
    says="Mapping a page keeps every law of a state.",
    without="the frame can be mapped",
    together=True,
    geometries=STATES,
)
def put_state(
    tables: Tables,
    ghosts: Ghosts,
    slot_here: Word,
    leaf_frame: Word,
    level: Word,
    access: Access,
    shared: Truth,
    at: Point,
) -> Query:
    """What `map_page` ends with, at a slot of any level that has leaves."""
    premises = {
        **given(tables, ghosts, slot_here, at),
        "the slot is free": invert(is_present(load(tables.words, slot_here))),
        "the level is the slot's": (load(tables.kind, table_of(slot_here)) == level + ONE) & may_be_leaf(level),
        "the frame can be mapped": is_mappable(tables, leaf_frame, level, shared),
        "there is room": room_for(tables, slot_here, leaf_frame),
    }
    after = put_entry(TRUE, tables, slot_here, leaf_entry(leaf_frame, level, access.write, access.user, access.execute))
    after = back(TRUE, after, leaf_frame, slot_here, shared)
    later = with_turn(tables, with_place(tables, ghosts, slot_here), slot_here, leaf_frame)
    return Query(premises, kept(tables, after, later, slot_here, at))


def leaf_at(tables: Tables, slot: Word) -> dict[str, Truth]:
    """What the steps on leaves are told."""
    return {"the slot has a leaf": is_leaf_slot(tables, slot)}


@obligation(
    "clear-state",
    *_LAWS,
    says="Unmapping a page keeps every law of a state.",
    without="the slot has a leaf",
    together=True,
    geometries=STATES,
)
def clear_state(tables: Tables, ghosts: Ghosts, slot_here: Word, at: Point) -> Query:
    """What `unmap_page` begins with."""
    entry, level = load(tables.words, slot_here), level_of(tables, slot_here)
    premises = {**given(tables, ghosts, slot_here, at), **leaf_at(tables, slot_here)}
    after = unback(TRUE, put_entry(TRUE, tables, slot_here, ZERO + ZERO), first_frame_of(entry, level))
    later = without_turn(tables, ghosts, slot_here, at.slot, at.other)
    later = without_place(tables, later, slot_here, at.slot, at.other)
    return Query(premises, kept(tables, after, later, slot_here, at))


@obligation(
    "protect-state",
    *_LAWS,
    says="Changing the rights of a leaf keeps every law of a state.",
    without="the slot has a leaf",
    together=True,
    geometries=STATES,
)
def protect_state(tables: Tables, ghosts: Ghosts, slot_here: Word, access: Access, at: Point) -> Query:
    """What `protect_page` does."""
    entry = with_rights(load(tables.words, slot_here), access.write, access.user, access.execute)
    premises = {**given(tables, ghosts, slot_here, at), **leaf_at(tables, slot_here)}
    after = put_entry(TRUE, tables, slot_here, entry)
    return Query(premises, kept(tables, after, ghosts, slot_here, at))


@obligation(
    "out-state",
    *_LAWS,
    says="Paging a page out keeps every law of a state.",
    without="the slot has a leaf",
    together=True,
    geometries=STATES,
)
def out_state(tables: Tables, ghosts: Ghosts, slot_here: Word, file: Word, place: Word, at: Point) -> Query:
    """What `page_out` does to a leaf at the last level."""
    entry = load(tables.words, slot_here)
    premises = {
        **given(tables, ghosts, slot_here, at),
        **leaf_at(tables, slot_here),
        "the entry has room for the place": is_room(place),
        "the leaf is at the last level": level_of(tables, slot_here) == ZERO,
    }
    after = put_entry(TRUE, unback(TRUE, tables, frame_of(entry)), slot_here, paged_out_entry(file, place, entry))
    later = without_turn(tables, ghosts, slot_here, at.slot, at.other)
    return Query(premises, kept(tables, after, later, slot_here, at))


@obligation(
    "in-state",
    *_LAWS,
    says="Paging a page in keeps every law of a state.",
    without="the frame can be mapped",
    together=True,
    geometries=STATES,
)
def in_state(tables: Tables, ghosts: Ghosts, slot_here: Word, leaf_frame: Word, at: Point) -> Query:
    """What `page_in` does to an entry that knows of a page."""
    entry = load(tables.words, slot_here)
    premises = {
        **given(tables, ghosts, slot_here, at),
        "the entry knows of a page": absence_of(entry) != NOTHING,
        "the slot is at the last level": load(tables.kind, table_of(slot_here)) == ONE,
        "the frame can be mapped": is_mappable(tables, leaf_frame, ZERO + ZERO, FALSE),
        "there is room": room_for(tables, slot_here, leaf_frame),
    }
    after = back(
        TRUE, put_entry(TRUE, tables, slot_here, leaf_of_kept(entry, leaf_frame)), leaf_frame, slot_here, FALSE
    )
    later = with_turn(tables, ghosts, slot_here, leaf_frame)
    return Query(premises, kept(tables, after, later, slot_here, at))


@obligation(
    "grow-state",
    *_LAWS,
    says="An empty table under an entry that is not present keeps every law of a state.",
    without="there is a frame to spare",
    together=True,
    geometries=STATES,
)
def grow_state(tables: Tables, ghosts: Ghosts, slot_here: Word, level: Word, at: Point) -> Query:
    """The real `grow`, at a slot above the last level."""
    premises = {
        **given(tables, ghosts, slot_here, at),
        "the slot is free": invert(is_present(load(tables.words, slot_here))),
        "the level is the slot's": (load(tables.kind, table_of(slot_here)) == level + ONE) & (level != ZERO),
        "there is a frame to spare": tables.spare != ZERO,
        "there is room": load(tables.used, table_of(slot_here)) < MOST_ENTRIES,
    }
    after, _ = grow(TRUE, tables, slot_here, level)
    later = with_place(tables, ghosts, slot_here)
    return Query(premises, kept(tables, after, later, slot_here, at))


def given_back(tables: Tables, ghosts: Ghosts, table: Word) -> Ghosts:
    """The ghosts, with the highest rank for a table that goes to the front of the list."""
    return ghosts._replace(ranks=store_if(TRUE, ghosts.ranks, table, tables.spare + ONE))


@obligation(
    "prune-state",
    *_LAWS,
    says="Giving an empty table back keeps every law of a state.",
    without="the table is empty",
    together=True,
    geometries=STATES,
)
def prune_state(tables: Tables, ghosts: Ghosts, table_here: Word, at: Point) -> Query:
    """The real `prune`, at a table that is no root."""
    parent = load(tables.parent, table_here)
    slot = where(parent == ZERO, ONE, parent) - ONE
    namers = named_by(tables, ghosts, at)
    premises = {
        **given(tables, ghosts, slot, at),
        "the laws at the table": sound(tables, ghosts, slot, at.slot, table_here, at.table) & namers,
        "the table is no root": (table_here < tables.frames)
        & (load(tables.kind, table_here) != FREE)
        & (parent != ZERO),
        "the table is empty": load(tables.used, table_here) == ZERO,
        "not all frames are free": tables.spare < tables.frames,
    }
    after, _, _ = prune(TRUE, tables, table_here)
    later = given_back(tables, without_place(tables, ghosts, slot, at.slot, at.other), table_here)
    return Query(premises, kept(tables, after, later, slot, at))


def named_by(tables: Tables, ghosts: Ghosts, at: Point) -> Truth:
    """The laws at the slot that names the table that is looked at, which may be in the one that goes."""
    parent = load(tables.parent, at.table)
    slot = where(parent == ZERO, ONE, parent) - ONE
    return sound(tables, ghosts, slot, at.slot, at.table, at.table_other)


@obligation(
    "create-state",
    *_LAWS,
    says="A new space keeps every law of a state.",
    without=_THERE,
    together=True,
    geometries=STATES,
)
def create_state(tables: Tables, ghosts: Ghosts, at: Point) -> Query:
    """The real `create`, whether there is a frame or not."""
    after, done, root = create(tables)
    made = implies(done, is_root(after, root)) & (done == (tables.spare != ZERO))
    goals = kept(tables, after, ghosts, at.slot, at)
    premises = given(tables, ghosts, at.slot, at)
    return Query(premises, goals | {"T5": goals["T5"] & made})


@obligation(
    "drop-state",
    *_LAWS,
    says="Dropping a space in which nothing is mapped keeps every law of a state; any other is not dropped.",
    without="the laws at the root",
    together=True,
    geometries=STATES,
)
def drop_state(tables: Tables, ghosts: Ghosts, root: Word, at: Point) -> Query:
    """The real `drop`, of any number."""
    frame = where(is_root(tables, root), root >> PAGE_SHIFT, ZERO)
    after, done = drop(tables, root)
    later = where_done(done, given_back(tables, ghosts, frame), ghosts, frame)
    premises = {
        **given(tables, ghosts, at.slot, at),
        "the laws at the root": sound(tables, ghosts, at.slot, at.other, frame, at.table)
        & named_by(tables, ghosts, at),
        "not all frames are free": tables.spare < tables.frames,
    }
    return Query(premises, kept(tables, after, later, at.slot, at))


def where_done(done: Truth, then: Ghosts, otherwise: Ghosts, table: Word) -> Ghosts:
    """The ranks after a step that may not have been done."""
    rank = where(done, load(then.ranks, table), load(otherwise.ranks, table))
    return otherwise._replace(ranks=store_if(TRUE, otherwise.ranks, table, rank))
