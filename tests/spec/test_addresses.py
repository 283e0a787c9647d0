"""Arithmetic of blocks, against blocks as sets of frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagelaw.spec.addresses import buddy_of, head_of, is_aligned, last_of, mask_of, parent_of, size_of

ORDERS = st.integers(0, 10)
FRAMES = st.integers(0, 2**64 - 1)


def block(frame: int, order: int) -> frozenset[int]:
    """The frames of the block of `order` that `frame` lies in, by division."""
    first = frame // 2**order * 2**order
    return frozenset(range(first, first + 2**order))


@given(FRAMES, ORDERS)
def test_head_and_last_are_the_ends_of_the_block(frame: int, order: int) -> None:
    """`head_of` is the least frame of the block around a frame, `last_of` of that the greatest."""
    assert head_of(frame, order) == min(block(frame, order))
    assert last_of(head_of(frame, order), order) == max(block(frame, order))


@given(FRAMES, ORDERS)
def test_aligned_frames_begin_their_block(frame: int, order: int) -> None:
    """A frame is aligned exactly if it is the least of its block."""
    assert is_aligned(frame, order) == (frame == min(block(frame, order)))
    assert is_aligned(head_of(frame, order), order)


@given(FRAMES, ORDERS)
def test_buddies_make_up_their_parent(frame: int, order: int) -> None:
    """Block and buddy are disjoint, of one size, and together the block of the next order."""
    frame = head_of(frame, order)
    one, other = block(frame, order), block(buddy_of(frame, order), order)
    assert not one & other
    assert one | other == block(frame, order + 1)
    assert parent_of(frame, order) == min(one | other)


@pytest.mark.parametrize("order", range(11))
def test_sizes(order: int) -> None:
    """A block of order k has 2**k frames, and its mask is one less."""
    assert size_of(order) == len(block(0, order)) == 2**order
    assert mask_of(order) == 2**order - 1


def test_the_last_block_of_the_address_space() -> None:
    """Nothing overflows at the far end of a 64-bit word."""
    last = 2**64 - 1
    assert head_of(last, 10) == last - 1023
    assert last_of(last - 1023, 10) == last
    assert buddy_of(last - 1023, 10) == last - 2047
    assert parent_of(last - 1023, 10) == last - 2047
