"""The compiled search: exact counts, shortest ways, growth, limits, and the one key that marks empty places."""

import itertools
import sys
import types

import numpy as np
import pytest

from pagelaw.checker.explore import sweep
from pagelaw.checker.explore.engine import Engine, Numbering, _Run, putter
from pagelaw.checker.explore.plain import PlainEngine
from pagelaw.checker.verdict import INTERRUPTED
from pagelaw.model.fast import backend
from pagelaw.spec.algebra import ONE, ZERO, Word, load, where

#: Two systems written as kernels: words in a ring, and words that differ in single bits.
pytestmark = pytest.mark.expensive
BITS = 12
FAR = 5


def put(buffer: list, index: Word, key: Word, label: Word) -> Word:
    buffer.append((key, label))
    return index + ONE


def around(key: Word, setting: Word, buffer: list, count: Word) -> Word:
    """From every word to the next, until `setting`; beyond the last word comes the first."""
    if key != setting:
        count = put(buffer, count, (key + ONE) & 0xFFFF_FFFF_FFFF_FFFF, ZERO)
    return count


def flips(key: Word, setting: Word, buffer: list, count: Word) -> Word:
    """From every word to those that differ in one of the lowest bits."""
    bit = ZERO
    for _ in range(BITS):
        count = put(buffer, count, key ^ (ONE << bit), bit)
        bit = bit + ONE
    return count


def is_far(key: Word, setting: Word) -> Word:
    """Law 3 is broken at FAR flipped bits, counted from `setting`, and beyond."""
    differing = key ^ setting
    count = ZERO
    while differing != ZERO:
        differing = differing & (differing - ONE)
        count = count + ONE
    return where(count >= FAR, ONE << (ONE + ONE + ONE), ZERO)


def by_list(key: Word, lists: list) -> Word:
    """Keys from the list's first element on are numbered: from 0, every so many have the same number."""
    return (key - load(lists, ZERO)) >> load(lists, ONE)


needs_compiler = pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")


@pytest.fixture(scope="module")
def bound():
    return backend.compiled(sys.modules[__name__], {"put": putter()})


@pytest.fixture(scope="module")
def ring(bound):
    return Engine(bound.around, most=1)


@pytest.fixture(scope="module")
def cube(bound):
    return Engine(bound.flips, most=BITS)


@pytest.fixture(scope="module")
def numbered_ring(bound):
    return Engine(bound.around, most=1, number_of=bound.by_list)


@pytest.fixture(scope="module")
def numbered_cube(bound):
    return Engine(bound.flips, most=BITS, number_of=bound.by_list)


def numbering(first, size, shift=0):
    """The keys from `first` on are numbered, so many of them."""
    return Numbering(size, np.array([first, shift], np.uint64))


def word(value):
    return np.uint64(value)


@needs_compiler
@pytest.mark.parametrize("threads", [1, 2])
def test_the_key_that_marks_empty_places_is_a_state_like_any_other(ring, threads):
    """A ring through all ones has as many states as steps and one more, with either number of threads."""
    found = ring.search(sweep.NOTHING - 40, word(59), threads=threads)
    assert (found.states, found.transitions, found.depth, found.ended) == (101, 100, 100, "")
    if threads == 1:
        assert [found.keys(state) for state in (39, 40, 41)] == [sweep.NOTHING - 1, sweep.NOTHING, 0]


@needs_compiler
def test_without_its_marker_kept_apart_that_state_would_be_lost(bound, monkeypatch):
    """The check above can fail: where the marker counts as seen from the start, the ring breaks there."""
    begin = _Run.begin

    def begin_blind(run, start, expected):
        begin(run, start, expected)
        for worker in run.workers:
            worker.fields[sweep.MARKER_SEEN] = 1

    monkeypatch.setattr(_Run, "begin", begin_blind)
    assert Engine(bound.around, most=1).search(sweep.NOTHING - 40, word(59)).states == 40


@needs_compiler
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("start", [0, sweep.NOTHING])
def test_a_cube_has_every_corner_once(cube, threads, start):
    """2**n states, n times as many transitions, depth n; tables grow on the way, and the marker may be the start."""
    found = cube.search(start, word(0), threads=threads)
    assert (found.states, found.transitions, found.depth, found.ended) == (1 << BITS, BITS << BITS, BITS, "")


@needs_compiler
def test_tables_grow_without_losing_a_state(ring):
    """Far more states than there is room for at first."""
    assert ring.search(7, word(50_007)).states == 50_001


@needs_compiler
@pytest.mark.parametrize("threads", [1, 2])
def test_a_breach_is_found_on_a_shortest_way(bound, cube, threads):
    """The first state that breaks the law is as many steps from the start as must be, and the search ends there."""
    found = cube.search(0, word(0), checks=[bound.is_far], stop_on=1 << 3, threads=threads)
    path = found.path(found.broken[3])
    assert len(path) == FAR + 1
    assert path[0] == 0
    assert all((here ^ there).bit_count() == 1 for here, there in itertools.pairwise(path))
    assert (found.depth, found.ended) == (FAR + 1, "ended at a breach")


