"""The compiled allocator: refusals, arenas of every shape, and agreement with the reference and with sets."""

import random

import numpy as np
import pytest

from pagelaw.model.buddy import FreeLists
from pagelaw.model.fast.allocator import MARGIN, CompiledAllocator, empty_memory, initial_memory, room_of, zones_of
from pagelaw.model.fast.backend import is_compiled
from pagelaw.spec.contracts import Arena

SHAPES = [
    {"frames": 1, "max_order": 0},
    {"frames": 1, "max_order": 10},
    {"frames": 16, "max_order": 4},
    {"frames": 27, "max_order": 3, "start": 5, "reserved": (9,), "barriers": (12, 20)},
    {"frames": 40, "max_order": 2, "start": 64, "barriers": (72, 96)},
    {"frames": 33, "max_order": 5, "start": 31, "reserved": tuple(range(40, 50)), "barriers": (31,)},
]


@pytest.mark.parametrize(("half", "given", "kept"), [("lower", 0, [2, 4, 8]), ("upper", 2, [0, 4, 8])])
def test_eight_kib_out_of_sixty_four(half: str, given: int, kept: list[int]) -> None:
    """The worked example, for both halves."""
    core = CompiledAllocator(16, 4, half=half)
    assert core.allocate(1) == given
    assert core.free_blocks() == list(zip(kept, (1, 2, 3), strict=True))
    core.free(given, 1)
    assert core.free_blocks() == [(0, 4)]
    assert core.policies == ("smallest-sufficient", f"{half}-half")


def test_refusals() -> None:
    """Out of memory, an order that does not exist, and every kind of illegal free; none changes anything."""
    core = CompiledAllocator(8, 2, start=3, reserved=(6,))
    assert core.allocate(1) in (4, 8)
    (frame,) = {4, 8} - {frame for frame, order in core.free_blocks() if order == 1}
    before = core.free_blocks()
    for order in (2, 3, 2**70):
        with pytest.raises(MemoryError, match=f"no free block of order {order} or more"):
            core.allocate(order)
    with pytest.raises(ValueError, match="an order is a whole number from 0 on, not -1"):
        core.allocate(-1)
    for at, order in (
        (frame, 0),
        (frame + 1, 0),
        (frame + 1, 1),
        (3, 0),
        (6, 0),
        (0, 0),
        (-frame, 1),
        (11, 0),
        (2**63 + frame, 1),
        (2**64 + frame, 1),
        (frame, -1),
        (frame, 2**64 + 1),
    ):
        with pytest.raises(ValueError, match=f"no live block of order {order} begins at frame {at}"):
            core.free(at, order)
    assert core.free_blocks() == before
    core.free(frame, 1)
    with pytest.raises(ValueError, match="no live block"):
        core.free(frame, 1)


def test_arenas_that_cannot_be() -> None:
    """What the contract or the layout cannot express is a ValueError with its reason."""
    with pytest.raises(ValueError, match="half must be 'lower' or 'upper', not 'left'"):
        CompiledAllocator(8, 3, half="left")
    with pytest.raises(ValueError, match="frames must be a whole number of at least 1"):
        CompiledAllocator(0, 3)
    with pytest.raises(ValueError, match=r"holds up to 2\*\*31 frames, not 2147483648"):
        CompiledAllocator(2**31, 3)


@pytest.mark.parametrize("shape", SHAPES)
def test_opening_agrees_with_the_reference(shape: dict[str, int]) -> None:
    """Holes, starts, ends and barriers: the same free blocks as the readable allocator."""
    assert CompiledAllocator(**shape).free_blocks() == FreeLists(**shape).free_blocks()  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("half", ["lower", "upper"])
def test_a_hundred_calls_keep_sets_conserved(shape: dict[str, int], half: str) -> None:
    """Blocks given are free frames, no larger than needed, and the free blocks are the reference's for those live."""
    core, mirror, chance = CompiledAllocator(**shape, half=half), FreeLists(**shape), random.Random(1)  # type: ignore[arg-type]
    free = {f for first, order in mirror.free_blocks() for f in range(first, first + 2**order)}
    live: list[tuple[int, int]] = []
    for _ in range(100):
        order = chance.choice((0, 0, 0, 1, 1, 2, 3, 11))
        if chance.random() < 0.6:
            sources = core.free_blocks()
            sizes = [size for _, size in sources if size >= order]
            if not sizes:
                with pytest.raises(MemoryError):
                    core.allocate(order)
                continue
            frame = core.allocate(order)
            block = set(range(frame, frame + 2**order))
            assert block <= free
            free -= block
            live.append((frame, order))
            assert [size for first, size in sources if first <= frame < first + 2**size] == [min(sizes)]
        elif live:
            frame, order = live.pop(chance.randrange(len(live)))
            core.free(frame, order)
            free |= set(range(frame, frame + 2**order))
        shown = core.free_blocks()
        assert {f for first, size in shown for f in range(first, first + 2**size)} == free
        assert sum(2**size for _, size in shown) == len(free)
    for frame, order in live:
        core.free(frame, order)
    assert core.free_blocks() == mirror.free_blocks()


def test_zones_are_as_coarse_as_the_barriers_allow() -> None:
    """One entry speaks for as many frames as no barrier divides; without barriers for all of memory."""
    zones, grain = zones_of(Arena(64, 4, barriers=(16, 40)))
    assert grain == 3
    assert zones.tolist() == [0, 0, 1, 1, 1, 2, 2, 2, 2]
    zones, grain = zones_of(Arena(8, 3, barriers=(0, 3)))
    assert grain == 0
    assert zones.tolist()[:8] == [1, 1, 1, 2, 2, 2, 2, 2]
    assert zones_of(Arena(64, 4))[1] == 63
    assert zones_of(Arena(600, 0, barriers=range(1, 600)))[0][599] == 599


def test_memory_has_margins_and_whole_blocks() -> None:
    """Arrays lie in larger ones, and room is a whole number of largest blocks from the base on."""
    arena = Arena(13, 3, start=6)
    assert room_of(arena) == 24
    memory = empty_memory(arena)
    assert memory.heads.size == 24
    assert memory.heads.base.size == 24 + 2 * MARGIN
    assert (memory.frames, memory.top) == (19, 3)
    assert np.count_nonzero(initial_memory(arena).heads <= 10) == 4


def test_this_run_is_compiled_where_it_can_be() -> None:
    """So that a run without Numba is noticed: the kernels are machine code exactly if the backend says so."""
    from pagelaw.model.fast.allocator import kernels

    assert hasattr(kernels().replay, "py_func") == is_compiled()
