"""A picture of address spaces around a breach: what is mapped before the last call, and the walk as the hardware goes.

    space 1   0x0000000000000000   4 KiB at frame 4         rwu
              0x0000000000200000   2 MiB at frame 512       r      shared
    space 2   (nothing is mapped)

The walk is drawn where the story ends with a look at the tables, for the address that the breach is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ...spec.contracts import Returned
from ...spec.contracts.paging_arena import Look
from ...spec.contracts.sight import sight_of
from ...spec.contracts.spaces import Rules, Spaces, access_of
from ...spec.contracts.translation import TranslationContract
from ..trace import Trace
from .walk import draw_walk

#: Leaves of one space that are shown.
_MOST_LEAVES = 12
_UNITS = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def draw(trace: Trace) -> list[str]:
    """The lines of the picture for the last call of a trace; empty where there is no call to show."""
    if trace.contract != "translation" or not trace.steps:
        return []
    contract = TranslationContract(trace.arena, trace.capabilities)
    state = contract.initial()
    for step in trace.steps[:-1]:
        if step.answer is None or contract.breaches(state, step.call, step.answer):
            return []
        state = contract.after(state, step.call, step.answer)
    return [*_mapped(state, contract.rules), *_walk(trace, contract, state)]


def _mapped(state: Spaces, rules: Rules) -> Iterator[str]:
    digits = -(-rules.geometry.address_bits // 4)
    for space, leaves in sorted(state.mapped.items()):
        head = f"space {space} "
        if not leaves:
            yield f"{head:<10}(nothing is mapped)"
        for first, leaf in sorted(leaves.items())[:_MOST_LEAVES]:
            where = f"{_size(rules.span(leaf.level))} at frame {leaf.frame}"
            shared = "shared" if leaf.shared else ""
            yield f"{head:<10}0x{first:0{digits}x}   {where:<24} {leaf.rights:<6} {shared}".rstrip()
            head = ""
        if len(leaves) > _MOST_LEAVES:
            yield f"{'':<10}... {len(leaves) - _MOST_LEAVES} more ..."


def _size(span: int) -> str:
    return next((f"{span // size} {unit}" for size, unit in _UNITS if span >= size), f"{span} bytes")


def _walk(trace: Trace, contract: TranslationContract, state: Spaces) -> Iterator[str]:
    """The way through the tables that the last look showed, for the space and the address of the breach."""
    found = _concerned(trace, state)
    looks = [step.answer for step in trace.steps if isinstance(step.call, Look) and isinstance(step.answer, Returned)]
    if found is None or not looks:
        return
    space, address, access = found
    sight = sight_of(contract, looks[-1])
    if sight is None or space not in sight.roots:
        return
    yield ""
    yield f"space {space}, as the last look at the tables showed it:"
    geometry = contract.rules.geometry
    yield from draw_walk(geometry, sight.image, sight.roots[space], address, access_of(access))


def _concerned(trace: Trace, state: Spaces) -> tuple[int, int, str] | None:
    """Space, address and access of the last call; where that is a look, of the argument in words."""
    call: Any = trace.steps[-1].call
    if hasattr(call, "address"):
        return call.space, call.address, getattr(call, "access", "r")
    address = re.search(r"\b0x([0-9a-f]+)\b", trace.because)
    space = re.search(r"\bspace (\d+)\b", trace.because)
    if address is None:
        return None
    chosen = int(space[1]) if space else next(iter(sorted(state.mapped)), 0)
    return chosen, int(address[1], 16), "r"
