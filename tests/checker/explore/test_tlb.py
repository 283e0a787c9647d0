"""The exploring judge of TLBs: laws hold, a wrong rule is told as a shortest story, gaps are no passes."""

from typing import Any

import pytest

from pagelaw.checker.explore.tlb import LAW_BITS, explore_tlb, machines, setting_of
from pagelaw.checker.verdict import Verdict
from pagelaw.model.fast import backend
from pagelaw.model.fast.tlb_machine import Machine
from pagelaw.spec import tlb_laws
from pagelaw.spec.algebra import ONE, ZERO, load, store_if, where
from pagelaw.spec.law import find_law, laws_of
from pagelaw.spec.tlb import (
    forget,
    is_quiet,
    number_of,
    settled,
    turned,
    with_books,
    with_shootdown,
)

LAWS = [law for law in laws_of(tlb_laws.CONTRACT) if law.id in LAW_BITS]
needs_compiler = pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")


def test_machines_that_are_explored_fit_and_grow() -> None:
    """Up to three cores; the first has one core, the last is the one that was asked for."""
    for cores in (1, 2, 3):
        found = list(machines(cores))
        assert all(setting_of(machine) for machine in found)
        assert (found[0].cores, found[-1]) == (1, Machine(cores))


@pytest.mark.expensive
def test_every_law_holds_uncompiled(uncompiled: None) -> None:
    """One core without a compiler, and it says so; two threads are not pretended."""
    told: list[str] = []
    judgement = explore_tlb(LAWS, threads=2, progress=told.append)
    assert {finding.law: finding.verdict for finding in judgement.findings} == dict.fromkeys(LAW_BITS, Verdict.HOLDS)
    assert judgement.counts["TLB states"] == 306 + 398 + 4182
    assert judgement.notes == ("there is no compiler", "uncompiled, one thread does all the work")
    assert told[0] == f"explore: TLBs, {next(machines(1))}"


@pytest.mark.nightly
@needs_compiler
def test_every_law_holds_on_three_cores() -> None:
    """By default, with the known counts."""
    judgement = explore_tlb(LAWS)
    assert (judgement.judge, judgement.subject) == ("explore", "specification")
    assert {finding.law: finding.verdict for finding in judgement.findings} == dict.fromkeys(LAW_BITS, Verdict.HOLDS)
    assert judgement.findings[0].because.endswith(f"528078 states of {Machine(3)}")
    assert judgement.counts["TLB states"] == 306 + 398 + 2090 + 1790 + 528078


def release_early(tlbs: Any, acknowledged: Any) -> Any:
    legal = tlbs.changing != ZERO
    owner = store_if(legal, tlbs.owner, number_of(tlbs.held), ZERO)
    return settled(legal, with_books(tlbs, tlbs.table, owner)), legal


def restore_early(tlbs: Any, acknowledged: Any) -> Any:
    legal = tlbs.changing != ZERO
    table = store_if(legal, tlbs.table, number_of(tlbs.changing), tlbs.held)
    return settled(legal, with_books(tlbs, table, tlbs.owner)), legal


def invalidate_quietly(tlbs: Any, page: Any) -> Any:
    entry = load(tlbs.table, page)
    legal = (entry != ZERO) & is_quiet(tlbs)
    tlbs = with_books(tlbs, store_if(legal, tlbs.table, page, ZERO), tlbs.owner)
    changing = where(legal, page + ONE, tlbs.changing)
    return with_shootdown(tlbs, changing, where(legal, entry, tlbs.held), tlbs.retiring, tlbs.turn), legal


def sweep_others(going: Any, tlbs: Any, core: Any, space: Any, page: Any) -> Any:
    return forget(going & (load(tlbs.home, page) != space), tlbs, core, page)


def retire_running(tlbs: Any, space: Any, idle: Any) -> Any:
    legal = (load(tlbs.identifier, space) != ZERO) & is_quiet(tlbs)
    retiring = where(legal, space + ONE, tlbs.retiring)
    return with_shootdown(tlbs, tlbs.changing, tlbs.held, retiring, turned(legal, tlbs)), legal


WRONG = {
    "release": (release_early, {"L1", "L2", "L3", "L4"}, 6),
    "restore": (restore_early, {"L4"}, 6),
    "invalidate": (invalidate_quietly, {"L1", "L2", "L3", "L4"}, 5),
    "sweep": (sweep_others, {"L5"}, 8),
    "retire": (retire_running, {"L5"}, 7),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rule_is_told_as_a_shortest_story(uncompiled: None, name: str) -> None:
    """The laws that are broken, each after as few moves as there can be; the others are not said to hold."""
    function, laws, moves = WRONG[name]
    judgement = explore_tlb(LAWS, changes={name: function})
    broken = {finding.law: finding.because for finding in judgement.broken}
    assert set(broken) == laws
    assert min(because.count(";") + 1 for because in broken.values()) == moves
    assert all(because.startswith("on 1 core, 2 pages") for because in broken.values())
    others = {finding.verdict for finding in judgement.findings if finding.law not in laws}
    assert others <= {Verdict.UNKNOWN}


def test_a_story_names_every_move(uncompiled: None) -> None:
    """From the empty machine to the breach."""
    (finding,) = explore_tlb([find_law("L4")], changes={"restore": restore_early}).findings
    assert finding.because.split("; ") == [
        "on 1 core, 2 pages, 1 space, 2 frames, 1 identifier: page 0 is entered, with frame 0",
        "space 0 gets identifier 0",
        "core 0 switches to space 0 and keeps what it remembers",
        "core 0 remembers page 0",
        "the entry of page 0 is made invalid, every core owes a flush",
        "the shootdown is done, the entry is valid again",
    ]
