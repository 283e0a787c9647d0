"""The practice of each contract."""

from __future__ import annotations

from ..spec.contracts import ContractError
from .frames.practice import FRAMES
from .heap.practice import HEAP
from .practice import Practice
from .space.practice import SPACE
from .translation.practice import TRANSLATION

PRACTICES: dict[str, Practice] = {practice.contract.name: practice for practice in (FRAMES, TRANSLATION, HEAP, SPACE)}


def practice_of(contract: str) -> Practice:
    """How targets of this contract are judged; a `ContractError` names those that can be."""
    if contract not in PRACTICES:
        can = ", ".join(PRACTICES)
        raise ContractError(f"no implementation can be judged by the contract {contract} yet, only by {can}")
    return PRACTICES[contract]
