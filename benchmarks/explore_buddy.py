"""How fast the exploring judge is next to Spin: every reachable state of the same buddy system, in one run.

    python benchmarks/explore_buddy.py

Both are given the system of `promela` below: 16 frames, orders 0 to 4, all in one free block at first. An allocate
takes any free block of the smallest order that suffices and keeps the lower half at each split; a free gives back any
live block and merges it upward. There are 458 330 states; Spin counts one more, its own before the start. Neither
checks any law here, both store whole states and know roughly how many to expect. Rounds alternate, the fastest of each
counts. Exit code 0 if the counts agree and the ratios are reached, else 1; a message and 0 where a tool is missing.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pagelaw.checker.explore.buddy import BuddySystem, Code
from pagelaw.checker.explore.exploration import Exploration
from pagelaw.model.fast import backend
from pagelaw.spec.contracts import Arena

ORDERS = 5
FRAMES = 1 << (ORDERS - 1)
LIVE, NONE = 8, 255
#: States of the system itself (b(0) = 2, b(n + 1) = b(n)**2 + 1) and its transitions.
STATES, TRANSITIONS = 458_330, 5_673_528
#: How many times faster than Spin, with one thread and with two.
WANTED = {1: 6.0, 2: 10.0}
_COMPILE = ["-O2", "-DSAFETY", "-DNOFAIR", "-DNOREDUCE", "-DMEMLIM=4000"]
_RUN = ["-m1000000", "-w22"]


def promela() -> str:
    """The buddy system in Spin's language, every call written out as one step.

    `head` is as in pagelaw's specification: k where a free block of order k begins, 8 + k for a live one, 255 where
    none does. `blocks` counts the free blocks of each order, so that no step need search for one.
    """
    lines = [
        "/* 16 frames of buddy memory; see benchmarks/explore_buddy.py */",
        f"byte head[{FRAMES}];",
        f"byte blocks[{ORDERS}];",
        "init {",
        "  d_step {",
        f"    head[0] = {ORDERS - 1}; blocks[{ORDERS - 1}] = 1;",
        *(f"    head[{frame}] = {NONE};" for frame in range(1, FRAMES)),
        "  }",
        "  do",
    ]
    for order in range(ORDERS):
        for source_order in range(order, ORDERS):
            lines += [_allocate(order, source_order, at) for at in range(0, FRAMES, 1 << source_order)]
        lines += [_free(order, at) for at in range(0, FRAMES, 1 << order)]
    return "\n".join([*lines, "  od", "}", ""])


def _allocate(order: int, source_order: int, frame: int) -> str:
    """A request for `order` that is met from the free block of `source_order` at `frame`, for want of a smaller one."""
    guard = [f"head[{frame}] == {source_order}", *(f"blocks[{less}] == 0" for less in range(order, source_order))]
    split = [
        f"head[{frame + (1 << level)}] = {level}; blocks[{level}]++;" for level in reversed(range(order, source_order))
    ]
    steps = [f"blocks[{source_order}]--;", *split, f"head[{frame}] = {LIVE + order}"]
    return f"  :: d_step {{ {' && '.join(guard)} -> {' '.join(steps)} }}"


def _free(order: int, frame: int) -> str:
    """A free of the live block of `order` at `frame`."""
    return f"  :: d_step {{ head[{frame}] == {LIVE + order} -> head[{frame}] = {NONE}; {_merge(order, frame)} }}"


def _merge(order: int, frame: int) -> str:
    """The block of `order` at `frame` becomes free, together with its buddy if that is."""
    stay = f"head[{frame}] = {order}; blocks[{order}]++"
    if order == ORDERS - 1:
        return stay
    buddy = frame ^ (1 << order)
    absorb = f"head[{buddy}] = {NONE}; blocks[{order}]--; {_merge(order + 1, min(frame, buddy))}"
    return f"if :: head[{buddy}] == {order} -> {absorb} :: else -> {stay} fi"


class Spin:
    """Spin's verifier for the model, compiled in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "buddy16.pml").write_text(promela())
        self._call(["spin", "-a", "buddy16.pml"])
        self._call(["gcc", *_COMPILE, "-w", "-o", "pan", "pan.c"])

    def _call(self, command: list[str]) -> str:
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed: {done.stdout}{done.stderr}")
        return done.stdout

    def run(self) -> tuple[float, int]:
        """Seconds and states of one search."""
        started = time.perf_counter()
        report = self._call(["./pan", *_RUN])
        seconds = time.perf_counter() - started
        stored = re.search(r"(\d+) states, stored", report)
        if stored is None or "errors: 0" not in report or "error: max search depth" in report:
            raise SystemExit(f"Spin did not search to the end:\n{report}")
        return seconds, int(stored[1])


