"""The addresses and frames of an arena at which page tables go wrong: few, but at every end and every seam.

0   first pages, the last of the first table | the first of the next | far away, no table shared
    ... the last page of the lower half ][ no address ][ the first page of the upper half ... the last of all
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import attrs

from ...spec.contracts.paging_arena import PagingArena, PagingCapabilities
from ...spec.contracts.spaces import Rules, rules_of

#: Data frames right after table memory that are used most: few, so that they meet again.
_NEAR_FRAMES = 24


@attrs.frozen(eq=False)
class Terrain:
    """What there is to choose from in one arena.

    Attributes:
        arena: the arena.
        rules: the specification's functions for its geometry.
        levels: the levels at which the target makes leaves, the last one (0) first.
    """

    arena: PagingArena
    rules: Rules
    levels: tuple[int, ...]

    @property
    def last_address(self) -> int:
        """The last address that there is."""
        last: int = self.rules.paging.LAST_ADDRESS
        return last

    @property
    def last_frame(self) -> int:
        """The last frame that an entry can name."""
        last: int = self.rules.paging.FRAME >> self.rules.paging.FRAME_SHIFT
        return last

    @property
    def half(self) -> int:
        """The first address that is none, or after the last where all are addresses up to there."""
        bits = self.rules.geometry.translated_bits
        return 1 << (bits - 1 if self.rules.paging.SIGN_BIT else bits)

    def addresses(self, level: int) -> tuple[int, ...]:
        """First addresses of pages at a level: at the beginning, at the seams of tables, at the ends of both halves."""
        return _addresses(self, level)

    def strange_addresses(self, level: int) -> tuple[int, ...]:
        """Values of an address register that are no address, or not the first of a page at this level."""
        span, page = self.rules.span(level), self.rules.span(0)
        between = [self.half, self.half + span] if self.half <= self.last_address else []
        misaligned = [1, span - 1, *([page, span + page] if level else [])]
        return (*between, *misaligned, self.last_address - 1)

    def above(self, level: int) -> int | None:
        """The next level above `level` that has tables; None above the top."""
        return _above(self.rules, level)

    def ends(self) -> tuple[int, ...]:
        """Addresses after the last of each half."""
        return (self.half, self.last_address + 1) if self.rules.paging.SIGN_BIT else (self.half,)

    def frames(self, level: int) -> tuple[int, ...]:
        """First frames of blocks that a leaf at this level can map: next to table memory, and the last one."""
        size = self.rules.size(level)
        first = -(-self.arena.frames // size) * size
        near = [first + number * size for number in range(_NEAR_FRAMES if level == 0 else 4)]
        last = self.last_frame + 1 - size
        return tuple(frame for frame in (*near, last - size, last) if frame + size - 1 <= self.last_frame)

    def strange_frames(self, level: int) -> tuple[int, ...]:
        """Frames that must not be mapped: table memory, blocks not aligned, and what no entry can name."""
        misaligned = [self.frames(level)[0] + 1] if level else []
        return (0, self.arena.frames - 1, *misaligned, self.last_frame + 1)


def terrain_of(arena: PagingArena, capabilities: PagingCapabilities) -> Terrain:
    """The terrain of an arena for a target with these capabilities."""
    return _terrain(arena, capabilities.levels)


@lru_cache(maxsize=256)
def _terrain(arena: PagingArena, highest: int) -> Terrain:
    rules = rules_of(arena.geometry)
    return Terrain(arena, rules, tuple(_leaf_levels(rules, highest)))


def _leaf_levels(rules: Rules, highest: int) -> Iterator[int]:
    for level in range(min(highest + 1, rules.geometry.levels)):
        if rules.entries.may_be_leaf(level):
            yield level


@lru_cache(maxsize=1024)
def _addresses(terrain: Terrain, level: int) -> tuple[int, ...]:
    rules = terrain.rules
    span, page = rules.span(level), rules.span(0)
    # The tables at `level` and above cover these many bytes each: a page on each side of their seams.
    upper = level
    seams = []
    while (above := _above(rules, upper)) is not None:
        seams.append(rules.span(above))
        upper = above
    places = [0, span, 2 * span]
    for seam in seams:
        places += [seam - span, seam, seam + span]
    places += [terrain.half - 2 * span, terrain.half - span]
    if rules.paging.SIGN_BIT:
        last = terrain.last_address + 1
        places += [last - terrain.half, last - terrain.half + span, last - 2 * span, last - span]
    fitting = [place for place in dict.fromkeys(places) if place >= 0 and place % span == 0]
    return tuple(place for place in fitting if rules.paging.is_range(place, max(span, page)))


def _above(rules: Rules, level: int) -> int | None:
    """The next level above `level` that has tables."""
    widths = rules.geometry.index_bits[::-1]
    return next((upper for upper in range(level + 1, rules.geometry.levels) if widths[upper]), None)
