"""Targets made on the spot: from Python text, from C text, from a script behind pipes."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pagelaw.checker.targets.load import load_target

#: A C library that is correct as far as it goes; a test replaces one function.
C_FUNCTIONS = {
    "open": "void *pagelaw_frames_open(uint64_t frames, uint32_t max_order)"
    " { (void)max_order; last = frames; return &last; }",
    "allocate": "int64_t pagelaw_frames_allocate(void *state, uint32_t order)"
    " { (void)state; return used >> order < last >> order ? (int64_t)used++ : -1; }",
    "free": "int32_t pagelaw_frames_free(void *state, uint64_t frame, uint32_t order)"
    " { (void)state; (void)order; return frame < used ? 0 : -1; }",
    "close": "void pagelaw_frames_close(void *state) { (void)state; used = 0; }",
}
C_HEAD = "#include <stdint.h>\n#include <stdio.h>\n#include <stdlib.h>\nstatic uint64_t last, used;\n"

#: A program of the line protocol; a test replaces what it does with `allocate`.
PROGRAM = """
import json, os, sys, time
def say(text):
    sys.stdout.write(text + "\\n")
    sys.stdout.flush()
count = 0
for line in sys.stdin:
    call = json.loads(line)
    name = call["call"]
    if name == "open":
        {open}
    elif name == "allocate":
        count += 1
        {allocate}
    else:
        say('{{"return":null}}')
"""


@pytest.fixture
def use() -> Iterator[Callable[..., Any]]:
    """Load targets, and close them at the end of the test."""
    loaded = []

    def load(spec: str, *, deadline: float = 5.0, memory_limit: int = 1 << 30, starting: float = 30.0) -> Any:
        target = load_target(spec, deadline=deadline, memory_limit=memory_limit, starting=starting)
        loaded.append(target)
        return target

    yield load
    for target in loaded:
        target.close()


@pytest.fixture
def python(tmp_path: Path) -> Callable[..., str]:
    """The target of a class `T` in a Python file with these lines in its body."""

    def make(body: str, *, before: str = "", name: str = "mine") -> str:
        path = tmp_path / f"{name}.py"
        path.write_text(textwrap.dedent(before) + "\nclass T:\n" + textwrap.indent(textwrap.dedent(body), "    "))
        return f"{path}:T"

    return make


@pytest.fixture
def allocating(python: Callable[..., str]) -> Callable[..., str]:
    """The target of a Python class whose third `allocate` does this; those before return 1 and 2."""

    def make(action: str) -> str:
        return python(
            f"""
            def __init__(self, frames, max_order):
                self.count = 0
            def allocate(self, order):
                self.count += 1
                if self.count == 3:
                    {action}
                return self.count
            def free(self, frame, order):
                pass
            """,
            before="import os, signal, sys, time",
        )

    return make


@pytest.fixture
def library(tmp_path: Path) -> Callable[..., str]:
    """A shared library with these C functions in place of the usual ones; empty text leaves one out."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler")

    def make(more: str = "", **functions: str) -> str:
        source, built = tmp_path / "mine.c", tmp_path / "mine.so"
        source.write_text(C_HEAD + "\n".join({**C_FUNCTIONS, **functions}.values()) + "\n" + more)
        subprocess.run([compiler, "-O0", "-w", "-shared", "-fPIC", "-o", built, source], check=True)
        return str(built)

    return make


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., str]:
    """A program of the line protocol that does this when it is opened, or asked to allocate."""

    def make(allocate: str = "say('{\"return\":%d}' % count)", *, open: str = "say('{\"return\":{}}')") -> str:
        path = tmp_path / "program.py"
        path.write_text(PROGRAM.format(open=open, allocate=allocate))
        return f"cmd:{sys.executable} {path}"

    return make
