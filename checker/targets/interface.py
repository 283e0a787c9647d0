"""What a target of each contract looks like from outside: methods, parameters, refusals, and what declares something.

This module runs inside workers and therefore imports neither the specification nor the contracts.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .outcome import listed

_KEYWORDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Interface(NamedTuple):
    """The interface of one contract.

    Attributes:
        contract: its name.
        parameters: what a factory is called with, in this order: names of the fields of an arena.
        trial: arguments of that kind.
        optional: further fields of an arena, which a factory gets as keywords where they have another value.
        stated: fields of an arena that an opening always carries.
        methods: what an object must have, with the parameters in order: names of the fields of a call.
        looks: calls that are made out of several methods, or of one whose result needs a form.
        declaring: attributes of a factory, or of what it makes, that declare a capability.
        implied: the capabilities that a factory and what it makes have without a word.
        refusals: the exceptions that are agreed refusals, and what they are called.
    """

    contract: str
    parameters: tuple[str, ...]
    trial: tuple[Any, ...]
    optional: Mapping[str, Any]
    stated: tuple[str, ...]
    methods: Mapping[str, tuple[str, ...]]
    looks: Mapping[str, Callable[[Any], Any]]
    declaring: tuple[str, ...]
    implied: Callable[[Callable[..., Any], object], dict[str, Any]]
    refusals: tuple[tuple[type[Exception], str], ...]

    def __repr__(self) -> str:
        return f"the interface of {self.contract}"


def signature_of(factory: Callable[..., Any]) -> inspect.Signature | None:
    """The parameters of a factory; None where it does not tell them, as builtins may."""
    try:
        return inspect.signature(factory)
    except (TypeError, ValueError):
        return None


def keywords_of(factory: Callable[..., Any], interface: Interface) -> tuple[str, ...]:
    """Those of the optional fields of an arena that the factory takes as keywords."""
    signature = signature_of(factory)
    if signature is None:
        return ()
    taken = {name for name, parameter in signature.parameters.items() if parameter.kind in _KEYWORDS}
    return tuple(name for name in interface.optional if name in taken)


def has(made: object, *methods: str) -> bool:
    """Whether an object has all of these methods."""
    return all(callable(getattr(made, name, None)) for name in methods)


def _frames_implied(factory: Callable[..., Any], made: object) -> dict[str, Any]:
    probe = {"probe": True} if has(made, "free_blocks") else {}
    return dict.fromkeys(keywords_of(factory, FRAMES), True) | probe


FRAMES = Interface(
    contract="frames",
    parameters=("frames", "max_order"),
    trial=(1, 0),
    optional={"start": 0, "reserved": (), "barriers": ()},
    stated=("frames", "max_order"),
    methods={"allocate": ("order",), "free": ("frame", "order")},
    looks={"free_blocks": lambda made: listed(made.free_blocks())},
    declaring=("alignment", "merging", "illegal_free", "policies", "keeps"),
    implied=_frames_implied,
    refusals=((MemoryError, "out-of-memory"), (ValueError, "illegal")),
)
_INTERFACES = {interface.contract: interface for interface in (FRAMES,)}


def interface_of(contract: str) -> Interface:
    """The interface of a contract; an unknown one is a `KeyError`, for nobody can have asked for it."""
    return _INTERFACES[contract]
