"""The proofs about blocks: every step, and rules that are wrong in one place refuted.

The wrong rules are written as if they stood in `spec.heap`, with its names.
"""
# mypy: disable-error-code="name-defined"
# ruff: noqa: F821

import types
from collections.abc import Callable
from typing import Any

import pytest

from pagelaw.proofs.obligations import OBLIGATIONS
from pagelaw.spec import heap

Break = Callable[[types.ModuleType, Any], None]
Refute = Callable[..., set[str]]


def test_what_is_proved() -> None:
    """Laws about blocks as intervals; the others are about contents and calls, and rest on no obligation."""
    own = [obligation for obligation in OBLIGATIONS if obligation.id.startswith("heap-")]
    assert {law for obligation in own for law in obligation.laws} == {"H1", "H2", "H5", "H10"}


def wraps() -> Any:
    """The size of a caller is added before it is known to fit."""

    def has_room(free: Any, begin: Any, size: Any) -> Any:
        return (begin >= free.first) & (begin + size <= end_of(free))

    return has_room


def too_long() -> Any:
    """The rest begins one byte early."""

    def carve_at(free: Any, begin: Any, size: Any) -> Any:
        skipped = begin - free.first
        behind = Block(begin + size - ONE, free.size - skipped - size + ONE)
        return Pieces(Block(free.first, skipped), Block(begin, size), behind)

    return carve_at


def rounds_twice() -> Any:
    """What is a multiple already goes up to the next."""

    def rounded_up(address: Any, alignment: Any) -> Any:
        return (address + alignment) & invert_bits(alignment - ONE)

    return rounded_up


def keeps_one() -> Any:
    """The rest of a block that shrinks begins where the block does."""

    def cut(block: Any, size: Any) -> Any:
        return Block(block.first, size), Block(block.first, block.size - size)

    return cut


def forgets_upper() -> Any:
    """The upper of two blocks is lost."""

    def joined(lower: Any, upper: Any) -> Any:
        return lower

    return joined


@pytest.mark.parametrize(
    ("rule", "id", "law"),
    [
        (wraps(), "heap-room", "H10"),
        (too_long(), "heap-carve-rest", "H2"),
        (rounds_twice(), "heap-rounding", "H1"),
        (keeps_one(), "heap-shrink", "H2"),
        (forgets_upper(), "heap-join", "H5"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_a_wrong_rule_is_refuted(rule: Any, id: str, law: str, broken: Break, refuted: Refute) -> None:
    """Each rule changed in one place: refuted, in the law that it is about."""
    broken(heap, rule)
    assert law in refuted(id, may_wrap=True)
