"""Puppets: the program is what its listing says, does what it is told, and tells of every fault."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pagelaw.checker.targets import linux_space, puppet, puppet_code
from pagelaw.checker.targets.puppet import Fault, Puppet, PuppetEndedError, Puppets

pytestmark = pytest.mark.skipif(bool(linux_space.why_not()), reason=linux_space.why_not())
PAGE = 4096
WINDOW = 1 << 30
READ, WRITE, EXECUTE = 1, 2, 4
FIXED_PRIVATE = 0x2 | 0x10 | 0x20
UNMAPPED, DENIED = 1, 2


@pytest.fixture
def puppets() -> Iterator[Puppets]:
    """Up to two puppets."""
    made = Puppets(2)
    yield made
    made.close()


def given(running: Puppet, rights: int, pages: int = 1) -> None:
    """Pages at the beginning of the window."""
    assert running.call(puppet.MMAP, WINDOW, pages * PAGE, rights, FIXED_PRIVATE, -1, 0) == WINDOW


def test_the_machine_code_is_what_the_listing_says(tmp_path: Path) -> None:
    """An assembler makes the same bytes of the instructions."""
    if shutil.which("as") is None or shutil.which("objcopy") is None:
        pytest.skip("no assembler here: apt install binutils")
    lines = [
        line if not line.startswith(" ") else line.split(maxsplit=1)[1] for line in puppet_code.LISTING.splitlines()
    ]
    (tmp_path / "puppet.s").write_text(puppet_code.SYMBOLS + "\n".join(lines) + "\n", encoding="ascii")
    for command in ("as -o puppet.o puppet.s", "objcopy -O binary -j .text puppet.o puppet.bin"):
        subprocess.run(command.split(), cwd=tmp_path, check=True)
    assert (tmp_path / "puppet.bin").read_bytes() == puppet_code.code()


def test_accesses_and_their_faults(puppets: Puppets) -> None:
    """What may be done is done; what may not is told with signal, reason and address."""
    running = puppets.fresh()
    fault = running.load(WINDOW + 5)
    assert isinstance(fault, Fault)
    assert (fault.signal, fault.code, fault.address) == (signal.SIGSEGV, UNMAPPED, WINDOW + 5)
    given(running, READ | WRITE)
    assert running.load(WINDOW) == 0
    assert running.store(WINDOW + PAGE - 1, 200) == 0
    assert running.load(WINDOW + PAGE - 1) == 200
    fetched = running.fetch(WINDOW)
    assert (fetched.code, fetched.address, bool(fetched.error & 16)) == (DENIED, WINDOW, True)
    assert running.call(puppet.MPROTECT, WINDOW, PAGE, READ | EXECUTE) == 0
    denied = running.store(WINDOW, 1)
    assert isinstance(denied, Fault)
    assert (denied.signal, denied.code, denied.address) == (signal.SIGSEGV, DENIED, WINDOW)
    assert running.fetch(WINDOW).address != WINDOW
    puppets.end(running)


def test_any_instruction_may_be_fetched(puppets: Puppets) -> None:
    """Whatever it does, the puppet survives it, and goes on."""
    running = puppets.fresh()
    given(running, READ | WRITE | EXECUTE)
    for first in range(256):
        for second in (0x00, 0x05, 0xC0, 0xFF):
            running.store(WINDOW + 64, first)
            running.store(WINDOW + 65, second)
            assert running.fetch(WINDOW + 64).signal in (4, 5, 7, 8, 11), (hex(first), hex(second))
    assert running.load(WINDOW) == 0
    puppets.end(running)


def test_a_twin_is_a_copy(puppets: Puppets) -> None:
    """It has what the other had, and what either writes then is its own."""
    first = puppets.fresh()
    given(first, READ | WRITE)
    first.store(WINDOW, 1)
    second = puppets.copy(first)
    second.store(WINDOW, 2)
    assert (first.load(WINDOW), second.load(WINDOW)) == (1, 2)
    puppets.end(second)
    puppets.end(first)


def test_faults_are_those_of_accesses(puppets: Puppets) -> None:
    """Once a puppet has settled; orders, signals and results take none, and neither does a violation."""
    assert not puppets.why_not_settled()
    running = puppets.fresh()
    unsettled = running.faults()
    assert running.settle() == 0
    before = running.faults()
    assert before > unsettled
    given(running, READ | WRITE, 3)
    running.load(WINDOW - 1)
    running.call(puppet.MINCORE, WINDOW, 3 * PAGE, puppet_code.ROOM)
    running.told(3)
    assert running.faults() == before
    running.store(WINDOW, 1)
    running.store(WINDOW + 1, 1)
    assert running.faults() == before + 1
    running.load(WINDOW + PAGE)
    assert running.faults() == before + 2
    puppets.end(running)


def test_a_fresh_puppet_has_nothing(puppets: Puppets) -> None:
    """Whatever the one before it had, on the same channel."""
    for _ in range(3):
        running = puppets.fresh()
        assert isinstance(running.load(WINDOW), Fault)
        given(running, READ)
        puppets.end(running)


def test_a_puppet_that_ends_is_missed(puppets: Puppets) -> None:
    """Nobody waits for its answer."""
    running = puppets.fresh()
    os.kill(running.pid, signal.SIGKILL)
    with pytest.raises(PuppetEndedError, match=f"process {running.pid} ended without being told to, with SIGKILL"):
        running.load(WINDOW)
    puppets.end(running, kill=True)


def test_a_puppet_that_ends_otherwise_than_it_is_told(puppets: Puppets) -> None:
    """Its channel can be used again."""
    for _ in range(4):
        running = puppets.fresh()
        os.kill(running.pid, signal.SIGKILL)
        os.waitid(os.P_PID, running.pid, os.WEXITED | os.WNOWAIT)
        with pytest.raises(PuppetEndedError, match=f"process {running.pid} ended with SIGKILL"):
            puppets.end(running)
    puppets.end(puppets.fresh())


def test_no_puppet_outlives_its_master() -> None:
    """A master that is killed leaves nobody behind."""
    script = (
        "import time\nfrom pagelaw.checker.targets.puppet import Puppets\n"
        "made = Puppets(2)\nfirst = made.fresh()\nprint(made._first.pid, first.pid, made.copy(first).pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    master = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert master.stdout is not None
    numbers = [int(word) for word in master.stdout.readline().split()]
    assert len(numbers) == 3
    assert all(map(is_running, numbers))
    master.kill()
    master.communicate()
    until = time.monotonic() + 10
    while any(map(is_running, numbers)) and time.monotonic() < until:
        time.sleep(0.01)
    assert not any(map(is_running, numbers))


def is_running(number: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    try:
        return Path(f"/proc/{number}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
