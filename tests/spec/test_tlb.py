"""The steps of TLBs, one by one on a machine written down by hand, and a whole shootdown from begin to end."""

from collections.abc import Callable
from typing import Any

import pytest

from pagelaw.spec import tlb
from pagelaw.spec.tlb import Tlbs

#: Two cores; pages 0 and 1 are of space 0, page 2 of space 1.
EMPTY = Tlbs(
    table=[0] * 3,
    cached=[0] * 8,
    running=[0] * 2,
    seen=[0] * 2,
    owner=[0] * 3,
    identifier=[0] * 2,
    holder=[0] * 2,
    home=[0, 0, 1],
    changing=0,
    held=0,
    retiring=0,
    turn=0,
    pages=3,
    span=2,
)


def empty(**parts: Any) -> Tlbs:
    """The empty machine in lists of its own, some parts of it replaced."""
    copied = [list(part) if isinstance(part, list) else part for part in EMPTY]
    return Tlbs._make(copied)._replace(**parts)


def mapped() -> Tlbs:
    """Frames 1 and 2 at pages 0 and 2; core 0 runs space 0 and remembers page 0, core 1 runs space 1."""
    tlbs = empty()
    moves: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
        (tlb.enter, (0, 1)),
        (tlb.enter, (2, 2)),
        (tlb.give, (0, 1)),
        (tlb.give, (1, 0)),
        (tlb.switch, (0, 0, True)),
        (tlb.switch, (1, 1, True)),
        (tlb.fill, (0, 0)),
    ]
    for step, operands in moves:
        tlbs, legal = step(tlbs, *operands)
        assert legal
    return tlbs


def copied(tlbs: Tlbs) -> Tlbs:
    """The same state in lists of its own."""
    return Tlbs._make(list(part) if isinstance(part, list) else part for part in tlbs)


def test_the_state_after_some_steps() -> None:
    """What the steps write, and where."""
    tlbs = mapped()
    assert (tlbs.table, tlbs.owner) == ([2, 0, 3], [0, 1, 3])
    assert (tlbs.identifier, tlbs.holder, tlbs.running) == ([2, 1], [2, 1], [1, 2])
    assert tlbs.cached == [2, 0, 0, 0, 0, 0, 0, 0]
    assert tlb.held_by(tlbs, 0, 0) == 2


