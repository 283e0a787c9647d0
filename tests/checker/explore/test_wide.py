"""Two words and keys up to swapping buddies: exact counts, and every key tells its state."""

import itertools

import pytest

from pagelaw.checker.explore import wide
from pagelaw.checker.explore.buddy import BuddySystem, Code
from pagelaw.model.fast import backend
from pagelaw.spec.contracts import Arena

needs_compiler = pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")
NONE, RESERVED, LIVE = 15, 7, 8


@pytest.fixture(scope="module")
def plain():
    return Code(symmetry=True, plain=True)


@pytest.mark.nightly
@needs_compiler
def test_known_counts_up_to_swapping_buddies():
    """a(n + 1) = a(n)(a(n) + 1)/2 + 1: 2 279 states of 16 frames, 2 598 061 of 32, with both threads."""
    code = Code(symmetry=True)
    assert BuddySystem(Arena(16, 4), code=code).search(threads=2).states == 2_279
    found = BuddySystem(Arena(32, 5), code=code).search(threads=2, expected=2_600_000)
    assert (found.states, found.transitions, found.depth) == (2_598_061, 56_332_494, 46)


@pytest.mark.parametrize("arena", [Arena(8, 3), Arena(6, 2), Arena(7, 3), Arena(8, 3, reserved=[5])])
def test_one_state_stands_for_all_that_swapping_makes_equal(plain, arena):
    """As many as there are classes among all states, found by sorting each state's tree of blocks."""
    every = BuddySystem(arena, code=Code(plain=True)).search()
    classes = {_sorted_forest(every.keys(state), arena) for state in range(every.states)}
    found = BuddySystem(arena, code=plain).search()
    assert found.states == len(classes)
    if arena == Arena(8, 3):
        assert found.states == 67


def _sorted_forest(key, arena):
    room = -(-arena.frames >> arena.max_order) << arena.max_order
    heads = [key >> 4 * frame & 15 for frame in range(room)]
    return tuple(_sorted_tree(heads, at, arena.max_order) for at in range(0, room, 1 << arena.max_order))


def _sorted_tree(heads, frame, order):
    if heads[frame] in (order, LIVE + order) or order == 0:
        return str(heads[frame])
    halves = (_sorted_tree(heads, at, order - 1) for at in (frame, frame + (1 << order - 1)))
    return f"({' '.join(sorted(halves))})"


def _packed(heads):
    heads = heads + [RESERVED] * (32 - len(heads))
    words = [sum(head << 4 * at for at, head in enumerate(heads[first : first + 16])) for first in (0, 16)]
    return tuple(words)


@pytest.mark.parametrize("first", [0, 14, 16, 28])
def test_a_key_gives_its_heads_back(plain, first):
    """Free, live and reserved blocks, on either side of the middle."""
    setting = BuddySystem(Arena(32, 5), code=plain).plain_setting
    for block in ([0, LIVE, 0, RESERVED], [1, NONE, LIVE, 0], [LIVE + 2, NONE, NONE, NONE], [LIVE + 1, NONE, 1, NONE]):
        heads = _packed([RESERVED] * first + block)
        key = plain.keys.key_of(heads, setting, 0, setting.top)
        assert key != wide.NO_KEY
        assert plain.keys.heads_of(key) == heads


@pytest.mark.parametrize("block", [[1, 0, 0, 0], [0, NONE, 0, 0], [2, NONE, 1, NONE], [NONE] * 4, [3] + [NONE] * 3])
def test_blocks_that_do_not_fill_the_frames_have_no_key(plain, block):
    """Overlapping, missing and too long: a key could not tell, so there is none."""
    setting = BuddySystem(Arena(32, 5), code=plain).plain_setting
    assert plain.keys.key_of(_packed(block), setting, 0, setting.top) == wide.NO_KEY


def test_heads_beyond_the_middle_are_loaded_and_stored(plain):
    """Each of the 32 places, and no other."""
    for place, other in itertools.permutations((0, 15, 16, 31), 2):
        heads = plain.keys.store_head_if(True, _packed([0] * 32), place, 5)
        assert plain.keys.load_head(heads, place) == 5
        assert plain.keys.load_head(heads, other) == 0
        assert plain.keys.store_head_if(False, heads, other, 5) == heads


def test_barriers_are_refused():
    """Swapping buddies would move them."""
    with pytest.raises(ValueError, match="without barriers"):
        BuddySystem(Arena(8, 3, barriers=[4]), code=Code(symmetry=True, plain=True))
