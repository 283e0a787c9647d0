"""The examples of address spaces are clean, and each line that a law stands on is missed by name when it is gone."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pagelaw.checker.check import check
from pagelaw.checker.replay import retell
from pagelaw.checker.targets.load import load_target
from pagelaw.checker.verdict import Judgement, Verdict
from pagelaw.spec.contracts import CONTRACTS, Returned
from pagelaw.spec.contracts.space.arena import PAGE, SpaceArena
from pagelaw.spec.contracts.space.calls import Create, Fork, Mmap, Protect, Read, Reserve, SpaceCall, Write
from pagelaw.spec.law import select_laws

FOLDER = Path(__file__).parents[2] / "examples" / "spaces"
FILES = ("vm_frames.h", "vm_regions.h", "vm_processes.h", "vm.c")
PROGRAM = f"cmd:{sys.executable} {FOLDER / 'vm.py'}"
LAWS = select_laws("space", ())
BASE = 1 << 30
FLAGS = ("-O2", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared", "-fPIC")


def library(folder: Path, file: str = "", line: str = "", instead: str = "") -> str:
    """The C example as a library, with one line of it changed."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler")
    for name in FILES:
        text = (FOLDER / name).read_text(encoding="utf-8")
        if name == file:
            assert text.count(line) == 1
            text = text.replace(line, instead)
        (folder / name).write_text(text, encoding="utf-8")
    subprocess.run([compiler, *FLAGS, "-o", folder / "vm.so", folder / "vm.c"], check=True)
    return str(folder / "vm.so")


def program(folder: Path, line: str, instead: str) -> str:
    """The Python example as a program, with one line of it changed."""
    text = (FOLDER / "vm.py").read_text(encoding="utf-8")
    assert text.count(line) == 1
    (folder / "vm.py").write_text(text.replace(line, instead), encoding="utf-8")
    return f"cmd:{sys.executable} {folder / 'vm.py'}"


def judged(spec: str, budget: float = 1.5) -> list[Judgement]:
    """The judgements of a target within a small budget; what broke is told again by its trace."""
    target = load_target(spec, "space")
    try:
        judgements = check(target, LAWS, contract="space", budget=budget, seed=0, judges=("enumerate", "random"))
        for found in (found for judgement in judgements for found in judgement.broken if found.trace):
            assert retell(found.trace, target).outcome == "same"
        return judgements
    finally:
        target.close()


def told(spec: str, arena: SpaceArena, calls: list[SpaceCall]) -> list[object]:
    """What a target answers, each answer allowed by the contract."""
    target = load_target(spec, "space")
    try:
        answers = target.open(arena).perform(calls)
        relation = CONTRACTS["space"].relation(arena, target.capabilities)
        state = relation.initial()
        for call, answer in zip(calls, answers, strict=True):
            assert relation.may_ask(state, call)
            assert relation.breaches(state, call, answer) == []
            state = relation.after(state, call, answer)
        return [answer.value if isinstance(answer, Returned) else answer.reason for answer in answers]
    finally:
        target.close()


def test_a_fork_that_copies_on_write(tmp_path: Path) -> None:
    """What the child writes the parent does not see."""
    calls = [
        Create(1),
        Mmap(1, BASE, PAGE, "rw", False, True, -1, 0),
        Write(1, BASE, 5),
        Fork(1, 2),
        Write(2, BASE, 9),
        Read(1, BASE),
        Read(2, BASE),
        Read(2, BASE + PAGE),
    ]
    wanted = [None, BASE, None, None, None, 5, 9, "denied"]
    assert told(library(tmp_path), SpaceArena("linux", 8), calls) == wanted


def test_a_guard_that_is_told_once() -> None:
    """Then the page is there, and protection tells the rights without the guard."""
    calls = [Create(1), Reserve(1, 0, PAGE, "rwg", True), *[Write(1, BASE, 7)] * 2, Protect(1, BASE, 1, "r")]
    assert told(PROGRAM, SpaceArena("windows", 16), calls) == [None, BASE, "guard", None, "rw"]


