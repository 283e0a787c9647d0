"""Puppets: processes that make the system calls and accesses that they are told to make, and nothing else.

The first one is started from an executable that exists in memory only, and is never used: all others are copies of it
or of each other, all of them children of this process, each with a channel of its own::

    this process --orders--> [ first, idle ]
                 <-answers-- [ a copy ] [ a copy of that ] ...

A signal that an access brings about is an answer (`Fault`). A puppet that ends of itself is a `PuppetEndedError`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import select
import signal
import socket
import struct
import subprocess
from pathlib import Path
from typing import NamedTuple

from . import puppet_code
from .puppet_code import ANSWER, CALL, FETCH, LOAD, ORDER, STORE, TWIN

#: Numbers of system calls of x86-64.
WRITE, MMAP, MPROTECT, MUNMAP, BRK, SIGACTION, MREMAP, MINCORE, MADVISE = 1, 9, 10, 11, 12, 13, 25, 27, 28
CLOSE, OPEN, SIGALTSTACK, PRCTL, EXIT_GROUP = 3, 2, 131, 157, 231
_NO_HUGE_PAGES = 41
_POPULATE_WRITE = 23
#: Fields of /proc/PID/stat behind the name: faults that were served without a disk, and with one.
_MINOR, _MAJOR = 7, 9
#: SA_SIGINFO, SA_RESTORER, SA_ONSTACK, SA_NODEFER.
_HANDLED = 0x4 | 0x04000000 | 0x08000000 | 0x40000000
_SIGNALS = (signal.SIGSEGV, signal.SIGBUS, signal.SIGTRAP, signal.SIGILL, signal.SIGFPE)
#: The child of a puppet is a child of this process.
_CLONE_PARENT = 0x00008000
_NO_RANDOMIZE = 0x0040000
_CURRENT = 0xFFFFFFFF


class PuppetEndedError(Exception):
    """A puppet has ended without being told to; the message says how."""


class Fault(NamedTuple):
    """A signal that an access brought about.

    Attributes:
        signal: its number.
        code: why, as in sigaction(2): for SIGSEGV 1 (nothing is mapped) or 2 (not with these rights).
        address: where.
        error: the processor's error code; bit 4: an instruction was fetched.
    """

    signal: int
    code: int
    address: int
    error: int


class Puppet:
    """One of the processes."""

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid, self.channel = pid, channel
        self._life = os.pidfd_open(pid)
        self._poll = select.poll()
        self._poll.register(channel, select.POLLIN)
        self._poll.register(self._life, select.POLLIN)

    def call(self, number: int, *arguments: int, text: bytes = b"") -> int:
        """A system call, and its result; a negative one is an error."""
        return self._done(CALL, number, *arguments, text=text)

    def told(self, count: int) -> bytes:
        """So many bytes of the puppet's room for results."""
        self._send(CALL, WRITE, self._number, puppet_code.ROOM, count)
        data = self._receive(count)
        self._receive(ANSWER.size)
        return data

    def load(self, address: int) -> int | Fault:
        """The byte at an address."""
        return self._accessed(LOAD, address)

    def store(self, address: int, value: int) -> int | Fault:
        """A byte is written at an address."""
        return self._accessed(STORE, address, value)

    def fetch(self, address: int) -> Fault:
        """One instruction is fetched at an address, and most likely done; there is a signal in any case."""
        fault = self._accessed(FETCH, address)
        assert isinstance(fault, Fault), "a single step ends with a trap"
        return fault

    def settle(self) -> int:
        """Its own pages are its own, and writable, so that all faults are those of accesses that it is told to make."""
        return self.call(MADVISE, puppet_code.DATA, puppet_code.DATA_BYTES, _POPULATE_WRITE)

    def faults(self) -> int:
        """How many faults of the process the kernel has served."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return int(fields[_MINOR]) + int(fields[_MAJOR])

    def limit_stacks(self, size: int) -> None:
        """No stack of the process may grow to more than so many bytes."""
        _, most = resource.prlimit(self.pid, resource.RLIMIT_STACK)
        resource.prlimit(self.pid, resource.RLIMIT_STACK, (size, most))

    def twin(self, number: int, channel: socket.socket) -> Puppet:
        """A copy of the puppet, which is told through the other end of `channel`, its descriptor `number`."""
        pid = self._done(TWIN, _CLONE_PARENT | signal.SIGCHLD, number)
        if pid < 0:
            raise OSError(-pid, os.strerror(-pid))
        copy = Puppet(pid, channel)
        copy._number = number
        copy._receive(ANSWER.size)
        return copy

    def end(self) -> None:
        """Let the puppet end by itself, as it is told; `PuppetEndedError` where it does so otherwise."""
        self._send(CALL, EXIT_GROUP, 0)
        self.forget(kill=False)

    def forget(self, *, kill: bool = True) -> None:
        """The process is no more."""
        if kill:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        os.close(self._life)
        if status and not kill:
            raise PuppetEndedError(_ending(self.pid, status))

    # -- orders -------------------------------------------------------------------------------------------------

    _number = 0

    def _accessed(self, kind: int, *arguments: int) -> int | Fault:
        result, number, code, address, error = self._asked(kind, *arguments)
        return Fault(number, code, address, error) if number else result

    def _done(self, kind: int, *arguments: int, text: bytes = b"") -> int:
        result, number, code, address, _ = self._asked(kind, *arguments, text=text)
        if number:
            raise PuppetEndedError(f"process {self.pid} got signal {number}, code {code}, at {address:#x} in a call")
        return result

    def _asked(self, kind: int, *arguments: int, text: bytes = b"") -> tuple[int, int, int, int, int]:
        self._send(kind, *arguments, text=text)
        result, number, code, address, error = ANSWER.unpack(self._receive(ANSWER.size))
        return result, number, code, address, error

    def _send(self, kind: int, *arguments: int, text: bytes = b"") -> None:
        words = [number & 0xFFFFFFFFFFFFFFFF for number in (kind, *arguments)]
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.channel.send(ORDER.pack(*words, *[0] * (8 - len(words)), text))

    def _receive(self, count: int) -> bytes:
        ready = dict(self._poll.poll())
        if self.channel.fileno() not in ready:
            status = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
            how = status.si_status if status else 0
            raise PuppetEndedError(f"process {self.pid} ended without being told to, with {_named(how, status)}")
        return self.channel.recv(count)


class Puppets:
    """The first puppet, and channels for as many copies as there may be."""

    def __init__(self, most: int) -> None:
        pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(most + 1)]
        self._ours = {theirs.fileno(): ours for ours, theirs in pairs}
        self._free = sorted(self._ours)
        first = self._free.pop()
        pid = _started(puppet_code.executable(first), [theirs for _, theirs in pairs])
        self._first = Puppet(pid, self._ours[first])
        self._first._number = first
        #: Kept open: an order that a puppet did not live to read is for nobody else.
        self._theirs = {theirs.fileno(): theirs for _, theirs in pairs}
        _prepare(self._first)

    def fresh(self) -> Puppet:
        """A puppet to which nothing was given."""
        return self.copy(self._first)

    def copy(self, puppet: Puppet) -> Puppet:
        """A copy of a puppet."""
        number = self._free.pop()
        return puppet.twin(number, self._ours[number])

    def end(self, puppet: Puppet, *, kill: bool = False) -> None:
        """A puppet ends, and its channel is free again."""
        try:
            if kill:
                puppet.forget()
            else:
                puppet.end()
        finally:
            for channel in (puppet.channel, self._theirs[puppet._number]):
                _drain(channel)
            self._free.append(puppet._number)

    def why_not_settled(self) -> str:
        """Why puppets take faults that nobody told them to take, or none are counted; empty where all is well."""
        if self._first.settle() < 0:
            return "this kernel is older than Linux 5.14: it does not make pages writable before they are written"
        return "" if self._first.faults() else "this kernel counts no faults"

    def close(self) -> None:
        """The first puppet ends too."""
        self._first.forget()
        for channel in (*self._ours.values(), *self._theirs.values()):
            channel.close()


def _prepare(puppet: Puppet) -> None:
    """Signals go to the handler, on a stack of their own; pages stay small."""
    handler, restorer = puppet_code.place_of("handler"), puppet_code.place_of("restorer")
    action = struct.pack("<4Q", handler, _HANDLED, restorer, 0)
    for number in _SIGNALS:
        _checked(puppet.call(SIGACTION, number, puppet_code.TEXT, 0, 8, text=action), "rt_sigaction")
    stack = struct.pack("<3Q", puppet_code.SIGNAL_STACK, 0, puppet_code.SIGNAL_STACK_BYTES)
    _checked(puppet.call(SIGALTSTACK, puppet_code.TEXT, 0, text=stack), "sigaltstack")
    _checked(puppet.call(PRCTL, _NO_HUGE_PAGES, 1, 0, 0, 0), "prctl(PR_SET_THP_DISABLE)")


def _checked(result: int, what: str) -> None:
    if result < 0:
        raise OSError(-result, f"{what}: {os.strerror(-result)}")


def _started(program: bytes, channels: list[socket.socket]) -> int:
    """The number of a process that runs the program, at the same addresses each time where the system lets it."""
    file = os.memfd_create("pagelaw-puppet")
    libc = ctypes.CDLL(None, use_errno=True)
    before = libc.personality(_CURRENT)
    try:
        os.write(file, program)
        libc.personality(before | _NO_RANDOMIZE)
        numbers = [file, *(channel.fileno() for channel in channels)]
        running = subprocess.Popen([f"/proc/self/fd/{file}"], pass_fds=numbers, env={})
    finally:
        libc.personality(before)
        os.close(file)
    running.returncode = 0  # it is waited for by its number
    return running.pid


def _drain(channel: socket.socket) -> None:
    with contextlib.suppress(BlockingIOError):
        while channel.recv(ORDER.size, socket.MSG_DONTWAIT):
            pass


def _named(how: int, status: os.waitid_result | None) -> str:
    killed = status is not None and status.si_code != os.CLD_EXITED
    return signal.Signals(how).name if killed else f"exit code {how}"


def _ending(pid: int, status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"process {pid} ended with {signal.Signals(-code).name if code < 0 else f'exit code {code}'}"
