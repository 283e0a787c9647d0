"""Numbered accesses and moves: compiled and plain runs agree, and what is planted is named by the right bit."""

import functools
from typing import Any

import numpy as np
import pytest

from pagelaw.model.fast import access_moves, backend
from pagelaw.model.fast.access_machine import draw, empty_arrays, empty_lists
from pagelaw.model.fast.page_machine import Machine
from pagelaw.spec import access, access_laws
from pagelaw.spec.access import (
    COPIED,
    COPY,
    DEMAND_ZERO,
    GRANTED,
    GUARD,
    GUARD_HIT,
    READ,
    VIOLATION,
    WAITING,
    WRITE,
    Space,
)
from pagelaw.spec.algebra import Backend
from pagelaw.spec.law import laws_of
from pagelaw.spec.pages import COMMITTED, FREE, PAGED_OUT, RESERVED, Pages

MACHINE = Machine(5, frames=3, limit=4)
READING, WRITING, EXECUTING = access_moves.READING, access_moves.WRITING, access_moves.EXECUTING


@functools.cache
def core() -> Backend:
    """The moves, compiled once; a move is called, as it takes less long to compile then."""
    return backend.compiled(access_moves, {"move": backend.apart(backend.compiled(access_moves).move)})


def plain(**functions: Any) -> Backend:
    """The moves on arrays, uncompiled, with some steps replaced."""
    return backend.rebind(access_moves, primitives=backend._plain_primitives(), overrides=functions)


def replay(kernels: Any, space: Space, moves: Any, audited: int = 1) -> tuple[list[int], Any]:
    """What a run returns, and what it counted: a row for each kind."""
    counts = np.zeros(access_moves.KINDS << access_moves.OUTCOMES_SHIFT, np.uint64)
    numbers = [np.uint64(each) for each in (MACHINE.pages, MACHINE.frames, audited)]
    found = kernels.replay(space, moves, empty_arrays(MACHINE), counts, *numbers)
    return [int(each) for each in found], counts.reshape(access_moves.KINDS, -1)


def laws_in(bits: int) -> set[str]:
    """The laws that some bits stand for."""
    return {law for law, bit in access_moves.LAW_BITS.items() if bits & bit}


def word_of(kind: int, page: int, frame: int = 0, rights: int = 0) -> Any:
    """One move as a run of one."""
    operands = page << access_moves.PAGE_AT | frame << access_moves.FRAME_AT | rights << access_moves.RIGHTS_AT
    return np.array([kind | operands], np.uint64)


def test_every_law_has_a_bit_and_every_kind_a_story() -> None:
    """One each; and every outcome of an access has a way."""
    assert set(access_moves.LAW_BITS) == {law.id for law in laws_of("space") if law.part == access_laws.PART}
    assert sorted(access_moves.LAW_BITS.values()) == [1, 2, 4, 8, 16]
    assert len({*access_moves.STORIES}) == len(access_moves.STORIES) == access_moves.KINDS
    assert len({*access_moves.FLOWS}) == len(access_moves.FLOWS) == access_moves.REFUSED + 1
    taking = {kind for kind, story in enumerate(access_moves.STORIES) if "{2}" in story}
    assert sum(1 << kind for kind in taking) == access_moves.TAKES_RIGHTS
    assert access_moves.DONE == WAITING + 1


@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.nightly)])
def test_a_run_breaks_no_law_and_is_that_of_plain_integers(compiled: bool) -> None:
    """The same states, move by move; every kind of move comes to everything that it may, and to nothing else."""
    moves = draw(np.random.default_rng(5), MACHINE, 4000)
    arrays, lists = empty_arrays(MACHINE), empty_lists(MACHINE)
    (made, bits, charge), counts = replay(core() if compiled else plain(), arrays, moves, audited=7)
    assert (made, bits) == (4000, 0)
    found = np.zeros_like(counts)
    for text in moves.tolist():
        kind, page = text & access_moves.KIND_BITS, text >> 8 & access_moves.OPERAND_BITS
        frame, rights = text >> 32 & access_moves.OPERAND_BITS, text >> 56
        lists, outcome = access_moves.move(lists, kind, page, frame, rights)
        found[kind, outcome] += 1
    assert (arrays.pages.state.tolist(), arrays.pages.owner.tolist()) == (lists.pages.state, lists.pages.owner)
    assert (arrays.rights.tolist(), charge) == (lists.rights, lists.pages.charge)
    assert counts.tolist() == found.tolist()
    assert {(kind, outcome) for kind, outcome in np.argwhere(counts).tolist()} == set(access_moves.POSSIBLE)


#: Page 0 is clean in frame 1, page 1 was never touched, page 2 paged out, page 3 reserved.
SOUND = ([6, COMMITTED, PAGED_OUT, RESERVED, FREE], [0, 1, 0], [READ | WRITE, READ | GUARD, READ | COPY, 0, 0])


def planted(rights: list[int] | None = None) -> Space:
    """The sound state in arrays, perhaps with other rights."""
    state, owner, own = (np.array(part, np.uint64) for part in SOUND)
    pages = Pages(state, owner, np.uint64(3), np.uint64(4))
    return Space(pages, own if rights is None else np.array(rights, np.uint64))


