"""The registry of laws: what must hold, said once, with where it is known from.

A law is a pure function that is true or false at *one point*: a frame, a node, a call. Who judges supplies the
quantifier: a loop over all frames, `arange` in NumPy, one fresh symbolic frame in a proof. Decorating a function
with `law` registers it and hands it back untouched, so that every backend binds the same code object.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import attrs

Predicate = TypeVar("Predicate", bound=Callable[..., Any])


class Scope(enum.Enum):
    """What a law speaks about; the value is the sentence that says so."""

    STATE = "every state, at every frame"
    ALLOCATE = "every allocate, between the state before and the state after"
    FREE = "every free, between the state before and the state after"
    INITIALISE = "the state that initialisation leaves, at every frame"
    TRANSLATE = "every translation: any tables, any address"
    CHANGE = "every step, between the state before and the state after"
    BLOCKS = "every state, at every live block, and at every two of them"
    ARITHMETIC = "every frame number and order"
    POLICY = "every allocate of a target that claims the policy"
    CONDUCT = "every call of an implementation, whatever it computes"


@attrs.frozen
class Law:
    """One law.

    Attributes:
        id: short name for tables and the command line (`A4`).
        name: one word that says it (`merged`).
        contract: the contract that it belongs to.
        statement: the law in one sentence.
        source: where the fact is known from.
        scope: what it speaks about.
        predicate: the pointwise function, or None where only an implementation's conduct can break it.
        part: the part of the contract that it is about, where parts are judged apart (`tlb`).
    """

    id: str
    name: str
    contract: str
    statement: str
    source: str
    scope: Scope
    predicate: Callable[..., Any] | None = attrs.field(default=None, eq=False, repr=False)
    part: str = ""


#: In the place of a contract: the law belongs to every contract.
ANY = "any"

_REGISTRY: dict[str, Law] = {}


def register(entry: Law) -> Law:
    """Put a law into the registry; an id that is taken, or a name in its contract, is a `ValueError`."""
    for known in _REGISTRY.values():
        same_name = known.contract == entry.contract and known.name == entry.name
        if known.id == entry.id or same_name:
            raise ValueError(f"law {entry.id} ({entry.name}) is registered already as {known.id} ({known.name})")
    _REGISTRY[entry.id] = entry
    return entry


def law(
    id: str, name: str, *, contract: str, statement: str, source: str, scope: Scope, part: str = ""
) -> Callable[[Predicate], Predicate]:
    """Decorator: the function below is the law; it stays a plain function."""

    def keep(predicate: Predicate) -> Predicate:
        register(Law(id, name, contract, statement, source, scope, predicate, part))
        return predicate

    return keep


def laws_of(contract: str) -> tuple[Law, ...]:
    """All laws of a contract, in the order in which they were registered; those of every contract come last."""
    return tuple(entry for owner in (contract, ANY) for entry in _REGISTRY.values() if entry.contract == owner)


def find_law(key: str) -> Law:
    """The law with this id or name, case ignored; `LookupError` names the nearest ones."""
    for entry in _REGISTRY.values():
        if key.lower() in (entry.id.lower(), entry.name.lower()):
            return entry
    import difflib

    known = [word for entry in _REGISTRY.values() for word in (entry.id, entry.name)]
    near = difflib.get_close_matches(key, known, n=3, cutoff=0.3)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise LookupError(f"no law is called {key!r}{hint} (`pagelaw laws` lists them)")


def select_laws(contract: str, keys: Iterable[str]) -> tuple[Law, ...]:
    """The laws of a contract that `keys` name, all of them where there are no keys."""
    chosen = {find_law(key).id for key in keys}
    return tuple(entry for entry in laws_of(contract) if not chosen or entry.id in chosen)


register(
    Law(
        "C1",
        "answers",
        ANY,
        "Every legal call is answered in the form that the contract fixes: a value, nothing, or a refusal.",
        "The contracts: a call returns what it says, or raises one of the agreed builtins.",
        Scope.CONDUCT,
    )
)
register(
    Law(
        "C2",
        "survives",
        ANY,
        "No call ends the process: no crash, abort or runaway memory.",
        "The contracts: failures are answers; Zephyr 12252 and 31796 crashed on large sizes.",
        Scope.CONDUCT,
    )
)
