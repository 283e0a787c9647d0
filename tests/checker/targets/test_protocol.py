"""The line protocol, from both sides."""

from __future__ import annotations

import json

import pytest

from pagelaw.checker.targets import protocol
from pagelaw.checker.trace import call_to_json
from pagelaw.spec.contracts import (
    CONTRACTS,
    ILLEGAL,
    OUT_OF_MEMORY,
    Allocate,
    Arena,
    Call,
    Capabilities,
    ContractError,
    Failed,
    Free,
    Probe,
    Returned,
)


@pytest.mark.parametrize("call", [Allocate(3), Allocate(-1), Allocate(2**70), Free(4, 1), Free(-5, 2**65), Probe()])
def test_requests_are_the_json_of_the_calls(call: Call) -> None:
    """The quick way of writing a request says the same as the trace."""
    line = protocol.request(call)
    assert line.endswith(b"\n")
    assert json.loads(line) == call_to_json(call)


def test_openings_leave_out_what_is_at_its_default() -> None:
    """Optional keys come only where the arena needs them; alignment is not asked for."""
    assert json.loads(protocol.opening(Arena(16, 4, relative=True))) == {
        "call": "open",
        "contract": "frames",
        "frames": 16,
        "max_order": 4,
    }
    full = json.loads(protocol.opening(Arena(16, 4, start=8, reserved=frozenset({9, 8}), barriers=(10,))))
    assert (full["start"], full["reserved"], full["barriers"]) == (8, [8, 9], [10])


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b'{"return":4}', Returned(4)),
        (b'{"return":4.0}', Returned(4.0)),
        (b'{"return":null}', Returned(None)),
        (b'{"return":[[0,2]]}', Returned([[0, 2]])),
        (b'{"raise":"out-of-memory"}', OUT_OF_MEMORY),
        (b' {"raise": "illegal"} ', ILLEGAL),
        (b'{"fail":"raise","detail":"TypeError"}', Failed("raise", "TypeError")),
    ],
)
def test_answers(line: bytes, answer: object) -> None:
    """Every answer of the protocol is understood, twice alike."""
    assert protocol.answered(line) == answer
    assert protocol.answered(line) == answer


def test_a_float_is_not_confused_with_a_whole_number() -> None:
    """4 and 4.0 are equal in Python and different as answers."""
    assert type(protocol.answered(b'{"return":4.0}').value) is float  # type: ignore[union-attr]
    assert type(protocol.answered(b'{"return":4}').value) is int  # type: ignore[union-attr]


def test_lists_are_not_shared_between_answers() -> None:
    """A list that somebody changes must not change the next answer."""
    first = protocol.answered(b'{"return":[[0,2]]}')
    first.value.clear()  # type: ignore[union-attr]
    assert protocol.answered(b'{"return":[[0,2]]}') == Returned([[0, 2]])


@pytest.mark.parametrize(
    "line",
    [
        b"hello",
        b"",
        b"\xff\xfe",
        b"4",
        b"[4]",
        b"{}",
        b'{"value":4}',
        b'{"return":4,"raise":"illegal"}',
        b'{"raise":4}',
        b'{"fail":"crash"}',
        b"[" * 100_000,
        b'{"return":' + b"9" * 5000 + b"}",
    ],
)
def test_lines_that_are_no_answers(line: bytes) -> None:
    """Anything else is garbage, shown in one line."""
    with pytest.raises(protocol.AnswerError) as caught:
        protocol.answered(line)
    assert len(str(caught.value)) < 400


def test_capabilities() -> None:
    """Nothing, an empty object and a full one are understood."""
    assert protocol.capabilities_of(None) == Capabilities() == protocol.capabilities_of({})
    stated = {"start": True, "merging": "lazy", "policies": ["lower-half"], "keeps": [1, 0]}
    wanted = Capabilities(start=True, merging="lazy", policies=("lower-half",), keeps=(0, 1))
    assert protocol.capabilities_of(stated) == wanted


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "capabilities must be a JSON object"),
        ({"starts": True}, "unknown capability 'starts'; pagelaw knows start, reserved"),
        ({"start": 1}, "capability start must be true or false, not 1"),
        ({"start": "yes"}, "capability start must be true or false, not 'yes'"),
        ({"merging": 3}, "capability merging must be a text"),
        ({"merging": "sometimes"}, "capability merging must be one of eager, lazy, not 'sometimes'"),
        ({"policies": "lower-half"}, "capability policies must be a list"),
        ({"policies": ["nicest"]}, "unknown policy 'nicest'"),
        ({"policies": [1]}, "capability policies lists 1, which is no str"),
        ({"keeps": [True]}, "capability keeps lists True, which is no int"),
    ],
)
def test_wrong_capabilities(document: object, message: str) -> None:
    """A capability that does not exist, or has no such value, is pointed out."""
    with pytest.raises(ContractError, match=message):
        protocol.capabilities_of(document)


def test_what_an_arena_lacks() -> None:
    """Only what is used must be declared."""
    arena = Arena(16, 4, start=8, reserved=frozenset({9}))
    assert CONTRACTS["frames"].lacking(arena, Capabilities()) == "start, reserved"
    assert CONTRACTS["frames"].lacking(arena, Capabilities(start=True, reserved=True)) == ""
    assert protocol.described(arena) == "frames 16, max_order 4, start 8, reserved [9]"
