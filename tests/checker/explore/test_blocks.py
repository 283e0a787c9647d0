"""The exploring judge of heaps: exact counts, wrong rules as shortest stories, gaps that are no passes."""
# mypy: disable-error-code="name-defined"
# ruff: noqa: F821 - the wrong rules are written as if they stood in `spec.heap`, with its names

from collections.abc import Iterator
from typing import Any

import pytest

from pagelaw.checker.explore import block_cells
from pagelaw.checker.explore.blocks import (
    LARGEST,
    LARGEST_UNCOMPILED,
    LAW_BITS,
    SMALL,
    BlockSystem,
    Code,
    explore_blocks,
)
from pagelaw.checker.verdict import INTERRUPTED, Judgement, Verdict
from pagelaw.model.fast import backend, heap_moves
from pagelaw.model.fast.heap_machine import Machine
from pagelaw.spec import buddy_laws, heap_laws
from pagelaw.spec.law import laws_of

LAWS = [law for law in laws_of(heap_laws.CONTRACT) if law.part == heap_laws.PART]
needs_compiler = pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")


# -- counts ------------------------------------------------------------------------------------------------------


def fibonacci(number: int) -> int:
    """1, 1, 2, 3, 5: the Fibonacci number of a number from 1 on."""
    first, second = 0, 1
    for _ in range(number):
        first, second = second, first + second
    return first


