"""Drawn calls and arenas: legal and illegal ones of every kind, at the ends and seams of the addresses."""

import random
from collections import Counter

import pytest

from pagelaw.checker.choices import Bytes, Chance
from pagelaw.checker.translation.draw import Drawer, draw_arena
from pagelaw.checker.translation.terrain import terrain_of
from pagelaw.spec.contracts import Returned
from pagelaw.spec.contracts.paging_arena import Map, PagingArena, PagingCapabilities
from pagelaw.spec.contracts.translation import TranslationContract
from pagelaw.spec.geometries import BUILT_IN

ALL = PagingCapabilities(
    geometries=tuple(geometry.name for geometry in BUILT_IN), cores=4, levels=4, copies=True, splits=True
)


@pytest.mark.parametrize("geometry", [geometry.name for geometry in BUILT_IN])
def test_every_outcome_is_drawn(geometry) -> None:
    """With answers as the contract wants them, calls are drawn that are done, and such that are refused."""
    contract = TranslationContract(PagingArena(geometry, 40, 2), ALL)
    drawer = Drawer(terrain_of(contract.arena, ALL), ALL, Chance(random.Random(geometry)))
    often = {"map", "unmap", "protect", "translate"}
    state, seen = contract.initial(), Counter()
    for _ in range(1000):
        call = drawer.draw(state)
        if not contract.may_ask(state, call):
            continue
        refused = "" not in contract.refusals(state, call)
        seen[call.name, refused] += 1
        if not refused:
            state = contract.after(state, call, Returned(None))
    assert {name for name, refused in seen if not refused} >= {*often, "create", "drop", "switch", "copy"}
    assert {name for name, refused in seen if refused} >= often


@pytest.mark.parametrize("geometry", [geometry.name for geometry in BUILT_IN])
def test_the_terrain_has_both_ends(geometry) -> None:
    """The first page, the last of all, and both sides of the hole where there is one; strange ones are none."""
    terrain = terrain_of(PagingArena(geometry, 8), ALL)
    paging = terrain.rules.paging
    for level in terrain.levels:
        places, span = terrain.addresses(level), terrain.rules.span(level)
        assert places[0] == 0
        assert all(end - span in places for end in terrain.ends())
        assert all(paging.is_range(place, span) and place % span == 0 for place in places)
        strange = terrain.strange_addresses(level)
        assert all(place % span or not paging.is_range(place, span) for place in strange)
        assert all(frame % terrain.rules.size(level) == 0 and frame >= 8 for frame in terrain.frames(level))
    assert terrain.half not in terrain.addresses(0)


def test_bytes_are_choices() -> None:
    """Two bytes a choice; what is not there counts as zero."""
    choices = Bytes(bytes([7, 0, 0, 1, 9]))
    assert [choices.below(100), choices.below(1000)] == [7, 256]
    assert not choices.spent
    assert [choices.below(4), choices.below(4), choices.spent] == [1, 0, True]


def test_arenas_keep_to_what_is_declared() -> None:
    """Geometries and cores are those of the target; the table frames can be fixed."""
    few = PagingCapabilities(geometries=("sv39",), cores=1, keeps=2)
    arenas = [draw_arena(Chance(random.Random(seed)), few) for seed in range(50)]
    assert {(arena.geometry, arena.cores) for arena in arenas} == {("sv39", 1)}
    assert min(arena.frames for arena in arenas) == 3
    assert draw_arena(Bytes(b""), ALL, frames=77).frames == 77


def test_no_huge_leaves_where_the_target_makes_none() -> None:
    """What a target does not have comes up as an illegal call only."""
    contract = TranslationContract(PagingArena("x86-64", 16), PagingCapabilities())
    drawer = Drawer(terrain_of(contract.arena, contract.capabilities), contract.capabilities, Chance(random.Random(1)))
    state = contract.after(contract.initial(), drawer.draw(contract.initial()), Returned(None))
    drawn = [drawer.draw(state) for _ in range(800)]
    assert not {"copy", "split"} & {call.name for call in drawn if contract.is_legal(state, call)}
    assert all("" not in contract.refusals(state, call) for call in drawn if isinstance(call, Map) and call.level)
