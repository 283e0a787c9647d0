"""Accesses to pages: which of them are served, by which fault, and which are violations.

A page has *rights* besides its state. An access asks for one of them, and comes to exactly one outcome::

    access --> look-up: resident, and the right is there? ---- yes ----> granted
                  | no: page fault
                  v
               region: given, committed, some access allowed? -- no ---> violation
                  | yes
               guard? ---- yes ----> guard hit; the guard goes
                  | no
               is the right there? -- no ---> violation
                  | yes
               frame: zeroed (never touched), read (paged out), or a private copy (copy on write)
                  |
               entry: the page is resident in it --> the access is repeated, and granted

The invariant: *whatever is served can be repeated, and is granted then; whatever is a violation has changed nothing*.

A guard comes before a missing right: any attempt to access a guard page is told, and takes the guard away. It modifies
a protection that allows something, and none that allows nothing. A page that is not resident is filled or read first
even where it is copied on write: what comes in for a write is a private copy already.

Source: Windows, Memory Protection Constants (PAGE_GUARD, PAGE_NOACCESS, PAGE_WRITECOPY) and Creating Guard Pages;
Windows Internals, memory manager: page fault handling; Linux, mm/memory.c: do_anonymous_page, do_swap_page,
do_cow_fault and do_wp_page.
"""

from __future__ import annotations

from typing import NamedTuple

from .algebra import TRUE, ZERO, Truth, Word, Words, invert, invert_bits, load, store_if, where
from .pages import (
    COMMITTED,
    PAGED_OUT,
    Pages,
    backed,
    frame_of,
    is_charged,
    is_unused,
    moved,
    resident_in,
    state_of,
    unbacked,
)
from .pages import commit as commit_page
from .pages import decommit as decommit_page
from .pages import evict as evict_page
from .pages import release as release_page
from .pages import reserve as reserve_page
from .pages import write_out as write_out_page

# -- rights --------------------------------------------------------------------------------------------------

#: No access at all, and the rights of a page that is not committed.
NO_ACCESS = 0
READ = 1
WRITE = 2
EXECUTE = 4
#: The first access, of any kind, is told and refused, and the guard is gone.
GUARD = 8
#: Copy on write: a write is meant, but the first one takes a private copy.
COPY = 16
#: The rights that allow something; the guard only modifies them.
ALLOWING = READ | WRITE | EXECUTE | COPY
#: All bits of the rights of a page.
RIGHTS = ALLOWING | GUARD

# -- kinds of access: the right that each needs ----------------------------------------------------------------

READS = READ
WRITES = WRITE
EXECUTES = EXECUTE

# -- outcomes ------------------------------------------------------------------------------------------------

#: The page is resident, and the access allowed: nothing changes, but that a write makes the page dirty.
GRANTED = 0
#: Fault: the page was never backed, and gets a zeroed frame.
DEMAND_ZERO = 1
#: Fault: the page is read from backing store.
IN_PAGE = 2
#: Fault: a write to a resident page that is copied on write; the page gets a frame of its own with a copy.
COPIED = 3
#: Fault: the page was guarded; the access is refused, and the guard is gone.
GUARD_HIT = 4
#: Fault: the page is free or reserved, or the right is missing; nothing changes.
VIOLATION = 5
#: Fault: it needs a frame, and the one that it is offered is used; nothing changes, and the access may be repeated.
#: Never what an access is classified as, only what becomes of it.
WAITING = 6


class Space(NamedTuple):
    """The pages of all processes with what each may be accessed for.

    Attributes:
        pages: states, frames and the commit charge.
        rights: for each page its rights, as bits.
    """

    pages: Pages
    rights: Words


def rights_of(space: Space, page: Word) -> Word:
    """The rights of a page."""
    return load(space.rights, page)


def is_protection(rights: Word) -> Truth:
    """Whether a page may have these rights: known ones, and a guard only besides one that allows something."""
    guards_nothing = (rights & RIGHTS) == GUARD
    return (rights <= RIGHTS) & invert(guards_nothing)


# -- what an access comes to -----------------------------------------------------------------------------------


def allows(rights: Word, kind: Word) -> Truth:
    """Whether the rights allow an access of this kind; copy on write allows writes."""
    return ((rights & kind) != ZERO) | ((kind == WRITES) & ((rights & COPY) != ZERO))


def must_copy(rights: Word, kind: Word) -> Truth:
    """Whether an access that is allowed needs a private copy first."""
    return (kind == WRITES) & ((rights & COPY) != ZERO)


