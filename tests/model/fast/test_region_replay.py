"""Long runs on regions: no law breaks, tree and list agree, compiled and plain runs too; what is planted is named."""

from typing import Any

import numpy as np
import pytest

from pagelaw.model.fast import backend, region_core, region_moves, region_replay, region_tree
from pagelaw.model.fast.region_machine import Machine, draw, empty_arrays, empty_dictionaries
from pagelaw.model.fast.region_tree import GapTree
from pagelaw.spec import regions as rules
from pagelaw.spec.regions import Regions

MACHINE = Machine(11)
#: The steps on arrays, uncompiled.
STEPS = backend.rebind(rules, primitives=backend._plain_primitives())


def plain(**functions: Any) -> Any:
    """The replay uncompiled, with some functions replaced."""
    return backend.rebind(region_replay, primitives=backend._plain_primitives(), overrides=functions)


def replay(kernels: Any, machine: Machine, drawn: Any, audited: int = 1) -> tuple[list[int], Any, Regions]:
    """What a run returns, what it counted, and the state at its end."""
    counts = np.zeros(2 * region_moves.KINDS, np.uint64)
    regions, tree = empty_arrays(machine)
    found = kernels.replay(regions, tree, drawn, counts, 5, audited)
    return [int(each) for each in found], counts, regions


@pytest.mark.parametrize("pages", [1, 2, 11, 70])
def test_a_run_breaks_no_law(pages: int) -> None:
    """In spaces where searches are rare, and where they are not."""
    machine = Machine(pages)
    drawn = draw(np.random.default_rng(pages), machine, 1200)
    (made, bits, count), counts, regions = replay(plain(), machine, drawn)
    assert (made, bits) == (1200, 0)
    assert counts.sum() == 1200
    assert count == sum(1 for length in regions.length if length)


def test_every_kind_of_move_is_done_and_refused() -> None:
    """In a space of eleven pages."""
    _, counts, _ = replay(plain(), MACHINE, draw(np.random.default_rng(1), MACHINE, 4000), audited=50)
    assert counts.all()


@pytest.mark.expensive
@pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")
def test_a_compiled_run_is_that_of_plain_integers() -> None:
    """The same counts and the same regions."""
    drawn = draw(np.random.default_rng(2), MACHINE, 3000)
    ran, wanted = (replay(kernels, MACHINE, drawn, audited=100) for kernels in (region_core.core(), plain()))
    assert ran[0] == wanted[0]
    assert ran[1].tolist() == wanted[1].tolist()
    for mine, other in zip(ran[2][:5], wanted[2][:5], strict=True):
        assert mine.tolist() == other.tolist()


