"""A picture of a heap around a breach: the blocks that were live before the last call, by rising address.

0x0000000000000040        24 bytes
0x0000000000000060       120 bytes   heap 1
"""

from __future__ import annotations

from ...spec.contracts.heap import HeapContract
from ..trace import Trace

#: Blocks that are shown.
_MOST_BLOCKS = 16


def draw(trace: Trace) -> list[str]:
    """The lines of the picture; empty where there is nothing to show."""
    contract = HeapContract(trace.arena, trace.capabilities)
    state = contract.initial()
    for step in trace.steps[:-1]:
        if step.answer is None or contract.breaches(state, step.call, step.answer):
            return []
        state = contract.after(state, step.call, step.answer)
    if not state.order:
        return ["(no block is live before the last call)"] if trace.steps else []
    lines = []
    for address in state.order[:_MOST_BLOCKS]:
        block = state.live[address]
        room = f", {block.room} usable" if block.room > block.size else ""
        heap = f"   heap {block.heap}" if block.heap else ""
        lines.append(f"0x{address:016x}  {block.size:>8} bytes{room}{heap}")
    if len(state.order) > _MOST_BLOCKS:
        lines.append(f"... {len(state.order) - _MOST_BLOCKS} more ...")
    return lines
