"""Blocks as intervals, held against sets of bytes; and the laws at points where they must hold, or must not."""

import itertools

import pytest

from pagelaw.spec import heap_laws as laws
from pagelaw.spec.heap import (
    Block,
    alignment_for,
    can_round,
    carve,
    cut,
    fits,
    is_apart,
    is_inside,
    is_multiple,
    is_next_to,
    is_power,
    joined,
    occupied,
    rounded_up,
)
from pagelaw.spec.law import laws_of

SMALL = [Block(first, size) for first in range(7) for size in range(5)]


def bytes_of(block: Block) -> set[int]:
    """The addresses of its bytes."""
    return set(range(block.first, block.first + block.size))


def test_two_blocks_are_apart_as_sets_are() -> None:
    """With bytes in both, at every pair; without, a block inside another is not apart from it."""
    for block, other in itertools.product(SMALL, SMALL):
        if block.size and other.size:
            assert is_apart(block, other) == bytes_of(block).isdisjoint(bytes_of(other))
            assert is_inside(block, other) == (bytes_of(block) <= bytes_of(other))
        if is_next_to(block, other):
            assert bytes_of(joined(block, other)) == bytes_of(block) | bytes_of(other)
    assert not is_apart(Block(2, 0), Block(1, 3))


def test_rounding() -> None:
    """Up to the next multiple; the last one that a word holds can be reached, and nothing beyond."""
    assert [rounded_up(address, 8) for address in (0, 1, 8, 9)] == [0, 8, 8, 16]
    assert can_round(2**64 - 16, 16)
    assert not can_round(2**64 - 15, 16)
    assert can_round(2**64 - 1, 1)
    assert [number for number in range(20) if is_power(number)] == [1, 2, 4, 8, 16]
    assert is_multiple(48, 16)
    assert not is_multiple(40, 16)


@pytest.mark.parametrize("alignment", [1, 2, 4, 8])
def test_carving_covers_the_block(alignment: int) -> None:
    """Where a request fits, the pieces are the block; where it does not, no aligned place has the bytes."""
    carved = 0
    for free, size in itertools.product(SMALL, range(6)):
        places = [at for at in range(free.first, free.first + free.size + 1) if at % alignment == 0]
        there = [at for at in places if at + size <= free.first + free.size]
        assert bool(fits(free, size, alignment)) == bool(there)
        if there:
            carved += 1
            before, given, behind = carve(free, size, alignment)
            assert given == Block(there[0], size)
            assert joined(joined(before, given), behind) == free
    assert carved
    assert not fits(Block(8, 100), 2**64 - 8, 16)


def test_cutting() -> None:
    """A block that shrinks keeps its beginning."""
    assert cut(Block(16, 48), 16) == (Block(16, 16), Block(32, 32))
    assert (occupied(0), occupied(1), occupied(9)) == (1, 1, 9)


def test_alignment_by_size() -> None:
    """The largest power of two that fits into the block, up to the usual one."""
    assert [alignment_for(size, 16) for size in (0, 1, 2, 3, 7, 8, 15, 16, 99)] == [1, 1, 2, 2, 4, 8, 8, 16, 16]
    assert alignment_for(4096, 4096) == 4096
    assert alignment_for(1, 4096) == 1


def test_each_law_can_fail() -> None:
    """One point where the law holds, and one where it does not."""
    block = Block(32, 16)
    points = {
        "H1": (laws.aligned(block, 16), laws.aligned(block, 64)),
        "H2": (laws.apart(block, Block(48, 0)), laws.apart(block, Block(40, 0))),
        "H3": (laws.kept(False, 1, 2) and laws.kept(True, 1, 1), laws.kept(True, 1, 2)),
        "H4": (laws.cleared(True, 8, 8, 0) and laws.cleared(False, 8, 0, 1), laws.cleared(True, 8, 0, 0)),
        "H5": (laws.complete(True, False, False), laws.complete(True, True, False)),
        "H6": (laws.refused(True, True), laws.refused(False, True)),
        "H7": (laws.empty(0, True), laws.empty(1, True)),
        "H8": (laws.usable(8, 8), laws.usable(8, 7)),
        "H9": (laws.isolated(False, 1, 2, True), laws.isolated(True, 1, 2, True)),
        "H10": (laws.inside(block, Block(0, 48)), laws.inside(block, Block(0, 47))),
    }
    for law, (holds, fails) in points.items():
        assert holds, law
        assert not fails, law
    assert [law.id for law in laws_of("heap")] == [*points, "C1", "C2"]
    assert laws.held(10, 6, 16)
    assert not laws.held(10, 7, 16)
    assert not laws.held(17, 0, 16)