def searches() -> dict[int, Callable[[], Exploration]]:
    """Our search, by number of threads."""
    system = BuddySystem(Arena(FRAMES, ORDERS - 1), code=Code())
    return {threads: lambda threads=threads: system.search(threads=threads, expected=STATES) for threads in WANTED}


def measure(spin: Spin, rounds: int) -> Iterator[tuple[str, float, int]]:
    """The fastest round of each, with its number of states."""
    ours = searches()
    for search in ours.values():
        search()  # compiles
    best: dict[str, tuple[float, int]] = {}
    for _ in range(rounds):
        results = {"spin": spin.run()}
        for threads, search in ours.items():
            started = time.perf_counter()
            found = search()
            seconds = time.perf_counter() - started
            if found.transitions != TRANSITIONS:
                raise SystemExit(f"{found.transitions} transitions, not {TRANSITIONS}")
            results[f"pagelaw, {threads} thread{'s' * (threads > 1)}"] = (seconds, found.states)
        best = {name: min(result, best.get(name, result)) for name, result in results.items()}
    for name, (seconds, states) in best.items():
        yield name, seconds, states


def main() -> int:
    """Measure, print the table, and say whether the ratios are reached."""
    options = argparse.ArgumentParser(description="Explore the 16-frame buddy system with pagelaw and with Spin.")
    options.add_argument("--rounds", type=int, default=7, help="rounds, of which the fastest counts (default 7)")
    options.add_argument("--model", action="store_true", help="print the Promela model and end")
    chosen = options.parse_args()
    if chosen.model:
        print(promela(), end="")
        return 0
    missing = [tool for tool in ("spin", "gcc") if shutil.which(tool) is None]
    if missing:
        print(f"skipped: {' and '.join(missing)} not found (Debian: apt install spin gcc)")
        return 0
    if not backend.is_compiled():
        print(f"skipped: {backend.why_not_compiled()}")
        return 0
    with tempfile.TemporaryDirectory(prefix="pagelaw-spin-") as folder:
        rows = list(measure(Spin(Path(folder)), chosen.rounds))
    return report(rows)


def report(rows: list[tuple[str, float, int]]) -> int:
    """Print the rows against Spin's; 1 where counts differ or a ratio is missed."""
    _, spin_seconds, spin_states = rows[0]
    print(f"{'search':20} {'states':>8} {'seconds':>8} {'x Spin':>7}")
    failed = spin_states - 1 != STATES
    for (name, seconds, states), wanted in zip(rows, (0.0, *WANTED.values()), strict=True):
        ratio = spin_seconds / seconds
        failed |= ratio < wanted or (wanted > 0 and states != STATES)
        goal = f"  (at least {wanted:g})" if wanted else ""
        print(f"{name:20} {states:8} {seconds:8.3f} {ratio:7.1f}{goal}")
    print(f"the same system: {STATES} states, and in Spin one more; {'MISSED' if failed else 'reached'}")
    if os.getloadavg()[0] > 1:
        print(f"this machine is busy (load {os.getloadavg()[0]:.1f}): two threads had less than two cores")
    print("again: python benchmarks/explore_buddy.py")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
