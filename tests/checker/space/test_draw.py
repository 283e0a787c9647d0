"""Drawn calls and arenas: legal and illegal ones of every kind, at ends, seams and across what was given."""

import random
from collections import Counter

import pytest

from pagelaw.checker.choices import Bytes, Chance
from pagelaw.checker.space.draw import Drawer, draw_arena
from pagelaw.checker.space.places import WRAPPING, Places
from pagelaw.checker.space.session import Session
from pagelaw.spec.contracts import Returned
from pagelaw.spec.contracts.space.arena import GRANULARITY, LAST_ADDRESS, PAGE, SpaceArena, SpaceCapabilities
from pagelaw.spec.contracts.space.calls import BOTH_CALLS, LINUX_CALLS, Create, Execute, Mmap, Munmap
from pagelaw.spec.contracts.space.relation import SpaceContract

ALL = SpaceCapabilities(
    dialects=("windows", "linux"), processes=4, base=True, frames=True, limit=True, overcommit="never", files=True
)


def drawn(target, arena, calls, seed="drawn"):
    session = Session(SpaceContract(arena, target.capabilities), target.open(arena))
    drawer = Drawer(arena, target.capabilities, Chance(random.Random(seed)))
    for _ in range(calls):
        session.perform([drawer.draw(session.memory)])
    assert session.breaches == []
    return session


def test_every_linux_call_is_done_and_refused(make_target) -> None:
    """In a thousand calls each kind is seen done, and each that can be refused is refused."""
    tally = drawn(make_target(), SpaceArena("linux", 8), 1500).tally
    names = {call.name for call in (*BOTH_CALLS, *LINUX_CALLS)} - {"maps", "faults"}
    assert names == set(tally.done)
    assert names - {"brk"} <= set(tally.refused)
    assert {"denied", "illegal", "no-mapping", "out-of-addresses", "bus-error"} <= set(tally.reasons)
    assert tally.granted > 200


def test_every_windows_call_is_done_and_refused(make_target) -> None:
    """What the plain manager has; a guard page is hit as well."""
    tally = drawn(make_target(dialect="windows"), SpaceArena("windows", 32), 1500).tally
    wanted = {"reserve", "commit", "decommit", "release", "protect", "query", "read", "write", "create", "exit"}
    assert wanted == set(tally.done)
    assert wanted <= set(tally.refused)
    assert {"denied", "illegal", "guard", "out-of-addresses"} <= set(tally.reasons)


def test_a_low_limit_is_reached(make_target) -> None:
    """Calls are drawn that are charged for within the limit, and beyond it."""
    for dialect, pages in (("linux", 8), ("windows", 32)):
        tally = drawn(make_target(dialect=dialect), SpaceArena(dialect, pages, limit=3), 800).tally
        assert tally.reasons["out-of-memory"] > 5
        assert tally.laws["V4"] > tally.reasons["out-of-memory"]


def test_arenas_are_those_that_the_target_can_do() -> None:
    """Dialects, few frames, low limits and the last address come up, and only if they are declared."""
    choices = Chance(random.Random(1))
    arenas = [draw_arena(choices, ALL) for _ in range(300)]
    assert {arena.dialect for arena in arenas} == {"windows", "linux"}
    assert any(arena.frames for arena in arenas)
    assert any(arena.limit for arena in arenas)
    assert any(arena.end == LAST_ADDRESS + 1 for arena in arenas)
    assert len({arena.pages for arena in arenas}) > 8
    plain = SpaceCapabilities(dialects=("linux",), limit=True)
    for arena in (draw_arena(choices, plain, pages=7) for _ in range(100)):
        assert arena == SpaceArena("linux", 7)


def test_ranges_begin_and_end_where_things_go_wrong(make_target) -> None:
    """Inside a run, over its ends, over two runs, at the window's end, and such that are none."""
    arena = SpaceArena("linux", 8)
    target = make_target()
    session = Session(SpaceContract(arena, target.capabilities), target.open(arena))
    first = arena.base + PAGE
    session.perform([_create(), *(Mmap(1, first + 4 * at * PAGE, 3 * PAGE, "rw", False, True, -1, 0) for at in (0, 1))])
    places = Places(arena, Chance(random.Random(2)))
    ranges = Counter(places.range(session.memory, 1) for _ in range(800))
    end = first + 3 * PAGE
    assert {(first, 3 * PAGE), (first + PAGE, PAGE), (end - PAGE, PAGE), (end - PAGE, 2 * PAGE)} <= set(ranges)
    assert (first, 7 * PAGE) in ranges
    assert any(address + length == arena.end for address, length in ranges)
    strange = {places.strange_range() for _ in range(400)}
    assert {length for _, length in strange} >= {0, *WRAPPING}
    assert any(address % PAGE for address, _ in strange)
    bytes_of = {places.address(session.memory, 1) for _ in range(400)}
    assert {first - 1, first, end - 1, end} <= bytes_of


def test_bytes_are_choices_like_any(make_target) -> None:
    """The same bytes draw the same calls; few frames leave files out."""
    data = random.Random(3).randbytes(800)
    arena = SpaceArena("linux", 4)
    target = make_target()
    told = []
    for _ in range(2):
        session = Session(SpaceContract(arena, target.capabilities), target.open(arena))
        choices = Bytes(data)
        drawer = Drawer(arena, target.capabilities, choices)
        while not choices.spent:
            session.perform([drawer.draw(session.memory)])
        told.append(session.history)
    assert told[0] == told[1]
    assert len(told[0]) > 20
    scarce = Drawer(SpaceArena("linux", 4, frames=2), ALL, Chance(random.Random(4)))
    session = Session(SpaceContract(arena, target.capabilities), target.open(arena))
    session.perform([_create()])
    assert not any(call.name == "file" and call.length != PAGE for call in _many(scarce, session))


@pytest.mark.parametrize("dialect", ["linux", "windows"])
def test_idle_calls_are_strange(make_target, dialect) -> None:
    """Most of them must be refused; instructions are fetched only where the target can."""
    target = make_target(dialect=dialect, execute=None)
    arena = SpaceArena(dialect, GRANULARITY // PAGE)
    contract = SpaceContract(arena, target.capabilities)
    drawer = Drawer(arena, target.capabilities, Chance(random.Random(5)))
    memory = contract.after(contract.initial(), _create(), _returned())
    calls = [call for _ in range(60) for call in drawer.idle(memory)]
    asked = [call for call in calls if contract.may_ask(memory, call)]
    assert sum(not contract.allowed(memory, call).done for call in asked) > len(asked) * 0.6
    assert not any(isinstance(call, Execute) for _ in range(60) for call in drawer.faults(memory))
    assert drawer.idle(contract.initial()) == drawer.faults(contract.initial()) == []
    assert any(isinstance(call, Munmap) for call in calls) == (dialect == "linux")


def _create():
    return Create(1)


def _returned():
    return Returned(None)


def _many(drawer, session):
    return [drawer.draw(session.memory) for _ in range(300)]
