"""The watchdog: each way of failing to answer gets its word, and nothing is left behind."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pagelaw.checker.targets.process import Process
from pagelaw.checker.targets.target import TargetError

ECHO = "import sys\nfor line in sys.stdin:\n    print(line.strip().upper(), flush=True)"


@pytest.fixture
def start() -> Iterator[Callable[..., Process]]:
    """Start Python programs, and see that each has left no process."""
    started = []

    def run(text: str, *, memory_limit: int = 1 << 30) -> Process:
        process = Process([sys.executable, "-c", text], memory_limit=memory_limit)
        started.append(process)
        return process

    yield run
    for process in started:
        process.stop()
        assert not Path(f"/proc/{process.pid}").exists()


def test_lines_go_and_come(start: Callable[..., Process]) -> None:
    """One process answers any number of exchanges."""
    process = start(ECHO)
    for _ in range(3):
        assert process.exchange(b"a\nb\n", 2, deadline=9) == ([b"A", b"B"], None)
    assert process.stop(patience=5) == 0


def test_neither_side_blocks_the_other(start: Callable[..., Process]) -> None:
    """Far more than a pipe holds goes both ways in one exchange, with a talkative standard error."""
    process = start(ECHO + "; print('x' * 99, file=sys.stderr)")
    lines, ended = process.exchange(b"abcdefghijklmnopqrstuvwxyz\n" * 20_000, 20_000, deadline=9)
    assert ended is None
    assert lines == [b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"] * 20_000


def test_an_answer_larger_than_a_pipe(start: Callable[..., Process]) -> None:
    """A long line arrives whole."""
    process = start("input(); print('y' * 1_000_000, flush=True); input()")
    lines, ended = process.exchange(b"\n", 1, deadline=9)
    assert (len(lines[0]), ended) == (1_000_000, None)


@pytest.mark.parametrize(
    ("text", "how", "detail"),
    [
        ("import os; os.abort()", "crash", "it was ended by SIGABRT"),
        ("import os; os.kill(os.getpid(), 11)", "crash", "it was ended by SIGSEGV"),
        ("raise SystemExit(3)", "crash", "it ended with exit code 3"),
        ("raise SystemExit(139)", "crash", "it ended with exit code 139 (as a shell says after SIGSEGV)"),
        ("import os, time; os.close(1); time.sleep(60)", "crash", "it closed its output without ending"),
        ("import time; time.sleep(60)", "hang", "no answer within 0.3 s"),
        ("while True: pass", "hang", "no answer within 0.3 s"),
        ("import os, time; os.close(0); time.sleep(60)", "hang", "no answer within 0.3 s"),
        ("print('B\\nC', flush=True); import time; time.sleep(60)", "garbage", "it wrote 'C' after its answer"),
        ("print('B\\nC', end='', flush=True); import time; time.sleep(60)", "garbage", "it wrote 'C' after its answer"),
        ("raise RuntimeError('why')", "crash", "exit code 1; it said: RuntimeError: why"),
    ],
)
def test_ways_to_fail(start: Callable[..., Process], text: str, how: str, detail: str) -> None:
    """After one good answer each program fails in its own way, and is told apart."""
    process = start("import sys; sys.stdin.readline(); print('A', flush=True)\n" + text)
    began = time.monotonic()
    lines, ended = process.exchange(b"1\n2\n", 2, deadline=0.3)
    assert ended is not None
    assert lines == [b"A", b"B"][: len(lines)]
    assert (ended.how, ended.detail[-len(detail) :]) == (how, detail)
    assert time.monotonic() - began < 5


def test_what_comes_unasked_is_garbage(start: Callable[..., Process]) -> None:
    """A late line is never taken as the answer to the next call."""
    process = start(
        "import os, signal; signal.signal(signal.SIGUSR1, lambda *_: os.write(1, b'late\\n'))\n"
        "input(); print('A', flush=True); input()"
    )
    assert process.exchange(b"1\n", 1, deadline=9) == ([b"A"], None)
    os.kill(process.pid, signal.SIGUSR1)
    assert select.select([process._out], [], [], 9)[0]
    lines, ended = process.exchange(b"2\n", 1, deadline=9)
    assert lines == []
    assert ended
    assert (ended.how, ended.detail) == ("garbage", "it wrote 'late' before anything was asked")


def test_loading_takes_time_of_its_own(start: Callable[..., Process]) -> None:
    """The first line of a fresh program may take longer than the others."""
    text = "import time; time.sleep(.4); print('A', flush=True); time.sleep(60)"
    assert start(text).exchange(b"", 1, deadline=0.1, starting=9) == ([b"A"], None)
    lines, ended = start(text).exchange(b"", 2, deadline=0.1, starting=9)
    assert lines == [b"A"]
    assert ended
    assert ended.detail == "no answer within 0.1 s"


def test_runaway_memory_is_stopped(start: Callable[..., Process]) -> None:
    """A program that grows is ended soon after it passes the limit, wherever its memory is held."""
    hog = "hoard = []\nwhile True: hoard.append(b'x' * (1 << 20)); time.sleep(.001)"
    process = start("import time\n" + hog, memory_limit=100 << 20)
    lines, ended = process.exchange(b"1\n", 1, deadline=9)
    assert lines == []
    assert ended
    assert ended.how == "memory"
    assert ended.detail.endswith("MiB of memory; the limit is 100 MiB")
    process = start(f"import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time\\n'{hog!r}])")
    process.memory_limit = 100 << 20
    _, ended = process.exchange(b"1\n", 1, deadline=9)
    assert ended
    assert ended.how == "memory"


def test_descendants_end_with_it(start: Callable[..., Process]) -> None:
    """What a program has started does not outlive it, and does not hide that it has ended."""
    process = start(
        "import subprocess, sys; child = subprocess.Popen(['sleep', '60']); print(child.pid, flush=True); input()"
    )
    (line,), ended = process.exchange(b"", 1, deadline=9)
    assert ended is None
    lines, ended = process.exchange(b"\n", 1, deadline=9)
    assert lines == []
    assert ended
    assert ended.detail == "it ended with exit code 0"
    gone = time.monotonic() + 5
    while (state := _state(int(line))) not in ("", "Z") and time.monotonic() < gone:
        time.sleep(0.01)
    assert state in ("", "Z")


def test_nothing_is_left_open(start: Callable[..., Process]) -> None:
    """Stopping twice is harmless and returns every file descriptor."""
    before = len(os.listdir("/proc/self/fd"))
    for text in (ECHO, "import time; time.sleep(60)", "raise SystemExit"):
        process = start(text)
        process.exchange(b"x\n", 1, deadline=0.2)
        assert process.stop() == process.stop()
    assert len(os.listdir("/proc/self/fd")) == before


def test_programs_that_cannot_be_started(tmp_path: Path) -> None:
    """No such file, no right, no format: each with its remedy."""
    plain = tmp_path / "plain"
    plain.write_text("echo")
    with pytest.raises(TargetError, match=r"command not found: no-such-program; is it installed"):
        Process(["no-such-program"], memory_limit=0)
    with pytest.raises(TargetError, match=r"command not found: ./no/such; is the path right\?"):
        Process(["./no/such"], memory_limit=0)
    with pytest.raises(TargetError, match=r"plain is not executable: run chmod \+x"):
        Process([str(plain)], memory_limit=0)
    plain.chmod(0o755)
    with pytest.raises(TargetError, match=r"plain is no program: a script must begin with #!"):
        Process([str(plain)], memory_limit=0)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
