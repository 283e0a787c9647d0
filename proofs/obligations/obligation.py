"""What an obligation is: a function that says, for any memory and any point, what follows from what.

An obligation is a plain function over words, written like the laws against the primitives and the specification's
own steps. Its parameters are its free variables. Bound to the solver it is a formula to be proved; bound to plain
integers it takes a counter-model and shows the breach in numbers. There is no second copy of any rule: what an
obligation adds are the *points* at which the laws are assumed, in place of quantifiers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from ...spec.algebra import Truth


@attrs.frozen(eq=False)
class Query:
    """An obligation for given values of its free variables.

    Attributes:
        premises: what is assumed, each by its name.
        goals: what must follow, by id of the law that it speaks about.
    """

    premises: Mapping[str, Truth]
    goals: Mapping[str, Truth]


#: The free variables in, the query out.
Statement = Callable[..., Query]


@attrs.frozen(eq=False)
class Obligation:
    """Something that has to be proved at every size.

    Attributes:
        id: short name (`absorb-frames`).
        laws: ids of the laws that rest on it.
        says: what it says, in one sentence.
        without: name of the premise that the broken twin does without; the twin must be refuted.
        state: the function that states it.
        replays: whether a counter-model is a concrete state on which the same function, run on numbers, must show
            the same breach.
    """

    id: str
    laws: tuple[str, ...] = attrs.field(converter=tuple)
    says: str
    without: str
    state: Statement
    replays: bool = True


_REGISTRY: dict[str, Obligation] = {}


def obligation(id: str, *laws: str, says: str, without: str, replays: bool = True) -> Callable[[Any], Any]:
    """Decorator: the function below states an obligation; it stays a plain function."""

    def keep(state: Any) -> Any:
        if id in _REGISTRY:
            raise ValueError(f"obligation {id} is stated twice")
        _REGISTRY[id] = Obligation(id, laws, says, without, state, replays)
        return state

    return keep


def registered() -> tuple[Obligation, ...]:
    """All obligations of the modules imported so far, in the order in which they were stated."""
    return tuple(_REGISTRY.values())
