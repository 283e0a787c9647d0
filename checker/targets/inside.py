"""Targets in this very process: the built-in models, and Python code that is trusted not to crash or hang.

They answer as fast as a function is called, and nothing watches over them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...spec.contracts import Answer, ContractError, Failed, contract_named
from . import protocol, python
from .interface import Interface, interface_of
from .outcome import described, outcome
from .target import TargetError


class InsideTarget:
    """A Python factory, called directly."""

    def __init__(self, name: str, factory: Callable[..., Any], contract: str = "frames") -> None:
        """Learn what the factory declares from a small arena; `TargetError` where it cannot be used."""
        self._name, self._factory = name, factory
        self._contract, self._interface = contract_named(contract), interface_of(contract)
        made = self._sample()
        python.check_methods(name, made, self._interface)
        try:
            stated = python.declared(factory, made, self._interface)
            self._capabilities = protocol.capabilities_of(stated, self._contract)
        except ContractError as error:
            raise TargetError(f"{name}: {error}") from error
        _let_go(made)

    def _sample(self) -> Any:
        """What the factory makes of the first small arena that it opens."""
        refusals = []
        for sample in self._contract.samples():
            try:
                return self._factory(*_arguments(sample, self._interface))
            except (Exception, SystemExit) as error:
                refusals.append(f"({protocol.described(sample)}): {described(error)}")
        raise TargetError(f"{self._name} opens no arena {refusals[0]}")

    @property
    def name(self) -> str:
        """The target as on the command line."""
        return self._name

    @property
    def capabilities(self) -> Any:
        """What the factory and the allocators that it makes declare."""
        return self._capabilities

    def open(self, arena: Any) -> InsideInstance:
        """A fresh allocator. `TargetError` where the arena asks for the undeclared."""
        lacking = self._contract.lacking(arena, self._capabilities)
        if lacking:
            shown = protocol.described(arena)
            raise TargetError(f"{self._name} does not declare {lacking}, which the arena needs ({shown})")
        optional = {name: _plain(getattr(arena, name)) for name in self._interface.optional}
        asked = {name: value for name, value in optional.items() if value != self._interface.optional[name]}
        try:
            made = self._factory(*_arguments(arena, self._interface), **asked)
            return InsideInstance(made, arena, self._interface)
        except (Exception, SystemExit) as error:
            shown = f"opening an arena ({protocol.described(arena)})"
            return InsideInstance(
                None, arena, self._interface, Failed("open", f"{shown} was refused: {described(error)}")
            )

    def close(self) -> None:
        """Nothing is kept."""


class InsideInstance:
    """One allocator, called directly."""

    def __init__(self, made: Any, arena: Any, interface: Interface, failure: Failed | None = None) -> None:
        self._made = made
        self._opened = {name: getattr(arena, name) for name in interface.stated}
        self._interface = interface
        self._failure = failure

    def perform(self, calls: Sequence[Any]) -> list[Answer]:
        """Make the calls in order and give their answers."""
        if self._failure:
            return [self._failure]
        return [protocol.answer_of(self._outcome(call)) for call in calls]

    def _outcome(self, call: Any) -> dict[str, Any]:
        interface = self._interface
        parameters = interface.parameters_of(call.name)
        if parameters is None:
            return outcome(interface.looks[call.name], self._made, self._opened, refusals=interface.refusals)
        arguments = [getattr(call, name) for name in parameters]
        form = interface.forms.get(call.name)
        if form is not None:
            return outcome(form, self._made, *arguments, refusals=interface.refusals)
        return outcome(getattr(self._made, call.name), *arguments, refusals=interface.refusals)

    def close(self) -> None:
        """Let the allocator go; never raises."""
        _let_go(self._made)


def _arguments(arena: Any, interface: Interface) -> list[Any]:
    return [getattr(arena, name) for name in interface.parameters]


def _plain(value: Any) -> Any:
    """Part of an arena as a target gets it: numbers and rising tuples."""
    return value if isinstance(value, int | str) else tuple(sorted(value))


def _let_go(made: Any) -> None:
    close = getattr(made, "close", None)
    if callable(close):
        outcome(close)
