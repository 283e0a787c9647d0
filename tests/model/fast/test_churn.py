"""Runs of calls in words: they do what the reference allocator does, and illegal calls are of the kind they claim."""

import numpy as np
import pytest

from pagelaw.model.fast import churn, mix
from pagelaw.model.fast.allocator import initial_memory, kernels
from pagelaw.spec.contracts import Arena
from pagelaw.spec.frames import LIVE, NONE

pytestmark = pytest.mark.expensive
ARENA = Arena(48, 4, reserved=(13,), barriers=(32,))


def call(kind: int, slot: int, order: int = 0) -> int:
    """A call in one word."""
    return kind << churn.KIND_AT | order << churn.ORDER_AT | slot


def replayed(*calls: int) -> tuple[list[int], list[int]]:
    """Heads and slots after some calls on the arena."""
    memory, held = initial_memory(ARENA), np.zeros(4, np.uint32)
    kernels().replay(memory, np.array(calls, np.uint32), held, False)
    return memory.heads.tolist(), held.tolist()


def test_slots_allocate_and_free() -> None:
    """A call on an empty slot allocates into it, the next one frees; a refused request leaves the slot empty."""
    first, _ = replayed()
    heads, held = replayed(call(churn.BY_SLOT, 2, order=1))
    frame, order = churn.frame_of_block(held[2]), churn.order_of_block(held[2])
    assert order == 1
    assert heads[frame] == LIVE + 1
    assert replayed(call(churn.BY_SLOT, 2, order=1), call(churn.BY_SLOT, 2)) == (first, [0, 0, 0, 0])
    assert replayed(call(churn.BY_SLOT, 0, order=5)) == (first, [0, 0, 0, 0])


@pytest.mark.parametrize("kind", range(1, churn.KINDS))
def test_illegal_frees_change_nothing(kind: int) -> None:
    """Each kind, on a full slot, on an empty one, and after the block was freed, leaves state and slots alone."""
    full = (call(churn.BY_SLOT, 1, order=2), call(churn.BY_SLOT, 3, order=0))
    freed = (*full, call(churn.BY_SLOT, 3))
    for story in (full, freed, ()):
        for slot in (1, 3, 0):
            assert replayed(*story, call(kind, slot)) == replayed(*story)


def test_targets_of_illegal_frees() -> None:
    """What each kind is called with, for the block of order 2 at frame 8 and the one of order 0 at frame 5."""
    block, last = churn.block_word(8, 2), churn.block_word(5, 0)
    assert churn.target_of(churn.DOUBLE, block, last, 48) == (5, 0)
    assert churn.target_of(churn.INSIDE, block, last, 48) == (9, 3)
    assert churn.target_of(churn.OTHER_ORDER, block, last, 48) == (8, 3)
    assert churn.target_of(churn.OUTSIDE, block, last, 48) == (56, 2)
    assert churn.target_of(churn.FAR, block, last, 48) == (2**63 + 8, 2)
    assert churn.target_of(churn.BY_SLOT, block, last, 48) == (8, 2)
    assert churn.target_of(churn.OTHER_ORDER, 0, 0, 48) == (0, 1)


@pytest.mark.parametrize("upper", [False, True])
def test_a_long_mix_conserves_every_frame(upper: bool) -> None:
    """After five thousand calls each frame is in one block, and the slots hold exactly the live ones."""
    memory, held = initial_memory(ARENA), np.zeros(12, np.uint32)
    calls = mix.draw(np.random.default_rng(8), 5_000, slots=12, largest=6, illegal=0.1)
    kernels().replay(memory, calls, held, upper)
    over = np.zeros(48, int)
    for frame, head in enumerate(memory.heads[:48].tolist()):
        if head != NONE:
            order = head % LIVE if head != 15 else 0
            over[frame : frame + 2**order] += 1
    assert over.tolist() == [1] * 48
    live = {(f, h - LIVE) for f, h in enumerate(memory.heads.tolist()) if LIVE <= h != NONE}
    assert live <= {(churn.frame_of_block(b), churn.order_of_block(b)) for b in held.tolist() if b}


def test_the_digest_tells_runs_apart() -> None:
    """Runs that answer differently have different digests; the empty run has none."""
    digests = []
    for upper in (False, True):
        memory, held = initial_memory(ARENA), np.zeros(4, np.uint32)
        digests.append(
            int(kernels().replay(memory, np.array([call(0, slot, 1) for slot in range(4)], np.uint32), held, upper))
        )
    assert len({*digests, 0}) == 3
    memory, held = initial_memory(ARENA), np.zeros(4, np.uint32)
    assert kernels().replay(memory, np.zeros(0, np.uint32), held, False) == 0
