"""From a counter-model to calls: a state that a solver found, told as a run of calls that leads to a breach.

A proof fails at a *state*, which need not be one that calls reach. The calls are looked for where the counter-model
points: in an arena of its dimensions, then in others. What is found is a trace like any other; it counts only if
telling it again breaks the same law.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from ..spec.contracts import Arena
from ..spec.frames import RESERVED, Memory
from ..spec.law import Law, Scope, laws_of
from .trace import Trace
from .verdict import Judgement, Verdict

#: Arenas larger than this are not searched: the steps run on plain integers, and every law at every frame.
_MOST_FRAMES = 32
_LARGEST_ORDER = 5
_EXAMPLES = 60


@attrs.frozen
class Witness:
    """What shows a breach from an opening on.

    Attributes:
        because: the breach in words; where the steps are no calls of a contract, the steps too.
        trace: the calls that lead to it, where the steps are calls.
    """

    because: str
    trace: Trace | None = None


def witness(law: Law, values: Mapping[str, Any]) -> Witness | None:
    """Steps after which `law` is broken, starting from the values of a counter-model; None if none were found.

    Where another law always breaks first, so that the steps cannot go on, they show that one. Laws of pure
    arithmetic have none: there the values are all there is.
    """
    if law.scope is Scope.ARITHMETIC:
        return None
    if law.contract != "frames":
        return _steps(law)
    trace = _frames_trace(law, values)
    return None if trace is None else Witness(trace.because, trace)


def _steps(law: Law) -> Witness | None:
    """The steps on page tables or TLBs that the random judge finds to break the law."""
    from .judges import judge_random

    judgement = judge_random(law.contract, [law], seed=0, progress=lambda _text: None)
    return next((Witness(finding.because) for finding in judgement.broken), None)


def _frames_trace(law: Law, values: Mapping[str, Any]) -> Trace | None:
    """Calls of a frame allocator, in an arena of the counter-model's dimensions, or in others."""
    first: Trace | None = None
    for arena in (*_arenas(values), None):
        found = _calls(law, arena)
        if found is not None and found.law == law.id:
            return found
        first = first or found
    return first


def _calls(law: Law, arena: Arena | None) -> Trace | None:
    """Calls that break the law, or stop the steps before they can; told again, they do the same."""
    from .specification import judge_specification, replay_specification

    every = laws_of(law.contract)
    for asked in ([law], every):
        found = _broken(judge_specification(asked, examples=_EXAMPLES, arena=arena))
        again = None if found is None else _broken(replay_specification(found))
        if found is not None and again is not None and again.law == found.law:
            return attrs.evolve(found, judge="prove", target="specification")
    return None


def _broken(judgement: Judgement) -> Trace | None:
    """The trace of the breach that ended the judgement."""
    return next((finding.trace for finding in judgement.findings if finding.verdict is Verdict.BROKEN), None)


def _arenas(values: Mapping[str, Any]) -> Iterator[Arena]:
    """An arena of the dimensions of each memory in the counter-model, its reserved frames included."""
    for memory in values.values():
        if not isinstance(memory, Memory) or not 0 < memory.frames <= _MOST_FRAMES or memory.top > _LARGEST_ORDER:
            continue
        holes = [frame for frame, head in memory.heads.items() if head == RESERVED and frame < memory.frames]
        yield Arena(memory.frames, memory.top, reserved=frozenset(holes))
