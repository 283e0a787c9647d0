"""What a process of the running kernel has mapped, as /proc/PID/maps tells it, and the files that it may map.

Source: Linux manual pages proc_pid_maps(5), memfd_create(2), open(2).
"""

from __future__ import annotations

import os
import tempfile

from . import puppet_code

NO_FILE = -1
#: A line of a listing: address, end, rights, shared, file, offset.
Region = tuple[int, int, str, bool, int, int]
_NO_EXEC = 0x8
_OWN_REGIONS = ("[stack]", "[vdso]", "[vvar", "[vsyscall]")


class File:
    """A file without a name, of zero bytes."""

    def __init__(self, length: int, *, on_disk: bool) -> None:
        folder = tempfile.gettempdir()
        if on_disk and not os.statvfs(folder).f_flag & _NO_EXEC:
            self.descriptor, path = tempfile.mkstemp(prefix="pagelaw-", dir=folder)
            os.unlink(path)
        else:
            self.descriptor = os.memfd_create("pagelaw-file")
        os.ftruncate(self.descriptor, length)
        self.length = length
        self.path = key_of(os.fstat(self.descriptor).st_ino, os.readlink(f"/proc/self/fd/{self.descriptor}"))


def key_of(inode: int, path: str) -> str:
    """What tells a file from others, as /proc/PID/maps shows it."""
    return f"{inode} {path}"


def region_of(line: str, names: dict[str, int]) -> Region | None:
    """A line of /proc/PID/maps as the contract has it; None for what belongs to the puppet."""
    place, rights, offset, _, inode, *rest = line.split(maxsplit=5)
    first, end = (int(number, 16) for number in place.split("-"))
    name = rest[0] if rest else ""
    own = puppet_code.DATA + puppet_code.DATA_BYTES
    if puppet_code.BASE <= first < own:
        first = own  # the kernel may tell the heap as one region with the program's own data
    if first >= end or name.startswith(_OWN_REGIONS):
        return None
    file = names.get(key_of(int(inode), name), NO_FILE)
    letters = rights[:3].replace("-", "")
    return first, end, letters, rights[3] == "s", file, int(offset, 16) if file != NO_FILE else 0
