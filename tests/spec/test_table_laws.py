"""The laws of page tables: true of what the steps make, and each false of the state that it is there to forbid."""

from collections.abc import Callable
from typing import Any

import pytest

from pagelaw.spec import table_laws
from pagelaw.spec.law import laws_of
from pagelaw.spec.paging import Access
from pagelaw.spec.tables import SHARED, Tables

from .machines import READ, TINY, USER_WRITE, WRITE, Machine


@pytest.fixture
def machine() -> Machine:
    """Root in frame 0; a table in frame 1 with the page at 8 mapped to frame 9; a huge page at 16 to frames 10, 11."""
    machine = Machine(TINY)
    machine.do("create")
    machine.do("map_page", 0, 8, 9, 0, WRITE, False)
    machine.do("map_page", 0, 16, 10, 1, USER_WRITE, False)
    return machine


STATE = ("nested", "whole", "emptied", "apart", "backed", "unreferenced")


def broken(machine: Machine, tables: Tables) -> set[str]:
    """The laws on states that are false somewhere."""
    laws = machine.laws
    slots, frames = range(tables.entries), range(tables.frames)
    found = {name for name in STATE if not all(getattr(laws, name)(tables, slot) for slot in slots)}
    found |= set() if all(laws.rooted(tables, frame) for frame in frames) else {"rooted"}
    pairs = ((slot, other) for slot in slots for other in slots)
    return found | (set() if all(laws.exclusive(tables, *pair) for pair in pairs) else {"exclusive"})


def test_what_the_steps_make_breaks_no_law(machine: Machine) -> None:
    """The state from which the others are made."""
    assert broken(machine, machine.tables) == set()


HUGE = 0b1000


@pytest.mark.parametrize(
    ("law", "name", "index", "value"),
    [
        pytest.param("nested", "parent", 1, 4, id="a table that knows another slot"),
        pytest.param("nested", "kind", 1, 2, id="a table of the wrong level"),
        pytest.param("nested", "words", 0, 0x07, id="a table that names itself"),
        pytest.param("nested", "words", 0, 0x97, id="a table outside table memory"),
        pytest.param("whole", "words", 1, 0xB7 | HUGE, id="a huge leaf that is not aligned"),
        pytest.param("emptied", "words", 12, 0x97, id="an entry in a free table frame"),
        pytest.param("apart", "words", 3, 0x17, id="a leaf that maps a table"),
        pytest.param("backed", "backed", 9, 0, id="a frame that does not know its leaf"),
        pytest.param("exclusive", "words", 2, 0x97, id="a frame that is mapped twice"),
        pytest.param("rooted", "words", 0, 0, id="a table that nothing names"),
        pytest.param("rooted", "parent", 1, 99, id="a table named from nowhere"),
        pytest.param("rooted", "parent", 1, 0, id="a lower table as root"),
        pytest.param("unreferenced", "kind", 1, 0, id="a free table frame that is named"),
        pytest.param("unreferenced", "count", 9, 0, id="a mapped frame that is not counted"),
    ],
)
def test_each_law_forbids_its_state(machine: Machine, law: str, name: str, index: int, value: int) -> None:
    """One element of one array changed, and the law is among those that break."""
    assert law in broken(machine, machine.poke(name, index, value))


def test_shared_frames_may_be_mapped_twice(machine: Machine) -> None:
    """The same state as above, but shared on purpose."""
    tables = machine.poke("words", 2, 0x97)
    tables.backed[9] = SHARED
    assert "exclusive" not in broken(machine, tables)


CHANGES: list[tuple[str, Callable[[Machine], tuple[Any, ...]], dict[str, Any]]] = [
    ("framed", lambda m: (0, 16), {"name": "words", "index": 1, "value": 0}),
    ("split", lambda m: (0, 8), {"name": "words", "index": 3, "value": 0xA7}),
    ("split", lambda m: (0, 8), {"name": "words", "index": 3, "value": 0x95}),
]


@pytest.mark.parametrize(("law", "point", "change"), CHANGES)
def test_laws_on_changes(
    machine: Machine, law: str, point: Callable[[Machine], tuple[Any, ...]], change: dict[str, Any]
) -> None:
    """True where nothing changed, false where a translation did."""
    predicate = getattr(machine.laws, law)
    assert predicate(machine.tables, machine.snapshot(), *point(machine))
    assert not predicate(machine.tables, machine.poke(**change), *point(machine))


def test_mapped_and_unmapped(machine: Machine) -> None:
    """The frame, the level and each right; and that what is unmapped faults."""
    mapped, tables = machine.laws.mapped, machine.tables
    assert mapped(tables, 0, 13, 9, 0, WRITE)
    assert not mapped(tables, 0, 13, 10, 0, WRITE)
    assert not mapped(tables, 0, 13, 9, 0, READ)
    assert not mapped(tables, 0, 13, 9, 0, USER_WRITE)
    assert mapped(tables, 0, 16, 10, 1, Access(True, True, True))
    assert not mapped(tables, 0, 16, 10, 0, USER_WRITE)
    assert not mapped(tables, 0, 0, 9, 0, WRITE)
    assert machine.laws.unmapped(tables, 0, 0)
    assert not machine.laws.unmapped(tables, 0, 8)


def test_elsewhere(machine: Machine) -> None:
    """Another page, or another space; a huge page is elsewhere only as a whole."""
    elsewhere = machine.laws.is_elsewhere
    assert elsewhere(0, 8, 0, 0, 16)
    assert elsewhere(0, 8, 0, 8, 8)
    assert not elsewhere(0, 8, 0, 0, 15)
    assert not elsewhere(0, 16, 1, 0, 31)


@pytest.mark.parametrize("name", ["words", "kind", "used", "parent", "count", "backed"])
def test_a_call_that_is_not_done_changes_nothing(machine: Machine, name: str) -> None:
    """Each array counts, and so do the free frames; where it was done all may change."""
    atomic, before = machine.laws.atomic, machine.tables
    after = machine.poke(name, 1, 77)
    assert atomic(before, machine.snapshot(), False, 1, 1)
    assert not atomic(before, after, False, 1, 1)
    assert atomic(before, after, True, 1, 1)
    assert not atomic(before, before._replace(spare=0), False, 1, 1)
    assert not atomic(before, before._replace(free=0), False, 1, 1)
    assert atomic(before, machine.snapshot(), False, 1, 12)


def test_counts_follow_the_leaves(machine: Machine) -> None:
    """One more, one less, or the same."""
    counted, before = machine.laws.counted, machine.tables
    assert counted(before, before, 9, 0, 0)
    more = machine.poke("count", 9, 2)
    assert counted(before, more, 9, 1, 0)
    assert counted(more, before, 9, 0, 1)
    assert not counted(before, more, 9, 0, 0)


def test_the_laws_are_registered() -> None:
    """Every predicate of the module is found by its id, with a statement and a source."""
    known = {law.id: law for law in laws_of(table_laws.CONTRACT)}
    assert {"T5", "T6", "T7", "T10", "T13", "F1", "F3", "F4", "F5", "F6", "F8"} <= set(known)
    assert all(law.statement.endswith(".") and law.source for law in known.values())
