"""The backends themselves: when they compile, what they say if not, and that both ways agree."""

import os
import subprocess
import sys
import types
from collections.abc import Callable

import numpy as np
import pytest

from pagelaw.model.fast import backend
from pagelaw.model.fast.backend import apart, compiled, is_compiled, lowest_bit, packed, vectorised, why_not_compiled
from pagelaw.spec import addresses, algebra, buddy_laws
from pagelaw.spec.algebra import Backend


def test_words_on_plain_integers() -> None:
    """What stands in for machine words where nothing is compiled."""
    assert [lowest_bit(bits) for bits in (1, 6, 2**63)] == [0, 1, 63]
    assert type(backend.word(np.uint8(7))) is int
    words = np.zeros(2)
    assert backend.view(words) is words


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if Numba were switched off."""
    monkeypatch.setattr(backend, "is_compiled", lambda: False)


@pytest.mark.usefixtures("uncompiled")
def test_uncompiled_backends_are_plain_functions() -> None:
    """Compiled and packed modules are the same code on integers; arrays give Python's integers."""
    assert compiled(addresses).head_of(13, 2) == 12
    words = np.array([3, 255], np.uint8)
    load, store_if = compiled(addresses_and_arrays()).load, compiled(addresses_and_arrays()).store_if
    assert type(load(words, 1)) is int
    assert store_if(True, words, 0, 9) is words
    assert words.tolist() == [9, 255]
    bound = packed(addresses_and_arrays())
    assert [bound.load(0xA53, index) for index in range(4)] == [3, 5, 10, 0]
    assert bound.store_if(True, 0xA53, 1, 15) == 0xAF3
    assert bound.store_if(False, 0xA53, 1, 15) == 0xA53
    assert apart(bound.load) is bound.load


def addresses_and_arrays() -> object:
    """A module that uses `load` and `store_if`."""
    from pagelaw.spec import freelist

    return freelist


def test_vectorised_stores_are_masked() -> None:
    """Only lanes whose condition is true are written; a loop goes on while any lane does."""
    bound = vectorised(addresses_and_arrays())  # type: ignore[arg-type]
    words = np.zeros(4, np.uint8)
    bound.store_if(np.array([True, False, True]), words, np.array([0, 1, 3]), np.array([7, 8, 9]))
    assert words.tolist() == [7, 0, 0, 9]
    stop = vectorised(__import__("pagelaw.spec.buddy", fromlist=["buddy"])).stop
    assert stop(np.array([False, False]))
    assert not stop(np.array([False, True]))


def test_the_reason_for_not_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Either Numba is missing, with the command that brings it, or it is switched off."""
    assert "NUMBA_DISABLE_JIT" in why_not_compiled() or "pip install" in why_not_compiled()
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert "pip install 'pagelaw[fast]'" in why_not_compiled()
    is_compiled.cache_clear()
    assert not is_compiled()
    is_compiled.cache_clear()


@pytest.mark.parametrize("backend_of", [compiled, packed])
def test_native_primitives_are_whole(backend_of: Callable[..., Backend], monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled backends provide every primitive, and run arithmetic, on words of the machine."""
    pytest.importorskip("numba")
    monkeypatch.setattr(backend, "is_compiled", lambda: True)
    bound = backend_of(addresses_and_arrays())
    assert set(algebra.PRIMITIVES) <= set(vars(bound)) | {"where", "stop", "invert"}
    assert backend_of(addresses).head_of(np.uint64(13), np.uint64(2)) == 12
    assert backend_of(buddy_laws).involution(np.uint64(8), np.uint64(2))
    large = apart(types.SimpleNamespace(py_func=lambda frame, order: frame >> order))
    assert large(13, 2) == 3


def test_native_words() -> None:
    """The primitives that need no pointer, on either side of each condition."""
    native = pytest.importorskip("pagelaw.model.fast.native", reason="Numba is not installed")
    one, two = np.uint64(1), np.uint64(2)
    assert (native.where(True, one, two), native.where(False, one, two)) == (1, 2)
    assert (native.stop(True), native.stop(False)) == (False, True)
    assert (native.invert(True), native.invert(False)) == (False, True)
    assert native.word(7) == 7
    words = np.uint64(0xA53)
    assert [int(native.packed_load(words, np.uint64(index))) for index in range(3)] == [3, 5, 10]
    assert native.packed_store_if(True, words, one, np.uint64(15)) == 0xAF3
    assert native.packed_store_if(False, words, one, np.uint64(15)) == 0xA53
    assert native.compile_apart(lambda number: number + one)(two) == 3


_RUN = """
import numpy as np
from pagelaw.model.fast import checked, churn, mix
from pagelaw.model.fast.allocator import initial_memory, kernels
from pagelaw.model.fast.backend import compiled
from pagelaw.spec.contracts import Arena
arena = Arena(50, 3, start=5, reserved=(9, 30), barriers=(20,))
calls = mix.draw(np.random.default_rng(3), 400, slots=12, largest=5, illegal=0.2)
for upper in (False, True):
    memory, held = initial_memory(arena), np.zeros(12, np.uint32)
    print(int(kernels().replay(memory, calls, held, upper)), memory.heads.tolist(), held.tolist())
"""


@pytest.mark.expensive
def test_compiled_and_uncompiled_runs_agree() -> None:
    """Four hundred calls of every kind: digests, states and slots are the same in both."""
    outputs = []
    for switch in ("0", "1"):
        environment = {**os.environ, "NUMBA_DISABLE_JIT": switch, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run([sys.executable, "-c", _RUN], env=environment, capture_output=True, text=True, check=True)
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1]
    assert len(outputs[0].splitlines()) == 2
