"""The small arenas: every position of a barrier and a hole is among them."""

from pagelaw.checker.explore import small
from pagelaw.checker.explore.buddy import POLICIES


def test_every_barrier_and_every_hole_is_tried():
    """At 8 frames: each position alone, under the relation and under the usual policy."""
    for policy in ("any", "smallest-lower"):
        arenas = [arena for arena, chosen in small.variants(8) if chosen == policy]
        assert {arena.barriers[0] for arena in arenas if len(arena.barriers) == 1} == set(range(1, 8))
        assert {min(arena.reserved) for arena in arenas if len(arena.reserved) == 1} == set(range(8))
        assert {arena.frames for arena in arenas} == {5, 6, 7, 8}
        assert {arena.max_order for arena in arenas} == {0, 1, 2, 3}


def test_every_policy_is_explored():
    """No policy without a system."""
    assert {policy for _, policy in small.variants(4)} == set(POLICIES)


def test_every_frame_count_is_initialised():
    """Each from 1 up, under every largest order that fits a word; barriers up to the size asked for."""
    arenas = list(small.starting_arenas(16, 8))
    assert {(arena.frames, arena.max_order) for arena in arenas} == {(f, t) for f in range(1, 17) for t in range(5)}
    assert max(arena.frames for arena in arenas if arena.barriers) == 8


def test_lists_are_explored_with_either_half():
    """Lower and upper, with and without a barrier."""
    assert {upper for _, upper in small.listed_arenas()} == {False, True}
    assert any(arena.barriers for arena, _ in small.listed_arenas())
