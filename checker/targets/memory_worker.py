"""A process that uses memory as it is told, for somebody who watches its page tables from outside.

Run as a program. Each line of the input is a JSON list: an operation and its numbers; each line of the output its
result. `child` passes what follows on to the child that `fork` made. Refused accesses are made through a system
call, which answers instead of ending the process.
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import sys
from collections.abc import Callable, Sequence
from typing import IO, Any

PAGE = mmap.PAGESIZE
#: Rights as mmap knows them; 0 is none at all.
READ, WRITE = mmap.PROT_READ, mmap.PROT_WRITE
_HUGE, _NO_HUGE, _DONT_NEED = 14, 15, 4

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
for _name in ("munmap", "mprotect", "madvise"):
    getattr(_libc, _name).argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int][: 2 if _name == "munmap" else 3]
_libc.read.argtypes = _libc.write.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]


def _checked(result: int) -> int:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def map_pages(pages: int, shared: bool) -> int:
    """Map memory of no file; its address."""
    flags = mmap.MAP_ANONYMOUS | (mmap.MAP_SHARED if shared else mmap.MAP_PRIVATE)
    address = _libc.mmap(None, pages * PAGE, READ | WRITE, flags, -1, 0)
    if address in (None, ctypes.c_void_p(-1).value):
        raise OSError(ctypes.get_errno(), "mmap")
    _libc.madvise(address, pages * PAGE, _NO_HUGE)
    return int(address)


def write_pages(address: int, pages: int, value: int) -> int:
    """Write a number to the beginning of each page."""
    for page in range(pages):
        ctypes.c_uint64.from_address(address + page * PAGE).value = value + page
    return 0


def read_pages(address: int, pages: int) -> list[int]:
    """The numbers at the beginning of each page."""
    return [ctypes.c_uint64.from_address(address + page * PAGE).value for page in range(pages)]


def is_refused(address: int, write: bool) -> bool:
    """Whether an access is refused: the system calls that make it answer EFAULT."""
    ours, theirs = os.pipe()
    try:
        os.write(theirs, b"x")
        done = _libc.read(ours, address, 1) if write else _libc.write(theirs, address, 1)
        return bool(done < 0 and ctypes.get_errno() == errno.EFAULT)
    finally:
        os.close(ours)
        os.close(theirs)


def unmap_pages(address: int, pages: int) -> int:
    """Unmap pages."""
    return _checked(_libc.munmap(address, pages * PAGE))


def protect_pages(address: int, pages: int, rights: int) -> int:
    """Change the rights of pages."""
    return _checked(_libc.mprotect(address, pages * PAGE, rights))


def empty_pages(address: int, pages: int) -> int:
    """Give up the contents of pages (MADV_DONTNEED)."""
    return _checked(_libc.madvise(address, pages * PAGE, _DONT_NEED))


def want_huge(address: int, pages: int) -> int:
    """Ask for huge pages; what a kernel without them answers is no error."""
    return int(_libc.madvise(address, pages * PAGE, _HUGE))


OPERATIONS: dict[str, Callable[..., Any]] = {
    "map": map_pages,
    "write": write_pages,
    "read": read_pages,
    "refused": is_refused,
    "unmap": unmap_pages,
    "protect": protect_pages,
    "empty": empty_pages,
    "huge": want_huge,
}


class Worker:
    """Answers operations from one pipe on another; has one child at most."""

    def __init__(self, commands: IO[str], answers: IO[str]) -> None:
        self.commands, self.answers = commands, answers
        self.child: tuple[IO[str], IO[str]] | None = None

    def serve(self) -> None:
        """Answer until the input ends."""
        for line in self.commands:
            self.answers.write(json.dumps(self.result(json.loads(line))) + "\n")
            self.answers.flush()

    def result(self, command: Sequence[Any]) -> Any:
        """The result of one operation."""
        name, *numbers = command
        if name == "fork":
            return self.fork()
        if name == "child":
            assert self.child is not None
            self.child[0].write(json.dumps(numbers) + "\n")
            self.child[0].flush()
            return json.loads(self.child[1].readline())
        return OPERATIONS[name](*numbers)

    def fork(self) -> int:
        """A child that answers too; its number."""
        (their_commands, our_commands), (our_answers, their_answers) = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            os.close(our_commands)
            os.close(our_answers)
            Worker(os.fdopen(their_commands), os.fdopen(their_answers, "w")).serve()
            os._exit(0)
        os.close(their_commands)
        os.close(their_answers)
        self.child = os.fdopen(our_commands, "w"), os.fdopen(our_answers)
        return child


if __name__ == "__main__":
    Worker(sys.stdin, sys.stdout).serve()
