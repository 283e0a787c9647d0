"""A tree of the gaps between regions: the place of a page and the nearest room, without a walk.

A complete binary tree, whose leaves are the nodes in order of address, the sentinel first. A leaf holds one more than
the gap above its node, and nothing if there is no such region; what is inside holds the largest below it::

                     8
              4             8              regions at 0 (3 pages), 6 (1) and 7 (2), in a space of 16
           4     0       8     0           gap above the sentinel 0, above page 0 three, above 6 none, above 9 seven
          1 4   0 0 ... 1 8 ...

The last leaf at or before a page that holds anything is the page's place; the first (or last) leaf above some length
has the lowest (or highest) room for it. An *index*: it answers what walks over the list answer, and nothing else.

A kernel module. Source: Linux, the augmented tree of gaps before 6.1 (`rb_subtree_gap`), and the maple tree since.
"""

from __future__ import annotations

from typing import NamedTuple

from ...spec.algebra import ONE, TRUE, ZERO, Truth, Word, Words, load, store_if, where
from ...spec.regions import Regions, end_of, is_region, next_of, within


class GapTree(NamedTuple):
    """The largest gaps.

    Attributes:
        words: the nodes of the tree; the root at 1, below i are 2i and 2i + 1.
        leaves: how many leaves: a power of two, more than there are pages.
    """

    words: Words
    leaves: Word


def leaf_of(tree: GapTree, pages: Word, node: Word) -> Word:
    """Where the leaf of a region or the sentinel is."""
    return tree.leaves + where(node == pages, ZERO, node + ONE)


def node_at(tree: GapTree, pages: Word, leaf: Word) -> Word:
    """The region, or the sentinel, that a leaf stands for."""
    return where(leaf == tree.leaves, pages, leaf - tree.leaves - ONE)


def hang(tree: GapTree, leaf: Word, value: Word) -> Word:
    """Put a value into a leaf, and what follows from it into the nodes above; returns the last one looked at."""
    words = store_if(TRUE, tree.words, leaf, value)
    node = leaf
    while node > ONE:
        one, other = load(words, node), load(words, node ^ ONE)
        largest = where(one < other, other, one)
        node = node >> ONE
        if load(words, node) == largest:
            break
        words = store_if(TRUE, words, node, largest)
    return node


def value_of(regions: Regions, node: Word) -> Word:
    """What the leaf of a region or the sentinel holds."""
    above, end = next_of(regions, node), end_of(regions, node)
    return above - where(end <= above, end, above) + ONE


def keep(tree: GapTree, regions: Regions, node: Word) -> Word:
    """The gap above a region, or the sentinel, as it is now; none if it reaches into the one above."""
    return hang(tree, leaf_of(tree, regions.pages, node), value_of(regions, node))


def forget(tree: GapTree, regions: Regions, node: Word) -> Word:
    """There is no such region."""
    return hang(tree, leaf_of(tree, regions.pages, node), ZERO)


def place_in(tree: GapTree, pages: Word, page: Word) -> Word:
    """The last region that starts at or before a page of the space, or the sentinel."""
    node = leaf_of(tree, pages, page)
    while (load(tree.words, node) == ZERO) & (node > ONE):
        # Up to the first node that has a neighbour before it, and over to that one; the sentinel is before all.
        while node & ONE == ZERO:
            node = node >> ONE
        node = node - where(node > ONE, ONE, ZERO)
    while node < tree.leaves:
        upper = (node << ONE) | ONE
        node = where(load(tree.words, upper) != ZERO, upper, node << ONE)
    return node_at(tree, pages, node)


def is_anywhere(tree: GapTree, length: Word) -> Truth:
    """Whether there is room for so many pages."""
    return (length != ZERO) & (load(tree.words, ONE) > length)


def lowest_in(tree: GapTree, pages: Word, length: Word) -> Word:
    """The lowest node with room above it, where there is one anywhere."""
    node = ONE
    while node < tree.leaves:
        lower = node << ONE
        node = where(load(tree.words, lower) > length, lower, lower | ONE)
    return node_at(tree, pages, node)


def highest_in(tree: GapTree, pages: Word, length: Word) -> Word:
    """The highest node with room above it, where there is one anywhere."""
    node = ONE
    while node < tree.leaves:
        upper = (node << ONE) | ONE
        node = where(load(tree.words, upper) > length, upper, node << ONE)
    return node_at(tree, pages, node)


def lowest_room(tree: GapTree, regions: Regions, length: Word) -> tuple[Word, Word, Truth]:
    """What `fit` answers, if there is room: what is below it, its first page, and whether there is any."""
    below = within(regions, lowest_in(tree, regions.pages, length))
    return below, end_of(regions, below), is_anywhere(tree, length)


def highest_room(tree: GapTree, regions: Regions, length: Word) -> tuple[Word, Word, Truth]:
    """What `fit_high` answers, if there is room: what is below it, its first page, and whether there is any."""
    below = within(regions, highest_in(tree, regions.pages, length))
    found = is_anywhere(tree, length)
    return below, next_of(regions, below) - where(found, length, ZERO), found


def mistakes(tree: GapTree, regions: Regions) -> Word:
    """How many words of the tree are not what the regions say."""
    wrong = ZERO
    leaf = tree.leaves
    for _ in range(tree.leaves):
        own = within(regions, node_at(tree, regions.pages, leaf))
        value = where((leaf == tree.leaves) | is_region(regions, own), value_of(regions, own), ZERO)
        wrong = wrong + where(load(tree.words, leaf) == value, ZERO, ONE)
        leaf = leaf + ONE
    node = ONE
    for _ in range(tree.leaves - ONE):
        one, other = load(tree.words, node << ONE), load(tree.words, (node << ONE) | ONE)
        largest = where(one < other, other, one)
        wrong = wrong + where(load(tree.words, node) == largest, ZERO, ONE)
        node = node + ONE
    return wrong