REFUSED = {
    "a page without an entry is not remembered": (tlb.fill, (0, 1)),
    "a page of a space that does not run is not remembered": (tlb.fill, (0, 2)),
    "what is not remembered is not forgotten": (tlb.evict, (1, 2)),
    "a page has one entry": (tlb.enter, (0, 0)),
    "a frame has one page": (tlb.enter, (1, 2)),
    "what is invalid is not made invalid": (tlb.invalidate, (1,)),
    "nobody acknowledges what was not asked": (tlb.acknowledge, (0,)),
    "no end of what has not begun": (tlb.release, (True,)),
    "no change of what has not begun": (tlb.restore, (True,)),
    "no space to be taken back": (tlb.reclaim, (True,)),
    "a space has one identifier": (tlb.give, (0, 0)),
    "a space that runs keeps its identifier": (tlb.retire, (0, False)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_illegal_step_changes_nothing(name: str) -> None:
    """Refused, and the state is as before."""
    step, operands = REFUSED[name]
    tlbs = mapped()
    before = copied(tlbs)
    after, legal = step(tlbs, *operands)
    assert not legal
    assert after == before


def test_more_illegal_steps() -> None:
    """Those that need another state to be illegal."""
    tlbs = empty()
    for step, operands in [
        (tlb.switch, (0, 0, True)),
        (tlb.switch, (0, 0, False)),
        (tlb.leave, (0,)),
        (tlb.retire, (0, True)),
    ]:
        after, legal = step(tlbs, *operands)
        assert not legal
        assert after == EMPTY
    tlbs, _ = tlb.give(tlbs, 0, 1)
    assert not tlb.give(tlbs, 1, 1)[1]


def test_a_page_is_taken_away() -> None:
    """Valid, invalid, flushed, free; a second shootdown has to wait, and the page too."""
    tlbs, legal = tlb.invalidate(mapped(), 0)
    assert legal
    assert (tlbs.table[0], tlbs.changing, tlbs.held, tlbs.turn) == (0, 1, 2, 1)
    assert tlbs.owner[1] == 1
    assert not tlb.invalidate(tlbs, 2)[1]
    assert not tlb.retire(tlbs, 1, True)[1]
    assert not tlb.enter(tlbs, 0, 0)[1]
    assert not tlb.fill(tlbs, 0, 0)[1]
    assert not tlb.release(tlbs, tlb.all_acknowledged(tlbs, 2))[1]
    tlbs, legal = tlb.acknowledge(tlbs, 0)
    assert legal
    assert tlb.held_by(tlbs, 0, 0) == 0
    assert not tlb.acknowledge(tlbs, 0)[1]
    assert not tlb.all_acknowledged(tlbs, 2)
    tlbs, _ = tlb.acknowledge(tlbs, 1)
    tlbs, legal = tlb.release(tlbs, tlb.all_acknowledged(tlbs, 2))
    assert legal
    assert (tlbs.owner, tlbs.changing, tlbs.held) == ([0, 0, 3], 0, 0)
    assert tlb.is_quiet(tlbs)


def test_rights_are_changed() -> None:
    """The same frame is valid again only after all have flushed."""
    tlbs, _ = tlb.invalidate(mapped(), 0)
    assert not tlb.restore(tlbs, tlb.all_acknowledged(tlbs, 2))[1]
    for core in (1, 0):
        tlbs, _ = tlb.acknowledge(tlbs, core)
    tlbs, legal = tlb.restore(tlbs, tlb.all_acknowledged(tlbs, 2))
    assert legal
    assert (tlbs.table, tlbs.owner, tlbs.changing) == ([2, 0, 3], [0, 1, 3], 0)


def test_an_identifier_is_taken_back() -> None:
    """Only of a space that runs nowhere, and only when every core has forgotten the space."""
    tlbs = mapped()
    assert not tlb.runs_nowhere(tlbs, 2, 0)
    tlbs, legal = tlb.leave(tlbs, 0)
    assert legal
    tlbs, legal = tlb.retire(tlbs, 0, tlb.runs_nowhere(tlbs, 2, 0))
    assert legal
    assert (tlbs.retiring, tlbs.turn) == (1, 1)
    assert not tlb.switch(tlbs, 0, 0, True)[1]
    assert not tlb.reclaim(tlbs, tlb.all_acknowledged(tlbs, 2))[1]
    for core in range(2):
        tlbs, _ = tlb.acknowledge(tlbs, core)
    assert tlbs.cached == [0] * 8
    tlbs, legal = tlb.reclaim(tlbs, tlb.all_acknowledged(tlbs, 2))
    assert legal
    assert (tlbs.identifier, tlbs.holder, tlbs.retiring) == ([0, 1], [2, 0], 0)
    assert tlb.give(tlbs, 0, 1)[1]


def test_flushes_by_page_by_space_and_of_everything() -> None:
    """Each forgets what it is about on its core and nothing else."""
    full = empty(cached=[1, 2, 3, 0, 1, 2, 3, 0])
    assert tlb.evict(copied(full), 0, 1)[0].cached == [1, 0, 3, 0, 1, 2, 3, 0]
    assert tlb.flush_space(True, copied(full), 1, 0).cached == [1, 2, 3, 0, 0, 0, 3, 0]
    assert tlb.flush_all(True, copied(full), 0).cached == [0, 0, 0, 0, 1, 2, 3, 0]
    assert tlb.flush_space(False, copied(full), 1, 0) == full
    assert tlb.flush_all(False, copied(full), 0) == full


def test_a_switch_keeps_or_forgets() -> None:
    """With an identifier a core may keep what it remembers of other spaces."""
    tlbs, legal = tlb.switch(mapped(), 0, 1, True)
    assert legal
    assert (tlbs.running[0], tlbs.cached[0]) == (2, 2)
    tlbs, legal = tlb.switch(tlbs, 0, 0, False)
    assert legal
    assert (tlbs.running[0], tlbs.cached[0]) == (1, 0)
