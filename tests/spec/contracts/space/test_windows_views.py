"""Sections and views: what may be asked, how it may be answered, and who sees what."""

import attrs
import pytest

from pagelaw.spec.contracts import Returned
from pagelaw.spec.contracts.space.arena import LAST_ADDRESS, PAGE
from pagelaw.spec.contracts.space.calls import Create, File, Load, MapView, Read, Store, UnmapView, Write
from pagelaw.spec.contracts.space.memory import charge

from .telling import DENIED, DONE, ILLEGAL, NO_MAPPING, OUT_OF_ADDRESSES, OUT_OF_MEMORY
from .windows_telling import (
    BASE,
    EVERYTHING,
    KIB_64,
    Windows,
    at,
    commit,
    decommit,
    protect,
    release,
    section,
    stack,
    unmap,
    view,
)

GRANULARITY = KIB_64 * PAGE


def story(**arena: int) -> Windows:
    """A section of 20 pages and a byte, and a second process."""
    told = Windows(**arena)
    told(section(1, 20 * PAGE + 1))(Create(2))
    return told


# -- sections -----------------------------------------------------------------------------------------------------


def test_sections() -> None:
    """They have a size, a name of their own, and are charged at once."""
    told = Windows(limit=3)
    assert told.law(section(1, 0), DONE) == "V15"
    assert told.law(section(1, 3 * PAGE + 1), DONE) == "V4"
    told(section(1, 3 * PAGE))
    assert charge(told.memory) == 3
    assert told.law(section(1, 1), ILLEGAL) == ""
    assert told.law(section(2, 1), OUT_OF_MEMORY) == ""
    assert told.law(section(2, 1, file=5), NO_MAPPING) == ""
    assert told.law(section(2, 1), Returned(2)) == "V4"


def test_sections_of_files() -> None:
    """They have the length of the file, are not charged, and are what is in it."""
    told = Windows(limit=3)
    told(File(1, 5 * PAGE))(File(2, 0))(section(1, 0, file=1))(section(2, 5 * PAGE, file=1))
    assert charge(told.memory) == 0
    assert told.law(section(3, 0, file=2), ILLEGAL) == ""
    assert told.law(section(3, 0, file=2), DONE) == "V15"
    told.viewed(0, 5, "rw").viewed(16, 5, "r", section=2)
    told(Store(1, PAGE + 3, 9))
    assert told.law(Read(1, at(1, 3)), Returned(0)) == "V17"
    told(Read(1, at(1, 3)), Returned(9))(Write(1, at(4), 8))(Read(1, at(20)), Returned(8))
    assert told.law(Load(1, 4 * PAGE), Returned(0)) == "V17"


@pytest.mark.parametrize(
    ("call", "may"),
    [
        (section(2, 1 << 41), False),
        (section(2, PAGE, file=7), True),
        (section(2, 4 * PAGE, file=1), False),
        (section(2, 5 * PAGE, file=1), True),
        (section(2, 0, file=1), True),
    ],
)
def test_which_sections_are_asked_for(call: MapView, may: bool) -> None:
    """Not larger than any memory, and of a file with its length."""
    told = Windows()(File(1, 5 * PAGE))
    assert told.contract.may_ask(told.memory, call) == may


def test_what_a_target_has_not_is_not_asked() -> None:
    """Neither sections nor views."""
    told = Windows(capabilities=attrs.evolve(EVERYTHING, sections=False))
    for call in (section(1, 1), view(0, 1, "r"), unmap(0), UnmapView(9, at(0))):
        assert not told.contract.may_ask(told.memory, call)
    told = Windows(capabilities=attrs.evolve(EVERYTHING, files=False))
    assert not told.contract.may_ask(told.memory, section(1, 1, file=1))


# -- views --------------------------------------------------------------------------------------------------------


def test_views_share() -> None:
    """What is written through one is read through the others, in other processes too, at its place."""
    told = story().viewed(0, 20, "rw")
    told(view(None, 4, "r", offset=GRANULARITY, process=2), Returned(at(32)))
    told(Write(1, at(17, 5), 7))
    assert told.law(Read(2, at(33, 5)), Returned(0)) == "V17"
    told(Read(2, at(33, 5)), Returned(7))
    assert told.law(Write(2, at(33, 5), 7), DONE) == "V3"


def test_a_private_copy_is_its_owners() -> None:
    """Before the first write it shows the section, afterwards not; and others do not see it."""
    told = story().viewed(0, 20, "rc").viewed(32, 20, "rw")
    told(Write(1, at(32), 1))(Read(1, at(0)), Returned(1))(Write(1, at(0, 1), 2))
    told(Write(1, at(32), 3))
    assert told.law(Read(1, at(32, 1)), Returned(2)) == "F7" or told.law(Read(1, at(32, 1)), Returned(2)) == "V17"
    assert told.law(Read(1, at(0)), Returned(3)) == "V6"
    told(Read(1, at(0)), Returned(1))(Read(1, at(0, 1)), Returned(2))
    assert told.law(protect(0, 1, "r"), Returned("r")) == "V5"
    assert told.law(protect(0, 1, "r"), Returned("rw")) == ""
    assert told.law(protect(0, 1, "r"), Returned("rc")) == ""


