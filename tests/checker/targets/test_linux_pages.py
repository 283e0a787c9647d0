"""The kernel's page tables: clean where they can be read, found out where they lie, not judged where they cannot."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from pagelaw.checker.targets import linux, linux_pages, memory_worker
from pagelaw.checker.targets.linux_pages import Kernel, judge_pages, why_not
from pagelaw.checker.targets.target import TargetError
from pagelaw.checker.verdict import Verdict, exit_code
from pagelaw.spec import table_laws, translation_laws  # noqa: F401 - registers the laws
from pagelaw.spec.law import find_law, laws_of

LAWS = laws_of("translation")
PRESENT = 1 << 63


@pytest.fixture
def readable() -> None:
    """Only where pagemap shows frames."""
    if why_not():
        pytest.skip(why_not())


@pytest.mark.usefixtures("readable")
def test_the_running_kernel_keeps_its_laws() -> None:
    """Every law that can be seen holds with cases to show for it; the others say why they are not judged."""
    judgement = linux.judge_linux("linux:pages", LAWS)
    assert not judgement.broken
    held = {finding.law: finding.cases for finding in judgement.findings if finding.verdict is Verdict.HOLDS}
    assert {"T1", "T6", "T6.mapped", "T6.unmapped", "T9", "F3", "F5", "F8"} <= set(held)
    assert min(held.values()) >= 1
    assert held["F5"] >= 3 * 64 + 64
    assert {finding.law for finding in judgement.findings} == {law.id for law in LAWS}
    assert exit_code([judgement]) == 0


@attrs.define
class Lying(Kernel):
    """A kernel whose answers are changed on the way."""

    change: Callable[[tuple[int, ...], int], tuple[int, ...]] = lambda entries, look: entries
    count: Callable[[int], int] = lambda count: count
    free: bool = False
    looks: int = 0

    def entries(self, process: int, address: int, pages: int) -> tuple[int, ...]:
        self.looks += 1
        return self.change(super().entries(process, address, pages), self.looks)

    def mappings(self, frame: int) -> int:
        return self.count(super().mappings(frame))

    def is_free(self, frame: int) -> bool:
        return self.free


def twice(entries: tuple[int, ...], _: int) -> tuple[int, ...]:
    """The second page has the frame of the first."""
    return (entries[0], entries[0], *entries[2:])


def moving(entries: tuple[int, ...], look: int) -> tuple[int, ...]:
    """The first page is in another frame at each look."""
    return (entries[0] + look if entries[0] & PRESENT else 0, *entries[1:])


def missing(entries: tuple[int, ...], _: int) -> tuple[int, ...]:
    """The sixth page is never there."""
    return (*entries[:5], 0, *entries[6:])


def staying(entries: tuple[int, ...], _: int) -> tuple[int, ...]:
    """A page that is not there has a frame all the same."""
    return tuple(entry if entry & PRESENT else PRESENT | 77 for entry in entries)


def misaligned(entries: tuple[int, ...], _: int) -> tuple[int, ...]:
    """All frames are one further than they are."""
    return tuple(entry + 1 if entry & PRESENT else 0 for entry in entries)


@pytest.mark.usefixtures("readable")
@pytest.mark.parametrize(
    ("kernel", "law", "says"),
    [
        (Lying(change=twice), "F5", "is private to page 0"),
        (Lying(change=moving), "T1", "when looked at again"),
        (Lying(change=moving), "T6", "frames of its parent changed"),
        (Lying(change=missing), "T6.mapped", "page 5 .* has no frame"),
        (Lying(change=staying), "T6.unmapped", "was never touched and has frame 0x4d"),
        (Lying(change=misaligned), "T7", "not one aligned block"),
        (Lying(count=lambda count: count + 1), "F3", "is mapped 2 times"),
        (Lying(free=True), "F8", "is free and mapped"),
    ],
    ids=lambda value: value if isinstance(value, str) and value[0] in "TF" else "",
)
def test_a_kernel_that_breaks_a_law_is_found_out(kernel: Kernel, law: str, says: str) -> None:
    """Page tables of which one thing is wrong: the law is named, with the page and the frame."""
    judgement = judge_pages("linux:pages", [find_law(law)], kernel)
    [finding] = judgement.findings
    if finding.because == linux_pages._NO_HUGE:
        pytest.skip(finding.because)
    assert finding.verdict is Verdict.BROKEN
    assert re.search(says, finding.because), finding.because
    assert exit_code([judgement]) == 1


@pytest.mark.usefixtures("readable")
def test_a_refused_access_that_is_allowed_is_found_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A worker for which protection does nothing: T9 is broken."""
    source = Path(memory_worker.__file__).read_text(encoding="utf-8")
    weak = tmp_path / "weak_worker.py"
    weak.write_text(source.replace('"protect": protect_pages', '"protect": lambda *numbers: 0'), encoding="utf-8")
    monkeypatch.setattr(linux_pages, "_WORKER", weak)
    [finding] = judge_pages("linux:pages", [find_law("T9")]).findings
    assert finding.verdict is Verdict.BROKEN
    assert "not refused" in finding.because


