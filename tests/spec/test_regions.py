"""The steps on regions: held against a page by page reading, in random and vast spaces, and at both ends of each."""

import itertools
import random
from collections import defaultdict
from typing import Any

import pytest

from pagelaw.spec import regions as spec
from pagelaw.spec.access import READ, WRITE
from pagelaw.spec.regions import BACKED, Regions

KINDS = (READ, READ | WRITE, READ | BACKED, READ | WRITE | BACKED)
VAST = 1 << 52


def empty(pages: int) -> Regions:
    """A space without regions."""
    arrays: list[Any] = [defaultdict(int) for _ in range(5)]
    return spec.cleared(Regions(*arrays, 0, pages))


def space(pages: int, *told: tuple[int, int, int, int]) -> Regions:
    """A space with these regions, each from first page, length, kind and offset."""
    regions = empty(pages)
    for first, length, kind, offset in told:
        regions, legal = spec.insert(regions, spec.place_of(regions, first), first, length, kind, offset)
        assert legal
    return regions


def listed(regions: Regions) -> list[tuple[int, int, int, int]]:
    """All regions upward, and the same downward."""
    found, node = [], regions.next[regions.pages]
    while node != regions.pages:
        found.append((node, regions.length[node], regions.kind[node], regions.offset[node]))
        assert regions.next[regions.previous[node]] == node
        node = regions.next[node]
    assert regions.count == len(found)
    assert regions.next[regions.previous[node]] == node
    return found


# -- a reading page by page, written apart from the specification -----------------------------------------------------

Naive = dict[int, tuple[int, int]]


def pages_of(regions: Regions) -> Naive:
    """For each page that is used its kind, and the page of the object behind it."""
    found: Naive = {}
    for first, length, kind, offset in listed(regions):
        for page in range(length):
            assert first + page not in found
            found[first + page] = (kind, offset + page if kind & BACKED else 0)
    return found


def maximal(naive: Naive) -> int:
    """How many regions there are if every two that could be one are."""
    return sum(
        page - 1 not in naive or naive[page - 1][0] != kind or (kind & BACKED != 0 and naive[page - 1][1] + 1 != behind)
        for page, (kind, behind) in naive.items()
    )


def does(naive: Naive, step: str, pages: range, kind: int, offset: int) -> bool:
    """A step on a range that is one."""
    if step == "map" and any(page in naive for page in pages):
        return False
    for number, page in enumerate(pages):
        if step == "map":
            naive[page] = (kind, offset + number if kind & BACKED else 0)
        elif step == "unmap":
            naive.pop(page, None)
        elif page in naive:
            old, behind = naive[page]
            naive[page] = (old & ~(READ | WRITE) | kind & (READ | WRITE), behind)
    return True


def taken(regions: Regions, step: str, first: int, length: int, kind: int, offset: int) -> tuple[Regions, Any]:
    """A step of the specification, by its place."""
    below = spec.place_of(regions, first)
    if step == "map":
        return spec.map_range(regions, below, first, length, kind, offset)
    if step == "unmap":
        return spec.unmap(regions, below, first, length)
    return spec.protect(regions, below, first, length, kind)


@pytest.mark.parametrize("low", [0, VAST - 9])
def test_ranges_agree_with_a_reading_page_by_page(low: int) -> None:
    """Every page is what it should be after every step, and no two regions are left that could be one."""
    chosen = random.Random(low)
    for _ in range(60):
        used = chosen.randint(1, 9)
        regions, naive = empty(low + used), Naive()
        for _ in range(40):
            first, length = low + chosen.randint(0, used + 1), chosen.randint(0, used + 1)
            step, kind, offset = chosen.choice(("map", "unmap", "protect")), chosen.choice(KINDS), chosen.randint(0, 2)
            pages = range(first, first + length)
            wanted = 0 < length <= low + used - first and does(naive, step, pages, kind, offset)
            regions, legal = taken(regions, step, first, length, kind, offset)
            assert legal == wanted
            assert pages_of(regions) == naive
            assert regions.count == maximal(naive)


def runs(naive: Naive, pages: int, length: int) -> list[int]:
    """Where so many pages are unused."""
    firsts = range(max(0, pages - length + 1)) if length else range(0)
    return [first for first in firsts if not any(page in naive for page in range(first, first + length))]


def test_searches_agree_with_a_reading_page_by_page() -> None:
    """Which region has a page, and where there is room, low and high; in every small space of two regions."""
    starts = range(6)
    for (one, long), (two, wide) in itertools.product(itertools.product(starts, range(1, 4)), repeat=2):
        if one + long > two or two + wide > 6:
            continue
        regions = space(6, (one, long, READ, 0), (two, wide, WRITE, 0))
        naive = pages_of(regions)
        for page in range(6):
            region, held = spec.find(regions, page)
            assert held == (page in naive)
            assert not held or page in range(region, region + regions.length[region])
        for length in range(8):
            wanted = runs(naive, 6, length)
            for search, nearest in ((spec.fit, wanted[:1]), (spec.fit_high, wanted[-1:])):
                below, first, found = search(regions, length)
                assert [first] * bool(found) == nearest
                assert not found or spec.is_place(regions, below, first)


# -- by hand --------------------------------------------------------------------------------------------------


