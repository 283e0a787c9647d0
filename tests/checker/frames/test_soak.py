"""Soak: correct targets pass, slow leaks and rare losses are found, arenas come out whole."""

from pagelaw.checker.campaign import Campaign
from pagelaw.checker.frames.practice import FRAMES
from pagelaw.checker.frames.soak import soak


def campaign_of(target, seed=0, seconds=20.0):
    return Campaign(FRAMES, target, "soak", seed, target.capabilities, seconds)


def test_a_correct_target_passes(make_target) -> None:
    """Thousands of calls in several arenas, each outcome seen, nothing broken; in batches."""
    target = make_target()
    campaign = campaign_of(target)
    soak(campaign, calls=34_000)
    assert campaign.trace is None
    assert len({arena.frames for arena in campaign.opened}) >= 3
    tally = campaign.tally
    assert min(tally.granted, tally.exhausted, tally.freed, tally.illegal.total(), tally.probes_after_refusal) > 0
    assert tally.calls / target.batches > 40


def test_a_leak_after_ten_thousand_operations(make_target) -> None:
    """The free that leaks is found to the call, although the free blocks are looked at rarely."""
    campaign = campaign_of(make_target("leaks-late"))
    soak(campaign, calls=16_000)
    assert campaign.trace.law == "A3"
    made = [step for step in campaign.trace.steps if "Probe" not in type(step.call).__name__]
    assert len(made) == 10_000 + len(made) - 10_000 > 10_000
    assert len(made) < 10_200


def test_a_leak_without_a_probe(make_target) -> None:
    """Draining shows the leak where nobody can look."""
    campaign = campaign_of(make_target("leaks-late", probe=False))
    soak(campaign, calls=16_000)
    assert campaign.trace.law == "A6"


def test_the_same_seed_is_the_same_run(make_target) -> None:
    """A seed decides every call; another seed makes others."""

    def run(seed):
        campaign = campaign_of(make_target(), seed)
        soak(campaign, calls=3000, frames=77)
        return campaign.tally

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_the_end_of_the_budget_is_told(make_target) -> None:
    """A run that was cut says after how many calls."""
    campaign = campaign_of(make_target(), seconds=0.05)
    soak(campaign, calls=1_000_000)
    assert campaign.cut.startswith("the budget ended after")
    assert campaign.tally.calls > 0
