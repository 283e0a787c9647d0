"""The rules of sharing next to the running kernel: processes map, fork, write and read, and read what the rules say.

The kernel knows nothing of the specification, and the specification nothing of the kernel: the same commands are given
to both, and after each of them every page of every process and every file must read the same.
"""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from pagelaw.spec import sharing as rules
from pagelaw.spec.sharing import Sharing

PROGRAM = Path(__file__).with_name("sharing_processes.py")
FILES, PROCESSES, PAGES = 2, 3, 5
ALL_PAGES = FILES + PROCESSES * PAGES
FRAMES = ALL_PAGES

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what others leave open Linux has decided")


@attrs.define
class Kernel:
    """The program, with the running kernel below it."""

    program: Any

    def does(self, process: int, command: str, *arguments: Any) -> Any:
        """One command, answered."""
        self.program.stdin.write(json.dumps([process, command, *arguments]) + "\n")
        self.program.stdin.flush()
        return json.loads(self.program.stdout.readline())


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    """Files of one page of zeros, and a program that may map them."""
    paths = [tmp_path / f"file{number}" for number in range(FILES)]
    for path in paths:
        path.write_bytes(bytes(4096 * 16))
    command = [sys.executable, str(PROGRAM), *map(str, paths)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        yield Kernel(program)
        assert program.stdin is not None
        program.stdin.close()


class Specified:
    """The same commands by the steps of the specification, on plain integers."""

    def __init__(self) -> None:
        pages = [[0] * ALL_PAGES for _ in range(4)]
        self.sharing = Sharing(*pages, [0] * FRAMES, [0] * FRAMES, [0] * ALL_PAGES, FILES, ALL_PAGES)
        self.processes = 1
        for file in range(FILES):
            self.step(rules.read_in, file, self.unused())

    def unused(self) -> int:
        """A frame that nobody maps; there are as many frames as pages."""
        return self.sharing.count.index(0) if 0 in self.sharing.count else 0

    def step(self, step: Any, *operands: Any) -> None:
        """A step that must be legal."""
        self.sharing, legal = step(self.sharing, *operands)
        assert legal, (step.__name__, operands)

    def page(self, process: int, page: int) -> int:
        """The number of a page among all."""
        return FILES + process * PAGES + page

    def map(self, process: int, page: int, kind: str, file: int) -> None:
        """A page is filled, or mapped to a file."""
        if kind == "anonymous":
            self.step(rules.fill, self.page(process, page), self.unused())
        else:
            self.step(rules.map_object, self.page(process, page), file, kind == "shared")

    def unmap(self, process: int, page: int) -> None:
        """A page is taken away."""
        self.step(rules.unmap, self.page(process, page))

    def fork(self, process: int) -> None:
        """Page by page."""
        for page in range(PAGES):
            if rules.is_mapped(self.sharing, self.page(process, page)):
                self.step(rules.fork, self.page(self.processes, page), self.page(process, page))
        self.processes += 1

    def write(self, process: int, page: int, at: int, value: int) -> None:
        """The fault where there is one, and the write."""
        own = self.page(process, page)
        if not rules.is_writable(self.sharing, own):
            self.step(rules.separate, own, self.unused())
        self.step(rules.write, own, 0xFF << 8 * at, value << 8 * at)

    def write_file(self, process: int, file: int, at: int, value: int) -> None:
        """Through the page of the file."""
        self.step(rules.write, file, 0xFF << 8 * at, value << 8 * at)

    def does(self, process: int, command: str, *arguments: Any) -> None:
        """One command."""
        getattr(self, command)(process, *arguments)

    def reads(self) -> dict[tuple[Any, ...], int]:
        """What every page that is mapped reads, and every file."""
        found: dict[tuple[Any, ...], int] = {
            (0, "read_file", file): rules.contents(self.sharing, file) for file in range(FILES)
        }
        for process in range(self.processes):
            for page in range(PAGES):
                own = self.page(process, page)
                if rules.is_mapped(self.sharing, own):
                    found[process, "read", page] = rules.contents(self.sharing, own)
        return found


def drawn(generator: random.Random, specified: Specified) -> tuple[Any, ...]:
    """A command that may be given now."""
    process, page = generator.randrange(specified.processes), generator.randrange(PAGES)
    at, value, file = generator.randrange(8), generator.randrange(256), generator.randrange(FILES)
    if generator.random() < 0.02 and specified.processes < PROCESSES:
        return 0, "fork"
    if generator.random() < 0.1:
        return process, "write_file", file, at, value
    if not rules.is_mapped(specified.sharing, specified.page(process, page)):
        return process, "map", page, generator.choice(["anonymous", "private", "private", "shared"]), file
    return (process, "unmap", page) if generator.random() < 0.1 else (process, "write", page, at, value)


def compared(kernel: Kernel, commands: int, seed: int) -> tuple[list[Any], int]:
    """So many commands given to both; those that were given, and how many reads were the same until one was not."""
    generator, specified = random.Random(seed), Specified()
    given: list[Any] = []
    same = 0
    for _ in range(commands):
        command = drawn(generator, specified)
        given.append(command)
        specified.does(*command)
        kernel.does(*command)
        for read, wanted in specified.reads().items():
            if kernel.does(*read) != wanted:
                return given, -1
            same += 1
    return given, same


@pytest.mark.parametrize("seed", range(3))
def test_the_kernel_reads_what_the_rules_say(kernel: Kernel, seed: int) -> None:
    """Three processes with all kinds of mappings; the kinds of commands are all met."""
    given, same = compared(kernel, 250, seed)
    assert same > 2000, given[-1]
    assert {command[1] for command in given} == {"map", "unmap", "write", "write_file", "fork"}
    assert {command[3] for command in given if command[1] == "map"} == {"anonymous", "private", "shared"}


def kept_right(sharing: Sharing, page: int, source: int) -> Any:
    """The parent may write what its child reads."""
    right = sharing.writable[source]
    after, legal = FORK(sharing, page, source)
    after.writable[source] = right
    return after, legal


def never_shared(sharing: Sharing, page: int, source: int, shared: bool) -> Any:
    """Every mapping is private."""
    return MAP_OBJECT(sharing, page, source, False)


def copied_at_once(sharing: Sharing, page: int, source: int, shared: bool) -> Any:
    """What POSIX allows and Linux does not do: a private mapping never sees what is written to the file later."""
    after, legal = MAP_OBJECT(sharing, page, source, shared)
    if legal and not shared:
        after, _ = rules.separate(after, page, after.count.index(0))
    return after, legal


FORK, MAP_OBJECT = rules.fork, rules.map_object


@pytest.mark.parametrize(
    ("name", "wrong"), [("fork", kept_right), ("map_object", never_shared), ("map_object", copied_at_once)]
)
def test_other_rules_read_something_else(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch, name: str, wrong: Any
) -> None:
    """The comparison tells them apart."""
    monkeypatch.setattr(rules, name, wrong)
    given, same = compared(kernel, 250, 0)
    assert same == -1
    assert len(given) < 250
