"""The same search on plain integers: for want of a compiler, and for keys that are no words.

A set of states in the order of their discovery, and nothing clever; hence also what the compiled search is held
against.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import attrs

from ..verdict import INTERRUPTED
from .exploration import BREACHED, Check, Expand, Exploration, Progress, is_breached

#: States between two lines of progress.
_REPORTED = 2048


@attrs.frozen
class PlainEngine:
    """Breadth-first search over any keys; `expand` appends `(key, label)` to the list that it is given."""

    expand: Expand

    def search(
        self,
        start: Hashable,
        setting: Any = None,
        *,
        checks: Sequence[Check] = (),
        stop_on: int = 0,
        limit: int | None = None,
        progress: Progress | None = None,
    ) -> Exploration:
        """Visit every state that can be reached from `start`; meaning of the options as in `engine.Engine.search`."""
        run = _Run([start], {start: 0}, [0])
        try:
            ended = run.visit(self.expand, setting, checks, stop_on, limit, progress)
        except KeyboardInterrupt:
            ended = INTERRUPTED
        return Exploration(
            states=len(run.keys),
            transitions=run.transitions,
            depth=run.depth,
            checked=run.checked if checks else 0,
            broken=run.broken,
            ended=ended,
            parents=run.parents.__getitem__,
            keys=run.keys.__getitem__,
        )


@attrs.define
class _Run:
    """The states found so far."""

    keys: list[Any]
    index: dict[Any, int]
    parents: list[int]
    transitions: int = 0
    depth: int = 0
    checked: int = 0
    broken: dict[int, int] = attrs.field(factory=dict)

    def visit(
        self,
        expand: Expand,
        setting: Any,
        checks: Sequence[Check],
        stop_on: int,
        limit: int | None,
        progress: Progress | None,
    ) -> str:
        begin, breached = 0, False
        while True:
            self.check(checks, setting)
            end = len(self.keys)
            if begin == end:
                return ""
            if breached:
                return BREACHED
            breached = is_breached(stop_on, self.broken)
            for state in range(begin, end):
                self.expand(expand, setting, state)
                if limit is not None and len(self.keys) > limit:
                    return f"the limit of {limit} states was reached"
                if progress is not None and state % _REPORTED == 0:
                    progress(f"explore: {len(self.keys)} states, depth {self.depth}")
            self.depth += len(self.keys) > end
            begin = end

    def expand(self, expand: Expand, setting: Any, state: int) -> None:
        successors: list[tuple[Any, int]] = []
        expand(self.keys[state], setting, successors, 0)
        self.transitions += len(successors)
        for key, _ in successors:
            if key not in self.index:
                self.index[key] = len(self.keys)
                self.keys.append(key)
                self.parents.append(state)

    def check(self, checks: Sequence[Check], setting: Any) -> None:
        for state in range(self.checked, len(self.keys)):
            for check in checks:
                bits = check(self.keys[state], setting)
                while bits:
                    self.broken.setdefault((bits & -bits).bit_length() - 1, state)
                    bits &= bits - 1
        self.checked = len(self.keys)
