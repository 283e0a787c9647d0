"""Random: Hypothesis draws bytes, which are read as an arena and as calls, each in the state that those before left."""

from __future__ import annotations

from ..campaign import Campaign
from ..choices import Bytes
from ..hunting import hunt_bytes
from .draw import Drawer, draw_arena
from .session import Session
from .terrain import terrain_of

#: How many bytes the examples have (a call takes some sixteen), and after how many calls the tables are looked at.
_LENGTHS = {400: 1, 1000: 3, 2000: 6}


def hunt(campaign: Campaign, *, examples: int, frames: int | None = None) -> None:
    """Judge up to `examples` random stories within the budget of the campaign; `frames` fixes the table frames."""

    def judge(data: bytes) -> None:
        choices = Bytes(data)
        arena = draw_arena(choices, campaign.capabilities, frames=frames)
        with campaign.session(arena, probe_every=_LENGTHS[len(data)]) as session:
            if session is not None:
                _tell(campaign, session, choices)

    hunt_bytes(campaign, judge, lengths=tuple(_LENGTHS), examples=examples)


def _tell(campaign: Campaign, session: Session, choices: Bytes) -> None:
    drawer = Drawer(terrain_of(session.contract.arena, campaign.capabilities), campaign.capabilities, choices)
    while not choices.spent and not session.breaches and not campaign.over:
        session.perform([drawer.draw(session.memory)])
    session.examine(*drawer.idle(session.memory))
