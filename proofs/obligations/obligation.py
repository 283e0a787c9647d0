"""What an obligation is: a function that says, for any memory and any point, what follows from what.

An obligation is a plain function over words, written like the laws against the primitives and the specification's
own steps. Its parameters are its free variables. Bound to the solver it is a formula to be proved; bound to plain
integers it takes a counter-model and shows the breach in numbers. There is no second copy of any rule: what an
obligation adds are the *points* at which the laws are assumed, in place of quantifiers.

A `composition` is an obligation about a step that calls others. It runs the real step with those calls replaced by
what has been proved about them, so a loop of ten rounds costs no more than ten assumptions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from ...spec.algebra import Truth
from ...spec.geometries import Geometry


def any_geometry(_geometry: Geometry) -> bool:
    """That it speaks of every geometry."""
    return True


@attrs.frozen(eq=False)
class Query:
    """An obligation for given values of its free variables.

    Attributes:
        premises: what is assumed, each by its name.
        goals: what must follow; the key is the ids of the laws that it speaks about, divided by spaces.
    """

    premises: Mapping[str, Truth]
    goals: Mapping[str, Truth]


@attrs.frozen(eq=False)
class Obligation:
    """Something that has to be proved at every size.

    Attributes:
        id: short name (`absorb-frames`).
        laws: ids of the laws that rest on it.
        says: what it says, in one sentence.
        without: name of the premise that the broken twin does without; the twin must be refuted.
        state: the function that states it: from its free variables, or for a composition from a theory.
        composed: whether it is a composition. A counter-model of any other is a state on which the same function,
            run on numbers, must show the same breach.
        apart: whether the conjuncts of each goal are proved one by one, because together they take too long.
        together: whether all goals are one question, because together they take no longer than one of them; if it is
            not proved they are asked one by one, so that it is known which of them fail.
        lazily: whether it reads arrays at so many indices that Z3 had better compare them as it goes.
        geometries: names of the geometries that it is proved for by default; none if it knows of no geometry. The
            numbers of a geometry are constants to it, so it is proved for each geometry by itself.
        suits: of which geometries it speaks at all; some have nothing to split.
    """

    id: str
    laws: tuple[str, ...]
    says: str
    without: str
    state: Callable[..., Query]
    composed: bool = False
    apart: bool = False
    together: bool = False
    lazily: bool = False
    geometries: tuple[str, ...] = ()
    suits: Callable[[Geometry], bool] = any_geometry


_REGISTRY: dict[str, Obligation] = {}


def _keep(entry: Obligation) -> None:
    if entry.id in _REGISTRY:
        raise ValueError(f"obligation {entry.id} is stated twice")
    _REGISTRY[entry.id] = entry


def obligation(id: str, *laws: str, says: str, without: str, **settings: Any) -> Callable[[Any], Any]:
    """Decorator: the function below states an obligation of its parameters; it stays a plain function.

    `settings` are further attributes of `Obligation`.
    """

    def keep(state: Any) -> Any:
        _keep(Obligation(id, laws, says, without, state, **settings))
        return state

    return keep


def composition(id: str, *laws: str, says: str, without: str, **settings: Any) -> Callable[[Any], Any]:
    """Decorator: the function below states, in a theory, an obligation about a step that calls others.

    `settings` are further attributes of `Obligation`.
    """
    return obligation(id, *laws, says=says, without=without, composed=True, **settings)


def registered() -> tuple[Obligation, ...]:
    """All obligations of the modules imported so far, in the order in which they were stated."""
    return tuple(_REGISTRY.values())
