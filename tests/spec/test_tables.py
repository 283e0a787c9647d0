"""The steps on page tables, against dictionaries that say what is mapped."""

import random
from typing import Any

import pytest

from pagelaw.spec.geometries import BUILT_IN, Geometry, geometry_named
from pagelaw.spec.paging import NO_FAULT, NOT_PRESENT, PROTECTION, Access
from pagelaw.spec.tables import SHARED

from .machines import READ, TINY, USER_WRITE, WRITE, Machine

every_geometry = pytest.mark.parametrize("geometry", [TINY, *BUILT_IN], ids=lambda geometry: geometry.name)


def started(geometry: Geometry = TINY, frames: int = 8, limit: int = 16) -> tuple[Machine, int]:
    """A machine with one empty space."""
    machine = Machine(geometry, frames, limit)
    done, root = machine.do("create")
    assert done
    return machine, root


def last_page(machine: Machine, level: int = 0) -> int:
    """The last page there is."""
    last: int = machine.walker.LAST_ADDRESS
    if not machine.geometry.sign_extended:
        last = (1 << machine.geometry.translated_bits) - 1
    return last - machine.walker.span_of(level) + 1


@every_geometry
def test_what_is_mapped_is_found_and_what_is_unmapped_is_not(geometry: Geometry) -> None:
    """At every level that has leaves, at the first and the last page; all tables are given back in the end."""
    for level in [0, *(level for level in geometry.leaf_levels if geometry.shift(level) < 32)]:
        size = 1 << (geometry.shift(level) - geometry.page_shift)
        frames = 8 + 8 % size
        machine, root = started(geometry, frames, 4 * size if size > 8 else 16)
        frame = 2 * size if 2 * size >= frames else 8
        for address in (0, last_page(machine, level)):
            assert machine.do("map_page", root, address, frame, level, WRITE, False) == (True, True)
            found = machine.walk(root, address + machine.walker.span_of(level) - 1)
            assert found.fault == NO_FAULT
            assert found.physical == ((frame + size) << geometry.page_shift) - 1
            assert found.write
            assert machine.do("map_page", root, address, frame, level, WRITE, False) == (False, False)
            assert machine.do("unmap_page", root, address, level)
            assert machine.walk(root, address).fault == NOT_PRESENT
        assert machine.tables.spare == frames - 1
        assert machine.do("drop", root)
        assert not any(machine.tables.words)


