"""The states of a page, and the moves between them: what a process was given, and what stands behind it.

Giving a page and backing it are two things. A *committed* page is charged against a limit and has nothing behind it
until it is touched; then it is *resident*, in a frame that is its own; put out, its contents are in backing store::

                 reserve           commit               fill                 write out
    free page  ----------> reserved -----> committed ---------> resident, dirty ----> resident, clean
              <----------                                          |  ^  <-------------   |
                 release       ^                                   |  |     write         | evict
                               |                                   |  | page in           v
                               `------------ decommit -------------+  `------------- paged out

The invariant: *a frame is used by one page, and what is charged are the pages that are committed*, resident or not.

A page is one index over all processes. Its state is one word: below `RESIDENT` it has no frame, from there on the word
tells its frame and whether it is dirty. Steps are total: an illegal one is answered by False and the state that came
in; `limit` bounds the charge, not the memory.

Source: Windows Internals, memory manager: page states and commit charge; VirtualAlloc and VirtualFree; Linux,
Documentation/mm/overcommit-accounting.
"""

from __future__ import annotations

from typing import NamedTuple

from .algebra import ONE, TRUE, ZERO, Truth, Word, Words, load, store_if, where

#: Not given to the process; only a reservation makes it anything else.
FREE = 0
#: A range is set aside; nothing stands behind it, and an access is a violation.
RESERVED = 1
#: Charged, and never touched: the first access finds a zeroed frame.
COMMITTED = 2
#: Its contents are in backing store.
PAGED_OUT = 3
#: From here on resident: twice the frame, and one more if it is dirty.
RESIDENT = 4


class Pages(NamedTuple):
    """The pages of all processes, and the frames behind them.

    Attributes:
        state: for each page its state.
        owner: for each frame the page + 1 that uses it, or 0.
        charge: how many pages are committed, resident and paged out ones among them.
        limit: the most that may be charged.
    """

    state: Words
    owner: Words
    charge: Word
    limit: Word


def state_of(pages: Pages, page: Word) -> Word:
    """The state of a page."""
    return load(pages.state, page)


def is_resident(state: Word) -> Truth:
    """Whether a page in this state has a frame."""
    return state >= RESIDENT


def is_charged(state: Word) -> Truth:
    """Whether a page in this state counts as committed."""
    return state >= COMMITTED


def is_dirty(state: Word) -> Truth:
    """Whether a page in this state is resident and has been written since it was read or written out."""
    return is_resident(state) & ((state & ONE) == ONE)


def is_clean(state: Word) -> Truth:
    """Whether a page in this state is resident and as it is in backing store."""
    return is_resident(state) & ((state & ONE) == ZERO)


def frame_of(state: Word) -> Word:
    """The frame of a resident page; 0 for any other, so that it may be an index in any case."""
    return where(is_resident(state), (state - where(is_resident(state), RESIDENT, ZERO)) >> ONE, ZERO)


def resident_in(frame: Word, dirty: Truth) -> Word:
    """The state of a page that is resident in `frame`."""
    return RESIDENT + (frame << ONE) + where(dirty, ONE, ZERO)


# -- what a process asks for ---------------------------------------------------------------------------------


def reserve(pages: Pages, page: Word) -> tuple[Pages, Truth]:
    """A free page is set aside."""
    legal = state_of(pages, page) == FREE
    return moved(legal, pages, page, RESERVED), legal


def release(pages: Pages, page: Word) -> tuple[Pages, Truth]:
    """A reserved page is free again; one that is committed must be decommitted first."""
    legal = state_of(pages, page) == RESERVED
    return moved(legal, pages, page, FREE), legal


def commit(pages: Pages, page: Word) -> tuple[Pages, Truth]:
    """A reserved page is charged, if the limit leaves room; no frame is taken."""
    legal = (state_of(pages, page) == RESERVED) & (pages.charge < pages.limit)
    pages = moved(legal, pages, page, COMMITTED)
    return Pages(pages.state, pages.owner, pages.charge + where(legal, ONE, ZERO), pages.limit), legal


def decommit(pages: Pages, page: Word) -> tuple[Pages, Truth]:
    """A committed page, wherever its contents are, is reserved again: they are gone, and its frame is unused."""
    state = state_of(pages, page)
    legal = is_charged(state)
    pages = unbacked(legal & is_resident(state), pages, frame_of(state))
    pages = moved(legal, pages, page, RESERVED)
    return Pages(pages.state, pages.owner, pages.charge - where(legal, ONE, ZERO), pages.limit), legal


# -- what faults and the pager do ----------------------------------------------------------------------------


def fill(pages: Pages, page: Word, frame: Word) -> tuple[Pages, Truth]:
    """The first access to a committed page: it gets an unused frame, zeroed, which no backing store knows of."""
    legal = (state_of(pages, page) == COMMITTED) & is_unused(pages, frame)
    return backed(legal, pages, page, frame, resident_in(frame, TRUE)), legal


def page_in(pages: Pages, page: Word, frame: Word, writes: Truth) -> tuple[Pages, Truth]:
    """An access to a page that is paged out: its contents are read into an unused frame; a write makes it dirty."""
    legal = (state_of(pages, page) == PAGED_OUT) & is_unused(pages, frame)
    return backed(legal, pages, page, frame, resident_in(frame, writes)), legal


def write(pages: Pages, page: Word) -> tuple[Pages, Truth]:
    """A write to a clean page makes it dirty."""
    state = state_of(pages, page)
    legal = is_clean(state)
    return moved(legal, pages, page, resident_in(frame_of(state), TRUE)), legal


def write_out(pages: Pages, page: Word) -> tuple[Pages, Truth]:
    """The contents of a dirty page are copied to backing store, and it is clean."""
    state = state_of(pages, page)
    legal = is_dirty(state)
    return moved(legal, pages, page, state - where(legal, ONE, ZERO)), legal


def evict(pages: Pages, page: Word) -> tuple[Pages, Truth]:
    """A clean page gives its frame back; a dirty one must be written out first."""
    state = state_of(pages, page)
    legal = is_clean(state)
    pages = unbacked(legal, pages, frame_of(state))
    return moved(legal, pages, page, PAGED_OUT), legal


# -- states that differ in a part ----------------------------------------------------------------------------


def is_unused(pages: Pages, frame: Word) -> Truth:
    """Whether no page uses the frame."""
    return load(pages.owner, frame) == ZERO


def moved(going: Truth, pages: Pages, page: Word, state: Word) -> Pages:
    """The page is in another state, if `going`."""
    return Pages(store_if(going, pages.state, page, state), pages.owner, pages.charge, pages.limit)


def backed(going: Truth, pages: Pages, page: Word, frame: Word, state: Word) -> Pages:
    """The page is in another state, and the frame is its own, if `going`."""
    owner = store_if(going, pages.owner, frame, page + ONE)
    return moved(going, Pages(pages.state, owner, pages.charge, pages.limit), page, state)


def unbacked(going: Truth, pages: Pages, frame: Word) -> Pages:
    """No page uses the frame, if `going`."""
    return Pages(pages.state, store_if(going, pages.owner, frame, ZERO), pages.charge, pages.limit)
