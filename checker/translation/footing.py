"""What targets can be judged in: geometries that are known, large enough, and whose own entries can be read.

A geometry from a user's file is data that nobody has proved anything of. Before a target is blamed for its tables, the
specification writes entries of its own with every right and at every level, and its walker has to read what was meant.
"""

from __future__ import annotations

from collections.abc import Collection

import attrs

from ...spec.contracts.paging_arena import RIGHTS, PagingCapabilities
from ...spec.contracts.spaces import Rules, access_of, rules_of
from ...spec.geometries import GeometryError, is_built_in, known_geometries
from ..targets.target import TargetError

#: Table frames of the largest arena that judges choose by themselves, beyond those that a target keeps.
_MOST_FRAMES = 64
#: Bits of the largest page: a look carries the bytes of all table frames.
_LARGEST_PAGE = 16
#: Base pages, as bits of an address: judges need first ones, last ones, and some in between.
_LEAST_PAGES = 3


def narrowed(offered: PagingCapabilities, names: Collection[str], target: str) -> PagingCapabilities:
    """What a target offers, in these geometries alone; a `TargetError` where it does not declare one of them."""
    for name in names:
        if name not in offered.geometries:
            declared = ", ".join(offered.geometries)
            raise TargetError(f"{target} does not declare the geometry {name}; it declares {declared}")
    return attrs.evolve(offered, geometries=tuple(dict.fromkeys(names)))


def expect_footing(offered: PagingCapabilities) -> None:
    """`GeometryError` unless a target that offers this can be judged in all its geometries."""
    if not offered.geometries:
        raise GeometryError("the target declares no geometry at all")
    known = [geometry.name for geometry in known_geometries()]
    for name in offered.geometries:
        if name not in known:
            remedy = "describe it in a file, or name others to judge the target in (--geometry)"
            raise GeometryError(f"the target declares {name!r}, which is none of {', '.join(known)}: {remedy}")
        if not is_built_in(name):
            _expect_size(rules_of(name), offered)
            _expect_meaning(rules_of(name))


def _expect_size(rules: Rules, offered: PagingCapabilities) -> None:
    """Pages and frames enough for the arenas of every judge."""
    geometry = rules.geometry
    if geometry.page_shift > _LARGEST_PAGE:
        raise GeometryError(f"{geometry.name}: pages of 2^{geometry.page_shift} bytes are too large to be looked at")
    if sum(geometry.index_bits) < _LEAST_PAGES:
        raise GeometryError(f"{geometry.name}: targets are judged with {1 << _LEAST_PAGES} pages or more")
    levels = [level for level in range(geometry.levels) if rules.entries.may_be_leaf(level)]
    wanted = max(2 * (_MOST_FRAMES + offered.keeps), 4 * rules.size(levels[-1]))
    frames = (geometry.frame >> geometry.frame_shift) + 1
    if frames < wanted:
        raise GeometryError(f"{geometry.name}: entries name {frames} frames; targets are judged with {wanted} or more")


def _expect_meaning(rules: Rules) -> None:
    """What the specification writes into an entry, its walker reads out of it."""
    geometry = rules.geometry
    for level in range(geometry.levels):
        if rules.entries.may_be_leaf(level):
            for rights in RIGHTS:
                _expect_leaf(rules, level, rights)
        if level and not rules.paging.is_folded(level):
            _expect_table(rules, level)


def _expect_leaf(rules: Rules, level: int, rights: str) -> None:
    paging, asked = rules.paging, access_of(rights)
    frame = (paging.FRAME >> paging.FRAME_SHIFT) + 1 - rules.size(level)
    entry = rules.entries.leaf_entry(frame, level, *asked)
    where = f"{rules.geometry.name}: a leaf at level {level} with the rights {rights} would be {entry:#x}"
    if not paging.is_leaf(entry, level):
        raise GeometryError(f"{where}, which names a table: see leaf, read, leaf_levels")
    if paging.is_malformed(entry, level):
        raise GeometryError(f"{where}, which has no meaning: see reserved_leaf, needed_leaf, meaningless")
    if not paging.granted(entry, paging.READ, paging.READ_FLIP):
        raise GeometryError(f"{where}, which cannot be read: see read")
    given = {
        "write": (asked.write, paging.WRITE, paging.WRITE_FLIP),
        "user": (asked.user, paging.USER, paging.USER_FLIP),
        "execute": (asked.execute, paging.EXECUTE, paging.EXECUTE_FLIP),
    }
    for name, (wanted, bits, flip) in given.items():
        got = bool(paging.granted(entry, bits, flip))
        if got != bool(wanted) and (bits or wanted):  # what an entry cannot withhold is granted
            raise GeometryError(f"{where}, which {'withholds' if wanted else 'grants'} the right {name}: see {name}")


def _expect_table(rules: Rules, level: int) -> None:
    paging = rules.paging
    entry = rules.entries.table_entry(paging.FRAME >> paging.FRAME_SHIFT, level)
    where = f"{rules.geometry.name}: an entry at level {level} that names a table would be {entry:#x}"
    if paging.is_leaf(entry, level):
        raise GeometryError(f"{where}, which maps a page: see leaf, table_rights_levels")
    if paging.is_malformed(entry, level):
        raise GeometryError(f"{where}, which has no meaning: see reserved_table, meaningless")
    rights = ((paging.READ, paging.READ_FLIP), (paging.WRITE, paging.WRITE_FLIP), (paging.USER, paging.USER_FLIP))
    every = (*rights, (paging.EXECUTE, paging.EXECUTE_FLIP))
    if paging.restricts(entry, level) and not all(paging.granted(entry, *right) for right in every):
        raise GeometryError(f"{where}, which withholds a right from all below: see table_rights_levels")
