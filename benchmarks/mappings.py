"""An audit of page tables that map 2**22 frames: every leaf found by the specification's walk, and held to its laws.

    python benchmarks/mappings.py

Four levels of x86-64, 16 GiB mapped page by page to frames in random order. Prints milliseconds of the audit, of the
listing of all leaves, and of what limits or replaces them: copying and reading the tables, the bitmap of frames alone
in C over leaves in a row, `np.unique`, `np.bincount` and `np.sort` over the listed frames. The audit must find exactly
the frames that are planted twice, as `np.unique` does, or the benchmark fails.
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

from pagelaw.model.fast.backend import is_compiled, why_not_compiled
from pagelaw.model.fast.mappings import audit, leaf_mappings
from pagelaw.spec.geometries import geometry_named

SOURCE = Path(__file__).with_name("mappings.c")
FLAGS = ("-O3", "-march=native", "-shared", "-fPIC")
X86_64 = geometry_named("x86-64")
PER_TABLE = 512
PRESENT_WRITE_USER = 7
NO_EXECUTE = 1 << 63


def tables_of(frames: int) -> tuple[Any, int]:
    """Tables that map `frames` frames, and the slot at which their leaves begin."""
    last = frames // PER_TABLE
    middle = -(-last // PER_TABLE)
    words = np.zeros((2 + middle + last) * PER_TABLE, np.uint64)

    def names(first: int, count: int) -> Any:
        return np.arange(first, first + count, dtype=np.uint64) << np.uint64(12) | np.uint64(PRESENT_WRITE_USER)

    words[:1], words[PER_TABLE : PER_TABLE + middle] = names(1, 1), names(2, middle)
    words[2 * PER_TABLE : 2 * PER_TABLE + last] = names(2 + middle, last)
    order = np.random.default_rng(2).permutation(frames).astype(np.uint64) + np.uint64(first_frame(frames))
    begin = (2 + middle) * PER_TABLE
    words[begin:] = order << np.uint64(12) | np.uint64(PRESENT_WRITE_USER | NO_EXECUTE)
    return words, begin


def first_frame(frames: int) -> int:
    """The first frame that is mapped: those before it hold the tables."""
    return 2 * frames // PER_TABLE


def pointer(words: Any) -> ctypes.c_void_p:
    """The address of an array, for C."""
    return ctypes.c_void_p(words.ctypes.data)


def check(words: Any, begin: int, frames: int) -> None:
    """Frames that are planted twice are found, and nothing else."""
    wrong = words.copy()
    wrong[begin + 5], wrong[begin + 1000] = wrong[begin + 77], wrong[begin + 2000]
    listed = leaf_mappings(wrong, 0, X86_64).frames
    values, counts = np.unique(listed, return_counts=True)
    found = audit(wrong, [0], X86_64, frames=2 * frames)
    if list(found.doubled) != values[counts > 1].tolist() or len(found.doubled) != 2 or listed.size != frames:
        sys.exit(f"the audit says {found.doubled}, np.unique {values[counts > 1]}")
    if not audit(words, [0], X86_64, frames=2 * frames).is_sound:
        sys.exit("the audit finds something in tables that are sound")


def measure(library: ctypes.CDLL, frames: int, rounds: int) -> None:
    """Runs and prints."""
    words, begin = tables_of(frames)
    check(words, begin, frames)
    target, bits = words.copy(), np.zeros(2 * frames // 64, np.uint64)
    listed = leaf_mappings(words, 0, X86_64).frames
    whole = ctypes.c_size_t(words.nbytes)
    leaves = pointer(words[begin:]), ctypes.c_size_t(frames), pointer(bits), ctypes.c_size_t(2 * frames)
    runs: dict[str, Callable[[], Any]] = {
        "pagelaw, audit": lambda: audit(words, [0], X86_64, frames=2 * frames),
        "pagelaw, listing": lambda: leaf_mappings(words, 0, X86_64),
        "limit: bitmap alone, C": lambda: library.doubled(*leaves),
        "limit: copy of the tables": lambda: library.copy(pointer(target), pointer(words), whole),
        "limit: sum of the tables": lambda: library.sum(pointer(words), ctypes.c_size_t(words.size)),
        "np.bincount of frames": lambda: np.bincount(listed.astype(np.int64), minlength=2 * frames).max(),
        "np.sort of frames": lambda: np.sort(listed),
        "np.unique of frames": lambda: np.unique(listed),
    }
    times: dict[str, list[float]] = {label: [] for label in runs}
    for _ in range(rounds):
        for label, run in runs.items():
            started = time.perf_counter()
            run()
            times[label].append(1e3 * (time.perf_counter() - started))
    print(f"{frames} frames, {words.nbytes / 2**20:.1f} MiB of tables, median of {rounds} rounds (best)")
    middle = {label: statistics.median(values) for label, values in times.items()}
    for label, values in times.items():
        rate = words.nbytes / min(values) / 1e6
        print(f"  {label:<28}{middle[label]:8.2f} ms  ({min(values):.2f}; {rate:.1f} GB/s of tables)")
    for label in list(runs)[2:]:
        print(f"  audit / {label:<32}{middle['pagelaw, audit'] / middle[label]:8.2f}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=1 << 22, help="a multiple of 512")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    if shutil.which("gcc") is None:
        print("skipped: gcc is not installed, so there is no limit to compare with (Debian: apt install gcc)")
        return
    if not is_compiled():
        print(f"skipped: {why_not_compiled()}")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mappings.so"
        subprocess.run(["gcc", *FLAGS, "-o", str(path), str(SOURCE)], check=True)
        library = ctypes.CDLL(str(path))
        library.sum.restype = library.doubled.restype = ctypes.c_uint64
        measure(library, options.frames, options.rounds)
    print(f"repeat with: python benchmarks/mappings.py --frames {options.frames} --rounds {options.rounds}")


if __name__ == "__main__":
    main()
