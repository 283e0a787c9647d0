"""What may happen to pages, read from a table of what the steps come to (`page_watch`).

A move about a page looks at few things: the page's state, the charge, and, if it takes one, the owner of a frame. So
there are few different outcomes, and each is a key with some elements replaced and the charge changed::

    alone[page, its state, charge]         ---> row: all outcomes of the moves that take no frame
    framed[page, its state, frame, owner]  ---> row: all outcomes of those that take this frame

    row    | kept  added | kept  added | ...        each successor is (key & kept) + added

A row is written out whole and `count` moves on by as many outcomes as there are, so nothing is to be guessed by the
processor. A key whose charge the table does not reach is asked about move by move (`asked`).

A kernel module: bound by `pages` on arrays, with `asked` for the search move by move.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...model.fast.backend import view
from ...spec.algebra import ONE, TWO, ZERO, Word, load, store_if
from .page_cells import CHARGE_AT, CHARGES, ELEMENT_SHIFT, LAST, OWNER_AT

#: Outcomes that a row has room for, of the moves that take no frame and of those that do; and words of two outcomes.
ALONE_WIDTH = 4
FRAMED_WIDTH = 2
PAIR = 4
THREE = 3
#: An entry is the place of a row, shifted up by so much, and how many outcomes there are.
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


def put_pair(key: Any, at: Word, rows: Any, buffer: Any, count: Word) -> None:
    """Write two outcomes of a row into the buffer; what is more than there are will be written over."""
    first = (key & load(rows, at)) + load(rows, at + ONE)
    second = (key & load(rows, at + TWO)) + load(rows, at + THREE)
    store_if(True, buffer, count, first)
    store_if(True, buffer, count + ONE, second)


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
            entry = load(alone, here * table.charges + charge)
            put_pair(key, entry >> ENTRY_SHIFT, rows, buffer, count)
            put_pair(key, (entry >> ENTRY_SHIFT) + PAIR, rows, buffer, count + TWO)
            count = count + (entry & IN_ENTRY)
            there = here * setting.frames
            owners = key >> OWNER_AT
            for _ in range(setting.frames):
                entry = load(framed, (there << VALUE_SHIFT) | (owners & LAST))
                put_pair(key, entry >> ENTRY_SHIFT, rows, buffer, count)
                count = count + (entry & IN_ENTRY)
                there = there + ONE
                owners = owners >> VALUE_SHIFT
            page = page + ONE
    return count
