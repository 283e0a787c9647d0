"""A program of 32 bits in memory: the process has three GiB, and above them is the kernel's one.

Code and data are in the program's file, data byte for byte as it is to be; of bss the file has the size alone. The
heap grows upward from there, the stack downward from the top. All of it is given at the start, and none of it backed:
the first instruction is the first page fault::

    $ python examples/experiments/program.py
    the file: 8192 bytes of code, 12 of data, and none of the 8192 of bss
    loaded: 0 page faults
      08048000-0804a000 r-xp 00000000  code
      0804a000-0804b000 rw-p 00002000  data, and the start of bss
      0804b000-0804d000 rw-p 00000000  bss
      bffff000-c0000000 rw-p 00000000  stack: 1 of at most 2048 pages
    the data is 'hello, world'; then the first steps:
      the first instruction                         page faults: 1
      the next one, in the same page                page faults: 0
      a variable of the data written: copied        page faults: 1
      the first of bss, in the same page            page faults: 0
      the last of bss                               page faults: 1
      three pages more for the heap: brk            page faults: 0
      the first byte of the heap                    page faults: 1
      the first call                                page faults: 1
      a call four pages deeper: the stack grows     page faults: 1
      something is mapped below the stack           page faults: 0
      a call down to its gap of 2 pages             page faults: 1
      a call into the gap                           violation
      the first byte of the kernel's GiB            violation
      08048000-0804a000 r-xp 00000000  code
      0804a000-0804b000 rw-p 00002000  data, and the start of bss
      0804b000-08050000 rw-p 00000000  bss, and the heap
      bfff5000-bfff6000 rw-p 00000000  a mapping
      bfff8000-c0000000 rw-p 00000000  stack: 8 of at most 2048 pages
"""

from collections.abc import Callable

from pagelaw.model.linux_process import GAP
from pagelaw.model.linux_program import PAGES, Layout, Program, install, load
from pagelaw.model.linux_space import LinuxSpace
from pagelaw.spec.contracts.space.arena import PAGE
from pagelaw.spec.contracts.space.calls import NO_FILE

PROCESS, FILE = 1, 1
PROGRAM = Program(code=bytes(range(256)) * 32, data=b"hello, world", bss=2 * PAGE, entry=PAGE + 16)


def listing(space: LinuxSpace, layout: Layout) -> None:
    """The regions as /proc/PID/maps has them, with what of the program they are."""
    for start, end, rights, _, file, offset in space.maps(PROCESS):
        letters = "".join(letter if letter in rights else "-" for letter in "rwx")
        print(f"  {start:08x}-{end:08x} {letters}p {offset:08x}  {_name(layout, start, end, file)}")


def _name(layout: Layout, start: int, end: int, file: int) -> str:
    if file == FILE:
        return "code" if start == layout.code else "data, and the start of bss"
    if end == layout.top:
        return f"stack: {(end - start) // PAGE} of at most {(layout.top - layout.stack) // PAGE} pages"
    if start > layout.heap:
        return "a mapping"
    return "bss" if end == layout.heap else "bss, and the heap"


def step(space: LinuxSpace, what: str, access: Callable[[], object]) -> None:
    """What the program does, and what comes of it."""
    before = space.faults(PROCESS)
    try:
        access()
    except PermissionError:
        print(f"  {what:<45} violation")
    else:
        print(f"  {what:<45} page faults: {space.faults(PROCESS) - before}")


def main() -> None:
    """Load a program, run its first steps, and look at the map before and after."""
    space = LinuxSpace(PAGES, "linux", base=0)
    space.create(PROCESS)
    install(space, FILE, PROGRAM)
    at = load(space, PROCESS, PROGRAM, FILE)
    code = len(PROGRAM.image) - len(PROGRAM.data)
    print(f"the file: {code} bytes of code, {len(PROGRAM.data)} of data, and none of the {PROGRAM.bss} of bss")
    print(f"loaded: {space.faults(PROCESS)} page faults")
    listing(space, at)
    data = bytes(space.read(PROCESS, at.data + number) for number in range(len(PROGRAM.data)))
    print(f"the data is {data.decode()!r}; then the first steps:")

    step(space, "the first instruction", lambda: space.execute(PROCESS, at.entry))
    step(space, "the next one, in the same page", lambda: space.execute(PROCESS, at.entry + 1))
    step(space, "a variable of the data written: copied", lambda: space.write(PROCESS, at.data, 1))
    step(space, "the first of bss, in the same page", lambda: space.write(PROCESS, at.bss, 1))
    step(space, "the last of bss", lambda: space.write(PROCESS, at.bss + PROGRAM.bss - 1, 1))
    step(space, "three pages more for the heap: brk", lambda: space.brk(PROCESS, at.heap + 3 * PAGE))
    step(space, "the first byte of the heap", lambda: space.write(PROCESS, at.heap, 1))
    step(space, "the first call", lambda: space.write(PROCESS, at.top - 1, 1))
    step(space, "a call four pages deeper: the stack grows", lambda: space.write(PROCESS, at.top - 4 * PAGE - 1, 1))
    below = at.top - 10 * PAGE
    step(
        space,
        "something is mapped below the stack",
        lambda: space.mmap(PROCESS, below - PAGE, PAGE, "rw", False, True, NO_FILE, 0),
    )
    step(space, f"a call down to its gap of {GAP} pages", lambda: space.write(PROCESS, below + GAP * PAGE, 1))
    step(space, "a call into the gap", lambda: space.write(PROCESS, below + GAP * PAGE - 1, 1))
    step(space, "the first byte of the kernel's GiB", lambda: space.read(PROCESS, at.top))
    listing(space, at)


if __name__ == "__main__":
    main()
