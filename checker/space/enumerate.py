"""Enumerate: every sequence of a few calls in small windows, breadth first over the states of the contract.

In each state that is reached::

    opening --way--> state --+-- sights, calls that must be refused, sights, accesses that must be refused, sights
                             +-- each call that may be done, and sights                          (an instance each)

Where the budget ends before all states were seen, it is said how many were not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import attrs

from ...spec.contracts import Answer
from ...spec.contracts.space.arena import SpaceArena
from ...spec.contracts.space.calls import SpaceCall
from ...spec.contracts.space.dialect import GUARDED
from ...spec.contracts.space.memory import Memory, Page
from ..campaign import Campaign
from . import ways
from .alphabet import alphabet, asked_by_state
from .session import Session


@attrs.frozen(eq=False)
class _Node:
    """A state with the way on which it was reached first."""

    state: Memory
    calls: tuple[SpaceCall, ...]
    answers: tuple[Answer, ...]


def enumerate_target(campaign: Campaign, *, pages: int | None = None) -> None:
    """Explore the small arenas, each in its share of the budget; `pages` fixes the pages of the windows instead."""
    for name in ("arenas", "states", "transitions"):
        campaign.counts.setdefault(name, 0)
    ways.go(campaign, pages)
    explorations = [_Exploration(campaign, arena) for arena in ways.arenas(campaign.capabilities, pages)]
    for number, exploration in enumerate(explorations):
        if campaign.over:
            break
        exploration.go(campaign.spent + (campaign.seconds - campaign.spent) / (len(explorations) - number))
    if campaign.trace is not None:
        return
    begun = [exploration for exploration in explorations if exploration.seen]
    if len(begun) < len(explorations):
        campaign.leave_out(f"the budget ended; {len(explorations) - len(begun)} arenas not begun")
    unexplored = [len(exploration.frontier) for exploration in begun if exploration.frontier]
    if unexplored:
        campaign.leave_out(f"{sum(unexplored)} states in {len(unexplored)} arenas were reached and not explored")


class _Exploration:
    """One arena, breadth first."""

    def __init__(self, campaign: Campaign, arena: SpaceArena) -> None:
        self.campaign, self.arena = campaign, arena
        self.until = campaign.seconds
        self.contract = campaign.contract(arena)
        self.alphabet = alphabet(arena, campaign.capabilities)
        self.idle, self.faults = ways.idle(arena), ways.faults(arena)
        self.seen: set[object] = set()
        self.frontier: deque[_Node] = deque()

    @property
    def over(self) -> bool:
        return self.campaign.over or self.campaign.spent >= self.until

    def go(self, until: float) -> None:
        """Every call in every state that is reached before the campaign has spent `until` seconds."""
        self.until = until
        if self.arena in self.campaign.unopened:
            return
        self.campaign.counts["arenas"] += 1
        self._reach(_Node(self.contract.initial(), (), ()))
        while self.frontier and not self.over:
            self._expand(self.frontier.popleft())
            self.campaign.report()

    def _reach(self, node: _Node) -> None:
        key = key_of(node.state)
        if key not in self.seen:
            self.seen.add(key)
            self.frontier.append(node)
            self.campaign.counts["states"] += 1

    def _expand(self, node: _Node) -> None:
        asked = (*self.alphabet, *asked_by_state(node.state))
        askable = [call for call in asked if self.contract.may_ask(node.state, call)]
        moving = [call for call in askable if self._may_move(node.state, call)]
        refused = [call for call in askable if call not in moving]
        self._visit_idle(node, refused)
        for call in moving:
            if self.over:
                return
            self._visit(node, call)

    def _may_move(self, state: Memory, call: SpaceCall) -> bool:
        """Whether the call may change something: if it may be done, or meets a guard page."""
        allowed = self.contract.allowed(state, call)
        return allowed.done or GUARDED in allowed.refusals

    def _visit_idle(self, node: _Node, refused: Sequence[SpaceCall]) -> None:
        """What must change nothing, with sights in between."""
        self.campaign.counts["transitions"] += len(refused)
        with self._at(node) as session:
            if session is not None:
                session.examine([*refused, *self.idle], [*refused, *self.faults])

    def _visit(self, node: _Node, call: SpaceCall) -> None:
        """Make a call in the state of the node, and look what has come of it."""
        self.campaign.counts["transitions"] += 1
        with self._at(node) as session:
            if session is None or session.perform([call]):
                return
            calls, answers = zip(*session.history, strict=True)
            reached = _Node(self.contract.copy(session.memory), calls, answers)
            session.look()
            session.sweep()
            if not session.breaches:
                self._reach(reached)

    @contextmanager
    def _at(self, node: _Node) -> Iterator[Session | None]:
        """A session in the state of the node."""
        with self.campaign.session(self.arena) as session:
            if session is None or session.resume(node.calls, node.answers, self.contract.copy(node.state), ()):
                yield session
                return
        # The answers differ from run to run; what they are now is judged from the beginning.
        with self.campaign.session(self.arena) as session:
            if session is not None:
                session.perform(node.calls)
            yield session


def key_of(state: Memory) -> object:
    """What tells one state from another."""
    processes = tuple(
        (
            number,
            tuple(sorted((page, _entry(entry)) for page, entry in process.pages.items())),
            _cells(process.cells),
            _cells(process.freed),
            process.forked,
            process.heap,
        )
        for number, process in sorted(state.processes.items())
    )
    objects = tuple(
        (number, thing.kind, thing.length, tuple(sorted(thing.cells.items())))
        for number, thing in sorted(state.objects.items())
    )
    return processes, objects, tuple(sorted(state.backed.items()))


def _entry(entry: Page) -> tuple[object, ...]:
    return tuple(-1 if value is None else value for value in attrs.astuple(entry))


def _cells(cells: dict[int, dict[int, int]]) -> tuple[object, ...]:
    return tuple((page, tuple(sorted(own.items()))) for page, own in sorted(cells.items()))
