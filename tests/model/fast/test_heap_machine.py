"""Memories with heaps: their dimensions, how they begin, and what is drawn on them."""

import numpy as np
import pytest

from pagelaw.model.fast import heap_moves
from pagelaw.model.fast.heap_machine import WEIGHTS, Machine, begin_arrays, begin_lists, draw


def test_dimensions() -> None:
    """In words, and where the second heap begins."""
    assert str(Machine(8)) == "8 bytes"
    assert str(Machine(8, private=2, grain=2)) == "6 and 2 bytes in grains of 2"
    assert (Machine(8).border, Machine(8, private=2).border) == (8, 6)


@pytest.mark.parametrize("sizes", [(0,), (4, 4), (4, -1), (1 << 16,), (4, 0, 3), (6, 0, 4), (8, 2, 4), (8, 0, 0)])
def test_dimensions_out_of_range_are_refused(sizes: tuple[int, ...]) -> None:
    """A byte of the first heap, and whole grains of both."""
    with pytest.raises(ValueError, match=r"a heap has 1 to|a grain is a power of two"):
        Machine(*sizes)


def test_how_heaps_begin() -> None:
    """Each is one free block; the same as lists and as arrays."""
    lists, arrays = begin_lists(Machine(5, private=2)), begin_arrays(Machine(5, private=2))
    assert (lists.free, lists.live, lists[3:]) == ([3, 0, 0, 2, 0], [0] * 5, (5, 3, 1))
    assert (arrays.free.tolist(), arrays.live.tolist(), arrays[3:]) == (lists.free, lists.live, lists[3:])
    assert {part.dtype for part in arrays} == {np.dtype(np.uint64)}


def test_what_is_drawn() -> None:
    """Every kind about as often as its weight says, with every operand that there is."""
    machine = Machine(20)
    words = draw(np.random.default_rng(2), machine, 50_000)
    assert words.dtype == np.uint64
    kinds = np.bincount((words & np.uint64(heap_moves.KIND_BITS)).astype(int), minlength=heap_moves.KINDS)
    assert np.allclose(kinds / len(words), np.array(WEIGHTS) / sum(WEIGHTS), atol=0.01)
    for at, most in ((heap_moves.BYTE_AT, 20), (heap_moves.SIZE_AT, 22), (heap_moves.FURTHER_AT, 20)):
        numbers = words >> np.uint64(at) & np.uint64(heap_moves.OPERAND_BITS)
        assert set(numbers.tolist()) == set(range(most))
    for at in (heap_moves.STRANGE_AT, heap_moves.RAW_AT):
        assert 0 < (words >> np.uint64(at) & np.uint64(1)).mean() < 0.1
