"""Contracts by name: what they know, and what they tell who asks for something else."""

import attrs
import pytest

from pagelaw.spec import geometries
from pagelaw.spec.contracts.arena import Arena, Capabilities, ContractError
from pagelaw.spec.contracts.calls import Allocate
from pagelaw.spec.contracts.paging_arena import Map, PagingArena, PagingCapabilities
from pagelaw.spec.contracts.registry import FRAMES, TRANSLATION, contract_named
from pagelaw.spec.geometries import BUILT_IN, Geometry, GeometryError, geometry_named, register


def test_calls_by_name() -> None:
    """Each contract has its own calls."""
    assert FRAMES.call_named("allocate") is Allocate
    assert TRANSLATION.call_named("map") is Map
    with pytest.raises(ContractError, match="unknown call 'map'; the contract frames has allocate, free"):
        FRAMES.call_named("map")


def test_contracts_by_name() -> None:
    """An unknown one is answered with those there are."""
    assert contract_named("translation") is TRANSLATION
    with pytest.raises(ContractError, match="'pager'; there are frames, translation, heap, space"):
        contract_named("pager")


def test_what_a_target_does_not_declare() -> None:
    """An arena may need more than a target declares: each lacking part is named."""
    assert FRAMES.lacking(Arena(16, 4), Capabilities()) == ""
    assert FRAMES.lacking(Arena(16, 4, start=8), Capabilities()) == "start"
    sv39 = PagingArena("sv39", 16, cores=2)
    assert TRANSLATION.lacking(sv39, PagingCapabilities(geometries=("sv39",), cores=2)) == ""
    assert TRANSLATION.lacking(sv39, PagingCapabilities(geometries=("pae",))) == "the geometry sv39, so many cores"


def test_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every geometry there is, a user's own first and the most common one next."""
    monkeypatch.setattr(geometries, "_REGISTERED", {})
    assert FRAMES.samples() == (Arena(16, 4), Arena(1, 0))
    names = [arena.geometry for arena in TRANSLATION.samples()]
    assert names[0] == "x86-64"
    assert sorted(names) == sorted(geometry.name for geometry in BUILT_IN)
    register(Geometry(name="mine", title="one table", index_bits=(9,)))
    assert [arena.geometry for arena in TRANSLATION.samples()] == ["mine", *names]


def test_what_not_everybody_knows_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """The description of a geometry that is not built in; who reads it knows it from then on."""
    monkeypatch.setattr(geometries, "_REGISTERED", {})
    assert FRAMES.explained(Arena(16, 4)) == TRANSLATION.explained(PagingArena("sv39", 4)) == {}
    mine = register(Geometry(name="mine", title="one table", index_bits=(9,)))
    said = TRANSLATION.explained(PagingArena("mine", 4))
    assert said.keys() == {"description"}
    monkeypatch.setattr(geometries, "_REGISTERED", {})
    FRAMES.understand(said)
    TRANSLATION.understand({})
    with pytest.raises(GeometryError, match="no geometry is called 'mine'"):
        geometry_named("mine")
    TRANSLATION.understand(said)
    assert geometry_named("mine") == mine
    with pytest.raises(GeometryError, match="another dirty"):
        register(attrs.evolve(mine, dirty=0))
