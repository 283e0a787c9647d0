"""Random calls on page tables: what a word stands for in a state, and the step that is then made.

A *kernel module*: plain Python that is rebound and compiled together with the steps that it imports. A call is one
random word, of which every field is read modulo what there is to choose from::

    call    | odd (8) | rights, shared (8) | frame (16) | level (4) | page (16) | space (4) | kind (8) |
"""

from __future__ import annotations

from typing import NamedTuple

from ...spec.algebra import ONE, TRUE, ZERO, Truth, Word, Words, load, store_if, where
from ...spec.entries import first_frame_of, frames_of
from ...spec.paging import (
    NO_FAULT,
    PAGE_SHIFT,
    Access,
    offset_of,
    walk,
)
from ...spec.tables import (
    Tables,
    create,
    drop,
    image_of,
    map_page,
    page_in,
    page_out,
    protect_page,
    share,
    split_page,
    touch,
    unmap_page,
)
from .backend import view, word

#: Kinds of calls.
CREATE = 0
DROP = 1
MAP = 2
UNMAP = 3
PROTECT = 4
SPLIT = 5
TOUCH = 6
PAGE_OUT = 7
PAGE_IN = 8
SHARE = 9
#: How many there are.
KINDS = 10
#: A kind that is not known before the call: create a space, or drop it if it is there.
TOGGLE = 0

#: Fields of a call: where they begin, and their bits.
SPACE_AT = 8
SPACE_BITS = 0xF
PAGE_AT = 12
PAGE_BITS = 0xFFFF
LEVEL_AT = 28
LEVEL_BITS = 0xF
FRAME_AT = 32
FRAME_BITS = 0xFFFF
WRITE_AT = 48
USER_AT = 49
EXECUTE_AT = 50
SHARED_AT = 51
SHARED_BITS = 3
FOUND_AT = 53
ODD_AT = 56
KIND_BITS = 0x3F
#: Odd calls: between two pages, of no space, of no frame, of no level, at an address that does not exist.
ODD_ADDRESS = 1
ODD_ROOT = 2
ODD_FRAME = 3
ODD_LEVEL = 4
ODD_PLACE = 5
NO_LEVEL = 7
FILE_BITS = 0xF
#: Frames that are tried for a new page until one is free; none but the first, where these bits of its number are zero.
PROBES = 8
GREEDY_BITS = 7
#: Frames whose counts are asked after a call, and bits of a position in a word; after them a turn says more.
COUNTED_FRAMES = 4
SIX_BITS = 0x3F
BITS_OF_TURN = 6
BITS_OF_BYTE = 8


class Field(NamedTuple):
    """What calls choose from, and where the laws are asked besides.

    Attributes:
        kinds: 64 kinds of calls, each as often as it is wanted.
        pages: first addresses of pages.
        levels: levels that have leaves.
        small: how many frames base pages are mapped to; blocks of huge pages lie beyond them.
        looks: addresses that are translated before and after, `look` of them at each call.
        strays: addresses that no architecture translates.
        reserved: by level, bits that must be zero in a leaf; LEVELS further on, in a table's entry.
        slots: how many slots are asked about besides those touched, in turn.
    """

    kinds: Words
    pages: Words
    page_count: Word
    levels: Words
    level_count: Word
    small: Word
    looks: Words
    look_count: Word
    look: Word
    strays: Words
    stray_count: Word
    reserved: Words
    slots: Word


class Call(NamedTuple):
    """A call, ready to be made."""

    kind: Word
    space: Word
    root: Word
    address: Word
    level: Word
    frame: Word
    access: Access
    shared: Truth
    file: Word
    place: Word


class Outcome(NamedTuple):
    """Whether a call was done, and the fault of an access."""

    done: Truth
    fault: Word


def entered(tables: Tables) -> Tables:
    """The tables with their arrays in the form that compiled steps take."""
    t = tables
    words, kind, used, parent = view(t.words), view(t.kind), view(t.used), view(t.parent)
    count, backs = view(t.count), view(t.backed)
    return Tables(words, t.entries, kind, used, parent, t.free, t.spare, count, backs, t.frames, t.limit)


def entered_field(field: Field) -> Field:
    """The same for what calls choose from."""
    f = field
    kinds, pages, levels, looks = view(f.kinds), view(f.pages), view(f.levels), view(f.looks)
    strays, reserved = view(f.strays), view(f.reserved)
    last = (strays, f.stray_count, reserved, f.slots)
    return Field(kinds, pages, f.page_count, levels, f.level_count, f.small, looks, f.look_count, f.look, *last)


def part(call: Word, at: Word, bits: Word, count: Word) -> Word:
    """A field of a call, as one of `count` choices."""
    return ((call >> at) & bits) % count


def is_set(call: Word, at: Word) -> Truth:
    """A field of one bit."""
    return ((call >> at) & ONE) != ZERO


