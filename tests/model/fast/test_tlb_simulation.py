"""The simulated TLB: the same hits as a reading of the definition in plain Python, and known counts."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from pagelaw.model.fast.tlb_simulation import simulate

_WORD = 1 << 64


def lru(pages: Sequence[int], entries: int, ways: int) -> int:
    """Hits of sets that are dictionaries in the order of their last use."""
    sets: list[OrderedDict[int, None]] = [OrderedDict() for _ in range(entries // ways)]
    hits = 0
    for page in pages:
        own = sets[page % len(sets)]
        hits += page in own
        own[page] = None
        own.move_to_end(page)
        if len(own) > ways:
            own.popitem(last=False)
    return hits


def random(pages: Sequence[int], entries: int, ways: int) -> int:
    """Hits of sets that are lists, with the generator written out."""
    sets: list[list[int]] = [[] for _ in range(entries // ways)]
    hits, chance = 0, 0x14057B7EF767814F
    for page in pages:
        own = sets[page % len(sets)]
        if page in own:
            hits += 1
        elif len(own) < ways:
            own.append(page)
        else:
            chance = (chance * 6364136223846793005 + 0x14057B7EF767814F) % _WORD
            own[(chance >> 33) % ways] = page
    return hits


def drawn(count: int) -> Any:
    """Near and far pages."""
    generator = np.random.default_rng(11)
    return generator.zipf(1.3, count).astype(np.uint64) % np.uint64(500)


@pytest.mark.parametrize(("entries", "ways"), [(1, 1), (4, 4), (16, 2), (64, 4), (12, 3), (96, 12), (32, 1)])
@pytest.mark.parametrize("policy", ["lru", "random"])
def test_hits_are_those_of_plain_python(entries: int, ways: int, policy: str) -> None:
    """For direct-mapped, set-associative and fully associative TLBs."""
    pages = drawn(4000)
    wanted = {"lru": lru, "random": random}[policy](pages.tolist(), entries, ways)
    assert simulate(pages, entries=entries, ways=ways, policy=policy) == (wanted, 4000 - wanted)
    assert 0 < wanted < 4000


def test_policies_differ() -> None:
    """A loop over one page more than there is room for never hits with LRU, and now and then at random."""
    pages = np.tile(np.arange(5, dtype=np.uint64), 200)
    assert simulate(pages, entries=4, ways=4) == (0, 1000)
    hits, misses = simulate(pages, entries=4, ways=4, policy="random")
    assert hits > 300
    assert hits + misses == 1000


def test_a_page_of_any_number_may_be_remembered() -> None:
    """Zero and the largest word too: an empty way is not taken for either."""
    pages = np.array([0, 0, _WORD - 1, _WORD - 1, 0], np.uint64)
    assert simulate(pages, entries=4, ways=4) == (3, 2)
    assert simulate(pages[:0], entries=4, ways=4) == (0, 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"entries": 12, "ways": 4}, "12 entries of 4 ways"),
        ({"entries": 10, "ways": 4}, "power of two"),
        ({"entries": 0, "ways": 1}, "0 entries"),
        ({"entries": 4, "ways": 0}, "of 0 ways"),
        ({"policy": "fifo"}, "lru, random"),
        ({"pages": np.zeros(4, np.uint32)}, "uint32"),
        ({"pages": np.zeros((2, 2), np.uint64)}, "2 dimensions"),
        ({"pages": np.zeros(8, np.uint64)[::2]}, "contiguous"),
    ],
)
def test_what_cannot_be_simulated_is_refused(changes: dict[str, Any], message: str) -> None:
    """With what was expected and what came."""
    arguments: dict[str, Any] = {"pages": np.zeros(4, np.uint64), "entries": 4, "ways": 2, **changes}
    with pytest.raises(ValueError, match=message):
        simulate(arguments.pop("pages"), **arguments)
