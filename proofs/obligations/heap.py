"""Blocks of a heap: what carving, joining and cutting keep, at any two blocks of any size and at any alignment.

A state is any number of blocks of which no two share a byte. It is enough to look at two of them: the one that a step
is about, and any other. What was apart from a free block is apart from all that it is cut into, and those pieces are
apart from each other; what was apart from two blocks is apart from the one that they become. Nothing wraps: rounding
up is asked about only where `can_round` says yes, and a block ends before the last address, as its memory does.
"""

from __future__ import annotations

from ...spec.algebra import Truth, Word, invert, invert_bits
from ...spec.heap import (
    Block,
    can_round,
    carve,
    carve_at,
    cut,
    end_of,
    fits,
    has_room,
    is_apart,
    is_inside,
    is_multiple,
    is_next_to,
    is_power,
    joined,
    occupied,
    rounded_up,
)
from ...spec.heap_laws import aligned, apart, held
from .obligation import Query, obligation

_POWER = "the alignment is a power of two"
_FITS = "the request fits"
_NEXT = "they are next to each other"
_INSIDE = "one is inside the other"
_SMALLER = "there are so many bytes"


def ends(block: Block) -> Truth:
    """Whether the address behind a block is a word: it is not before its beginning."""
    return block.first <= end_of(block)


def before(block: Block, other: Block) -> dict[str, Truth]:
    """What is known of a block, and of any other that is live or free, before a step."""
    return {
        "the blocks are apart": is_apart(block, other),
        "both end": ends(block) & ends(other),
        "the other block is not empty": other.size == occupied(other.size),
    }


@obligation(
    "heap-rounding",
    "H1",
    says="Rounding up gives the first multiple from an address on, and never wraps where it can be asked.",
    without=_POWER,
)
def heap_rounding(first: Word, alignment: Word, between: Word) -> Query:
    """Nothing between the address and its multiple is a multiple."""
    up = rounded_up(first, alignment)
    premises = {_POWER: is_power(alignment), "it can be rounded": can_round(first, alignment)}
    skipped = (between >= first) & (between < up) & is_multiple(between, alignment)
    return Query(premises, {"H1": is_multiple(up, alignment) & (up >= first) & invert(skipped)})


@obligation(
    "heap-fits",
    "H1",
    says="Where a request fits, what is carved out begins at a multiple of its alignment and has all its bytes.",
    without=_FITS,
)
def heap_fits(first: Word, room: Word, size: Word, alignment: Word) -> Query:
    """The aligned place is one that `carve_at` may be asked for."""
    free = Block(first, room)
    given = carve(free, size, alignment).given
    premises = {_POWER: is_power(alignment), _FITS: fits(free, size, alignment)}
    return Query(premises, {"H1": aligned(given, alignment) & has_room(free, given.first, given.size)})


@obligation(
    "heap-within",
    "H10",
    says="What is inside a block that is inside the memory is inside the memory.",
    without=_INSIDE,
)
def heap_within(
    first: Word, room: Word, first_outer: Word, room_outer: Word, first_arena: Word, room_arena: Word
) -> Query:
    """So each step need only stay inside the block that it is about."""
    block, outer, arena = Block(first, room), Block(first_outer, room_outer), Block(first_arena, room_arena)
    premises = {
        _INSIDE: is_inside(block, outer),
        "that one is inside the memory": is_inside(outer, arena),
        "all end": ends(block) & ends(outer) & ends(arena),
    }
    return Query(premises, {"H10": is_inside(block, arena)})


@obligation(
    "heap-room",
    "H10",
    says="Where a block has room for a request of any size, what is given is inside it, and its end is a word.",
    without=_FITS,
    apart=True,
)
def heap_room(first: Word, begin: Word, behind: Word, size: Word) -> Query:
    """The size is the caller's: nothing may be added to it before it is known to fit into what is `behind` a place."""
    free = Block(first, begin - first + behind)
    given = carve_at(free, begin, size).given
    premises = {
        _FITS: has_room(free, begin, size),
        "the free block ends": (first <= begin) & (begin <= end_of(free)),
    }
    return Query(premises, {"H10": is_inside(given, free) & ends(given)})


