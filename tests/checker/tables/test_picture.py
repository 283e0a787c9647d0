"""Tables as text."""

from pagelaw.checker.tables.machine import TINY, Machine
from pagelaw.checker.tables.picture import picture
from pagelaw.spec.geometries import geometry_named
from pagelaw.spec.paging import Access
from pagelaw.spec.tables import Tables


def test_every_kind_of_entry_is_shown() -> None:
    """A table with a leaf and a page that is away, and a huge leaf that was written to."""
    machine = Machine(TINY)
    rules, tables = machine.rules, machine.empty(4, 8)
    tables, _, root = rules.create(tables)
    calls = [(0, 4, 0, Access(True, True, False)), (8, 5, 0, Access(False, False, False))]
    for address, frame, level, rights in [*calls, (16, 6, 1, Access(True, False, False))]:
        tables, _, done = rules.map_page(tables, root, address, frame, level, rights, False)
        assert done
    tables, done = rules.page_out(tables, root, 8, 3, 2)
    image, fault, _ = rules.touch(rules.image_of(tables), root, 16, Access(True, False, False))
    assert (done, fault) == (True, 0)
    assert picture(machine, tables._replace(words=image.words)) == [
        "root 0x0 (table frame 0)",
        "  slot 0  table frame 1",
        "    slot 2  frame 4  rwxu",
        "    slot 3  away: 0x2126",
        "  slot 1  frame 6 (2 frames)  rwx  +AD",
        "free table frames: 2, 3",
    ]


def test_a_full_table_is_shortened() -> None:
    """A huge leaf of 512 pages, split: the first entries, and how many more there are."""
    machine = Machine(geometry_named("x86-64"))
    rules, tables = machine.rules, machine.empty(5, 2048)
    tables, _, root = rules.create(tables)
    tables, _, done = rules.map_page(tables, root, 0, 512, 1, Access(True, False, False), False)
    tables, _, split = rules.split_page(tables, root, 0, 1)
    assert (done, split) == (True, True)
    shown = picture(machine, tables)
    assert shown[-2:] == ["        ... and 488 entries more", "free table frames: 4"]
    assert len(shown) == 4 + 24 + 2


def test_tables_that_lead_outside_are_still_shown() -> None:
    """A table beyond memory is named, and not followed."""
    machine = Machine(TINY)
    tables: Tables = machine.empty(1, 8)
    tables, _, _ = machine.rules.create(tables)
    tables.words[0] = machine.rules.table_entry(7, 1)
    assert picture(machine, tables) == [
        "root 0x0 (table frame 0)",
        "  slot 0  table frame 7",
        "free table frames: none",
    ]
