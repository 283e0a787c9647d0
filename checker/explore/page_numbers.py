"""Numbers of page states: a bit each in the search, in the place of a key in a table (`sweep`).

As long as the rules are right, the states of the pages tell all the rest of a key: which frames they own and how many
of them are charged. Two tables say what that comes to for each half of the pages, and how a half is numbered; the sum
of two entries is that of the whole::

    key    | owner of 6 frames | charge | page 7 6 5 4 | page 3 2 1 0 |
                                               |              `--->  | owners, charge | number of the half         |
                                               `------------------>  | owners, charge | number of the half * halves |

A key is numbered if its owners and charge are that sum, and *different keys that are numbered have different numbers*:
the number tells both halves, hence the states of all pages, and these tell the rest. So much is true whatever the
tables say the owners are. A key whose rest is anything else, which a wrong rule may lead to, has no number.

A kernel module: bound by `pages` on arrays.
"""

from __future__ import annotations

from typing import Any

from ...spec.algebra import Word, load, where
from .sweep import NOTHING

#: The states of four pages, and where those of the other four and the rest of a key are.
HALF = 0xFFFF
HALF_AT = 16
REST_AT = 32
#: The table's second part, for the other four.
SECOND = 0x1_0000
NUMBERS = 0xFFFF_FFFF


def number_of(key: Word, lists: Any) -> Word:
    """The number of a key whose rest is what its halves say; else NOTHING, or what is too large for a number."""
    whole = load(lists, key & HALF) + load(lists, SECOND + ((key >> HALF_AT) & HALF))
    return where(whole >> REST_AT == key >> REST_AT, whole & NUMBERS, NOTHING)
