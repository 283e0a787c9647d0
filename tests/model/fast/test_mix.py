"""Random mixes: the shares of orders and kinds, and that a seed fixes them."""

import numpy as np
import pytest

from pagelaw.model.fast import churn, mix


def drawn(illegal: float = 0.25, seed: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Slots, orders and kinds of a mix."""
    calls = mix.draw(np.random.default_rng(seed), 40_000, slots=50, largest=7, illegal=illegal)
    return calls & churn.SLOT_BITS, calls >> churn.ORDER_AT & churn.ORDER_BITS, calls >> churn.KIND_AT


def test_orders_are_geometric_up_to_the_largest() -> None:
    """Half of all calls are for order 0, a quarter for order 1; what is above the largest is cut to it."""
    slots, orders, kinds = drawn()
    assert set(slots.tolist()) == set(range(50))
    assert np.bincount(orders)[:3] / orders.size == pytest.approx([0.5, 0.25, 0.125], abs=0.01)
    assert orders.max() == 7
    assert np.bincount(kinds)[1:] / kinds.size == pytest.approx([0.05] * 5, abs=0.005)


def test_a_seed_fixes_the_mix() -> None:
    """The same seed gives the same calls, another one others; without a share no call is illegal."""
    assert all(np.array_equal(*pair) for pair in zip(drawn(), drawn(), strict=True))
    assert not np.array_equal(drawn()[0], drawn(seed=6)[0])
    assert not drawn(illegal=0)[2].any()


def test_slots_and_draining() -> None:
    """Slots grow with the arena within what a call can name, and draining names each full slot once."""
    assert [mix.slots_for(frames) for frames in (1, 100, 2**40)] == [4, 30, churn.SLOT_BITS]
    calls = mix.drain(np.array([0, 5, 0, 7], np.uint32), np.random.default_rng(0))
    assert sorted(calls.tolist()) == [1, 3]
