"""Stake: each law has its own cases, and needs outcomes to have been seen before it can be said to hold."""

import attrs
import pytest

from pagelaw.checker.campaign import Campaign
from pagelaw.checker.frames.practice import FRAMES
from pagelaw.checker.frames.session import Tally
from pagelaw.checker.frames.stake import cases_of, reason_not_judged, reason_unknown, stake_of
from pagelaw.spec import buddy_laws
from pagelaw.spec.contracts import Capabilities
from pagelaw.spec.law import laws_of

LAWS = [law.id for law in laws_of(buddy_laws.CONTRACT)]
SEEN = Tally(
    opened=1,
    calls=100,
    granted=30,
    exhausted=5,
    freed=20,
    probes=40,
    probes_at_opening=1,
    probes_after_refusal=4,
    probes_with_barriers=3,
    emptied=2,
)
SEEN.illegal.update({"outside": 6, "not live": 7})


@pytest.mark.parametrize("law", LAWS)
def test_without_anything_seen_no_law_holds(make_target, law) -> None:
    """An empty tally has no cases, and every law is unknown for a reason."""
    assert cases_of(law, Tally()) == 0
    assert reason_unknown(law, Campaign(FRAMES, make_target(), "random"))
    opened = Campaign(FRAMES, make_target(), "random", tally=Tally(opened=1, calls=9))
    assert reason_unknown(law, opened) or law in ("C2", "A12")


@pytest.mark.parametrize(
    ("law", "cases"),
    [("A1", 70), ("A3", 40), ("A6", 35), ("A8", 13), ("A9", 4), ("A10", 3), ("A14", 3), ("A13.lower", 30), ("C2", 100)],
)
def test_cases_are_those_of_the_law(make_target, law, cases) -> None:
    """What could have shown a breach is counted, and said in words."""
    assert cases_of(law, SEEN) == cases
    assert stake_of(law, SEEN)
    assert not reason_unknown(law, Campaign(FRAMES, make_target(), "random", tally=SEEN))


@pytest.mark.parametrize(
    ("law", "missing", "says"),
    [
        ("A6", "exhausted", "refused"),
        ("A8", "freed", "freed"),
        ("A1", "granted", "met"),
        ("A9", "exhausted", "refused"),
    ],
)
def test_an_outcome_that_was_never_seen(make_target, law, missing, says) -> None:
    """Half of a law is not the law: without one of the outcomes it is unknown."""
    campaign = Campaign(FRAMES, make_target(), "random", tally=attrs.evolve(SEEN, **{missing: 0}))
    assert f"no {'request' if says != 'freed' else 'block'} was {says}" in reason_unknown(law, campaign)


def test_what_cannot_be_judged() -> None:
    """Capabilities decide; a full set leaves only arithmetic and unclaimed policies."""
    everything = Capabilities(start=True, reserved=True, barriers=True, probe=True)
    idle = {law for law in LAWS if reason_not_judged(law, everything)}
    assert idle == {"A12", "A13.smallest", "A13.lowest", "A13.lower", "A13.upper"}
    assert not reason_not_judged("A13.lower", Capabilities(policies=("lower-half",)))
    assert "no probe" in reason_not_judged("A4", Capabilities())
    assert "undefined" in reason_not_judged("A8", Capabilities(illegal_free="undefined"))
    assert "lazy" in reason_not_judged("A6", Capabilities(merging="lazy"))
