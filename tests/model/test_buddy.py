"""The reference allocator, held against sets of frames and against the contract."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagelaw.model import buddy
from pagelaw.model.buddy import FreeLists
from pagelaw.spec.contracts import (
    ILLEGAL,
    OUT_OF_MEMORY,
    Allocate,
    Arena,
    Capabilities,
    FramesContract,
    Free,
    Probe,
    Returned,
)


def test_the_worked_example() -> None:
    """The docstring's example, for both halves."""
    results = doctest.testmod(buddy)
    assert results.attempted == 9
    assert results.failed == 0


@pytest.mark.parametrize(("half", "given_first"), [("lower", [0, 2, 4]), ("upper", [2, 0, 6])])
def test_halves(half: str, given_first: list[int]) -> None:
    """The first split gives the half that was asked for; what fits exactly is given whole, lowest address first."""
    lists = FreeLists(16, 3, half=half)
    assert [lists.allocate(1) for _ in range(3)] == given_first
    assert lists.allocate(3) == 8
    assert lists.policies == ("smallest-sufficient", "lowest-address", f"{half}-half")


def test_refusals() -> None:
    """Out of memory, an order that does not exist, and every kind of illegal free; none changes anything."""
    lists = FreeLists(8, 2, start=3, reserved=(6,))
    given = lists.allocate(1)
    assert given == 4
    before = lists.free_blocks()
    assert before == [(3, 0), (7, 0), (8, 1), (10, 0)]
    for order in (2, 3, 99):
        with pytest.raises(MemoryError, match=f"no free block of order {order} or more"):
            lists.allocate(order)
    with pytest.raises(ValueError, match="an order is a whole number from 0 on, not -1"):
        lists.allocate(-1)
    for frame, order in ((4, 0), (5, 0), (5, 1), (3, 0), (6, 0), (0, 0), (-4, 1), (11, 0), (2**64, 1), (4, -1)):
        with pytest.raises(ValueError, match=f"no live block of order {order} begins at frame {frame}"):
            lists.free(frame, order)
    assert lists.free_blocks() == before
    lists.free(4, 1)
    with pytest.raises(ValueError, match="no live block"):
        lists.free(4, 1)


@pytest.mark.parametrize(
    "settings",
    [{"frames": 0}, {"max_order": 11}, {"start": -1}, {"reserved": (8,)}, {"half": "left"}, {"barriers": (9,)}],
)
def test_arenas_that_cannot_be(settings: dict[str, object]) -> None:
    """What the contract cannot express is a ValueError with its reason."""
    with pytest.raises(ValueError, match=r"must be|outside the arena"):
        FreeLists(**{"frames": 8, "max_order": 3, **settings})  # type: ignore[arg-type]


ARENAS = st.builds(
    lambda frames, max_order, start, holes, barriers: Arena(
        frames,
        max_order,
        start=start,
        reserved=[start + hole for hole in holes if hole < frames],
        barriers=[start + barrier for barrier in barriers if barrier < frames],
    ),
    st.integers(1, 24),
    st.integers(0, 4),
    st.integers(0, 40),
    st.sets(st.integers(0, 23), max_size=3),
    st.sets(st.integers(0, 23), max_size=3),
)
CALLS = st.lists(st.tuples(st.sampled_from("aaafw"), st.integers(0, 70), st.integers(0, 5)), max_size=30)


@given(ARENAS, CALLS, st.sampled_from(["lower", "upper"]))
def test_every_answer_is_allowed(arena: Arena, calls: list[tuple[str, int, int]], half: str) -> None:
    """Any calls on any arena, starts, holes and barriers included: no answer breaks a law or a claimed policy."""
    lists = FreeLists(
        arena.frames, arena.max_order, start=arena.start, reserved=arena.reserved, barriers=arena.barriers, half=half
    )
    contract = FramesContract(arena, Capabilities(policies=lists.policies))
    memory = contract.initial()
    live: list[tuple[int, int]] = []
    for what, number, order in calls:
        if what == "a":
            call = Allocate(order)
            try:
                answer = Returned(lists.allocate(order))
                live.append((answer.value, order))
            except MemoryError:
                answer = OUT_OF_MEMORY
        else:
            block = live.pop(number % len(live)) if what == "f" and live else (number, order)
            call = Free(*block)
            try:
                answer = Returned(lists.free(*block))  # type: ignore[func-returns-value]
                live = [known for known in live if known != block]
            except ValueError:
                answer = ILLEGAL
        assert contract.breaches(memory, call, answer) == []
        memory = contract.after(memory, call, answer)
        assert contract.breaches(memory, Probe(), Returned(lists.free_blocks())) == []


def test_freeing_all_restores_the_arena() -> None:
    """Whatever was allocated, freeing it in any order gives the first state again."""
    lists = FreeLists(77, 5, start=5, reserved=(20, 21), barriers=(40,))
    first = lists.free_blocks()
    for step in (1, -1):
        blocks = [(lists.allocate(order), order) for order in (0, 3, 1, 0, 2, 4, 0)]
        for block in blocks[::step]:
            lists.free(*block)
        assert lists.free_blocks() == first
