"""The dialect `windows`: what may be asked of reservations and pages, how it may be answered, and what it leads to."""

import attrs
import pytest

from pagelaw.spec.contracts import Refused, Returned
from pagelaw.spec.contracts.space.arena import LAST_ADDRESS, PAGE, SpaceArena
from pagelaw.spec.contracts.space.calls import (
    Commit,
    Create,
    Decommit,
    Execute,
    Exit,
    Lock,
    Maps,
    Protect,
    Query,
    Read,
    Release,
    Reserve,
    SpaceCall,
    Unlock,
    Write,
)
from pagelaw.spec.contracts.space.memory import charge

from .telling import DENIED, DONE, ILLEGAL, NO_MAPPING, OUT_OF_ADDRESSES, OUT_OF_MEMORY
from .windows_telling import (
    BASE,
    EVERYTHING,
    GUARD,
    Windows,
    anywhere,
    at,
    commit,
    decommit,
    lock,
    protect,
    release,
    reserve,
    unlock,
)

UNBOUNDED = attrs.evolve(EVERYTHING, bounded=False)


# -- reserving ----------------------------------------------------------------------------------------------------


def test_a_base_is_rounded_down_and_an_end_up() -> None:
    """From 64 KiB + 5 on, 4 KiB and 1 byte: all of the granule up to there."""
    story = Windows()
    call = Reserve(1, at(16, 5), PAGE, "rw", False)
    story(call, Returned(at(16)))
    assert story.queried(16) == (16, 2, "reserved", "")
    assert story.queried(18) == (0, 46, "free", "")
    assert story.queried(0) == (0, 16, "free", "")


def test_a_place_that_is_given_must_be_as_it_must_be() -> None:
    """Aligned, where it was asked for, inside, and free."""
    story = Windows().reserved(16, 3)
    assert story.law(reserve(32, 2), Returned(at(33))) == "V16"
    assert story.law(reserve(32, 2), Returned(at(48))) == "V16"
    assert story.law(anywhere(3), Returned(at(16))) == "V16"
    assert story.law(anywhere(3), Returned(at(64))) == "V15"
    assert story.law(anywhere(3), Returned(BASE - 16 * PAGE)) == "V15"
    assert story.law(anywhere(3), Returned(LAST_ADDRESS + 1 - 16 * PAGE)) == "V15"
    assert story.law(anywhere(3), Returned(at(48))) == ""
    for value in (None, True, "x", -1, LAST_ADDRESS + 1):
        assert story.law(anywhere(3), Returned(value)) == "C1"


def test_what_cannot_be_reserved() -> None:
    """Nothing, strange rights, what is taken, and what lies outside or wraps."""
    story = Windows().reserved(16, 3)
    for call, law in (
        (reserve(32, 0), "V15"),
        (reserve(32, 1, "rc"), "C1"),
        (reserve(0, 17), "V16"),
        (reserve(16, 1), "V16"),
        (reserve(48, 17), "V15"),
        (Reserve(1, BASE - 1, PAGE, "rw", False), "V15"),
        (Reserve(1, at(32), LAST_ADDRESS, "rw", False), "V15"),
        (anywhere(33), "V16"),
    ):
        assert story.law(call, Returned(at(32))) == law, call
        assert story.law(call, ILLEGAL) == "", call
        assert story.law(call, DENIED) == law, call
    assert story.law(anywhere(33), OUT_OF_ADDRESSES) == ""
    assert story.law(anywhere(33), OUT_OF_MEMORY) == ""


def test_anywhere_succeeds_exactly_if_a_granule_with_room_is_there() -> None:
    """The gap of 13 pages after 3 has no granule; that of 32 has two."""
    story = Windows().reserved(16, 3)
    assert story.law(anywhere(32), OUT_OF_ADDRESSES) == "V16"
    story(anywhere(32), Returned(at(32)))
    assert story.law(anywhere(17), OUT_OF_ADDRESSES) == ""
    assert story.law(anywhere(16), OUT_OF_ADDRESSES) == "V16"
    assert story.law(reserve(0, 16), OUT_OF_ADDRESSES) == "V16"
    assert Windows().law(reserve(48, 16), OUT_OF_ADDRESSES) == "V15"


