"""The examples of page tables are clean, and each line that a law stands on is missed by name when it is gone."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pagelaw.checker.check import check
from pagelaw.checker.targets.load import load_target
from pagelaw.checker.verdict import Judgement, Verdict
from pagelaw.spec import table_laws, tlb_laws, translation_laws  # noqa: F401 - registers the laws
from pagelaw.spec.law import laws_of

FOLDER = Path(__file__).parents[2] / "examples" / "pagetables"
BUDGET = 2.0


def library(folder: Path, line: str = "", instead: str = "") -> str:
    """The C example as a library, with one line of it changed."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    for name in ("x86_entries.h", "x86_memory.h", "x86_tables.c"):
        text = (FOLDER / name).read_text(encoding="utf-8")
        if name == "x86_tables.c" and line:
            assert text.count(line) == 1
            text = text.replace(line, instead)
        (folder / name).write_text(text, encoding="utf-8")
    built = folder / "x86_tables.so"
    flags = ("-O2", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared", "-fPIC")
    subprocess.run([compiler, *flags, "-o", built, folder / "x86_tables.c"], check=True)
    return str(built)


def judged(spec: str, *judges: str) -> list[Judgement]:
    """The judgements of a target within a small budget."""
    target = load_target(spec, "translation")
    try:
        return check(target, laws_of("translation"), contract="translation", budget=BUDGET, seed=0, judges=judges)
    finally:
        target.close()


def held(judgements: list[Judgement]) -> set[str]:
    """The laws that hold, where none is broken."""
    findings = [finding for judgement in judgements for finding in judgement.findings]
    assert [finding.because for finding in findings if finding.verdict is Verdict.BROKEN] == []
    return {finding.law for finding in findings if finding.verdict is Verdict.HOLDS}


@pytest.mark.expensive
def test_tables_of_x86_64(tmp_path: Path) -> None:
    """Read from its memory by the walker, with every event for TLBs."""
    laws = held(judged(library(tmp_path), "enumerate", "random"))
    assert {"T3", "T4", "T5", "T6.mapped", "T6.unmapped", "T7", "T11", "T13", "F6", "F8", "L2", "L3"} <= laws


@pytest.mark.expensive
def test_tables_of_sv39() -> None:
    """A program of its own, judged by what its tables say."""
    laws = held(judged(f"cmd:{sys.executable} {FOLDER / 'sv39_tables.py'}", "enumerate", "random"))
    assert {"T3", "T4", "T5", "T6.mapped", "T6.unmapped", "T11", "T13", "F6", "F8"} <= laws


_FLUSH = "    flush(t, space, address, pages, level);\n    while (count)\n        give_frame(t, gone[--count]);\n"
_RELEASE_FIRST = (
    "    while (count)\n        give_frame(t, gone[--count]);\n    flush(t, space, address, pages, level);\n"
)


@pytest.mark.parametrize(
    ("line", "instead", "law"),
    [
        (_FLUSH, _FLUSH.partition("\n")[2], {"L2", "L3"}),
        (_FLUSH, _RELEASE_FIRST, {"L3"}),
        ("        count += prune(t, known->root, place, level, gone + count);\n", "", {"F6"}),
        ("entry &= entry & SHARED ? ~0ull : ~WRITABLE;", "entry &= ~0ull;", {"T3"}),
    ],
    ids=["no flush", "release before flush", "empty tables stay", "a copy can be written"],
)
def test_a_line_that_is_missing(tmp_path: Path, line: str, instead: str, law: set[str]) -> None:
    """The law that it stands for is broken."""
    judgements = judged(library(tmp_path, line, instead), "enumerate", "random")
    broken = {finding.law for judgement in judgements for finding in judgement.broken}
    assert broken
    assert broken <= law
