"""The steps of page states: held against a reading with dictionaries in every state of small machines, one by one."""

import copy
import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pagelaw.spec import pages as spec
from pagelaw.spec.pages import COMMITTED, FREE, PAGED_OUT, RESERVED, Pages

#: Every step with the frames and truths that it takes besides a page.
STEPS: dict[str, Callable[..., tuple[Pages, Any]]] = {
    "reserve": spec.reserve,
    "release": spec.release,
    "commit": spec.commit,
    "decommit": spec.decommit,
    "fill": spec.fill,
    "page in": lambda pages, page, frame: spec.page_in(pages, page, frame, False),
    "page in to write": lambda pages, page, frame: spec.page_in(pages, page, frame, True),
    "write": spec.write,
    "write out": spec.write_out,
    "evict": spec.evict,
}
TAKE_A_FRAME = {"fill", "page in", "page in to write"}


# -- a reading in dictionaries and sets, written apart from the specification --------------------------------


class Naive:
    """What was given, which of it is charged, where it is, and what is newer than its copy in backing store."""

    def __init__(self, frames: int, limit: int) -> None:
        self.frames, self.limit = frames, limit
        self.given: set[int] = set()
        self.charged: set[int] = set()
        self.stored: set[int] = set()
        self.frame: dict[int, int] = {}
        self.dirty: set[int] = set()

    def key(self) -> Any:
        """All of it as a value."""
        sets = (self.given, self.charged, self.stored, self.dirty)
        return tuple(map(frozenset, sets)), frozenset(self.frame.items())

    def does(self, step: str, page: int, frame: int) -> bool:
        """Take the step, if it may be taken."""
        unused = frame not in self.frame.values()
        resident, untouched = page in self.frame, page in self.charged - self.stored - set(self.frame)
        if step == "reserve" and page not in self.given:
            self.given.add(page)
        elif step == "release" and page in self.given - self.charged:
            self.given.remove(page)
        elif step == "commit" and page in self.given - self.charged and len(self.charged) < self.limit:
            self.charged.add(page)
        elif step == "decommit" and page in self.charged:
            for where in (self.charged, self.stored, self.dirty):
                where.discard(page)
            self.frame.pop(page, None)
        elif step == "fill" and untouched and unused:
            self.frame[page] = frame
            self.dirty.add(page)
        elif step.startswith("page in") and page in self.stored and unused:
            self.frame[page] = frame
            self.stored.remove(page)
            self.dirty |= {page} if step.endswith("write") else set()
        elif step == "write" and resident and page not in self.dirty:
            self.dirty.add(page)
        elif step == "write out" and page in self.dirty:
            self.dirty.remove(page)
        elif step == "evict" and resident and page not in self.dirty:
            del self.frame[page]
            self.stored.add(page)
        else:
            return False
        return True

    def as_pages(self, count: int) -> Pages:
        """The same as the specification writes it: the numbers of the states in the order of the picture."""
        state, owner = [0] * count, [0] * self.frames
        for page in range(count):
            if page in self.frame:
                state[page] = 4 + 2 * self.frame[page] + (page in self.dirty)
                owner[self.frame[page]] = page + 1
            elif page in self.given:
                state[page] = 1 + (page in self.charged) + (page in self.stored)
        return Pages(state, owner, len(self.charged), self.limit)


def operands(pages: int, frames: int) -> Iterator[tuple[str, int, int]]:
    """Every step at every page, and with every frame if it takes one."""
    for step in STEPS:
        for page in range(pages):
            for frame in range(frames if step in TAKE_A_FRAME else 1):
                yield step, page, frame


def taken(pages: Pages, step: str, page: int, frame: int) -> tuple[Pages, bool]:
    """A step on arrays of its own."""
    own = pages._replace(state=list(pages.state), owner=list(pages.owner))
    after, legal = STEPS[step](own, page, *([frame] if step in TAKE_A_FRAME else []))
    return after, bool(legal)


