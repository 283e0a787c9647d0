"""The exploring judge of regions: exact counts, wrong rules as shortest stories, gaps that are no passes."""

from collections.abc import Iterator
from typing import Any

import pytest

from pagelaw.checker.explore import region_cells as cells
from pagelaw.checker.explore.regions import LARGEST, LAW_BITS, Code, RegionSystem, explore_regions, machines, setting_of
from pagelaw.checker.verdict import Verdict
from pagelaw.model.fast import backend
from pagelaw.model.fast.region_machine import Machine
from pagelaw.spec import region_laws
from pagelaw.spec.access import READ, WRITE
from pagelaw.spec.algebra import ONE, ZERO, invert, where
from pagelaw.spec.law import find_law, laws_of
from pagelaw.spec.regions import (
    BACKED,
    end_of,
    is_backed,
    is_region,
    kind_of,
    length_of,
    lengthened,
    linked,
    next_of,
    offset_of,
    within,
)

LAWS = [law for law in laws_of(region_laws.CONTRACT) if law.part == region_laws.PART]
needs_compiler = pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")

# -- a reading in plain Python, written apart from the specification ---------------------------------------------------

#: What a region may be: its name, and how much later than at its own address it begins in its object.
SORTS = [("read", None), ("write", None), ("read", 0), ("read", 1), ("write", 0), ("write", 1)]
State = frozenset[tuple[int, int, tuple[str, int | None]]]


def next_states(state: State, pages: int) -> Iterator[State]:
    """The state after every step on one region that changes something: regions by first page, end and sort."""
    used = {page for first, end, _ in state for page in range(first, end)}
    for first in range(pages):
        for end in range(first + 1, pages + 1):
            if used.isdisjoint(range(first, end)):
                yield from (state | {(first, end, sort)} for sort in SORTS)
    for region in state:
        first, end, (rights, later) = region
        rest = state - {region}
        yield rest
        yield rest | {(first, end, ("write" if rights == "read" else "read", later))}
        for at in range(first + 1, end):
            yield rest | {(first, at, region[2]), (at, end, region[2])}
        for new in range(first + 1, pages + 1):
            if used.isdisjoint(range(end, new)):
                yield rest | {(first, new, region[2])}
        for above in rest:
            if above[0] == end and above[2] == region[2]:
                yield rest - {above} | {(first, above[1], region[2])}


def counted(pages: int) -> int:
    """How many states there are, one after the other."""
    level: list[State] = [frozenset()]
    known = set(level)
    while level:
        found = {after for state in level for after in next_states(state, pages)} - known
        known |= found
        level = list(found)
    return len(known)


