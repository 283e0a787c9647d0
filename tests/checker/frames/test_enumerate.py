"""Enumerate: exact state counts, every kind of call, starts and holes, wavering targets, the end of a budget."""

import random

import pytest

from pagelaw.checker.campaign import Campaign
from pagelaw.checker.frames.enumerate import enumerate_target, explore_arena, small_arenas
from pagelaw.checker.frames.practice import FRAMES
from pagelaw.spec.contracts import Arena


def campaign_of(target, seconds=30.0):
    return Campaign(FRAMES, target, "enumerate", 0, target.capabilities, seconds)


@pytest.mark.parametrize(("frames", "order", "states"), [(1, 0, 2), (2, 1, 5), (4, 2, 26), (8, 3, 677), (5, 2, 52)])
@pytest.mark.parametrize("pick", ["last", "lowest"])
def test_all_states_are_reached(make_target, frames, order, states, pick) -> None:
    """The closed form: 2, then the square plus one for each order more; an odd size is the product of its parts."""
    campaign = campaign_of(make_target(pick=pick))
    explore_arena(campaign, Arena(frames, order))
    assert campaign.trace is None
    assert campaign.counts["states"] == states
    assert not campaign.cut


def test_every_outcome_is_seen(make_target) -> None:
    """In one small arena each operation comes out in each way, illegal frees of every kind included."""
    campaign = campaign_of(make_target())
    explore_arena(campaign, Arena(5, 2, start=4, reserved=frozenset({6})))
    tally = campaign.tally
    assert min(tally.granted, tally.exhausted, tally.oversized, tally.freed, tally.probes_after_refusal) > 0
    assert set(tally.illegal) == {"inside a block", "of another order", "outside", "reserved", "not live"}


def test_without_a_probe_frames_are_taken_out(make_target) -> None:
    """A lost frame shows although nobody can look at the free blocks."""
    campaign = campaign_of(make_target("refusal-frees", probe=False))
    explore_arena(campaign, Arena(3, 1))
    assert campaign.trace.law in ("A2", "A8")
    campaign = campaign_of(make_target("loses-last", probe=False))
    explore_arena(campaign, Arena(3, 1))
    assert campaign.trace.law == "A6"


def test_undefined_frees_are_not_tried(make_target) -> None:
    """A target whose illegal frees are undefined sees only legal ones."""
    campaign = campaign_of(make_target(illegal_free="undefined"))
    explore_arena(campaign, Arena(4, 2))
    assert campaign.counts["states"] == 26
    assert not campaign.tally.illegal


def test_arenas_respect_capabilities(make_target) -> None:
    """Other starts, holes and barriers come up exactly where they are declared."""
    rich = list(small_arenas(campaign_of(make_target())))
    poor = list(small_arenas(campaign_of(make_target(start=False, reserved=False, barriers=False))))
    assert any(arena.start for arena in rich)
    assert any(arena.reserved for arena in rich)
    assert any(arena.barriers for arena in rich)
    assert not any(arena.start or arena.reserved or arena.barriers for arena in poor)
    assert {arena.frames for arena in poor} == set(range(1, 9))


def test_a_target_that_wavers_is_followed(make_target) -> None:
    """Where answers differ from run to run, they are judged as they come, and that is told."""
    target = make_target()
    chance = random.Random(1)
    factory = target.factory

    def wavering(arena):
        made = factory(arena)
        made.pick = chance.choice(["last", "first"])
        made.upper = chance.random() < 0.5
        return made

    target.factory = wavering
    campaign = campaign_of(target)
    explore_arena(campaign, Arena(5, 2))
    assert campaign.trace is None
    assert campaign.counts["states"] > 26
    assert "differ from run to run" in campaign.notes[0]


def test_the_end_of_the_budget_is_told(make_target) -> None:
    """What was left out is named, within an arena and beyond."""
    campaign = campaign_of(make_target(), seconds=0.05)
    explore_arena(campaign, Arena(8, 3))
    assert "8 frames, orders 0 to 3: cut after" in campaign.cut
    campaign = campaign_of(make_target(), seconds=0.0)
    enumerate_target(campaign)
    assert "arenas not begun: 1 frames, orders 0 to 0" in campaign.cut


def test_the_first_breach_is_a_short_one(make_target) -> None:
    """Breadth first: three calls and a look are enough for two buddies that do not merge."""
    campaign = campaign_of(make_target("no-merge-at-top"))
    enumerate_target(campaign)
    assert campaign.trace.law == "A4"
    assert len(campaign.trace.steps) <= 4
