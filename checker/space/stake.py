"""What was at stake: how often a law of address spaces could have been broken, and why it could not.

Which law another answer to a call would have broken, the relation itself names; those cases are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...spec.contracts.space.arena import SpaceCapabilities
from ..stakes import Stake, Stakes
from .draw import may_limit
from .session import Tally

#: Laws that nobody can judge from outside, and what shows instead.
_UNSEEN = {
    "F9": "counts of frames are kept inside an implementation; one that is wrong shows as V6 or F7",
}
#: Capabilities by which what is private to one may be another's as well.
_COPYING = ("forks", "files", "sections")


def _look(offered: SpaceCapabilities) -> str:
    return "" if offered.look else "regions cannot be listed or queried"


def _listing(offered: SpaceCapabilities) -> str:
    only = "only the dialect linux lists regions; what queries tell is judged as V2"
    return _look(offered) or ("" if "linux" in offered.dialects else only)


def _merging(offered: SpaceCapabilities) -> str:
    if _listing(offered):
        return _listing(offered)
    return "" if offered.merging else "the target does not say that neighbours are merged"


def _frames(offered: SpaceCapabilities) -> str:
    if not offered.frames:
        return "which frame is behind a page is the target's affair, and its frames cannot be limited"
    return "" if not offered.pages_out else "with all frames in use the target puts contents out"


def _charge(offered: SpaceCapabilities) -> str:
    charged = any(may_limit(dialect, offered) for dialect in offered.dialects)
    return "" if charged else "the target charges nothing"


def _copying(offered: SpaceCapabilities) -> str:
    return "" if any(getattr(offered, name) for name in _COPYING) else "nothing is ever shared, so nothing is copied"


def _windows(offered: SpaceCapabilities) -> str:
    return "" if "windows" in offered.dialects else "only the dialect windows has guard pages"


def _moving(offered: SpaceCapabilities) -> str:
    return "" if "windows" in offered.dialects else "in the dialect linux a page that is given is always committed"


def _stacks(offered: SpaceCapabilities) -> str:
    return "" if offered.stacks else "the target has no stacks"


def _of(law: str) -> Callable[[Tally], int]:
    return lambda tally: tally.laws[law]


STAKES: Mapping[str, Stake] = {
    "F2": Stake(_of("F2"), "accesses with all frames in use", _frames),
    "V4": Stake(_of("V4"), "calls that are charged for, within a limit or beyond", _charge),
    "V3": Stake(_of("V3"), "accesses without the right"),
    "V10": Stake(_of("V10"), "accesses to what is not there, and calls over it"),
    "V11": Stake(lambda tally: tally.after_fault, "sights after violations alone"),
    "V12": Stake(
        _of("V12"), "accesses to what is there, and questions what is resident and how often a fault was served"
    ),
    "V13": Stake(_of("V13"), "hits of guard pages", _windows),
    "V14": Stake(_of("V14"), "accesses by which a stack grows, or would", _stacks),
    "V1": Stake(_of("V1"), "listings", _listing),
    "V2": Stake(_of("V2"), "listings and queries", _look),
    "V5": Stake(_of("V5"), "listings and queries", _look),
    "V5.merged": Stake(_of("V5.merged"), "listings", _merging),
    "V8": Stake(_of("V8"), "pages committed and decommitted, and queries of their state", _moving),
    "V15": Stake(_of("V15"), "ranges that are empty, wrap, or end where the window does"),
    "V16": Stake(_of("V16"), "places chosen, kept or refused"),
    "V6": Stake(_of("V6"), "bytes read that others could have written", _copying),
    "F7": Stake(_of("F7"), "bytes read that were never written"),
    "V17": Stake(_of("V17"), "bytes read in pages and files that were written"),
    "V18": Stake(lambda tally: tally.after_refusal, "sights after refusals alone"),
    "C1": Stake(lambda tally: tally.calls, "calls answered"),
    "C2": Stake(lambda tally: tally.calls, "calls answered"),
}
#: What must have been seen before a law can be said to hold.
_OUTCOMES: Mapping[str, tuple[str, Callable[[Tally], int]]] = {
    "nothing was given": (
        "V1 V2 V3 V5 V5.merged V10 V11 V12 V16 V17 V18 F7 C1",
        lambda tally: tally.done["mmap"] + tally.done["reserve"],
    ),
    "nothing was taken back": (
        "V2 V5 V10 V17 F7",
        lambda tally: tally.done["munmap"] + tally.done["decommit"] + tally.done["release"],
    ),
    "no access was granted": ("V3 V12 V17 V6 F7", lambda tally: tally.granted),
    "no byte was written": ("V17 V6", lambda tally: tally.written),
    "no access was denied": ("V3 V10 V11", lambda tally: tally.reasons["denied"]),
    "no call was refused": ("V15 V18 C1", lambda tally: tally.reasons["illegal"] + tally.reasons["no-mapping"]),
    "no guard page was hit": ("V13", lambda tally: tally.reasons["guard"]),
    "no stack was used up": ("V14", lambda tally: tally.stopped),
    "frames were never used up": ("F2", lambda tally: tally.reasons["exhausted"]),
    "the limit was never reached": ("V4", lambda tally: tally.reasons["out-of-memory"]),
}

_TABLE = Stakes(STAKES, _OUTCOMES, _UNSEEN)
cases_of, stake_of = _TABLE.cases_of, _TABLE.stake_of
reason_not_judged, reason_unknown = _TABLE.reason_not_judged, _TABLE.reason_unknown
