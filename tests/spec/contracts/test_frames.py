"""The contract `frames`: every allowed answer is allowed, and every kind of breach is named."""

from collections import deque

import pytest

from pagelaw.spec.contracts import (
    ILLEGAL,
    OUT_OF_MEMORY,
    Allocate,
    Answer,
    Arena,
    Call,
    Capabilities,
    Failed,
    FramesContract,
    Free,
    Probe,
    Refused,
    Returned,
)
from pagelaw.spec.frames import LIVE, NONE, Memory, is_free

GIVEN = [(Allocate(1), Returned(2)), (Allocate(0), Returned(4))]


def contract_of(*, max_order: int = 3, frames: int = 8, **settings: object) -> FramesContract:
    """The contract on a small arena; what is not a field of the arena is a capability."""
    fields = {name: settings.pop(name) for name in ("start", "reserved", "barriers", "relative") if name in settings}
    return FramesContract(Arena(frames, max_order, **fields), Capabilities(**settings))  # type: ignore[arg-type]


def told(contract: FramesContract, story: list[tuple[Call, Answer]]) -> Memory:
    """The state after a story of answers that are allowed."""
    memory = contract.initial()
    for call, answer in story:
        assert contract.breaches(memory, call, answer) == []
        memory = contract.after(memory, call, answer)
    return memory


def laws(contract: FramesContract, story: list[tuple[Call, Answer]], call: Call, answer: Answer) -> list[str]:
    """The laws that an answer breaks after a story; the state must stay as it was."""
    memory = told(contract, story)
    before = contract.copy(memory)
    found = contract.breaches(memory, call, answer)
    assert memory == before
    assert all(breach.because for breach in found)
    return [breach.law for breach in found]


def reachable(frames: int, top: int) -> int:
    """How many states the relation reaches, over all answers that it allows."""
    contract = contract_of(frames=frames, max_order=top)
    first = contract.initial()
    seen, waiting = {tuple(first.heads)}, deque([first])
    while waiting:
        memory = waiting.popleft()
        frees = [(Free(frame, order), Returned(None)) for frame, order in contract.live_blocks(memory)]
        gives = [(Allocate(order), Returned(frame)) for order in range(top + 1) for frame in range(frames)]
        for call, answer in frees + gives:
            if not contract.breaches(memory, call, answer):
                after = contract.after(contract.copy(memory), call, answer)
                if tuple(after.heads) not in seen:
                    seen.add(tuple(after.heads))
                    waiting.append(after)
    return len(seen)


@pytest.mark.parametrize(("top", "states"), [(0, 2), (1, 5), (2, 26), (3, 677)])
def test_states_of_the_relation(top: int, states: int) -> None:
    """The closed form: b(0) = 2 and b(n + 1) = b(n)**2 + 1 states of 2**n frames."""
    assert reachable(2**top, top) == states


def test_states_with_an_odd_end() -> None:
    """Six frames are one block of four and one of two: 26 * 5 states."""
    assert reachable(6, 2) == 26 * 5


def test_opening() -> None:
    """Everything usable is free, merged as far as holes, barriers, kept frames, start and end allow."""
    contract = contract_of(frames=13, start=3, reserved=(9,), barriers=(12,), max_order=2, keeps=(4,))
    memory = contract.initial()
    assert contract.free_blocks(memory) == [(3, 0), (5, 0), (6, 1), (8, 0), (10, 1), (12, 2)]
    assert contract.live_blocks(memory) == []


@pytest.mark.parametrize(
    ("call", "legal"),
    [
        (Allocate(3), True),
        (Allocate(4), False),
        (Allocate(-1), False),
        (Free(2, 1), True),
        (Free(2, 0), False),
        (Free(-2, 1), False),
        (Free(2, -1), False),
        (Free(10**6, 0), False),
        (Probe(), True),
    ],
)
def test_legal_calls(call: Call, legal: bool) -> None:
    """What a caller is entitled to, after two allocations."""
    contract = contract_of()
    assert contract.is_legal(told(contract, GIVEN), call) is legal


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        (Allocate(1), Returned(0)),
        (Allocate(1), Returned(6)),
        (Allocate(2), OUT_OF_MEMORY),
        (Allocate(4), OUT_OF_MEMORY),
        (Allocate(4), ILLEGAL),
        (Free(2, 1), Returned(None)),
        (Free(2, 0), ILLEGAL),
        (Probe(), Returned([(6, 1), (0, 1), (5, 0)])),
        (Probe(), Returned(((0, 1), [5, 0], (6, 1)))),
    ],
)
def test_answers_that_are_allowed(call: Call, answer: Answer) -> None:
    """Any free block will do, an order above the largest may be refused either way, a probe in any order."""
    assert laws(contract_of(), GIVEN, call, answer) == []


