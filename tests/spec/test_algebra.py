"""The primitives, and `rebind`: the same code objects with other globals."""

import importlib.util
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pagelaw.spec import addresses, algebra, buddy, frames
from pagelaw.spec.algebra import Backend, implies, invert, invert_bits, load, rebind, stop, store_if, where

Maker = Callable[[str, str], types.ModuleType]


def plain(module: types.ModuleType, **settings: object) -> Backend:
    """`module` rebound with the primitives that it has already."""
    primitives = {name: getattr(algebra, name) for name in algebra.PRIMITIVES}
    return rebind(module, primitives=primitives, **settings)  # type: ignore[arg-type]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Maker]:
    """Makes a module of the specification out of source text; it is gone after the test."""
    made: set[str] = set()

    def maker(name: str, source: str) -> types.ModuleType:
        path = tmp_path / f"{name}.py"
        path.write_text(source)
        spec = importlib.util.spec_from_file_location(f"pagelaw.spec.{name}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        made.add(spec.name)
        spec.loader.exec_module(module)
        return module

    yield maker
    for name in made:
        del sys.modules[name]


def test_primitives_on_plain_integers() -> None:
    """What each primitive gives for either truth value."""
    assert (where(True, 1, 2), where(False, 1, 2)) == (1, 2)
    words = [3, 4]
    assert load(words, 1) == 4
    assert store_if(False, words, 0, 9) == [3, 4]
    assert store_if(True, words, 0, 9) is words
    assert words == [9, 4]
    assert (stop(True), stop(False)) == (False, True)
    assert (invert(True), invert(False)) == (False, True)
    assert [implies(p, c) for p in (False, True) for c in (False, True)] == [True, True, False, True]
    assert invert_bits(0) == 2**64 - 1
    assert invert_bits(2**64 - 1) == 0


def test_rebind_keeps_the_code_and_changes_the_globals() -> None:
    """A bound function runs the code object of the specification's own, on the constants of the backend."""
    bound = plain(addresses, constant=float)
    assert bound.size_of.__code__ is addresses.size_of.__code__
    assert bound.size_of.__globals__["ONE"] == 1.0
    assert addresses.size_of.__globals__["ONE"] == 1
    assert bound.size_of.__doc__ == addresses.size_of.__doc__


def test_callees_are_bound_once_and_shared() -> None:
    """A function of another module is bound along, each once, so that replacing a primitive reaches it."""
    bound = plain(buddy)
    assert bound.allocate.__globals__["is_empty"] is bound.is_empty
    assert bound.is_empty.__globals__["next_of"] is bound.next_of
    assert bound.is_empty is not buddy.is_empty


def test_constants_and_callees_can_be_overridden() -> None:
    """An override reaches every function that uses the name, in whatever module it lives."""
    bound = plain(buddy, overrides={"LIVE": 8, "unlink": lambda _going, link, _node: link})
    heads = [255, 8 + 1, 255, 255]
    memory = frames.Memory(heads, [], [0], 4, 4, 2, 63)
    assert bound.is_live_block(memory, 1, 1)
    assert not buddy.is_live_block(memory, 1, 1)
    assert bound.remove(True, memory, 1).heads[1] == frames.NONE


def test_an_override_of_nothing_is_an_error() -> None:
    """A misspelt override would silently do nothing, so it is refused."""
    with pytest.raises(ValueError, match=r"overrides name nothing in pagelaw\.spec\.addresses: ONEE, TWOO"):
        plain(addresses, overrides={"TWOO": 2, "ONEE": 1})


def test_a_backend_must_be_whole() -> None:
    """All five primitives are needed; the message says which are missing."""
    with pytest.raises(ValueError, match="missing: load, stop"):
        rebind(addresses, primitives={"where": where, "store_if": store_if, "invert": invert})


def test_truth_values_and_foreign_functions_stay(make: Maker) -> None:
    """Booleans are not turned into words, and functions from outside the specification are taken as they are."""
    module = make(
        "spine_outside", "from bisect import bisect_left\nfrom textwrap import dedent\nYES = True\nTEN = 10\n"
    )
    bound = plain(module, constant=float)
    assert bound.YES is True
    assert bound.TEN == 10.0
    assert isinstance(bound.TEN, float)
    assert bound.dedent is module.dedent


def test_defaults_and_modules_that_import_each_other(make: Maker) -> None:
    """Default arguments survive, and two modules that call each other are bound to each other's copies."""
    first = make("spine_first", "def even(n, *, step=1):\n    return n == 0 or odd(n - step)\n")
    second = make("spine_second", "from .spine_first import even\ndef odd(n):\n    return n != 0 and even(n - 1)\n")
    first.odd = second.odd  # type: ignore[attr-defined]
    bound = plain(first)
    assert bound.even(4)
    assert not bound.even(5)
    assert not bound.even(4, step=2)
    assert bound.odd.__globals__["even"] is bound.even


@pytest.mark.parametrize("change", ["SHIFT = 1", "def doubled(x):\n    return x << SHIFT"])
def test_a_changed_rule_is_seen_by_compiled_code(make: Maker, change: str) -> None:
    """No stale code: after a constant or a callee has changed, compiled and packed code follow at once."""
    from pagelaw.model.fast.backend import compiled, packed, word

    source = (
        "from .algebra import ONE\nSHIFT = 3\n"
        "def doubled(x):\n    return x << ONE\n"
        "def rule(x):\n    return doubled(x) + SHIFT\n"
    )
    outcomes = []
    for text in (source, source + change + "\n"):
        module = make("spine_changed", text)
        expected = module.rule(5)
        for backend in (compiled, packed):
            assert backend(module).rule(word(5)) == expected
        outcomes.append(expected)
    assert outcomes[0] != outcomes[1]
