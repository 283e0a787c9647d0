"""The laws of accesses: they hold of every access to small machines, and each fails alone where that is planted."""

import copy
import itertools
from collections.abc import Callable

import pytest

from pagelaw.spec import access_laws
from pagelaw.spec.access import (
    COPIED,
    COPY,
    DEMAND_ZERO,
    EXECUTE,
    EXECUTES,
    GRANTED,
    GUARD,
    GUARD_HIT,
    IN_PAGE,
    NO_ACCESS,
    READ,
    READS,
    RIGHTS,
    VIOLATION,
    WAITING,
    WRITE,
    WRITES,
    Space,
    access,
)
from pagelaw.spec.law import Scope, laws_of
from pagelaw.spec.pages import COMMITTED, FREE, PAGED_OUT, RESERVED, Pages

Change = Callable[[Space], None]
DIRTY, CLEAN = 5, 4


def space(state: int = COMMITTED, rights: int = READ | WRITE) -> Space:
    """Page 0 in some state with some rights; page 1 is dirty in frame 1, and frame 2 is unused."""
    pages = Pages([state, 7], [1 if state >= CLEAN else 0, 2, 0], 1 + (state >= COMMITTED), 4)
    return Space(pages, [rights, READ | WRITE])


def broken(before: Space, after: Space, kind: int, outcome: int, frame: int = 2) -> set[str]:
    """The laws that an access to page 0 breaks, seen from everywhere."""
    laws = set()
    if not access_laws.confined(before, 0, kind, outcome):
        laws.add("V3")
    if not access_laws.classified(before, 0, frame, kind, outcome):
        laws.add("V10")
    for other, beside in itertools.product(range(2), range(3)):
        if not access_laws.untouched(before, after, outcome, other, beside):
            laws.add("V11")
        if not access_laws.served(before, after, 0, frame, kind, outcome, other, beside):
            laws.add("V12")
        if not access_laws.warned(before, after, 0, kind, outcome, other, beside):
            laws.add("V13")
    return laws


@pytest.mark.parametrize("kind", [READS, WRITES, EXECUTES])
@pytest.mark.parametrize("state", [FREE, RESERVED, COMMITTED, PAGED_OUT, CLEAN, DIRTY])
def test_every_access_keeps_every_law(state: int, kind: int) -> None:
    """With all rights, and with frames that are used and unused; every other outcome would not have been the class."""
    for rights, frame in itertools.product(range(RIGHTS + 1), range(3)):
        before = space(state, rights)
        after, outcome = access(copy.deepcopy(before), 0, frame, kind)
        assert broken(before, after, kind, outcome, frame) == set()
        fitting = [each for each in range(WAITING + 1) if access_laws.classified(before, 0, frame, kind, each)]
        assert fitting == [outcome]


def planted(change: Change, before: Space, kind: int, *, outcome: int | None = None) -> set[str]:
    """The laws that break if an access leaves something else, or comes to something else, than it should."""
    after, found = access(copy.deepcopy(before), 0, 2, kind)
    change(after)
    return broken(before, after, kind, found if outcome is None else outcome)


def state(page: int, value: int) -> Change:
    """Another state of a page."""
    return lambda after: after.pages.state.__setitem__(page, value)


def owner(frame: int, value: int) -> Change:
    """Another owner of a frame."""
    return lambda after: after.pages.owner.__setitem__(frame, value)


def rights(page: int, value: int) -> Change:
    """Other rights of a page."""
    return lambda after: after.rights.__setitem__(page, value)


def nothing(_after: Space) -> None:
    """What the access left."""


COPYING = space(CLEAN, READ | COPY)
GUARDED = space(CLEAN, READ | GUARD)


@pytest.mark.parametrize(
    ("change", "before", "kind", "laws"),
    [
        pytest.param(state(0, 9), space(RESERVED, NO_ACCESS), READS, {"V11"}, id="a violation fills the page"),
        pytest.param(owner(2, 1), space(FREE, NO_ACCESS), READS, {"V11"}, id="a violation takes a frame"),
        pytest.param(rights(0, READ), space(CLEAN, EXECUTE), WRITES, {"V11"}, id="a violation changes rights"),
        pytest.param(state(1, 6), space(CLEAN, READ), WRITES, {"V11"}, id="a violation cleans another page"),
        pytest.param(state(0, 8), space(), READS, {"V12"}, id="a zeroed page is clean"),
        pytest.param(state(0, 8), space(PAGED_OUT), WRITES, {"V12"}, id="a page that was written is clean"),
        pytest.param(state(0, 9), space(PAGED_OUT), READS, {"V12"}, id="a page that was read is dirty"),
        pytest.param(state(0, 5), space(), READS, {"V12"}, id="it is in another frame"),
        pytest.param(owner(2, 2), space(), READS, {"V12"}, id="its frame names another page"),
        pytest.param(owner(1, 0), space(), READS, {"V12"}, id="another frame is given back"),
        pytest.param(state(1, 6), space(), READS, {"V12"}, id="another page is cleaned"),
        pytest.param(rights(1, READ), space(), READS, {"V12"}, id="another page is protected"),
        pytest.param(rights(0, READ), space(), READS, {"V12"}, id="rights are lost"),
        pytest.param(rights(0, EXECUTE), space(), READS, {"V12"}, id="it cannot be repeated"),
        pytest.param(state(0, CLEAN), space(DIRTY), READS, {"V12"}, id="a read cleans"),
        pytest.param(state(0, CLEAN), space(CLEAN), WRITES, {"V12"}, id="a write is not marked"),
        pytest.param(owner(0, 1), COPYING, WRITES, {"V12"}, id="what was copied keeps its frame"),
        pytest.param(rights(0, READ | COPY), COPYING, WRITES, {"V12"}, id="it is copied again"),
        pytest.param(rights(0, READ | WRITE | COPY), COPYING, WRITES, {"V12"}, id="it is copied for ever"),
        pytest.param(rights(0, READ), COPYING, WRITES, {"V12"}, id="write intent is lost"),
        pytest.param(rights(0, WRITE), COPYING, WRITES, {"V12"}, id="the copy cannot be read"),
        pytest.param(rights(0, READ | WRITE | EXECUTE), COPYING, WRITES, {"V12"}, id="the copy can be executed"),
        pytest.param(rights(0, READ | WRITE | GUARD), COPYING, WRITES, {"V12", "V13"}, id="the copy is guarded"),
        pytest.param(rights(0, READ | GUARD), GUARDED, READS, {"V13"}, id="the guard stays"),
        pytest.param(rights(0, READ | WRITE), GUARDED, READS, {"V13"}, id="a hit gives rights"),
        pytest.param(state(0, DIRTY), GUARDED, READS, {"V13"}, id="a hit writes"),
        pytest.param(rights(1, READ), GUARDED, READS, {"V13"}, id="a hit protects another page"),
        pytest.param(owner(0, 0), GUARDED, READS, {"V13"}, id="a hit takes the frame"),
        pytest.param(rights(0, READ | WRITE | GUARD), space(), READS, {"V12", "V13"}, id="a guard from nowhere"),
    ],
)
def test_a_planted_change_breaks_its_law(change: Change, before: Space, kind: int, laws: set[str]) -> None:
    """And no other."""
    assert planted(nothing, before, kind) == set()
    assert planted(change, before, kind) == laws


