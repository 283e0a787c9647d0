"""The laws of accesses: what each comes to, what it may change, and that what is served can be repeated.

None of them looks at how an access is classified or served: which class fits is told again, by one condition for each.
A law is asked at the page of the access, any `other` page, and any frame `beside` the one that was offered.
"""

from __future__ import annotations

from .access import (
    COPIED,
    COPY,
    DEMAND_ZERO,
    EXECUTE,
    EXECUTES,
    GRANTED,
    GUARD,
    GUARD_HIT,
    IN_PAGE,
    NO_ACCESS,
    READ,
    READS,
    VIOLATION,
    WAITING,
    WRITE,
    WRITES,
    Space,
    classify,
    rights_of,
)
from .algebra import ONE, ZERO, Truth, Word, implies, invert, load, where
from .law import Scope, law
from .pages import COMMITTED, PAGED_OUT, frame_of, is_charged, is_clean, is_dirty, is_resident, state_of

CONTRACT = "space"
#: The part of the contract that these laws are about.
PART = "access"


# -- what the laws say about rights, in their own words ----------------------------------------------------------


def has(rights: Word, right: Word) -> Truth:
    """Whether a right is among the rights."""
    return (rights & right) == right


def permits(rights: Word, kind: Word) -> Truth:
    """Whether the rights permit an access of this kind."""
    reads = (kind == READS) & has(rights, READ)
    writes = (kind == WRITES) & (has(rights, WRITE) | has(rights, COPY))
    executes = (kind == EXECUTES) & has(rights, EXECUTE)
    return reads | writes | executes


def is_warned(rights: Word) -> Truth:
    """Whether a guard stands before rights that permit something."""
    permitted = permits(rights, READS) | permits(rights, WRITES) | permits(rights, EXECUTES)
    return has(rights, GUARD) & permitted


def one_if(condition: Truth) -> Word:
    """1 if the condition is true, else 0."""
    return where(condition, ONE, ZERO)


def is_same_page(before: Space, after: Space, page: Word) -> Truth:
    """Whether a page has the same state and rights as before."""
    same_state = state_of(before.pages, page) == state_of(after.pages, page)
    return same_state & (rights_of(before, page) == rights_of(after, page))


def is_same_charge(before: Space, after: Space) -> Truth:
    """Whether as much is charged as before, against the same limit."""
    return (before.pages.charge == after.pages.charge) & (before.pages.limit == after.pages.limit)


def is_same_frame(before: Space, after: Space, frame: Word) -> Truth:
    """Whether a frame is used as before."""
    return load(before.pages.owner, frame) == load(after.pages.owner, frame)


# -- laws --------------------------------------------------------------------------------------------------------


@law(
    "V3",
    "confined",
    contract=CONTRACT,
    part=PART,
    statement="An access succeeds only if its page is given, committed, and has the right for that kind of access.",
    source="Windows, Memory Protection Constants; Linux, mmap(2) and mprotect(2): SIGSEGV; design of page tables.",
    scope=Scope.CHANGE,
)
def confined(before: Space, page: Word, kind: Word, outcome: Word) -> Truth:
    """What was not refused was allowed by state and rights as they were."""
    refused = (outcome == GUARD_HIT) | (outcome == VIOLATION) | (outcome == WAITING)
    rights = rights_of(before, page)
    return refused | (is_charged(state_of(before.pages, page)) & permits(rights, kind) & invert(has(rights, GUARD)))


def rights_kept(before: Space, after: Space, page: Word, other: Word, wanted: Word, legal: Truth) -> Truth:
    """The other half of V3: rights are those that were asked for, and a page that is not committed has none.

    A legal step about `page` leaves it with the rights that are `wanted`, a refused one with those that it had; no step
    gives any `other` page rights, or room beyond the limit.
    """
    rights = rights_of(after, page)
    own = where(legal, rights == wanted, rights == rights_of(before, page))
    elsewhere = (other == page) | (rights_of(after, other) == rights_of(before, other))
    return own & elsewhere & rightless(after, page) & (after.pages.limit == before.pages.limit)


def rightless(space: Space, page: Word) -> Truth:
    """A page that is not committed has no rights."""
    return implies(invert(is_charged(state_of(space.pages, page))), rights_of(space, page) == NO_ACCESS)


@law(
    "V10",
    "classified",
    contract=CONTRACT,
    part=PART,
    statement="Each access comes to exactly one class: granted, one of three faults, a guard, or a violation.",
    source="Windows Internals, memory manager: access faults; Creating Guard Pages; Linux, handle_pte_fault.",
    scope=Scope.CHANGE,
)
def classified(before: Space, page: Word, frame: Word, kind: Word, outcome: Word) -> Truth:
    """Of all classes one fits, and it is the one that the access came to."""
    state, rights = state_of(before.pages, page), rights_of(before, page)
    copies = (kind == WRITES) & has(rights, COPY)
    is_free = load(before.pages.owner, frame) == ZERO
    open_to = is_charged(state) & permits(rights, kind) & invert(has(rights, GUARD))
    starved = open_to & invert(is_free) & (invert(is_resident(state)) | copies)
    granted = open_to & is_resident(state) & invert(copies)
    zeroed = open_to & is_free & (state == COMMITTED)
    read = open_to & is_free & (state == PAGED_OUT)
    copied = open_to & is_free & is_resident(state) & copies
    warned = is_charged(state) & is_warned(rights)
    refused = invert(is_charged(state)) | (invert(permits(rights, kind)) & invert(is_warned(rights)))
    fitting = one_if(granted) + one_if(zeroed) + one_if(read) + one_if(copied)
    fitting = fitting + one_if(warned) + one_if(refused) + one_if(starved)
    told = (granted & (outcome == GRANTED)) | (zeroed & (outcome == DEMAND_ZERO)) | (read & (outcome == IN_PAGE))
    told = told | (copied & (outcome == COPIED)) | (starved & (outcome == WAITING))
    told = told | (warned & (outcome == GUARD_HIT)) | (refused & (outcome == VIOLATION))
    return told & (fitting == ONE)


