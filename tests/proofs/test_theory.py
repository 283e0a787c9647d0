"""The free variables of obligations: their kinds, their names, and their values in numbers."""

import pytest

from pagelaw.proofs.numbers import Numbers
from pagelaw.proofs.obligations import OBLIGATIONS
from pagelaw.proofs.theory import Theory, in_numbers
from pagelaw.spec.frames import NONE, RESERVED, Memory


def test_variables_have_the_kind_that_their_name_tells() -> None:
    """Frames of a memory leave room for node numbers; what a caller passes is any word."""
    theory = Theory(64)
    assert theory.variable("frame", of_memory=True).size == 62
    assert theory.variable("node", of_memory=True).size == 63
    assert theory.variable("order", of_memory=True).size == 4
    assert theory.variable("called_frame", of_memory=True).size == 64
    assert Theory(32).variable("frame", of_memory=False).size == 32


def test_a_name_is_taken_once() -> None:
    """Two variables of one name would be the same variable."""
    theory = Theory(32)
    theory.word("a")
    with pytest.raises(ValueError, match="name a is taken"):
        theory.truth("a")


def memory(heads: dict[int, int], zones: dict[int, int] | None = None) -> Memory:
    """Eight frames, orders 0 to 3."""
    return Memory(Numbers(heads, NONE), Numbers({}, 0), Numbers(zones or {}, 0), 8, 8, 3, 0)


def test_an_obligation_runs_on_numbers() -> None:
    """The very function that is proved, on a state written down by hand: free blocks 0-1 and 2-3, 4-7 live."""
    absorb = next(obligation for obligation in OBLIGATIONS if obligation.id == "absorb")
    state = memory({0: NONE, 2: 1, 4: 18})
    query = in_numbers(absorb, {"memory": state, "frame": 0, "order": 1, "point": 3})
    assert all(query.premises.values())
    assert all(query.goals.values())
    assert state.heads[2] == 1


def test_an_obligation_on_numbers_can_fail() -> None:
    """The same with a frame of the block already reserved: the premises say so, and A2 is what breaks."""
    absorb = next(obligation for obligation in OBLIGATIONS if obligation.id == "absorb")
    query = in_numbers(absorb, {"memory": memory({1: RESERVED, 2: 1, 4: 18}), "frame": 0, "order": 1, "point": 1})
    assert not query.premises["the laws at the point"]
    assert not query.goals["A2"]
