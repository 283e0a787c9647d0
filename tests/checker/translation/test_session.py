"""Sessions with page tables: what may be asked, what is read after each call, and whom a look blames."""

import pytest

from pagelaw.checker.translation.session import Session
from pagelaw.spec.contracts import Returned
from pagelaw.spec.contracts.paging_arena import Create, Drop, Events, Look, Map, PagingArena, Switch, Translate, Unmap
from pagelaw.spec.contracts.translation import TranslationContract

ARENA = PagingArena("x86-64", 16, 2)
PAGE = Map(1, 0x1000, 99, 1, 0, "r", False)


def begin(target, arena=ARENA, **options):
    return Session(TranslationContract(arena, target.capabilities), target.open(arena), **options)


def names(session):
    return [call.name for call, _ in session.history]


def test_events_follow_each_call_and_looks_come_in_between(make_target) -> None:
    """Accesses have no events; an access counts like a call, because it marks."""
    session = begin(make_target(), probe_every=2)
    session.perform([Create(1), PAGE, Translate(1, 0x1000, "r")])
    assert names(session) == ["look", "create", "events", "map", "events", "look", "translate"]
    silent = begin(make_target(events=None, roots=None), probe_every=1)
    silent.perform([Create(1), PAGE, Look()])
    assert names(silent) == ["create", "map"]


def test_what_a_caller_may_not_ask_is_not_asked(make_target) -> None:
    """A space that a core runs is not dropped, a private frame not mapped twice; the session alone reads events."""
    session = begin(make_target())
    session.perform(
        [Create(1), Create(2), Switch(0, 1), Drop(1), PAGE, Map(2, 0, 99, 1, 0, "r", False), Events(), Drop(2)]
    )
    assert [name for name in names(session) if name != "events"] == ["create", "create", "switch", "map", "drop"]
    assert session.breaches == []


@pytest.mark.parametrize(
    ("bug", "requests", "law"),
    [
        ("marks-faults", [Create(1), PAGE, Look(), Translate(1, 0x1000, "w"), Look()], "T9"),
        ("leaks-on-failure", [Create(1), Look(), PAGE, Look()], "T13"),
        ("leaks-on-failure", [Create(1), PAGE, Look()], "F6"),
        ("marks-faults", [Create(1), PAGE, Translate(1, 0x1000, "w"), Look()], None),
    ],
)
def test_a_look_blames_the_calls_before_it(make_target, bug, requests, law) -> None:
    """Only where nothing but calls of one kind came since the tables were right; else nobody in particular."""
    arena = PagingArena("x86-64", 3 if bug == "leaks-on-failure" else 16)
    assert [breach.law for breach in begin(make_target(bug), arena).perform(requests)] == ([law] if law else [])
    assert begin(make_target(), arena).perform(requests) == []


def test_the_tally_tells_outcomes_apart(make_target) -> None:
    """Each access and each refusal is counted as what it came to."""
    session = begin(make_target(), PagingArena("x86-64", 5))
    last = 2**64 - 0x1000
    session.perform([Create(1), PAGE, Map(1, last, 100, 1, 0, "r", False), Map(1, 0x1001, 9, 1, 0, "r", False)])
    session.perform(
        [Translate(1, 0x1FFF, "r"), Translate(1, 0x1000, "w"), Translate(1, 0, "r"), Translate(1, 1 << 47, "r")]
    )
    session.perform([Unmap(1, 0x1000, 1, 0), Map(1, last, 100, 1, 0, "r", False), Unmap(1, last, 1, 0), Create(1)])
    tally = session.tally
    assert session.breaches == []
    assert (tally.granted, tally.denied, tally.unmapped, tally.strange) == (1, 1, 1, 1)
    assert (tally.exhausted, tally.done["map"], tally.done["unmap"], tally.ends) == (1, 2, 2, 2)
    assert dict(tally.refused) == {"map": 1, "create": 1}


def test_a_way_is_resumed_only_where_the_answers_are_the_known_ones(make_target) -> None:
    """The answers of before, then the calls that are judged."""
    first = begin(make_target())
    first.perform([Create(1), PAGE])
    calls, answers = zip(*first.history, strict=True)
    again = begin(make_target())
    assert again.resume(calls, answers, first.contract.copy(first.memory), [Translate(1, 0x1000, "r")])
    assert again.history[-1] == (Translate(1, 0x1000, "r"), Returned(99 << 12))
    assert not begin(make_target()).resume(calls, (*answers[:-1], Returned([["release", 1]])), first.memory, [])