@every_geometry
def test_splitting_moves_nothing(geometry: Geometry) -> None:
    """Private and shared, marked or not: every byte stays where it was, and each part is a page of its own."""
    for level in [level for level in geometry.leaf_levels if geometry.shift(level) < 32]:
        size = 1 << (geometry.shift(level) - geometry.page_shift)
        machine, root = started(geometry, 8, 8 + 4 * size)
        first = -(-8 // size) * size
        for shared in (False, True):
            assert machine.do("map_page", root, 0, first, level, USER_WRITE, shared) == (True, True)
            before = {a: machine.walk(root, a).physical for a in (0, 1, machine.walker.span_of(level) - 1)}
            assert machine.do("split_page", root, 0, level) == (True, True)
            for address, physical in before.items():
                found = machine.walk(root, address)
                assert (found.physical, found.write) == (physical, True)
                assert found.level == geometry.below(level)
            part = 1 << (geometry.shift(geometry.below(level)) - geometry.page_shift)
            pieces = range(first, first + size, part)
            assert all(machine.tables.count[frame] == 1 for frame in pieces)
            assert all((machine.tables.backed[frame] == SHARED) == shared for frame in pieces)
            for number in range(len(pieces)):
                assert machine.do(
                    "unmap_page", root, number * machine.walker.span_of(geometry.below(level)), geometry.below(level)
                )
        assert machine.do("split_page", root, 0, level) == (False, False)


def test_a_split_needs_a_table_frame() -> None:
    """Legal, but not done."""
    machine, root = started(TINY, 1, 16)
    assert machine.do("map_page", root, 0, 2, 1, WRITE, False) == (True, True)
    assert machine.do("split_page", root, 0, 1) == (True, False)
    assert machine.do("split_page", root, 0, 9) == (False, False)


@every_geometry
def test_whatever_is_done_the_walks_are_those_of_a_dictionary(geometry: Geometry) -> None:
    """Random steps; after each, every page that is of interest is where the dictionary says."""
    chance = random.Random(geometry.name)
    machine = Machine(geometry, 7, 16)
    roots: list[int] = []
    mapped: dict[tuple[int, int], tuple[int, Access]] = {}
    pages = sorted(
        {0, machine.walker.span_of(0), last_page(machine), machine.walker.span_of(min(1, geometry.levels - 1))}
    )
    for _ in range(150):
        step = chance.choice(("create", "map", "map", "map", "unmap", "protect", "drop"))
        root = chance.choice(roots) if roots else 3 << geometry.page_shift
        address, frame = chance.choice(pages), chance.randrange(6, 17)
        access = Access(chance.random() < 0.5, chance.random() < 0.5, chance.random() < 0.5)
        if step == "create":
            done, created = machine.do("create")
            roots += [created] if done else []
        elif step == "map":
            used = {frame for frame, _ in mapped.values()}
            legal, done = machine.do("map_page", root, address, frame, 0, access, False)
            assert legal == (root in roots and (root, address) not in mapped and 7 <= frame < 16 and frame not in used)
            if done:
                mapped[root, address] = frame, access
        elif step == "unmap":
            assert machine.do("unmap_page", root, address, 0) == ((root, address) in mapped)
            mapped.pop((root, address), None)
        elif step == "protect":
            assert machine.do("protect_page", root, address, 0, access) == ((root, address) in mapped)
            if (root, address) in mapped:
                mapped[root, address] = mapped[root, address][0], access
        elif machine.do("drop", root):
            assert not [key for key in mapped if key[0] == root]
            roots.remove(root)
        agree(machine, roots, pages, mapped)


def agree(
    machine: Machine, roots: list[int], pages: list[int], mapped: dict[tuple[int, int], tuple[int, Access]]
) -> None:
    """Each page of each space is mapped as the dictionary says, or not at all."""
    for root in roots:
        for address in pages:
            found = machine.walk(root, address)
            if (root, address) not in mapped:
                assert found.fault == NOT_PRESENT
                continue
            frame, access = mapped[root, address]
            assert (found.fault, found.physical) == (NO_FAULT, frame << machine.geometry.page_shift)
            if machine.walker.WRITE:
                assert found.write == access.write


def test_a_frame_is_mapped_twice_only_if_shared() -> None:
    """Shared at both, or not at all; `share` makes one that is mapped a shared one."""
    machine, root = started()
    assert machine.do("map_page", root, 0, 9, 0, WRITE, False) == (True, True)
    assert machine.do("map_page", root, 8, 9, 0, WRITE, True) == (False, False)
    machine.tables = machine.steps.share(machine.tables, 9)
    assert machine.do("map_page", root, 8, 9, 0, WRITE, False) == (False, False)
    assert machine.do("map_page", root, 8, 9, 0, WRITE, True) == (True, True)
    assert machine.tables.count[9] == 2
    assert machine.do("unmap_page", root, 0, 0)
    assert (machine.tables.count[9], machine.tables.backed[9]) == (1, SHARED)
    assert machine.do("unmap_page", root, 8, 0)
    assert (machine.tables.count[9], machine.tables.backed[9]) == (0, 0)
    machine.tables = machine.steps.share(machine.tables, 9)
    machine.tables = machine.steps.share(machine.tables, 2**40)
    assert machine.tables.backed[9] == 0


@pytest.mark.parametrize(
    ("root", "address", "frame", "level"),
    [
        (1 << 3, 0, 9, 0),
        (1, 0, 9, 0),
        (2**40, 0, 9, 0),
        (0, 4, 9, 0),
        (0, 0, 7, 0),
        (0, 0, 16, 0),
        (0, 0, 9, 1),
        (0, 8, 10, 1),
        (0, 0, 9, 2),
        (0, 0, 9, 2**63),
        (0, 32, 9, 0),
    ],
    ids=lambda value: str(value),
)
def test_what_cannot_be_mapped(root: int, address: int, frame: int, level: int) -> None:
    """No root, no page, no frame, a misaligned block, no such level, no such address: refused, and nothing changed."""
    machine, _ = started()
    before = machine.snapshot()
    assert machine.do("map_page", root, address, frame, level, WRITE, False) == (False, False)
    assert machine.snapshot() == before


def test_out_of_memory_leaves_nothing_behind() -> None:
    """Four tables are needed and two are left: legal, not done, and all is as before."""
    machine, root = started(geometry_named("x86-64"), 3, 16)
    before = machine.snapshot()
    assert machine.do("map_page", root, 0, 9, 0, WRITE, False) == (True, False)
    assert machine.snapshot() == before
    machine, root = started(geometry_named("x86-64"), 4, 16)
    assert machine.do("map_page", root, 0, 9, 0, WRITE, False) == (True, True)
    assert machine.do("create") == (False, 0)


def test_a_space_is_dropped_only_when_it_is_empty() -> None:
    """And only once."""
    machine, root = started()
    machine.do("map_page", root, 0, 9, 0, WRITE, False)
    assert not machine.do("drop", root)
    machine.do("unmap_page", root, 0, 0)
    assert machine.do("drop", root)
    assert not machine.do("drop", root)


def test_a_page_goes_to_its_file_and_comes_back() -> None:
    """Its entry knows where it is; it comes back to another frame with the rights that it had."""
    machine, root = started()
    machine.do("map_page", root, 8, 9, 0, USER_WRITE, False)
    assert not machine.do("page_out", root, 8, 3, 0)
    assert machine.do("page_out", root, 8, 3, 77)
    assert not machine.do("page_out", root, 8, 3, 77)
    assert machine.tables.count[9] == 0
    found = machine.walk(root, 8)
    assert found.fault == NOT_PRESENT
    assert (machine.entries.file_of(found.entry), machine.entries.place_of(found.entry)) == (3, 77)
    assert not machine.do("page_in", root, 0, 10)
    assert not machine.do("page_in", root, 8, 5)
    assert machine.do("page_in", root, 8, 10)
    found = machine.walk(root, 8)
    assert (found.physical, found.write, found.user) == (10 << 3, True, True)


@every_geometry
def test_an_access_marks_its_leaf_and_its_tables(geometry: Geometry) -> None:
    """As far as the geometry has marks; a fault marks nothing, and no walk changes."""
    machine, root = started(geometry)
    machine.do("map_page", root, 0, 9, 0, READ, False)
    touched = touch(machine, root, 0, READ)
    assert touched == (NO_FAULT, 9 << geometry.page_shift)
    leaf = machine.walk(root, 0).entry
    assert leaf & geometry.accessed == geometry.accessed
    assert leaf & geometry.dirty == 0
    top = machine.tables.words[0]
    reserved = geometry.reserved_table.get(geometry.levels - 1, 0)
    if geometry.table_accessed and not reserved & geometry.accessed:
        assert top & geometry.accessed
    before = machine.snapshot()
    assert touch(machine, root, 0, WRITE) == (PROTECTION, 0)
    assert touch(machine, root, last_page(machine), READ)[0] == NOT_PRESENT
    assert machine.snapshot() == before
    machine.do("protect_page", root, 0, 0, WRITE)
    assert touch(machine, root, 1, WRITE) == (NO_FAULT, (9 << geometry.page_shift) + 1)
    assert machine.walk(root, 0).entry & geometry.dirty == geometry.dirty


def touch(machine: Machine, root: int, address: int, access: Access) -> tuple[Any, Any]:
    """One access of the hardware."""
    image, fault, physical = machine.steps.touch(machine.steps.image_of(machine.tables), root, address, access)
    machine.tables = machine.tables._replace(words=image.words)
    return fault, physical
