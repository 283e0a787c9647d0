"""Numbered moves of sharing: compiled and plain runs agree, and what is planted is named by the right bit."""

import functools
from typing import Any

import numpy as np
import pytest

from pagelaw.model.fast import backend, sharing_moves
from pagelaw.model.fast.sharing_machine import Machine, draw, empty_arrays, empty_lists, general
from pagelaw.spec import sharing as steps
from pagelaw.spec import sharing_laws
from pagelaw.spec.algebra import Backend
from pagelaw.spec.law import laws_of
from pagelaw.spec.sharing import Sharing

MACHINE = Machine(5, objects=1, frames=3, most=5)


@functools.cache
def core() -> Backend:
    """The moves, compiled once."""
    move = backend.apart(backend.compiled(sharing_moves).move)
    return backend.compiled(sharing_moves, {"move": move})


def plain(**functions: Any) -> Backend:
    """The moves on arrays, uncompiled, with some steps replaced."""
    return backend.rebind(sharing_moves, primitives=backend._plain_primitives(), overrides=functions)


def replay(kernels: Any, sharing: Sharing, moves: Any, audited: int = 1) -> tuple[int, int, Any, Any]:
    """What a run returns, and what it counted."""
    counts, met = np.zeros(2 * sharing_moves.KINDS, np.uint64), np.zeros(4, np.uint64)
    numbers = [np.uint64(each) for each in (MACHINE.all_pages, MACHINE.frames, audited)]
    made, bits = kernels.replay(sharing, moves, empty_arrays(MACHINE), counts, met, *numbers)
    return int(made), int(bits), counts, met


def laws_in(bits: int) -> set[str]:
    """The laws that some bits stand for."""
    return {law for law, bit in sharing_moves.LAW_BITS.items() if bits & bit}


def word_of(kind: int, page: int, operand: int = 0, mask: int = 0, value: int = 0) -> Any:
    """One move as a run of one."""
    places = (sharing_moves.PAGE_AT, sharing_moves.OPERAND_AT, sharing_moves.MASK_AT, sharing_moves.VALUE_AT)
    text = kind | sum(part << at for part, at in zip((page, operand, mask, value), places, strict=True))
    return np.array([text], np.uint64)


def parts_of(text: int) -> tuple[int, int, int, int, int]:
    """Kind, page, operand, mask and value of a move."""
    page, operand = text >> sharing_moves.PAGE_AT & 0xF_FFFF, text >> sharing_moves.OPERAND_AT & 0xF_FFFF
    return text & 0xFF, page, operand, text >> sharing_moves.MASK_AT & 0xFF, text >> sharing_moves.VALUE_AT


def test_every_law_has_a_bit_and_a_stake_and_every_kind_a_story() -> None:
    """One each."""
    own = {law.id for law in laws_of(sharing_laws.CONTRACT) if law.part == sharing_laws.PART}
    assert set(sharing_moves.LAW_BITS) == set(sharing_moves.STAKES) == own
    assert sorted(sharing_moves.LAW_BITS.values()) == [1, 2, 4]
    assert sorted(bit for stakes in sharing_moves.STAKES.values() for bit in stakes) == [1, 2, 4, 8]
    assert len({*sharing_moves.STORIES}) == len(sharing_moves.STORIES) == sharing_moves.KINDS
    operands = {kind for kind, story in enumerate(sharing_moves.STORIES) if "{1}" in story}
    assert sum(1 << kind for kind in operands) == sharing_moves.TAKES_FRAME | sharing_moves.TAKES_SOURCE
    assert not sharing_moves.TAKES_FRAME & sharing_moves.TAKES_SOURCE


@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.nightly)])
def test_a_run_breaks_no_law_and_is_that_of_plain_integers(compiled: bool) -> None:
    """The same states, move by move; every kind of move both refused and done, and every law at stake."""
    moves = draw(np.random.default_rng(5), MACHINE, 3000)
    arrays, lists = empty_arrays(MACHINE), empty_lists(MACHINE)
    made, bits, counts, met = replay(core() if compiled else plain(), arrays, moves, audited=7)
    assert (made, bits) == (3000, 0)
    done = [0] * sharing_moves.KINDS
    for text in moves.tolist():
        lists, legal = sharing_moves.move(lists, *parts_of(text))
        done[text & 0xFF] += bool(legal)
    assert [words.tolist() for words in arrays[:7]] == list(lists[:7])
    assert counts[1::2].tolist() == done
    assert counts.sum() == 3000
    assert (counts > 0).all()
    assert (met > 0).all()


