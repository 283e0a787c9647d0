"""What a call came to travels unchanged, or says that it cannot."""

from __future__ import annotations

import enum
import json
from typing import Any

import numpy as np
import pytest

from pagelaw.checker.targets.interface import FRAMES
from pagelaw.checker.targets.outcome import GarbageError, described, listed, one_line, outcome, plain


class Colour(enum.IntEnum):
    RED = 3


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError


class MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def raising(error: BaseException) -> Any:
    raise error


@pytest.mark.parametrize(
    ("value", "same"),
    [
        (None, None),
        (True, True),
        (7, 7),
        (-1, -1),
        (2**80, 2**80),
        (2.0, 2.0),
        ("4", "4"),
        ((1, (2, 3)), [1, [2, 3]]),
        (np.uint64(5), 5),
        (np.int8(-5), -5),
        (np.float64(0.5), 0.5),
        (Colour.RED, 3),
    ],
)
def test_values_keep_what_they_say(value: object, same: object) -> None:
    """A float stays a float and a bool a bool; whole numbers of any type become int."""
    made = plain(value)
    assert made == same
    assert type(made) is type(same)
    assert json.loads(json.dumps(made)) == same


@pytest.mark.parametrize("value", [object(), {1: 2}, {3}, b"4", 1j, np.True_, 1 << 5000, Hostile(), [[object()]]])
def test_what_json_cannot_say_is_garbage(value: object) -> None:
    """Anything else is described, not guessed at."""
    with pytest.raises(GarbageError) as caught:
        plain(value)
    assert 0 < len(str(caught.value)) <= 200


def test_a_value_that_contains_itself_is_a_failure() -> None:
    """Endless nesting does not end the worker."""
    endless: list[object] = []
    endless.append(endless)
    assert outcome(lambda: endless)["fail"] == "raise"


@pytest.mark.parametrize(
    ("error", "document"),
    [
        (MemoryError(), {"raise": "out-of-memory"}),
        (ValueError("no"), {"raise": "illegal"}),
        (UnicodeError("a kind of ValueError"), {"raise": "illegal"}),
        (TypeError("a\nb"), {"fail": "raise", "detail": "TypeError: a b"}),
        (SystemExit(3), {"fail": "raise", "detail": "SystemExit: 3"}),
        (RecursionError(), {"fail": "raise", "detail": "RecursionError"}),
        (MuteError(), {"fail": "raise", "detail": "MuteError: (its message cannot be shown)"}),
        (GarbageError("7"), {"fail": "garbage", "detail": "7"}),
    ],
)
def test_exceptions_become_answers(error: BaseException, document: dict[str, str]) -> None:
    """The two agreed builtins are refusals; all else is a failure that names itself."""
    assert outcome(raising, error, refusals=FRAMES.refusals) == document


def test_an_interrupt_is_no_answer() -> None:
    """The user's Ctrl-C ends the run."""
    with pytest.raises(KeyboardInterrupt):
        outcome(raising, KeyboardInterrupt())


def test_probes_may_be_any_iterable() -> None:
    """Sets, generators and tuples become lists; a text or nothing stays itself."""
    assert listed(pair for pair in [(1, 2)]) == [(1, 2)]
    assert listed({(1, 2)}) == [(1, 2)]
    assert listed("text") == "text"
    assert listed(None) is None


def test_texts_are_cut_to_one_line() -> None:
    """A detail is one line of bounded length."""
    assert one_line("a\n\tb") == "a b"
    assert len(one_line("x" * 1000)) == 200
    assert described(ValueError()) == "ValueError"
