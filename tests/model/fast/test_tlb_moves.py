"""Numbered moves on TLBs: compiled and plain runs agree, and what is planted is named by the right bit."""

import functools
from typing import Any

import numpy as np
import pytest

from pagelaw.model.fast import tlb_moves
from pagelaw.model.fast.backend import compiled
from pagelaw.model.fast.tlb_machine import Machine, draw, empty_arrays, empty_lists
from pagelaw.spec import tlb_laws
from pagelaw.spec.algebra import Backend
from pagelaw.spec.law import laws_of
from pagelaw.spec.tlb import Tlbs

pytestmark = pytest.mark.expensive
MACHINE = Machine(3, home=(0, 0, 1, 1, 2), frames=4, identifiers=2)


@functools.cache
def core() -> Backend:
    """The moves, compiled once."""
    return compiled(tlb_moves)


def replay(kernels: Any, tlbs: Tlbs, moves: Any, audited: int = 1) -> tuple[list[int], Any]:
    """What a run returns, and what it counted."""
    counts, spare = np.zeros(2 * tlb_moves.KINDS, np.uint64), np.zeros(tlbs.pages, np.uint64)
    numbers = [np.uint64(each) for each in (MACHINE.cores, MACHINE.spaces, MACHINE.identifiers, audited)]
    found = kernels.replay(tlbs, moves, spare, counts, *numbers)
    return [int(each) for each in found], counts


def laws_in(bits: int) -> set[str]:
    """The laws that some bits stand for."""
    return {law for law, bit in tlb_moves.LAW_BITS.items() if bits & bit}


def test_every_law_has_a_bit() -> None:
    """One each."""
    assert set(tlb_moves.LAW_BITS) == {law.id for law in laws_of(tlb_laws.CONTRACT) if law.id.startswith("L")}
    assert len({*tlb_moves.LAW_BITS.values()}) == len(tlb_moves.LAW_BITS)


def test_a_run_breaks_no_law_and_is_that_of_plain_integers() -> None:
    """The same states, move by move, and every kind of move both refused and done, but for those that never are."""
    moves = draw(np.random.default_rng(5), MACHINE, 3000)
    arrays, lists = empty_arrays(MACHINE), empty_lists(MACHINE)
    (made, bits, *numbers), counts = replay(core(), arrays, moves, audited=7)
    assert (made, bits) == (3000, 0)
    for text in moves.tolist():
        kind, first, second = text & tlb_moves.KIND_BITS, text >> 8 & tlb_moves.OPERAND_BITS, text >> 36
        lists, _ = tlb_moves.move(lists, kind, first, second, MACHINE.cores)
    assert numbers == [lists.changing, lists.held, lists.retiring, lists.turn]
    for array, plain in zip(arrays[:7], lists[:7], strict=True):
        assert array.tolist() == plain
    refused, done = counts.reshape(-1, 2).T
    assert counts.sum() == 3000
    assert (done > 0).all()
    assert {kind for kind in range(tlb_moves.KINDS) if not refused[kind]} == {
        tlb_moves.FLUSH_SPACE,
        tlb_moves.FLUSH_ALL,
    }


def planted(**parts: Any) -> Tlbs:
    """Page 0 of space 0 at frame 1, remembered by core 0, with something wrong."""
    tlbs = empty_arrays(MACHINE)
    tlbs.table[0] = tlbs.cached[0] = 2
    tlbs.owner[1] = tlbs.identifier[0] = tlbs.holder[0] = 1
    for name, (index, value) in parts.items():
        getattr(tlbs, name)[index] = value
    return tlbs


@pytest.mark.parametrize(
    ("parts", "law"),
    [
        ({}, set()),
        ({"cached": (8, 1), "owner": (0, 1)}, {"L1", "L2"}),
        ({"cached": (8, 1)}, {"L1", "L2", "L3"}),
        ({"owner": (1, 0)}, {"L3"}),
        ({"identifier": (2, 1)}, {"L5"}),
    ],
)
def test_what_is_planted_is_named(parts: dict[str, tuple[int, int]], law: set[str]) -> None:
    """An audit names it, after a move that has nothing to do with it."""
    idle = np.array([tlb_moves.FLUSH_ALL | 2 << tlb_moves.FIRST_AT], np.uint64)
    found, _ = replay(core(), planted(**parts), idle)
    assert laws_in(found[1]) == law
    assert found[0] == 1


def test_a_move_that_makes_what_is_not_flushed_breaks_l4() -> None:
    """Core 1 remembers frame 2 of page 1, which has no entry and gets one; the run ends there."""
    stale = planted(cached=(8 + 1, 3))
    enter = tlb_moves.ENTER | 1 << tlb_moves.FIRST_AT | 2 << tlb_moves.SECOND_AT
    flushed = np.array([tlb_moves.FLUSH_ALL | 1 << tlb_moves.FIRST_AT, enter], np.uint64)
    found, counts = replay(core(), stale, np.array([enter, enter], np.uint64), audited=1000)
    assert (found[0], laws_in(found[1]), counts.sum()) == (1, {"L4"}, 1)
    found, counts = replay(core(), planted(cached=(8 + 1, 3)), flushed, audited=1000)
    assert (found[0], laws_in(found[1]), counts.sum()) == (2, set(), 2)


def test_moves_touch_the_page_that_they_are_about() -> None:
    """A page by name, the page that changes, or the one that is suggested."""
    tlbs = empty_lists(MACHINE)
    touched = tlb_moves.page_of_move
    assert touched(tlbs, tlb_moves.FILL, 2, 4, 1) == 4
    assert touched(tlbs, tlb_moves.INVALIDATE, 2, 0, 1) == 2
    assert touched(tlbs, tlb_moves.ACKNOWLEDGE, 2, 0, 1) == 1
    assert touched(tlbs._replace(changing=4), tlb_moves.ACKNOWLEDGE, 2, 0, 1) == 3
