"""The contract `space` on the command line: exit codes, reports, traces and their replay."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

MINE = """
from pagelaw.model.linux_space import LinuxSpace

class Space(LinuxSpace):
    pass

class Lazy(LinuxSpace):
    def mprotect(self, process, address, length, rights):
        pass

class Mute:
    def __init__(self, pages, dialect): pass
    def create(self, process): pass
    def exit(self, process): pass
    def read(self, process, address): return 0
    def write(self, process, address, value): pass
"""


@pytest.fixture
def pagelaw(tmp_path: Path):
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pagelaw", *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False)

    return run


@pytest.mark.expensive
def test_a_reference_in_a_file_holds(pagelaw) -> None:
    """Exit code 0, and nothing is unknown."""
    done = pagelaw("check", "./mine.py:Space", "--contract", "space", "--budget", "4")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every law held" in done.stdout
    assert "unknown" not in done.stdout


def test_a_breach_is_told_saved_and_replayed(pagelaw, tmp_path) -> None:
    """Exit code 1, the story with its picture, both reports, and a trace that tells the same once more."""
    reports = ("--json", "out.json", "--junit", "out.xml")
    done = pagelaw("check", "./mine.py:Lazy", "--contract", "space", "--budget", "4", "--judge", "enumerate", *reports)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "process 1 before" in done.stdout or "process 1 wanted" in done.stdout
    (trace,) = (tmp_path / "pagelaw-traces").iterdir()
    assert f"again:  pagelaw replay pagelaw-traces/{trace.name}" in done.stdout
    told = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert "broken" in json.dumps(told)
    assert "<failure" in (tmp_path / "out.xml").read_text(encoding="utf-8")
    assert pagelaw("replay", str(trace)).returncode == 1
    assert pagelaw("replay", str(trace), "./mine.py:Space").returncode == 0


def test_a_target_without_a_dialect_is_an_error_of_one_line(pagelaw) -> None:
    """Exit code 2, and what it must have."""
    done = pagelaw("check", "./mine.py:Mute", "--contract", "space")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "speaks no dialect: it must have reserve, commit" in line
