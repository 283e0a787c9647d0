"""The worker speaks the same protocol as any program, and keeps the target away from its streams."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from pagelaw.checker.targets.serve import is_library


def serve(spec: str, *requests: dict[str, Any]) -> tuple[list[Any], subprocess.CompletedProcess[str]]:
    """The answers to all requests in one write, and the finished process."""
    text = "".join(json.dumps(request) + "\n" for request in requests)
    command = [sys.executable, "-m", "pagelaw.checker.targets.serve", spec]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=20, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()], done


OPEN = {"call": "open", "contract": "frames", "frames": 4, "max_order": 2}
CLOSE = {"call": "close"}
BODY = """
policies = ("lower-half",)
def __init__(self, frames, max_order, *, start=0, reserved=()):
    print("opened", frames, max_order, start, reserved)
    self.at = start
def allocate(self, order):
    self.at += 1
    return self.at
def free(self, frame, order):
    raise ValueError(input())
def free_blocks(self):
    yield self.at, 0
def close(self):
    print("closed")
"""


def test_a_conversation(python: Callable[..., str]) -> None:
    """Every call is answered in order; prints go to standard error and reading gives nothing."""
    calls = ({"call": "allocate", "order": 0}, {"call": "free_blocks"}, {"call": "free", "frame": 1, "order": 0})
    answers, done = serve(python(BODY), OPEN, *calls, CLOSE, {**OPEN, "start": 8, "reserved": [9]}, calls[0], CLOSE)
    capabilities = {"return": {"start": True, "reserved": True, "probe": True, "policies": ["lower-half"]}}
    assert answers == [
        capabilities,
        {"return": 1},
        {"return": [[1, 0]]},
        {"fail": "raise", "detail": "EOFError: EOF when reading a line"},
        {"return": None},
        capabilities,
        {"return": 9},
        {"return": None},
    ]
    assert done.stderr.split("\n")[:3] == ["opened 4 2 0 ()", "closed", "opened 4 2 8 (9,)"]
    assert done.returncode == 0


def test_a_call_of_a_method_that_is_not_there(python: Callable[..., str]) -> None:
    """It is answered, and what comes after it is answered too."""
    answers, done = serve(python(BODY), OPEN, {"call": "fork"}, {"call": "allocate", "order": 0})
    assert answers[1:] == [{"fail": "raise", "detail": "T has no method fork"}, {"return": 1}]
    assert done.returncode == 0


def test_calls_without_an_arena_fail(python: Callable[..., str]) -> None:
    """Before an opening, after a close and after a refused opening there is nothing to call."""
    body = BODY.replace("self.at = start", "self.at = start\n    if frames == 3: raise MemoryError('three')")
    call = {"call": "allocate", "order": 0}
    answers, _ = serve(python(body), call, OPEN, CLOSE, call, OPEN, {**OPEN, "frames": 3}, call)
    missing = {"fail": "raise", "detail": "no arena is open"}
    assert [answers[index] for index in (0, 3, 6)] == [missing] * 3
    assert answers[5] == {"raise": "out-of-memory", "detail": "MemoryError: three"}


def test_an_unusable_target_says_so() -> None:
    """A mistake is the answer to the first line, and exit code 2."""
    answers, done = serve("./nowhere.py:T", OPEN, CLOSE)
    assert answers == [{"raise": "unusable", "detail": "file not found: ./nowhere.py"}]
    assert (done.returncode, done.stderr) == (2, "")


def test_the_worker_is_light() -> None:
    """It starts anew after every crash, and therefore imports neither the contracts nor anything heavy."""
    text = "import sys, pagelaw.checker.targets.serve; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True).stdout.split()
    assert not {"attr", "attrs", "numpy", "numba", "ctypes", "pagelaw.spec"} & set(loaded)


@pytest.mark.parametrize(
    ("spec", "known"),
    [("./a.so", True), ("a.so.1.2", True), ("a.py:so", False), ("a.b:so.c", False), ("a.dylib", True), ("also", False)],
)
def test_libraries_are_known_by_their_name(spec: str, known: bool) -> None:
    """A shared library is a file name with `.so` and no factory after it."""
    assert is_library(spec) is known
