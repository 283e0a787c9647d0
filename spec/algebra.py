"""The primitives in which every law and step is written, and the means to run them elsewhere.

A law or a step is written once, as a pure Python function over unsigned words. It runs unchanged as plain
integers, as NumPy arrays, as compiled machine code and as solver terms, because a *backend* takes the very same
code objects and gives them other globals: other constants, other primitives, another compiler. There is no second
copy of a rule anywhere.

What that asks of the author of a law:

* operators on unsigned words, and named constants instead of literals (a literal has a type of its own in some
  backends; a constant is given the backend's);
* no branch on data: `where` chooses, `store_if` writes on condition, `load` reads. Both sides of a `where` are
  evaluated, so a load must be safe on either;
* `store_if` returns the array that must be used from then on; the old name is never read again (integers and
  compiled code write in place, the solver builds a new term);
* loops have a static bound; `stop(going)` may leave one early where the condition is known, and never does in
  the solver, where the loop is unrolled in full;
* Python's integers do not wrap: take `invert_bits(x)` for `~x`, and keep differences from going below zero.

The plain-integer backend is this module itself.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

#: An unsigned word: `int` here, an array, a compiled uint64 or a solver term in other backends.
Word = Any
#: A truth value of the backend.
Truth = Any
#: An array of words, indexed by frame or node.
Words = Any

ZERO = 0
ONE = 1
TWO = 2
#: Truth values that need no operand.
TRUE = True
FALSE = False
#: All bits of the widest word; narrower backends truncate it.
ALL_BITS = 0xFFFF_FFFF_FFFF_FFFF

#: Names that every backend provides in its own way; all other functions are rebound, never rewritten.
PRIMITIVES = ("where", "load", "store_if", "stop", "invert")


def where(condition: Truth, chosen: Word, otherwise: Word) -> Word:
    """`chosen` where the condition is true, else `otherwise`; both are evaluated."""
    return chosen if condition else otherwise


def load(words: Words, index: Word) -> Word:
    """The element at `index`, which must be in range whatever the conditions around it say."""
    return words[index]


def store_if(condition: Truth, words: Words, index: Word, value: Word) -> Words:
    """The array with `value` at `index` where the condition is true, else unchanged."""
    if condition:
        words[index] = value
    return words


def stop(going: Truth) -> bool:
    """Whether a loop or step may be left because nothing goes on; always false where `going` is symbolic."""
    return not going


def invert(condition: Truth) -> Truth:
    """Logical negation."""
    return not condition


def implies(premise: Truth, conclusion: Truth) -> Truth:
    """Logical implication; the conclusion is evaluated in any case."""
    return invert(premise) | conclusion


def invert_bits(word: Word) -> Word:
    """Bitwise complement without a negative number: unsigned in every backend."""
    return word ^ ALL_BITS


class Backend(types.SimpleNamespace):
    """The functions and constants of one specification module, bound to one backend."""


def rebind(
    module: types.ModuleType,
    *,
    primitives: Mapping[str, Any],
    constant: Callable[[int], Any] = lambda value: value,
    compile: Callable[[Any], Any] = lambda function: function,
    overrides: Mapping[str, Any] | None = None,
) -> Backend:
    """A copy of `module` whose functions run on another backend, from the same code objects.

    `primitives` replaces the five names of `PRIMITIVES`; `constant` converts each integer constant; `compile`
    wraps each function (a just-in-time compiler, say); `overrides` replaces constants or functions by name, for a
    backend that packs its state in another width or leaves a part of it out. Modules of the specification, and of
    the package that `module` is in, are rebound along with it. A name in `overrides` that no module defines is a
    `ValueError`.
    """
    missing = [name for name in PRIMITIVES if name not in primitives]
    if missing:
        raise ValueError(f"a backend must provide {', '.join(PRIMITIVES)}; missing: {', '.join(missing)}")
    packages = {__name__.rpartition(".")[0], module.__name__.rpartition(".")[0]}
    binder = _Binder(dict(primitives), constant, compile, dict(overrides or {}), packages)
    bound = binder.bind_module(module)
    unknown = set(binder.overrides) - binder.overridden
    if unknown:
        raise ValueError(f"overrides name nothing in {module.__name__}: {', '.join(sorted(unknown))}")
    return Backend(**{name: value for name, value in bound.items() if not name.startswith("__")})


class _Binder:
    """Binds modules recursively, each once, so that shared callees stay shared."""

    def __init__(
        self,
        primitives: dict[str, Any],
        constant: Callable[[int], Any],
        compile: Callable[[Any], Any],
        overrides: dict[str, Any],
        packages: set[str],
    ) -> None:
        self.primitives = primitives
        self.constant = constant
        self.compile = compile
        self.overrides = overrides
        self.packages = packages
        self.overridden: set[str] = set()
        self.bound: dict[str, dict[str, Any]] = {}
        self.functions: dict[types.FunctionType, Any] = {}

    def bind_module(self, module: types.ModuleType) -> dict[str, Any]:
        if module.__name__ in self.bound:
            return self.bound[module.__name__]
        namespace = self.bound[module.__name__] = {"__builtins__": __builtins__, "__name__": module.__name__}
        for name, value in list(vars(module).items()):
            if not name.startswith("__"):
                namespace[name] = self._bind_value(name, value, module)
        return namespace

    def _bind_value(self, name: str, value: Any, module: types.ModuleType) -> Any:
        if name in self.overrides:
            self.overridden.add(name)
            replacement = self.overrides[name]
            return self.constant(replacement) if isinstance(replacement, int) else replacement
        if name in self.primitives:
            return self.primitives[name]
        if isinstance(value, bool):
            return value
        if isinstance(value, int):
            return self.constant(value)
        if isinstance(value, types.FunctionType) and value.__module__.rpartition(".")[0] in self.packages:
            return self._bind_function(value)
        return value

    def _bind_function(self, function: types.FunctionType) -> Any:
        if function not in self.functions:
            home = sys.modules[function.__module__]
            namespace = self.bind_module(home)
            if function not in self.functions:
                copy = types.FunctionType(function.__code__, namespace, function.__name__, function.__defaults__)
                copy.__kwdefaults__ = function.__kwdefaults__
                copy.__doc__ = function.__doc__
                self.functions[function] = self.compile(copy)
        return self.functions[function]
