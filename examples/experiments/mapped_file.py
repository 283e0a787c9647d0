"""A file that is mapped is memory: `hello` is in it, `HELLO` is written to memory, and the file has `HELLO`.

The same steps, once in the model and once with the system calls of this machine::

    $ python examples/experiments/mapped_file.py
    model   before: hello   1 region more   after: HELLO   the private mapping kept: hello
    system  before: hello   1 region more   after: HELLO   the private mapping kept: hello
"""

import mmap
import tempfile
from collections.abc import Callable
from pathlib import Path

from pagelaw.model.linux_space import LinuxSpace

PAGE = mmap.PAGESIZE
LOWER, UPPER = b"hello", b"HELLO"


def in_the_model() -> str:
    """Regions, pages and files as the specification has them."""
    space, process, file = LinuxSpace(pages=16, dialect="linux"), 1, 1
    space.create(process)
    space.file(file, len(LOWER))
    for offset, byte in enumerate(LOWER):
        space.store(file, offset, byte)
    before, regions = _read(lambda offset: space.load(file, offset)), len(space.maps(process))
    shared = space.mmap(process, 0, PAGE, "rw", True, False, file, 0)
    more = len(space.maps(process)) - regions
    private = space.mmap(process, 0, PAGE, "rw", False, False, file, 0)
    for offset, byte in enumerate(LOWER):
        space.write(process, private + offset, byte)
    for offset, byte in enumerate(UPPER):
        space.write(process, shared + offset, byte)
    after = _read(lambda offset: space.load(file, offset))
    return _told("model ", before, more, after, _read(lambda offset: space.read(process, private + offset)))


def in_the_system() -> str:
    """The same through mmap(2), and through read(2) of the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "letters"
        path.write_bytes(LOWER)
        before, regions = path.read_bytes().decode(), _regions(path)
        with path.open("r+b") as file:
            shared = mmap.mmap(file.fileno(), 0, mmap.MAP_SHARED)
            more = _regions(path) - regions
            private = mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE)
            private[:] = LOWER
            shared[:] = UPPER
            after, kept = path.read_bytes().decode(), private[:].decode()
            private.close()
            shared.close()
    return _told("system", before, more, after, kept)


def _read(byte_at: Callable[[int], int]) -> str:
    return bytes(byte_at(offset) for offset in range(len(LOWER))).decode()


def _regions(path: Path) -> int:
    """Regions of this process that show the file."""
    return sum(str(path) in line for line in Path("/proc/self/maps").read_text().splitlines())


def _told(where: str, before: str, more: int, after: str, kept: str) -> str:
    return f"{where}  before: {before}   {more} region more   after: {after}   the private mapping kept: {kept}"


if __name__ == "__main__":
    print(in_the_model())
    print(in_the_system())
