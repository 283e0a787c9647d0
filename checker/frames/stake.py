"""What was at stake: how often a law could have been broken, and why it could not.

A law that nothing could have broken is not held. Each law has its own cases, counted in the tally, and needs certain
outcomes to have been seen: that no request was ever refused says nothing about refusals.
"""

from __future__ import annotations

from ...spec.contracts import POLICIES, Capabilities
from ..campaign import Campaign
from .session import Tally

#: The laws that only a look at the free blocks can judge.
_NEED_PROBE = frozenset({"A3", "A4", "A5", "A7", "A9", "A14"})
_SHOWN_WITHOUT = "no probe: a lost, unmerged or doubled block shows only as a breach of A2 or A6"


def reason_not_judged(law: str, capabilities: Capabilities) -> str:
    """Why nobody could judge this law for a target with these capabilities; empty where it can be judged."""
    if law == "A12":
        return "arithmetic inside an implementation cannot be seen"
    if law == "A8" and capabilities.illegal_free == "undefined":
        return "illegal frees are undefined for this target and never tried"
    if law.startswith("A13."):
        claimed = law in {POLICIES[name] for name in capabilities.policies}
        return "" if claimed else "the policy is not claimed"
    if law == "A14" and not capabilities.barriers:
        return "the target takes no barriers"
    if law in _NEED_PROBE and not capabilities.probe:
        return _SHOWN_WITHOUT
    if law in _NEED_PROBE | {"A6"} and capabilities.merging == "lazy":
        return "merging is lazy: which blocks are free is the target's affair"
    if law == "A10" and capabilities.merging == "lazy" and capabilities.probe:
        return "merging is lazy: what is free after opening cannot be compared"
    return ""


def cases_of(law: str, tally: Tally) -> int:
    """How many calls or looks could have shown a breach of the law."""
    if law in ("A1", "A2"):
        return tally.granted + tally.probes
    if law in ("A3", "A4", "A5", "A7"):
        return tally.probes
    if law == "A6":
        return tally.granted + tally.exhausted
    if law == "A8":
        return tally.illegal.total()
    if law == "A9":
        return tally.probes_after_refusal
    if law == "A10":
        return tally.probes_at_opening + tally.emptied
    if law == "A14":
        return tally.probes_with_barriers
    if law.startswith("A13."):
        return tally.granted
    return tally.calls


def stake_of(law: str, tally: Tally) -> str:
    """What the cases are, in words."""
    if law in ("A1", "A2"):
        return f"{tally.granted} blocks given, {tally.probes} looks at the free blocks"
    if law in ("A3", "A4", "A5", "A7"):
        return f"{tally.probes} looks at the free blocks"
    if law == "A6":
        return f"{tally.granted} requests met, {tally.exhausted} refused"
    if law == "A8":
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(tally.illegal.items()))
        return f"illegal frees: {kinds}"
    if law == "A9":
        return f"{tally.probes_after_refusal} looks after a refused request"
    if law == "A10":
        return f"{tally.probes_at_opening} looks after opening, {tally.emptied} arenas taken out to the last frame"
    if law == "A14":
        return f"{tally.probes_with_barriers} looks at free blocks between barriers"
    if law.startswith("A13."):
        return f"{tally.granted} blocks given"
    return f"{tally.calls} calls answered"


def reason_unknown(law: str, campaign: Campaign) -> str:
    """Why the run leaves the law undecided although it found no breach; empty where it does not."""
    tally = campaign.tally
    if not tally.calls:
        return "the budget ended before the first call"
    if law == "A10" and campaign.unopened:
        arena, why = next(iter(campaign.unopened.items()))
        return f"{len(campaign.unopened)} arenas were not opened; {campaign.practice.described(arena)}: {why}"
    needs = {
        "granted": ("A1", "A2", "A3", "A5", "A6", "A7", "C1"),
        "freed": ("A4", "A7", "A8", "A11", "C1"),
        "exhausted": ("A6", "A9", "C1"),
    }
    says = {"granted": "no request was met", "freed": "no block was freed", "exhausted": "no request was refused"}
    for outcome, affected in needs.items():
        if law in affected and not getattr(tally, outcome):
            return f"never at stake: {says[outcome]}" + (f"; {campaign.cut}" if campaign.cut else "")
    if not cases_of(law, tally):
        return "never at stake" + (f": {campaign.cut}" if campaign.cut else "")
    return ""
