"""What was at stake: how often a law of translation could have been broken, and why it could not."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...spec.contracts.paging_arena import PagingCapabilities
from ..stakes import Stake, Stakes
from .session import Tally

#: Laws that nobody can judge from outside, and what shows instead.
_UNSEEN = {
    "T6": "it is judged as T6.mapped and T6.unmapped",
    "T10": "what is in frames that are free is the target's affair; an entry that was left over shows as T6.unmapped",
    "T12": "a target of this contract pages nothing out",
    "F1": "a table frame that is mapped shows as T13, T6.unmapped or T6.mapped",
    "F3": "counts are kept inside an implementation",
    "F4": "reverse entries are kept inside an implementation",
    "F5": "a frame that is mapped twice shows as T6.mapped or T6.unmapped",
}
#: What is said of a capability without which a law has no cases.
_LACKING = {
    "look": "roots and table memory cannot be looked at",
    "free": "the free table frames cannot be looked at",
    "levels": "the target makes no huge leaves",
    "splits": "the target splits no huge leaves",
    "events": "what is done to TLBs is not told",
    "identifiers": "address-space identifiers are not told",
}


def _needs(capability: str) -> Callable[[PagingCapabilities], str]:
    """What is lacking where the target has not this capability."""
    return lambda offered: "" if getattr(offered, capability) else _LACKING[capability]


STAKES: Mapping[str, Stake] = {
    "T1": Stake(lambda tally: tally.calls, "calls answered"),
    "T2": Stake(lambda tally: tally.granted, "addresses translated"),
    "T3": Stake(lambda tally: tally.granted + tally.denied, "accesses granted or denied"),
    "T4": Stake(lambda tally: tally.strange + tally.looks, "accesses to no address, and looks at entries"),
    "T5": Stake(lambda tally: tally.looks, "looks at the tables", _needs("look")),
    "T6.mapped": Stake(
        lambda tally: tally.granted + tally.denied + tally.looks, "accesses to what is mapped, and looks"
    ),
    "T6.unmapped": Stake(lambda tally: tally.unmapped + tally.looks, "accesses to what is not mapped, and looks"),
    "T7": Stake(lambda tally: tally.huge, "huge leaves mapped", _needs("levels")),
    "T7.split": Stake(lambda tally: tally.done["split"], "huge leaves split", _needs("splits")),
    "T8": Stake(
        lambda tally: tally.after_access + tally.marked, "looks after accesses, or at used leaves", _needs("look")
    ),
    "T9": Stake(lambda tally: tally.after_fault, "looks after faults alone", _needs("look")),
    "T11": Stake(lambda tally: tally.ends, "ranges that are empty or end where a half of the addresses does"),
    "T13": Stake(lambda tally: tally.after_refusal + tally.refused.total(), "refusals, and looks after refusals alone"),
    "F6": Stake(lambda tally: tally.looks + tally.exhausted, "looks at the tables, and refusals for want of a frame"),
    "F8": Stake(lambda tally: tally.looks, "looks at tables and free table frames", _needs("free")),
    "L1": Stake(lambda tally: tally.unlocks, "locks dropped after something had to be flushed", _needs("events")),
    "L2": Stake(lambda tally: tally.owing, "calls after which something had to be flushed", _needs("events")),
    "L3": Stake(lambda tally: tally.releases, "frames released after something had to be flushed", _needs("events")),
    "L4": Stake(lambda tally: tally.sets, "entries set after something had to be flushed", _needs("events")),
    "L5": Stake(lambda tally: tally.identified, "looks at identifiers", _needs("identifiers")),
    "C1": Stake(lambda tally: tally.calls, "calls answered"),
    "C2": Stake(lambda tally: tally.calls, "calls answered"),
}
#: Events that a target need not tell of: a lock that it does not have, an entry that it does not set again.
_OPTIONAL_EVENTS = {
    "L1": "the target never told of a lock that was dropped when something had to be flushed",
    "L3": "the target never told of a frame that was released when something had to be flushed",
    "L4": "the target never told of an entry that was set again when something had to be flushed",
}
#: After so many occasions an event that was not told of is one that the target has not.
_OCCASIONS = 5
#: What must have been seen before a law can be said to hold.
_OUTCOMES: Mapping[str, tuple[str, Callable[[Tally], int]]] = {
    "nothing was mapped": ("T2 T3 T5 T6.mapped T6.unmapped T13 F6 F8 C1", lambda tally: tally.done["map"]),
    "nothing was unmapped": ("T5 T6.unmapped F6 F8 C1", lambda tally: tally.done["unmap"]),
    "no access was granted": ("T2 T3 T6.mapped", lambda tally: tally.granted),
    "no access was denied": ("T3", lambda tally: tally.denied),
    "no call was refused": ("T13 C1", lambda tally: tally.refused.total()),
    "table memory was never used up": ("T13 F6", lambda tally: tally.exhausted),
}

_TABLE = Stakes(STAKES, _OUTCOMES, _UNSEEN)
cases_of, stake_of = _TABLE.cases_of, _TABLE.stake_of
reason_not_judged, reason_unknown = _TABLE.reason_not_judged, _TABLE.reason_unknown


def reason_moot(law: str, tally: Tally) -> str:
    """Why the target gave no chance to judge the law, as the run has shown; empty where it did."""
    told = law not in _OPTIONAL_EVENTS or cases_of(law, tally) > 0
    return "" if told or tally.owing < _OCCASIONS else _OPTIONAL_EVENTS[law]