def expected(machine: Machine) -> int:
    """Rows of live and free blocks in each heap, no two free ones next to each other: every second Fibonacci number."""
    heaps = (machine.border // machine.grain, machine.private // machine.grain)
    return fibonacci(2 * heaps[0] + 1) * fibonacci(2 * heaps[1] + 1)


#: The live blocks, each with its first byte and the byte behind it.
Blocks = frozenset[tuple[int, int]]


def runs_of(live: Blocks, machine: Machine) -> Iterator[range]:
    """What is free, in each heap."""
    for arena in (range(machine.border), range(machine.border, machine.size)):
        taken = sorted(block for block in live if block[0] in arena)
        ends = [arena.start, *(end for _, end in taken)]
        for start, stop in zip(ends, [*(first for first, _ in taken), arena.stop], strict=True):
            if start < stop:
                yield range(start, stop)


def places(run: range, machine: Machine, alignment: int) -> Iterator[tuple[int, int]]:
    """Where a request for 0 to all bytes may lie in a free run."""
    for size in range(machine.size + 1):
        first = next((byte for byte in run if byte % max(alignment, machine.grain) == 0), run.stop)
        end = first + -(-max(1, size) // machine.grain) * machine.grain
        if end <= run.stop:
            yield first, end


def next_states(live: Blocks, machine: Machine) -> Iterator[Blocks]:
    """The live blocks after every call that is done."""
    for run in runs_of(live, machine):
        for alignment in (1, 2, 4, 1):  # the last for what is cleared
            yield from (live | {place} for place in places(run, machine, alignment))
        for block in live:
            if (block[0] < machine.border) == (run.start < machine.border):
                yield from (live - {block} | {place} for place in places(run, machine, 1))
    for block in live:
        yield live - {block}
        rest = [run for run in runs_of(live - {block}, machine) if block[0] in run]
        yield from (live - {block} | {place} for place in places(range(block[0], rest[0].stop), machine, 1))
    if machine.private:
        yield frozenset(block for block in live if block[0] < machine.border)


def counted(machine: Machine) -> tuple[int, int, int]:
    """States, transitions and depth by a search over sets of ranges, written apart from the specification."""
    level: list[Blocks] = [frozenset()]
    known, transitions, depth = set(level), 0, -1
    while level:
        depth, found = depth + 1, []
        for live in level:
            for after in next_states(live, machine):
                transitions += after != live
                if after not in known:
                    known.add(after)
                    found.append(after)
        level = found
    return len(known), transitions, depth


@pytest.mark.parametrize("machine", [*SMALL[:-1], Machine(5), Machine(6, private=2, grain=2)], ids=str)
def test_counts_are_those_of_a_naive_search(machine: Machine, uncompiled: None) -> None:
    """And of the closed form."""
    found = BlockSystem(machine, code=Code()).search(checks=())
    assert (found.states, found.transitions, found.depth) == counted(machine)
    assert found.states == expected(machine)


@needs_compiler
@pytest.mark.nightly
def test_compiled_counts() -> None:
    """The largest memory, with one thread and with two: no law is broken, and all are at stake."""
    system, known = BlockSystem(LARGEST, code=Code()), counted(LARGEST)
    for threads in (1, 2):
        found = system.search(threads=threads)
        assert (found.states, found.transitions, found.depth) == known
        assert min(found.broken) >= block_cells.DONE_AT
    assert expected(LARGEST) == 1597
    assert BlockSystem(Machine(8, 4), code=system.code).search(checks=()).states == expected(Machine(8, 4)) == 1156


# -- verdicts ----------------------------------------------------------------------------------------------------


def judged(changes: dict[str, Any] | None = None, **settings: Any) -> Judgement:
    """The judgement on memories of two bytes and of three, with rules replaced."""
    return explore_blocks(LAWS, size=3, changes=changes, **settings)


def test_every_law_holds_uncompiled(uncompiled: None) -> None:
    """In smaller memories, and it says so."""
    told: list[str] = []
    judgement = explore_blocks(LAWS, progress=told.append)
    assert {finding.law: finding.verdict for finding in judgement.findings} == dict.fromkeys(LAW_BITS, Verdict.HOLDS)
    assert judgement.counts["heap states"] == sum(map(expected, SMALL[:-1])) == 60
    assert judgement.size == "heaps of 4 bytes"
    assert judgement.notes == (f"there is no compiler; the largest memory by default has {LARGEST_UNCOMPILED}",)
    assert told[0] == "explore: heaps, 2 bytes"


def lost(lower: Any, upper: Any) -> Any:
    return Block(lower.first, upper.size)


def longer(free: Any, begin: Any, size: Any) -> Any:
    skipped = begin - free.first
    return Pieces(Block(free.first, skipped), Block(begin, size), Block(begin, free.size - skipped))


def test_wrong_rules_are_told_shortly(uncompiled: None) -> None:
    """What joins wrongly takes a block that is given back; what carves wrongly one."""
    (joined,) = judged({"joined": lost}).broken
    assert joined.law == "H5"
    assert joined.because.startswith("on 2 bytes: 0 bytes at a multiple of 1 are asked for at 0; the block at 0 is")
    assert joined.because.endswith("; 2 bytes at a multiple of 1 are asked for at 0, which is refused")
    carved = {finding.law: finding.because for finding in judged({"carve_at": longer}).broken}
    assert "H2" in carved
    assert carved["H2"].startswith("on 2 bytes: 0 bytes at a multiple of 1 are asked for at 0; ")
    assert carved["H2"].count(";") == 1


def overlong(free: Any, begin: Any, size: Any) -> Any:
    skipped = begin - free.first
    return Pieces(Block(free.first, skipped), Block(begin, size), Block(begin + size, free.size - skipped - size << 4))


def test_a_state_that_does_not_fit_is_no_pass(uncompiled: None) -> None:
    """Of a free block larger than all memory it is said before it is given out."""
    judgement = explore_blocks(LAWS[3:4], size=2, changes={"carve_at": overlong})
    assert {finding.verdict for finding in judgement.findings} == {Verdict.UNKNOWN}
    assert judgement.findings[0].because == "a state of 2 bytes does not fit into a word"


def test_what_was_never_met_is_no_pass(uncompiled: None) -> None:
    """Without a second heap, none is destroyed, and nobody is a stranger."""
    findings = {finding.law: finding for finding in explore_blocks(LAWS, size=1).findings}
    assert {finding.verdict for finding in findings.values()} == {Verdict.UNKNOWN}
    assert ", a heap is destroyed; " in findings["H9"].because
    assert "never at stake: H9" in findings["H9"].because


def test_gaps_leave_laws_unknown(uncompiled: None) -> None:
    """A limit, and an interruption."""
    limited = judged(limit=4)
    assert {finding.verdict for finding in limited.findings} == {Verdict.UNKNOWN}
    assert limited.findings[0].because.startswith("the limit of 4 states was reached after ")

    def interrupt(text: str) -> None:
        if text.endswith("depth 0"):
            raise KeyboardInterrupt

    assert {finding.because for finding in judged(progress=interrupt).findings} == {INTERRUPTED}


def test_every_label_is_a_move() -> None:
    """Those that the search tries are those that a breach is looked for among; each is told in words of its own."""
    system = BlockSystem(Machine(4, private=2), code=Code())
    labels = list(system.labels())
    per_heap = 4 * 6 * 3 + 4 * 6 + 4 + 4 * 6 + 4 * 6 * 4 + 1
    assert len(labels) == 2 * per_heap
    assert len({system.told(label) for label in labels}) == len(labels)
    calls = [block_cells.call_of(label, system.plain_setting) for label in labels]
    assert {call.kind for call in calls} == set(range(heap_moves.KINDS))
    with pytest.raises(AssertionError):
        system.breaking(0, LAW_BITS["H1"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"size": 9}, "1 to 8 bytes, not 9"), ({"size": 0}, "1 to"), ({"threads": 3}, "1 or 2"), ({"limit": 0}, "at")],
)
def test_settings_out_of_range_are_refused(arguments: dict[str, Any], message: str) -> None:
    """With what was expected."""
    with pytest.raises(ValueError, match=message):
        explore_blocks(LAWS, **arguments)


def test_laws_of_something_else_are_refused() -> None:
    """No law is passed over."""
    with pytest.raises(ValueError, match="A1: not about heaps"):
        explore_blocks([laws_of(buddy_laws.CONTRACT)[0]])
