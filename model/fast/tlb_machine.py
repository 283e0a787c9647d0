"""Machines with TLBs: their dimensions, their first state, and random moves on them."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from ...spec.tlb import Tlbs
from . import tlb_moves

#: How often each kind of move is drawn, in the order of their numbers: much should be mapped, cached and running, and
#: every core has to acknowledge each shootdown.
WEIGHTS = (8, 3, 1, 1, 4, 2, 12, 3, 2, 4, 1, 1, 2, 1, 2)


@attrs.frozen
class Machine:
    """A machine with TLBs.

    Attributes:
        cores: how many cores it has.
        home: the space of each page.
        frames: how many frames there are.
        identifiers: how many identifiers there are for spaces.
    """

    cores: int
    home: tuple[int, ...] = (0, 0, 1)
    frames: int = 2
    identifiers: int = 2

    @property
    def spaces(self) -> int:
        """How many spaces there are."""
        return max(self.home) + 1

    @property
    def span(self) -> int:
        """Binary logarithm of the places of each core."""
        return (len(self.home) - 1).bit_length()

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many elements each array of the state has, but for `home`."""
        pages, places = len(self.home), self.cores << self.span
        return pages, places, self.cores, self.cores, self.frames, self.spaces, self.identifiers

    def extents(self, kind: int) -> tuple[int, int]:
        """How many operands a kind of move has to choose from, first and second; 1 where it has none."""
        counts = {
            "core": self.cores,
            "page": len(self.home),
            "space": self.spaces,
            "frame": self.frames,
            "number": self.identifiers,
        }
        first, second = (*(counts[name] for name in tlb_moves.OPERANDS[kind]), 1, 1)[:2]
        return first, second

    def __str__(self) -> str:
        words = {"core": self.cores, "page": len(self.home), "space": self.spaces, "frame": self.frames}
        words |= {"identifier": self.identifiers}
        return ", ".join(f"{count} {word}{'s' * (count > 1)}" for word, count in words.items())


def empty_lists(machine: Machine) -> Tlbs:
    """Nothing mapped, cached, running or named, as plain integers."""
    arrays: list[Any] = [[0] * size for size in machine.sizes]
    return Tlbs._make([*arrays, list(machine.home), 0, 0, 0, 0, len(machine.home), machine.span])


def empty_arrays(machine: Machine) -> Tlbs:
    """The same for compiled code."""
    parts = empty_lists(machine)
    return Tlbs._make(np.array(part, np.uint64) if isinstance(part, list) else np.uint64(part) for part in parts)


def draw(generator: np.random.Generator, machine: Machine, count: int) -> np.ndarray[Any, Any]:
    """So many moves, each as one word; acknowledgements go round the cores."""
    weights = np.array(WEIGHTS) / sum(WEIGHTS)
    kinds = generator.choice(tlb_moves.KINDS, count, p=weights)
    extents = np.array([machine.extents(kind) for kind in range(tlb_moves.KINDS)])
    first, second = generator.integers(0, extents[kinds].T)
    acknowledging = kinds == tlb_moves.ACKNOWLEDGE
    first[acknowledging] = np.arange(int(acknowledging.sum())) % machine.cores
    words: np.ndarray[Any, Any] = kinds | first << tlb_moves.FIRST_AT | second << tlb_moves.SECOND_AT
    return words.astype(np.uint64)
