"""Processes that share memory by the running kernel's rules: a program that is told what to map, fork, write and read.

Each line of input is `[process, command, ...]`, each line of output the answer. The first process is number 0; what it
forks are 1, 2 and so on, which it passes their lines on to. It imports nothing but the standard library.
"""

import json
import mmap
import os
import sys
from typing import Any, TextIO

PAGE = mmap.PAGESIZE
#: So many bytes at the beginning of a page are written and read.
BYTES = 8


class Process:
    """One process: its mappings by page number, and the files that there are."""

    def __init__(self, files: list[int]) -> None:
        self.files = files
        self.mapped: dict[int, mmap.mmap] = {}
        self.children: list[tuple[TextIO, TextIO]] = []

    def map(self, page: int, kind: str, file: int) -> None:
        """Map a page: `anonymous`, or to a file, `private` or `shared`."""
        flags = {"anonymous": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, "private": mmap.MAP_PRIVATE}
        number = -1 if kind == "anonymous" else self.files[file]
        rights = mmap.PROT_READ | mmap.PROT_WRITE
        self.mapped[page] = mmap.mmap(number, PAGE, flags=flags.get(kind, mmap.MAP_SHARED), prot=rights)

    def unmap(self, page: int) -> None:
        """Take a page away."""
        self.mapped.pop(page).close()

    def write(self, page: int, at: int, value: int) -> None:
        """One byte, through memory."""
        self.mapped[page][at] = value

    def read(self, page: int) -> int:
        """The first bytes of a page, as one number."""
        return int.from_bytes(self.mapped[page][:BYTES], "little")

    def write_file(self, file: int, at: int, value: int) -> None:
        """One byte, by a call."""
        os.pwrite(self.files[file], bytes([value]), at)

    def read_file(self, file: int) -> int:
        """The first bytes of a file, by a call."""
        return int.from_bytes(os.pread(self.files[file], BYTES, 0), "little")

    def fork(self) -> None:
        """A child that is told what to do through pipes."""
        to_child, from_child = os.pipe(), os.pipe()
        if os.fork() == 0:
            for _, commands in self.children:
                commands.close()
            self.children = []
            os.close(to_child[1])
            serve(self, os.fdopen(to_child[0]), os.fdopen(from_child[1], "w"))
            os._exit(0)
        os.close(to_child[0])
        os.close(from_child[1])
        self.children.append((os.fdopen(from_child[0]), os.fdopen(to_child[1], "w")))

    def answer(self, process: int, command: str, *arguments: Any) -> Any:
        """What a command comes to, here or in a child."""
        if process == 0 or not self.children:
            return getattr(self, command)(*arguments)
        answers, commands = self.children[process - 1]
        print(json.dumps([0, command, *arguments]), file=commands, flush=True)
        return json.loads(answers.readline())


def serve(process: Process, commands: TextIO, answers: TextIO) -> None:
    """Answer line by line."""
    for line in commands:
        print(json.dumps(process.answer(*json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    serve(Process([os.open(path, os.O_RDWR) for path in sys.argv[1:]]), sys.stdin, sys.stdout)
