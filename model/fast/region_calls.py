"""Long runs of calls on the regions of a large space, unchecked: what a memory manager asks, and the answers alone.

A *kernel module*. Calls are those moves of `region_replay`, in the same words, that programs make: a range is mapped,
unmapped or given rights, a page is looked for, or room. The steps are the specification's; places and room come from
the tree of gaps, which is kept in step with the list, so that no call walks over more regions than its range has.

Every answer goes into a digest, for comparison with another implementation: what was found, and how many regions
there are.
"""

from __future__ import annotations

from typing import Any

from ...spec.algebra import ONE, ZERO, Truth, Word, where
from ...spec.regions import (
    Regions,
    covers,
    is_node,
    is_range,
    map_range,
    next_of,
    protect,
    unmap,
)
from .backend import view, word
from .churn import ALL, FNV_PRIME
from .region_moves import FIND, FIT, MAP_RANGE, UNMAP, offset_for
from .region_replay import (
    KIND_AT,
    KIND_BITS,
    LENGTH_AT,
    LENGTH_BITS,
    PAGE_AT,
    PAGE_BITS,
    SKEW_AT,
    SKEW_BITS,
    STEP_BITS,
    clear_touched,
    clipped,
    entered,
    lowest_touched,
)
from .region_tree import GapTree, forget, highest_room, keep, lowest_room, place_in


def settle(tree: GapTree, regions: Regions, node: Word) -> Word:
    """The gap above a node as it is now, or none if it is a region no longer."""
    if is_node(regions, node):
        return keep(tree, regions, node)
    return forget(tree, regions, node)


def mapped(
    regions: Regions, tree: GapTree, below: Word, first: Word, length: Word, kind: Word, offset: Word
) -> tuple[Regions, Truth]:
    """A range is mapped: the region below it, a new one, and the one above may have become one."""
    above = next_of(regions, below)
    regions, legal = map_range(regions, below, first, length, kind, offset)
    if legal:
        settle(tree, regions, below)
        settle(tree, regions, first)
        settle(tree, regions, above)
    return regions, legal


def unmapped(regions: Regions, tree: GapTree, below: Word, first: Word, length: Word) -> tuple[Regions, Truth]:
    """A range is unmapped: what started in it is gone, and what reaches beyond it starts at its end."""
    end = first + length
    if is_range(regions, first, length):
        node = where(below == first, below, next_of(regions, below))
        while node < end:
            forget(tree, regions, node)
            node = next_of(regions, node)
    low = where(below == first, lowest_touched(regions, below), below)
    regions, legal = unmap(regions, below, first, length)
    if legal:
        keep(tree, regions, low)
        settle(tree, regions, end)
    return regions, legal


def protected(
    regions: Regions, tree: GapTree, below: Word, first: Word, length: Word, rights: Word
) -> tuple[Regions, Truth]:
    """A range gets rights: regions start at its ends that did not, and others have been joined."""
    low, end = lowest_touched(regions, below), first + length
    clear_touched(tree, regions, low, end)
    regions, legal = protect(regions, below, first, length, rights)
    node = low
    keep(tree, regions, node)
    node = next_of(regions, node)
    while (node < regions.pages) & (node <= end):
        keep(tree, regions, node)
        node = next_of(regions, node)
    return regions, legal


def call(regions: Regions, tree: GapTree, text: Word) -> tuple[Regions, Word]:
    """One call on regions and tree, and the answer: twice what was found, one more if it was done or there is any.

    Of a step that is nothing, of a search for a page its place, of one for room its first page, or zero.
    """
    step, page = text & STEP_BITS, clipped(regions, (text >> PAGE_AT) & PAGE_BITS)
    length, kind = (text >> LENGTH_AT) & LENGTH_BITS, (text >> KIND_AT) & KIND_BITS
    answer = ZERO
    if step > FIND:
        _, first, done = lowest_room(tree, regions, length) if step == FIT else highest_room(tree, regions, length)
        answer = where(done, first, ZERO)
    else:
        below = place_in(tree, regions.pages, page)
        if step == FIND:
            answer, done = below, covers(regions, below, page)
        elif step == MAP_RANGE:
            offset = offset_for(page, length, (text >> SKEW_AT) & SKEW_BITS)
            regions, done = mapped(regions, tree, below, page, length, kind, offset)
        elif step == UNMAP:
            regions, done = unmapped(regions, tree, below, page, length)
        else:
            regions, done = protected(regions, tree, below, page, length, kind)
    return regions, (answer << ONE) | where(done, ONE, ZERO)


def replay(regions: Regions, tree: GapTree, calls: Any) -> tuple[Word, Word]:
    """All calls; the count of regions, and the digest of all answers. The arrays are those that came in."""
    regions, tree = entered(regions), GapTree(view(tree.words), word(tree.leaves))
    digest = ZERO
    for index in range(calls.size):
        regions, answer = call(regions, tree, word(calls[index]))
        digest = (digest * FNV_PRIME + answer) & ALL
        digest = (digest * FNV_PRIME + regions.count) & ALL
    return regions.count, digest
