"""The exploring judge of stacks: exact counts, wrong rules as shortest stories, gaps that are no passes."""

from typing import Any

import pytest

from pagelaw.checker.explore.stacks import (
    LARGEST_SIZE,
    LAW_BITS,
    SMALL,
    Code,
    Setting,
    StackSystem,
    explore_stacks,
    machines,
    packed,
    unpacked,
)
from pagelaw.checker.verdict import Verdict
from pagelaw.model.fast.stack_machine import Machine, begin_lists
from pagelaw.spec import stack_laws
from pagelaw.spec.algebra import ONE, TWO, ZERO, invert, store_if, where
from pagelaw.spec.law import laws_of
from pagelaw.spec.stacks import (
    ENDED,
    GROWN,
    GUARDING,
    OVERFLOWED,
    SMALLEST_SIZE,
    TOUCHED,
    UNUSED,
    USED,
    Stack,
    kind_of,
    touch,
)

LAWS = [law for law in laws_of(stack_laws.CONTRACT) if law.part == stack_laws.PART]


def counted(machine: Machine) -> tuple[int, int, int]:
    """States, transitions and depth by a search over pages in use, written apart from the specification."""
    top, last = machine.bottom + machine.size, machine.bottom + 1
    start = (frozenset([top - 1]), False)
    level, known, transitions, depth = [start], {start}, 0, -1
    while level:
        depth, found = depth + 1, []
        for used, dead in level:
            guard = min(used) - 1 if min(used) > last else None
            for page in () if dead else range(machine.pages):
                if page == guard:
                    after = (used | {page} | ({last} if page - 1 == last else set()), False)
                elif page in used:
                    continue
                else:
                    after = (used, True)
                transitions += 1
                if after not in known:
                    known.add(after)
                    found.append(after)
        level = found
    return len(known), transitions, depth


@pytest.mark.parametrize("machine", [*map(Machine, (4, 5, 6, 9, 20)), Machine(7, bottom=3, above=2)], ids=str)
def test_counts_are_those_of_a_naive_search(machine: Machine) -> None:
    """Each depth with its process running or ended; and from each running state as many ways to the end."""
    found = StackSystem(machine, code=Code()).search()
    assert (found.states, found.transitions, found.depth) == counted(machine)
    assert found.states == 2 * (machine.size - 2)
    assert 0 not in found.broken


def test_the_law_holds() -> None:
    """By default, with the known count of states."""
    told: list[str] = []
    judgement = explore_stacks(LAWS, progress=told.append)
    assert [(finding.law, finding.verdict) for finding in judgement.findings] == [("V14", Verdict.HOLDS)]
    assert judgement.counts["stack states"] == sum(2 * (size - 2) for size in (*SMALL, LARGEST_SIZE, LARGEST_SIZE))
    assert judgement.size == "stacks of up to 24 pages"
    assert told[0] == "explore: stacks, 4 pages with 1 below and 1 above"
    assert set(LAW_BITS) == {"V14"}


def test_the_usual_descent_is_the_longest_way() -> None:
    """From the top page to the end: as many touches as there are pages, but for the first that is in use."""
    machine = Machine(10)
    system = StackSystem(machine, code=Code())
    found = system.search()
    path = [int(key) for key in found.path(found.states - 1)]
    story = system.story(path)
    assert story == [f"page {page} is touched" for page in (9, 8, 7, 6, 5, 4, 3, 0)]
    assert system.told_along(path)[-2].endswith("the guard is hit, and the overflow is told")


def test_machines_that_are_explored_grow() -> None:
    """The one that was asked for comes last, with more pages around it at the end."""
    assert list(machines(5)) == [Machine(4), Machine(5), Machine(5, bottom=3, above=2)]
    assert list(machines(4)) == [Machine(4), Machine(4, bottom=3, above=2)]


@pytest.mark.parametrize("pages", [(), (5,), (5, 4, 3), (5, 4, 3, 1)])
def test_a_key_is_all_of_a_stack(pages: tuple[int, ...]) -> None:
    """There and back again."""
    setting, stack = Setting(6, 1, 1), begin_lists(Machine(6))
    for page in pages:
        stack, _ = touch(stack, page)
    assert unpacked(packed(stack, setting), begin_lists(Machine(6)), setting) == stack


# -- wrong rules -------------------------------------------------------------------------------------------------


def touch_early(stack: Any, page: Any) -> Any:
    runs, kind = stack.ended == ZERO, kind_of(stack, page)
    hit, used = runs & (kind == GUARDING), runs & (kind == USED)
    has_room = page > stack.bottom + TWO + ONE
    below = page - where(hit, ONE, ZERO)
    kinds = store_if(hit, stack.kinds, page, USED)
    kinds = store_if(hit, kinds, below, where(has_room, GUARDING, USED))
    limit = where(hit, where(has_room, page, below), stack.limit)
    told = where(hit & invert(has_room), ONE, stack.overflowed)
    ended = where(hit | used, ZERO, ONE)
    outcome = where(hit, where(has_room, GROWN, OVERFLOWED), where(used, TOUCHED, ENDED))
    return Stack(kinds, stack.bottom, limit, stack.top, told, ended), outcome


def begin_bare(kinds: Any, bottom: Any, size: Any) -> Any:
    kinds = store_if(size >= SMALLEST_SIZE, kinds, bottom + size - ONE, USED)
    return Stack(kinds, bottom, bottom + size - ONE, bottom + size, ZERO, ZERO), size >= SMALLEST_SIZE


def test_an_overflow_that_is_told_early_is_told() -> None:
    """A page before the last; the smallest stack overflows at its first growth in any case."""
    (broken,) = explore_stacks(LAWS, changes={"touch": touch_early}).broken
    assert broken.because == (
        "on 5 pages with 1 below and 1 above: page 4 is touched: the guard is hit, and the overflow is told"
    )


def touch_jumping(stack: Any, page: Any) -> Any:
    free = kind_of(stack, page) == UNUSED
    kinds = store_if(free & (page < stack.limit), stack.kinds, page, USED)
    return Stack(kinds, stack.bottom, stack.limit, stack.top, stack.overflowed, stack.ended), where(
        free, GROWN, TOUCHED
    )


def test_a_guard_that_is_jumped_over_is_told() -> None:
    """With what the wrong rule says of it."""
    (broken,) = explore_stacks(LAWS, changes={"touch": touch_jumping}).broken
    assert broken.because.startswith("on 4 pages with 1 below and 1 above: page 0 is touched: the guard is hit")


def test_a_stack_that_begins_wrong_is_told() -> None:
    """Nothing need be touched for that, but something may be."""
    (broken,) = explore_stacks(LAWS, changes={"begin": begin_bare}).broken
    assert broken.because.startswith("on 4 pages with 1 below and 1 above: ")
    system = StackSystem(Machine(4), code=Code())
    assert system.breaking(0) == "the stack begins"


# -- gaps --------------------------------------------------------------------------------------------------------


def touch_nothing(stack: Any, page: Any) -> Any:
    return stack, TOUCHED + ZERO


def test_what_was_never_met_leaves_the_law_unknown() -> None:
    """No law was asked, so none is broken; and none of the others was at stake."""
    judgement = explore_stacks([], changes={"touch": touch_nothing})
    assert judgement.findings == ()
    assert judgement.counts["stack transitions"] == 0


def test_an_outcome_that_was_never_met_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the law does not mind."""
    monkeypatch.setattr(Code, "check_moves", lambda _self, _key, _setting: 0)
    (finding,) = explore_stacks(LAWS).findings
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.because.startswith("never seen: page ... is touched, and is in use")
