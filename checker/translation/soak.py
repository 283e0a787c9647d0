"""Soak: long random runs, for what shows only after thousands of calls, and with table memory nearly used up.

The mood of a run swings between mapping and unmapping, so that mappings fail for want of a table frame again and again,
also in the middle of a range. Now and then pages are mapped far and wide until no table frame is left, and then
everything is unmapped and every space dropped that no core runs: all table frames must be there again, and enough for
as many pages as before.

A few short runs in little table memory come first, each of which begins with a huge leaf that is split, so that a small
budget has seen every kind of outcome as well.
"""

from __future__ import annotations

import random
from itertools import count, pairwise

from ...spec.contracts.paging_arena import Create, Drop, Look, Map, PagingArena, Split, Switch, Unmap
from ..campaign import Campaign
from ..choices import Chance
from .draw import SPACES, Drawer
from .session import Session
from .terrain import terrain_of

#: Table frames of the first arenas, and calls in each; then of all others in turn, and calls in each.
_FIRST_FRAMES, _FIRST_CALLS = (6, 9, 5, 13), 120
_FRAMES, _CALLS = (24, 9, 40, 13, 64, 6), 1500
#: Calls from look to look, and from draining to draining.
_LOOK_EVERY = 24
_DRAIN_EVERY = 300
#: Parts of a split leaf that are unmapped at once, at most.
_RANGE = 64
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
            run, first = _Run(campaign, session, chance), turn < len(_FIRST_FRAMES)
            if first:
                run.split()
            run.go(min(left, _FIRST_CALLS if first else _CALLS))
    if campaign.trace is None and campaign.tally.calls < calls:
        why = "an arena was not opened" if campaign.unopened else "the budget ended"
        campaign.leave_out(f"{why} after {campaign.tally.calls} of {calls} calls")


def _arena(campaign: Campaign, chance: random.Random, turn: int, frames: int | None) -> PagingArena:
    offered = campaign.capabilities
    geometry = offered.geometries[turn % len(offered.geometries)]
    later = turn - len(_FIRST_FRAMES)
    size = frames or (_FIRST_FRAMES[turn] if later < 0 else _FRAMES[later % len(_FRAMES)]) + offered.keeps
    return PagingArena(geometry, size, 1 + chance.randrange(min(4, offered.cores)))


class _Run:
    """One arena, from its opening to the end of its calls."""

    def __init__(self, campaign: Campaign, session: Session, chance: random.Random) -> None:
        self.campaign, self.session, self.chance = campaign, session, chance
        arena, capabilities = session.contract.arena, campaign.capabilities
        self.terrain = terrain_of(arena, capabilities)
        self.drawer = Drawer(self.terrain, capabilities, Chance(chance), spaces=(*SPACES, 5, 2**40))

    @property
    def over(self) -> bool:
        return bool(self.session.breaches) or self.campaign.over

    @property
    def used_up(self) -> int:
        """How often there was no table frame left."""
        exhausted: int = self.session.tally.exhausted
        return exhausted

    def go(self, calls: int) -> None:
        drained = 0
        while self.session.calls < calls and not self.over:
            self.session.perform([self.drawer.draw(self.session.memory)])
            if self.chance.random() < 0.02:
                self.drawer.filling = self.chance.choice(_MOODS)
                self._examine()
            if self.session.calls - drained >= _DRAIN_EVERY:
                self._fill()
                self._drain()
                drained = self.session.calls
        self._examine()
        self._fill()
        self._drain()

    def _examine(self) -> None:
        """Calls that are refused and accesses, with looks in between."""
        self.session.examine(*self.drawer.idle(self.session.memory))
        self.campaign.report()

    def split(self) -> None:
        """Split a huge leaf of a space that a core runs, where there is table memory for it, and unmap its parts."""
        space, done, span = self.drawer.spaces[0], self.session.tally.done, self.terrain.rules.span
        before = done["split"]
        self.session.perform([Create(space), Switch(0, space)])
        for lower, level in pairwise(self.terrain.levels):
            address, frame = self.terrain.addresses(level)[0], self.terrain.frames(level)[0]
            if self.over or done["split"] > before:
                return
            self.session.perform([Map(space, address, frame, 1, level, "rw", True), Split(space, address)])
            if not self.over and done["split"] > before:
                pages = min(_RANGE, span(level) // span(lower))
                parts = range(address, address + span(level), pages * span(lower))
                self.session.perform(Unmap(space, part, pages, lower) for part in parts)

    def _fill(self) -> None:
        """Map pages far apart, in one space after the other, until a table frame is wanting."""
        before, apart, frame = self.used_up, list(self.terrain.addresses(0)), self.terrain.frames(0)[0]
        self.chance.shuffle(apart)
        for space in self.drawer.spaces:
            self.session.perform([Create(space)])
            for address in apart:
                if self.over or self.used_up > before:
                    return
                self.session.perform([Map(space, address, frame, 1, 0, "rw", True)])

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
