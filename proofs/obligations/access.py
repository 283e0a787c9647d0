"""Accesses: each keeps the laws V3, V10, V11, V12 and V13, in any state, with any number of pages and frames.

`permissions` are the rights of all pages. That a frame belongs to the one page that is in it (F2) is assumed at the
page and frame of the access, and shown to be kept by it; accesses change no charge. Where a law says that an access may
be repeated, it is repeated: the step is taken twice.
"""

from __future__ import annotations

from ...spec.access import (
    ALLOWING,
    COPIED,
    EXECUTES,
    GRANTED,
    GUARD,
    GUARD_HIT,
    NO_ACCESS,
    READS,
    VIOLATION,
    WRITES,
    Space,
    access,
    commit,
    decommit,
    evict,
    must_copy,
    protect,
    release,
    reserve,
    rights_of,
    succeeds,
    write_out,
)
from ...spec.access_laws import (
    classified,
    confined,
    is_same,
    permits,
    rightless,
    rights_kept,
    served,
    untouched,
    warned,
)
from ...spec.algebra import ONE, TRUE, ZERO, Truth, Word, Words, implies, invert, load, where
from ...spec.page_laws import charged, owned
from ...spec.pages import Pages, fill, is_charged, page_in, state_of, write
from .obligation import Query, obligation
from .pages import Extent, Ledger, Spot, is_counted, is_within

_KIND = "the access is one of the three kinds"
_EXIST = "the pages and frames exist"
_OWNED = "frames belong to the pages that are in them"
_RIGHTLESS = "pages that are not committed have no rights"


def is_kind(kind: Word) -> Truth:
    """Whether there are accesses of this kind."""
    return (kind == READS) | (kind == WRITES) | (kind == EXECUTES)


def exist(extent: Extent, page: Word, frame: Word, spot: Spot) -> Truth:
    """Whether there are these pages and frames."""
    there = (page < extent.pages) & (frame < extent.frames)
    return there & (spot.page < extent.pages) & (spot.frame < extent.frames)


def is_owned(pages: Pages, extent: Extent, page: Word, frame: Word) -> Truth:
    """F2 at a page and a frame, with numbers of pages and frames that there are."""
    return owned(pages, page, frame) & is_within(pages, extent, page, frame)


# -- what an access comes to -------------------------------------------------------------------------------------


@obligation(
    "access-classified",
    "V3",
    "V10",
    says="Every access comes to exactly one class, and succeeds only with the right for it on a committed page.",
    without=_KIND,
)
def access_classified(
    pages: Pages, permissions: Words, extent: Extent, page: Word, frame: Word, kind: Word, spot: Spot
) -> Query:
    """Any state and any rights, even those that nobody could have given."""
    before = Space(pages, permissions)
    after, outcome = access(before, page, frame, kind)
    premises = {
        _KIND: is_kind(kind),
        _EXIST: exist(extent, page, frame, spot),
        _RIGHTLESS: rightless(before, page) & rightless(before, spot.page),
    }
    goals = {
        "V3": confined(before, page, kind, outcome) & rightless(after, spot.page),
        "V10": classified(before, page, frame, kind, outcome),
    }
    return Query(premises, goals)


@obligation(
    "access-untouched",
    "V11",
    says="An access that is a violation, or finds no frame, leaves every page, frame and charge as it was.",
    without="it does not succeed, and hits no guard",
)
def access_untouched(pages: Pages, permissions: Words, page: Word, frame: Word, kind: Word, spot: Spot) -> Query:
    """Nothing is assumed of the state."""
    before = Space(pages, permissions)
    after, outcome = access(before, page, frame, kind)
    premises = {"it does not succeed, and hits no guard": invert(succeeds(outcome)) & (outcome != GUARD_HIT)}
    same = is_same(before, after, spot.page, spot.frame)
    return Query(premises, {"V11": same & untouched(before, after, outcome, spot.page, spot.frame)})


@obligation(
    "access-served",
    "V12",
    says="An access that succeeds leaves its page resident in a frame of its own, and moves nothing else.",
    without=_OWNED,
)
def access_served(
    pages: Pages, permissions: Words, extent: Extent, page: Word, frame: Word, kind: Word, spot: Spot
) -> Query:
    """Seen from any page and any frame."""
    before = Space(pages, permissions)
    after, outcome = access(before, page, frame, kind)
    premises = {
        _KIND: is_kind(kind),
        _EXIST: exist(extent, page, frame, spot),
        _OWNED: is_owned(pages, extent, page, frame),
    }
    return Query(premises, {"V12": served(before, after, page, frame, kind, outcome, spot.page, spot.frame)})


@obligation(
    "access-repeated",
    "V12",
    says="An access that succeeded is granted when it is repeated, with any frame, and changes nothing then.",
    without="the access succeeds",
)
def access_repeated(
    pages: Pages, permissions: Words, extent: Extent, page: Word, frame: Word, kind: Word, point: Word, spot: Spot
) -> Query:
    """Faults converge: the second access finds everything in its place; `point` is the frame that it is offered."""
    before = Space(pages, permissions)
    once, outcome = access(before, page, frame, kind)
    twice, again = access(once, page, point, kind)
    premises = {
        _KIND: is_kind(kind),
        _EXIST: exist(extent, page, frame, spot),
        "the access succeeds": succeeds(outcome),
    }
    return Query(premises, {"V12": (again == GRANTED) & is_same(once, twice, spot.page, spot.frame)})


