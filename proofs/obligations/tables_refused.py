"""A step on page tables that is refused leaves everything as it was (T13): the real steps, for any arguments."""

from __future__ import annotations

from typing import Any

from ...spec import table_laws
from ...spec import tables as steps
from ...spec.algebra import FALSE, Truth, Word, invert
from ...spec.paging import Access
from ...spec.table_laws import atomic
from ...spec.tables import Tables, create, drop, map_page, page_in, page_out, protect_page, put_piece, unmap_page
from ..symbolic import truth
from . import tables_soundness
from .obligation import Query, composition, obligation
from .tables_soundness import is_level, is_possible
from .tables_walks import STEPS

_REFUSED = "the call is refused"


def refused(before: Tables, after: Tables, done: Truth, slot: Word, frame: Word) -> Query:
    """T13 at any slot and frame, where the call was not done."""
    premises = {"dimensions": is_possible(before), _REFUSED: invert(done)}
    return Query(premises, {"T13": atomic(before, after, FALSE, slot, frame)})


@obligation(
    "create-refused",
    "T13",
    says="A space for which there is no frame leaves no trace.",
    without=_REFUSED,
    geometries=STEPS,
)
def create_refused(tables: Tables, slot: Word, frame: Word) -> Query:
    """The real `create`."""
    after, done, _ = create(tables)
    return refused(tables, after, done, slot, frame)


@obligation(
    "drop-refused", "T13", says="A space that is not dropped stays as it is.", without=_REFUSED, geometries=STEPS
)
def drop_refused(tables: Tables, root: Word, slot: Word, frame: Word) -> Query:
    """The real `drop`."""
    after, done = drop(tables, root)
    return refused(tables, after, done, slot, frame)


@obligation(
    "map-refused", "T13", says="A page that is not mapped leaves no table behind.", without=_REFUSED, geometries=STEPS
)
def map_refused(
    tables: Tables,
    root: Word,
    address: Word,
    called_frame: Word,
    called_level: Word,
    access: Access,
    shared: Truth,
    slot: Word,
    frame: Word,
) -> Query:
    """The real `map_page`, all rounds of it, refused for whatever reason: also if table frames run out half-way."""
    after, _, done = map_page(tables, root, address, called_frame, called_level, access, shared)
    return refused(tables, after, done, slot, frame)


@obligation("unmap-refused", "T13", says="What is not unmapped stays as it is.", without=_REFUSED, geometries=STEPS)
def unmap_refused(tables: Tables, root: Word, address: Word, called_level: Word, slot: Word, frame: Word) -> Query:
    """The real `unmap_page`, all rounds of it."""
    after, done = unmap_page(tables, root, address, called_level)
    return refused(tables, after, done, slot, frame)


@obligation("protect-refused", "T13", says="What is not protected stays as it is.", without=_REFUSED, geometries=STEPS)
def protect_refused(
    tables: Tables, root: Word, address: Word, called_level: Word, access: Access, slot: Word, frame: Word
) -> Query:
    """The real `protect_page`."""
    after, done = protect_page(tables, root, address, called_level, access)
    return refused(tables, after, done, slot, frame)


@obligation("out-refused", "T13", says="What is not paged out stays as it is.", without=_REFUSED, geometries=STEPS)
def out_refused(tables: Tables, root: Word, address: Word, file: Word, place: Word, slot: Word, frame: Word) -> Query:
    """The real `page_out`."""
    after, done = page_out(tables, root, address, file, place)
    return refused(tables, after, done, slot, frame)


@obligation("in-refused", "T13", says="What is not paged in stays as it is.", without=_REFUSED, geometries=STEPS)
def in_refused(tables: Tables, root: Word, address: Word, called_frame: Word, slot: Word, frame: Word) -> Query:
    """The real `page_in`."""
    after, done = page_in(tables, root, address, called_frame)
    return refused(tables, after, done, slot, frame)


@obligation(
    "piece-refused",
    "T13",
    says="A round of a split that does not go changes nothing.",
    without="the round does not go",
    geometries=STEPS,
)
def piece_refused(
    tables: Tables, going: Truth, entry: Word, level: Word, table: Word, part: Word, slot: Word, frame: Word
) -> Query:
    """The real `put_piece`."""
    after = put_piece(going, tables, entry, level, table, part)
    premises = {
        "dimensions": is_possible(tables),
        "the level is one": is_level(level),
        "the round does not go": invert(going),
    }
    return Query(premises, {"T13": atomic(tables, after, FALSE, slot, frame)})


@composition(
    "split-refused", "T13", says="A leaf that is not split stays as it is.", without=_REFUSED, geometries=STEPS
)
def split_refused(theory: Any) -> Query:
    """The real `split_page`, its rounds replaced by what is proved about one that does not go."""
    tables, facts = theory.tables("tables"), theory.bind(tables_soundness)
    entered: list[Any] = []

    def fill(going: Truth, tables: Tables, entry: Word, level: Word, table: Word) -> Tables:
        entered.append(going)
        return changed(theory, "filled", tables, going)

    root, address, level = theory.word("root"), theory.address("address"), theory.word("called_level")
    after, _, done = theory.bind(steps, fill=fill).split_page(tables, root, address, level)
    slot, frame = theory.slot("slot"), theory.table_frame("frame")
    premises = {"dimensions": facts.is_possible(tables), _REFUSED: facts.invert(done)}
    same = theory.bind(table_laws).atomic(tables, after, truth(False), slot, frame)
    return Query(premises, {"T13": same & facts.invert(entered[0])})


def changed(theory: Any, label: str, tables: Tables, going: Truth) -> Tables:
    """The tables, unknown in what rounds of `put_piece` change where `going`."""
    after = theory.tables(label)
    arrays = {
        name: getattr(tables, name).unless(going, getattr(after, name)) for name in ("words", "used", "count", "backed")
    }
    return tables._replace(**arrays)
