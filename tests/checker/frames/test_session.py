"""Sessions: lock step with the contract, batches, guarded frees, and probes that convict the call before."""

import pytest

from pagelaw.checker.frames.plan import FreeOf, plan_of
from pagelaw.checker.frames.session import Session
from pagelaw.spec.contracts import Allocate, Arena, Capabilities, Failed, FramesContract, Free, Probe, Returned

ARENA = Arena(8, 3)


def begin(target, arena=ARENA, **options):
    return Session(FramesContract(arena, target.capabilities), target.open(arena), **options)


def test_requests_become_calls_in_batches(make_target) -> None:
    """A batch ends only where a free needs an answer that is not there yet."""
    target = make_target()
    session = begin(target)
    assert session.perform([Allocate(1), Allocate(0), FreeOf(0), FreeOf(1), Allocate(2)]) == []
    assert target.batches == 2
    assert session.live.keys() == {4}
    assert session.tally.granted == 3
    assert session.tally.freed == 2


def test_frees_of_what_was_not_given_are_not_made(make_target) -> None:
    """A request that was refused leaves nothing to free."""
    session = begin(make_target(), Arena(1, 0))
    session.perform([Allocate(0), Allocate(0), FreeOf(1), FreeOf(0)])
    assert [type(call) for call, _ in session.history] == [Allocate, Allocate, Free]


def test_probes_come_in_between(make_target) -> None:
    """The free blocks are looked at after opening and after every n calls; without the capability never."""
    session = begin(make_target(), probe_every=2)
    session.perform([Allocate(0)] * 4)
    assert [isinstance(call, Probe) for call, _ in session.history] == [True, False, False, True, False, False, True]
    blind = begin(make_target(probe=False), probe_every=1)
    blind.perform([Allocate(0), Probe()])
    assert blind.calls == 1


def test_undefined_frees_are_never_made(make_target) -> None:
    """Where an illegal free is undefined, only legal ones reach the target, in whatever order they are asked for."""
    session = begin(make_target(illegal_free="undefined"))
    session.perform([Allocate(0), FreeOf(0), FreeOf(0), Free(5, 0), Allocate(1), FreeOf(4, 1), FreeOf(4)])
    assert session.tally.freed == 2
    assert not session.tally.illegal
    assert session.calls == 4


def test_kinds_of_illegal_frees_are_told_apart(make_target) -> None:
    """The tally names why each free was illegal."""
    session = begin(make_target(), Arena(8, 3, reserved=frozenset({7})))
    session.perform([Allocate(1), FreeOf(0, 1, -1), FreeOf(0, 0, 1), Free(8, 0), Free(7, 0), FreeOf(0), FreeOf(0)])
    kinds = {"inside a block": 1, "of another order": 1, "outside": 1, "reserved": 1, "not live": 1}
    assert session.breaches == []
    assert session.tally.illegal == kinds


@pytest.mark.parametrize(
    ("bug", "requests", "law"),
    [
        ("loses-frame-0", [], "A10"),
        ("failure-splits", [Allocate(9)], "A9"),
        ("refusal-frees", [Allocate(1), FreeOf(0, delta=1)], "A8"),
        ("no-merge-at-top", [Allocate(3), FreeOf(0), Allocate(1), Allocate(1), FreeOf(2), FreeOf(3)], "A4"),
        ("leaks-late", [request for pair in range(5001) for request in (Allocate(0), FreeOf(2 * pair))], "A3"),
    ],
)
def test_a_probe_convicts_the_call_before(make_target, bug, requests, law) -> None:
    """Opening, a refused allocate and an illegal free answer for what they changed under their own law."""
    arena = Arena(9, 3)
    session = begin(make_target(bug), arena, probe_every=1)
    assert [breach.law for breach in session.perform(requests)] == [law]
    assert begin(make_target(), arena, probe_every=1).perform(requests) == []


def test_the_session_ends_at_the_first_breach(make_target) -> None:
    """What comes after a breach is neither judged nor told."""
    session = begin(make_target("accepts-double"))
    assert session.perform([Free(0, 0), Allocate(0)]) == []
    session = begin(make_target("accepts-double"), Arena(3, 1))
    broken = session.perform([Free(2, 0), Allocate(0), Allocate(0)])
    assert [breach.law for breach in broken] == ["A8"]
    assert session.calls == 1
    assert session.perform([Allocate(0)]) == broken
    assert session.trace(target="t", judge="j", seed=3).law == "A8"


def test_a_crash_ends_the_story_at_its_call(make_target) -> None:
    """Fewer answers than calls: the last one says why."""
    session = begin(make_target("crashes"))
    assert [breach.law for breach in session.perform([Allocate(0)] * 6)] == ["C2"]
    assert session.calls == 4


class Mute:
    """An instance that does not answer all calls and does not say why."""

    def perform(self, calls):
        return [Returned(0)]

    def close(self) -> None:
        pass


def test_missing_answers_are_garbage() -> None:
    """Too few answers are a breach, never a pass."""
    session = Session(FramesContract(ARENA, Capabilities()), Mute())
    assert [breach.law for breach in session.perform([Allocate(0), Allocate(0)])] == ["C1"]
    assert isinstance(session.history[-1][1], Failed)


def test_resume_trusts_only_known_answers(make_target) -> None:
    """A way is gone again unjudged if its answers are the known ones, and not at all otherwise."""
    target = make_target()
    first = begin(target)
    first.perform([Allocate(1), Allocate(0), FreeOf(0)])
    calls, answers = zip(*first.history, strict=True)
    again = begin(target)
    assert again.resume(calls, answers, first.contract.copy(first.memory), [Free(answers[1].value, 0), Probe()])
    assert again.breaches == []
    assert plan_of(again.trace()).requests == (*plan_of(first.trace()).requests, FreeOf(1), Probe())
    assert not begin(target).resume(calls, (*answers[:-1], Returned(7)), first.memory, [])
