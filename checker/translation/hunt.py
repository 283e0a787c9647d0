"""Random: Hypothesis draws bytes, which are read as an arena and as calls, each in the state that those before left."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from ..campaign import Campaign
from .draw import Bytes, Drawer, draw_arena
from .session import Session
from .terrain import terrain_of

#: How many bytes the examples have (a call takes some sixteen), and after how many calls the tables are looked at.
_LENGTHS = {400: 1, 1000: 3, 2000: 6}


class _Enough(BaseException):
    """Ends a run of Hypothesis at once; not an `Exception`, which Hypothesis would take for a failure and shrink."""


def hunt(campaign: Campaign, *, examples: int, frames: int | None = None) -> None:
    """Judge up to `examples` random stories within the budget of the campaign; `frames` fixes the table frames."""
    drawn = 0

    def judge(data: bytes) -> None:
        nonlocal drawn
        if campaign.over:
            raise _Enough
        if not any(data):
            return  # the simplest bytes ask for one call again and again
        drawn += 1
        choices = Bytes(data)
        arena = draw_arena(choices, campaign.capabilities, frames=frames)
        with campaign.session(arena, probe_every=_LENGTHS[len(data)]) as session:
            if session is not None:
                _tell(campaign, session, choices)
        if campaign.trace is not None:
            raise _Enough
        if drawn % 8 == 0:
            campaign.report()

    stories = st.one_of([st.binary(min_size=length, max_size=length) for length in _LENGTHS])
    run = seeded(campaign.seed)(_configured(examples)(given(stories)(judge)))
    try:
        run()
    except _Enough:
        if campaign.trace is None:
            campaign.leave_out(f"the budget ended after {drawn} of {examples} examples")
    campaign.counts["examples"] = drawn


def _tell(campaign: Campaign, session: Session, choices: Bytes) -> None:
    drawer = Drawer(terrain_of(session.contract.arena, campaign.capabilities), campaign.capabilities, choices)
    while not choices.spent and not session.breaches and not campaign.over:
        session.perform([drawer.draw(session.memory)])
    session.examine(*drawer.idle(session.memory))


def _configured(examples: int) -> settings:
    return settings(
        max_examples=examples,
        database=None,
        derandomize=False,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
