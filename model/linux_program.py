"""A program in memory as the loader of Linux makes it: from the file what is in the file, and no frame for any of it.

The file has code and initialised data, byte for byte; of what is initialised to zero (bss) it has the size alone::

    file     | code      | data  |
               |           |
    memory   | code  rx  | data  rw  : bss  rw |  heap -->            <-- stack |
             origin                  ^          page above bss              end of the space
                                     in the last page of the data, then in pages without a file

The rest of the data's last page is beyond the end of the file, so it is zero, and bss may begin there. Everything is
*given, and not backed*: the first instruction is the first page fault.

Source: Linux, fs/binfmt_elf.c (load_elf_binary, padzero, set_brk); System V ABI, i386 supplement, for the origin.
"""

from __future__ import annotations

import attrs

from ..spec.contracts.space.arena import PAGE
from ..spec.contracts.space.calls import NO_FILE
from .linux_space import LinuxSpace

#: Where programs of 32 bits begin, and the pages of an address space whose highest GiB is the kernel's.
ORIGIN = 0x0804_8000
PAGES = 0xC000_0000 // PAGE
#: The largest stack, as `ulimit -s` has it.
STACK = 8 << 20


@attrs.frozen
class Program:
    """What a linker leaves behind.

    Attributes:
        code: instructions.
        data: initialised variables, at least a byte, as they are to be.
        bss: bytes of variables that begin as zero.
        entry: which byte of the code is executed first.
    """

    code: bytes
    data: bytes
    bss: int
    entry: int = 0

    def __attrs_post_init__(self) -> None:
        if not self.code or not self.data or self.bss < 0 or not 0 <= self.entry < len(self.code):
            raise ValueError("a program has code, data, and its first instruction in the code")

    @property
    def image(self) -> bytes:
        """The file: code up to whole pages, then data."""
        return self.code.ljust(_whole(len(self.code)), b"\0") + self.data


@attrs.frozen
class Layout:
    """Where the parts of a program are: the address of the first byte of each.

    Attributes:
        code, data, bss: what the program says.
        heap: the page above bss, from where `brk` gives more.
        stack: the lowest address that the stack may grow down to.
        top: the address after the last one of the stack.
        entry: the first instruction.
    """

    code: int
    data: int
    bss: int
    heap: int
    stack: int
    top: int
    entry: int


def install(space: LinuxSpace, file: int, program: Program) -> None:
    """The program is in a new file: its bss is not."""
    space.file(file, len(program.image))
    for offset, byte in enumerate(program.image):
        space.store(file, offset, byte)


def load(space: LinuxSpace, process: int, program: Program, file: int, stack: int = STACK) -> Layout:
    """A process, to which nothing is given yet, has the program of a file where it belongs; nothing of it is backed."""
    code = _whole(len(program.code))
    data = ORIGIN + code
    bss = data + len(program.data)
    end_of_file, heap = _whole(bss), _whole(bss + program.bss)
    space.mmap(process, ORIGIN, code, "rx", False, True, file, 0)
    space.mmap(process, data, end_of_file - data, "rw", False, True, file, code)
    if heap > end_of_file:
        space.mmap(process, end_of_file, heap - end_of_file, "rw", False, True, NO_FILE, 0)
    space.begin_heap(process, heap)
    lowest = space.stack(process, stack)
    return Layout(ORIGIN, data, bss, heap, lowest, lowest + _whole(stack), ORIGIN + program.entry)


def _whole(length: int) -> int:
    """So many bytes, or an address, up to whole pages."""
    return -(-length // PAGE) * PAGE
