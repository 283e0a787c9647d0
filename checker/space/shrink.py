"""What a shorter story of a manager of address spaces may look like.

slices     without what changed nothing, earlier lives of processes, what is far from the breach; one process alone;
           places that the target chose asked for by address, so that nothing rests on what was chosen before
arena      a smaller window; frames and limit without end, or fewer
names      one process in place of another, a place near the beginning in place of another, in all calls at once
one call   shorter, plainer rights, nothing shared, no file
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import attrs

from ...spec.contracts import Answer, Refused, Returned
from ...spec.contracts.space.arena import GRANULARITY, PAGE, SpaceArena
from ...spec.contracts.space.calls import (
    NO_FILE,
    Create,
    Execute,
    Fork,
    MapView,
    Mmap,
    Mremap,
    Read,
    Reserve,
    SpaceCall,
    Store,
    Write,
)
from ..plan import Plan
from ..trace import Trace
from .session import SIGHTS

_FEW_PAGES = (1, 2, 3, 4, 5, 6, 8, 12, 16, 17, 32)
#: Up to this many calls names are exchanged in all of them.
_FEW_CALLS = 16
_LENGTHS = ("length", "size", "new_length")


# -- slices -------------------------------------------------------------------------------------------------------


def slices(trace: Trace) -> Iterator[Plan]:
    """The story without what changed nothing, then what concerns the breach; with places fixed, and as they came."""
    *steps, last = trace.steps
    moving = [step for step in steps if not isinstance(step.call, SIGHTS) and not isinstance(step.answer, Refused)]
    for fixed in (True, False):
        calls = [_placed(step.call, step.answer) if fixed else step.call for step in moving]
        for part in _parts(trace, calls, last.call):
            yield Plan(trace.arena, [*part, last.call])
            yield Plan(trace.arena, [*part, last.call, *_idle_at_the_end(trace), last.call])


def _parts(trace: Trace, calls: Sequence[SpaceCall], last: SpaceCall) -> Iterator[Sequence[SpaceCall]]:
    """The smallest part that may matter first, all of them last."""
    born = _last_lives(calls)
    for some in (born, calls):
        for group in _groups(some, last):
            alone = [call for call in some if _processes(call) <= group]
            yield _near(trace, alone)
            yield alone
        yield _near(trace, some)
        yield some


def _groups(calls: Sequence[SpaceCall], last: SpaceCall) -> list[set[int]]:
    """The process of the last call alone, then with each that it forked from or to."""
    own = _processes(last) or {1}
    groups = [own]
    groups += [own | _processes(call) for call in calls if isinstance(call, Fork) and own & _processes(call)]
    return groups


def _processes(call: Any) -> set[int]:
    return {getattr(call, name) for name in ("process", "child") if hasattr(call, name)}


def _last_lives(calls: Sequence[SpaceCall]) -> list[SpaceCall]:
    """The calls without those about processes that have ended and begun again since."""
    born: dict[int, int] = {}
    for at, call in enumerate(calls):
        if isinstance(call, Create | Fork):
            born[call.child if isinstance(call, Fork) else call.process] = at
    return [call for at, call in enumerate(calls) if all(born.get(number, 0) <= at for number in _processes(call))]


def _near(trace: Trace, calls: Sequence[SpaceCall]) -> list[SpaceCall]:
    """The calls that have no address, and those that touch a page of the breach."""
    told = {int(digits, 16) for digits in re.findall(r"\b0x([0-9a-f]+)\b", trace.because)}
    last = trace.steps[-1].call
    told |= set(_touched(last)) if len(_touched(last)) < len(_FEW_PAGES) else set()
    pages = {address // PAGE for address in told}
    return [call for call in calls if not hasattr(call, "address") or not pages.isdisjoint(_touched_pages(call))]


def _touched(call: Any) -> range:
    """Addresses of the pages that a call names."""
    return range(getattr(call, "address", 0), getattr(call, "address", 0) + _length(call), PAGE)


def _touched_pages(call: Any) -> range:
    return range(call.address // PAGE, (call.address + _length(call) - 1) // PAGE + 1)


def _length(call: Any) -> int:
    return max(1, min(max(getattr(call, name, 1) for name in _LENGTHS), 1 << 20))


def _placed(call: SpaceCall, answer: Answer | None) -> SpaceCall:
    """The call, with the place that the target chose asked for by address."""
    value = answer.value if isinstance(answer, Returned) else None
    if not isinstance(value, int):
        return call
    if isinstance(call, Mmap):
        return attrs.evolve(call, address=value, fixed=True)
    return attrs.evolve(call, address=value) if isinstance(call, Reserve | MapView) else call


def _idle_at_the_end(trace: Trace) -> list[SpaceCall]:
    """The last call before the end that was refused: blame needs the same sight before it and after it."""
    refused = [step.call for step in trace.steps[:-1] if isinstance(step.answer, Refused)]
    return refused[-1:]


# -- smaller ------------------------------------------------------------------------------------------------------


def smaller(plan: Plan) -> Iterator[Plan]:
    """Candidates with smaller windows and no scarcity, then with smaller names."""
    arena = plan.arena
    usual = SpaceArena(arena.dialect, arena.pages).base
    if arena.base != usual:
        yield Plan(
            attrs.evolve(arena, base=usual), tuple(_shifted(call, 0, arena.base - usual) for call in plan.requests)
        )
    for name in ("frames", "limit"):
        if getattr(arena, name):
            yield Plan(attrs.evolve(arena, **{name: 0}), plan.requests)
    for pages in sorted({*_FEW_PAGES, arena.pages // 2, arena.pages - 1}):
        if 0 < pages < arena.pages:
            yield Plan(attrs.evolve(arena, pages=pages), plan.requests)
    for name in ("frames", "limit"):
        for count in range(1, min(4, getattr(arena, name))):
            yield Plan(attrs.evolve(arena, **{name: count}), plan.requests)
    if len(plan.requests) <= _FEW_CALLS:
        yield from _with_fewer_processes(plan)
        yield from _moved_down(plan)


def _with_fewer_processes(plan: Plan) -> Iterator[Plan]:
    known = sorted({number for call in plan.requests for number in _processes(call)}, reverse=True)
    for number in known:
        for other in (1, 2):
            if other < number:
                yield _renamed(plan, ("process", "child"), number, other)


def _moved_down(plan: Plan) -> Iterator[Plan]:
    """All addresses together, or those of one page, nearer to the beginning of the window."""
    base = plan.arena.base
    step = GRANULARITY if plan.arena.dialect == "windows" else PAGE
    places = sorted({call.address for call in plan.requests if getattr(call, "address", 0) > base})
    if not places:
        return
    for lowest in (base, base + PAGE):
        shift = (places[0] - lowest) // step * step
        if shift > 0:
            yield Plan(plan.arena, tuple(_shifted(call, base, shift) for call in plan.requests))
    for place in reversed(places):
        page = place // PAGE * PAGE
        others = {page - PAGE, base, base + PAGE, base + 2 * PAGE, *(other // PAGE * PAGE for other in places)}
        for other in sorted(others):
            if base <= other < page:
                yield _exchanged(plan, page, other)
        if place != page:
            yield _renamed(plan, ("address",), place, page)


def _shifted(call: Any, base: int, shift: int) -> Any:
    there = getattr(call, "address", 0)
    return attrs.evolve(call, address=there - shift) if there >= base + shift else call


def _exchanged(plan: Plan, page: int, other: int) -> Plan:
    """What is in one page in another one."""

    def moved(call: Any) -> Any:
        inside = getattr(call, "address", -1) // PAGE * PAGE == page
        return attrs.evolve(call, address=call.address - page + other) if inside else call

    return Plan(plan.arena, tuple(moved(call) for call in plan.requests))


def _renamed(plan: Plan, names: Collection[str], value: int, other: int) -> Plan:
    def changed(call: Any) -> Any:
        changes = {name: other for name in names if getattr(call, name, None) == value}
        return attrs.evolve(call, **changes) if changes else call

    return Plan(plan.arena, tuple(changed(call) for call in plan.requests))


# -- simpler ------------------------------------------------------------------------------------------------------


def simpler(request: Any, arena: SpaceArena) -> Iterator[SpaceCall]:
    """Candidates for one call, the simplest first."""
    if isinstance(request, Fork):
        yield Create(request.child)
    if isinstance(request, Execute):
        yield Read(request.process, request.address)
    for name in _LENGTHS:
        length = getattr(request, name, 0)
        for other in sorted({1, PAGE, 2 * PAGE, length // 2, length - PAGE, length // PAGE * PAGE}):
            if 0 < other < length:
                yield attrs.evolve(request, **{name: other})
    rights = getattr(request, "rights", "")
    for plainer in ("r", "rw"):
        if rights and (len(plainer), plainer) < (len(rights), rights):
            yield attrs.evolve(request, rights=plainer)
    yield from _without_extras(request)


def _without_extras(request: Any) -> Iterator[SpaceCall]:
    if isinstance(request, Write | Store) and request.value > 1:
        yield attrs.evolve(request, value=1)
    if isinstance(request, Mmap):
        if request.file != NO_FILE:
            yield attrs.evolve(request, file=NO_FILE, offset=0)
        if request.offset:
            yield attrs.evolve(request, offset=0)
    if isinstance(request, Mmap) and request.shared:
        yield attrs.evolve(request, shared=False)
    if isinstance(request, Mmap) and not request.fixed and request.address:
        yield attrs.evolve(request, address=0)
    if isinstance(request, Mremap) and request.may_move:
        yield attrs.evolve(request, may_move=False)
