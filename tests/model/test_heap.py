"""The reference heap and the page heap, held against the contract."""

import doctest
import random
from types import ModuleType
from typing import Any

import pytest

from pagelaw.model import heap, pageheap
from pagelaw.model.heap import AccessViolationError, FirstFit
from pagelaw.model.pageheap import PAGE, PageHeap


@pytest.mark.parametrize(("module", "attempted"), [(heap, 4), (pageheap, 4)])
def test_the_worked_examples(module: ModuleType, attempted: int) -> None:
    """The docstrings' examples."""
    assert doctest.testmod(module) == (0, attempted)


def test_first_fit_gives_everything_back() -> None:
    """After any order of frees one hole is left; neighbours on either side are joined."""
    for seed in range(20):
        chance, made = random.Random(seed), FirstFit(1024)
        blocks = [made.allocate(chance.randrange(90)) for _ in range(10)]
        chance.shuffle(blocks)
        for address in blocks:
            made.free(address)
        assert made.free_blocks() == [(0, 1024)]


def test_contents() -> None:
    """calloc clears what was used, realloc takes along what there is room for, and stays where it shrinks."""
    made = FirstFit(256)
    first = made.allocate(64)
    made.write(first, b"\xff" * 64)
    made.free(first)
    assert made.read(made.calloc(4, 16), 64) == bytes(64)
    made.write(0, bytes(range(64)))
    assert made.reallocate(0, 64) == 0
    assert made.reallocate(0, 20) == 0
    assert made.usable(0) == 32
    behind = made.allocate(16)
    moved = made.reallocate(0, 40)
    assert moved > behind
    assert made.read(moved, 20) == bytes(range(20))
    with pytest.raises(MemoryError):
        made.reallocate(moved, 500)
    assert made.usable(moved) == 48


def test_refusals() -> None:
    """What is no live block, no alignment, no heap; sizes beyond a word; reads beyond the end."""
    made = FirstFit(256)
    address = made.allocate(8)
    for wrong in (
        lambda: made.free(address + 16),
        lambda: made.usable(1),
        lambda: made.aligned(24, 8),
        lambda: made.allocate_in(1, 8),
        lambda: made.destroy(0),
        lambda: made.destroy(7),
    ):
        with pytest.raises(ValueError, match=r"no live block|power of two|there is no heap"):
            wrong()
    with pytest.raises(MemoryError, match="there are no"):
        made.allocate(2**64 - 8)
    with pytest.raises(AccessViolationError, match="no memory from 0x100 on"):
        made.read(250, 7)
    with pytest.raises(AccessViolationError, match="no memory"):
        made.write(250, bytes(7))


def test_private_heaps() -> None:
    """They have memory of their own, which nobody else may free, and which comes back with them."""
    made = FirstFit(256)
    made.create(1, 64)
    block = made.allocate_in(1, 40)
    with pytest.raises(MemoryError):
        made.allocate_in(1, 40)
    with pytest.raises(ValueError, match="heap 1 exists"):
        made.create(1, 64)
    with pytest.raises(ValueError, match="no live block"):
        made.free(block)
    made.free_in(1, block)
    assert made.allocate_in(1, 64) == block
    made.destroy(1)
    assert made.free_blocks() == [(0, 256)]


def test_an_overrun_of_a_page_heap_is_fatal() -> None:
    """Every block ends where its page does, whatever its size; freed memory is no memory."""
    made: Any = PageHeap(16 * PAGE)
    for size in (1, 100, PAGE, PAGE + 1):
        address = made.allocate(size)
        assert (address + size) % PAGE == 0
        made.write(address, b"\x01" * size)
        assert made.read(address, size) == b"\x01" * size
        with pytest.raises(AccessViolationError, match=f"written at {address + size:#x}"):
            made.write(address, bytes(size + 1))
        made.free(address)
        with pytest.raises(AccessViolationError, match="read at"):
            made.read(address, 1)
    coarse = PageHeap(4 * PAGE, alignment=16)
    assert coarse.allocate(100) == PAGE - 112


def test_a_page_heap_takes_pages() -> None:
    """Every block costs a page more; they come back; what cannot be had, or was not given, is refused."""
    made = PageHeap(4 * PAGE)
    blocks = [made.allocate(1) for _ in range(2)]
    with pytest.raises(MemoryError, match="no 2 pages"):
        made.allocate(1)
    for address in blocks:
        made.free(address)
    assert made.allocate(3 * PAGE) == 0
    with pytest.raises(MemoryError, match="there are no"):
        made.allocate(2**64 - 8)
    with pytest.raises(ValueError, match="power of two"):
        made.aligned(3, 1)
    with pytest.raises(ValueError, match="no live block"):
        made.free(1)
    with pytest.raises(AccessViolationError):
        made.read(4 * PAGE, 1)
