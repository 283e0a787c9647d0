"""Windows' calls on address spaces as Wine has them: `pagelaw check wine:space`.

Each process of the contract is a Windows process of its own, an agent that is compiled when it is first wanted, and
does what it is told in lines of text. Faults are the exceptions that Windows programs see::

    judge --commit(1, ...)--> WineSpace --"allocate 40000000 1000 1000 4"--> agent 1 --VirtualAlloc--> Wine
          <----value---------           <-"= 40000000"----------------------        <---------------

Where Wine does otherwise than the contract has it, and what is done about it, is told by `DIFFERENCES`; there are no others.
Not judged are commit limits and stacks: Wine charges nothing, and a thread has used its stack before anybody could look.

Source: Microsoft, VirtualAlloc, VirtualFree, VirtualProtect, VirtualQuery, VirtualLock, CreateFileMapping,
MapViewOfFileEx, EXCEPTION_RECORD, system error codes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, NoReturn

from .outcome import GarbageError, one_line
from .target import TargetError

TARGET = "wine:space"
#: How Wine differs from what the documentation says of Windows, by name.
DIFFERENCES = {
    "reserved in pieces": "VirtualQuery tells reserved pages apart by the rights that they had when they were committed;"
    " pieces side by side are taken together",
    "guard before nothing": "a page that was reserved with a guard, or decommitted with one, warns once, where it should be"
    " denied; a warning about a page that VirtualQuery does not tell to be committed is taken as a denial",
}
REMEDY = "apt install wine64 gcc-mingw-w64-x86-64"
#: Where the worker finds the program that runs agents, and the agent.
WINE, AGENT = "PAGELAW_WINE", "PAGELAW_WINE_AGENT"
_SOURCE = Path(__file__).with_name("wine_agent.c")
_COMPILER = "x86_64-w64-mingw32-gcc"
_LOADERS = ("/usr/lib/wine/wine64", "/usr/lib/x86_64-linux-gnu/wine/wine64", "/opt/wine-stable/bin/wine64")
_PAGE = 4096
_MOST_PROCESSES = 4
#: Agents that are started ahead, because starting one takes long.
_SPARE = 2
_NO_FILE = -1
_COMMIT, _RESERVE, _DECOMMIT, _RELEASE = 0x1000, 0x2000, 0x4000, 0x8000
_FREE = 0x10000
_RESERVED = "reserved"
_STATES = {_COMMIT: "committed", _RESERVE: _RESERVED, _FREE: "free"}
_PROTECTION = {"": 1, "r": 2, "rw": 4, "rc": 8, "rx": 0x20, "rwx": 0x40}
_GUARD = 0x100
_VIEWS = {"r": 4, "rw": 2, "rc": 1}
_ACCESS_VIOLATION, _GUARD_PAGE, _STACK_OVERFLOW, _IN_PAGE_ERROR = 0xC0000005, 0x80000001, 0xC00000FD, 0xC0000006
_READ, _WRITTEN, _FETCHED = 0, 1, 8
_EXCEPTIONS: dict[int, type[Exception]] = {
    _ACCESS_VIOLATION: PermissionError,
    _GUARD_PAGE: Warning,
    _STACK_OVERFLOW: RecursionError,
    _IN_PAGE_ERROR: EOFError,
}
_ERRORS: dict[int, type[Exception]] = {
    5: PermissionError,  # ERROR_ACCESS_DENIED
    8: MemoryError,  # ERROR_NOT_ENOUGH_MEMORY
    87: ValueError,  # ERROR_INVALID_PARAMETER
    158: ValueError,  # ERROR_NOT_LOCKED
    487: LookupError,  # ERROR_INVALID_ADDRESS
    998: PermissionError,  # ERROR_NOACCESS
    1006: ValueError,  # ERROR_FILE_INVALID: the file is empty
    1132: ValueError,  # ERROR_MAPPED_ALIGNMENT
    1453: MemoryError,  # ERROR_WORKING_SET_QUOTA
    1455: MemoryError,  # ERROR_COMMITMENT_LIMIT
}
_INVALID_ADDRESS = 487


# -- getting ready ------------------------------------------------------------------------------------------------


def why_not() -> str:
    """Why Wine cannot be judged here, with the remedy; empty where it can."""
    missing = [name for name, there in (("Wine", _loader()), (_COMPILER, shutil.which(_COMPILER))) if not there]
    return f"{' and '.join(missing)} not found: {REMEDY}" if missing else ""


def _loader() -> str:
    """The program that runs 64-bit Windows programs, or nothing."""
    return next((path for path in _LOADERS if os.access(path, os.X_OK)), "") or shutil.which("wine64") or ""


def environment() -> Mapping[str, str]:
    """What a worker needs to know: where Wine, its folder, and the agent are; all are made where they are not.

    `TargetError` where that cannot be done.
    """
    if why_not():
        raise TargetError(f"{TARGET} is not judged: {why_not()}")
    folder = _folder()
    settings = {WINE: _loader(), AGENT: str(folder / "agent.exe"), "WINEPREFIX": str(folder / "prefix")}
    variables = {**os.environ, **settings, "WINEDEBUG": "-all", "WINEDLLOVERRIDES": "mscoree,mshtml=", "DISPLAY": ""}
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _compile(folder / "agent.exe")
        _try_out(variables)
    return variables


def _folder() -> Path:
    """A folder of this user's alone."""
    folder = Path(tempfile.gettempdir()) / f"pagelaw-wine-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise TargetError(f"{folder} belongs to somebody else: remove it, or set TMPDIR")
    return folder


