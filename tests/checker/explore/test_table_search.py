"""The search through the states of tiny machines: counts that somebody else arrives at, and packed words that agree."""

from collections.abc import Iterator
from typing import Any

import pytest

from pagelaw.checker.explore.table_calls import READ, USER, WRITE, TableSystem, word_of
from pagelaw.checker.explore.table_code import DEEP, GUARDED, MARKED, NUMBERS, Code, PackedSearch, machine_of
from pagelaw.checker.explore.table_points import UNFAITHFUL
from pagelaw.checker.explore.table_search import LAW_BITS, PlainSearch, key_of, paths
from pagelaw.checker.tables.machine import LAWS, TINY, TINY_FOLDED, Machine
from pagelaw.checker.tables.steps import KINDS, Map
from pagelaw.model.fast import backend

Leaf = tuple[tuple[int, int], int, bool]
Space = frozenset[Leaf]
Spaces = tuple[Space, ...]


def with_space(spaces: Spaces, index: int, space: Space) -> Spaces:
    return tuple(sorted((*spaces[:index], space, *spaces[index + 1 :]), key=sorted))


def naive_changes(space: Space, covered: set[int], data: range, rights: list[bool]) -> Iterator[Space]:
    """One mapping more, one less, one with other rights, or a huge one in two."""
    pages = {page + part for (page, level), _, _ in space for part in range(1 + level)}
    for frame in data:
        for write in rights:
            for page in range(4):
                if page not in pages and frame not in covered:
                    yield space | {((page, 0), frame, write)}
            for page in (0, 2):
                whole = frame % 2 == 0 and frame + 1 in data and not {frame, frame + 1} & covered
                if whole and not {page, page + 1} & pages:
                    yield space | {((page, 1), frame, write)}
    for leaf in space:
        (page, level), frame, write = leaf
        yield space - {leaf}
        for other in rights:
            yield space - {leaf} | {((page, level), frame, other)}
        if level:
            yield space - {leaf} | {((page, 0), frame, write), ((page + 1, 0), frame + 1, write)}


