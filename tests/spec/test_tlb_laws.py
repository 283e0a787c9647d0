"""The laws of TLBs: they hold on a sound state, and each one fails alone where that is planted."""

from typing import Any

import pytest

from pagelaw.spec import tlb_laws
from pagelaw.spec.law import Scope, laws_of
from pagelaw.spec.tlb import Tlbs

#: Two cores and one page of one space at frame 1; core 0 remembers it.
SOUND = Tlbs(
    table=[2],
    cached=[2, 0],
    running=[1, 0],
    seen=[0, 0],
    owner=[0, 1],
    identifier=[1, 0],
    holder=[1, 0],
    home=[0],
    changing=0,
    held=0,
    retiring=0,
    turn=0,
    pages=1,
    span=0,
)
#: The page is being flushed, core 1 has acknowledged.
CHANGING = SOUND._replace(table=[0], changing=1, held=2, turn=1, seen=[0, 1])


def broken(tlbs: Tlbs) -> set[str]:
    """The laws on states that are broken anywhere."""
    found = set()
    for core in (0, 1):
        asked = {
            "L1": tlb_laws.remembered(tlbs, core, 0),
            "L2": tlb_laws.flushed(tlbs, core, 0),
            "L3": tlb_laws.held(tlbs, core, 0),
            "L5": all(tlb_laws.identified(tlbs, core, 0, space, number) for space in (0, 1) for number in (0, 1)),
        }
        found |= {law for law, holds in asked.items() if not holds}
    return found


@pytest.mark.parametrize("tlbs", [SOUND, CHANGING])
def test_sound_states_break_no_law(tlbs: Tlbs) -> None:
    """At rest, and in a shootdown."""
    assert broken(tlbs) == set()


@pytest.mark.parametrize(
    ("tlbs", "law", "parts"),
    [
        pytest.param(SOUND, {"L1", "L2"}, {"owner": [1, 1], "cached": [1, 0]}, id="another frame is remembered"),
        pytest.param(CHANGING, {"L1"}, {"owner": [1, 1], "cached": [1, 0]}, id="another frame is remembered, and owed"),
        pytest.param(CHANGING, {"L2"}, {"cached": [2, 2]}, id="acknowledged, and remembered all the same"),
        pytest.param(CHANGING, {"L2"}, {"seen": [1, 1]}, id="all acknowledged, and one remembers"),
        pytest.param(SOUND, {"L3"}, {"owner": [0, 0]}, id="the frame is free"),
        pytest.param(SOUND, {"L3"}, {"owner": [0, 2]}, id="the frame is another page's"),
        pytest.param(SOUND, {"L3"}, {"owner": [0, 0], "cached": [0, 0]}, id="a free frame is in an entry"),
        pytest.param(CHANGING, {"L3"}, {"owner": [0, 0]}, id="a held frame is free"),
        pytest.param(SOUND, {"L5"}, {"identifier": [1, 1]}, id="two spaces with one identifier"),
        pytest.param(SOUND, {"L5"}, {"identifier": [0, 0], "holder": [0, 0]}, id="cached without an identifier"),
        pytest.param(SOUND, {"L5"}, {"holder": [1, 1]}, id="a holder of two"),
        pytest.param(SOUND, {"L5"}, {"holder": [0, 0]}, id="an identifier that nobody holds"),
    ],
)
def test_each_law_fails_where_that_is_planted(tlbs: Tlbs, law: set[str], parts: dict[str, Any]) -> None:
    """These laws and no others."""
    assert broken(tlbs._replace(**parts)) == law


@pytest.mark.parametrize(
    ("old", "new", "cached", "holds"),
    [
        (2, 2, [2, 0], True),
        (2, 0, [2, 0], True),
        (0, 2, [0, 0], True),
        (2, 1, [0, 0], False),
        (0, 1, [2, 0], False),
        (0, 2, [2, 0], False),
    ],
)
def test_break_before_make(old: int, new: int, cached: list[int], holds: bool) -> None:
    """Valid to valid is never right; invalid to valid only where nothing is remembered, not even the same."""
    before, after = SOUND._replace(table=[old], cached=cached), SOUND._replace(table=[new], cached=cached)
    assert tlb_laws.broken_before_made(before, after, 0, 0) is holds


def test_the_laws_are_registered() -> None:
    """L1 to L5, of states and of steps, each with a public source."""
    found = {law.id: law.scope for law in laws_of(tlb_laws.CONTRACT) if law.id.startswith("L")}
    assert found == {id: Scope.CHANGE if id == "L4" else Scope.STATE for id in ("L1", "L2", "L3", "L4", "L5")}