def reached(pages: int, frames: int, limit: int) -> tuple[int, int]:
    """States and transitions by the naive reading; in each of them every step of the specification does the same."""
    start = Naive(frames, limit)
    level, known, transitions = [start], {start.key()}, 0
    while level:
        found = []
        for state in level:
            for step, page, frame in operands(pages, frames):
                other = copy.deepcopy(state)
                legal = other.does(step, page, frame)
                wanted = (other.as_pages(pages), legal)
                assert taken(state.as_pages(pages), step, page, frame) == wanted, (step, page, frame)
                transitions += legal
                if other.key() not in known:
                    known.add(other.key())
                    found.append(other)
        level = found
    return len(known), transitions


def closed_form(pages: int, frames: int) -> int:
    """How many states there are where the limit leaves room for all: r pages resident, four states for any other."""
    return sum(
        math.comb(pages, r) * math.perm(frames, r) * 2**r * 4 ** (pages - r) for r in range(min(pages, frames) + 1)
    )


@pytest.mark.parametrize(("pages", "frames"), [(1, 1), (2, 1), (2, 3), (3, 2)])
def test_every_state_of_small_machines(pages: int, frames: int) -> None:
    """The steps agree with the naive reading everywhere, and there are as many states as can be counted by hand."""
    states, _ = reached(pages, frames, pages)
    assert states == closed_form(pages, frames)


def test_the_counts_are_known() -> None:
    """By hand, and of a machine of eight pages by other model checkers."""
    assert closed_form(1, 1) == 4 + 2
    assert reached(1, 1, 1) == (6, 13)
    assert closed_form(8, 3) == 6_356_992


def test_a_limit_takes_states_away() -> None:
    """Two pages, one frame, one charge: never both committed."""
    states, _ = reached(2, 1, 1)
    both = 2 * 2 + 2 * (2 * 2)
    assert states == closed_form(2, 1) - both


def test_no_charge_at_all() -> None:
    """A limit of nothing: pages are reserved and released, and no more."""
    assert reached(2, 1, 0) == (4, 8)


# -- by hand --------------------------------------------------------------------------------------------------


def machine(state: list[int], owner: list[int], charge: int, limit: int = 9) -> Pages:
    """A state written down."""
    return Pages(state, owner, charge, limit)


def test_the_life_of_a_page() -> None:
    """Round the picture, with what is charged and whose the frame is at each corner."""
    pages = machine([FREE, FREE], [0, 0, 0], 0)
    life: list[tuple[Callable[..., Any], tuple[Any, ...], int, int, int]] = [
        (spec.reserve, (), RESERVED, 0, 0),
        (spec.release, (), FREE, 0, 0),
        (spec.reserve, (), RESERVED, 0, 0),
        (spec.commit, (), COMMITTED, 1, 0),
        (spec.fill, (2,), 9, 1, 2),
        (spec.write_out, (), 8, 1, 2),
        (spec.write, (), 9, 1, 2),
        (spec.write_out, (), 8, 1, 2),
        (spec.evict, (), PAGED_OUT, 1, 0),
        (spec.page_in, (1, False), 6, 1, 2),
        (spec.evict, (), PAGED_OUT, 1, 0),
        (spec.page_in, (0, True), 5, 1, 2),
        (spec.decommit, (), RESERVED, 0, 0),
    ]
    for step, more, state, charge, owner in life:
        pages, legal = step(pages, 1, *more)
        assert legal, step
        assert pages.state == [FREE, state]
        assert pages.charge == charge
        assert max(pages.owner) == owner


@pytest.mark.parametrize(
    ("state", "resident", "charged", "dirty", "clean", "frame"),
    [
        (FREE, False, False, False, False, 0),
        (RESERVED, False, False, False, False, 0),
        (COMMITTED, False, True, False, False, 0),
        (PAGED_OUT, False, True, False, False, 0),
        (4, True, True, False, True, 0),
        (5, True, True, True, False, 0),
        (8, True, True, False, True, 2),
        (11, True, True, True, False, 3),
    ],
)
def test_what_a_state_says(state: int, resident: bool, charged: bool, dirty: bool, clean: bool, frame: int) -> None:
    """Of a page that is nowhere, frame 0 is said, so that it may be an index."""
    assert (spec.is_resident(state), spec.is_charged(state)) == (resident, charged)
    assert (spec.is_dirty(state), spec.is_clean(state), spec.frame_of(state)) == (dirty, clean, frame)
    if resident:
        assert spec.resident_in(frame, dirty) == state
