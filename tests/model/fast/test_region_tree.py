"""The tree of gaps answers what walks over the list answer, in every small space and after any steps."""

import random
from typing import Any

import pytest

from pagelaw.model.fast import backend, region_tree
from pagelaw.model.fast.region_machine import Machine, empty_arrays, empty_dictionaries
from pagelaw.model.fast.region_tree import GapTree
from pagelaw.spec.access import READ
from pagelaw.spec.regions import Regions, fit, fit_high, insert, place_of


def planted(regions: Regions) -> GapTree:
    """The tree of a space, leaf by leaf."""
    leaves = 1 << regions.pages.bit_length()
    tree = GapTree([0] * (2 * leaves), leaves)
    node = regions.pages
    for _ in range(regions.count + 1):
        region_tree.keep(tree, regions, node)
        node = regions.next[node]
    return tree


def agrees(regions: Regions, tree: GapTree) -> None:
    """Every place, and the nearest room for any length."""
    pages = regions.pages
    for page in range(pages):
        assert region_tree.place_in(tree, pages, page) == place_of(regions, page)
    for length in range(pages + 2):
        for walk, climb in ((fit, region_tree.lowest_room), (fit_high, region_tree.highest_room)):
            wanted, answer = walk(regions, length), climb(tree, regions, length)
            assert answer[2] == wanted[2] == region_tree.is_anywhere(tree, length)
            assert not wanted[2] or answer == wanted
    assert region_tree.mistakes(tree, regions) == 0


@pytest.mark.parametrize("pages", [1, 2, 3, 7, 8, 33])
def test_tree_and_list_agree(pages: int) -> None:
    """In spaces of few and of more than thirty-two regions: up to there old kernels walked a list."""
    chosen = random.Random(pages)
    for share in (0.2, 0.5, 1.0):
        regions = empty_dictionaries(pages)
        for first in chosen.sample(range(pages), max(1, int(share * pages))):
            regions, _ = insert(regions, place_of(regions, first), first, 1, READ, 0)
        agrees(regions, planted(regions))


def test_what_is_forgotten_is_not_found() -> None:
    """The tree without a region is that of a space without it."""
    regions = empty_dictionaries(9)
    for first in (1, 4, 6):
        regions, _ = insert(regions, place_of(regions, first), first, 1, READ, 0)
    tree = planted(regions)
    region_tree.forget(tree, regions, 4)
    assert region_tree.place_in(tree, 9, 5) == 1
    assert region_tree.place_in(tree, 9, 0) == 9
    region_tree.forget(tree, regions, 1)
    assert region_tree.place_in(tree, 9, 5) == 9


def test_mistakes_are_counted() -> None:
    """A leaf that is not what the regions say, one that nothing stands for, and what is above a leaf."""
    regions, _ = insert(empty_dictionaries(9), 9, 2, 3, READ, 0)
    assert region_tree.mistakes(planted(empty_dictionaries(9)), regions) > 0
    # A word is wrong, and makes the one above it wrong where it is the larger of two.
    for place, wrong in ((16, 2), (17, 1), (19, 2), (31, 2), (5, 1), (1, 1)):
        tree = planted(regions)
        tree.words[place] += 1
        assert region_tree.mistakes(tree, regions) == wrong, place


def test_an_empty_space_has_one_gap() -> None:
    """All of it, above the sentinel."""
    regions, tree = empty_arrays(Machine(12))
    assert int(tree.words[1]) == 13
    assert planted(empty_dictionaries(12)).words == tree.words.tolist()
    assert (int(tree.leaves), int(regions.pages), int(regions.count)) == (16, 12, 0)
    agrees(empty_dictionaries(12), planted(empty_dictionaries(12)))


def test_a_tree_without_a_sentinel_still_ends() -> None:
    """Whatever is wrong, a search comes to an end."""
    assert region_tree.place_in(GapTree([0] * 32, 16), 9, 5) == 9


def test_the_tree_is_a_kernel_module() -> None:
    """Its functions are bound to other words and arrays, like the steps themselves."""
    bound: Any = backend.compiled(region_tree)
    assert callable(bound.place_in)