def test_a_place_beside_the_window_is_nobodys_affair() -> None:
    """Where others live beside the window, only ranges in it, or given ones, are asked for."""
    story = Windows(capabilities=UNBOUNDED)
    contract = story.contract
    story(anywhere(4), Returned(BASE + (1 << 32)))
    far = BASE + (1 << 32)
    for call, may in (
        (Reserve(1, far, PAGE, "rw", False), True),
        (Reserve(1, far + 16 * PAGE, PAGE, "rw", False), False),
        (Commit(1, far, 4 * PAGE, "rw"), True),
        (Commit(1, far, 5 * PAGE, "rw"), False),
        (Commit(1, at(0), 5 * PAGE, "rw"), True),
        (Decommit(1, far, LAST_ADDRESS), False),
        (Query(1, far), True),
        (Query(1, far - PAGE), False),
        (Query(1, at(1)), True),
    ):
        assert contract.may_ask(story.memory, call) == may, call
    assert story.law(Query(1, at(1)), Returned([at(1), 0, 5 * PAGE, "free", ""])) == ""
    assert story.law(anywhere(1 << 20), OUT_OF_ADDRESSES) == ""
    assert story.law(anywhere(1 << 20), Returned(1 << 40)) == ""
    assert story.law(anywhere(64), OUT_OF_ADDRESSES) == "V16"


# -- committing ---------------------------------------------------------------------------------------------------


def test_pages_that_are_touched_are_committed() -> None:
    """Two bytes across a page boundary are two pages."""
    story = Windows().reserved(0, 4)
    story(Commit(1, at(1, PAGE - 1), 2, "r"))
    assert [story.queried(page)[2:] for page in range(4)] == [
        ("reserved", ""), ("committed", "r"), ("committed", "r"), ("reserved", ""),
    ]  # fmt: skip
    assert story.queried(1) == (0, 2, "committed", "r")


def test_committing_again_keeps_contents_and_sets_rights() -> None:
    """The byte is still there, and may not be written any more."""
    story = Windows().reserved(0, 4, commit=True)
    story(Write(1, at(1), 7))(commit(0, 3, "r"))
    assert story.law(Read(1, at(1)), Returned(0)) == "V17"
    assert story.law(Read(1, at(1)), Returned(7)) == ""
    assert story.law(Write(1, at(1), 8), DONE) == "V3"


def test_what_cannot_be_committed() -> None:
    """Nothing, strange rights, free pages, those of two regions, and what wraps."""
    story = Windows().reserved(0, 16).reserved(16, 16)
    for call, law in (
        (commit(0, 0), "V15"),
        (commit(0, 1, "rc"), "C1"),
        (commit(15, 2), "V8"),
        (commit(31, 2), "V8"),
        (commit(40, 1), "V8"),
        (Commit(1, at(1), LAST_ADDRESS, "rw"), "V15"),
    ):
        assert story.law(call, DONE) == law, call
        assert story.law(call, ILLEGAL) == "", call
    assert story.law(commit(31, 2), NO_MAPPING) == ""
    assert story.law(commit(15, 1), NO_MAPPING) == "V8"
    assert story.law(commit(15, 1), Returned(at(15))) == "C1"


def test_the_charge_is_exact_and_all_or_nothing() -> None:
    """Of four pages, three are charged; what is committed already is not charged again."""
    story = Windows(limit=4).reserved(0, 8)
    assert story.law(reserve(16, 5, commit=True), Returned(at(16))) == "V4"
    story(commit(0, 3))
    assert charge(story.memory) == 3
    assert story.law(commit(2, 3), DONE) == "V4"
    assert story.law(commit(2, 3), OUT_OF_MEMORY) == ""
    story(commit(2, 3), OUT_OF_MEMORY)
    assert story.law(commit(0, 4), OUT_OF_MEMORY) == "V4"
    story(commit(0, 4))
    assert story.law(commit(0, 4), OUT_OF_MEMORY) == "V8"
    story(decommit(0, 1))
    assert charge(story.memory) == 3
    story(release(0))
    assert charge(story.memory) == 0
    story(reserve(16, 4, commit=True), Returned(at(16)))(Exit(1))
    assert charge(story.memory) == 0


# -- decommitting and releasing -----------------------------------------------------------------------------------


def test_what_is_decommitted_is_gone() -> None:
    """The page is reserved, an access a violation, and committed again it reads as zero."""
    story = Windows().reserved(0, 4, commit=True)
    story(Write(1, at(1), 7))(Decommit(1, at(1, 9), 1))
    assert story.queried(1) == (0, 1, "reserved", "")
    assert story.law(Read(1, at(1)), Returned(7)) == "V10"
    story(Read(1, at(1)), DENIED)(decommit(1, 1))(commit(1, 1))
    assert story.law(Read(1, at(1)), Returned(7)) == "F7"
    story(Read(1, at(1)), Returned(0))