@obligation(
    "heap-carve",
    "H2",
    says="A block that is carved out of a free one is apart from whatever the free one was apart from.",
    without=_FITS,
)
def heap_carve(first: Word, room: Word, first_other: Word, room_other: Word, size: Word, begin: Word) -> Query:
    """The given block at any other block, live or free."""
    free, other = Block(first, room), Block(first_other, room_other)
    given = carve_at(free, begin, occupied(size)).given
    premises = {_FITS: is_inside(given, free) & ends(given), **before(free, other)}
    return Query(premises, {"H2": apart(given, other)})


@obligation(
    "heap-carve-rest",
    "H2",
    "H5",
    "H10",
    says="The pieces of a carved block are apart from each other and from all others, and joined they are that block.",
    without=_FITS,
    apart=True,
)
def heap_carve_rest(first: Word, room: Word, first_other: Word, room_other: Word, size: Word, begin: Word) -> Query:
    """What is left before and behind; liberation undoes reservation."""
    free, other = Block(first, room), Block(first_other, room_other)
    place = Block(begin, size)
    premises = {_FITS: is_inside(place, free) & ends(place), **before(free, other)}
    lower, given, upper = carve_at(free, begin, size)
    each = is_apart(lower, given) & is_apart(given, upper) & is_apart(lower, upper)
    whole = joined(joined(lower, given), upper)
    goals = {
        "H2": each & is_apart(lower, other) & is_apart(upper, other),
        "H5": is_next_to(lower, given) & is_next_to(given, upper) & (whole.first == first) & (whole.size == room),
        "H10": is_inside(lower, free) & is_inside(upper, free) & ends(lower) & ends(upper),
    }
    return Query(premises, goals)


@obligation(
    "heap-join",
    "H2",
    "H5",
    "H10",
    says="Free blocks next to each other become one with all their bytes, apart from whatever was apart from both.",
    without=_NEXT,
)
def heap_join(
    first: Word, room: Word, first_upper: Word, room_upper: Word, first_other: Word, room_other: Word
) -> Query:
    """Two free blocks and any other."""
    lower, upper, other = Block(first, room), Block(first_upper, room_upper), Block(first_other, room_other)
    premises = {
        _NEXT: is_next_to(lower, upper),
        "the upper block is apart too": is_apart(upper, other) & ends(upper),
        **before(lower, other),
    }
    whole = joined(lower, upper)
    goals = {
        "H2": is_apart(whole, other),
        "H5": (whole.size - room == room_upper) & is_inside(lower, whole) & is_inside(upper, whole),
        "H10": ends(whole),
    }
    return Query(premises, goals)


@obligation(
    "heap-shrink",
    "H1",
    "H2",
    "H5",
    "H10",
    says="A block that shrinks where it is stays aligned; both parts stay inside it, and apart from all others.",
    without=_SMALLER,
)
def heap_shrink(first: Word, room: Word, first_other: Word, room_other: Word, size: Word, alignment: Word) -> Query:
    """realloc in place: to fewer bytes, or to more once what is free behind was joined to the block."""
    block, other = Block(first, room), Block(first_other, room_other)
    premises = {_SMALLER: size <= room, "it is aligned": aligned(block, alignment), **before(block, other)}
    kept, rest = cut(block, size)
    goals = {
        "H1": aligned(kept, alignment),
        "H2": is_apart(kept, other) & is_apart(rest, other) & is_apart(kept, rest),
        "H5": is_next_to(kept, rest) & (joined(kept, rest).size == room),
        "H10": is_inside(kept, block) & is_inside(rest, block) & ends(kept) & ends(rest),
    }
    return Query(premises, goals)


@obligation(
    "heap-held",
    "H10",
    says="Bytes that fit beside those that are live are no more than the capacity, and their sum does not wrap.",
    without="they fit",
)
def heap_held(live: Word, size: Word, capacity: Word) -> Query:
    """The count that a heap without addresses of its own is held to."""
    premises = {"they fit": held(live, size, capacity)}
    return Query(premises, {"H10": (live + size <= capacity) & (live <= invert_bits(size))})
