"""Enumerate: every sequence of a few calls in small table memories, breadth first over the states of the contract.

The calls are few and meet: two pages of one table, one at the other end of the addresses, a huge leaf over the first,
two address spaces. In each state that is reached::

    opening --way--> state --+-- calls that must be refused, a look, accesses that fault, a look, others, a look
                             +-- each call that must be done, its events, a look          (an instance each)

A few ways that go deep are gone first, so that even a short run sees every kind of state. Where the budget ends before
all states were seen, it is said how many were not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

import attrs

from ...spec.contracts import Answer
from ...spec.contracts.paging_arena import (
    ACCESSES,
    Copy,
    Create,
    Drop,
    Events,
    Look,
    Map,
    PagingArena,
    PagingCapabilities,
    Protect,
    Split,
    Switch,
    TableCall,
    Translate,
    Unmap,
)
from ...spec.contracts.spaces import Spaces, rules_of
from ..campaign import Campaign
from .session import Session
from .terrain import Terrain, terrain_of


@attrs.frozen(eq=False)
class _Node:
    """A state with the way on which it was reached first."""

    state: Spaces
    calls: tuple[TableCall, ...]
    answers: tuple[Answer, ...]


def enumerate_target(campaign: Campaign, *, frames: int | None = None) -> None:
    """Explore the small arenas, each in its share of the budget; `frames` fixes the table frames instead."""
    for name in ("arenas", "states", "transitions"):
        campaign.counts.setdefault(name, 0)
    arenas, explorations = list(small_arenas(campaign.capabilities, frames)), list[_Exploration]()
    for arena in arenas:
        if campaign.over:
            break
        explorations.append(_Exploration(campaign, arena))
        explorations[-1].begin()
    for number, exploration in enumerate(explorations):
        exploration.go(campaign.spent + (campaign.seconds - campaign.spent) / (len(explorations) - number))
    if campaign.trace is not None:
        return
    if len(explorations) < len(arenas):
        campaign.leave_out(f"the budget ended; {len(arenas) - len(explorations)} arenas not begun")
    unexplored = [len(exploration.frontier) for exploration in explorations if exploration.frontier]
    if unexplored:
        campaign.leave_out(f"{sum(unexplored)} states in {len(unexplored)} arenas were reached and not explored")


def small_arenas(capabilities: PagingCapabilities, frames: int | None = None) -> Iterator[PagingArena]:
    """For each geometry just enough frames for one page and one too few for two spaces; then room for both."""
    cores = min(2, capabilities.cores)
    for roomy in (False, True):
        for name in capabilities.geometries:
            tables = sum(bool(bits) for bits in rules_of(name).geometry.index_bits)
            count = frames or (2 * tables + 1 if roomy else tables) + capabilities.keeps
            if frames is None or not roomy:
                yield PagingArena(name, count, cores if roomy else 1)


def alphabet(terrain: Terrain, capabilities: PagingCapabilities) -> tuple[TableCall, ...]:
    """The calls that are tried in every state."""
    pages = terrain.addresses(0)
    near, following, last = pages[0], pages[1], pages[-1]
    first, second = terrain.frames(0)[:2]
    calls: list[TableCall] = [Create(1), Create(2)]
    calls += [
        Map(1, near, first, 1, 0, "rwu", False),
        Map(1, near, second, 2, 0, "r", False),
        Map(1, last, second, 1, 0, "rwx", True),
        Map(2, near, second, 1, 0, "rxu", True),
        Map(1, terrain.rules.span(terrain.above(0) or 0) - terrain.rules.span(0), first, 2, 0, "rw", False),
        Map(1, near, first, 0, 0, "rw", False),
        Map(1, following + 1, first, 1, 0, "rw", False),
        Map(1, near, terrain.arena.frames - 1, 1, 0, "rw", False),
        Map(1, near, first, 1, 0, "w", False),
        Map(1, last, first, 2, 0, "rw", False),
        Unmap(1, near, 1, 0),
        Unmap(1, near, 2, 0),
        Unmap(1, last, 1, 0),
        Protect(1, near, 1, 0, "ru"),
        Protect(1, near, 2, 0, "rwx"),
    ]
    for level in terrain.levels[1:]:
        block = terrain.frames(level)[0]
        calls += [Map(1, near, block, 1, level, "rwu", False), Unmap(1, near, 1, level)]
        calls += [Map(1, near, block + 1, 1, level, "rw", False), Protect(1, near, 1, level, "r")]
    if capabilities.splits and terrain.levels[1:]:
        calls += [Split(1, following)]
    if capabilities.copies:
        calls += [Copy(1, 2), Copy(2, 1)]
    calls += [Switch(0, 1), Switch(0, 2), Switch(terrain.arena.cores - 1, 1), Drop(1), Drop(2)]
    return tuple(dict.fromkeys(calls))


def accesses(terrain: Terrain) -> tuple[TableCall, ...]:
    """Every access to the first and last byte of the pages of the alphabet, and to what is no address."""
    span, pages = terrain.rules.span(0), terrain.addresses(0)
    calls: list[TableCall] = [Translate(1, pages[0], access) for access in ACCESSES]
    calls += [Translate(2, pages[0] + span - 1, access) for access in ("r", "w", "xu")]
    calls += [Translate(1, pages[1] + span - 1, "r"), Translate(1, pages[-1] + span - 1, "w")]
    calls += [Translate(1, terrain.strange_addresses(0)[0], "r")]
    beside = pages[0] ^ 1 << terrain.rules.geometry.translated_bits
    if beside <= terrain.last_address:
        calls += [Translate(1, beside, "r")]
    return tuple(dict.fromkeys(calls))


class _Exploration:
    """One arena, breadth first."""

    def __init__(self, campaign: Campaign, arena: PagingArena) -> None:
        self.campaign = campaign
        self.arena = arena
        self.until = campaign.seconds
        self.contract = campaign.contract(arena)
        terrain = terrain_of(arena, campaign.capabilities)
        self.alphabet, self.accesses = alphabet(terrain, campaign.capabilities), accesses(terrain)
        self.seen: set[object] = set()
        self.frontier: deque[_Node] = deque()

    @property
    def over(self) -> bool:
        return self.campaign.over or self.campaign.spent >= self.until

    def begin(self) -> None:
        """Open the arena, and go the ways that go deep."""
        with self.campaign.session(self.arena, probe_every=1) as session:
            if session is None:
                return
            session.perform([])
        if self.campaign.trace is not None:
            return
        self.campaign.counts["arenas"] += 1
        self._reach(_Node(self.contract.initial(), (), ()))
        for way in self._deep_ways():
            if self.campaign.over:
                return
            with self.campaign.session(self.arena, probe_every=1) as session:
                session.perform(way)

    def go(self, until: float) -> None:
        """Every call in every state that is reached before the campaign has spent `until` seconds."""
        self.until = until
        while self.frontier and not self.over:
            self._expand(self.frontier.popleft())
            self.campaign.report()

    def _deep_ways(self) -> Iterator[list[TableCall]]:
        """A page that every core remembers, used and unmapped; a space after another; three; huge leaves; a copy."""
        begin: list[TableCall] = [Create(1), Switch(0, 1)]
        mappings = [call for call in self.alphabet if isinstance(call, Map) and call.pages == 1]
        base, *huge = [call for call in mappings if call.space == 1 and call.rights == "rwu"]
        last = next(call for call in mappings if call.rights == "rwx")
        other = next(call for call in mappings if call.space == 2)
        everywhere = [*begin, Switch(self.arena.cores - 1, 1)]
        yield [*everywhere, base, *self.accesses, Protect(1, base.address, 1, 0, "r"), Unmap(1, base.address, 1, 0)]
        yield [Create(2), other, Drop(2), Create(1), last]
        yield [Create(1), base, Create(2), other, *self.accesses, Create(3)]
        for call in huge[: int(self.arena.frames > self.contract.rules.geometry.levels + 1)]:
            yield [*begin, call, Split(1, call.address), Unmap(1, call.address, 1, 0)]
        if self.campaign.capabilities.copies:
            yield [Create(1), base, Copy(1, 2)]
            yield [*begin, base, Copy(1, 2), Switch(0, 2), Unmap(1, base.address, 1, 0), Drop(1), Create(1)]

    def _reach(self, node: _Node) -> None:
        key = _key(node.state)
        if key not in self.seen:
            self.seen.add(key)
            self.frontier.append(node)
            self.campaign.counts["states"] += 1

    def _expand(self, node: _Node) -> None:
        askable = [call for call in self.alphabet if self.contract.may_ask(node.state, call)]
        moving = [call for call in askable if "" in self.contract.refusals(node.state, call)]
        refused = [call for call in askable if call not in moving]
        faulting = [call for call in self.accesses if "" not in self.contract.refusals(node.state, call)]
        granted = [call for call in self.accesses if call not in faulting]
        tail = [*self._looking(), *self._with_events(refused), *self._looking()]
        self._visit(node, [*tail, *faulting, *self._looking(), *granted, *self._looking()], arrives=False)
        for call in moving:
            if self.over:
                return
            self._visit(node, [*self._with_events([call]), *self._looking()], arrives=True)

    def _looking(self) -> list[TableCall]:
        return [Look()] if self.campaign.capabilities.look else []

    def _with_events(self, calls: Sequence[TableCall]) -> Iterator[TableCall]:
        for call in calls:
            yield call
            if self.campaign.capabilities.events:
                yield Events()

    def _visit(self, node: _Node, tail: Sequence[TableCall], *, arrives: bool) -> None:
        """Go the way to `node` in a fresh instance and judge these calls there."""
        self.campaign.counts["transitions"] += len([call for call in tail if not isinstance(call, Look | Events)])
        with self.campaign.session(self.arena) as session:
            if session is None:
                return
            if session.resume(node.calls, node.answers, self.contract.copy(node.state), tail):
                self._arrive(session, arrives)
                return
        # The answers differ from run to run; what they are now is judged from the beginning.
        with self.campaign.session(self.arena) as session:
            if session is not None:
                session.perform([call for call in (*node.calls, *tail) if not isinstance(call, Events)])
                self._arrive(session, arrives)

    def _arrive(self, session: Session, arrives: bool) -> None:
        """Keep the state that the session ended in, if it is a new one."""
        if not arrives or session.breaches:
            return
        calls, answers = zip(*session.history, strict=True)
        self._reach(_Node(session.memory, calls, answers))


def _key(state: Spaces) -> object:
    """What tells one state from another."""
    leaves = frozenset((space, first, leaf) for space, there in state.mapped.items() for first, leaf in there.items())
    reach = frozenset((core, frozenset(spaces)) for core, spaces in state.reach.items())
    known = frozenset(state.running.items()), reach, frozenset(state.identifiers.items()), frozenset(state.used)
    return frozenset(state.mapped), leaves, frozenset(state.tables), frozenset(state.accessed.items()), known
