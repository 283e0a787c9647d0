"""The command line as a user meets it: help, exit codes, one-line errors."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


def pagelaw(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "pagelaw", *arguments], capture_output=True, text=True, cwd=cwd, timeout=120, check=False
    )


def test_help_names_every_command() -> None:
    """And the exit codes."""
    done = pagelaw("--help")
    assert done.returncode == 0
    for word in ("verify", "check", "prove", "explore", "run", "replay", "laws", "Exit code"):
        assert word in done.stdout


@pytest.mark.parametrize("command", ["verify", "check", "prove", "explore", "run", "replay", "laws"])
def test_every_command_has_help(command: str) -> None:
    """Each imports and describes its options."""
    done = pagelaw(command, "--help")
    assert done.returncode == 0
    assert "Options:" in done.stdout


def test_laws_are_listed() -> None:
    """As text and as JSON, all or some."""
    assert "A4            merged" in pagelaw("laws").stdout
    listed = json.loads(pagelaw("laws", "--json", "--law", "merged").stdout)
    assert [law["id"] for law in listed] == ["A4"]
    assert listed[0]["source"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("laws", "--law", "A44"), "no law is called 'A44'; did you mean"),
        (("chekc", "x"), "Did you mean 'check'"),
        (("check",), "Missing argument"),
        (("check", "--judge", "jury", "x"), "jury"),
        (("check", "--contract", "heap", "x"), "heap"),
        (("check", "--frames", "0", "x"), "frames"),
        (("check", "linux:everything"), "linux:buddy"),
        (("replay", "nowhere.json"), "No such file"),
        (("explore", "--frames", "99"), "99"),
        (("explore", "--contract", "space", "--pages", "9"), "9"),
        (("verify", "--judge", "random", "--json", "/dev/null/x", "--law", "A12"), "cannot write"),
        (("verify", "--contract", "space", "--judge", "targets"), "no model"),
    ],
)
def test_usage_errors(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    """Exit code 2, the reason, and no traceback."""
    done = pagelaw(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("explore", "--contract", "translation", "--frames", "16"), "--frames belongs to the contract frames, not to"),
        (("explore", "--contract", "space", "--cores", "2"), "--cores belongs to the contract translation, not to"),
        (("explore", "--pages", "3"), "--pages belongs to the contract space, not to frames"),
        (("explore", "--contract", "space", "--symmetry"), "--symmetry belongs to the contract frames, not to space"),
        (("verify", "--contract", "space", "--frames", "8"), "--frames belongs to the contract frames, not to space"),
        (("verify", "--cores", "1"), "--cores belongs to the contract translation, not to frames"),
        (("run", "--contract", "space", "--no-checks"), "--checks or --no-checks belongs to the contract frames"),
        (("run", "--contract", "translation", "--max-order", "3"), "--max-order belongs to the contract frames"),
        (("prove", "--geometry", "x86-64"), "--geometry belongs to the contract translation, not to frames"),
        (("check", "linux:pages", "--frames", "8"), "--frames belongs to targets that open arenas; linux:pages is"),
    ],
)
def test_an_option_that_would_be_ignored_is_refused(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    """Exit code 2 and one line, also where the value is the default: it was asked for, and nothing comes of it."""
    done = pagelaw(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"Error: {says}")
    assert len(done.stderr.splitlines()) == 1


def test_page_states_are_explored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of as many pages as were asked for; uncompiled, as that takes no time."""
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    done = pagelaw("explore", "--contract", "space", "--pages", "3", "--law", "V4")
    assert done.returncode == 0, done.stderr
    assert "page states of 3 pages" in done.stdout
    assert "every law held" in done.stdout


def test_one_judge_with_reports(tmp_path: Path) -> None:
    """Exit code 0, a table, JSON and JUnit files; nothing is left behind where nothing is broken."""
    done = pagelaw("verify", "--judge", "random", "--json", "out/r.json", "--junit", "out/r.xml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "every law held" in done.stdout
    assert json.loads((tmp_path / "out/r.json").read_text())["exit_code"] == 0
    assert "<testsuites" in (tmp_path / "out/r.xml").read_text()
    assert not (tmp_path / "pagelaw-traces").exists()


def test_json_alone_on_the_output(tmp_path: Path) -> None:
    """With `--json -` the output is JSON and nothing else."""
    done = pagelaw("verify", "--judge", "random", "--law", "A4", "--json", "-", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert [finding["law"] for finding in report["judgements"][0]["findings"]] == ["A4"]


@pytest.mark.parametrize(("contract", "judges"), [("frames", 2), ("translation", 1)])
def test_the_models_of_each_contract_are_targets(contract: str, judges: int, tmp_path: Path) -> None:
    """Each model is checked as if it were somebody else's, by the judges of its contract."""
    done = pagelaw(
        "verify",
        "--contract",
        contract,
        "--judge",
        "targets",
        "--law",
        "C1",
        "--budget",
        "1",
        "--json",
        "-",
        cwd=tmp_path,
    )
    report = json.loads(done.stdout)
    assert "Traceback" not in done.stderr
    assert len({judgement["subject"] for judgement in report["judgements"]}) == judges
    assert all(finding["law"] == "C1" for judgement in report["judgements"] for finding in judgement["findings"])


def test_an_interruption_shows_what_was_learnt(tmp_path: Path) -> None:
    """Ctrl-C during a long run: exit code 2, no traceback, and the laws are unknown."""
    example = Path(__file__).parents[3] / "examples" / "buddy_allocator.py"
    (tmp_path / "slow.py").write_text(
        f"import time\nexec(open({str(example)!r}).read())\n"
        "class Slow(BuddyAllocator):\n"
        "    def allocate(self, order):\n"
        "        time.sleep(0.1)\n"
        "        return super().allocate(order)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "pagelaw", "check", "./slow.py:Slow", "--law", "A9", "--budget", "60"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(2.0)
    os.killpg(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 2, output + errors
    assert "Traceback" not in errors
    assert "interrupted" in output
