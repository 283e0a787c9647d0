"""What TLBs may still hold: each way to forget too little or too late breaks its law."""

from typing import Any

import pytest

from pagelaw.spec.contracts.calls import ILLEGAL, Returned
from pagelaw.spec.contracts.paging_arena import (
    Copy,
    Create,
    Drop,
    Events,
    Map,
    PagingArena,
    PagingCapabilities,
    Protect,
    Split,
    Switch,
    TableCall,
    Unmap,
)
from pagelaw.spec.contracts.spaces import Spaces
from pagelaw.spec.contracts.translation import TranslationContract

PAGE, HUGE = 0x1000, 0x20_0000
DONE = Returned(None)


class Run:
    """The contract in one run of calls."""

    def __init__(self, **declared: Any) -> None:
        settings = {"cores": 4, "levels": 2, "copies": True, "splits": True, "identifiers": True, **declared}
        self.contract = TranslationContract(PagingArena("x86-64", 16, 2), PagingCapabilities(events=True, **settings))
        self.state: Spaces = self.contract.initial()

    def do(self, *calls: TableCall) -> None:
        """Calls that are done."""
        for call in calls:
            assert self.contract.breaches(self.state, call, DONE) == [], call
            self.state = self.contract.after(self.state, call, DONE)

    def events(self, *events: tuple[Any, ...]) -> str:
        """The law that these events break, or nothing; then they are taken note of."""
        answer = Returned([list(event) for event in events])
        found = self.contract.breaches(self.state, Events(), answer)
        if not found:
            self.state = self.contract.after(self.state, Events(), answer)
        return found[0].law if found else ""


def page(address: int, frame: int, level: int = 0) -> Map:
    """A page of space 1."""
    return Map(1, address, frame, 1, level, "rw", False)


@pytest.fixture
def run() -> Run:
    """A space with a page and a huge page, which ran on both cores."""
    run = Run()
    run.do(Create(1), page(0, 100), page(HUGE, 512, 1), Switch(0, 1), Switch(1, 1))
    return run


ZERO, ONE = ("flush-page", 0, 1, 0), ("flush-page", 1, 1, 0)


@pytest.mark.parametrize(
    ("events", "law"),
    [
        pytest.param((ZERO, ONE, ("release", 100)), "", id="as it should be"),
        pytest.param((("flush-space", 0, 1), ("flush-all", 1), ("release", 100)), "", id="more than there need be"),
        pytest.param((), "L2", id="no flush"),
        pytest.param((ZERO,), "L2", id="no remote flush"),
        pytest.param((ZERO, ("flush-page", 1, 1, PAGE)), "L2", id="the wrong page"),
        pytest.param((ZERO, ("flush-page", 1, 2, 0)), "L2", id="the wrong space"),
        pytest.param((ZERO, ("flush-space", 1, 2)), "L2", id="the wrong space as a whole"),
        pytest.param((ZERO, ("release", 100), ONE), "L3", id="released before all had forgotten"),
        pytest.param((ZERO, ("release", 101), ONE), "", id="another frame"),
        pytest.param((ZERO, ("unlock",), ONE), "L1", id="unlocked before all had forgotten"),
        pytest.param((("clear", 1, 0), ZERO, ONE, ("unlock",)), "", id="unlocked after"),
        pytest.param((ZERO, ("set", 1, 0), ONE), "L4", id="set again before all had forgotten"),
        pytest.param((ZERO, ("set", 1, PAGE), ("set", 2, 0), ONE), "", id="another entry set"),
    ],
)
def test_an_unmapped_page_is_forgotten_everywhere(run: Run, events: tuple[tuple[Any, ...], ...], law: str) -> None:
    """Before its frame is released, before the lock is dropped, and at the end."""
    run.do(Unmap(1, 0, 1, 0))
    assert run.events(*events) == law


def test_weaker_rights_are_flushed_and_stronger_ones_need_not(run: Run) -> None:
    """A TLB that still forbids only faults once more."""
    run.do(Protect(1, 0, 1, 0, "rwx"))
    assert run.events() == ""
    run.do(Protect(1, 0, 1, 0, "r"))
    assert run.events(ZERO) == "L2"