@law(
    "V11",
    "untouched",
    contract=CONTRACT,
    part=PART,
    statement="A violation changes nothing at all; nor does a fault that finds no frame, or a step that is refused.",
    source="Intel SDM 3A 6.15, page-fault exception: the state is that before the instruction; POSIX mmap: SIGSEGV.",
    scope=Scope.CHANGE,
)
def untouched(before: Space, after: Space, outcome: Word, other: Word, beside: Word) -> Truth:
    """Any page and any frame are as they were."""
    return implies((outcome == VIOLATION) | (outcome == WAITING), is_same(before, after, other, beside))


def is_same(before: Space, after: Space, page: Word, frame: Word) -> Truth:
    """Whether nothing has changed, seen from a page and a frame."""
    return is_same_page(before, after, page) & is_same_frame(before, after, frame) & is_same_charge(before, after)


@law(
    "V12",
    "served",
    contract=CONTRACT,
    part=PART,
    statement="An access that is served leaves the page resident, a write leaves it dirty, and repeated it is granted.",
    source="Intel SDM 3A 6.15: faults are restartable; Windows Internals: page fault handling; Linux, handle_mm_fault.",
    scope=Scope.CHANGE,
)
def served(
    before: Space, after: Space, page: Word, frame: Word, kind: Word, outcome: Word, other: Word, beside: Word
) -> Truth:
    """The page is resident in a frame that is its own, with its contents where they belong; and nothing else moved."""
    succeeded = (outcome == GRANTED) | (outcome == DEMAND_ZERO) | (outcome == IN_PAGE) | (outcome == COPIED)
    old, new = state_of(before.pages, page), state_of(after.pages, page)
    filled = succeeded & (outcome != GRANTED)
    is_there = frame_of(new) == where(filled, frame, frame_of(old))
    own = is_resident(new) & is_there & (load(after.pages.owner, frame_of(new)) == page + ONE)
    was_free = implies(filled, load(before.pages.owner, frame) == ZERO)
    again = classify(new, rights_of(after, page), kind) == GRANTED
    others = (other == page) | is_same_page(before, after, other)
    given_back = (outcome == COPIED) & (beside == frame_of(old))
    left = load(after.pages.owner, beside) == ZERO
    frames = (filled & (beside == frame)) | where(given_back, left, is_same_frame(before, after, beside))
    kept = others & frames & is_same_charge(before, after)
    marked = is_marked(old, new, kind, outcome) & is_private(rights_of(before, page), rights_of(after, page), kind)
    return implies(succeeded, own & was_free & again & marked & kept)


def is_marked(old: Word, new: Word, kind: Word, outcome: Word) -> Truth:
    """Dirty is what was written or is not in backing store, clean what was read from there, the rest as it was."""
    dirty = (kind == WRITES) | (outcome == DEMAND_ZERO)
    clean = (outcome == IN_PAGE) & (kind != WRITES)
    return where(dirty, is_dirty(new), where(clean, is_clean(new), new == old))


def is_private(old: Word, new: Word, kind: Word) -> Truth:
    """A write to what is copied on write has made it writable; any other access leaves the rights as they were."""
    rest = (has(new, READ) == has(old, READ)) & (has(new, EXECUTE) == has(old, EXECUTE))
    own = has(new, WRITE) & invert(has(new, COPY)) & (has(new, GUARD) == has(old, GUARD)) & rest
    return where((kind == WRITES) & has(old, COPY), own, new == old)


@law(
    "V13",
    "warned",
    contract=CONTRACT,
    part=PART,
    statement="A guard page warns exactly once: the hit takes the guard away, and nothing else.",
    source="Microsoft, Creating Guard Pages: a one-shot alarm; PAGE_GUARD in Memory Protection Constants.",
    scope=Scope.CHANGE,
)
def warned(before: Space, after: Space, page: Word, kind: Word, outcome: Word, other: Word, beside: Word) -> Truth:
    """A hit is of a guard, which is gone then; no other access takes one away; and no hit follows on a hit."""
    old, new = rights_of(before, page), rights_of(after, page)
    alone = (other == page) | is_same_page(before, after, other)
    same_state = state_of(before.pages, page) == state_of(after.pages, page)
    nothing_else = alone & same_state & is_same_frame(before, after, beside) & is_same_charge(before, after)
    gone = has(old, GUARD) & invert(has(new, GUARD)) & (new + GUARD == old)
    once = classify(state_of(after.pages, page), new, kind) != GUARD_HIT
    return where(outcome == GUARD_HIT, gone & once & nothing_else, has(new, GUARD) == has(old, GUARD))
