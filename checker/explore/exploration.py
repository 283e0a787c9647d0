"""What a search has learnt: how many states there are, which of them break what, and the way to each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

#: A system of transitions: `expand(key, setting, buffer, count)` puts every successor of a state into the buffer.
Expand = Callable[[Any, Any, Any, Any], Any]
#: Laws at a state: `check(key, setting)` gives a bit for each that is broken.
Check = Callable[[Any, Any], Any]
Progress = Callable[[str], None]

#: Why a search ended early (`Exploration.ended`), besides a limit and an interruption (`verdict.INTERRUPTED`).
BREACHED = "ended at a breach"


@attrs.frozen
class Exploration:
    """The outcome of one breadth-first search.

    Attributes:
        states: distinct states that were reached.
        transitions: successors that were generated, each state's own counted once.
        depth: calls on the longest of all shortest ways from the start.
        checked: states at which the laws were asked.
        broken: for each law's bit number that is broken anywhere, the first state that breaks it.
        ended: why the search ended before every reachable state was visited; empty if it did not.
        parents: gives the state whose successor a state was found as; the start is its own.
        keys: gives the key of a state.
    """

    states: int
    transitions: int
    depth: int
    checked: int
    broken: Mapping[int, int]
    ended: str
    parents: Callable[[int], int] = attrs.field(repr=False, eq=False)
    keys: Callable[[int], Any] = attrs.field(repr=False, eq=False)
    start: int = 0

    def path(self, state: int) -> Sequence[Any]:
        """The keys on a shortest way from the start to a state, both included."""
        way = [state]
        while way[-1] != self.start:
            way.append(self.parents(way[-1]))
        return [self.keys(each) for each in reversed(way)]


def is_breached(stop_on: int, broken: Mapping[int, int]) -> bool:
    """Whether one of the laws that a search is to stop on is broken."""
    return any(stop_on >> law & 1 for law in broken)
