"""The steps of sharing: held against a reading with sets and dictionaries in every state of small machines."""

import copy
import math
from collections.abc import Iterator
from typing import Any

import pytest

from pagelaw.spec import sharing as spec
from pagelaw.spec.sharing import Sharing

#: A machine: pages of objects, pages of processes, frames, the largest count.
Size = tuple[int, int, int, int]
SMALL: list[Size] = [(0, 1, 1, 1), (0, 2, 2, 2), (1, 1, 2, 2), (1, 1, 2, 1), (1, 2, 1, 3), (1, 2, 2, 2), (2, 1, 1, 3)]


# -- a reading in sets and dictionaries, written apart from the specification ----------------------------------


class Naive:
    """Memory as sets of those who hold it together; what is in it, and which frame it is in, is the set's own.

    Each sharer is a page number, and a page of an object holds its memory too. Nobody is counted: sets are.
    """

    def __init__(self, size: Size) -> None:
        self.objects, self.pages, self.frames, self.most = size
        self.holders: dict[int, set[int]] = {}
        self.left: dict[int, int] = dict.fromkeys(range(self.frames), 0)
        self.disk: dict[int, int] = dict.fromkeys(range(self.objects), 0)
        self.writers: set[int] = set()
        self.showing: dict[int, tuple[int, bool]] = {}

    def copied(self) -> "Naive":
        """The same again, to be changed."""
        other = copy.copy(self)
        other.holders = {frame: set(pages) for frame, pages in self.holders.items()}
        other.left, other.disk = dict(self.left), dict(self.disk)
        other.writers, other.showing = set(self.writers), dict(self.showing)
        return other

    def frame_of(self, page: int) -> int | None:
        """The frame that a page holds with others or alone."""
        return next((frame for frame, holders in self.holders.items() if page in holders), None)

    def key(self) -> Any:
        """All of it as a value."""
        holders = frozenset((frame, frozenset(pages)) for frame, pages in self.holders.items() if pages)
        dicts = (self.left, self.disk, self.showing)
        return holders, frozenset(self.writers), tuple(frozenset(each.items()) for each in dicts)

    def hold(self, page: int, frame: int, *, writes: bool) -> None:
        """A page holds a frame from now on."""
        self.holders.setdefault(frame, set()).add(page)
        if writes:
            self.writers.add(page)

    def drop(self, page: int) -> None:
        """A page holds nothing any more."""
        for holders in self.holders.values():
            holders.discard(page)
        self.writers.discard(page)
        self.showing.pop(page, None)

    def does(self, step: str, page: int, operand: int) -> bool:
        """Take the step, if it may be taken; a write flips the lowest bit, or sets the next."""
        frame, is_file = self.frame_of(page), page < self.objects
        taken = step in ("fill", "separate", "read in") and bool(self.holders.get(operand))
        if step in ("fill", "read in") and is_file == (step == "read in") and frame is None and not taken:
            self.left[operand] = self.disk[page] if is_file else 0
            self.hold(page, operand, writes=True)
        elif step in ("map private", "map shared", "fork") and not is_file and frame is None:
            return self.joins(step, page, operand)
        elif step == "separate" and frame is not None and page not in self.writers and not is_file:
            return self.separates(page, frame, operand, taken)
        elif step == "write" and page in self.writers and frame is not None:
            self.left[frame] = (
                self.left[frame] & 2 | operand if operand < 2 else self.left[frame] & 1 | (operand - 2) * 2
            )
        elif step == "unmap" and frame is not None and not is_file:
            self.drop(page)
        elif step == "write back" and is_file and frame is not None:
            self.disk[page] = self.left[frame]
        elif step == "evict" and is_file and frame is not None and self.holders[frame] == {page}:
            if self.disk[page] != self.left[frame]:
                return False
            self.drop(page)
        else:
            return False
        return True

    def joins(self, step: str, page: int, source: int) -> bool:
        """A page holds what another one does."""
        frame, is_file = self.frame_of(source), source < self.objects
        if frame is None or is_file == (step == "fork") or len(self.holders[frame]) >= self.most:
            return False
        if step == "fork" and source in self.showing:
            self.showing[page] = self.showing[source]
        elif step != "fork":
            self.showing[page] = source, step == "map shared"
        shared = page in self.showing and self.showing[page][1]
        if step == "fork" and not shared:
            self.writers.discard(source)
        self.hold(page, frame, writes=shared)
        return True

    def separates(self, page: int, frame: int, offered: int, taken: bool) -> bool:
        """A page that may not write gets memory that it may."""
        if self.holders[frame] == {page}:
            self.writers.add(page)
            return True
        if taken:
            return False
        self.left[offered] = self.left[frame]
        self.drop(page)
        self.hold(page, offered, writes=True)
        return True

    def as_sharing(self) -> Sharing:
        """The same as the specification writes it."""
        pages = range(self.objects + self.pages)
        frames = [self.frame_of(page) for page in pages]
        return Sharing(
            frame=[0 if frame is None else frame + 1 for frame in frames],
            writable=[int(page in self.writers) for page in pages],
            object=[self.showing[page][0] + 1 if page in self.showing else 0 for page in pages],
            shared=[int(page in self.showing and self.showing[page][1]) for page in pages],
            count=[len(self.holders.get(frame, ())) for frame in range(self.frames)],
            content=[self.left[frame] for frame in range(self.frames)],
            stored=[self.disk.get(page, 0) for page in pages],
            objects=self.objects,
            most=self.most,
        )


