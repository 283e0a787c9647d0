"""The compiled core against a C allocator of the same layout and contract: one mix, one process, interleaved rounds.

    python benchmarks/allocate.py

Prints millions of calls a second: C, the core, the core with laws asked after every call, and for scale the readable
reference. C and core must give the same digest of all answers and the same final state, or the benchmark fails.
"""

from __future__ import annotations

import argparse
import ctypes
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pagelaw.model.buddy import FreeLists
from pagelaw.model.fast import checked, churn, mix
from pagelaw.model.fast.allocator import initial_memory, kernels
from pagelaw.model.fast.backend import compiled, is_compiled, why_not_compiled
from pagelaw.spec.contracts import Arena
from pagelaw.spec.frames import Memory

SOURCE = Path(__file__).with_name("buddy.c")
FLAGS = ("-O3", "-march=native", "-shared", "-fPIC")


def c_peer(folder: Path) -> Callable[[Memory, Any, Any], int]:
    """`replay` of buddy.c, called as that of the core."""
    library = folder / "buddy.so"
    subprocess.run(["gcc", *FLAGS, "-o", str(library), str(SOURCE)], check=True)
    replay = ctypes.CDLL(str(library)).replay
    replay.restype = ctypes.c_uint64

    def call(memory: Memory, calls: Any, held: Any) -> int:
        arrays = [ctypes.c_void_p(words.ctypes.data) for words in memory[:3]]
        numbers = [ctypes.c_uint64(int(number)) for number in memory[3:]]
        pointers = ctypes.c_void_p(calls.ctypes.data), ctypes.c_size_t(calls.size), ctypes.c_void_p(held.ctypes.data)
        return int(replay(*arrays, *numbers, *pointers, ctypes.c_int(0)))

    return call


def reference_rate(arena: Arena, calls: Any, slots: int) -> float:
    """Millions of calls a second of the readable allocator, on the legal calls of the mix."""
    lists, held = FreeLists(arena.frames, arena.max_order), [None] * slots
    started = time.perf_counter()
    for call in calls.tolist():
        slot, order = call & churn.SLOT_BITS, call >> churn.ORDER_AT & churn.ORDER_BITS
        if held[slot] is None:
            try:
                held[slot] = lists.allocate(order), order  # type: ignore[call-overload]
            except MemoryError:
                continue
        else:
            lists.free(*held[slot])
            held[slot] = None
    return len(calls) / (time.perf_counter() - started) / 1e6


def measure(arena: Arena, count: int, rounds: int, illegal: float) -> None:
    """Runs and prints one mix."""
    slots = mix.slots_for(arena.frames)
    calls = mix.draw(np.random.default_rng(0), count, slots=slots, largest=arena.max_order, illegal=illegal)
    fresh, law_kernels, counts = initial_memory(arena), compiled(checked), np.zeros(2 * churn.KINDS + 2, np.uint64)
    rates: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        runs: dict[str, Callable[[Memory, Any, Any], Any]] = {
            "C": c_peer(Path(folder)),
            "core": lambda memory, calls, held: int(kernels().replay(memory, calls, held, False)),
            "core, laws": lambda memory, calls, held: law_kernels.replay_touched(memory, calls, held, counts, False),
        }
        answers = {}
        for turn in range(rounds + 1):
            for name, run in runs.items():
                memory = fresh._replace(heads=fresh.heads.copy(), link=fresh.link.copy())
                held = np.zeros(slots, np.uint32)
                started = time.perf_counter()
                answers[name] = run(memory, calls if turn else calls[:10], held)
                if turn:
                    rates.setdefault(name, []).append(count / (time.perf_counter() - started) / 1e6)
                    answers[name, "state"] = memory.heads.tobytes()
    if answers["C"] != answers["core"] or len({answers[name, "state"] for name in runs}) != 1:
        sys.exit("C and core disagree: their answers or final states differ")
    if answers["core, laws"] != (count, 0):
        sys.exit(f"a law is broken after {answers['core, laws'][0]} calls")
    print(f"\n{arena.frames} frames, {count} calls, {illegal:.0%} illegal frees, median of {rounds} rounds (best)")
    for name, values in rates.items():
        print(f"  {name:<22}{statistics.median(values):8.1f} M calls/s  ({max(values):.1f})")
    core, peer, laws = (statistics.median(rates[name]) for name in ("core", "C", "core, laws"))
    print(f"  core / C              {core / peer:8.2f}")
    print(f"  core / core, laws     {core / laws:8.2f}")
    if not illegal:
        print(f"  {'readable reference':<22}{reference_rate(arena, calls[:200_000], slots):8.2f} M calls/s")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=1 << 18)
    parser.add_argument("--calls", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    if shutil.which("gcc") is None:
        print("skipped: gcc is not installed, so there is no C allocator to compare with (Debian: apt install gcc)")
        return
    if not is_compiled():
        print(f"skipped: {why_not_compiled()}")
        return
    for illegal in (0.0, 0.1):
        measure(Arena(options.frames, 10), options.calls, options.rounds, illegal)
    command = f"--frames {options.frames} --calls {options.calls} --rounds {options.rounds}"
    print(f"\nrepeat with: python benchmarks/allocate.py {command}")


if __name__ == "__main__":
    main()