def test_a_wrong_place_is_refused() -> None:
    """Too low, too high, no region at all, beyond the space: and nothing changes."""
    regions = space(12, (1, 2, READ, 0), (5, 2, READ, 0))
    before = listed(regions)
    for below in (12, 5, 3, 13, 1 << 63):
        regions, legal = spec.insert(regions, below, 3, 1, READ, 0)
        assert not legal
        for step in (spec.unmap, lambda *range: spec.protect(*range, WRITE)):
            regions, legal = step(regions, below, 3, 1)
            assert not legal
    assert listed(regions) == before
    assert spec.insert(regions, 1, 3, 1, READ, 0)[1]


@pytest.mark.parametrize("pages", [1, 12, VAST, (1 << 64) - 1])
def test_a_range_may_end_with_the_space(pages: int) -> None:
    """The last page is one like any other; one page more, no page at all, and a length that wraps are refused."""
    last = pages - 1
    for length, legal in ((1, True), (2, False), (0, False), ((1 << 64) - 1, pages == 0)):
        regions, done = spec.map_range(empty(pages), pages, last, length, READ, 0)
        assert done == legal
    regions = space(pages, (last, 1, READ | BACKED, 7))
    assert spec.end_of(regions, last) == pages
    regions, done = spec.protect(regions, last, last, 1, WRITE)
    assert done
    assert listed(regions) == [(last, 1, WRITE | BACKED, 7)]
    regions, done = spec.unmap(regions, last, last, 1)
    assert done
    assert listed(regions) == []


def test_an_object_has_no_page_beyond_the_last_number() -> None:
    """Neither a new region nor one that grows may need one; without an object there is no such page."""
    last = (1 << 64) - 1
    for offset, kind, legal in ((last - 3, BACKED, True), (last - 2, BACKED, False), (last, READ, True)):
        regions, done = spec.insert(empty(9), 9, 2, 3, kind, offset)
        assert done == legal
    regions = space(9, (2, 3, BACKED, last - 3))
    regions, done = spec.resize(regions, 2, 4)
    assert not done
    assert listed(regions) == [(2, 3, BACKED, last - 3)]


@pytest.mark.parametrize(("length", "legal"), [(0, False), (1, True), (3, True), (4, True), (5, False)])
def test_a_region_grows_up_to_the_next(length: int, legal: bool) -> None:
    """And may not become empty."""
    regions = space(12, (1, 3, READ | BACKED, 4), (5, 1, READ, 0))
    regions, done = spec.resize(regions, 1, length)
    assert done is legal
    assert regions.length[1] == (length if legal else 3)


def test_a_region_is_split_and_joined() -> None:
    """Strictly inside, and what is behind the upper part follows; not at its ends or beside it."""
    regions = space(12, (2, 4, READ | BACKED, 10))
    for at in (0, 2, 6, 7, 12, 13):
        regions, done = spec.split(regions, 2, at)
        assert not done
    regions, done = spec.split(regions, 2, 5)
    assert done
    assert listed(regions) == [(2, 3, READ | BACKED, 10), (5, 1, READ | BACKED, 13)]
    regions, done = spec.join(regions, 2)
    assert done
    assert listed(regions) == [(2, 4, READ | BACKED, 10)]


@pytest.mark.parametrize(
    ("above", "legal"),
    [
        ((4, 1, READ | BACKED, 9), True),
        ((4, 1, READ | BACKED, 8), False),
        ((4, 1, WRITE | BACKED, 9), False),
        ((4, 1, READ, 0), False),
        ((5, 1, READ | BACKED, 9), False),
    ],
)
def test_only_what_goes_on_is_joined(above: tuple[int, int, int, int], legal: bool) -> None:
    """Adjacent, of one kind, with the object's pages in sequence."""
    regions = space(12, (2, 2, READ | BACKED, 7), above)
    assert spec.is_compatible(regions, 2) == legal
    assert spec.join(regions, 2)[1] == legal


def test_the_highest_region_has_none_above() -> None:
    """And no region is at the sentinel, or beyond the space."""
    regions = space(4, (2, 2, READ, 0))
    for first in (2, 4, 5, 1 << 63):
        regions, done = spec.join(regions, first)
        assert not done
    for first in (0, 3, 4, 5, 1 << 63):
        for done in (spec.remove(regions, first)[1], spec.resize(regions, first, 1)[1]):
            assert not done
        assert not spec.change(regions, first, WRITE)[1]
    assert listed(regions) == [(2, 2, READ, 0)]


def test_what_is_behind_a_region_stays() -> None:
    """A region without an object cannot become one with one, nor the other way round."""
    regions = space(4, (0, 1, READ, 0), (2, 1, READ | BACKED, 5))
    for first, kind, legal in ((0, WRITE, True), (0, BACKED, False), (2, READ, False), (2, WRITE | BACKED | 64, True)):
        regions, done = spec.change(regions, first, kind)
        assert done is legal
    assert listed(regions) == [(0, 1, WRITE, 0), (2, 1, WRITE | BACKED | 64, 5)]


def test_a_stack_grows_downwards() -> None:
    """A new region below is joined to the old one."""
    regions = space(12, (8, 2, READ | WRITE, 0))
    regions, done = spec.map_range(regions, 12, 7, 1, READ | WRITE, 0)
    assert done
    assert listed(regions) == [(7, 3, READ | WRITE, 0)]
    assert spec.gap_after(regions, 12) == 7
    assert spec.gap_after(regions, 7) == 2
