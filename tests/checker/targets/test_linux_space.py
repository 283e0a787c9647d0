"""The running kernel's address spaces: in agreement with the contract, and found out where a kernel would lie."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from pagelaw.checker.check import check
from pagelaw.checker.space.session import Session
from pagelaw.checker.targets import linux_space, puppet, puppet_code
from pagelaw.checker.targets.inside import InsideTarget
from pagelaw.checker.targets.linux_space import DIFFERENCES, LinuxKernel
from pagelaw.checker.targets.load import is_observed, load_target
from pagelaw.checker.targets.target import TargetError
from pagelaw.model.linux_space import LinuxSpace
from pagelaw.spec import access_laws, page_laws, region_laws, sharing_laws, space_laws, stack_laws  # noqa: F401
from pagelaw.spec.contracts import Failed, Refused, Returned
from pagelaw.spec.contracts.space.arena import PAGE, SpaceArena
from pagelaw.spec.contracts.space.calls import (
    Create,
    Faults,
    Maps,
    Mmap,
    Mprotect,
    Mremap,
    Munmap,
    Read,
    Stack,
    Write,
)
from pagelaw.spec.contracts.space.relation import SpaceContract
from pagelaw.spec.law import laws_of

LAWS = laws_of("space")
BASE = 1 << 30
NO_FILE = -1
pytestmark = pytest.mark.skipif(bool(linux_space.why_not()), reason=linux_space.why_not())


@pytest.fixture
def kernel() -> Iterator[LinuxKernel]:
    """One process."""
    made = LinuxKernel(8, "linux")
    made.create(1)
    yield made
    made.close()


def mapped(kernel: LinuxKernel, rights: str = "rw", pages: int = 1, at: int = BASE, **others: Any) -> int:
    """Pages of process 1."""
    asked = {"shared": False, "fixed": True, "file": NO_FILE, "offset": 0} | others
    return kernel.mmap(1, at, pages * PAGE, rights, **asked)


# -- agreement ----------------------------------------------------------------------------------------------------


def test_the_kernel_keeps_the_contract() -> None:
    """Long runs and drawn stories in a worker, and nothing that is answered otherwise."""
    target = load_target("linux:space", "space")
    try:
        judgements = check(target, LAWS, contract="space", budget=5.0, seed=1, judges=("random", "soak"))
    finally:
        target.close()
    assert [finding for judgement in judgements for finding in judgement.broken] == []
    assert sum(judgement.counts["calls"] for judgement in judgements) > 300
    notes = judgements[-1].notes
    assert any(note.endswith("sequences of calls, and no disagreement but what is allowed") for note in notes)
    assert {name for name in DIFFERENCES if any(note.startswith(f"allowed: {name}: ") for note in notes)} == set(
        DIFFERENCES
    )


class Forgiving(LinuxKernel):
    """mprotect does nothing."""

    def mprotect(self, process: int, address: int, length: int, rights: str) -> None:
        self.mincore(process, address, length)


class Keeping(LinuxKernel):
    """What is unmapped is only emptied."""

    def munmap(self, process: int, address: int, length: int) -> None:
        self.madvise(process, address, length, "dontneed")


class Leaking(LinuxKernel):
    """What the first process writes, all others write too."""

    def write(self, process: int, address: int, value: int) -> None:
        super().write(process, address, value)
        for other in self._running:
            if process == 1 != other:
                self._running[other].store(address, value)


class Stale(LinuxKernel):
    """A file is not what was written to it through memory."""

    def store(self, file: int, offset: int, value: int) -> None:
        super().store(file, offset, value ^ 1)


class Hiding(LinuxKernel):
    """The last region is not listed."""

    def maps(self, process: int) -> list[list[object]]:
        return super().maps(process)[:-1]


class Everywhere(LinuxKernel):
    """All that was given is resident."""

    def mincore(self, process: int, address: int, length: int) -> list[bool]:
        return [True for _ in super().mincore(process, address, length)]


class Counting(LinuxKernel):
    """Every access is counted as a fault."""

    def faults(self, process: int) -> int:
        return super().faults(process) + self.accesses.get(process, 0)

    def read(self, process: int, address: int) -> int:
        value = super().read(process, address)
        self.accesses = {**self.accesses, process: self.accesses.get(process, 0) + 1}
        return value

    accesses: ClassVar[dict[int, int]] = {}


class Resting(LinuxKernel):
    """Faults are counted until one has been told."""

    def faults(self, process: int) -> int:
        return self.told.setdefault(process, super().faults(process))

    def create(self, process: int) -> None:
        super().create(process)
        self.told = {}

    told: ClassVar[dict[int, int]] = {}


class Deep(LinuxKernel):
    """A stack grows by a page more than it may."""

    def stack(self, process: int, size: int) -> int:
        lowest = super().stack(process, size)
        self._stacks[process] = {end: length + PAGE for end, length in self._stacks[process].items()}
        return lowest


class Shallow(LinuxKernel):
    """A stack does not grow."""

    def stack(self, process: int, size: int) -> int:
        lowest = super().stack(process, size)
        self._stacks[process] = dict.fromkeys(self._stacks[process], PAGE)
        return lowest


class Sliding(LinuxKernel):
    """What must be at one place is put beside it."""

    def mmap(self, process: int, address: int, length: int, *others: Any) -> int:
        return super().mmap(process, address + PAGE if others[2] else address, length, *others)


@pytest.mark.parametrize(
    ("factory", "laws"),
    [
        (Forgiving, {"V3", "V5", "V12"}),
        (Keeping, {"V10", "V2", "V16", "V15"}),
        (Leaking, {"V6", "V17"}),
        (Stale, {"V17"}),
        (Hiding, {"V2"}),
        (Everywhere, {"V12", "V11"}),
        (Sliding, {"V16", "V15"}),
        (Counting, {"V12"}),
        (Deep, {"V10", "V11"}),
        (Shallow, {"V14"}),
        (Resting, {"V12"}),
    ],
)
def test_a_kernel_that_lies_is_found_out(factory: type[LinuxKernel], laws: set[str]) -> None:
    """Each lie breaks a law that is about it."""
    target = InsideTarget(factory.__name__, factory, "space")
    [judgement] = check(target, LAWS, contract="space", budget=10.0, seed=0, judges=("enumerate",))
    assert {finding.law for finding in judgement.broken} <= laws
    assert judgement.broken


# -- what differs -------------------------------------------------------------------------------------------------


def test_a_call_over_a_hole_is_done_in_part(kernel: LinuxKernel) -> None:
    """`done in part`: the pages before the hole are protected, those behind it are emptied."""
    mapped(kernel)
    mapped(kernel, at=BASE + 2 * PAGE)
    kernel.write(1, BASE + 2 * PAGE, 7)
    with pytest.raises(LookupError):
        kernel.mprotect(1, BASE, 3 * PAGE, "r")
    with pytest.raises(PermissionError, match="SIGSEGV at 0x40000000, code 2"):
        kernel.write(1, BASE, 1)
    with pytest.raises(LookupError):
        kernel.madvise(1, BASE, 3 * PAGE, "dontneed")
    assert kernel.read(1, BASE + 2 * PAGE) == 0


def test_a_page_that_was_read_is_resident(kernel: LinuxKernel) -> None:
    """`zero page`: as one that was written is."""
    mapped(kernel, pages=3)
    kernel.read(1, BASE)
    kernel.write(1, BASE + PAGE, 1)
    assert kernel.mincore(1, BASE, 3 * PAGE) == [True, True, False]


def test_long_ranges_are_asked_for_in_parts(kernel: LinuxKernel) -> None:
    """More pages than a puppet has room to tell of."""
    pages = puppet_code.ROOM_BYTES + 2
    mapped(kernel, pages=pages)
    kernel.write(1, BASE + (pages - 1) * PAGE, 1)
    assert kernel.mincore(1, BASE, pages * PAGE) == [False] * (pages - 1) + [True]
    with pytest.raises(LookupError):
        kernel.mincore(1, BASE, (pages + 1) * PAGE)


def test_regions_that_were_written_are_not_merged(kernel: LinuxKernel) -> None:
    """`merging`: each keeps what was made for it at its first write."""
    mapped(kernel)
    mapped(kernel, at=BASE + 2 * PAGE)
    for page in (0, 2):
        kernel.write(1, BASE + page * PAGE, 1)
    mapped(kernel, at=BASE + PAGE)
    assert len(kernel.maps(1)) == 2
    with pytest.raises(LookupError):
        kernel.mremap(1, BASE, 3 * PAGE, 4 * PAGE, True)


def test_a_denied_fetch_may_make_a_page_resident(kernel: LinuxKernel) -> None:
    """`fetch`: not one of a page that may not be read."""
    mapped(kernel, "r")
    mapped(kernel, "", at=BASE + PAGE)
    for page in (0, 1):
        with pytest.raises(PermissionError):
            kernel.execute(1, BASE + page * PAGE)
    assert kernel.mincore(1, BASE, 2 * PAGE)[1] is False


def test_the_heap_stays_away_from_others(kernel: LinuxKernel) -> None:
    """`heap`: the page in front of another region is not given."""
    end = kernel.brk(1, 0)
    mapped(kernel, at=end + 2 * PAGE)
    assert kernel.brk(1, end + PAGE) == end + PAGE
    assert kernel.brk(1, end + 2 * PAGE) == end + PAGE
    assert kernel.maps(1)[0][:4] == [end, end + PAGE, "rw", False]


# -- ways to fail -------------------------------------------------------------------------------------------------


def test_files_are_told_by_number(kernel: LinuxKernel) -> None:
    """Two files, one in memory and one on a disk; what lies past their end is told as such."""
    for file in (1, 2):
        kernel.file(file, 1)
        mapped(kernel, pages=2, at=BASE + 2 * file * PAGE, shared=True, file=file)
        with pytest.raises(EOFError, match="SIGBUS"):
            kernel.read(1, BASE + (2 * file + 1) * PAGE)
        kernel.write(1, BASE + 2 * file * PAGE, file)
        assert kernel.load(file, 0) == file
        with pytest.raises(ValueError, match="no such byte"):
            kernel.store(file, 1, 1)
    assert [region[3:] for region in kernel.maps(1)] == [[True, 1, 0], [True, 2, 0]]
    with pytest.raises(ValueError, match="there is no file 3"):
        mapped(kernel, file=3)


def test_stacks_and_their_limits(kernel: LinuxKernel) -> None:
    """Each has its own, in every process; where there is no room in the window they are aside."""
    low = kernel.stack(1, 4 * PAGE + 1)
    assert low == BASE + 3 * PAGE
    far, other = kernel.stack(1, 5 * PAGE), kernel.stack(1, 2 * PAGE)
    assert far > BASE + 8 * PAGE
    assert abs(far - other) > (1 << 31)
    kernel.fork(1, 2)
    for process in (2, 1):
        for lowest in (other, low, far, other):
            kernel.write(process, lowest, 1)
            with pytest.raises(PermissionError):
                kernel.read(process, lowest - 1)
    assert [region[:3] for region in kernel.maps(1)] == [
        [low, low + 5 * PAGE, "rw"], *sorted([[far, far + 5 * PAGE, "rw"], [other, other + 2 * PAGE, "rw"]]),
    ]  # fmt: skip
    kernel.munmap(1, low, 5 * PAGE)
    with pytest.raises(PermissionError):
        kernel.read(1, low + 4 * PAGE)
    assert kernel.stack(1, PAGE) == BASE + 7 * PAGE
    with pytest.raises(ValueError, match="has a size"):
        kernel.stack(1, 0)


def told_beside_stacks(factory: type[LinuxKernel], seed: int) -> Session:
    """A window larger than the gap: stacks grow towards what is mapped below them, with and without rights."""
    target, arena = InsideTarget("linux:space", factory, "space"), SpaceArena("linux", 600)
    instance = target.open(arena)
    session = Session(SpaceContract(arena, target.capabilities), instance)
    chance, begun = random.Random(seed), [Create(1), Stack(1, 320 * PAGE), Stack(1, 270 * PAGE)]
    session.perform(begun)
    for _ in range(150):
        page = BASE + chance.randrange(600) * PAGE
        lowest = min((page for page, entry in session.memory.processes[1].pages.items() if entry.kind == "stack"))
        below = [page for page in session.memory.processes[1].pages if page < lowest]
        edge = (max(below) + 257 if below else lowest - 1) * PAGE
        rights, count = chance.choice(["", "r", "rw"]), chance.randrange(1, 4) * PAGE
        calls = [
            Mmap(1, page, count, rights, False, True, NO_FILE, 0),
            Mmap(1, page, count, "rw", False, False, NO_FILE, 0),
            Mremap(1, page, PAGE, 2 * PAGE, chance.random() < 0.5),
            Munmap(1, page, count * 20),
            Mprotect(1, page, PAGE, rights),
            *(Write(1, near, 1) for near in (page, edge, edge - PAGE, edge - 2 * PAGE) if near < lowest * PAGE),
        ]
        session.perform([chance.choice(calls), Faults(1), Maps(1)])
    instance.close()
    return session


def test_what_stacks_keep_from_what_is_below_them() -> None:
    """To the page, in a window where both can be; and another gap than it is said to be is found."""
    sessions = [told_beside_stacks(LinuxKernel, seed) for seed in range(6)]
    assert [session.breaches for session in sessions] == [[]] * 6
    assert sum(session.tally.stopped for session in sessions) > 5
    narrow = type("Narrow", (LinuxKernel,), {"gap": LinuxKernel.gap - 1})
    breaches = [breach for seed in range(6) for breach in told_beside_stacks(narrow, seed).breaches]
    assert {breach.law for breach in breaches} == {"V14"}


@pytest.mark.parametrize("seed", range(3))
def test_faults_are_those_of_the_model(kernel: LinuxKernel, seed: int) -> None:
    """One for each first access and each copy, number for number; where the page of zeros was shown, one more."""
    model, chance, zeros = LinuxSpace(8, "linux"), random.Random(seed), Counter()
    model.create(1)
    for made in (kernel, model):
        made.mmap(1, BASE, 8 * PAGE, "rw", False, True, NO_FILE, 0)
    read_only: dict[int, set[int]] = {1: set()}
    for step in range(300):
        process, address = chance.choice([*read_only]), BASE + chance.randrange(8) * PAGE
        kind = chance.randrange(12)
        if kind == 0 and len(read_only) < 3:
            child = len(read_only) + 1
            for made in (kernel, model):
                made.fork(process, child)
            read_only[child] = set()
            read_only[process].clear()  # now the model copies as well
            for page in range(8):
                for made in (kernel, model):
                    made.write(child, BASE + page * PAGE, 1)
        elif kind < 2:
            for made in (kernel, model):
                made.madvise(process, address, PAGE, "dontneed")
            read_only[process].discard(address)
        elif kind < 7:
            before = kernel.faults(process)
            assert kernel.read(process, address) == model.read(process, address)
            if kernel.faults(process) > before:
                read_only[process].add(address)
        else:
            for made in (kernel, model):
                made.write(process, address, step % 256)
            zeros[process] += address in read_only[process]
            read_only[process].discard(address)
        counted = {number: (kernel.faults(number), model.faults(number) + zeros[number]) for number in read_only}
        assert all(told == wanted for told, wanted in counted.values()), (step, counted)
    assert min(zeros.values()) > 0


def test_where_faults_are_not_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where others take pages out of reach, or nothing is counted, nobody is asked about it."""
    puppets = linux_space._COMPANY[0]
    assert not linux_space.why_not_counted(puppets)
    monkeypatch.setattr(puppet.Puppet, "faults", lambda _: 0)
    assert linux_space.why_not_counted(puppets) == "this kernel counts no faults"
    monkeypatch.setattr(puppet.Puppet, "settle", lambda _: -22)
    assert "older than Linux 5.14" in linux_space.why_not_counted(puppets)
    setting = tmp_path / "numa_balancing"
    setting.write_text("1\n", encoding="ascii")
    monkeypatch.setattr(linux_space, "BALANCING", setting)
    assert "balancing between memory nodes" in linux_space.why_not_counted(puppets)
    assert not InsideTarget("linux:space", LinuxKernel, "space").capabilities.faults


