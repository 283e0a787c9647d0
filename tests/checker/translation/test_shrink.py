"""Shorter stories of page tables: candidates are smaller, and a long story comes down to the calls that matter."""

from pagelaw.checker.minimise import minimise
from pagelaw.checker.plan import Plan
from pagelaw.checker.practice import tell
from pagelaw.checker.translation.practice import TRANSLATION
from pagelaw.checker.translation.shrink import simpler, slices, smaller
from pagelaw.spec.contracts.paging_arena import (
    Copy,
    Create,
    Drop,
    Look,
    Map,
    PagingArena,
    Protect,
    Switch,
    Translate,
    Unmap,
)

ARENA = PagingArena("x86-64", 24, 3)
FILLER = [
    request
    for number in range(12)
    for request in (
        Map(2, number << 21, 400 + number, 1, 0, "rw", False),
        Translate(2, number << 21, "w"),
        Map(3, number << 12, 500 + number, 1, 0, "ru", False),
        Unmap(3, number << 12, 1, 0),
    )
]
STORY = [
    Create(3),
    Create(2),
    *FILLER,
    Create(4),
    Map(4, 0x40201000, 700, 3, 0, "rwxu", True),
    Unmap(4, 0x40201000, 3, 0),
]


def test_a_long_story_becomes_a_short_one(make_target) -> None:
    """Three calls, one space, the lowest names, the least table memory."""
    target = make_target("unmaps-one-less")
    found = tell(TRANSLATION, Plan(ARENA, [*STORY, Look()]), target).trace(target="planted", judge="soak", seed=1)
    assert found.law == "T6.unmapped"
    small = minimise(target, found, seconds=10.0)
    assert small.law == found.law
    assert (small.arena.cores, small.arena.frames <= 6) == (1, True)
    calls = [step.call for step in small.steps if step.call.name != "events"]
    assert [call.name for call in calls] == ["create", "map", "unmap", "look"]
    assert calls[1].pages == 2
    assert (calls[1].space, calls[1].address, calls[1].rights) == (1, 0, "r")


def test_slices_leave_out_what_changed_nothing(make_target) -> None:
    """First without accesses and refusals, then one space alone, and a copy with its source."""
    requests = [Create(1), Create(1), Create(2), Translate(1, 0, "r"), Copy(1, 3), Switch(0, 2), Create(5)]
    trace = tell(TRANSLATION, Plan(ARENA, requests), make_target()).trace()
    plans = [[call.name for call in plan.requests] for plan in slices(trace)]
    assert plans[0] == ["create", "create", "copy", "switch", "create"]
    assert ["create", "copy", "create"] in plans
    assert ["create", "create"] in plans


def test_candidates_are_smaller() -> None:
    """No candidate is larger than what it stands for, so that the search ends."""
    plan = Plan(ARENA, [Create(3), Map(3, 0x7FFFFFFFF000, 999, 1, 0, "r", False), Drop(3)])
    for candidate in smaller(plan):
        weights = [
            (
                made.arena.frames + made.arena.cores,
                *(sum(getattr(r, f, 0) for r in made.requests) for f in ("space", "address", "frame")),
            )
            for made in (candidate, plan)
        ]
        assert weights[0] < weights[1]
    assert list(simpler(Translate(1, 0, "wu"), ARENA)) == [Translate(1, 0, "r")]
    assert list(simpler(Copy(1, 2), ARENA)) == [Create(2)]
    assert Protect(1, 0, 1, 0, "rwxu") in simpler(Protect(1, 0, 4, 0, "rwxu"), ARENA)
    assert Map(1, 0, 9, 1, 0, "r", False) in simpler(Map(1, 0, 9, 1, 0, "r", True), ARENA)
