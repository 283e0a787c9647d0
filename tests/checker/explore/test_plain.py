"""The search on plain integers: counts, ways, limits and interruptions, with keys of any kind."""

import pytest

from pagelaw.checker.explore.plain import PlainEngine
from pagelaw.checker.verdict import INTERRUPTED

SIDE = 60


def step(key, _setting, found, count):
    """A square grid, walked to the right and upward."""
    column, row = key
    found.extend(((c, r), 0) for c, r in ((column + 1, row), (column, row + 1)) if max(c, r) < SIDE)
    return count


def test_a_grid_has_every_point_once():
    """Exact states, transitions and depth."""
    found = PlainEngine(step).search((0, 0))
    assert (found.states, found.transitions, found.depth) == (SIDE**2, 2 * SIDE * (SIDE - 1), 2 * SIDE - 2)
    assert (found.checked, found.ended) == (0, "")


def test_a_breach_comes_with_a_shortest_way():
    """The first state that breaks a law is the nearest one, and the search ends one level later."""
    found = PlainEngine(step).search((0, 0), checks=[lambda key, _: (sum(key) >= 7) << 2], stop_on=1 << 2)
    assert len(found.path(found.broken[2])) == 8
    assert (found.depth, found.ended) == (8, "ended at a breach")


def test_a_law_that_is_not_asked_for_stops_nothing():
    """Only the bits of `stop_on` end a search."""
    found = PlainEngine(step).search((0, 0), checks=[lambda key, _: (sum(key) >= 7) << 2], stop_on=1)
    assert (found.states, found.checked, found.ended) == (SIDE**2, SIDE**2, "")


def test_a_limit_is_told():
    """A search that was cut short says so."""
    found = PlainEngine(step).search((0, 0), limit=100)
    assert found.ended == "the limit of 100 states was reached"


@pytest.mark.parametrize("where", [0, 2048])
def test_an_interruption_keeps_what_was_learnt(where):
    """Ctrl-C ends the search with the states so far."""
    told = []

    def interrupt(text):
        told.append(text)
        if len(told) > where // 2048:
            raise KeyboardInterrupt

    found = PlainEngine(step).search((0, 0), progress=interrupt)
    assert found.ended == INTERRUPTED
    assert where < found.states < SIDE**2
