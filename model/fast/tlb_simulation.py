"""A set-associative TLB, simulated: how many of a run of page references it meets.

A page may be remembered in any *way* of the one set that its low bits name. With `lru` the ways of a set stand in the
order of their last use, the newest first; a hit moves to the front, and what falls off the end is forgotten::

    set 5    | 0x85 | 0x15 | 0x25 | 0x95 |        reference to 0x25: hit,  | 0x25 | 0x85 | 0x15 | 0x95 |
                                                  reference to 0x35: miss, | 0x35 | 0x25 | 0x85 | 0x15 |

With `random` a miss replaces the way that a congruential generator names (Knuth, MMIX), once no way is empty.

A kernel module but for `simulate`: rebound and compiled like a step.
"""

from __future__ import annotations

import functools
import sys
from typing import Any

import numpy as np

from ...spec.algebra import ALL_BITS, ONE, TRUE, ZERO, Backend, Word, Words, load, store_if, where
from .backend import compiled, view, word

POLICIES = ("lru", "random")
MULTIPLIER = 0x5851_F42D_4C95_7F2D
INCREMENT = 0x1405_7B7E_F767_814F
HIGH = 33


def find(tags: Words, begin: Word, count: Word, page: Word) -> Word:
    """The first of `count` ways from `begin` on that holds `page`; `count` where none does."""
    at = ZERO
    while at < count and load(tags, begin + at) != page:
        at = at + ONE
    return at


def move_to_front(tags: Words, begin: Word, at: Word, page: Word) -> Words:
    """The ways before `at` move down by one, over what is there, and `page` is the first."""
    while at > ZERO:
        tags = store_if(TRUE, tags, begin + at, load(tags, begin + at - ONE))
        at = at - ONE
    return store_if(TRUE, tags, begin, page)


def run_lru(pages: Any, tags: Words, filled: Words, ways: Word, last_set: Word) -> Word:
    """How many references hit where the way that was used last is kept longest."""
    size, pages, tags, filled = pages.size, view(pages), view(tags), view(filled)
    hits = ZERO
    for index in range(size):
        page = load(pages, word(index))
        chosen = page & last_set
        begin, count = chosen * ways, load(filled, chosen)
        at = find(tags, begin, count, page)
        hit = at < count
        grows = (not hit) & (count < ways)
        hits = hits + where(hit, ONE, ZERO)
        filled = store_if(grows, filled, chosen, count + ONE)
        tags = move_to_front(tags, begin, where(hit | grows, at, ways - ONE), page)
    return hits


def run_random(pages: Any, tags: Words, filled: Words, ways: Word, last_set: Word) -> Word:
    """How many references hit where any way may be replaced."""
    size, pages, tags, filled = pages.size, view(pages), view(tags), view(filled)
    hits = ZERO
    chance = INCREMENT + ZERO
    for index in range(size):
        page = load(pages, word(index))
        chosen = page & last_set
        begin, count = chosen * ways, load(filled, chosen)
        at = find(tags, begin, count, page)
        if at < count:
            hits = hits + ONE
        else:
            full = count == ways
            chance = where(full, (chance * MULTIPLIER + INCREMENT) & ALL_BITS, chance)
            filled = store_if(not full, filled, chosen, count + ONE)
            tags = store_if(TRUE, tags, begin + where(full, (chance >> HIGH) % ways, count), page)
    return hits


@functools.cache
def kernels() -> Backend:
    """The two policies, compiled once."""
    return compiled(sys.modules[__name__])


def simulate(pages: np.ndarray[Any, Any], *, entries: int, ways: int, policy: str = "lru") -> tuple[int, int]:
    """Hits and misses of a TLB, empty at first, on references to `pages` (numbers of pages, `uint64`).

    `entries` is a multiple of `ways`, by a power of two; with as many ways as entries the TLB is fully associative.

    Raises:
        ValueError: for other sizes, an unknown policy, or pages that are no words.
    """
    sets = entries // ways if ways > 0 else 0
    if sets < 1 or sets * ways != entries or sets & (sets - 1):
        raise ValueError(f"entries must be ways times a power of two, not {entries} entries of {ways} ways")
    if policy not in POLICIES:
        raise ValueError(f"policy must be one of {', '.join(POLICIES)}, not {policy!r}")
    if pages.dtype != np.uint64 or pages.ndim != 1 or not pages.flags.c_contiguous:
        raise ValueError(f"pages must be a contiguous row of uint64, not {pages.ndim} dimensions of {pages.dtype}")
    run = getattr(kernels(), f"run_{policy}")
    tags, filled = np.zeros(entries, np.uint64), np.zeros(sets, np.uint64)
    hits = int(run(pages, tags, filled, np.uint64(ways), np.uint64(sets - 1)))
    return hits, pages.size - hits
