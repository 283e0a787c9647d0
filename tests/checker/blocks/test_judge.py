"""The random judge of heaps: laws hold, what is wrong is told shortly, what was never seen is no pass."""

from typing import Any
from unittest.mock import ANY

import attrs
import pytest

from pagelaw.checker.blocks import judge
from pagelaw.checker.blocks.judge import judge_blocks
from pagelaw.checker.blocks.told import told
from pagelaw.checker.verdict import Verdict, exit_code
from pagelaw.model.fast import heap_moves, heap_table
from pagelaw.model.fast.heap_machine import Machine
from pagelaw.model.fast.heap_moves import ALLOCATE, DESTROY, FREE, MOVE, Call
from pagelaw.model.fast.heap_table import Heap
from pagelaw.spec import buddy_laws, heap_laws
from pagelaw.spec.heap import Block
from pagelaw.spec.law import laws_of

LAWS = [law for law in laws_of(heap_laws.CONTRACT) if law.part == heap_laws.PART]


def test_every_law_holds() -> None:
    """Deterministic, with progress; everything was met, and every law was at stake."""
    lines: list[str] = []
    judgement = judge_blocks(LAWS, progress=lines.append)
    assert {finding.verdict for finding in judgement.findings} == {Verdict.HOLDS}
    assert exit_code([judgement]) == 0
    assert judge_blocks(LAWS, examples=9) == attrs.evolve(judge_blocks(LAWS, examples=9), seconds=ANY)
    assert judgement.counts["heap runs"] == 100
    assert all(40 < finding.cases < judgement.counts["heap moves"] for finding in judgement.findings)
    assert lines[0] == "random: 25 of 100 runs on heaps"


def forgets_lower(heap: Heap, block: Block) -> Block:
    """What is free before a block is left alone."""
    return Block(block.first, 0)


def keeps_free(_going: Any, heap: Heap, _block: Block) -> Heap:
    """What is given stays free."""
    return heap


def beyond(heap: Heap, owner: int, at: int) -> Any:
    """Looks at a byte that there is not."""
    return heap_table.free(heap, owner, at + 50)


@pytest.mark.parametrize(
    ("place", "name", "wrong", "law", "says"),
    [
        pytest.param(
            heap_table, "below", forgets_lower, "H5", "asked for at 0, which is refused", marks=pytest.mark.nightly
        ),
        (heap_table, "without_free", keeps_free, "H2", ""),
        (heap_moves, "free", beyond, "H10", "the block at 0 is given back"),
    ],
)
def test_what_is_wrong_is_found(
    monkeypatch: pytest.MonkeyPatch, place: Any, name: str, wrong: Any, law: str, says: str
) -> None:
    """In a small memory, with a short story."""
    monkeypatch.setattr(place, name, wrong)
    judgement = judge_blocks(LAWS)
    (broken,) = judgement.broken
    assert broken.law == law
    assert broken.because.endswith(says)
    assert broken.because.count(";") <= 5
    assert {finding.verdict for finding in judgement.findings if finding is not broken} == {Verdict.UNKNOWN}


def test_what_was_never_seen_is_no_pass() -> None:
    """One run does not see everything."""
    findings = judge_blocks(LAWS, examples=1).findings
    assert {finding.verdict for finding in findings} == {Verdict.UNKNOWN}
    assert findings[0].because == "never seen: a block is given"


def test_a_law_that_was_never_at_stake_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many moves there were."""
    monkeypatch.setattr(heap_moves, "at_stake", lambda *_asked: heap_moves.PLACED)
    findings = judge_blocks(LAWS[:2], examples=100).findings
    assert [finding.verdict for finding in findings] == [Verdict.HOLDS, Verdict.UNKNOWN]
    assert findings[1].because == "never seen: anything that could break it"


def test_what_is_drawn_is_decoded_within_bounds() -> None:
    """Of every size, with a second heap or without."""
    machines = {judge._decode_machine(bytes(sizes)) for sizes in ((0, 0, 0), (4, 2, 1), (4, 5, 0), (9, 9, 3))}
    assert machines == {Machine(1), Machine(10, private=4, grain=2), Machine(5), Machine(10, private=8, grain=2)}


def test_moves_in_words() -> None:
    """With the heap where there are two."""
    assert told(Call(ALLOCATE, 0, 4, 3, 2), True, private=0) == "3 bytes at a multiple of 4 are asked for at 4"
    assert told(Call(MOVE, 0, 4, 3, 9), True, private=0) == "the block at 4 gets 3 bytes at 9"
    assert told(Call(FREE, 1, 4, 0, 0), False, private=2) == "the block at 4 is given back of heap 1, which is refused"
    assert told(Call(DESTROY, 1, 0, 0, 0), True, private=2) == "the heap is destroyed of heap 1"


def test_laws_of_something_else_are_refused() -> None:
    """No law is passed over."""
    with pytest.raises(ValueError, match="A1: not about heaps"):
        judge_blocks([laws_of(buddy_laws.CONTRACT)[0]])
