"""Accesses in words, and what should have been met."""

import pytest

from pagelaw.checker.access.told import rights_told, told, unseen
from pagelaw.model.fast import access_moves
from pagelaw.spec.access import COPIED, COPY, DEMAND_ZERO, EXECUTE, GRANTED, GUARD, IN_PAGE, READ, VIOLATION, WRITE


@pytest.mark.parametrize(
    ("rights", "letters"),
    [(0, "none"), (READ | WRITE, "rw"), (READ | EXECUTE | GUARD, "rxg"), (COPY, "c"), (READ | COPY | GUARD, "rcg")],
)
def test_rights_as_letters(rights: int, letters: str) -> None:
    """In a fixed order."""
    assert rights_told(rights) == letters


@pytest.mark.parametrize(
    ("kind", "outcome", "says"),
    [
        (access_moves.READING, GRANTED, "page 1 is read: the look-up hits"),
        (
            access_moves.WRITING,
            DEMAND_ZERO,
            "page 1 is written: the look-up misses, its region says committed, frame 2 is zeroed, "
            "the entry names it, and it is repeated",
        ),
        (
            access_moves.EXECUTING,
            IN_PAGE,
            "page 1 is executed: the look-up misses, its region says paged out, frame 2 is read, "
            "the entry names it, and it is repeated",
        ),
        (
            access_moves.WRITING,
            COPIED,
            "page 1 is written: the look-up forbids it, its region says copy on write, frame 2 gets the copy, "
            "and it is repeated",
        ),
        (access_moves.READING, VIOLATION, "page 1 is read: its region forbids it, a violation"),
        (access_moves.COMMIT, access_moves.DONE, "page 1 is committed with the rights rw"),
        (access_moves.PROTECT, access_moves.REFUSED, "page 1 gets the rights rw, which is refused"),
    ],
)
def test_the_way_of_an_access(kind: int, outcome: int, says: str) -> None:
    """Look-up, miss, region, frame, entry, and the same access again."""
    assert told(kind, 1, 2, READ | WRITE, outcome) == says


def test_what_was_never_met() -> None:
    """Everything that may be is asked for, and only a write may be a copy."""
    missing = list(unseen(lambda _kind, _outcome: 0))
    assert len(missing) == len({*missing}) == len(access_moves.POSSIBLE) == 7 * 2 + 3 * 6 + 1
    assert sum("gets the copy" in text for text in missing) == 1
    assert list(unseen(lambda kind, _outcome: kind != access_moves.EVICT)) == [
        "page n is evicted",
        "page n is evicted, which is refused",
    ]
