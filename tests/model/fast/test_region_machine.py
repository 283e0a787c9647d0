"""Spaces for regions: empty ones in every form, copies, and moves that are drawn."""

import numpy as np
import pytest

from pagelaw.model.fast import region_moves, region_replay
from pagelaw.model.fast.region_machine import Machine, copy_of, draw, empty_arrays, empty_dictionaries
from pagelaw.spec.access import READ
from pagelaw.spec.regions import insert


def test_a_machine_tells_its_size() -> None:
    """With the longest range that is drawn."""
    assert (str(Machine(1)), str(Machine(5))) == ("1 page", "5 pages")
    assert (Machine(5).longest, Machine(5, longest=2).longest) == (5, 2)


def test_an_empty_space_holds_nothing() -> None:
    """As dictionaries of any size, and as arrays: the sentinel is its own neighbour."""
    for pages in (1, 9, 1 << 52):
        regions = empty_dictionaries(pages)
        assert (regions.next[pages], regions.previous[pages], regions.count) == (pages, pages, 0)
    regions, tree = empty_arrays(Machine(9))
    assert (int(regions.next[9]), int(regions.previous[9]), len(regions.length), int(tree.leaves)) == (9, 9, 10, 16)


def test_a_copy_is_its_own() -> None:
    """What is done to one is not done to the other."""
    regions = empty_dictionaries(9)
    other = copy_of(regions)
    regions, _ = insert(regions, 9, 2, 3, READ, 0)
    assert (other.count, other.length[2], regions.length[2]) == (0, 0, 3)


@pytest.mark.parametrize("machine", [Machine(3), Machine(1 << 16, longest=12)])
def test_moves_are_drawn(machine: Machine) -> None:
    """All kinds, on pages of the space; ranges that end with it and one page later; the same from the same seed."""
    drawn = draw(np.random.default_rng(1), machine, 200_000).astype(np.int64)
    assert (drawn == draw(np.random.default_rng(1), machine, 200_000).astype(np.int64)).all()
    steps = drawn & region_replay.STEP_BITS
    pages = drawn >> region_replay.PAGE_AT & region_replay.PAGE_BITS
    ends = pages + (drawn >> region_replay.LENGTH_AT & region_replay.LENGTH_BITS)
    assert {*steps.tolist()} == {*range(region_moves.KINDS)}
    assert (pages < machine.pages).all()
    assert (ends == machine.pages).any()
    assert (ends == machine.pages + 1).any()
    assert {*(drawn >> region_replay.SKEW_AT & region_replay.SKEW_BITS).tolist()} == {0, 1, 2, 3}
    walked = drawn >> region_replay.WALKED_AT
    assert {*walked.tolist()} == ({0, 1} if machine.pages > 64 else {1})
    assert (walked.mean() < 0.02) == (machine.pages > 64)


def test_a_mix_may_be_chosen() -> None:
    """Kinds without a weight are not drawn."""
    weights = [0] * region_moves.KINDS
    weights[region_moves.FIND], weights[region_moves.UNMAP] = 3, 1
    drawn = draw(np.random.default_rng(1), Machine(9), 4000, weights).astype(np.int64)
    steps = drawn & region_replay.STEP_BITS
    assert {*steps.tolist()} == {region_moves.FIND, region_moves.UNMAP}
    assert 0.7 < (steps == region_moves.FIND).mean() < 0.8
