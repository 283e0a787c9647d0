"""Pages that share frames in one word: what may happen in a state, and the laws there.

Every element of the state is a number from 0 to 15, so it has four bits; of pages two arrays share each of them::

    key     | content of 3 frames | count of 3 frames | stored, object of 5 pages | shared, writable, frame of 5 pages |
            63                    52                  40                          20                                   0

    element |  shared  | writable | frame (2 bits) |        |  stored (2 bits) | object (2 bits) |

Contents have one bit or two, of which a write sets or clears one: its operand says which.

A kernel module: written against the algebra's primitives and bound by `sharing`, which also supplies `put`, and what
stands here for the moves that the judges of the specification share: `move`, `broken_anywhere`, `broken_by_move` and
`stakes_of`. What a move comes to is asked of `move` alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...model.fast.sharing_moves import (
    KINDS,
    WRITE,
    broken_anywhere,
    broken_by_move,
    move,
    request_of,
    stakes_of,
)
from ...spec.algebra import ALL_BITS, ONE, ZERO, Truth, Word, invert, where
from ...spec.sharing import Sharing
from .page_cells import put_if

#: Where the parts of a key are, and which bits of each element an array has.
PAGES = 0xF_FFFF
SHOWN_AT = 20
COUNT_AT = 40
CONTENT_AT = 52
FRAMES = 0xFFF
LOW_BITS = 0x33333
LOWEST_BITS = 0x11111
HIGH_SHIFT = 2
HIGHEST_SHIFT = 3
#: Where the operands of a label are, of four bits each; the kind is below them.
PAGE_AT = 4
OPERAND_AT = 8
OPERAND_BITS = 15
#: By how much a kind is shifted to find the number of its operands.
EXTENT_SHIFT = 2

#: What the checks tell besides the laws of a state: those of its moves, from here on,
BY_MOVE_AT = 4
#: that a state does not fit into a word,
UNFIT = 1 << 8
#: when laws are at stake, from here on,
STAKES_AT = 10
#: and for each kind of move whether it was done, and whether it was refused.
DONE_AT = 16
REFUSED_AT = 32


class Setting(NamedTuple):
    """What does not change from state to state; words of the backend.

    Attributes:
        pages: how many pages there are, those of objects among them.
        frames: how many frames there are.
        objects: as in `Sharing`.
        most: as in `Sharing`.
        extents: for each kind of move, four bits: how many operands it has to choose from.
    """

    pages: Any
    frames: Any
    objects: Any
    most: Any
    extents: Any


def sharing_of(key: Any, setting: Setting) -> Sharing:
    """The state that a key stands for."""
    shown = key >> SHOWN_AT
    return Sharing(
        key & LOW_BITS,
        (key >> HIGH_SHIFT) & LOWEST_BITS,
        shown & LOW_BITS,
        (key >> HIGHEST_SHIFT) & LOWEST_BITS,
        (key >> COUNT_AT) & FRAMES,
        key >> CONTENT_AT,
        (shown >> HIGH_SHIFT) & LOW_BITS,
        setting.objects,
        setting.most,
    )


def key_of(sharing: Sharing) -> Any:
    """The key of a state."""
    mapped = sharing.frame | (sharing.writable << HIGH_SHIFT) | (sharing.shared << HIGHEST_SHIFT)
    shown = sharing.object | (sharing.stored << HIGH_SHIFT)
    frames = ((sharing.count & FRAMES) << COUNT_AT) | ((sharing.content & FRAMES) << CONTENT_AT)
    return (mapped & PAGES) | ((shown & PAGES) << SHOWN_AT) | frames


def is_same(sharing: Sharing, other: Sharing) -> Truth:
    """Whether two states have the same pages, frames and backing store."""
    pages = (sharing.frame == other.frame) & (sharing.writable == other.writable)
    shown = (sharing.object == other.object) & (sharing.shared == other.shared)
    frames = (sharing.count == other.count) & (sharing.content == other.content)
    return pages & shown & frames & (sharing.stored == other.stored)


def mask_of(kind: Word, operand: Word) -> Word:
    """The bit that a write is about."""
    return where(kind == WRITE, ONE << (operand >> ONE), ZERO)


def value_of(operand: Word) -> Word:
    """What is written: all bits or none, of which the mask takes its own."""
    return where((operand & ONE) == ZERO, ZERO, ALL_BITS)


def extent_of(setting: Setting, kind: Word) -> Word:
    """How many operands a kind of move has to choose from."""
    return (setting.extents >> (kind << EXTENT_SHIFT)) & OPERAND_BITS


def made(before: Sharing, kind: Word, page: Word, operand: Word) -> tuple[Sharing, Truth]:
    """One move: the state after it, and whether it was legal."""
    return move(before, kind, page, operand, mask_of(kind, operand), value_of(operand))


def expand(key: Any, setting: Setting, buffer: Any, count: Word) -> Word:
    """Put the key after each move that changes anything into `buffer`, from `count` on; returns where they end."""
    before = sharing_of(key, setting)
    kind = ZERO
    for _ in range(KINDS):
        page = ZERO
        for _ in range(setting.pages):
            operand = ZERO
            for _ in range(extent_of(setting, kind)):
                after, _ = made(before, kind, page, operand)
                there, label = key_of(after), kind | (page << PAGE_AT) | (operand << OPERAND_AT)
                # A move that is refused had better not change anything.
                count = put_if(there != key, buffer, count, there, label)
                operand = operand + ONE
            page = page + ONE
        kind = kind + ONE
    return count


def check_state(key: Any, setting: Setting) -> Word:
    """F9 at every frame against a count, as bits."""
    return broken_anywhere(sharing_of(key, setting), ZERO, setting.pages, setting.frames)


def between(
    before: Sharing, after: Sharing, kind: Word, page: Word, operand: Word, legal: Truth, setting: Setting
) -> Word:
    """The laws at a step, seen from every page and frame, when they are at stake, and whether the state fits a word."""
    request = request_of(kind, page, operand, mask_of(kind, operand), value_of(operand), legal)
    broken = stakes = ZERO
    other = ZERO
    for _ in range(setting.pages):
        broken = broken | broken_by_move(before, after, request, legal, other, ZERO)
        stakes = stakes | stakes_of(before, kind, page, operand, legal, other)
        other = other + ONE
    frame = ZERO
    for _ in range(setting.frames):
        broken = broken | broken_by_move(before, after, request, legal, page, frame)
        frame = frame + ONE
    told = (broken << BY_MOVE_AT) | (stakes << STAKES_AT)
    return told | where(is_same(after, sharing_of(key_of(after), setting)), ZERO, UNFIT)


def ask(before: Sharing, kind: Word, page: Word, operand: Word, setting: Setting) -> Word:
    """How one move went, what was at stake, and the laws if it changes anything."""
    after, legal = made(before, kind, page, operand)
    told = where(legal, ONE << (kind + DONE_AT), ONE << (kind + REFUSED_AT))
    told = told | (stakes_of(before, kind, page, operand, legal, page) << STAKES_AT)
    if invert(is_same(before, after)):
        told = told | between(before, after, kind, page, operand, legal, setting)
    return told


def check_moves(key: Any, setting: Setting) -> Word:
    """V6, F7 and F9 at every move from a key, as bits; with what is learnt about the moves."""
    before = sharing_of(key, setting)
    told = ZERO
    kind = ZERO
    for _ in range(KINDS):
        page = ZERO
        for _ in range(setting.pages):
            operand = ZERO
            for _ in range(extent_of(setting, kind)):
                told = told | ask(before, kind, page, operand, setting)
                operand = operand + ONE
            page = page + ONE
        kind = kind + ONE
    return told
