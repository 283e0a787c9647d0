"""Machines with TLBs: dimensions, first states, and moves drawn for them."""

import numpy as np

from pagelaw.model.fast import tlb_moves
from pagelaw.model.fast.tlb_machine import WEIGHTS, Machine, draw, empty_arrays, empty_lists

MACHINE = Machine(3, home=(0, 1, 1, 2, 2), frames=4, identifiers=2)


def test_dimensions() -> None:
    """Counted from the pages; the places of a core are a power of two."""
    assert (MACHINE.spaces, MACHINE.span) == (3, 3)
    assert MACHINE.sizes == (5, 24, 3, 3, 4, 3, 2)
    assert (Machine(1, home=(0,)).span, Machine(1, home=(0, 0)).span) == (0, 1)
    assert str(MACHINE) == "3 cores, 5 pages, 3 spaces, 4 frames, 2 identifiers"
    assert str(Machine(1, home=(0,), frames=1, identifiers=1)) == "1 core, 1 page, 1 space, 1 frame, 1 identifier"


def test_the_first_state() -> None:
    """Nothing anywhere; the same for compiled code, in arrays of words."""
    lists, arrays = empty_lists(MACHINE), empty_arrays(MACHINE)
    assert lists.home == [0, 1, 1, 2, 2]
    assert (lists.pages, lists.span) == (5, 3)
    assert not any(any(part) for part in lists[:7])
    for part, array in zip(lists, arrays, strict=True):
        assert array.dtype == np.uint64
        assert np.array_equal(part, array)


def test_moves_are_those_of_the_machine() -> None:
    """Every kind, every operand, none beyond; acknowledgements go round."""
    assert len(WEIGHTS) == len(tlb_moves.STORIES) == len(tlb_moves.OPERANDS) == tlb_moves.KINDS
    words = draw(np.random.default_rng(3), MACHINE, 20_000).tolist()
    moves = [(word & tlb_moves.KIND_BITS, word >> 8 & tlb_moves.OPERAND_BITS, word >> 36) for word in words]
    for kind in range(tlb_moves.KINDS):
        firsts, seconds = MACHINE.extents(kind)
        assert {first for it, first, _ in moves if it == kind} == set(range(firsts))
        assert {second for it, _, second in moves if it == kind} == set(range(seconds))
    cores = [first for kind, first, _ in moves if kind == tlb_moves.ACKNOWLEDGE]
    assert cores[:4] == [0, 1, 2, 0]
    assert np.array_equal(words, draw(np.random.default_rng(3), MACHINE, 20_000))