def test_splitting_and_copying_take_translations_away(run: Run) -> None:
    """A huge page is flushed at any of its addresses, and every page that a copy write-protects."""
    run.do(Split(1, HUGE))
    assert run.events(("flush-page", 0, 1, HUGE + 5 * PAGE), ("flush-page", 1, 1, HUGE)) == ""
    run = Run()
    run.do(Create(1), page(0, 100), Switch(0, 1), Copy(1, 2))
    assert run.events() == "L2"
    assert run.events(ZERO) == ""


def test_a_core_that_never_ran_the_space_knows_nothing() -> None:
    """And where there are no identifiers, one that runs another space has forgotten it."""
    run = Run()
    run.do(Create(1), Create(2), page(0, 100), Switch(0, 1), Unmap(1, 0, 1, 0))
    assert run.events(ZERO) == ""
    for declared, law in ((False, ""), (True, "L2")):
        run = Run(identifiers=declared)
        run.do(Create(1), Create(2), page(0, 100), Switch(0, 1), Switch(0, 2), Unmap(1, 0, 1, 0))
        assert run.events() == law


def test_a_space_that_was_flushed_whole_need_not_be_flushed_again() -> None:
    """Unless a core runs it."""
    run = Run()
    run.do(Create(1), Create(2), page(0, 100), Switch(0, 1), Switch(0, 2))
    assert run.events(("flush-space", 0, 1)) == ""
    run.do(Unmap(1, 0, 1, 0))
    assert run.events() == ""
    run.do(page(0, 100), Switch(0, 1))
    assert run.events(("flush-all", 0)) == ""
    run.do(Unmap(1, 0, 1, 0))
    assert run.events(("flush-all", 1)) == "L2"


def test_an_identifier_stays_used_until_it_is_flushed() -> None:
    """On the cores that ran its space."""
    run = Run()
    run.do(Create(1), Create(2), Switch(0, 1), Switch(0, 2))
    run.state.identifiers = {1: 5, 2: 6}
    run.do(Drop(1))
    assert run.state.used == {(0, 5): 1}
    assert run.events(("flush-space", 1, 1), ("flush-space", 0, 7)) == ""
    assert run.state.used == {(0, 5): 1}
    assert run.events(("flush-space", 0, 1)) == ""
    assert run.state.used == {}


def test_a_table_is_released_only_after_its_pages_are_forgotten(run: Run) -> None:
    """As far as a look has told which frame it is in."""
    run.state.sighted = {3: (1, 0, 0), 4: (2, 0, 0), 5: (1, 0, HUGE)}
    run.do(Unmap(1, 0, 1, 0))
    assert run.events(("release", 9), ("release", 4), ("release", 5), ZERO, ONE) == ""
    run.do(page(0, 100))
    run.state.sighted = {3: (1, 0, 0)}
    run.do(Unmap(1, 0, 1, 0))
    assert run.events(("release", 3), ZERO, ONE) == "L3"


def test_a_frame_is_released_only_when_nobody_maps_it() -> None:
    """Neither a page that shares it nor a huge one over it."""
    run = Run()
    run.do(Create(1), *(Map(1, address, 100, 1, 0, "r", True) for address in (0, 0x1000)))
    run.do(Map(1, HUGE, 512, 1, 1, "r", False), Unmap(1, 0, 1, 0))
    assert run.events(("release", 100)) == run.events(("release", 513)) == "F8"
    run.do(Unmap(1, 0x1000, 1, 0), Unmap(1, HUGE, 1, 1))
    assert run.events(("release", 100), ("release", 513)) == ""


@pytest.mark.parametrize(
    "events", ["flushed", [["flush"]], [[]], [["flush-all"]], [["flush-all", "0"]], [["flush-all", True]], [7]], ids=str
)
def test_events_of_another_form(run: Run, events: Any) -> None:
    """Are no events, and break C1."""
    (breach,) = run.contract.breaches(run.state, Events(), Returned(events))
    assert breach.law == "C1"
    assert [breach.law for breach in run.contract.breaches(run.state, Events(), ILLEGAL)] == ["C1"]
    assert run.contract.after(run.state, Events(), ILLEGAL).stale == []
