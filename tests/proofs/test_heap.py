"""The proofs about blocks: every step, and rules that are wrong in one place refuted."""

import sys
import types
from typing import Any

import pytest

from pagelaw.proofs.discharge import Outcome, discharge
from pagelaw.proofs.obligations import OBLIGATIONS
from pagelaw.proofs.portfolio import Portfolio, installed
from pagelaw.spec import heap
from pagelaw.spec.heap import Block, Pieces, end_of

OWN = {obligation.id: obligation for obligation in OBLIGATIONS if obligation.id.startswith("heap-")}


def test_what_is_proved() -> None:
    """Laws about blocks as intervals; the others are about contents and calls, and rest on no obligation."""
    assert {law for obligation in OWN.values() for law in obligation.laws} == {"H1", "H2", "H5", "H10"}
    assert len(OWN) == 9


@pytest.mark.proofs
@pytest.mark.parametrize("id", OWN)
def test_all_solvers_agree(id: str) -> None:
    """At 64 bits every solver that is installed says the same of every goal, and the twin is refuted in numbers."""
    with Portfolio(installed(), time_limit=60) as solvers:
        (certificate,) = discharge([OWN[id]], widths=[64], portfolio=solvers)
    assert certificate.outcome is Outcome.PROVED, certificate.because
    assert certificate.twin_example is not None
    assert certificate.twin_example.replayed is True


def wraps(free: Any, begin: Any, size: Any) -> Any:
    """The size of a caller is added before it is known to fit."""
    return (begin >= free.first) & (begin + size <= end_of(free))


def too_long(free: Any, begin: Any, size: Any) -> Any:
    """The rest begins one byte early."""
    skipped = begin - free.first
    behind = Block(begin + size - heap.ONE, free.size - skipped - size + heap.ONE)
    return Pieces(Block(free.first, skipped), Block(begin, size), behind)


def rounds_twice(address: Any, alignment: Any) -> Any:
    """What is a multiple already goes up to the next."""
    return (address + alignment) & heap.invert_bits(alignment - heap.ONE)


def keeps_one(block: Any, size: Any) -> Any:
    """The rest of a block that shrinks begins where the block does."""
    return Block(block.first, size), Block(block.first, block.size - size)


def forgets_upper(lower: Any, upper: Any) -> Any:
    """The upper of two blocks is lost."""
    return lower


@pytest.mark.parametrize(
    ("name", "wrong", "id", "law"),
    [
        ("has_room", wraps, "heap-room", "H10"),
        ("carve_at", too_long, "heap-carve-rest", "H2"),
        ("rounded_up", rounds_twice, "heap-rounding", "H1"),
        ("cut", keeps_one, "heap-shrink", "H2"),
        ("joined", forgets_upper, "heap-join", "H5"),
    ],
)
def test_a_wrong_rule_is_refuted(monkeypatch: pytest.MonkeyPatch, name: str, wrong: Any, id: str, law: str) -> None:
    """Each rule changed in one place, wherever it was imported: refuted, in the law that it is about."""
    original = getattr(heap, name)
    scope = {**vars(heap), "heap": heap}
    changed = types.FunctionType(wrong.__code__, scope, name)
    changed.__module__ = heap.__name__
    monkeypatch.setattr(heap, "heap", heap, raising=False)
    for home in [home for title, home in sys.modules.items() if title.startswith("pagelaw.")]:
        if vars(home).get(name) is original:
            monkeypatch.setattr(home, name, changed)
    with Portfolio([], time_limit=60) as solvers:
        (certificate,) = discharge([OWN[id]], widths=[32], portfolio=solvers)
    refuted = {key for part in certificate.parts if part.outcome is Outcome.REFUTED for key in part.laws}
    assert law in refuted
