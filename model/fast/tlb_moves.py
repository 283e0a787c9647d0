"""The steps of the TLB specification as numbered moves, and long runs of them with the laws asked where each touches.

A *kernel module*: plain Python that is rebound and compiled together with the steps and laws that it imports. A move
is a kind and two operands, of which each kind takes as many as it needs (`OPERANDS`); in a run it is one word::

    move    | second (28 bits) | first (28 bits) | kind (8 bits) |

What is broken comes back as bits, one for each law (`LAW_BITS`). Nothing here restates a law or a step; what is here
is only the quantifier over cores that a step is given, and where the laws are asked.
"""

from __future__ import annotations

from typing import Any

from ...spec.algebra import ONE, TRUE, ZERO, Truth, Word, Words, load, store_if, where
from ...spec.tlb import (
    Tlbs,
    acknowledge,
    all_acknowledged,
    enter,
    evict,
    fill,
    flush_all,
    flush_space,
    give,
    invalidate,
    leave,
    number_of,
    reclaim,
    release,
    restore,
    retire,
    runs_nowhere,
    switch,
    with_books,
)
from ...spec.tlb_laws import broken_before_made, flushed, held, identified, remembered
from .backend import view, word

FILL = 0
EVICT = 1
FLUSH_SPACE = 2
FLUSH_ALL = 3
ENTER = 4
INVALIDATE = 5
ACKNOWLEDGE = 6
RELEASE = 7
RESTORE = 8
SWITCH = 9
SWITCH_FLUSHING = 10
LEAVE = 11
GIVE = 12
RETIRE = 13
RECLAIM = 14
#: How many kinds of moves there are.
KINDS = 15

KIND_BITS = 0xFF
OPERAND_BITS = 0xFFF_FFFF
FIRST_AT = 8
SECOND_AT = 36

REMEMBERED = 1 << 0
FLUSHED = 1 << 1
HELD = 1 << 2
BROKEN_BEFORE_MADE = 1 << 3
IDENTIFIED = 1 << 4
#: The bit of each law.
LAW_BITS = {"L1": REMEMBERED, "L2": FLUSHED, "L3": HELD, "L4": BROKEN_BEFORE_MADE, "L5": IDENTIFIED}
#: How each kind of move is told; `{0}` and `{1}` are its operands.
STORIES = (
    "core {0} remembers page {1}",
    "core {0} forgets page {1}",
    "core {0} flushes space {1}",
    "core {0} flushes everything",
    "page {0} is entered, with frame {1}",
    "the entry of page {0} is made invalid, every core owes a flush",
    "core {0} flushes and acknowledges",
    "the shootdown is done, the frame is free",
    "the shootdown is done, the entry is valid again",
    "core {0} switches to space {1} and keeps what it remembers",
    "core {0} switches to space {1} and forgets everything",
    "core {0} leaves its space",
    "space {0} gets identifier {1}",
    "the identifier of space {0} is to be taken back, every core owes a flush",
    "the identifier is taken back",
)
#: What the operands of each kind are.
OPERANDS = (
    ("core", "page"),
    ("core", "page"),
    ("core", "space"),
    ("core",),
    ("page", "frame"),
    ("page",),
    ("core",),
    (),
    (),
    ("core", "space"),
    ("core", "space"),
    ("core",),
    ("space", "number"),
    ("space",),
    (),
)


def move(tlbs: Tlbs, kind: Word, first: Word, second: Word, cores: Word) -> tuple[Tlbs, Truth]:
    """One move on a machine of `cores` cores: the state after it, and whether it was legal."""
    legal = TRUE
    if kind == FILL:
        tlbs, legal = fill(tlbs, first, second)
    elif kind == EVICT:
        tlbs, legal = evict(tlbs, first, second)
    elif kind == FLUSH_SPACE:
        tlbs = flush_space(TRUE, tlbs, first, second)
    elif kind == FLUSH_ALL:
        tlbs = flush_all(TRUE, tlbs, first)
    elif kind == ENTER:
        tlbs, legal = enter(tlbs, first, second)
    elif kind == INVALIDATE:
        tlbs, legal = invalidate(tlbs, first)
    elif kind == ACKNOWLEDGE:
        tlbs, legal = acknowledge(tlbs, first)
    elif kind == RELEASE:
        tlbs, legal = release(tlbs, all_acknowledged(tlbs, cores))
    elif kind == RESTORE:
        tlbs, legal = restore(tlbs, all_acknowledged(tlbs, cores))
    elif (kind == SWITCH) | (kind == SWITCH_FLUSHING):
        tlbs, legal = switch(tlbs, first, second, kind == SWITCH)
    elif kind == LEAVE:
        tlbs, legal = leave(tlbs, first)
    elif kind == GIVE:
        tlbs, legal = give(tlbs, first, second)
    elif kind == RETIRE:
        tlbs, legal = retire(tlbs, first, runs_nowhere(tlbs, cores, first))
    else:
        tlbs, legal = reclaim(tlbs, all_acknowledged(tlbs, cores))
    return tlbs, legal