def is_free_block(tables: Tables, frame: Word, level: Word) -> Truth:
    """Whether no leaf maps the first frame of any part of a block; steps are told blocks that overlap no other."""
    free = TRUE
    for offset in range(frames_of(level)):
        free = free & (load(tables.count, frame + word(offset)) == ZERO)
    return free


def frame_for(tables: Tables, field: Field, call: Word, level: Word) -> Word:
    """A frame to map at `level`: the first free one of a few, or any."""
    drawn = (call >> FRAME_AT) & FRAME_BITS
    if level == ZERO:
        frame = tables.frames + drawn % field.small
        for _ in range(PROBES):
            if ((drawn & GREEDY_BITS) != ZERO) & (load(tables.count, frame) != ZERO):
                frame = tables.frames + (frame + ONE - tables.frames) % field.small
        return frame
    size = frames_of(level)
    first = (tables.frames + field.small + size - ONE) // size
    frame = (first + drawn % (tables.limit // size - first)) * size
    return where(is_free_block(tables, frame, level), frame, tables.limit)


def resolve(tables: Tables, roots: Words, spaces: Word, field: Field, call: Word) -> Call:
    """The call that a word stands for in this state."""
    kind, odd = load(field.kinds, call & KIND_BITS), call >> ODD_AT
    space = part(call, SPACE_AT, SPACE_BITS, spaces)
    root = load(roots, space)
    kind = where((kind == TOGGLE) & (root != ZERO), DROP + ZERO, kind)
    root = where(root == ZERO, tables.limit << PAGE_SHIFT, root - where(root == ZERO, ZERO, ONE))
    root = where(odd == ODD_ROOT, root + ONE, root)
    level = load(field.levels, part(call, LEVEL_AT, LEVEL_BITS, field.level_count))
    address = load(field.pages, part(call, PAGE_AT, PAGE_BITS, field.page_count))
    found = walk(image_of(tables), where(odd == ODD_ROOT, ZERO, root), address)
    known = is_set(call, FOUND_AT) & (found.fault == NO_FAULT) & (kind != MAP) & (kind < PAGE_OUT)
    level = where(known, found.level, where((kind == PAGE_OUT) | (kind == PAGE_IN), ZERO, level))
    address = where(kind == TOUCH, address, address - offset_of(address, level))
    frame = where(kind == SHARE, first_frame_of(found.entry, level), frame_for(tables, field, call, level))
    # Of base pages a table's frame, perhaps; of huge ones a block that does not begin where it may.
    frame = where(odd == ODD_FRAME, where(level == ZERO, (call >> FRAME_AT) & FILE_BITS, frame + ONE), frame)
    address = where(odd == ODD_ADDRESS, address + ONE, address)
    address = where(odd == ODD_PLACE, load(field.strays, call % field.stray_count), address)
    access = Access(is_set(call, WRITE_AT), is_set(call, USER_AT), is_set(call, EXECUTE_AT))
    shared = ((call >> SHARED_AT) & SHARED_BITS) == ZERO
    file, place = call & FILE_BITS, part(call, FRAME_AT, FRAME_BITS, field.page_count)
    return Call(
        kind, space, root, address, where(odd == ODD_LEVEL, NO_LEVEL + ZERO, level), frame, access, shared, file, place
    )


def make(tables: Tables, roots: Words, call: Call) -> tuple[Tables, Words, Outcome]:
    """One call."""
    done, fault = TRUE, NO_FAULT + ZERO
    kind, root, address, level = call.kind, call.root, call.address, call.level
    if kind == CREATE:
        tables, done, made = create(tables)
        roots = store_if(done, roots, call.space, made + ONE)
    elif kind == DROP:
        tables, done = drop(tables, root)
        roots = store_if(done, roots, call.space, ZERO)
    elif kind == MAP:
        tables, _, done = map_page(tables, root, address, call.frame, level, call.access, call.shared)
    elif kind == UNMAP:
        tables, done = unmap_page(tables, root, address, level)
    elif kind == PROTECT:
        tables, done = protect_page(tables, root, address, level, call.access)
    elif kind == SPLIT:
        tables, _, done = split_page(tables, root, address, level)
    elif kind == PAGE_OUT:
        tables, done = page_out(tables, root, address, call.file, call.place)
    elif kind == PAGE_IN:
        tables, done = page_in(tables, root, address, call.frame)
    elif kind == SHARE:
        known = where(call.frame < tables.limit, call.frame, ZERO)
        done = (call.frame < tables.limit) & (load(tables.count, known) != ZERO)
        tables = share(tables, call.frame)
    else:
        image, fault, _ = touch(image_of(tables), root, address, call.access)
        done = fault == NO_FAULT
        t, words = tables, image.words
        last = (t.spare, t.count, t.backed, t.frames, t.limit)
        tables = Tables(words, t.entries, t.kind, t.used, t.parent, t.free, *last)
    return tables, roots, Outcome(done, fault)
