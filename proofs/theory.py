"""The free variables of an obligation, and the means to state it at a width, or in numbers.

A frame has two bits less than a word: a free list keeps two entries for each node, and nodes are the frames and a
few sentinels more (`spec/freelist`). What a *caller* passes may be any word at all. Orders below 16 and grains below
64 stand for themselves, as no step is asked for others; a caller's order is any word again.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Mapping
from typing import Any, TypeVar

import attrs

from ..spec import algebra
from ..spec.algebra import Backend, Truth, Word, rebind
from ..spec.frames import Memory
from ..spec.tlb import Tlbs
from . import symbolic
from .obligations.obligation import Obligation, Query
from .symbolic import Formula, Term, TermArray

Fresh = TypeVar("Fresh", Term, Formula, TermArray)

ORDER_BITS = 4
GRAIN_BITS = 6
#: A frame, and a node, have this many bits less than a word.
FRAME_SPARE = 2
NODE_SPARE = 1

_MEMORIES = ("memory", "memory_other")
_ARRAYS = ("dates",)
_TRUTHS = ("upper", "given", "acknowledged", "idle", "keep")
_ORDERS = ("order", "level", "source_order")
_FRAMES = ("frame", "point", "index")
_NODES = ("node",)
_TLBS = ("tlbs",)
#: Cores and pages share a word in `spec.tlb.place_of`: each has half of it.
_HALVES = ("core", "actor", "page", "target")
_NUMBERED = ("space", "other", "number")


@attrs.frozen
class Theory:
    """Bit vectors of one width, and fresh names in them.

    Attributes:
        width: bits of a word.
        fresh: every name that was made, with what it stands for.
        arguments: the free variables of the obligation that was stated, by parameter.
    """

    width: int
    fresh: dict[str, Any] = attrs.field(factory=dict)
    arguments: dict[str, Any] = attrs.field(factory=dict)

    def bind(self, module: types.ModuleType, **overrides: Any) -> Backend:
        """A module of the specification in this theory, with some functions replaced."""
        return symbolic.symbolic(module, self.width, overrides)

    def word(self, name: str) -> Term:
        """A fresh word."""
        return self._remember(name, symbolic.word(name, self.width))

    def order(self, name: str) -> Term:
        """A fresh order."""
        return self._remember(name, symbolic.word(name, self.width, ORDER_BITS))

    def frame(self, name: str) -> Term:
        """A fresh frame number."""
        return self._remember(name, symbolic.word(name, self.width, self.width - FRAME_SPARE))

    def node(self, name: str) -> Term:
        """A fresh node."""
        return self._remember(name, symbolic.word(name, self.width, self.width - NODE_SPARE))

    def truth(self, name: str) -> Formula:
        """A fresh truth."""
        return self._remember(name, symbolic.formula(name))

    def constant(self, value: int) -> Term:
        """A number."""
        return symbolic.constant(value, self.width)

    def array(self, name: str, element: int | None = None) -> TermArray:
        """A fresh array of bytes, or of elements of another width."""
        return self._remember(name, symbolic.words(name, self.width, element or symbolic.ELEMENT_BITS))

    def memory(self, name: str) -> Memory:
        """A fresh memory, with one entry of `zones` for each frame."""
        return Memory(
            heads=self.array(f"{name}.heads"),
            link=self.array(f"{name}.link", self.width - NODE_SPARE),
            zones=self.array(f"{name}.zones"),
            frames=self.frame(f"{name}.frames"),
            room=self.frame(f"{name}.room"),
            top=self.order(f"{name}.top"),
            grain=self.constant(0),
        )

    def half(self, name: str) -> Term:
        """A fresh number of a core or a page."""
        return self._remember(name, symbolic.word(name, self.width, self.width // 2))

    def tlbs(self, name: str) -> Tlbs:
        """Fresh TLBs of any number of cores, with places for half a word of pages each."""
        arrays = Tlbs._fields[: Tlbs._fields.index("changing")]
        words = Tlbs._fields[len(arrays) : -1]
        parts: dict[str, Any] = {field: self.array(f"{name}.{field}", self.width) for field in arrays}
        parts |= {field: self.word(f"{name}.{field}") for field in words}
        return Tlbs(**parts, span=self.constant(self.width // 2))

    def variable(self, name: str, *, of_memory: bool) -> Any:
        """A fresh variable of the kind that its name tells; frames of a memory have fewer bits than words."""
        if name in _MEMORIES:
            return self.memory(name)
        if name in _ARRAYS:
            return self.array(name, self.width)
        if name in _TRUTHS:
            return self.truth(name)
        if name in _ORDERS:
            return self.order(name)
        if name in _NODES:
            return self.node(name)
        if name in _TLBS:
            return self.tlbs(name)
        if name in _HALVES:
            return self.half(name)
        if name in _NUMBERED or (name in _FRAMES and of_memory):
            return self.frame(name)
        if name == "grain":
            return self._remember(name, symbolic.word(name, self.width, GRAIN_BITS))
        return self.word(name)

    def state(self, obligation: Obligation) -> Query:
        """The obligation in this theory."""
        if obligation.composed:
            return obligation.state(self)
        stated, names = _stated(obligation)
        function = getattr(self.bind(stated), obligation.state.__name__)
        of_memory = not {"memory", *_TLBS}.isdisjoint(names)
        self.arguments.update({name: self.variable(name, of_memory=of_memory) for name in names})
        query: Query = function(*self.arguments.values())
        return query

    def _remember(self, name: str, value: Fresh) -> Fresh:
        if name in self.fresh:
            raise ValueError(f"the name {name} is taken in this theory")
        self.fresh[name] = value
        return value


def _stated(obligation: Obligation) -> tuple[types.ModuleType, tuple[str, ...]]:
    module = sys.modules[obligation.state.__module__]
    return module, tuple(inspect.signature(obligation.state).parameters)


class Numbers(Mapping[int, int]):
    """An array of numbers of any extent: some entries, and a default for all others; stores make a new one."""

    def __init__(self, entries: Mapping[int, int], default: int) -> None:
        self.entries = dict(entries)
        self.default = default

    def __getitem__(self, index: int) -> int:
        return self.entries.get(index, self.default)

    def __iter__(self) -> Any:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def with_entry(self, index: int, value: int) -> Numbers:
        """A copy with one entry changed."""
        return Numbers({**self.entries, index: value}, self.default)

    def __repr__(self) -> str:
        shown = ", ".join(f"{index}: {value}" for index, value in sorted(self.entries.items()))
        return f"{{{shown}, else {self.default}}}"


def _store_if(condition: Truth, words: Numbers, index: Word, value: Word) -> Numbers:
    return words.with_entry(index, value) if condition else words


def in_numbers(obligation: Obligation, values: Mapping[str, Any]) -> Query:
    """The same obligation on plain integers: the very same function, run on the values of a counter-model."""
    stated, names = _stated(obligation)
    primitives = {name: getattr(algebra, name) for name in algebra.PRIMITIVES} | {"store_if": _store_if}
    function = getattr(rebind(stated, primitives=primitives), obligation.state.__name__)
    query: Query = function(*[values[name] for name in names])
    return query
