"""What address spaces map, as the contract `translation` keeps it: which leaves there must be, and which tables.

A state tells nothing about how an implementation works, only what follows from the calls: the leaves of each space,
and, because the hardware fixes the form of the tables, how many table frames they take.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import attrs

from .. import entries
from ..algebra import Backend
from ..geometries import Geometry, bound_to, geometry_named
from ..paging import NO_FAULT, Access, Walk
from .paging_arena import PagingArena, PagingCapabilities


@attrs.frozen(eq=False)
class Rules:
    """A geometry, and the specification's functions with its numbers.

    Attributes:
        geometry: the geometry.
        paging: the functions of `paging`.
        entries: the functions of `entries`.
    """

    geometry: Geometry
    paging: Backend
    entries: Backend

    def span(self, level: int) -> int:
        """Bytes that a leaf at `level` maps."""
        return 1 << self.geometry.shift(level)

    def size(self, level: int) -> int:
        """Frames that a leaf at `level` maps."""
        return 1 << (self.geometry.shift(level) - self.geometry.page_shift)


@lru_cache(maxsize=64)
def rules_of(geometry: str) -> Rules:
    """The rules of a geometry, by its name."""
    chosen = geometry_named(geometry)
    return Rules(chosen, bound_to(chosen), bound_to(chosen, entries))


@attrs.frozen
class Terms:
    """What one target is held to: the arena that it was given, and what it has declared."""

    arena: PagingArena
    capabilities: PagingCapabilities = attrs.field(factory=PagingCapabilities)

    @property
    def rules(self) -> Rules:
        """The specification's functions for the arena's geometry."""
        return rules_of(self.arena.geometry)


@attrs.frozen
class Mapping:
    """One leaf.

    Attributes:
        frame: the first frame that it maps.
        level: its level.
        rights: as they were given.
        shared: whether others may map its frames too.
    """

    frame: int
    level: int
    rights: str
    shared: bool


@attrs.define
class Spaces:
    """The state of the contract.

    Attributes:
        mapped: by space, the leaves by their first address.
        tables: by (space, level, number of the table among those of its level) how many leaves lie under a table.
        owners: how many leaves map each block of frames, by (frame, level).
        running: the space that each core runs, where it runs any.
        reach: for each core the spaces of which its TLB may hold entries.
        stale: what TLBs may still hold although it is no longer so: (core, space, address, level, frame).
        identifiers: the identifiers seen last, by space.
        used: the space that is gone, by (core, identifier) that may still tag entries of it there.
        sighted: space, level and first address of each table frame, as far as a look has told since the last change.
        accessed: first addresses of leaves that were used since they were mapped, and whether written.
    """

    mapped: dict[int, dict[int, Mapping]] = attrs.field(factory=dict)
    tables: dict[tuple[int, int, int], int] = attrs.field(factory=dict)
    owners: dict[tuple[int, int], int] = attrs.field(factory=dict)
    running: dict[int, int] = attrs.field(factory=dict)
    reach: dict[int, set[int]] = attrs.field(factory=dict)
    stale: list[tuple[int, int, int, int, int]] = attrs.field(factory=list)
    identifiers: dict[int, int] = attrs.field(factory=dict)
    used: dict[tuple[int, int], int] = attrs.field(factory=dict)
    sighted: dict[int, tuple[int, int, int]] = attrs.field(factory=dict)
    accessed: dict[tuple[int, int], bool] = attrs.field(factory=dict)

    def copy(self) -> Spaces:
        """A snapshot that later steps do not change."""
        return Spaces(
            {space: dict(leaves) for space, leaves in self.mapped.items()},
            dict(self.tables),
            dict(self.owners),
            dict(self.running),
            {core: set(spaces) for core, spaces in self.reach.items()},
            list(self.stale),
            dict(self.identifiers),
            dict(self.used),
            dict(self.sighted),
            dict(self.accessed),
        )


def access_of(letters: str) -> Access:
    """Rights or an access, as letters, for the walker."""
    return Access("w" in letters, "u" in letters, "x" in letters)


def tables_over(geometry: Geometry, space: int, address: int, level: int) -> Iterator[tuple[int, int, int]]:
    """The tables that a leaf at `level` for `address` needs, the root included."""
    widths = geometry.index_bits[::-1]
    inside = address & ((1 << geometry.translated_bits) - 1)
    for upper in range(level, geometry.levels):
        if widths[upper]:
            yield space, upper, inside >> (geometry.shift(upper) + widths[upper])


def is_mapped(spaces: Spaces, rules: Rules, frame: int, level: int) -> bool:
    """Whether a frame of the block at `frame` is mapped, by a leaf of any level."""
    for upper in range(level, rules.geometry.levels):
        if spaces.owners.get((frame // rules.size(upper) * rules.size(upper), upper)):
            return True
    return any(lower < level and frame <= first < frame + rules.size(level) for first, lower in spaces.owners)


def is_mapped_twice(spaces: Spaces, rules: Rules, leaf: Mapping) -> bool:
    """Whether a frame of a leaf that is mapped is mapped by another leaf too, of any level."""
    end, upper = leaf.frame + rules.size(leaf.level), range(leaf.level + 1, rules.geometry.levels)
    above = any((leaf.frame // rules.size(level) * rules.size(level), level) in spaces.owners for level in upper)
    below = leaf.level and any(lower < leaf.level and leaf.frame <= first < end for first, lower in spaces.owners)
    return bool(spaces.owners[leaf.frame, leaf.level] > 1 or above or below)


def leaf_over(spaces: Spaces, rules: Rules, space: int, address: int) -> tuple[int, Mapping] | None:
    """The leaf that maps `address`, with its first address."""
    leaves = spaces.mapped[space]
    for level in range(rules.geometry.levels):
        first = address // rules.span(level) * rules.span(level)
        found = leaves.get(first)
        if found is not None and found.level == level:
            return first, found
    return None


def walk_of(mapping: Mapping, rules: Rules, address: int) -> Walk:
    """What a walk to `address` must come to: the rights are those of the leaf that the specification would write."""
    asked, walker = access_of(mapping.rights), rules.paging
    entry = rules.entries.leaf_entry(mapping.frame, mapping.level, asked.write, asked.user, asked.execute)
    physical = (mapping.frame << rules.geometry.page_shift) | walker.offset_of(address, mapping.level)
    rights = (
        walker.granted(entry, walker.READ, walker.READ_FLIP),
        walker.granted(entry, walker.WRITE, walker.WRITE_FLIP),
        walker.granted(entry, walker.USER, walker.USER_FLIP),
        walker.granted(entry, walker.EXECUTE, walker.EXECUTE_FLIP),
    )
    return Walk(NO_FAULT, mapping.level, 0, entry, physical, *rights)


def described(found: tuple[int, Mapping], rules: Rules) -> str:
    """A leaf in words."""
    first, leaf = found
    size = f"{rules.size(leaf.level)} frames" if leaf.level else "the frame"
    return f"the page at {first:#x} is mapped to {size} at {leaf.frame} with rights {leaf.rights}"


def add_leaf(spaces: Spaces, rules: Rules, space: int, first: int, leaf: Mapping) -> None:
    """One leaf more, and the tables over it."""
    spaces.mapped[space][first] = leaf
    block = leaf.frame, leaf.level
    spaces.owners[block] = spaces.owners.get(block, 0) + 1
    for key in tables_over(rules.geometry, space, first, leaf.level):
        spaces.tables[key] = spaces.tables.get(key, 0) + 1


def remove_leaf(spaces: Spaces, rules: Rules, space: int, first: int, *, eager: bool) -> None:
    """One leaf less, and if `eager` the tables that have become empty; the root stays."""
    leaf = spaces.mapped[space].pop(first)
    spaces.accessed.pop((space, first), None)
    block = leaf.frame, leaf.level
    spaces.owners[block] -= 1
    if not spaces.owners[block]:
        del spaces.owners[block]
    for key in tables_over(rules.geometry, space, first, leaf.level):
        spaces.tables[key] -= 1
        if not spaces.tables[key] and eager and key[1] < rules.geometry.levels - 1:
            del spaces.tables[key]
