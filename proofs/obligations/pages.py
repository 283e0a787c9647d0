"""States of pages: every step keeps the laws F2, V4 and V8, with any number of pages and frames.

The laws are assumed at a page and a frame that are looked at and where the step acts, and shown where they are looked
at. Two things are carried besides them. Numbers stay within the *extent*: a page that is resident is in a frame that
there is, and a frame that is used names a page that there is, so nothing wraps and no array is left. And the charge is
counted by a *ledger* that no step keeps, in which the committed pages stand one after the other::

    rank of a page    1       -       2       3
    page              7       8       9      12         charge = 3, page 8 is not committed

Each committed page has a rank from 1 to the charge, and each of those ranks a committed page; the two are inverse, as a
page and its frame are by F2. So the charge is the number of committed pages, exactly, and nobody has to add them up.
"""

from __future__ import annotations

from typing import NamedTuple

from ...spec.algebra import FALSE, ONE, TRUE, ZERO, Truth, Word, Words, implies, invert, load, store_if
from ...spec.page_laws import charged, legally_moved, owned
from ...spec.pages import (
    COMMITTED,
    FREE,
    Pages,
    commit,
    decommit,
    evict,
    fill,
    frame_of,
    is_charged,
    is_clean,
    is_resident,
    is_unused,
    page_in,
    release,
    reserve,
    state_of,
    write,
    write_out,
)
from .obligation import Query, obligation

_LAWS = ("F2", "V4", "V8")
_EXIST = "the pages and frames exist"
_HERE = "the laws at the spot"
_THERE = "the laws where the step acts"
_REFUSED = "the step is refused"
_UNUSED = "the frame is unused"


class Extent(NamedTuple):
    """How many pages and frames there are; each number has two bits less than a word.

    Attributes:
        pages: how many pages.
        frames: how many frames.
    """

    pages: Word
    frames: Word


class Ledger(NamedTuple):
    """The committed pages, one after the other: what makes the charge a count.

    Attributes:
        rank: for each committed page its rank, from 1 on.
        page: for each rank up to the charge its page.
    """

    rank: Words
    page: Words


# -- what is true of every state that can be reached ---------------------------------------------------------


def is_within(pages: Pages, extent: Extent, page: Word, frame: Word) -> Truth:
    """The state of a page names a frame that there is, if any, and the owner of a frame is a page that there is."""
    state = state_of(pages, page)
    return implies(is_resident(state), frame_of(state) < extent.frames) & (load(pages.owner, frame) <= extent.pages)


def is_counted(pages: Pages, extent: Extent, ledger: Ledger, page: Word, rank: Word) -> Truth:
    """A committed page has a rank within the charge, which is its own; a rank within the charge has such a page."""
    own, named = load(ledger.rank, page), load(ledger.page, rank)
    ranked = (own >= ONE) & (own <= pages.charge) & (load(ledger.page, own) == page)
    taken = is_charged(state_of(pages, named)) & (load(ledger.rank, named) == rank) & (named < extent.pages)
    by_page = implies(is_charged(state_of(pages, page)), ranked)
    by_rank = implies((rank >= ONE) & (rank <= pages.charge), taken)
    return by_page & by_rank & (pages.charge <= pages.limit)


def sound(pages: Pages, extent: Extent, ledger: Ledger, page: Word, frame: Word, rank: Word) -> Truth:
    """Everything, at a page, a frame and a rank."""
    framed = owned(pages, page, frame) & is_within(pages, extent, page, frame)
    return framed & is_counted(pages, extent, ledger, page, rank)


def with_rank(going: Truth, pages: Pages, ledger: Ledger, page: Word) -> Ledger:
    """The ledger, with a page that is charged at its end, if `going`."""
    last = pages.charge + ONE
    return Ledger(store_if(going, ledger.rank, page, last), store_if(going, ledger.page, last, page))


def without_rank(going: Truth, pages: Pages, ledger: Ledger, page: Word) -> Ledger:
    """The ledger without a page, whose rank goes to the last one, if `going`."""
    own, last = load(ledger.rank, page), load(ledger.page, pages.charge)
    return Ledger(store_if(going, ledger.rank, last, own), store_if(going, ledger.page, own, last))


class Spot(NamedTuple):
    """Where the laws are looked at.

    Attributes:
        page: any page.
        frame: any frame.
        rank: any rank.
    """

    page: Word
    frame: Word
    rank: Word


def given(pages: Pages, extent: Extent, ledger: Ledger, page: Word, frame: Word, spot: Spot) -> dict[str, Truth]:
    """What is assumed: the laws at the spot, and at the page and frame of the step with the last rank."""
    there = (page < extent.pages) & (frame < extent.frames)
    here = (spot.page < extent.pages) & (spot.frame < extent.frames)
    return {
        _EXIST: there & here,
        _HERE: sound(pages, extent, ledger, *spot),
        _THERE: sound(pages, extent, ledger, page, frame, pages.charge),
    }


