"""What is carried through every step on page tables: the laws of a state, and what the steps need besides.

The laws of `spec/table_laws` look at one slot, two slots or one frame, and so does everything here. Three things are
carried besides them, because counts are kept where no law counts:

    used     the entries of a table that are not zero have *places* 1 to `used`, each its own
    count    the leaves that map a frame have *turns* 1 to `count`, each its own
    free     the free table frames have *ranks* 1 to `spare`, each its own, falling along the list

These numbers are ghosts: no step computes them, and it is enough that there are some. So a table whose `used` is zero
is empty, a frame whose `count` is zero is mapped by no leaf, and a list with something to spare has a first frame.

A walk passes one slot for each level. That walks of different addresses meet in a slot only where they have passed
the same slots above it is what the law *nested* says at the slots that they pass.
"""

from __future__ import annotations

from typing import NamedTuple

from ...spec.algebra import FALSE, ONE, TRUE, ZERO, Truth, Word, Words, implies, invert, load, where
from ...spec.entries import fits
from ...spec.paging import (
    ENTRY_SHIFT,
    EXECUTE,
    EXECUTE_FLIP,
    LEVELS,
    PAGE_SHIFT,
    TABLE_RIGHTS_LEVELS,
    USER,
    USER_FLIP,
    WRITE,
    WRITE_FLIP,
    Image,
    frame_of,
    granted,
    has_level,
    index_of,
    is_canonical,
    is_folded,
    is_leaf,
    is_malformed,
    is_present,
)
from ...spec.table_laws import (
    apart,
    backed,
    emptied,
    exclusive,
    level_of,
    mapped_at,
    nested,
    rooted,
    unreferenced,
    whole,
)
from ...spec.tables import FREE, SHARED, Tables, first_slot, image_of, table_of


class Point(NamedTuple):
    """Where the laws are asked: at two slots, two table frames and any frame."""

    slot: Word
    other: Word
    table: Word
    table_other: Word
    frame: Word


class Ghosts(NamedTuple):
    """Numbers that nobody keeps: places and turns by slot, ranks by table frame."""

    places: Words
    turns: Words
    ranks: Words


def is_possible(tables: Tables) -> Truth:
    """The dimensions are those of table memory: whole frames, each of which an entry can name."""
    sized = (tables.entries == first_slot(tables.frames)) & (tables.frames <= tables.limit)
    return sized & (tables.frames != ZERO) & (tables.entries < SHARED) & fits(tables.frames)


def is_level(level: Word) -> Truth:
    """Whether there are tables at `level`."""
    known, at = FALSE, ZERO + ZERO
    for _ in range(LEVELS):
        known = known | ((level == at) & invert(is_folded(at)))
        at = at + ONE
    return known


def names_table(tables: Tables, slot: Word) -> Truth:
    """Whether the entry in a slot names a table."""
    entry = load(tables.words, slot)
    here = load(tables.kind, table_of(slot)) != FREE
    return here & is_present(entry) & invert(is_leaf(entry, level_of(tables, slot)))


def is_open(tables: Tables, slot: Word) -> Truth:
    """An entry that names a table restricts no right."""
    entry = load(tables.words, slot)
    counts = names_table(tables, slot) & has_level(TABLE_RIGHTS_LEVELS, level_of(tables, slot))
    data = granted(entry, WRITE, WRITE_FLIP) & granted(entry, USER, USER_FLIP)
    return implies(counts, data & granted(entry, EXECUTE, EXECUTE_FLIP))


def is_formed(tables: Tables, slot: Word) -> Truth:
    """An entry that is present has no bit that it must not have."""
    entry, level = load(tables.words, slot), level_of(tables, slot)
    here = (load(tables.kind, table_of(slot)) != FREE) & is_present(entry)
    return implies(here, invert(is_malformed(entry, level)))


def is_placed(tables: Tables, places: Words, slot: Word) -> Truth:
    """An entry that is not zero has a place among those of its table."""
    table, place = table_of(slot), load(places, slot)
    there = (load(tables.kind, table) != FREE) & (load(tables.words, slot) != ZERO)
    return implies(there, (place != ZERO) & (place <= load(tables.used, table)))


def is_placed_alone(tables: Tables, places: Words, slot: Word, other: Word) -> Truth:
    """No two entries of a table have one place."""
    there = (load(tables.words, slot) != ZERO) & (load(tables.words, other) != ZERO)
    beside = (slot != other) & (table_of(slot) == table_of(other)) & (load(tables.kind, table_of(slot)) != FREE)
    return implies(there & beside, load(places, slot) != load(places, other))


def is_numbered(tables: Tables, turns: Words, slot: Word) -> Truth:
    """A leaf has its turn among those that map its frame."""
    frame, turn = mapped_at(tables, slot), load(turns, slot)
    return implies(frame != ZERO, (turn != ZERO) & (turn <= load(tables.count, frame)))


def is_numbered_alone(tables: Tables, turns: Words, slot: Word, other: Word) -> Truth:
    """No two leaves that map a frame have one turn."""
    frame = mapped_at(tables, slot)
    both = (frame != ZERO) & (slot != other) & (frame == mapped_at(tables, other))
    return implies(both, load(turns, slot) != load(turns, other))


