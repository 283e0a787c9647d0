"""Backends for speed: the specification's functions as machine code, on NumPy arrays, and on packed words.

Compiled code gets arrays as bare pointers. A NumPy array inside compiled code is a structure with a reference
count, and handing it through the steps' return values costs more than the steps themselves (measured: 40 against 93
million calls a second); a pointer is one register.

Without Numba, or with NUMBA_DISABLE_JIT=1, `compiled` and `packed` give the same functions on plain integers.
Nothing is cached on disk: Numba's cache does not notice a changed constant or callee, and a verifier that runs a
stale rule is worse than a slow one.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import types as python_types
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...spec import algebra
from ...spec.algebra import Backend, rebind


@functools.cache
def is_compiled() -> bool:
    """Whether compiled backends compile: Numba is installed and not switched off."""
    return importlib.util.find_spec("numba") is not None and os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")


def why_not_compiled() -> str:
    """The reason, with its remedy, where `is_compiled` is false."""
    if importlib.util.find_spec("numba") is None:
        return "Numba is not installed, so the same functions run uncompiled: pip install 'pagelaw[fast]'"
    return "NUMBA_DISABLE_JIT is set, so the same functions run uncompiled"


def view(words: Any) -> Any:
    """An array in the form that `load` and `store_if` of the backend take; itself on plain integers."""
    return words


def word(value: Any) -> Any:
    """A number as a word of the backend."""
    return int(value)


def lowest_bit(bits: Any) -> Any:
    """The position of the lowest bit that is set; `bits` must not be zero."""
    return (bits & -bits).bit_length() - 1


def apart(function: Any) -> Any:
    """A bound function as machine code of its own, to be called: for large ones that are used in several places.

    Functions are otherwise built into whatever calls them, which is fast to run and slow to compile.
    """
    if not is_compiled() or isinstance(function, python_types.FunctionType):
        return function
    from . import native

    return native.compile_apart(function.py_func)


def compiled(module: python_types.ModuleType, overrides: Mapping[str, Any] | None = None) -> Backend:
    """`module` as machine code on arrays of any unsigned type; arrays enter through `view`.

    Besides the primitives the module may use `view`, `word` and `lowest_bit` of this one.
    """
    if not is_compiled():
        return rebind(module, primitives=_plain_primitives(), overrides=overrides)
    from . import native

    return rebind(
        module,
        primitives=native.array_primitives(),
        constant=np.uint64,
        compile=native.compile_function,
        overrides=overrides,
    )


def packed(
    module: python_types.ModuleType, overrides: Mapping[str, Any] | None = None, *, plain: bool = False
) -> Backend:
    """`module` on arrays of up to sixteen 4-bit elements, packed in one word that is a value like any other.

    `plain` asks for plain integers even where a compiler is at hand: to look at one state, it would cost more.
    """
    if plain or not is_compiled():
        return rebind(module, primitives=_plain_primitives() | _PACKED, overrides=overrides)
    from . import native

    return rebind(
        module,
        primitives=native.packed_primitives(),
        constant=np.uint64,
        compile=native.compile_function,
        overrides=overrides,
    )


def vectorised(module: python_types.ModuleType, overrides: Mapping[str, Any] | None = None) -> Backend:
    """`module` on NumPy: an index may be an array of indices (`arange(frames)`), and the answer is one for each.

    `store_if` writes for all lanes at once, in place, where the condition is true; lanes must not share an index.
    """
    return rebind(module, primitives=_VECTORISED, constant=np.uint64, overrides=overrides)


def _plain_load(words: Any, index: Any) -> int:
    return int(words[index])


def _plain_primitives() -> dict[str, Any]:
    named = {name: getattr(algebra, name) for name in algebra.PRIMITIVES}
    return named | {"load": _plain_load, "view": view, "word": word, "lowest_bit": lowest_bit}


def _packed_load(words: int, index: int) -> int:
    return (words >> (index << 2)) & 15


def _packed_store_if(condition: bool, words: int, index: int, value: int) -> int:
    return (words & ~(15 << (index << 2))) | (value << (index << 2)) if condition else words


_PACKED = {"load": _packed_load, "store_if": _packed_store_if}


def _numpy_load(words: Any, index: Any) -> Any:
    return words[index].astype(np.uint64)


def _numpy_store_if(condition: Any, words: Any, index: Any, value: Any) -> Any:
    chosen = np.broadcast_to(condition, np.shape(index))
    words[index[chosen]] = np.broadcast_to(value, np.shape(index))[chosen]
    return words


_VECTORISED = {
    "where": np.where,
    "load": _numpy_load,
    "store_if": _numpy_store_if,
    "stop": lambda going: not np.any(going),
    "invert": np.logical_not,
    "word": np.uint64,
}
