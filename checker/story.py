"""Calls in words, told again as the steps of a trace.

The compiled core notes only how far it got. The same calls are made once more by the same steps on plain integers,
which gives each its answer, and to each free the call that gave its block.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..model.fast import churn
from ..model.fast.allocator import empty_memory, room_of, usable_in
from ..spec import buddy
from ..spec.contracts import ILLEGAL, OUT_OF_MEMORY, Allocate, Arena, Free, Returned
from ..spec.frames import Memory
from .trace import Step

#: What plain integers raise where a step reaches beyond memory, or writes what is no word: no block lies inside the
#: arena then (A1). Compiled code reaches into the margins around its arrays instead, and the laws tell.
LEFT_MEMORY = (IndexError, OverflowError)


def offered(arena: Arena) -> np.ndarray[Any, Any]:
    """Which frames are offered to initialisation: the usable ones, and all that do not exist, to be turned down."""
    usable = usable_in(arena)
    return np.pad(usable, (0, room_of(arena) - usable.size), constant_values=1)


def story_of(arena: Arena, calls: np.ndarray[Any, Any], *, slots: int, upper: bool) -> list[Step]:
    """The calls as steps of a trace, with the answers of the same steps on plain integers."""
    memory = empty_memory(arena)
    memory = Memory(memory.heads.tolist(), memory.link.tolist(), memory.zones.tolist(), *map(int, memory[3:]))
    for frame, usable in enumerate(offered(arena).tolist()):
        memory, _, _ = buddy.admit(memory, frame, bool(usable))
    held, steps = [0] * slots, list[Step]()
    last = 0
    given: dict[int, int] = {}
    for call in calls.tolist():
        slot, order, kind = call & churn.SLOT_BITS, call >> churn.ORDER_AT & churn.ORDER_BITS, call >> churn.KIND_AT
        if kind == churn.BY_SLOT and not held[slot]:
            try:
                memory, done, frame = buddy.allocate(memory, order, upper)
            except LEFT_MEMORY:
                return [*steps, Step(Allocate(order))]
            if done:
                held[slot] = churn.block_word(frame, order)
                given[held[slot]] = len(steps)
            steps.append(Step(Allocate(order), Returned(frame + arena.base) if done else OUT_OF_MEMORY))
            continue
        block = last if kind == churn.DOUBLE or not held[slot] else held[slot]
        frame, order = churn.target_of(kind, held[slot], last, memory.frames)
        if kind == churn.BY_SLOT:
            last, held[slot] = held[slot], 0
        made = Free(frame + arena.base, order)
        try:
            memory, legal, _, _ = buddy.free(memory, frame, order)
        except LEFT_MEMORY:
            return [*steps, Step(made, None, given.get(block))]
        steps.append(Step(made, Returned(None) if legal else ILLEGAL, given.get(block)))
    return steps
