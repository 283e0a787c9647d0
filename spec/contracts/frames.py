"""The contract `frames`, as a relation: which answers of a frame allocator are allowed.

Which free block `allocate` returns is the implementation's choice, so the contract does not predict. It asks of each
answer whether it is *allowed* in the state, names the law that it breaks if not, and only then moves on::

    state --call--> answer      breaches(state, call, answer) == []      after(state, call, answer) = next state
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs

from .. import algebra, buddy
from ..addresses import is_aligned, last_of
from ..algebra import Words
from ..buddy import is_live_block, is_suitable
from ..buddy_laws import (
    aligned,
    conserved,
    disjoint,
    lower_half,
    lowest_address,
    merged,
    smallest_sufficient,
    uncrossed,
    upper_half,
)
from ..frames import LIVE, NONE, RESERVED, Memory, free_order_over, is_free
from .arena import POLICIES, Arena, Capabilities
from .calls import Allocate, Answer, Call, Failed, Free, Refused, Returned

#: No caller can ask a machine word for more than this.
_LARGEST_WORD = 2**64 - 1


@attrs.frozen
class Breach:
    """One law that an answer breaks, with the argument in words."""

    law: str
    because: str


def _keep(_going: bool, link: Words, *_nodes: int) -> Words:
    """Stands in for linking and unlinking: the lists stay as they are."""
    return link


def _without_lists() -> algebra.Backend:
    """The steps on plain integers, without free lists: which block comes first is the implementation's affair."""
    primitives = {name: getattr(algebra, name) for name in algebra.PRIMITIVES}
    keep_link = {"link_front": _keep, "unlink": _keep}
    return algebra.rebind(buddy, primitives=primitives, overrides=keep_link)


_STEPS = _without_lists()


def initial(arena: Arena, keeps: Iterable[int] = ()) -> Memory:
    """The state that a correct initialisation of the arena leaves, on plain integers."""
    base, end = arena.base, arena.end - arena.base
    room = -(-end >> arena.max_order) << arena.max_order
    zone, zones = 0, []
    for frame in range(room):
        zone += frame + base in arena.barriers
        zones.append(zone)
    memory = Memory([RESERVED] * room, [], zones, end, room, arena.max_order, 0)
    kept = frozenset(keeps)
    for frame in arena.usable():
        if frame not in kept:
            memory, _, _ = _STEPS.admit(memory, frame - base, True)
    return memory


