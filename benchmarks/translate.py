"""Translation of ten million random addresses: the specification's walk, compiled, against C of the same contract.

    python benchmarks/translate.py

Two sets of page tables: 10 + 10 + 12 bits with 1024 tables, a tenth of them absent, four fifths of their entries
present; and x86-64 with four levels, 65 MiB of tables and about 5 % addresses that lead nowhere. Prints millions of
addresses a second: C as one writes it, C without branches, ours on one thread and on two, NumPy for scale, and the
limit: one load at random from the same tables for each address. All must give the same answers, here and on tables
with random bits flipped, or the benchmark fails.
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

from pagelaw.model.fast.backend import is_compiled, vectorised, why_not_compiled
from pagelaw.model.fast.translate import Translated, translate
from pagelaw.spec import paging
from pagelaw.spec.geometries import Geometry, geometry_named
from pagelaw.spec.paging import Access, Image

SOURCE = Path(__file__).with_name("translate.c")
FLAGS = ("-O3", "-march=native", "-shared", "-fPIC")
ROOT = 1 << 12
ACCESS = Access(write=True, user=True, execute=False)


def two_levels(chance: np.random.Generator, count: int) -> tuple[Any, Any]:
    """Tables in frames 2 to 1025, the directory in frame 1, and addresses of 32 bits."""
    words = np.zeros(1026 << 10, np.uint32)
    tables = (np.arange(2, 1026, dtype=np.uint32) << 12) | 7
    words[1 << 10 : 2 << 10] = np.where(chance.random(1024) < 0.9, tables, 0)
    leaves = (chance.permutation(1 << 20).astype(np.uint32) << 12) | 7
    words[2 << 10 :] = np.where(chance.random(1 << 20) < 0.8, leaves, 0)
    return words, chance.integers(0, 1 << 32, count, dtype=np.uint32)


def four_levels(chance: np.random.Generator, count: int) -> tuple[Any, Any]:
    """8192 regions of 2 MiB anywhere, 97 % of their pages mapped; 5 % of the addresses are anywhere."""
    regions = np.unique(chance.integers(0, 1 << 27, 8192, dtype=np.uint64))
    tables = [np.zeros(512, np.uint64), np.zeros(512, np.uint64)]
    frames = np.arange(1, 513, dtype=np.uint64)
    for number, region in enumerate(regions.tolist()):
        table = 1
        for shift in (18, 9, 0):
            index = region >> shift & 511
            if not tables[table][index]:
                tables[table][index] = len(tables) << 12 | 7
                tables.append(np.zeros(512, np.uint64))
            table = int(tables[table][index]) >> 12
        leaves = (frames + np.uint64(512 * number)) << np.uint64(12) | np.uint64(7)
        tables[table][:] = np.where(chance.random(512) < 0.97, leaves, 0)
    inside = chance.integers(0, 1 << 21, count, dtype=np.uint64)
    addresses = chance.choice(regions, count) << np.uint64(21) | inside
    bad = np.flatnonzero(chance.random(count) < 0.05)
    addresses[bad] = chance.integers(0, 1 << 48, bad.size, dtype=np.uint64)
    upper = addresses >> np.uint64(47) == 1
    addresses[upper] |= np.uint64(0xFFFF << 48)
    return np.concatenate(tables), addresses


def flipped(chance: np.random.Generator, words: Any) -> Any:
    """The tables with a random bit flipped in a twentieth of the entries: huge leaves, reserved bits, no rights."""
    places = np.flatnonzero(chance.random(words.size) < 0.05)
    bits = chance.integers(0, words.itemsize * 8, places.size)
    wild = words.copy()
    wild[places] ^= (np.uint64(1) << bits.astype(np.uint64)).astype(words.dtype)
    return wild


def pointer(words: Any) -> ctypes.c_void_p:
    """The address of an array, for C."""
    return ctypes.c_void_p(words.ctypes.data)


def c_peer(library: ctypes.CDLL, name: str) -> Callable[[Any, Any, Translated], Any]:
    """A function of translate.c, called as ours is."""
    function = getattr(library, name)

    def call(words: Any, addresses: Any, out: Translated) -> None:
        numbers = ctypes.c_uint64(words.size), ctypes.c_uint64(ROOT), pointer(addresses)
        answers = ctypes.c_size_t(addresses.size), pointer(out.physical), pointer(out.faults)
        function(pointer(words), *numbers, *answers, *map(ctypes.c_int, ACCESS))

    return call


def numpy_peer(geometry: Geometry) -> Callable[[Any, Any, Translated], None]:
    """The specification's walk on whole arrays of NumPy, 16384 addresses at a time."""
    lanes = vectorised(paging, geometry.constants())

    def call(words: Any, addresses: Any, out: Translated) -> None:
        image = Image(words, np.uint64(words.size))
        for first in range(0, addresses.size, 1 << 14):
            part = slice(first, first + (1 << 14))
            found = lanes.walk(image, np.uint64(ROOT), addresses[part].astype(np.uint64))
            out.physical[part], out.faults[part] = found.physical, lanes.classify(found, ACCESS)

    return call


