"""The tree of descriptors: what is found, what is free, where there is room, and that it stays balanced."""

import math
import random
from itertools import pairwise

import pytest

from pagelaw.model.vad import Vad, VadTree


def tree_of(*regions: tuple[int, int]) -> VadTree:
    """A tree with regions of so many pages from a first page on."""
    tree = VadTree()
    for first, count in regions:
        tree.insert(Vad(first, count, "memory"))
    return tree


def test_an_empty_tree() -> None:
    """Everything is free."""
    tree = VadTree()
    assert (list(tree), tree.height, tree.find(3), tree.path(3)) == ([], 0, None, [])
    assert tree.above(3, 64) == 64
    assert tree.gap(64, range(64), 16) == 0
    assert tree.gap(65, range(64), 16) is None


def test_what_is_found() -> None:
    """Each page of a region, and no page beside it; by a path from the root."""
    tree = tree_of((40, 8), (16, 16), (64, 32), (0, 4))
    for page in range(100):
        found = tree.find(page)
        wanted = next(((first, count) for first, count in ((0, 4), (16, 16), (40, 8), (64, 32))
                       if first <= page < first + count), None)  # fmt: skip
        assert (found and (found.first, found.count)) == wanted
    assert [vad.first for vad in tree.path(66)] == [40, 64]
    assert [vad.first for vad in tree.path(50)] == [40, 64]
    assert [vad.first for vad in tree] == [0, 16, 40, 64]
    assert tree.height == 3


@pytest.mark.parametrize(
    ("there", "free"), [(range(4, 16), True), (range(3, 6), False), (range(4, 17), False), (range(96, 999), True)]
)
def test_what_is_free(there: range, free: bool) -> None:
    """No page of it is in a region."""
    tree = tree_of((40, 8), (16, 16), (64, 32), (0, 4))
    assert tree.is_free(there) == free


def test_the_lowest_gap() -> None:
    """From a granule on, between neighbours or at the end."""
    tree = tree_of((0, 4), (32, 3), (48, 16))
    assert tree.gap(16, range(96), 16) == 16
    assert tree.gap(17, range(96), 16) == 64
    assert tree.gap(32, range(96), 16) == 64
    assert tree.gap(33, range(96), 16) is None


@pytest.mark.parametrize("seed", range(4))
def test_it_stays_balanced_and_in_order(seed: int) -> None:
    """Whatever is inserted and removed: as high as such a tree may be, and never higher."""
    chance, tree, there = random.Random(seed), VadTree(), dict[int, Vad]()
    for _ in range(400):
        first = chance.randrange(64) * 4
        if first in there and chance.random() < 0.7:
            tree.remove(there.pop(first))
        elif first not in there:
            there[first] = Vad(first, 1 + chance.randrange(4), "memory")
            tree.insert(there[first])
        assert [vad.first for vad in tree] == sorted(there)
        assert tree.height <= 1.4405 * math.log2(len(there) + 2)
        assert all(low.end <= high.first for low, high in pairwise(tree))
    for vad in list(there.values()):
        tree.remove(vad)
    assert (list(tree), tree.height) == ([], 0)


def test_in_order_or_backward_it_is_as_flat_as_can_be() -> None:
    """127 regions upward or downward: seven levels."""
    for order in (range(127), reversed(range(127))):
        assert tree_of(*((page, 1) for page in order)).height == 7
