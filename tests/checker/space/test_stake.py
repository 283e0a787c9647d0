"""Stakes: every law of address spaces has its cases or a reason, and needs outcomes to have been seen."""

from collections import Counter

import attrs
import pytest

from pagelaw.checker.campaign import Campaign
from pagelaw.checker.space.practice import SPACE
from pagelaw.checker.space.session import Tally
from pagelaw.checker.space.stake import STAKES, cases_of, reason_not_judged, reason_unknown, stake_of
from pagelaw.spec import access_laws, page_laws, region_laws, sharing_laws, space_laws, stack_laws
from pagelaw.spec.contracts.space.arena import SpaceCapabilities
from pagelaw.spec.law import laws_of

MODULES = (access_laws, page_laws, region_laws, sharing_laws, space_laws, stack_laws)
LAWS = [law.id for law in laws_of("space")]
FLAGS = ("frames", "limit", "merging", "look", "forks", "files", "sections", "stacks")
ALL = SpaceCapabilities(dialects=("windows", "linux"), overcommit="never", **dict.fromkeys(FLAGS, True))


def seen(**changes):
    return Tally(
        **{
            "calls": 99,
            "opened": 1,
            "laws": Counter(dict.fromkeys(LAWS, 3)),
            "done": Counter(mmap=9, munmap=4, reserve=2, release=1),
            "reasons": Counter({"denied": 3, "illegal": 2, "guard": 1, "exhausted": 1, "out-of-memory": 1}),
            **dict.fromkeys(("granted", "written", "looks", "after_refusal", "after_fault", "stopped"), 3),
            **changes,
        }
    )


def test_all_laws_have_a_stake_or_a_reason() -> None:
    """The table is complete: with everything declared, only counts of frames are nobody's to judge."""
    assert {module.CONTRACT for module in MODULES} == {"space"}
    assert set(LAWS) - set(STAKES) == {"F9"}
    assert [law for law in LAWS if reason_not_judged(law, ALL)] == ["F9"]


@pytest.mark.parametrize(
    ("capabilities", "laws"),
    [
        ({"dialects": ("linux",)}, {"V8", "V13"}),
        ({"dialects": ("windows",)}, {"V1", "V5.merged"}),
        ({"dialects": ("linux",), "overcommit": "always"}, {"V4", "V8", "V13"}),
        ({"look": False}, {"V1", "V2", "V5", "V5.merged"}),
        ({"merging": False}, {"V5.merged"}),
        ({"frames": False}, {"F2"}),
        ({"pages_out": True}, {"F2"}),
        ({"limit": False}, {"V4"}),
        ({"stacks": False}, {"V14"}),
        ({"forks": False, "files": False, "sections": False}, {"V6"}),
    ],
)
def test_what_is_lacking_is_not_judged(capabilities, laws) -> None:
    """Each law that rests on what a target does not have says so."""

    lacking = attrs.evolve(ALL, **capabilities)
    assert {law for law in LAWS if reason_not_judged(law, lacking)} == laws | {"F9"}


@pytest.mark.parametrize("law", sorted(STAKES))
def test_a_law_with_everything_seen_holds(make_target, law) -> None:
    """And with nothing seen it does not, whatever the law."""
    tally = seen()
    assert reason_unknown(law, Campaign(SPACE, make_target(), "random", tally=tally)) == ""
    assert cases_of(law, tally) > 0
    assert stake_of(law, tally).split()[0] == str(cases_of(law, tally))
    assert reason_unknown(law, Campaign(SPACE, make_target(), "random"))
    opened = Campaign(SPACE, make_target(), "random", tally=Tally(opened=1, calls=9))
    assert law == "C2" or reason_unknown(law, opened).startswith("never at stake")
    assert cases_of("F9", tally) == 0
    assert stake_of("F9", tally) == ""


@pytest.mark.parametrize(
    ("outcome", "laws"),
    [
        ({"granted": 0}, {"V3", "V12", "V17", "V6", "F7"}),
        ({"written": 0}, {"V17", "V6"}),
        ({"done": Counter(mmap=1)}, {"V2", "V5", "V10", "V17", "F7"}),
        ({"reasons": Counter(illegal=9)}, {"V3", "V10", "V11", "V13", "F2", "V4"}),
        ({"after_refusal": 0}, {"V18"}),
        ({"after_fault": 0}, {"V11"}),
        ({"stopped": 0}, {"V14"}),
    ],
)
def test_an_outcome_that_was_not_seen_leaves_laws_unknown(make_target, outcome, laws) -> None:
    """That no access was granted, say, tells nothing about what is read."""
    campaign = Campaign(SPACE, make_target(), "random", tally=seen(**outcome))
    assert {law for law in STAKES if reason_unknown(law, campaign)} == laws
