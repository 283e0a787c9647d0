"""The picture of address spaces: each page of the window a cell, before the last call and after it."""

import pytest

from pagelaw.checker.report.space import draw, value_shown
from pagelaw.checker.report.story import tell
from pagelaw.checker.trace import Step, Trace
from pagelaw.checker.verdict import Finding, Verdict
from pagelaw.spec import region_laws
from pagelaw.spec.contracts import Refused, Returned
from pagelaw.spec.contracts.space.arena import GRANULARITY, PAGE, SpaceArena, SpaceCapabilities
from pagelaw.spec.contracts.space.calls import (
    NO_FILE,
    Commit,
    Create,
    Exit,
    Fork,
    Maps,
    Mmap,
    Mprotect,
    Munmap,
    Query,
    Read,
    Reserve,
)

DONE = Returned(None)
ARENA = SpaceArena("linux", 4)
A = ARENA.base
GIVEN = [
    Step(Create(1), DONE),
    Step(Mmap(1, A, 2 * PAGE, "rw", False, True, NO_FILE, 0), Returned(A)),
    Step(Mmap(1, A + 2 * PAGE, PAGE, "", True, True, NO_FILE, 0), Returned(A + 2 * PAGE)),
]
assert region_laws.CONTRACT == "space"


def drawn(*steps, arena=ARENA, because=""):
    capabilities = SpaceCapabilities(dialects=(arena.dialect,), processes=2, look=True, forks=True)
    return draw(Trace(arena, steps, law="V5", because=because, contract="space", capabilities=capabilities))


def test_before_and_after() -> None:
    """What the call should have led to, and where that differs; only the pages that it names where nothing does."""
    assert drawn(*GIVEN, Step(Mprotect(1, A, PAGE, "r"), Refused("illegal"))) == [
        "page                  0     1     2     3",
        "process 1 before     rw    rw    -+     .",
        "          after       r    rw    -+     .",
        "                     ^^",
        "page 0 is at 0x40000000, . free, - given without rights, + shared",
    ]
    lines = drawn(*GIVEN, Step(Munmap(1, A + 1, PAGE), DONE))
    assert lines[1:3] == ["process 1 before     rw    rw    -+     .", "                     ^^    ^^"]


def test_what_the_target_told_is_below_what_is() -> None:
    """Pages that it left out, pages with other rights, and pages that are free."""
    told = [[A, A + PAGE, "rw", False, -1, 0], [A + 2 * PAGE, A + 4 * PAGE, "r", True, -1, 0]]
    assert drawn(*GIVEN, Step(Maps(1), Returned(told)))[1:4] == [
        "process 1 wanted     rw    rw    -+     .",
        "          target     rw     .    r+    r+",
        "                           ^^    ^^    ^^",
    ]
    assert drawn(*GIVEN, Step(Maps(1), Returned([["what", 1]])))[1] == "process 1 wanted     rw    rw    -+     ."


def test_where_the_target_has_given_pages() -> None:
    """Those that were given before are marked."""
    lines = drawn(*GIVEN, Step(Mmap(1, 0, 2 * PAGE, "r", False, False, NO_FILE, 0), Returned(A + 2 * PAGE)))
    assert lines[1:4] == [
        "process 1 before     rw    rw    -+     .",
        "          given                  !!    !!",
        "                                 ^^",
    ]


def test_each_process_has_its_rows() -> None:
    """And only that of the call has marks; one that ends has nothing after it."""
    lines = drawn(*GIVEN, Step(Fork(1, 2), DONE), Step(Read(2, A + PAGE), Returned(5)))
    assert [line.split()[:2] for line in lines[1:3]] == [["process", "1"], ["process", "2"]]
    assert lines[3] == "                           ^^"
    assert drawn(*GIVEN, Step(Exit(1), Returned(1)))[1] == "process 1 before     rw    rw    -+     ."


def test_windows_are_drawn_alike() -> None:
    """Reserved pages, what a query told, lines that are left out."""
    arena = SpaceArena("windows", 64)
    steps = [
        Step(Create(1), DONE),
        Step(Reserve(1, A, 3 * PAGE, "rw", False), Returned(A)),
        Step(Commit(1, A, PAGE, "rg"), DONE),
        Step(Reserve(1, A + 2 * GRANULARITY, PAGE, "r", True), Returned(A + 2 * GRANULARITY)),
    ]
    lines = drawn(*steps, Step(Query(1, A), Returned([A, A, 2 * PAGE, "reserved", ""])), arena=arena)
    assert [line.split()[:4] for line in lines if line.startswith("page ")] == [
        ["page", "0", "1", "2"],
        ["page", "32", "33", "34"],
        ["page", "0", "is", "at"],
    ]
    assert lines[1].split() == ["process", "1", "wanted", "rg", "R", "R", *["."] * 13]
    assert lines[2].split() == ["target", "R", "R", "R", *["."] * 13]
    assert lines[3].split() == ["^^"]
    assert lines[-1] == "page 0 is at 0x40000000, . free, R reserved"
    wide = [Step(Reserve(1, A + at * GRANULARITY, PAGE, "r", True), Returned(A + at * GRANULARITY)) for at in range(6)]
    many = drawn(steps[0], *wide, Step(Query(1, A), Refused("illegal")), arena=SpaceArena("windows", 128))
    assert "(2 lines more)" in many


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [Step(Create(1), Refused("illegal"))],
        [Step(Create(1), None), Step(Read(1, A), Returned(1))],
        [Step(Create(1), Refused("illegal")), Step(Read(1, A), Returned(1))],
    ],
)
def test_without_a_state_there_is_no_picture(steps) -> None:
    """Nothing was called, nobody is there, or the story breaks a law before its end."""
    assert drawn(*steps) == []
    assert draw(Trace(ARENA, (), contract="frames")) == []


def test_a_story_names_what_is_passed() -> None:
    """Addresses and lengths in hexadecimal, also those that come back."""
    steps = [*GIVEN, Step(Maps(1), Returned([[A, A + PAGE, "rw", False, -1, 0]]))]
    capabilities = SpaceCapabilities(dialects=("linux",), look=True)
    trace = Trace(ARENA, steps, law="V2", contract="space", capabilities=capabilities)
    lines = tell(Finding("V2", Verdict.BROKEN, "because", 1, trace), None)
    text = "\n".join(lines)
    assert "mmap(process=1, address=0x40000000, length=0x2000, rights='rw', shared=False" in text
    assert "-> [[0x40000000, 0x40001000, 'rw', False, -1, 0]]" in text
    assert "process 1 wanted     rw    rw    -+     ." in text
    assert value_shown(None) == "None"
    assert value_shown(7) == "7"
