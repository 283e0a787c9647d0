"""Arenas and capabilities: what they derive, and what they refuse."""

import pytest

from pagelaw.spec.contracts import POLICIES, Arena, Capabilities, ContractError
from pagelaw.spec.law import find_law


def test_base_and_end() -> None:
    """Blocks are aligned to frame 0, unless the arena is relative to its start."""
    arena = Arena(10, 3, start=13, reserved=(14, 20), barriers=(16, 20, 16))
    assert (arena.base, arena.end) == (8, 23)
    assert Arena(10, 3, start=13, relative=True).base == 13
    assert list(arena.usable()) == [13, 15, 16, 17, 18, 19, 21, 22]
    assert arena.barriers == (16, 20)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"frames": 0}, "frames must be a whole number of at least 1, not 0"),
        ({"frames": 2.0}, r"frames must be a whole number of at least 1, not 2\.0"),
        ({"frames": True}, "frames must be a whole number"),
        ({"max_order": -1}, "max_order must be a whole number of at least 0"),
        ({"max_order": 11}, "max_order must be at most 10, not 11"),
        ({"start": -1}, "start must be a whole number of at least 0"),
        ({"reserved": (8,)}, "frame 8 is outside the arena, frames 0 to 7"),
        ({"start": 4, "barriers": (3,)}, "frame 3 is outside the arena, frames 4 to 11"),
    ],
)
def test_arenas_that_cannot_be(settings: dict[str, object], message: str) -> None:
    """Each refusal says which value is wrong, and what it must be."""
    with pytest.raises(ContractError, match=message):
        Arena(**{"frames": 8, "max_order": 3, **settings})  # type: ignore[arg-type]


def test_capabilities() -> None:
    """The defaults are those of a plain allocator; unknown words are refused by name."""
    assert Capabilities().merging == "eager"
    assert Capabilities(keeps=(3, 1), policies=["lower-half"]).keeps == (1, 3)  # type: ignore[arg-type]
    for name, choices in (
        ("alignment", "absolute, arena"),
        ("merging", "eager, lazy"),
        ("illegal_free", "refused, ignored, undefined"),
    ):
        with pytest.raises(ContractError, match=f"{name} must be one of {choices}, not 'odd'"):
            Capabilities(**{name: "odd"})
    with pytest.raises(ContractError, match="unknown policy 'best-half'; pagelaw knows smallest-sufficient, lowest"):
        Capabilities(policies=("best-half",))


def test_every_policy_is_a_law() -> None:
    """A claim of a policy is held to a law of that name."""
    assert {name: find_law(law).name for name, law in POLICIES.items()} == {name: name for name in POLICIES}
