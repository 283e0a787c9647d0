"""Plans: requests that are told by what they mean, so that they survive another arena and other answers.

Which frame an allocate gives is the target's choice, hence a plan cannot say "free frame 12". It says "free what
request 3 gave", displaced by some frames or orders where the free is to be wrong on purpose::

    0  Allocate(2)               gives, say, frames 8 to 11
    1  FreeOf(0)                 free(8, 2): legal, the first time
    2  FreeOf(0)                 free(8, 2): twice
    3  FreeOf(0, delta=-1)       free(8, 1): another order
    4  FreeOf(0, offset=1)       free(9, 2): inside the block, misaligned
    5  Free(99, 0)               by number: beyond the end, reserved, or never given

A free of something that an earlier request did not get is no call at all. `decode` reads arena and requests off a few
bytes each, so that whatever bytes come, a plan comes out, and most of its calls are legal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import attrs

from ...spec.contracts import Allocate, Answer, Arena, Call, Capabilities, Free, Probe, Returned
from ...spec.frames import MAX_ORDER
from ..plan import Plan
from ..trace import Step, Trace

#: Bytes that `decode_arena` reads, and that `decode` reads for each request.
ARENA_BYTES = 7
REQUEST_BYTES = 2
#: Orders that no arena has, beside those just above the largest: word sizes, where shifts go wrong.
_ABSURD_ORDERS = (31, 32, 63, 64)
_ABSURD_FRAMES = (2**31, 2**32, 2**63 - 1)


@attrs.frozen
class FreeOf:
    """A free of the block that request `of` gave, displaced by `offset` frames and `delta` orders."""

    of: int
    offset: int = 0
    delta: int = 0


Request = Allocate | Free | FreeOf | Probe


def displaced(request: FreeOf, frame: int, order: int) -> Free | None:
    """The free that is meant where the block given is (frame, order); None where that is no number of a caller."""
    frame, order = frame + request.offset, order + request.delta
    return Free(frame, order) if frame >= 0 and order >= 0 else None


def plan_of(trace: Trace) -> Plan:
    """The plan that a trace tells; where answers are not known, frees are taken as undisplaced."""
    return Plan(trace.arena, tuple(_request_of(trace.steps, step) for step in trace.steps))


def _request_of(steps: Sequence[Step], step: Step) -> Any:
    call = step.call
    if not isinstance(call, Free) or step.of is None:
        return call
    source = steps[step.of]
    if not isinstance(source.call, Allocate):
        return call
    given = source.answer
    offset = call.frame - given.value if isinstance(given, Returned) and isinstance(given.value, int) else 0
    return FreeOf(step.of, offset, call.order - source.call.order)


def linked(calls: Iterable[Call], answers: Iterable[Answer | None], links: Iterable[int | None] = ()) -> list[Step]:
    """Steps in which each free knows the latest allocate whose block contained its frame, or what `links` says."""
    steps: list[Step] = []
    latest: dict[int, int] = {}
    known = iter(links)
    for index, (call, answer) in enumerate(zip(calls, answers, strict=True)):
        of = next(known, None)
        if isinstance(call, Allocate) and isinstance(answer, Returned) and isinstance(answer.value, int):
            if call.order <= MAX_ORDER:
                latest.update(dict.fromkeys(range(answer.value, answer.value + (1 << call.order)), index))
        elif isinstance(call, Free) and of is None:
            of = latest.get(call.frame)
        steps.append(Step(call, answer, of))
    return steps


def without(plan: Plan, dropped: Collection[int]) -> Plan:
    """The plan without these requests, and without the frees of what they would have given."""
    kept: list[Request] = []
    moved: dict[int, int] = {}
    for index, request in enumerate(plan.requests):
        if index in dropped:
            continue
        if isinstance(request, FreeOf):
            if request.of not in moved:
                continue
            if moved[request.of] != request.of:
                request = FreeOf(moved[request.of], request.offset, request.delta)
        moved[index] = len(kept)
        kept.append(request)
    return Plan(plan.arena, kept)


def decode_arena(data: bytes, capabilities: Capabilities, *, frames: int | None = None) -> Arena:
    """An arena, as far as the capabilities allow, from ARENA_BYTES bytes: every size from 1 to 64, often an odd one.

    `frames` fixes the size instead.
    """
    size, order, start, holes, where, zones, cut = data[:ARENA_BYTES].ljust(ARENA_BYTES, b"\0")
    count = frames or (size % 16 + 1, 1 << size % 7, size % 64 + 1, (1 << size % 6) + 1)[size >> 6]
    top = (order % 5, order % 7, count.bit_length() - 1, count.bit_length())[order >> 6]
    first = 0
    if capabilities.start and start >= 96:
        first = (start % 16, start % 256, start << 4)[start % 3]
    reserved: set[int] = set()
    if capabilities.reserved and holes >= 96 and count > 1:
        reserved = {first + (where + step * (holes >> 4)) % count for step in range(holes % min(5, count))}
    barriers: list[int] = []
    if capabilities.barriers and zones >= 96 and count > 1:
        barriers = [first + 1 + (cut + step * (zones >> 3)) % (count - 1) for step in range(1 + zones % 2)]
    return Arena(
        count,
        min(top, MAX_ORDER),
        start=first,
        reserved=frozenset(reserved),
        barriers=tuple(barriers),
        relative=capabilities.alignment == "arena",
    )


def decode(data: bytes, arena: Arena, capabilities: Capabilities) -> Plan:
    """A plan in `arena`, one request for each REQUEST_BYTES bytes: allocates, frees, and frees that must be refused."""
    lawless = capabilities.illegal_free != "undefined"
    requests: list[Request] = []
    held: list[int] = []
    freed: list[int] = []
    for kind, detail in zip(data[::REQUEST_BYTES], data[1::REQUEST_BYTES], strict=False):
        # Where more is held than there is room for, most requests would be refused: give back more often then.
        crowded = kind >= 58 and len(held) > arena.frames // 2
        if (kind < 116 and not crowded) or not (held or lawless):
            held.append(len(requests))
            requests.append(Allocate(_order(kind, detail, arena.max_order)))
        elif kind < 212 and held:
            freed.append(held.pop(detail % len(held)))
            requests.append(FreeOf(freed[-1]))
        elif lawless:
            requests.append(_illegal(kind, detail, arena, held, freed))
    return Plan(arena, requests)


def _order(kind: int, detail: int, top: int) -> int:
    """Small orders often, each up to the largest at times, one above it rarely."""
    if detail >= 250:
        return _ABSURD_ORDERS[detail % 4] if kind < 8 else top + 1
    return (detail >> 4) % (top + 1) if detail & 1 else min((detail >> 4) % 3, top)


def _illegal(kind: int, detail: int, arena: Arena, held: list[int], freed: list[int]) -> Request:
    """A free that is most likely wrong: twice, of another order, inside a block, outside, or of any frame at all."""
    way = kind % 6
    if way == 0 and freed:
        return FreeOf(freed[detail % len(freed)])
    if way == 1 and held:
        return FreeOf(held[detail % len(held)], delta=1 if detail & 64 else -1)
    if way == 2 and held:
        return FreeOf(held[detail % len(held)], offset=1 + (detail >> 6))
    if way == 3:
        return FreeOf(held[detail % len(held)], offset=-1) if held and detail & 1 else _outside(detail, arena)
    if way == 4 and held:
        return FreeOf(held[detail % len(held)], offset=1 << detail % 4, delta=-(detail >> 6))
    return Free(arena.start + detail % arena.frames, (detail >> 6) % (arena.max_order + 2))


def _outside(detail: int, arena: Arena) -> Free:
    frames = (arena.end, arena.end + 1, max(arena.start - 1, 0), 2 * arena.end, *_ABSURD_FRAMES)
    orders = (0, 0, arena.max_order, arena.max_order + 1, *_ABSURD_ORDERS)
    return Free(frames[detail % len(frames)], orders[(detail >> 3) % len(orders)])
