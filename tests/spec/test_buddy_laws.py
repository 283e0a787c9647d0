"""The laws of the buddy system: they hold where sets say so, and each one fails alone where that is planted."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagelaw.spec import buddy, buddy_laws
from pagelaw.spec.buddy_laws import (
    aligned,
    atomic,
    bounded,
    complete,
    conserved,
    disjoint,
    initialised,
    involution,
    listed,
    lower_half,
    lowest_address,
    merged,
    refused,
    smallest_sufficient,
    unchanged,
    uncrossed,
    upper_half,
)
from pagelaw.spec.frames import LIVE, MAX_ORDER, NONE, ORDERS, RESERVED, Memory
from pagelaw.spec.freelist import link_front, sentinel_of, unlink

STATE_LAWS = {"A1": aligned, "A2": disjoint, "A3": conserved, "A4": merged, "A5": listed, "A14": uncrossed}


def memory_of(heads: list[int], *, top: int = 3, frames: int | None = None, zones: list[int] | None = None) -> Memory:
    """A state with these heads, each free block in the list of its order."""
    room = len(heads)
    link = [node // 2 for node in range(2 * (room + ORDERS + 1))]
    for frame, head in enumerate(heads):
        if head <= MAX_ORDER:
            link = link_front(True, link, sentinel_of(room, head), frame)
    return Memory(list(heads), link, zones or [0] * room, room if frames is None else frames, room, top, 0)


def broken(memory: Memory) -> set[str]:
    """The laws on states that are broken at some frame; A5 is asked at the sentinels too."""
    nodes = {"A5": memory.room + ORDERS}
    return {
        number
        for number, law in STATE_LAWS.items()
        if not all(law(memory, n) for n in range(nodes.get(number, memory.room)))
    }


N, R = NONE, RESERVED
SOUND = [2, N, N, N, LIVE, 0, LIVE + 1, N, R, LIVE, 1, N, LIVE + 2, N, N, N]


def test_a_sound_state_breaks_no_law() -> None:
    """Free, live and reserved blocks of several orders, a hole and all lists."""
    assert broken(memory_of(SOUND)) == set()


@pytest.mark.parametrize(
    ("law", "planted"),
    [
        ("A1", memory_of([0, LIVE + 1, N, 0])),  # a live block of two frames at frame 1
        ("A1", memory_of([LIVE + 2, N, N, N], top=1)),  # larger than the largest order
        ("A1", memory_of([LIVE + 2, N, N, N], frames=3)),  # beyond the end
        ("A2", memory_of([LIVE + 2, N, LIVE + 1, N])),  # two live blocks over frame 2
        ("A3", memory_of([LIVE + 1, N, N, LIVE])),  # frame 2 is in no block
        ("A4", memory_of([1, N, 1, N], top=2)),  # two free buddies
        ("A14", memory_of([1, N, LIVE + 1, N], zones=[0, 1, 1, 1])),  # free across a barrier
    ],
)
def test_each_law_on_states_fails_alone(law: str, planted: Memory) -> None:
    """A state that breaks one law and no other."""
    assert broken(planted) - {"A2", "A3"} - {law} == set()
    assert law in broken(planted)


def test_free_buddies_across_a_barrier_are_lawful() -> None:
    """A4 speaks of buddies in one zone only."""
    assert broken(memory_of([1, N, 1, N], top=2, zones=[0, 0, 1, 1])) == set()


def test_lists_that_do_not_match_the_state() -> None:
    """A5 alone: a free block that is unlisted, listed under another order, listed twice, a live block listed, junk."""

    def taken_out(memory: Memory) -> Memory:
        return memory._replace(link=unlink(True, memory.link, 5))

    def another_order(memory: Memory) -> Memory:
        return memory._replace(link=link_front(True, taken_out(memory).link, sentinel_of(16, 4), 5))

    def twice(memory: Memory) -> Memory:
        return memory._replace(link=link_front(True, memory.link, sentinel_of(16, 0), 5))

    def live_listed(memory: Memory) -> Memory:
        return memory._replace(link=link_front(True, memory.link, sentinel_of(16, 0), 4))

    def wild(memory: Memory) -> Memory:
        memory.link[2 * 5] = 10**6
        return memory

    for plant in (taken_out, another_order, twice, live_listed, wild):
        assert broken(plant(memory_of(SOUND))) == {"A5"}, plant.__name__


def test_a_word_that_means_nothing() -> None:
    """A5 also holds that `heads` contains no unknown word."""
    assert broken(memory_of([LIVE, 12, LIVE, LIVE])) >= {"A5"}
    assert not listed(memory_of([LIVE, 12, LIVE, LIVE]), 1)


@given(st.lists(st.sampled_from([0, 1, 2, LIVE, LIVE + 1, LIVE + 2, R, N]), min_size=8, max_size=8))
def test_laws_on_states_say_what_sets_say(heads: list[int]) -> None:
    """For any heads: aligned, disjoint, conserved and merged, against blocks as sets of frames."""
    blocks = [(f, h & 15, h) for f, h in enumerate(heads) if h not in (R, N)]
    over = [
        {f for f, o, _ in blocks if f <= frame < f + 2**o} | ({frame} if heads[frame] == R else set())
        for frame in range(8)
    ]
    memory = memory_of(heads, top=2)
    sound = all(f % 2**o == 0 and f + 2**o <= 8 for f, o, _ in blocks)
    assert all(aligned(memory, frame) for frame in range(8)) == sound
    if sound:
        assert [bool(disjoint(memory, frame)) for frame in range(8)] == [len(heads) <= 1 for heads in over]
        assert [bool(conserved(memory, frame)) for frame in range(8)] == [len(heads) >= 1 for heads in over]
        free = {(f, h) for f, _, h in blocks if h <= 2}
        unmerged = {f for f, o in free if o < 2 and (f + 2**o if f // 2**o % 2 == 0 else f - 2**o, o) in free}
        assert {frame for frame in range(8) if not merged(memory, frame)} == unmerged


def test_a_refusal_that_was_not_needed() -> None:
    """A6: refusing order 2 is a breach where a free block of order 2 begins, and nowhere else."""
    memory = memory_of(SOUND)
    assert [frame for frame in range(16) if not complete(memory, 2, False, frame)] == [0]
    assert [frame for frame in range(16) if not complete(memory, 0, False, frame)] == [0, 5, 10]
    assert all(complete(memory, order, False, frame) for order in (3, 4, 99) for frame in range(16))
    assert all(complete(memory, order, True, frame) for order in range(5) for frame in range(16))


def test_a_failed_allocate_that_changed_something() -> None:
    """A9 and A7: a difference is a breach at its frame; after a success A9 asks for nothing."""
    before, after = memory_of(SOUND), memory_of([*SOUND[:5], N, *SOUND[6:]])
    assert [point for point in range(16) if not unchanged(before, after, point)] == [5]
    assert [point for point in range(16) if not atomic(before, after, False, point)] == [5]
    assert all(atomic(before, after, True, point) for point in range(16))


@pytest.mark.parametrize(
    ("frame", "order", "live"),
    [
        (4, 0, True),
        (6, 1, True),
        (12, 2, True),
        (4, 1, False),
        (5, 0, False),
        (8, 0, False),
        (7, 0, False),
        (99, 0, False),
    ],
)
def test_a_free_is_granted_exactly_if_the_block_is_live(frame: int, order: int, live: bool) -> None:
    """A8: granting what is not live, or refusing what is, is a breach; so is a refusal that changes something."""
    memory = memory_of(SOUND)
    assert bool(refused(memory, memory, frame, order, True, 0)) == live
    assert bool(refused(memory, memory, frame, order, False, 0)) != live
    changed = memory_of([3, *SOUND[1:]])
    assert not refused(memory, changed, frame, order, False, 0)


def test_initialisation_frees_exactly_the_usable_frames() -> None:
    """A10: a usable frame that is not free, a hole that is, and a frame beyond the end are each found."""
    usable = [True] * 8
    memory = memory_of([1, N, 0, R, R, R, R, R], frames=6, top=2)
    assert [frame for frame in range(8) if not initialised(memory, frame, usable[frame])] == [3, 4, 5]
    assert not initialised(memory, 0, False)
    assert not initialised(memory_of([LIVE, R]), 0, False)
    assert initialised(memory, 7, True)


def test_merging_that_stopped_too_early_or_too_late() -> None:
    """A11: a buddy is left to absorb, or the order is above the largest."""
    memory = memory_of([1, N, 1, N], top=2)
    assert not bounded(memory, 0, 1)
    assert bounded(memory_of([1, N, LIVE + 1, N], top=2), 0, 1)
    assert not bounded(memory_of([3] + [N] * 7, top=2), 0, 3)


@given(st.integers(0, 2**64 - 1), st.integers(0, 10))
def test_buddies_of_any_frame(frame: int, order: int) -> None:
    """A12 holds at every frame of the 64-bit space, aligned or not."""
    assert involution(frame, order)
    assert involution(frame >> order << order, order)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("buddy_of", lambda frame, order: frame + (1 << order)),
        ("buddy_of", lambda frame, order: frame),
        ("parent_of", lambda frame, order: frame),
        ("head_of", lambda frame, order: frame),
    ],
)
def test_wrong_arithmetic_is_found(name: str, rule: Callable[[int, int], int]) -> None:
    """A12 fails somewhere below 64 for any other rule in the place of a function that it speaks of."""
    from pagelaw.spec import algebra

    primitives = {primitive: getattr(algebra, primitive) for primitive in algebra.PRIMITIVES}
    bent = algebra.rebind(buddy_laws, primitives=primitives, overrides={name: rule})
    assert not all(bent.involution(frame, order) for frame in range(64) for order in range(4))


def test_policies() -> None:
    """A13: each names exactly the answers that break it."""
    memory = memory_of(SOUND)
    assert smallest_sufficient(memory, 2, 2, 0)
    assert [point for point in range(16) if not smallest_sufficient(memory, 0, 2, point)] == [5, 10]
    assert [point for point in range(16) if not smallest_sufficient(memory, 0, 1, point)] == [5]
    two = memory_of([0, LIVE, 0, LIVE])
    assert [point for point in range(4) if not lowest_address(two, 2, point)] == [0]
    assert all(lowest_address(two, 0, point) for point in range(4))
    assert [frame for frame in range(8) if lower_half(1, 0, 3, frame)] == [0]
    assert [frame for frame in range(8) if upper_half(1, 0, 3, frame)] == [2]
    assert [frame for frame in range(8) if upper_half(3, 0, 3, frame)] == [0]


def test_steps_keep_every_law() -> None:
    """A split, a merge and a refusal leave no law broken; the laws are not trivially false."""
    memory = memory_of(SOUND)
    memory, done, frame = buddy.allocate(memory, 1, True)
    assert done
    assert broken(memory) == set()
    memory, legal, _, _ = buddy.free(memory, 4, 0)
    assert legal
    assert broken(memory) == set()
    memory, done, _ = buddy.allocate(memory, 3, False)
    assert not done
    assert broken(memory) == set()
    assert frame == 10