@pytest.mark.expensive
@pytest.mark.parametrize("name", ["vm.c", "vm.py"])
def test_no_law_is_broken(name: str, tmp_path: Path) -> None:
    """Under two judges, and what can be judged holds."""
    judgements = judged(library(tmp_path) if name == "vm.c" else PROGRAM)
    findings = [finding for judgement in judgements for finding in judgement.findings]
    assert [finding.because for finding in findings if finding.verdict is Verdict.BROKEN] == []
    held = {finding.law for finding in findings if finding.verdict is Verdict.HOLDS}
    own = {"V1", "V5.merged", "V6"} if name == "vm.c" else {"V4", "V8", "V13"}
    assert held >= own | {"V2", "V3", "V5", "V10", "V11", "V12", "V15", "V16", "V17", "V18", "F7", "C1", "C2"}


#: What is changed in which file, and the laws of which one must break.
C_CHANGES = {
    "frames are not zeroed": ("vm_frames.h", "        memset(frame->bytes, 0, PAGE);\n", "", {"F7"}),
    "a frame too many": ("vm_frames.h", "frames->used == frames->most", "frames->used > frames->most", {"F2"}),
    "what is shared is copied": ("vm_processes.h", "&& !region->shared &&", "&&", {"V17"}),
    "two share what one writes": ("vm_processes.h", "references > 1", "references > 2", {"V6"}),
    "any right will do": ("vm_processes.h", "!(region->rights & wanted)", "!region->rights", {"V3"}),
    "halves begin alike": ("vm_regions.h", "upper.place += page - lower->first;", "", {"V5", "V6", "V17"}),
    "neighbours stay two": ("vm.c", "    merge(&p->regions, &vm->frames);\n    *given", "    *given", {"V5.merged"}),
    "a child is not counted": ("vm.c", "        (*copy)->references++;\n", "        (void)copy;\n", {"V6", "C2"}),
}
PYTHON_CHANGES = {
    "the guard stays": ('            region.rights[page] = rights.replace("g", "")\n', "", {"V13"}),
    "contents stay": ("            self.process(call).written.pop(page, None)\n", "", {"F7"}),
    "charged twice": ("sum(page not in region.rights for page in pages)", "len(pages)", {"V4"}),
}


@pytest.mark.parametrize(("file", "line", "instead", "laws"), C_CHANGES.values(), ids=C_CHANGES)
def test_a_line_of_c_that_is_changed(tmp_path: Path, file: str, line: str, instead: str, laws: set[str]) -> None:
    """The law that it stands for is broken."""
    broken = {
        found.law for judgement in judged(library(tmp_path, file, line, instead), 20) for found in judgement.broken
    }
    assert broken
    assert broken <= laws


@pytest.mark.parametrize(("line", "instead", "laws"), PYTHON_CHANGES.values(), ids=PYTHON_CHANGES)
def test_a_line_of_python_that_is_changed(tmp_path: Path, line: str, instead: str, laws: set[str]) -> None:
    """And behind the line protocol too."""
    broken = {found.law for judgement in judged(program(tmp_path, line, instead), 20) for found in judgement.broken}
    assert broken
    assert broken <= laws


@pytest.mark.expensive
@pytest.mark.parametrize("name", ["vm.c", "vm.py"])
def test_on_the_command_line(name: str, tmp_path: Path) -> None:
    """`pagelaw check` says so too."""
    spec = library(tmp_path) if name == "vm.c" else PROGRAM
    laws = [word for law in ("V3", "V12", "V16", "V17", "V18") for word in ("--law", law)]
    command = [sys.executable, "-m", "pagelaw", "check", spec, "--contract", "space", "--budget", "5", *laws]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "every law held" in ran.stdout
