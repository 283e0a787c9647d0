"""Arrays that compiled code cannot leave: the specification's functions as machine code where they may be wrong.

A judge runs rules that are perhaps broken, and a broken rule may compute any index. Here an array is a pointer with
its size, and an index outside is an `IndexError`, as it is on plain integers, instead of somebody else's memory.

Functions are compiled one by one and called; steps on page tables are long, and building each into all that call it
would take minutes.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...spec.algebra import Backend, rebind
from .backend import compiled, is_compiled


def bounded(module: types.ModuleType, overrides: Mapping[str, Any] | None = None) -> Backend:
    """`module` as machine code on arrays of any unsigned type that are never left; arrays enter through `view`."""
    if not is_compiled():
        return compiled(module, overrides)
    from . import bounded_native, native

    return rebind(
        module,
        primitives=native.array_primitives() | bounded_native.PRIMITIVES,
        constant=np.uint64,
        compile=native.compile_apart,
        overrides=overrides,
    )