def test_the_core_runs_uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put together in the same way, without a compiler."""
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    monkeypatch.setattr(region_core, "core", region_core.core.__wrapped__)
    (made, bits, _), _, _ = replay(region_core.core(), MACHINE, draw(np.random.default_rng(3), MACHINE, 300))
    assert (made, bits) == (300, 0)
    called = region_core.called_moves(backend.compiled)
    assert {"insert", "unmap", "move", "broken_anywhere"} <= set(called)


# -- wrong rules -------------------------------------------------------------------------------------------------------


def never_joined(regions: Any, first: Any) -> Any:
    """Two regions that stay two."""
    return regions, False


def one_more(regions: Any, first: Any) -> Any:
    """A region that is removed, and counted still."""
    after, legal = STEPS.remove(regions, first)
    return after._replace(count=regions.count), legal


def too_short(regions: Any, below: Any, first: Any, length: Any) -> Any:
    """A range of which the last page stays."""
    return STEPS.unmap(regions, below, first, length - (length > 1))


def second_best(regions: Any, length: Any) -> Any:
    """Room that is not the lowest."""
    return STEPS.fit_high(regions, length)


def unlinked(regions: Any, first: Any) -> Any:
    """A region that is removed, and the neighbour below for the one above."""
    after, legal = STEPS.remove(regions, first)
    above = int(regions.next[first])
    if legal:
        after.previous[above] = first
    return after, legal


def lost(regions: Any, page: Any) -> Any:
    """A place that is always the sentinel."""
    return regions.pages


def elsewhere(tree: Any, regions: Any, length: Any) -> Any:
    """Room that begins a page later than it does."""
    below, first, found = region_tree.lowest_room(tree, regions, length)
    return below, first + 1, found


def beside(tree: Any, pages: Any, page: Any) -> Any:
    """The region below the one that has a page, if that starts there."""
    return region_tree.place_in(tree, pages, page - (page > 0))


def endless(regions: Any, first: Any) -> Any:
    """A region that is the one above itself."""
    after, legal = STEPS.remove(regions, first)
    if not legal and regions.count:
        after.next[first] = first
    return after, legal


@pytest.mark.parametrize(
    ("name", "function", "law"),
    [
        ("join", never_joined, "V5.merged"),
        ("remove", one_more, "V2"),
        ("unmap", too_short, "V5"),
        ("fit", second_best, "V16"),
        ("remove", unlinked, "V1"),
        ("place_of", lost, "V2"),
        ("highest_room", elsewhere, "V16"),
        ("lowest_room", elsewhere, "V16"),
        ("place_in", beside, "V2"),
        ("remove", endless, "V1"),
    ],
)
def test_what_is_wrong_is_found(name: str, function: Any, law: str) -> None:
    """In a space of eleven pages, within some thousand moves."""
    drawn = draw(np.random.default_rng(4), MACHINE, 3000)
    (made, bits, _), _, _ = replay(plain(**{name: function}), MACHINE, drawn)
    assert made < 3000
    assert bits & region_moves.LAW_BITS[law]


def test_an_audit_sees_what_no_move_touches() -> None:
    """A region that is in no list, and a count that is not theirs."""
    audit = plain()
    regions, _ = empty_arrays(MACHINE)
    regions = audit.entered(regions)
    assert audit.broken_in_large(regions, 11) == 0
    regions.length[4] = 1
    assert audit.broken_in_large(regions, 11) == region_moves.ORDERED | region_moves.FOUND
    assert audit.broken_in_large(regions._replace(count=1), 11) == region_moves.ORDERED
    regions.next[11], regions.next[4] = 4, 4
    assert audit.broken_in_large(regions._replace(count=1), 11) == region_moves.ORDERED


@pytest.mark.parametrize(("name", "law"), [("lowest_room", "V16"), ("highest_room", "V16"), ("place_in", "V2")])
def test_what_the_tree_says_wrong_is_found_without_a_walk(name: str, law: str) -> None:
    """The laws alone see it, at the page that is asked for and at another."""
    drawn = draw(np.random.default_rng(4), MACHINE, 3000) & np.uint64(~(1 << region_replay.WALKED_AT) & (1 << 64) - 1)
    function = beside if name == "place_in" else elsewhere
    (made, bits, _), _, _ = replay(plain(**{name: function}), MACHINE, drawn, audited=1 << 20)
    assert made < 3000
    assert bits & region_moves.LAW_BITS[law]


def test_an_audit_sees_a_tree_that_lags_behind() -> None:
    """A word of the tree that no call has looked at yet."""
    audit = plain()
    regions, tree = empty_arrays(MACHINE)
    regions, tree = audit.entered(regions), GapTree(tree.words, 16)
    assert audit.broken_tree(regions, tree) == 0
    tree.words[20] = 1
    assert audit.broken_tree(regions, tree) == region_moves.FOUND | region_moves.FITTED


def test_a_list_that_does_not_end_is_broken() -> None:
    """Two regions, each above the other: looked at no more often than there are regions."""
    regions, tree = empty_dictionaries(11)._replace(count=2), GapTree([0] * 32, 16)
    for here, there in ((2, 3), (3, 2), (11, 2)):
        regions.length[here] = here < 11
        regions.next[here] = there
    asked = region_moves.asked_by(regions, region_moves.SPLIT, 2, 0, 0, 0)
    assert region_replay.clear_touched(tree, regions, 11, 9) == 2
    hung, bits = region_replay.hang_touched(tree, regions, 11, 9, asked, False, 5)
    assert hung == 3
    assert bits & region_moves.ORDERED
