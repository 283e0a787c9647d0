"""Arithmetic of power-of-two blocks: where a frame's block, buddy and parent begin.

A block of order k has 2**k frames and begins at a multiple of 2**k. Two blocks of one order that make up a block of
the next are buddies; their first frames differ in exactly bit k::

    order 2   |               0               |               4               |
    order 1   |       0       |       2       |       4       |       6       |
    order 0   |   0   |   1   |   2   |   3   |   4   |   5   |   6   |   7   |

Hence no addition is needed to go from a block to its buddy or parent, and nothing can overflow: the block that ends
with the last frame of the address space is as good as any other.
"""

from __future__ import annotations

from .algebra import ONE, ZERO, Truth, Word, invert_bits


def size_of(order: Word) -> Word:
    """Frames in a block of `order`."""
    return ONE << order


def mask_of(order: Word) -> Word:
    """The bits of a frame number that count inside its block of `order`."""
    return (ONE << order) - ONE


def is_aligned(frame: Word, order: Word) -> Truth:
    """Whether a block of `order` may begin at `frame`."""
    return (frame & mask_of(order)) == ZERO


def head_of(frame: Word, order: Word) -> Word:
    """First frame of the block of `order` that `frame` lies in."""
    return frame & invert_bits(mask_of(order))


def last_of(frame: Word, order: Word) -> Word:
    """Last frame of the block of `order` that begins at `frame`."""
    return frame | mask_of(order)


def buddy_of(frame: Word, order: Word) -> Word:
    """First frame of the buddy of the block of `order` that begins at `frame`.

    Source: Knuth, The Art of Computer Programming 1, 2.5, equation (10); Linux `__find_buddy_pfn`.
    """
    return frame ^ size_of(order)


def parent_of(frame: Word, order: Word) -> Word:
    """First frame of the block of the next order that a block of `order` and its buddy make up."""
    return frame & invert_bits(size_of(order))
