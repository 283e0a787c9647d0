"""Accesses: held against a reading in sets and dictionaries, at every state, with every rights and kind of access."""

import itertools
from typing import Any

import pytest

from pagelaw.spec import access as spec
from pagelaw.spec.access import (
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
    RIGHTS,
    VIOLATION,
    WAITING,
    WRITE,
    WRITES,
    Space,
)
from pagelaw.spec.pages import COMMITTED, FREE, PAGED_OUT, RESERVED, Pages

KINDS = {"read": READS, "write": WRITES, "execute": EXECUTES}
#: Page 0 is what is accessed; page 1 is dirty in frame 1. Frames 0 and 2 are unused, but for page 0 itself in frame 0.
STATES = {"free": FREE, "reserved": RESERVED, "untouched": COMMITTED, "out": PAGED_OUT, "clean": 4, "dirty": 5}


def space(state: int, rights: int) -> Space:
    """Page 0 in some state with some rights, next to page 1."""
    owner = [1 if state >= 4 else 0, 2, 0]
    charge = 1 + (state >= COMMITTED)
    return Space(Pages([state, 7], owner, charge, 2), [rights, READ | WRITE])


# -- a reading in names, written apart from the specification ------------------------------------------------------


def expected(where: str, rights: int, how: str, frame: int) -> tuple[int, str, int, int]:
    """What an access comes to, and where the page is then, in which frame, and with which rights."""
    bits = {"read": 1, "write": 2, "execute": 4, "guard": 8, "copy": 16}
    names = {name for name, bit in bits.items() if rights & bit}
    stays = (where, 0, rights)
    if where in ("free", "reserved") or not names - {"guard"}:
        return (VIOLATION, *stays)
    if "guard" in names:
        return (GUARD_HIT, where, 0, rights - 8)
    copying = how == "write" and "copy" in names
    if how not in names and not copying:
        return (VIOLATION, *stays)
    if where in ("clean", "dirty") and not copying:
        return (GRANTED, "dirty" if how == "write" else where, 0, rights)
    outcome = {"untouched": DEMAND_ZERO, "out": IN_PAGE}.get(where, COPIED)
    if frame == 1 or (frame == 0 and where in ("clean", "dirty")):
        return (WAITING, *stays)
    own = (rights - 16) | 2 if copying else rights
    return outcome, "clean" if outcome == IN_PAGE and how != "write" else "dirty", frame, own


@pytest.mark.parametrize("how", KINDS)
@pytest.mark.parametrize("where", STATES)
def test_every_access_is_what_the_naive_reading_says(where: str, how: str) -> None:
    """All rights, each frame offered; the whole state after it."""
    for rights, frame in itertools.product(range(RIGHTS + 1), range(3)):
        outcome, there, in_frame, own = expected(where, rights, how, frame)
        state = STATES[there] + 2 * in_frame if there in ("clean", "dirty") else STATES[there]
        after, found = spec.access(space(STATES[where], rights), 0, frame, KINDS[how])
        owner = [0, 2, 0]
        if there in ("clean", "dirty"):
            owner[in_frame] = 1
        charge = 1 + (STATES[where] >= COMMITTED)
        assert found == outcome, (rights, frame)
        assert after == Space(Pages([state, 7], owner, charge, 2), [own, READ | WRITE]), (rights, frame)


@pytest.mark.parametrize("how", KINDS)
@pytest.mark.parametrize("where", STATES)
def test_a_repeated_access_is_granted_or_refused_as_before(where: str, how: str) -> None:
    """Served once is enough; a violation stays one; after a guard comes what would have come without it."""
    for rights in range(RIGHTS + 1):
        once, first = spec.access(space(STATES[where], rights), 0, 2, KINDS[how])
        _, second = spec.access(once, 0, 2, KINDS[how])
        if spec.succeeds(first):
            assert second == GRANTED
        elif first == GUARD_HIT:
            assert second == spec.classify(STATES[where], rights - GUARD, KINDS[how])
        else:
            assert second == first


