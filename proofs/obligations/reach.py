"""No step reads or writes beyond the arrays, whatever its conditions say.

`where` evaluates both sides, so a load has to be in range even where its value is not used. The arrays of the terms
remember every index that was touched; here all of them are shown to be inside. `heads` and `zones` have an element for
each frame of the room; `link` has two for each node, and one node to spare after the sentinels, where the search for
a block looks once more when there is none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...spec import buddy
from ...spec.frames import ORDERS, Memory
from ..symbolic import Formula, truth
from . import lists, soundness
from .composing import follows
from .obligation import Query, composition


def inside(memory: Memory, step: Callable[[], Any]) -> Formula:
    """That whatever `step` touches of the memory's arrays is inside them."""
    arrays = (memory.heads, memory.zones, memory.link)
    before = [len(array.touched) for array in arrays]
    step()
    bounds = (memory.room, memory.room, (memory.room + ORDERS + 1) << 1)
    safe = truth(True)
    for array, start, bound in zip(arrays, before, bounds, strict=True):
        for condition, index in array.touched[start:]:
            safe = safe & follows(condition, index < bound)
    return safe


@composition(
    "reach-merge",
    "A1",
    says="Asking whether a block can be merged stays inside the arrays.",
    without="the block may be there",
)
def reach_merge(theory: Any) -> Query:
    """At any block inside the arena, of the largest order too, which may have no buddy to look at."""
    steps, facts = theory.bind(buddy), theory.bind(soundness)
    memory, frame, order = theory.memory("memory"), theory.frame("frame"), theory.order("order")
    asked = inside(memory, lambda: steps.can_merge(memory, frame, order))
    premises = {
        "dimensions": facts.is_possible(memory),
        "the block may be there": facts.is_gap(memory, frame, order),
    }
    return Query(premises, {"A1": asked})


@composition(
    "reach-remove",
    "A1",
    says="Removing a free block, an absorbed buddy or the source of a claim, stays inside the arrays.",
    without="the list of the block",
    apart=True,
)
def reach_remove(theory: Any) -> Query:
    """Its neighbours in the list are nodes."""
    steps, facts, chains = theory.bind(buddy), theory.bind(soundness), theory.bind(lists)
    memory, frame = theory.memory("memory"), theory.frame("frame")
    removed = inside(memory, lambda: steps.remove(truth(True), memory, frame))
    premises = {
        "dimensions": facts.is_possible(memory),
        "a free block begins there": steps.is_free(steps.load(memory.heads, frame)) & (frame < memory.room),
        "the list of the block": chains.is_listed(memory, frame),
    }
    return Query(premises, {"A1": removed})


@composition(
    "reach-insert",
    "A1",
    says="Inserting a block stays inside the arrays.",
    without="the block may be there",
    apart=True,
)
def reach_insert(theory: Any) -> Query:
    """The neighbour of the sentinel is a node."""
    steps, facts, chains = theory.bind(buddy), theory.bind(soundness), theory.bind(lists)
    memory, frame, order = theory.memory("memory"), theory.frame("frame"), theory.order("order")
    inserted = inside(memory, lambda: steps.insert(truth(True), memory, frame, order))
    premises = {
        "dimensions": facts.is_possible(memory),
        "the block may be there": facts.is_gap(memory, frame, order),
        "the list of the order": chains.is_listed(memory, steps.sentinel_of(memory.room, order)),
    }
    return Query(premises, {"A1": inserted})


@composition(
    "reach-claim",
    "A1",
    says="Marking the block that a claim gives stays inside the arrays.",
    without="the block is a frame",
)
def reach_claim(theory: Any) -> Query:
    """The real claim, but for what it removes and inserts."""
    memory, frame = theory.memory("memory"), theory.frame("frame")
    order, source_order = theory.order("order"), theory.order("source_order")

    def remove(_going: Any, memory: Memory, _frame: Any) -> Memory:
        return memory

    def give_back(_going: Any, memory: Memory, _frame: Any, level: Any) -> tuple[Memory, Any]:
        return memory, level

    step = theory.bind(buddy, remove=remove, give_back=give_back)
    cut = inside(memory, lambda: step.claim(truth(True), memory, frame, order, source_order))
    premises = {
        "dimensions": theory.bind(soundness).is_possible(memory),
        "the block is a frame": frame < memory.room,
    }
    return Query(premises, {"A1": cut})


@composition(
    "reach-calls",
    "A1",
    says="Looking up what a caller names, and searching for a block, stay inside the arrays for any words at all.",
    without="dimensions",
)
def reach_calls(theory: Any) -> Query:
    """Free, allocate and admit up to where they release or claim."""
    facts = theory.bind(soundness)
    memory, upper, usable = theory.memory("memory"), theory.truth("upper"), theory.truth("usable")
    frame, order = theory.word("called_frame"), theory.word("called_order")

    def release(_going: Any, memory: Memory, frame: Any, order: Any) -> tuple[Memory, Any, Any]:
        return memory, frame, order

    def claim(_going: Any, memory: Memory, *_block: Any) -> Memory:
        return memory

    step, index = theory.bind(buddy, release=release, claim=claim), theory.frame("index")
    freed = inside(memory, lambda: step.free(memory, frame, order))
    allocated = inside(memory, lambda: step.allocate(memory, order, upper))
    admitted = inside(memory, lambda: step.admit(memory, index, usable))
    premises = {"dimensions": facts.is_possible(memory), "the index is a frame": index < memory.room}
    return Query(premises, {"A1": freed & allocated & admitted})