def unless(holds: Truth, law: Word) -> Word:
    """The bit of a law that does not hold."""
    return where(holds, ZERO, law)


def broken_at(tlbs: Tlbs, core: Word, page: Word, space: Word, number: Word) -> Word:
    """The laws on a state that are broken at one core, page, space and identifier."""
    return (
        unless(remembered(tlbs, core, page), REMEMBERED)
        | unless(flushed(tlbs, core, page), FLUSHED)
        | unless(held(tlbs, core, page), HELD)
        | unless(identified(tlbs, core, page, space, number), IDENTIFIED)
    )


def broken_on_cores(tlbs: Tlbs, cores: Word, page: Word, space: Word, number: Word) -> Word:
    """The laws on a state that are broken at one page, space and identifier on any core."""
    broken = ZERO
    core = ZERO
    for _ in range(cores):
        broken = broken | broken_at(tlbs, core, page, space, number)
        core = core + ONE
    return broken


def broken_by_change(before: Tlbs, after: Tlbs, cores: Word, page: Word) -> Word:
    """L4, at one page on every core."""
    broken = ZERO
    core = ZERO
    for _ in range(cores):
        broken = broken | unless(broken_before_made(before, after, core, page), BROKEN_BEFORE_MADE)
        core = core + ONE
    return broken


def broken_anywhere(tlbs: Tlbs, cores: Word, spaces: Word, numbers: Word) -> Word:
    """Every law on a state: at every core and page, and at every space and identifier."""
    broken = ZERO
    page = ZERO
    for _ in range(tlbs.pages):
        broken = broken | broken_on_cores(tlbs, cores, page, ZERO, ZERO)
        page = page + ONE
    space = ZERO
    for _ in range(spaces):
        number = ZERO
        for _ in range(numbers):
            broken = broken | broken_at(tlbs, ZERO, ZERO, space, number)
            number = number + ONE
        space = space + ONE
    return broken


def entered(tlbs: Tlbs) -> Tlbs:
    """The state with its arrays in the form that compiled steps take."""
    table, cached, running, seen, owner, identifier, holder, home, changing, held, retiring, turn, pages, span = tlbs
    return Tlbs(
        view(table),
        view(cached),
        view(running),
        view(seen),
        view(owner),
        view(identifier),
        view(holder),
        view(home),
        changing,
        held,
        retiring,
        turn,
        pages,
        span,
    )


def page_of_move(tlbs: Tlbs, kind: Word, first: Word, second: Word, space_page: Word) -> Word:
    """The page that a move touches: its operand, the page that changes, or any page of a space."""
    by_core = (kind == FILL) | (kind == EVICT)
    by_page = (kind == ENTER) | (kind == INVALIDATE)
    changing = where(tlbs.changing != ZERO, number_of(tlbs.changing), space_page)
    return where(by_core, second, where(by_page, first, changing))


def shadowed(tlbs: Tlbs, table: Words, page: Word) -> Tlbs:
    """The state with a table of its own, in which only `page` is as it is now: what L4 looks at after a move."""
    table = store_if(TRUE, table, page, load(tlbs.table, page))
    return with_books(tlbs, table, tlbs.owner)


def count_one(counts: Words, kind: Word, legal: Truth) -> Words:
    """One more move of a kind that was refused, or done."""
    index = (kind << ONE) | where(legal, ONE, ZERO)
    return store_if(TRUE, counts, index, load(counts, index) + ONE)


def replay(
    tlbs: Tlbs, moves: Any, spare: Words, counts: Words, cores: Word, spaces: Word, numbers: Word, audited: Word
) -> tuple[Word, Word, Word, Word, Word, Word]:
    """All moves, each followed by the laws at the points that it touches, and by all of them every `audited` moves.

    `spare` lends an array as large as `table`. `counts` gets for each kind how many moves were refused and how many
    done. Returns how many moves were made, the laws that the last of them breaks, and the numbers of the state:
    `changing`, `held`, `retiring` and `turn`; its arrays are those that came in.
    """
    tlbs, spare, counts = entered(tlbs), view(spare), view(counts)
    broken = ZERO
    made = ZERO
    for index in range(moves.size):
        text = word(moves[index])
        kind, first, second = text & KIND_BITS, (text >> FIRST_AT) & OPERAND_BITS, text >> SECOND_AT
        page = page_of_move(tlbs, kind, first, second, made % tlbs.pages)
        # No move changes an entry and a TLB at once, so the TLBs may be those after the move.
        before = shadowed(tlbs, spare, page)
        tlbs, legal = move(tlbs, kind, first, second, cores)
        if legal:
            broken = broken_on_cores(tlbs, cores, page, load(tlbs.home, page), made % numbers)
            broken = broken | broken_by_change(before, tlbs, cores, page)
        if made % audited == ZERO:
            broken = broken | broken_anywhere(tlbs, cores, spaces, numbers)
        counts = count_one(counts, kind, legal)
        made = made + ONE
        if broken != ZERO:
            break
    return made, broken, tlbs.changing, tlbs.held, tlbs.retiring, tlbs.turn
