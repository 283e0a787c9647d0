"""Windows' calls on address spaces as Wine has them: `pagelaw check wine:space`.

Each process of the contract is a Windows process of its own, an agent (`wine_agent`) that does what it is told in
lines of text. Faults are the exceptions that Windows programs see::

    judge --commit(1, ...)--> WineSpace --"allocate 40000000 1000 1000 4"--> agent 1 --VirtualAlloc--> Wine
          <----value---------           <-"= 40000000"----------------------        <---------------

Where Wine does otherwise than the contract has it, and what is done about it, is told by `DIFFERENCES`; there are no
others. Not judged are commit limits and stacks: Wine charges nothing, and a thread has used its stack before anybody
could look.

Source: Microsoft, VirtualAlloc, VirtualFree, VirtualProtect, VirtualQuery, VirtualLock, CreateFileMapping,
MapViewOfFileEx.
"""

from __future__ import annotations

import os
import tempfile
from typing import IO

from .outcome import GarbageError
from .wine_agent import Agent, Pool, environment, why_not

__all__ = ["DIFFERENCES", "WineSpace", "environment", "why_not"]

#: How Wine differs from what the documentation says of Windows, by name.
DIFFERENCES = {
    "reserved in pieces": "VirtualQuery tells reserved pages apart by rights that they do not have; pieces side by side"
    " are taken together",
    "guard before nothing": "a page that was reserved with a guard, or decommitted with one, warns once, where it"
    " should be denied; a warning about a page that VirtualQuery does not tell to be committed is taken as a denial",
}
_MOST_PROCESSES = 4
_NO_FILE = -1
_COMMIT, _RESERVE, _DECOMMIT, _RELEASE, _FREE = 0x1000, 0x2000, 0x4000, 0x8000, 0x10000
_COMMITTED, _RESERVED = "committed", "reserved"
_STATES = {_COMMIT: _COMMITTED, _RESERVE: _RESERVED, _FREE: "free"}
_PROTECTION = {"": 1, "r": 2, "rw": 4, "rc": 8, "rx": 0x20, "rwx": 0x40}
_GUARD = 0x100
_VIEWS = {"r": 4, "rw": 2, "rc": 1}
_POOL: list[Pool] = []


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
            _POOL.append(Pool())
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
            if self._told(process, address)[3] != _COMMITTED:
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
