"""How many states machines with TLBs have: counted by the judge, in plain Python, and by Spin, with the same result."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pagelaw.checker.explore.tlb import Code, TlbSystem
from pagelaw.model.fast import backend
from pagelaw.model.fast.tlb_machine import Machine

needs_compiler = pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")

#: States, transitions and depth of each machine.
COUNTS = {
    Machine(1, home=(0, 0), identifiers=1): (306, 1522, 11),
    Machine(1, home=(0, 1), identifiers=1): (398, 1756, 11),
    Machine(1, home=(0, 1)): (1834, 11624, 13),
    Machine(2, home=(0, 0), identifiers=1): (2090, 19334, 16),
    Machine(2, home=(0, 1), identifiers=1): (1790, 13004, 16),
    Machine(2, home=(0, 1)): (15778, 183720, 19),
    Machine(2): (41446, 504656, 19),
    Machine(3, home=(0, 1)): (181738, 3342112, 25),
    Machine(3): (528078, 9877928, 25),
}


# -- a reading of the protocol in plain Python, written apart from the specification -------------------------


class Naive:
    """Cores with dictionaries for TLBs; who still owes a flush is a set, and the parity only told beside it."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.entries: dict[int, int] = {}
        self.owners: dict[int, int] = {}
        self.tlbs: list[dict[int, int]] = [{} for _ in range(machine.cores)]
        self.running: list[int | None] = [None] * machine.cores
        self.names: dict[int, int] = {}
        self.task: tuple[str, int, int] | None = None
        self.owing: set[int] = set()
        self.parity = False

    def key(self) -> Any:
        """All of it as a value."""
        tlbs = tuple(frozenset(tlb.items()) for tlb in self.tlbs)
        books = frozenset(self.entries.items()), frozenset(self.owners.items()), frozenset(self.names.items())
        return books, tlbs, tuple(self.running), self.task, frozenset(self.owing), self.parity

    def copy(self) -> "Naive":
        """The same, to be changed."""
        other = Naive(self.machine)
        other.entries, other.owners, other.names = dict(self.entries), dict(self.owners), dict(self.names)
        other.tlbs, other.running = [dict(tlb) for tlb in self.tlbs], list(self.running)
        other.task, other.owing, other.parity = self.task, set(self.owing), self.parity
        return other

    def begin(self, what: str, which: int, frame: int = -1) -> None:
        """A shootdown that every core has to answer."""
        self.task, self.owing, self.parity = (what, which, frame), set(range(self.machine.cores)), not self.parity

    def successors(self) -> Iterator["Naive"]:
        """The state after every move that changes something; a move each, even if two lead to the same state."""
        home, cores = self.machine.home, range(self.machine.cores)
        for core in cores:
            for page, space in enumerate(home):
                frame = self.entries.get(page)
                if frame is not None and self.running[core] == space and self.tlbs[core].get(page) != frame:
                    other = self.copy()
                    other.tlbs[core][page] = frame
                    yield other
                if page in self.tlbs[core]:
                    other = self.copy()
                    del other.tlbs[core][page]
                    yield other
            for space in [*range(self.machine.spaces), None]:
                if any(space in (None, home[page]) for page in self.tlbs[core]):
                    other = self.copy()
                    other.forget(core, space)
                    yield other
            for space in self.names:
                if self.task is None or self.task[:2] != ("space", space):
                    for keep in (True, False):
                        if self.running[core] != space or (not keep and self.tlbs[core]):
                            other = self.copy()
                            other.running[core] = space
                            if not keep:
                                other.forget(core, None)
                            yield other
            if self.running[core] is not None:
                other = self.copy()
                other.running[core] = None
                yield other
            if core in self.owing:
                other = self.copy()
                other.answer(core)
                yield other
        yield from self._of_pages()
        yield from self._of_spaces()

    def forget(self, core: int, space: int | None) -> None:
        """The core forgets a space, or everything."""
        kept = self.tlbs[core].items()
        self.tlbs[core] = {page: frame for page, frame in kept if space not in (None, self.machine.home[page])}

    def answer(self, core: int) -> None:
        """The core flushes what it owes."""
        what, which, _ = self.task or ("", 0, 0)
        if what == "page":
            self.tlbs[core].pop(which, None)
        else:
            self.forget(core, which)
        self.owing.discard(core)

    def _of_pages(self) -> Iterator["Naive"]:
        for page in range(len(self.machine.home)):
            if page in self.entries:
                if self.task is None:
                    other = self.copy()
                    other.begin("page", page, other.entries.pop(page))
                    yield other
            elif self.task is None or self.task[:2] != ("page", page):
                for frame in set(range(self.machine.frames)) - set(self.owners):
                    other = self.copy()
                    other.entries[page], other.owners[frame] = frame, page
                    yield other
        if self.task is not None and self.task[0] == "page" and not self.owing:
            _, page, frame = self.task
            for again in (True, False):
                other = self.copy()
                other.task = None
                if again:
                    other.entries[page] = frame
                else:
                    del other.owners[frame]
                yield other

    def _of_spaces(self) -> Iterator["Naive"]:
        for space in range(self.machine.spaces):
            if space not in self.names:
                for number in set(range(self.machine.identifiers)) - set(self.names.values()):
                    other = self.copy()
                    other.names[space] = number
                    yield other
            elif self.task is None and space not in self.running:
                other = self.copy()
                other.begin("space", space)
                yield other
        if self.task is not None and self.task[0] == "space" and not self.owing:
            other = self.copy()
            other.task = None
            del other.names[self.task[1]]
            yield other


