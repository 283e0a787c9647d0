"""Cores with TLBs in one word: what may happen in a state, and the laws there.

Every element of the state is a number from 0 to 3, so it has two bits; the arrays lie side by side in the key::

    key     | turn | retiring | held | changing | holder | identifier | owner | seen | running | cached | table |

A kernel module: written against the algebra's primitives and bound by `tlb`, which also supplies `put`, and what stands
here for the moves that the judges of the specification share: `move`, `broken_anywhere` and `broken_by_change`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...model.fast.tlb_moves import KINDS, broken_anywhere, broken_by_change, move
from ...spec.algebra import ALL_BITS, ONE, TWO, ZERO, Truth, Word, Words, where
from ...spec.tlb import Tlbs

#: The largest element.
LAST = 3
#: Four bits for each kind of move in `Setting.firsts` and `Setting.seconds`, and for each operand in a label.
EXTENT_SHIFT = 2
EXTENT_BITS = 15
FIRST_AT = 4
SECOND_AT = 8


class Setting(NamedTuple):
    """What does not change from state to state; words of the backend.

    Attributes:
        home: as in `Tlbs`, packed.
        cores: how many cores there are.
        pages: as in `Tlbs`.
        spaces: how many spaces there are.
        numbers: how many identifiers there are.
        span: as in `Tlbs`.
        firsts: for each kind of move, four bits: how many first operands there are.
        seconds: the same for the second operand.
        cached: the bit of the key at which this part of the state begins; and so on.
        running: the same.
        seen: the same.
        owner: the same.
        identifier: the same.
        holder: the same.
        changing: the same; the other three numbers of the state follow.
    """

    home: Any
    cores: Any
    pages: Any
    spaces: Any
    numbers: Any
    span: Any
    firsts: Any
    seconds: Any
    cached: Any
    running: Any
    seen: Any
    owner: Any
    identifier: Any
    holder: Any
    changing: Any


def load_pair(words: Words, index: Word) -> Word:
    """In the place of `load`: an element of two bits."""
    return (words >> (index << ONE)) & LAST


def store_pair_if(condition: Truth, words: Words, index: Word, value: Word) -> Words:
    """In the place of `store_if`."""
    at = index << ONE
    return where(condition, (words & (ALL_BITS ^ (LAST << at))) | ((value & LAST) << at), words)


def put(buffer: Any, index: Word, key: Any, label: Word) -> Word:
    """Keep a successor and what it is called; returns the next index."""
    buffer.append((key, label))
    return index + ONE


def part(key: Any, begin: Word, end: Word) -> Words:
    """The part of a key from one bit up to another."""
    return (key >> begin) & ((ONE << (end - begin)) - ONE)


def tlbs_of(key: Any, setting: Setting) -> Tlbs:
    """The state that a key stands for."""
    held = setting.changing + TWO
    retiring = held + TWO
    turn = retiring + TWO
    return Tlbs(
        part(key, ZERO, setting.cached),
        part(key, setting.cached, setting.running),
        part(key, setting.running, setting.seen),
        part(key, setting.seen, setting.owner),
        part(key, setting.owner, setting.identifier),
        part(key, setting.identifier, setting.holder),
        part(key, setting.holder, setting.changing),
        setting.home,
        part(key, setting.changing, held),
        part(key, held, retiring),
        part(key, retiring, turn),
        part(key, turn, turn + TWO),
        setting.pages,
        setting.span,
    )


def key_of(tlbs: Tlbs, setting: Setting) -> Any:
    """The key of a state."""
    held = setting.changing + TWO
    retiring = held + TWO
    cores = (tlbs.cached << setting.cached) | (tlbs.running << setting.running) | (tlbs.seen << setting.seen)
    books = tlbs.table | (tlbs.owner << setting.owner)
    names = (tlbs.identifier << setting.identifier) | (tlbs.holder << setting.holder)
    page = (tlbs.changing << setting.changing) | (tlbs.held << held)
    return cores | books | names | page | (tlbs.retiring << retiring) | (tlbs.turn << (retiring + TWO))


def extent(extents: Word, kind: Word) -> Word:
    """How many operands a kind of move has to choose from."""
    return (extents >> (kind << EXTENT_SHIFT)) & EXTENT_BITS


def expand(key: Any, setting: Setting, buffer: Any, count: Word) -> Word:
    """Put the key after each move that changes anything into `buffer`, from `count` on; returns where they end."""
    before = tlbs_of(key, setting)
    kind = ZERO
    for _ in range(KINDS):
        first = ZERO
        for _ in range(extent(setting.firsts, kind)):
            second = ZERO
            for _ in range(extent(setting.seconds, kind)):
                after, legal = move(before, kind, first, second, setting.cores)
                there = key_of(after, setting)
                if legal & (there != key):
                    count = put(buffer, count, there, kind | (first << FIRST_AT) | (second << SECOND_AT))
                second = second + ONE
            first = first + ONE
        kind = kind + ONE
    return count


def check_state(key: Any, setting: Setting) -> Word:
    """L1, L2, L3 and L5 at a key, as bits."""
    return broken_anywhere(tlbs_of(key, setting), setting.cores, setting.spaces, setting.numbers)


def check_moves(key: Any, setting: Setting) -> Word:
    """L4 at every move from a key, as bits."""
    before = tlbs_of(key, setting)
    broken = ZERO
    kind = ZERO
    for _ in range(KINDS):
        first = ZERO
        for _ in range(extent(setting.firsts, kind)):
            second = ZERO
            for _ in range(extent(setting.seconds, kind)):
                after, _ = move(before, kind, first, second, setting.cores)
                page = ZERO
                for _ in range(setting.pages):
                    broken = broken | broken_by_change(before, after, setting.cores, page)
                    page = page + ONE
                second = second + ONE
            first = first + ONE
        kind = kind + ONE
    return broken
