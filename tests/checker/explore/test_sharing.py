"""The exploring judge of sharing: exact counts, wrong rules as shortest stories, gaps that are no passes."""

from collections.abc import Iterator
from typing import Any

import pytest

from pagelaw.checker.explore import sharing
from pagelaw.checker.explore import sharing_cells as cells
from pagelaw.checker.explore.sharing import (
    LARGEST,
    LARGEST_UNCOMPILED,
    LAW_BITS,
    SMALL,
    Code,
    SharingSystem,
    explore_sharing,
    machines,
    told,
)
from pagelaw.checker.verdict import Verdict
from pagelaw.model.fast import backend, sharing_moves
from pagelaw.model.fast.sharing_machine import Machine
from pagelaw.spec import sharing_laws
from pagelaw.spec.algebra import ONE, ZERO, invert, load, where
from pagelaw.spec.law import find_law, laws_of
from pagelaw.spec.sharing import (
    Mapping,
    contents,
    counted,
    frame_at,
    is_alone,
    is_mapped,
    is_object,
    is_shared,
    is_unused,
    is_vacant,
    is_writable,
    mapped,
    may_be_mapped,
    overwritten,
    unmapped,
    with_content,
)

LAWS = [law for law in laws_of(sharing_laws.CONTRACT) if law.part == sharing_laws.PART]
needs_compiler = pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")
#: The states of each machine: how pages may map frames (derived in tests/spec/test_sharing.py), times all contents.
STATES = {
    Machine(2, 0, 2, bits=1): 17 * 4,
    Machine(1, 1, 2, bits=1): 11 * 8,
    Machine(1, 1, 2, bits=2): 11 * 64,
    Machine(2, 1, 2, most=2, bits=1): 53 * 8,
    Machine(2, 1, 2, bits=1): 61 * 8,
    Machine(3, 1, 3, bits=1): 898 * 16,
    Machine(4, 1, 3, bits=1): 4483 * 16,
}


# -- a reading in plain Python, written apart from the specification ------------------------------------------

#: A page of a process is None, or its frame, whether it may write, and 0 (own), 1 (shows the file) or 2 (shared).
Page = tuple[int, bool, int] | None
#: The file's frame or -1, the pages, what is in frames, what is in backing store.
State = tuple[int, tuple[Page, ...], tuple[int, ...], int]


def set_in(values: tuple[Any, ...], at: int, value: Any) -> tuple[Any, ...]:
    """The values with another one at an index."""
    return (*values[:at], value, *values[at + 1 :])


def next_states(state: State, machine: Machine) -> Iterator[State]:
    """The state after every move that may be made, also where it changes nothing."""
    file, pages, content, disk = state
    frames = [page[0] for page in pages if page] + [file] * (file >= 0)
    unused = [frame for frame in range(machine.frames) if frame not in frames]
    writable = [page[0] for page in pages if page and page[1]] + [file] * (file >= 0)
    for frame in writable:
        for bit in range(machine.bits):
            yield file, pages, set_in(content, frame, content[frame] & ~(1 << bit)), disk
            yield file, pages, set_in(content, frame, content[frame] | 1 << bit), disk
    if machine.objects and file < 0:
        yield from ((frame, pages, set_in(content, frame, disk), disk) for frame in unused)
    elif machine.objects:
        yield file, pages, content, content[file]
        if frames.count(file) == 1 and content[file] == disk:
            yield -1, pages, content, disk
    for at, page in enumerate(pages):
        yield from ((file, *rest, disk) for rest in moved(at, page, state, machine, unused, frames))