#: Page 0 is that of a file, in frame 0; page 1 is mapped shared to it, page 2 private; 3 and 4 share frame 1.
SOUND = Sharing(
    frame=[1, 1, 1, 2, 2, 0],
    writable=[1, 1, 0, 0, 0, 0],
    object=[0, 1, 1, 0, 0, 0],
    shared=[0, 1, 0, 0, 0, 0],
    count=[3, 2, 0],
    content=[5, 6, 7],
    stored=[4, 0, 0, 0, 0, 0],
    objects=1,
    most=5,
)


def planted(**parts: Any) -> Sharing:
    """The sound state in arrays, some parts of it replaced."""
    *arrays, objects, most = SOUND._replace(**parts)
    return Sharing(*(np.array(words, np.uint64) for words in arrays), np.uint64(objects), np.uint64(most))


@pytest.mark.parametrize(
    ("parts", "law"),
    [
        ({}, set()),
        ({"count": [3, 1, 0]}, {"F9"}),
        ({"count": [3, 2, 1]}, {"F9"}),
        ({"frame": [1, 1, 1, 2, 0, 0]}, {"F9"}),
        ({"most": 2}, {"F9"}),
    ],
)
@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.nightly)])
def test_an_audit_finds_what_is_planted(parts: dict[str, Any], law: set[str], compiled: bool) -> None:
    """After a move that is refused, of a page to which nothing was done."""
    run = replay(core() if compiled else plain(), planted(**parts), word_of(sharing_moves.UNMAP, 5))
    assert run[0] == 1
    assert laws_in(run[1]) == law
    assert run[2][2 * sharing_moves.UNMAP] == 1


def renamed(sharing: Sharing, **elements: Any) -> Sharing:
    """The state after a step that does as it likes: one element of each array that is named."""
    for name, (index, value) in elements.items():
        getattr(sharing, name)[int(index)] = np.uint64(value)
    return sharing


@pytest.mark.parametrize(
    ("name", "wrong", "move", "law"),
    [
        pytest.param("unmap", lambda s, page: (s, False), (6, 3), set(), id="a refusal that changes nothing"),
        pytest.param("write", lambda s, p, m, v: (renamed(s, content=(0, 9)), True), (5, 2, 0, 15, 9), {"V6"}, id="V6"),
        pytest.param("write", lambda s, p, m, v: (renamed(s, content=(0, 9)), True), (5, 1, 0, 15, 9), set(), id="own"),
        pytest.param("unmap", lambda s, page: (renamed(s, frame=(3, 0)), True), (6, 3), {"F9"}, id="still counted"),
        pytest.param(
            "unmap", lambda s, page: (renamed(s, frame=(3, 0), count=(1, 1)), False), (6, 3), {"V6"}, id="and denied"
        ),
        pytest.param(
            "fill", lambda s, p, f: (renamed(s, frame=(5, 3), count=(2, 1)), True), (0, 5, 2), {"F7"}, id="not zeroed"
        ),
        pytest.param(
            "fork", lambda s, p, q: (renamed(s, frame=(5, 2)), True), (3, 5, 3), {"F9"}, id="forked and not counted"
        ),
        pytest.param(
            "evict", lambda s, page: (renamed(s, frame=(0, 0), count=(0, 2)), True), (9, 0), {"V6"}, id="lost"
        ),
    ],
)
def test_a_wrong_step_is_named(name: str, wrong: Any, move: tuple[int, ...], law: set[str]) -> None:
    """By the law that it breaks where it is made: at its page, what it is mapped like, what it shows, or page 0."""
    run = replay(plain(**{name: wrong}), planted(), word_of(*move), audited=9 if law else 1)
    assert run[0] == 1
    assert laws_in(run[1]) - (set() if law else {"F9"}) == law


