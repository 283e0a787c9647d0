"""The table of what page moves come to: the same as asking for each, in any state; and when there is none."""

import random
from typing import Any

import numpy as np
import pytest

from pagelaw.checker.explore import page_outcomes, page_watch
from pagelaw.checker.explore.page_watch import ElsewhereError, Watched
from pagelaw.checker.explore.pages import Code, PageSystem
from pagelaw.model.fast import backend
from pagelaw.model.fast.page_machine import Machine
from pagelaw.spec.algebra import ONE, TRUE, ZERO, where
from pagelaw.spec.pages import (
    FREE,
    PAGED_OUT,
    RESERVED,
    Pages,
    backed,
    frame_of,
    is_clean,
    is_unused,
    moved,
    resident_in,
    state_of,
    unbacked,
)

from .test_pages import WRONG

MACHINES = [Machine(8, 3), Machine(3, 2, limit=2), Machine(2, 6), Machine(1, 1)]
ALL_BITS = (1 << 64) - 1


def system_of(machine: Machine, changes: dict[str, Any] | None = None) -> PageSystem:
    """A machine, on plain integers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backend, "is_compiled", lambda: False)
        return PageSystem(machine, code=Code(changes))


def read_from_table(system: PageSystem, key: int) -> list[int]:
    """The keys after all moves, as the search has them."""
    outcomes = page_outcomes.Outcomes(*(each.tolist() for each in system.outcomes))
    setting = page_outcomes.Setting(*system.plain_setting, outcomes)
    buffer = [0] * 1000
    return [each & ALL_BITS for each in buffer[: page_outcomes.expand(key, setting, buffer, 0)]]


def drawn_keys(system: PageSystem, count: int) -> list[int]:
    """Keys with a charge that the table reaches, sense or nonsense: frames used twice or by none, too many pages."""
    drawn = random.Random(11)
    charges = int(system.outcomes.charges)
    few = [drawn.getrandbits(32) & drawn.getrandbits(32) for _ in range(count)]
    owners = [drawn.getrandbits(24) & drawn.getrandbits(24) & drawn.getrandbits(24) for _ in range(count)]
    return [state | drawn.randrange(charges) << 32 | owner << 40 for state, owner in zip(few, owners, strict=True)]


def asked_for(system: PageSystem, key: int) -> list[int]:
    return [there for there, _ in system.successors(key)]


@pytest.mark.parametrize("machine", MACHINES, ids=str)
def test_the_table_is_all_that_the_steps_do(machine: Machine) -> None:
    """In any state whatsoever, in the same order."""
    system = system_of(machine)
    assert system.outcomes.charges == min(machine.limit, machine.pages) + 1
    keys = drawn_keys(system, 300)
    assert [read_from_table(system, key) for key in keys] == [asked_for(system, key) for key in keys]
    assert len({len(asked_for(system, key)) for key in keys}) > machine.pages


@pytest.mark.parametrize("name", WRONG)
def test_the_table_of_a_wrong_rule_is_all_that_it_does(name: str) -> None:
    """As wrong as the rule is, whether it forgets an owner or changes another page."""
    system = system_of(Machine(3, 2), {name: WRONG[name][0]})
    keys = drawn_keys(system, 300)
    assert [read_from_table(system, key) for key in keys] == [asked_for(system, key) for key in keys]
    right = system_of(Machine(3, 2))
    assert [read_from_table(right, key) for key in keys] != [asked_for(system, key) for key in keys]


def test_a_charge_that_the_table_does_not_reach_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a wrong rule leads; move by move."""
    system = system_of(Machine(3, 2, limit=2))
    asked = []
    monkeypatch.setattr(page_outcomes, "asked", lambda key, *rest: (asked.append(key), 0)[1])
    keys = [charge << 32 | RESERVED for charge in (0, 2, 3, 200)]
    assert [len(read_from_table(system, key)) for key in keys] == [4, 3, 0, 0]
    assert asked == keys[2:]


# -- rules that have no table ----------------------------------------------------------------------------------------


def evict_after_page_0(pages: Any, page: Any) -> Any:
    """Looks at another page."""
    state = state_of(pages, page)
    legal = is_clean(state) & (state_of(pages, ZERO) != FREE)
    pages = unbacked(legal, pages, frame_of(state))
    return moved(legal, pages, page, PAGED_OUT), legal


def page_in_charged(pages: Any, page: Any, frame: Any, writes: Any) -> Any:
    """Looks at the charge where none is known."""
    legal = (state_of(pages, page) == PAGED_OUT) & is_unused(pages, frame) & (pages.charge > ZERO)
    return backed(legal, pages, page, frame, resident_in(frame, writes)), legal


