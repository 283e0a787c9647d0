"""Pages with rights and frames in one word: what may happen in a state, and the laws there.

The state and the rights of every page and the owner of every frame are numbers from 0 to 31, so they have five bits;
the arrays have fixed places::

    key     | charge (4 bits) | owner of 3 frames | rights of 4 pages | state of 4 pages |
            59                55                  40                  20                 0

A kernel module: written against the algebra's primitives and bound by `access`, which also supplies `put`, and what
stands here for the moves that the judges of the specification share: `move`, `broken_anywhere` and `broken_by_move`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...model.fast.access_moves import (
    COMMIT,
    DONE,
    EXECUTING,
    PROTECT,
    READING,
    RESERVE,
    WRITING,
    broken_anywhere,
    broken_by_move,
    move,
)
from ...spec.access import RIGHTS, Space
from ...spec.algebra import ALL_BITS, ONE, ZERO, Truth, Word, Words, invert_bits, where
from ...spec.pages import Pages

#: The largest element, and how far an index is shifted up, besides once itself, to be that of the element's first bit.
LAST = 31
ELEMENT_SHIFT = 2
#: Where the parts of a key are.
CELLS = 0xF_FFFF
RIGHTS_AT = 20
OWNER_AT = 40
OWNERS = 0x7FFF
CHARGE_AT = 55
CHARGES = 15
#: Where the operands of a label are; the kind is below them.
LABEL_PAGE_AT = 4
LABEL_FRAME_AT = 8
LABEL_RIGHTS_AT = 12

#: What the checks tell besides the laws of a state: those of its moves, from here on,
BY_MOVE_AT = 5
#: that a state does not fit into a word,
UNFIT = 1 << 10
#: and for each kind of move and each outcome whether it was: from here on in two columns for what is no access, and
#: in seven for accesses.
STEPS_AT = 16
ACCESSES_AT = 32
COLUMNS = 7


class Setting(NamedTuple):
    """What does not change from state to state; words of the backend.

    Attributes:
        pages: how many pages there are.
        frames: how many frames there are.
        limit: as in `Pages`.
        menu: the rights that are ever asked for, as bits.
    """

    pages: Any
    frames: Any
    limit: Any
    menu: Any


def load_element(words: Words, index: Word) -> Word:
    """In the place of `load`: an element of five bits."""
    return (words >> ((index << ELEMENT_SHIFT) + index)) & LAST


def store_element_if(condition: Truth, words: Words, index: Word, value: Word) -> Words:
    """In the place of `store_if`."""
    at = (index << ELEMENT_SHIFT) + index
    return where(condition, (words & (ALL_BITS ^ (LAST << at))) | ((value & LAST) << at), words)


def put(buffer: Any, index: Word, key: Any, label: Word) -> Word:
    """Keep a successor and what it is called; returns the next index."""
    buffer.append((key, label))
    return index + ONE


def space_of(key: Any, setting: Setting) -> Space:
    """The state that a key stands for."""
    charge = (key >> CHARGE_AT) & CHARGES
    pages = Pages(key & CELLS, (key >> OWNER_AT) & OWNERS, charge, setting.limit)
    return Space(pages, (key >> RIGHTS_AT) & CELLS)


def key_of(space: Space) -> Any:
    """The key of a state."""
    pages = space.pages
    cells = (pages.state & CELLS) | ((space.rights & CELLS) << RIGHTS_AT)
    return cells | ((pages.owner & OWNERS) << OWNER_AT) | ((pages.charge & CHARGES) << CHARGE_AT)


def is_fit(space: Space, key: Any, setting: Setting) -> Truth:
    """Whether a key is all of the state that it was made of."""
    again = space_of(key, setting)
    pages, other = space.pages, again.pages
    same = (pages.state == other.state) & (pages.owner == other.owner) & (pages.charge == other.charge)
    return same & (space.rights == again.rights)


def follow(before: Space, kind: Word, page: Word, frame: Word, rights: Word, buffer: Any, count: Word) -> Word:
    """Put the key after one move into `buffer` if it changes anything."""
    after, _ = move(before, kind, page, frame, rights)
    there = key_of(after)
    if there != key_of(before):
        label = kind | (page << LABEL_PAGE_AT) | (frame << LABEL_FRAME_AT) | (rights << LABEL_RIGHTS_AT)
        count = put(buffer, count, there, label)
    return count


def expand(key: Any, setting: Setting, buffer: Any, count: Word) -> Word:
    """Put the key after each move that changes anything into `buffer`, from `count` on; returns where they end."""
    before = space_of(key, setting)
    page = ZERO
    for _ in range(setting.pages):
        kind = RESERVE
        for _ in range(PROTECT + ONE):
            rights = ZERO
            # Kinds that take no rights are tried with none.
            for _ in range(where((kind == COMMIT) | (kind == PROTECT), RIGHTS + ONE, ONE)):
                if rights & invert_bits(setting.menu) == ZERO:
                    count = follow(before, kind, page, ZERO, rights, buffer, count)
                rights = rights + ONE
            kind = kind + ONE
        frame = ZERO
        for _ in range(setting.frames):
            count = follow(before, READING, page, frame, ZERO, buffer, count)
            count = follow(before, WRITING, page, frame, ZERO, buffer, count)
            count = follow(before, EXECUTING, page, frame, ZERO, buffer, count)
            frame = frame + ONE
        page = page + ONE
    return count


def check_state(key: Any, setting: Setting) -> Word:
    """What V3 says of a state, as a bit."""
    return broken_anywhere(space_of(key, setting), setting.pages)


def noted(kind: Word, outcome: Word) -> Word:
    """The bit of an outcome of a kind of move."""
    step = STEPS_AT + kind + kind + where(outcome == DONE, ZERO, ONE)
    at = where(kind >= READING, kind - READING, ZERO)
    access = ACCESSES_AT + at * COLUMNS + outcome
    return ONE << where(kind >= READING, access, step)


def ask(before: Space, kind: Word, page: Word, frame: Word, rights: Word, setting: Setting) -> Word:
    """The laws at one move, seen from every page and every frame, and what it came to."""
    after, outcome = move(before, kind, page, frame, rights)
    broken = ZERO
    other = ZERO
    for _ in range(setting.pages):
        broken = broken | broken_by_move(before, after, kind, page, frame, rights, outcome, other, ZERO)
        other = other + ONE
    beside = ONE
    for _ in range(setting.frames - ONE):
        broken = broken | broken_by_move(before, after, kind, page, frame, rights, outcome, page, beside)
        beside = beside + ONE
    unfit = where(is_fit(after, key_of(after), setting), ZERO, UNFIT)
    return (broken << BY_MOVE_AT) | unfit | noted(kind, outcome)


def check_moves(key: Any, setting: Setting) -> Word:
    """The laws at every move from a key, refused ones too, as bits; with what is learnt about the moves."""
    before = space_of(key, setting)
    told = ZERO
    page = ZERO
    for _ in range(setting.pages):
        kind = RESERVE
        for _ in range(PROTECT + ONE):
            rights = ZERO
            for _ in range(where((kind == COMMIT) | (kind == PROTECT), RIGHTS + ONE, ONE)):
                if rights & invert_bits(setting.menu) == ZERO:
                    told = told | ask(before, kind, page, ZERO, rights, setting)
                rights = rights + ONE
            kind = kind + ONE
        frame = ZERO
        for _ in range(setting.frames):
            told = told | ask(before, READING, page, frame, ZERO, setting)
            told = told | ask(before, WRITING, page, frame, ZERO, setting)
            told = told | ask(before, EXECUTING, page, frame, ZERO, setting)
            frame = frame + ONE
        page = page + ONE
    return told
