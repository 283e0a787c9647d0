"""The steps of sharing as numbered moves, and long runs of them with the laws asked where each touches.

A *kernel module*: plain Python that is rebound and compiled together with the steps and laws that it imports. A move
is a kind, a page and an operand, which is a frame for some kinds (`TAKES_FRAME`) and a page that it is to be mapped
like for others (`TAKES_SOURCE`); a write has a mask and a value besides. In a run it is one word::

    move    | value (8 bits) | mask (8 bits) | operand (20 bits) | page (20 bits) | kind (8 bits) |

What is broken comes back as bits, one for each law (`LAW_BITS`). Nothing here restates a law or a step; what is here
is only where the laws are asked, when they are at stake, and the count of the pages that map a frame.
"""

from __future__ import annotations

from typing import Any

from ...spec.algebra import FALSE, ONE, TRUE, TWO, ZERO, Truth, Word, Words, invert, load, store_if, where
from ...spec.sharing import (
    Sharing,
    evict,
    fill,
    fork,
    frame_at,
    is_alone,
    is_mapped,
    is_vacant,
    map_object,
    may_be_mapped,
    read_in,
    separate,
    shown_by,
    unmap,
    write,
    write_back,
)
from ...spec.sharing_laws import Request, is_seen, isolated, referenced, zeroed
from .backend import view, word
from .page_moves import count_one, unless

FILL = 0
MAP_PRIVATE = 1
MAP_SHARED = 2
FORK = 3
SEPARATE = 4
WRITE = 5
UNMAP = 6
READ_IN = 7
WRITE_BACK = 8
EVICT = 9
#: How many kinds of moves there are.
KINDS = 10
#: The kinds whose operand is a frame, and those for which it is a page to be mapped like, as bits.
TAKES_FRAME = 1 << FILL | 1 << SEPARATE | 1 << READ_IN
TAKES_SOURCE = 1 << MAP_PRIVATE | 1 << MAP_SHARED | 1 << FORK

KIND_BITS = 0xFF
OPERAND_BITS = 0xF_FFFF
PAGE_AT = 8
OPERAND_AT = 28
MASK_AT = 48
VALUE_AT = 56

ISOLATED = 1 << 0
ZEROED = 1 << 1
REFERENCED = 1 << 2
#: How many pages the laws are asked at after each move of a run.
POINTS = 4
#: The bit of each law.
LAW_BITS = {"V6": ISOLATED, "F7": ZEROED, "F9": REFERENCED}

SEEN = 1 << 0
COPIED = 1 << 1
USED_BEFORE = 1 << 2
FULL = 1 << 3
#: When a law is at stake, as bits, and in words.
STAKES = {
    "V6": {SEEN: "a write that another page sees", COPIED: "a copy for a page that is not alone"},
    "F7": {USED_BEFORE: "a page that is filled into a frame with something in it"},
    "F9": {FULL: "a page that is not mapped because the count has no room"},
}
#: How each kind of move is told: `{0}` is the page, `{1}` the operand, `{2}` the mask and `{3}` the value.
STORIES = (
    "page {0} is filled into frame {1}",
    "page {0} is mapped to page {1} of an object, private",
    "page {0} is mapped to page {1} of an object, shared",
    "page {0} is forked from page {1}",
    "page {0} faults to be written, and is offered frame {1}",
    "page {0} is written: {3:#x} under {2:#x}",
    "page {0} is unmapped",
    "page {0} of an object is read into frame {1}",
    "page {0} of an object is written back",
    "page {0} of an object is evicted",
)


