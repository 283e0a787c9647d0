"""What laws rest on: what nobody could judge, what was never at stake, and what was."""

from types import SimpleNamespace
from typing import Any

import pytest

from pagelaw.checker.stakes import Stake, Stakes

TABLE = Stakes(
    {
        "A": Stake(lambda tally: tally.given, "blocks given"),
        "B": Stake(lambda tally: tally.freed, "blocks freed", lambda offered: "" if offered else "nothing is freed"),
    },
    {"nothing was refused": ("B C", lambda tally: tally.refused)},
    {"C": "it shows as A"},
)


def campaign(**counted: Any) -> Any:
    """A run with these counts."""
    cut = counted.pop("cut", "")
    return SimpleNamespace(
        tally=SimpleNamespace(**{"calls": 9, "given": 4, "freed": 3, "refused": 1, **counted}), cut=cut
    )


def test_cases_and_their_words() -> None:
    """None for a law without a stake."""
    tally = campaign().tally
    assert [TABLE.cases_of(law, tally) for law in "ABC"] == [4, 3, 0]
    assert [TABLE.stake_of(law, tally) for law in "ABC"] == ["4 blocks given", "3 blocks freed", ""]


def test_what_nobody_could_judge() -> None:
    """For want of something in the target, or from outside at all."""
    assert [TABLE.reason_not_judged(law, True) for law in "AB"] == ["", ""]
    assert TABLE.reason_not_judged("B", False) == "nothing is freed"
    assert TABLE.reason_not_judged("C", True) == "it shows as A"
    assert TABLE.reason_not_judged("D", True).startswith("it is about the specification's own steps")


@pytest.mark.parametrize(
    ("law", "counted", "because"),
    [
        ("A", {}, ""),
        ("A", {"refused": 0}, ""),
        ("B", {"refused": 0}, "never at stake: nothing was refused"),
        ("B", {"refused": 0, "cut": "two arenas"}, "never at stake: nothing was refused; two arenas"),
        ("B", {"freed": 0}, "never at stake"),
        ("A", {"given": 0, "cut": "two arenas"}, "never at stake; two arenas"),
        ("A", {"calls": 0}, "the budget ended before the first call"),
    ],
)
def test_what_was_never_at_stake(law: str, counted: dict[str, Any], because: str) -> None:
    """An outcome that was not seen, no case, no call at all; and what the end of the budget left out."""
    assert TABLE.reason_unknown(law, campaign(**counted)) == because


def test_cases_may_be_counted_otherwise() -> None:
    """Where they do not follow from the tally alone."""
    assert TABLE.reason_unknown("A", campaign(), 0) == "never at stake"
    assert TABLE.reason_unknown("A", campaign(given=0), 2) == ""