def write(sharing: Sharing, page: int, operand: int) -> Any:
    """The lowest bit cleared or set, or the next one."""
    return spec.write(sharing, page, *((1, operand) if operand < 2 else (2, operand * 2 - 4)))


STEPS: dict[str, Any] = {
    "fill": spec.fill,
    "map private": lambda sharing, page, source: spec.map_object(sharing, page, source, False),
    "map shared": lambda sharing, page, source: spec.map_object(sharing, page, source, True),
    "fork": spec.fork,
    "separate": spec.separate,
    "write": write,
    "unmap": lambda sharing, page, _: spec.unmap(sharing, page),
    "read in": spec.read_in,
    "write back": lambda sharing, page, _: spec.write_back(sharing, page),
    "evict": lambda sharing, page, _: spec.evict(sharing, page),
}


def operands(size: Size, bits: int) -> Iterator[tuple[str, int, int]]:
    """Every step at every page, and with everything else that it takes."""
    objects, pages, frames, _ = size
    extents = dict.fromkeys(("fill", "separate", "read in"), frames) | {"write": 2 * bits}
    extents |= dict.fromkeys(("map private", "map shared", "fork"), objects + pages)
    for step in STEPS:
        for page in range(objects + pages):
            yield from ((step, page, operand) for operand in range(extents.get(step, 1)))


def reached(size: Size, bits: int) -> tuple[int, int, int]:
    """States, transitions and depth by the naive reading; in each state the specification's steps do the same."""
    start = Naive(size)
    level, known, transitions, depth = [start], {start.key()}, 0, -1
    while level:
        found, depth = [], depth + 1
        for state in level:
            for step, page, operand in operands(size, bits):
                other = state.copied()
                wanted = other.does(step, page, operand)
                after, legal = STEPS[step](state.as_sharing(), page, operand)
                assert (after, bool(legal)) == (other.as_sharing(), wanted), (step, page, operand)
                transitions += other.key() != state.key()
                if other.key() not in known:
                    known.add(other.key())
                    found.append(other)
        level = found
    return len(known), transitions, depth


# -- counts that can be derived by hand ------------------------------------------------------------------------


def groups(pages: int, frames: int) -> int:
    """How many ways there are to put private pages into frames: one that is alone may be written, or not yet again."""
    if frames == 0:
        return pages == 0
    ways = (math.comb(pages, few) * (1 + (few == 1)) * groups(pages - few, frames - 1) for few in range(pages + 1))
    return sum(ways)


def own(pages: int, frames: int, others: int) -> int:
    """The same where each page may be private or one of so many other things.

    Not all pages can be alone and without their right: the last of those that it was shared with has one, or is gone.
    """
    ways = sum(math.comb(pages, few) * groups(few, frames) * others ** (pages - few) for few in range(pages + 1))
    return ways - math.perm(frames, pages)


def closed_form(size: Size, bits: int) -> int:
    """How many states there are with at most one page of objects: out of the cache, or in one of the frames.

    A page is unmapped, private or shows the object, shared or private; contents may be anything, wherever they are.
    """
    objects, pages, frames, _ = size
    mapped = own(pages, frames, 1) + objects * frames * own(pages, frames - 1, 3)
    return int(mapped * 2 ** (bits * (frames + objects)))


@pytest.mark.parametrize("size", SMALL)
def test_every_state_of_small_machines(size: Size) -> None:
    """The steps agree with the naive reading everywhere; there are as many states as can be counted by hand."""
    states, _, _ = reached(size, 1)
    if size[0] < 2 and size[3] >= size[0] + size[1]:
        assert states == closed_form(size, 1)


def test_contents_of_two_bits() -> None:
    """A write leaves what is beside its mask, and a copy takes all of it along."""
    assert reached((0, 2, 2, 2), 2)[0] == closed_form((0, 2, 2, 2), 2) == 17 * 16
    assert closed_form((1, 4, 3, 5), 1) == 4483 * 16


