"""Table memory of one geometry on plain integers, however large it is, and the steps of the specification on it.

Nearly all of table memory is zero, so only what is not is kept (`Cells`): a state is small to copy and to compare,
whether its largest leaf is two frames or 2**36. An index that lies outside is an `IndexError`, as it would be a stray
pointer: the laws' own arithmetic is what keeps steps inside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from ...spec import algebra
from ...spec.algebra import Backend, rebind
from ...spec.geometries import Geometry, Right
from ...spec.tables import Tables
from . import rules

#: The laws of the contract that speak of page tables and walks, which are those that are judged here.
LAWS = frozenset(
    "T1 T2 T3 T4 T5 T6 T6.mapped T6.unmapped T7 T7.split T8 T9 T10 T11 T12 T13 F1 F3 F4 F5 F6 F8".split()  # noqa: SIM905
)
#: Tables of two entries, a huge leaf of two frames, three bits of an address that must be zero, reserved bits.
TINY = Geometry(
    name="tiny",
    title="2 levels of 2 entries, pages of 8 bytes",
    index_bits=(1, 1),
    address_bits=8,
    sign_extended=False,
    entry_bytes=4,
    page_shift=3,
    leaf=Right(bits=1 << 3, inverted=False),
    leaf_levels=(1,),
    execute=Right(),
    table_rights_levels=(1,),
    accessed=1 << 8,
    dirty=1 << 9,
    global_=0,
    frame=0xF0,
    frame_shift=4,
    reserved_table={1: 1 << 10},
    reserved_leaf={0: 1 << 10, 1: 1 << 10 | 1 << 4},
)
#: The same with a level in the middle that has no table, and addresses that repeat their sign.
TINY_FOLDED = attrs.evolve(
    TINY,
    name="tiny-folded",
    title="3 levels, the middle one folded, pages of 8 bytes",
    index_bits=(1, 0, 1),
    sign_extended=True,
    leaf_levels=(2,),
    table_rights_levels=(2,),
    reserved_table={2: 1 << 10},
    reserved_leaf={0: 1 << 10, 2: 1 << 10 | 1 << 4},
)


class Cells(dict[int, int]):
    """As many numbers as `size`, nearly all of them zero."""

    __slots__ = ("size",)

    def __init__(self, size: int, cells: Mapping[int, int] | Iterable[tuple[int, int]] = ()) -> None:
        super().__init__(cells)
        self.size = size

    def __missing__(self, index: int) -> int:
        if not 0 <= index < self.size:
            raise IndexError(f"there is no element {index} among {self.size}")
        return 0

    def __setitem__(self, index: int, value: int) -> None:
        if not 0 <= index < self.size:
            raise IndexError(f"there is no element {index} among {self.size}")
        if value:
            super().__setitem__(index, value)
        else:
            self.pop(index, None)

    def copy(self) -> Cells:
        """The same numbers, to be changed apart."""
        return Cells(self.size, self)

    def changed(self, other: Cells) -> list[int]:
        """Where two of the same size differ, in order."""
        return sorted(index for index in self.keys() | other.keys() if self[index] != other[index])


#: The fields of `Tables` that are arrays.
ARRAYS = ("words", "kind", "used", "parent", "count", "backed")


def copied(tables: Tables) -> Tables:
    """The same state, to be changed apart."""
    return tables._replace(**{name: getattr(tables, name).copy() for name in ARRAYS})


class Machine:
    """The steps and laws of one geometry.

    `changes` replaces functions of the specification by name: to learn what a wrong rule would do.
    """

    def __init__(self, geometry: Geometry, *, changes: Mapping[str, Any] | None = None) -> None:
        self.geometry = geometry
        primitives = {name: getattr(algebra, name) for name in algebra.PRIMITIVES}
        overrides = {**geometry.constants(), **(changes or {})}
        self.rules: Backend = rebind(rules, primitives=primitives, overrides=overrides)
        self.overrides = overrides
        self.entries_of_page = 1 << (geometry.page_shift - (geometry.entry_bytes.bit_length() - 1))
        self.table_levels = [level for level in range(geometry.levels) if not self.rules.is_folded(level)]
        self.leaf_levels = [level for level in range(geometry.levels) if self.rules.may_be_leaf(level)]

    def empty(self, frames: int, limit: int) -> Tables:
        """Table memory of `frames` frames, all free, of `limit` frames in all."""
        return Tables(
            words=Cells(frames * self.entries_of_page),
            entries=frames * self.entries_of_page,
            kind=Cells(frames),
            used=Cells(frames),
            parent=Cells(frames, {frame: frame + 2 for frame in range(frames - 1)}),
            free=1 if frames else 0,
            spare=frames,
            count=Cells(limit),
            backed=Cells(limit),
            frames=frames,
            limit=limit,
        )

    def pages(self) -> list[int]:
        """The addresses of all pages; for tiny geometries."""
        geometry = self.geometry
        upper = (1 << geometry.address_bits) - (1 << geometry.translated_bits)
        half = 1 << geometry.translated_bits - 1
        every = range(0, 1 << geometry.translated_bits, 1 << geometry.page_shift)
        return [page | upper if geometry.sign_extended and page & half else page for page in every]

    def roots(self, tables: Tables) -> list[int]:
        """The physical addresses of all top tables."""
        places = (frame << self.geometry.page_shift for frame in sorted(tables.kind))
        return [place for place in places if self.rules.is_root(tables, place)]

    def leaves(self, tables: Tables) -> list[tuple[int, int, int]]:
        """Of every leaf that maps a frame: slot, first frame and level."""
        found = ((slot, self.rules.mapped_at(tables, slot)) for slot in sorted(tables.words))
        return [(slot, frame, self.rules.level_of(tables, slot)) for slot, frame in found if frame]

    def overlaps(self, tables: Tables, frame: int, level: int) -> bool:
        """Whether a block of frames shares some with another block that is mapped, of another size or place.

        Whoever maps blocks got them from an allocator, which never gives two that overlap (A2); the steps rely on it.
        """
        size = self.rules.frames_of(level)
        for _, other, other_level in self.leaves(tables):
            other_size = self.rules.frames_of(other_level)
            if (other, other_level) != (frame, level) and other < frame + size and frame < other + other_size:
                return True
        return False

    def slots_on_way(self, tables: Any, root: int, address: int) -> list[tuple[int, int]]:
        """Level and slot of every entry that a walk without a fault reads, from the top down."""
        rules, table, way = self.rules, root, []
        last = rules.walk(tables, root, address).level
        for level in reversed(self.table_levels):
            if level >= last:
                way.append((level, (table >> self._entry_shift) + rules.index_of(address, level)))
                table = rules.frame_of(tables.words[way[-1][1]]) << self.geometry.page_shift
        return way

    @property
    def _entry_shift(self) -> int:
        return self.geometry.entry_bytes.bit_length() - 1
