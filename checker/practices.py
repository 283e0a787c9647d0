"""The practice of each contract."""

from __future__ import annotations

from .frames.practice import FRAMES
from .heap.practice import HEAP
from .practice import Practice
from .space.practice import SPACE
from .translation.practice import TRANSLATION

PRACTICES: dict[str, Practice] = {practice.contract.name: practice for practice in (FRAMES, TRANSLATION, HEAP, SPACE)}


def practice_of(contract: str) -> Practice:
    """How targets of this contract are judged; an unknown one is a `KeyError`, for nobody can have asked for it."""
    return PRACTICES[contract]
