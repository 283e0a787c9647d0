"""Page tables, addresses and figures that others published: what they say is what the walker finds."""

import pytest

from pagelaw.spec.geometries import bound_to, geometry_named
from pagelaw.spec.paging import MALFORMED, NO_FAULT, NOT_CANONICAL, NOT_PRESENT, Access, Image, Walk


class Sparse(dict[int, int]):
    """Memory of which only these entries are not zero, by their number."""

    def __missing__(self, index: int) -> int:
        return 0


def walked(name: str, entries: dict[int, int], root: int, address: int) -> Walk:
    """The walk over entries at physical addresses."""
    geometry = geometry_named(name)
    words = Sparse({at // geometry.entry_bytes: entry for at, entry in entries.items()})
    return bound_to(geometry).walk(Image(words, 1 << 61), root, address)


#: xv6 (MIT 6.S081, autumn 2021, lab `pgtbl`): the tables of the first process, as the assignment prints them.
#: Table, index, entry, what the entry names.
XV6_ROOT = 0x87F6B000
XV6 = (
    (0x87F6B000, 0, 0x21FD9C01, 0x87F67000),
    (0x87F67000, 0, 0x21FD9801, 0x87F66000),
    (0x87F66000, 0, 0x21FDA01B, 0x87F68000),
    (0x87F66000, 1, 0x21FD9417, 0x87F65000),
    (0x87F66000, 2, 0x21FD9007, 0x87F64000),
    (0x87F66000, 3, 0x21FD8C17, 0x87F63000),
    (0x87F6B000, 255, 0x21FDA801, 0x87F6A000),
    (0x87F6A000, 511, 0x21FDA401, 0x87F69000),
    (0x87F69000, 509, 0x21FDCC13, 0x87F73000),
    (0x87F69000, 510, 0x21FDD007, 0x87F74000),
    (0x87F69000, 511, 0x20001C0B, 0x80007000),
)
#: The same process as xv6 lays it out: text, data, a guard page that the user may not touch, stack; below the highest
#: address the page shared with the user, the trap frame and the trampoline.
XV6_PAGES = (
    (0x0, 0x87F68000, "rxu"),
    (0x1000, 0x87F65000, "rwu"),
    (0x2000, 0x87F64000, "rw"),
    (0x3000, 0x87F63000, "rwu"),
    (0x3FFFFFD000, 0x87F73000, "ru"),
    (0x3FFFFFE000, 0x87F74000, "rw"),
    (0x3FFFFFF000, 0x80007000, "rx"),
)


def rights_of(found: Walk) -> str:
    """The rights of a walk as letters."""
    rights = zip("rwxu", (found.read, found.write, found.execute, found.user), strict=True)
    return "".join(letter for letter, granted in rights if granted)


def test_entries_that_xv6_prints() -> None:
    """Each printed entry names the printed physical address."""
    sv39 = bound_to(geometry_named("sv39"))
    for _, _, entry, named in XV6:
        assert sv39.frame_of(entry) << 12 == named


@pytest.mark.parametrize(("address", "physical", "rights"), XV6_PAGES)
def test_the_first_process_of_xv6(address: int, physical: int, rights: str) -> None:
    """Its pages are where they were printed, with the rights that xv6 gave them."""
    found = walked("sv39", {table + 8 * index: entry for table, index, entry, _ in XV6}, XV6_ROOT, address | 0x123)
    assert (found.fault, found.physical) == (NO_FAULT, physical | 0x123)
    assert rights_of(found) == rights


def test_what_xv6_does_not_map() -> None:
    """The page after the stack, and the first address that is not canonical."""
    entries = {table + 8 * index: entry for table, index, entry, _ in XV6}
    assert walked("sv39", entries, XV6_ROOT, 0x4000).fault == NOT_PRESENT
    assert walked("sv39", entries, XV6_ROOT, 1 << 38).fault == NOT_CANONICAL


@pytest.mark.parametrize(
    ("address", "steps", "lands"),
    [
        (0xFFFF_F680_0000_0000, 1, "PTE_BASE"),
        (0xFFFF_F6FB_4000_0000, 2, "PDE_BASE"),
        (0xFFFF_F6FB_7DA0_0000, 3, "PPE_BASE"),
        (0xFFFF_F6FB_7DBE_D000, 4, "PXE_BASE"),
    ],
)
def test_where_windows_sees_its_own_tables(address: int, steps: int, lands: str) -> None:
    """Windows x64 maps its tables through entry 0x1ED of the top table, until 2016 always; each base passes it again.

    Source: Windows Internals, x64 address space; bases in the WDK's and ReactOS's `mmx86`/`miarm` headers.
    """
    root, own = 0x1AB000, 0x1ED
    tables = {0: 0x200000, 1: 0x201000, 2: 0x202000}  # the way of address 0
    entries = {
        root + 8 * own: root | 0x63,
        root: tables[0] | 0x67,
        tables[0]: tables[1] | 0x67,
        tables[1]: tables[2] | 0x67,
    }
    seen = [tables[2], tables[1], tables[0], root][steps - 1]
    found = walked("x86-64", entries, root, address)
    assert (found.fault, found.physical) == (NO_FAULT, seen), lands
    assert not found.user  # CVE-2018-1038 was this entry with the user's bit


def test_the_self_map_entry_of_windows_is_at_its_published_place() -> None:
    """PXE_SELFMAP, 0xFFFFF6FB7DBEDF68, is the entry that maps itself."""
    root = 0x1AB000
    found = walked("x86-64", {root + 8 * 0x1ED: root | 0x63}, root, 0xFFFF_F6FB_7DBE_DF68)
    assert found.physical == root + 0xF68 == found.slot


@pytest.mark.parametrize(
    ("address", "physical"), [(0xC030_0000, 0x39000), (0xC030_0C00, 0x39C00), (0xC000_0000, 0x5000)]
)
def test_where_windows_on_x86_sees_its_own_tables(address: int, physical: int) -> None:
    """PTE_BASE 0xC0000000, PDE_BASE 0xC0300000: entry 0x300 of the directory names the directory."""
    entries = {0x39000 + 4 * 0x300: 0x39063, 0x39000: 0x5067}
    assert walked("win32", entries, 0x39000, address).physical == physical


@pytest.mark.parametrize(("address", "physical"), [(0xFFFF_F000, 0x39000), (0xFFC0_0000, 0x5000)])
def test_the_recursive_directory_of_hobby_kernels(address: int, physical: int) -> None:
    """The last entry names the directory: it is seen at 0xFFFFF000, the tables from 0xFFC00000 on (OSDev wiki)."""
    entries = {0x39000 + 4 * 1023: 0x39003, 0x39000: 0x5003}
    assert walked("win32", entries, 0x39000, address).physical == physical


@pytest.mark.parametrize(
    ("name", "address", "indices"),
    [
        ("x86-64", 0xFFFF_8880_0000_0000, (273, 0, 0, 0)),  # Linux: direct map, `page_offset_base`
        ("x86-64", 0xFFFF_FFFF_8000_0000, (511, 510, 0, 0)),  # Linux head_64.S: L4 511, L3_START_KERNEL 510
        ("x86-64", 0x0000_7FFF_FFFF_F000, (255, 511, 511, 511)),  # Linux: TASK_SIZE, the guard page
        ("x86-64-la57", 0xFF11_0000_0000_0000, (273, 0, 0, 0, 0)),  # Linux: direct map with five levels
        ("win32", 0xC000_0000, (768, 0)),  # Linux i386: kernel's part of `swapper_pg_dir` begins at entry 768
        ("win32", 0x2A8E_317F, (0xAA, 0xE3)),
        ("pae", 0xC000_0000, (3, 0, 0)),  # Linux i386 with PAE: the last of four
        ("sv39", 0x3F_FFFF_F000, (255, 511, 511)),  # xv6: TRAMPOLINE
        ("sv39", 0xFFFF_FFC0_0000_0000, (256, 0, 0)),  # Linux: first kernel address under Sv39
        ("sv48", 0xFFFF_8000_0000_0000, (256, 0, 0, 0)),  # Linux: first kernel address under Sv48
        ("aarch64", 0x0000_FFFF_FFFF_F000, (511, 511, 511, 511)),  # Arm: the last page under TTBR0, T0SZ = 16
    ],
)
def test_indices_of_well_known_addresses(name: str, address: int, indices: tuple[int, ...]) -> None:
    """The index at each level, top first, as kernels' sources name them; and the address is canonical."""
    geometry = geometry_named(name)
    walker = bound_to(geometry)
    assert walker.is_canonical(address)
    assert tuple(walker.index_of(address, level) for level in reversed(range(geometry.levels))) == indices


#: RISC-V Privileged Architecture, "Encoding of PTE R/W/X fields": X, W, R and what it means.
ENCODINGS = (
    (0b000, "table"),
    (0b001, "r"),
    (0b010, "reserved"),
    (0b011, "rw"),
    (0b100, "x"),
    (0b101, "rx"),
    (0b110, "reserved"),
    (0b111, "rwx"),
)


@pytest.mark.parametrize("name", ["sv32", "sv39", "sv48", "sv57"])
@pytest.mark.parametrize(("bits", "meaning"), ENCODINGS)
def test_encoding_of_rights(name: str, bits: int, meaning: str) -> None:
    """All eight rows, at the last level: a pointer there is as malformed as the reserved encodings."""
    geometry = geometry_named(name)
    entries = {(1 + depth) << 12: (2 + depth) << 10 | 1 for depth in range(geometry.levels - 1)}
    entries[geometry.levels << 12] = 0x77 << 10 | bits << 1 | 1
    found = walked(name, entries, 1 << 12, 0)
    if meaning in ("table", "reserved"):
        assert found.fault == MALFORMED
    else:
        assert (found.fault, found.physical, rights_of(found)) == (NO_FAULT, 0x77000, meaning)


#: Which bits of the entry and of the address make up the physical address, for each size of page.
#: Source: Intel SDM 3A, 4.3 to 4.5; RISC-V Privileged Architecture, figures of the page-table entries.
FIGURES = (
    ("win32", 0, (31, 12), 0),
    ("win32", 1, (31, 22), 0),
    ("pae", 0, (51, 12), 0),
    ("pae", 1, (51, 21), 0),
    ("x86-64", 0, (51, 12), 0),
    ("x86-64", 1, (51, 21), 0),
    ("x86-64", 2, (51, 30), 0),
    ("sv32", 0, (31, 10), 2),
    ("sv32", 1, (31, 20), 2),
    ("sv39", 0, (53, 10), 2),
    ("sv39", 1, (53, 19), 2),
    ("sv39", 2, (53, 28), 2),
    ("sv48", 3, (53, 37), 2),
    ("aarch64", 0, (47, 12), 0),
    ("aarch64", 1, (47, 21), 0),
    ("aarch64", 2, (47, 30), 0),
)


@pytest.mark.parametrize(("name", "level", "field", "shift"), FIGURES)
def test_each_bit_of_the_frame_field(name: str, level: int, field: tuple[int, int], shift: int) -> None:
    """Bit by bit: what the figure calls frame moves that bit of the physical address, and the rest is the offset."""
    geometry = geometry_named(name)
    marks = {"sv": 0b1111, "aa": 0b11 if level == 0 else 0b01}.get(name[:2], 0b11 | (0x80 if level else 0))
    tables = {"sv": (10, 1), "aa": (12, 3)}.get(name[:2], (12, 1 if name == "pae" else 7))
    depth = geometry.levels - 1 - level
    entries = {(1 + step) << 12: (2 + step) << tables[0] | tables[1] for step in range(depth)}
    offset = (1 << geometry.shift(level)) - 1
    for bit in range(field[1], field[0] + 1):
        leaf = {(1 + depth) << 12: 1 << bit | marks}
        found = walked(name, entries | leaf, 1 << 12, offset)
        assert (found.fault, found.physical) == (NO_FAULT, 1 << (bit + shift) | offset), bit
    first, last = field[1] - 1, (10 if name.startswith("sv") else 13)
    for bit in range(last, first + 1):
        found = walked(name, entries | {(1 + depth) << 12: 1 << bit | marks}, 1 << 12, offset)
        assert found.fault == MALFORMED or found.physical == offset, bit


def test_access_type_names_the_fault() -> None:
    """The RISC-V table of causes: 12 instruction, 13 load, 15 store page fault."""
    sv39 = bound_to(geometry_named("sv39"))
    causes = [sv39.page_fault_cause(Access(write, False, execute)) for write, execute in ((0, 1), (0, 0), (1, 0))]
    assert causes == [12, 13, 15]