def test_an_audit_finds_what_went_wrong_elsewhere() -> None:
    """At the next audit, and never without one."""

    def careless(sharing: Sharing, page: Any) -> Any:
        after, legal = steps.unmap(sharing, int(page))
        return renamed(after, frame=(4, 3)), legal

    kinds = (sharing_moves.WRITE_BACK, sharing_moves.UNMAP, *[sharing_moves.WRITE_BACK] * 3)
    moves = np.concatenate([word_of(kind, 2 * (kind == sharing_moves.UNMAP)) for kind in kinds])
    found = [replay(plain(unmap=careless), planted(), moves, audited)[:2] for audited in (9, 3)]
    assert [(made, laws_in(bits)) for made, bits in found] == [(5, set()), (4, {"F9"})]


def test_a_run_ends_at_the_first_breach() -> None:
    """Later moves are not made, and not counted."""
    wrong = plain(unmap=lambda sharing, page: (renamed(sharing, frame=(page, 0)), True))
    moves = np.concatenate([word_of(sharing_moves.WRITE_BACK, 0), word_of(sharing_moves.UNMAP, 2), word_of(8, 0)])
    made, bits, counts, _ = replay(wrong, planted(), moves, audited=9)
    assert (made, laws_in(bits)) == (2, {"F9"})
    assert counts.sum() == 2


@pytest.mark.parametrize(
    ("kind", "operands", "other", "stakes"),
    [
        (sharing_moves.WRITE, (1,), 2, sharing_moves.SEEN),
        (sharing_moves.WRITE, (1,), 1, 0),
        (sharing_moves.WRITE, (1,), 3, 0),
        (sharing_moves.WRITE, (2,), 1, 0),
        (sharing_moves.SEPARATE, (3, 2), 0, sharing_moves.COPIED),
        (sharing_moves.SEPARATE, (3, 1), 0, 0),
        (sharing_moves.FILL, (5, 2), 0, sharing_moves.USED_BEFORE),
        (sharing_moves.FILL, (5, 1), 0, 0),
        (sharing_moves.FORK, (5, 1), 0, 0),
    ],
)
def test_when_laws_are_at_stake(kind: int, operands: tuple[int, ...], other: int, stakes: int) -> None:
    """Not where nothing could go wrong: nobody else sees it, nothing is copied, or the move is refused."""
    page, operand = (*operands, 0)[:2]
    before, state = planted(), planted()
    _, legal = sharing_moves.move(state, kind, page, operand, 1, 0)
    assert sharing_moves.stakes_of(before, kind, page, operand, legal, other) == stakes


def test_counts_are_at_stake_where_they_are_full() -> None:
    """A fork that is refused for no other reason."""
    for most, stakes in ((3, sharing_moves.FULL), (4, 0)):
        assert sharing_moves.stakes_of(planted(most=most), sharing_moves.FORK, 5, 1, most > 3, 0) == stakes
        assert sharing_moves.stakes_of(planted(most=most), sharing_moves.FORK, 4, 1, False, 0) == 0


def test_machines_say_what_they_are() -> None:
    """With as much room in the counts as there are pages, unless it is told."""
    assert Machine(2, 1, 3).most == 3
    assert str(Machine(2, 0, 1, bits=1)) == (
        "0 pages of objects, 2 pages of processes, 1 frame, counts up to 2, contents of 1 bit"
    )
    assert general(sharing_moves.WRITE) == "page n is written: a value under a mask"
    assert general(sharing_moves.FORK) == "page n is forked from page m"
    assert empty_lists(Machine(1, 1, 2)) == Sharing(*[[0, 0]] * 7, 1, 2)


def test_moves_are_drawn_with_operands_that_there_are() -> None:
    """Pages of objects for the page cache, and for what is mapped to them; nothing where nothing is taken."""
    for machine in (Machine(3, 0, 2), Machine(3, 2, 4)):
        for text in draw(np.random.default_rng(1), machine, 500).tolist():
            kind, page, operand, mask, value = parts_of(text)
            takes = sharing_moves.TAKES_FRAME >> kind & 1, sharing_moves.TAKES_SOURCE >> kind & 1
            assert page < (max(1, machine.objects) if kind >= sharing_moves.READ_IN else machine.all_pages)
            assert operand < {(1, 0): machine.frames, (0, 1): machine.all_pages, (0, 0): 1}[takes]
            assert max(mask, value) < 256
