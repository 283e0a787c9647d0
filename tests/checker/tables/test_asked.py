"""Where laws are asked: each of them is broken by a rule that is wrong, and told with its place."""

from collections.abc import Callable
from typing import Any

import pytest

from pagelaw.checker.drawing import LawBrokenError
from pagelaw.checker.tables.asked import Asker, Points
from pagelaw.checker.tables.machine import LAWS, TINY, Cells, Machine, copied
from pagelaw.checker.tables.steps import Create, Drop, Map, PageOut, Protect, Split, Step, Touch, Unmap
from pagelaw.spec.paging import Access, Image

R, RW, RWU = Access(False, False, False), Access(True, False, False), Access(True, True, False)
POINTS = Points(range(8), range(10), (0, 7, 8, 16, 24, 31))


def run(steps: list[Step], changes: dict[str, Any] | None = None) -> Asker:
    """Do steps on a tiny machine, and ask everything after each."""
    machine = Machine(TINY, changes=changes)
    asker, tables = Asker(machine, LAWS), machine.empty(4, 10)
    for step in steps:
        before = copied(tables)
        outcome = step.do(machine.rules, tables)
        tables = outcome.after
        asker.ask_step(before, step, outcome, POINTS)
        asker.ask_state(tables, POINTS)
        for root in machine.roots(tables):
            asker.ask_walks(machine.rules.image_of(tables), root, POINTS)
    return asker


STORY: list[Step] = [
    Create(),
    Map(0, 0, 6, 1, RWU, shared=False),
    Touch(0, 3, RW),
    Split(0, 0, 1),
    Protect(0, 8, 0, R),
    Touch(0, 8, RW),
    Map(0, 8, 5, 0, R, shared=False),
    Map(0, 16, 8, 0, R, shared=False),
    PageOut(0, 0, 3, 2),
    Unmap(0, 8, 0),
    Drop(0),
]


def test_every_law_on_steps_is_asked() -> None:
    """A story with one of everything puts each law at stake, and breaks none."""
    points = run(STORY).points
    assert set(points) == LAWS - {"T2", "T11"}
    assert points["T10"] == len(STORY) * 8
    assert points["F6"] == len(STORY) * 4


def no_back(going: Any, tables: Any, frame: Any, slot: Any, shared: Any) -> Any:
    return tables


def no_put(going: Any, tables: Any, slot: Any, entry: Any) -> Any:
    return tables


def no_prune(going: Any, tables: Any, table: Any) -> Any:
    return tables, table, False


def any_mappable(tables: Any, frame: Any, level: Any, shared: Any) -> bool:
    return bool(frame < tables.limit)


def no_marks(access: Any) -> int:
    return 0


def all_marks(access: Any) -> int:
    return 1 << 1


def no_offset(address: Any, level: Any) -> int:
    return 0


@pytest.mark.parametrize(
    ("name", "function", "law"),
    [
        ("back", no_back, "F3"),
        ("put_entry", no_put, "F3"),
        ("prune", no_prune, "T6.unmapped"),
        ("marks_of", no_marks, "T8"),
        ("with_rights", lambda entry, write, user, execute: entry, "T6.mapped"),
        ("piece_of", lambda entry, level, lower, index: entry & ~8, "T7.split"),
        ("offset_of", no_offset, "T7.split"),
        ("is_malformed", lambda entry, level: False, "T4"),
        ("is_canonical", lambda address: True, "T4"),
        ("unback", lambda going, tables, frame: tables, "F3"),
    ],
)
def test_a_wrong_rule_breaks_a_law(name: str, function: Callable[..., Any], law: str) -> None:
    """The law is named, and the place."""
    with pytest.raises(LawBrokenError) as found:
        run(STORY, {name: function})
    assert found.value.law == law
    assert found.value.because.startswith(f"{law} (")


@pytest.mark.parametrize(
    ("steps", "changes", "law"),
    [
        ([Create(), Map(0, 0, 2, 0, RW, shared=False)], {"is_mappable": any_mappable}, "F1"),
        (
            [Create(), Map(0, 0, 6, 0, RW, shared=False), Map(0, 8, 6, 0, RW, shared=True)],
            {"is_mappable": any_mappable},
            "F5",
        ),
        ([Create(), Map(0, 0, 7, 1, RW, shared=False)], {"is_mappable": any_mappable}, "F3"),
        ([Create(), Touch(0, 0, RW)], {"classify": lambda found, access: 0}, "T3"),
    ],
)
def test_a_wrong_guard_breaks_a_law(steps: list[Step], changes: dict[str, Any], law: str) -> None:
    """What should have been refused is noticed by what it does."""
    with pytest.raises(LawBrokenError) as found:
        run(steps, changes)
    assert found.value.law == law


def test_marks_in_spite_of_a_fault_break_a_law() -> None:
    """T9, where an access was refused and yet its leaf is marked."""
    machine = Machine(TINY)
    tables, _, _ = machine.rules.create(machine.empty(4, 10))
    step = Touch(0, 0, RW)
    before, outcome = copied(tables), step.do(machine.rules, tables)
    outcome.after.words[1] = TINY.accessed
    with pytest.raises(LawBrokenError, match=r"T9 \(undisturbed\) is broken at slot 1"):
        Asker(machine, LAWS).ask_step(before, step, outcome, POINTS)


def test_laws_that_are_not_asked_are_not_broken() -> None:
    """Only the chosen laws are asked and counted."""
    asker = Asker(Machine(TINY), frozenset({"T1"}))
    asker.ask("T2", lambda: False, (), "anywhere")
    asker.ask("T1", lambda: True, (), "anywhere")
    assert dict(asker.points) == {"T1": 1}


def test_a_breach_can_be_collected_instead() -> None:
    """Whoever searches on tells of all breaches."""
    told: list[tuple[str, str]] = []
    asker = Asker(Machine(TINY), LAWS, tell=lambda law, because: told.append((law, because)))
    asker.ask("T5", lambda: False, (), "at slot {0}", 3)
    asker.require("T12", False, "by no means")
    assert told == [("T5", "T5 (nested) is broken at slot 3"), ("T12", "T12 (kept) is broken by no means")]


def test_bits_that_must_be_zero_are_planted_as_many_as_asked() -> None:
    """Three upper bits of an address, and the reserved bits of two entries; or as many of each as are wanted."""
    machine = Machine(TINY)
    image = Image(Cells(8, {0: machine.rules.table_entry(1, 1), 2: machine.rules.leaf_entry(5, 0, *RW)}), 8)
    every, few = Asker(machine, frozenset({"T4"})), Asker(machine, frozenset({"T4"}))
    every.ask_walks(image, 0, Points((), (), (0,)))
    few.ask_walks(image, 0, Points((), (), (0,), bits=1), tried=5)
    assert every.points["T4"] == 2 + 3 + 2
    assert few.points["T4"] == 2 + 1 + 1