def measure(library: ctypes.CDLL, name: str, words: Any, addresses: Any, rounds: int) -> None:
    """Runs and prints one set of tables."""
    geometry, count, short = geometry_named(name), addresses.size, name.replace("-", "_")
    chance = np.random.default_rng(5)
    places = chance.integers(0, words.size, count, dtype=np.uint32)
    loaded = np.empty(count, words.dtype)
    gather = library.gather32 if words.itemsize == 4 else library.gather64
    runs: dict[str, Callable[[Any, Any, Translated], Any]] = {
        "C, early exits": c_peer(library, f"{short}_exits"),
        "C, no branches": c_peer(library, f"{short}_straight"),
        "pagelaw": lambda *given: translate(*_ours(given), geometry, access=ACCESS, out=given[2]),
        "pagelaw, 2 threads": lambda *given: translate(*_ours(given), geometry, access=ACCESS, out=given[2], threads=2),
    }
    wild = flipped(chance, words)
    for tables in (wild, words):
        answers = {label: Translated(np.empty(count, np.uint64), np.empty(count, np.uint8)) for label in runs}
        for label, run in runs.items():
            run(tables, addresses, answers[label])
        first, *others = answers.values()
        if not all(np.array_equal(a, b) for other in others for a, b in zip(first, other, strict=True)):
            sys.exit(f"{name}: C and pagelaw disagree")
        counts = np.bincount(first.faults, minlength=6)
        print(f"{name}: equal answers, faults by kind {counts.tolist()}{' (bits flipped)' if tables is wild else ''}")
    runs["NumPy"] = numpy_peer(geometry)
    runs["limit: one random load"] = lambda *_: gather(
        pointer(places), ctypes.c_size_t(count), pointer(words), pointer(loaded)
    )
    out, rates = Translated(np.empty(count, np.uint64), np.empty(count, np.uint8)), {label: [] for label in runs}
    for turn in range(rounds):
        for label, run in runs.items():
            if label != "NumPy" or not turn:
                started = time.perf_counter()
                run(words, addresses, out)
                rates[label].append(count / (time.perf_counter() - started) / 1e6)
    print(f"{count} addresses, {words.nbytes / 2**20:.1f} MiB of tables, median of {rounds} rounds (best)")
    middle = {label: statistics.median(values) for label, values in rates.items()}
    for label, values in rates.items():
        print(f"  {label:<24}{middle[label]:8.1f} M/s  ({max(values):.1f})")
    for label in ("pagelaw", "pagelaw, 2 threads"):
        for peer in ("C, early exits", "C, no branches"):
            ratio = statistics.median(mine / theirs for mine, theirs in zip(rates[label], rates[peer], strict=True))
            print(f"  {label + ' / ' + peer:<38}{ratio:6.2f}")
    print(f"  {'pagelaw / limit':<38}{middle['pagelaw'] / middle['limit: one random load']:6.2f}\n")


def _ours(given: tuple[Any, ...]) -> tuple[Any, int, Any]:
    return given[0], ROOT, given[1]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--addresses", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    if shutil.which("gcc") is None:
        print("skipped: gcc is not installed, so there is no C to compare with (Debian: apt install gcc)")
        return
    if not is_compiled():
        print(f"skipped: {why_not_compiled()}")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "translate.so"
        subprocess.run(["gcc", *FLAGS, "-o", str(path), str(SOURCE)], check=True)
        library = ctypes.CDLL(str(path))
        for name, make in (("win32", two_levels), ("x86-64", four_levels)):
            measure(library, name, *make(np.random.default_rng(1), options.addresses), options.rounds)
    print(f"repeat with: python benchmarks/translate.py --addresses {options.addresses} --rounds {options.rounds}")


if __name__ == "__main__":
    main()
