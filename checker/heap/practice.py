"""How heaps are judged: the practice of the contract `heap`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import attrs

from ...spec.contracts import CONTRACTS, Refused
from ...spec.contracts.heap_arena import (
    Aligned,
    Allocate,
    AllocateIn,
    Calloc,
    HeapArena,
    HeapCapabilities,
    Read,
    Reallocate,
    Usable,
    Write,
)
from ..campaign import Campaign
from ..plan import Plan
from ..practice import Judge, Practice
from ..trace import Trace
from . import judges, stake
from .plan import Of, bare, plan_of, without
from .session import Session, Tally

#: Work for each second of budget, so that the same seed does the same on machines that are fast enough for it.
_EXAMPLES_PER_SECOND = 16
_SOAK_CALLS_PER_SECOND = 2000
_LEAST_SOAK_CALLS = 2000
_FEW_BYTES = (64, 128, 256, 512, 1024, 2048, 4096)
_SIZES = (0, 1, 16, 24, 32, 64, 128, 256)


class HeapPractice(Practice):
    """The practice of the contract `heap`."""

    contract = CONTRACTS["heap"]
    session = Session

    @property
    def judges(self) -> Mapping[str, Judge]:
        """Every short sequence of requests, drawn stories, and long runs."""
        return {"enumerate": _enumerate, "random": _random, "soak": _soak}

    def cases_of(self, law: str, tally: Tally) -> int:
        """How many calls or bytes could have shown a breach of the law."""
        return stake.cases_of(law, tally, bounded=tally.again > 0)

    def stake_of(self, law: str, tally: Tally) -> str:
        """What the cases are, in words."""
        if law == "H5" and not tally.again:
            return f"{tally.granted} blocks given, none refused that there was memory for"
        return stake.stake_of(law, tally)

    def reason_not_judged(self, law: str, capabilities: HeapCapabilities) -> str:
        """Why nobody could judge this law; empty where it can be judged."""
        return stake.reason_not_judged(law, capabilities)

    def reason_unknown(self, law: str, campaign: Campaign) -> str:
        """Why a run leaves the law undecided; empty where it does not."""
        return stake.reason_unknown(law, campaign)

    def ended_badly(self, law: str) -> bool:
        """A target that dies while it is let go does not keep to its conduct."""
        return law == "C2"

    def described(self, arena: HeapArena) -> str:
        """The bytes."""
        return f"{arena.size} bytes"

    def sizes(self, arenas: Collection[HeapArena]) -> str:
        """From the smallest arena to the largest."""
        few, many = min(arena.size for arena in arenas), max(arena.size for arena in arenas)
        return f"{few} to {many} bytes" if few < many else f"{few} bytes"

    def plan_of(self, trace: Trace) -> Plan:
        """The calls, each with the block that it is about."""
        return plan_of(trace)

    def without(self, plan: Plan, dropped: Collection[int]) -> Plan:
        """The plan without these requests, and without what is about blocks that they would have given."""
        return without(plan, dropped)

    def is_look(self, request: Any) -> bool:
        """Reading, and asking how large a block is."""
        return isinstance(bare(request), Read | Usable)

    def slices(self, trace: Trace) -> Iterable[Plan]:
        """Without what changed nothing; without the contents of blocks."""
        plan, last = plan_of(trace), len(trace.steps) - 1
        idle = {
            at
            for at, step in enumerate(trace.steps[:last])
            if isinstance(step.call, Read | Usable) or isinstance(step.answer, Refused)
        }
        writes = {at for at, step in enumerate(trace.steps[:last]) if isinstance(step.call, Write)}
        return [without(plan, idle | writes), without(plan, idle), without(plan, writes)]

    def smaller(self, plan: Plan) -> Iterable[Plan]:
        """Smaller arenas."""
        size = plan.arena.size
        fewer = sorted({*_FEW_BYTES, size // 2})
        return [Plan(HeapArena(small), plan.requests) for small in fewer if 0 < small < size]

    def simpler(self, request: Any, arena: HeapArena) -> Iterator[Any]:
        """Plainer calls, and smaller sizes."""
        call = bare(request)
        if isinstance(call, Calloc):
            yield Allocate(call.count * call.size)
        elif isinstance(call, Aligned):
            yield Allocate(call.size)
        if isinstance(call, Allocate | Aligned | AllocateIn | Reallocate):
            for size in _SIZES:
                if size < call.size:
                    smaller = attrs.evolve(call, size=size)
                    yield attrs.evolve(request, call=smaller) if isinstance(request, Of) else smaller
        elif isinstance(call, Write) and len(call.data) > 2:
            yield attrs.evolve(request, call=Write(0, call.data[:2]))
        elif isinstance(call, Read) and call.length > 1:
            yield attrs.evolve(request, call=Read(0, 1))


def _enumerate(campaign: Campaign, *, budget: float, frames: int | None) -> None:
    judges.enumerate_target(campaign, frames=frames)


def _random(campaign: Campaign, *, budget: float, frames: int | None) -> None:
    judges.hunt(campaign, examples=max(10, int(budget * _EXAMPLES_PER_SECOND)), frames=frames)


def _soak(campaign: Campaign, *, budget: float, frames: int | None) -> None:
    judges.soak(campaign, calls=max(_LEAST_SOAK_CALLS, int(budget * _SOAK_CALLS_PER_SECOND)), frames=frames)


HEAP = HeapPractice()
