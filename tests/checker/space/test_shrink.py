"""Shorter stories of address spaces: candidates are smaller, and a long story comes down to the calls that matter."""

import random

import attrs
import pytest

from pagelaw.checker.choices import Chance
from pagelaw.checker.minimise import minimise
from pagelaw.checker.plan import Plan
from pagelaw.checker.practice import tell
from pagelaw.checker.space.draw import Drawer, at_the_top
from pagelaw.checker.space.practice import SPACE
from pagelaw.checker.space.session import Session
from pagelaw.checker.space.shrink import simpler, slices, smaller
from pagelaw.spec.contracts.space.arena import PAGE, SpaceArena
from pagelaw.spec.contracts.space.calls import (
    NO_FILE,
    Create,
    Execute,
    Exit,
    Fork,
    Maps,
    Mmap,
    Mprotect,
    Mremap,
    Munmap,
    Read,
    Reserve,
    Write,
)
from pagelaw.spec.contracts.space.relation import SpaceContract

ARENA = SpaceArena("linux", 40, limit=30)
A = ARENA.base


def anywhere(process, pages, rights="rw"):
    return Mmap(process, 0, pages * PAGE, rights, False, False, NO_FILE, 0)


STORY = [
    Create(3),
    Create(2),
    *[call for number in range(9) for call in (anywhere(2, 1), Write(2, A + number * PAGE, 7), Read(2, A))],
    Munmap(2, A, 9 * PAGE),
    Exit(2),
    Create(2),
    anywhere(3, 4),
    Munmap(3, A, 4 * PAGE),
]


def test_a_long_story_becomes_a_short_one(make_target) -> None:
    """Four calls, one process, a window of two pages, nothing scarce."""
    target = make_target("unmaps-one-less")
    found = tell(SPACE, Plan(ARENA, [*STORY, Maps(3)]), target).trace(target="planted", judge="soak", seed=1)
    assert found.law == "V2"
    small = minimise(target, found, seconds=10.0)
    assert [step.call.name for step in small.steps] == ["create", "mmap", "munmap", "maps"]
    assert (small.law, small.arena) == ("V2", SpaceArena("linux", 2))
    _, given, taken, seen = (step.call for step in small.steps)
    assert (given.process, given.rights, taken.length > PAGE, seen) == (1, "r", True, Maps(1))


@pytest.mark.parametrize(("bug", "most"), [("fork-shares", 6), ("protects-one-more", 5), ("keeps-bytes", 7)])
def test_a_drawn_story_becomes_a_short_one(make_target, bug, most) -> None:
    """Of hundreds of calls in a large window those remain that show it."""
    target = make_target(bug)
    arena = SpaceArena("linux", 24)
    session = Session(SpaceContract(arena, target.capabilities), target.open(arena), probe_every=1)
    drawer = Drawer(arena, target.capabilities, Chance(random.Random(11)))
    while not session.breaches and session.calls < 6000:
        session.perform([drawer.draw(session.memory)])
    found = session.trace(target="planted", judge="soak", seed=11)
    assert len(found.steps) > 30
    small = minimise(target, found, seconds=10.0)
    assert small.law == found.law
    assert len(small.steps) <= most


def test_places_that_were_chosen_are_asked_for(make_target) -> None:
    """So that what came before can be left out: the second mapping stays where it was."""
    requests = [Create(1), anywhere(1, 2), anywhere(1, 1), Munmap(1, A, 2 * PAGE), Write(1, A + 2 * PAGE, 1), Maps(1)]
    trace = tell(SPACE, Plan(ARENA, requests), make_target()).trace()
    placed = {call for plan in slices(trace) for call in plan.requests if isinstance(call, Mmap)}
    assert attrs.evolve(anywhere(1, 1), address=A + 2 * PAGE, fixed=True) in placed
    assert set(requests[1:3]) <= placed
    windows = SpaceArena("windows", 32)
    told = tell(SPACE, Plan(windows, [Create(1), Reserve(1, 0, PAGE, "rw", False)]), make_target(dialect="windows"))
    trace = told.trace()
    reserved = attrs.evolve(trace, steps=(*trace.steps, trace.steps[0]))
    assert any(Reserve(1, windows.base, PAGE, "rw", False) in plan.requests for plan in slices(reserved))


def test_slices_leave_out_what_changed_nothing(make_target) -> None:
    """First one process in its last life; with the one that it was forked from; all of them at last."""
    requests = [Create(1), anywhere(1, 1), Exit(1), Create(1), Create(1), Create(3), anywhere(3, 1), Fork(1, 2)]
    trace = tell(SPACE, Plan(ARENA, [*requests, Read(2, A)]), make_target()).trace()
    plans = [[call.name for call in plan.requests] for plan in slices(trace)]
    assert plans[0] == ["read"] or plans[0] == ["fork", "read"]
    assert ["create", "fork", "read"] in plans
    assert ["create", "mmap", "exit", "create", "create", "mmap", "fork", "read"] in plans


def test_candidates_are_smaller() -> None:
    """No candidate is larger than what it stands for, so that the search ends."""
    arena = SpaceArena("linux", 40, frames=5, limit=9)
    calls = [Create(3), Mmap(3, A + 9 * PAGE, PAGE, "r", False, True, NO_FILE, 0), Read(3, A + 9 * PAGE + 5), Exit(3)]
    plan = Plan(arena, calls)
    candidates = list(smaller(plan))
    assert Plan(SpaceArena("linux", 40, limit=9), calls) in candidates
    assert Plan(SpaceArena("linux", 4, frames=5, limit=9), calls) in candidates
    for candidate in candidates:
        assert _weight(candidate) < _weight(plan)
    top = at_the_top(SpaceArena("linux", 16))
    high = Plan(top, [Create(1), Read(1, top.base + 1)])
    assert next(iter(smaller(high))) == Plan(SpaceArena("linux", 16), [Create(1), Read(1, A + 1)])
    assert list(smaller(Plan(SpaceArena("linux", 1), [Create(1)]))) == []


def _weight(plan):
    named = [getattr(call, name, 0) for call in plan.requests for name in ("process", "address")]
    scarce = sum(count or 100 for count in (plan.arena.frames, plan.arena.limit))
    return plan.arena.pages, -scarce if scarce > 100 else scarce, named


def test_calls_become_simpler() -> None:
    """Shorter, plainer, private, without a file; reads in place of executions."""
    request = Mmap(1, A, 4 * PAGE, "rwx", True, False, 1, PAGE)
    candidates = list(simpler(request, ARENA))
    plain = [attrs.evolve(request, length=1), attrs.evolve(request, length=3 * PAGE), attrs.evolve(request, rights="r")]
    plain += [attrs.evolve(request, shared=False), attrs.evolve(request, file=NO_FILE, offset=0)]
    plain += [attrs.evolve(request, address=0), attrs.evolve(request, offset=0)]
    assert all(candidate in candidates for candidate in plain)
    assert list(simpler(Fork(1, 2), ARENA)) == [Create(2)]
    assert list(simpler(Execute(1, A), ARENA)) == [Read(1, A)]
    assert list(simpler(Write(1, A, 9), ARENA)) == [Write(1, A, 1)]
    assert list(simpler(Create(1), ARENA)) == list(simpler(Mprotect(1, A, 1, "r"), ARENA)) == []
    moved = Mremap(1, A, PAGE, 2 * PAGE, True)
    assert attrs.evolve(moved, may_move=False) in list(simpler(moved, ARENA))
