"""Machines of pages with rights: their first state, and what is drawn on them."""

import numpy as np

from pagelaw.model.fast import access_moves
from pagelaw.model.fast.access_machine import USUAL_RIGHTS, WEIGHTS, draw, empty_arrays, empty_lists
from pagelaw.model.fast.page_machine import Machine
from pagelaw.spec.access import COPY, GUARD, RIGHTS, Space
from pagelaw.spec.pages import Pages


def test_the_first_state() -> None:
    """Nothing given, and no rights; the same as lists and as arrays."""
    machine = Machine(3, frames=2, limit=1)
    lists, arrays = empty_lists(machine), empty_arrays(machine)
    assert lists == Space(Pages([0, 0, 0], [0, 0], 0, 1), [0, 0, 0])
    assert arrays.rights.tolist() == lists.rights
    assert arrays.rights.dtype == np.dtype(np.uint64)
    assert arrays.pages.state.tolist() == lists.pages.state


def test_what_is_drawn() -> None:
    """Every kind about as often as its weight says; frames and rights only where they are taken, usual ones and any."""
    machine = Machine(5, frames=3)
    moves = draw(np.random.default_rng(3), machine, 20_000).astype(np.int64)
    kinds = moves & access_moves.KIND_BITS
    pages = moves >> access_moves.PAGE_AT & access_moves.OPERAND_BITS
    frames, rights = moves >> access_moves.FRAME_AT & access_moves.OPERAND_BITS, moves >> access_moves.RIGHTS_AT
    assert set(pages.tolist()) == set(range(5))
    found = np.bincount(kinds, minlength=access_moves.KINDS) / len(moves)
    assert np.allclose(found, np.array(WEIGHTS) / sum(WEIGHTS), atol=0.01)
    for kind in range(access_moves.KINDS):
        takes_frame, takes_rights = access_moves.TAKES_FRAME >> kind & 1, access_moves.TAKES_RIGHTS >> kind & 1
        assert set(frames[kinds == kind].tolist()) == ({0, 1, 2} if takes_frame else {0})
        assert set(rights[kinds == kind].tolist()) == (set(range(RIGHTS + 1)) if takes_rights else {0})
    assert any(usual & GUARD for usual in USUAL_RIGHTS)
    assert any(usual & COPY for usual in USUAL_RIGHTS)
    assert draw(np.random.default_rng(3), machine, 20_000).tolist() == moves.tolist()
