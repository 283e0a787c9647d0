"""Accesses and the moves of pages with rights as numbered moves, and long runs of them with the laws asked.

A *kernel module*: plain Python that is rebound and compiled together with the steps and laws that it imports. A move
is a kind, a page, and a frame or rights, which only some kinds take; in a run it is one word::

    move    | rights (8 bits) | frame (24 bits) | page (24 bits) | kind (8 bits) |

What a move comes to is a number: for an access its outcome, for any other `DONE` or `REFUSED`. What is broken comes
back as bits, one for each law (`LAW_BITS`). Nothing here restates a law or a step; what is here is only where the laws
are asked.
"""

from __future__ import annotations

from typing import Any

from ...spec.access import (
    COPIED,
    EXECUTES,
    GUARD_HIT,
    NO_ACCESS,
    READS,
    VIOLATION,
    WAITING,
    WRITES,
    Space,
    access,
    commit,
    decommit,
    evict,
    protect,
    release,
    reserve,
    rights_of,
    succeeds,
    write_out,
)
from ...spec.access_laws import classified, confined, rightless, rights_kept, served, untouched, warned
from ...spec.algebra import ONE, TRUE, TWO, ZERO, Truth, Word, Words, load, store_if, where
from ...spec.pages import Pages, frame_of, state_of
from .backend import view, word
from .page_moves import unless

RESERVE = 0
RELEASE = 1
COMMIT = 2
DECOMMIT = 3
WRITE_OUT = 4
EVICT = 5
PROTECT = 6
#: From here on accesses.
READING = 7
WRITING = 8
EXECUTING = 9
#: How many kinds of moves there are.
KINDS = 10
#: The kinds that take a frame, as bits, and those that take rights.
TAKES_FRAME = 1 << READING | 1 << WRITING | 1 << EXECUTING
TAKES_RIGHTS = 1 << COMMIT | 1 << PROTECT

#: What a move that is no access comes to, beside the outcomes of accesses.
DONE = 7
REFUSED = 8
#: A table of counts has a row of so many outcomes for each kind: the shift from a kind to its row.
OUTCOMES_SHIFT = 4

KIND_BITS = 0xFF
OPERAND_BITS = 0xFF_FFFF
PAGE_AT = 8
FRAME_AT = 32
RIGHTS_AT = 56

CONFINED = 1 << 0
CLASSIFIED = 1 << 1
UNTOUCHED = 1 << 2
SERVED = 1 << 3
WARNED = 1 << 4
#: The bit of each law.
LAW_BITS = {"V3": CONFINED, "V10": CLASSIFIED, "V11": UNTOUCHED, "V12": SERVED, "V13": WARNED}

#: How each kind of move is told; `{0}` is the page and `{2}` the rights.
STORIES = (
    "page {0} is reserved",
    "page {0} is released",
    "page {0} is committed with the rights {2}",
    "page {0} is decommitted",
    "page {0} is written out",
    "page {0} is evicted",
    "page {0} gets the rights {2}",
    "page {0} is read",
    "page {0} is written",
    "page {0} is executed",
)
#: How the way of an access to its outcome is told, or what became of a move; `{1}` is the frame.
FLOWS = (
    ": the look-up hits",
    ": the look-up misses, its region says committed, frame {1} is zeroed, the entry names it, and it is repeated",
    ": the look-up misses, its region says paged out, frame {1} is read, the entry names it, and it is repeated",
    ": the look-up forbids it, its region says copy on write, frame {1} gets the copy, and it is repeated",
    ": its region has a guard, which is told and taken away",
    ": its region forbids it, a violation",
    ": frame {1} is used, and it waits",
    "",
    ", which is refused",
)
#: What the moves of each kind may come to: an access to anything, but only a write to a copy.
POSSIBLE = tuple(
    (kind, outcome)
    for kind in range(KINDS)
    for outcome in (range(DONE) if kind >= READING else (DONE, REFUSED))
    if kind == WRITING or outcome != COPIED
)


def done_if(legal: Truth) -> Word:
    """What a move came to that is no access."""
    return where(legal, DONE, REFUSED)


def move(space: Space, kind: Word, page: Word, frame: Word, rights: Word) -> tuple[Space, Word]:
    """One move: the state after it, and what it came to."""
    legal = TRUE
    outcome = ZERO
    if kind >= READING:
        space, outcome = access(space, page, frame, access_of(kind))
    else:
        if kind == RESERVE:
            space, legal = reserve(space, page)
        elif kind == RELEASE:
            space, legal = release(space, page)
        elif kind == COMMIT:
            space, legal = commit(space, page, rights)
        elif kind == DECOMMIT:
            space, legal = decommit(space, page)
        elif kind == WRITE_OUT:
            space, legal = write_out(space, page)
        elif kind == EVICT:
            space, legal = evict(space, page)
        else:
            space, legal = protect(space, page, rights)
        outcome = done_if(legal)
    return space, outcome


def access_of(kind: Word) -> Word:
    """The kind of access that a kind of move makes."""
    return where(kind == READING, READS, where(kind == WRITING, WRITES, EXECUTES))