def test_views_live_on_in_their_section() -> None:
    """The view goes, the section stays; only its base will do."""
    told = story().viewed(0, 20, "rw")(Write(1, at(3), 7))
    assert told.law(unmap(0), ILLEGAL) == "V8"
    for page in (20, 40):
        assert told.law(unmap(page), DONE) == "V8"
        assert told.law(unmap(page), ILLEGAL) == ""
    told(unmap(0))
    assert told.law(Read(1, at(3)), Returned(7)) == "V10"
    told(view(16, 20, "r"), Returned(at(16)))(Read(1, at(19)), Returned(7))


def test_views_and_reservations_are_not_each_other() -> None:
    """A view is not released or decommitted, and a reservation not unmapped."""
    told = story().viewed(0, 16, "rw").reserved(16, 16)
    for call in (release(0), decommit(0, 1), decommit(0, 0), unmap(16)):
        assert told.contract.may_ask(told.memory, call)
        assert told.law(call, ILLEGAL) == ""
        assert told.law(call, DONE) in {"V8", "V15"}
    assert not told.contract.may_ask(told.memory, commit(0, 1))


def test_what_cannot_be_viewed() -> None:
    """An unknown section, a place or offset off the granules, what is not in the section, or has no room."""
    told = story().reserved(0, 48)
    for call, law, reason in (
        (view(48, 1, "r", section=5), "C1", NO_MAPPING),
        (view(49, 1, "r"), "V16", ILLEGAL),
        (view(48, 1, "r", offset=PAGE), "V16", ILLEGAL),
        (view(48, 22, "r"), "V15", DENIED),
        (view(48, 0, "r", offset=2 * GRANULARITY), "V15", ILLEGAL),
        (view(None, 20, "r"), "V16", OUT_OF_ADDRESSES),
        (view(48, 20, "r"), "V15", OUT_OF_ADDRESSES),
        (view(32, 1, "r"), "V16", OUT_OF_ADDRESSES),
    ):
        assert told.law(call, Returned(at(48))) == law, call
        assert told.law(call, reason) == "", call
    told(view(48, 0, "r", offset=GRANULARITY), Returned(at(48)))
    assert told.queried(48) == (48, 5, "committed", "r")


def test_a_view_that_is_copied_is_charged() -> None:
    """As many pages as it has, until it goes; others are not."""
    told = Windows(limit=10)(section(1, 4 * PAGE)).viewed(0, 4, "rw").viewed(16, 4, "rc")
    assert charge(told.memory) == 8
    assert told.law(view(32, 4, "rc"), Returned(at(32))) == "V4"
    assert told.law(view(32, 4, "r"), OUT_OF_MEMORY) == "V16"
    told(unmap(16))(view(32, 4, "rc"), Returned(at(32)))


def test_which_views_are_asked_for() -> None:
    """None that ends behind the last byte but in the last page; nor other rights, or an address inside a view."""
    told = story().viewed(0, 20, "rc").viewed(32, 20, "rw")
    ask = told.contract.may_ask
    for call in (
        view(0, 21, "r"),
        view(0, 1, "rwx"),
        view(0, 1, ""),
        MapView(1, 1, 0, LAST_ADDRESS + 1, "r", 0),
        unmap(1),
        protect(0, 1, "rw"),
        protect(0, 1, "rc"),
        protect(32, 1, "rwx"),
    ):
        assert not ask(told.memory, call), call
    for call in (
        view(0, 22, "r"),
        view(0, 1, "r", section=9),
        view(0, 1, "r", process=9),
        MapView(1, 1, 0, 20 * PAGE + 1, "r", 0),
        UnmapView(9, 0),
        protect(0, 1, "r"),
        protect(32, 2, "rw"),
        unmap(0),
    ):
        assert ask(told.memory, call), call


def test_beside_the_window_nothing_is_mapped_or_unmapped() -> None:
    """Where others live there."""
    told = Windows(capabilities=attrs.evolve(EVERYTHING, bounded=False))(section(1, PAGE))
    ask = told.contract.may_ask
    assert not ask(told.memory, MapView(1, 1, 0, 0, "r", BASE - GRANULARITY))
    assert not ask(told.memory, MapView(1, 1, GRANULARITY, 0, "r", BASE - GRANULARITY))
    assert not ask(told.memory, UnmapView(1, BASE - GRANULARITY))
    assert ask(told.memory, MapView(1, 1, 0, 0, "r", 0))
    told(MapView(1, 1, 0, 0, "r", 0), Returned(BASE - GRANULARITY))
    assert ask(told.memory, UnmapView(1, BASE - GRANULARITY))


def test_calls_on_stacks_are_not_asked() -> None:
    """Only its own thread knows what it does to its stack."""
    told = Windows()(stack(GRANULARITY), Returned(at(0)))
    for call in (commit(0, 1), decommit(0, 1), release(0), protect(15, 1, "r")):
        assert not told.contract.may_ask(told.memory, call)
    assert told.contract.may_ask(told.memory, unmap(0))