# -- by hand ---------------------------------------------------------------------------------------------------


def machine(**parts: Any) -> Sharing:
    """One page of an object and three of processes, three frames; page 0 is cached in frame 2."""
    sound = Sharing(
        frame=[3, 0, 0, 0],
        writable=[1, 0, 0, 0],
        object=[0] * 4,
        shared=[0] * 4,
        count=[0, 0, 1],
        content=[7, 8, 9],
        stored=[9, 0, 0, 0],
        objects=1,
        most=4,
    )
    return sound._replace(**parts)


def done(step: Any, sharing: Sharing, *operands: Any) -> Sharing:
    """The state after a step that must be legal."""
    after, legal = step(sharing, *operands)
    assert legal, step
    assert isinstance(after, Sharing)
    return after


def test_a_fork_is_copied_once() -> None:
    """The first who writes gets the copy; the other takes over what is left, whatever frame it is offered."""
    sharing = done(spec.fill, machine(), 1, 0)
    sharing = done(spec.write, sharing, 1, 0xFF, 0x41)
    sharing = done(spec.fork, sharing, 2, 1)
    assert (sharing.count, sharing.writable) == ([2, 0, 1], [1, 0, 0, 0])
    assert not spec.write(sharing, 1, 0xFF, 0x42)[1]
    sharing = done(spec.separate, sharing, 2, 1)
    sharing = done(spec.write, sharing, 2, 0xF, 0xF)
    assert [spec.contents(sharing, page) for page in (1, 2)] == [0x41, 0x4F]
    sharing = done(spec.separate, sharing, 1, 2)
    assert (sharing.frame, sharing.count) == ([3, 1, 2, 0], [1, 1, 1])


def test_a_plain_write_into_a_shared_mapping_changes_the_file() -> None:
    """And a private mapping sees it until its first write fault, which POSIX leaves open; from then on never."""
    sharing = done(spec.map_object, machine(), 1, 0, True)
    sharing = done(spec.map_object, sharing, 2, 0, False)
    sharing = done(spec.write, sharing, 1, 0xFF, 0x41)
    assert [spec.contents(sharing, page) for page in range(4)] == [0x41, 0x41, 0x41, 0]
    sharing = done(spec.separate, sharing, 2, 0)
    sharing = done(spec.write, sharing, 0, 0xFF, 0x42)
    assert [spec.contents(sharing, page) for page in range(4)] == [0x42, 0x42, 0x41, 0]
    assert sharing.stored[0] == 9


def test_a_file_outlives_its_frame() -> None:
    """Written back and evicted, it is read from backing store; before that it may not be evicted."""
    sharing = done(spec.write, machine(), 0, 0xFF, 5)
    assert not spec.evict(sharing, 0)[1]
    sharing = done(spec.evict, done(spec.write_back, sharing, 0), 0)
    assert (spec.contents(sharing, 0), sharing.count) == (5, [0, 0, 0])
    sharing = done(spec.read_in, sharing, 0, 0)
    assert (spec.contents(sharing, 0), sharing.content) == (5, [5, 8, 5])


def test_the_right_to_write_is_lost_with_the_frame() -> None:
    """A copy that is unmapped between the fault and the write: what is mapped in its place is not written."""
    sharing = done(spec.map_object, machine(), 1, 0, False)
    sharing = done(spec.separate, sharing, 1, 0)
    sharing = done(spec.map_object, done(spec.unmap, sharing, 1), 1, 0, False)
    after, legal = spec.write(sharing, 1, 0xFF, 0x41)
    assert not legal
    assert spec.contents(after, 0) == 9


def test_counts_that_are_full_refuse() -> None:
    """A fork, and a mapping; they never wrap."""
    sharing = done(spec.map_object, machine(most=2), 1, 0, True)
    assert not spec.map_object(sharing, 2, 0, True)[1]
    assert not spec.fork(sharing, 2, 1)[1]
    assert sharing.count == [0, 0, 2]


def test_what_a_state_says() -> None:
    """Of pages that are mapped and pages that are not."""
    sharing = done(spec.map_object, machine(), 2, 0, True)
    assert [spec.frame_at(sharing, page) for page in range(4)] == [2, 0, 2, 0]
    assert [spec.object_of(sharing, page) for page in range(4)] == [1, 0, 1, 0]
    assert [spec.shown_by(sharing, page) for page in range(4)] == [0, 1, 0, 3]
    assert [bool(spec.is_shared(sharing, page)) for page in range(4)] == [True, False, True, False]
    assert [bool(spec.is_vacant(sharing, page)) for page in range(4)] == [False, True, False, True]