def test_decommitting_nothing_is_decommitting_all() -> None:
    """With the base of the region; elsewhere it is refused, and beside the base not asked."""
    story = Windows().reserved(16, 4, commit=True)
    assert story.law(decommit(16, 0), ILLEGAL) == "V15"
    assert story.law(decommit(17, 0), DONE) == "V15"
    assert story.law(decommit(40, 0), ILLEGAL) == ""
    assert not story.contract.may_ask(story.memory, Decommit(1, at(16, 5), 0))
    assert not story.contract.may_ask(story.memory, Release(1, at(16, 5), 0))
    story(decommit(16, 0))
    assert story.queried(16) == (16, 4, "reserved", "")


def test_what_cannot_be_decommitted() -> None:
    """Pages of two regions, and free ones."""
    story = Windows().reserved(0, 16).reserved(16, 4)
    for call in (decommit(15, 2), decommit(19, 2), decommit(40, 1)):
        assert story.law(call, DONE) == "V8"
        assert story.law(call, NO_MAPPING) == ""


def test_a_region_is_released_as_a_whole() -> None:
    """Its base and no size; then it is free."""
    story = Windows().reserved(16, 4, commit=True)
    for call in (release(16, 4 * PAGE), release(17), release(40), release(0)):
        assert story.law(call, DONE) == "V8"
        assert story.law(call, ILLEGAL) == ""
    assert story.law(release(16), ILLEGAL) == "V8"
    story(Write(1, at(17), 3))(release(16))
    assert story.queried(16) == (0, 48, "free", "")
    assert story.law(Read(1, at(17)), Returned(3)) == "V10"
    story.reserved(16, 4, commit=True)
    assert story.law(Read(1, at(17)), Returned(3)) == "F7"


# -- rights -------------------------------------------------------------------------------------------------------


def test_protecting_tells_what_was() -> None:
    """The rights of the first page; then all have the new ones."""
    story = Windows().reserved(0, 4, "r", commit=True)
    assert story.law(protect(0, 2, "rw"), Returned("rw")) == "V5"
    assert story.law(protect(0, 2, "rw"), Returned(None)) == "C1"
    story(protect(0, 2, "rw"), Returned("r"))
    assert (story.queried(0), story.queried(2)) == ((0, 2, "committed", "rw"), (0, 2, "committed", "r"))


def test_what_cannot_be_protected() -> None:
    """What is not committed, or not of one region."""
    story = Windows().reserved(0, 16, commit=True).reserved(16, 4)
    for call in (protect(15, 2, "r"), protect(16, 1, "r"), protect(40, 1, "r")):
        assert story.law(call, Returned("rw")) == "V5"
        assert story.law(call, NO_MAPPING) == ""
    assert story.law(protect(0, 1, "rc"), Returned("rw")) == "C1"
    assert story.law(Protect(1, at(0), LAST_ADDRESS, "r"), ILLEGAL) == ""
    assert story.law(protect(0, 1, "r"), ILLEGAL) == "V5"


def test_strange_rights_of_pages_that_are_not_there() -> None:
    """Either may be told; where the pages are there, only the rights are wrong."""
    story = Windows().reserved(0, 2)
    story(commit(0, 1))
    for call in (commit(5, 1, "rc"), protect(5, 1, "rc"), protect(1, 1, "rc"), protect(0, 2, "w")):
        assert story.law(call, NO_MAPPING) == ""
        assert story.law(call, ILLEGAL) == ""
    for call in (commit(1, 1, "rc"), protect(0, 1, "w")):
        assert story.law(call, NO_MAPPING) == "C1"
        assert story.law(call, ILLEGAL) == ""


@pytest.mark.parametrize("kind", [Read(1, at(0)), Write(1, at(0), 5), Execute(1, at(0))])
def test_a_guard_warns_once(kind: SpaceCall) -> None:
    """The first access of any kind is told; the next finds an ordinary page."""
    story = Windows().reserved(0, 2, "rwxg", commit=True)
    assert story.law(kind, Returned(0)) == "V13"
    assert story.law(kind, DENIED) == "V13"
    story(kind, GUARD)
    assert story.law(kind, GUARD) == "V13"
    assert story.queried(0) == (0, 1, "committed", "rwx")
    assert story.queried(1) == (0, 1, "committed", "rwxg")
    story(kind, Returned(0 if isinstance(kind, Read) else None))


