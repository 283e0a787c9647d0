"""What was at stake: how often a law of heaps could have been broken, and why it could not."""

from __future__ import annotations

from collections.abc import Mapping

from ...spec.contracts.heap_arena import HeapCapabilities
from ..campaign import Campaign
from ..stakes import Stake, Stakes
from .session import Tally


def _memory(offered: HeapCapabilities) -> str:
    return "" if offered.memory else "blocks cannot be read and written"


def _calloc(offered: HeapCapabilities) -> str:
    return "" if offered.calloc else "there is no calloc"


def _eager(offered: HeapCapabilities) -> str:
    if not offered.bounded:
        return ""
    return "" if offered.reclaims == "eager" else "the target keeps freed memory for blocks of the same size"


def _refusing(offered: HeapCapabilities) -> str:
    return "" if offered.illegal_free == "refused" else "the target leaves an illegal free undefined"


def _private(offered: HeapCapabilities) -> str:
    shared = "one heap is shared by all its users, who can exhaust and damage it for each other"
    return {"none": "there are no heaps besides the first", "global": shared}.get(offered.heaps, "")


STAKES: Mapping[str, Stake] = {
    "H1": Stake(lambda tally: tally.granted, "blocks given"),
    "H2": Stake(lambda tally: tally.apart, "blocks given while others were live"),
    "H3": Stake(lambda tally: tally.read, "bytes read that were written before", _memory),
    "H4": Stake(
        lambda tally: tally.cleared + tally.overflown,
        "bytes read from calloc, and products too large for a word",
        _calloc,
    ),
    "H5": Stake(lambda tally: tally.again, "requests that the empty heap had granted before", _eager),
    "H6": Stake(lambda tally: tally.illegal, "illegal calls refused", _refusing),
    "H7": Stake(lambda tally: tally.nothing, "requests for no bytes"),
    "H8": Stake(
        lambda tally: tally.asked,
        "questions how large a block is",
        lambda offered: "" if offered.usable else "the target does not tell how large a block is",
    ),
    "H9": Stake(lambda tally: tally.isolated, "calls in one heap that could have shown in another", _private),
    "H10": Stake(lambda tally: tally.granted, "blocks given"),
    "C1": Stake(lambda tally: tally.calls, "calls answered"),
    "C2": Stake(lambda tally: tally.calls, "calls answered"),
}

_TABLE = Stakes(
    STAKES,
    {
        "no block was given": (" ".join(STAKES), lambda tally: tally.granted),
        "no block was given back": ("H2 H3 H5", lambda tally: tally.freed),
    },
)
stake_of, reason_not_judged = _TABLE.stake_of, _TABLE.reason_not_judged


def cases_of(law: str, tally: Tally, *, bounded: bool = True) -> int:
    """How many calls or bytes could have shown a breach of the law."""
    return tally.granted if law == "H5" and not bounded else _TABLE.cases_of(law, tally)


def reason_unknown(law: str, campaign: Campaign) -> str:
    """Why the run leaves the law undecided although it found no breach; empty where it does not."""
    return _TABLE.reason_unknown(law, campaign, cases_of(law, campaign.tally, bounded=campaign.capabilities.bounded))