def kept(before: Pages, after: Pages, extent: Extent, ledger: Ledger, page: Word, spot: Spot) -> dict[str, Truth]:
    """What a step about `page` has to show: each law at the spot, with what keeps it."""
    return {
        "F2": owned(after, spot.page, spot.frame) & is_within(after, extent, spot.page, spot.frame),
        "V4": charged(before, after, page) & is_counted(after, extent, ledger, spot.page, spot.rank),
        "V8": legally_moved(before, after, page, spot.page),
    }


# -- steps ---------------------------------------------------------------------------------------------------


@obligation(
    "pages-start", "F2", "V4", says="With every page free and every frame unused, the laws hold.", without=_UNUSED
)
def pages_start(pages: Pages, extent: Extent, ledger: Ledger, spot: Spot) -> Query:
    """Where every run begins."""
    premises = {
        "the page is free": state_of(pages, spot.page) == FREE,
        _UNUSED: is_unused(pages, spot.frame),
        "nothing is charged": pages.charge == ZERO,
    }
    framed = owned(pages, spot.page, spot.frame) & is_within(pages, extent, spot.page, spot.frame)
    return Query(premises, {"F2": framed, "V4": is_counted(pages, extent, ledger, spot.page, spot.rank)})


@obligation("pages-reserve", *_LAWS, says="Setting a page aside keeps every law.", without=_HERE)
def pages_reserve(pages: Pages, extent: Extent, ledger: Ledger, page: Word, frame: Word, spot: Spot) -> Query:
    """No charge, and no frame."""
    after, _ = reserve(pages, page)
    return Query(given(pages, extent, ledger, page, frame, spot), kept(pages, after, extent, ledger, page, spot))


@obligation("pages-release", *_LAWS, says="Freeing a reserved page keeps every law.", without=_HERE)
def pages_release(pages: Pages, extent: Extent, ledger: Ledger, page: Word, frame: Word, spot: Spot) -> Query:
    """Nothing stands behind it."""
    after, _ = release(pages, page)
    return Query(given(pages, extent, ledger, page, frame, spot), kept(pages, after, extent, ledger, page, spot))


@obligation(
    "pages-commit", *_LAWS, says="Committing a page keeps every law, and the charge within the limit.", without=_HERE
)
def pages_commit(pages: Pages, extent: Extent, ledger: Ledger, page: Word, frame: Word, spot: Spot) -> Query:
    """The page comes last in the ledger."""
    after, legal = commit(pages, page)
    counted = with_rank(legal, pages, ledger, page)
    return Query(given(pages, extent, ledger, page, frame, spot), kept(pages, after, extent, counted, page, spot))


@obligation(
    "pages-decommit", *_LAWS, says="Decommitting a page keeps every law, wherever its contents are.", without=_HERE
)
def pages_decommit(pages: Pages, extent: Extent, ledger: Ledger, page: Word, frame: Word, spot: Spot) -> Query:
    """Its rank goes to the last page of the ledger, and its frame to nobody."""
    after, legal = decommit(pages, page)
    counted = without_rank(legal, pages, ledger, page)
    return Query(given(pages, extent, ledger, page, frame, spot), kept(pages, after, extent, counted, page, spot))


@obligation("pages-fill", *_LAWS, says="Filling a committed page into an unused frame keeps every law.", without=_HERE)
def pages_fill(pages: Pages, extent: Extent, ledger: Ledger, page: Word, frame: Word, spot: Spot) -> Query:
    """The frame may be any that there is."""
    after, _ = fill(pages, page, frame)
    return Query(given(pages, extent, ledger, page, frame, spot), kept(pages, after, extent, ledger, page, spot))


@obligation(
    "pages-page-in",
    *_LAWS,
    says="Reading a page into an unused frame keeps every law, whether the access writes or not.",
    without=_HERE,
)
def pages_page_in(
    pages: Pages, extent: Extent, ledger: Ledger, page: Word, frame: Word, writes: Truth, spot: Spot
) -> Query:
    """The frame may be any that there is."""
    after, _ = page_in(pages, page, frame, writes)
    return Query(given(pages, extent, ledger, page, frame, spot), kept(pages, after, extent, ledger, page, spot))


@obligation("pages-write", *_LAWS, says="Writing to a clean page keeps every law.", without=_HERE)
def pages_write(pages: Pages, extent: Extent, ledger: Ledger, page: Word, frame: Word, spot: Spot) -> Query:
    """The page stays in its frame."""
    after, _ = write(pages, page)
    return Query(given(pages, extent, ledger, page, frame, spot), kept(pages, after, extent, ledger, page, spot))


@obligation("pages-write-out", *_LAWS, says="Writing a dirty page out keeps every law.", without=_HERE)
def pages_write_out(pages: Pages, extent: Extent, ledger: Ledger, page: Word, frame: Word, spot: Spot) -> Query:
    """The page stays in its frame."""
    after, _ = write_out(pages, page)
    return Query(given(pages, extent, ledger, page, frame, spot), kept(pages, after, extent, ledger, page, spot))


@obligation("pages-evict", *_LAWS, says="Evicting a clean page keeps every law.", without=_HERE)
def pages_evict(pages: Pages, extent: Extent, ledger: Ledger, page: Word, frame: Word, spot: Spot) -> Query:
    """Its frame is nobody's."""
    after, _ = evict(pages, page)
    return Query(given(pages, extent, ledger, page, frame, spot), kept(pages, after, extent, ledger, page, spot))


