"""Calls and answers are values."""

from pagelaw.spec.contracts import ILLEGAL, OUT_OF_MEMORY, Allocate, Failed, Free, Probe, Refused, Returned


def test_calls_and_answers_are_compared_by_value() -> None:
    """Equal calls are equal, different ones are not, whatever their fields happen to be."""
    assert Free(1, 2) == Free(1, 2) != Free(2, 1)
    assert len({Allocate(1), Allocate(1), Probe(), Probe(), Free(0, 1)}) == 3
    assert Refused("illegal") == ILLEGAL != OUT_OF_MEMORY
    assert Returned() == Returned(None) != Failed("raise", "None")