def counted(machine: Machine) -> tuple[int, int, int]:
    """States, transitions and depth, breadth first."""
    start = Naive(machine)
    level, known, transitions, depth = [start], {start.key()}, 0, -1
    while level:
        depth, found = depth + 1, []
        for state in level:
            for other in state.successors():
                transitions += 1
                key = other.key()
                if key not in known:
                    known.add(key)
                    found.append(other)
        level = found
    return len(known), transitions, depth


# -- the same in Spin's language ------------------------------------------------------------------------------


def promela(machine: Machine) -> str:
    """Every move written out as one step, on bytes; 9 is nothing."""
    home, cores, spaces = machine.home, range(machine.cores), range(machine.spaces)
    pages, frames, numbers = range(len(home)), range(machine.frames), range(machine.identifiers)
    sizes = {"entry": pages, "runs": cores, "owner": frames, "name": spaces, "holder": numbers}
    moves = []

    def move(guard: str, *steps: str) -> None:
        moves.append(f"  :: d_step {{ {guard} -> {'; '.join(steps)} }}")

    def mine(core: int, space: int) -> list[str]:
        return [f"t{core}[{page}]" for page in pages if home[page] == space]

    done = " && ".join(f"seen[{core}] == turn" for core in cores)
    for core in cores:
        for page in pages:
            held = f"t{core}[{page}]"
            fresh = f"entry[{page}] != 9 && runs[{core}] == {home[page]} && {held} != entry[{page}]"
            move(fresh, f"{held} = entry[{page}]")
            move(f"{held} != 9", f"{held} = 9")
        move(
            f"seen[{core}] != turn",
            *[f"if :: page == {page} -> t{core}[{page}] = 9 :: else -> skip fi" for page in pages],
            *[
                f"if :: space == {space} -> {'; '.join(f'{held} = 9' for held in mine(core, space))} :: else -> skip fi"
                for space in spaces
            ],
            f"seen[{core}] = turn",
        )
        everything = [f"t{core}[{page}] = 9" for page in pages]
        move(f"runs[{core}] != 9", f"runs[{core}] = 9")
        for space in spaces:
            move(f"name[{space}] != 9 && space != {space} && runs[{core}] != {space}", f"runs[{core}] = {space}")
            move(f"name[{space}] != 9 && space != {space}", f"runs[{core}] = {space}", *everything)
            move("true", *[f"{held} = 9" for held in mine(core, space)])
    for page in pages:
        for frame in frames:
            free = f"entry[{page}] == 9 && page != {page} && owner[{frame}] == 9"
            move(free, f"entry[{page}] = {frame}", f"owner[{frame}] = {page}")
        begin = ["turn = 1 - turn", f"page = {page}", f"held = entry[{page}]", f"entry[{page}] = 9"]
        move(f"entry[{page}] != 9 && page == 9 && space == 9", *begin)
    for space in spaces:
        for number in numbers:
            unnamed = f"name[{space}] == 9 && holder[{number}] == 9"
            move(unnamed, f"name[{space}] = {number}", f"holder[{number}] = {space}")
        idle = " && ".join(f"runs[{core}] != {space}" for core in cores)
        move(f"name[{space}] != 9 && page == 9 && space == 9 && {idle}", "turn = 1 - turn", f"space = {space}")
    move(f"page != 9 && {done}", "owner[held] = 9", "page = 9", "held = 9")
    move(f"page != 9 && {done}", "entry[page] = held", "page = 9", "held = 9")
    move(f"space != 9 && {done}", "holder[name[space]] = 9", "name[space] = 9", "space = 9")
    arrays = [f"byte {name}[{len(size)}];" for name, size in sizes.items()]
    arrays += [f"byte t{core}[{len(home)}];" for core in cores]
    empty = [f"{name}[{index}] = 9" for name, size in sizes.items() for index in size]
    empty += [f"t{core}[{page}] = 9" for core in cores for page in pages]
    lines = [*arrays, f"byte seen[{machine.cores}];", "byte turn; byte page = 9; byte space = 9; byte held = 9;"]
    return "\n".join([*lines, "init {", f"  d_step {{ {'; '.join(empty)} }}", "  do", *moves, "  od", "}", ""])


