"""Targets in this process answer as their workers do."""

from __future__ import annotations

from typing import Any

import pytest

from pagelaw.checker.targets.inside import InsideTarget
from pagelaw.checker.targets.target import TargetError
from pagelaw.spec.contracts import ILLEGAL, OUT_OF_MEMORY, Allocate, Arena, Capabilities, Failed, Free, Probe, Returned


class Told:
    """Says what it was made with, and does what it is told by the order."""

    closed = 0

    def __init__(self, frames: int, max_order: int, *, start: int = 0, reserved: tuple[int, ...] = ()) -> None:
        if frames == 3:
            raise ValueError("three")
        self.made = (frames, max_order, start, reserved)

    def allocate(self, order: int) -> Any:
        if order == 9:
            raise MemoryError
        return [self.made, 2.0, -1, {}][order]

    def free(self, frame: int, order: int) -> None:
        if frame:
            raise ValueError

    def free_blocks(self) -> Any:
        yield 0, 1

    def close(self) -> None:
        Told.closed += 1


def test_answers() -> None:
    """Values, refusals, exceptions and garbage are the answers of the line protocol."""
    target = InsideTarget("told", Told)
    assert (target.name, target.capabilities) == ("told", Capabilities(start=True, reserved=True, probe=True))
    closed = Told.closed
    instance = target.open(Arena(16, 4, start=2, reserved=frozenset({5, 3})))
    calls = [*map(Allocate, (0, 1, 2, 3, 4, 9)), Free(0, 0), Free(1, 0), Probe()]
    assert instance.perform(calls) == [
        Returned([16, 4, 2, [3, 5]]),
        Returned(2.0),
        Returned(-1),
        Failed("garbage", "{}"),
        Failed("raise", "IndexError: list index out of range"),
        OUT_OF_MEMORY,
        Returned(None),
        ILLEGAL,
        Returned([[0, 1]]),
    ]
    instance.close()
    assert Told.closed == closed + 1
    target.close()


def test_a_legal_arena_that_is_refused() -> None:
    """The refusal is the only answer of the instance."""
    instance = InsideTarget("told", Told).open(Arena(3, 2))
    failed = Failed("open", "opening an arena (frames 3, max_order 2) was refused: ValueError: three")
    assert instance.perform([Allocate(0), Allocate(0)]) == [failed]
    instance.close()


def test_usage_errors() -> None:
    """What cannot be used is told before the first arena."""
    with pytest.raises(TargetError, match="x makes an int, which lacks allocate"):
        InsideTarget("x", lambda frames, max_order: 0)
    with pytest.raises(TargetError, match=r"x opens no arena .*TypeError"):
        InsideTarget("x", lambda: 0)
    odd = type("Odd", (Told,), {"merging": "never"})
    with pytest.raises(TargetError, match="x: capability merging must be one of"):
        InsideTarget("x", odd)
    with pytest.raises(TargetError, match="told does not declare barriers"):
        InsideTarget("told", Told).open(Arena(4, 2, barriers=(2,)))
