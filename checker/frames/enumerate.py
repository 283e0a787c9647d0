"""Enumerate: every call in every state that a target reaches in small arenas, in lock step with the contract.

Breadth first over states, so that the way to a breach is short. A target cannot be put back into a state; each way
is therefore made again from the opening, in one batch with the calls to be judged at its end::

    opening --way--> state --+-- calls that must change nothing: refused allocates, every illegal free   (one instance)
                             +-- each allocate that must succeed, each legal free                 (an instance each)

The answers along the way must be those of the first time. A target whose answers differ is judged by the answers
that it gives: its ways are told as requests, and lead where they lead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import attrs

from ...spec.contracts import OUT_OF_MEMORY, Allocate, Answer, Arena, Call, Free, Probe
from ...spec.frames import Memory
from ..campaign import Campaign
from ..trace import Trace
from .plan import Request, linked, plan_of
from .session import Session

#: States of one arena after which the search goes on elsewhere, where no budget of time ends it before.
_MOST_STATES = 20_000
#: Arenas up to this size have every frame freed at every order in every state.
_FRAMES_ALL_TRIED = 32


@attrs.frozen(eq=False)
class _Node:
    """A state with the way on which it was reached first."""

    memory: Memory
    calls: tuple[Call, ...]
    answers: tuple[Answer, ...]


def enumerate_target(campaign: Campaign, *, frames: int | None = None) -> None:
    """Explore the small arenas one by one within the budget of the campaign; `frames` fixes the size instead."""
    arenas = list(small_arenas(campaign, frames))
    for number, arena in enumerate(arenas):
        if campaign.over:
            left = ", ".join(_named(arena) for arena in arenas[number : number + 3])
            if campaign.trace is None:
                campaign.leave_out(f"the budget ended; {len(arenas) - number} arenas not begun: {left}")
            return
        explore_arena(campaign, arena)


def explore_arena(campaign: Campaign, arena: Arena) -> None:
    """Every call in every state that the target reaches in this arena, within the budget of the campaign."""
    for name in ("arenas", "states", "transitions"):
        campaign.counts.setdefault(name, 0)
    _Exploration(campaign, arena).go()


def small_arenas(campaign: Campaign, frames: int | None = None) -> Iterator[Arena]:
    """Small arenas as far as the capabilities allow, the smallest first; odd ones, holes, barriers, another start."""
    offered = campaign.capabilities
    relative = offered.alignment == "arena"
    if frames is not None:
        top = min(frames.bit_length() - 1, 10)
        yield from (
            Arena(frames, order, relative=relative) for order in sorted({0, 1, top}, reverse=True) if order <= top
        )
        return
    for size, order in ((1, 0), (1, 2), (2, 1), (3, 1)):
        yield Arena(size, order, relative=relative)
    if offered.start:
        yield Arena(3, 1, start=3, relative=relative)
    if offered.reserved:
        yield Arena(4, 2, reserved=frozenset({0}), relative=relative)
        yield Arena(4, 1, reserved=frozenset(range(4)), relative=relative)
    if offered.barriers:
        yield Arena(4, 2, barriers=(2,), relative=relative)
    for size, order in ((3, 2), (4, 2), (5, 2), (5, 3), (4, 0), (6, 2)):
        yield Arena(size, order, relative=relative)
    if offered.start:
        for start in (1, 6):
            yield Arena(5, 2, start=start, relative=relative)
    if offered.reserved:
        yield Arena(6, 2, reserved=frozenset({1, 3}), relative=relative)
    if offered.barriers:
        for barriers in ((1, 3), (4,)):
            yield Arena(6, 3, barriers=barriers, relative=relative)
    for size, order in ((6, 3), (7, 3), (8, 3), (7, 1), (8, 2)):
        yield Arena(size, order, relative=relative)


def _named(arena: Arena) -> str:
    extra = f" from {arena.start}" if arena.start else ""
    return f"{arena.frames} frames{extra}, orders 0 to {arena.max_order}"


class _Exploration:
    """One arena, breadth first."""

    def __init__(self, campaign: Campaign, arena: Arena) -> None:
        self.campaign = campaign
        self.arena = arena
        self.contract = campaign.contract(arena)
        self.probes = campaign.capabilities.probe
        self.seen: set[object] = set()
        self.frontier: deque[_Node] = deque()
        self.steady = True

    def go(self) -> None:
        if not self._begin():
            return
        self.campaign.counts["arenas"] += 1
        expanded = 0
        while self.frontier and not self.campaign.over and expanded < _MOST_STATES:
            self._expand(self.frontier.popleft())
            expanded += 1
            self.campaign.report()
        if self.frontier and self.campaign.trace is None:
            left = f"cut after {len(self.seen)} states, {len(self.frontier)} of them not explored"
            self.campaign.leave_out(f"{_named(self.arena)}: {left}")

    def _begin(self) -> bool:
        """Whether the arena opens and is right from the start."""
        with self.campaign.session(self.arena, probe_every=1) as session:
            if session is None:
                return False
            session.perform([])
        if self.campaign.trace is not None:
            return False
        self._reach(_Node(self.contract.initial(), (), ()))
        return True

    def _reach(self, node: _Node) -> None:
        key = bytes(node.memory.heads)
        if key not in self.seen:
            self.seen.add(key)
            self.frontier.append(node)
            self.campaign.counts["states"] += 1

    def _expand(self, node: _Node) -> None:
        idle, moving = self._calls(node.memory)
        self._visit(node, idle, rest=True)
        for call in moving:
            if self.campaign.over:
                return
            self._visit(node, [call])

    def _calls(self, memory: Memory) -> tuple[list[Call], list[Call]]:
        """The calls that must change nothing in this state, and those that change it."""
        idle: list[Call] = []
        moving: list[Call] = []
        for order in range(self.arena.max_order + 2):
            call = Allocate(order)
            legal = self.contract.is_legal(memory, call)
            lazy = self.campaign.capabilities.merging == "lazy"
            moves = legal and (lazy or bool(self.contract.breaches(memory, call, OUT_OF_MEMORY)))
            (moving if moves else idle).append(call)
        lawless = self.campaign.capabilities.illegal_free != "undefined"
        for frame in self._frames(memory):
            for order in range(self.arena.max_order + 2):
                free = Free(frame, order)
                if self.contract.is_legal(memory, free):
                    moving.append(free)
                elif lawless:
                    idle.append(free)
        return idle, moving

    def _frames(self, memory: Memory) -> Iterable[int]:
        """The frames at which frees are tried: all, and beyond both ends; in a large arena those where blocks begin."""
        first, end = self.arena.start, self.arena.end
        if self.arena.frames <= _FRAMES_ALL_TRIED:
            return range(max(0, first - 1), end + 2)
        live = [frame for frame, _ in self.contract.live_blocks(memory)]
        free = [frame for frame, _ in self.contract.free_blocks(memory)[:_FRAMES_ALL_TRIED]]
        near = {first - 1, first, end - 1, end, end + 1, *live, *(frame + 1 for frame in live), *free}
        return sorted(frame for frame in near if frame >= 0)

    def _visit(self, node: _Node, calls: Sequence[Call], *, rest: bool = False) -> None:
        """Go the way to `node` in a fresh instance and judge these calls there, one after the other."""
        self.campaign.counts["transitions"] += len(calls)
        tail: list[Call] = [Probe()] if rest and self.probes else []
        for call in calls:
            tail += [call, Probe()] if self.probes else [call]
        if rest and not self.probes:
            # What cannot be looked at can be taken out: frame by frame, until nothing is left.
            tail += [Allocate(0)] * (self.arena.frames + 1)
        with self.campaign.session(self.arena) as session:
            if session is None:
                return
            if self.steady and not session.resume(node.calls, node.answers, self.contract.copy(node.memory), tail):
                self.steady = False
                self.campaign.notes.append(f"{_named(self.arena)}: the answers differ from run to run")
            elif self.steady:
                self._arrive(session, rest)
                return
        with self.campaign.session(self.arena) as session:
            if session is not None:
                session.perform(self._told(node, tail))
                self._arrive(session, rest)

    def _told(self, node: _Node, tail: Sequence[Call]) -> tuple[Request, ...]:
        """The way and the calls at its end as requests, for a target that may give other frames this time."""
        calls = [*node.calls, *tail]
        answers: list[Answer | None] = [*node.answers, *(None for _ in tail)]
        return plan_of(Trace(self.arena, linked(calls, answers))).requests

    def _arrive(self, session: Session, rest: bool) -> None:
        """Keep the state that the session ended in, if it is a new one."""
        if rest or session.breaches:
            return
        way = [(call, answer) for call, answer in session.history if not isinstance(call, Probe)]
        self._reach(_Node(session.memory, tuple(call for call, _ in way), tuple(answer for _, answer in way)))