@pytest.mark.parametrize(
    ("call", "answer", "law"),
    [
        (Allocate(0), Returned(1.0), "C1"),
        (Allocate(0), Returned(True), "C1"),
        (Allocate(0), Returned(-1), "C1"),
        (Allocate(0), Returned(2**64), "C1"),
        (Allocate(0), Returned(None), "C1"),
        (Allocate(0), Returned("x" * 100), "C1"),
        (Allocate(0), ILLEGAL, "C1"),
        (Allocate(4), Returned(0), "A1"),
        (Allocate(-1), Returned(0), "A1"),
        (Allocate(0), Returned(8), "A1"),
        (Allocate(1), Returned(5), "A1"),
        (Allocate(1), Returned(2), "A2"),
        (Allocate(1), Returned(4), "A2"),
        (Allocate(2), Returned(0), "A2"),
        (Allocate(1), OUT_OF_MEMORY, "A6"),
        (Free(2, 1), ILLEGAL, "C1"),
        (Free(2, 0), OUT_OF_MEMORY, "C1"),
        (Free(2, 1), Returned(0), "C1"),
        (Free(2, 0), Returned(None), "A8"),
        (Free(0, 1), Returned(None), "A8"),
        (Free(3, 0), Returned(None), "A8"),
        (Free(9, 0), Returned(None), "A8"),
        (Probe(), ILLEGAL, "C1"),
        (Probe(), Returned(3), "C1"),
        (Probe(), Returned([(0, 1, 2)]), "C1"),
        (Probe(), Returned([(0, 1.0)]), "C1"),
        (Probe(), Returned([7]), "C1"),
        (Probe(), Returned([(0, 1), (5, 0), (6, 4)]), "A1"),
        (Probe(), Returned([(0, 1), (5, 1), (6, 0)]), "A1"),
        (Probe(), Returned([(0, 1), (5, 0), (6, 1), (8, 0)]), "A1"),
        (Probe(), Returned([(0, 1), (0, 1), (5, 0), (6, 1)]), "A5"),
        (Probe(), Returned([(0, 1), (5, 0), (6, 1), (4, 0)]), "A2"),
        (Probe(), Returned([(0, 2), (5, 0), (6, 1)]), "A2"),
        (Probe(), Returned([(0, 1), (5, 0)]), "A3"),
        (Probe(), Returned([(0, 0), (1, 0), (5, 0), (6, 1)]), "A4"),
        (Probe(), Failed("raise", "KeyError"), "C1"),
        (Allocate(0), Failed("hang", "no answer"), "A11"),
        (Free(2, 1), Failed("crash", "signal 11"), "C2"),
        (Free(2, 1), Failed("memory", "2 GiB"), "C2"),
    ],
)
def test_answers_that_break_a_law(call: Call, answer: Answer, law: str) -> None:
    """Each answer after the same two allocations, with the one law that it breaks."""
    assert laws(contract_of(), GIVEN, call, answer) == [law]


def test_free_blocks_of_a_state_that_never_was() -> None:
    """A7: a list that breaks no law on states, but is not what the live blocks leave."""
    contract = contract_of(frames=4, max_order=1, barriers=(1,))
    assert laws(contract, [], Probe(), Returned([(0, 0), (1, 0), (2, 0), (3, 0)])) == ["A4"]
    contract = contract_of(frames=4, max_order=1, reserved=(0,))
    memory = contract.initial()
    memory.heads[2] = NONE
    found = contract.breaches(memory, Probe(), Returned([(1, 0), (2, 1)]))
    assert [breach.law for breach in found] == ["A7"]
    assert "missing [], unexpected [(2, 1)]" in found[0].because


def test_barriers() -> None:
    """A14 and A2: no free block and no live block lies across a barrier."""
    contract = contract_of(frames=8, barriers=(4,))
    assert laws(contract, [], Allocate(3), Returned(0)) == ["A2"]
    assert laws(contract, [], Probe(), Returned([(0, 3)])) == ["A14"]
    (breach,) = contract.breaches(contract.initial(), Allocate(3), Returned(0))
    assert breach.because.endswith("lies across a barrier")


