"""How managers of address spaces are judged: the practice of the contract `space`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...spec.contracts import CONTRACTS
from ...spec.contracts.space.arena import DIALECTS, SpaceArena, SpaceCapabilities
from ...spec.contracts.space.calls import Faults, Maps, Mincore, Query
from ...spec.law import Law
from ..campaign import Campaign
from ..plan import Plan
from ..practice import Judge, Practice
from ..targets.target import TargetError
from ..trace import Trace
from . import shrink, stake
from .enumerate import enumerate_target
from .session import Session, Tally
from .soak import soak

#: Work for each second of budget, so that the same seed does the same on machines that are fast enough for it.
_EXAMPLES_PER_SECOND = 16
_SOAK_CALLS_PER_SECOND = 1500
_LEAST_SOAK_CALLS = 4000


class SpacePractice(Practice):
    """The practice of the contract `space`."""

    contract = CONTRACTS["space"]
    session = Session

    @property
    def judges(self) -> Mapping[str, Judge]:
        """Every short sequence of a few calls, drawn calls, and long runs."""
        return {"enumerate": _enumerate, "random": _random, "soak": _soak}

    def held_to(self, offered: SpaceCapabilities, laws: Sequence[Law]) -> SpaceCapabilities:
        """All that it declares; a `TargetError` where no dialect is."""
        if not offered.dialects:
            wanted = " or ".join(f'"dialects": ["{dialect}"]' for dialect in DIALECTS)
            raise TargetError(f"the target speaks no dialect: when it is opened it must declare {wanted}")
        return offered

    def cases_of(self, law: str, tally: Tally) -> int:
        """How many calls could have shown a breach of the law."""
        return stake.cases_of(law, tally)

    def stake_of(self, law: str, tally: Tally) -> str:
        """What the cases are, in words."""
        return stake.stake_of(law, tally)

    def reason_not_judged(self, law: str, capabilities: SpaceCapabilities) -> str:
        """Why nobody could judge this law; empty where it can be judged."""
        return stake.reason_not_judged(law, capabilities)

    def reason_unknown(self, law: str, campaign: Campaign) -> str:
        """Why a run leaves the law undecided; empty where it does not."""
        return stake.reason_unknown(law, campaign)

    def ended_badly(self, law: str) -> bool:
        """A target that dies while it is let go does not keep to its conduct."""
        return law == "C2"

    def described(self, arena: SpaceArena) -> str:
        """Dialect, pages, and what is scarce."""
        frames = f", {arena.frames} frames" if arena.frames else ""
        limit = f", {arena.limit} pages may be charged" if arena.limit else ""
        return f"{arena.dialect}, {arena.pages} pages{frames}{limit}"

    def sizes(self, arenas: Collection[SpaceArena]) -> str:
        """The dialects, and from the fewest pages to the most."""
        names = ", ".join(dict.fromkeys(sorted(arena.dialect for arena in arenas)))
        few, many = min(arena.pages for arena in arenas), max(arena.pages for arena in arenas)
        return f"{names}; {few} to {many} pages" if few < many else f"{names}; {few} pages"

    def is_look(self, request: Any) -> bool:
        """A listing, a query, or a question what is resident, or how often it was not."""
        return isinstance(request, Maps | Query | Mincore | Faults)

    def slices(self, trace: Trace) -> Iterable[Plan]:
        """Without what changed nothing; only what one process and a few pages were about."""
        return shrink.slices(trace)

    def smaller(self, plan: Plan) -> Iterable[Plan]:
        """Smaller windows, nothing scarce, smaller names."""
        return shrink.smaller(plan)

    def simpler(self, request: Any, arena: SpaceArena) -> Iterator[Any]:
        """Shorter ranges, plainer rights, nothing shared."""
        return shrink.simpler(request, arena)


def _enumerate(campaign: Campaign, *, budget: float, frames: int | None) -> None:
    enumerate_target(campaign, pages=frames)


def _random(campaign: Campaign, *, budget: float, frames: int | None) -> None:
    from .hunt import hunt

    hunt(campaign, examples=max(10, int(budget * _EXAMPLES_PER_SECOND)), pages=frames)


def _soak(campaign: Campaign, *, budget: float, frames: int | None) -> None:
    soak(campaign, calls=max(_LEAST_SOAK_CALLS, int(budget * _SOAK_CALLS_PER_SECOND)), pages=frames)


SPACE = SpacePractice()
