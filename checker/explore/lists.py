"""The buddy system with its free lists, whole: which block comes first is part of the state.

The search over packed words leaves the lists out. Here they are all there is to it: the specification's `allocate` and
`free` on plain integers, in arenas so small that every order in which blocks can have been freed is visited. A state
is the heads and links as they stand, what unlinked nodes still say included: a step that trusts a stale link shows.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from ...spec import algebra
from ...spec.algebra import rebind
from ...spec.contracts import ILLEGAL, OUT_OF_MEMORY, Allocate, Arena, Free, Returned
from ...spec.frames import NONE, RESERVED, Memory
from ..trace import Step
from .buddy import Place, changed, gathered, giver_of
from .exploration import Exploration, Progress
from .plain import PlainEngine

_STATE_LAWS = {
    "A1": "aligned",
    "A2": "disjoint",
    "A3": "conserved",
    "A4": "merged",
    "A5": "listed",
    "A14": "uncrossed",
}
#: The laws that are asked here, with their bits.
LAW_BITS = {
    law: 1 << bit
    for bit, law in enumerate((*_STATE_LAWS, "A6", "A7", "A8", "A9", "A11", "A13.smallest", "A13.lower", "A13.upper"))
}

Heads = tuple[int, ...]
Key = tuple[Heads, Heads]


@attrs.frozen
class Outcome:
    """One call from a state.

    Attributes:
        step: the call with its answer.
        after: the state that it leaves.
        broken: the laws that it breaks, each with the argument.
    """

    step: Step
    after: Key
    broken: tuple[tuple[str, str], ...]


def _load(words: Sequence[int], index: int) -> int:
    if index < 0:
        raise IndexError(f"index {index} is below zero")
    return words[index]


def _store_if(condition: bool, words: list[int], index: int, value: int) -> list[int]:
    if condition:
        if index < 0:
            raise IndexError(f"index {index} is below zero")
        words[index] = value
    return words


class ListSystem:
    """The buddy system with lists in one small arena."""

    def __init__(self, arena: Arena, *, upper: bool = False, changes: Mapping[str, Any] | None = None) -> None:
        self.arena = arena
        self.upper = upper
        numbers: dict[str, Any] = {"MAX_ORDER": arena.max_order, "ORDERS": arena.max_order + 1}
        primitives = {name: getattr(algebra, name) for name in algebra.PRIMITIVES}
        primitives |= {"load": _load, "store_if": _store_if}
        replaced = {name: changed(name, function) for name, function in (changes or {}).items()}
        bound = rebind(gathered(replaced), primitives=primitives, overrides=numbers)
        numbers |= {name: getattr(bound, name) for name in replaced}
        self.steps = rebind(gathered({}), primitives=primitives, overrides=numbers)
        self.room = -(-arena.frames >> arena.max_order) << arena.max_order
        self.zones = [sum(at <= frame for at in arena.barriers) for frame in range(self.room)]
        self.start = self._start()
        self._asked: dict[Key, list[Outcome]] = {}

    def _start(self) -> Key:
        sentinels = self.room + self.arena.max_order + 2
        memory = self._memory((RESERVED,) * self.room, tuple(node // 2 for node in range(2 * sentinels)))
        for frame in self.arena.usable():
            memory, _, _ = self.steps.admit(memory, frame, True)
        return _key(memory)

    def _memory(self, heads: Heads, link: Heads) -> Memory:
        """A state to be worked on; its arrays are its own."""
        arena = self.arena
        return Memory(list(heads), list(link), self.zones, arena.frames, self.room, arena.max_order, 0)

    def search(self, *, stop_on: int, limit: int | None, progress: Progress | None) -> Exploration:
        """Visit every state, and ask the laws at each and of each call that is possible there."""
        return PlainEngine(self._expand).search(
            self.start, checks=(self._check,), stop_on=stop_on, limit=limit, progress=progress
        )

    def _expand(self, key: Key, _setting: None, found: list[tuple[Key, int]], count: int) -> int:
        found.extend((outcome.after, 0) for outcome in self._asked.pop(key) if outcome.after != key)
        return count

    def _check(self, key: Key, _setting: None) -> int:
        # Each state is checked and then expanded: both need what every call leads to.
        outcomes = self._asked[key] = list(self.outcomes(key))
        broken = [law for law, _ in self.state_breaches(key)]
        broken += [law for outcome in outcomes for law, _ in outcome.broken]
        return sum(LAW_BITS[law] for law in set(broken))

    # -- the laws ---------------------------------------------------------------------------------------------

    def state_breaches(self, key: Key) -> Iterator[tuple[str, str]]:
        """The state laws that are broken here."""
        for law, name in _STATE_LAWS.items():
            nodes = self.room + (self.arena.max_order + 1 if law == "A5" else 0)
            held, memory = getattr(self.steps, name), self._memory(*key)
            try:
                node = next((node for node in range(nodes) if not held(memory, node)), None)
            except IndexError as error:
                yield "A1", f"a link or order points beyond memory: {error}"
                continue
            if node is not None:
                yield law, f"it does not hold at {'frame' if node < self.room else 'node'} {node}"

    def outcomes(self, key: Key) -> Iterator[Outcome]:
        """Every call that can be made here, legal or not."""
        for order in range(self.arena.max_order + 2):
            yield self._guarded(key, Allocate(order))
        for frame in range(self.room + 2):
            for order in range(self.arena.max_order + 2):
                yield self._guarded(key, Free(frame, order))

    def _guarded(self, key: Key, call: Allocate | Free) -> Outcome:
        try:
            return self._allocate(key, call) if isinstance(call, Allocate) else self._free(key, call)
        except IndexError as error:
            return Outcome(Step(call), key, (("A1", f"{call} reaches beyond memory: {error}"),))

    def _allocate(self, key: Key, call: Allocate) -> Outcome:
        steps, before, order = self.steps, self._memory(*key), call.order
        after, done, frame = steps.allocate(self._memory(*key), order, self.upper)
        broken = []
        for point in range(self.room):
            if not steps.complete(before, order, done, point):
                broken.append(("A6", f"allocate({order}) is refused, with a block that suffices at frame {point}"))
            if not steps.atomic(before, after, done, point):
                broken.append(("A9", f"allocate({order}) is refused, and yet frame {point} changes"))
        if not done:
            return Outcome(Step(call, OUT_OF_MEMORY), _key(after), tuple(broken))
        broken += self._policy_breaches(before, order, frame)
        undone, _, _, _ = steps.free(self._memory(*_key(after)), frame, order)
        if not all(steps.unchanged(before, undone, point) for point in range(self.room)):
            broken.append(("A7", "allocating and freeing again does not restore the free blocks"))
        return Outcome(Step(call, Returned(frame)), _key(after), tuple(broken))

    def _policy_breaches(self, before: Memory, order: int, frame: int) -> Iterator[tuple[str, str]]:
        steps, source_order = self.steps, self.steps.free_order_over(before.heads, frame)
        if source_order == NONE:
            return
        source = frame >> source_order << source_order
        for point in range(self.room):
            if not steps.smallest_sufficient(before, order, source_order, point):
                yield "A13.smallest", f"allocate({order}) splits order {source_order}, with less at frame {point}"
        law, half = ("A13.upper", steps.upper_half) if self.upper else ("A13.lower", steps.lower_half)
        if not half(order, source, source_order, frame):
            yield law, f"allocate({order}) gives frame {frame} of the block of order {source_order} at {source}"

    def _free(self, key: Key, call: Free) -> Outcome:
        steps, before = self.steps, self._memory(*key)
        after, legal, merged, merged_order = steps.free(self._memory(*key), call.frame, call.order)
        told = f"free({call.frame}, {call.order}) is {'granted' if legal else 'refused'}"
        points, name = range(self.room), (call.frame, call.order)
        held = all(steps.refused(before, after, *name, legal, point) for point in points)
        broken = [] if held else [("A8", told)]
        if legal and not steps.bounded(after, merged, merged_order):
            broken.append(("A11", f"{told} and leaves a buddy to be merged with frame {merged}"))
        return Outcome(Step(call, Returned(None) if legal else ILLEGAL), _key(after), tuple(broken))

    # -- in words ---------------------------------------------------------------------------------------------

    def story(self, path: Sequence[Key]) -> list[Step]:
        """The calls that lead along a path of states."""
        steps: list[Step] = []
        for here, there in itertools.pairwise(path):
            outcome = next(each for each in self.outcomes(here) if each.after == there)
            steps.append(attrs.evolve(outcome.step, of=giver_of(steps, outcome.step.call)))
        return steps

    def place_of_breach(self, key: Key, law: str, steps: Sequence[Step]) -> Place:
        """Where `law` is broken in this state, that `steps` lead to."""
        for broken, because in self.state_breaches(key):
            if broken == law:
                return Place((), because)
        for outcome in self.outcomes(key):
            for broken, because in outcome.broken:
                if broken == law:
                    step = attrs.evolve(outcome.step, of=giver_of(steps, outcome.step.call))
                    return Place((step, *_given_back(step, len(steps))) if law == "A7" else (step,), because)
        raise RuntimeError(f"{law} was found broken in a state in which it holds: {key}")


def _given_back(step: Step, at: int) -> tuple[Step, ...]:
    """The free that undoes an allocate, which is step number `at`."""
    if isinstance(step.call, Allocate) and isinstance(step.answer, Returned):
        return (Step(Free(step.answer.value, step.call.order), Returned(None), at),)
    return ()


def _key(memory: Memory) -> Key:
    return tuple(memory.heads), tuple(memory.link)
