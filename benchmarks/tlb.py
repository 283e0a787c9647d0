"""The simulated TLB against the same loops in C: one run of references, one process, rounds that alternate.

    python benchmarks/tlb.py

Prints millions of references a second, with the fastest round of each. Both must count the same hits, or the benchmark
fails; it also fails where the compiled model is slower than `WANTED` of C. Exit code 0, or 1; a message and 0 where a
compiler is missing.
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

import numpy as np

from pagelaw.model.fast.backend import is_compiled, why_not_compiled
from pagelaw.model.fast.tlb_simulation import POLICIES, simulate

SOURCE = Path(__file__).with_name("tlb.c")
FLAGS = ("-O3", "-march=native", "-shared", "-fPIC")
#: Entries and ways: a first level and a second level TLB of today's processors.
SHAPES = ((64, 4), (1536, 12))
#: The least share of C's speed.
WANTED = 0.8


def c_peer(folder: Path) -> Callable[..., tuple[int, int]]:
    """`simulate`, in C."""
    path = folder / "tlb.so"
    subprocess.run(["gcc", *FLAGS, "-o", str(path), str(SOURCE)], check=True)
    library = ctypes.CDLL(str(path))

    def call(pages: Any, *, entries: int, ways: int, policy: str) -> tuple[int, int]:
        run = getattr(library, f"run_{policy}")
        run.restype = ctypes.c_uint64
        tags, filled = np.zeros(entries, np.uint64), np.zeros(entries // ways, np.uint64)
        row, set_words, counts = (ctypes.c_void_p(words.ctypes.data) for words in (pages, tags, filled))
        sizes = ctypes.c_uint64(ways), ctypes.c_uint64(entries // ways - 1)
        hits = int(run(row, ctypes.c_size_t(pages.size), set_words, counts, *sizes))
        return hits, pages.size - hits

    return call


def references(count: int, seed: int = 0) -> Any:
    """Runs along pages, a few that are hot, and strays: in the proportions of no program in particular."""
    generator = np.random.default_rng(seed)
    chunk = min(count, 1 << 20)
    kind = generator.random(chunk)
    hot = generator.zipf(1.3, chunk).astype(np.uint64) % np.uint64(4096)
    along = np.arange(chunk, dtype=np.uint64) // np.uint64(64)
    stray = generator.integers(0, 1 << 20, chunk, dtype=np.uint64)
    pages = np.where(kind < 0.6, hot, np.where(kind < 0.95, along, stray))
    return np.resize(pages, count)


def timed(call: Callable[[], tuple[int, int]]) -> tuple[float, tuple[int, int]]:
    """Seconds, and the result."""
    started = time.perf_counter()
    result = call()
    return time.perf_counter() - started, result


def compared(peers: dict[str, Callable[..., tuple[int, int]]], pages: Any, rounds: int, **shape: Any) -> bool:
    """Measure one TLB, print a line; whether both counted the same and the compiled model is fast enough."""
    best, counted = dict.fromkeys(peers, float("inf")), set()
    simulate(pages[:1], **shape)
    for _ in range(rounds):
        for name, peer in peers.items():
            seconds, result = timed(functools.partial(peer, pages, **shape))
            best[name] = min(best[name], seconds)
            counted.add(result)
    share, (hits, misses) = best["C"] / best["pagelaw"], min(counted)
    rates = ", ".join(f"{name} {pages.size / seconds / 1e6:.0f} M/s" for name, seconds in best.items())
    told = f"{shape['entries']} entries, {shape['ways']} ways, {shape['policy']}"
    same = "equal" if len(counted) == 1 else "DIFFERENT"
    print(f"{told}: {rates}, {share:.2f} of C; {hits} hits, {misses} misses, {same}")
    return share >= WANTED and len(counted) == 1


def main() -> int:
    """Measure, print, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--references", type=int, default=100_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if shutil.which("gcc") is None or not is_compiled():
        print("gcc is not installed" if is_compiled() else why_not_compiled())
        return 0
    pages = references(options.references)
    with tempfile.TemporaryDirectory() as folder:
        peers: dict[str, Callable[..., tuple[int, int]]] = {"C": c_peer(Path(folder)), "pagelaw": simulate}
        good = [
            compared(peers, pages, options.rounds, entries=entries, ways=ways, policy=policy)
            for entries, ways in SHAPES
            for policy in POLICIES
        ]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
