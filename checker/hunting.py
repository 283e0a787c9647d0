"""Hypothesis at work for a judge: it draws bytes, and whoever judges reads a story off them.

No shrinking here: a breach is minimised by the minimiser that all judges share. The run ends as soon as there is a
breach, or the budget is used up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from .campaign import Campaign


class _Enough(BaseException):
    """Ends a run of Hypothesis at once; not an `Exception`, which Hypothesis would take for a failure and shrink."""


def hunt_bytes(campaign: Campaign, tell: Callable[[bytes], None], *, lengths: Sequence[int], examples: int) -> None:
    """Let `tell` judge up to `examples` stories of so many bytes within the budget of the campaign."""
    drawn = 0

    def judge(data: bytes) -> None:
        nonlocal drawn
        if campaign.over:
            raise _Enough
        if not any(data):
            return  # the simplest bytes ask for one call again and again
        drawn += 1
        tell(data)
        if campaign.trace is not None:
            raise _Enough
        if drawn % 8 == 0:
            campaign.report()

    stories = st.one_of([st.binary(min_size=length, max_size=length) for length in lengths])
    run = seeded(campaign.seed)(_configured(examples)(given(stories)(judge)))
    try:
        run()
    except _Enough:
        if campaign.trace is None:
            campaign.leave_out(f"the budget ended after {drawn} of {examples} examples")
    campaign.counts["examples"] = drawn


def _configured(examples: int) -> settings:
    return settings(
        max_examples=examples,
        database=None,
        derandomize=False,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