def move(sharing: Sharing, kind: Word, page: Word, operand: Word, mask: Word, value: Word) -> tuple[Sharing, Truth]:
    """One move: the state after it, and whether it was legal."""
    legal = TRUE
    if kind == FILL:
        sharing, legal = fill(sharing, page, operand)
    elif kind == MAP_PRIVATE:
        sharing, legal = map_object(sharing, page, operand, FALSE)
    elif kind == MAP_SHARED:
        sharing, legal = map_object(sharing, page, operand, TRUE)
    elif kind == FORK:
        sharing, legal = fork(sharing, page, operand)
    elif kind == SEPARATE:
        sharing, legal = separate(sharing, page, operand)
    elif kind == WRITE:
        sharing, legal = write(sharing, page, mask, value)
    elif kind == UNMAP:
        sharing, legal = unmap(sharing, page)
    elif kind == READ_IN:
        sharing, legal = read_in(sharing, page, operand)
    elif kind == WRITE_BACK:
        sharing, legal = write_back(sharing, page)
    else:
        sharing, legal = evict(sharing, page)
    return sharing, legal


def takes_source(kind: Word) -> Truth:
    """Whether the operand of a kind is a page."""
    return ((TAKES_SOURCE >> kind) & ONE) != ZERO


def takes_frame(kind: Word) -> Truth:
    """Whether the operand of a kind is a frame."""
    return ((TAKES_FRAME >> kind) & ONE) != ZERO


def request_of(kind: Word, page: Word, operand: Word, mask: Word, value: Word, legal: Truth) -> Request:
    """What a move asks of the laws: if it was refused, that nothing happens to its page."""
    return Request(
        page,
        where(takes_source(kind) & legal, operand, page),
        where(kind == MAP_SHARED, ONE, ZERO),
        where((kind == WRITE) & legal, mask, ZERO),
        value,
    )


def broken_by_move(before: Sharing, after: Sharing, request: Request, legal: Truth, other: Word, frame: Word) -> Word:
    """The laws that a step breaks, seen from its page, from one other page and from one frame."""
    own = load(after.frame, request.page) == load(before.frame, request.page)
    seen = isolated(before, after, request, other) & (legal | own)
    counts = referenced(before, after, request.page, other, frame)
    filled = zeroed(before, after, request.page)
    return unless(seen, ISOLATED) | unless(filled, ZEROED) | unless(counts, REFERENCED)


def stakes_of(before: Sharing, kind: Word, page: Word, operand: Word, legal: Truth, other: Word) -> Word:
    """Which laws are at stake in a move, seen from one other page, as bits."""
    seen = (kind == WRITE) & legal & (other != page) & is_mapped(before, other) & is_seen(before, page, other)
    copied = (kind == SEPARATE) & legal & invert(is_alone(before, page))
    used = (kind == FILL) & legal & (load(before.content, where(kind == FILL, operand, ZERO)) != ZERO)
    source = where(takes_source(kind), operand, page)
    mappable = is_vacant(before, page) & is_mapped(before, source) & invert(may_be_mapped(before, source))
    full = takes_source(kind) & invert(legal) & mappable
    return (
        where(seen, SEEN, ZERO) | where(copied, COPIED, ZERO) | where(used, USED_BEFORE, ZERO) | where(full, FULL, ZERO)
    )


def broken_anywhere(sharing: Sharing, tally: Words, pages: Word, frames: Word) -> Word:
    """F9 at every frame, the count held against those of the first `pages` that map it; `tally` lends a count each."""
    frame = ZERO
    for _ in range(frames):
        tally = store_if(TRUE, tally, frame, ZERO)
        frame = frame + ONE
    page = ZERO
    for _ in range(pages):
        frame = frame_at(sharing, page)
        tally = store_if(is_mapped(sharing, page), tally, frame, load(tally, frame) + ONE)
        page = page + ONE
    broken = ZERO
    frame = ZERO
    for _ in range(frames):
        counted = (load(tally, frame) == load(sharing.count, frame)) & (load(tally, frame) <= sharing.most)
        broken = broken | unless(counted, REFERENCED)
        frame = frame + ONE
    return broken


# -- runs ----------------------------------------------------------------------------------------------------


def entered(sharing: Sharing) -> Sharing:
    """The state with its arrays in the form that compiled steps take."""
    return Sharing(
        view(sharing.frame),
        view(sharing.writable),
        view(sharing.object),
        view(sharing.shared),
        view(sharing.count),
        view(sharing.content),
        view(sharing.stored),
        sharing.objects,
        sharing.most,
    )


