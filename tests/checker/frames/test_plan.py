"""Plans: requests survive other answers, dropped requests, bytes of any kind and the way through a trace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagelaw.checker.frames.plan import (
    ARENA_BYTES,
    FreeOf,
    Plan,
    decode,
    decode_arena,
    displaced,
    linked,
    plan_of,
    without,
)
from pagelaw.checker.trace import Step, Trace
from pagelaw.spec.contracts import Allocate, Arena, Capabilities, Free, Probe, Refused, Returned

ARENA = Arena(8, 3)
EVERYTHING = Capabilities(start=True, reserved=True, barriers=True, probe=True)


def test_displaced_frees() -> None:
    """A displacement is added to the block given; what no caller can say is no call."""
    assert displaced(FreeOf(0, 1, -1), 8, 2) == Free(9, 1)
    assert displaced(FreeOf(0, -1), 0, 2) is None
    assert displaced(FreeOf(0, 0, -1), 8, 0) is None


def test_without_drops_the_frees_of_what_is_dropped() -> None:
    """References move along; a free of a dropped allocate goes too."""
    plan = Plan(ARENA, (Allocate(0), Allocate(1), FreeOf(0), FreeOf(1, 1), Probe(), FreeOf(1)))
    assert without(plan, {0}).requests == (Allocate(1), FreeOf(0, 1), Probe(), FreeOf(0))
    assert without(plan, {1, 4}).requests == (Allocate(0), FreeOf(0))
    assert without(plan, ()) == plan


def test_plan_of_a_trace_keeps_displacements() -> None:
    """Offset and order of a free are taken relative to the block of the call that it refers to."""
    steps = (
        Step(Allocate(2), Returned(4)),
        Step(Free(5, 1), Refused("illegal"), 0),
        Step(Free(4, 2), Returned(None), 0),
        Step(Free(99, 0), Refused("illegal")),
    )
    plan = plan_of(Trace(ARENA, steps))
    assert plan.requests == (Allocate(2), FreeOf(0, 1, -1), FreeOf(0), Free(99, 0))


def test_plan_of_a_trace_without_answers() -> None:
    """Where no answer is known, a free is taken as undisplaced."""
    assert plan_of(Trace(ARENA, (Step(Allocate(1)), Step(Free(6, 1), None, 0)))).requests[1] == FreeOf(0)


def test_linked_finds_the_latest_owner() -> None:
    """A free belongs to the latest allocate whose block contained its frame; one outside belongs to none."""
    calls = (Allocate(1), Free(4, 1), Allocate(0), Free(4, 0), Free(5, 0), Free(7, 0))
    answers = (Returned(4), Returned(None), Returned(4), Returned(None), Refused("illegal"), Refused("illegal"))
    assert [step.of for step in linked(calls, answers)] == [None, 0, None, 2, 0, None]


@given(st.binary(max_size=ARENA_BYTES), st.sampled_from([EVERYTHING, Capabilities(), Capabilities(alignment="arena")]))
def test_any_bytes_are_an_arena_within_the_capabilities(data: bytes, capabilities: Capabilities) -> None:
    """No arena asks for what the target does not declare."""
    arena = decode_arena(data, capabilities)
    assert 1 <= arena.frames <= 64
    assert capabilities.start or arena.start == 0
    assert capabilities.reserved or not arena.reserved
    assert capabilities.barriers or not arena.barriers
    assert arena.relative == (capabilities.alignment == "arena")


def test_arenas_are_of_every_kind() -> None:
    """All sizes from 1 to 64 come, odd ones, another start, holes and barriers."""
    arenas = [
        decode_arena(bytes([size, order, 99, 130, 5, 120, 7]), EVERYTHING) for size in range(256) for order in (3, 200)
    ]
    assert {arena.frames for arena in arenas} == set(range(1, 65))
    assert any(arena.reserved for arena in arenas)
    assert any(arena.barriers for arena in arenas)
    assert all(arena.start == 99 % 16 for arena in arenas)
    assert decode_arena(bytes(7), EVERYTHING, frames=100).frames == 100


@given(st.binary(max_size=400))
def test_any_bytes_are_a_plan(data: bytes) -> None:
    """Frees refer to allocates before them, and numbers are such as a caller can say."""
    plan = decode(data, ARENA, EVERYTHING)
    for index, request in enumerate(plan.requests):
        if isinstance(request, FreeOf):
            assert request.of < index
            assert isinstance(plan.requests[request.of], Allocate)
        elif isinstance(request, Free):
            assert request.frame >= 0
            assert request.order >= 0


@given(st.binary(max_size=400))
def test_undefined_frees_are_not_planned(data: bytes) -> None:
    """Where an illegal free is undefined, each block is freed at most once and as it was given."""
    frees = [
        request
        for request in decode(data, ARENA, Capabilities(illegal_free="undefined")).requests
        if not isinstance(request, Allocate)
    ]
    assert all(isinstance(free, FreeOf) and not free.offset and not free.delta for free in frees)
    assert len(frees) == len(set(frees))


@pytest.mark.parametrize("kind", [FreeOf, Free, Allocate])
def test_decoded_plans_have_every_kind_of_request(kind: type) -> None:
    """Frees by number, displaced frees and allocates all come up within a few hundred bytes."""
    requests = decode(bytes((7 * n + n // 256 * 31) % 256 for n in range(2000)), ARENA, EVERYTHING).requests
    assert any(isinstance(request, kind) for request in requests)
    assert any(isinstance(request, FreeOf) and (request.offset or request.delta) for request in requests)
