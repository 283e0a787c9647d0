"""Blocks of a heap as intervals of bytes: how one is cut out of a free block, and how free blocks grow together.

A block is where it begins and how many bytes it has; the address behind it is a word, so that ends can be compared. A
size that a caller asks for may be any word: nothing is added to it before it is known to fit. Carving leaves what is
before and behind; joining undoes that::

    free     |            before            |        given        |       behind       |
             first                          rounded up to the alignment

Invariant: the three pieces cover the free block, and no two of them share a byte.
"""

from __future__ import annotations

from typing import NamedTuple

from .algebra import ONE, ZERO, Truth, Word, invert_bits, where


class Block(NamedTuple):
    """A run of bytes.

    Attributes:
        first: address of the first byte.
        size: how many bytes.
    """

    first: Word
    size: Word


class Pieces(NamedTuple):
    """What a free block is cut into; before and behind may be empty.

    Attributes:
        before: what the alignment skips.
        given: the block that is given out.
        behind: the rest.
    """

    before: Block
    given: Block
    behind: Block


def is_power(alignment: Word) -> Truth:
    """Whether it is a power of two, as every alignment must be."""
    return (alignment != ZERO) & ((alignment & where(alignment == ZERO, ZERO, alignment - ONE)) == ZERO)


def is_multiple(address: Word, alignment: Word) -> Truth:
    """Whether an address is a multiple of an alignment, which is a power of two."""
    return (address & (alignment - ONE)) == ZERO


def can_round(address: Word, alignment: Word) -> Truth:
    """Whether rounding up to an alignment stays within a word."""
    return address <= invert_bits(alignment - ONE)


def rounded_up(address: Word, alignment: Word) -> Word:
    """The first multiple of an alignment from an address on; where `can_round` says no, nothing sensible."""
    return (address + (alignment - ONE)) & invert_bits(alignment - ONE)


def alignment_for(size: Word, alignment: Word) -> Word:
    """The alignment that `size` bytes need where only what fits into them has to be aligned: at most `alignment`.

    Source: C23 7.24.3, an object of a size no larger than the size requested; N2293.
    """
    needed = alignment
    for _ in range(12):
        needed = where((needed > size) & (needed > ONE), needed >> ONE, needed)
    return needed


def end_of(block: Block) -> Word:
    """The address behind a block."""
    return block.first + block.size


def has_room(free: Block, begin: Word, size: Word) -> Truth:
    """Whether a block has `size` bytes, any number, from the address `begin` on."""
    end = end_of(free)
    return (begin >= free.first) & (begin <= end) & (size <= end - begin)


def is_inside(block: Block, arena: Block) -> Truth:
    """Whether every byte of a block belongs to the arena."""
    return (arena.first <= block.first) & (end_of(block) <= end_of(arena))


def is_apart(block: Block, other: Block) -> Truth:
    """Whether two blocks share no byte."""
    return (end_of(block) <= other.first) | (end_of(other) <= block.first)


def fits(free: Block, size: Word, alignment: Word) -> Truth:
    """Whether `size` aligned bytes can be cut out of a free block."""
    return can_round(free.first, alignment) & has_room(free, rounded_up(free.first, alignment), size)


def carve_at(free: Block, begin: Word, size: Word) -> Pieces:
    """Cut `size` bytes from the address `begin` on out of a free block that has them."""
    skipped = begin - free.first
    behind = Block(begin + size, free.size - skipped - size)
    return Pieces(Block(free.first, skipped), Block(begin, size), behind)


def carve(free: Block, size: Word, alignment: Word) -> Pieces:
    """Cut `size` aligned bytes out of a free block that they fit into."""
    return carve_at(free, rounded_up(free.first, alignment), size)


def is_next_to(lower: Block, upper: Block) -> Truth:
    """Whether one block begins where another ends."""
    return end_of(lower) == upper.first


def joined(lower: Block, upper: Block) -> Block:
    """Two blocks next to each other as one."""
    return Block(lower.first, lower.size + upper.size)


def cut(block: Block, size: Word) -> tuple[Block, Block]:
    """The first `size` bytes of a block, and the rest: a block that shrinks where it is."""
    return Block(block.first, size), Block(block.first + size, block.size - size)


def occupied(size: Word) -> Word:
    """How many bytes a block occupies at least: a block of no size has an address of its own."""
    return where(size == ZERO, ONE, size)
