"""Whole memories: the blocks that free frames make up, against a restatement with sets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagelaw.model.fast.snapshot import free_blocks_of


def naive(free: set[int]) -> list[int]:
    """Largest blocks first: a block counts if all its frames are free and no larger block has taken them."""
    counts, left = [0] * 11, set(free)
    for order in range(10, -1, -1):
        for head in sorted({frame >> order << order for frame in left}):
            block = set(range(head, head + (1 << order)))
            if block <= left:
                counts[order] += 1
                left -= block
    return counts


@pytest.mark.expensive
@given(st.lists(st.booleans(), min_size=1, max_size=80), st.integers(0, 3000))
def test_blocks_of_any_map(free: list[bool], start: int) -> None:
    """Any map, beginning anywhere, gives the same counts as taking the largest blocks first."""
    expected = naive({start + index for index, is_free in enumerate(free) if is_free})
    assert free_blocks_of(np.array(free), start) == expected


def test_a_whole_largest_block() -> None:
    """1024 free frames are one block of order 10; with one hole in the middle ten blocks are left on either side."""
    free = np.ones(1024, bool)
    assert free_blocks_of(free) == [0] * 10 + [1]
    free[512] = False
    assert free_blocks_of(free) == [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]
