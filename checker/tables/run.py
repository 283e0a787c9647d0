"""The judge `run` of page tables: long runs of the compiled steps, held against every law.

A tiny machine first: many short runs, in which every slot, and every page of every space before and after, is asked
about at each call. Then a large one, with the laws at the points that each call touches and at some others in turn, and
at every slot and frame now and then. Calls come in phases in which much is mapped, and in which all goes again.

The steps and laws are the specification's, compiled on arrays that they cannot leave; a rule that tries to breaks the
law that tables name only tables (T5).
"""

from __future__ import annotations

import functools
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np

from ...model.fast import tables_calls, tables_run
from ...model.fast.backend import is_compiled, vectorised, why_not_compiled
from ...model.fast.bounded import bounded
from ...model.fast.tables_machine import GROWING, SHRINKING, Machine, copied, draw, empty, field_of
from ...spec import translation_laws
from ...spec.algebra import Backend
from ...spec.geometries import BUILT_IN, Geometry, geometry_named
from ...spec.law import Law
from ..story import LEFT_MEMORY
from ..verdict import Finding, Judgement, Verdict, require_known
from .machine import LAWS, TINY

SUBJECT = "model:compiled"
SMALL = Machine(TINY, frames=5, small=5, blocks=3, spaces=3)
LARGE = Machine(geometry_named("x86-64"), frames=96, small=150, blocks=6, spaces=4, pages=40, look=2, slots=2)
_EPISODE, _EPISODES = 600, 40
#: Calls on the large machine before it begins anew, and those of one phase; an audit follows each phase.
_LIFE, _PHASE = 18_000, 3_000
#: How many calls on plain integers stand for a million compiled ones.
_UNCOMPILED_SHARE = 500
#: A call here is a step and some hundred walks; so many of the calls that are asked for are made.
_SHARE = 10
_NUMBERS = 20_000
_ARITHMETIC = ("T2", "T11", "T12")
_NAMES = "create drop map unmap protect split touch page-out page-in share".split()  # noqa: SIM905


@functools.cache
def kernels(name: str) -> Backend:
    """The calls and laws for a geometry, compiled once."""
    geometry = {SMALL.geometry.name: SMALL.geometry, LARGE.geometry.name: LARGE.geometry}[name]
    return bounded(tables_run, geometry.constants())


@functools.cache
def arithmetic(name: str) -> Backend:
    """The laws on numbers in a geometry, on whole arrays."""
    return vectorised(translation_laws, geometry_named(name).constants())


