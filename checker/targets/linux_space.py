"""The running Linux kernel as a manager of address spaces: `pagelaw check linux:space`.

Each process of the contract is a puppet, a real process that makes real system calls and real accesses; a fault is a
real signal. Nothing is modelled here. What the kernel answers is put into the words of the contract, and judged like
any other implementation::

    judge --mmap(1, ...)--> LinuxKernel --order--> puppet 1 --mmap(2)--> kernel
          <----value-------             <-answer-           <----------

Where the kernel does otherwise than the contract would have it of an implementation that declares nothing, and why
it may, is told by `DIFFERENCES`; the capabilities are declared accordingly. There are no other differences.

Source: Linux manual pages mmap(2), munmap(2), mprotect(2), mremap(2), brk(2), madvise(2), mincore(2), fork(2),
proc_pid_maps(5), signal(7).
"""

from __future__ import annotations

import errno
import os
import platform
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from . import puppet, puppet_code
from .linux_maps import NO_FILE, File, Region, region_of
from .outcome import GarbageError
from .puppet import Fault, Puppet, Puppets

TARGET = "linux:space"
#: How the kernel differs from an implementation that declares nothing, by name, and why that is no error.
DIFFERENCES = {
    "beside the window": "the kernel puts what may be anywhere near the stack, where its own pages are as well; it is"
    " held to what it says, and is not asked about places that it never gave",
    "done in part": "mprotect over a hole has protected what is before the hole, and madvise all that there is; both"
    " manual pages say so",
    "fetch": "an instruction fetch that is denied has made a readable page resident before: the fault on a page that is"
    " not there yet does not look at the right to execute, the one after it does",
    "merging": "neighbours that are alike stay two regions in /proc/PID/maps where each was written before they met,"
    " and mremap refuses a range that is two regions",
    "zero page": "a page that was only read is resident, as mincore tells, and takes no frame: it shows the one page of"
    " zeros",
    "heap": "brk leaves a page free in front of what is mapped behind the heap, and need not take back one with holes",
    "stacks": "a stack keeps no distance from what may not be accessed or is a stack itself, and mremap grows a range"
    " into the gap below one; both are so in the dialect, for everybody",
    "overcommit": "memory is charged by a heuristic for the whole system, which no test comes near; nothing is refused",
    "faults": "a page that was only read takes another fault when it is written, for it showed the one page of zeros; a"
    " page of a file may have come with its neighbours, and take none",
    "small pages": "puppets ask for no huge pages, with which more becomes resident than was accessed",
}
_PAGE = 4096
_LAST_ADDRESS = (1 << 64) - 1
#: Where the window begins.
BASE = 1 << 30
_MOST_PROCESSES = 4
#: Where stacks are for which there is no room in the window: far from everything, and from each other.
_ASIDE = 1 << 40
_APART = 1 << 32
_PROTECTION = {"r": 1, "w": 2, "x": 4}
_SHARED, _PRIVATE, _FIXED, _ANONYMOUS = 0x1, 0x2, 0x10, 0x20
_STACK = _PRIVATE | _ANONYMOUS | 0x100 | 0x100000  # MAP_GROWSDOWN, MAP_FIXED_NOREPLACE
_GAP = 256
_MAY_MOVE = 1
_ADVICE = {"dontneed": 4, "free": 8}
#: Bit of the processor's error code: the fault was that of an instruction fetch.
_FETCHED = 0x10
_LONGEST_INSTRUCTION = 16
_ERRORS: dict[int, type[Exception]] = {
    errno.EINVAL: ValueError,
    errno.ENOMEM: MemoryError,
    errno.EFAULT: LookupError,
    errno.EACCES: PermissionError,
    errno.EPERM: PermissionError,
    errno.EOVERFLOW: OverflowError,
}
#: There a lack of memory is that of a mapping.
_OVER_RANGES = ("mprotect", "madvise", "mincore")
_COMPANY: list[Puppets] = []
#: Whether pages are made inaccessible now and then, to see from which memory node they are used.
BALANCING = Path("/proc/sys/kernel/numa_balancing")


