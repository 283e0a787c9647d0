"""The laws of regions: they hold of sound states, steps and answers, and each one fails alone where that is planted."""

from collections import defaultdict
from typing import Any

import pytest

from pagelaw.spec import region_laws, regions
from pagelaw.spec.access import READ, WRITE
from pagelaw.spec.law import Scope, laws_of
from pagelaw.spec.region_laws import GIVE, PROTECT, TAKE, Asked, Seen
from pagelaw.spec.regions import BACKED, Regions

LAST = (1 << 64) - 1
NOTHING = Seen(False, 0, 0)
#: Of both regions of the sound state, the sentinel, and a page where none starts.
NODES = (1, 5, 12, 3)


def sound(**parts: Any) -> Regions:
    """Two regions, at 1 (three pages, a file's from 7 on) and 5 (one page), in a space of twelve; parts replaced."""
    arrays = {
        "length": {1: 3, 5: 1},
        "kind": {1: READ | BACKED, 5: WRITE},
        "offset": {1: 7},
        "next": {12: 1, 1: 5, 5: 12},
        "previous": {12: 5, 5: 1, 1: 12},
    }
    changed = {name: {**words, **parts.get(name, {})} for name, words in arrays.items()}
    words = {name: defaultdict(int, entries) for name, entries in changed.items()}
    return Regions(**words, count=parts.get("count", 2), pages=12)


def is_ordered(state: Regions) -> bool:
    """V1 at every two nodes."""
    return all(region_laws.ordered(state, node, other) for node in NODES for other in NODES)


def test_a_sound_state_breaks_no_law() -> None:
    """V1 and V15 everywhere, V2 of every page, V5.merged of every region."""
    state = sound()
    assert is_ordered(state)
    assert all(region_laws.ended(state, node) for node in NODES)
    assert not any(region_laws.goes_on(state, node) for node in NODES)
    for page in range(12):
        place, held = regions.find(state, page)
        assert all(region_laws.found(state, page, place, held, other) for other in NODES)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({"previous": {5: 12}}, id="a neighbour that does not point back"),
        pytest.param({"previous": {12: 1}}, id="the sentinel does not point back"),
        pytest.param({"next": {12: 5}}, id="a region is not in the list"),
        pytest.param({"length": {1: 5}}, id="a region reaches into the next"),
        pytest.param({"length": {5: 8}}, id="a region reaches beyond the space"),
        pytest.param({"length": {5: 0}}, id="an empty region"),
        pytest.param({"length": {3: 1}}, id="a region inside another, and not in the list"),
        pytest.param({"next": {5: 13}, "previous": {13: 5}}, id="a neighbour beyond the space"),
        pytest.param({"next": {12: 5, 5: 1, 1: 12}, "previous": {12: 1, 1: 5, 5: 12}}, id="the wrong order"),
    ],
)
def test_regions_are_ordered(parts: dict[str, Any]) -> None:
    """V1 fails where that is planted."""
    assert not is_ordered(sound(**parts))


@pytest.mark.parametrize(
    ("page", "place", "held"),
    [
        pytest.param(2, 1, False, id="it has the page, and is denied"),
        pytest.param(2, 12, False, id="the sentinel, above a region"),
        pytest.param(2, 5, True, id="another region"),
        pytest.param(4, 1, True, id="a region that ends before the page"),
        pytest.param(7, 1, False, id="a region lies between"),
        pytest.param(4, 5, False, id="a region above the page"),
        pytest.param(4, 3, False, id="no region at all"),
    ],
)
def test_a_search_finds_the_region(page: int, place: int, held: bool) -> None:
    """V2 fails of a wrong answer, seen from some region."""
    assert not all(region_laws.found(sound(), page, place, held, other) for other in NODES)


def test_the_count_follows() -> None:
    """V2 at a step: as many more as there are more where it acts."""
    assert region_laws.counted(7, 2, 8, 3)
    assert not region_laws.counted(7, 2, 8, 2)
    assert not region_laws.counted(7, 2, 7, 3)


HELD, FILE = Seen(True, READ, 0), Seen(True, READ | BACKED, 9)


@pytest.mark.parametrize(
    ("asked", "old", "new", "holds"),
    [
        (Asked(2, 0, GIVE, WRITE, 0), HELD, HELD, True),
        (Asked(2, 0, GIVE, WRITE, 0), HELD, NOTHING, False),
        (Asked(2, 3, GIVE, WRITE, 4), NOTHING, Seen(True, WRITE, 0), True),
        (Asked(2, 3, GIVE, WRITE | BACKED, 4), NOTHING, Seen(True, WRITE | BACKED, 6), True),
        (Asked(2, 3, GIVE, WRITE | BACKED, 4), NOTHING, Seen(True, WRITE | BACKED, 5), False),
        (Asked(2, 3, GIVE, WRITE, 0), NOTHING, NOTHING, False),
        (Asked(2, 3, TAKE, 0, 0), FILE, NOTHING, True),
        (Asked(2, 3, TAKE, 0, 0), FILE, FILE, False),
        (Asked(2, 3, PROTECT, WRITE, 0), FILE, Seen(True, WRITE | BACKED, 9), True),
        (Asked(2, 3, PROTECT, WRITE, 0), FILE, Seen(True, WRITE | BACKED, 8), False),
        (Asked(2, 3, PROTECT, WRITE, 0), FILE, FILE, False),
        (Asked(2, 3, PROTECT, WRITE, 0), NOTHING, NOTHING, True),
        (Asked(2, 3, PROTECT, WRITE, 0), NOTHING, Seen(True, WRITE, 0), False),
        (Asked(5, 3, TAKE, 0, 0), HELD, HELD, True),
        (Asked(5, 3, TAKE, 0, 0), HELD, NOTHING, False),
        (Asked(2, 2, TAKE, 0, 0), HELD, NOTHING, False),
    ],
)
def test_an_address_is_what_was_asked(asked: Asked, old: Seen, new: Seen, holds: bool) -> None:
    """V5 at page 4: given, taken or protected inside the range, and kept outside."""
    assert bool(region_laws.kept(old, new, 4, asked)) is holds