def kept_frame(spare: Sharing, sharing: Sharing, frame: Word) -> Sharing:
    """Another state that agrees with this one in a frame."""
    return Sharing(
        spare.frame,
        spare.writable,
        spare.object,
        spare.shared,
        store_if(TRUE, spare.count, frame, load(sharing.count, frame)),
        store_if(TRUE, spare.content, frame, load(sharing.content, frame)),
        spare.stored,
        spare.objects,
        spare.most,
    )


def kept_page(spare: Sharing, sharing: Sharing, page: Word) -> Sharing:
    """Another state that agrees with this one in a page and its frame."""
    spare = Sharing(
        store_if(TRUE, spare.frame, page, load(sharing.frame, page)),
        store_if(TRUE, spare.writable, page, load(sharing.writable, page)),
        store_if(TRUE, spare.object, page, load(sharing.object, page)),
        store_if(TRUE, spare.shared, page, load(sharing.shared, page)),
        spare.count,
        spare.content,
        store_if(TRUE, spare.stored, page, load(sharing.stored, page)),
        spare.objects,
        spare.most,
    )
    return kept_frame(spare, sharing, frame_at(sharing, page))


def count_stakes(met: Words, stakes: Word) -> Words:
    """One more time that each of these was at stake."""
    index = ZERO
    while stakes != ZERO:
        met = store_if(TRUE, met, index, load(met, index) + (stakes & ONE))
        stakes = stakes >> ONE
        index = index + ONE
    return met


def points_of(sharing: Sharing, kind: Word, page: Word, operand: Word, other: Word) -> tuple[Word, Word, Word, Word]:
    """The pages that a move touches, and one other: itself, what it is mapped like, what it shows, and the other."""
    return page, where(takes_source(kind), operand, page), shown_by(sharing, page), other


def point_at(points: tuple[Word, Word, Word, Word], at: Word) -> Word:
    """One of them: the first is at 0."""
    own, source, shown, other = points
    return where(at < ONE, own, where(at < TWO, source, where(at == TWO, shown, other)))


def replay(
    sharing: Sharing, moves: Any, spare: Sharing, counts: Words, met: Words, pages: Word, frames: Word, audited: Word
) -> tuple[Word, Word]:
    """All moves, each followed by the laws at the points that it touches, and by an audit every `audited` moves.

    `spare` lends arrays as large as the state's. `counts` gets for each kind how many moves were refused and how many
    done, and `met` how often laws were at stake (`STAKES`). Returns how many moves were made, and the laws that the
    last of them breaks; the arrays of the state are those that came in.
    """
    sharing, before, counts, met = entered(sharing), entered(spare), view(counts), view(met)
    broken = ZERO
    made = ZERO
    for index in range(moves.size):
        text = word(moves[index])
        kind, page, operand = text & KIND_BITS, (text >> PAGE_AT) & OPERAND_BITS, (text >> OPERAND_AT) & OPERAND_BITS
        mask, value = (text >> MASK_AT) & KIND_BITS, text >> VALUE_AT
        points = points_of(sharing, kind, page, operand, made % pages)
        at = ZERO
        for _ in range(POINTS):
            before = kept_page(before, sharing, point_at(points, at))
            at = at + ONE
        offered = where(takes_frame(kind), operand, made % frames)
        before = kept_frame(before, sharing, offered)
        sharing, legal = move(sharing, kind, page, operand, mask, value)
        request = request_of(kind, page, operand, mask, value, legal)
        at = ZERO
        for _ in range(POINTS):
            # Frames whose counts are known from before: those of the points, and the one that is offered.
            frame = where(at == TWO, offered, frame_at(before, point_at(points, at)))
            broken = broken | broken_by_move(before, sharing, request, legal, point_at(points, at), frame)
            at = at + ONE
        counts = count_one(counts, kind, legal)
        met = count_stakes(met, stakes_of(before, kind, page, operand, legal, made % pages))
        if made % audited == ZERO:
            # What is lent for the tally is written anew before the next move.
            broken = broken | broken_anywhere(sharing, before.count, pages, frames)
        made = made + ONE
        if broken != ZERO:
            break
    return made, broken