@attrs.frozen
class FramesContract:
    """The relation itself, for one arena and one set of capabilities.

    `memory` values are plain-integer states whose arrays `after` writes in place; `copy` gives a snapshot.
    """

    arena: Arena
    capabilities: Capabilities = attrs.field(factory=Capabilities)

    def initial(self) -> Memory:
        """The state right after opening."""
        return initial(self.arena, self.capabilities.keeps)

    @staticmethod
    def copy(memory: Memory) -> Memory:
        """A snapshot that later steps do not change."""
        return memory._replace(heads=list(memory.heads))

    def free_blocks(self, memory: Memory) -> list[tuple[int, int]]:
        """(frame, order) of each free block, upward, in the target's numbering."""
        base = self.arena.base
        return [(frame + base, head) for frame, head in enumerate(memory.heads) if is_free(head)]

    def live_blocks(self, memory: Memory) -> list[tuple[int, int]]:
        """(frame, order) of each live block, upward, in the target's numbering."""
        base = self.arena.base
        return [(frame + base, head - LIVE) for frame, head in enumerate(memory.heads) if LIVE <= head != NONE]

    def is_legal(self, memory: Memory, call: Call) -> bool:
        """Whether the contract entitles the caller to make this call and have it done."""
        if isinstance(call, Allocate):
            return bool(0 <= call.order <= memory.top)
        if isinstance(call, Free):
            frame = call.frame - self.arena.base
            return frame >= 0 and call.order >= 0 and bool(is_live_block(memory, frame, call.order))
        return True

    def breaches(self, memory: Memory, call: Call, answer: Answer) -> list[Breach]:
        """The laws that `answer` breaks in the state `memory`; none if it is allowed."""
        if isinstance(answer, Failed):
            return [_failure(call, answer)]
        if isinstance(call, Allocate):
            return list(self._allocate_breaches(memory, call, answer))
        if isinstance(call, Free):
            return list(self._free_breaches(memory, call, answer))
        return list(self._probe_breaches(memory, answer))

    def after(self, memory: Memory, call: Call, answer: Answer) -> Memory:
        """The state after an answer that `breaches` has allowed; writes into `memory` in place."""
        if isinstance(call, Allocate) and isinstance(answer, Returned):
            frame = answer.value - self.arena.base
            memory = _STEPS.claim(True, memory, frame, call.order, free_order_over(memory.heads, frame))
        elif isinstance(call, Free) and isinstance(answer, Returned) and self.is_legal(memory, call):
            memory, _, _, _ = _STEPS.free(memory, call.frame - self.arena.base, call.order)
        return memory

    # -- allocate ---------------------------------------------------------------------------------------------

    def _allocate_breaches(self, memory: Memory, call: Allocate, answer: Returned | Refused) -> Iterator[Breach]:
        if isinstance(answer, Refused):
            yield from self._refusal_breaches(memory, call, answer)
            return
        frame = answer.value
        if not isinstance(frame, int) or isinstance(frame, bool) or not 0 <= frame <= _LARGEST_WORD:
            yield Breach("C1", f"allocate must return a frame number, a whole number of 64 bits, not {_shown(frame)}")
            return
        if not 0 <= call.order <= memory.top:
            yield Breach("A1", f"a block of order {call.order} was given; the largest order is {memory.top}")
            return
        inner = frame - self.arena.base
        placed = list(self._placement_breaches(memory, inner, call.order))
        yield from placed
        if not placed:
            yield from self._policy_breaches(memory, inner, call.order)

    def _refusal_breaches(self, memory: Memory, call: Allocate, answer: Refused) -> Iterator[Breach]:
        if not 0 <= call.order <= memory.top:
            return
        if answer.reason != "out-of-memory":
            yield Breach("C1", f"allocate({call.order}) is legal here, but was refused as {answer.reason}")
            return
        if self.capabilities.merging == "lazy":
            return
        sources = [frame for frame in _firsts(memory) if is_suitable(memory, call.order, frame)]
        if sources:
            source = min(sources)
            yield Breach(
                "A6",
                f"allocate({call.order}) answered out of memory, but a block of order {memory.heads[source]} "
                f"is free at frame {source + self.arena.base}",
            )

    def _placement_breaches(self, memory: Memory, frame: int, order: int) -> Iterator[Breach]:
        shown = f"the block of order {order} given at frame {frame + self.arena.base}"
        arena = self.arena
        if frame < 0 or last_of(frame, order) >= memory.frames or frame + arena.base < arena.start:
            yield Breach("A1", f"{shown} is not inside the arena, frames {arena.start} to {arena.end - 1}")
        elif not is_aligned(frame, order):
            yield Breach("A1", f"{shown} does not begin at a multiple of {1 << order}")
        elif self.capabilities.merging == "eager":
            source_order = free_order_over(memory.heads, frame)
            if source_order == NONE or source_order < order:
                yield Breach("A2", f"{shown} {self._overlap(memory, frame, order)}")
        else:
            taken = [f for f in range(frame, frame + (1 << order)) if free_order_over(memory.heads, f) == NONE]
            if taken:
                yield Breach("A2", f"{shown} {self._overlap(memory, frame, order)}")

    def _overlap(self, memory: Memory, frame: int, order: int) -> str:
        for inner in range(frame, frame + (1 << order)):
            if free_order_over(memory.heads, inner) != NONE:
                continue
            if memory.heads[inner] == RESERVED:
                return f"contains the reserved frame {inner + self.arena.base}"
            level = next(k for k in range(memory.top + 1) if memory.heads[inner >> k << k] == LIVE + k)
            first = (inner >> level << level) + self.arena.base
            return f"overlaps the live block of order {level} at frame {first}"
        return "lies across a barrier"

    def _policy_breaches(self, memory: Memory, frame: int, order: int) -> Iterator[Breach]:
        if not self.capabilities.policies:
            return
        source_order = free_order_over(memory.heads, frame)
        source, points = frame >> source_order << source_order, range(memory.room)
        held = {
            "smallest-sufficient": lambda: all(
                smallest_sufficient(memory, order, source_order, point) for point in _firsts(memory)
            ),
            "lowest-address": lambda: all(lowest_address(memory, source, point) for point in points),
            "lower-half": lambda: bool(lower_half(order, source, source_order, frame)),
            "upper-half": lambda: bool(upper_half(order, source, source_order, frame)),
        }
        for name in self.capabilities.policies:
            if not held[name]():
                yield Breach(
                    POLICIES[name],
                    f"the policy {name} is claimed, but frame {frame + self.arena.base} was given out of the free "
                    f"block of order {source_order} at frame {source + self.arena.base}",
                )

    # -- free -------------------------------------------------------------------------------------------------

    def _free_breaches(self, memory: Memory, call: Free, answer: Returned | Refused) -> Iterator[Breach]:
        legal = self.is_legal(memory, call)
        shown = f"free({call.frame}, {call.order})"
        if isinstance(answer, Refused):
            if legal:
                yield Breach("C1", f"{shown} gives back a live block, but was refused as {answer.reason}")
            elif answer.reason != "illegal":
                yield Breach("C1", f"{shown} is illegal and must be refused as such, not as {answer.reason}")
        elif answer.value is not None and legal:
            yield Breach("C1", f"{shown} must return nothing, not {_shown(answer.value)}")
        elif not legal and self.capabilities.illegal_free == "refused":
            yield Breach("A8", f"{shown} was accepted, but {self._why_illegal(memory, call)}")

    def _why_illegal(self, memory: Memory, call: Free) -> str:
        frame = call.frame - self.arena.base
        if not self.arena.start <= call.frame < self.arena.end:
            return f"frame {call.frame} is outside the arena"
        head = memory.heads[frame]
        if LIVE <= head < NONE:
            return f"the live block there has order {head - LIVE}"
        if free_order_over(memory.heads, frame) != NONE:
            return "that frame is free"
        return "that frame is reserved" if head == RESERVED else "no live block begins there"

    # -- probe ------------------------------------------------------------------------------------------------

    def _probe_breaches(self, memory: Memory, answer: Returned | Refused) -> Iterator[Breach]:
        blocks = _blocks_of(answer)
        if blocks is None:
            yield Breach("C1", f"free_blocks must give (frame, order) pairs of whole numbers, not {_shown(answer)}")
            return
        wanted = self.free_blocks(memory)
        if sorted(blocks) == wanted or self.capabilities.merging == "lazy":
            return
        found = list(self._block_list_breaches(memory, blocks))
        yield from found[:1] or [Breach("A7", _difference(wanted, blocks))]

    def _block_list_breaches(self, memory: Memory, blocks: Sequence[tuple[int, int]]) -> Iterator[Breach]:
        """The laws on the state that the probe describes: the target's free blocks, the specification's others."""
        base = self.arena.base
        heads = [NONE if is_free(head) else head for head in memory.heads]
        for frame, order in blocks:
            inner = frame - base
            if not 0 <= order <= memory.top or not 0 <= inner < memory.frames:
                yield Breach("A1", f"a free block of order {order} at frame {frame} cannot be in this arena")
                return
            if is_free(heads[inner]):
                yield Breach("A5", f"frame {frame} begins two free blocks")
                return
            if heads[inner] != NONE:
                yield Breach("A2", f"frame {frame} begins a free block, but is not free")
                return
            heads[inner] = order
        probed = memory._replace(heads=heads)
        for number, law, says in (
            ("A1", aligned, "the free block at frame {} is not aligned or not inside"),
            ("A2", disjoint, "frame {} is in two blocks"),
            ("A3", conserved, "frame {} is in no block: it was lost"),
            ("A4", merged, "the free block at frame {} was not merged with its buddy"),
            ("A14", uncrossed, "the free block around frame {} lies across a barrier"),
        ):
            for frame in range(memory.frames):
                if not law(probed, frame):
                    yield Breach(number, says.format(frame + base))
                    break