def why_not() -> str:
    """Why the kernel cannot be judged here; empty where it can."""
    if platform.system() != "Linux":
        return f"this is {platform.system()}, not Linux"
    if platform.machine() not in ("x86_64", "AMD64"):
        return f"puppets are programs for x86-64, and this is {platform.machine()}"
    if os.sysconf("SC_PAGE_SIZE") != _PAGE:
        return f"pages have {os.sysconf('SC_PAGE_SIZE')} bytes here, not {_PAGE}"
    return ""


def why_not_counted(puppets: Puppets) -> str:
    """Why faults that puppets take are not only those of accesses; empty where they are."""
    if BALANCING.exists() and BALANCING.read_text(encoding="ascii").strip() != "0":
        return "with balancing between memory nodes pages are taken out of reach to see who uses them"
    return puppets.why_not_settled()


def environment() -> Mapping[str, str]:
    """What a worker needs to know: nothing that it does not know."""
    return os.environ


def _swaps() -> bool:
    """Whether contents may be put out: whether anything is swapped to."""
    try:
        return len(Path("/proc/swaps").read_text(encoding="ascii").splitlines()) > 1
    except OSError:
        return False


def _gap() -> int:
    """Pages that a stack keeps from what is below it: what the kernel was started with, or as it is built."""
    words = Path("/proc/cmdline").read_text(encoding="utf-8").split()
    told = [word.partition("=")[2] for word in words if word.startswith("stack_guard_gap=")]
    return int(told[-1]) if told and told[-1].isdigit() else _GAP


