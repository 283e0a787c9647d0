"""Random: Hypothesis draws stories of calls, byte by byte; whatever they come to, the contract knows."""

from __future__ import annotations

from ..campaign import Campaign
from ..choices import Bytes
from ..hunting import hunt_bytes
from .draw import Drawer, draw_arena
from .session import Session
from .ways import go

#: How many bytes a story has, and after how many calls of it there is a look.
_LENGTHS = {400: 1, 1000: 2, 2400: 5}


def hunt(campaign: Campaign, *, examples: int, pages: int | None = None) -> None:
    """Judge up to `examples` random stories within the budget of the campaign; `pages` fixes the windows."""

    def judge(data: bytes) -> None:
        choices = Bytes(data)
        arena = draw_arena(choices, campaign.capabilities, pages=pages)
        with campaign.session(arena, probe_every=_LENGTHS[len(data)]) as session:
            if session is not None:
                _tell(campaign, session, choices)

    go(campaign, pages)
    if not campaign.over:
        hunt_bytes(campaign, judge, lengths=tuple(_LENGTHS), examples=examples)


def _tell(campaign: Campaign, session: Session, choices: Bytes) -> None:
    drawer = Drawer(session.contract.arena, campaign.capabilities, choices)
    while not choices.spent and not session.breaches and not campaign.over:
        session.perform([drawer.draw(session.memory)])
    session.examine(drawer.idle(session.memory), drawer.faults(session.memory))
