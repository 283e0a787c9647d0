"""Targets in this very process: the built-in models, and Python code that is trusted not to crash or hang.

They answer as fast as a function is called, and nothing watches over them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...spec.contracts import Allocate, Answer, Arena, Call, Capabilities, ContractError, Failed, Free
from . import protocol, python
from .outcome import described, listed, outcome
from .target import TargetError


class InsideTarget:
    """A Python factory, called directly."""

    def __init__(self, name: str, factory: Callable[..., Any]) -> None:
        """Learn what the factory declares from a small arena; `TargetError` where it cannot be used."""
        self._name, self._factory = name, factory
        try:
            made = factory(16, 4)
        except (Exception, SystemExit) as error:
            raise TargetError(f"{name} opens no arena (frames 16, max_order 4): {described(error)}") from error
        python.check_methods(name, made)
        try:
            self._capabilities = protocol.capabilities_of(python.declared(factory, made))
        except ContractError as error:
            raise TargetError(f"{name}: {error}") from error
        _let_go(made)

    @property
    def name(self) -> str:
        """The target as on the command line."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """What the factory and the allocators that it makes declare."""
        return self._capabilities

    def open(self, arena: Arena) -> InsideInstance:
        """A fresh allocator. `TargetError` where the arena asks for the undeclared."""
        lacking = protocol.lacking(arena, self._capabilities)
        if lacking:
            shown = protocol.described(arena)
            raise TargetError(f"{self._name} does not declare {lacking}, which the arena needs ({shown})")
        optional = {name: value for name in python.OPTIONAL if (value := _plain(getattr(arena, name)))}
        try:
            return InsideInstance(self._factory(arena.frames, arena.max_order, **optional))
        except (Exception, SystemExit) as error:
            shown = f"opening an arena ({protocol.described(arena)})"
            return InsideInstance(None, Failed("open", f"{shown} was refused: {described(error)}"))

    def close(self) -> None:
        """Nothing is kept."""


class InsideInstance:
    """One allocator, called directly."""

    def __init__(self, made: Any, failure: Failed | None = None) -> None:
        self._made = made
        self._failure = failure

    def perform(self, calls: Sequence[Call]) -> list[Answer]:
        """Make the calls in order and give their answers."""
        if self._failure:
            return [self._failure]
        return [protocol.answer_of(self._outcome(call)) for call in calls]

    def _outcome(self, call: Call) -> dict[str, Any]:
        if isinstance(call, Allocate):
            return outcome(self._made.allocate, call.order)
        if isinstance(call, Free):
            return outcome(self._made.free, call.frame, call.order)
        return outcome(lambda: listed(self._made.free_blocks()))

    def close(self) -> None:
        """Let the allocator go; never raises."""
        _let_go(self._made)


def _plain(value: Any) -> Any:
    """Part of an arena as a target gets it: numbers and rising tuples."""
    return value if isinstance(value, int) else tuple(sorted(value))


def _let_go(made: Any) -> None:
    close = getattr(made, "close", None)
    if callable(close):
        outcome(close)
