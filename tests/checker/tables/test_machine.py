"""Table memory of which nearly all is zero, and what a machine can tell about a state."""

import pytest

from pagelaw.checker.tables.machine import LAWS, TINY, TINY_FOLDED, Cells, Machine, copied
from pagelaw.spec import table_laws, translation_laws
from pagelaw.spec.geometries import BUILT_IN, geometry_named
from pagelaw.spec.law import laws_of
from pagelaw.spec.paging import Access

RW = Access(True, False, False)


def test_cells_are_zero_until_they_are_not() -> None:
    """Zero is not kept, outside is an error in both directions, a copy is apart."""
    cells = Cells(4, {1: 7})
    other = cells.copy()
    other[1], other[3] = 0, 9
    assert (cells[1], cells[3], dict(other), other.size) == (7, 0, {3: 9}, 4)
    assert cells.changed(other) == [1, 3]
    for index in (-1, 4):
        with pytest.raises(IndexError, match=f"no element {index} among 4"):
            cells[index]
        with pytest.raises(IndexError, match=f"no element {index} among 4"):
            cells[index] = 1


def test_the_laws_are_those_on_page_tables() -> None:
    """All of the contract's laws but those on TLBs and on conduct: a law added there has to be added here."""
    about = {table_laws.__name__, translation_laws.__name__}
    known = [law.id for law in laws_of("translation") if getattr(law.predicate, "__module__", "") in about]
    assert set(known) == LAWS


@pytest.mark.parametrize("geometry", [TINY, TINY_FOLDED, *BUILT_IN], ids=lambda geometry: geometry.name)
def test_what_is_mapped_is_told(geometry: object) -> None:
    """Roots and leaves of a state, and the way to a leaf: one entry for each level that has a table."""
    machine = Machine(geometry)  # type: ignore[arg-type]
    tables = machine.empty(6, 64)
    tables, _, root = machine.rules.create(tables)
    tables, _, done = machine.rules.map_page(tables, root, 0, 13, 0, RW, False)
    assert done
    assert machine.roots(tables) == [root]
    [(slot, frame, level)] = machine.leaves(tables)
    assert (frame, level) == (13, 0)
    way = machine.slots_on_way(machine.rules.image_of(tables), root, 0)
    assert [level for level, _ in way] == machine.table_levels[::-1]
    assert way[-1] == (0, slot)
    assert copied(tables) == tables
    assert copied(tables).words is not tables.words


def test_blocks_that_overlap_in_part_are_noticed() -> None:
    """The same block again does not overlap, half of it does, the next one does not."""
    machine = Machine(TINY)
    tables = machine.empty(2, 8)
    tables, _, root = machine.rules.create(tables)
    tables, _, done = machine.rules.map_page(tables, root, 0, 4, 1, RW, False)
    assert done
    found = {(frame, level): machine.overlaps(tables, frame, level) for frame in (3, 4, 5, 6) for level in (0, 1)}
    assert {block for block, overlaps in found.items() if overlaps} == {(3, 1), (4, 0), (5, 0), (5, 1)}


def test_pages_of_tiny_geometries() -> None:
    """In the upper half the bits above are set, where addresses are signed."""
    assert Machine(TINY).pages() == [0, 8, 16, 24]
    assert Machine(TINY_FOLDED).pages() == [0, 8, 0xF0, 0xF8]
    assert Machine(geometry_named("sv39")).leaf_levels == [0, 1, 2]
