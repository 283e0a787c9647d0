"""Sessions with address spaces: what is looked at, whom a sight blames, and what is counted."""

import pytest

from pagelaw.checker.space.session import Session, looks, sweeps
from pagelaw.spec.contracts import Returned
from pagelaw.spec.contracts.space.arena import PAGE, SpaceArena
from pagelaw.spec.contracts.space.calls import (
    NO_FILE,
    Commit,
    Create,
    Exit,
    File,
    Fork,
    Load,
    Maps,
    Mincore,
    Mmap,
    Mprotect,
    Munmap,
    Query,
    Read,
    Reserve,
    Store,
    Write,
)
from pagelaw.spec.contracts.space.relation import SpaceContract

ARENA = SpaceArena("linux", 4)
A = ARENA.base
GIVEN = Mmap(1, A, 2 * PAGE, "rw", False, True, NO_FILE, 0)


def begin(target, arena=ARENA, **options):
    return Session(SpaceContract(arena, target.capabilities), target.open(arena), **options)


def names(session):
    return [call.name for call, _ in session.history]


def test_looks_follow_what_changes(make_target) -> None:
    """One of each process, after calls, after accesses that must fail, and rarely after writes."""
    session = begin(make_target(), probe_every=1)
    session.perform([Create(1), GIVEN, Write(1, A, 1), Read(1, A), Read(1, A - 1), Fork(1, 2)])
    fork = [*["maps", "mincore"] * 2]
    assert names(session) == [
        *["create", "maps", "mmap", "maps", "mincore", "write", "read", "read", "maps", "mincore", "fork"],
        *fork,
    ]
    blind = begin(make_target(maps=None, mincore=None), probe_every=1)
    blind.perform([Create(1), GIVEN])
    assert names(blind) == ["create", "mmap"]


def test_what_a_caller_may_not_ask_is_not_asked(make_target) -> None:
    """What the target does not have, and bytes behind the end of a file in its last page."""
    session = begin(make_target(fork=None))
    session.perform([Create(1), File(1, 1), Mmap(1, A, PAGE, "r", True, True, 1, 0), Fork(1, 2)])
    session.perform([Read(1, A), Read(1, A + 1), Read(7, A)])
    assert names(session) == ["create", "file", "mmap", "read"]


def test_a_sweep_reads_what_was_written(make_target) -> None:
    """Bytes of processes' own, of what they share, of files; not of guard pages."""
    session = begin(make_target())
    shared = Mmap(1, A + 2 * PAGE, PAGE, "rw", True, True, 1, 0)
    session.perform([Create(1), File(1, PAGE), GIVEN, Write(1, A + 5, 1), shared, Store(1, 7, 9)])
    swept = list(sweeps(session.contract, session.memory))
    assert {Read(1, A + 5), Read(1, A), Read(1, A + 2 * PAGE - 1), Read(1, A + 2 * PAGE + 7), Load(1, 7)} <= set(swept)
    assert session.sweep() == session.look() == []
    windows = SpaceArena("windows", 16)
    guarded = begin(make_target(dialect="windows"), windows)
    guarded.perform([Create(1), Reserve(1, 0, 2 * PAGE, "rw", False), Commit(1, A, PAGE, "rwg")])
    assert list(sweeps(guarded.contract, guarded.memory)) == [Read(1, A + PAGE), Read(1, A + 2 * PAGE - 1)]
    told = list(looks(guarded.contract, guarded.memory))
    assert told == [Query(1, A + page * PAGE) for page in (0, 1, 2, 15)]


HALF = Mprotect(1, A, 3 * PAGE, "r")


