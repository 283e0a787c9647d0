"""Random: the two ways to a session find bugs, pass correct targets, and repeat themselves."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from pagelaw.checker.campaign import Campaign
from pagelaw.checker.frames.machine import frames_machine, hunt
from pagelaw.checker.frames.practice import FRAMES

RULES = settings(
    max_examples=60, stateful_step_count=30, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)


def campaign_of(target, seed=0, seconds=20.0):
    return Campaign(FRAMES, target, "random", seed, target.capabilities, seconds)


@pytest.mark.parametrize("seed", range(3))
def test_a_correct_target_passes(make_target, seed) -> None:
    """Every outcome is seen and none is a breach."""
    campaign = campaign_of(make_target(), seed)
    hunt(campaign, examples=60)
    tally = campaign.tally
    assert campaign.trace is None
    assert min(tally.granted, tally.exhausted, tally.freed, tally.illegal.total(), tally.probes_after_refusal) > 0
    assert 50 < campaign.counts["examples"] <= 60  # not those of zeros alone


@pytest.mark.parametrize("bug", ["no-merge-at-top", "crosses-barrier", "rounds-up", "accepts-double", "fails-early"])
def test_bugs_are_found(make_target, bug) -> None:
    """A planted bug ends the run, and the trace ends with the call that shows it."""
    campaign = campaign_of(make_target(bug))
    hunt(campaign, examples=300)
    assert campaign.trace is not None
    assert campaign.trace.law == campaign.breaches[0].law
    assert campaign.counts["examples"] < 300


def test_the_same_seed_is_the_same_run(make_target) -> None:
    """A seed decides every example, whatever profile of Hypothesis is loaded."""

    def run(seed):
        campaign = campaign_of(make_target(), seed)
        hunt(campaign, examples=20)
        return campaign.tally

    assert run(3) == run(3)
    assert run(3) != run(4)


def test_the_end_of_the_budget_is_told(make_target) -> None:
    """A run that was cut says after how many examples, and no exception of Hypothesis comes through."""
    campaign = campaign_of(make_target(), seconds=0.1)
    hunt(campaign, examples=100_000)
    assert campaign.cut.endswith("of 100000 examples")


def test_the_state_machine_passes_a_correct_target(make_target) -> None:
    """No false alarm in rule mode, undefined frees respected."""
    run_state_machine_as_test(frames_machine(make_target()), settings=RULES)
    run_state_machine_as_test(frames_machine(make_target(illegal_free="undefined")), settings=RULES)


def test_the_state_machine_names_the_law(make_target) -> None:
    """A breach is an AssertionError with the law's id."""
    with pytest.raises(AssertionError, match="A4: the free block"):
        run_state_machine_as_test(
            frames_machine(make_target("no-merge-at-top")),
            settings=settings(RULES, max_examples=400, phases=[Phase.generate]),
        )


class Stingy:
    """A factory of one's own that imports nothing of pagelaw, and never gives anything."""

    def __init__(self, frames: int, max_order: int) -> None:
        pass

    def allocate(self, order: int) -> int:
        raise MemoryError

    def free(self, frame: int, order: int) -> None:
        raise ValueError


def test_the_state_machine_takes_a_factory() -> None:
    """A plain class is enough for a suite of one's own."""
    with pytest.raises(AssertionError, match="A6: allocate"):
        run_state_machine_as_test(frames_machine(Stingy), settings=RULES)