def spin_states(machine: Machine, folder: Path) -> int:
    """States that Spin stores, without its own before the first."""
    (folder / "tlb.pml").write_text(promela(machine), encoding="utf-8")
    for command in (
        ["spin", "-a", "tlb.pml"],
        ["gcc", "-O1", "-DSAFETY", "-DNOREDUCE", "-DMEMLIM=2000", "-o", "pan", "pan.c"],
    ):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    done = subprocess.run(["./pan", "-m1000000", "-w22"], cwd=folder, check=True, capture_output=True, text=True)
    assert "errors: 0" in done.stdout
    found = re.search(r"(\d+) states, stored", done.stdout)
    assert found is not None
    return int(found[1]) - 1


# -- tests ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plain() -> Code:
    """The moves on plain integers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backend, "is_compiled", lambda: False)
        return Code()


@pytest.fixture(scope="module")
def compiled() -> Code:
    """The moves compiled, where there is a compiler."""
    return Code()


@pytest.mark.parametrize("machine", [machine for machine in COUNTS if COUNTS[machine][0] < 20_000], ids=str)
@pytest.mark.expensive
def test_counts_are_those_of_a_naive_search(machine: Machine) -> None:
    """The pinned counts, from a reading of the protocol that shares nothing with the specification."""
    assert counted(machine) == COUNTS[machine]


@pytest.mark.skipif(not shutil.which("spin") or not shutil.which("gcc"), reason="Spin or gcc is not installed")
@pytest.mark.parametrize("machine", [Machine(2), pytest.param(Machine(3), marks=pytest.mark.expensive)], ids=str)
@pytest.mark.expensive
def test_counts_are_those_of_spin(machine: Machine, tmp_path: Path) -> None:
    """The pinned number of states, on three cores too."""
    assert spin_states(machine, tmp_path) == COUNTS[machine][0]


@pytest.mark.nightly
@needs_compiler
@pytest.mark.parametrize("threads", [1, 2])
def test_every_machine_has_exactly_its_states(compiled: Code, threads: int) -> None:
    """With either number of threads; every law asked at each state and of each move, and none is broken."""
    for machine, wanted in COUNTS.items():
        found = TlbSystem(machine, code=compiled).search(threads=threads)
        assert (found.states, found.transitions, found.depth) == wanted
        assert (found.checked, dict(found.broken), found.ended) == (wanted[0], {}, "")


@pytest.mark.parametrize("machine", [Machine(1, home=(0, 1)), Machine(1, home=(0, 0), identifiers=1)], ids=str)
def test_plain_integers_count_the_same(plain: Code, machine: Machine) -> None:
    """The same search uncompiled."""
    found = TlbSystem(machine, code=plain).search()
    assert (found.states, found.transitions, found.depth) == COUNTS[machine]
    assert not found.broken
