"""What laws rest on where a target is judged: a table for each contract, and what follows of it for a run.

A law that nothing could have broken is not held. Each law has its own cases, counted in a tally, and needs certain
outcomes to have been seen::

    nobody could judge it      no stake, or one that the target lacks something for     not judged
    it was never at stake      an outcome was not seen, or there was no case            unknown
    it was at stake            so many cases, in words                                  holds, or is broken
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from .campaign import Campaign

_INSIDE = "it is about the specification's own steps; a target is held to what they come to"


@attrs.frozen
class Stake:
    """What a law rests on.

    Attributes:
        cases: how many of what a tally has counted could have shown a breach.
        words: what they are.
        lacking: why nobody could judge it for a target with these capabilities; empty where one could.
    """

    cases: Callable[[Any], int]
    words: str
    lacking: Callable[[Any], str] = lambda _offered: ""


@attrs.frozen
class Stakes:
    """What all laws of a contract rest on.

    Attributes:
        laws: each law that a target can be judged by.
        outcomes: what must have been seen, by what is said where it was not: the laws, and its count in a tally.
        unseen: laws that nobody can judge from outside, and what shows instead.
    """

    laws: Mapping[str, Stake]
    outcomes: Mapping[str, tuple[str, Callable[[Any], int]]]
    unseen: Mapping[str, str] = attrs.field(factory=dict)

    def cases_of(self, law: str, tally: Any) -> int:
        """How many cases could have shown a breach of the law."""
        stake = self.laws.get(law)
        return 0 if stake is None else stake.cases(tally)

    def stake_of(self, law: str, tally: Any) -> str:
        """What the cases are, in words."""
        stake = self.laws.get(law)
        return "" if stake is None else f"{stake.cases(tally)} {stake.words}"

    def reason_not_judged(self, law: str, capabilities: Any) -> str:
        """Why nobody could judge this law for a target with these capabilities; empty where it can be judged."""
        stake = self.laws.get(law)
        return self.unseen.get(law, _INSIDE) if stake is None else stake.lacking(capabilities)

    def reason_unknown(self, law: str, campaign: Campaign, cases: int | None = None) -> str:
        """Why the run leaves the law undecided although it found no breach; empty where it does not.

        `cases` are those of the law, where they do not follow from the tally alone.
        """
        tally = campaign.tally
        if not tally.calls:
            return "the budget ended before the first call"
        cut = f"; {campaign.cut}" if campaign.cut else ""
        for says, (affected, outcome) in self.outcomes.items():
            if law in affected.split() and not outcome(tally):
                return f"never at stake: {says}{cut}"
        if not (self.cases_of(law, tally) if cases is None else cases):
            return f"never at stake{cut}"
        return ""
