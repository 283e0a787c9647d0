"""The exploring judge of page states: exact counts, wrong rules as shortest stories, gaps that are no passes."""

import math
from collections.abc import Iterator
from typing import Any
from unittest.mock import ANY

import attrs
import numpy as np
import pytest

from pagelaw.checker.explore import page_cells, page_numbers
from pagelaw.checker.explore.pages import (
    LARGEST,
    LAW_BITS,
    Code,
    PageSystem,
    explore_pages,
    machines,
)
from pagelaw.checker.verdict import Verdict
from pagelaw.model.fast import backend
from pagelaw.model.fast.page_machine import Machine
from pagelaw.spec import page_laws
from pagelaw.spec.algebra import ONE, TRUE, ZERO, where
from pagelaw.spec.law import find_law, laws_of
from pagelaw.spec.pages import (
    COMMITTED,
    PAGED_OUT,
    RESERVED,
    Pages,
    backed,
    frame_of,
    is_charged,
    is_clean,
    is_dirty,
    is_resident,
    is_unused,
    moved,
    resident_in,
    state_of,
    unbacked,
)

LAWS = [law for law in laws_of(page_laws.CONTRACT) if law.id in LAW_BITS]
needs_compiler = pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")
SMALL = [Machine(1, 1), Machine(2, 1), Machine(3, 2), Machine(3, 2, limit=2), Machine(2, 3, limit=1)]


# -- a reading in plain Python, written apart from the specification ------------------------------------------

Page = tuple[str, int]


def next_states(state: tuple[Page, ...], machine: Machine) -> Iterator[tuple[Page, ...]]:
    """The state after every move that changes something: pages by the name of their state and their frame, or -1."""
    used = {frame for _, frame in state}
    unused = [frame for frame in range(machine.frames) if frame not in used]
    charged = sum(name not in ("free", "reserved") for name, _ in state)
    for at, (name, frame) in enumerate(state):
        others: list[Page] = []
        if name == "free":
            others = [("reserved", -1)]
        elif name == "reserved":
            others = [("free", -1)] + [("committed", -1)] * (charged < machine.limit)
        else:
            others = [("reserved", -1)]
            if name in ("committed", "out"):
                others += [("dirty", each) for each in unused]
            if name == "out":
                others += [("clean", each) for each in unused]
            if name == "clean":
                others += [("dirty", frame), ("out", -1)]
            if name == "dirty":
                others += [("clean", frame)]
        for other in others:
            yield (*state[:at], other, *state[at + 1 :])


def counted(machine: Machine) -> tuple[int, int, int]:
    """States, transitions and how many moves the last of them are away, breadth first."""
    start = (("free", -1),) * machine.pages
    level, known, transitions, depth = [start], {start}, 0, -1
    while level:
        depth, found = depth + 1, []
        for state in level:
            for other in next_states(state, machine):
                transitions += 1
                if other not in known:
                    known.add(other)
                    found.append(other)
        level = found
    return len(known), transitions, depth


def states_of(machine: Machine) -> int:
    """How many states there are if all may be committed: which pages are resident, where, clean or dirty; the rest."""
    pages, frames = machine.pages, machine.frames
    return sum(math.comb(pages, few) * math.perm(frames, few) * 2**few * 4 ** (pages - few) for few in range(pages + 1))


# -- counts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("machine", [Machine(n, m) for n in (1, 2, 3) for m in (1, 2, 3)] + SMALL, ids=str)
def test_counts_are_those_of_a_naive_search(uncompiled: None, machine: Machine) -> None:
    """States, transitions and depth; and the formula's states where the limit binds nothing."""
    found = PageSystem(machine, code=Code()).search()
    assert (found.states, found.transitions, found.depth) == counted(machine)
    assert (found.checked, found.ended) == (found.states, "")
    assert not [bit for bit in found.broken if bit < page_cells.LIMITED.bit_length() - 1]
    if machine.limit == machine.pages:
        assert found.states == states_of(machine)


