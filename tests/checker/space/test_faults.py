"""Counts of faults under judgement: those of the model hold, and one that is counted wrongly is found."""

from __future__ import annotations

import random

import pytest

from pagelaw.checker.check import check
from pagelaw.checker.choices import Chance
from pagelaw.checker.space.draw import Drawer
from pagelaw.checker.space.session import Session
from pagelaw.checker.targets.inside import InsideTarget
from pagelaw.model.linux_process import SHARED
from pagelaw.model.linux_space import LinuxSpace
from pagelaw.spec import access_laws, page_laws, region_laws, sharing_laws, space_laws, stack_laws  # noqa: F401
from pagelaw.spec.contracts.space.arena import PAGE, SpaceArena
from pagelaw.spec.contracts.space.calls import Create, Faults, Mmap, Read, Write
from pagelaw.spec.contracts.space.relation import SpaceContract
from pagelaw.spec.law import laws_of
from pagelaw.spec.regions import BACKED

BASE = 1 << 30


class CountsHits(LinuxSpace):
    """A write that finds its page in memory is a fault, too."""

    def write(self, process, address, value):
        before = self.faults(process)
        super().write(process, address, value)
        self._process(process).faults = before + 1


class CountsReads(LinuxSpace):
    """A read that finds its page in memory is a fault, too."""

    def read(self, process, address):
        before = self.faults(process)
        byte = super().read(process, address)
        self._process(process).faults = before + 1
        return byte


class CountsNoCopies(LinuxSpace):
    """A copy is not counted."""

    def write(self, process, address, value):
        space = self._process(process)
        before, backed = space.faults, self._page(address) in space.backed
        super().write(process, address, value)
        space.faults = before if backed else space.faults


class CountsCopiesTwice(LinuxSpace):
    """The page of a file that is written first is brought in by one fault, and copied by another."""

    def write(self, process, address, value):
        space = self._process(process)
        there = self._page(address) in space.backed
        super().write(process, address, value)
        kind = space.kind_at(self._page(address))
        space.faults += bool(kind & BACKED) and not there and not kind & SHARED


class ForgetsWhatIsNear(LinuxSpace):
    """Protecting a page takes it away: the next access brings it in again."""

    def mprotect(self, process, address, length, rights):
        super().mprotect(process, address, length, rights)
        self._process(process).faults += bool(length)


class CountsViolations(LinuxSpace):
    """An access that is denied is a fault that was served."""

    def read(self, process, address):
        try:
            return super().read(process, address)
        except PermissionError:
            self._process(process).faults += 1
            raise


class InheritsTheCount(LinuxSpace):
    """A child begins where its parent was."""

    def fork(self, process, child):
        super().fork(process, child)
        self._process(child).faults = self.faults(process)


BUGS = (
    CountsHits,
    CountsReads,
    CountsNoCopies,
    CountsCopiesTwice,
    ForgetsWhatIsNear,
    CountsViolations,
    InheritsTheCount,
)


@pytest.mark.parametrize("bug", BUGS)
def test_a_wrong_count_is_found(bug):
    """It breaks the law of what is served, with a short story."""
    target = InsideTarget("planted", bug, "space")
    (judgement,) = check(target, laws_of("space"), contract="space", budget=6.0, judges=("enumerate",))
    (finding,) = judgement.broken
    assert finding.law == "V12"
    assert "faults were counted" in finding.because
    assert len(finding.trace.steps) <= 7


def test_the_model_counts_right_wherever_it_is_asked():
    """In a thousand drawn calls, with looks in between; the call is drawn as well as made by looks."""
    target = InsideTarget("model", LinuxSpace, "space")
    arena = SpaceArena("linux", 8, frames=3)
    session = Session(SpaceContract(arena, target.capabilities), target.open(arena), probe_every=3)
    drawer = Drawer(arena, target.capabilities, Chance(random.Random(4)))
    drawn = 0
    for _ in range(1000):
        call = drawer.draw(session.memory)
        drawn += isinstance(call, Faults)
        session.perform([call])
    assert session.breaches == []
    assert 0 < drawn < session.tally.done["faults"]


def test_faults_are_no_sight_that_stays_the_same():
    """A count that grows by a hit is not blamed on the violation that came before it."""
    target = InsideTarget("planted", CountsReads, "space")
    arena = SpaceArena("linux", 4)
    session = Session(SpaceContract(arena, target.capabilities), target.open(arena))
    given = Mmap(1, BASE, PAGE, "rw", False, True, -1, 0)
    session.perform([Create(1), given, Write(1, BASE, 1), Faults(1), Read(1, BASE + PAGE), Read(1, BASE)])
    (breach,) = session.perform([Faults(1)])
    assert (breach.law, breach.because[:21]) == ("V12", "2 faults were counted")
