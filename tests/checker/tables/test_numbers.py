"""The laws on arithmetic are asked at the ends of the address space, and a wrong rule is noticed there."""

from typing import Any

import pytest

from pagelaw.checker.drawing import LawBrokenError
from pagelaw.checker.tables import numbers
from pagelaw.checker.tables.asked import Asker
from pagelaw.checker.tables.machine import LAWS, TINY_FOLDED, Machine
from pagelaw.spec.geometries import BUILT_IN

DATA = bytes([0, 0, 0, 3, 128, 3])


@pytest.mark.parametrize("geometry", [TINY_FOLDED, *BUILT_IN], ids=lambda geometry: geometry.name)
def test_they_hold_at_the_last_page(geometry: object) -> None:
    """Three addresses, five lengths and three bytes of each."""
    asker = Asker(Machine(geometry), LAWS)  # type: ignore[arg-type]
    numbers.ask(asker, 0x0123_4567_89AB_CDEF, DATA)
    assert asker.points == {"T2": 3, "T11": 45, "T12": 1}


@pytest.mark.parametrize(
    ("name", "function", "law"),
    [
        ("index_of", lambda address, level: 0, "T2"),
        ("is_range", lambda address, length: False, "T11"),
        ("file_of", lambda entry: 0, "T12"),
    ],
)
def test_a_wrong_rule_is_noticed(name: str, function: Any, law: str) -> None:
    """Each law on arithmetic can be broken."""
    asker = Asker(Machine(TINY_FOLDED, changes={name: function}), LAWS)
    with pytest.raises(LawBrokenError) as found:
        numbers.ask(asker, 0x0123_4567_89AB_CDEF, DATA)
    assert found.value.law == law