def moved(
    at: int, page: Page, state: State, machine: Machine, unused: list[int], frames: list[int]
) -> Iterator[tuple[tuple[Page, ...], tuple[int, ...]]]:
    """The pages and contents after every move that is about one page of a process and no write."""
    file, pages, content, _ = state
    if page is None:
        yield from ((set_in(pages, at, (frame, True, 0)), set_in(content, frame, 0)) for frame in unused)
        if file >= 0 and frames.count(file) < machine.most:
            yield from ((set_in(pages, at, (file, shows == 2, shows)), content) for shows in (1, 2))
        for source, parent in enumerate(pages):
            if parent and frames.count(parent[0]) < machine.most:
                child = parent[0], parent[1] and parent[2] == 2, parent[2]
                yield set_in(set_in(pages, source, child), at, child), content
    else:
        frame, writes, shows = page
        yield set_in(pages, at, None), content
        if not writes and shows != 2 and frames.count(frame) == 1:
            yield from ((set_in(pages, at, (frame, True, 0)), content) for _ in range(machine.frames))
        elif not writes and shows != 2:
            for free in unused:
                yield set_in(pages, at, (free, True, 0)), set_in(content, free, content[frame])


def counted_states(machine: Machine) -> tuple[int, int, int]:
    """States, transitions and how many moves the last of them are away, breadth first."""
    start: State = (-1, (None,) * machine.pages, (0,) * machine.frames, 0)
    level, known, transitions, depth = [start], {start}, 0, -1
    while level:
        depth, found = depth + 1, []
        for state in level:
            for other in next_states(state, machine):
                transitions += other != state
                if other not in known:
                    known.add(other)
                    found.append(other)
        level = found
    return len(known), transitions, depth


# -- counts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("machine", [*SMALL, Machine(1, 0, 1, bits=2), Machine(2, 1, 1, bits=2)], ids=str)
def test_counts_are_those_of_a_naive_search(uncompiled: None, machine: Machine) -> None:
    """States, transitions and depth; and the states that were derived by hand."""
    found = SharingSystem(machine, code=Code()).search(checks=())
    assert (found.states, found.transitions, found.depth) == counted_states(machine)
    assert found.ended == ""
    assert STATES.get(machine, found.states) == found.states


@pytest.mark.nightly
@needs_compiler
def test_every_law_holds_on_two_processes() -> None:
    """By default, with the known count of states, on one thread and on two."""
    told_lines: list[str] = []
    judgement = explore_sharing(LAWS, threads=2, progress=told_lines.append)
    assert (judgement.judge, judgement.subject) == ("explore", "specification")
    assert {finding.law: finding.verdict for finding in judgement.findings} == dict.fromkeys(LAW_BITS, Verdict.HOLDS)
    assert judgement.findings[0].because.endswith(f"{STATES[LARGEST]} states of {LARGEST}")
    assert judgement.counts["sharing states"] == sum(STATES[machine] for machine in machines(LARGEST))
    assert told_lines[-1] == "explore: 71728 states, depth 12"
    assert not judgement.notes
    code = Code()
    for machine in (Machine(2, 1, 2, bits=1), Machine(3, 1, 3, bits=1)):
        for threads in (1, 2):
            found = SharingSystem(machine, code=code).search(threads=threads)
            assert (found.states, found.transitions, found.depth) == counted_states(machine)


def test_every_law_holds_uncompiled(uncompiled: None) -> None:
    """A smaller machine without a compiler, and it says so; two threads are not pretended."""
    judgement = explore_sharing(LAWS, threads=2)
    assert {finding.law: finding.verdict for finding in judgement.findings} == dict.fromkeys(LAW_BITS, Verdict.HOLDS)
    assert judgement.counts["sharing states"] == sum(STATES[machine] for machine in machines(LARGEST_UNCOMPILED))
    assert judgement.size == f"sharing of {LARGEST_UNCOMPILED}"
    assert judgement.notes == (
        f"there is no compiler; the largest machine by default is {LARGEST_UNCOMPILED}",
        "uncompiled, one thread does all the work",
    )


def test_machines_that_are_explored_grow() -> None:
    """None is larger than the one that was asked for, which comes last and once."""
    assert list(machines(LARGEST)) == [*SMALL, LARGEST]
    assert list(machines(LARGEST_UNCOMPILED)) == list(SMALL)
    assert list(machines(Machine(1, 1, 2, bits=2))) == [Machine(1, 1, 2, bits=1), Machine(1, 1, 2, bits=2)]


