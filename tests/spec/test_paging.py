"""The walker against walkers written for one architecture each, on random bytes and at every edge."""

import random
import struct
from collections.abc import Callable

import numpy as np
import pytest

from pagelaw.model.fast.backend import vectorised
from pagelaw.spec import paging
from pagelaw.spec.geometries import BUILT_IN, Geometry, bound_to, geometry_named
from pagelaw.spec.paging import (
    MALFORMED,
    NO_FAULT,
    NOT_CANONICAL,
    NOT_PRESENT,
    OUTSIDE,
    PROTECTION,
    Access,
    Image,
)

PAGES = 8
READ, WRITE = Access(False, True, False), Access(True, True, False)
FETCH = Access(False, True, True)
KERNEL_READ, KERNEL_FETCH = Access(False, False, False), Access(False, False, True)


def naive_x86_64(memory: bytes, root: int, address: int) -> tuple[str, int]:
    """Four levels, as the manual's flow chart says it, with early exits."""
    top = address >> 47
    if top not in (0, (1 << 17) - 1):
        return "canonical", 0
    table = root
    for shift in (39, 30, 21, 12):
        at = table + (address >> shift & 511) * 8
        if at + 8 > len(memory):
            return "outside", 0
        (entry,) = struct.unpack_from("<Q", memory, at)
        if not entry & 1:
            return "absent", 0
        large = bool(entry & 0x80)
        if shift == 39 and large:
            return "reserved", 0
        base = entry & 0x000F_FFFF_FFFF_F000
        if shift in (30, 21) and large:
            if entry >> 13 & ((1 << (shift - 13)) - 1):
                return "reserved", 0
            return "found", base >> shift << shift | address & ((1 << shift) - 1)
        table = base
    return "found", table | address & 0xFFF


def naive_sv39(memory: bytes, root: int, address: int) -> tuple[str, int]:
    """Three levels, as the algorithm of the privileged specification."""
    if address >> 38 not in (0, (1 << 26) - 1):
        return "canonical", 0
    table = root
    for level in (2, 1, 0):
        at = table + (address >> (12 + 9 * level) & 511) * 8
        if at + 8 > len(memory):
            return "outside", 0
        (entry,) = struct.unpack_from("<Q", memory, at)
        valid, readable, writable, executable = (entry >> bit & 1 for bit in range(4))
        if not valid:
            return "absent", 0
        if writable and not readable:
            return "reserved", 0
        if entry >> 54:
            return "reserved", 0
        number = entry >> 10 & (1 << 44) - 1
        if readable or executable:
            if number & (1 << 9 * level) - 1:
                return "reserved", 0
            span = 12 + 9 * level
            return "found", number << 12 >> span << span | address & (1 << span) - 1
        if level == 0:
            return "reserved", 0
        if entry & 0b1101_0000:
            return "reserved", 0
        table = number << 12
    raise AssertionError("every level returns or goes on")


NAMES = {
    NO_FAULT: "found",
    NOT_CANONICAL: "canonical",
    NOT_PRESENT: "absent",
    MALFORMED: "reserved",
    OUTSIDE: "outside",
}


def image_of(memory: bytes, entry_bytes: int) -> Image:
    """The bytes as entries."""
    letter = {4: "I", 8: "Q"}[entry_bytes]
    words = list(struct.unpack(f"<{len(memory) // entry_bytes}{letter}", memory))
    return Image(words, len(words))


def random_tables(chance: random.Random, frame_shift: int, rights: tuple[int, ...]) -> bytes:
    """Pages of entries that mostly name each other, with a few wild bits."""
    words = []
    for _ in range(PAGES * 512):
        word = 1 | chance.randrange(PAGES + 1) << frame_shift | chance.choice(rights)
        if chance.random() < 0.1:
            word ^= 1 << chance.randrange(64)
        words.append(word)
    return struct.pack(f"<{len(words)}Q", *words)


@pytest.mark.parametrize(
    ("name", "naive", "rights"),
    [("x86-64", naive_x86_64, (0, 6, 7)), ("sv39", naive_sv39, (0, 0, 0, 0b1110, 0b10, 0b110, 0b1000))],
)
def test_random_bytes(name: str, naive: Callable[[bytes, int, int], tuple[str, int]], rights: tuple[int, ...]) -> None:
    """Thousands of walks over random tables agree with a walker that shares nothing with ours."""
    geometry, chance = geometry_named(name), random.Random(7)
    backend, seen = bound_to(geometry), set()
    for _ in range(12):
        memory = random_tables(chance, geometry.frame_shift, rights)
        image = image_of(memory, 8)
        for _ in range(400):
            address = chance.getrandbits(geometry.translated_bits - 1)
            if chance.random() < 0.3:
                address |= chance.getrandbits(64) >> chance.choice((0, 16)) << 40 & (1 << 64) - 1
            root = chance.randrange(PAGES) << 12
            found = backend.walk(image, root, address)
            assert (NAMES[found.fault], found.physical) == naive(memory, root, address)
            seen.add(NAMES[found.fault])
    assert seen == set(NAMES.values())


