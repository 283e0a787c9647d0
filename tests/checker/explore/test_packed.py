"""Packed states: functions are replaced by name, and the moves along a way are told in words."""

from collections.abc import Mapping
from typing import Any

import pytest

from pagelaw.checker.explore.packed import PackedCode, PackedSystem
from pagelaw.model.fast import backend
from pagelaw.spec import addresses


class Doubling(PackedCode):
    """A state is a number; it doubles, or grows by what the specification calls the size of order 0."""

    rules = addresses
    most_moves = 2

    def bind(self, *, plain: bool, overrides: Mapping[str, Any]) -> Any:
        self.known = self.with_changes({"load": "as before"}, plain=plain)
        size = self.known["size_of"](0) if self.changes else 1

        class Bound:
            """Two moves as long as the number is small."""

            @staticmethod
            def expand(key: int, setting: tuple[int, ...], found: list[tuple[int, int]], count: int) -> int:
                found += [(after, label) for label, after in enumerate((key + size, 2 * key)) if after <= setting[0]]
                return count + len(found)

            @staticmethod
            def check_odd(key: int, _setting: tuple[int, ...]) -> int:
                return key & 1

        return Bound


class Limit(tuple[int, ...]):
    """What does not change: the largest number."""

    def __new__(cls, *numbers: int) -> "Limit":
        return super().__new__(cls, numbers)


class Numbers(PackedSystem):
    """Up to a number."""

    def told(self, label: int) -> str:
        return ("one more", "doubled")[label]


@pytest.fixture(autouse=True)
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Numba is not installed."""
    monkeypatch.setattr(backend, "is_compiled", lambda: False)


def larger(order: Any) -> Any:
    """Stands in for `size_of`."""
    return order + 3


def test_every_state_is_visited_and_the_way_is_told() -> None:
    """Numbers up to ten; the first odd one, and the moves to ten."""
    system = Numbers("ten", Limit(10), code=Doubling())
    found = system.search(checks=("odd",), threads=2, expected=5)
    assert (found.states, found.depth, found.broken) == (11, 5, {0: 1})
    assert system.story([0, 1, 2, 4, 5, 10]) == ["one more", "one more", "doubled", "one more", "doubled"]


def test_functions_are_replaced_by_name() -> None:
    """What was bound stays; the one that is replaced is used, and other states are reached."""
    code = Doubling({"size_of": larger})
    assert code.known["load"] == "as before"
    assert Numbers("ten", Limit(10), code=code).search(checks=()).states == 4
    assert set(Doubling().known) == {"load"}
