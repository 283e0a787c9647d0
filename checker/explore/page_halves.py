"""The two tables that number page states (`page_numbers`): what four pages own and are charged, and how they count.

A half is numbered if each of its pages is in a state that there is and no two are in the same frame: of eight pages
and three frames that are 4 864 halves out of 65 536, and less than 24 million numbers for a whole. What is left out,
or not what it is taken for here, costs time and loses nothing: those states are hashed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...model.fast.page_machine import Machine
from ...spec.pages import RESIDENT, Pages, frame_of, is_charged, is_resident
from . import page_cells
from .engine import Numbering
from .page_numbers import HALF, HALF_AT, REST_AT, SECOND

#: The number of a half that has none: with any other half it comes to no less, which is no number.
VOID = 1 << 30
#: Pages in a half.
_PAGES = 4


def numbering_of(machine: Machine) -> Numbering:
    """How the states of a machine are numbered; with more numbers than could be told from VOID, none is."""
    firsts, seconds = (_halves(machine, first) for first in (0, _PAGES))
    size = firsts.size * seconds.size
    lists = np.full(2 * SECOND, VOID, np.uint64)
    _enter(lists[:SECOND], firsts & HALF, firsts, 1)
    _enter(lists[SECOND:], seconds >> HALF_AT & HALF, seconds, firsts.size)
    return Numbering(size if size <= VOID else 0, lists)


def _enter(table: Any, halves: Any, keys: Any, step: int) -> None:
    """What each half makes of the rest of the key, and its number: one after the other, by `step`."""
    rest = keys >> REST_AT << REST_AT
    table[halves] = rest | np.arange(keys.size, dtype=np.uint64) * step


def _halves(machine: Machine, first: int) -> Any:
    """The keys of the states in which only pages from `first` on are anything but free, those of one half."""
    keys = np.zeros(1, np.uint64)
    for page in range(first, min(first + _PAGES, machine.pages)):
        parts = [_part(page, state) for state in range(RESIDENT + 2 * machine.frames)]
        keys = np.concatenate([keys[keys & np.uint64(frame) == 0] + np.uint64(part) for part, frame in parts])
    return keys[np.argsort(keys & page_cells.STATES)]


def _part(page: int, state: int) -> tuple[int, int]:
    """The key in which all other pages are free, and where a key has the owner of this page's frame."""
    frame = frame_of(state)
    owner = page_cells.store_element_if(is_resident(state), 0, frame, page + 1)
    taken = page_cells.store_element_if(is_resident(state), 0, frame, page_cells.LAST)
    charge = int(is_charged(state))
    alone = page_cells.key_of(Pages(state << (page << page_cells.ELEMENT_SHIFT), owner, charge, 0))
    return alone, taken << page_cells.OWNER_AT
