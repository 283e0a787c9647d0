"""Windows processes under Wine that do as they are told: agents, how they come to be, and what they answer.

An agent is compiled when it is first wanted, and takes orders in lines of text. To start one takes long; so some are
started ahead, and one that is free again of all that it was given serves anew::

    order    allocate 40000000 1000 1000 4         r 40000000
    answer   = 40000000        ! 57 (an error)     = 0        x c0000005 0 40000000 (an exception)

Source: Microsoft, EXCEPTION_RECORD, system error codes.
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
REMEDY = "apt install wine64 gcc-mingw-w64-x86-64"
#: Where the worker finds the program that runs agents, and the agent.
WINE, AGENT = "PAGELAW_WINE", "PAGELAW_WINE_AGENT"
_SOURCE = Path(__file__).with_name("wine_agent.c")
_COMPILER = "x86_64-w64-mingw32-gcc"
_LOADERS = ("/usr/lib/wine/wine64", "/usr/lib/x86_64-linux-gnu/wine/wine64", "/opt/wine-stable/bin/wine64")
#: Agents that are started ahead, and how many may end while they start.
_SPARE = 2
_ATTEMPTS = 5
_ACCESS_VIOLATION, _GUARD_PAGE, _STACK_OVERFLOW, _IN_PAGE_ERROR = 0xC0000005, 0x80000001, 0xC00000FD, 0xC0000006
#: Orders of accesses, and how an exception tells what kind of access it was.
_KINDS = {"r": 0, "w": 1, "x": 8}
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
        wanted = _KINDS[word]
        if word == "x" and (kind, place) != (wanted, address):
            return 0  # an instruction was fetched, and what it did is its own affair
        if (kind, place) != (wanted, address):
            raise GarbageError(f"an access to {address:#x} brought about {code:#x} of kind {kind} at {place:#x}")
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


class Pool:
    """Agents that nobody uses; one that was used is used again when all that it was given is free."""

    def __init__(self) -> None:
        self._spare = [Agent() for _ in range(_SPARE)]

    def take(self) -> Agent:
        """An agent to which nothing was given, and which answers: at times Wine ends one while it starts."""
        for _ in range(_ATTEMPTS):
            agent = self._spare.pop(0)
            if len(self._spare) < _SPARE:
                self._spare.append(Agent())
            try:
                agent.ask("query", 0)
            except GarbageError:
                agent.kill()
            else:
                return agent
        raise GarbageError(f"{_ATTEMPTS} agents in turn ended when Wine was to start them")

    def give_back(self, agent: Agent) -> None:
        """What was given to the agent is given back; one that cannot do so is of no use any more."""
        try:
            agent.call("reset", "reset")
        except (GarbageError, ValueError, LookupError, MemoryError, PermissionError):
            agent.kill()
            return
        self._spare.insert(0, agent)

    def close(self) -> None:
        """All spare agents end."""
        while self._spare:
            self._spare.pop().kill()


def _refuse(name: str, error: int) -> NoReturn:
    """The error of a call as the contract has it; where a place is asked for, it tells one that cannot be had."""
    if error == _INVALID_ADDRESS and name in ("reserve", "map_view"):
        raise OverflowError(f"{name}: error {error}")
    if error not in _ERRORS:
        raise GarbageError(f"{name} answered the error {error}")
    raise _ERRORS[error](f"{name}: error {error}")
