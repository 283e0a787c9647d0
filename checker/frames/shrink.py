"""What a shorter story of a frame allocator may look like.

everything  half of it: frames, start, holes, barriers and orders at once
arena       one of the smallest, or fewer frames, a lower largest order, begin at 0, fewer holes and barriers
one call    a lower order, a smaller displacement
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import attrs

from ...spec.contracts import Allocate, Arena, Free, Probe
from ..plan import Plan
from .plan import FreeOf, Request

#: Up to this many requests each of the smallest arenas is tried.
_FEW_REQUESTS = 100


def halved(plan: Plan) -> Plan | None:
    """Half of everything."""
    return _halved(plan) if plan.arena.frames > 1 else None


def smaller(plan: Plan) -> Iterator[Plan]:
    """Candidates in smaller arenas, for short stories those in the smallest of all first."""
    few = len(plan.requests) <= _FEW_REQUESTS
    return chain(_smallest_arenas(plan) if few else (), _smaller_arenas(plan))


def _halved(plan: Plan) -> Plan:
    arena = plan.arena
    start = arena.start // 2
    end = start + (arena.frames + 1) // 2
    smaller = attrs.evolve(
        arena,
        frames=end - start,
        max_order=max(0, arena.max_order - 1),
        start=start,
        reserved=frozenset(frame // 2 for frame in arena.reserved if start <= frame // 2 < end),
        barriers=tuple(frame // 2 for frame in arena.barriers if start <= frame // 2 < end),
    )
    return Plan(smaller, tuple(_halved_request(request) for request in plan.requests))


def _halved_request(request: Request) -> Request:
    if isinstance(request, Allocate):
        return Allocate(max(0, request.order - 1))
    if isinstance(request, Free):
        return Free(request.frame // 2, max(0, request.order - 1))
    if isinstance(request, FreeOf):
        return FreeOf(request.of, int(request.offset / 2), request.delta)
    return Probe()


def _smallest_arenas(plan: Plan) -> Iterator[Plan]:
    """Candidates in the smallest arenas there are, orders lowered along with the largest; those above it stay above."""
    arena = plan.arena
    for frames in (1, 2, 3, 4, 6, 8):
        for top in range(min(4, arena.max_order + 1)):
            small = Arena(frames, top, relative=arena.relative)
            if _weight(small) < _weight(arena):
                yield Plan(small, [_lowered(request, arena.max_order, top) for request in plan.requests])


def _weight(arena: Arena) -> tuple[int, ...]:
    return (len(arena.reserved) + len(arena.barriers), arena.start, arena.frames, arena.max_order)


def _lowered(request: Request, top: int, lower: int) -> Request:
    if not isinstance(request, Allocate):
        return request
    return Allocate(lower + 1 if request.order > top else min(request.order, lower))


def _smaller_arenas(plan: Plan) -> Iterator[Plan]:
    """Candidates with a smaller arena, the smallest first."""
    arena = plan.arena
    sizes = sorted({1, 2, 3, 4, 6, 8, 16, 32, arena.frames // 4, arena.frames // 2, arena.frames - 1})
    for frames in sizes:
        if 0 < frames < arena.frames:
            yield from _with_arena(plan, frames=frames)
    for order in range(arena.max_order):
        yield from _with_arena(plan, max_order=order)
    for start in sorted({0, 1, arena.start // 2, arena.start - 1}):
        if 0 <= start < arena.start:
            yield from _with_arena(plan, start=start)
    if arena.reserved:
        yield from _with_arena(plan, reserved=frozenset())
        for frame in sorted(arena.reserved):
            yield from _with_arena(plan, reserved=arena.reserved - {frame})
    if arena.barriers:
        yield from _with_arena(plan, barriers=())
        for frame in arena.barriers:
            yield from _with_arena(plan, barriers=tuple(other for other in arena.barriers if other != frame))


def _with_arena(plan: Plan, **changes: Any) -> Iterator[Plan]:
    """The plan in the changed arena: holes, barriers and frames by number move along with the start."""
    arena = plan.arena
    start = changes.get("start", arena.start)
    shift = start - arena.start
    inside = range(start, start + changes.get("frames", arena.frames))
    moved: dict[str, Any] = {
        "reserved": frozenset(frame + shift for frame in arena.reserved if frame + shift in inside),
        "barriers": tuple(frame + shift for frame in arena.barriers if frame + shift in inside),
    }
    requests = tuple(
        Free(max(0, request.frame + shift), request.order) if isinstance(request, Free) else request
        for request in plan.requests
    )
    yield Plan(attrs.evolve(arena, **{**moved, **changes}), requests)


def simpler(request: Request, arena: Arena) -> Iterator[Request]:
    """Candidates for one request, the simplest first."""
    if isinstance(request, Allocate):
        lower = sorted({0, arena.max_order + 1, max(0, request.order - 1)})
        yield from (Allocate(order) for order in lower if order < request.order)
    elif isinstance(request, FreeOf):
        if request.offset or request.delta:
            yield FreeOf(request.of)
        if request.offset and request.delta:
            yield FreeOf(request.of, request.offset)
            yield FreeOf(request.of, 0, request.delta)
        if abs(request.offset) > 1:
            yield FreeOf(request.of, 1 if request.offset > 0 else -1, request.delta)
        if abs(request.delta) > 1:
            yield FreeOf(request.of, request.offset, 1 if request.delta > 0 else -1)
    elif isinstance(request, Free):
        yield from (Free(frame, request.order) for frame in sorted({arena.start, arena.end}) if frame < request.frame)
        yield from (
            Free(request.frame, order) for order in sorted({0, request.order - 1}) if 0 <= order < request.order
        )
