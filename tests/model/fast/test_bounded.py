"""Compiled code on arrays that it cannot leave."""

import types

import numpy as np
import pytest

from pagelaw.model.fast import backend, bounded
from pagelaw.model.fast.backend import is_compiled
from pagelaw.spec import freelist


def test_an_index_outside_is_an_error() -> None:
    """Loading and storing, compiled or not; inside, both do what they do everywhere."""
    bound = bounded.bounded(_module())
    words = np.array([3, 255], np.uint8)
    number = np.uint64 if is_compiled() else int
    assert bound.read(words, number(1)) == 255
    assert bound.write(words, number(0), number(9)) == 9
    assert words.tolist() == [9, 255]
    with pytest.raises(IndexError):
        bound.read(words, number(2))
    with pytest.raises(IndexError):
        bound.write(words, number(2), number(9))


def _module() -> types.ModuleType:
    """A kernel module with a load and a store."""
    made = types.ModuleType("pagelaw.model.fast.kernel_of_a_test")
    source = """
from pagelaw.spec.algebra import TRUE, load, store_if
from pagelaw.model.fast.backend import view
def read(words, index):
    return load(view(words), index)
def write(words, index, value):
    return load(store_if(TRUE, view(words), index, value), index)
"""
    import sys

    sys.modules[made.__name__] = made
    exec(source, vars(made))
    return made


def test_bounded_primitives_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is a compiler, loads, stores and views are those that know the size of an array."""
    native = pytest.importorskip("pagelaw.model.fast.bounded_native", reason="Numba is not installed")
    monkeypatch.setattr(bounded, "is_compiled", lambda: True)
    bound = bounded.bounded(freelist)
    assert (bound.load, bound.store_if) == (native.load, native.store_if)
    monkeypatch.setattr(bounded, "is_compiled", lambda: False)
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    assert bounded.bounded(freelist).load is not native.load