def test_of_two_workers_the_one_that_is_less_deep_is_told():
    """A worker with fewer states reaches the next depth at lower numbers: what counts is the depth."""
    many, few = (types.SimpleNamespace(own=own, found={0: np.zeros(64, np.uint64)}) for own in (0, 1))
    many.found[0][3], few.found[0][3] = 41, 31
    run = _Run(None, [], None, None, [many, few], None, levels=[[1, 0], [20, 10], [50, 30], [90, 70]])
    assert [run.rank(state)[0] for state in (2 * 40, 2 * 30 + 1)] == [2, 3]
    assert run.broken() == {3: 2 * 40}


@needs_compiler
def test_a_breach_that_is_not_asked_for_stops_nothing(bound, cube):
    """Only the laws of `stop_on` end a search; others are told at the end."""
    found = cube.search(0, word(0), checks=[bound.is_far])
    assert (found.states, found.checked, set(found.broken), found.ended) == (1 << BITS, 1 << BITS, {3}, "")


@needs_compiler
def test_a_limit_is_told(ring):
    """A search that was cut short says so, and where."""
    found = ring.search(0, word(1 << 20), limit=1000)
    assert found.ended == "the limit of 1000 states was reached"
    assert 1000 < found.states < 1 << 20


@needs_compiler
@pytest.mark.parametrize("threads", [1, 2])
def test_an_interruption_keeps_what_was_learnt(cube, threads):
    """Ctrl-C between two slices ends the search with the states so far."""

    def interrupt(text):
        if "depth 3" in text:
            raise KeyboardInterrupt

    found = cube.search(0, word(0), threads=threads, progress=interrupt)
    assert found.ended == INTERRUPTED
    assert BITS < found.states < 1 << BITS


@needs_compiler
def test_more_than_two_threads_are_refused(ring):
    """Two owners at most."""
    with pytest.raises(ValueError, match="threads must be 1 or 2, not 3"):
        ring.search(0, word(1), threads=3)


def test_the_plain_search_finds_the_same():
    """The same functions on plain integers: same counts, same shortest way."""
    found = PlainEngine(flips).search(sweep.NOTHING, 0)
    assert (found.states, found.transitions, found.depth) == (1 << BITS, BITS << BITS, BITS)
    found = PlainEngine(flips).search(0, 0, checks=[is_far], stop_on=1 << 3)
    assert len(found.path(found.broken[3])) == FAR + 1


# -- numbered states: bits instead of entries in the table ----------------------------------------------------------

#: All corners, none, a part in the middle, an odd one out; and all but the last.
SHARES = [
    numbering(0, 1 << BITS),
    numbering(0, 0),
    numbering(100, 3000),
    numbering(17, 1),
    numbering(0, (1 << BITS) - 1),
]


@needs_compiler
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("share", SHARES)
def test_numbered_states_are_found_like_any_other(bound, numbered_cube, threads, share):
    """As many states, transitions and levels, and as short a way to a breach, whichever are numbered."""
    found = numbered_cube.search(0, word(0), checks=[bound.is_far], threads=threads, numbering=share)
    assert (found.states, found.transitions, found.depth, found.ended) == (1 << BITS, BITS << BITS, BITS, "")
    assert len(found.path(found.broken[3])) == FAR + 1
    if threads == 1:
        assert sorted(found.keys(state) for state in range(found.states)) == list(range(1 << BITS))


@needs_compiler
@pytest.mark.parametrize("share", [numbering(sweep.NOTHING - 9, 10), numbering(sweep.NOTHING - 9, 9)])
def test_the_marker_may_be_numbered(numbered_ring, share):
    """Then a bit tells whether it is known, and else it is kept apart as ever."""
    assert numbered_ring.search(sweep.NOTHING - 40, word(59), numbering=share).states == 101
    assert numbered_ring.search(sweep.NOTHING, word(59), numbering=share).states == 61


@needs_compiler
def test_numbered_states_are_not_hashed(numbered_ring, monkeypatch):
    """The table holds the others alone, and as many as that it has room for when it grows."""
    seen = []
    outcome = _Run.outcome
    monkeypatch.setattr(_Run, "outcome", lambda run, *rest: (seen.append(run.workers[0]), outcome(run, *rest))[1])
    assert numbered_ring.search(7, word(90_006), numbering=numbering(10_000, 50_000)).states == 90_000
    (worker,) = seen
    assert worker.field(sweep.HASHED) == 40_000 == np.count_nonzero(worker.table != sweep.NOTHING)
    assert sum(int(each).bit_count() for each in worker.bitmap) == 50_000
    hashed = set(worker.table.tolist()) - {sweep.NOTHING}
    assert hashed == {*range(7, 10_000), *range(60_000, 90_007)}


@needs_compiler
def test_two_workers_send_a_numbered_state_once(numbered_cube, monkeypatch):
    """What the bits of the other's states are for: each is sent once by the worker that does not own it, at most."""
    letters = []
    receive = _Run.receive
    monkeypatch.setattr(_Run, "receive", lambda run, *rest: (letters.append(rest[-1]), receive(run, *rest))[1])
    numbered_cube.search(0, word(0), threads=2, numbering=SHARES[0])
    numbered, letters[:] = sum(letters), []
    numbered_cube.search(0, word(0), threads=2, numbering=SHARES[1])
    assert 1 << BITS - 1 < numbered <= 1 + (1 << BITS)
    assert sum(letters) > 4 * numbered


@needs_compiler
def test_two_states_of_one_number_would_be_one(numbered_cube):
    """Why `Numbering` forbids it: the counts above can fail."""
    assert numbered_cube.search(0, word(0), numbering=numbering(0, 1 << BITS, shift=1)).states < 1 << BITS
