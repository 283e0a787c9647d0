"""Stacks that grow downwards: the rule against a naive count of free pages, at every size of a small space."""

import itertools

from pagelaw.spec.growth import may_grow


def grows(page: int, lowest: int, limit: int, end_below: int, gap: int) -> bool:
    """The same, page by page."""
    free_below = [number for number in range(lowest) if number >= end_below and number < page]
    return page in range(limit, lowest) and page >= end_below and len(free_below) >= gap


def test_every_small_space():
    numbers = range(7)
    for case in itertools.product(numbers, numbers, numbers, numbers, range(4)):
        assert may_grow(*case) == grows(*case), case


def test_without_a_gap_a_stack_meets_its_neighbour():
    """The gap is what keeps a stack away: with none the page right above another region is taken."""
    assert may_grow(3, 5, 0, 3, 0)
    assert not may_grow(3, 5, 0, 3, 1)
