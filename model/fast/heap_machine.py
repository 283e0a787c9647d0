"""Memory with heaps: its dimensions, how it begins, and random moves on its blocks."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from ...spec.heap import is_multiple, is_power
from . import heap_moves
from .heap_table import Heap, begin

#: How often each kind of move is drawn, in the order of their numbers.
WEIGHTS = (300, 100, 390, 100, 100, 1)
#: How large most blocks are at most, and how many of all are of any size, or of more than there is.
_USUAL_SIZE, _UNUSUAL_SHARE = 12, 0.1
#: How many moves are asked of the wrong heap, or at a byte where no block need begin.
_STRANGE_SHARE, _RAW_SHARE = 0.05, 0.05


@attrs.frozen
class Machine:
    """Memory with one heap or two.

    Attributes:
        size: how many bytes there are.
        private: how many of them, the last ones, are a second heap's.
        grain: the alignment of all blocks; both heaps have a multiple of it.
    """

    size: int
    private: int = 0
    grain: int = 1

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.private < self.size <= heap_moves.OPERAND_BITS:
            raise ValueError(f"a heap has 1 to {heap_moves.OPERAND_BITS} bytes; {self}")
        if not is_power(self.grain) or not is_multiple(self.size | self.private, self.grain):
            raise ValueError(f"a grain is a power of two, and heaps have a multiple of it; {self}")

    def __str__(self) -> str:
        sizes = f"{self.size - self.private} and {self.private} bytes" if self.private else f"{self.size} bytes"
        return f"{sizes} in grains of {self.grain}" if self.grain > 1 else sizes

    @property
    def border(self) -> int:
        """Where the second heap begins."""
        return self.size - self.private


def begin_lists(machine: Machine) -> Heap:
    """All of each heap free, as plain integers."""
    free, live, content = ([0] * machine.size for _ in range(3))
    return begin(Heap(free, live, content, machine.size, machine.border, machine.grain))


def begin_arrays(machine: Machine) -> Heap:
    """The same for compiled code."""
    plain = begin_lists(machine)
    free, live, content = (np.array(part, np.uint64) for part in plain[:3])
    return Heap(free, live, content, *(np.uint64(number) for number in plain[3:]))


def draw(generator: np.random.Generator, machine: Machine, count: int) -> np.ndarray[Any, Any]:
    """So many moves, each as one word."""
    kinds = generator.choice(heap_moves.KINDS, count, p=np.array(WEIGHTS) / sum(WEIGHTS))
    bytes_, further = generator.integers(0, machine.size, (2, count))
    usual = generator.integers(0, min(_USUAL_SIZE, machine.size) + 1, count)
    any_size = generator.integers(0, machine.size + 2, count)
    sizes = np.where(generator.random(count) < _UNUSUAL_SHARE, any_size, usual)
    strange, raw = generator.random(count) < _STRANGE_SHARE, generator.random(count) < _RAW_SHARE
    flags = strange.astype(int) << heap_moves.STRANGE_AT | raw.astype(int) << heap_moves.RAW_AT
    operands = bytes_ << heap_moves.BYTE_AT | sizes << heap_moves.SIZE_AT | further << heap_moves.FURTHER_AT
    words: np.ndarray[Any, Any] = kinds | flags | operands
    return words.astype(np.uint64)
