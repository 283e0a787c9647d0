"""Random mixes of calls for `churn`, drawn millions at a time.

Orders are geometric, as a page allocator sees them: half of the requests are for single frames, a quarter for pairs,
and so on; orders above the largest come up too, rarely. A slot is drawn uniformly, so about half of the slots hold a
block once the mix has run for a while.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .churn import KIND_AT, KINDS, ORDER_AT, ORDER_BITS, SLOT_BITS

_DRAWN_BITS = 16


def _trailing_zeros() -> npt.NDArray[np.uint32]:
    numbers = np.arange(1, 1 << _DRAWN_BITS)
    zeros: npt.NDArray[np.uint32] = np.log2(numbers & -numbers).astype(np.uint32)
    return zeros


_ORDERS = np.concatenate([np.array([ORDER_BITS], np.uint32), _trailing_zeros()])


def slots_for(frames: int) -> int:
    """How many slots fill about nine tenths of an arena of `frames` with the orders of `draw`."""
    return min(max(4, frames * 3 // 10), SLOT_BITS)


def draw(
    generator: np.random.Generator, count: int, *, slots: int, largest: int, illegal: float = 0.0
) -> npt.NDArray[np.uint32]:
    """`count` calls over `slots` slots, with orders up to `largest`; a share of `illegal` are illegal frees."""
    slot = generator.integers(0, slots, count, dtype=np.uint32)
    order = np.minimum(_ORDERS[generator.integers(0, 1 << _DRAWN_BITS, count, dtype=np.uint32)], largest)
    calls: npt.NDArray[np.uint32] = slot | order.astype(np.uint32) << np.uint32(ORDER_AT)
    if illegal:
        chosen = generator.random(count) < illegal
        kinds = generator.integers(1, KINDS, count, dtype=np.uint32)
        calls |= np.where(chosen, kinds, np.uint32(0)) << np.uint32(KIND_AT)
    return calls


def drain(held: npt.NDArray[np.uint32], generator: np.random.Generator) -> npt.NDArray[np.uint32]:
    """Calls that free whatever the slots hold, in random order."""
    return generator.permutation(np.flatnonzero(held)).astype(np.uint32)
