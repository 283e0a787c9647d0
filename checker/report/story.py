"""A breach in words: the law, the calls that led to it, the argument, the picture and how to see it again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs

from ...spec.contracts import Answer, Failed, Refused
from ...spec.law import find_law
from ..trace import Trace, arena_to_json
from ..verdict import Finding
from . import blocks, picture, space, tables

#: Longer traces are shown with their beginning and their end.
_WHOLE = 30
_ENDS = 12
#: How the state around a breach is drawn, by contract.
_PICTURES = {"frames": picture.draw, "translation": tables.draw, "heap": blocks.draw, "space": space.draw}


def tell(finding: Finding, path: Path | None) -> list[str]:
    """The lines that explain a broken law."""
    law = find_law(finding.law)
    lines = [f"{law.id} {law.name} is broken: {law.statement}", f"  {finding.because}"]
    trace = finding.trace
    if trace is None:
        return lines
    arena = ", ".join(f"{name}={value}" for name, value in arena_to_json(trace.arena).items())
    lines += ["", f"  arena: {arena}"]
    call, value = (space.shown, space.value_shown) if trace.contract == "space" else (_call, str)
    numbered = [
        f"  {number:>4}  {call(step.call)} -> {_answer(step.answer, value)}"
        for number, step in enumerate(trace.steps, 1)
    ]
    if len(numbered) > _WHOLE:
        left_out = len(numbered) - 2 * _ENDS
        numbered = [*numbered[:_ENDS], f"        ... {left_out} calls more ...", *numbered[-_ENDS:]]
    lines += numbered or ["  (right after opening)"]
    drawn = _PICTURES[trace.contract](trace)
    if drawn:
        lines += ["", *(("  " + line).rstrip() for line in drawn)]
    lines += ["", f"  source: {law.source}"]
    if path is not None:
        lines.append(f"  again:  {replay_command(trace, path)}")
    return lines


def replay_command(trace: Trace, path: Path) -> str:
    """The command that replays a trace that was saved at `path`."""
    return f"pagelaw replay {path}" + ("" if trace.target else " TARGET")


def _call(call: Any) -> str:
    values = [hex(value) if name == "address" else str(value) for name, value in attrs.asdict(call).items()]
    return f"{call.name}({', '.join(values)})"


def _answer(answer: Answer | None, value: Callable[[Any], str]) -> str:
    if answer is None:
        return "?"
    if isinstance(answer, Refused):
        return answer.reason
    if isinstance(answer, Failed):
        return f"{answer.how}: {answer.detail}"
    text = "done" if answer.value is None else value(answer.value)
    return text if len(text) <= 100 else text[:97] + "..."
