"""The minimiser: short, small, the same law, within its budget, the same every time."""

import random
import time

import pytest

from pagelaw.checker.frames.plan import FreeOf, decode
from pagelaw.checker.frames.practice import FRAMES
from pagelaw.checker.frames.session import Session
from pagelaw.checker.minimise import minimise
from pagelaw.checker.plan import Plan
from pagelaw.checker.practice import tell
from pagelaw.checker.replay import retell
from pagelaw.spec.contracts import Allocate, Arena, FramesContract, Free, Probe

LARGE = Arena(100, 5, start=40, reserved=frozenset({50, 60}), barriers=(70,))


def broken_trace(target, plan):
    session = tell(FRAMES, plan, target)
    assert session.breaches, "the plan was to break a law"
    return session.trace(target=target.name, judge="random", seed=1)


def long_plan(calls, seed, arena=LARGE):
    chance = random.Random(seed)
    requests, held = [], []
    for index in range(calls):
        if held and chance.random() < 0.47:
            requests.append(FreeOf(held.pop(chance.randrange(len(held)))))
        else:
            held.append(index)
            requests.append(Allocate(chance.randrange(3)))
    return Plan(arena, [*requests, *(FreeOf(index) for index in held), Probe()])


@pytest.mark.parametrize(
    ("bug", "law", "calls"),
    [("no-merge-at-top", "A4", 3), ("accepts-wrong-order", "A8", 2), ("rounds-up", "A1", 1), ("crashes", "C2", 4)],
)
def test_random_breaches_become_a_few_calls(make_target, bug, law, calls) -> None:
    """Calls, orders, frames, start, holes and barriers all go down to what the bug needs."""
    target = make_target(bug)
    data = random.Random(bug).randbytes(600)
    plan = decode(data, LARGE, target.capabilities)
    session = Session(FramesContract(LARGE, target.capabilities), target.open(LARGE), probe_every=1)
    session.perform(plan.requests)
    trace = session.trace()
    small = minimise(target, trace, law=law) if trace.law == law else minimise(target, trace)
    assert small.law == trace.law == law
    assert len(small.steps) == calls
    assert (small.arena.start, small.arena.reserved, small.arena.barriers) == (0, frozenset(), ())
    assert small.arena.frames <= 4
    assert retell(small, target).outcome == "same"


def test_the_same_every_time(make_target) -> None:
    """Nothing in the minimiser is random."""
    target = make_target("no-merge-at-top")
    trace = broken_trace(target, long_plan(300, 1))
    assert minimise(target, trace) == minimise(target, trace)


def test_ten_thousand_calls_come_down_quickly(make_target) -> None:
    """A bug at the end of a long story is found in seconds, by large chunks first."""
    target = make_target("no-merge-at-top", probe=False)
    plan = long_plan(16_000, 2, Arena(64, 3))
    trace = broken_trace(target, Plan(plan.arena, [*plan.requests[:-1], *[Allocate(3)] * 8]))
    started = time.monotonic()
    small = minimise(target, trace, seconds=8)
    assert len(trace.steps) > 10_000 > 12 >= len(small.steps)
    assert small.law == trace.law == "A6"
    assert time.monotonic() - started < 10


def test_budget_of_runs(make_target) -> None:
    """No more candidates are opened than allowed; what was reached by then is given."""
    target = make_target("no-merge-at-top")
    trace = broken_trace(target, long_plan(300, 3))
    before = target.opened
    small = minimise(target, trace, runs=7)
    assert target.opened - before == 7
    assert len(small.steps) < len(trace.steps)


def test_a_breach_that_does_not_come_back(make_target) -> None:
    """What does not break again stays as it was found."""
    trace = broken_trace(make_target("no-merge-at-top"), long_plan(300, 4))
    assert minimise(make_target(), trace) == trace


def test_only_the_same_law_counts(make_target) -> None:
    """A candidate that breaks another law is not taken, however short it is."""
    target = make_target("accepts-double", "accepts-wrong-order", "crashes")
    plan = Plan(Arena(8, 3), (Allocate(1), Allocate(0), Allocate(0), Allocate(0)))
    small = minimise(target, broken_trace(target, plan))
    assert small.law == "C2"
    assert all(step.call == Allocate(0) for step in small.steps)


def test_frees_by_number_are_simplified(make_target) -> None:
    """A free of any frame of a large arena becomes one of the first."""
    target = make_target("accepts-double")
    small = minimise(target, broken_trace(target, Plan(Arena(33, 4), (Free(32, 0),))))
    assert [step.call for step in small.steps] == [Free(0, 0)]
    assert small.arena == Arena(1, 0)
