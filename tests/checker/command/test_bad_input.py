"""Whatever a target or a file does, the command line answers in one clear line, with the right exit code."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CLASS = """
class Target:
    def __init__(self, frames, max_order):
        self.live = {{}}
        self.frames = frames
    def allocate(self, order):
        {allocate}
    def free(self, frame, order):
        if self.live.pop(frame, None) is None:
            raise ValueError("not live")
"""


def pagelaw(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pagelaw", *arguments], capture_output=True, text=True, cwd=cwd, timeout=120, check=False
    )


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("no.such.module:Allocator", "no module named"),
        ("json:Nothing", "Nothing"),
        ("json:__doc__", "not a class or function"),
        ("./missing.py:Target", "missing.py"),
        ("./broken.py:Target", "SyntaxError"),
        ("./raises.py:Target", "boom"),
        ("./lacking.py:Target", "allocate"),
        ("./missing.so", "missing.so"),
        ("./empty.so", "pagelaw_frames"),
        ("./text.so", "text.so"),
        ("cmd:no-such-program-at-all", "no-such-program-at-all"),
        ("cmd:echo hello", "hello"),
        ("cmd:true", "true"),
        ("./broken.py", "broken.py"),
        ("nonsense", "nonsense"),
        ("model:other", "model:reference"),
    ],
)
def test_targets_that_cannot_be_used(target: str, says: str, tmp_path: Path) -> None:
    """Exit code 2, one line on what is wrong, and no traceback."""
    (tmp_path / "broken.py").write_text("class Target(:\n")
    (tmp_path / "raises.py").write_text("raise RuntimeError('boom')\n")
    (tmp_path / "lacking.py").write_text("class Target:\n    def __init__(self, frames, max_order): pass\n")
    (tmp_path / "text.so").write_text("this is no library\n")
    if target == "./empty.so":
        if shutil.which("cc") is None:
            pytest.skip("no C compiler")
        (tmp_path / "empty.c").write_text("int nothing;\n")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", "empty.so", "empty.c"], cwd=tmp_path, check=True)
    done = pagelaw("check", target, "--budget", "2", "--deadline", "2", cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("allocate", "law"),
    [
        ("return 0.5", "C1"),
        ("return -3", "C1"),
        ("return 1 << 70", "C1"),
        ("return None", "C1"),
        ("return 'frame'", "C1"),
        ("raise KeyError('unexpected')", "C1"),
        ("import os; os.abort()", "C2"),
        ("import os; os._exit(3)", "C2"),
        ("while True: pass", "A11"),
        ("import time; time.sleep(30)", "A11"),
        ("print('to the output'); return None", "C1"),
        ("x = [0]\n        while True: x = x * 2", "C2"),
    ],
)
def test_targets_that_misbehave(allocate: str, law: str, tmp_path: Path) -> None:
    """Under a legal call it is the implementation's fault: exit code 1, a law by name, a trace that can be replayed."""
    (tmp_path / "target.py").write_text(CLASS.format(allocate=allocate))
    done = pagelaw(
        "check",
        "./target.py:Target",
        "--budget",
        "2",
        "--deadline",
        "0.5",
        "--memory",
        "64",
        "--json",
        "-",
        cwd=tmp_path,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    report = json.loads(done.stdout)
    broken = [f["law"] for judgement in report["judgements"] for f in judgement["findings"] if f["verdict"] == "broken"]
    assert broken == [law]
    [trace] = (tmp_path / "pagelaw-traces").iterdir()
    again = pagelaw("replay", str(trace), "--deadline", "0.5", cwd=tmp_path)
    assert again.returncode == 1, again.stdout + again.stderr


PROGRAM = """
import sys, time
for line in sys.stdin:
    if '"open"' in line or '"close"' in line:
        print('{"return": {}}', flush=True)
    else:
        MISBEHAVE
"""


@pytest.mark.expensive
@pytest.mark.parametrize(
    ("misbehave", "law"),
    [("print('garbage', flush=True)", "C1"), ("sys.exit(0)", "C2"), ("time.sleep(9)", "A11")],
)
def test_programs_that_misbehave(misbehave: str, law: str, tmp_path: Path) -> None:
    """Garbage on the pipe, a pipe that is closed, an answer that is late."""
    (tmp_path / "program.py").write_text(PROGRAM.replace("MISBEHAVE", misbehave))
    target = f"cmd:{sys.executable} program.py"
    done = pagelaw("check", target, "--budget", "2", "--deadline", "0.5", "--traces", "t", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.startswith(f"{law} ")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "cut short"),
        ('{"format": "pagelaw-trace", "version": 2}', "upgrade"),
        ('{"format": "pagelaw-trace", "version": 1, "contract": "frames"}', "damaged"),
        ("# a script", "cut short"),
    ],
)
def test_files_that_are_no_traces(text: str, says: str, tmp_path: Path) -> None:
    """Exit code 2 and one line that names the file."""
    (tmp_path / "trace.json").write_text(text)
    done = pagelaw("replay", "trace.json", "model:reference", cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
