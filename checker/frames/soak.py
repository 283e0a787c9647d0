"""Soak: long random runs on larger arenas, for what shows only after thousands of calls.

Calls go out in batches of 64, so that a target behind a pipe is asked once for all of them. The mood of the run
swings between filling and emptying, so that memory is full and empty again and again. Every few batches the free
blocks are looked at; at times everything is given back, and the arena must be whole again: its blocks can be taken
out from the largest down to the last frame, and nothing beyond. Arenas that are whole come first, for that alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count

from ...spec.contracts import Allocate, Arena, Free, Probe
from ...spec.frames import MAX_ORDER
from ..campaign import Campaign
from ..plan import Plan
from ..practice import tell
from ..targets.target import TargetError
from .plan import FreeOf, Request, plan_of
from .session import Session

BATCH = 64
#: Batches from one look at the free blocks to the next, and from one draining to the next.
_PROBE_BATCHES = 8
_DRAIN_BATCHES = 48
#: Calls in one arena: in every fourth more than the ten thousand after which a slow leak shows.
_CALLS_PER_ARENA = (15_000, 3_000, 3_000, 3_000)
#: Arenas that the target may fail to open before the run gives up.
_MOST_MISSES = 10
_SIZES = (101, 1000, 333, 2047, 64, 4096, 777, 256, 3001, 129)
#: Sizes of the arenas that are only taken out and given back: what goes wrong at opening needs no long run.
_WHOLE_SIZES = (64, 100, 255, 1024)


def soak(campaign: Campaign, *, calls: int, frames: int | None = None) -> None:
    """Run up to `calls` calls within the budget of the campaign; `frames` fixes the size of the arena."""
    chance = random.Random(f"soak {campaign.seed}")
    _take_out_whole(campaign, chance, frames)
    misses = 0
    for turn, arena in enumerate(_arenas(campaign, chance, frames)):
        left = calls - campaign.tally.calls
        if campaign.over or left <= 0 or misses == _MOST_MISSES:
            break
        with campaign.session(arena) as session:
            if session is None:
                misses += 1
            else:
                _Run(campaign, session, chance).go(min(left, _CALLS_PER_ARENA[turn % len(_CALLS_PER_ARENA)]))
    if campaign.trace is None and campaign.tally.calls < calls:
        why = "too many arenas were not opened" if misses == _MOST_MISSES else "the budget ended"
        campaign.leave_out(f"{why} after {campaign.tally.calls} of {calls} calls")
    _sharpen(campaign)


def _take_out_whole(campaign: Campaign, chance: random.Random, frames: int | None) -> None:
    """Open arenas that nothing divides, with every order that fits, take them out and give them back."""
    for size in (frames,) if frames else _WHOLE_SIZES:
        top = min(MAX_ORDER, size.bit_length() - 1)
        if campaign.over:
            return
        with campaign.session(Arena(size, top, relative=campaign.capabilities.alignment == "arena")) as session:
            if session is not None:
                _Run(campaign, session, chance).go(0)


def _arenas(campaign: Campaign, chance: random.Random, frames: int | None) -> Iterator[Arena]:
    for turn in count():
        yield _arena(campaign, chance, frames or _SIZES[turn % len(_SIZES)], divided=turn % 2 == 0)


def _arena(campaign: Campaign, chance: random.Random, size: int, *, divided: bool) -> Arena:
    """An arena as far as the capabilities allow: every other one divided by barriers, some with holes."""
    offered = campaign.capabilities
    top = min(MAX_ORDER, chance.randrange(max(0, size.bit_length() - 4), size.bit_length()))
    start = chance.choice((0, 1, size, chance.randrange(5000))) if offered.start else 0
    inside = range(start, start + size)
    holes = chance.randrange(4) if offered.reserved else 0
    barriers = chance.randrange(1, 4) if offered.barriers and divided else 0
    return Arena(
        size,
        top,
        start=start,
        reserved=frozenset(chance.choices(inside, k=holes)),
        barriers=tuple(chance.choices(inside, k=barriers)),
        relative=offered.alignment == "arena",
    )


class _Run:
    """One arena, from its opening to the end of its calls."""

    def __init__(self, campaign: Campaign, session: Session, chance: random.Random) -> None:
        self.campaign = campaign
        self.session = session
        self.chance = chance
        self.arena = session.contract.arena
        self.lawless = campaign.capabilities.illegal_free != "undefined"
        self.filling = 0.7

    def go(self, calls: int) -> None:
        batch = 0
        self.session.perform([Probe()])
        while self.session.calls < calls and not self.session.breaches and not self.campaign.over:
            if batch % _DRAIN_BATCHES == _DRAIN_BATCHES - 1:
                self._drain()
            self.session.perform(self._batch())
            if batch % _PROBE_BATCHES == 0:
                self.session.perform([Probe()])
                self.campaign.report()
            batch += 1
        self._drain()

    def _batch(self) -> list[Request]:
        """Requests whose frees refer to what is live now, so that all of them go out at once."""
        live = list(self.session.live)
        self.chance.shuffle(live)
        if not live:
            self.filling = 0.8
        elif self.chance.random() < 0.2:
            self.filling = self.chance.choice((0.2, 0.4, 0.55, 0.8))
        requests: list[Request] = []
        for _ in range(BATCH):
            draw = self.chance.random()
            if self.lawless and draw < 0.06:
                requests.append(self._illegal(live))
            elif live and self.chance.random() >= self.filling:
                requests.append(FreeOf(live.pop()))
            else:
                requests.append(Allocate(self._order()))
        return requests

    def _order(self) -> int:
        top: int = self.arena.max_order
        if self.chance.random() < 0.02:
            return top + 1
        return min(top, int(self.chance.expovariate(0.9)))

    def _illegal(self, live: list[int]) -> Request:
        """A free that is wrong, unless something wrong happened before."""
        way = self.chance.randrange(4)
        if live and way == 0:
            return FreeOf(self.chance.choice(live), delta=self.chance.choice((-1, 1)))
        if live and way == 1:
            return FreeOf(self.chance.choice(live), offset=self.chance.choice((-1, 1, 2, 4)))
        if way == 2:
            return Free(self.arena.end + self.chance.randrange(3), self.chance.randrange(self.arena.max_order + 1))
        blocks = self.session.contract.free_blocks(self.session.memory)
        if blocks and self.chance.random() < 0.5:
            return Free(*self.chance.choice(blocks))
        return Free(self.chance.choice((self.arena.start, self.arena.end - 1)), self.arena.max_order + 1)

    def _drain(self) -> None:
        """Give everything back, take the arena out block by block from the largest down, and give it back again."""
        self._free_all()
        orders = [order for _, order in self.session.contract.free_blocks(self.session.memory)]
        whole = [Allocate(order) for order in sorted(orders, reverse=True)]
        self._in_batches([*whole, Probe(), Allocate(0), Probe()])
        self._free_all()

    def _free_all(self) -> None:
        live = list(self.session.live)
        self.chance.shuffle(live)
        self._in_batches([*(FreeOf(index) for index in live), Probe()])

    def _in_batches(self, requests: list[Request]) -> None:
        for begin in range(0, len(requests), BATCH):
            if self.session.breaches or self.campaign.over:
                return
            self.session.perform(requests[begin : begin + BATCH])


def _sharpen(campaign: Campaign) -> None:
    """Look at the free blocks after each call since they were last right: the breach may come earlier."""
    trace = campaign.trace
    if trace is None or not campaign.capabilities.probe:
        return
    plan = plan_of(trace)
    seen = [index for index, request in enumerate(plan.requests[:-1]) if isinstance(request, Probe)]
    last = seen[-1] if seen else 0
    try:
        session = tell(campaign.practice, _probed_from(plan, last), campaign.target, campaign.capabilities)
    except TargetError:
        return
    if session.breaches:
        sharper = session.trace(target=trace.target, judge=trace.judge, seed=trace.seed)
        campaign.convict(session.breaches, sharper)


def _probed_from(plan: Plan, first: int) -> Plan:
    """The plan with a probe after each request from `first` on."""
    requests: list[Request] = []
    moved: dict[int, int] = {}
    for index, request in enumerate(plan.requests):
        moved[index] = len(requests)
        if isinstance(request, FreeOf):
            request = FreeOf(moved[request.of], request.offset, request.delta)
        requests.append(request)
        if index >= first and not isinstance(request, Probe):
            requests.append(Probe())
    return Plan(plan.arena, requests)
