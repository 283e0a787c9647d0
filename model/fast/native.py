"""The primitives as machine code; the only module that imports Numba, and only when something is compiled.

What deals in pointers exists in compiled code alone, where no coverage is measured, and is marked so.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

_NIBBLE = np.uint64(15)
_TWO = np.uint64(2)


def compile_function(function: Any) -> Any:
    """A function as machine code, part of whatever calls it: a call would cost more than most rules do.

    Steps hand whole states on and are merged into their caller before types are known, which keeps the state in
    registers. Laws give one truth value; they are merged later, which compiles them once instead of once a use.
    """
    if function.__module__.endswith("_laws"):
        return njit(forceinline=True, nogil=True, error_model="numpy")(function)
    return njit(inline="always", nogil=True, error_model="numpy")(function)


def compile_apart(function: Any) -> Any:
    """A function as machine code that is called."""
    return njit(nogil=True, error_model="numpy")(function)


@intrinsic
def view(_context, words):  # type: ignore[no-untyped-def]  # pragma: no cover
    """The address of an array's first element; the array must outlive the call."""
    if isinstance(words, types.CPointer):
        return words(words), lambda _target, _builder, _signature, arguments: arguments[0]
    pointer = types.CPointer(words.dtype)

    def generate(target, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return target.make_array(signature.args[0])(target, builder, arguments[0]).data

    return pointer(words), generate


def _apart(builder: Any, access: Any, element: Any) -> Any:  # pragma: no cover
    """Tell the optimiser that arrays of different element types never overlap: a byte store leaves links valid."""
    module = builder.module
    kind = module.add_metadata([f"pagelaw {element}", module.add_metadata(["pagelaw"]), ir.Constant(ir.IntType(64), 0)])
    access.set_metadata("tbaa", module.add_metadata([kind, kind, ir.Constant(ir.IntType(64), 0)]))
    return access


@intrinsic
def _load(_context, pointer, index):  # type: ignore[no-untyped-def]  # pragma: no cover
    def generate(_target, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        value = _apart(builder, builder.load(builder.gep(arguments[0], [arguments[1]])), pointer.dtype)
        return builder.zext(value, ir.IntType(64)) if value.type.width < 64 else value

    return types.uint64(pointer, types.uint64), generate


@intrinsic
def _store(_context, pointer, index, value):  # type: ignore[no-untyped-def]  # pragma: no cover
    def generate(target, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        place = builder.gep(arguments[0], [arguments[1]])
        element = place.type.pointee
        value = builder.trunc(arguments[2], element) if element.width < 64 else arguments[2]
        _apart(builder, builder.store(value, place), pointer.dtype)
        return target.get_dummy_value()

    return types.void(pointer, types.uint64, types.uint64), generate


@intrinsic
def lowest_bit(_context, bits):  # type: ignore[no-untyped-def]  # pragma: no cover
    """The position of the lowest bit that is set; `bits` must not be zero."""

    def generate(_target, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), generate


@njit(inline="always")
def where(condition, chosen, otherwise):  # type: ignore[no-untyped-def]
    return chosen if condition else otherwise


@njit(inline="always")
def stop(going):  # type: ignore[no-untyped-def]
    return not going


@njit(inline="always")
def invert(condition):  # type: ignore[no-untyped-def]
    return not condition


@njit(inline="always")
def word(value):  # type: ignore[no-untyped-def]
    return np.uint64(value)


@njit(inline="always")
def array_load(words, index):  # type: ignore[no-untyped-def]  # pragma: no cover
    return _load(words, index)


@njit(inline="always")
def array_store_if(condition, words, index, value):  # type: ignore[no-untyped-def]  # pragma: no cover
    if condition:
        _store(words, index, value)
    return words


@njit(inline="always")
def packed_load(words, index):  # type: ignore[no-untyped-def]
    return (words >> (index << _TWO)) & _NIBBLE


@njit(inline="always")
def packed_store_if(condition, words, index, value):  # type: ignore[no-untyped-def]
    return (words & ~(_NIBBLE << (index << _TWO))) | (value << (index << _TWO)) if condition else words


_SHARED = {"where": where, "stop": stop, "invert": invert, "word": word, "lowest_bit": lowest_bit, "view": view}


def array_primitives() -> dict[str, Any]:
    """Primitives on arrays that came through `view`."""
    return _SHARED | {"load": array_load, "store_if": array_store_if}


def packed_primitives() -> dict[str, Any]:
    """Primitives on sixteen 4-bit elements in one word."""
    return _SHARED | {"load": packed_load, "store_if": packed_store_if}
