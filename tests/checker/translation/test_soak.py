"""The soak of page tables: by count and not by the clock, its first runs have seen what every law rests on."""

import pytest

from pagelaw.checker.campaign import Campaign
from pagelaw.checker.targets.load import load_target
from pagelaw.checker.translation.practice import TRANSLATION
from pagelaw.checker.translation.soak import soak
from pagelaw.checker.translation.stake import STAKES
from pagelaw.spec.law import laws_of

LAWS = laws_of("translation")
#: The four first runs, each to its end.
FIRST_CALLS = 4 * 120


def soaked(target, seed, calls=FIRST_CALLS, **options):
    capabilities = TRANSLATION.held_to(target.capabilities, LAWS)
    campaign = Campaign(TRANSLATION, target, "soak", seed, capabilities, seconds=60.0)
    soak(campaign, calls=calls, **options)
    return campaign


def undecided(campaign):
    """The laws that a judge would call unknown."""
    judged = [law for law in STAKES if not TRANSLATION.reason_not_judged(law, campaign.capabilities)]
    return {
        law: why
        for law in judged
        if not TRANSLATION.reason_moot(law, campaign) and (why := TRANSLATION.reason_unknown(law, campaign))
    }


@pytest.mark.parametrize("seed", range(6))
def test_the_first_runs_see_what_every_law_rests_on(seed) -> None:
    """Whatever the seed, a few hundred calls leave nothing undecided of the reference."""
    campaign = soaked(load_target("model:reference", "translation"), seed)
    assert campaign.breaches == []
    assert undecided(campaign) == {}
    assert campaign.tally.exhausted > 0
    assert campaign.tally.done["split"] > 0


@pytest.mark.parametrize("seed", range(3))
def test_of_one_geometry_too(make_target, seed) -> None:
    """Also where all the first runs are of one geometry."""
    campaign = soaked(make_target(), seed)
    assert len({arena.geometry for arena in campaign.opened}) == 1
    assert undecided(campaign) == {}


def test_a_great_memory_is_not_used_up(make_target) -> None:
    """What is seen is told apart from what is not: in 3000 table frames nothing ever lacks, and two laws rest on it."""
    campaign = soaked(make_target(), 0, calls=150, frames=3000)
    assert campaign.tally.exhausted == 0
    assert set(undecided(campaign)) == {"T13", "F6"}
