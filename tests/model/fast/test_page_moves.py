"""Numbered moves on pages: compiled and plain runs agree, and what is planted is named by the right bit."""

import functools
from typing import Any

import numpy as np
import pytest

from pagelaw.model.fast import backend, page_moves
from pagelaw.model.fast.page_machine import Machine, draw, empty_arrays, empty_lists
from pagelaw.spec import page_laws
from pagelaw.spec.algebra import Backend
from pagelaw.spec.law import laws_of
from pagelaw.spec.pages import COMMITTED, FREE, PAGED_OUT, RESERVED, Pages

MACHINE = Machine(5, frames=3, limit=4)


@functools.cache
def core() -> Backend:
    """The moves, compiled once."""
    return backend.compiled(page_moves)


def plain(**functions: Any) -> Backend:
    """The moves on arrays, uncompiled, with some steps replaced."""
    return backend.rebind(page_moves, primitives=backend._plain_primitives(), overrides=functions)


def replay(kernels: Any, pages: Pages, moves: Any, audited: int = 1) -> tuple[list[int], Any]:
    """What a run returns, and what it counted."""
    counts, spare = np.zeros(2 * page_moves.KINDS, np.uint64), np.zeros(MACHINE.pages, np.uint64)
    numbers = [np.uint64(each) for each in (MACHINE.pages, MACHINE.frames, audited)]
    found = kernels.replay(pages, moves, spare, counts, *numbers)
    return [int(each) for each in found], counts


def laws_in(bits: int) -> set[str]:
    """The laws that some bits stand for."""
    return {law for law, bit in page_moves.LAW_BITS.items() if bits & bit}


def word_of(kind: int, page: int, frame: int = 0) -> Any:
    """One move as a run of one."""
    return np.array([kind | page << page_moves.PAGE_AT | frame << page_moves.FRAME_AT], np.uint64)


def test_every_law_has_a_bit_and_every_kind_a_story() -> None:
    """One each."""
    assert set(page_moves.LAW_BITS) == {law.id for law in laws_of(page_laws.CONTRACT) if law.part == page_laws.PART}
    assert sorted(page_moves.LAW_BITS.values()) == [1, 2, 4]
    assert len({*page_moves.STORIES}) == len(page_moves.STORIES) == page_moves.KINDS
    frames = {kind for kind, story in enumerate(page_moves.STORIES) if "{1}" in story}
    assert sum(1 << kind for kind in frames) == page_moves.TAKES_FRAME


@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.expensive)])
def test_a_run_breaks_no_law_and_is_that_of_plain_integers(compiled: bool) -> None:
    """The same states, move by move, and every kind of move both refused and done."""
    moves = draw(np.random.default_rng(5), MACHINE, 3000)
    arrays, lists = empty_arrays(MACHINE), empty_lists(MACHINE)
    (made, bits, charge), counts = replay(core() if compiled else plain(), arrays, moves, audited=7)
    assert (made, bits) == (3000, 0)
    done = [0] * page_moves.KINDS
    for text in moves.tolist():
        kind, page, frame = text & page_moves.KIND_BITS, text >> 8 & page_moves.OPERAND_BITS, text >> 36
        lists, legal = page_moves.move(lists, kind, page, frame)
        done[kind] += bool(legal)
    assert (arrays.state.tolist(), arrays.owner.tolist(), charge) == (lists.state, lists.owner, lists.charge)
    assert counts[1::2].tolist() == done
    assert counts.sum() == 3000
    assert (counts > 0).all()


#: Page 0 is resident in frame 1 and dirty, page 1 committed, page 2 paged out, page 3 reserved.
SOUND = ([7, COMMITTED, PAGED_OUT, RESERVED, FREE], [0, 1, 0], 3)


def planted(state: list[int] | None = None, owner: list[int] | None = None, charge: int | None = None) -> Pages:
    """The sound state in arrays, some parts of it replaced."""
    parts = [own if own is not None else sound for own, sound in zip((state, owner, charge), SOUND, strict=True)]
    return Pages(np.array(parts[0], np.uint64), np.array(parts[1], np.uint64), np.uint64(parts[2]), np.uint64(4))


