"""The judges of heaps.

enumerate   every short sequence of requests in small arenas, blocks filled and read, and all given back
random      drawn stories in arenas of up to sixteen pages
soak        long runs in larger arenas, filled to the brim and drained again and again
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count

from ...spec.contracts.heap_arena import (
    Aligned,
    Allocate,
    AllocateIn,
    Calloc,
    Create,
    Free,
    FreeIn,
    HeapArena,
    HeapCapabilities,
    Reallocate,
    Usable,
)
from ..campaign import Campaign
from ..choices import Bytes, Chance
from .draw import Drawer, arena_of, capacity, cleared, draw_arena, filled, looked_at
from .plan import Of
from .session import Session

#: Arenas in which every short sequence is tried, two of them, and how long the longest are.
_SMALL = (256, 1024, 4096, 16384, 65536)
_LONGEST = 5
#: How many bytes the examples have; a step takes some ten.
_LENGTHS = (300, 800, 2000)
#: Arenas of the long runs in turn; calls in each, and from draining to draining.
_LARGE = (1 << 16, 4096, 1 << 20, 1 << 13)
_CALLS_PER_ARENA = 4000
_DRAIN_EVERY = 800
_MOODS = (4, 7, 9, 12, 15)

#: One thing that is done: what, to which of the blocks that are live, and how large.
Move = tuple[str, int, int]


# -- every short sequence ----------------------------------------------------------------------------------------


def enumerate_target(campaign: Campaign, *, frames: int | None = None) -> None:
    """All sequences of moves, the shorter ones first, as far as the budget goes."""
    arenas = _arenas(campaign, frames)
    campaign.counts["sequences"] = 0
    for length in range(1, _LONGEST + 1):
        for arena, largest in arenas.items():
            for moves in _sequences(campaign.capabilities, arena, length):
                if campaign.over:
                    if campaign.trace is None:
                        campaign.leave_out(f"the budget ended among the sequences of {length} moves")
                    return
                with campaign.session(arena) as session:
                    if session is None:
                        break
                    session.perform(_story(moves, largest))
                campaign.counts["sequences"] += 1
                if campaign.counts["sequences"] % 256 == 0:
                    campaign.report()


def _arenas(campaign: Campaign, frames: int | None) -> dict[HeapArena, int]:
    """The two smallest arenas in which there is room for anything, with the largest block of each."""
    sizes = dict.fromkeys(arena_of(size, campaign.capabilities, frames=frames) for size in _SMALL)
    arenas: dict[HeapArena, int] = {}
    for arena in sizes:
        largest = _capacity(campaign, arena)
        offered = campaign.capabilities
        if largest or not offered.bounded or offered.reclaims == "kept" or arena is [*sizes][-1]:
            arenas[arena] = largest
        if len(arenas) == 2 or campaign.over:
            break
    return arenas


def _capacity(campaign: Campaign, arena: HeapArena) -> int:
    if campaign.trace is not None:
        return 0
    with campaign.session(arena) as session:
        return 0 if session is None else capacity(session)


def _sequences(offered: HeapCapabilities, arena: HeapArena, length: int) -> Iterator[tuple[Move, ...]]:
    """Sequences of this many moves; which blocks there are to free follows from the moves before."""

    def extend(moves: tuple[Move, ...], live: int) -> Iterator[tuple[Move, ...]]:
        if len(moves) == length:
            yield moves
            return
        for move in _moves(offered, arena, live):
            change = {"free": -1, "twice": -1, "resize": 0, "usable": 0, "inside": 0, "foreign": 0}.get(move[0], 1)
            yield from extend((*moves, move), live + change)

    return extend((), 0)


def _moves(offered: HeapCapabilities, arena: HeapArena, live: int) -> Iterator[Move]:
    half = arena.size // 2
    yield from (("allocate", 0, size) for size in (21, half - 64, 0, arena.size - 40, 2**64 - 8))
    for which in sorted({0, live - 1} & set(range(live))):
        yield "free", which, 0
        if offered.illegal_free == "refused":
            yield "twice", which, 0
            if not which:
                yield "inside", which, 0
        if offered.reallocate:
            yield from (("resize", which, size) for size in (9, 121))
        if offered.usable and not which:
            yield "usable", which, 0
    if offered.calloc:
        yield "calloc", 0, 40
        yield "overflow", 0, 48
    if offered.aligned:
        yield "aligned", 0, 64
    if offered.heaps != "none" and offered.illegal_free == "refused" and live:
        yield "foreign", live - 1, 0


def _story(moves: tuple[Move, ...], largest: int) -> list[object]:
    """The requests of the moves; then every block is read and given back, and the largest asked for again."""
    story: list[object] = [Allocate(largest), Of(Free(0), 0)] if largest else []
    live: list[tuple[int, int]] = []
    for kind, which, size in moves:
        number = len(story)
        if kind in ("free", "twice"):
            given, had = live.pop(which)
            story += [*looked_at(given, had), *[Of(Free(0), given)] * (1 + (kind == "twice"))]
        elif kind == "inside":
            given, had = live[which]
            story += [*[Of(Free(0), given, offset) for offset in (1, 8, 16)], *looked_at(given, had)]
        elif kind == "usable":
            story.append(Of(Usable(0), live[which][0]))
        elif kind == "foreign":
            story += [Create(1, 128), AllocateIn(1, 16), Of(FreeIn(1, 0), live[which][0])]
        elif kind == "resize":
            given, had = live[which]
            story.append(Of(Reallocate(0, size), given))
            live[which] = number, size
            story += [*looked_at(number, min(had, size)), *filled(number, size)]
        else:
            call = {
                "allocate": Allocate(size),
                "calloc": Calloc(8, size // 8),
                "overflow": Calloc(2**60 + 1, 16),
                "aligned": Aligned(128, size),
            }[kind]
            live.append((number, size if size < 2**20 else 0))
            story += [call, *(cleared(number, size) if kind == "calloc" else ()), *filled(number, live[-1][1])]
    for given, had in live:
        story += [*looked_at(given, had), Of(Free(0), given)]
    return [*story, Allocate(largest)] if largest else story


# -- drawn stories -----------------------------------------------------------------------------------------------


def hunt(campaign: Campaign, *, examples: int, frames: int | None = None) -> None:
    """Up to `examples` stories that Hypothesis draws; `frames` fixes the pages of the arenas."""
    from ..hunting import hunt_bytes  # Hypothesis is loaded only where it draws

    def judge(data: bytes) -> None:
        choices = Bytes(data)
        arena = draw_arena(choices, campaign.capabilities, frames=frames)
        with campaign.session(arena) as session:
            if session is not None:
                _live_through(campaign, session, choices)

    hunt_bytes(campaign, judge, lengths=_LENGTHS, examples=examples)


def _live_through(campaign: Campaign, session: Session, choices: Bytes) -> None:
    drawer = Drawer(session, choices)
    drawer.begin()
    while not (choices.spent or session.breaches or campaign.over):
        drawer.step()
    drawer.drain()


# -- long runs ---------------------------------------------------------------------------------------------------


def soak(campaign: Campaign, *, calls: int, frames: int | None = None) -> None:
    """Up to `calls` calls within the budget of the campaign; `frames` fixes the pages of the arenas."""
    chance = random.Random(f"soak {campaign.seed}")
    for turn in count():
        left = calls - campaign.tally.calls
        if campaign.over or left <= 0:
            break
        arena = arena_of(_LARGE[turn % len(_LARGE)], campaign.capabilities, frames=frames)
        with campaign.session(arena) as session:
            if session is None:
                break
            _run(campaign, session, chance, min(left, _CALLS_PER_ARENA))
    if campaign.trace is None and campaign.tally.calls < calls:
        why = "an arena was not opened" if campaign.unopened else "the budget ended"
        campaign.leave_out(f"{why} after {campaign.tally.calls} of {calls} calls")


def _run(campaign: Campaign, session: Session, chance: random.Random, calls: int) -> None:
    drawer, drained = Drawer(session, Chance(chance)), 0
    drawer.begin()
    while session.calls < calls and not session.breaches and not campaign.over:
        drawer.step()
        if chance.random() < 0.02:
            drawer.filling = chance.choice(_MOODS)
            campaign.report()
        if session.calls - drained >= _DRAIN_EVERY:
            drawer.drain()
            drained = session.calls
    drawer.drain()
