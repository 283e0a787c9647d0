"""Arenas and capabilities of address spaces: what they may be."""

import pytest

from pagelaw.spec.contracts import ContractError
from pagelaw.spec.contracts.registry import SPACE
from pagelaw.spec.contracts.space.arena import LAST_ADDRESS, PAGE, SpaceArena, SpaceCapabilities


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"dialect": "plan9"}, "windows and linux"),
        ({"pages": 0}, "pages must be a whole number"),
        ({"pages": True}, "pages must be a whole number"),
        ({"base": 4096}, "multiple of 0x10000"),
        ({"base": LAST_ADDRESS - 0xFFFF, "pages": 17}, "more than an address can name"),
        ({"frames": -1}, "frames must be"),
    ],
)
def test_what_no_arena_is(fields, says):
    with pytest.raises(ContractError, match=says):
        SpaceArena(**({"dialect": "linux", "pages": 4} | fields))


def test_a_window_may_end_with_the_last_address():
    arena = SpaceArena("linux", 16, base=LAST_ADDRESS - 0xFFFF)
    assert arena.end == LAST_ADDRESS + 1 == arena.base + 16 * PAGE


@pytest.mark.parametrize(("name", "value"), [("overcommit", "sometimes"), ("dialects", ("plan9",)), ("processes", 0)])
def test_what_no_target_declares(name, value):
    with pytest.raises(ContractError):
        SpaceCapabilities(**{name: value})


@pytest.mark.parametrize(
    ("fields", "declared", "lacking"),
    [
        ({}, {}, "the dialect linux"),
        ({}, {"dialects": ("linux",)}, ""),
        ({"frames": 3}, {"dialects": ("linux",)}, "frames"),
        ({"frames": 3}, {"dialects": ("linux",), "frames": True}, ""),
    ],
)
def test_what_an_arena_asks_for(fields, declared, lacking):
    assert SPACE.lacking(SpaceArena("linux", 4, **fields), SpaceCapabilities(**declared)) == lacking