@pytest.mark.parametrize(
    ("before", "kind", "outcome", "laws"),
    [
        pytest.param(space(RESERVED, NO_ACCESS), READS, GRANTED, {"V3", "V10", "V12"}, id="reserved is granted"),
        pytest.param(space(CLEAN, READ), WRITES, GRANTED, {"V3", "V10", "V12"}, id="a right is missing"),
        pytest.param(GUARDED, READS, GRANTED, {"V3", "V10", "V12", "V13"}, id="the guard is not told"),
        pytest.param(space(CLEAN, READ), READS, VIOLATION, {"V10"}, id="what is allowed is refused"),
        pytest.param(space(CLEAN, READ), READS, WAITING, {"V10"}, id="what needs no frame waits for one"),
        pytest.param(space(CLEAN, READ), READS, GUARD_HIT, {"V10", "V13"}, id="a guard that there is not"),
        pytest.param(space(), READS, IN_PAGE, {"V10", "V12"}, id="a page that was never touched is read"),
        pytest.param(space(PAGED_OUT), WRITES, DEMAND_ZERO, {"V10"}, id="a page that is paged out is zeroed"),
        pytest.param(space(CLEAN, READ), READS, COPIED, {"V10", "V12"}, id="a copy that nobody needs"),
    ],
)
def test_a_planted_outcome_breaks_its_law(before: Space, kind: int, outcome: int, laws: set[str]) -> None:
    """Told as something else than it was."""
    assert planted(nothing, before, kind, outcome=outcome) == laws


@pytest.mark.parametrize(
    ("parts", "own", "holds"),
    [
        pytest.param({}, [NO_ACCESS, WRITE], True, id="as it was asked for"),
        pytest.param({}, [READ, WRITE], False, id="the page keeps its rights"),
        pytest.param({}, [NO_ACCESS, READ], False, id="another page gets others"),
        pytest.param({"limit": 9}, [NO_ACCESS, WRITE], False, id="the limit is raised"),
    ],
)
def test_rights_are_those_that_were_asked_for(parts: dict[str, int], own: list[int], holds: bool) -> None:
    """A page is protected against everything."""
    before = Space(space(CLEAN).pages, [READ, WRITE])
    after = Space(space(CLEAN).pages._replace(**parts), own)
    assert all(access_laws.rights_kept(before, after, 0, other, NO_ACCESS, True) for other in range(2)) == holds


def test_a_page_that_is_not_committed_has_no_rights() -> None:
    """Not even where they were asked for."""
    before, after = space(CLEAN, READ), space(RESERVED, READ)
    after = after._replace(pages=after.pages._replace(limit=before.pages.limit))
    assert not access_laws.rights_kept(before, after, 0, 1, READ, True)
    assert not access_laws.rightless(after, 0)
    assert access_laws.rightless(space(RESERVED, NO_ACCESS), 0)


def test_a_refused_step_leaves_rights_as_they_were() -> None:
    """Whatever was asked for."""
    before = space(CLEAN, READ)
    assert access_laws.rights_kept(before, before, 0, 1, WRITE, False)
    assert not access_laws.rights_kept(before, before, 0, 1, WRITE, True)
    assert not access_laws.rights_kept(before, space(CLEAN, WRITE), 0, 1, WRITE, False)


def test_the_laws_are_registered() -> None:
    """With id and name, all about what changes."""
    laws = {law.id: law for law in laws_of(access_laws.CONTRACT) if law.part == access_laws.PART}
    names = {id: law.name for id, law in laws.items()}
    assert names == {"V3": "confined", "V10": "classified", "V11": "untouched", "V12": "served", "V13": "warned"}
    assert {law.scope for law in laws.values()} == {Scope.CHANGE}
    assert all(law.source and law.statement.endswith(".") for law in laws.values())
