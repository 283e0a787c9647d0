"""Stakes: every law of translation has its cases or a reason, and needs outcomes to have been seen."""

from collections import Counter

import pytest

from pagelaw.checker.campaign import Campaign
from pagelaw.checker.translation.practice import TRANSLATION
from pagelaw.checker.translation.session import Tally
from pagelaw.checker.translation.stake import STAKES, cases_of, reason_moot, reason_not_judged, reason_unknown, stake_of
from pagelaw.spec import table_laws, tlb_laws, translation_laws
from pagelaw.spec.contracts.paging_arena import PagingCapabilities
from pagelaw.spec.law import laws_of

CONTRACTS = {module.CONTRACT for module in (table_laws, tlb_laws, translation_laws)}
LAWS = [law.id for law in laws_of("translation")]
ALL = PagingCapabilities(
    cores=2, levels=2, copies=True, splits=True, look=True, free=True, identifiers=True, events=True, marks=True
)
NUMBERS = {name: 3 for name in Tally.__annotations__ if name not in ("done", "refused")}
SEEN = Tally(calls=99, opened=1, done=Counter(map=9, unmap=4, split=2), refused=Counter(map=2), **NUMBERS)


def test_all_laws_are_of_one_contract() -> None:
    """The table below is complete: each law has a stake or a reason why nobody can judge it."""
    assert {"translation"} == CONTRACTS
    assert set(LAWS) >= set(STAKES)
    assert {law for law in LAWS if reason_not_judged(law, ALL)} == set(LAWS) - set(STAKES)


@pytest.mark.parametrize("law", sorted(STAKES))
def test_a_law_with_everything_seen_holds(make_target, law) -> None:
    """And with nothing seen it does not, whatever the law."""
    assert reason_unknown(law, Campaign(TRANSLATION, make_target(), "random", tally=SEEN)) == ""
    assert cases_of(law, SEEN) > 0
    assert stake_of(law, SEEN).split()[0] == str(cases_of(law, SEEN))
    assert reason_unknown(law, Campaign(TRANSLATION, make_target(), "random"))
    opened = Campaign(TRANSLATION, make_target(), "random", tally=Tally(opened=1, calls=9))
    assert law in ("T1", "C2") or reason_unknown(law, opened).startswith("never at stake")


@pytest.mark.parametrize(
    ("outcome", "laws"), [("granted", {"T2", "T3"}), ("exhausted", {"T13", "F6"}), ("denied", {"T3"})]
)
def test_an_outcome_that_was_not_seen_leaves_laws_unknown(make_target, outcome, laws) -> None:
    """That no access was granted, say, tells nothing about where accesses go."""
    campaign = Campaign(TRANSLATION, make_target(), "random", tally=Tally(**{**_fields(), outcome: 0}))
    assert laws <= {law for law in STAKES if reason_unknown(law, campaign)}


def test_events_that_a_target_never_tells_of(make_target) -> None:
    """A target without locks is not judged by L1, once there was occasion enough; before, L1 is unknown."""
    without = Tally(**{**_fields(), "unlocks": 0, "owing": 50})
    assert "lock" in reason_moot("L1", without)
    assert reason_moot("L1", SEEN) == reason_moot("L2", without) == ""
    few = Tally(**{**_fields(), "unlocks": 0, "owing": 1})
    assert reason_moot("L1", few) == ""
    assert reason_unknown("L1", Campaign(TRANSLATION, make_target(), "random", tally=few))


def _fields():
    return {name: getattr(SEEN, name) for name in (*Tally.__annotations__, "calls", "opened")}