def test_a_guard_comes_before_a_missing_right_and_not_after_it() -> None:
    """A write to a read-only guard page warns first, and is denied then."""
    story = Windows().reserved(0, 1, "rg", commit=True)
    story(Write(1, at(0), 999), ILLEGAL)
    assert story.queried(0) == (0, 1, "committed", "rg")
    story(Write(1, at(0), 1), GUARD)(Write(1, at(0), 1), DENIED)
    story(protect(0, 1, "rg"), Returned("r"))(Read(1, at(0)), GUARD)(Read(1, at(0)), Returned(0))
    story(Read(1, at(5)), DENIED)


# -- locking ------------------------------------------------------------------------------------------------------


def test_only_what_can_be_accessed_is_locked() -> None:
    """Reserved pages, those without rights and free ones are not; how many can be, nobody says."""
    story = Windows().reserved(0, 4, commit=True)
    story(protect(2, 1, ""), Returned("rw"))(decommit(3, 1))
    for call in (lock(1, 2), lock(3, 1), lock(3, 2), lock(40, 1)):
        assert story.law(call, DONE) == "V10"
        assert story.law(call, DENIED) == ""
    assert story.law(lock(0, 2), OUT_OF_MEMORY) == ""
    assert story.law(lock(0, 2), ILLEGAL) == "C1"
    story(lock(0, 2))(unlock(0, 2))(unlock(0, 2), ILLEGAL)(unlock(40, 2))
    assert len(story.memory.backed) == 2


# -- what may be asked --------------------------------------------------------------------------------------------


def test_what_the_documentation_leaves_open_is_not_asked() -> None:
    """A guard before nothing, empty ranges, the lowest granule, calls of others, and what the target has not."""
    story = Windows().reserved(0, 4, "rwg", commit=True)
    ask = story.contract.may_ask
    for call in (
        reserve(0, 1, "g"),
        commit(0, 1, "g"),
        protect(0, 1, "g"),
        Reserve(1, 5, PAGE, "rw", False),
        Commit(1, 0, PAGE, "rw"),
        protect(0, 0, "rw"),
        lock(0, 0),
        lock(0, 1),
        unlock(0, 0),
        Maps(1),
    ):
        assert not ask(story.memory, call), call
    for call in (Lock(9, 0, 0), Query(9, 0), Lock(1, at(1), LAST_ADDRESS), Lock(1, at(9), LAST_ADDRESS >> 2)):
        assert ask(story.memory, call), call
    poor = Windows(capabilities=attrs.evolve(EVERYTHING, locks=False, look=False))
    for call in (lock(0, 1), Unlock(1, at(0), 1), Query(1, at(0))):
        assert not poor.contract.may_ask(poor.memory, call), call


def test_a_process_must_be_there() -> None:
    """Calls for others are refused."""
    story = Windows()
    for call in (reserve(0, 1, process=2), Commit(2, at(0), 1, "rw"), Query(2, at(0))):
        assert story.contract.may_ask(story.memory, call)
        assert story.law(call, ILLEGAL) == ""
        assert story.law(call, DONE) == "C1"
    story(Create(2))
    story(reserve(0, 1, process=2), Returned(at(0)))


def test_the_arena_bounds_queries() -> None:
    """Beyond the window there is nothing to be told of."""
    story = Windows()
    for address in (BASE - 1, at(64), LAST_ADDRESS):
        assert story.law(Query(1, address), Returned([0, 0, 0, "free", ""])) == "V15"
        assert story.law(Query(1, address), ILLEGAL) == ""
    assert story.law(Query(1, at(63)), ILLEGAL) == "V2"
    assert story.contract.arena == SpaceArena("windows", 64)


def test_frames_that_locks_take_count() -> None:
    """With one frame and a locked page, another access may be refused; with contents put out it may not."""
    story = Windows(frames=1, capabilities=attrs.evolve(EVERYTHING, frames=True)).reserved(0, 2, commit=True)
    story(lock(0, 1))
    assert story.law(Read(1, at(1)), OUT_OF_MEMORY) == ""
    assert story.law(Read(1, at(1)), Refused("denied")) == "V12"