def _firsts(memory: Memory) -> list[int]:
    """One frame for each head that occurs, the first: what depends on the head alone need not be asked of others."""
    return [memory.heads.index(head) for head in set(memory.heads)]


def _failure(call: Call, answer: Failed) -> Breach:
    shown = call.name
    if answer.how == "hang":
        return Breach("A11", f"{shown} did not answer: {answer.detail}")
    if answer.how in ("crash", "memory"):
        return Breach("C2", f"{shown} ended the process: {answer.detail}")
    return Breach("C1", f"{shown} answered outside the contract: {answer.detail}")


def _blocks_of(answer: Answer) -> list[tuple[int, int]] | None:
    """The (frame, order) pairs that a probe gave, or None where the answer is something else."""
    if not isinstance(answer, Returned) or not isinstance(answer.value, list | tuple):
        return None
    pairs = [tuple(block) for block in answer.value if isinstance(block, list | tuple)]
    sound = [pair for pair in pairs if len(pair) == 2 and all(type(number) is int for number in pair)]
    return sound if len(sound) == len(answer.value) else None


def _difference(wanted: Sequence[tuple[int, int]], blocks: Sequence[tuple[int, int]]) -> str:
    got = set(blocks)
    missing, extra = sorted(set(wanted) - got), sorted(got - set(wanted))
    return f"free blocks (frame, order) missing {missing[:4]}, unexpected {extra[:4]}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
