"""Frames that are mapped more than once, whatever the levels of the leaves."""

import pytest

from pagelaw.spec.contracts.spaces import Mapping, Spaces, is_mapped_twice, rules_of

RULES = rules_of("x86-64")


@pytest.mark.parametrize(
    ("owners", "leaf", "twice"),
    [
        ({(512, 0): 1}, (512, 0), False),
        ({(512, 0): 2}, (512, 0), True),
        ({(513, 0): 1, (512, 1): 1}, (513, 0), True),
        ({(1023, 0): 1, (0, 2): 1}, (1023, 0), True),
        ({(1024, 0): 1, (512, 1): 1}, (1024, 0), False),
        ({(512, 1): 1, (700, 0): 1}, (512, 1), True),
        ({(512, 1): 1, (1024, 0): 1, (511, 0): 1}, (512, 1), False),
    ],
)
def test_leaves_that_share_a_frame(owners: dict[tuple[int, int], int], leaf: tuple[int, int], twice: bool) -> None:
    """Another leaf of the same block, a larger one around it, or a smaller one inside."""
    spaces = Spaces(owners=owners)
    assert is_mapped_twice(spaces, RULES, Mapping(*leaf, "rw", False)) is twice
