"""The running Linux kernel's page tables, as it shows them in /proc/PID/pagemap, held against the translation laws.

Worker processes map, write, fork, protect and unmap; their entries are read from outside, and each entry that is
there names a frame::

    worker 1   |a|b|c|d|        private pages: no frame twice in all workers (F5), each mapped once (F3), none free (F8)
    its child  |a|b|c|d|        after fork the same frames, mapped twice
               |x|y|c|d|        what the child writes gets a frame of its own; nothing else moves
    worker 2   |e|f| | |g|      a page unmapped in the middle: no entry there (T6.unmapped), the rest as before (T6)

The kernel may move a page at any time, so a difference counts only if a second run of everything shows it again.

Source: Linux Documentation/admin-guide/mm/pagemap.rst.
"""

from __future__ import annotations

import ctypes
import json
import os
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import attrs

from ...spec.law import Law
from ..verdict import Finding, Judgement, Verdict
from .memory_worker import PAGE, READ
from .target import TargetError

TARGET = "linux:pages"
_PAGEMAP = "/proc/{}/pagemap"
_KPAGECOUNT = Path("/proc/kpagecount")
_KPAGEFLAGS = Path("/proc/kpageflags")
_WORKER = Path(__file__).with_name("memory_worker.py")
_ENTRY_BYTES = 8
_PRESENT = 1 << 63
_SWAPPED = 1 << 62
_FRAME = (1 << 55) - 1
_KPF_BUDDY = 1 << 10
#: Workers, and the size of an area of theirs.
_WORKERS = 3
_PAGES = 64
_HUGE_PAGES = (2 << 20) // PAGE
#: The laws that can be seen from outside.
_LAWS = ("T1", "T6", "T6.mapped", "T6.unmapped", "T7", "T7.split", "T9", "F3", "F5", "F8")
_NO_HUGE = "the kernel gave no huge page"


