"""Numbered moves on regions: what each asks for, and what is planted is named by the right bit."""

from typing import Any

import pytest

from pagelaw.model.fast import region_moves as moves
from pagelaw.model.fast.region_machine import copy_of, empty_dictionaries
from pagelaw.spec import region_laws
from pagelaw.spec.access import READ, WRITE
from pagelaw.spec.law import laws_of
from pagelaw.spec.region_laws import GIVE, PROTECT, TAKE, Asked
from pagelaw.spec.regions import BACKED, Regions, insert, place_of

LAST = (1 << 64) - 1


def space() -> Regions:
    """Two regions in a space of eight: three pages of a file at 1, and one page at 6."""
    regions = empty_dictionaries(8)
    for first, length, kind, offset in ((1, 3, READ | BACKED, 4), (6, 1, WRITE, 0)):
        regions, _ = insert(regions, place_of(regions, first), first, length, kind, offset)
    return regions


def laws_in(bits: int) -> set[str]:
    """The laws that some bits stand for."""
    return {law for law, bit in moves.LAW_BITS.items() if bits & bit}


def test_every_law_has_a_bit_and_every_kind_a_story() -> None:
    """One each; a story tells the operands that are taken."""
    assert set(moves.LAW_BITS) == {law.id for law in laws_of("space") if law.part == region_laws.PART}
    assert sorted(moves.LAW_BITS.values()) == [1 << bit for bit in range(6)]
    assert len({*moves.STORIES}) == len(moves.STORIES) == moves.KINDS
    for place, taken in (("{1}", moves.TAKES_LENGTH), ("{2}", moves.TAKES_KIND)):
        assert sum(1 << kind for kind, story in enumerate(moves.STORIES) if place in story) == taken
    assert moves.told(moves.SPLIT, 5) == "the region around page 5 is split there"


@pytest.mark.parametrize(
    ("step", "first", "length", "legal", "asked"),
    [
        (moves.INSERT, 4, 2, True, Asked(4, 2, GIVE, READ, 9)),
        (moves.INSERT, 4, 3, False, Asked(4, 3, GIVE, READ, 9)),
        (moves.INSERT_ABOVE, 4, 2, False, Asked(4, 2, GIVE, READ, 9)),
        (moves.REMOVE, 1, 0, True, Asked(1, 3, TAKE, READ, 9)),
        (moves.SPLIT, 2, 0, True, Asked(2, 0, GIVE, READ, 9)),
        (moves.JOIN, 1, 0, False, Asked(1, 0, GIVE, READ, 9)),
        (moves.CHANGE, 6, 0, True, Asked(6, 1, GIVE, READ, 0)),
        (moves.RESIZE, 1, 5, True, Asked(4, 2, GIVE, READ | BACKED, 7)),
        (moves.RESIZE, 1, 2, True, Asked(3, 1, TAKE, READ | BACKED, 6)),
        (moves.MAP_RANGE, 7, 1, True, Asked(7, 1, GIVE, READ, 9)),
        (moves.UNMAP, 2, 5, True, Asked(2, 5, TAKE, READ, 9)),
        (moves.PROTECT_RANGE, 2, 5, True, Asked(2, 5, PROTECT, READ, 9)),
        (moves.FIND, 3, 0, True, Asked(3, 0, GIVE, READ, 9)),
        (moves.FIND, 4, 0, False, Asked(4, 0, GIVE, READ, 9)),
        (moves.FIT, 0, 2, True, Asked(0, 0, GIVE, READ, 9)),
        (moves.FIT_HIGH, 0, 3, False, Asked(0, 0, GIVE, READ, 9)),
    ],
)
def test_each_move(step: int, first: int, length: int, legal: bool, asked: Asked) -> None:
    """Done or refused; what it asks for; and no law is broken, wherever it is looked at."""
    regions = space()
    below = place_of(regions, first)
    free = moves.is_free_for(regions, step, below, first, length)
    assert moves.asked_by(regions, step, first, length, READ, 9) == asked
    after, done = moves.move(copy_of(regions), step, below, first, length, READ, 9)
    assert bool(done) is legal
    assert not moves.broken_by_move(regions, after, asked, moves.is_merging(step), done, 0)
    assert not moves.broken_by_answer(after, step, first, length, READ, 9, free, done)
    assert not moves.broken_anywhere(after, 0)


def test_offsets_end_where_numbers_do() -> None:
    """At its own address, a page later, as late as can be, and one too late."""
    assert [moves.offset_for(5, 3, skew) for skew in range(4)] == [5, 6, LAST - 3, LAST - 2]
    assert moves.offset_for(5, 0, 3) == LAST


@pytest.mark.parametrize(
    ("parts", "laws"),
    [
        ({"count": 3}, {"V2"}),
        ({"length": {6: 3}}, {"V1", "V15"}),
        ({"offset": {1: LAST}}, {"V15"}),
        ({"next": {1: 8}}, {"V1", "V2"}),
    ],
)
def test_a_state_that_is_wrong(parts: dict[str, Any], laws: set[str]) -> None:
    """Each law of a state by its bit."""
    regions = space()
    for name, entries in parts.items():
        if name == "count":
            regions = regions._replace(count=entries)
        else:
            getattr(regions, name).update(entries)
    assert laws_in(moves.broken_anywhere(regions, 0)) == laws


def test_a_step_that_is_wrong() -> None:
    """Another page, a neighbour that is not joined, a refusal that changes something, a range that is none."""
    regions = space()
    asked = Asked(6, 0, GIVE, READ, 0)
    changed = copy_of(regions)
    changed.kind[6] = READ
    assert laws_in(moves.broken_by_move(regions, changed, asked, False, True, 0)) == {"V5"}
    assert laws_in(moves.broken_by_move(regions, changed, asked, False, False, 0)) == {"V5"}
    fewer = regions._replace(count=1)
    assert laws_in(moves.broken_by_move(regions, fewer, asked, False, False, 0)) == {"V2"}
    beside, _ = insert(copy_of(regions), 6, 7, 1, WRITE, 0)
    given = Asked(7, 1, GIVE, WRITE, 0)
    assert laws_in(moves.broken_by_move(regions, beside, given, True, True, 0)) == {"V5.merged"}
    assert not moves.broken_by_move(regions, beside, given, False, True, 0)
    assert laws_in(moves.broken_by_answer(regions, moves.UNMAP, 7, 2, 0, 0, True, True)) == {"V15"}
    assert laws_in(moves.broken_by_search(regions, 2, 6, True, 1)) == {"V2"}


def test_the_last_pages_of_all_numbers() -> None:
    """A space may end where numbers do: its last six pages alone are looked at, and what is wrong there is seen."""
    pages = LAST
    low = pages - 6
    regions, legal = insert(empty_dictionaries(pages), pages, low + 2, 3, READ, 0)
    assert legal
    assert not moves.broken_anywhere(regions, low)
    assert laws_in(moves.broken_anywhere(regions._replace(count=2), low)) == {"V2"}