@pytest.mark.parametrize(
    ("frame", "order", "why"),
    [
        (1, 0, "outside the arena"),
        (4, 0, "the live block there has order 1"),
        (6, 0, "that frame is free"),
        (7, 0, "that frame is reserved"),
        (5, 0, "no live block begins there"),
    ],
)
def test_why_a_free_was_illegal(frame: int, order: int, why: str) -> None:
    """The argument says what is really there, in the numbering of the target."""
    contract = contract_of(start=2, reserved=(7,))
    memory = told(contract, [(Allocate(1), Returned(4))])
    (breach,) = contract.breaches(memory, Free(frame, order), Returned(None))
    assert breach.law == "A8"
    assert why in breach.because


@pytest.mark.parametrize(
    ("call", "answer", "why"),
    [
        (Allocate(1), Returned(6), "contains the reserved frame 7"),
        (Allocate(2), Returned(4), "overlaps the live block of order 1 at frame 4"),
        (Allocate(0), Returned(1), "is not inside the arena, frames 2 to 9"),
        (Allocate(0), OUT_OF_MEMORY, "is free at frame 2"),
    ],
)
def test_why_an_allocate_was_wrong(call: Call, answer: Answer, why: str) -> None:
    """The argument names the block or frame that is in the way."""
    contract = contract_of(start=2, reserved=(7,))
    memory = told(contract, [(Allocate(1), Returned(4))])
    (breach,) = contract.breaches(memory, call, answer)
    assert why in breach.because


def test_ignored_and_undefined_illegal_frees() -> None:
    """A target that says so may answer an illegal free as if it had been done, and the state stays."""
    for declared in ("ignored", "undefined"):
        contract = contract_of(illegal_free=declared)
        memory = told(contract, GIVEN)
        assert contract.breaches(memory, Free(2, 0), Returned(None)) == []
        before = list(memory.heads)
        assert contract.after(memory, Free(2, 0), Returned(None)).heads == before


def test_lazy_merging() -> None:
    """Without eager merging a refusal and any probe are allowed, overlaps are not, and order does not matter."""
    contract = contract_of(merging="lazy")
    assert laws(contract, GIVEN, Allocate(1), OUT_OF_MEMORY) == []
    assert laws(contract, GIVEN, Probe(), Returned([(0, 0), (1, 0), (5, 0), (6, 1)])) == []
    assert laws(contract, GIVEN, Allocate(1), Returned(0)) == []
    assert laws(contract, GIVEN, Allocate(1), Returned(4)) == ["A2"]
    assert laws(contract, [(Allocate(0), Returned(3))], Allocate(1), Returned(2)) == ["A2"]


@pytest.mark.parametrize(
    ("policy", "good", "bad", "law"),
    [
        ("lower-half", 0, 1, "A13.lower"),
        ("upper-half", 1, 0, "A13.upper"),
        ("lowest-address", 1, 6, "A13.lowest"),
        ("smallest-sufficient", 5, 6, "A13.smallest"),
    ],
)
def test_a_policy_binds_who_claims_it(policy: str, good: int, bad: int, law: str) -> None:
    """The same answer is allowed without the claim and a breach with it."""
    memory = told(contract_of(), GIVEN)
    claimed = contract_of(policies=(policy,))
    assert claimed.breaches(memory, Allocate(0), Returned(good)) == []
    assert [breach.law for breach in claimed.breaches(memory, Allocate(0), Returned(bad))] == [law]
    assert laws(contract_of(), GIVEN, Allocate(0), Returned(bad)) == []


def test_states_are_numbered_as_the_target_does() -> None:
    """Frames in answers and probes are those of the arena, wherever it begins and whatever it is aligned to."""
    for relative, blocks in ((False, [(5, 0), (6, 1), (8, 1)]), (True, [(5, 2), (9, 0)])):
        contract = FramesContract(Arena(5, 2, start=5, relative=relative))
        assert contract.free_blocks(contract.initial()) == blocks
        memory = contract.after(contract.initial(), Allocate(0), Returned(9))
        assert contract.live_blocks(memory) == [(9, 0)]
        assert contract.is_legal(memory, Free(9, 0))
        assert sum(map(bool, map(is_free, memory.heads))) < sum(head < LIVE + 11 for head in memory.heads)


def test_a_refused_call_leaves_the_state() -> None:
    """`after` moves on only where something was granted."""
    contract = contract_of()
    memory = told(contract, GIVEN)
    before = list(memory.heads)
    for call, answer in (
        (Allocate(2), OUT_OF_MEMORY),
        (Free(2, 0), ILLEGAL),
        (Probe(), Returned([])),
        (Allocate(9), Refused("illegal")),
    ):
        assert contract.after(memory, call, answer).heads == before
