"""Sixteen heads in one word: every place, and an index beyond the last wraps, the same with and without a compiler."""

import pytest

from pagelaw.checker.explore import narrow
from pagelaw.model.fast import backend


@pytest.fixture(params=[True, False], ids=["plain", "compiled"])
def bound(request):
    return backend.packed(narrow, plain=request.param)


@pytest.mark.parametrize("index", [0, 7, 15, 16, 31, 64])
def test_a_place_is_loaded_and_stored_wherever_it_is(bound, index):
    """A store is seen at its own place and at no other, also from beyond the last."""
    import numpy as np

    word = np.uint64 if type(bound.load_head).__name__ != "function" else int
    heads = bound.store_head_if(True, word(0), word(index), word(9))
    assert int(heads) == 9 << 4 * (index % 16)
    assert int(bound.load_head(heads, word(index))) == 9
    assert int(bound.store_head_if(False, heads, word(index), word(1))) == int(heads)