def naive_spaces(frames: int, limit: int, rights: list[bool]) -> set[Spaces]:
    """All that spaces of four pages can map, by dictionaries alone: no table, no entry.

    A space takes one table, and one for each half in which there is a small page; there are `frames` for all.
    """
    data = range(frames, limit)
    seen: set[Spaces] = {()}
    todo: list[Spaces] = [()]
    while todo:
        spaces = todo.pop()
        covered = {frame + part for space in spaces for (_, level), frame, _ in space for part in range(1 + level)}
        found = [tuple(sorted((*spaces, frozenset()), key=sorted))]
        for index, space in enumerate(spaces):
            found += [with_space(spaces, index, after) for after in naive_changes(space, covered, data, rights)]
            found += [] if space else [spaces[:index] + spaces[index + 1 :]]
        for after in found:
            tables = sum(1 + len({page // 2 for (page, level), _, _ in space if not level}) for space in after)
            if tables <= frames and after not in seen:
                seen.add(after)
                todo.append(after)
    return seen


def mapped_in(search: PlainSearch, key: Any) -> Spaces:
    """What the spaces of a state map, as walks find it."""
    machine, tables = search.machine, search.tables_of(key)
    spaces = []
    for root in machine.roots(tables):
        space = set()
        for number, page in enumerate(machine.pages()):
            found = machine.rules.walk(machine.rules.image_of(tables), root, page)
            if found.fault == 0 and (found.level == 0 or number % 2 == 0):
                space.add(((number, int(found.level > 0)), found.physical >> 3, bool(found.write)))
        spaces.append(frozenset(space))
    return tuple(sorted(spaces, key=sorted))


@pytest.mark.expensive
@pytest.mark.parametrize("geometry", [TINY, TINY_FOLDED], ids=lambda geometry: geometry.name)
@pytest.mark.parametrize(
    ("frames", "limit", "states", "transitions", "mappings"), [(2, 4, 229, 1112, 43), (3, 4, 208, 798, 20)]
)
def test_all_that_can_be_mapped_is_reached(
    geometry: Any, frames: int, limit: int, states: int, transitions: int, mappings: int
) -> None:
    """What is reached is what dictionaries say, no more and no less; states tell table frames apart as well."""
    search = PlainSearch(TableSystem(machine=Machine(geometry), frames=frames, limit=limit), frozenset())
    outcome = search.search(stop_on=0, limit=None, progress=None)
    reached = {mapped_in(search, outcome.keys(state)) for state in range(outcome.states)}
    assert reached == naive_spaces(frames, limit, [False, True])
    assert (outcome.states, outcome.transitions, len(reached)) == (states, transitions, mappings)


@pytest.mark.expensive
@pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")
def test_all_that_can_be_mapped_is_reached_compiled() -> None:
    """The same for sixteen thousand states, visited in packed words."""
    machine = machine_of(MARKED)
    system = TableSystem(machine=machine, frames=3, limit=6)
    packed, plain = PackedSearch(system, Code(machine)), PlainSearch(system, frozenset())
    outcome = packed.search(checks=False)
    reached = {mapped_in(plain, packed.unpacked(outcome.keys(state))) for state in range(outcome.states)}
    assert reached == naive_spaces(3, 6, [False, True])
    assert (outcome.states, outcome.transitions, len(reached)) == (16072, 126246, 512)


def test_one_page_and_one_frame_by_hand() -> None:
    """One table frame, and one block of two data frames: nothing, an empty space, a huge leaf in either half.

    The leaf's frame may have been shared: with one right these are 1 + 1 + 2 * 2 states; frame 1 begins no block.
    """
    search = PlainSearch(TableSystem(machine=Machine(TINY), frames=1, limit=4, rights=(WRITE,)), LAWS)
    outcome = search.search(stop_on=0, limit=None, progress=None)
    assert (outcome.states, outcome.depth, outcome.ended, dict(outcome.broken)) == (6, 3, "", {})


SYSTEMS = [
    (MARKED, {"frames": 2, "limit": 4, "rights": (WRITE,), "shared": True, "paging": True}),
    (MARKED, {"frames": 2, "limit": 3, "rights": (READ, WRITE), "accesses": (READ, WRITE)}),
    (GUARDED, {"frames": 2, "limit": 4, "rights": (USER,), "accesses": (WRITE, USER)}),
    (DEEP, {"frames": 3, "limit": 4, "rights": (WRITE,)}),
]


@pytest.mark.expensive
@pytest.mark.parametrize(("geometry", "options"), SYSTEMS)
def test_packed_words_are_the_same_states(geometry: Any, options: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The states, transitions and depth of packed words are those of the tables themselves, and every law holds."""
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    system = TableSystem(machine=machine_of(geometry), **options)
    packed_search, plain_search = PackedSearch(system, Code(system.machine)), PlainSearch(system, frozenset())
    packed = packed_search.search()
    plain = plain_search.search(stop_on=0, limit=None, progress=None)
    assert (packed.states, packed.transitions, packed.depth) == (plain.states, plain.transitions, plain.depth)
    keys = {packed_search.unpacked(packed.keys(state)) for state in range(packed.states)}
    assert keys == {plain.keys(state) for state in range(plain.states)}
    assert dict(packed.broken) == {}


def no_unback(going: Any, tables: Any, frame: Any) -> Any:
    return tables


def old_rights(entry: Any, write: Any, user: Any, execute: Any) -> Any:
    return entry


def no_marks(access: Any) -> int:
    return 0


def any_frame(tables: Any, frame: Any, level: Any, shared: Any) -> bool:
    return bool((frame >= tables.frames) & (frame < tables.limit))


WRONG = [
    ("unback", no_unback, "F3", 0),
    ("with_rights", old_rights, "T6.mapped", 1),
    ("marks_of", no_marks, "T8", 1),
    ("is_mappable", any_frame, "F5", 1),
    ("is_allowed", lambda found, access: True, "T3", 1),
    ("leaf_of_kept", lambda entry, frame: 1 | frame << 5, "T12", 0),
]


@pytest.mark.expensive
@pytest.mark.parametrize(("name", "function", "law", "system"), WRONG)
def test_packed_words_notice_what_tables_notice(
    name: str, function: Any, law: str, system: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong rule breaks the same law in both, at the same depth, and the story can be told of either."""
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    geometry, options = SYSTEMS[system]
    machine = machine_of(geometry, {name: function})
    known = TableSystem(machine=machine, **{**options, "accesses": (READ, WRITE)})
    packed_search, plain_search = PackedSearch(known, Code(machine)), PlainSearch(known, frozenset({law}))
    packed = packed_search.search(stop_on=LAW_BITS[law], limit=2000)
    plain = plain_search.search(stop_on=LAW_BITS[law], limit=2000, progress=None)
    ways = dict(paths(packed, frozenset({law})))
    [(broken, way)] = paths(plain, frozenset({law}))
    assert broken == law
    assert len(ways[law]) == len(way)
    told = plain_search.story([packed_search.unpacked(key) for key in ways[law]], law)
    assert told.startswith(f"{law} (")
    assert told.splitlines()[2] == "1. create: root 0x0"


def test_a_state_that_its_key_does_not_tell_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries that are miscounted break no law at once, and yet the search says that it cannot go on."""
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    machine = machine_of(MARKED, {"share": lambda tables, frame: tables._replace(used=tables.used + 1)})
    system = TableSystem(machine=machine, frames=1, limit=4, rights=(WRITE,))
    outcome = PackedSearch(system, Code(machine)).search(limit=50)
    assert UNFAITHFUL.bit_length() - 1 in outcome.broken


def test_what_does_not_fit_into_a_word_is_refused() -> None:
    """Three table frames, five others, and so many calls."""
    machine = machine_of(MARKED)
    code = Code(machine)
    for frames, limit in ((4, 6), (2, 8)):
        with pytest.raises(ValueError, match="up to 3 table frames and 5 others"):
            PackedSearch(TableSystem(machine=machine, frames=frames, limit=limit), code)
    every = tuple(READ for _ in range(40))
    with pytest.raises(ValueError, match="calls are more than the 1024"):
        PackedSearch(TableSystem(machine=machine, frames=3, limit=8, rights=every), code)


def test_calls_are_words_of_eight_fields() -> None:
    """Each kind of step has a number, and no two calls of a system are the same word."""
    system = TableSystem(
        machine=Machine(TINY), frames=2, limit=4, rights=(READ, USER), shared=True, accesses=(WRITE,), paging=True
    )
    calls = system.calls()
    assert len({word_of(call) for call in calls}) == len(calls) == len(set(calls))
    assert {word_of(call) & 0xFF for call in calls} == set(range(len(KINDS)))
    assert word_of(Map(8, 24, 3, 1, WRITE, shared=True)) == 0x01_01_01_03_18_08_02
    assert str(system).endswith("2 table frames of 4, 2 rights, sharing, marks, paging")


def test_the_numbers_leave_the_formats_apart() -> None:
    """The fields of an entry that is not present do not overlap, and stay within eight bits."""
    fields = [NUMBERS["FILE_MASK"] << NUMBERS["FILE_SHIFT"], NUMBERS["GIVEN"], NUMBERS["KEEPS_WRITE"]]
    fields += [NUMBERS["TRANSITION"], 7 << NUMBERS["PLACE_SHIFT"], 1]
    assert sum(fields) == 0xFF
    state = machine_of(MARKED).empty(1, 2)
    assert key_of(state) == key_of(state._replace(words=state.words.copy()))
