"""Plans for heaps: requests that speak of what an earlier request was given.

Where a block lies is the target's choice, and another one in every run of a C library. So a plan says "write to the
block of request 3, from its byte 8 on"; whatever refers to a block that was not given is no call at all::

    0  Allocate(32)                gives, say, 0x5000
    1  Of(Write(0, "ab"), 0, 8)    write(0x5008, "ab")
    2  Of(Reallocate(0, 64), 0)    gives 0x7000, and what follows speaks of request 2
    3  Of(Free(0), 2)              free(0x7000)
    4  Of(Free(0), 2)              the same again, which is illegal
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import attrs

from ...spec.contracts import Returned
from ..plan import Plan
from ..trace import Step, Trace


@attrs.frozen
class Of:
    """A call whose address is that of what request `of` gave, and `offset` bytes more."""

    call: Any
    of: int
    offset: int = 0

    def at(self, address: int) -> Any:
        """The call that is meant where the block lies at `address`."""
        return attrs.evolve(self.call, address=address + self.offset)


def bare(request: Any) -> Any:
    """The call of a request, with whatever address."""
    return request.call if isinstance(request, Of) else request


def plan_of(trace: Trace) -> Plan:
    """The plan that a trace tells."""
    return Plan(trace.arena, tuple(_request_of(trace, step) for step in trace.steps))


def _request_of(trace: Trace, step: Step) -> Any:
    answer = None if step.of is None else trace.steps[step.of].answer
    if step.of is None or not isinstance(answer, Returned) or not isinstance(answer.value, int):
        return step.call
    return Of(attrs.evolve(step.call, address=0), step.of, step.call.address - answer.value)


def without(plan: Plan, dropped: Collection[int]) -> Plan:
    """The plan without these requests, and without what speaks of what they would have given."""
    kept: list[Any] = []
    moved: dict[int, int] = {}
    for index, request in enumerate(plan.requests):
        if index in dropped:
            continue
        if isinstance(request, Of):
            if request.of not in moved:
                continue
            request = attrs.evolve(request, of=moved[request.of])
        moved[index] = len(kept)
        kept.append(request)
    return Plan(plan.arena, kept)