# -- what steps do not do, and what they undo ------------------------------------------------------------------


@obligation(
    "pages-refused",
    *_LAWS,
    says="A step that is refused changes nothing: no page, no frame, no charge.",
    without=_REFUSED,
)
def pages_refused(pages: Pages, page: Word, frame: Word, writes: Truth, spot: Spot, which: Word) -> Query:
    """All steps at once; `which` of them it is about, is a variable too."""
    steps = [step(pages, page) for step in (reserve, release, commit, decommit, write, write_out, evict)]
    steps += [fill(pages, page, frame), page_in(pages, page, frame, writes)]
    refused = same_states = same_owners = same_charge = TRUE
    number = ZERO
    for after, legal in steps:
        asked = which == number
        refused = refused & implies(asked, invert(legal))
        same_states = same_states & implies(asked, state_of(after, spot.page) == state_of(pages, spot.page))
        same_owners = same_owners & implies(asked, load(after.owner, spot.frame) == load(pages.owner, spot.frame))
        same = (after.charge == pages.charge) & (after.limit == pages.limit)
        same_charge = same_charge & implies(asked, same)
        number = number + ONE
    return Query({_REFUSED: refused}, {"F2": same_owners, "V4": same_charge, "V8": same_states})


@obligation(
    "pages-out-and-in",
    *_LAWS,
    says="A resident page that is put out and read back is resident and clean, in its new frame alone.",
    without="the page is resident",
)
def pages_out_and_in(
    pages: Pages, extent: Extent, ledger: Ledger, page: Word, frame: Word, spot: Spot, index: Word
) -> Query:
    """Written out if it is dirty, evicted, paged in: into its old frame, or into any that is unused."""
    old = frame_of(state_of(pages, page))
    premises = {
        **given(pages, extent, ledger, page, frame, spot),
        "the page is resident": is_resident(state_of(pages, page)),
        "the frame is unused, or the page's own": is_unused(pages, frame) | (frame == old),
    }
    written, _ = write_out(pages, page)
    evicted, out = evict(written, page)
    after, back = page_in(evicted, page, frame, FALSE)
    state = state_of(after, page)
    others = (spot.page == page) | (state_of(after, spot.page) == state_of(pages, spot.page))
    beside = (index == frame) | (index == old) | (load(after.owner, index) == load(pages.owner, index))
    goals = {
        "F2": (load(after.owner, frame) == page + ONE) & ((frame == old) | is_unused(after, old)) & beside,
        "V4": (after.charge == pages.charge) & (after.limit == pages.limit),
        "V8": out & back & is_clean(state) & (frame_of(state) == frame) & others,
    }
    return Query(premises, goals)


@obligation(
    "pages-used-and-given-back",
    *_LAWS,
    says="A page that is reserved, committed, filled, decommitted and released leaves everything as it was.",
    without="the limit leaves room",
)
def pages_used_and_given_back(pages: Pages, extent: Extent, page: Word, frame: Word, index: Word) -> Query:
    """Every step is legal, and state, owners and charge are those of before, at any index."""
    premises = {
        _EXIST: (page < extent.pages) & (frame < extent.frames),
        "the page is free": state_of(pages, page) == FREE,
        _UNUSED: is_unused(pages, frame),
        "the limit leaves room": pages.charge < pages.limit,
    }
    set_aside, reserved = reserve(pages, page)
    paid, committed = commit(set_aside, page)
    used, filled = fill(paid, page, frame)
    emptied, decommitted = decommit(used, page)
    after, released = release(emptied, page)
    legal = reserved & committed & filled & decommitted & released
    goals = {
        "F2": load(after.owner, index) == load(pages.owner, index),
        "V4": (paid.charge == pages.charge + ONE) & (after.charge == pages.charge) & (after.limit == pages.limit),
        "V8": legal & (state_of(after, index) == state_of(pages, index)),
    }
    return Query(premises, goals)


@obligation(
    "pages-filled-and-decommitted",
    *_LAWS,
    says="Decommitting a page after its first touch leaves what decommitting it before would have left.",
    without=_UNUSED,
)
def pages_filled_and_decommitted(pages: Pages, extent: Extent, page: Word, frame: Word, index: Word) -> Query:
    """The frame is given back, and the charge with the page: touching it has cost nothing."""
    premises = {
        _EXIST: (page < extent.pages) & (frame < extent.frames),
        "the page is committed": state_of(pages, page) == COMMITTED,
        _UNUSED: is_unused(pages, frame),
    }
    untouched, _ = decommit(pages, page)
    used, filled = fill(pages, page, frame)
    after, decommitted = decommit(used, page)
    goals = {
        "F2": load(after.owner, index) == load(pages.owner, index),
        "V4": (after.charge == untouched.charge) & (after.charge + ONE == pages.charge),
        "V8": filled & decommitted & (state_of(after, index) == state_of(untouched, index)),
    }
    return Query(premises, goals)
