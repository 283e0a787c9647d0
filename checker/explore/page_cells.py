"""Pages and frames in one word: what may happen in a state, and the laws there.

Every page's state and every frame's owner is a number from 0 to 15, so it has four bits; the arrays have fixed places::

    key     | owner of 6 frames | charge (8 bits) | state of 8 pages |
            63                  40                32                 0

A kernel module: written against the algebra's primitives and bound by `pages`, which also supplies `put`, and what
stands here for the moves that the judges of the specification share: `move`, `broken_anywhere` and `broken_by_move`.
What a move comes to is asked of `move` alone; a kind is only ever tried with the operands that it takes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...model.fast.page_moves import (
    COMMIT,
    DECOMMIT,
    EVICT,
    FILL,
    PAGE_IN,
    PAGE_IN_WRITING,
    RELEASE,
    RESERVE,
    WRITE,
    WRITE_OUT,
    broken_anywhere,
    broken_by_move,
    move,
)
from ...spec.algebra import ALL_BITS, ONE, ZERO, Truth, Word, Words, invert, where
from ...spec.pages import Pages

#: The largest element, and how far an index is shifted up to be that of the element's first bit.
LAST = 15
ELEMENT_SHIFT = 2
#: Where the parts of a key are.
STATES = 0xFFFF_FFFF
CHARGE_AT = 32
CHARGES = 0xFF
OWNER_AT = 40
OWNERS = 0xFF_FFFF
#: Where the operands of a label are; the kind is below them.
PAGE_AT = 4
FRAME_AT = 8

#: What the checks tell besides the laws of a state: those of its moves, from here on,
BY_MOVE_AT = 4
#: that a state does not fit into a word,
UNFIT = 1 << 8
#: that a page is refused to be committed because of the limit alone: it could be released,
LIMITED = 1 << 9
#: and for each kind of move whether it was done, and whether it was refused.
DONE_AT = 16
REFUSED_AT = 32


class Setting(NamedTuple):
    """What does not change from state to state; words of the backend.

    Attributes:
        pages: how many pages there are.
        frames: how many frames there are.
        limit: as in `Pages`.
    """

    pages: Any
    frames: Any
    limit: Any


def load_element(words: Words, index: Word) -> Word:
    """In the place of `load`: an element of four bits."""
    return (words >> (index << ELEMENT_SHIFT)) & LAST


def store_element_if(condition: Truth, words: Words, index: Word, value: Word) -> Words:
    """In the place of `store_if`."""
    at = index << ELEMENT_SHIFT
    return where(condition, (words & (ALL_BITS ^ (LAST << at))) | ((value & LAST) << at), words)


def put(buffer: Any, index: Word, key: Any, label: Word) -> Word:
    """Keep a successor and what it is called; returns the next index."""
    buffer.append((key, label))
    return index + ONE


def put_if(going: Truth, buffer: Any, index: Word, key: Any, label: Word) -> Word:
    """The same if `going`."""
    return put(buffer, index, key, label) if going else index


def overwrite(going: Truth, buffer: Any, index: Word, key: Any, label: Word) -> Word:
    """In the place of `put_if` where `put` writes at an index: what is not kept is written over by the next one.

    Whether a move is legal is nothing that a processor could predict, and a store costs less than a wrong guess. The
    buffer needs room for one more.
    """
    return where(going, put(buffer, index, key, label), index)


def pages_of(key: Any, setting: Setting) -> Pages:
    """The state that a key stands for."""
    return Pages(key & STATES, key >> OWNER_AT, (key >> CHARGE_AT) & CHARGES, setting.limit)


def key_of(pages: Pages) -> Any:
    """The key of a state."""
    return (pages.state & STATES) | ((pages.owner & OWNERS) << OWNER_AT) | ((pages.charge & CHARGES) << CHARGE_AT)


def is_same(pages: Pages, other: Pages) -> Truth:
    """Whether two states have the same pages, owners and charge."""
    return (pages.state == other.state) & (pages.owner == other.owner) & (pages.charge == other.charge)


def follow(before: Pages, kind: Word, page: Word, frame: Word, buffer: Any, count: Word) -> Word:
    """Put the key after one move into `buffer` if it changes anything; it had better not if it is refused."""
    after, _ = move(before, kind, page, frame)
    there = key_of(after)
    return put_if(there != key_of(before), buffer, count, there, kind | (page << PAGE_AT) | (frame << FRAME_AT))


def expand(key: Any, setting: Setting, buffer: Any, count: Word) -> Word:
    """Put the key after each move that changes anything into `buffer`, from `count` on; returns where they end."""
    before = pages_of(key, setting)
    page = ZERO
    for _ in range(setting.pages):
        count = follow(before, RESERVE, page, ZERO, buffer, count)
        count = follow(before, RELEASE, page, ZERO, buffer, count)
        count = follow(before, COMMIT, page, ZERO, buffer, count)
        count = follow(before, DECOMMIT, page, ZERO, buffer, count)
        count = follow(before, WRITE, page, ZERO, buffer, count)
        count = follow(before, WRITE_OUT, page, ZERO, buffer, count)
        count = follow(before, EVICT, page, ZERO, buffer, count)
        frame = ZERO
        for _ in range(setting.frames):
            count = follow(before, FILL, page, frame, buffer, count)
            count = follow(before, PAGE_IN, page, frame, buffer, count)
            count = follow(before, PAGE_IN_WRITING, page, frame, buffer, count)
            frame = frame + ONE
        page = page + ONE
    return count


def check_state(key: Any, setting: Setting) -> Word:
    """F2 at every page and frame, and V4 against a count, as bits."""
    return broken_anywhere(pages_of(key, setting), setting.pages, setting.frames)


def between(before: Pages, after: Pages, page: Word, setting: Setting) -> Word:
    """V4 and V8 at a step about `page`, seen from every page; and whether the state after it fits into a word."""
    broken = ZERO
    other = ZERO
    for _ in range(setting.pages):
        broken = broken | broken_by_move(before, after, page, other)
        other = other + ONE
    return (broken << BY_MOVE_AT) | where(is_same(after, pages_of(key_of(after), setting)), ZERO, UNFIT)


def ask(before: Pages, kind: Word, page: Word, frame: Word, setting: Setting) -> Word:
    """The laws at one move that changes anything, and how it went."""
    after, legal = move(before, kind, page, frame)
    told = where(legal, ONE << (kind + DONE_AT), ONE << (kind + REFUSED_AT))
    if invert(is_same(before, after)):
        told = told | between(before, after, page, setting)
    return told


def ask_about_page(before: Pages, page: Word, setting: Setting) -> Word:
    """The same of every kind that takes no frame; and of what stays as it is, once for all moves that are refused."""
    released = ask(before, RELEASE, page, ZERO, setting)
    committed = ask(before, COMMIT, page, ZERO, setting)
    is_limited = (released >> (RELEASE + DONE_AT)) & (committed >> (COMMIT + REFUSED_AT)) & ONE
    told = released | committed | where(is_limited == ONE, LIMITED, ZERO)
    told = told | ask(before, RESERVE, page, ZERO, setting)
    told = told | ask(before, DECOMMIT, page, ZERO, setting)
    told = told | ask(before, WRITE, page, ZERO, setting)
    told = told | ask(before, WRITE_OUT, page, ZERO, setting)
    return told | ask(before, EVICT, page, ZERO, setting) | between(before, before, page, setting)


def check_moves(key: Any, setting: Setting) -> Word:
    """V4 and V8 at every move from a key, refused ones too, as bits; with what is learnt about the moves."""
    before = pages_of(key, setting)
    told = ZERO
    page = ZERO
    for _ in range(setting.pages):
        told = told | ask_about_page(before, page, setting)
        frame = ZERO
        for _ in range(setting.frames):
            told = told | ask(before, FILL, page, frame, setting)
            told = told | ask(before, PAGE_IN, page, frame, setting)
            told = told | ask(before, PAGE_IN_WRITING, page, frame, setting)
            frame = frame + ONE
        page = page + ONE
    return told