@obligation(
    "access-warned",
    "V13",
    says="An access to a guarded page is a hit, which takes the guard away and nothing else; the next one is none.",
    without="the page is guarded",
)
def access_warned(
    pages: Pages, permissions: Words, page: Word, frame: Word, kind: Word, point: Word, spot: Spot
) -> Query:
    """Whatever the next access asks for that is of the same kind."""
    before = Space(pages, permissions)
    after, outcome = access(before, page, frame, kind)
    _, again = access(after, page, point, kind)
    rights = rights_of(before, page)
    is_guarded = ((rights & GUARD) != ZERO) & ((rights & ALLOWING) != ZERO)
    premises = {_KIND: is_kind(kind), "the page is guarded": is_guarded & is_charged(state_of(pages, page))}
    once = (outcome == GUARD_HIT) & (again != GUARD_HIT)
    return Query(premises, {"V13": once & warned(before, after, page, kind, outcome, spot.page, spot.frame)})


@obligation(
    "access-unguarded",
    "V13",
    says="An access to a page that has no guard is no hit, and puts none there.",
    without="the page has no guard",
)
def access_unguarded(pages: Pages, permissions: Words, page: Word, frame: Word, kind: Word, spot: Spot) -> Query:
    """No other page gets one either."""
    before = Space(pages, permissions)
    after, outcome = access(before, page, frame, kind)
    premises = {"the page has no guard": (rights_of(before, page) & GUARD) == ZERO}
    bare = (rights_of(after, page) & GUARD) == ZERO
    elsewhere = (spot.page == page) | (rights_of(after, spot.page) == rights_of(before, spot.page))
    same = warned(before, after, page, kind, outcome, spot.page, spot.frame)
    return Query(premises, {"V13": (outcome != GUARD_HIT) & bare & elsewhere & same})


# -- accesses among the moves of pages -----------------------------------------------------------------------------


@obligation(
    "access-owned",
    "F2",
    "V4",
    says="An access keeps it that each frame belongs to the page in it, a copy on write too, and changes no charge.",
    without=_OWNED,
)
def access_owned(
    pages: Pages,
    permissions: Words,
    extent: Extent,
    ledger: Ledger,
    page: Word,
    frame: Word,
    kind: Word,
    spot: Spot,
) -> Query:
    """The frame of what was copied is nobody's, the one that was offered the page's."""
    after, _ = access(Space(pages, permissions), page, frame, kind)
    premises = {
        _EXIST: exist(extent, page, frame, spot),
        _OWNED: is_owned(pages, extent, page, frame) & is_owned(pages, extent, spot.page, spot.frame),
        "the charge is counted": is_counted(pages, extent, ledger, spot.page, spot.rank),
    }
    counted = is_counted(after.pages, extent, ledger, spot.page, spot.rank)
    goals = {
        "F2": is_owned(after.pages, extent, spot.page, spot.frame),
        "V4": charged(pages, after.pages, page) & counted,
    }
    return Query(premises, goals)


@obligation(
    "access-moves",
    "V12",
    says="An access without a copy is the move of a page that it should be: filled, paged in, or written.",
    without="the access is allowed",
)
def access_moves(
    pages: Pages, permissions: Words, extent: Extent, page: Word, frame: Word, kind: Word, spot: Spot
) -> Query:
    """At most one of the three moves is legal; what is resident already, and not to be written, stays."""
    space = Space(pages, permissions)
    rights = rights_of(space, page)
    after, outcome = access(space, page, frame, kind)
    filled, _ = fill(pages, page, frame)
    read, _ = page_in(filled, page, frame, kind == WRITES)
    written, _ = write(read, page)
    writes = (kind == WRITES) & succeeds(outcome)
    state = where(writes, state_of(written, spot.page), state_of(read, spot.page))
    premises = {
        _KIND: is_kind(kind),
        _EXIST: exist(extent, page, frame, spot),
        "the access is allowed": permits(rights, kind) & ((rights & GUARD) == ZERO),
        "nothing resident is copied": invert(must_copy(rights, kind)) | (outcome != COPIED),
        "the page is committed": is_charged(state_of(pages, page)),
    }
    same_owner = load(after.pages.owner, spot.frame) == load(read.owner, spot.frame)
    return Query(premises, {"V12": (state_of(after.pages, spot.page) == state) & same_owner})


@obligation(
    "access-rights",
    "V3",
    "V11",
    says="Only committing, decommitting and protecting a page change rights, its own; what is refused changes nothing.",
    without=_RIGHTLESS,
)
def access_rights(pages: Pages, permissions: Words, page: Word, wanted: Word, spot: Spot, which: Word) -> Query:
    """All steps at once; `which` of them it is about, is a variable too."""
    before = Space(pages, permissions)
    kept = rights_of(before, page)
    steps = [(*step(before, page), kept) for step in (reserve, release, write_out, evict)]
    steps += [(*step(before, page, wanted), wanted) for step in (commit, protect)]
    steps.append((*decommit(before, page), NO_ACCESS))
    confines = spares = TRUE
    number = ZERO
    for after, legal, rights in steps:
        asked = which == number
        held = rights_kept(before, after, page, spot.page, rights, legal) & rightless(after, spot.page)
        confines = confines & implies(asked, held)
        outcome = where(legal, GRANTED, VIOLATION)
        spares = spares & implies(asked, untouched(before, after, outcome, spot.page, spot.frame))
        number = number + ONE
    premises = {_RIGHTLESS: rightless(before, page) & rightless(before, spot.page)}
    return Query(premises, {"V3": confines, "V11": spares})
