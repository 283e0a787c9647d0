"""How frame allocators are judged: the practice of the contract `frames`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from ...spec.contracts import CONTRACTS, POLICIES, Arena, Capabilities, Probe
from ...spec.law import Law
from ..campaign import Campaign
from ..plan import Plan
from ..practice import Judge, Practice
from ..trace import Trace
from . import plan as plans
from . import shrink, stake
from .enumerate import enumerate_target
from .session import Session, Tally
from .soak import soak

#: Work for each second of budget, so that the same seed does the same on machines that are fast enough for it.
_EXAMPLES_PER_SECOND = 40
_SOAK_CALLS_PER_SECOND = 4000
#: A slow leak shows after some ten thousand calls, whatever the budget.
_LEAST_SOAK_CALLS = 16_000
#: Frames that the probes of one run may look at in all; probes are rarer where that is not enough for every call.
_FRAMES_LOOKED_AT = 4_000_000


class FramesPractice(Practice):
    """The practice of the contract `frames`."""

    contract = CONTRACTS["frames"]
    session = Session

    @property
    def judges(self) -> Mapping[str, Judge]:
        """Every call in every state of small arenas, drawn calls, and long runs."""
        return {"enumerate": _enumerate, "random": _random, "soak": _soak}

    def held_to(self, offered: Capabilities, laws: Sequence[Law]) -> Capabilities:
        """Those policies only whose laws are asked for: the state after a breach of another is known."""
        asked = {law.id for law in laws}
        return attrs.evolve(offered, policies=tuple(name for name in offered.policies if POLICIES[name] in asked))

    def held_as(self, offered: Capabilities, told: Capabilities) -> Capabilities:
        """The policies that the story is about."""
        return attrs.evolve(offered, policies=told.policies)

    def cases_of(self, law: str, tally: Tally) -> int:
        """How many calls or looks could have shown a breach of the law."""
        return stake.cases_of(law, tally)

    def stake_of(self, law: str, tally: Tally) -> str:
        """What the cases are, in words."""
        return stake.stake_of(law, tally)

    def reason_not_judged(self, law: str, capabilities: Capabilities) -> str:
        """Why nobody could judge this law; empty where it can be judged."""
        return stake.reason_not_judged(law, capabilities)

    def reason_unknown(self, law: str, campaign: Campaign) -> str:
        """Why a run leaves the law undecided; empty where it does not."""
        return stake.reason_unknown(law, campaign)

    def ended_badly(self, law: str) -> bool:
        """An allocator that dies while it is let go does not keep to its conduct."""
        return law == "C2"

    def described(self, arena: Arena) -> str:
        """Frames and orders."""
        return f"{arena.frames} frames from {arena.start}, orders 0 to {arena.max_order}"

    def sizes(self, arenas: Collection[Arena]) -> str:
        """From the fewest frames to the most, and the orders."""
        few, many = min(arena.frames for arena in arenas), max(arena.frames for arena in arenas)
        frames = f"{few} frames" if few == many else f"{few} to {many} frames"
        return f"{frames}, orders 0 to {max(arena.max_order for arena in arenas)}"

    def plan_of(self, trace: Trace) -> Plan:
        """Requests that refer to what earlier ones were given."""
        return plans.plan_of(trace)

    def without(self, plan: Plan, dropped: Collection[int]) -> Plan:
        """Also without the frees of what was dropped."""
        return plans.without(plan, dropped)

    def is_look(self, request: Any) -> bool:
        """A probe."""
        return isinstance(request, Probe)

    def looking_rarely(self, plan: Plan) -> int:
        """After every call, unless the frames that would be looked at are too many."""
        frames: int = plan.arena.frames
        return 1 + len(plan.requests) * frames // _FRAMES_LOOKED_AT

    def halved(self, plan: Plan) -> Plan | None:
        """Half of everything."""
        return shrink.halved(plan)

    def smaller(self, plan: Plan) -> Iterable[Plan]:
        """Fewer frames, lower orders, fewer holes and barriers."""
        return shrink.smaller(plan)

    def simpler(self, request: Any, arena: Arena) -> Iterator[Any]:
        """A lower order, a smaller displacement."""
        return shrink.simpler(request, arena)


def _enumerate(campaign: Campaign, *, budget: float, frames: int | None) -> None:
    enumerate_target(campaign, frames=frames)


def _random(campaign: Campaign, *, budget: float, frames: int | None) -> None:
    from .machine import hunt

    hunt(campaign, examples=max(20, int(budget * _EXAMPLES_PER_SECOND)), frames=frames)


def _soak(campaign: Campaign, *, budget: float, frames: int | None) -> None:
    soak(campaign, calls=max(_LEAST_SOAK_CALLS, int(budget * _SOAK_CALLS_PER_SECOND)), frames=frames)


FRAMES = FramesPractice()