def _compile(agent: Path) -> None:
    if agent.exists() and agent.stat().st_mtime > _SOURCE.stat().st_mtime:
        return
    command = [_COMPILER, "-O1", "-o", str(agent), str(_SOURCE)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise TargetError(f"{_SOURCE.name} was not compiled: {one_line(result.stderr)}")


def _try_out(variables: Mapping[str, str]) -> None:
    """One agent that ends at once: the first makes the folder of Wine, which takes long."""
    command = [variables[WINE], variables[AGENT]]
    try:
        result = subprocess.run(
            command, input=b"query 0\nexit\n", capture_output=True, env=dict(variables), timeout=180, check=False
        )
    except subprocess.TimeoutExpired:
        raise TargetError(f"{TARGET} is not judged: Wine did not start a program within 180 s") from None
    if not result.stdout.startswith(b"= "):
        raise TargetError(f"{TARGET} is not judged: Wine does not run the agent (exit code {result.returncode})")


# -- agents -------------------------------------------------------------------------------------------------------


class Agent:
    """A Windows process."""

    def __init__(self) -> None:
        """Start it; it is waited for when it is first asked."""
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        self._running = subprocess.Popen([os.environ[WINE], os.environ[AGENT]], stdin=pipe, stdout=pipe, stderr=nothing)

    def ask(self, word: str, *numbers: int, texts: tuple[str, ...] = ()) -> list[str]:
        """The words of the answer to an order."""
        orders, answers = self._streams()
        line = " ".join([word, *(f"{number:x}" for number in numbers), *(f"@{text}" for text in texts)])
        with contextlib.suppress(BrokenPipeError):
            orders.write(line.encode() + b"\n")
            orders.flush()
        answer = answers.readline()
        if not answer:
            raise GarbageError(f"an agent ended with exit code {self._running.wait()} when it was to {line}")
        return answer.decode().split()

    def call(self, name: str, word: str, *numbers: int, texts: tuple[str, ...] = ()) -> list[int]:
        """The results of a call; its error as the contract has it."""
        mark, *results = self.ask(word, *numbers, texts=texts)
        told = [int(result, 16) for result in results]
        if mark == "!":
            _refuse(name, told[0])
        return told

    def access(self, word: str, address: int, value: int = 0) -> int:
        """The byte of an access; its exception as the contract has it."""
        mark, *results = self.ask(word, address, value)
        told = [int(result, 16) for result in results]
        if mark == "=":
            return told[0]
        code, kind, place = told
        wanted = {"r": _READ, "w": _WRITTEN, "x": _FETCHED}[word]
        if word == "x" and (kind, place) != (wanted, address):
            return 0  # an instruction was fetched, and what it did is its own affair
        if (kind, place) != (wanted, address):
            raise GarbageError(f"an access to {address:#x} brought about {code:#x}, which tells {place:#x}, kind {kind}")
        if code not in _EXCEPTIONS:
            raise GarbageError(f"an access to {address:#x} brought about the exception {code:#x}")
        raise _EXCEPTIONS[code](f"{code:#x} at {place:#x}")

    def end(self) -> None:
        """The process ends by itself."""
        orders, answers = self._streams()
        orders.write(b"exit\n")
        orders.close()
        answers.close()
        code = self._running.wait()
        if code:
            raise GarbageError(f"an agent that was to exit ended with exit code {code}")

    def kill(self) -> None:
        """The process ends at once."""
        for stream in self._streams():
            with contextlib.suppress(BrokenPipeError):
                stream.close()
        self._running.kill()
        self._running.wait()

    def _streams(self) -> tuple[IO[bytes], IO[bytes]]:
        orders, answers = self._running.stdin, self._running.stdout
        assert orders is not None
        assert answers is not None
        return orders, answers


class _Pool:
    """Agents that nobody uses; one that was used is used again when all that it was given is free."""

    def __init__(self) -> None:
        self._spare = [Agent() for _ in range(_SPARE)]

    def take(self) -> Agent:
        """An agent to which nothing was given."""
        agent = self._spare.pop(0)
        if len(self._spare) < _SPARE:
            self._spare.append(Agent())
        return agent

    def give_back(self, agent: Agent) -> None:
        """What was given to the agent is given back; one that cannot do so is of no use any more."""
        try:
            agent.call("reset", "reset")
        except (GarbageError, ValueError, LookupError, MemoryError, PermissionError):
            agent.kill()
            return
        self._spare.insert(0, agent)


_POOL: list[_Pool] = []


# -- the target ---------------------------------------------------------------------------------------------------


class WineSpace:
    """Processes that agents are, over `pages` pages from 1 GiB on."""

    dialects = ("windows",)
    processes = _MOST_PROCESSES
    bounded = False
    overcommit = "never"
    pages_out = True

    def __init__(self, pages: int, dialect: str) -> None:
        """No process, no section. `ValueError` for another dialect."""
        if dialect != "windows":
            raise ValueError("Wine speaks the dialect windows")
        if not _POOL:
            _POOL.append(_Pool())
        self._pool = _POOL[0]
        self._running: dict[int, Agent] = {}
        self._keeper: Agent | None = None
        self._sections: dict[int, int] = {}
        self._files: dict[int, tuple[IO[bytes], int]] = {}

    def close(self) -> None:
        """All processes are free of what they were given, and all sections and files are gone."""
        for agent in (*self._running.values(), *([self._keeper] if self._keeper else [])):
            self._pool.give_back(agent)
        for file, _ in self._files.values():
            file.close()
        self._running, self._keeper, self._files = {}, None, {}

    # -- processes and accesses ---------------------------------------------------------------------------------

    def create(self, process: int) -> None:
        """A Windows process."""
        if process in self._running:
            raise ValueError(f"there is a process {process}")
        self._running[process] = self._pool.take()

    def exit(self, process: int) -> None:
        """ExitProcess."""
        self._agent(process).end()
        del self._running[process]

    def read(self, process: int, address: int) -> int:
        """A byte is read by an instruction."""
        return self._accessed(process, "r", address)

    def write(self, process: int, address: int, value: int) -> None:
        """A byte is written by an instruction."""
        if not 0 <= value <= 255:
            raise ValueError(f"{value} is no byte")
        self._accessed(process, "w", address, value)

    def execute(self, process: int, address: int) -> None:
        """An instruction is fetched that ends in the same page, wherever in the page it was asked for."""
        self._accessed(process, "x", address & -16)

    def _accessed(self, process: int, word: str, address: int, value: int = 0) -> int:
        agent = self._agent(process)
        try:
            return agent.access(word, address, value)
        except Warning:
            if self._told(process, address)[3] != _STATES[_COMMIT]:
                raise PermissionError(f"{address:#x} is not committed") from None
            raise

    def _agent(self, process: int) -> Agent:
        if process not in self._running:
            raise ValueError(f"there is no process {process}")
        return self._running[process]

    # -- memory -------------------------------------------------------------------------------------------------

    def reserve(self, process: int, address: int, size: int, rights: str, commit: bool) -> int:
        """VirtualAlloc with MEM_RESERVE."""
        how = _RESERVE | (_COMMIT if commit else 0)
        [given] = self._agent(process).call("reserve", "allocate", address, size, how, _protection(rights))
        return given

    def commit(self, process: int, address: int, size: int, rights: str) -> None:
        """VirtualAlloc with MEM_COMMIT."""
        self._agent(process).call("commit", "allocate", address, size, _COMMIT, _protection(rights))

    def decommit(self, process: int, address: int, size: int) -> None:
        """VirtualFree with MEM_DECOMMIT."""
        self._agent(process).call("decommit", "free", address, size, _DECOMMIT)

    def release(self, process: int, address: int, size: int) -> None:
        """VirtualFree with MEM_RELEASE."""
        self._agent(process).call("release", "free", address, size, _RELEASE)

    def protect(self, process: int, address: int, size: int, rights: str) -> str:
        """VirtualProtect."""
        [before] = self._agent(process).call("protect", "protect", address, size, _protection(rights))
        return _letters(before)

    def query(self, process: int, address: int) -> list[int | str]:
        """VirtualQuery, as often as there are pieces of what is alike."""
        first = self._told(process, address)
        while first[3] == _RESERVED:
            more = self._told(process, first[0] + first[2])
            if (more[1], *more[3:]) != (first[1], *first[3:]):
                break
            first = (*first[:2], first[2] + more[2], *first[3:])
        return list(first)

    def _told(self, process: int, address: int) -> tuple[int, int, int, str, str]:
        page, base, size, state, rights = self._agent(process).call("query", "query", address)
        if state not in _STATES:
            raise GarbageError(f"VirtualQuery told the state {state:#x}")
        told = _letters(rights) if state == _COMMIT else ""
        return page, base if state != _FREE else 0, size, _STATES[state], told

    def lock(self, process: int, address: int, size: int) -> None:
        """VirtualLock."""
        self._agent(process).call("lock", "lock", address, size)

    def unlock(self, process: int, address: int, size: int) -> None:
        """VirtualUnlock."""
        self._agent(process).call("unlock", "unlock", address, size)

    # -- sections and files -------------------------------------------------------------------------------------

    def section(self, section: int, size: int, file: int) -> None:
        """CreateFileMapping, in a process that does nothing else, so that the section stays."""
        if section in self._sections:
            raise ValueError(f"there is a section {section}")
        if file != _NO_FILE and file not in self._files:
            raise ValueError(f"there is no file {file}")
        if self._keeper is None:
            self._keeper = self._pool.take()
        path = "" if file == _NO_FILE else "Z:" + self._files[file][0].name.replace("/", "\\")
        self._keeper.call("section", "section", size, texts=(self._name(section), path))
        self._sections[section] = size

    def map_view(self, process: int, section: int, offset: int, size: int, rights: str, address: int) -> int:
        """MapViewOfFileEx."""
        agent = self._agent(process)
        if section not in self._sections:
            raise ValueError(f"there is no section {section}")
        name = self._name(section)
        [given] = agent.call("map_view", "map", offset, size, _VIEWS[rights], address, texts=(name,))
        return given

    def unmap_view(self, process: int, address: int) -> None:
        """UnmapViewOfFile."""
        self._agent(process).call("unmap_view", "unmap", address)

    def _name(self, section: int) -> str:
        return f"pagelaw-{os.getpid()}-{section}"

    def file(self, file: int, length: int) -> None:
        """A file of zero bytes, which Wine opens by its path."""
        if file in self._files:
            raise ValueError(f"there is a file {file}")
        made = tempfile.NamedTemporaryFile(prefix="pagelaw-", buffering=0)  # noqa: SIM115 - kept until close
        os.ftruncate(made.fileno(), length)
        self._files[file] = made, length

    def load(self, file: int, offset: int) -> int:
        """pread."""
        return os.pread(self._descriptor(file, offset), 1, offset)[0]

    def store(self, file: int, offset: int, value: int) -> None:
        """pwrite."""
        if not 0 <= value <= 255:
            raise ValueError(f"{value} is no byte")
        os.pwrite(self._descriptor(file, offset), bytes([value]), offset)

    def _descriptor(self, file: int, offset: int) -> int:
        if file not in self._files or not 0 <= offset < self._files[file][1]:
            raise ValueError("there is no such file, or no such byte in it")
        return self._files[file][0].fileno()


# -- words --------------------------------------------------------------------------------------------------------


def _protection(rights: str) -> int:
    """Rights as a protection constant; 0, which is none, for rights that have no constant."""
    plain = rights.replace("g", "")
    guard = _GUARD if "g" in rights else 0
    return _PROTECTION.get(plain, 0) | guard


def _letters(protection: int) -> str:
    """A protection constant as rights."""
    guard = "g" if protection & _GUARD else ""
    for letters, constant in _PROTECTION.items():
        if constant == protection & ~_GUARD:
            return letters + guard
    raise GarbageError(f"a protection was told as {protection:#x}")


def _refuse(name: str, error: int) -> NoReturn:
    """The error of a call as the contract has it: where a place is asked for, an invalid address is one not to be had."""
    if error == _INVALID_ADDRESS and name in ("reserve", "map_view"):
        raise OverflowError(f"{name}: error {error}")
    if error not in _ERRORS:
        raise GarbageError(f"{name} answered the error {error}")
    raise _ERRORS[error](f"{name}: error {error}")
