"""Soak: long random runs, for what shows only after thousands of calls, and with windows and memory nearly used up.

The mood of a run swings between giving and taking back. Now and then everything is read, every process ends, and what
is given afterwards must be as new.
"""

from __future__ import annotations

import random
from itertools import count

from ...spec.contracts.space.arena import SpaceArena
from ...spec.contracts.space.calls import Create, Exit
from ..campaign import Campaign
from ..choices import Chance
from .draw import Drawer, may_limit
from .session import Session
from .ways import go

#: Pages of the windows, in turn, with frames and limit where the target can do with few.
_ARENAS = ((24, 0, 0), (16, 6, 0), (33, 0, 9), (64, 0, 0), (48, 12, 0), (64, 0, 24))
_CALLS_PER_ARENA = 600
_LOOK_EVERY = 16
_DRAIN_EVERY = 400
_MOODS = (4, 8, 11, 15)


def soak(campaign: Campaign, *, calls: int, pages: int | None = None) -> None:
    """Run up to `calls` calls within the budget of the campaign; `pages` fixes the pages of the windows."""
    chance = random.Random(f"soak {campaign.seed}")
    go(campaign, pages)
    for turn in count():
        left = calls - campaign.tally.calls
        if campaign.over or left <= 0:
            break
        with campaign.session(_arena(campaign, turn, pages), probe_every=_LOOK_EVERY) as session:
            if session is None:
                break
            _Run(campaign, session, chance).go(min(left, _CALLS_PER_ARENA))
    if campaign.trace is None and campaign.tally.calls < calls:
        why = "an arena was not opened" if campaign.unopened else "the budget ended"
        campaign.leave_out(f"{why} after {campaign.tally.calls} of {calls} calls")


def _arena(campaign: Campaign, turn: int, pages: int | None) -> SpaceArena:
    offered = campaign.capabilities
    dialect = offered.dialects[turn % len(offered.dialects)]
    size, frames, limit = _ARENAS[turn // len(offered.dialects) % len(_ARENAS)]
    limited = limit if may_limit(dialect, offered) else 0
    return SpaceArena(dialect, pages or size, frames=frames if offered.frames else 0, limit=limited)


class _Run:
    """One arena, from its opening to the end of its calls."""

    def __init__(self, campaign: Campaign, session: Session, chance: random.Random) -> None:
        self.campaign, self.session, self.chance = campaign, session, chance
        self.drawer = Drawer(session.contract.arena, campaign.capabilities, Chance(chance))

    @property
    def over(self) -> bool:
        return bool(self.session.breaches) or self.campaign.over

    def go(self, calls: int) -> None:
        drained = 0
        while self.session.calls < calls and not self.over:
            self.session.perform([self.drawer.draw(self.session.memory)])
            if self.chance.random() < 0.02:
                self.drawer.calls.filling = self.chance.choice(_MOODS)
                self.session.examine(self.drawer.idle(self.session.memory), self.drawer.faults(self.session.memory))
                self.campaign.report()
            if self.session.calls - drained >= _DRAIN_EVERY:
                self._drain()
                drained = self.session.calls
        self._drain()

    def _drain(self) -> None:
        """Read everything, and let every process end but one."""
        if self.over:
            return
        self.session.sweep()
        running = sorted(self.session.memory.processes)
        self.chance.shuffle(running)
        self.session.perform([Exit(number) for number in running[1:]])
        self.session.look()
        self.session.sweep()
        self.session.perform([*(Exit(number) for number in running[:1]), Create(1)])
