"""One rule, one answer: plain integers, NumPy, compiled and packed words agree bit for bit.

Compiled and packed functions are entered one by one, as a kernel would use them. Without Numba they run on plain
integers, and agree all the more.
"""

import functools
import itertools
import types
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest

from pagelaw.model.fast.backend import compiled, packed, vectorised
from pagelaw.spec import addresses, buddy, buddy_laws, frames
from pagelaw.spec.frames import LIVE, NONE, ORDERS, RESERVED, Memory

EDGES = [0, 1, 2, 3, 5, 2**10 - 1, 2**10, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**63 + 1, 2**64 - 1024, 2**64 - 1]
DRAWN = np.random.default_rng(7).integers(0, 2**64, 50, dtype=np.uint64).tolist()
ARITHMETIC = {
    addresses: ("head_of", "is_aligned", "last_of", "buddy_of", "parent_of"),
    buddy_laws: ("involution",),
}
WORDS = {addresses: ("size_of", "mask_of"), frames: ("is_free", "is_live", "is_head", "order_of")}


def native(function: Any) -> Any:
    """A compiled function, or one that stands in for it on plain integers, that takes and gives integers."""

    def called(*words: int) -> int:
        return int(function(*(np.uint64(word) if hasattr(function, "py_func") else word for word in words)))

    return called


def in_one_pass(function: Any, *columns: Iterable[int]) -> list[int]:
    """A vectorised function over columns of words."""
    arrays = [np.array(list(column), np.uint64) for column in columns]
    return [int(value) for value in np.broadcast_to(function(*arrays), arrays[0].shape)]


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, names in ARITHMETIC.items() for name in names])
def test_arithmetic(module: types.ModuleType, name: str) -> None:
    """Functions of a frame and an order, at edges of the word and at random."""
    cases = list(itertools.product(EDGES + DRAWN, range(ORDERS)))
    wanted = [int(getattr(module, name)(frame, order)) for frame, order in cases]
    assert in_one_pass(getattr(vectorised(module), name), *zip(*cases, strict=True)) == wanted
    for backend in (compiled, packed):
        function = native(getattr(backend(module), name))
        assert [function(*case) for case in cases] == wanted


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, names in WORDS.items() for name in names])
def test_single_words(module: types.ModuleType, name: str) -> None:
    """Functions of one word: orders, and all 256 words that `heads` could hold."""
    cases = list(range(ORDERS)) if module is addresses else list(range(256))
    wanted = [int(getattr(module, name)(case)) for case in cases]
    assert in_one_pass(getattr(vectorised(module), name), cases) == wanted
    for backend in (compiled, packed):
        function = native(getattr(backend(module), name))
        assert [function(case) for case in cases] == wanted


# -- states --------------------------------------------------------------------------------------------------

ROOM, TOP = 16, 3
ZONES = [0] * 4 + [1] * 12


