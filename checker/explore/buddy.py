"""The buddy system made ready for the search: the specification's functions bound to packed words, for any arena.

Code and arena are apart. What is compiled (`Code`) serves every arena and policy of up to sixteen frames, or with two
words up to 32; what tells one arena from another (`BuddySystem`) is data. Next to the compiled functions stand the same
on plain integers, for a single state: to name the call between two states, or to say where a law is broken.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from ...model.fast import backend
from ...spec import addresses, buddy, buddy_laws, frames, freelist
from ...spec.contracts import ILLEGAL, OUT_OF_MEMORY, Allocate, Arena, Call, Free, Returned
from ...spec.frames import Memory
from ..trace import Step
from . import engine, moves, narrow, points, wide
from .exploration import Exploration, Progress
from .moves import Setting
from .plain import PlainEngine

_SPECIFICATION = (addresses, frames, freelist, buddy, buddy_laws)
_CALLED = ("claim", "free", "admit", "differs")
#: Sixteen packed frames that are all reserved.
_BLANK = 0x7777_7777_7777_7777
#: The law that each bit of `points` stands for.
LAW_BITS = {
    "A1": points.A1,
    "A2": points.A2,
    "A3": points.A3,
    "A4": points.A4,
    "A14": points.A14,
    "A6": points.A6,
    "A7": points.A7,
    "A8": points.A8,
    "A9": points.A9,
    "A10": points.A10,
    "A11": points.A11,
    "A13.smallest": points.A13_SMALLEST,
    "A13.lowest": points.A13_LOWEST,
    "A13.lower": points.A13_LOWER,
    "A13.upper": points.A13_UPPER,
}


@attrs.frozen(kw_only=True)
class Policy:
    """Which block an allocate may take, and which piece of it may be given."""

    smallest: bool = True
    lowest: bool = False
    anywhere: bool = False
    upper: bool = False


#: Policies by name; `any` is the whole relation: any piece of any block that is large enough.
POLICIES = {
    "smallest-lower": Policy(),
    "smallest-upper": Policy(upper=True),
    "lowest-lower": Policy(lowest=True),
    "any": Policy(smallest=False, anywhere=True),
}


def changed(name: str, function: Any) -> Any:
    """`function` as if it stood in the specification under `name`; a name that is not there is a `ValueError`."""
    for home in _SPECIFICATION:
        original = vars(home).get(name)
        if isinstance(original, types.FunctionType) and original.__module__ == home.__name__:
            return types.FunctionType(function.__code__, vars(home), name, function.__defaults__)
    raise ValueError(f"the specification has no function {name!r} to be replaced")


def gathered(functions: Mapping[str, Any]) -> types.ModuleType:
    """The specification's functions as one module, with some of them changed."""
    module = types.ModuleType(buddy.__name__.rpartition(".")[0] + ".gathered")
    for home in _SPECIFICATION:
        own = {name: value for name, value in vars(home).items() if getattr(value, "__module__", "") == home.__name__}
        vars(module).update({name: value for name, value in own.items() if isinstance(value, types.FunctionType)})
    vars(module).update(functions)
    return module


class Code:
    """The functions, bound once: compiled where there is a compiler, and on plain integers.

    `changes` replaces functions of the specification by name with others that are bound in their place, and see the
    names that they saw: to learn what a wrong rule would do. `symmetry` binds to two words and to keys up to swapping;
    `plain` asks for plain integers alone, which for a few hundred states are faster than a compiler is.
    """

    def __init__(
        self, *, symmetry: bool = False, changes: Mapping[str, Any] | None = None, plain: bool = False
    ) -> None:
        self.symmetry = symmetry
        self.plain = plain or not backend.is_compiled()
        self.changes = {name: changed(name, function) for name, function in (changes or {}).items()}
        self.room = 32 if symmetry else 16
        self.top = self.room.bit_length() - 1
        # From each free block at most two pieces for each of its frames; and each live block may be freed.
        self.most = self.room * (2 << self.top) + self.room
        self.keys = self._packing(plain=True)
        self.plain_moves = self.bind(moves, {}, plain=True)
        self.plain_points = self.bind(points, {"note": _listed}, plain=True)
        self._points: Any = None
        self._engine: engine.Engine | PlainEngine | None = None

    def _packing(self, *, plain: bool) -> Any:
        return (
            backend.packed(wide, self._numbers(), plain=plain) if self.symmetry else backend.packed(narrow, plain=plain)
        )

    def _numbers(self) -> dict[str, int]:
        return {"LIVE": 8, "RESERVED": 7, "NONE": 15, "MAX_ORDER": self.top, "ORDERS": self.top + 1}

    def bind(self, module: types.ModuleType, overrides: Mapping[str, Any], *, plain: bool) -> Any:
        """A kernel module and with it the specification, on packed words and without lists."""
        packing, lists = self._packing(plain=plain), backend.packed(moves, plain=plain)
        known: dict[str, Any] = {
            **self._numbers(),
            "load": packing.load_head,
            "store_if": packing.store_head_if,
            "link_front": lists.keep_front,
            "unlink": lists.keep_link,
        }
        if self.changes:
            bound = backend.packed(gathered(self.changes), known, plain=plain)
            known |= {name: getattr(bound, name) for name in self.changes}
        return backend.packed(module, {**known, **overrides}, plain=plain)

    def word(self, value: int) -> Any:
        """A number as the functions take it."""
        return value if self.plain else np.uint64(value)

    def _own(self, names: Sequence[str], *, plain: bool) -> dict[str, Any]:
        """What takes the place of functions of the kernel modules, where there are two words."""
        packing = self._packing(plain=plain)
        return {name: getattr(packing, name) for name in names} if self.symmetry else {}

    def engine(self) -> engine.Engine | PlainEngine:
        """The search over this code, ready for any arena."""
        if self._engine is None:
            keys = self._own(("heads_of", "key_of"), plain=self.plain)
            if not self.plain:
                keys["put"] = engine.putter()
                whole = self.bind(moves, keys, plain=False)
                called = {name: backend.apart(getattr(whole, name)) for name in ("put_allocates", "put_frees")}
                self._engine = engine.Engine(self.bind(moves, {**keys, **called}, plain=False).expand, most=self.most)
            else:
                self._engine = PlainEngine(self.bind(moves, keys, plain=True).expand)
        return self._engine

    def points(self) -> Any:
        """The checks, bound; the steps that they use are compiled once and called."""
        if self._points is None:
            own = self._own(("heads_of",), plain=self.plain)
            steps = self.bind(points, own, plain=self.plain)
            called = {name: backend.apart(getattr(steps, name)) for name in _CALLED if name not in self.changes}
            self._points = self.bind(points, {**called, **own}, plain=self.plain)
        return self._points


