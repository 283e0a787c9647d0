"""The laws of page states: whose a frame is, what is charged, and which moves there are; each at one page and frame.

None of them looks at how a step is written: the relation of legal moves is told by the states alone.
"""

from __future__ import annotations

from .algebra import ONE, ZERO, Truth, Word, implies, load, where
from .law import Scope, law
from .pages import (
    COMMITTED,
    FREE,
    PAGED_OUT,
    RESERVED,
    Pages,
    frame_of,
    is_charged,
    is_clean,
    is_dirty,
    is_resident,
    state_of,
)

CONTRACT = "space"
#: The part of the contract that these laws are about.
PART = "pages"


@law(
    "F2",
    "owned",
    contract=CONTRACT,
    part=PART,
    statement="A frame is used by the one page that is resident in it, and by none if no page is.",
    source="Windows Internals, page-frame database: a valid frame names its one page-table entry.",
    scope=Scope.STATE,
)
def owned(pages: Pages, page: Word, frame: Word) -> Truth:
    """The frame of `page` is its own; and the page that `frame` names as its owner is resident there."""
    state, owner = state_of(pages, page), load(pages.owner, frame)
    by_page = implies(is_resident(state), load(pages.owner, frame_of(state)) == page + ONE)
    named = state_of(pages, owner - where(owner == ZERO, ZERO, ONE))
    by_frame = implies(owner != ZERO, is_resident(named) & (frame_of(named) == frame))
    return by_page & by_frame


@law(
    "V4",
    "charged",
    contract=CONTRACT,
    part=PART,
    statement="The commit charge is the number of committed pages, and never above the limit.",
    source="VirtualAlloc: committing charges the paging file and memory; Linux overcommit-accounting, mode 2.",
    scope=Scope.CHANGE,
)
def charged(before: Pages, after: Pages, page: Word) -> Truth:
    """Where a step moves `page`, the charge follows: one more or less exactly with the page; the limit is kept.

    From an empty memory on, with no other page moved (V8), the charge is therefore the number of committed pages.
    """
    was = where(is_charged(state_of(before, page)), ONE, ZERO)
    now = where(is_charged(state_of(after, page)), ONE, ZERO)
    return (after.charge + was == before.charge + now) & (after.charge <= after.limit) & (after.limit == before.limit)


@law(
    "V8",
    "moved",
    contract=CONTRACT,
    part=PART,
    statement="Only legal moves: a page goes from state to state as it may, and a step moves no page but its own.",
    source="VirtualAlloc and VirtualFree; Windows Internals: page states, demand-zero, in-page and modified writing.",
    scope=Scope.CHANGE,
)
def legally_moved(before: Pages, after: Pages, page: Word, other: Word) -> Truth:
    """`page`, which the step is about, moved as it may; any `other` page not at all."""
    own = may_move(state_of(before, page), state_of(after, page))
    return own & ((other == page) | (state_of(after, other) == state_of(before, other)))


def may_move(old: Word, new: Word) -> Truth:
    """Whether a page may go from one state to the other in one step, or stay."""
    same_frame = frame_of(old) == frame_of(new)
    given = ((old == FREE) & (new == RESERVED)) | ((old == RESERVED) & ((new == FREE) | (new == COMMITTED)))
    taken = is_charged(old) & (new == RESERVED)
    brought = ((old == COMMITTED) & is_dirty(new)) | ((old == PAGED_OUT) & is_resident(new))
    put_out = is_clean(old) & (new == PAGED_OUT)
    marked = ((is_clean(old) & is_dirty(new)) | (is_dirty(old) & is_clean(new))) & same_frame
    return (old == new) | given | taken | brought | put_out | marked
