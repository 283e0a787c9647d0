"""Traces: they survive a file, and a file that is no trace says what is wrong in one line."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagelaw.checker.trace import Step, Trace, TraceError, read_trace
from pagelaw.spec.contracts import (
    ILLEGAL,
    OUT_OF_MEMORY,
    Allocate,
    Arena,
    Capabilities,
    Failed,
    Free,
    Probe,
    Returned,
)

STORY = Trace(
    Arena(13, 3, start=5, reserved={7}, barriers=(9,)),
    [
        Step(Allocate(0), Returned(5)),
        Step(Allocate(3), OUT_OF_MEMORY),
        Step(Free(5, 0), Returned(None), 0),
        Step(Free(5, 0), ILLEGAL, 0),
        Step(Probe(), Returned([[5, 0]])),
        Step(Allocate(1), Failed("crash", "SIGSEGV")),
        Step(Allocate(2)),
    ],
    law="C2",
    because="it died",
    target="./mine.py:Allocator",
    judge="soak",
    seed=7,
    capabilities=Capabilities(start=True, policies=("lower-half",)),
)


def test_a_trace_survives_a_file(tmp_path: Path) -> None:
    """Everything that a trace says is read back as it was."""
    path = tmp_path / "trace.json"
    path.write_text(STORY.to_json(), encoding="utf-8")
    assert read_trace(path) == STORY


@given(st.lists(st.tuples(st.integers(0, 2**64), st.integers(0, 64)), max_size=5), st.integers(1, 99))
def test_any_calls_survive(frees: list[tuple[int, int]], frames: int) -> None:
    """Whatever was called is kept exactly."""
    trace = Trace(Arena(frames, 0), [Step(Free(frame, order), ILLEGAL) for frame, order in frees])
    document = json.loads(trace.to_json())
    assert [(call["frame"], call["order"]) for call in document["calls"]] == frees


def _damaged(**changes: object) -> str:
    return json.dumps({**json.loads(STORY.to_json()), **changes})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "cut short"),
        (STORY.to_json()[:200], "cut short"),
        ("[]", "is not a trace"),
        ('{"format": "something else"}', "is not a trace"),
        (_damaged(version=2), "upgrade"),
        (_damaged(version="1"), "upgrade"),
        (_damaged(calls=[{"call": "dance"}]), "unknown call"),
        (_damaged(calls=[{"call": "allocate", "order": 1.5}]), "whole number"),
        (_damaged(calls=[{"call": "allocate", "order": 0, "answer": {}}]), "answer"),
        (_damaged(calls=[{"call": "free", "frame": 0, "order": 0, "of": 3}]), "not before"),
        (_damaged(arena={"frames": 0, "max_order": 1}), "at least 1"),
        (_damaged(arena={"frames": 4}), "max_order"),
        (_damaged(arena=None), "damaged"),
        (_damaged(capabilities={"merging": "sometimes"}), "eager, lazy"),
        (_damaged(calls=None), "damaged"),
    ],
)
def test_what_is_no_trace_is_told(text: str, says: str, tmp_path: Path) -> None:
    """One line, with the file's name and the reason."""
    path = tmp_path / "trace.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TraceError, match=says) as error:
        read_trace(path)
    assert "\n" not in str(error.value)
    assert "trace.json" in str(error.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """No file, or one that is not text."""
    with pytest.raises(TraceError, match="No such file"):
        read_trace(tmp_path / "nowhere.json")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TraceError, match="cut short"):
        read_trace(tmp_path / "binary")