def _listed(broken: list[tuple[int, int]], laws: int, label: int) -> list[tuple[int, int]]:
    """In the place of `points.note` on plain integers: every breach with its place."""
    if laws:
        broken.append((laws, label))
    return broken


@attrs.frozen
class Place:
    """Where a law is broken: after which further calls, and the argument."""

    steps: tuple[Step, ...]
    because: str


class BuddySystem:
    """The buddy system in one arena, under one policy."""

    def __init__(self, arena: Arena, *, policy: str = "smallest-lower", code: Code) -> None:
        self.arena = arena
        self.policy = policy
        self.code = code
        room = -(-arena.frames >> arena.max_order) << arena.max_order
        if room > code.room or arena.start or (code.symmetry and arena.barriers):
            limits = f"{code.room} frames from 0 on" + (", without barriers" if code.symmetry else "")
            raise ValueError(f"an arena that can be packed has up to {limits}; this one is {arena}")
        self.usable = sum(1 << frame for frame in arena.usable())
        self.plain_setting = self._setting(room)
        self.start_heads = self._memory_at_start().heads
        self.start = self.canonical(self.start_heads)

    def _setting(self, room: int) -> Setting:
        arena, policy = self.arena, POLICIES[self.policy]
        zones = sum(sum(at <= frame for at in arena.barriers) << 4 * frame for frame in range(room))
        ways = (policy.smallest, policy.lowest, policy.anywhere, policy.upper)
        if self.code.symmetry:
            return Setting((0, 0), room, room, arena.max_order, *map(int, ways))
        return Setting(zones, arena.frames, room, arena.max_order, *map(int, ways))

    @property
    def setting(self) -> Setting:
        """The setting as words of the backend."""
        zones, *others = self.plain_setting
        word = self.code.word
        return Setting(tuple(map(word, zones)) if self.code.symmetry else word(zones), *map(word, others))

    def memory(self, heads: Any) -> Memory:
        """The plain state with these heads."""
        plain = self.plain_setting
        return Memory(heads, 0, plain.zones, plain.frames, plain.room, plain.top, 0)

    def _memory_at_start(self) -> Memory:
        blank = (_BLANK, _BLANK) if self.code.symmetry else _BLANK
        return self.code.plain_points.admitted(self.memory(blank), self.usable)  # type: ignore[no-any-return]

    def canonical(self, heads: Any) -> int:
        """The key that stands for plain heads; up to swapping, every pair of buddies is put in order."""
        if not self.code.symmetry:
            return int(heads)
        setting, keys = self.plain_setting, self.code.keys
        key = keys.key_of(heads, setting, 0, setting.top)
        begins, taken = key & 0xFFFF_FFFF, key >> 32
        for order in range(setting.top):
            for frame in range(0, setting.room, 2 << order):
                begins, taken, _ = keys.put_in_order(begins, taken, frame, order)
        return int(begins | taken << 32)

    def search(
        self,
        *,
        checks: Sequence[str] = (),
        stop_on: int = 0,
        threads: int = 1,
        limit: int | None = None,
        expected: int = 0,
        progress: Progress | None = None,
    ) -> Exploration:
        """Visit every state of the arena; options as in `engine.Engine.search`."""
        asked = [getattr(self.code.points(), f"check_{name}") for name in checks]
        search = self.code.engine()
        if isinstance(search, PlainEngine):
            return search.search(
                self.start, self.setting, checks=asked, stop_on=stop_on, limit=limit, progress=progress
            )
        return search.search(
            self.start,
            self.setting,
            checks=asked,
            stop_on=stop_on,
            threads=threads,
            limit=limit,
            expected=expected,
            progress=progress,
        )

    def broken_starts(self, first: int, stop: int) -> int:
        """The laws, as bits, that any initial state breaks whose usable frames are the bits of `first` up to `stop`."""
        blank, begin, end = map(self.code.word, (_BLANK, first, stop))
        return int(self.code.points().broken_starts(blank, self.setting, begin, end))

    def start_breaches(self, usable: int) -> dict[str, str]:
        """The laws that the initial state with these usable frames breaks, each with the argument."""
        notes: list[tuple[int, int]] = []
        self.code.plain_points.broken_at_start(_BLANK, self.plain_setting, usable, notes)
        broken = {law: _first(notes, law) for law in LAW_BITS}
        return {
            law: f"after initialisation it does not hold at frame {_parts(label)[1]}"
            for law, label in broken.items()
            if label is not None
        }

    # -- in words ---------------------------------------------------------------------------------------------

    def successors(self, heads: Any) -> Iterator[tuple[Any, Allocate | Free, Returned]]:
        """The heads after each possible call, with call and answer."""
        found: list[tuple[Any, int]] = []
        self.code.plain_moves.expand(heads, self.plain_setting, found, 0)
        for after, label in found:
            kind, frame, order = _parts(label)
            if kind == moves.ALLOCATED:
                yield after, Allocate(order), Returned(frame)
            else:
                yield after, Free(frame, order), Returned(None)

    def story(self, path: Sequence[int]) -> tuple[list[Step], Any]:
        """The calls that lead along a path of keys, and the heads that they lead to."""
        heads, steps = self.start_heads, list[Step]()
        for key in path[1:]:
            wanted = self.canonical(self.code.keys.heads_of(key)) if self.code.symmetry else key
            heads, call, answer = next(each for each in self.successors(heads) if self.canonical(each[0]) == wanted)
            steps.append(Step(call, answer, giver_of(steps, call)))
        return steps, heads

    def place_of_breach(self, heads: Any, law: str, steps: Sequence[Step]) -> Place:
        """Where `law` is broken in the state with these heads, that `steps` lead to."""
        plain, memory, setting = self.code.plain_points, self.memory(heads), self.plain_setting
        asks: tuple[tuple[Any, tuple[Any, ...]], ...] = (
            (plain.broken_in_state, (memory,)),
            (plain.broken_when_rebuilt, (memory,)),
            (plain.broken_by_allocates, (memory, setting)),
            (plain.broken_by_frees, (memory,)),
        )
        for ask, about in asks:
            label = _first(ask(*about, []), law)
            if label is not None:
                return self._place(memory, law, label, steps)
        if self.code.symmetry and self.canonical(heads) == wide.NO_KEY:
            return Place((), "the blocks do not fill the frames")
        raise RuntimeError(f"compiled code found {law} broken where plain integers do not: {heads}")

    def _place(self, memory: Memory, law: str, label: int, steps: Sequence[Step]) -> Place:
        kind, frame, order = _parts(label)
        if kind == moves.ALLOCATED:
            given = Step(Allocate(order), Returned(frame))
            if law != "A7":
                return Place((given,), f"the block of order {order} at frame {frame} may be given here")
            back = Step(Free(frame, order), Returned(None), len(steps))
            return Place((given, back), "allocating and freeing again does not restore the free blocks")
        if kind == points.REQUESTED:
            return Place((Step(Allocate(order), OUT_OF_MEMORY),), f"a request for order {order} that is refused")
        if kind == points.RETURNED:
            _, legal, _, _ = self.code.plain_moves.free(memory, frame, order)
            call = Free(frame, order)
            told = "granted" if legal else "refused"
            step = Step(call, Returned(None) if legal else ILLEGAL, giver_of(steps, call))
            return Place((step,), f"free({frame}, {order}) is {told} here")
        if kind == points.REBUILT:
            return Place((), "the free blocks are others than those built anew from the live ones")
        return Place((), f"it does not hold at frame {frame}")


def _parts(label: int) -> tuple[int, int, int]:
    return label & 15, label >> moves.FRAME_SHIFT, label >> moves.ORDER_SHIFT & 15


def _first(notes: Sequence[tuple[int, int]], law: str) -> int | None:
    return next((label for laws, label in notes if laws & LAW_BITS[law]), None)


def giver_of(steps: Sequence[Step], call: Call) -> int | None:
    """The step that gave the block which a call frees."""
    if not isinstance(call, Free):
        return None
    gave = (Allocate(call.order), Returned(call.frame))
    return next((at for at in reversed(range(len(steps))) if (steps[at].call, steps[at].answer) == gave), None)
