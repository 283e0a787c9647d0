"""Where the choices of a drawn story come from: bytes that Hypothesis chose, or a pseudo-random generator."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Choices(Protocol):
    """Where choices come from."""

    def below(self, count: int) -> int:
        """A number from 0 to `count` - 1."""
        ...


class Bytes:
    """Choices read off bytes, two for each; `spent` when there are no more."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def spent(self) -> bool:
        """Whether all bytes were read."""
        return self._at >= len(self._data)

    def below(self, count: int) -> int:
        """A number from 0 to `count` - 1; 0 where nothing is left to read."""
        read = self._data[self._at : self._at + 2]
        self._at += 2
        return int.from_bytes(read, "little") % count


class Chance:
    """Choices of a pseudo-random generator."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def below(self, count: int) -> int:
        """A number from 0 to `count` - 1."""
        return self._chance.randrange(count)


def one(choices: Choices, items: Sequence[Item]) -> Item:
    """One of the items."""
    return items[choices.below(len(items))]
