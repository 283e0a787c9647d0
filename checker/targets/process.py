"""A program behind pipes, with a watchdog: every way in which it can fail to answer becomes a word and a detail.

    request bytes --> stdin [ program ] stdout --> answer lines
                               stderr --> its last line goes into the detail

The program is the leader of a session of its own: an interrupt at the terminal does not reach it, and ending it ends
what it has started. Writing and reading take turns in one loop, so that neither side can block the other for ever.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import shlex
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import attrs

from .outcome import one_line
from .target import TargetError

_CHUNK = 1 << 16
#: How long to wait before looking at memory again, in seconds.
_LOOK = 0.02
#: How long a program that closes a pipe may take to end by itself, in seconds.
_GRACE = 0.2
_LONGEST_LINE = 1 << 26
_LONGEST_COMPLAINT = 1 << 12
_PAGE = os.sysconf("SC_PAGE_SIZE")
_EVENTS_IN = select.POLLIN | select.POLLHUP | select.POLLERR


@attrs.frozen
class Ended:
    """Why a program gives no further answers.

    Attributes:
        how: `crash`, `hang`, `memory` or `garbage`.
        detail: what was seen, in one line.
    """

    how: str
    detail: str


class Process:
    """A running program. After an `Ended` it has been stopped and must not be used again."""

    def __init__(
        self, command: Sequence[str], *, memory_limit: int, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start it; `TargetError` where there is no such program."""
        self.memory_limit = memory_limit
        self._popen = _started(command, environment)
        self._in, self._out, self._err = (stream.fileno() for stream in _streams(self._popen))
        for stream in (self._in, self._out, self._err):
            os.set_blocking(stream, False)
        self._poll = select.poll()
        self._poll.register(self._out, _EVENTS_IN)
        self._poll.register(self._err, _EVENTS_IN)
        self._pieces: list[bytes] = []
        self._complaint = b""
        self._looked = 0.0

    # -- talking ----------------------------------------------------------------------------------------------

    def exchange(
        self, request: bytes, count: int, *, deadline: float, starting: float = 0.0
    ) -> tuple[list[bytes], Ended | None]:
        """Send requests and read `count` answer lines; fewer come with the reason why.

        `deadline` is how long each line may take after the one before it, in seconds, and `starting` what the first
        may take in addition, while a fresh program is still loading.
        """
        lines: list[bytes] = []
        early = self._read(lines)
        if lines or self._pieces:
            return [], self._stopped("garbage", f"it wrote {_shown(lines, self._pieces)} before anything was asked")
        ended = early or self._converse(request, count, deadline, starting, lines)
        if ended is None and (len(lines) > count or self._pieces):
            ended = self._stopped("garbage", f"it wrote {_shown(lines[count:], self._pieces)} after its answer")
            return lines[: count - 1], ended
        return lines[:count], ended

    def _converse(
        self, request: bytes, count: int, deadline: float, starting: float, lines: list[bytes]
    ) -> Ended | None:
        unsent = self._send(memoryview(request))
        if unsent:
            self._poll.register(self._in, select.POLLOUT)
        last = time.monotonic() + starting
        while len(lines) < count:
            ready = dict(self._poll.poll(_LOOK * 1000))
            before = len(lines)
            if self._out in ready:
                ended = self._read(lines)
                if ended:
                    return ended
            if self._err in ready:
                self._listen()
            if self._in in ready and unsent:
                unsent = self._send(unsent)
                if not unsent:
                    self._poll.unregister(self._in)
            now = time.monotonic()
            if len(lines) > before:
                last = now
            ended = self._watched(now, now - last, deadline, bool(ready))
            if ended:
                return ended
        return self._stopped("garbage", "it answered before it had read what was asked") if unsent else None

    def _watched(self, now: float, waited: float, deadline: float, busy: bool) -> Ended | None:
        """What the watchdog says, at most every `_LOOK` seconds."""
        if now - self._looked >= _LOOK:
            self._looked = now
            used = self.memory()
            if used > self.memory_limit:
                allowed = f"the limit is {self.memory_limit >> 20} MiB"
                return self._stopped("memory", f"it came to use {used >> 20} MiB of memory; {allowed}")
        if waited > deadline:
            return self._stopped("hang", f"no answer within {deadline:g} s")
        if not busy and self._is_dead():  # a descendant may still hold the pipe open
            return self._finished("")
        return None

    def _send(self, unsent: memoryview) -> memoryview:
        try:
            while unsent:
                unsent = unsent[os.write(self._in, unsent) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:  # whatever it still answers is read; then it is seen to have ended
            return unsent[len(unsent) :]
        return unsent

    def _read(self, lines: list[bytes]) -> Ended | None:
        """Read what is there; an `Ended` at the end of the stream or of patience with one line."""
        try:
            data = os.read(self._out, _CHUNK)
        except BlockingIOError:
            return None
        if not data:
            return self._finished("it closed its output")
        first, newline, others = data.partition(b"\n")
        self._pieces.append(first)
        if not newline:
            endless = sum(map(len, self._pieces)) > _LONGEST_LINE
            return self._stopped("garbage", "it wrote a line without end") if endless else None
        lines.append(b"".join(self._pieces))
        *complete, rest = others.split(b"\n")
        lines += complete
        self._pieces = [rest] if rest else []
        return None

    def _listen(self) -> None:
        """Take in what was written to standard error, and keep the end of it."""
        try:
            data = os.read(self._err, _CHUNK)
        except BlockingIOError:
            return
        if not data:
            self._poll.unregister(self._err)
        self._complaint = (self._complaint + data)[-_LONGEST_COMPLAINT:]

    # -- watching ---------------------------------------------------------------------------------------------

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._popen.pid

    def memory(self) -> int:
        """Bytes of memory in which the program and its descendants are resident."""
        return _resident(self._popen.pid)

    def _is_dead(self) -> bool:
        """Whether the program has ended; it stays unreaped, so that its number names nobody else."""
        state = os.waitid(os.P_PID, self._popen.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return state is not None

    # -- ending -----------------------------------------------------------------------------------------------

    def _finished(self, otherwise: str) -> Ended:
        """The program has ended, or closed a pipe and is given a moment to end."""
        until = time.monotonic() + _GRACE
        while not (dead := self._is_dead()) and time.monotonic() < until:
            time.sleep(0.002)
        code = self.stop()
        return Ended("crash", self._with_complaint(_ending(code) if dead else f"{otherwise} without ending"))

    def _stopped(self, how: str, detail: str) -> Ended:
        self.stop()
        return Ended(how, self._with_complaint(detail))

    def _with_complaint(self, detail: str) -> str:
        said = [line for line in self._complaint.decode("utf-8", "replace").splitlines() if line.strip()]
        return one_line(f"{detail}; it said: {one_line(said[-1])}" if said else detail, 400)

    def stop(self, *, patience: float = 0.0) -> int:
        """End the program and all that it has started, and give its exit code; never raises.

        With `patience`, in seconds, it is told by the end of its input and may end by itself.
        """
        popen = self._popen
        if popen.returncode is not None:
            return popen.returncode
        requests, answers, complaints = _streams(popen)
        if patience:
            requests.close()
        until = time.monotonic() + patience
        while time.monotonic() < until and not self._is_dead():
            time.sleep(0.002)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(popen.pid, signal.SIGKILL)
        code = popen.wait()
        with contextlib.suppress(OSError):  # nothing there, though a descendant still holds the pipe
            while data := os.read(self._err, _CHUNK):
                self._complaint = (self._complaint + data)[-_LONGEST_COMPLAINT:]
        requests.close()
        answers.close()
        complaints.close()
        return code


def _streams(popen: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
    streams = popen.stdin, popen.stdout, popen.stderr
    assert None not in streams, "the process was started with three pipes"
    return streams  # type: ignore[return-value]


def _started(command: Sequence[str], environment: Mapping[str, str] | None) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(
            command, bufsize=0, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True, env=environment
        )
    except FileNotFoundError:
        remedy = "is it installed, and spelt as in a shell?" if "/" not in command[0] else "is the path right?"
        raise TargetError(f"command not found: {command[0]}; {remedy}") from None
    except PermissionError:
        path = shlex.quote(command[0])
        raise TargetError(f"{command[0]} is not executable: run chmod +x {path}, or name its interpreter") from None
    except OSError as error:
        if error.errno == errno.ENOEXEC:
            raise TargetError(f"{command[0]} is no program: a script must begin with #! and its interpreter") from None
        raise TargetError(f"{shlex.join(command)} cannot be started: {error.strerror}") from None


def _ending(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        by = f" (as a shell says after {_signal_name(code - 128)})" if code > 128 else ""
        return f"it ended with exit code {code}{by}"
    return f"it was ended by {_signal_name(-code)}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _resident(process: int) -> int:
    """Resident bytes of a process and its descendants; 0 where it has ended."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_bytes().split()[1])
        children = Path(f"/proc/{process}/task/{process}/children").read_bytes().split()
    except (OSError, IndexError, ValueError):
        return 0
    return pages * _PAGE + sum(_resident(int(child)) for child in children)


def _shown(lines: Sequence[bytes], pieces: Sequence[bytes]) -> str:
    text = lines[0] if lines else b"".join(pieces)
    return one_line(repr(text[:400].decode("utf-8", "backslashreplace")))
