"""The brute-force twin of the composed steps: the real `map_page` and `unmap_page` of two levels, each in one formula.

They say again what the lemmas and their composition say together, and rest on none of them. Two levels, as more take
minutes.
"""

from __future__ import annotations

from ...spec.algebra import ONE, ZERO, Truth, Word, implies, load
from ...spec.geometries import Geometry
from ...spec.paging import ENTRY_SHIFT, Access, index_of, walk
from ...spec.table_laws import emptied, framed, is_elsewhere, mapped, rooted, unmapped
from ...spec.tables import FREE, Tables, first_slot, image_of, map_page, table_of, unmap_page
from .obligation import Query, obligation
from .tables_soundness import first_free, is_formed_along, is_open_along
from .tables_walks import beside, in_forest, on_page

TWO_LEVELS = ("win32", "linux-i386")


def has_two_levels(geometry: Geometry) -> bool:
    """Whether two levels of a geometry are not folded."""
    return sum(bits > 0 for bits in geometry.index_bits) == 2


@obligation(
    "map-unrolled",
    "T6",
    "T6.mapped",
    says="Mapping a page maps it as asked, and changes no translation elsewhere: the whole step in one formula.",
    without="the forest on the way of the other",
    geometries=TWO_LEVELS,
    suits=has_two_levels,
)
def map_unrolled(
    tables: Tables,
    root: Word,
    address: Word,
    called_frame: Word,
    called_level: Word,
    access: Access,
    shared: Truth,
    root_other: Word,
    address_other: Word,
) -> Query:
    """The real step, with a new table or without."""
    after, _, done = map_page(tables, root, address, called_frame, called_level, access, shared)
    frame = first_free(tables)
    empty = emptied(tables, first_slot(frame) + index_of(address, 0))
    empty = empty & emptied(tables, first_slot(frame) + index_of(address_other, 0))
    begins = (frame < tables.frames) & (load(tables.kind, frame) == FREE)
    premises = {
        **in_forest(tables, root, address),
        **beside(tables, root_other, address_other),
        "tables restrict no right": is_open_along(tables, root, address),
        "the list begins with a free frame that is empty": begins & empty,
        "the page was mapped": done,
    }
    elsewhere = is_elsewhere(root, address, called_level, root_other, address_other)
    here = on_page(root, address, called_level, root_other, address_other)
    goals = {
        "T6": implies(elsewhere, framed(tables, after, root_other, address_other)),
        "T6.mapped": implies(here, mapped(after, root_other, address_other, called_frame, called_level, access)),
    }
    return Query(premises, goals)


@obligation(
    "unmap-unrolled",
    "T6",
    "T6.unmapped",
    says="Unmapping a page leaves it not present, and changes no translation elsewhere: the whole step in one formula.",
    without="the forest on the way of the other",
    geometries=TWO_LEVELS,
    suits=has_two_levels,
)
def unmap_unrolled(
    tables: Tables, root: Word, address: Word, called_level: Word, root_other: Word, address_other: Word
) -> Query:
    """The real step, with a table given back or without."""
    after, done = unmap_page(tables, root, address, called_level)
    here = walk(image_of(tables), root, address).slot >> ENTRY_SHIFT
    there = walk(image_of(tables), root_other, address_other).slot >> ENTRY_SHIFT
    single = (load(tables.used, table_of(here)) == ONE) & (table_of(here) == table_of(there)) & (here != there)
    alone = implies(single, load(tables.words, there) == ZERO)
    premises = {
        **in_forest(tables, root, address),
        **beside(tables, root_other, address_other),
        "entries are well formed": is_formed_along(tables, root_other, address_other),
        "the table is named": implies(here < tables.entries, rooted(tables, table_of(here))),
        "the only entry of a table is alone": alone,
        "the page was unmapped": done,
    }
    elsewhere = is_elsewhere(root, address, called_level, root_other, address_other)
    here = on_page(root, address, called_level, root_other, address_other)
    goals = {
        "T6": implies(elsewhere, framed(tables, after, root_other, address_other)),
        "T6.unmapped": implies(here, unmapped(after, root_other, address_other)),
    }
    return Query(premises, goals)
