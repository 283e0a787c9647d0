"""What may happen to pages, read from a table of what the steps come to (`page_watch`).

A move about a page looks at few things: the page's state, the charge, and, if it takes one, the owner of a frame. So
there are few different outcomes, and each is a key with some elements replaced and the charge changed::

    alone[page, its state, charge]         ---> row: all outcomes of the moves that take no frame
    framed[page, its state, frame, owner]  ---> row: all outcomes of those that take this frame

    row    | kept  kept  kept  kept | added  added  added  added |        successor = (key & kept) + added

A row is written out whole and `count` moves on by as many outcomes as there are, so nothing is to be guessed by the
processor. A key whose charge the table does not reach is asked about move by move (`asked`).

A kernel module: bound by `pages` on arrays, with `asked` for the search move by move.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...model.fast.backend import view
from ...spec.algebra import ONE, TWO, ZERO, Word, load, store_if
from .page_cells import CHARGE_AT, CHARGES, ELEMENT_SHIFT, LAST, OWNER_AT

#: Outcomes of a row; and an entry is the place of a row, shifted up by so much, and how many there are.
WIDTH = 4
THREE = 3
ENTRY_SHIFT = 3
IN_ENTRY = 7
#: Elements that there may be, as a shift.
VALUE_SHIFT = 4


class Outcomes(NamedTuple):
    """The table; `charges` is the first charge that it does not reach, and 0 if there is none."""

    charges: Any
    alone: Any
    framed: Any
    rows: Any


class Setting(NamedTuple):
    """As in `page_cells`, with the table."""

    pages: Any
    frames: Any
    limit: Any
    outcomes: Any


def asked(key: Any, setting: Setting, buffer: Any, count: Word) -> Word:
    """The system in which nothing happens."""
    return count


def put_row(key: Any, entry: Word, rows: Any, buffer: Any, count: Word) -> Word:
    """Write every outcome of a row into the buffer; what is more than there are will be written over."""
    at = entry >> ENTRY_SHIFT
    first = (key & load(rows, at)) + load(rows, at + WIDTH)
    second = (key & load(rows, at + ONE)) + load(rows, at + WIDTH + ONE)
    third = (key & load(rows, at + TWO)) + load(rows, at + WIDTH + TWO)
    fourth = (key & load(rows, at + THREE)) + load(rows, at + WIDTH + THREE)
    store_if(True, buffer, count, first)
    store_if(True, buffer, count + ONE, second)
    store_if(True, buffer, count + TWO, third)
    store_if(True, buffer, count + THREE, fourth)
    return count + (entry & IN_ENTRY)


def expand(key: Any, setting: Setting, buffer: Any, count: Word) -> Word:
    """Put the key after each move that changes anything into `buffer`, from `count` on; returns where they end."""
    table = setting.outcomes
    alone, framed, rows = view(table.alone), view(table.framed), view(table.rows)
    charge = (key >> CHARGE_AT) & CHARGES
    if charge >= table.charges:
        count = asked(key, setting, buffer, count)
    else:
        page = ZERO
        for _ in range(setting.pages):
            here = (page << VALUE_SHIFT) | ((key >> (page << ELEMENT_SHIFT)) & LAST)
            count = put_row(key, load(alone, here * table.charges + charge), rows, buffer, count)
            there = here * setting.frames
            owners = key >> OWNER_AT
            for _ in range(setting.frames):
                count = put_row(key, load(framed, (there << VALUE_SHIFT) | (owners & LAST)), rows, buffer, count)
                there = there + ONE
                owners = owners >> VALUE_SHIFT
            page = page + ONE
    return count