def is_listed(tables: Tables, ranks: Words, table: Word) -> Truth:
    """A free table frame has a rank in the list, the next one follows, and it has no entries."""
    rank, after = load(ranks, table), load(tables.parent, table)
    following = where(after == ZERO, ONE, after) - ONE
    free = (following < tables.frames) & (load(tables.kind, following) == FREE)
    falling = (load(ranks, following) != ZERO) & (load(ranks, following) + ONE == rank)
    known = (rank != ZERO) & (rank <= tables.spare) & (load(tables.used, table) == ZERO)
    linked = where(after == ZERO, rank == ONE, free & falling)
    return implies(load(tables.kind, table) == FREE, known & linked)


def is_listed_alone(tables: Tables, ranks: Words, table: Word, other: Word) -> Truth:
    """No two free table frames have one rank."""
    both = (load(tables.kind, table) == FREE) & (load(tables.kind, other) == FREE)
    return implies(both & (table != other), load(ranks, table) != load(ranks, other))


def first_free(tables: Tables) -> Word:
    """The first free table frame, or 0."""
    return where(tables.free == ZERO, ONE, tables.free) - ONE


def is_headed(tables: Tables, ranks: Words) -> Truth:
    """The list begins with a free frame of the highest rank, unless there is none to spare."""
    frame = first_free(tables)
    begins = (frame < tables.frames) & (load(tables.kind, frame) == FREE) & (load(ranks, frame) == tables.spare)
    return where(tables.spare == ZERO, tables.free == ZERO, (tables.free != ZERO) & begins)


def laws_at(
    tables: Tables, ghosts: Ghosts, slot: Word, other: Word, table: Word, table_other: Word
) -> dict[str, Truth]:
    """Every law, with what is carried besides, at two slots and two table frames; where there are none all is well."""
    here, both = slot < tables.entries, (slot < tables.entries) & (other < tables.entries)
    placed = is_placed_alone(tables, ghosts.places, slot, other)
    numbered = is_numbered_alone(tables, ghosts.turns, slot, other)
    frame, frames = table < tables.frames, (table < tables.frames) & (table_other < tables.frames)
    kind = load(tables.kind, table)
    known = (kind == FREE) | is_level(where(kind == FREE, ONE, kind) - ONE)
    alone = is_listed_alone(tables, ghosts.ranks, table, table_other)
    listed = implies(frame, rooted(tables, table) & is_listed(tables, ghosts.ranks, table)) & implies(frames, alone)
    return {
        "T5": implies(here, nested(tables, slot)) & implies(frame, known),
        "T6.mapped": implies(here, is_open(tables, slot)),
        "T7": implies(here, whole(tables, slot) & is_formed(tables, slot)),
        "T10": implies(here, emptied(tables, slot) & is_placed(tables, ghosts.places, slot)) & implies(both, placed),
        "F1": implies(here, apart(tables, slot)),
        "F4": implies(here, backed(tables, slot)),
        "F5": implies(both, exclusive(tables, slot, other)),
        "F6": listed & is_headed(tables, ghosts.ranks),
        "F8": implies(here, unreferenced(tables, slot) & is_numbered(tables, ghosts.turns, slot))
        & implies(both, numbered),
    }


def all_of(laws: dict[str, Truth]) -> Truth:
    """All of them, in one truth."""
    every = TRUE
    for truth in laws.values():
        every = every & truth
    return every


def sound(tables: Tables, ghosts: Ghosts, slot: Word, other: Word, table: Word, table_other: Word) -> Truth:
    """Everything that holds at two slots and two table frames, in one truth."""
    return all_of(laws_at(tables, ghosts, slot, other, table, table_other))


class Passed(NamedTuple):
    """A slot that a walk passes: at which level, and whether the walk comes there at all."""

    slot: Word
    level: Word
    there: Truth


def way_of(image: Image, root: Word, address: Word) -> list[Passed]:
    """The slots on the way of an address, from the top; levels that are folded have none.

    Where an entry ends the walk, the slots below are those that its bits would lead to.
    """
    way, table, level, there = [], root, LEVELS - ONE, is_canonical(address)
    for _ in range(LEVELS):
        if not is_folded(level):
            slot = (table >> ENTRY_SHIFT) + index_of(address, level)
            entry = load(image.words, slot)
            there = there & (slot < image.entries)
            way.append(Passed(slot, level, there))
            there = there & is_present(entry) & invert(is_leaf(entry, level))
            table = frame_of(entry) << PAGE_SHIFT
        level = level - where(level == ZERO, ZERO, ONE)
    return way


def is_passed(image: Image, root: Word, address: Word, slot: Word) -> Truth:
    """Whether the walk of an address reads a slot."""
    passed = FALSE
    for step in way_of(image, root, address):
        passed = passed | (step.there & (step.slot == slot))
    return passed


def is_nested_along(tables: Tables, root: Word, address: Word) -> Truth:
    """The law *nested* at each slot on the way of an address."""
    every = TRUE
    for step in way_of(image_of(tables), root, address):
        every = every & implies(step.there, nested(tables, step.slot))
    return every


def is_open_along(tables: Tables, root: Word, address: Word) -> Truth:
    """Tables on the way of an address restrict no right."""
    every = TRUE
    for step in way_of(image_of(tables), root, address):
        every = every & implies(step.there, is_open(tables, step.slot))
    return every


def is_whole_along(tables: Tables, root: Word, address: Word) -> Truth:
    """Leaves on the way of an address map whole blocks."""
    every = TRUE
    for step in way_of(image_of(tables), root, address):
        every = every & implies(step.there, whole(tables, step.slot))
    return every


def is_formed_along(tables: Tables, root: Word, address: Word) -> Truth:
    """No entry on the way of an address is malformed."""
    every = TRUE
    for step in way_of(image_of(tables), root, address):
        every = every & implies(step.there, is_formed(tables, step.slot))
    return every
