"""What a query must tell: each thing that it may tell wrongly breaks its law."""

from typing import Any

import pytest

from pagelaw.spec.contracts import Returned
from pagelaw.spec.contracts.space.arena import PAGE
from pagelaw.spec.contracts.space.calls import Query, Write

from .windows_telling import Windows, at, commit, section

RIGHT = [at(1), at(0), 2 * PAGE, "committed", "rw"]


def story() -> Windows:
    """Four pages, of which the second and third are committed."""
    told = Windows().reserved(0, 4)
    told(commit(1, 2))
    return told


@pytest.mark.parametrize(
    ("told", "law"),
    [
        (RIGHT, ""),
        (tuple(RIGHT), ""),
        ([at(2), *RIGHT[1:]], "V2"),
        ([at(1), at(1), *RIGHT[2:]], "V2"),
        ([at(1), at(0), PAGE, "committed", "rw"], "V2"),
        ([at(1), at(0), 3 * PAGE, "committed", "rw"], "V2"),
        ([at(1), at(0), 2 * PAGE, "reserved", ""], "V8"),
        ([at(1), 0, 63 * PAGE, "free", ""], "V2"),
        ([at(1), at(0), 2 * PAGE, "committed", "r"], "V5"),
        ([at(1), at(0), 2 * PAGE, "committed", ""], "V5"),
        ([at(1), at(0), 2 * PAGE, "committed"], "C1"),
        ([at(1), at(0), 2 * PAGE, "committed", None], "C1"),
        ([True, at(0), 2 * PAGE, "committed", "rw"], "C1"),
        (None, "C1"),
    ],
)
def test_of_a_committed_page(told: Any, law: str) -> None:
    """Page, base, length, state and rights."""
    assert story().law(Query(1, at(1, 5)), Returned(told)) == law


@pytest.mark.parametrize(
    ("told", "law"),
    [
        ([at(4), 0, 60 * PAGE, "free", ""], ""),
        ([at(4), 0, 59 * PAGE, "free", ""], "V2"),
        ([at(4), at(0), PAGE, "reserved", ""], "V2"),
        ([at(4), 0, 60 * PAGE, "free", "r"], "V5"),
    ],
)
def test_of_a_free_page(told: list[Any], law: str) -> None:
    """It goes on to the next region, or to the end of the window."""
    assert story().law(Query(1, at(4)), Returned(told)) == law


def test_up_to_the_next_region() -> None:
    """Free pages end where a region begins, and a region where the next one does."""
    both = story().reserved(32, 16).reserved(48, 16)
    assert both.queried(4) == (0, 28, "free", "")
    assert both.queried(32) == (32, 16, "reserved", "")


def test_a_private_copy_may_be_told_either_way() -> None:
    """As writable, and a page apart; or as what it was mapped as, and like its neighbours."""
    told = Windows()
    told(section(1, 3 * PAGE)).viewed(0, 3, "rc")(Write(1, at(1), 7))
    for first, second, law in (
        ([at(0), at(0), PAGE, "committed", "rc"], [at(1), at(0), PAGE, "committed", "rw"], ""),
        ([at(0), at(0), 3 * PAGE, "committed", "rc"], [at(1), at(0), 2 * PAGE, "committed", "rc"], ""),
        ([at(0), at(0), 2 * PAGE, "committed", "rc"], [at(1), at(0), 2 * PAGE, "committed", "rw"], "V2"),
    ):
        assert told.law(Query(1, at(0)), Returned(first)) == law
        assert told.law(Query(1, at(1)), Returned(second)) == law