EACH = pytest.mark.parametrize("geometry", BUILT_IN, ids=lambda geometry: geometry.name)


def leaf_of(geometry: Geometry, frame: int, level: int = 0, *, rights: bool = True) -> int:
    """An entry that maps `frame`, with all rights or with none that has a bit of its own."""
    entry = frame << geometry.frame_shift | geometry.present
    if level and not geometry.leaf.inverted:
        entry |= geometry.leaf.bits & -geometry.leaf.bits
    if not level:
        entry |= geometry.needed_leaf & -geometry.needed_leaf
    for right in (geometry.read, geometry.write, geometry.user, geometry.execute):
        if rights != right.inverted:
            entry |= right.bits
    return entry


def table_of(geometry: Geometry, frame: int) -> int:
    """An entry that names a table, restricting nothing."""
    entry = frame << geometry.frame_shift | geometry.present
    if geometry.leaf.inverted:
        entry |= geometry.leaf.bits
    if geometry.table_rights_levels:
        entry |= geometry.write.bits | geometry.user.bits
    return entry


def mapped(geometry: Geometry, address: int, leaf: int, level: int = 0) -> Image:
    """Memory in which tables from frame 1 on lead to `leaf` at `level`."""
    backend, words, frame = bound_to(geometry), [0] * (PAGES << 12 >> (geometry.entry_bytes.bit_length() - 1)), 1
    for depth in range(geometry.levels - 1, level - 1, -1):
        if not geometry.index_bits[geometry.levels - 1 - depth]:
            continue
        at = (frame << 12 >> (geometry.entry_bytes.bit_length() - 1)) + backend.index_of(address, depth)
        frame += 1
        words[at] = leaf if depth == level else _plain_table(geometry, frame, depth)
    return Image(words, len(words))


def _plain_table(geometry: Geometry, frame: int, level: int) -> int:
    entry = table_of(geometry, frame)
    return entry & ~geometry.reserved_table.get(level, 0)


def an_address(geometry: Geometry) -> int:
    """A canonical address with a pattern in every field."""
    return 0x1234_5678_9ABC_DEF5 & (1 << (geometry.translated_bits - 1)) - 1


@EACH
def test_a_page_is_found(geometry: Geometry) -> None:
    """Through all levels to the frame, with every right, at the address's own byte."""
    address = an_address(geometry)
    found = bound_to(geometry).walk(mapped(geometry, address, leaf_of(geometry, 5)), 1 << 12, address)
    assert (found.fault, found.level) == (NO_FAULT, 0)
    assert found.physical == 5 << 12 | address & 0xFFF
    assert all((found.read, found.write, found.user, found.execute))


@EACH
def test_huge_leaves(geometry: Geometry) -> None:
    """At each level that has them a leaf maps its whole span; elsewhere it is malformed."""
    backend, address = bound_to(geometry), an_address(geometry)
    for level in range(1, geometry.levels):
        if not geometry.index_bits[geometry.levels - 1 - level]:
            continue
        leaf = leaf_of(geometry, 0, level)
        found = backend.walk(mapped(geometry, address, leaf, level), 1 << 12, address)
        if level in geometry.leaf_levels:
            assert (found.fault, found.level) == (NO_FAULT, level)
            assert found.physical == address & (1 << geometry.shift(level)) - 1
        elif not geometry.leaf.inverted:
            assert found.fault in (MALFORMED, NO_FAULT, NOT_PRESENT, OUTSIDE)


@EACH
def test_every_fault(geometry: Geometry) -> None:
    """Not present, beyond memory, reserved bits, and an address that is not canonical."""
    backend, address = bound_to(geometry), an_address(geometry)
    absent = mapped(geometry, address, 0)
    assert backend.walk(absent, 1 << 12, address).fault == NOT_PRESENT
    assert backend.walk(absent, PAGES << 12, address).fault == OUTSIDE
    reserved = geometry.reserved_leaf.get(0, 0)
    if reserved:
        broken = mapped(geometry, address, leaf_of(geometry, 5) | reserved & -reserved)
        assert backend.walk(broken, 1 << 12, address).fault == MALFORMED
    if geometry.translated_bits < geometry.address_bits:
        strange = address | 1 << geometry.translated_bits
        assert backend.walk(absent, 1 << 12, strange).fault == NOT_CANONICAL
        upper = (1 << geometry.address_bits) - (1 << (geometry.translated_bits - 1)) | address
        expected = NOT_PRESENT if geometry.sign_extended else NOT_CANONICAL
        assert backend.walk(absent, 1 << 12, upper).fault == expected


def test_arms_lower_half_has_all_48_bits() -> None:
    """TTBR0 translates up to 2^48: bit 47 is an address bit like any other, and those above it are zero."""
    backend = bound_to(geometry_named("aarch64"))
    highest = (1 << 48) - 1
    image = mapped(geometry_named("aarch64"), highest, leaf_of(geometry_named("aarch64"), 5))
    assert backend.walk(image, 1 << 12, highest).physical == 5 << 12 | 0xFFF
    assert backend.walk(image, 1 << 12, 1 << 48).fault == NOT_CANONICAL