@attrs.define
class _Court:
    """What has been counted and found so far."""

    seed: int
    tell: Callable[[str], None]
    made: int = 0
    audits: int = 0
    counts: np.ndarray[Any, Any] = attrs.field(factory=lambda: np.zeros(2 * tables_calls.KINDS, np.uint64))
    cases: Counter[str] = attrs.field(factory=Counter)
    breaches: dict[str, str] = attrs.field(factory=dict)

    def convict(self, bits: int, because: str) -> None:
        """Note the laws that `bits` stand for as broken."""
        for law, bit in tables_run.LAW_BITS.items():
            if bits & bit:
                self.breaches.setdefault(law, because)

    def play(self, machine: Machine, calls: int, phase: int, stream: Sequence[int]) -> None:
        """So many calls on a machine that is empty at first, in phases, with audits."""
        generator = np.random.default_rng([self.seed, *stream])
        run = kernels(machine.geometry.name)
        tables, roots = empty(machine)
        twin, twin_roots = copied(tables), roots.copy()
        made, fields = 0, [field_of(machine, weights, [self.seed, *stream]) for weights in (GROWING, SHRINKING)]
        for number in range(-(-calls // phase)):
            field = fields[number % 3 == 2]
            drawn = draw(generator, min(phase, calls - made))
            told = f"call {made} + {{}} on {machine}, seed {self.seed}"
            try:
                free, spare, done, bits = run.replay(tables, roots, twin, twin_roots, field, drawn, self.counts)
            except LEFT_MEMORY as error:
                self.convict(tables_run.NESTED, f"{told.format('some')}: it reaches beyond memory ({error})")
                return
            made += int(done)
            self.made += int(done)
            tables = tables._replace(free=_word(free), spare=_word(spare))
            twin = twin._replace(free=tables.free, spare=tables.spare)
            if bits:
                kind = _NAMES[int(run.resolved(twin, twin_roots, field, _word(drawn[int(done) - 1])).kind)]
                self.convict(int(bits), f"{told.format(int(done))}: {kind}")
                return
            if not self._audit(machine, tables, told.format(int(done))):
                return

    def _audit(self, machine: Machine, tables: Any, told: str) -> bool:
        self.audits += 1
        try:
            bits, place = kernels(machine.geometry.name).audit(tables, np.zeros(machine.limit, np.uint64))
        except LEFT_MEMORY as error:
            bits, place = tables_run.NESTED, error
        self.convict(int(bits), f"audit after {told}: slot or frame {place}")
        return not bits

    def count(self, geometry: Geometry, law: str, numbers: tuple[Any, ...], name: str) -> None:
        """Ask a law on numbers of a geometry, all in one pass."""
        held = np.broadcast_to(getattr(arithmetic(geometry.name), name)(*numbers), numbers[0].shape)
        self.cases[law] += held.size
        if not held.all():
            first = int(np.flatnonzero(~held)[0])
            shown = ", ".join(f"0x{int(column[first]):X}" for column in numbers)
            self.breaches.setdefault(law, f"{geometry.name}: {name}({shown})")


def _word(value: Any) -> Any:
    return np.uint64(value) if is_compiled() else int(value)


def _ask_numbers(court: _Court, geometry: Geometry, stream: int) -> None:
    """T2, T11 and T12 at random numbers, and near the ends of the address space and of its halves."""
    chance = np.random.default_rng([court.seed, 99, stream])
    last = (1 << geometry.address_bits) - 1
    half = 1 << (geometry.translated_bits - 1)
    edges = np.array([0, half, last - half + 1, last], np.uint64)
    near = chance.choice(edges, _NUMBERS) + chance.integers(-300, 300, _NUMBERS).astype(np.uint64)
    anywhere = chance.integers(0, 1 << 64, _NUMBERS, dtype=np.uint64) >> chance.integers(
        0, 64, _NUMBERS, dtype=np.uint64
    )
    addresses = np.concatenate([near, anywhere]) & np.uint64(last)
    court.count(geometry, "T2", (addresses,), "joined")
    rest = np.uint64(last) - addresses
    lengths = chance.choice([0, 1, 2], addresses.size).astype(np.uint64)
    lengths = np.where(
        chance.random(addresses.size) < 0.5, rest + lengths, chance.permutation(addresses) >> lengths * np.uint64(16)
    )
    inner = chance.integers(0, 1 << 64, addresses.size, dtype=np.uint64) % np.maximum(lengths, np.uint64(1))
    court.count(geometry, "T11", (addresses, lengths, inner), "ended")
    width = 8 * geometry.entry_bytes
    leaves = chance.integers(0, 1 << width, _NUMBERS, dtype=np.uint64) | np.uint64(geometry.present)
    places = chance.integers(1, 1 << (width - 12), _NUMBERS, dtype=np.uint64)
    frames = chance.integers(0, (geometry.frame >> geometry.frame_shift) + 1, _NUMBERS, dtype=np.uint64)
    files = chance.integers(0, 16, _NUMBERS, dtype=np.uint64)
    court.count(geometry, "T12", (leaves, files, places, frames), "kept")


def run_tables(
    laws: Sequence[Law],
    *,
    calls: int = 10_000_000,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Judgement:
    """Hold the compiled steps on page tables against `laws`: many calls on a tiny machine, and on a large one.

    A call with its laws is some hundred walks, so that a tenth of `calls` is made on the large machine.

    Raises:
        ValueError: where a law is not about page tables.
    """
    require_known(laws, LAWS, "page tables")
    started, fast = time.perf_counter(), is_compiled()
    court = _Court(seed, progress or (lambda _text: None))
    court.tell("run: compiling the steps and laws of page tables" if fast else "run: page tables on plain integers")
    share = max(1, calls // _SHARE if fast else calls * _UNCOMPILED_SHARE // 1_000_000)
    for stream, geometry in enumerate(BUILT_IN):
        _ask_numbers(court, geometry, stream)
    for episode in range(_EPISODES if fast else 1):
        if not court.breaches:
            court.play(SMALL, _EPISODE, _EPISODE // 6, (0, episode))
    if not court.breaches:
        court.tell(f"run: {share} calls on {LARGE}")
    for life, first in enumerate(range(0, share, _LIFE)):
        if not court.breaches:
            court.play(LARGE, min(_LIFE, share - first), _PHASE, (1, life))
    return Judgement(
        "run",
        SUBJECT,
        [_finding(law, court) for law in laws],
        seconds=time.perf_counter() - started,
        size=f"page tables of {SMALL} at every slot, of {LARGE}; numbers of {len(BUILT_IN)} geometries",
        counts={"calls on tables": court.made, "audits": court.audits, **_seen(court)},
        seed=seed,
        notes=() if fast else (why_not_compiled(),),
    )


def _seen(court: _Court) -> dict[str, int]:
    counts = court.counts.reshape(-1, 2).astype(int).tolist()
    seen = {name: done for name, (_, done) in zip(_NAMES, counts, strict=True)}
    return seen | {f"{name} refused": refused for name, (refused, _) in zip(_NAMES, counts, strict=True)}


def _finding(law: Law, court: _Court) -> Finding:
    cases = court.cases[law.id] + (court.made if law.id in tables_run.LAW_BITS else 0)
    if law.id in court.breaches:
        return Finding(law.id, Verdict.BROKEN, court.breaches[law.id], cases)
    if court.breaches:
        first = next(iter(court.breaches))
        return Finding(law.id, Verdict.UNKNOWN, f"the run ended when {first} was found broken", cases)
    missing = [name for name, count in _seen(court).items() if not count]
    if missing:
        return Finding(law.id, Verdict.UNKNOWN, f"never seen: {missing[0]}", cases)
    if law.id in _ARITHMETIC[:2]:
        return Finding(law.id, Verdict.HOLDS, "numbers at random and at the ends, in every geometry", cases)
    return Finding(
        law.id, Verdict.HOLDS, "every point of a tiny machine, touched points and audits of a large one", cases
    )