def page_in_at_the_limit(pages: Any, page: Any, frame: Any, writes: Any) -> Any:
    """Compares it."""
    legal = (state_of(pages, page) == PAGED_OUT) & is_unused(pages, frame) & (pages.charge == pages.limit)
    return backed(legal, pages, page, frame, resident_in(frame, writes)), legal


def page_in_and_charge(pages: Any, page: Any, frame: Any, writes: Any) -> Any:
    """Counts with it."""
    legal = (state_of(pages, page) == PAGED_OUT) & is_unused(pages, frame)
    pages = backed(legal, pages, page, frame, resident_in(frame, writes))
    return Pages(pages.state, pages.owner, pages.charge + where(legal, ONE, ZERO), pages.limit), legal


def write_and_give_back(pages: Any, page: Any) -> Any:
    """Whether it changes anything depends on an owner that is not known."""
    state = state_of(pages, page)
    return unbacked(is_clean(state), pages, frame_of(state)), is_clean(state)


def reserve_beyond(pages: Any, page: Any) -> Any:
    """There is no ninth page."""
    legal = state_of(pages, page) == FREE
    return moved(legal, pages, page + (ONE << 3), RESERVED), legal


def release_from_a_branch(pages: Any, page: Any) -> Any:
    """Branches on an array, as no rule may."""
    return (moved(TRUE, pages, page, FREE), TRUE) if pages.state else (pages, TRUE)


def write_out_swapped(pages: Any, page: Any) -> Any:
    """Takes owners for states."""
    return Pages(pages.owner, pages.state, pages.charge, pages.limit), state_of(pages, page) == FREE


ELSEWHERE = {
    "write_out": write_out_swapped,
    "evict": evict_after_page_0,
    "page_in": page_in_charged,
    "page_in ": page_in_at_the_limit,
    "page_in  ": page_in_and_charge,
    "write": write_and_give_back,
    "reserve": reserve_beyond,
    "release": release_from_a_branch,
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_rule_that_looks_elsewhere_has_no_table(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Every state is asked about."""
    system = system_of(Machine(3, 2), {name.strip(): ELSEWHERE[name]})
    assert [each.tolist() for each in system.outcomes][:3] == [0, [0], [0]]
    monkeypatch.setattr(page_outcomes, "asked", lambda *_: 7)
    assert len(read_from_table(system, 0)) == 7


def test_without_the_watch_such_a_rule_would_get_a_wrong_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checks above can fail: where what is not known reads as 0, the table is not what the rule does."""
    monkeypatch.setattr(page_watch, "load", lambda words, index: words.stored.get(index, words.known.get(index, 0)))
    system = system_of(Machine(3, 2), {"evict": evict_after_page_0})
    keys = drawn_keys(system, 300)
    assert [read_from_table(system, key) for key in keys] != [asked_for(system, key) for key in keys]


def test_more_outcomes_than_a_row_holds_are_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than some of them."""
    for width, enough in (("ALONE_WIDTH", 3), ("FRAMED_WIDTH", 2)):
        monkeypatch.setattr(page_watch, width, enough)
        assert system_of(Machine(2, 1)).outcomes.charges == 3
        monkeypatch.setattr(page_watch, width, enough - 1)
        assert system_of(Machine(2, 1)).outcomes.charges == 0
        monkeypatch.undo()


def test_what_is_known_of_an_array() -> None:
    """And what was stored, of four bits; nothing else can be found out about it."""
    words = Watched(8, {2: 5})
    assert page_watch.load(words, 2) == 5
    stored = page_watch.store_if(True, words, 3, 16 + 9)
    assert (page_watch.load(stored, 3), stored.is_changed(), stored.may_be_changed()) == (9, False, True)
    assert page_watch.store_if(False, words, 3, 9) is words
    assert page_watch.store_if(True, words, 2, 6).is_changed()
    same = page_watch.store_if(True, words, 2, 5)
    assert (same.is_changed(), same.may_be_changed()) == (False, False)
    for reading in (
        lambda: page_watch.load(words, 3),
        lambda: page_watch.store_if(True, words, 8, 1),
        lambda: words == words,
        lambda: bool(words),
    ):
        with pytest.raises(ElsewhereError):
            reading()


def test_rows_are_kept_once() -> None:
    """The table is small: most points have the same outcomes, or none."""
    outcomes = system_of(Machine(8, 3)).outcomes
    assert (outcomes.alone.size, outcomes.framed.size) == (8 * 16 * 9, 8 * 16 * 3 * 16)
    assert outcomes.rows.size < 3000
    assert outcomes.rows.dtype == np.uint64
