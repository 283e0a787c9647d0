"""Random images of physical memory with page tables in them, for any geometry that is a table of numbers.

    frame 0 ... TABLES - 1   tables, the root first, then the way to the page of code
    frame TABLES ...         the page of code, then memory that tells its own place

Entries name tables, lie about levels, lack rights, have reserved bits; a few point beyond memory. Indices are few, so
that most walks find something.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Mapping

import attrs

from pagelaw.spec.geometries import Geometry

TABLES = 24
FRAMES = 40
CODE_FRAME = TABLES


@attrs.frozen
class Scene:
    """An image, and what stands where in it: frames of tables, then of data; code in two pages, for each ring."""

    memory: bytes
    root: int
    code: tuple[int, int]
    absent: int

    @property
    def data(self) -> int:
        """Where memory begins that holds no tables and no code."""
        return (CODE_FRAME + 1) << 12


def entry_of(geometry: Geometry, frame: int, level: int, *, leaf: bool, rights: int) -> int:
    """An entry as an operating system writes it; `rights` has bits for read, write, user, execute."""
    entry = frame << geometry.frame_shift & geometry.frame | geometry.present
    named = (geometry.read, geometry.write, geometry.user, geometry.execute)
    if leaf or level in geometry.table_rights_levels:
        for number, right in enumerate(named):
            if bool(rights >> number & 1) != right.inverted:
                entry |= right.bits
    if leaf and level and not geometry.leaf.inverted and not entry & geometry.leaf.bits:
        entry |= geometry.leaf.bits & -geometry.leaf.bits
    if not leaf and geometry.leaf.inverted:
        entry |= geometry.leaf.bits
    if leaf and not level and not entry & geometry.needed_leaf:
        entry |= geometry.needed_leaf & -geometry.needed_leaf
    return entry


def indices_of(geometry: Geometry, level: int) -> list[int]:
    """The few indices that are used at a level; the one of the code and of nothing at the top are not among them."""
    bits = geometry.index_bits[geometry.levels - 1 - level]
    last = (1 << bits) - 1
    if bits <= 2:
        return [0, last]
    return sorted({0, 1, 2, 3, last // 2, last // 2 + 1, last})


class Painter:
    """Paints one scene after another from a source of chance."""

    def __init__(self, geometry: Geometry, chance: random.Random, spared: Mapping[tuple[int, bool], int]) -> None:
        self.geometry, self.chance, self.spared = geometry, chance, spared

    def scene(self, tell: Callable[[int], bytes]) -> Scene:
        """An image with random tables; `tell` gives the eight bytes at a place of data."""
        geometry, chance = self.geometry, self.chance
        per_table = 4096 // geometry.entry_bytes
        words = [0] * (TABLES * per_table)
        root = 0
        code_top, absent_top = (1, 2) if geometry.index_bits[0] <= 2 else (5, 6)
        levels = [chance.randrange(geometry.levels - 1) for _ in range(TABLES)]
        for table in range(TABLES):
            level = geometry.levels - 1 if table == root else levels[table]
            for index in indices_of(geometry, level):
                words[table * per_table + index] = self.entry(level, levels)
        code = self._code(words, per_table, root, code_top)
        absent = self._extended(absent_top << geometry.shift(geometry.levels - 1))
        letter = {4: "I", 8: "Q"}[geometry.entry_bytes]
        tables = struct.pack(f"<{len(words)}{letter}", *words)
        data = b"".join(tell(place) for place in range(TABLES << 12, FRAMES << 12, 8))
        return Scene(tables + data, root << 12, code, absent)

    def entry(self, level: int, levels: list[int]) -> int:
        """A random entry for a table at `level`: another table, a leaf, nothing, or any of them spoilt."""
        geometry, chance = self.geometry, self.chance
        luck = chance.random()
        if luck < 0.06:
            return chance.getrandbits(8 * geometry.entry_bytes) & ~geometry.present
        rights = 0b1111 if chance.random() < 0.5 else chance.randrange(16)
        may = level == 0 or level in geometry.leaf_levels
        leaf = level == 0 or chance.random() < (0.3 if may else 0.05)
        below = [table for table in range(1, TABLES) if levels[table] == level - 1] or [TABLES - 1]
        frame = chance.randrange(CODE_FRAME + 1, FRAMES) if leaf else chance.choice(below)
        if leaf and level and chance.random() < 0.9:
            frame = 0
        if chance.random() < 0.03:
            frame = chance.randrange(FRAMES + 4)
        entry = entry_of(geometry, frame, level, leaf=leaf, rights=rights)
        if chance.random() < 0.5:
            entry |= (
                chance.choice((geometry.accessed, geometry.dirty, geometry.accessed | geometry.dirty)) if leaf else 0
            )
        if chance.random() < 0.12:
            reserved = (geometry.reserved_leaf if leaf else geometry.reserved_table).get(level, 0)
            anything = (1 << 8 * geometry.entry_bytes) - 1
            entry ^= self.one_of(reserved if reserved and chance.random() < 0.4 else anything)
        return entry & ~self.spared.get((level, leaf), 0)

    def one_of(self, bits: int) -> int:
        """One of these bits."""
        return 1 << self.chance.choice([number for number in range(bits.bit_length()) if bits >> number & 1])

    def address(self) -> int:
        """An address whose indices are mostly in use, and that is not always canonical."""
        geometry, chance = self.geometry, self.chance
        address = chance.randrange(1 << (geometry.page_shift - 3)) << 3
        for level in range(geometry.levels):
            address |= chance.choice(indices_of(geometry, level)) << geometry.shift(level)
        if chance.random() < 0.4:  # near the beginning of a huge page, where there is memory
            top = chance.randrange(1, geometry.levels)
            low = chance.randrange(1 << 15) << 3 & (1 << geometry.shift(top)) - 1
            address = address >> geometry.shift(top) << geometry.shift(top) | low
        address = self._extended(address)
        if geometry.translated_bits < geometry.address_bits and chance.random() < 0.04:
            address ^= 1 << chance.randrange(geometry.translated_bits, geometry.address_bits)
        return address

    def _extended(self, address: int) -> int:
        geometry = self.geometry
        sign = address >> (geometry.translated_bits - 1)
        upper = (1 << geometry.address_bits) - (1 << geometry.translated_bits)
        return address | upper if sign and geometry.sign_extended else address

    def _code(self, words: list[int], per_table: int, root: int, top: int) -> tuple[int, int]:
        """The way to the code, already marked as accessed: a page of the supervisor's, then one of the user's."""
        geometry = self.geometry
        start = top << geometry.shift(geometry.levels - 1)
        table = root
        for depth, level in enumerate(range(geometry.levels - 1, 0, -1)):
            index = top if table == root else 4
            if table != root:
                start |= 4 << geometry.shift(level)
            child = TABLES - 1 - depth
            marks = geometry.accessed if geometry.table_accessed and level not in self._unmarked() else 0
            words[table * per_table + index] = entry_of(geometry, child, level, leaf=False, rights=0b1111) | marks
            table = child
        for number, rights in enumerate((0b1011, 0b1111)):
            entry = entry_of(geometry, CODE_FRAME, 0, leaf=True, rights=rights) | geometry.accessed | geometry.dirty
            words[table * per_table + 8 + number] = entry
        start |= 8 << geometry.page_shift
        return start, start + 4096

    def _unmarked(self) -> tuple[int, ...]:
        """Levels whose tables' entries cannot be marked, as the bit is reserved there."""
        geometry = self.geometry
        return tuple(level for level, bits in geometry.reserved_table.items() if bits & geometry.accessed)
