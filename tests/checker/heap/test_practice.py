"""The practice of heaps: plans, sessions, stories, stakes and what a shorter story looks like."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from pagelaw.checker.campaign import Campaign
from pagelaw.checker.check import check
from pagelaw.checker.choices import Bytes, Chance
from pagelaw.checker.heap import draw, judges, stake
from pagelaw.checker.heap.plan import Of, bare, plan_of, without
from pagelaw.checker.heap.practice import HEAP
from pagelaw.checker.heap.session import Session, Tally
from pagelaw.checker.plan import Plan
from pagelaw.checker.practice import tell
from pagelaw.checker.report import blocks
from pagelaw.checker.targets.inside import InsideTarget
from pagelaw.checker.trace import Step, Trace
from pagelaw.checker.verdict import Verdict
from pagelaw.model.heap import FirstFit
from pagelaw.spec import heap_laws  # noqa: F401 - registers the laws
from pagelaw.spec.contracts import Returned
from pagelaw.spec.contracts.heap_arena import (
    Aligned,
    Allocate,
    Calloc,
    Free,
    HeapArena,
    HeapCapabilities,
    Read,
    Reallocate,
    Usable,
    Write,
)
from pagelaw.spec.law import laws_of, select_laws

ARENA = HeapArena(256)
LAWS = select_laws("heap", ())


class Leaky(FirstFit):
    """Every eighth block is never given back."""

    freed = 0

    def free(self, address: int) -> None:
        """Forget some."""
        self.freed += 1
        if self.freed % 8:
            super().free(address)
        else:
            self._block(0, address)
            del self._regions[0].live[address]


def target(factory: Any = FirstFit) -> InsideTarget:
    """A heap in this process."""
    return InsideTarget(factory.__name__, factory, "heap")


@pytest.fixture
def session() -> Iterator[Session]:
    """The reference heap in a small arena."""
    made = target()
    relation = HEAP.contract.relation(ARENA, made.capabilities)
    opened = Session(relation, made.open(ARENA))
    yield opened
    opened.close()


def test_requests_speak_of_earlier_ones(session: Session) -> None:
    """What was not given is no call; a block that moved is spoken of by the request that moved it."""
    session.perform(
        [
            Allocate(16),
            Of(Write(0, "abcd"), 0, 4),
            Allocate(16),
            Of(Reallocate(0, 40), 0),
            Of(Read(0, 2), 3, 4),
            Of(Free(0), 3),
            Of(Free(0), 3),
            Allocate(4096),
            Of(Free(0), 7),
            Of(Read(0, 2), 3),
            Of(Free(0), 0, -1),
        ]
    )
    assert [call for call, _ in session.history] == [
        Allocate(16),
        Write(4, "abcd"),
        Allocate(16),
        Reallocate(0, 40),
        Read(36, 2),
        Free(32),
        Free(32),
        Allocate(4096),
    ]
    assert session.held == {2: 16}
    assert session.breaches == []
    tally = session.tally
    assert (tally.granted, tally.exhausted, tally.freed, tally.illegal, tally.resized) == (3, 1, 1, 1, 1)
    assert tally.read == 2


def test_a_plan_survives_a_trace(session: Session) -> None:
    """A trace gives the plan again; what is left out takes along what speaks of it."""
    requests = [Allocate(16), Of(Write(0, "abcd"), 0, 4), Allocate(8), Of(Reallocate(0, 40), 0), Of(Free(0), 3, 8)]
    session.perform(requests)
    plan = plan_of(session.trace())
    assert plan == Plan(ARENA, requests)
    assert without(plan, {1}).requests == (Allocate(16), Allocate(8), Of(Reallocate(0, 40), 0), Of(Free(0), 2, 8))
    assert without(plan, {0}).requests == (Allocate(8),)
    unknown = Trace(ARENA, [Step(Allocate(8)), Step(Free(64), None, 0)], contract="heap")
    assert plan_of(unknown).requests == (Allocate(8), Free(64))
    assert bare(requests[1]) == Write(0, "abcd")


def test_simpler_stories() -> None:
    """Calls become plainer, sizes and arenas smaller, and nothing grows."""
    assert list(HEAP.simpler(Calloc(2, 8), ARENA)) == [Allocate(16)]
    assert list(HEAP.simpler(Aligned(64, 1), ARENA)) == [Allocate(1), Aligned(64, 0)]
    assert Of(Reallocate(0, 16), 3) in list(HEAP.simpler(Of(Reallocate(0, 20), 3), ARENA))
    assert list(HEAP.simpler(Of(Write(0, "abcd"), 0), ARENA)) == [Of(Write(0, "ab"), 0)]
    assert list(HEAP.simpler(Of(Read(0, 9), 0), ARENA)) == [Of(Read(0, 1), 0)]
    assert list(HEAP.simpler(Of(Free(0), 0), ARENA)) == []
    assert [plan.arena.size for plan in HEAP.smaller(Plan(ARENA, ()))] == [64, 128]
    assert HEAP.is_look(Of(Usable(0), 0))
    assert not HEAP.is_look(Allocate(1))
    assert HEAP.described(ARENA) == HEAP.sizes([ARENA]) == "256 bytes"
    assert HEAP.sizes([ARENA, HeapArena(512)]) == "256 to 512 bytes"


def test_patterns_tell_blocks_apart() -> None:
    """No byte is zero, neighbours differ, and a piece is what it is in the whole."""
    whole = draw.pattern(3, 0, 300)
    assert "00" not in [whole[at : at + 2] for at in range(0, 600, 2)]
    assert whole[200:240] == draw.pattern(3, 100, 20)
    assert draw.pattern(4, 0, 16) != draw.pattern(3, 0, 16)
    assert draw.pieces(0) == []
    assert draw.pieces(300) == [(0, 64), (150, 64), (236, 64)]
    assert [request.offset for request in draw.cleared(0, 600)] == [0, 256, 512, 536]


def test_capacity_is_found_exactly(session: Session) -> None:
    """All of the arena, and nothing is left of the search."""
    assert draw.capacity(session) == 256
    assert session.held == {}


def test_every_kind_of_thing_is_drawn() -> None:
    """A drawn story of the reference heap puts every law at stake, whether from bytes or by chance."""
    campaign = Campaign(HEAP, target(), "random", capabilities=target().capabilities, seconds=30.0)
    judges.hunt(campaign, examples=40)
    judges.soak(campaign, calls=campaign.tally.calls + 3000)
    assert campaign.breaches == []
    assert [law.id for law in laws_of("heap") if not stake.cases_of(law.id, campaign.tally)] == []
    assert draw.draw_arena(Bytes(b""), HeapCapabilities(bounded=False)).size == 1024 << 6
    assert draw.draw_arena(Chance(random.Random(0)), HeapCapabilities(), frames=3).size == 3 << 12


def test_enumerate_finds_what_leaks_slowly_not_but_soak_does() -> None:
    """A leak at every eighth free is beyond short sequences, and not beyond long runs; the trace is short."""
    judged = check(target(Leaky), LAWS, contract="heap", budget=8.0, judges=("soak",))
    (found,) = judged[0].broken
    assert found.law == "H5"
    assert found.trace is not None
    assert len(found.trace.steps) <= 40
    assert tell(HEAP, plan_of(found.trace), target(Leaky)).breaches[0].law == "H5"
    assert blocks.draw(found.trace) == ["(no block is live before the last call)"]


def test_the_picture_of_a_heap(session: Session) -> None:
    """Each live block before the last call, with what it really has; nothing where the story cannot be told."""
    session.perform([Allocate(20), Of(Usable(0), 0), Allocate(8), Allocate(1)])
    assert blocks.draw(session.trace()) == [
        "0x0000000000000000        20 bytes, 32 usable",
        "0x0000000000000020         8 bytes",
    ]
    assert blocks.draw(Trace(ARENA, [Step(Allocate(8)), Step(Free(0))], contract="heap")) == []
    steps = [Step(Allocate(1), Returned(at * 16)) for at in range(18)]
    lines = blocks.draw(Trace(HeapArena(512), [*steps, Step(Free(0))], contract="heap"))
    assert len(lines) == 17
    assert lines[-1] == "... 2 more ..."


def test_what_was_never_at_stake_is_not_held() -> None:
    """Of a heap that gives nothing, and of one that was not asked, nothing is said to hold."""

    class Mean(FirstFit):
        def allocate_in(self, heap: int, size: int) -> int:
            raise MemoryError(size)

        def aligned(self, alignment: int, size: int) -> int:
            raise MemoryError(size)

    judged = check(target(Mean), LAWS, contract="heap", budget=1.0)
    assert not [found for judgement in judged for found in judgement.findings if found.verdict is Verdict.HOLDS]
    campaign = Campaign(HEAP, target(), "random")
    assert stake.reason_unknown("H1", campaign) == "the budget ended before the first call"
    campaign.tally = Tally(calls=1, granted=1)
    assert stake.reason_unknown("H3", campaign).startswith("never at stake: no block was given back")
    assert stake.reason_unknown("H7", campaign) == "never at stake"
    for law, stated in (
        ("H3", {}),
        ("H4", {}),
        ("H5", {"reclaims": "kept"}),
        ("H6", {"illegal_free": "undefined"}),
        ("H8", {}),
        ("H9", {"heaps": "global"}),
    ):
        assert HEAP.reason_not_judged(law, HeapCapabilities(**stated))
