"""Spin as the peer of the exploring judges: its verifier, rounds that alternate with ours, and what a benchmark says.

A benchmark writes a system as a model in Spin's language, says how its verifier is compiled and run, and names its own
searches of the same system; `race` measures them all in turns and keeps the fastest round of each.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import attrs

from pagelaw.checker.explore.exploration import Exploration
from pagelaw.model.fast import backend


@attrs.frozen
class Row:
    """One search: its name, its seconds by the clock and on all processors together, and what it counted."""

    name: str
    seconds: float
    processor: float
    states: int
    transitions: int


@attrs.frozen
class Model:
    """A system in Spin's language.

    Attributes:
        text: the model.
        compiled: options of the compiler of the verifier.
        run: options of the verifier.
    """

    text: str
    compiled: Sequence[str]
    run: Sequence[str]


class Spin:
    """Spin's verifier for a model, compiled in a folder of its own."""

    def __init__(self, model: Model, folder: Path) -> None:
        self.model = model
        self.folder = folder
        (folder / "model.pml").write_text(model.text)
        self._call(["spin", "-a", "model.pml"])
        self._call(["gcc", *model.compiled, "-w", "-o", "pan", "pan.c"])

    def _call(self, command: list[str]) -> str:
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed: {done.stdout}{done.stderr}")
        return done.stdout

    def search(self) -> Row:
        """One search, to its end; its transitions are told in six digits at least."""
        started = clocks()
        report = self._call(["./pan", *self.model.run])
        seconds, processor = since(started)
        found = [re.search(rf"(\d+) states, {what}", report) for what in ("stored", "matched")]
        if not all(found) or "errors: 0" not in report or "error: max search depth" in report:
            raise SystemExit(f"Spin did not search to the end:\n{report}")
        stored, matched = (int(each[1]) for each in found if each is not None)
        # The very first state is stored, and no transition led there.
        return Row("spin", seconds, processor, stored, stored + matched - 1)


def clocks() -> tuple[float, float]:
    """Seconds by the clock, and those that this program and the ones it ran have used processors."""
    return time.perf_counter(), sum(os.times()[:4])


def since(started: tuple[float, float]) -> tuple[float, float]:
    """Seconds that have passed on both clocks."""
    now = clocks()
    return now[0] - started[0], now[1] - started[1]


def named(threads: int) -> str:
    """Our search, by number of threads."""
    return f"pagelaw, {threads} thread{'s' * (threads > 1)}"


def race(
    spin: Spin,
    ours: Mapping[str, Callable[[], Exploration]],
    check: Callable[[str, Exploration], None],
    rounds: int,
) -> list[Row]:
    """The fastest round of each, Spin's first, by either clock; `check` looks at what our searches found."""
    best: dict[str, Row] = {}
    for _ in range(rounds):
        rows = [spin.search()]
        for name, search in ours.items():
            started = clocks()
            found = search()
            rows.append(Row(name, *since(started), found.states, found.transitions))
            check(name, found)
            del found
        for row in rows:
            other = best.get(row.name, row)
            least = min(row.seconds, other.seconds), min(row.processor, other.processor)
            best[row.name] = Row(row.name, *least, row.states, row.transitions)
    return list(best.values())


def command(
    description: str,
    model: Callable[[], Model],
    measure: Callable[[Spin, int], int],
    *,
    rounds: int,
) -> int:
    """The command line of a benchmark: print the model, or let `measure` race, and end with its exit code."""
    options = argparse.ArgumentParser(description=description)
    usual = f"rounds, of which the fastest counts (default {rounds})"
    options.add_argument("--rounds", type=int, default=rounds, help=usual)
    options.add_argument("--model", action="store_true", help="print the Promela model and end")
    chosen = options.parse_args()
    if chosen.model:
        print(model().text, end="")
        return 0
    missing = [tool for tool in ("spin", "gcc") if shutil.which(tool) is None]
    if missing:
        print(f"skipped: {' and '.join(missing)} not found (Debian: apt install spin gcc)")
        return 0
    if not backend.is_compiled():
        print(f"skipped: {backend.why_not_compiled()}")
        return 0
    with tempfile.TemporaryDirectory(prefix="pagelaw-spin-") as folder:
        return measure(Spin(model(), Path(folder)), chosen.rounds)


def conclude(counted: str, script: str, *, failed: bool) -> int:
    """The last lines of a report, and its exit code: 1 where counts differ or a ratio is missed."""
    print(f"the same system: {counted}; {'MISSED' if failed else 'reached'}")
    if os.getloadavg()[0] > 1:
        print(f"this machine is busy (load {os.getloadavg()[0]:.1f}): two threads had less than two cores")
    print(f"again: python benchmarks/{script}")
    return int(failed)