def random_state(generator: np.random.Generator, *, sound: bool) -> Memory:
    """Memory on plain integers: after some steps, or with any words at all."""
    link = [node // 2 for node in range(2 * (ROOM + ORDERS + 1))]
    memory = Memory([RESERVED] * ROOM, link, list(ZONES), 14, ROOM, TOP, 0)
    for frame in range(ROOM):
        memory, _, _ = buddy.admit(memory, frame, frame != 9)
    for order in generator.integers(0, 4, 6).tolist():
        memory, _, _ = buddy.allocate(memory, order, bool(order & 1))
    for frame in generator.integers(0, ROOM, 4).tolist():
        memory, _, _, _ = buddy.free(memory, frame, max(0, memory.heads[frame] - LIVE) % 16)
    if not sound:
        words = [*range(5), LIVE, LIVE + 1, LIVE + 2, RESERVED, NONE]
        for frame in generator.integers(0, ROOM, 5).tolist():
            memory.heads[frame] = words[int(generator.integers(len(words)))]
    return memory


def as_arrays(memory: Memory) -> Memory:
    """The same state in NumPy arrays."""
    heads, link, zones = (np.array(words) for words in memory[:3])
    arrays = (heads.astype(np.uint8), link.astype(np.uint32), zones.astype(np.uint8))
    return Memory(*arrays, *(np.uint64(number) for number in memory[3:]))


def as_integers(memory: Memory) -> Memory:
    """The same state on plain integers."""
    return Memory(*(list(map(int, words)) for words in memory[:3]), *map(int, memory[3:]))


#: Calls of the steps that take a state and give one.
STEPS = [
    *(("allocate", (order, upper)) for order in range(TOP + 2) for upper in (False, True)),
    *(("free", (frame, order)) for frame in (*range(ROOM), 2**63, 2**64 - 1) for order in (0, 1, 2, 60)),
    *(("admit", (frame, usable)) for frame in (0, 9, 13, 15) for usable in (False, True)),
]


def kernel_module() -> types.ModuleType:
    """Kernels that enter each step with arrays, as those of the fast model do."""
    from pagelaw.model.fast import churn

    source = "\n".join(
        f"def {name}_arrays(memory, first, second):\n    return {name}(entered(memory), first, second)[1:]\n"
        for name in ("allocate", "free", "admit")
    )
    module = types.ModuleType("pagelaw.model.fast.entering")
    vars(module).update({name: value for name, value in vars(churn).items() if not name.startswith("__")})
    exec(source, vars(module))
    for name in ("allocate", "free", "admit"):
        vars(module)[f"{name}_arrays"].__module__ = module.__name__
    return module


@pytest.fixture
def entering(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The kernels of `kernel_module`, compiled."""
    import sys

    module = kernel_module()
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return compiled(module)


def test_steps(entering: Any) -> None:
    """Each step leaves the same state and gives the same words, from random sound states."""
    generator = np.random.default_rng(1)
    native_words = hasattr(entering.free_arrays, "py_func")
    for _ in range(12):
        state = random_state(generator, sound=True)
        for name, (first, second) in STEPS:
            plain = as_integers(state)
            plain, *wanted = getattr(buddy, name)(plain, first, second)
            arrays = as_arrays(state)
            words = (np.uint64(first), second if isinstance(second, bool) else np.uint64(second))
            got = getattr(entering, f"{name}_arrays")(arrays, *(words if native_words else (first, second)))
            assert [int(word) for word in got] == [int(word) for word in wanted], (name, first, second)
            assert as_integers(arrays) == plain, (name, first, second)


def law_points(memory: Memory) -> dict[str, Sequence[Sequence[int]]]:
    """For each law on one state, the columns of points at which it is asked."""
    points = range(memory.room)
    pairs = list(itertools.product(points, range(TOP + 1)))
    return {
        "aligned": [points],
        "disjoint": [points],
        "conserved": [points],
        "merged": [points],
        "listed": [range(memory.room + ORDERS)],
        "uncrossed": [points],
        "bounded": list(zip(*((f >> o << o, o) for f, o in pairs), strict=True)),
    }


@pytest.mark.parametrize("sound", [True, False])
def test_laws_on_states_in_one_pass(sound: bool) -> None:
    """The vectorised laws say at every point what the plain ones say, in sound and in unsound states."""
    fast, generator, seen = vectorised(buddy_laws), np.random.default_rng(2), set()
    for _ in range(25):
        state = random_state(generator, sound=sound)
        arrays = as_arrays(state)
        for name, columns in law_points(state).items():
            wanted = [int(getattr(buddy_laws, name)(state, *case)) for case in zip(*columns, strict=True)]
            assert in_one_pass(functools.partial(getattr(fast, name), arrays), *columns) == wanted, name
            seen |= {(name, value) for value in wanted}
    assert sound or {(name, 0) for name in ("aligned", "disjoint", "conserved", "merged", "listed")} <= seen


def test_steps_in_lanes() -> None:
    """Vectorised steps write for all lanes at once: two arenas side by side, allocated from and freed together."""
    fast = vectorised(buddy)
    first = random_state(np.random.default_rng(3), sound=True)
    memory = as_arrays(first)
    for frame, order in ((0, 0), (2, 1), (8, 0)):
        got = fast.can_merge(memory, np.array([frame], np.uint64), np.array([order], np.uint64))
        assert bool(got[0]) == bool(buddy.can_merge(first, frame, order))
    marked = fast.mark(np.array([True, False]), memory, np.array([3, 5]), np.array([NONE, NONE], np.uint64))
    assert marked.heads[3] == NONE
    assert marked.heads[5] == first.heads[5]


def packed_words(heads: Sequence[int]) -> int:
    """Up to sixteen heads in one word, four bits each."""
    return sum(head << (4 * frame) for frame, head in enumerate(heads))


def test_packed_words() -> None:
    """On packed words loads, stores and counts over a frame agree with lists, for codes that fit four bits."""
    codes = {"LIVE": 8, "RESERVED": 6, "NONE": 7, "MAX_ORDER": 4, "ORDERS": 5}
    from pagelaw.spec import algebra

    primitives = {name: getattr(algebra, name) for name in algebra.PRIMITIVES}
    plain = algebra.rebind(frames, primitives=primitives, overrides=codes)
    fast = packed(frames, overrides=codes)
    generator = np.random.default_rng(4)
    for _ in range(40):
        heads = [int(code) for code in generator.choice([0, 1, 2, 3, 4, 6, 7, 8, 9, 10], 16)]
        for name in ("free_over", "live_over", "blocks_over", "free_order_over"):
            function = native(getattr(fast, name))
            for frame in range(16):
                assert function(packed_words(heads), frame) == getattr(plain, name)(heads, frame)
        store = native(packed(buddy).store_if)
        for frame, value in ((0, 9), (15, 3), (7, 0)):
            after = [*heads[:frame], value, *heads[frame + 1 :]]
            assert store(True, packed_words(heads), frame, value) == packed_words(after)
            assert store(False, packed_words(heads), frame, value) == packed_words(heads)