@EACH
def test_rights(geometry: Geometry) -> None:
    """A leaf without rights refuses what needs a bit, to the user and where the geometry says so."""
    backend, address = bound_to(geometry), an_address(geometry)
    root = 1 << 12
    full = backend.walk(mapped(geometry, address, leaf_of(geometry, 5)), root, address)
    assert [backend.classify(full, access) for access in (READ, WRITE, FETCH)] == [NO_FAULT] * 3
    kernel = NO_FAULT if geometry.supervisor_uses_user else PROTECTION
    runs = NO_FAULT if geometry.supervisor_runs_user else PROTECTION
    assert backend.classify(full, KERNEL_READ) == kernel
    assert backend.classify(full, KERNEL_FETCH) == runs
    bare_entry = leaf_of(geometry, 5, rights=False)
    bare = backend.walk(mapped(geometry, address, bare_entry), root, address)
    assert backend.classify(bare, WRITE) == PROTECTION
    assert backend.classify(bare, READ) == PROTECTION
    absent = backend.walk(mapped(geometry, address, 0), root, address)
    assert backend.classify(absent, WRITE) == NOT_PRESENT


def test_rights_of_all_levels_combine() -> None:
    """Write and user must be granted at every level; one no-execute is enough."""
    geometry = geometry_named("x86-64")
    backend, address = bound_to(geometry), an_address(geometry)
    for level in (1, 2, 3):
        for bit, right in ((1 << 1, "write"), (1 << 2, "user"), (1 << 63, "execute")):
            image = mapped(geometry, address, leaf_of(geometry, 5))
            at = ((geometry.levels - level) << 12 >> 3) + backend.index_of(address, level)
            image.words[at] ^= bit
            found = backend.walk(image, 1 << 12, address)
            assert found.fault == NO_FAULT
            assert [name for name in ("read", "write", "user", "execute") if not getattr(found, name)] == [right]


def test_marks() -> None:
    """A write leaves accessed and dirty, a read accessed alone; an architecture without marks asks for none."""
    x86, arm = bound_to(geometry_named("x86-64")), bound_to(geometry_named("aarch64"))
    assert (x86.marks_of(READ), x86.marks_of(WRITE)) == (0x20, 0x60)
    assert arm.marks_of(WRITE) == 1 << 10
    assert x86.is_marked(0x60, x86.marks_of(WRITE))
    assert not x86.is_marked(0x20, x86.marks_of(WRITE))


@pytest.mark.parametrize(
    ("fault", "access", "code"),
    [
        (NOT_PRESENT, KERNEL_READ, 0b00000),
        (NOT_PRESENT, WRITE, 0b00110),
        (PROTECTION, WRITE, 0b00111),
        (PROTECTION, FETCH, 0b10101),
        (MALFORMED, READ, 0b01101),
    ],
)
def test_x86_error_codes(fault: int, access: Access, code: int) -> None:
    """Bit for bit as the manual's figure."""
    assert paging.page_fault_code(fault, access) == code


def test_a_fetch_is_told_only_where_execution_can_be_forbidden() -> None:
    """Two levels without no-execute: bit 4 stays zero; PAE has it."""
    win32, pae = bound_to(geometry_named("win32")), bound_to(geometry_named("pae"))
    assert win32.page_fault_code(NOT_PRESENT, FETCH) == 0b00100
    assert pae.page_fault_code(NOT_PRESENT, FETCH) == 0b10100


def test_risc_v_causes() -> None:
    """12 for a fetch, 13 for a load, 15 for a store."""
    assert [paging.page_fault_cause(access) for access in (FETCH, READ, WRITE)] == [12, 13, 15]


@EACH
def test_numpy_walks_as_integers_do(geometry: Geometry) -> None:
    """A thousand addresses at once come to what they come to one by one."""
    chance = random.Random(3)
    numbers = [chance.getrandbits(8 * geometry.entry_bytes) for _ in range(64)]
    tables = [1 | chance.randrange(PAGES) << geometry.frame_shift | chance.choice(numbers) & 0xF for _ in range(4096)]
    words = [*tables, *numbers] * (PAGES * 4096 // geometry.entry_bytes // 4160 + 1)
    addresses = [chance.getrandbits(geometry.translated_bits - 1) for _ in range(1000)]
    backend = bound_to(geometry)
    lanes = vectorised(paging, geometry.constants())
    kind = {4: np.uint32, 8: np.uint64}[geometry.entry_bytes]
    image = Image(np.array(words, kind), np.uint64(len(words)))
    found = lanes.walk(image, np.uint64(1 << 12), np.array(addresses, np.uint64))
    for lane, address in enumerate(addresses):
        alone = backend.walk(Image(words, len(words)), 1 << 12, address)
        assert [int(np.broadcast_to(part, 1000)[lane]) for part in found] == [int(part) for part in alone]
