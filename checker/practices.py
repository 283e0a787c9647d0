"""The practice of each contract."""

from __future__ import annotations

from ..spec.contracts import ContractError
from .frames.practice import FRAMES
from .practice import Practice
from .translation.practice import TRANSLATION

PRACTICES: dict[str, Practice] = {practice.contract.name: practice for practice in (FRAMES, TRANSLATION)}


def practice_of(contract: str) -> Practice:
    """How targets of this contract are judged; a `ContractError` lists the contracts there are."""
    if contract not in PRACTICES:
        raise ContractError(f"no target of a contract {contract!r} can be judged; there are {', '.join(PRACTICES)}")
    return PRACTICES[contract]
