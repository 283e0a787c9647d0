"""How a planted bug is caught: by the default `check`, in a trace that outlives a file and breaks no sound target."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from pagelaw.checker.check import check
from pagelaw.checker.replay import retell
from pagelaw.checker.targets.load import load_target
from pagelaw.checker.trace import Trace, read_trace
from pagelaw.spec.law import Law


@attrs.frozen
class Caught:
    """How a bug was caught.

    Attributes:
        laws: the ids of those that were found broken.
        judge: the first that found one.
        told: its trace.
        seconds: how long all judges took.
    """

    laws: set[str]
    judge: str
    told: Trace
    seconds: float


def caught(spec: str, laws: Sequence[Law], folder: Path, *, contract: str, clean: str, **limits: Any) -> Caught:
    """Check a target with default settings, and hold the first trace to what is asked of any.

    It is the same after a stay in a file in `folder`, breaks the same law again, and none on the `clean` target.
    """
    target = load_target(spec, contract, **limits)
    try:
        started = time.monotonic()
        judgements = check(target, laws, contract=contract)
        seconds = time.monotonic() - started
        broken = [(judgement.judge, found) for judgement in judgements for found in judgement.broken]
        assert broken, "no law was found broken"
        judge, first = broken[0]
        assert first.trace is not None
        path = folder / "trace.json"
        path.write_text(first.trace.to_json(), encoding="utf-8")
        told = read_trace(path)
        assert told == first.trace
        assert retell(told, target).outcome == "same"
    finally:
        target.close()
    sound = load_target(clean, contract)
    try:
        assert retell(told, sound).outcome == "none"
    finally:
        sound.close()
    return Caught({found.law for _, found in broken}, judge, told, seconds)


@attrs.frozen
class Catch:
    """A line of a table of what was caught."""

    bug: str
    history: str
    laws: str
    judge: str
    calls: int
    seconds: float


def table(catches: Sequence[Catch], *, bug: int, history: int) -> str:
    """Who caught what and how, in columns as wide as these for the name of a bug and for where it was seen."""
    lines = [f"{'planted bug':<{bug}}{'seen in':<{history}}{'law':<14}{'judge':<11}{'calls':>6}{'seconds':>9}"]
    for catch in catches:
        shown = f"{catch.bug:<{bug}}{catch.history or '-':<{history}}{catch.laws:<14}{catch.judge:<11}"
        lines.append(f"{shown}{catch.calls:>6}{catch.seconds:>9.1f}")
    return "\n".join(lines)
