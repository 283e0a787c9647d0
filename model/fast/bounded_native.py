"""Arrays with their size, for compiled code; imports Numba, and only when something is compiled."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from .native import _load as load_from
from .native import _store as store_to
from .native import view as pointer_to


class Bounded(NamedTuple):
    """An array: where it begins, and how many elements it has."""

    pointer: Any
    size: Any


@njit(inline="always")
def view(words):  # type: ignore[no-untyped-def]  # pragma: no cover
    """A NumPy array with its size; the array must outlive the call."""
    return Bounded(pointer_to(words), np.uint64(words.size))


@njit
def load(words, index):  # type: ignore[no-untyped-def]  # pragma: no cover
    if index >= words.size:
        raise IndexError("a load outside of an array")
    return load_from(words.pointer, index)


@njit
def store_if(condition, words, index, value):  # type: ignore[no-untyped-def]  # pragma: no cover
    if condition:
        if index >= words.size:
            raise IndexError("a store outside of an array")
        store_to(words.pointer, index, value)
    return words


PRIMITIVES = {"view": view, "load": load, "store_if": store_if}
