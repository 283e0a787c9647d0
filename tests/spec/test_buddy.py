"""The steps of the buddy system, against sets of frames and the free blocks that brute force finds in them."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagelaw.spec import buddy
from pagelaw.spec.frames import LIVE, NONE, ORDERS, RESERVED, Memory, is_free, is_live
from pagelaw.spec.freelist import next_of, sentinel_of

Block = tuple[int, int]


def members(block: Block) -> set[int]:
    """The frames of a block."""
    frame, order = block
    return set(range(frame, frame + 2**order))


def canonical(free: set[int], zones: list[int], top: int) -> set[Block]:
    """The free blocks that a set of free frames must make up: the largest that are free throughout and of one zone."""
    found, left = set[Block](), set(free)
    for order in range(top, -1, -1):
        for first in range(0, len(zones), 2**order):
            block = members((first, order))
            if block <= left and len({zones[frame] for frame in block}) == 1:
                found.add((first, order))
                left -= block
    return found


@attrs.define
class Machine:
    """Memory as the steps see it, next to sets that say the same."""

    memory: Memory
    usable: set[int]
    live: set[Block] = attrs.field(factory=set)

    @classmethod
    def opened(
        cls, frames: int, top: int, holes: set[int] = frozenset(), barriers: set[int] = frozenset()
    ) -> "Machine":  # type: ignore[assignment]
        room = -(-frames >> top) << top
        zones = [sum(barrier <= frame for barrier in barriers) for frame in range(room)]
        link = [node // 2 for node in range(2 * (room + ORDERS + 1))]
        memory = Memory([RESERVED] * room, link, zones, frames, room, top, 0)
        usable = set(range(frames)) - set(holes)
        for frame in range(room):
            memory, _, _ = buddy.admit(memory, frame, frame in usable)
        return cls(memory, usable)

    def check(self) -> None:
        """Heads and lists say what the sets say."""
        memory = self.memory
        free = self.usable.difference(*map(members, self.live))
        blocks = canonical(free, memory.zones, memory.top)
        assert {(f, head) for f, head in enumerate(memory.heads) if is_free(head)} == blocks
        assert {(f, head - LIVE) for f, head in enumerate(memory.heads) if is_live(head)} == self.live
        outside = set(range(memory.room)) - self.usable
        assert {frame for frame, head in enumerate(memory.heads) if head == RESERVED} == outside
        assert {(node, order) for order in range(ORDERS) for node in self.listed(order)} == blocks

    def listed(self, order: int) -> list[int]:
        """The nodes in the list of an order, from its front."""
        sentinel = sentinel_of(self.memory.room, order)
        nodes = [next_of(self.memory.link, sentinel)]
        while nodes[-1] != sentinel:
            assert len(nodes) <= self.memory.room
            nodes.append(next_of(self.memory.link, nodes[-1]))
        return nodes[:-1]

    def allocate(self, order: int, upper: bool) -> int | None:
        """The step, held against the sets: the block is free, and refused only where none is large enough."""
        free = self.usable.difference(*map(members, self.live))
        sources = [size for _, size in canonical(free, self.memory.zones, self.memory.top) if size >= order]
        self.memory, done, frame = buddy.allocate(self.memory, order, upper)
        assert bool(done) == bool(sources)
        if not done:
            return None
        assert members((frame, order)) <= free
        assert frame % 2**order == 0
        if min(sources) > order:
            assert bool(frame & 2**order) == upper
        self.live.add((frame, order))
        return int(frame)

    def free(self, frame: int, order: int) -> bool:
        """The step, held against the sets: granted exactly where the block is live."""
        self.memory, legal, head, found = buddy.free(self.memory, frame, order)
        assert bool(legal) == ((frame, order) in self.live)
        if legal:
            self.live.remove((frame, order))
            assert frame in members((head, found))
            assert self.memory.heads[head] == found
        else:
            assert (head, found) == (0, 0)
        return bool(legal)


ARENAS = st.builds(
    Machine.opened,
    st.integers(1, 24),
    st.integers(0, 4),
    holes=st.sets(st.integers(0, 23), max_size=4),
    barriers=st.sets(st.integers(0, 23), max_size=3),
)
CALLS = st.lists(st.tuples(st.sampled_from("aaafw"), st.integers(0, 40), st.integers(0, 6), st.booleans()), max_size=40)


@given(ARENAS, CALLS)
def test_any_run_of_calls(machine: Machine, calls: list[tuple[str, int, int, bool]]) -> None:
    """After any calls, legal or not, the free blocks are those that brute force finds, in heads and in lists."""
    machine.check()
    for what, number, order, upper in calls:
        if what == "a":
            machine.allocate(order, upper)
        elif what == "f" and machine.live:
            assert machine.free(*sorted(machine.live)[number % len(machine.live)])
        else:
            machine.free(number, order)
        machine.check()


@pytest.mark.parametrize(("upper", "given", "kept"), [(False, 0, [2, 4, 8]), (True, 2, [0, 4, 8])])
def test_eight_kib_out_of_sixty_four(upper: bool, given: int, kept: list[int]) -> None:
    """The worked example: 64 KiB = 32 + 32, 16 + 16, 8 + 8; the lower or the upper 8 KiB are given."""
    machine = Machine.opened(16, 4)
    assert machine.allocate(1, upper) == given
    assert [frame for frame, head in enumerate(machine.memory.heads) if is_free(head)] == kept
    assert [machine.memory.heads[frame] for frame in kept] == [1, 2, 3]
    machine.check()


@pytest.mark.parametrize(
    ("frame", "order"),
    [(0, 0), (1, 0), (2, 1), (4, 1), (4, 2), (6, 1), (8, 3), (9, 0), (13, 0), (2**63, 1), (2**64 - 1, 1), (2, 60)],
)
def test_illegal_frees_change_nothing(frame: int, order: int) -> None:
    """Free, misaligned, of another order, a hole, beyond the end, at the far end of the word, an order too large."""
    machine = Machine.opened(13, 3, holes={9})
    assert machine.allocate(1, False) is not None
    (live,) = machine.live
    heads, link = list(machine.memory.heads), list(machine.memory.link)
    assert (frame, order) == live or not machine.free(frame, order)
    if (frame, order) != live:
        assert (machine.memory.heads, machine.memory.link) == (heads, link)
    assert machine.free(*live)
    assert not machine.free(*live)


def test_the_longest_split_and_merge() -> None:
    """One frame out of the largest block there can be leaves a block of each order, and its free merges them all."""
    machine = Machine.opened(1024, 10)
    assert machine.allocate(0, True) == 1
    assert sorted(head for head in machine.memory.heads if is_free(head)) == list(range(10))
    assert machine.free(1, 0)
    assert machine.memory.heads == [10] + [NONE] * 1023


def test_what_was_freed_last_is_given_first() -> None:
    """Lists are stacks, as in Linux."""
    machine = Machine.opened(16, 2)
    blocks = [machine.allocate(0, False) for _ in range(16)]
    assert sorted(blocks) == list(range(16))  # type: ignore[type-var]
    machine.free(12, 0)
    machine.free(3, 0)
    assert machine.allocate(0, False) == 3
    assert machine.allocate(0, False) == 12


def test_barriers_keep_buddies_apart() -> None:
    """With a barrier at 8 sixteen frames are two blocks of eight; a barrier inside a pair leaves single frames."""
    for barriers, blocks in (
        ({8}, {(0, 3), (8, 3)}),
        ({5}, {(0, 2), (4, 0), (5, 0), (6, 1), (8, 3)}),
        (set(), {(0, 4)}),
    ):
        machine = Machine.opened(16, 4, barriers=barriers)
        machine.check()
        assert {(frame, head) for frame, head in enumerate(machine.memory.heads) if is_free(head)} == blocks


@given(st.integers(1, 40), st.integers(0, 5), st.permutations(range(40)))
def test_the_order_of_initialisation_does_not_matter(frames: int, top: int, order: list[int]) -> None:
    """Frames admitted in any order, some twice and some that do not exist, leave the same blocks."""
    machine = Machine.opened(frames, top)
    memory = Machine.opened(frames, top, holes=set(range(frames))).memory
    for frame in (*order, *order):
        if frame < memory.room:
            memory, _, _ = buddy.admit(memory, frame, True)
    assert memory.heads == machine.memory.heads


def test_release_and_claim_are_inverse() -> None:
    """A block released into the last gap makes one block of all, and claiming it again restores the state."""
    machine = Machine.opened(8, 3)
    assert machine.allocate(0, False) == 0
    before = list(machine.memory.heads)
    memory = buddy.mark(True, machine.memory, 0, NONE)
    memory, frame, order = buddy.release(True, memory, 0, 0)
    assert (frame, order) == (0, 3)
    assert memory.heads == [3] + [NONE] * 7
    memory = buddy.claim(True, memory, 0, 0, 3)
    assert memory.heads == before


def test_nothing_happens_where_nothing_goes_on() -> None:
    """Every step that takes `going` leaves memory alone where that is false."""
    memory = Machine.opened(8, 3).memory
    heads, link = list(memory.heads), list(memory.link)
    assert buddy.absorb(False, memory, 0, 1)[1:] == (0, 1)
    buddy.insert(False, memory, 4, 2)
    buddy.remove(False, memory, 0)
    buddy.mark(False, memory, 0, RESERVED)
    buddy.claim(False, memory, 0, 0, 3)
    buddy.release(False, memory, 4, 2)
    assert (memory.heads, memory.link) == (heads, link)


@pytest.mark.parametrize("frame", range(16))
@pytest.mark.parametrize("order", range(5))
def test_pieces_of_a_block(frame: int, order: int) -> None:
    """A block is a piece of another exactly if all its frames are in it and it is aligned."""
    for source, source_order in ((0, 3), (8, 3), (4, 2), (0, 4)):
        wanted = frame % 2**order == 0 and members((frame, order)) <= members((source, source_order))
        assert bool(buddy.is_inside(frame, order, source, source_order)) == wanted