@pytest.mark.expensive
@needs_compiler
def test_compiled_search_counts_the_same() -> None:
    """On one and two threads, with every law asked and with none; and without a table of outcomes."""
    code = Code()
    for machine in [*SMALL, Machine(5, 3), Machine(4, 2, limit=3), Machine(3, 6)]:
        wanted = counted(machine)
        for checks in (("state", "moves"), ()):
            for threads in (1, 2):
                found = PageSystem(machine, code=code).search(threads=threads, checks=checks)
                assert (found.states, found.transitions, found.depth) == wanted
                assert not [bit for bit in found.broken if bit < page_cells.LIMITED.bit_length() - 1]
                assert bool(found.broken) == bool(checks)
    system = PageSystem(Machine(3, 2), code=code)
    system.outcomes = system.outcomes._replace(charges=np.uint64(0))
    asked = system.search(checks=())
    assert (asked.states, asked.transitions, asked.depth) == counted(system.machine)


@pytest.mark.nightly
@needs_compiler
def test_states_that_are_not_what_their_pages_say_are_found_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a rule by which most states cannot be numbered: the same ones as where none is, and the same breaches."""
    code = Code({"evict": evict_and_keep})
    found = PageSystem(Machine(3, 2), code=code).search(checks=("state",))
    assert PageSystem(Machine(3, 2), code=code).search(threads=2, checks=("state",)) == attrs.evolve(
        found, broken=ANY, start=ANY
    )
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    system = PageSystem(Machine(3, 2), code=Code(code.changes))
    wanted = system.search(checks=("state",))
    assert found == wanted
    keys = {found.keys(state) for state in range(found.states)}
    assert keys == {wanted.keys(state) for state in range(wanted.states)}
    size, lists = system.numbering().size, system.numbering().lists.tolist()
    numbered = sum(page_numbers.number_of(key, lists) < size for key in keys)
    assert (len(keys), numbered) == (1215, 207)


@pytest.mark.nightly
@needs_compiler
def test_every_law_holds_on_eight_pages() -> None:
    """By default, with the known count of states and of transitions; the last state is 40 moves from the first."""
    told: list[str] = []
    judgement = explore_pages(LAWS, threads=2, progress=told.append)
    assert (judgement.judge, judgement.subject) == ("explore", "specification")
    assert {finding.law: finding.verdict for finding in judgement.findings} == dict.fromkeys(LAW_BITS, Verdict.HOLDS)
    assert states_of(LARGEST) == 6_356_992
    assert judgement.findings[0].because.endswith(f"6356992 states of {LARGEST}")
    small = [counted(machine) for machine in machines(LARGEST) if machine != LARGEST]
    assert judgement.counts["page states"] == 6_356_992 + sum(states for states, _, _ in small)
    assert judgement.counts["page transitions"] == 103_579_648 + sum(transitions for _, transitions, _ in small)
    assert told[-1] == "explore: 6356992 states, depth 40"
    assert not judgement.notes


def test_every_law_holds_uncompiled(uncompiled: None) -> None:
    """A smaller machine without a compiler, and it says so; two threads are not pretended."""
    told: list[str] = []
    judgement = explore_pages(LAWS, threads=2, progress=told.append)
    assert {finding.law: finding.verdict for finding in judgement.findings} == dict.fromkeys(LAW_BITS, Verdict.HOLDS)
    assert judgement.counts["page states"] == 6 + 32 + 352 + 248 + 2048
    assert judgement.size == f"page states of {Machine(4, 2)}"
    assert judgement.notes == (
        f"there is no compiler; the largest machine by default is {Machine(4, 2)}",
        "uncompiled, one thread does all the work",
    )
    assert told[0] == f"explore: page states, {Machine(1, 1)}"


def test_machines_that_are_explored_grow() -> None:
    """None is larger than the one that was asked for, which comes last and once."""
    assert list(machines(Machine(2, 1))) == [Machine(1, 1), Machine(2, 1)]
    assert list(machines(Machine(3, 2))) == [Machine(1, 1), Machine(2, 1), Machine(3, 2, limit=2), Machine(3, 2)]
    assert [machine.pages for machine in machines(LARGEST)] == [1, 2, 3, 3, 8]


# -- wrong rules -------------------------------------------------------------------------------------------------


def fill_used(pages: Any, page: Any, frame: Any) -> Any:
    legal = state_of(pages, page) == COMMITTED
    return backed(legal, pages, page, frame, resident_in(frame, TRUE)), legal


def evict_and_keep(pages: Any, page: Any) -> Any:
    legal = is_clean(state_of(pages, page))
    return moved(legal, pages, page, PAGED_OUT), legal


def evict_dirty(pages: Any, page: Any) -> Any:
    state = state_of(pages, page)
    legal = is_resident(state)
    pages = unbacked(legal, pages, frame_of(state))
    return moved(legal, pages, page, PAGED_OUT), legal


def commit_unlimited(pages: Any, page: Any) -> Any:
    legal = state_of(pages, page) == RESERVED
    pages = moved(legal, pages, page, COMMITTED)
    return Pages(pages.state, pages.owner, pages.charge + where(legal, ONE, ZERO), pages.limit), legal


def decommit_charged(pages: Any, page: Any) -> Any:
    state = state_of(pages, page)
    legal = is_charged(state)
    pages = unbacked(legal & is_resident(state), pages, frame_of(state))
    return moved(legal, pages, page, RESERVED), legal


def decommit_anything(pages: Any, page: Any) -> Any:
    state = state_of(pages, page)
    legal = state >= RESERVED
    pages = unbacked(legal & is_resident(state), pages, frame_of(state))
    pages = moved(legal, pages, page, RESERVED)
    return Pages(pages.state, pages.owner, pages.charge - where(legal, ONE, ZERO), pages.limit), legal


def release_committed(pages: Any, page: Any) -> Any:
    legal = (state_of(pages, page) == RESERVED) | (state_of(pages, page) == COMMITTED)
    return moved(legal, pages, page, ZERO), legal


def write_elsewhere(pages: Any, page: Any) -> Any:
    legal = is_clean(state_of(pages, page))
    return moved(legal, pages, page, resident_in(ZERO, TRUE)), legal


def page_in_quietly(pages: Any, page: Any, frame: Any, writes: Any) -> Any:
    legal = (state_of(pages, page) == PAGED_OUT) & is_unused(pages, frame)
    return moved(legal, pages, page, resident_in(frame, writes)), legal


def write_out_next(pages: Any, page: Any) -> Any:
    state = state_of(pages, page)
    legal = is_dirty(state)
    pages = moved(legal & (page != ZERO), pages, ZERO, RESERVED)
    return moved(legal, pages, page, state - where(legal, ONE, ZERO)), legal


def reserve_while_refusing(pages: Any, page: Any) -> Any:
    state = state_of(pages, page)
    return moved(state != RESERVED, pages, page, RESERVED), state == ZERO


#: What is wrong, which laws break and how many moves it takes to break the first of them, and on which machine.
WRONG = {
    "fill": (fill_used, {"F2"}, 6, Machine(2, 1)),
    "evict": (evict_and_keep, {"F2"}, 5, Machine(1, 1)),
    "commit": (commit_unlimited, {"V4"}, 6, Machine(3, 2, limit=2)),
    "decommit": (decommit_charged, {"V4"}, 3, Machine(1, 1)),
    "release": (release_committed, {"V4", "V8"}, 3, Machine(1, 1)),
    "write": (write_elsewhere, {"F2", "V8"}, 5, Machine(3, 2)),
    "page_in": (page_in_quietly, {"F2"}, 6, Machine(1, 1)),
    "write_out": (write_out_next, {"V8"}, 4, Machine(2, 1)),
    "reserve": (reserve_while_refusing, {"V4"}, 3, Machine(1, 1)),
}


def stories(changes: dict[str, Any], **settings: Any) -> dict[str, str]:
    """The laws that are broken with other rules, and how; no other law is said to hold."""
    judgement = explore_pages(LAWS, changes=changes, **settings)
    others = {finding.verdict for finding in judgement.findings if finding not in judgement.broken}
    assert others <= {Verdict.UNKNOWN}
    return {finding.law: finding.because for finding in judgement.broken}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rule_is_told_as_a_shortest_story(uncompiled: None, name: str) -> None:
    """The laws that are broken, on the smallest machine that shows it, after as few moves as there can be."""
    function, laws, moves, machine = WRONG[name]
    broken = stories({name: function})
    assert set(broken) == laws
    assert min(because.count(";") + 1 for because in broken.values()) == moves
    assert all(because.startswith(f"on {machine}: page ") for because in broken.values())


@pytest.mark.nightly
@needs_compiler
def test_wrong_rules_are_told_the_same_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """By machine code, in the same words."""
    changes = {name: WRONG[name][0] for name in ("evict", "release")}
    compiled = stories(changes, pages=3, frames=2, threads=2)
    assert set(compiled) == {"V4", "V8"}
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    assert compiled == stories(changes)


def test_a_page_that_is_evicted_dirty_breaks_its_law(uncompiled: None) -> None:
    """Told move by move; the other laws are unknown, and say why."""
    judgement = explore_pages(LAWS, changes={"evict": evict_dirty})
    found = {finding.law: finding for finding in judgement.findings}
    assert found["V8"].because.split("; ") == [
        f"on {Machine(1, 1)}: page 0 is reserved",
        "page 0 is committed",
        "page 0 is touched for the first time, and filled into frame 0",
        "page 0 is evicted",
    ]
    assert found["F2"].verdict is found["V4"].verdict is Verdict.UNKNOWN
    assert found["F2"].because.startswith("ended at a breach after ")


def test_a_charge_below_zero_is_no_large_one(uncompiled: None) -> None:
    """A decommit of what was never committed: the charge is told to be wrong before it is put into a word."""
    broken = stories({"decommit": decommit_anything})
    assert broken == {"V4": f"on {Machine(1, 1)}: page 0 is reserved; page 0 is decommitted"}


# -- gaps --------------------------------------------------------------------------------------------------------


def never(pages: Any, page: Any) -> Any:
    return pages, state_of(pages, page) != state_of(pages, page)


def always(pages: Any, page: Any) -> Any:
    return pages, state_of(pages, page) == state_of(pages, page)


def test_a_move_that_is_never_done_or_never_refused_leaves_laws_unknown(uncompiled: None) -> None:
    """What cannot happen cannot be wrong, and that is not the same as right."""
    judgement = explore_pages(LAWS, changes={"evict": never, "write": always}, pages=3, frames=2)
    assert {finding.verdict for finding in judgement.findings} == {Verdict.UNKNOWN}
    read, written = "page ... is read, and paged into frame ...", "page ... is written, and paged into frame ..."
    assert judgement.findings[0].because == (
        f"never done: {read}, {written}, page ... is evicted; never refused: page ... is written while clean"
    )


def test_a_limit_that_never_binds_leaves_laws_unknown(uncompiled: None) -> None:
    """One page that may always be committed."""
    (finding,) = explore_pages([find_law("V4")], pages=1, frames=1).findings
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.because == "never was a commitment refused for the limit alone"


def charge_more(pages: Any, page: Any) -> Any:
    legal = state_of(pages, page) == RESERVED
    pages = moved(legal, pages, page, COMMITTED)
    more = where(legal, ONE << 8, ZERO)
    return Pages(pages.state, pages.owner, pages.charge + more, pages.limit), legal


def test_a_state_that_fits_into_no_word_leaves_laws_unknown(uncompiled: None) -> None:
    """Where nobody asks for the law that is broken by it."""
    judgement = explore_pages([find_law("F2")], changes={"commit": charge_more})
    assert judgement.findings[0].verdict is Verdict.UNKNOWN
    assert judgement.findings[0].because == f"a state of {Machine(1, 1)} does not fit into a word"