@pytest.mark.parametrize(
    ("parts", "law"),
    [
        ({}, set()),
        ({"owner": [0, 0, 0]}, {"F2"}),
        ({"owner": [0, 1, 5]}, {"F2"}),
        ({"owner": [3, 1, 0]}, {"F2"}),
        ({"charge": 2}, {"V4"}),
        ({"state": [7, RESERVED, PAGED_OUT, RESERVED, FREE]}, {"V4"}),
        ({"state": [7, 2, 3, 2, 2], "charge": 5}, {"V4"}),
        ({"state": [FREE, COMMITTED, PAGED_OUT, RESERVED, FREE]}, {"F2", "V4"}),
    ],
)
@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.expensive)])
def test_an_audit_finds_what_is_planted(parts: dict[str, Any], law: set[str], compiled: bool) -> None:
    """After a move that is refused, of a page to which nothing was done."""
    (made, bits, _), counts = replay(core() if compiled else plain(), planted(**parts), word_of(page_moves.EVICT, 1))
    assert made == 1
    assert laws_in(bits) == law
    assert counts[2 * page_moves.EVICT] == 1


def renamed(pages: Pages, page: Any, step: Any) -> Any:
    """The state after a step that does as it likes."""
    pages.state[int(page)] = np.uint64(step)
    return pages


@pytest.mark.parametrize(
    ("name", "wrong", "kind", "page", "law"),
    [
        pytest.param("evict", lambda pages, page: (pages, False), 9, 0, set(), id="a refusal that changes nothing"),
        pytest.param("release", lambda p, page: (renamed(p, page, FREE), False), 1, 3, {"V8"}, id="done and denied"),
        pytest.param("reserve", lambda p, page: (renamed(p, page, PAGED_OUT), True), 0, 4, {"V4", "V8"}, id="no move"),
        pytest.param("evict", lambda p, page: (renamed(p, page, PAGED_OUT), True), 9, 0, {"F2", "V8"}, id="still used"),
        pytest.param("commit", lambda p, page: (renamed(p, page, COMMITTED), True), 2, 3, {"V4"}, id="not charged"),
        pytest.param("release", lambda p, page: (renamed(p, 0, 6), True), 1, 3, {"V8"}, id="another page moves"),
    ],
)
def test_a_wrong_step_is_named(name: str, wrong: Any, kind: int, page: int, law: set[str]) -> None:
    """By the law that it breaks where it is made, seen from page 0, which is looked at besides."""
    (made, bits, _), _ = replay(plain(**{name: wrong}), planted(), word_of(kind, page), audited=9)
    assert made == 1
    assert laws_in(bits) == law


def takes_frame_two(pages: Pages, page: Any) -> Any:
    """Releases a page as it should, and says that a frame is used by page 2, which is paged out."""
    pages.owner[2] = np.uint64(3)
    return renamed(pages, page, FREE), True


@pytest.mark.parametrize(("audited", "made", "law"), [(9, 4, set()), (2, 3, {"F2"})])
def test_an_audit_finds_what_went_wrong_elsewhere(audited: int, made: int, law: set[str]) -> None:
    """At the next audit, and never without one."""
    kinds = (page_moves.RESERVE, page_moves.RELEASE, page_moves.RESERVE, page_moves.RELEASE)
    moves = np.concatenate([word_of(kind, 4) for kind in kinds])
    found, _ = replay(plain(release=takes_frame_two), planted(), moves, audited)
    assert (found[0], laws_in(found[1])) == (made, law)


def test_a_run_ends_at_the_first_breach() -> None:
    """Later moves are not made, and not counted."""
    wrong = plain(commit=lambda p, page: (renamed(p, page, COMMITTED), True))
    moves = np.concatenate([word_of(page_moves.RESERVE, 4), word_of(page_moves.COMMIT, 4), word_of(8, 0)])
    (made, bits, charge), counts = replay(wrong, planted(), moves, audited=9)
    assert (made, laws_in(bits), charge) == (2, {"V4"}, 3)
    assert counts.sum() == 2
