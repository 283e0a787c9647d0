"""The exploring judge of page tables: every reachable state of tiny machines, every law at every slot and address.

Small machines first, on plain integers, so that a wrong rule shows within seconds and is told at its smallest; then
larger ones of the same shape, compiled::

    numbers   every address and range of 8 bits, every entry of 8 bits: T2, T11, T12
    images    two entries, whatever they say: T1, T3, T4, T8, T9
    small     2 or 3 table frames, 2 data frames: some hundred states each
    large     3 table frames, up to 3 data frames, with sharing, marks and paging: a hundred thousand

States are not counted up to renaming of frames: which table frame is the next one is part of the state.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from ...model.fast import backend
from ...spec.law import Law
from ...spec.paging import Access, Image
from ..tables.asked import Asker, Points
from ..tables.machine import LAWS, TINY, TINY_FOLDED, Cells, Machine
from ..tables.steps import never_seen
from ..verdict import INTERRUPTED, Finding, Judgement, Verdict, require_known
from . import table_points
from .exploration import Exploration, Progress
from .inquiry import require_settings
from .table_calls import READ, USER, WRITE, TableSystem
from .table_code import DEEP, GUARDED, MARKED, Code, PackedSearch, machine_of
from .table_search import LAW_BITS, PlainSearch, paths

JUDGE, SUBJECT = "explore", "specification"
_DEFAULT_LIMIT = 1 << 22
_BOTH = Access(True, True, False)


def small_systems(changes: Mapping[str, Any] | None = None) -> Iterator[TableSystem]:
    """Machines of some hundred states, each with something that the others lack."""
    tiny, folded = Machine(TINY, changes=changes), Machine(TINY_FOLDED, changes=changes)
    yield TableSystem(machine=tiny, frames=2, limit=4, rights=(USER, WRITE))
    yield TableSystem(machine=folded, frames=2, limit=4, rights=(_BOTH,), shared=True, paging=True)
    yield TableSystem(machine=tiny, frames=2, limit=3, accesses=(READ, WRITE, USER))
    yield TableSystem(machine=tiny, frames=2, limit=5, rights=(WRITE,))
    yield TableSystem(machine=tiny, frames=3, limit=4, rights=(WRITE,))
    yield TableSystem(machine=machine_of(DEEP, changes), frames=3, limit=4, rights=(WRITE,))


def large_systems(machine: Machine) -> Iterator[TableSystem]:
    """Machines of many thousand states, for which there is one compilation."""
    yield TableSystem(machine=machine, frames=3, limit=6)
    yield TableSystem(machine=machine, frames=3, limit=6, shared=True)
    yield TableSystem(machine=machine, frames=3, limit=6, rights=(WRITE,), accesses=(READ, WRITE))
    yield TableSystem(machine=machine, frames=3, limit=6, rights=(WRITE,), shared=True, paging=True)


@attrs.define
class _Inquiry:
    """What has been found out about each law so far."""

    laws: frozenset[str]
    limit: int
    threads: int
    progress: Progress | None
    changes: Mapping[str, Any] | None
    cases: dict[str, dict[str, int]] = attrs.field(factory=dict)
    broken: dict[str, str] = attrs.field(factory=dict)
    gap: str = ""
    seen: Counter[str] = attrs.field(factory=Counter)
    counts: dict[str, int] = attrs.field(factory=lambda: {"table states": 0, "table transitions": 0})

    def credit(self, law: str, cases: int, of: str) -> None:
        known = self.cases.setdefault(law, {})
        known[of] = known.get(of, 0) + cases

    def tell(self, text: str) -> None:
        if self.progress is not None:
            self.progress(f"explore: {text}")

    def asker(self, machine: Machine) -> Asker:
        return Asker(machine, self.laws, tell=self.note)

    def note(self, law: str, because: str) -> None:
        """A breach; the first of each law is the one to tell."""
        self.broken.setdefault(law, because)

    def ended(self, system: TableSystem, outcome: Exploration) -> None:
        """Count a search, and note why it is not whole; an interruption is passed on."""
        self.counts["table states"] += outcome.states
        self.counts["table transitions"] += outcome.transitions
        if outcome.ended == INTERRUPTED:
            raise KeyboardInterrupt
        if outcome.ended:
            self.gap = self.gap or f"{outcome.ended} after {outcome.states} states of {system}"

    def finding(self, law: Law) -> Finding:
        cases = self.cases.get(law.id, {})
        total = sum(cases.values())
        if law.id in self.broken:
            return Finding(law.id, Verdict.BROKEN, self.broken[law.id], total)
        if self.gap:
            return Finding(law.id, Verdict.UNKNOWN, self.gap, total)
        if not total:
            return Finding(law.id, Verdict.UNKNOWN, "no machine that was explored puts it at stake")
        return Finding(law.id, Verdict.HOLDS, "; ".join(f"{count} {of}" for of, count in cases.items()), total)


def _explore_numbers(inquiry: _Inquiry) -> None:
    """T2 and T11 at every address and range of eight bits, T12 at every entry of eight bits."""
    for geometry in (TINY, TINY_FOLDED):
        machine = Machine(geometry, changes=inquiry.changes)
        asker, rules = inquiry.asker(machine), machine.rules
        for address in range(1 << geometry.address_bits):
            asker.ask("T2", rules.joined, (address,), "at address {0:#x}", address)
            to_the_end = (1 << geometry.address_bits) - address
            lengths = {*range(0, 1 + to_the_end, 5), *range(max(0, to_the_end - 2), to_the_end + 3)}
            for length, part in itertools.product(lengths, (0, 1, 2)):
                inner = max(length - 1, 0) * part // 2
                told = f"for {length} bytes from {{0:#x}} on, at byte {inner}"
                asker.ask("T11", rules.ended, (address, length, inner), told, address)
        _take(inquiry, asker, "addresses and ranges of 8 bits")
    machine = machine_of(MARKED, inquiry.changes)
    asker = inquiry.asker(machine)
    for leaf, file, place, frame in itertools.product(range(256), range(2), range(1, 8), range(0, 8, 3)):
        told = f"for leaf {leaf:#x}, place {place} of file {file}, paged in to frame {frame}"
        asker.ask("T12", machine.rules.kept, (leaf, file, place, frame), told)
    _take(inquiry, asker, "entries of 8 bits")


def _explore_images(inquiry: _Inquiry) -> None:
    """Two entries, the upper one of any value: T1, T3 and T4, and T8 and T9 for each access."""
    machine = machine_of(GUARDED, inquiry.changes)
    asker, rules = inquiry.asker(machine), machine.rules
    points = Points(range(6), (), (0, 9))
    for upper, lower in itertools.product(range(256), (0, *range(1, 32, 2), 0xE1)):
        image = Image(Cells(6, {0: upper, 2: lower}), 6)
        told = f"where the entries are {upper:#x} and {lower:#x}"
        asker.ask_walks(image, 0, points)
        for access in (READ, WRITE, _BOTH) if upper & 1 else ():
            after, fault, _ = rules.touch(image._replace(words=image.words.copy()), 0, 0, access)
            asker.ask_completed(image, 0, 0, access, not fault)
            for slot in (0, 2):
                asker.ask("T9", rules.undisturbed, (image, after, fault, slot), told)
            written = access.write and not fault
            asker.ask("T8", rules.unmoved, (image, after, 0, 0, written, 0), told)
    _take(inquiry, asker, "walks through two entries")


def _take(inquiry: _Inquiry, asker: Asker, of: str) -> None:
    for law, count in asker.points.items():
        inquiry.credit(law, count, of)


def _explore_small(inquiry: _Inquiry) -> None:
    for system in small_systems(inquiry.changes):
        inquiry.tell(str(system))
        search = PlainSearch(system, inquiry.laws)
        outcome = search.search(stop_on=-1, limit=inquiry.limit, progress=inquiry.progress)
        for law, path in paths(outcome, inquiry.laws):
            inquiry.broken.setdefault(law, search.story(path, law))
        for law, count in search.cases.items():
            inquiry.credit(law, count, "points of small machines")
        inquiry.seen.update(search.seen)
        inquiry.ended(system, outcome)
        if inquiry.broken:
            return
    missing = never_seen(inquiry.seen)
    if missing and not inquiry.gap:
        inquiry.gap = f"never seen: {missing[0]}"


def _explore_large(inquiry: _Inquiry) -> None:
    inquiry.tell("compiling")
    code = Code(machine_of(MARKED, inquiry.changes))
    bits = sum(LAW_BITS[law] for law in inquiry.laws & LAW_BITS.keys())
    for system in large_systems(code.machine):
        inquiry.tell(str(system))
        search = PackedSearch(system, code)
        outcome = search.search(
            stop_on=bits | table_points.UNFAITHFUL,
            threads=inquiry.threads,
            limit=inquiry.limit,
            progress=inquiry.progress,
        )
        plain = PlainSearch(system, inquiry.laws)
        for law, path in paths(outcome, inquiry.laws):
            inquiry.broken.setdefault(law, plain.story([search.unpacked(key) for key in path], law))
        if table_points.UNFAITHFUL.bit_length() - 1 in outcome.broken and not inquiry.broken:
            inquiry.gap = f"a state of {system} is not what its entries say"
        for law in inquiry.laws & LAW_BITS.keys():
            inquiry.credit(law, outcome.checked, "states of larger machines")
        inquiry.ended(system, outcome)
        if inquiry.broken:
            return


def explore_tables(
    laws: Sequence[Law],
    *,
    limit: int | None = None,
    threads: int = 1,
    progress: Progress | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Judgement:
    """Hold the steps on page tables against `laws` in every reachable state of tiny machines.

    Args:
        laws: the laws to judge, of those on page tables and walks.
        limit: states of one machine after which it is given up, and the laws are unknown.
        threads: 1 or 2.
        progress: is told what is going on, in a line.
        changes: functions that stand in for those of the specification of the same name; then nothing is compiled.

    Raises:
        ValueError: where a setting is out of range, or a law is not about page tables.
    """
    started = time.perf_counter()
    require_settings(threads, limit)
    require_known(laws, LAWS, "page tables")
    chosen = frozenset(law.id for law in laws)
    inquiry = _Inquiry(chosen, limit or _DEFAULT_LIMIT, threads, progress, changes)
    compiles = backend.is_compiled() and not changes
    try:
        for explore in (_explore_numbers, _explore_images, _explore_small, *([_explore_large] if compiles else [])):
            if not inquiry.broken:
                explore(inquiry)
        if inquiry.broken:
            inquiry.gap = f"larger machines were not explored: {min(inquiry.broken)} is broken in a small one"
    except KeyboardInterrupt:
        inquiry.gap = INTERRUPTED
    return Judgement(
        JUDGE,
        SUBJECT,
        [inquiry.finding(law) for law in laws],
        seconds=time.perf_counter() - started,
        size="page tables of 2 and 3 levels, 2 or 3 table frames",
        counts=inquiry.counts,
        notes=tuple(_notes(threads, changes)),
    )


def _notes(threads: int, changes: Mapping[str, Any] | None) -> Iterator[str]:
    if changes:
        yield "with functions replaced, larger machines are not explored"
    elif not backend.is_compiled():
        yield backend.why_not_compiled()
        yield "uncompiled, larger machines are not explored" + (", and one thread does all the work" * (threads == 2))