def classify(state: Word, rights: Word, kind: Word) -> Word:
    """The outcome of an access of this kind to a page with this state and these rights; never `WAITING`."""
    in_memory = where(must_copy(rights, kind), COPIED, GRANTED)
    served = where(state == COMMITTED, DEMAND_ZERO, where(state == PAGED_OUT, IN_PAGE, in_memory))
    asked = where(allows(rights, kind), served, VIOLATION)
    warned = where((rights & GUARD) != ZERO, GUARD_HIT, asked)
    return where(is_charged(state) & ((rights & ALLOWING) != ZERO), warned, VIOLATION)


def is_violation(outcome: Word) -> Truth:
    """Whether the access is refused for good: repeating it comes to the same."""
    return outcome == VIOLATION


def is_fault(outcome: Word) -> Truth:
    """Whether the processor raises a page fault, whatever becomes of it."""
    return outcome != GRANTED


def succeeds(outcome: Word) -> Truth:
    """Whether the access is made, at once or when its fault has been served."""
    return outcome <= COPIED


def needs_frame(outcome: Word) -> Truth:
    """Whether the access is served by a fault that takes a frame."""
    return succeeds(outcome) & is_fault(outcome)


# -- accesses and protection -------------------------------------------------------------------------------------


def access(space: Space, page: Word, frame: Word, kind: Word) -> tuple[Space, Word]:
    """One access with the service of its fault, to its end; `frame` is the one that is offered if a frame is needed."""
    found = classify(state_of(space.pages, page), rights_of(space, page), kind)
    is_starved = needs_frame(found) & invert(is_unused(space.pages, frame))
    outcome = where(is_starved, WAITING, found)
    return repeat(serve(space, page, frame, kind, outcome), page, kind, outcome), outcome


def serve(space: Space, page: Word, frame: Word, kind: Word, outcome: Word) -> Space:
    """What the fault handler does: a frame for the page, with rights of its own if it was copied; or no guard more."""
    served = needs_frame(outcome)
    # Of what is zeroed or copied, backing store knows nothing.
    state = resident_in(frame, outcome != IN_PAGE)
    pages = unbacked(outcome == COPIED, space.pages, frame_of(state_of(space.pages, page)))
    pages = backed(served, pages, page, frame, state)
    rights = rights_of(space, page)
    private = where(served & must_copy(rights, kind), (rights & invert_bits(COPY)) | WRITE, rights)
    unguarded = where(outcome == GUARD_HIT, rights & invert_bits(GUARD), private)
    return allowed(TRUE, Space(pages, space.rights), page, unguarded)


def repeat(space: Space, page: Word, kind: Word, outcome: Word) -> Space:
    """What the processor does once the access can be made: a write makes the page dirty."""
    written = succeeds(outcome) & (kind == WRITES)
    dirty = resident_in(frame_of(state_of(space.pages, page)), TRUE)
    return Space(moved(written, space.pages, page, dirty), space.rights)


def protect(space: Space, page: Word, rights: Word) -> tuple[Space, Truth]:
    """A committed page gets other rights, wherever its contents are."""
    legal = is_charged(state_of(space.pages, page)) & is_protection(rights)
    return allowed(legal, space, page, rights), legal


# -- the moves of pages, with their rights -------------------------------------------------------------------------


def reserve(space: Space, page: Word) -> tuple[Space, Truth]:
    """A free page is set aside, without any right."""
    pages, legal = reserve_page(space.pages, page)
    return Space(pages, space.rights), legal


def release(space: Space, page: Word) -> tuple[Space, Truth]:
    """A reserved page is free again."""
    pages, legal = release_page(space.pages, page)
    return Space(pages, space.rights), legal


def commit(space: Space, page: Word, rights: Word) -> tuple[Space, Truth]:
    """A reserved page is charged, if the limit leaves room, and has these rights."""
    pages = space.pages
    # For rights that no page may have there is no room.
    limit = where(is_protection(rights), pages.limit, ZERO)
    charged, legal = commit_page(Pages(pages.state, pages.owner, pages.charge, limit), page)
    pages = Pages(charged.state, charged.owner, charged.charge, pages.limit)
    return allowed(legal, Space(pages, space.rights), page, rights), legal


def decommit(space: Space, page: Word) -> tuple[Space, Truth]:
    """A committed page is reserved again, without any right."""
    pages, legal = decommit_page(space.pages, page)
    return allowed(legal, Space(pages, space.rights), page, NO_ACCESS), legal


def write_out(space: Space, page: Word) -> tuple[Space, Truth]:
    """The contents of a dirty page are copied to backing store."""
    pages, legal = write_out_page(space.pages, page)
    return Space(pages, space.rights), legal


def evict(space: Space, page: Word) -> tuple[Space, Truth]:
    """A clean page gives its frame back; its rights stay."""
    pages, legal = evict_page(space.pages, page)
    return Space(pages, space.rights), legal


def allowed(going: Truth, space: Space, page: Word, rights: Word) -> Space:
    """The page has other rights, if `going`."""
    return Space(space.pages, store_if(going, space.rights, page, rights))
