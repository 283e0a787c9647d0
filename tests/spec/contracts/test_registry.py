"""Contracts by name: what they know, and what they tell who asks for something else."""

import pytest

from pagelaw.spec.contracts.arena import Arena, Capabilities, ContractError
from pagelaw.spec.contracts.calls import Allocate
from pagelaw.spec.contracts.paging_arena import Map, PagingArena, PagingCapabilities
from pagelaw.spec.contracts.registry import FRAMES, TRANSLATION, contract_named


def test_calls_by_name() -> None:
    """Each contract has its own calls."""
    assert FRAMES.call_named("allocate") is Allocate
    assert TRANSLATION.call_named("map") is Map
    with pytest.raises(ContractError, match="unknown call 'map'; the contract frames has allocate, free"):
        FRAMES.call_named("map")


def test_contracts_by_name() -> None:
    """An unknown one is answered with those there are."""
    assert contract_named("translation") is TRANSLATION
    with pytest.raises(ContractError, match="no contract is called 'pager'; there are frames, translation, heap, space"):
        contract_named("pager")


def test_what_a_target_does_not_declare() -> None:
    """An arena may need more than a target declares: each lacking part is named."""
    assert FRAMES.lacking(Arena(16, 4), Capabilities()) == ""
    assert FRAMES.lacking(Arena(16, 4, start=8), Capabilities()) == "start"
    sv39 = PagingArena("sv39", 16, cores=2)
    assert TRANSLATION.lacking(sv39, PagingCapabilities(geometries=("sv39",), cores=2)) == ""
    assert TRANSLATION.lacking(sv39, PagingCapabilities(geometries=("pae",))) == "the geometry sv39, so many cores"
