"""The state of memory: words in `heads`, and blocks around a frame, against blocks as sets of frames."""

from hypothesis import given
from hypothesis import strategies as st

from pagelaw.spec import frames
from pagelaw.spec.frames import (
    LIVE,
    MAX_ORDER,
    NONE,
    RESERVED,
    Memory,
    blocks_over,
    free_order_over,
    free_over,
    is_free,
    is_head,
    is_live,
    live_over,
    order_of,
    zone_of,
)

HEADS = st.sampled_from([*range(MAX_ORDER + 1), *range(LIVE, LIVE + MAX_ORDER + 1), RESERVED, NONE])


def blocks(heads: list[int]) -> list[tuple[str, int, frozenset[int]]]:
    """(kind, order, frames) of each block that begins at a multiple of its size."""
    found: list[tuple[str, int, frozenset[int]]] = []
    for first, head in enumerate(heads):
        if head == RESERVED:
            found.append(("reserved", 0, frozenset([first])))
        for kind, code in (("free", head), ("live", head - LIVE)):
            if 0 <= code <= MAX_ORDER and first % 2**code == 0:
                found.append((kind, code, frozenset(range(first, first + 2**code))))
    return found


@given(st.lists(HEADS, min_size=16, max_size=16), st.integers(0, 15))
def test_blocks_over_a_frame(heads: list[int], frame: int) -> None:
    """Free, live and all blocks over a frame are counted whatever the words are, sound or not."""
    over = [(kind, order) for kind, order, members in blocks(heads) if frame in members]
    free = [order for kind, order in over if kind == "free"]
    assert free_over(heads, frame) == len(free)
    assert live_over(heads, frame) == len([kind for kind, _ in over if kind == "live"])
    assert blocks_over(heads, frame) == len(over)
    assert free_order_over(heads, frame) == max(free, default=NONE)


def test_every_word_is_one_kind_at_most() -> None:
    """Over all 256 bytes: 11 words are free, 11 live, 24 are words at all, and orders come back."""
    assert [word for word in range(256) if is_free(word)] == list(range(11))
    assert [word for word in range(256) if is_live(word)] == list(range(16, 27))
    assert sum(bool(is_head(word)) for word in range(256)) == 24
    assert [order_of(order) for order in range(11)] == [order_of(LIVE + order) for order in range(11)]


def test_zones_speak_for_groups_of_frames() -> None:
    """One entry of `zones` speaks for 2**grain frames; a large grain makes all memory one zone."""
    memory = Memory([], [], [7, 8, 9], 12, 12, 2, 2)
    assert [zone_of(memory, frame) for frame in range(12)] == [7] * 4 + [8] * 4 + [9] * 4
    assert zone_of(memory._replace(grain=63), 11) == 7


def test_orders_and_their_number_agree() -> None:
    """Loops over orders have one round for each order from 0 to the largest, and no word has two meanings."""
    assert frames.ORDERS == MAX_ORDER + 1
    assert MAX_ORDER < RESERVED < LIVE <= LIVE + MAX_ORDER < NONE
