"""How managers of page tables are judged: the practice of the contract `translation`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...spec.contracts import CONTRACTS
from ...spec.contracts.paging_arena import Events, Look, PagingArena, PagingCapabilities
from ...spec.law import Law
from ..campaign import Campaign
from ..plan import Plan
from ..practice import Judge, Practice
from ..trace import Trace
from . import shrink, stake
from .enumerate import enumerate_target
from .footing import expect_footing
from .session import Session, Tally
from .soak import soak

#: Work for each second of budget, so that the same seed does the same on machines that are fast enough for it.
_EXAMPLES_PER_SECOND = 16
_SOAK_CALLS_PER_SECOND = 1200
_LEAST_SOAK_CALLS = 1500


class TranslationPractice(Practice):
    """The practice of the contract `translation`."""

    contract = CONTRACTS["translation"]
    session = Session

    @property
    def judges(self) -> Mapping[str, Judge]:
        """Every short sequence of a few calls, drawn calls, and long runs."""
        return {"enumerate": _enumerate, "random": _random, "soak": _soak}

    def held_to(self, offered: PagingCapabilities, laws: Sequence[Law]) -> PagingCapabilities:
        """What it offers; a `GeometryError` where it cannot be judged in one of its geometries."""
        expect_footing(offered)
        return offered

    def cases_of(self, law: str, tally: Tally) -> int:
        """How many calls or looks could have shown a breach of the law."""
        return stake.cases_of(law, tally)

    def stake_of(self, law: str, tally: Tally) -> str:
        """What the cases are, in words."""
        return stake.stake_of(law, tally)

    def reason_not_judged(self, law: str, capabilities: PagingCapabilities) -> str:
        """Why nobody could judge this law; empty where it can be judged."""
        return stake.reason_not_judged(law, capabilities)

    def reason_moot(self, law: str, campaign: Campaign) -> str:
        """Events that the target never told of, although there was occasion."""
        return stake.reason_moot(law, campaign.tally)

    def reason_unknown(self, law: str, campaign: Campaign) -> str:
        """Why a run leaves the law undecided; empty where it does not."""
        return stake.reason_unknown(law, campaign)

    def ended_badly(self, law: str) -> bool:
        """A target that dies while it is let go does not keep to its conduct."""
        return law == "C2"

    def described(self, arena: PagingArena) -> str:
        """Geometry, table frames and cores."""
        cores = f", {arena.cores} cores" if arena.cores > 1 else ""
        return f"{arena.geometry}, {arena.frames} table frames{cores}"

    def sizes(self, arenas: Collection[PagingArena]) -> str:
        """The geometries, and from the fewest table frames to the most."""
        names = ", ".join(dict.fromkeys(sorted(arena.geometry for arena in arenas)))
        few, many = min(arena.frames for arena in arenas), max(arena.frames for arena in arenas)
        return f"{names}; {few} to {many} table frames" if few < many else f"{names}; {few} table frames"

    def plan_of(self, trace: Trace) -> Plan:
        """The calls; the session reads the events of each by itself."""
        return Plan(trace.arena, tuple(step.call for step in trace.steps if not isinstance(step.call, Events)))

    def is_look(self, request: Any) -> bool:
        """A look at the tables."""
        return isinstance(request, Look)

    def slices(self, trace: Trace) -> Iterable[Plan]:
        """Without what changed nothing; only what one address space was about."""
        return shrink.slices(trace)

    def smaller(self, plan: Plan) -> Iterable[Plan]:
        """Less table memory, fewer cores, smaller names."""
        return shrink.smaller(plan)

    def simpler(self, request: Any, arena: PagingArena) -> Iterator[Any]:
        """Fewer pages, plainer rights."""
        return shrink.simpler(request, arena)


def _enumerate(campaign: Campaign, *, budget: float, frames: int | None) -> None:
    enumerate_target(campaign, frames=frames)


def _random(campaign: Campaign, *, budget: float, frames: int | None) -> None:
    from .hunt import hunt

    hunt(campaign, examples=max(10, int(budget * _EXAMPLES_PER_SECOND)), frames=frames)


def _soak(campaign: Campaign, *, budget: float, frames: int | None) -> None:
    soak(campaign, calls=max(_LEAST_SOAK_CALLS, int(budget * _SOAK_CALLS_PER_SECOND)), frames=frames)


TRANSLATION = TranslationPractice()
