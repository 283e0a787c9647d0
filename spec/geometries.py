"""Geometries as data: how each architecture divides an address and lays out an entry, bit for bit.

A geometry is a table of numbers, given to the functions of `paging` as their constants. Adding one is adding a table;
a user's own comes from a JSON file with the same names (`geometry_files`), and is known by its name once registered.

The worked example of 10 + 10 + 12 bits: directory index 0x0AA at byte 0x2A8, table index 0x0E3 at byte 0x38C, and byte
0x17F of the frame.

>>> win32 = bound_to(geometry_named("win32"))
>>> [hex(win32.index_of(0x2A8E317F, level)) for level in (1, 0)], hex(win32.offset_of(0x2A8E317F, 0))
(['0xaa', '0xe3'], '0x17f')
>>> [hex(win32.index_of(0x2A8E317F, level) << win32.ENTRY_SHIFT) for level in (1, 0)]
['0x2a8', '0x38c']

Source: Intel SDM 3A, tables 4-4 to 4-20; RISC-V Privileged Architecture, figures of Sv32 to Sv57; Arm ARM DDI 0487,
D8.3; 10 + 10 + 12 bits, tables of 1024 four-byte entries (Win32 on x86); PGD, PMD, PTE with the middle level folded.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping

import attrs

from . import algebra, paging
from .algebra import PRIMITIVES, Backend, rebind

#: Tables of the largest geometry there is.
_MOST_LEVELS = 5
_WORD_BITS = 64


class GeometryError(ValueError):
    """A geometry that cannot be; the message says what is wrong with it."""


def _numbers(values: Iterable[int]) -> tuple[int, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class Right:
    """A right: granted if one of `bits` is set; with `inverted` if none is. No bits, inverted: always granted."""

    bits: int = 0
    inverted: bool = True


@attrs.frozen(kw_only=True)
class Geometry:
    """How addresses are divided and entries laid out. Lists by level have the top level first.

    Attributes:
        name: short name, as on the command line.
        title: what it is.
        index_bits: bits of each table index; 0 for a folded level, which has no table.
        address_bits: width of an address register.
        sign_extended: the bits above those translated repeat the last of them; otherwise they are zero.
        entry_bytes: 4 or 8.
        present: the bit without which an entry is nothing.
        leaf: how an entry above the last level says that it maps a page.
        leaf_levels: levels above 0 that may have leaves (0 is the last level).
        read, write, user, execute: the rights.
        table_rights_levels: levels whose table entries restrict rights.
        supervisor_uses_user, supervisor_runs_user: whether pages of the user are open to the supervisor.
        accessed, dirty, global_, table_accessed: the marks, where there are any.
        frame, frame_shift: the bits that name the frame, and their distance from the right.
        reserved_table, reserved_leaf: bits that must be zero, by level.
        needed_leaf: bits of which a leaf at level 0 must have one, where there are any.
        meaningless: (mask, value) of entries that have no meaning.
    """

    name: str
    title: str
    index_bits: tuple[int, ...] = attrs.field(converter=_numbers)
    address_bits: int = 64
    sign_extended: bool = True
    entry_bytes: int = 8
    page_shift: int = 12
    present: int = 1
    leaf: Right = Right(bits=1 << 7, inverted=False)
    leaf_levels: tuple[int, ...] = attrs.field(default=(1, 2), converter=_numbers)
    read: Right = Right()
    write: Right = Right(bits=1 << 1, inverted=False)
    user: Right = Right(bits=1 << 2, inverted=False)
    execute: Right = Right(bits=1 << 63)
    table_rights_levels: tuple[int, ...] = attrs.field(default=(), converter=_numbers)
    supervisor_uses_user: bool = True
    supervisor_runs_user: bool = True
    accessed: int = 1 << 5
    dirty: int = 1 << 6
    global_: int = 1 << 8
    table_accessed: bool = True
    frame: int = 0x000F_FFFF_FFFF_F000
    frame_shift: int = 12
    reserved_table: Mapping[int, int] = attrs.field(factory=dict)
    reserved_leaf: Mapping[int, int] = attrs.field(factory=dict)
    needed_leaf: int = 0
    meaningless: tuple[int, int] = (0, 1)

    def __attrs_post_init__(self) -> None:
        if not 1 <= len(self.index_bits) <= _MOST_LEVELS:
            raise GeometryError(f"{self.name}: 1 to {_MOST_LEVELS} levels, not {len(self.index_bits)}")
        if self.entry_bytes not in (4, 8):
            raise GeometryError(f"{self.name}: an entry has 4 or 8 bytes, not {self.entry_bytes}")
        if self.present != 1:
            raise GeometryError(f"{self.name}: present must be bit 0: software's own formats begin at bit 1")
        if self.translated_bits > self.address_bits:
            raise GeometryError(f"{self.name}: {self.translated_bits} bits are translated, of {self.address_bits}")
        if self.address_bits > _WORD_BITS:
            raise GeometryError(f"{self.name}: an address has {_WORD_BITS} bits at most, not {self.address_bits}")
        for bits in self.index_bits:
            if not 0 <= bits <= self.page_shift - (self.entry_bytes.bit_length() - 1):
                raise GeometryError(f"{self.name}: an index of {bits} bits reaches beyond its table's page")
        if not (self.index_bits[0] and self.index_bits[-1]):
            raise GeometryError(f"{self.name}: only levels between the first and the last can be folded")
        self._expect_an_entry()

    def _expect_an_entry(self) -> None:
        """Each bit of an entry means one thing, and there is such a bit."""
        frames = self.frame >> self.frame_shift
        if not frames or frames & (frames + 1) or frames << self.frame_shift != self.frame:
            raise GeometryError(f"{self.name}: frame {self.frame:#x} is no run of bits from bit {self.frame_shift} on")
        kinds = self._rights_bits | self.leaf.bits | self.needed_leaf
        marks = {"accessed": self.accessed, "dirty": self.dirty, "global_": self.global_}
        taken = 0
        for name, bits in {"present": self.present, "frame": self.frame, **marks, "a right or leaf": kinds}.items():
            if taken & bits:
                raise GeometryError(f"{self.name}: {name} has a bit of another field: {taken & bits:#x}")
            taken |= bits
        tables, leaves = range(1, self.levels), range(min(self.levels, _MOST_LEVELS - 1))
        for name, levels, reserved in (
            ("reserved_table", tables, self.reserved_table),
            ("reserved_leaf", leaves, self.reserved_leaf),
        ):
            for level, bits in reserved.items():
                if level not in levels:
                    raise GeometryError(f"{self.name}: {name} speaks of level {level}, where there are none")
                taken |= bits
        if taken >> 8 * self.entry_bytes:
            raise GeometryError(f"{self.name}: bits {taken:#x} are not in an entry of {self.entry_bytes} bytes")

    @property
    def levels(self) -> int:
        """How many levels there are, folded ones included."""
        return len(self.index_bits)

    @property
    def translated_bits(self) -> int:
        """Bits of an address that are translated or lie inside the page."""
        return self.page_shift + sum(self.index_bits)

    def shift(self, level: int) -> int:
        """Where the index of `level` begins in an address."""
        return self.page_shift + sum(self.index_bits[self.levels - level :])

    def below(self, level: int) -> int:
        """The next level under `level` that is not folded; 0 under the last one."""
        widths = self.index_bits[::-1]
        return next((lower for lower in range(level - 1, -1, -1) if widths[lower]), 0)

    @property
    def _rights(self) -> tuple[Right, ...]:
        return self.read, self.write, self.user, self.execute

    @property
    def _rights_bits(self) -> int:
        return self.read.bits | self.write.bits | self.user.bits | self.execute.bits

    def constants(self) -> dict[str, int]:
        """The numbers under the names that `paging` knows them by."""
        every = range(self.levels)
        upper = ((1 << self.address_bits) - 1) & ~((1 << self.translated_bits) - 1)
        sign = 1 << (self.translated_bits - 1) if self.sign_extended and upper else 0
        rights = {"LEAF": self.leaf, "READ": self.read, "WRITE": self.write, "USER": self.user}
        named = {
            "LEVELS": self.levels,
            "PAGE_SHIFT": self.page_shift,
            "ENTRY_SHIFT": self.entry_bytes.bit_length() - 1,
            "LEVEL_SHIFTS": sum(self.shift(level) << 8 * level for level in every),
            "INDEX_BITS": sum(self.index_bits[self.levels - 1 - level] << 8 * level for level in every),
            "LAST_ADDRESS": (1 << self.address_bits) - 1,
            "SIGN_BIT": sign,
            "UPPER_BITS": upper,
            "PRESENT": self.present,
            "LEAF_LEVELS": sum(1 << level for level in self.leaf_levels),
            "LEAF_MARK": 0 if self.leaf.inverted else self.leaf.bits & ~self._rights_bits,
            "LEAF_MARK_0": self.needed_leaf & ~self._rights_bits,
            "TABLE_MARK": self.leaf.bits if self.leaf.inverted else 0,
            "TABLE_GRANTS": sum(right.bits for right in self._rights if not right.inverted),
            "BELOW": sum(self.below(level) << 8 * level for level in every),
            "TABLE_RIGHTS_LEVELS": sum(1 << level for level in self.table_rights_levels),
            "SUPERVISOR_USES_USER": int(self.supervisor_uses_user),
            "SUPERVISOR_RUNS_USER": int(self.supervisor_runs_user),
            "ACCESSED": self.accessed,
            "DIRTY": self.dirty,
            "TABLE_ACCESSED": int(self.table_accessed),
            "GLOBAL": self.global_,
            "FRAME": self.frame,
            "FRAME_SHIFT": self.frame_shift,
            "NEEDED_LEAF_0": self.needed_leaf,
            "MEANINGLESS_MASK": self.meaningless[0],
            "MEANINGLESS": self.meaningless[1],
        }
        for name, right in (rights | {"EXECUTE": self.execute}).items():
            named |= {name: right.bits, f"{name}_FLIP": int(right.inverted)}
        named |= {f"RESERVED_TABLE_{level}": self.reserved_table.get(level, 0) for level in range(1, _MOST_LEVELS)}
        return named | {f"RESERVED_LEAF_{level}": self.reserved_leaf.get(level, 0) for level in range(4)}


def _bit(number: int) -> Right:
    return Right(bits=1 << number, inverted=False)


def _bits(first: int, last: int) -> int:
    return ((1 << (last - first + 1)) - 1) << first


def _x86_long(name: str, title: str, levels: int) -> Geometry:
    """Four and five levels: a leaf at 4 KiB, 2 MiB and 1 GiB; W and U restrict at every level."""
    return Geometry(
        name=name,
        title=title,
        index_bits=(9,) * levels,
        table_rights_levels=range(1, levels),
        reserved_table=dict.fromkeys(range(3, levels), 1 << 7),
        reserved_leaf={1: _bits(13, 20), 2: _bits(13, 29)},
    )


def _risc_v(name: str, index_bits: tuple[int, ...], entry_bytes: int) -> Geometry:
    """A leaf has R, W or X; rights are the leaf's alone; a table's entry has no U, A or D."""
    wide = entry_bytes == 8
    reserved = _bits(54, 63) if wide else 0
    widths = index_bits[::-1]
    below = {level: _bits(10, 9 + sum(widths[:level])) for level in range(1, len(widths))}
    marks = 1 << 4 | 1 << 6 | 1 << 7
    return Geometry(
        name=name,
        title=f"RISC-V {name.capitalize()}",
        index_bits=index_bits,
        address_bits=64 if wide else 32,
        entry_bytes=entry_bytes,
        leaf=Right(bits=0b1110, inverted=False),
        leaf_levels=range(1, len(index_bits)),
        read=_bit(1),
        write=_bit(2),
        user=_bit(4),
        execute=_bit(3),
        supervisor_uses_user=False,
        supervisor_runs_user=False,
        accessed=1 << 6,
        dirty=1 << 7,
        global_=1 << 5,
        table_accessed=False,
        frame=_bits(10, 53 if wide else 31),
        frame_shift=10,
        reserved_table=dict.fromkeys(range(1, len(index_bits)), reserved | marks),
        reserved_leaf={level: reserved | below.get(level, 0) for level in range(min(4, len(index_bits)))},
        needed_leaf=0b1110,
        meaningless=(0b111, 0b101),
    )


WIN32 = Geometry(
    name="win32",
    title="x86, 10 + 10 + 12, tables of 1024 four-byte entries, 4 MiB pages",
    index_bits=(10, 10),
    address_bits=32,
    entry_bytes=4,
    leaf_levels=(1,),
    execute=Right(),
    table_rights_levels=(1,),
    frame=_bits(12, 31),
    reserved_leaf={1: _bits(13, 21)},
)
BUILT_IN = (
    WIN32,
    attrs.evolve(
        WIN32,
        name="linux-i386",
        title="Linux's three levels on x86, the middle one folded: one entry, no bits",
        index_bits=(10, 0, 10),
        leaf_levels=(2,),
        table_rights_levels=(2,),
        reserved_leaf={2: _bits(13, 21)},
    ),
    Geometry(
        name="pae",
        title="x86 with PAE, 2 + 9 + 9 + 12, 2 MiB pages; the top level restricts no right",
        index_bits=(2, 9, 9),
        address_bits=32,
        leaf_levels=(1,),
        table_rights_levels=(1,),
        reserved_table={1: _bits(52, 62), 2: 0b1_1110_0110 | _bits(52, 63)},
        reserved_leaf={0: _bits(52, 62), 1: _bits(52, 62) | _bits(13, 20)},
    ),
    _x86_long("x86-64", "x86-64, four levels, 4 KiB, 2 MiB and 1 GiB pages", 4),
    _x86_long("x86-64-la57", "x86-64, five levels", 5),
    _risc_v("sv32", (10, 10), 4),
    _risc_v("sv39", (9, 9, 9), 8),
    _risc_v("sv48", (9, 9, 9, 9), 8),
    _risc_v("sv57", (9, 9, 9, 9, 9), 8),
    Geometry(
        name="aarch64",
        title="AArch64 stage 1, 4 KiB granule, 48 bits under TTBR0, 2 MiB and 1 GiB blocks",
        index_bits=(9, 9, 9, 9),
        sign_extended=False,
        leaf=Right(bits=0b10),
        leaf_levels=(1, 2),
        write=Right(bits=1 << 7),
        user=_bit(6),
        execute=Right(bits=1 << 54),
        accessed=1 << 10,
        dirty=0,
        global_=0,
        table_accessed=False,
        frame=_bits(12, 47),
        needed_leaf=0b10,
    ),
)


#: Geometries of users, by name, for as long as the process lives: what was judged by a name keeps its meaning.
_REGISTERED: dict[str, Geometry] = {}


def known_geometries() -> tuple[Geometry, ...]:
    """The built-in geometries, and those that were registered."""
    return (*BUILT_IN, *_REGISTERED.values())


def is_built_in(name: str) -> bool:
    """Whether everybody knows the geometry of this name without a description."""
    return any(geometry.name == name for geometry in BUILT_IN)


def register(geometry: Geometry) -> Geometry:
    """Make a geometry known by its name, and give the one that is known by it from now on.

    A name that already stands for other numbers is a `GeometryError`.
    """
    known = {other.name: other for other in known_geometries()}.get(geometry.name)
    if known is None:
        known = _REGISTERED[geometry.name] = geometry
    for name in (field.name for field in attrs.fields(Geometry) if field.name != "title"):
        if getattr(geometry, name) != getattr(known, name):
            raise GeometryError(f"another geometry is called {geometry.name!r} and has another {name}: rename yours")
    return known


def geometry_named(name: str) -> Geometry:
    """The geometry of this name, built in or registered; a `GeometryError` lists those there are."""
    for geometry in known_geometries():
        if geometry.name == name:
            return geometry
    raise GeometryError(f"no geometry is called {name!r}; there are {', '.join(g.name for g in known_geometries())}")


def bound_to(geometry: Geometry, module: types.ModuleType = paging) -> Backend:
    """The functions of `paging`, or of a module that builds on it, on plain integers, with a geometry's numbers."""
    primitives = {name: getattr(algebra, name) for name in PRIMITIVES}
    return rebind(module, primitives=primitives, overrides=geometry.constants())
