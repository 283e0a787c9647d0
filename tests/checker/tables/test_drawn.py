"""Out of bytes come steps, addresses and images that are at the edges, and mostly possible."""

import pytest

from pagelaw.checker.tables.drawn import IMAGE_BYTES, address_of, dimensions_of, image_of, step_of
from pagelaw.checker.tables.machine import TINY, Machine
from pagelaw.checker.tables.steps import Create, Map, PageIn, Split, Unmap
from pagelaw.spec.geometries import BUILT_IN, geometry_named
from pagelaw.spec.paging import Access


def test_no_bytes_no_step() -> None:
    """A zero byte is no step; without a space most steps become one that makes a space."""
    machine = Machine(TINY)
    tables = machine.empty(3, 8)
    assert step_of(machine, tables, bytes(6)) is None
    assert step_of(machine, tables, bytes([1, 0, 0, 0, 0, 0])) == Create()


def test_steps_are_about_what_is_there() -> None:
    """Maps go to frames that are not mapped; what needs a page gets one that is mapped, or it becomes a map."""
    machine = Machine(TINY)
    tables, _, root = machine.rules.create(machine.empty(3, 8))
    assert step_of(machine, tables, bytes([1, 0, 0, 0, 0, 0])) == Map(root, 0, 3, 0, Access(False, False, False), False)
    assert isinstance(step_of(machine, tables, bytes([8, 0, 0, 0, 0, 0])), Map)
    tables, _, done = machine.rules.map_page(tables, root, 8, 3, 0, Access(True, False, False), False)
    assert done
    assert step_of(machine, tables, bytes([7, 0, 0, 0, 0, 0])) == Unmap(root, 8, 0)
    mapped = step_of(machine, tables, bytes([1, 0, 0, 0, 0, 0]))
    assert isinstance(mapped, Map)
    assert mapped.frame == 4
    again = step_of(machine, tables, bytes([1, 0, 0, 0, 0x30, 0]))
    assert isinstance(again, Map)
    assert again.frame == 3
    assert isinstance(step_of(machine, tables, bytes([12, 0, 0, 0, 0, 250])), PageIn)
    assert isinstance(step_of(machine, tables, bytes([19, 0, 0, 0, 0, 250])), Split)


def test_no_block_overlaps_another_in_part() -> None:
    """A huge leaf over a frame that is mapped on its own is not drawn: no allocator gives such frames."""
    machine = Machine(TINY)
    tables, _, root = machine.rules.create(machine.empty(3, 8))
    tables, _, done = machine.rules.map_page(tables, root, 8, 5, 0, Access(True, False, False), False)
    assert done
    huge = bytes([1, 0, 0, 4, 0, 0])
    assert step_of(machine, tables, huge) is None
    assert isinstance(step_of(machine, machine.rules.create(machine.empty(3, 8))[0], huge), Map)


@pytest.mark.parametrize("geometry", BUILT_IN, ids=lambda geometry: geometry.name)
def test_addresses_are_at_the_edges(geometry: object) -> None:
    """The first and the last page, and one that is not canonical where there can be one."""
    machine = Machine(geometry)  # type: ignore[arg-type]
    form = machine.geometry
    assert address_of(form, 0) == 0
    assert address_of(form, 0x3FF) == (1 << form.address_bits) - (1 << form.page_shift) or not form.sign_extended
    assert address_of(form, 0, 240) == 1
    image = machine.rules.Image({0: 0}, 1)
    spoilt = address_of(form, 1, 250)
    if form.address_bits > form.translated_bits:
        assert machine.rules.walk(image, 0, spoilt).fault == 1
    frames, limit = dimensions_of(machine, 0)
    assert frames == 1 + len(machine.table_levels)
    assert limit % machine.rules.frames_of(machine.leaf_levels[-1]) == 0
    assert dimensions_of(machine, 250)[0] <= len(machine.table_levels)


def test_images_have_entries_where_walks_go() -> None:
    """Nothing for zeros; for other bytes tables that name tables, and leaves."""
    machine = Machine(geometry_named("sv39"))
    assert not image_of(machine, bytes(IMAGE_BYTES)).words
    image = image_of(machine, bytes([1, 1, 0] * (IMAGE_BYTES // 3)))
    assert sorted(image.words) == [frame * 512 + index for frame in range(4) for index in (0, 1, 511)]
    assert {machine.rules.frame_of(entry) for entry in image.words.values()} == {1}
    leaves = image_of(machine, bytes([5, 8, 255] * (IMAGE_BYTES // 3)))
    assert all(machine.rules.is_leaf(entry, 0) for entry in leaves.words.values())