class Kernel:
    """What the kernel shows of page tables and frames."""

    def entries(self, process: int, address: int, pages: int) -> tuple[int, ...]:
        """The entries of pages from an address on, as pagemap shows them."""
        return self._numbers(Path(_PAGEMAP.format(process)), address // PAGE, pages)

    def mappings(self, frame: int) -> int:
        """How many entries map a frame."""
        return self._numbers(_KPAGECOUNT, frame, 1)[0]

    def is_free(self, frame: int) -> bool:
        """Whether a frame is in a free block."""
        return bool(self._numbers(_KPAGEFLAGS, frame, 1)[0] & _KPF_BUDDY)

    @staticmethod
    def _numbers(path: Path, first: int, count: int) -> tuple[int, ...]:
        with path.open("rb", buffering=0) as file:
            file.seek(first * _ENTRY_BYTES)
            return struct.unpack(f"={count}Q", file.read(count * _ENTRY_BYTES))


@attrs.define
class Record:
    """What was seen of each law: how many cases, and the first difference."""

    cases: Counter[str] = attrs.field(factory=Counter)
    differences: dict[str, str] = attrs.field(factory=dict)
    unjudged: dict[str, str] = attrs.field(factory=dict)

    def expect(self, law: str, same: bool, difference: str) -> None:
        """One case of a law."""
        self.cases[law] += 1
        if not same:
            self.differences.setdefault(law, difference)


@attrs.frozen
class Area:
    """Pages of a process, watched from outside."""

    kernel: Kernel
    process: int
    address: int
    pages: int = _PAGES

    def look(self) -> tuple[int, ...]:
        """The frame of each page; 0 where there is none."""
        entries = self.kernel.entries(self.process, self.address, self.pages)
        return tuple(entry & _FRAME if entry & _PRESENT and not entry & _SWAPPED else 0 for entry in entries)

    def entries(self) -> tuple[int, ...]:
        """The entries themselves."""
        return self.kernel.entries(self.process, self.address, self.pages)

    def of(self, process: int) -> Area:
        """The same addresses in another process."""
        return attrs.evolve(self, process=process)


class Process:
    """A worker: operations go in, results come out."""

    def __init__(self, running: subprocess.Popen[str]) -> None:
        self.running, self.number = running, running.pid

    def do(self, *command: Any) -> Any:
        """The result of one operation."""
        assert self.running.stdin is not None
        assert self.running.stdout is not None
        try:
            self.running.stdin.write(json.dumps(command) + "\n")
            self.running.stdin.flush()
            answer = self.running.stdout.readline()
        except BrokenPipeError:  # it ended before it could be asked
            answer = ""
        if not answer:
            raise TargetError(f"a worker ended with {self.running.wait()} when it was to {command[0]}")
        return json.loads(answer)


@contextmanager
def worker() -> Iterator[Process]:
    """A worker process, ended with its child when it is no longer needed."""
    pipe = subprocess.PIPE
    running = subprocess.Popen([sys.executable, "-I", str(_WORKER)], stdin=pipe, stdout=pipe, text=True)
    try:
        yield Process(running)
    finally:
        with suppress(BrokenPipeError):  # what an ended worker was not told is of no use any more
            running.communicate()


def why_not() -> str:
    """Why the kernel cannot be judged here, with the remedy; empty where it can."""
    for path in (Path(_PAGEMAP.format("self")), _KPAGECOUNT, _KPAGEFLAGS):
        if not path.exists():
            return f"this system has no {path}"
        try:
            with path.open("rb", buffering=0) as file:
                file.read(_ENTRY_BYTES)
        except OSError as error:
            return f"{path} cannot be read ({error.strerror}): run as root"
    return ""


def judge_pages(target: str, laws: Sequence[Law], kernel: Kernel | None = None) -> Judgement:
    """Hold the running kernel's page tables against the translation laws; `kernel` is how it is looked at."""
    started = time.perf_counter()
    reason = why_not() or _hidden()
    if reason:
        findings = [Finding(law.id, Verdict.NOT_JUDGED, reason) for law in laws]
        return Judgement("system", target, findings, seconds=time.perf_counter() - started)
    kernel = kernel or Kernel()
    record = observe(kernel)
    again = observe(kernel) if record.differences else record
    passing = {law: said for law, said in record.differences.items() if law not in again.differences}
    return Judgement(
        "system",
        target,
        [_finding(law, again) for law in laws],
        seconds=time.perf_counter() - started,
        size=f"{_WORKERS} processes and children",
        counts={"processes": _WORKERS, "pages": _WORKERS * _PAGES, "cases": sum(again.cases.values())},
        notes=tuple(f"{law}: seen once and not again: {said}" for law, said in sorted(passing.items())),
    )


def _hidden() -> str:
    """Why frames are not shown though pagemap can be read; empty where they are."""
    address = ctypes.addressof(ctypes.create_string_buffer(b"x", PAGE))
    [entry] = Kernel().entries(os.getpid(), address, 1)
    return "" if entry & _FRAME else "pagemap shows no frames: run as root"


def observe(kernel: Kernel) -> Record:
    """Let workers use memory, and note for each law what their page tables show."""
    record = Record()
    with ExitStack() as stack:
        processes = [stack.enter_context(worker()) for _ in range(_WORKERS)]
        areas = [Area(kernel, process.number, process.do("map", _PAGES, False)) for process in processes]
        for number, (process, area) in enumerate(zip(processes, areas, strict=True)):
            untouched = Area(kernel, process.number, process.do("map", _PAGES, False))
            for page, entry in enumerate(untouched.look()):
                record.expect("T6.unmapped", entry == 0, f"page {page} was never touched and has frame {entry:#x}")
            process.do("write", area.address, _PAGES, number << 32)
        _watch_private(record, kernel, areas)
        _watch_copies(record, kernel, processes[0], areas[0])
        _watch_shared(record, kernel, processes[1])
        _watch_changes(record, processes[2], areas[2])
        _watch_huge(record, kernel, processes[2])
    return record


def _watch_private(record: Record, kernel: Kernel, areas: Sequence[Area]) -> None:
    """Written private pages: present, in frames of their own, mapped once, not free; and two looks agree."""
    first = [area.look() for area in areas]
    second = [area.look() for area in areas]
    owners: dict[int, str] = {}
    for area, before, after in zip(areas, first, second, strict=True):
        for page, (frame, again) in enumerate(zip(before, after, strict=True)):
            where = f"page {page} of process {area.process}"
            record.expect("T6.mapped", frame != 0, f"{where} was written and has no frame")
            record.expect(
                "T1", frame == again, f"{where} is in frame {frame:#x}, and in {again:#x} when looked at again"
            )
            if not frame:
                continue
            other = owners.setdefault(frame, where)
            record.expect("F5", other == where, f"frame {frame:#x} is private to {other} and to {where}")
            count = kernel.mappings(frame)
            record.expect("F3", count == 1, f"frame {frame:#x} is mapped {count} times, by {where} alone")
            record.expect("F8", not kernel.is_free(frame), f"frame {frame:#x} is free and mapped by {where}")


def _watch_copies(record: Record, kernel: Kernel, process: Process, area: Area) -> None:
    """A child has its parent's frames until it writes; then its own, and the parent's stay as they are."""
    before, half = area.look(), _PAGES // 2
    child = area.of(process.do("fork"))
    for page, (ours, theirs) in enumerate(zip(before, child.look(), strict=True)):
        record.expect("F5", ours == theirs, f"page {page}: after fork the child has frame {theirs:#x}, not {ours:#x}")
        count = kernel.mappings(ours)
        record.expect("F3", count == 2, f"page {page}: after fork frame {ours:#x} is mapped {count} times, not twice")
    process.do("child", "write", area.address, half, 7 << 32)
    parent = set(before)
    for page, (ours, theirs) in enumerate(zip(before, child.look(), strict=True)):
        if page < half:
            own = theirs and theirs not in parent
            record.expect("F5", bool(own), f"page {page}: the child wrote it and has frame {theirs:#x}, its parent's")
        else:
            record.expect(
                "T6", ours == theirs, f"page {page}: the child did not write it, {ours:#x} became {theirs:#x}"
            )
    record.expect("T6", area.look() == before, "the child wrote, and frames of its parent changed")
    values = process.do("read", area.address, _PAGES)
    record.expect("F5", values == list(range(_PAGES)), "the child wrote, and its parent reads other numbers")


def _watch_shared(record: Record, kernel: Kernel, process: Process) -> None:
    """A shared mapping keeps its frames, whoever writes."""
    area = Area(kernel, process.number, process.do("map", _PAGES, True))
    process.do("write", area.address, _PAGES, 0)
    before = area.look()
    child = area.of(process.do("fork"))
    process.do("child", "write", area.address, _PAGES, 9 << 32)
    for page, (ours, theirs) in enumerate(zip(before, child.look(), strict=True)):
        record.expect("T6.mapped", ours == theirs, f"shared page {page}: frame {theirs:#x} in the child, not {ours:#x}")
        count = kernel.mappings(ours)
        record.expect("F3", count == 2, f"shared page {page}: two map frame {ours:#x}, the kernel counts {count}")
    values = process.do("read", area.address, _PAGES)
    record.expect(
        "T6.mapped", values == [(9 << 32) + page for page in range(_PAGES)], "the child's writes are not seen"
    )


def _watch_changes(record: Record, process: Process, area: Area) -> None:
    """Protecting, emptying and unmapping one page in the middle changes that page and nothing else."""
    page = [area.address + number * PAGE for number in range(_PAGES)]
    before = area.look()
    process.do("protect", page[10], 1, READ)
    process.do("protect", page[11], 1, 0)
    record.expect("T6", area.look() == before, "two pages were protected, and frames changed")
    entries = area.entries()
    for number, write in ((10, True), (11, True), (11, False)):
        refused = process.do("refused", page[number], write)
        record.expect("T9", refused, f"page {number}: an access without the right was not refused")
    record.expect("T9", area.entries() == entries, "accesses were refused, and entries changed")
    for number, operation in ((20, "unmap"), (30, "empty")):
        process.do(operation, page[number], 1)
        after = area.look()
        record.expect(
            "T6.unmapped", after[number] == 0, f"page {number}: {operation}, and frame {after[number]:#x} is there"
        )
        rest = [frame for place, frame in enumerate(after) if place != number]
        kept = [frame for place, frame in enumerate(before) if place != number]
        record.expect("T6", rest == kept, f"page {number}: {operation}, and frames of other pages changed")
        before = after
    record.expect("T9", process.do("refused", page[20], False), "page 20 was unmapped, and can be read")
    record.expect("T6.unmapped", process.do("read", page[30], 1) == [0], "page 30 was emptied, and is not zero")


def _watch_huge(record: Record, kernel: Kernel, process: Process) -> None:
    """A huge page is a whole aligned block; unmapping a page of it leaves the others where they are."""
    address = process.do("map", 2 * _HUGE_PAGES, False)
    process.do("huge", address, 2 * _HUGE_PAGES)
    aligned = (address + _HUGE_PAGES * PAGE - 1) // (_HUGE_PAGES * PAGE) * (_HUGE_PAGES * PAGE)
    area = Area(kernel, process.number, aligned, _HUGE_PAGES)
    process.do("write", aligned, 1, 5)
    before = area.look()
    if 0 in before:
        record.unjudged |= dict.fromkeys(("T7", "T7.split"), _NO_HUGE)
        return
    whole = before[0] % _HUGE_PAGES == 0 and before == tuple(range(before[0], before[0] + _HUGE_PAGES))
    record.expect("T7", whole, f"a huge page begins in frame {before[0]:#x} and is not one aligned block")
    process.do("unmap", aligned + PAGE, 1)
    after = area.look()
    record.expect("T7.split", after == (before[0], 0, *before[2:]), "a page of a huge page was unmapped, others moved")


def _finding(law: Law, record: Record) -> Finding:
    """The verdict on one law."""
    if law.id not in _LAWS:
        return Finding(law.id, Verdict.NOT_JUDGED, "the kernel shows frames and counts, and nothing of this")
    cases = record.cases[law.id]
    if law.id in record.differences:
        return Finding(law.id, Verdict.BROKEN, record.differences[law.id], cases)
    if law.id in record.unjudged:
        return Finding(law.id, Verdict.NOT_JUDGED, record.unjudged[law.id])
    return Finding(law.id, Verdict.HOLDS, "as the page tables of worker processes show", cases)