def test_the_classes_of_outcomes() -> None:
    """What is a fault, what succeeds, what is a violation, and what takes a frame."""
    outcomes = (GRANTED, DEMAND_ZERO, IN_PAGE, COPIED, GUARD_HIT, VIOLATION, WAITING)
    assert outcomes == tuple(range(7))
    assert [bool(spec.is_fault(each)) for each in outcomes] == [False] + [True] * 6
    assert [bool(spec.succeeds(each)) for each in outcomes] == [True] * 4 + [False] * 3
    assert [bool(spec.needs_frame(each)) for each in outcomes] == [False, True, True, True, False, False, False]
    assert [each for each in outcomes if spec.is_violation(each)] == [VIOLATION]


def test_rights_that_a_page_may_have() -> None:
    """Any known ones, but no guard of nothing."""
    assert (READ, WRITE, EXECUTE, GUARD, COPY) == (1, 2, 4, 8, 16)
    assert [rights for rights in range(40) if not spec.is_protection(rights)] == [GUARD, *range(32, 40)]


# -- the moves of pages, with their rights ---------------------------------------------------------------------------


def test_the_life_of_a_page() -> None:
    """From reserved to free, with its rights at each corner."""
    life: list[tuple[Any, tuple[Any, ...], int, int]] = [
        (spec.reserve, (), RESERVED, NO_ACCESS),
        (spec.commit, (READ | COPY,), COMMITTED, READ | COPY),
        (spec.protect, (READ,), COMMITTED, READ),
        (spec.protect, (READ | WRITE,), COMMITTED, READ | WRITE),
    ]
    state = Space(Pages([FREE], [0], 0, 1), [NO_ACCESS])
    for step, more, number, rights in life:
        state, legal = step(state, 0, *more)
        assert (legal, state.pages.state, state.rights) == (True, [number], [rights])
    state, outcome = spec.access(state, 0, 0, WRITES)
    assert (outcome, state.pages.state) == (DEMAND_ZERO, [5])
    back: list[tuple[Any, int, int]] = [
        (spec.write_out, 4, READ | WRITE),
        (spec.evict, PAGED_OUT, READ | WRITE),
        (spec.decommit, RESERVED, NO_ACCESS),
        (spec.release, FREE, NO_ACCESS),
    ]
    for step, number, rights in back:
        state, legal = step(state, 0)
        assert (legal, state.pages.state, state.rights) == (True, [number], [rights])
    assert state == Space(Pages([FREE], [0], 0, 1), [NO_ACCESS])


@pytest.mark.parametrize(
    ("step", "where", "more"),
    [
        (spec.reserve, "reserved", ()),
        (spec.release, "free", ()),
        (spec.release, "clean", ()),
        (spec.commit, "free", (READ,)),
        (spec.commit, "dirty", (READ,)),
        (spec.commit, "reserved", (GUARD,)),
        (spec.commit, "reserved", (RIGHTS + 1,)),
        (spec.decommit, "reserved", ()),
        (spec.write_out, "clean", ()),
        (spec.evict, "dirty", ()),
        (spec.protect, "reserved", (READ,)),
        (spec.protect, "clean", (GUARD,)),
    ],
)
def test_what_is_refused_changes_nothing(step: Any, where: str, more: tuple[int, ...]) -> None:
    """The wrong state, or rights that no page may have."""
    rights = READ if STATES[where] >= COMMITTED else NO_ACCESS
    after, legal = step(space(STATES[where], rights), 0, *more)
    assert not legal
    assert after == space(STATES[where], rights)


def test_a_commit_beyond_the_limit_is_refused() -> None:
    """And the limit is what it was."""
    full = Space(Pages([RESERVED, 7], [0, 2, 0], 1, 1), [NO_ACCESS, READ])
    after, legal = spec.commit(full, 0, READ)
    assert (legal, after.pages.limit, after.rights) == (False, 1, [NO_ACCESS, READ])