def test_what_is_seen() -> None:
    """Of a page that no region has, nothing; of a file's page, which one."""
    assert region_laws.seen(sound(), 1, 3) == Seen(True, READ | BACKED, 9)
    assert region_laws.seen(sound(), 5, 5) == Seen(True, WRITE, 0)
    assert region_laws.seen(sound(), 1, 4) == NOTHING
    assert region_laws.seen(sound(), 12, 0) == NOTHING


@pytest.mark.parametrize(
    ("parts", "goes_on"),
    [
        ({"length": {1: 4}, "kind": {5: READ | BACKED}, "offset": {5: 11}}, True),
        ({"length": {1: 4}, "kind": {5: READ | BACKED}, "offset": {5: 12}}, False),
        ({"length": {1: 4}, "kind": {1: WRITE}}, True),
        ({"length": {1: 4}}, False),
        ({"kind": {1: WRITE}}, False),
    ],
)
def test_neighbours_that_could_be_one(parts: dict[str, Any], goes_on: bool) -> None:
    """V5.merged: only in the range, at its start or at its end."""
    state = sound(**parts)
    assert bool(region_laws.goes_on(state, 1)) is goes_on
    for first, length, touches in ((0, 4, False), (0, 5, True), (5, 3, True), (6, 3, False)):
        assert bool(region_laws.joined(state, 1, first, length)) is not (goes_on and touches)


@pytest.mark.parametrize(
    ("first", "length", "kind", "offset", "holds"),
    [
        (9, 3, READ, 0, True),
        (9, 4, READ, 0, False),
        (9, 0, READ, 0, False),
        (9, LAST, READ, 0, False),
        (11, 1, BACKED, LAST - 1, True),
        (11, 1, BACKED, LAST, False),
        (11, 1, READ, LAST, True),
    ],
)
def test_a_range_has_a_last_page(first: int, length: int, kind: int, offset: int, holds: bool) -> None:
    """V15: in the space, and behind it; a step is done exactly then, unless something else forbids it."""
    state = sound(length={first: length}, kind={first: kind}, offset={first: offset})
    assert bool(region_laws.ended(state, first)) is (holds or not length)
    for free in (True, False):
        for legal in (True, False):
            admitted = region_laws.admitted(state, first, length, kind, offset, free, legal)
            assert bool(admitted) is (legal == (free and holds))


@pytest.mark.parametrize(
    ("high", "below", "first", "has_room", "holds"),
    [
        (False, 5, 6, True, True),
        (True, 5, 10, True, True),
        pytest.param(False, 5, 7, True, False, id="not the lowest"),
        pytest.param(True, 5, 9, True, False, id="not the highest"),
        pytest.param(False, 5, 5, True, False, id="a page that is used"),
        pytest.param(True, 5, 11, True, False, id="beyond the space"),
        pytest.param(False, 1, 6, True, False, id="a wrong place"),
        pytest.param(False, 5, 6, False, False, id="denied"),
    ],
)
def test_the_nearest_room_is_chosen(high: bool, below: int, first: int, has_room: bool, holds: bool) -> None:
    """V16 for two pages: at 6 from below, at 10 from above; the gaps before are too small."""
    state = sound()
    answers = [
        region_laws.fitted(state, 2, high, below, first, has_room, page, regions.place_of(state, page))
        for page in range(12)
    ]
    assert all(answers) is holds


def test_no_room_is_no_breach() -> None:
    """V16 for more than any gap has, and for nothing."""
    state = sound()
    for length in (0, 7, LAST):
        for page in range(12):
            assert region_laws.fitted(state, length, False, 5, 6, False, page, regions.place_of(state, page))
    assert not region_laws.fitted(state, 0, False, 5, 6, True, 8, 5)


def test_the_laws_are_registered() -> None:
    """Six of them, with a public source each."""
    found = {law.id: law.scope for law in laws_of(region_laws.CONTRACT) if law.part == region_laws.PART}
    assert found == {
        "V1": Scope.STATE,
        "V2": Scope.STATE,
        "V5": Scope.CHANGE,
        "V5.merged": Scope.CHANGE,
        "V15": Scope.STATE,
        "V16": Scope.STATE,
    }