@pytest.mark.usefixtures("readable")
def test_what_is_seen_once_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel may move a page: only what a second run shows again counts, and the first is noted."""
    kernels = iter([Lying(free=True), Lying()])
    observe = linux_pages.observe
    monkeypatch.setattr(linux_pages, "observe", lambda _: observe(next(kernels)))
    judgement = judge_pages("linux:pages", [find_law("F8")])
    assert judgement.findings[0].verdict is Verdict.HOLDS
    assert "F8: seen once and not again" in judgement.notes[0]


@pytest.mark.usefixtures("readable")
def test_a_worker_that_ends_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With its number and what it was to do."""
    (tmp_path / "worker.py").write_text("raise SystemExit(3)", encoding="utf-8")
    monkeypatch.setattr(linux_pages, "_WORKER", tmp_path / "worker.py")
    with pytest.raises(TargetError, match="a worker ended with 3 when it was to map"):
        judge_pages("linux:pages", LAWS)


def test_what_cannot_be_read_is_not_judged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With the reason, and exit code 2 because nothing was judged."""
    monkeypatch.setattr(linux_pages, "_KPAGECOUNT", tmp_path / "kpagecount")
    judgement = judge_pages("linux:pages", LAWS)
    assert {finding.verdict for finding in judgement.findings} == {Verdict.NOT_JUDGED}
    assert "kpagecount" in judgement.findings[0].because or "run as root" in judgement.findings[0].because
    assert exit_code([judgement]) == 2


def test_frames_that_are_hidden_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the privilege pagemap can be read, and shows zeros for frames."""
    monkeypatch.setattr(linux_pages, "why_not", lambda: "")
    monkeypatch.setattr(Kernel, "entries", lambda *_: (PRESENT,))
    judgement = judge_pages("linux:pages", LAWS)
    assert {finding.verdict for finding in judgement.findings} == {Verdict.NOT_JUDGED}
    assert "shows no frames" in judgement.findings[0].because


def test_the_worker_by_itself() -> None:
    """It maps, writes, reads, is refused, and its child has the same memory until it writes."""
    worker = subprocess.Popen(
        [sys.executable, "-I", memory_worker.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with worker:
        process = linux_pages.Process(worker)
        address = process.do("map", 2, False)
        process.do("write", address, 2, 5)
        process.do("fork")
        process.do("child", "write", address, 1, 9)
        assert process.do("read", address, 2) == [5, 6]
        assert process.do("child", "read", address, 2) == [9, 6]
        assert not process.do("refused", address, True)
        process.do("protect", address, 1, memory_worker.READ)
        assert process.do("refused", address, True)
        assert not process.do("refused", address, False)
        process.do("unmap", address, 1)
        assert process.do("refused", address, False)
        worker.communicate()
    assert worker.returncode == 0
