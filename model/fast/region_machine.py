"""Spaces for regions: their dimensions, their first state, and random moves on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from ...spec.access import READ, WRITE
from ...spec.regions import BACKED, Regions, cleared
from . import region_moves, region_replay
from .region_tree import GapTree, keep

#: How often each kind of move is drawn, in the order of their numbers.
WEIGHTS = (10, 2, 4, 8, 6, 4, 8, 20, 14, 14, 6, 6, 6)
#: The share of searches that are walks as well, and up to how many pages all are.
_WALKED, _SMALL = 1 / 512, 64
#: The kinds of regions that are drawn.
REGION_KINDS = (READ, READ | WRITE, BACKED | READ, BACKED | READ | WRITE)


@attrs.frozen
class Machine:
    """An address space.

    Attributes:
        pages: how many pages it has.
        longest: the longest range that is drawn, as many as there are pages if it is not told, and one more.
    """

    pages: int = 8
    longest: int = attrs.field(default=attrs.Factory(lambda self: self.pages, takes_self=True))

    def __str__(self) -> str:
        return f"{self.pages} page{'s' * (self.pages != 1)}"


def empty_dictionaries(pages: int) -> Regions:
    """No regions in a space of any size, as plain integers in dictionaries."""
    arrays: list[Any] = [defaultdict(int) for _ in range(5)]
    return cleared(Regions._make([*arrays, 0, pages]))


def copy_of(regions: Regions) -> Regions:
    """The same state in dictionaries of its own."""
    arrays = (regions.length, regions.kind, regions.offset, regions.next, regions.previous)
    return Regions._make([*(words.copy() for words in arrays), regions.count, regions.pages])


def empty_arrays(machine: Machine) -> tuple[Regions, GapTree]:
    """No regions and their tree, for compiled code; pages have numbers of 32 bits, those of an object any."""
    narrow, wide = np.uint32, np.uint64
    arrays = [np.zeros(machine.pages + 1, width) for width in (narrow, narrow, wide, narrow, narrow)]
    leaves = 1 << machine.pages.bit_length()
    regions = cleared(Regions._make([*arrays, np.uint64(0), np.uint64(machine.pages)]))
    words = np.zeros(2 * leaves, narrow)
    # The gap above the sentinel is the whole space.
    keep(GapTree(words, leaves), empty_dictionaries(machine.pages), machine.pages)
    return regions, GapTree(words, np.uint64(leaves))


def draw(
    generator: np.random.Generator, machine: Machine, count: int, weights: Sequence[int] = WEIGHTS
) -> np.ndarray[Any, Any]:
    """So many moves, each as one word: short ranges more often than long ones, the ends of the space often enough.

    `weights` tells how often each kind is drawn. In a small space every search is made by a walk as well.
    """
    shares = np.array(weights, float)
    steps = generator.choice(region_moves.KINDS, count, p=shares / shares.sum())
    pages = generator.integers(0, machine.pages, count)
    lengths = generator.integers(0, machine.longest + 2, count)
    to_the_end = generator.random(count) < 1 / 16
    over = generator.integers(0, 2, count)
    lengths = np.where(to_the_end & (machine.pages - pages <= machine.longest), machine.pages - pages + over, lengths)
    kinds = np.array(REGION_KINDS)[generator.integers(0, len(REGION_KINDS), count)]
    skews = generator.choice(4, count, p=(0.6, 0.3, 0.05, 0.05))
    exact = np.where(generator.random(count) < 1 / 4, region_replay.EXACT, 0)
    walked = generator.random(count) < (1 if machine.pages <= _SMALL else _WALKED)
    words: np.ndarray[Any, Any] = steps | exact | pages << region_replay.PAGE_AT
    words = words | lengths << region_replay.LENGTH_AT | walked.astype(np.int64) << region_replay.WALKED_AT
    words = words | kinds << region_replay.KIND_AT | skews << region_replay.SKEW_AT
    return words.astype(np.uint64)
