"""The regions of a small space in one word: what may happen in a state, and the laws there.

Nine bits say what starts at a page; the list follows from them, and is written into arrays of eight elements of a byte
each, of which the one at `pages` is the sentinel's::

    key     | offset, kind, length of page 6 | ... | of page 0 |          offset 4 bits, kind 2 bits, length 3 bits
            62                               54    8            0

A kernel module: written against the algebra's primitives and bound by `regions`, which also supplies `put`, and what
stands here for the moves that the judges of the specification share. States are reached by steps on one region; steps
on a range are made and judged in each of them, and lead nowhere else, or the state after them would not be the one that
its key stands for.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...model.fast.region_moves import (
    CHANGE,
    INSERT,
    INSERT_ABOVE,
    JOIN,
    MAP_RANGE,
    PROTECT_RANGE,
    REMOVE,
    RESIZE,
    SPLIT,
    UNMAP,
    asked_by,
    broken_anywhere,
    broken_by_answer,
    broken_by_move,
    is_free_for,
    is_merging,
    is_unchanged,
    move,
    offset_for,
)
from ...spec.access import READ, WRITE
from ...spec.algebra import ALL_BITS, ONE, TRUE, TWO, ZERO, Truth, Word, Words, invert, store_if, where
from ...spec.regions import (
    BACKED,
    Regions,
    is_backed,
    is_region,
    kind_of,
    length_of,
    offset_of,
    place_of,
)

#: An element of an array, and how far an index is shifted up to be that of the element's first bit.
LAST = 255
ELEMENT_SHIFT = 3
#: What starts at a page: bits of a key, and where its parts are there.
PAGE_BITS = 9
LENGTHS = 7
WRITES_AT = 3
BACKED_AT = 4
OFFSET_AT = 5
OFFSETS = 15
#: Where the operands of a label are; the kind of move is below them.
FIRST_AT = 4
LENGTH_AT = 8
WRITES_LABEL_AT = 12
BACKED_LABEL_AT = 13
SKEW_AT = 14
#: Kinds of regions with skews: 0 to 3 without a skew, 6 and 7 with one, and an object.
KINDS_AND_SKEWS = 6
LAST_UNSKEWED = 3
#: An offset that lets the object's pages wrap, in the place of a skew.
TOO_LATE = 3

#: What the checks tell besides the laws of a state: those of its moves, from here on,
BY_MOVE_AT = 8
#: that a state does not fit into a word,
UNFIT = 1 << 16
#: and for each kind of step whether it was done, and whether it was refused.
DONE_AT = 20
REFUSED_AT = 32


class Setting(NamedTuple):
    """What does not change from state to state; a word of the backend.

    Attributes:
        pages: how many pages the space has.
    """

    pages: Any


def load_element(words: Words, index: Word) -> Word:
    """In the place of `load`: an element of eight bits."""
    return (words >> (index << ELEMENT_SHIFT)) & LAST


def store_element_if(condition: Truth, words: Words, index: Word, value: Word) -> Words:
    """In the place of `store_if`."""
    at = index << ELEMENT_SHIFT
    return where(condition, (words & (ALL_BITS ^ (LAST << at))) | ((value & LAST) << at), words)


def put(buffer: Any, index: Word, key: Any, label: Word) -> Word:
    """Keep a successor and what it is called; returns the next index."""
    buffer.append((key, label))
    return index + ONE


def kind_from(writes: Word, backed: Word) -> Word:
    """A kind of region, from a bit for each of its two properties."""
    return READ | where(writes == ONE, WRITE, ZERO) | where(backed == ONE, BACKED, ZERO)


def start_of(regions: Regions, page: Word) -> Word:
    """What starts at a page, in so many bits of a key."""
    kind = kind_of(regions, page)
    writes, backed = where(kind & WRITE == WRITE, ONE, ZERO), where(is_backed(kind), ONE, ZERO)
    what = (length_of(regions, page) & LENGTHS) | (writes << WRITES_AT) | (backed << BACKED_AT)
    return where(is_region(regions, page), what | ((offset_of(regions, page) & OFFSETS) << OFFSET_AT), ZERO)


def key_of(regions: Regions) -> Any:
    """The key of a state."""
    key = ZERO
    at = ZERO
    page = ZERO
    for _ in range(regions.pages):
        key = key | (start_of(regions, page) << at)
        page = page + ONE
        at = at + PAGE_BITS
    return key


def regions_of(key: Any, setting: Setting) -> Regions:
    """The state that a key stands for."""
    length = kind = offset = upward = downward = count = ZERO
    pages = setting.pages
    below = pages
    page = ZERO
    for _ in range(pages):
        going = (key & LENGTHS) != ZERO
        length = store_if(going, length, page, key & LENGTHS)
        what = kind_from((key >> WRITES_AT) & ONE, (key >> BACKED_AT) & ONE)
        kind = store_if(going, kind, page, what)
        offset = store_if(going, offset, page, (key >> OFFSET_AT) & OFFSETS)
        upward = store_if(going, upward, below, page)
        downward = store_if(going, downward, page, below)
        below = where(going, page, below)
        count = count + where(going, ONE, ZERO)
        page = page + ONE
        key = key >> PAGE_BITS
    upward = store_if(TRUE, upward, below, pages)
    downward = store_if(TRUE, downward, pages, below)
    return Regions(length, kind, offset, upward, downward, count, pages)


def is_same(regions: Regions, other: Regions) -> Truth:
    """Whether two states are the same to the last bit."""
    what = (regions.length == other.length) & (regions.kind == other.kind) & (regions.offset == other.offset)
    links = (regions.next == other.next) & (regions.previous == other.previous)
    return what & links & (regions.count == other.count)


def is_faithful(regions: Regions, other: Regions) -> Truth:
    """Whether two states have the same regions, with the same neighbours; what is left over elsewhere is nothing."""
    same = regions.count == other.count
    node = ZERO
    for _ in range(regions.pages + ONE):
        same = same & is_unchanged(regions, other, node)
        node = node + ONE
    return same


class Operands(NamedTuple):
    """What a label stands for, besides the kind of move.

    Attributes:
        first: the page.
        length: the length.
        kind: the kind of region.
        offset: the page of the object.
    """

    first: Word
    length: Word
    kind: Word
    offset: Word


def operands_of(label: Word) -> Operands:
    """The operands of a move."""
    first, length = (label >> FIRST_AT) & OFFSETS, (label >> LENGTH_AT) & OFFSETS
    kind = kind_from((label >> WRITES_LABEL_AT) & ONE, (label >> BACKED_LABEL_AT) & ONE)
    return Operands(first, length, kind, offset_for(first, length, label >> SKEW_AT))


def label_of(step: Word, first: Word, length: Word, what: Word) -> Word:
    """A move as a number; `what` has kind and skew."""
    return step | (first << FIRST_AT) | (length << LENGTH_AT) | (what << WRITES_LABEL_AT)


def moved(before: Regions, label: Word) -> tuple[Regions, Truth]:
    """The state after a move."""
    first, length, kind, offset = operands_of(label)
    return move(before, label & OFFSETS, place_of(before, first), first, length, kind, offset)


def follow(before: Regions, label: Word, buffer: Any, count: Word) -> Word:
    """Put the key after one move into `buffer` if it changes anything; it had better not if it is refused."""
    after, _ = moved(before, label)
    if invert(is_same(before, after)):
        count = put(buffer, count, key_of(after), label)
    return count


def expand(key: Any, setting: Setting, buffer: Any, count: Word) -> Word:
    """Put the key after each step on one region that changes anything into `buffer`; returns where they end."""
    before = regions_of(key, setting)
    first = ZERO
    for _ in range(setting.pages):
        count = follow(before, label_of(REMOVE, first, ZERO, ZERO), buffer, count)
        count = follow(before, label_of(SPLIT, first, ZERO, ZERO), buffer, count)
        count = follow(before, label_of(JOIN, first, ZERO, ZERO), buffer, count)
        length = ONE
        for _ in range(setting.pages - first):
            count = follow(before, label_of(RESIZE, first, length, ZERO), buffer, count)
            count = follow_inserts(before, first, length, buffer, count)
            length = length + ONE
        count = follow_changes(before, first, buffer, count)
        first = first + ONE
    return count


def follow_changes(before: Regions, first: Word, buffer: Any, count: Word) -> Word:
    """The same for every kind that the region at a page may become."""
    what = ZERO
    for _ in range(TWO + TWO):
        count = follow(before, label_of(CHANGE, first, ZERO, what), buffer, count)
        what = what + ONE
    return count


def follow_inserts(before: Regions, first: Word, length: Word, buffer: Any, count: Word) -> Word:
    """The same for every region that may be inserted on a range."""
    what = ZERO
    for _ in range(KINDS_AND_SKEWS):
        count = follow(before, label_of(INSERT, first, length, what), buffer, count)
        what = next_kind(what)
    return count


def next_kind(what: Word) -> Word:
    """The kind and skew after another: of those without an object there are none a page later."""
    return what + where(what == LAST_UNSKEWED, LAST_UNSKEWED, ONE)


def check_state(key: Any, setting: Setting) -> Word:
    """The laws of a state everywhere, as bits."""
    return broken_anywhere(regions_of(key, setting), ZERO)


def between(before: Regions, after: Regions, label: Word, legal: Truth) -> Word:
    """The laws between two states, seen from every page.

    A state that is not the one that its key stands for would be lost: the laws of a state are asked of it here.
    """
    step = label & OFFSETS
    first, length, kind, offset = operands_of(label)
    asked = asked_by(before, step, first, length, kind, offset)
    broken = broken_by_move(before, after, asked, is_merging(step), legal, ZERO)
    unfit = ZERO
    if invert(is_faithful(after, regions_of(key_of(after), Setting(after.pages)))):
        broken = broken | broken_anywhere(after, ZERO)
        unfit = UNFIT
    return (broken << BY_MOVE_AT) | unfit


def ask(before: Regions, label: Word) -> Word:
    """The laws at one move, and how it went; one that is refused and changes nothing can break V15 alone."""
    step = label & OFFSETS
    first, length, kind, offset = operands_of(label)
    free = is_free_for(before, step, place_of(before, first), first, length)
    after, legal = moved(before, label)
    told = where(legal, ONE << (step + DONE_AT), ONE << (step + REFUSED_AT))
    told = told | (broken_by_answer(before, step, first, length, kind, offset, free, legal) << BY_MOVE_AT)
    if legal | invert(is_same(before, after)):
        told = told | between(before, after, label, legal)
    return told


def ask_about_page(before: Regions, first: Word) -> Word:
    """The same of every move that takes a page alone, or a page and a kind."""
    told = ask(before, label_of(REMOVE, first, ZERO, ZERO)) | ask(before, label_of(SPLIT, first, ZERO, ZERO))
    told = told | ask(before, label_of(JOIN, first, ZERO, ZERO))
    what = ZERO
    for _ in range(TWO + TWO):
        told = told | ask(before, label_of(CHANGE, first, ZERO, what))
        what = what + ONE
    return told


def ask_about_range(before: Regions, first: Word, length: Word) -> Word:
    """The same of every move that takes a range."""
    told = ask(before, label_of(RESIZE, first, length, ZERO)) | ask(before, label_of(UNMAP, first, length, ZERO))
    told = told | ask(before, label_of(PROTECT_RANGE, first, length, ZERO))
    told = told | ask(before, label_of(PROTECT_RANGE, first, length, ONE))
    told = told | ask(before, label_of(INSERT_ABOVE, first, length, ZERO))
    told = told | ask(before, label_of(INSERT, first, length, (TOO_LATE << TWO) | TWO))
    what = ZERO
    for _ in range(KINDS_AND_SKEWS):
        told = told | ask(before, label_of(INSERT, first, length, what))
        told = told | ask(before, label_of(MAP_RANGE, first, length, what))
        what = next_kind(what)
    return told


def check_moves(key: Any, setting: Setting) -> Word:
    """The laws of every move from a key, refused ones too, as bits; ranges that are none, and no page, among them."""
    before = regions_of(key, setting)
    told = ZERO
    first = ZERO
    for _ in range(setting.pages + ONE):
        told = told | ask_about_page(before, first)
        length = ZERO
        for _ in range(setting.pages + TWO - first):
            told = told | ask_about_range(before, first, length)
            length = length + ONE
        first = first + ONE
    return told
