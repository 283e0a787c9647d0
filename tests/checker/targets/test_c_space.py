"""C libraries of the contract `space`: every call arrives, every answer comes back, and what goes wrong is named."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pagelaw.checker.check import check
from pagelaw.checker.replay import retell
from pagelaw.checker.targets import c_space
from pagelaw.checker.targets.c_space import SpaceLibrary
from pagelaw.checker.targets.interface import SPACE
from pagelaw.checker.targets.load import load_target
from pagelaw.checker.targets.target import TargetError
from pagelaw.checker.trace import read_trace
from pagelaw.spec.contracts import Failed, Refused, Returned
from pagelaw.spec.contracts.space import windows_query
from pagelaw.spec.contracts.space.arena import GRANULARITY, LAST_ADDRESS, PAGE, SpaceArena
from pagelaw.spec.contracts.space.calls import (
    Brk,
    Commit,
    Create,
    Decommit,
    Execute,
    Exit,
    Faults,
    File,
    Fork,
    Load,
    Lock,
    Madvise,
    Maps,
    MapView,
    Mincore,
    Mmap,
    Mprotect,
    Mremap,
    Munmap,
    Protect,
    Query,
    Read,
    Release,
    Reserve,
    Section,
    Stack,
    Store,
    Unlock,
    UnmapView,
    Write,
)
from pagelaw.spec.contracts.space.memory import LETTERS
from pagelaw.spec.law import select_laws

HIGH = LAST_ADDRESS - GRANULARITY + 1
LINUX, WINDOWS = SpaceArena("linux", 16, base=HIGH), SpaceArena("windows", 16, base=HIGH, frames=3, limit=5)
#: A library that is asked for one thing each, and answers only that rightly; a test replaces what a function does.
FUNCTIONS = {
    "create(S, N process)": "return process == 7 ? -1 : process == 9 ? -2 : 0;",
    "exit(S, N process)": "return 0;",
    "read(S, N process, N address)": "return address == ~0ull ? 255 : -(int)(address / 4096);",
    "write(S, N process, N address, uint32_t value)": "return address == 5ull << 61 && value == 200 ? 0 : -2;",
    "execute(S, N process, N address)": "return -4;",
    "file(S, int64_t file, N length)": "return file == -5 ? -2 : 0;",
    "load(S, int64_t file, N offset)": "return 77;",
    "store(S, int64_t file, N offset, uint32_t value)": "return 0;",
    "reserve(S, N process, N address, N size, uint32_t rights, uint32_t commit, N *given)":
        "*given = address; return rights == 11 && commit ? 0 : -5;",
    "commit(S, N process, N address, N size, uint32_t rights)": "return rights == 21 ? 0 : -3;",
    "decommit(S, N process, N address, N size)": "return -3;",
    "release(S, N process, N address, N size)": "return size;",
    "protect(S, N process, N address, N size, uint32_t rights)": "return rights == 3 ? 9 : rights == 34 ? -2 : 32;",
    "query(S, N process, N address, N *fields)":
        "fields[0] = address; fields[1] = address - 4096; fields[2] = 4096; fields[3] = process; fields[4] = 24;"
        "return 0;",
    "lock(S, N process, N address, N size)": "return -4;",
    "unlock(S, N process, N address, N size)": "return 0;",
    "section(S, N section, N size, int64_t file)": "return file == -1 ? 0 : -2;",
    "map_view(S, N process, N section, N offset, N size, uint32_t rights, N address, N *given)":
        "*given = 1ull << 63; return section == 4 && offset == 65536 && rights == 17 ? 0 : -5;",
    "unmap_view(S, N process, N address)": "return 0;",
    "stack(S, N process, N size, N *given)": "*given = 65536; return 0;",
    "fork(S, N process, N child)": "return child == 2 ? 0 : -1;",
    "mmap(S, N process, N address, N length, uint32_t rights, uint32_t shared, uint32_t fixed, int64_t file,"
    " N offset, N *given)":
        "*given = -4096ull; return rights == 5 && shared == 1 && !fixed && file == -1 && offset == 4096 ? 0 : -5;",
    "munmap(S, N process, N address, N length)": "return 0;",
    "mprotect(S, N process, N address, N length, uint32_t rights)": "return rights ? -3 : 0;",
    "mremap(S, N process, N address, N length, N new_length, uint32_t may_move, N *given)":
        "*given = address + new_length - length; return may_move ? 0 : -5;",
    "brk(S, N process, N address, N *given)": "*given = address; return 0;",
    "madvise(S, N process, N address, N length, uint32_t advice)": "return advice == 1 || advice == 2 ? 0 : -2;",
    "mincore(S, N process, N address, N length, uint8_t *resident, N room)":
        "if (room != 3) return -3; resident[0] = resident[2] = 1; resident[1] = 0; return 0;",
    "faults(S, N process)": "return process == 9 ? -2 : 1 << 30;",
    "maps(S, N process, N *fields, N room)":
        "N told[] = {-4096ull, 4096, 3, 1, -1ull, 0}; memcpy(fields, told, sizeof told); return 1;",
    "close(S)": "",
}  # fmt: skip
HEAD = """
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#define S void *state
#define N uint64_t
"""
OPEN = "void *pagelaw_space_open(N pages, const char *dialect, N base, N frames, N limit) {{ {} }}\n"
OPENS = 'return base == -65536ull && !strcmp(dialect, frames == 3 && limit == 5 ? "windows" : "linux") ? &free : 0;'
STATES = 'const char *pagelaw_space_capabilities(void) {{ return "{}"; }}\n'
STATED = '{\\"base\\": true, \\"frames\\": true, \\"limit\\": true, \\"processes\\": 8}'


def name_of(signature: str) -> str:
    return signature.partition("(")[0]


def source(*without: str, opens: str = "return &free;", stated: str = "", **bodies: str) -> str:
    """The text of a library; bodies replace what functions do."""
    assert {*without, *bodies} <= {name_of(signature) for signature in FUNCTIONS}
    lines = [HEAD, OPEN.format(opens), STATES.format(stated) if stated else ""]
    for signature, body in FUNCTIONS.items():
        name = name_of(signature)
        result = "void" if name == "close" else "int32_t"
        if name not in without:
            lines.append(f"{result} pagelaw_space_{signature} {{ {bodies.get(name, body)} }}\n")
    return "".join(lines)


@pytest.fixture
def use(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Compile and load libraries, and close them at the end of the test."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler")
    loaded = []

    def make(text: str, **limits: Any) -> Any:
        (tmp_path / "mine.c").write_text(text)
        command = [compiler, "-O0", "-w", "-shared", "-fPIC", "-o", tmp_path / "mine.so", tmp_path / "mine.c"]
        subprocess.run(command, check=True)
        loaded.append(load_target(str(tmp_path / "mine.so"), "space", **limits))
        return loaded[-1]

    yield make
    for target in loaded:
        target.close()


BOTH = {
    Create(1): Returned(None),
    Create(7): Refused("out-of-memory"),
    Create(9): Refused("illegal"),
    Read(1, LAST_ADDRESS): Returned(255),
    Read(1, 4 * PAGE): Refused("denied"),
    Read(1, 6 * PAGE): Refused("guard"),
    Read(1, 7 * PAGE): Refused("stack-overflow"),
    Read(1, 8 * PAGE): Refused("bus-error"),
    Write(1, 5 << 61, 200): Returned(None),
    Execute(1, 0): Refused("denied"),
    File(1, PAGE): Returned(None),
    File(-5, PAGE): Refused("illegal"),
    Load(1, 0): Returned(77),
    Store(1, 0, 3): Returned(None),
    Stack(1, 0): Returned(65536),
    Exit(1): Returned(None),
}
OF_LINUX = {
    Mmap(1, 0, PAGE, "rx", True, False, -1, PAGE): Returned(LAST_ADDRESS - PAGE + 1),
    Mmap(1, 0, PAGE, "rx", True, True, -1, PAGE): Refused("out-of-addresses"),
    Munmap(1, HIGH, LAST_ADDRESS): Returned(None),
    Mprotect(1, HIGH, PAGE, ""): Returned(None),
    Mprotect(1, HIGH, PAGE, "r"): Refused("no-mapping"),
    Mremap(1, HIGH, PAGE, 2 * PAGE, True): Returned(HIGH + PAGE),
    Mremap(1, HIGH, PAGE, 2 * PAGE, False): Refused("out-of-addresses"),
    Brk(1, 1 << 63): Returned(1 << 63),
    Madvise(1, HIGH, PAGE, "dontneed"): Returned(None),
    Madvise(1, HIGH, PAGE, "free"): Returned(None),
    Madvise(1, HIGH, PAGE, "hurry"): Refused("illegal"),
    Mincore(1, HIGH, 2 * PAGE + 1): Returned([True, False, True]),
    Mincore(1, HIGH, 1 << 63): Refused("no-mapping"),
    Fork(1, 2): Returned(None),
    Fork(1, 3): Refused("out-of-memory"),
    Faults(1): Returned(1 << 30),
    Faults(9): Refused("illegal"),
    Maps(1): Returned([[LAST_ADDRESS - PAGE + 1, LAST_ADDRESS + 1, "rw", True, -1, 0]]),
}
OF_WINDOWS = {
    Reserve(1, HIGH, PAGE, "rwg", True): Returned(HIGH),
    Reserve(1, HIGH, PAGE, "rwg", False): Refused("out-of-addresses"),
    Commit(1, HIGH, PAGE, "rxc"): Returned(None),
    Commit(1, HIGH, PAGE, "rw"): Refused("no-mapping"),
    Decommit(1, HIGH, PAGE): Refused("no-mapping"),
    Release(1, HIGH, 0): Returned(None),
    Protect(1, HIGH, PAGE, "rw"): Returned("rg"),
    Protect(1, HIGH, PAGE, "w?"): Refused("illegal"),
    Query(0, HIGH): Returned([HIGH, HIGH - PAGE, PAGE, "free", "cg"]),
    Query(1, HIGH): Returned([HIGH, HIGH - PAGE, PAGE, "reserved", "cg"]),
    Query(2, HIGH): Returned([HIGH, HIGH - PAGE, PAGE, "committed", "cg"]),
    Lock(1, HIGH, PAGE): Refused("denied"),
    Unlock(1, HIGH, PAGE): Returned(None),
    Section(1, PAGE, -1): Returned(None),
    Section(1, PAGE, 1): Refused("illegal"),
    MapView(1, 4, 65536, 0, "rc", 0): Returned(1 << 63),
    UnmapView(1, 0): Returned(None),
}


def test_every_call_arrives_and_is_answered(use: Callable[..., Any]) -> None:
    """Rights are bits, addresses have 64 of them, results below zero are refusals; of both dialects."""
    target = use(source(opens=OPENS.replace("base ==", "pages == 64 || base =="), stated=STATED))
    assert target.open(LINUX).perform([*BOTH, *OF_LINUX]) == [*BOTH.values(), *OF_LINUX.values()]
    assert target.open(WINDOWS).perform([*BOTH, *OF_WINDOWS]) == [*BOTH.values(), *OF_WINDOWS.values()]
    assert {type(call).name for call in (*BOTH, *OF_LINUX, *OF_WINDOWS)} == {*SPACE.methods, *SPACE.possible}


def test_what_functions_imply(use: Callable[..., Any]) -> None:
    """Each group of them a capability, a dialect those that it cannot do without; the rest is said in JSON."""
    groups = (
        "forks", "files", "breaks", "moves", "advises", "resident", "faults", "executes", "sections", "locks",
        "stacks",
    )  # fmt: skip
    declared = use(source(stated=STATED)).capabilities
    assert declared.dialects == ("windows", "linux")
    assert all(getattr(declared, name) for name in (*groups, "look", "base", "frames", "limit"))
    assert declared.processes == 8
    fewest = ("create", "exit", "read", "write", "mmap", "munmap", "mprotect", "close")
    declared = use(source(*({name_of(signature) for signature in FUNCTIONS} - {*fewest}))).capabilities
    assert declared.dialects == ("linux",)
    assert not any(getattr(declared, name) for name in (*groups, "look", "base", "frames", "limit"))


def test_a_look_is_one_in_every_dialect(use: Callable[..., Any]) -> None:
    """A library that lists in one of its dialects only lists in none, unless it speaks just that."""
    assert not use(source("query")).capabilities.look
    assert use(source("query", stated='{\\"dialects\\": [\\"linux\\"]}')).capabilities.look
    assert not use(source(stated='{\\"look\\": false}')).capabilities.look


@pytest.mark.parametrize(
    ("without", "stated", "says"),
    [
        (("read", "exit"), "", r"lacks pagelaw_space_exit, pagelaw_space_read: see docs/space.md"),
        (("commit", "munmap"), "", r"speaks no dialect: it must have pagelaw_space_reserve, .* \(windows\) or .*mmap"),
        (("commit",), '{\\"dialects\\": [\\"windows\\"]}', "'windows', but lacks the function pagelaw_space_commit"),
        (("fork",), '{\\"forks\\": true}', "declares 'forks', but lacks the function pagelaw_space_fork"),
        (("maps",), '{\\"look\\": true}', "declares 'look', but lacks the function pagelaw_space_maps"),
        ((), '{\\"dialects\\": \\"linux\\"}', "capability dialects must be a list, not 'linux'"),
        ((), '{\\"dialects\\": [\\"vms\\"]}', "no dialect is called 'vms'"),
        ((), '{\\"dialects\\": []}', "speaks no dialect"),
    ],
)
def test_libraries_that_cannot_be_used(
    use: Callable[..., Any], without: tuple[str, ...], stated: str, says: str
) -> None:
    """One line says what is missing."""
    with pytest.raises(TargetError, match=says):
        use(source(*without, stated=stated))


def test_a_library_that_opens_nothing(use: Callable[..., Any]) -> None:
    """NULL is a refusal of the arena."""
    with pytest.raises(TargetError, match="the library answered NULL"):
        use(source(opens="return 0;"))


@pytest.mark.parametrize(
    ("name", "body", "call", "says"),
    [
        ("create", "return 5;", Create(1), "pagelaw_space_create returned 5; it may return 0 (done) or a refusal"),
        ("munmap", "return -9;", Munmap(1, 0, PAGE), "munmap returned -9; below 0 it may return -1, -2, -3"),
        ("brk", "return 1;", Brk(1, 0), "pagelaw_space_brk returned 1"),
        ("mincore", "return 0;", Mincore(1, PAGE - 1, 2), "mincore told 255 of page 0 of 2; it may tell 0 or 1"),
        ("maps", "return 1 << 21;", Maps(1), "counted 2097152 regions; there may be 1048576"),
        ("maps", "return room + 1;", Maps(1), "counted 257 regions, and 258 when it was asked again"),
        ("maps", "fields[2] = 64; return 1;", Maps(1), "maps told of the rights 64; they are sums of 1 r, 2 w, 4 x"),
        ("protect", "return 32;", Protect(1, 0, PAGE, "r"), "pagelaw_space_protect told of the rights 32"),
        ("query", "fields[3] = 3; return 0;", Query(1, 0), "the state 3; there are 0 free, 1 reserved, 2 committed"),
    ],
)
def test_results_that_a_library_may_not_return(
    use: Callable[..., Any], name: str, body: str, call: Any, says: str
) -> None:
    """They are garbage, named with the function."""
    arena = SpaceArena("windows" if isinstance(call, Protect | Query) else "linux", 16)
    (answer,) = use(source(**{name: body})).open(arena).perform([call])
    assert isinstance(answer, Failed)
    assert answer.how == "garbage"
    assert says in answer.detail


def test_more_regions_than_there_was_room_for(use: Callable[..., Any]) -> None:
    """They are asked for once more."""
    body = "for (N at = 0; at < 300 && at < room; at++) { memset(fields + 6 * at, 0, 48); fields[6 * at] = at; }"
    (answer,) = use(source(maps=body + "return 300;")).open(SpaceArena("linux", 16)).perform([Maps(1)])
    assert [region[0] for region in answer.value] == [*range(300)]
    assert answer.value[7] == [7, 7, "", False, 0, 0]


def test_what_c_types_do_not_carry(use: Callable[..., Any]) -> None:
    """It is refused before the library gets a number that was cut."""
    calls = [Create(1 << 64), Create(-1), Write(1, 5 << 61, 200 + (1 << 32)), File(1 << 63, 0), Munmap(1, 0, 1 << 64)]
    assert use(source()).open(SpaceArena("linux", 16)).perform(calls) == [Refused("illegal")] * len(calls)


def test_rights_are_those_of_the_specification() -> None:
    """Bit by bit, and written in the same order; states too."""
    assert list(c_space._BITS.items()) == list(LETTERS.items())
    assert c_space._STATES == (windows_query.FREE, windows_query.RESERVED, windows_query.COMMITTED)
    assert c_space._PAGE == PAGE
    assert {name.removeprefix("pagelaw_space_") for name in {**SpaceLibrary.required, **SpaceLibrary.possible}} == {
        *SPACE.methods, *SPACE.possible, "open", "close", "capabilities",
    }  # fmt: skip


#: Types as C writes them, and as they are called.
C_TYPES = {
    "void": None,
    "void *": ctypes.c_void_p,
    "const char *": ctypes.c_char_p,
    "int32_t": ctypes.c_int32,
    "uint32_t": ctypes.c_uint32,
    "int64_t": ctypes.c_int64,
    "uint64_t": ctypes.c_uint64,
    "uint64_t *": ctypes.POINTER(ctypes.c_uint64),
    "uint8_t *": ctypes.POINTER(ctypes.c_uint8),
}


def test_functions_are_those_of_the_manual() -> None:
    """Every one of them, with result, parameters in their order, and types."""
    manual = (Path(__file__).parents[3] / "docs" / "space.md").read_text(encoding="utf-8")
    text = manual.partition("## C\n")[2].partition("```c")[2].partition("```")[0]
    declared = re.findall(r"^([\w ]+?[ *]+)(pagelaw_space_\w+)\(([^)]*)\);", text, re.MULTILINE)
    functions = {**SpaceLibrary.required, **SpaceLibrary.possible}
    assert sorted(name for _, name, _ in declared) == sorted(functions)
    for result, name, parameters in declared:
        inward = [re.sub(r"\w+$", "", one.strip()).strip() for one in parameters.split(",") if one != "void"]
        assert tuple(C_TYPES[" ".join(one.split())] for one in (result, *inward)) == functions[name], name
        names = re.findall(r"(\w+)(?:,|$)", parameters)
        wanted = SPACE.parameters_of(name.removeprefix("pagelaw_space_")) or tuple(names[1:])
        assert tuple(names[1 : 1 + len(wanted)]) == wanted, name


# -- crash, hang, runaway memory -------------------------------------------------------------------------------------

#: A page that is given by anybody's `mmap`, and nothing else that is done.
ONE_PAGE = {
    "read": "return -4;",
    "write": "return -4;",
    "mmap": "{} *given = address ? address : 1 << 30; return 0;",
    "mprotect": "return -3;",
}
HOG = "for (;;) { char *p = malloc(1 << 20); for (int i = 0; i < 1 << 20; i += 512) p[i] = 1; }"


@pytest.mark.parametrize(
    ("action", "law", "says", "limits"),
    [
        ("*(volatile int *)8 = 1;", "C2", "ended the process: it was ended by SIGSEGV", {}),
        ("for (;;) {}", "C1", "did not answer", {"deadline": 0.3}),
        (HOG, "C2", "ended the process: ", {"memory_limit": 48 << 20}),
    ],
    ids=["crash", "hang", "memory"],
)
def test_failures_are_findings_that_can_be_told_again(
    use: Callable[..., Any], action: str, law: str, says: str, limits: dict[str, Any], tmp_path: Path
) -> None:
    """With the calls that led there: the last of them is the one that failed."""
    linux = ("create", "exit", "mmap", "munmap", "mprotect", "read", "write", "close")
    bodies = {**ONE_PAGE, "mmap": ONE_PAGE["mmap"].format(action)}
    text = source(*({name_of(signature) for signature in FUNCTIONS} - {*linux}), **bodies)
    target = use(text, **limits)
    judgements = check(target, select_laws("space", ()), contract="space", budget=3.0, seed=0, judges=("enumerate",))
    (found,) = [found for judgement in judgements for found in judgement.broken]
    assert found.law == law
    assert says in found.because
    assert found.trace is not None
    (tmp_path / "trace.json").write_text(found.trace.to_json(), encoding="utf-8")
    trace = read_trace(tmp_path / "trace.json")
    assert trace.steps[-1].call.name == "mmap"
    assert len(trace.steps) <= 2
    assert retell(trace, target).outcome == "same"
