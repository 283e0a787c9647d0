"""Check: every judge of an implementation in turn, one finding for each law.

    enumerate   every call in every state of small arenas
    random      Hypothesis draws arenas and calls
    soak        long runs on larger arenas

A finding says how often its law was at stake. Where it never was, or only in part, the law is not held but `unknown`;
where it cannot be at stake with this target, it is `not judged`. A judge stops at the first breach, which is then
minimised; what the judges after it would have said, nobody knows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs

from ..spec.law import Law
from .campaign import Campaign, Progress
from .minimise import minimise
from .practices import practice_of
from .targets.target import Target, TargetError
from .trace import Trace
from .verdict import INTERRUPTED, Finding, Judgement, Verdict

#: The judges of an implementation in the order in which they run, each with its share of the budget.
JUDGES = {"enumerate": 0.35, "random": 0.3, "soak": 0.35}
#: Seconds for the traces of one breach, beyond the budget: half of it, within these bounds.
_LEAST_TO_MINIMISE, _MOST_TO_MINIMISE = 2.0, 10.0


def check(
    target: Target,
    laws: Sequence[Law],
    *,
    contract: str = "frames",
    budget: float = 20.0,
    seed: int = 0,
    frames: int | None = None,
    judges: Collection[str] = tuple(JUDGES),
    capabilities: Any = None,
    progress: Progress | None = None,
) -> list[Judgement]:
    """What each of `judges` says about each of `laws` for `target`, an implementation of `contract`.

    `budget` is in seconds for all judges together; minimising a breach comes on top and is bounded as well. `frames`
    fixes the number of frames of every arena, and `capabilities` are what the target is held to where that is less than
    it declares. A `TargetError` says that the target could not be opened at all; Ctrl-C ends the run and leaves what
    was not judged `unknown`.
    """
    unknown = [name for name in judges if name not in JUDGES]
    if unknown:
        raise ValueError(f"no judge is called {unknown[0]!r}; there are {', '.join(JUDGES)}")
    practice = practice_of(contract)
    capabilities = practice.held_to(target.capabilities if capabilities is None else capabilities, laws)
    chosen = [name for name in JUDGES if name in judges]
    judgements: list[Judgement] = []
    stopped, left, sequences = "", budget, 0
    for number, judge in enumerate(chosen):
        if stopped:
            judgements.append(_not_run(judge, target, laws, stopped, seed))
            continue
        share = JUDGES[judge] / sum(JUDGES[name] for name in chosen[number:])
        campaign = Campaign(practice, target, judge, seed, capabilities, left * share, progress)
        interrupted, known = False, len(_complaints(target))
        try:
            _run(campaign, budget, frames)
            used = campaign.spent
            traces = _minimised(campaign, budget)
        except KeyboardInterrupt:
            interrupted, used = True, campaign.spent
            campaign.leave_out("interrupted")
            traces = {breach.law: campaign.trace for breach in campaign.breaches if campaign.trace is not None}
        left, sequences = max(0.0, left - used), sequences + campaign.tally.opened
        late = _complaints(target)[known:]
        judgements.append(_judgement(campaign, laws, traces, late, interrupted=interrupted))
        if interrupted:
            stopped = INTERRUPTED
        elif campaign.breaches:
            stopped = f"stopped after a breach of {campaign.breaches[0].law} in {judge}"
    judgements[-1] = attrs.evolve(judgements[-1], notes=(*judgements[-1].notes, *_notes(target, sequences, judgements)))
    return judgements


def _run(campaign: Campaign, budget: float, frames: int | None) -> None:
    campaign.practice.judges[campaign.judge](campaign, budget=budget, frames=frames)
    if campaign.unopened and not campaign.opened:
        raise TargetError(next(iter(campaign.unopened.values())))


def _minimised(campaign: Campaign, budget: float) -> dict[str, Trace]:
    """A minimal trace for each law that broke."""
    if campaign.trace is None:
        return {}
    seconds = max(_LEAST_TO_MINIMISE, min(_MOST_TO_MINIMISE, budget / 2)) / len(campaign.breaches)
    return {
        breach.law: minimise(campaign.target, campaign.trace, law=breach.law, seconds=seconds)
        for breach in campaign.breaches
    }


def _not_run(judge: str, target: Target, laws: Sequence[Law], why: str, seed: int) -> Judgement:
    verdict = Verdict.UNKNOWN if why == INTERRUPTED else Verdict.NOT_JUDGED
    return Judgement(judge, target.name, [Finding(law.id, verdict, why) for law in laws], seed=seed)


def _complaints(target: Target) -> Sequence[str]:
    """How the target's process failed when no call was waiting for an answer: while an arena was closed, say."""
    return tuple(getattr(target, "complaints", ()))


def _notes(target: Target, sequences: int, judgements: Sequence[Judgement]) -> Sequence[str]:
    """Of a target that is somebody's system: how much was compared, and what is allowed to differ."""
    allowed = tuple(getattr(target, "notes", ()))
    if not allowed or any(judgement.broken for judgement in judgements):
        return allowed
    return f"{sequences} sequences of calls, and no disagreement but what is allowed", *allowed


def _judgement(
    campaign: Campaign, laws: Sequence[Law], traces: Mapping[str, Trace], late: Sequence[str], *, interrupted: bool
) -> Judgement:
    tally = campaign.tally
    notes = [*campaign.notes, *([campaign.cut] if campaign.cut else []), *_unopened_notes(campaign)]
    counts = {"calls": tally.calls, "arenas": tally.opened, **campaign.counts}
    return Judgement(
        campaign.judge,
        campaign.target.name,
        [
            Finding(law.id, Verdict.BROKEN, late[0], campaign.tally.opened)
            if late and not campaign.breaches and campaign.practice.ended_badly(law.id)
            else _finding(law.id, campaign, laws, traces, interrupted)
            for law in laws
        ],
        seconds=campaign.spent,
        size=campaign.size,
        counts=counts,
        seed=campaign.seed,
        notes=notes,
    )


def _unopened_notes(campaign: Campaign) -> list[str]:
    return [
        f"did not open {campaign.practice.described(arena)}: {why}"
        for arena, why in list(campaign.unopened.items())[:3]
    ]


def _finding(
    law: str, campaign: Campaign, laws: Sequence[Law], traces: Mapping[str, Trace], interrupted: bool
) -> Finding:
    practice = campaign.practice
    for breach in campaign.breaches:
        if breach.law == law:
            trace = traces[law]
            return Finding(
                law, Verdict.BROKEN, trace.because or breach.because, practice.cases_of(law, campaign.tally), trace
            )
    why = practice.reason_not_judged(law, campaign.capabilities)
    if why:
        return Finding(law, Verdict.NOT_JUDGED, why)
    if campaign.breaches:
        first = campaign.breaches[0]
        asked = "" if first.law in {entry.id for entry in laws} else ", which was not asked for"
        return Finding(law, Verdict.UNKNOWN, f"the run ended with a breach of {first.law}{asked}")
    if interrupted:
        return Finding(law, Verdict.UNKNOWN, INTERRUPTED)
    cases = practice.cases_of(law, campaign.tally)
    why = practice.reason_moot(law, campaign)
    if why:
        return Finding(law, Verdict.NOT_JUDGED, why)
    why = practice.reason_unknown(law, campaign)
    if why:
        return Finding(law, Verdict.UNKNOWN, why, cases)
    return Finding(law, Verdict.HOLDS, practice.stake_of(law, campaign.tally), cases)
