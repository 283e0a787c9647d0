"""The steps on page states as numbered moves, and long runs of them with the laws asked where each touches.

A *kernel module*: plain Python that is rebound and compiled together with the steps and laws that it imports. A move
is a kind, a page and a frame, which only some kinds take (`TAKES_FRAME`); in a run it is one word::

    move    | frame (28 bits) | page (28 bits) | kind (8 bits) |

What is broken comes back as bits, one for each law (`LAW_BITS`). Nothing here restates a law or a step; what is here
is only where the laws are asked, and the count of committed pages that an audit holds the charge against.
"""

from __future__ import annotations

from typing import Any

from ...spec.algebra import FALSE, ONE, TRUE, ZERO, Truth, Word, Words, load, store_if, where
from ...spec.page_laws import charged, legally_moved, owned
from ...spec.pages import (
    Pages,
    commit,
    decommit,
    evict,
    fill,
    frame_of,
    is_charged,
    page_in,
    release,
    reserve,
    state_of,
    write,
    write_out,
)
from .backend import view, word

RESERVE = 0
RELEASE = 1
COMMIT = 2
DECOMMIT = 3
FILL = 4
PAGE_IN = 5
PAGE_IN_WRITING = 6
WRITE = 7
WRITE_OUT = 8
EVICT = 9
#: How many kinds of moves there are.
KINDS = 10
#: The kinds that take a frame, as bits.
TAKES_FRAME = 1 << FILL | 1 << PAGE_IN | 1 << PAGE_IN_WRITING

KIND_BITS = 0xFF
OPERAND_BITS = 0xFFF_FFFF
PAGE_AT = 8
FRAME_AT = 36

OWNED = 1 << 0
CHARGED = 1 << 1
MOVED = 1 << 2
#: The bit of each law.
LAW_BITS = {"F2": OWNED, "V4": CHARGED, "V8": MOVED}
#: How each kind of move is told; `{0}` is the page and `{1}` the frame.
STORIES = (
    "page {0} is reserved",
    "page {0} is released",
    "page {0} is committed",
    "page {0} is decommitted",
    "page {0} is touched for the first time, and filled into frame {1}",
    "page {0} is read, and paged into frame {1}",
    "page {0} is written, and paged into frame {1}",
    "page {0} is written while clean",
    "page {0} is written out",
    "page {0} is evicted",
)


def move(pages: Pages, kind: Word, page: Word, frame: Word) -> tuple[Pages, Truth]:
    """One move: the state after it, and whether it was legal."""
    legal = TRUE
    if kind == RESERVE:
        pages, legal = reserve(pages, page)
    elif kind == RELEASE:
        pages, legal = release(pages, page)
    elif kind == COMMIT:
        pages, legal = commit(pages, page)
    elif kind == DECOMMIT:
        pages, legal = decommit(pages, page)
    elif kind == FILL:
        pages, legal = fill(pages, page, frame)
    elif kind == PAGE_IN:
        pages, legal = page_in(pages, page, frame, FALSE)
    elif kind == PAGE_IN_WRITING:
        pages, legal = page_in(pages, page, frame, TRUE)
    elif kind == WRITE:
        pages, legal = write(pages, page)
    elif kind == WRITE_OUT:
        pages, legal = write_out(pages, page)
    else:
        pages, legal = evict(pages, page)
    return pages, legal


def unless(holds: Truth, law: Word) -> Word:
    """The bit of a law that does not hold."""
    return where(holds, ZERO, law)


def broken_at(pages: Pages, page: Word, frame: Word) -> Word:
    """F2 at one page and frame."""
    return unless(owned(pages, page, frame), OWNED)


def broken_by_move(before: Pages, after: Pages, page: Word, other: Word) -> Word:
    """The laws that a step about `page` breaks, seen from there and from one other page."""
    moved = unless(legally_moved(before, after, page, other), MOVED)
    return moved | unless(charged(before, after, page), CHARGED)


def broken_anywhere(pages: Pages, count: Word, frames: Word) -> Word:
    """F2 at every page and frame, and the charge against a count of the committed pages among the first `count`."""
    broken = ZERO
    committed = ZERO
    page = ZERO
    for _ in range(count):
        broken = broken | broken_at(pages, page, ZERO)
        committed = committed + where(is_charged(state_of(pages, page)), ONE, ZERO)
        page = page + ONE
    frame = ZERO
    for _ in range(frames):
        broken = broken | broken_at(pages, ZERO, frame)
        frame = frame + ONE
    return broken | unless((committed == pages.charge) & (committed <= pages.limit), CHARGED)


def entered(pages: Pages) -> Pages:
    """The state with its arrays in the form that compiled steps take."""
    return Pages(view(pages.state), view(pages.owner), pages.charge, pages.limit)


def shadowed(pages: Pages, state: Words, page: Word, other: Word) -> Pages:
    """The state with page states of its own, in which two pages are as they are now: what a step is held against."""
    state = store_if(TRUE, state, page, state_of(pages, page))
    state = store_if(TRUE, state, other, state_of(pages, other))
    return Pages(state, pages.owner, pages.charge, pages.limit)


def count_one(counts: Words, kind: Word, legal: Truth) -> Words:
    """One more move of a kind that was refused, or done."""
    index = (kind << ONE) | where(legal, ONE, ZERO)
    return store_if(TRUE, counts, index, load(counts, index) + ONE)


def replay(
    pages: Pages, moves: Any, spare: Words, counts: Words, count: Word, frames: Word, audited: Word
) -> tuple[Word, Word, Word]:
    """All moves, each followed by the laws at the points that it touches, and by an audit every `audited` moves.

    `spare` lends an array as large as `state`. `counts` gets for each kind how many moves were refused and how many
    done. A refused move is held to having changed nothing. Returns how many moves were made, the laws that the last of
    them breaks, and the charge; the arrays of the state are those that came in.
    """
    pages, spare, counts = entered(pages), view(spare), view(counts)
    broken = ZERO
    made = ZERO
    for index in range(moves.size):
        text = word(moves[index])
        kind, page, frame = text & KIND_BITS, (text >> PAGE_AT) & OPERAND_BITS, text >> FRAME_AT
        other = made % count
        before = shadowed(pages, spare, page, other)
        pages, legal = move(pages, kind, page, frame)
        broken = broken_by_move(before, pages, page, other) | broken_at(pages, page, frame_of(state_of(before, page)))
        broken = broken | unless(legal | (state_of(pages, page) == state_of(before, page)), MOVED)
        if made % audited == ZERO:
            broken = broken | broken_anywhere(pages, count, frames)
        counts = count_one(counts, kind, legal)
        made = made + ONE
        if broken != ZERO:
            break
    return made, broken, pages.charge
