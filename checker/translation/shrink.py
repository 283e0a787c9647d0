"""What a shorter story of a manager of page tables may look like.

slices     without what changed nothing, earlier lives of spaces, what is far from the breach; one space alone
arena      fewer table frames, one core
names      one space in place of another, an address or a frame in place of another, in all calls at once
one call   one page, no page, plain rights, nothing shared
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import attrs

from ...spec.contracts import Refused
from ...spec.contracts.paging_arena import (
    Copy,
    Create,
    Events,
    Look,
    Map,
    PagingArena,
    Protect,
    TableCall,
    Translate,
    Unmap,
)
from ...spec.contracts.spaces import Rules, rules_of
from ..plan import Plan
from ..trace import Trace

_FEW_FRAMES = (1, 2, 3, 4, 5, 6, 8, 12)
#: Up to this many calls names are exchanged in all of them.
_FEW_CALLS = 16


def slices(trace: Trace) -> Iterator[Plan]:
    """The story without what changed nothing; then only what concerns the addresses of the breach, or one space."""
    *steps, last = [step for step in trace.steps if not isinstance(step.call, Events)]
    idle = (Translate, Look)
    moving = [step.call for step in steps if not isinstance(step.call, idle) and not isinstance(step.answer, Refused)]
    for calls in (_last_lives(moving), moving):
        for reach in (0, 1, 2):
            yield Plan(trace.arena, [*_near(trace, calls, reach), last.call])
        yield Plan(trace.arena, [*calls, last.call])
    spaces = sorted({space for call in moving for space in _values(call, "space")})
    pairs = sorted({(call.source, call.space) for call in moving if isinstance(call, Copy)})
    for group in (*((space,) for space in spaces), *pairs):
        yield Plan(trace.arena, [*(call for call in moving if set(_values(call, "space")) <= set(group)), last.call])


def _last_lives(calls: Sequence[TableCall]) -> list[TableCall]:
    """The calls without those about spaces that were dropped and made again since; a copy of one becomes empty."""
    born = {call.space: at for at, call in enumerate(calls) if isinstance(call, Create | Copy)}
    lives: list[TableCall] = []
    for at, call in enumerate(calls):
        if all(born.get(space, 0) <= at for space in _values(call, "space")):
            lives.append(call)
        elif isinstance(call, Copy) and born[call.space] == at:
            lives.append(Create(call.space))
    return lives


def _near(trace: Trace, calls: Sequence[TableCall], level: int) -> list[TableCall]:
    """The calls about whole spaces, and those near the addresses of the breach: under the same entry above `level`."""
    rules = rules_of(trace.arena.geometry)
    region = rules.span(min(level + 1, rules.geometry.levels - 1))
    told = {int(digits, 16) for digits in re.findall(r"\b0x([0-9a-f]+)\b", trace.because)}
    told |= set(_values(trace.steps[-1].call, "address"))
    places = {address // region for address in told}
    return [call for call in calls if not hasattr(call, "address") or _touches(call, rules, region, places)]


def _touches(call: Any, rules: Rules, region: int, places: Collection[int]) -> bool:
    length = getattr(call, "pages", 1) * rules.span(min(getattr(call, "level", 0), rules.geometry.levels - 1))
    return any(call.address // region <= place <= (call.address + length - 1) // region for place in places)


def smaller(plan: Plan) -> Iterator[Plan]:
    """Candidates with less table memory and fewer cores, then with smaller names."""
    arena = plan.arena
    if arena.cores > 1:
        yield Plan(attrs.evolve(arena, cores=1), plan.requests)
    for frames in sorted({*_FEW_FRAMES, arena.frames // 2, arena.frames - 1}):
        if 0 < frames < arena.frames:
            yield Plan(attrs.evolve(arena, frames=frames), plan.requests)
    if len(plan.requests) <= _FEW_CALLS:
        for field, candidates in (("space", _spaces), ("address", _addresses), ("frame", _frames)):
            yield from _renamed(plan, field, candidates)


def _renamed(plan: Plan, field: str, candidates: Callable[[PagingArena, int], Iterator[int]]) -> Iterator[Plan]:
    """The plan with one value of a field replaced by a smaller one wherever it stands."""
    known = sorted({value for request in plan.requests for value in _values(request, field)}, reverse=True)
    for value in known:
        for other in candidates(plan.arena, value):
            yield Plan(plan.arena, tuple(_exchanged(request, field, value, other) for request in plan.requests))


def _values(request: TableCall, field: str) -> Iterator[int]:
    for name in _named(field):
        if hasattr(request, name):
            yield getattr(request, name)


def _named(field: str) -> tuple[str, ...]:
    return ("space", "source") if field == "space" else (field,)


def _exchanged(request: Any, field: str, value: int, other: int) -> Any:
    changes = {name: other for name in _named(field) if getattr(request, name, None) == value}
    return attrs.evolve(request, **changes) if changes else request


def _spaces(_arena: PagingArena, value: int) -> Iterator[int]:
    return (space for space in (1, 2, 3) if space < value)


def _addresses(arena: PagingArena, value: int) -> Iterator[int]:
    """The first addresses at each level, then the first byte of the page."""
    rules = rules_of(arena.geometry)
    spans = [rules.span(level) for level in range(rules.geometry.levels)]
    lower = {0, *spans, 2 * spans[0], value // spans[0] * spans[0]}
    return (address for address in sorted(lower) if address < value)


def _frames(arena: PagingArena, value: int) -> Iterator[int]:
    """The first frames after table memory that are as much aligned."""
    rules = rules_of(arena.geometry)
    for level in range(rules.geometry.levels):
        size = rules.size(level)
        first = -(-arena.frames // size) * size
        yield from (frame for frame in (first, first + size) if frame < value and value % size == 0)


def simpler(request: TableCall, arena: PagingArena) -> Iterator[TableCall]:
    """Candidates for one call, the simplest first."""
    if isinstance(request, Copy):
        yield Create(request.space)
    if isinstance(request, Map | Unmap | Protect):
        for pages in sorted({0, 1, request.pages // 2, request.pages - 1}):
            if 0 <= pages < request.pages:
                yield attrs.evolve(request, pages=pages)
    if isinstance(request, Map | Protect):
        for rights in ("r", "rw", "rwu", "rwxu"):
            if len(rights) < len(request.rights):
                yield attrs.evolve(request, rights=rights)
    if isinstance(request, Map) and request.shared:
        yield attrs.evolve(request, shared=False)
    if isinstance(request, Translate) and request.access != "r":
        yield attrs.evolve(request, access="r")
