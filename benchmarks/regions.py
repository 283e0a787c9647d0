"""The compiled core of regions against the same calls over a `std::map` in C++: one run of calls, rounds in turns.

    python benchmarks/regions.py

Thousands of regions in one space; three mixes: changes (map, unmap, protect) alone, with searches for a page, and with
searches for room as well. Prints nanoseconds of processor time a call, the fastest round of each: C++, the core, and
the core with every law asked after each call. All must leave the same regions, C++ and core give the same digest of
all answers, and the laws hold, or the benchmark fails. Exit code 0, or 1; a message and 0 where a compiler is missing.
"""

from __future__ import annotations

import argparse
import ctypes
import functools
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from pagelaw.model.fast import region_core
from pagelaw.model.fast.backend import is_compiled, why_not_compiled
from pagelaw.model.fast.region_machine import Machine, draw, empty_arrays
from pagelaw.model.fast.region_moves import FIND, FIT, FIT_HIGH, KINDS, MAP_RANGE, PROTECT_RANGE, UNMAP

SOURCE = Path(__file__).with_name("regions.cpp")
FLAGS = ("-O2", "-march=native", "-std=c++17", "-shared", "-fPIC")
CHANGES = {MAP_RANGE: 6, UNMAP: 3, PROTECT_RANGE: 3}
MIXES = {
    "map, unmap, protect": CHANGES,
    "and find": CHANGES | {FIND: 8},
    "and find room": CHANGES | {FIND: 8, FIT: 2, FIT_HIGH: 2},
}
AUDITED = 1 << 20


@attrs.frozen
class Outcome:
    """What a run left: its regions, four words each, and what it says about its answers."""

    regions: list[tuple[int, ...]]
    told: tuple[int, ...]


def listed(regions: Any) -> list[tuple[int, ...]]:
    """First page, length, kind and offset of each region, upward."""
    first = np.flatnonzero(regions.length)
    columns = (first, *(words[first] for words in regions[:3]))
    return list(zip(*(column.tolist() for column in columns), strict=True))


def c_peer(folder: Path) -> Callable[[Machine, Any], Outcome]:
    """`replay` of regions.cpp."""
    path = folder / "regions.so"
    subprocess.run(["g++", *FLAGS, "-o", str(path), str(SOURCE)], check=True)
    replay = ctypes.CDLL(str(path)).replay
    replay.restype = ctypes.c_uint64

    def call(machine: Machine, calls: Any) -> Outcome:
        rows, count = np.zeros((machine.pages, 4), np.uint64), ctypes.c_uint64()
        pointers = ctypes.c_void_p(calls.ctypes.data), ctypes.c_void_p(rows.ctypes.data)
        pages = ctypes.c_uint64(machine.pages)
        digest = int(replay(pointers[0], ctypes.c_size_t(calls.size), pages, pointers[1], ctypes.byref(count)))
        return Outcome([tuple(row) for row in rows[: count.value].tolist()], (digest,))

    return call


def core(machine: Machine, calls: Any) -> Outcome:
    """The specification's steps, with the tree of gaps."""
    regions, tree = empty_arrays(machine)
    _, digest = region_core.calls().replay(regions, tree, calls)
    return Outcome(listed(regions), (int(digest),))


def core_with_laws(machine: Machine, calls: Any) -> Outcome:
    """The same with every law at the points that a call touches, and now and then an audit of all."""
    regions, tree = empty_arrays(machine)
    counts = np.zeros(2 * KINDS, np.uint64)
    made, broken, _ = region_core.core().replay(regions, tree, calls, counts, np.uint64(0), np.uint64(AUDITED))
    return Outcome(listed(regions), (int(made), int(broken)))


def drawn(machine: Machine, count: int, mix: dict[int, int]) -> Any:
    """So many calls of a mix."""
    generator, weights = np.random.default_rng(0), [mix.get(kind, 0) for kind in range(KINDS)]
    parts = range(0, count, 1 << 20)
    return np.concatenate([draw(generator, machine, min(1 << 20, count - part), weights) for part in parts])


def timed(call: Callable[[], Outcome]) -> tuple[float, Outcome]:
    """Seconds of processor time, and the result."""
    started = time.process_time()
    outcome = call()
    return time.process_time() - started, outcome


def compared(peers: dict[str, Callable[..., Outcome]], machine: Machine, calls: Any, rounds: int, mix: str) -> bool:
    """Measure one mix and print it; whether all agree and no law is broken."""
    best, outcomes = dict.fromkeys(peers, float("inf")), {}
    for peer in peers.values():
        peer(machine, calls[:100])
    for _ in range(rounds):
        for name, peer in peers.items():
            seconds, outcomes[name] = timed(functools.partial(peer, machine, calls))
            best[name] = min(best[name], seconds)
    peer, mine, laws = outcomes.values()
    same = peer == mine and laws.regions == mine.regions
    held = laws.told == (calls.size, 0)
    times = {name: 1e9 * seconds / calls.size for name, seconds in best.items()}
    print(f"{mix}: {len(mine.regions)} regions in the end, {'equal' if same else 'DIFFERENT'}", end="; ")
    print("every law held" if held else f"laws broken after {laws.told[0]} calls: bits {laws.told[1]:b}")
    for name, nanoseconds in times.items():
        print(f"  {name:<22}{nanoseconds:8.1f} ns a call")
    print(f"  C++ / core            {times['C++, std::map'] / times['core']:8.2f}")
    print(f"  core, laws / core     {times['core, laws'] / times['core']:8.2f}")
    print(f"  C++ / core, laws      {times['C++, std::map'] / times['core, laws']:8.2f}", flush=True)
    return same and held


def main() -> int:
    """Measure, print, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=10_000_000)
    parser.add_argument("--pages", type=int, default=1 << 16, help="how large the space is, at most 2**20")
    parser.add_argument("--longest", type=int, default=12, help="the longest range, in pages")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if shutil.which("g++") is None or not is_compiled():
        print("skipped: g++ is not installed (Debian: apt install g++)" if is_compiled() else why_not_compiled())
        return 0
    machine = Machine(options.pages, longest=options.longest)
    print(f"{options.calls} calls, {machine}, ranges of up to {machine.longest}, best of {options.rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        peers = {"C++, std::map": c_peer(Path(folder)), "core": core, "core, laws": core_with_laws}
        good = [
            compared(peers, machine, drawn(machine, options.calls, mix), options.rounds, name)
            for name, mix in MIXES.items()
        ]
    sizes = f"--calls {options.calls} --pages {options.pages} --longest {options.longest} --rounds {options.rounds}"
    print(f"repeat with: python benchmarks/regions.py {sizes}")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