def closed_form(pages: int) -> int:
    """The last page is unused, or ends a region of some length and one of six sorts."""
    states = [1]
    for _ in range(pages):
        states.append(states[-1] + len(SORTS) * sum(states))
    return states[pages]


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge on plain integers."""
    monkeypatch.setattr(backend, "is_compiled", lambda: False)


def test_the_counts_are_known() -> None:
    """By hand, by a recurrence, and one by one."""
    assert [closed_form(pages) for pages in range(8)] == [1, 7, 55, 433, 3409, 26839, 211303, 1663585]
    assert all(closed_form(pages) == 8 * closed_form(pages - 1) - closed_form(pages - 2) for pages in range(2, 8))
    assert [counted(pages) for pages in range(1, 4)] == [7, 55, 433]


def test_every_law_holds_in_every_state(uncompiled: None) -> None:
    """On plain integers: as many states as there are."""
    told: list[str] = []
    judgement = explore_regions(LAWS, pages=2, progress=told.append)
    assert {finding.verdict for finding in judgement.findings} == {Verdict.HOLDS}
    assert judgement.findings[0].because == "7 states of 1 page; 55 states of 2 pages"
    assert judgement.counts["region states"] == 7 + 55
    assert told[0] == "explore: regions, 1 page"
    assert "the largest space by default has 3 pages" in judgement.notes[0]


@pytest.mark.nightly
@needs_compiler
@pytest.mark.parametrize("threads", [1, 2])
def test_every_law_holds_compiled(threads: int) -> None:
    """By machine code, up to the largest space by default."""
    judgement = explore_regions(LAWS, threads=threads)
    assert {finding.verdict for finding in judgement.findings} == {Verdict.HOLDS}
    assert judgement.counts["region states"] == sum(closed_form(pages) for pages in range(1, 6))


def test_spaces_that_are_explored_grow() -> None:
    """The one that was asked for comes last and once."""
    assert [machine.pages for machine in machines(LARGEST)] == [1, 2, 3, 4, 5]
    assert [machine.pages for machine in machines(Machine(2))] == [1, 2]


# -- keys --------------------------------------------------------------------------------------------------------------


def test_a_key_is_its_state_and_back(uncompiled: None) -> None:
    """For every state of three pages."""
    system = RegionSystem(Machine(3), code=Code())
    found, moves = system.search(checks=()), system.code.plain_moves
    assert found.states == closed_form(3)
    for index in range(found.states):
        regions = moves.regions_of(found.keys(index), system.plain_setting)
        assert moves.key_of(regions) == found.keys(index)
        assert moves.is_faithful(regions, regions)


def test_a_region_with_every_bit() -> None:
    """Seven pages of an object from page 15 on, which may be written: nine bits, the last ones of a key."""
    word = cells.store_element_if(True, 0x0300, 2, 0xFF)
    assert (word, cells.load_element(word, 2), cells.load_element(word, 1)) == (0xFF0300, 0xFF, 3)
    assert cells.store_element_if(False, word, 0, 1) == word
    assert cells.kind_from(1, 1) == READ | WRITE | BACKED
    assert cells.kind_from(0, 0) == READ
    label = cells.label_of(7, 3, 2, 6)
    assert cells.operands_of(label) == (3, 2, READ | BACKED, 4)


# -- wrong rules -------------------------------------------------------------------------------------------------------


def is_compatible(regions: Any, first: Any) -> Any:
    above = next_of(regions, first)
    adjacent = is_region(regions, first) & is_region(regions, above) & (end_of(regions, first) == above)
    return adjacent & (kind_of(regions, first) == kind_of(regions, above))


def split(regions: Any, first: Any, at: Any) -> Any:
    first = within(regions, first)
    length, kind, offset = length_of(regions, first), kind_of(regions, first), offset_of(regions, first)
    legal = (first < at) & (at < first + length)
    lower = where(legal, at - where(legal, first, at), ZERO)
    regions = linked(legal, regions, first, within(regions, at), length - lower, kind, offset)
    return lengthened(legal, regions, first, lower), legal


def remove(regions: Any, first: Any) -> Any:
    first = within(regions, first)
    legal = is_region(regions, first)
    return lengthened(legal, regions, first, ZERO), legal


def join(regions: Any, first: Any) -> Any:
    return regions, is_region(regions, first) & invert(is_region(regions, first))


#: What is wrong, which laws break and how many moves it takes to break the first of them.
WRONG = {
    "is_compatible": (is_compatible, {"V5"}, 2),
    "split": (split, {"V5"}, 2),
    "remove": (remove, {"V1", "V2"}, 2),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rule_is_told_as_a_shortest_story(uncompiled: None, name: str) -> None:
    """The laws that are broken, after as few moves as there can be."""
    function, laws, moves = WRONG[name]
    judgement = explore_regions(LAWS, changes={name: function}, pages=2)
    broken = {finding.law: finding.because for finding in judgement.broken}
    assert laws <= set(broken)
    assert min(because.count(";") + 1 for because in broken.values()) == moves
    assert all(because.startswith("on ") for because in broken.values())
    others = {finding.verdict for finding in judgement.findings if finding not in judgement.broken}
    assert others <= {Verdict.UNKNOWN}


def test_what_is_never_joined_is_told(uncompiled: None) -> None:
    """Mapping leaves two neighbours that could be one."""
    judgement = explore_regions(LAWS, changes={"join": join}, pages=2)
    (broken,) = judgement.broken
    assert broken.law == "V5.merged"
    assert "on 2 pages: " in broken.because


# -- gaps --------------------------------------------------------------------------------------------------------------


def test_a_step_that_is_never_done_leaves_laws_unknown(uncompiled: None) -> None:
    """In a space of one page nothing can be split or joined."""
    (finding,) = explore_regions([find_law("V1")], pages=1).findings
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.because.startswith("never done: the region around page n is split there, the region at page n is")


def test_a_state_that_fits_into_no_word_leaves_laws_unknown(uncompiled: None) -> None:
    """Where regions begin in their object further than four bits can tell."""
    judgement = explore_regions([find_law("V16")], changes={"behind": far}, pages=2)
    assert {finding.verdict for finding in judgement.findings} == {Verdict.UNKNOWN}
    assert "does not fit into a word" in judgement.findings[0].because


def far(kind: Any, offset: Any) -> Any:
    return where(is_backed(kind), offset + (BACKED >> ONE), ZERO)


def test_a_limit_leaves_laws_unknown(uncompiled: None) -> None:
    """And says where it ended."""
    (finding,) = explore_regions([find_law("V1")], limit=20, pages=2).findings
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.because.startswith("the limit of 20 states was reached after ")


@pytest.mark.parametrize("pages", [0, 8])
def test_a_space_that_does_not_fit_is_refused(pages: int) -> None:
    """Seven pages are what there is room for."""
    with pytest.raises(ValueError, match="1 to 7 pages"):
        explore_regions(LAWS, pages=pages)
    assert setting_of(Machine(7)) == (7,)


def test_the_labels_are_all_moves(uncompiled: None) -> None:
    """Every step, every page and the sentinel, every range and one too long: as many as are judged in a state."""
    system = RegionSystem(Machine(2), code=Code())
    labels = [*system.labels()]
    assert len({*labels}) == len(labels)
    told = {system.told(label) for label in labels}
    assert "a range of length 0 from page 2 on is unmapped" in told
    assert LAW_BITS.keys() == {law.id for law in LAWS}
