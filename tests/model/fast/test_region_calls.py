"""Long runs of calls without laws: the answers and regions of a run by walks alone, from calls of every kind."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from pagelaw.model.fast import backend, region_calls, region_core, region_moves, region_tree
from pagelaw.model.fast.churn import ALL, FNV_PRIME
from pagelaw.model.fast.region_machine import Machine, draw, empty_arrays, empty_dictionaries
from pagelaw.model.fast.region_replay import KIND_AT, KIND_BITS, LENGTH_AT, LENGTH_BITS, PAGE_AT, PAGE_BITS, SKEW_AT
from pagelaw.spec import regions as rules
from pagelaw.spec.regions import Regions

#: How often the calls of programs are drawn, by the number of their kind.
CALLS = (0, 0, 0, 0, 0, 0, 0, 6, 3, 3, 3, 2, 2)
MACHINE = Machine(23, longest=9)


def plain(**functions: Any) -> Any:
    """The replay uncompiled, with some functions replaced."""
    return backend.rebind(region_calls, primitives=backend._plain_primitives(), overrides=functions)


def rows(regions: Regions) -> list[tuple[int, ...]]:
    """All regions, upward along the list."""
    found, node = [], int(regions.next[regions.pages])
    while node < regions.pages:
        found.append((node, *(int(words[node]) for words in regions[:3])))
        node = int(regions.next[node])
    return found


def run(kernels: Any, machine: Machine, calls: Any) -> tuple[int, int, list[tuple[int, ...]]]:
    """The count of regions, the digest and the regions; the tree is what they say."""
    regions, tree = empty_arrays(machine)
    count, digest = kernels.replay(regions, tree, calls)
    same = regions._replace(pages=machine.pages)
    assert region_tree.mistakes(tree._replace(leaves=int(tree.leaves)), same) == 0
    return int(count), int(digest), rows(same)


def walked(machine: Machine, calls: Sequence[int]) -> tuple[int, int, list[tuple[int, ...]]]:
    """The same, by the specification's walks on dictionaries."""
    regions, digest = empty_dictionaries(machine.pages), 0
    for text in calls:
        step, page = text & 0x7F, min(text >> PAGE_AT & PAGE_BITS, machine.pages - 1)
        length, kind = text >> LENGTH_AT & LENGTH_BITS, text >> KIND_AT & KIND_BITS
        found = 0
        if step == region_moves.FIND:
            found, done = rules.find(regions, page)
        elif step >= region_moves.FIT:
            _, first, done = (rules.fit, rules.fit_high)[step - region_moves.FIT](regions, length)
            found = first if done else 0
        else:
            offset = region_moves.offset_for(page, length, text >> SKEW_AT & 3)
            below = rules.place_of(regions, page)
            regions, done = region_moves.move(regions, step, below, page, length, kind, offset)
        for answer in (2 * found + bool(done), regions.count):
            digest = (digest * FNV_PRIME + answer) & ALL
    return regions.count, digest, rows(regions)


@pytest.mark.parametrize("machine", [Machine(1), Machine(2), MACHINE, Machine(90, longest=12)])
def test_answers_are_those_of_walks(machine: Machine) -> None:
    """Call by call, and the regions in the end."""
    drawn = draw(np.random.default_rng(machine.pages), machine, 2500, CALLS)
    assert run(plain(), machine, drawn) == walked(machine, drawn.tolist())


def test_calls_beyond_the_space() -> None:
    """Pages past the end are the last one; ranges that reach there are refused, and nothing has changed."""
    words = [
        step | page << PAGE_AT | length << LENGTH_AT | 1 << KIND_AT
        for page, length in ((3, 4), (20, 9), (PAGE_BITS, 1), (22, 2), (0, 0), (4, LENGTH_BITS), (1, 21))
        for step in range(region_moves.MAP_RANGE, region_moves.KINDS)
    ]
    words = [*words[::3], *words]
    assert run(plain(), MACHINE, np.array(words, np.uint64)) == walked(MACHINE, words)


@pytest.mark.expensive
@pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")
def test_a_compiled_run_is_that_of_walks() -> None:
    """On uint64 and pointers."""
    drawn = draw(np.random.default_rng(7), MACHINE, 3000, CALLS)
    assert run(region_core.calls(), MACHINE, drawn) == walked(MACHINE, drawn.tolist())


def test_the_core_runs_uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put together in the same way, without a compiler."""
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    drawn = draw(np.random.default_rng(3), MACHINE, 300, CALLS)
    assert run(region_core.calls.__wrapped__(), MACHINE, drawn) == walked(MACHINE, drawn.tolist())


def never_joined(regions: Any, first: Any) -> Any:
    """Two regions that stay two."""
    return regions, False


def unchanged(regions: Any, first: Any, kind: Any) -> Any:
    """A region that stays what it is."""
    return regions, True


def kept(tree: Any, regions: Any, node: Any) -> Any:
    """A region that is gone, and stays in the tree."""
    return node


@pytest.mark.parametrize(("name", "function"), [("join", never_joined), ("change", unchanged)])
def test_another_rule_gives_another_digest(name: str, function: Any) -> None:
    """So would another implementation that errs."""
    drawn = draw(np.random.default_rng(4), MACHINE, 2000, CALLS)
    regions, tree = empty_arrays(MACHINE)
    _, digest = plain(**{name: function}).replay(regions, tree, drawn)
    assert digest != run(plain(), MACHINE, drawn)[1]


@pytest.mark.parametrize("name", ["settle", "forget"])
def test_a_tree_that_lags_behind_gives_another_digest(name: str) -> None:
    """What is not kept in step is not found, or found too late."""
    drawn = draw(np.random.default_rng(5), MACHINE, 2000, CALLS)
    regions, tree = empty_arrays(MACHINE)
    _, digest = plain(**{name: kept}).replay(regions, tree, drawn)
    assert digest != run(plain(), MACHINE, drawn)[1]