def test_words_that_the_contract_knows(kernel: LinuxKernel) -> None:
    """Refusals are those of the kernel, and of names that there are or are not."""
    for refused in (
        lambda: kernel.create(1),
        lambda: kernel.exit(2),
        lambda: kernel.fork(1, 1),
        lambda: kernel.munmap(1, BASE + 1, PAGE),
        lambda: kernel.madvise(1, BASE, PAGE, "hurry"),
        lambda: kernel.write(1, BASE, 256),
        lambda: kernel.mremap(1, BASE, PAGE, 0, True),
    ):
        with pytest.raises((ValueError, LookupError)):
            refused()
    with pytest.raises(ValueError, match="speaks the dialect linux"):
        LinuxKernel(1, "windows")
    assert kernel.mincore(1, BASE, 0) == []


def test_a_process_that_is_killed_is_a_finding() -> None:
    """Its next access has no answer that the contract knows, and the next arena is as new."""
    target = InsideTarget("linux:space", LinuxKernel, "space")
    instance = target.open(SpaceArena("linux", 4))
    begun = [Create(1), Mmap(1, BASE, PAGE, "rw", False, True, NO_FILE, 0), Write(1, BASE, 3), Read(1, BASE)]
    assert instance.perform(begun)[-1] == Returned(3)
    os.kill(instance._made._running[1].pid, signal.SIGKILL)
    [answer] = instance.perform([Read(1, BASE)])
    assert isinstance(answer, Failed)
    assert "ended without being told to, with SIGKILL" in answer.detail
    instance.close()
    assert target.open(SpaceArena("linux", 4)).perform([*begun[:1], *begun[2:]])[-1] == Refused("denied")


def test_a_worker_leaves_no_process_behind() -> None:
    """Not even one that is ended in the middle of a story."""
    target = load_target("linux:space", "space")
    instance = target.open(SpaceArena("linux", 4))
    instance.perform([Create(1), Create(2)])
    children = Path(f"/proc/{target.pid}/task/{target.pid}/children").read_text(encoding="ascii").split()
    assert len(children) == 3
    target.close()
    until = time.monotonic() + 10
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < until:
        time.sleep(0.01)
    assert not any(Path(f"/proc/{child}").exists() for child in children)


def test_where_there_are_no_puppets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another processor or system is not judged, and says so; the contract is that of address spaces."""
    with pytest.raises(TargetError, match="use it with --contract space, not frames"):
        load_target("linux:space", "frames")
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(
        TargetError, match="linux:space is not judged: puppets are programs for x86-64, and this is risc"
    ):
        load_target("linux:space", "space")
    with pytest.raises(OSError, match="riscv64"):
        LinuxKernel(1, "linux")
    monkeypatch.setattr("platform.system", lambda: "Plan9")
    with pytest.raises(TargetError, match="this is Plan9, not Linux"):
        load_target("linux:space", "space")
    assert not is_observed("linux:space")