@pytest.mark.parametrize(
    ("bug", "requests", "law"),
    [
        ("half-protected", [Create(1), GIVEN, Maps(1), HALF, Maps(1)], "V18"),
        ("half-protected", [Create(1), GIVEN, HALF, Maps(1)], "V5"),
        ("half-protected", [Create(1), GIVEN, Maps(1), HALF, Munmap(1, A, PAGE), Maps(1)], "V5"),
        ("half-protected", [Create(1), GIVEN, Maps(1), Write(1, A, 1), HALF, Maps(1)], "V18"),
        ("faults-map", [Create(1), Maps(1), Read(1, A), Maps(1)], "V11"),
        ("faults-map", [Create(1), Read(1, A), Maps(1)], "V2"),
        ("faults-map", [Create(1), Read(1, A), Write(1, A, 1), Read(1, A)], "V11"),
        ("faults-map", [Create(1), Maps(1), Read(1, A), Munmap(1, A, 0), Maps(1)], "V2"),
        ("all-resident", [Create(1), GIVEN, Write(1, A, 1), Mincore(1, A, PAGE), HALF, Mincore(1, A, PAGE)], None),
    ],
)
def test_a_sight_blames_the_calls_before_it(make_target, bug, requests, law) -> None:
    """Only where it was right before, and calls of one kind that must change nothing came since."""
    assert [breach.law for breach in begin(make_target(bug)).perform(requests)] == ([law] if law else [])
    assert begin(make_target()).perform(requests) == []


def test_what_must_change_nothing_is_examined(make_target) -> None:
    """Sights before, between and after; what may be done is left out."""
    session = begin(make_target())
    session.perform([Create(1), GIVEN])
    session.examine([HALF, Munmap(1, A, PAGE), Create(1)], [Read(1, A), Write(1, A - 1, 1)])
    made = names(session)
    assert made.count("maps") == 3
    assert [made.count(name) for name in ("mprotect", "munmap", "create", "write")] == [1, 0, 2, 1]
    assert (session.tally.after_refusal > 0, session.tally.after_fault > 0) == (True, True)
    bad = begin(make_target("half-protected"))
    bad.perform([Create(1), GIVEN])
    bad.examine([HALF], [])
    assert [breach.law for breach in bad.breaches] == ["V18"]
    made = len(bad.history)
    bad.examine([HALF], [])
    assert len(bad.history) == made


def test_the_tally_tells_outcomes_apart(make_target) -> None:
    """Each call is counted as done or as its refusal, and for the law that another answer would have broken."""
    session = begin(make_target(), SpaceArena("linux", 4, limit=2))
    session.perform([Create(1), GIVEN, Mmap(1, 0, PAGE, "rw", False, False, NO_FILE, 0), Write(1, A, 1), Read(1, A)])
    session.perform([Read(1, A + PAGE), Read(1, A - 1), Mprotect(1, A, PAGE, "r"), Write(1, A, 2), Munmap(1, A, 0)])
    session.perform([Maps(1), Mincore(1, A, PAGE), Exit(1), Exit(1)])
    tally = session.tally
    assert session.breaches == []
    assert dict(tally.reasons) == {"out-of-memory": 1, "denied": 2, "illegal": 2}
    assert (tally.granted, tally.written, tally.looks, tally.done["mmap"], tally.refused["exit"]) == (3, 1, 1, 1, 1)
    counted = {law: tally.laws[law] for law in ("V4", "V12", "V10", "V3", "V15", "V17", "F7", "V1", "V5", "V5.merged")}
    assert counted == {
        "V4": 2,
        "V12": 4,
        "V10": 1,
        "V3": 1,
        "V15": 1,
        "V17": 1,
        "F7": 1,
        "V1": 1,
        "V5": 1,
        "V5.merged": 1,
    }


def test_a_way_is_resumed_only_where_the_answers_are_the_known_ones(make_target) -> None:
    """The answers of before, then the calls that are judged; nobody is blamed for what came before."""
    first = begin(make_target())
    first.perform([Create(1), GIVEN, Write(1, A, 5)])
    calls, answers = zip(*first.history, strict=True)
    again = begin(make_target())
    assert again.resume(calls, answers, first.contract.copy(first.memory), [Read(1, A)])
    assert again.history[-1] == (Read(1, A), Returned(5))
    assert not begin(make_target()).resume(calls, (*answers[:-1], Returned(9)), first.memory, [])
