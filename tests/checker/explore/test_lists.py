"""The buddy system with its lists: exact counts, both halves, and wrong list handling found at its smallest."""

import pytest

from pagelaw.checker.explore import small
from pagelaw.checker.explore.lists import LAW_BITS, ListSystem
from pagelaw.spec.buddy import MAX_ORDER, ONE, ZERO, is_empty, where
from pagelaw.spec.contracts import Allocate, Arena, Free
from pagelaw.spec.freelist import next_of, previous_of, store_if

ALL = sum(LAW_BITS.values())


def search(arena, **options):
    system = ListSystem(arena, **options)
    return system, system.search(stop_on=ALL, limit=None, progress=None)


@pytest.mark.parametrize(("frames", "top", "states"), [(1, 0, 2), (2, 1, 9), (3, 1, 63), (4, 2, 862)])
def test_every_order_of_the_lists_is_a_state(frames, top, states):
    """Exact counts, with all laws in force."""
    _, found = search(Arena(frames, top))
    assert (found.states, found.broken, found.ended) == (states, {}, "")


@pytest.mark.parametrize(("arena", "upper"), list(small.listed_arenas()))
def test_the_specification_keeps_every_law(arena, upper):
    """Barriers, holes and either half."""
    _, found = search(arena, upper=upper)
    assert (found.broken, found.ended) == ({}, "")
    assert found.checked == found.states


def unlink_one_way(going, link, node):
    after = next_of(link, node)
    before = previous_of(link, node)
    return store_if(going, link, before << ONE, after)


def exact_order_only(memory, order):
    asked = where(order <= memory.top, order, ZERO)
    refused = (order > memory.top) | is_empty(memory.link, memory.room, asked)
    return where(refused, memory.top + ONE, order)


def largest_first(memory, order):
    found = memory.top
    for _ in range(MAX_ORDER):
        found = where((found > order) & is_empty(memory.link, memory.room, found), found - (found > order), found)
    nothing = (order > memory.top) | is_empty(memory.link, memory.room, found)
    return where(nothing, memory.top + ONE, found)


@pytest.mark.parametrize(
    ("name", "change", "frames", "law", "calls"),
    [
        ("unlink", unlink_one_way, 2, "A5", []),
        ("smallest_listed", exact_order_only, 2, "A6", [Allocate(0)]),
        ("smallest_listed", largest_first, 3, "A13.smallest", [Allocate(0)]),
    ],
)
def test_a_wrong_rule_is_found_at_its_smallest(name, change, frames, law, calls):
    """The law by name, with a shortest story."""
    system, found = search(Arena(frames, frames // 2), changes={name: change})
    path = found.path(found.broken[LAW_BITS[law].bit_length() - 1])
    steps = system.story(path)
    place = system.place_of_breach(path[-1], law, steps)
    assert [step.call for step in (*steps, *place.steps)] == calls
    assert place.because


def test_a_story_is_told_call_by_call():
    """Each call with the answer that led on, a free with the step that gave the block."""
    system, found = search(Arena(4, 2))
    deepest = system.story(found.path(found.states - 1))
    assert len(deepest) == found.depth
    for step in deepest:
        if isinstance(step.call, Free):
            assert deepest[step.of].answer.value == step.call.frame


def beyond(frame, order):
    return frame + ONE + ONE + ONE + ONE


def test_a_step_beyond_memory_is_no_crash():
    """Initialisation itself may reach beyond: an IndexError that the judge knows how to tell."""
    with pytest.raises(IndexError):
        ListSystem(Arena(2, 1), changes={"buddy_of": beyond})
