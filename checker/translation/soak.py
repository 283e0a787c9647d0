"""Soak: long random runs, for what shows only after thousands of calls, and with table memory nearly used up.

The mood of a run swings between mapping and unmapping, so that mappings fail for want of a table frame again and again,
also in the middle of a range. Now and then everything is unmapped and every space dropped that no core runs: all table
frames must be there again, and enough for as many pages as before.
"""

from __future__ import annotations

import random
from itertools import count

from ...spec.contracts.paging_arena import Drop, Look, PagingArena, Unmap
from ..campaign import Campaign
from ..choices import Chance
from .draw import SPACES, Drawer
from .session import Session
from .terrain import terrain_of

#: Table frames of the arenas, in turn; calls in each; calls from look to look, and from draining to draining.
_FRAMES = (24, 9, 40, 13, 64, 6)
_CALLS_PER_ARENA = 1500
_LOOK_EVERY = 24
_DRAIN_EVERY = 300
_MOODS = (3, 7, 11, 15)


def soak(campaign: Campaign, *, calls: int, frames: int | None = None) -> None:
    """Run up to `calls` calls within the budget of the campaign; `frames` fixes the table frames of the arenas."""
    chance = random.Random(f"soak {campaign.seed}")
    for turn in count():
        left = calls - campaign.tally.calls
        if campaign.over or left <= 0:
            break
        arena = _arena(campaign, chance, turn, frames)
        with campaign.session(arena, probe_every=_LOOK_EVERY) as session:
            if session is None:
                break
            _Run(campaign, session, chance).go(min(left, _CALLS_PER_ARENA))
    if campaign.trace is None and campaign.tally.calls < calls:
        why = "an arena was not opened" if campaign.unopened else "the budget ended"
        campaign.leave_out(f"{why} after {campaign.tally.calls} of {calls} calls")


def _arena(campaign: Campaign, chance: random.Random, turn: int, frames: int | None) -> PagingArena:
    offered = campaign.capabilities
    geometry = offered.geometries[turn % len(offered.geometries)]
    size = frames or _FRAMES[turn % len(_FRAMES)] + offered.keeps
    return PagingArena(geometry, size, 1 + chance.randrange(min(4, offered.cores)))


class _Run:
    """One arena, from its opening to the end of its calls."""

    def __init__(self, campaign: Campaign, session: Session, chance: random.Random) -> None:
        self.campaign, self.session, self.chance = campaign, session, chance
        arena, capabilities = session.contract.arena, campaign.capabilities
        terrain = terrain_of(arena, capabilities)
        self.drawer = Drawer(terrain, capabilities, Chance(chance), spaces=(*SPACES, 5, 2**40))

    @property
    def over(self) -> bool:
        return bool(self.session.breaches) or self.campaign.over

    def go(self, calls: int) -> None:
        drained = 0
        while self.session.calls < calls and not self.over:
            self.session.perform([self.drawer.draw(self.session.memory)])
            if self.chance.random() < 0.02:
                self.drawer.filling = self.chance.choice(_MOODS)
                self.session.examine(*self.drawer.idle(self.session.memory))
                self.campaign.report()
            if self.session.calls - drained >= _DRAIN_EVERY:
                self._drain()
                drained = self.session.calls
        self._drain()

    def _drain(self) -> None:
        """Unmap everything, in any order, and drop what may be dropped."""
        state = self.session.memory
        leaves = [(space, first, leaf.level) for space, there in state.mapped.items() for first, leaf in there.items()]
        self.chance.shuffle(leaves)
        for space, first, level in leaves:
            if self.over:
                return
            self.session.perform([Unmap(space, first, 1, level)])
        for space in sorted(self.session.memory.mapped):
            if not self.over:
                self.session.perform([Drop(space)])
        if not self.over:
            self.session.perform([Look()])