# -- keys --------------------------------------------------------------------------------------------------------


def test_a_key_is_its_state_and_back(uncompiled: None) -> None:
    """For every state of a machine, all of them different; every bit of a word is somebody's."""
    system = SharingSystem(Machine(1, 1, 2, bits=2), code=Code())
    found = system.search(checks=())
    for index in range(found.states):
        sharing = cells.sharing_of(found.keys(index), system.plain_setting)
        assert cells.key_of(sharing) == found.keys(index)
    full = cells.sharing_of((1 << 64) - 1, system.plain_setting)
    assert cells.key_of(full) == (1 << 64) - 1
    assert full[:7] == (0x33333, 0x11111, 0x33333, 0x11111, 0xFFF, 0xFFF, 0x33333)


def test_moves_are_told_in_words() -> None:
    """A write with the bit that it sets or clears."""
    label = sharing_moves.WRITE | 2 << cells.PAGE_AT
    assert [told(label | operand << cells.OPERAND_AT) for operand in (0, 1, 2, 3)] == [
        "page 2 is written: 0x0 under 0x1",
        "page 2 is written: 0x1 under 0x1",
        "page 2 is written: 0x0 under 0x2",
        "page 2 is written: 0x2 under 0x2",
    ]


# -- wrong rules -------------------------------------------------------------------------------------------------


def write_mapped(sharing: Any, page: Any, mask: Any, value: Any) -> Any:
    legal, frame = is_mapped(sharing, page), frame_at(sharing, page)
    return with_content(legal, sharing, frame, overwritten(load(sharing.content, frame), mask, value)), legal


def separate_alone(sharing: Any, page: Any, frame: Any) -> Any:
    refused = is_shared(sharing, page) | is_writable(sharing, page)
    legal = is_mapped(sharing, page) & invert(refused)
    return mapped(legal, sharing, page, Mapping(frame_at(sharing, page) + ONE, ONE, ZERO, ZERO)), legal


def fill_unzeroed(sharing: Any, page: Any, frame: Any) -> Any:
    legal = is_vacant(sharing, page) & is_unused(sharing, frame)
    sharing = counted(legal, sharing, frame, ONE)
    return mapped(legal, sharing, page, Mapping(frame + ONE, ONE, ZERO, ZERO)), legal


def fork_uncounted(sharing: Any, page: Any, source: Any) -> Any:
    legal = is_vacant(sharing, page) & invert(is_object(sharing, source)) & may_be_mapped(sharing, source)
    writes = where(is_shared(sharing, source), load(sharing.writable, source), ZERO)
    mapping = Mapping(load(sharing.frame, source), writes, load(sharing.object, source), load(sharing.shared, source))
    return mapped(legal, mapped(legal, sharing, source, mapping), page, mapping), legal


def evict_written(sharing: Any, page: Any) -> Any:
    legal = is_object(sharing, page) & is_mapped(sharing, page) & is_alone(sharing, page)
    return unmapped(legal, sharing, page), legal