@pytest.mark.parametrize(
    ("rights", "law"),
    [([READ, READ, READ, 0, 0], set()), ([READ, READ, READ, READ, 0], {"V3"}), ([READ, 0, 0, 0, COPY], {"V3"})],
)
@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.nightly)])
def test_an_audit_finds_rights_of_what_is_not_committed(rights: list[int], law: set[str], compiled: bool) -> None:
    """After a read that changes nothing, of another page."""
    moves = word_of(access_moves.READING, 0)
    (made, bits, _), counts = replay(core() if compiled else plain(), planted(rights), moves)
    assert (made, laws_in(bits)) == (1, law)
    assert counts[access_moves.READING, GRANTED] == 1


def changed(space: Space, page: int, state: int | None = None, rights: int | None = None) -> Space:
    """The space after a step that does as it likes."""
    if state is not None:
        space.pages.state[page] = np.uint64(state)
    if rights is not None:
        space.rights[page] = np.uint64(rights)
    return space


def gives_rights(space: Space, page: Any) -> Any:
    """Releases page 3 as it should, and gives page 4, which is free, a right."""
    return changed(changed(space, page, FREE), 4, None, READ), True


@pytest.mark.parametrize(("audited", "made", "law"), [(9, 4, set()), (2, 3, {"V3"})])
def test_an_audit_is_made_now_and_then(audited: int, made: int, law: set[str]) -> None:
    """What went wrong elsewhere is found at the next audit, and never without one."""
    kinds = (READING, access_moves.RELEASE, READING, READING)
    moves = np.concatenate([word_of(kind, 3) for kind in kinds])
    found, _ = replay(plain(release=gives_rights), planted(), moves, audited)
    assert (found[0], laws_in(found[1])) == (made, law)


def accessed(change: Any, outcome: int | None = None) -> Any:
    """An access that does something besides, or tells something else."""

    def wrong(space: Space, page: Any, frame: Any, kind: Any) -> Any:
        after, found = access.access(space, int(page), int(frame), int(kind))
        return change(after), found if outcome is None else outcome

    return wrong


@pytest.mark.parametrize(
    ("name", "wrong", "moves", "law"),
    [
        pytest.param("access", accessed(lambda s: s), (READING, 0), set(), id="nothing wrong"),
        pytest.param("access", accessed(lambda s: s, VIOLATION), (READING, 0), {"V10"}, id="refused for nothing"),
        pytest.param("access", accessed(lambda s: s, GRANTED), (READING, 3), {"V3", "V10", "V12"}, id="granted"),
        pytest.param("access", accessed(lambda s: changed(s, 3, 2)), (READING, 3), {"V11"}, id="a violation commits"),
        pytest.param("access", accessed(lambda s: changed(s, 0, 6)), (WRITING, 0), {"V12"}, id="a write is lost"),
        pytest.param("access", accessed(lambda s: changed(s, 1, 2, 9)), (EXECUTING, 1), {"V13"}, id="a guard stays"),
        pytest.param("protect", lambda s, p, r: (changed(s, 0, None, 1), True), (6, 1, 0, 4), {"V3"}, id="another's"),
        pytest.param("protect", lambda s, p, r: (s, True), (6, 1, 0, 4), {"V3"}, id="no rights given"),
        pytest.param("release", lambda s, p: (changed(s, 3, 0), False), (1, 3), {"V11"}, id="done and denied"),
        pytest.param("decommit", lambda s, p: (changed(s, 1, 1), True), (3, 1), {"V3"}, id="rights are kept"),
        pytest.param("evict", lambda s, p: (changed(s, 0, 3, 0), True), (5, 0), {"V3"}, id="rights are lost"),
    ],
)
def test_a_wrong_step_is_named(name: str, wrong: Any, moves: tuple[int, ...], law: set[str]) -> None:
    """By the law that it breaks, seen from the page and the frame themselves and from others."""
    (made, bits, _), _ = replay(plain(**{name: wrong}), planted(), word_of(*moves), audited=1)
    assert made == 1
    assert laws_in(bits) == law


def test_a_run_ends_at_the_first_breach() -> None:
    """Later moves are not made, and not counted."""
    wrong = plain(evict=lambda s, p: (changed(s, 0, 3, 0), True))
    moves = np.concatenate([word_of(WRITING, 1), word_of(access_moves.EVICT, 0), word_of(READING, 2)])
    (made, bits, charge), counts = replay(wrong, planted(), moves)
    assert (made, laws_in(bits), charge) == (2, {"V3"}, 3)
    assert counts.sum() == 2


@pytest.mark.parametrize(
    ("kind", "outcome", "laws"),
    [
        (READING, GRANTED, {"V3", "V10", "V12"}),
        (WRITING, COPIED, {"V3", "V10", "V12"}),
        (EXECUTING, DEMAND_ZERO, {"V3", "V10", "V12"}),
        (READING, VIOLATION, {"V10", "V11"}),
        (READING, WAITING, {"V10", "V11"}),
        (READING, GUARD_HIT, {"V10", "V13"}),
        (access_moves.COMMIT, access_moves.DONE, {"V3"}),
        (access_moves.COMMIT, access_moves.REFUSED, {"V11"}),
    ],
)
def test_what_is_at_stake(kind: int, outcome: int, laws: set[str]) -> None:
    """What was served, refused or warned is at stake in a law of its own."""
    assert laws_in(access_moves.at_stake(kind, outcome)) == laws
