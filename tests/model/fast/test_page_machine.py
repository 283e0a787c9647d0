"""Machines of pages: their dimensions, their first state, what is drawn on them, and how many states they have."""

import itertools
import math

import numpy as np
import pytest

from pagelaw.model.fast import page_moves
from pagelaw.model.fast.page_machine import WEIGHTS, Machine, draw, empty_arrays, empty_lists
from pagelaw.spec.pages import Pages


def test_dimensions() -> None:
    """As many may be committed as there are, if nothing else is said."""
    assert (Machine().pages, Machine().frames, Machine().limit) == (8, 3, 8)
    assert Machine(5).limit == 5
    assert str(Machine(5, frames=2, limit=3)) == "5 pages, 2 frames, commit limit 3"
    assert str(Machine(1, frames=1)) == "1 page, 1 frame, commit limit 1"


def test_the_first_state() -> None:
    """Nothing given, used or charged; the same as lists and as arrays."""
    lists, arrays = empty_lists(Machine(3, frames=2, limit=1)), empty_arrays(Machine(3, frames=2, limit=1))
    assert lists == Pages([0, 0, 0], [0, 0], 0, 1)
    assert (arrays.state.tolist(), arrays.owner.tolist()) == (lists.state, lists.owner)
    assert (arrays.charge, arrays.limit) == (0, 1)
    assert {part.dtype for part in arrays} == {np.dtype(np.uint64)}


def test_what_is_drawn() -> None:
    """Every kind, page and frame within bounds, about as often as its weight says; a frame only where one is taken."""
    machine = Machine(5, frames=3)
    moves = draw(np.random.default_rng(3), machine, 20_000)
    kinds = moves & np.uint64(page_moves.KIND_BITS)
    pages = moves >> np.uint64(page_moves.PAGE_AT) & np.uint64(page_moves.OPERAND_BITS)
    frames = moves >> np.uint64(page_moves.FRAME_AT)
    assert set(pages.tolist()) == set(range(5))
    found = np.bincount(kinds.astype(int), minlength=page_moves.KINDS) / len(moves)
    assert np.allclose(found, np.array(WEIGHTS) / sum(WEIGHTS), atol=0.01)
    taking = {page_moves.FILL, page_moves.PAGE_IN, page_moves.PAGE_IN_WRITING}
    for kind in range(page_moves.KINDS):
        assert set(frames[kinds == kind].tolist()) == ({0, 1, 2} if kind in taking else {0})
    assert draw(np.random.default_rng(3), machine, 20_000).tolist() == moves.tolist()


def states_of(machine: Machine) -> int:
    """How many states all moves reach from the first one."""
    start = empty_lists(machine)
    waiting, known = [start], {(tuple(start.state), tuple(start.owner), start.charge)}
    while waiting:
        pages = waiting.pop()
        every = itertools.product(range(page_moves.KINDS), range(machine.pages), range(machine.frames))
        for kind, page, frame in every:
            own = pages._replace(state=list(pages.state), owner=list(pages.owner))
            after, _ = page_moves.move(own, kind, page, frame)
            key = (tuple(after.state), tuple(after.owner), after.charge)
            if key not in known:
                known.add(key)
                waiting.append(after)
    return len(known)


@pytest.mark.parametrize("machine", [Machine(2, frames=2), Machine(3, frames=1), Machine(3, frames=2)], ids=str)
def test_as_many_states_as_can_be_counted(machine: Machine) -> None:
    """Which pages are resident, in which frames, clean or dirty; and four states of any other."""
    counted = sum(
        math.comb(machine.pages, some) * math.perm(machine.frames, some) * 2**some * 4 ** (machine.pages - some)
        for some in range(machine.frames + 1)
    )
    assert states_of(machine) == counted