#: What is wrong, which laws break and how many moves it takes to break the first of them, and on which machine.
WRONG = {
    "write": (write_mapped, {"V6"}, 3, Machine(2, 0, 2, bits=1)),
    "separate": (separate_alone, {"V6"}, 4, Machine(2, 0, 2, bits=1)),
    "fill": (fill_unzeroed, {"F7"}, 4, Machine(2, 0, 2, bits=1)),
    "fork": (fork_uncounted, {"F9"}, 2, Machine(2, 0, 2, bits=1)),
    "evict": (evict_written, {"V6"}, 3, Machine(1, 1, 2, bits=1)),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rule_is_told_as_a_shortest_story(uncompiled: None, name: str) -> None:
    """The laws that are broken, on the smallest machine that shows it, after as few moves as there can be."""
    function, laws, moves, machine = WRONG[name]
    judgement = explore_sharing(LAWS, changes={name: function})
    broken = {finding.law: finding.because for finding in judgement.broken}
    assert set(broken) == laws
    assert min(because.count(";") + 1 for because in broken.values()) == moves
    assert all(because.startswith(f"on {machine}: page ") for because in broken.values())
    others = {finding.verdict for finding in judgement.findings if finding not in judgement.broken}
    assert others <= {Verdict.UNKNOWN}


@pytest.mark.nightly
@needs_compiler
def test_wrong_rules_are_told_the_same_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """By machine code, in the same words."""
    changes = {"evict": evict_written}
    compiled = explore_sharing(LAWS, changes=changes, pages=2, frames=2, threads=2).broken
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    plain = explore_sharing(LAWS, changes=changes).broken
    assert [(each.law, each.because) for each in compiled] == [(each.law, each.because) for each in plain]


def test_a_write_with_the_right_to_read_is_told(uncompiled: None) -> None:
    """Move by move; the other laws are unknown, and say why."""
    judgement = explore_sharing(LAWS, changes={"write": write_mapped})
    found = {finding.law: finding for finding in judgement.findings}
    assert found["V6"].because.split("; ") == [
        f"on {Machine(2, 0, 2, bits=1)}: page 0 is filled into frame 0",
        "page 1 is forked from page 0",
        "page 0 is written: 0x1 under 0x1",
    ]
    assert found["F7"].verdict is found["F9"].verdict is Verdict.UNKNOWN
    assert found["F9"].because.startswith("ended at a breach after ")


# -- gaps --------------------------------------------------------------------------------------------------------


def never(sharing: Any, page: Any) -> Any:
    return sharing, load(sharing.frame, page) != load(sharing.frame, page)


def test_a_move_that_is_never_done_leaves_laws_unknown(uncompiled: None) -> None:
    """What cannot happen cannot be wrong, and that is not the same as right."""
    judgement = explore_sharing(LAWS, changes={"evict": never, "unmap": never}, pages=1, frames=1)
    assert {finding.verdict for finding in judgement.findings} == {Verdict.UNKNOWN}
    assert judgement.findings[0].because == (
        "never done: page n is forked from page m, page n faults to be written, and is offered frame m, page n is"
        " unmapped, page n of an object is evicted"
    )


def test_a_law_that_is_never_at_stake_is_unknown(uncompiled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where counts have room for everything, F9 is not judged; the others are."""
    monkeypatch.setattr(sharing, "SMALL", (Machine(2, 0, 2, bits=1),))
    found = {finding.law: finding for finding in explore_sharing(LAWS).findings}
    assert found["V6"].verdict is found["F7"].verdict is Verdict.HOLDS
    assert found["F9"].verdict is Verdict.UNKNOWN
    assert found["F9"].because == "never seen: a page that is not mapped because the count has no room"


def stored_twice(sharing: Any, page: Any) -> Any:
    legal = is_object(sharing, page) & is_mapped(sharing, page)
    return with_content(legal, sharing, frame_at(sharing, page) + ONE + ONE + ONE, contents(sharing, page) + ONE), legal


def test_a_state_that_fits_into_no_word_leaves_laws_unknown(uncompiled: None) -> None:
    """Where nobody asks for the law that is broken by it."""
    judgement = explore_sharing([find_law("F7")], changes={"write_back": stored_twice})
    assert judgement.findings[0].verdict is Verdict.UNKNOWN
    assert judgement.findings[0].because == f"a state of {Machine(1, 1, 2, bits=1)} does not fit into a word"


def test_a_law_that_no_move_breaks_has_no_last_move(uncompiled: None) -> None:
    """The story would be made up."""
    with pytest.raises(AssertionError, match="no move breaks"):
        SharingSystem(Machine(1, 1, 1, bits=1), code=Code()).breaking(0, LAW_BITS["V6"] << cells.BY_MOVE_AT)
