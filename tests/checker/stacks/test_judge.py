"""The random judge of stacks: the law holds, what is wrong is told shortly, what was never seen is no pass."""

from typing import Any

import pytest

from pagelaw.checker.stacks import judge
from pagelaw.checker.stacks.judge import judge_stacks
from pagelaw.checker.verdict import Verdict, exit_code
from pagelaw.model.fast.stack_machine import Machine
from pagelaw.spec import buddy_laws, stack_laws, stacks
from pagelaw.spec.law import laws_of
from pagelaw.spec.stacks import GUARDING, OVERFLOWED

LAWS = [law for law in laws_of(stack_laws.CONTRACT) if law.part == stack_laws.PART]


def test_the_law_holds() -> None:
    """Deterministic, with progress; every outcome was met."""
    told: list[str] = []
    judgement = judge_stacks(LAWS, progress=told.append)
    assert [(finding.law, finding.verdict) for finding in judgement.findings] == [("V14", Verdict.HOLDS)]
    assert exit_code([judgement]) == 0
    assert judgement.counts == judge_stacks(LAWS).counts
    assert judgement.counts["stack runs"] == 400
    assert judgement.findings[0].cases == judgement.counts["stack touches"] > 4_000
    assert told[0] == "random: 100 of 400 runs on stacks"


def forgets(stack: Any, page: Any) -> Any:
    """The overflow is told, and not remembered."""
    after, outcome = stacks.touch(stack, page)
    return after._replace(overflowed=0), outcome


def guards_the_last(stack: Any, page: Any) -> Any:
    """The last page becomes a guard, and the overflow is told when that is hit."""
    after, outcome = stacks.touch(stack, page)
    if outcome == OVERFLOWED:
        after.kinds[page - 1] = GUARDING
    return after, outcome


def beyond(stack: Any, page: Any) -> Any:
    """Looks at a page that there is not."""
    return stacks.touch(stack, page + 50)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (forgets, "the guard is hit, and the overflow is told"),
        (guards_the_last, "the guard is hit, and the overflow is told"),
        (beyond, "and that reaches a page that there is not"),
    ],
)
def test_what_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch, wrong: Any, says: str) -> None:
    """On the smallest stack, with the shortest story."""
    monkeypatch.setattr(judge, "touch", wrong)
    (broken,) = judge_stacks(LAWS).broken
    assert broken.because.startswith("on a stack of 4 pages with 1 below and 1 above: the stack begins; page")
    assert broken.because.endswith(says)
    assert broken.because.count(";") <= 2


def test_a_stack_that_begins_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is touched."""
    monkeypatch.setattr(judge, "begin_lists", lambda machine: stacks.begin([0] * machine.pages, 0, machine.size - 1)[0])
    (broken,) = judge_stacks(LAWS).broken
    assert broken.because.endswith("above: the stack begins")


def test_what_was_never_seen_is_no_pass() -> None:
    """One run does not see everything."""
    (finding,) = judge_stacks(LAWS, examples=1).findings
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.because == "never seen: page n is touched, and is in use"


def test_what_is_drawn_is_decoded_within_bounds() -> None:
    """A stack of four pages at least, and pages on both sides."""
    assert judge._decode_machine(bytes(3)) == Machine(4)
    assert judge._decode_machine(bytes([6, 2, 2])) == Machine(10, bottom=3, above=3)
    stack = judge.begin_lists(Machine(4))
    assert {judge._decode_page(stack, byte, 6) for byte in range(256)} == set(range(6))


def test_laws_of_something_else_are_refused() -> None:
    """No law is passed over."""
    with pytest.raises(ValueError, match="A1: not about stacks"):
        judge_stacks([laws_of(buddy_laws.CONTRACT)[0]])