class LinuxKernel:
    """Processes that puppets are, over `pages` pages from 1 GiB on."""

    dialects = ("linux",)
    processes = _MOST_PROCESSES
    bounded = False
    atomic = False
    merging = False
    overcommit = "always"
    pages_out = _swaps()
    gap = _gap()

    def __init__(self, pages: int, dialect: str) -> None:
        """No process, no file. `ValueError` for another dialect, `OSError` where the system lets nobody do this."""
        if dialect != "linux":
            raise ValueError("the kernel of Linux speaks the dialect linux")
        if why_not():
            raise OSError(why_not())
        if not _COMPANY:
            _COMPANY.append(Puppets(_MOST_PROCESSES))
        self._puppets = _COMPANY[0]
        self._first, self._end = BASE, BASE + pages * _PAGE
        if why_not_counted(self._puppets):
            self.faults = None  # type: ignore[assignment,method-assign]
        self._running: dict[int, Puppet] = {}
        #: How many faults a puppet had taken for reasons of its own.
        self._own_faults: dict[int, int] = {}
        #: By process the bytes that its stacks may have, by where they end.
        self._stacks: dict[int, dict[int, int]] = {}
        self._files: dict[int, File] = {}

    def close(self) -> None:
        """All processes end, and all files are gone."""
        for running in self._running.values():
            self._puppets.end(running, kill=True)
        for file in self._files.values():
            os.close(file.descriptor)
        self._running, self._files = {}, {}

    # -- processes ----------------------------------------------------------------------------------------------

    def create(self, process: int) -> None:
        """A puppet that has nothing but its program."""
        self._check_is_new(process)
        self._begin(process, self._puppets.fresh())

    def fork(self, process: int, child: int) -> None:
        """fork."""
        parent = self._puppet(process)
        self._check_is_new(child)
        before = parent.faults()
        self._begin(child, self._puppets.copy(parent))
        self._stacks[child] = dict(self._stacks[process])
        parent.settle()
        self._own_faults[process] += parent.faults() - before

    def exit(self, process: int) -> None:
        """exit_group, and waiting for it."""
        ending = self._puppet(process)
        del self._running[process]
        self._puppets.end(ending)

    def _begin(self, process: int, running: Puppet) -> None:
        running.settle()
        self._running[process], self._own_faults[process], self._stacks[process] = running, running.faults(), {}

    def _puppet(self, process: int) -> Puppet:
        if process not in self._running:
            raise ValueError(f"there is no process {process}")
        return self._running[process]

    def _check_is_new(self, process: int) -> None:
        if process in self._running:
            raise ValueError(f"there is a process {process}")

    # -- accesses -----------------------------------------------------------------------------------------------

    def read(self, process: int, address: int) -> int:
        """A byte is read by an instruction."""
        return _accessed(address, self._ready(process, address).load(address))

    def write(self, process: int, address: int, value: int) -> None:
        """A byte is written by an instruction."""
        if not 0 <= value <= 255:
            raise ValueError(f"{value} is no byte")
        _accessed(address, self._ready(process, address).store(address, value))

    def execute(self, process: int, address: int) -> None:
        """An instruction is fetched; what it does is its own affair, so that a fault of its own is none of fetching.

        It is one that ends in the same page, wherever in the page it was asked for: rights are those of pages.
        """
        place = address & -_LONGEST_INSTRUCTION
        fault = self._ready(process, place).fetch(place)
        if fault.address == place and fault.error & _FETCHED:
            _accessed(place, fault)

    def _ready(self, process: int, address: int) -> Puppet:
        """The puppet, with the limit for stacks that the stack has which this access may make grow.

        The kernel has one limit for all stacks of a process, and looks at it only when one of them grows.
        """
        running, stacks = self._puppet(process), self._stacks[process]
        end = min((end for end in stacks if end > address), default=None)
        if end is not None:
            running.limit_stacks(stacks[end])
        return running

    # -- stacks -------------------------------------------------------------------------------------------------

    def stack(self, process: int, size: int) -> int:
        """mmap with MAP_GROWSDOWN of the highest page; as high in the window as there is room, otherwise aside."""
        running, length = self._puppet(process), -(-size // _PAGE) * _PAGE
        if not size:
            raise ValueError("a stack has a size")
        end = self._room(process, length)
        self._called("mmap", running, puppet.MMAP, end - _PAGE, _PAGE, _bits("rw"), _STACK, NO_FILE, 0)
        self._stacks[process][end] = length
        return end - length

    def _room(self, process: int, length: int) -> int:
        """Where so many free bytes end that are in nobody's gap."""
        ends = self._stacks[process]
        end = self._end
        for first, last, *_ in reversed(self._listed(process)):
            if last <= end - length:
                break
            if first < self._end:
                end = first - self.gap * _PAGE * (last in ends)
        if end - length >= self._first:
            return end
        return next(end for end in range(_ASIDE, 1 << 46, _APART) if end not in ends)

    # -- system calls -------------------------------------------------------------------------------------------

    def mmap(
        self, process: int, address: int, length: int, rights: str, shared: bool, fixed: bool, file: int, offset: int
    ) -> int:
        """mmap."""
        running = self._puppet(process)
        flags = (_SHARED if shared else _PRIVATE) | (_FIXED if fixed else 0)
        if file == NO_FILE:
            return self._called("mmap", running, puppet.MMAP, address, length, _bits(rights), flags | _ANONYMOUS, -1, 0)
        opened = self._open_in(running, file)
        try:
            return self._called("mmap", running, puppet.MMAP, address, length, _bits(rights), flags, opened, offset)
        finally:
            running.call(puppet.CLOSE, opened)

    def munmap(self, process: int, address: int, length: int) -> None:
        """munmap."""
        self._called("munmap", self._puppet(process), puppet.MUNMAP, address, length)
        for end in [end for end in self._stacks[process] if address < end <= address + length]:
            del self._stacks[process][end]

    def mprotect(self, process: int, address: int, length: int, rights: str) -> None:
        """mprotect."""
        self._called("mprotect", self._puppet(process), puppet.MPROTECT, address, length, _bits(rights))

    def mremap(self, process: int, address: int, length: int, new_length: int, may_move: bool) -> int:
        """mremap."""
        flags = _MAY_MOVE if may_move else 0
        return self._called("mremap", self._puppet(process), puppet.MREMAP, address, length, new_length, flags)

    def brk(self, process: int, address: int) -> int:
        """brk, as the kernel has it: it gives where the end is then."""
        return self._called("brk", self._puppet(process), puppet.BRK, address)

    def madvise(self, process: int, address: int, length: int, advice: str) -> None:
        """madvise with MADV_DONTNEED or MADV_FREE; advice that there is not is given as a number that there is not."""
        number = _ADVICE.get(advice, 0x7FFF)
        self._called("madvise", self._puppet(process), puppet.MADVISE, address, length, number)

    def mincore(self, process: int, address: int, length: int) -> list[bool]:
        """mincore, in parts where a range is so long that a puppet has no room for what is told."""
        running, told = self._puppet(process), bytearray()
        while True:
            part = min(length, puppet_code.ROOM_BYTES * _PAGE)
            self._called("mincore", running, puppet.MINCORE, address, part, puppet_code.ROOM)
            told += running.told(-(-part // _PAGE)) if part else b""
            address, length = address + part, length - part
            if not length:
                return [bool(byte & 1) for byte in told]

    def faults(self, process: int) -> int:
        """What the kernel counts, without what the puppet took for its own pages."""
        return self._puppet(process).faults() - self._own_faults[process]

    @staticmethod
    def _called(name: str, running: Puppet, number: int, *arguments: int) -> int:
        result = running.call(number, *arguments)
        if -4096 < result < 0:
            _refuse(name, -result)
        return result & _LAST_ADDRESS

    # -- files --------------------------------------------------------------------------------------------------

    def file(self, file: int, length: int) -> None:
        """Every other file is in memory, the others are on a disk as far as that may be executed from."""
        if file in self._files:
            raise ValueError(f"there is a file {file}")
        self._files[file] = File(length, on_disk=bool(file % 2))

    def load(self, file: int, offset: int) -> int:
        """pread."""
        return os.pread(self._file(file, offset).descriptor, 1, offset)[0]

    def store(self, file: int, offset: int, value: int) -> None:
        """pwrite."""
        if not 0 <= value <= 255:
            raise ValueError(f"{value} is no byte")
        os.pwrite(self._file(file, offset).descriptor, bytes([value]), offset)

    def _file(self, file: int, offset: int) -> File:
        if file not in self._files or not 0 <= offset < self._files[file].length:
            raise ValueError("there is no such file, or no such byte in it")
        return self._files[file]

    def _open_in(self, running: Puppet, file: int) -> int:
        """A descriptor of a file in a puppet."""
        if file not in self._files:
            raise ValueError(f"there is no file {file}")
        path = f"/proc/{os.getpid()}/fd/{self._files[file].descriptor}".encode()
        result = running.call(puppet.OPEN, puppet_code.TEXT, os.O_RDWR, text=path)
        if result < 0:
            raise GarbageError(f"a puppet could not open a file of ours: {os.strerror(-result)}")
        return result

    # -- regions ------------------------------------------------------------------------------------------------

    def maps(self, process: int) -> list[list[object]]:
        """/proc/PID/maps without what was there from the beginning."""
        return [list(region) for region in self._listed(process)]

    def _listed(self, process: int) -> list[Region]:
        text = Path(f"/proc/{self._puppet(process).pid}/maps").read_text(encoding="utf-8")
        names = {file.path: number for number, file in self._files.items()}
        told = [region_of(line, names) for line in text.splitlines()]
        return [region for region in told if region is not None]


def _bits(rights: str) -> int:
    return sum(_PROTECTION[letter] for letter in rights)


def _accessed(address: int, result: int | Fault) -> int:
    """The byte that an access gave; its fault as the contract has it."""
    if not isinstance(result, Fault):
        return result
    if result.address != address:
        raise GarbageError(f"an access to {address:#x} brought about a signal that tells {result.address:#x}")
    told: dict[int, type[Exception]] = {signal.SIGSEGV: PermissionError, signal.SIGBUS: EOFError}
    if result.signal not in told:
        raise GarbageError(f"an access to {address:#x} brought about {signal.Signals(result.signal).name}")
    raise told[result.signal](f"{signal.Signals(result.signal).name} at {address:#x}, code {result.code}")


def _refuse(name: str, number: int) -> NoReturn:
    """The refusal of a system call as the contract has it."""
    if number == errno.ENOMEM and name in _OVER_RANGES:
        raise LookupError(f"{name}: {os.strerror(number)}")
    if number not in _ERRORS:
        raise GarbageError(f"{name} answered {errno.errorcode.get(number, number)}: {os.strerror(number)}")
    raise _ERRORS[number](f"{name}: {os.strerror(number)}")
