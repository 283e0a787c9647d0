"""A part of the specification on states that are packed into one word: bound once, and searched on any small machine.

`PackedCode` binds the steps and laws, compiled where there is a compiler and on plain integers; `PackedSystem` makes
them ready for one machine, and tells the moves along a way in words. What a part packs, and into which bits, it says
in subclasses of both.
"""

from __future__ import annotations

import functools
import itertools
import types
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...model.fast import backend
from . import engine
from .exploration import Exploration, Progress
from .plain import PlainEngine


class PackedCode(ABC):
    """The steps and laws bound once to packed states: compiled where there is a compiler, and on plain integers.

    `changes` replaces functions of the specification by name with others that are bound in their place: to learn what
    a wrong rule would do.
    """

    #: The module of the specification whose functions may be replaced, and the most moves that there are in any state.
    rules: types.ModuleType
    most_moves: int

    def __init__(self, changes: Mapping[str, Any] | None = None) -> None:
        self.changes = dict(changes or {})
        self.plain = not backend.is_compiled()
        self.plain_moves = self.bind(plain=True, overrides={})

    @abstractmethod
    def bind(self, *, plain: bool, overrides: Mapping[str, Any]) -> Any:
        """Moves and laws on packed states, with these functions instead of those of the same name."""

    def overrides(self) -> Mapping[str, Any]:
        """What the compiled search replaces: how a successor is put into its buffer."""
        return {"put": engine.putter()}

    def with_changes(self, known: Mapping[str, Any], *, plain: bool) -> dict[str, Any]:
        """The functions that are bound already, and those that replace some of the specification."""
        if not self.changes:
            return dict(known)
        changed = types.ModuleType(f"{self.rules.__name__}_changed")
        for name, function in self.changes.items():
            vars(changed)[name] = types.FunctionType(function.__code__, vars(self.rules), name, function.__defaults__)
        bound = backend.packed(changed, known, plain=plain)
        return {**known, **{name: getattr(bound, name) for name in self.changes}}

    @staticmethod
    def apart(bound: Any, name: str, *, plain: bool) -> Any:
        """A bound function, compiled for itself."""
        return getattr(bound, name) if plain else backend.apart(getattr(bound, name))

    def expand(self) -> Any:
        """The successors of a state, for the compiled search."""
        return self.moves.expand

    def number_of(self) -> Any:
        """How the compiled search numbers states (`engine.Numbering`); None where a part has no numbers."""
        return None

    def in_turn(
        self, module: types.ModuleType, called: Mapping[str, Any], *names: Sequence[str], plain: bool
    ) -> dict[str, Any]:
        """`called`, and these functions of a module, each compiled for itself with those of the groups before it."""
        known = dict(called)
        for group in names:
            bound = backend.packed(module, known, plain=plain)
            known |= {name: self.apart(bound, name, plain=plain) for name in group}
        return known

    @functools.cached_property
    def moves(self) -> Any:
        """Moves and laws for the search."""
        return self.plain_moves if self.plain else self.bind(plain=False, overrides=self.overrides())

    @functools.cached_property
    def engine(self) -> Any:
        """The search, for any machine."""
        if self.plain:
            return PlainEngine(self.moves.expand)
        return engine.Engine(self.expand(), most=self.most_moves, number_of=self.number_of())


class PackedSystem(ABC):
    """The steps on one machine, made ready for the search; `setting` is what does not change, as plain integers."""

    def __init__(self, machine: Any, setting: Any, *, code: Any) -> None:
        self.machine = machine
        self.code = code
        self.plain_setting = setting

    @abstractmethod
    def told(self, label: int) -> str:
        """A move in words."""

    def expanding(self) -> Any:
        """What `expand` of the compiled code needs on this machine; nothing if that is the setting."""
        return None

    def numbering(self) -> engine.Numbering:
        """What `number_of` of the code needs on this machine."""
        return engine.UNNUMBERED

    def search(
        self,
        *,
        stop_on: int = 0,
        checks: Sequence[str] = ("state", "moves"),
        threads: int = 1,
        limit: int | None = None,
        expected: int = 0,
        progress: Progress | None = None,
    ) -> Exploration:
        """Visit every state that can be reached from the empty one; options as in `engine.Engine.search`."""
        moves, word = self.code.moves, int if self.code.plain else np.uint64
        further: dict[str, Any] = {}
        if not self.code.plain:
            further = {"threads": threads, "expected": expected}
            further |= {"numbering": self.numbering(), "expanding": self.expanding()}
        outcome: Exploration = self.code.engine.search(
            0,
            type(self.plain_setting)(*map(word, self.plain_setting)),
            checks=[getattr(moves, f"check_{name}") for name in checks],
            stop_on=stop_on,
            limit=limit,
            progress=progress,
            **further,
        )
        return outcome

    def successors(self, key: int) -> list[tuple[int, int]]:
        """The key after each move, with its label."""
        found: list[tuple[int, int]] = []
        self.code.plain_moves.expand(key, self.plain_setting, found, 0)
        return found

    def story(self, path: Sequence[int]) -> list[str]:
        """The moves that lead along a path of keys, in words."""
        lines = []
        for here, there in itertools.pairwise(path):
            lines.append(self.told(next(label for key, label in self.successors(int(here)) if key == int(there))))
        return lines
