"""Stacks of threads: their dimensions, how they begin, and what is drawn on them."""

import numpy as np
import pytest

from pagelaw.model.fast import stack_moves
from pagelaw.model.fast.stack_machine import BELOW_WEIGHTS, WEIGHTS, Machine, begin_arrays, begin_lists, draw
from pagelaw.spec.stacks import GUARDING, UNUSED, USED


def test_dimensions() -> None:
    """The usual size, and pages on both sides."""
    assert Machine().size == 256
    assert Machine(5, bottom=3, above=2).pages == 10
    assert str(Machine(5, bottom=3)) == "5 pages with 3 below and 1 above"


@pytest.mark.parametrize("sizes", [{"size": 3}, {"bottom": 0}, {"above": 0}])
def test_dimensions_out_of_range_are_refused(sizes: dict[str, int]) -> None:
    """Four pages, and one on each side."""
    with pytest.raises(ValueError, match=r"a stack has 4 pages at least|a page below and above"):
        Machine(**sizes)


def test_how_a_stack_begins() -> None:
    """The same as lists and as arrays."""
    lists, arrays = begin_lists(Machine(5, bottom=2)), begin_arrays(Machine(5, bottom=2))
    assert lists.kinds == [UNUSED] * 5 + [GUARDING, USED, UNUSED]
    assert arrays.kinds.tolist() == lists.kinds
    assert arrays[1:] == lists[1:] == (2, 6, 7, 0, 0)
    assert {part.dtype for part in arrays} == {np.dtype(np.uint64)}


def test_what_is_drawn() -> None:
    """Every place about as often as its weight says, with every number that it takes."""
    machine = Machine(6)
    touched = draw(np.random.default_rng(2), machine, 50_000).astype(np.int64)
    places, numbers = touched & stack_moves.PLACE_BITS, touched >> stack_moves.NUMBER_AT
    assert np.allclose(np.bincount(places) / len(touched), WEIGHTS, atol=0.01)
    below = numbers[places == stack_moves.BELOW]
    assert np.allclose(np.bincount(below) / len(below), BELOW_WEIGHTS, atol=0.01)
    assert set(numbers[places != stack_moves.BELOW].tolist()) == set(range(machine.pages))