def wanted_by(before: Space, kind: Word, page: Word, rights: Word) -> Word:
    """The rights that the page has to have after a move of this kind that is no access."""
    given = (kind == COMMIT) | (kind == PROTECT)
    return where(given, rights, where(kind == DECOMMIT, NO_ACCESS, rights_of(before, page)))


def broken_by_move(
    before: Space,
    after: Space,
    kind: Word,
    page: Word,
    frame: Word,
    rights: Word,
    outcome: Word,
    other: Word,
    beside: Word,
) -> Word:
    """The laws that a move breaks, seen from one other page and one other frame."""
    if kind >= READING:
        how = access_of(kind)
        broken = unless(confined(before, page, how, outcome), CONFINED)
        broken = broken | unless(classified(before, page, frame, how, outcome), CLASSIFIED)
        broken = broken | unless(untouched(before, after, outcome, other, beside), UNTOUCHED)
        broken = broken | unless(served(before, after, page, frame, how, outcome, other, beside), SERVED)
        broken = broken | unless(warned(before, after, page, how, outcome, other, beside), WARNED)
    else:
        wanted = wanted_by(before, kind, page, rights)
        broken = unless(rights_kept(before, after, page, other, wanted, outcome == DONE), CONFINED)
        # A step that is refused is held to what a violation is.
        refused = where(outcome == REFUSED, VIOLATION, outcome)
        broken = broken | unless(untouched(before, after, refused, other, beside), UNTOUCHED)
    return broken


def at_stake(kind: Word, outcome: Word) -> Word:
    """The laws that say something about a move of this kind that came to this, as bits."""
    is_access = kind >= READING
    told = where(is_access, CLASSIFIED, ZERO) | where(is_access & succeeds(outcome), CONFINED | SERVED, ZERO)
    refused = (outcome == VIOLATION) | (outcome == WAITING) | (outcome == REFUSED)
    told = told | where(refused, UNTOUCHED, ZERO) | where(outcome == DONE, CONFINED, ZERO)
    return told | where(outcome == GUARD_HIT, WARNED, ZERO)


def broken_anywhere(space: Space, count: Word) -> Word:
    """What V3 says of a state, at each of `count` pages."""
    broken = ZERO
    page = ZERO
    for _ in range(count):
        broken = broken | unless(rightless(space, page), CONFINED)
        page = page + ONE
    return broken


def entered(space: Space) -> Space:
    """The state with its arrays in the form that compiled steps take."""
    pages = space.pages
    return Space(Pages(view(pages.state), view(pages.owner), pages.charge, pages.limit), view(space.rights))


def shadowed(space: Space, spare: Space, page: Word, other: Word, frame: Word, beside: Word) -> Space:
    """The state with arrays of its own, in which two pages and three frames are as they are now.

    The third frame is the one that the page is in. This is what a step is held against.
    """
    pages = space.pages
    state = store_if(TRUE, spare.pages.state, page, state_of(pages, page))
    state = store_if(TRUE, state, other, state_of(pages, other))
    rights = store_if(TRUE, spare.rights, page, rights_of(space, page))
    rights = store_if(TRUE, rights, other, rights_of(space, other))
    own = frame_of(state_of(pages, page))
    owner = store_if(TRUE, spare.pages.owner, frame, load(pages.owner, frame))
    owner = store_if(TRUE, owner, beside, load(pages.owner, beside))
    owner = store_if(TRUE, owner, own, load(pages.owner, own))
    return Space(Pages(state, owner, pages.charge, pages.limit), rights)


def count_one(counts: Words, kind: Word, outcome: Word) -> Words:
    """One more move of a kind that came to an outcome."""
    index = (kind << OUTCOMES_SHIFT) + outcome
    return store_if(TRUE, counts, index, load(counts, index) + ONE)


def replay(
    space: Space, moves: Any, spare: Space, counts: Words, count: Word, frames: Word, audited: Word
) -> tuple[Word, Word, Word]:
    """All moves, each followed by the laws at the points that it touches, and by an audit every `audited` moves.

    `spare` lends arrays as large as those of `space`. `counts` gets for each kind and outcome how often it was. Returns
    how many moves were made, the laws that the last of them breaks, and the charge; the arrays of the state are those
    that came in.
    """
    space, spare, counts = entered(space), entered(spare), view(counts)
    broken = ZERO
    made = ZERO
    for index in range(moves.size):
        text = word(moves[index])
        kind, page = text & KIND_BITS, (text >> PAGE_AT) & OPERAND_BITS
        frame, rights = (text >> FRAME_AT) & OPERAND_BITS, text >> RIGHTS_AT
        other = made % count
        beside = made % frames
        own = frame_of(state_of(space.pages, page))
        before = shadowed(space, spare, page, other, frame, beside)
        space, outcome = move(space, kind, page, frame, rights)
        # A second time from the page itself and the frame that it was in.
        for _ in range(TWO):
            broken = broken | broken_by_move(before, space, kind, page, frame, rights, outcome, other, beside)
            other, beside = page, own
        if made % audited == ZERO:
            broken = broken | broken_anywhere(space, count)
        counts = count_one(counts, kind, outcome)
        made = made + ONE
        if broken != ZERO:
            break
    return made, broken, space.pages.charge
