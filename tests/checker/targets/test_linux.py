"""The running kernel as a target: clean where it can be read, found out where files lie, not judged where it cannot."""

from pathlib import Path

import numpy as np
import pytest

from pagelaw.checker.targets import linux
from pagelaw.checker.targets.target import TargetError
from pagelaw.checker.verdict import Verdict, exit_code
from pagelaw.spec.law import find_law, laws_of

LAWS = laws_of("frames")
ZONEINFO = """Node 0, zone      DMA
  per-node stats
      nr_inactive_anon 49
        spanned  16
        present  16
  start_pfn:           8
Node 0, zone  Movable
        spanned  0
  start_pfn:           0
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of one zone, frames 8 to 23, of which 8 to 11 and 13 are free."""
    flags = np.zeros(24, np.uint64)
    flags[[8, 9, 10, 11, 13]] = 1 << 10
    flags[12] = 1 << 3
    (tmp_path / "kpageflags").write_bytes(flags.tobytes())
    (tmp_path / "zoneinfo").write_text(ZONEINFO)
    (tmp_path / "buddyinfo").write_text("Node 0, zone      DMA      1      0      1      0 0 0 0 0 0 0 0 \n")
    for name in ("kpageflags", "zoneinfo", "buddyinfo"):
        monkeypatch.setattr(linux, f"_{name.upper()}", tmp_path / name)
    return tmp_path


def test_a_merged_machine(files: Path) -> None:
    """The counts agree: A4 and A7 hold, and everything else is not judged."""
    judgement = linux.judge_linux("linux:buddy", LAWS)
    held = {finding.law for finding in judgement.findings if finding.verdict is Verdict.HOLDS}
    assert held == {"A4", "A7"}
    assert judgement.counts == {"zones": 1, "comparisons": 3, "frames": 16, "free frames": 5}
    assert exit_code([judgement]) == 0


def test_unmerged_buddies_are_found(files: Path) -> None:
    """Two free buddies of order 1 where one block of order 2 should be: A4 is broken, with both counts."""
    (files / "buddyinfo").write_text("Node 0, zone      DMA      1      2      0      0 0 0 0 0 0 0 0 \n")
    judgement = linux.judge_linux("linux:buddy", [find_law("A4")])
    assert [finding.verdict for finding in judgement.findings] == [Verdict.BROKEN]
    assert "[1, 2, 0" in judgement.findings[0].because
    assert "[1, 0, 1" in judgement.findings[0].because
    assert exit_code([judgement]) == 1


def test_a_busy_kernel_is_unknown(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where buddyinfo never stands still nothing can be said, and that is no pass."""
    numbers = iter(range(1000))
    monkeypatch.setattr(linux, "_counts", lambda _zone: [next(numbers)] + [0] * 10)
    judgement = linux.judge_linux("linux:buddy", [find_law("A4")])
    assert judgement.findings[0].verdict is Verdict.UNKNOWN
    assert exit_code([judgement]) == 2


def test_what_cannot_be_read_is_not_judged(files: Path) -> None:
    """With the reason, and exit code 2 because nothing was judged."""
    (files / "kpageflags").unlink()
    judgement = linux.judge_linux("linux:buddy", LAWS)
    assert {finding.verdict for finding in judgement.findings} == {Verdict.NOT_JUDGED}
    assert "has no" in judgement.findings[0].because
    assert exit_code([judgement]) == 2


def test_other_systems_are_refused() -> None:
    """One line with what there is."""
    with pytest.raises(TargetError, match="linux:buddy"):
        linux.judge_linux("linux:slab", LAWS)


@pytest.mark.expensive
def test_the_running_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever this runs as root on Linux, the kernel keeps A4; elsewhere the reason is given."""
    monkeypatch.setattr(linux, "_ATTEMPTS", 12)
    reason = linux.why_not()
    if reason:
        pytest.skip(reason)
    judgement = linux.judge_linux("linux:buddy", [find_law("A4"), find_law("A7")])
    assert not judgement.broken
    if any(finding.verdict is Verdict.UNKNOWN for finding in judgement.findings):
        pytest.skip(f"the kernel was too busy: {judgement.findings[0].because}")
    assert judgement.counts["comparisons"] >= 1
