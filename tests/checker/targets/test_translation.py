"""Targets of the contract `translation`: in Python, in C and behind a pipe, each seen through the same calls."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pagelaw.checker.targets import protocol
from pagelaw.checker.targets.inside import InsideTarget
from pagelaw.checker.targets.interface import TRANSLATION, interface_of
from pagelaw.checker.targets.load import load_target
from pagelaw.checker.targets.target import TargetError
from pagelaw.spec import geometries
from pagelaw.spec.contracts import CONTRACTS, Failed, Refused, Returned
from pagelaw.spec.contracts.paging_arena import (
    TABLE_CALLS,
    Copy,
    Create,
    Drop,
    Events,
    Look,
    Map,
    PagingArena,
    Protect,
    Split,
    Switch,
    Translate,
    Unmap,
)
from pagelaw.spec.geometries import Geometry, Right, register
from pagelaw.spec.geometry_files import geometry_to_json

ARENA = PagingArena("sv39", 2, 3)
CONTRACT = CONTRACTS["translation"]
NO_MAPPING, DENIED, ILLEGAL, NO_MEMORY = map(Refused, ("no-mapping", "denied", "illegal", "out-of-memory"))
CALLS = [
    Create(1),
    Create(7),
    Map(1, 0x1000, 99, 2, 0, "rwu", True),
    Unmap(1, 0x1000, 1, 0),
    Protect(1, 2**64 - 4096, 1, 0, "rx"),
    Translate(1, 0x1234, "wu"),
    Translate(2, 0x1234, "r"),
    Switch(2, 1),
    Copy(1, 3),
    Split(1, 0x200000),
    Events(),
    Look(),
    Drop(1),
]
ANSWERS = [
    Returned(None),
    NO_MEMORY,
    Returned(None),
    NO_MAPPING,
    ILLEGAL,
    Returned(0x1234),
    DENIED,
    Returned(None),
    Returned(None),
    Returned(None),
    Returned([["flush-page", 2, 1, 4096], ["flush-all", 0], ["unlock"], ["release", 5]]),
    Returned({"roots": [[1, 4096], [3, 4096]], "entries": [[0, 5], [1023, 2**64 - 1]], "free": [0]}),
    Returned(None),
]
PYTHON = """
class T:
    geometries = ("sv39", "x86-64")
    cores = 4
    levels = 2
    def __init__(self, frames, geometry, cores=1):
        self.frames, self.cores, self.spaces = frames, cores, []
        assert geometry == "sv39" or frames == 16, geometry
    def create(self, space):
        if space == 7: raise MemoryError
        self.spaces.append(space)
    def drop(self, space): self.spaces.remove(space)
    def copy(self, source, space): self.spaces.append(space)
    def map(self, space, address, frame, pages, level, rights, shared):
        assert (space, address, frame, pages, level, rights, shared) == (1, 4096, 99, 2, 0, "rwu", True)
    def unmap(self, space, address, pages, level): raise KeyError(address)
    def protect(self, space, address, pages, level, rights):
        raise ValueError if (address, rights) == (2**64 - 4096, "rx") else SystemError
    def split(self, space, address): assert (space, address) == (1, 0x200000)
    def translate(self, space, address, access):
        if space == 2: raise PermissionError
        assert access == "wu"
        return address
    def switch(self, core, space): assert (core, space) == (self.cores - 1, 1)
    def roots(self): return {space: 4096 for space in self.spaces}
    def memory(self): return (5).to_bytes(8, "little") + bytes(4096 * self.frames - 16) + b"\\xff" * 8
    def free_frames(self): return {0}
    def events(self): return iter([("flush-page", 2, 1, 4096), ("flush-all", 0), ("unlock",), ("release", 5)])
"""
C = """
#include <stdint.h>
#include <string.h>
static uint64_t memory[2 * 512];
void *pagelaw_translation_open(uint64_t frames, const char *geometry, uint32_t cores)
{ memory[0] = 5; memory[1023] = ~0ull; return strcmp(geometry, "sv39") && frames != 16 ? 0 : memory; }
void pagelaw_translation_close(void *state) {}
int32_t pagelaw_translation_create(void *state, uint64_t space) { return space == 7 ? -1 : 0; }
int32_t pagelaw_translation_drop(void *state, uint64_t space) { return 0; }
int32_t pagelaw_translation_copy(void *state, uint64_t source, uint64_t space) { return 0; }
int32_t pagelaw_translation_map(void *state, uint64_t space, uint64_t address, uint64_t frame, uint64_t pages,
                                uint32_t level, uint32_t rights, uint32_t shared)
{ return space == 1 && address == 4096 && frame == 99 && pages == 2 && !level && rights == 11 && shared ? 0 : MAPPED; }
int32_t pagelaw_translation_unmap(void *state, uint64_t space, uint64_t address, uint64_t pages, uint32_t level)
{ return -3; }
int32_t pagelaw_translation_protect(void *state, uint64_t space, uint64_t address, uint64_t pages, uint32_t level,
                                    uint32_t rights) { return address == -4096ull && rights == 5 ? -2 : 77; }
int32_t pagelaw_translation_split(void *state, uint64_t space, uint64_t address)
{ return address == 0x200000 ? 0 : -2; }
int64_t pagelaw_translation_translate(void *state, uint64_t space, uint64_t address, uint32_t access)
{ return space == 2 ? -4 : access == 10 ? (int64_t)address : -3; }
int32_t pagelaw_translation_switch(void *state, uint32_t core, uint64_t space) { return core == 2 ? 0 : -2; }
uint64_t pagelaw_translation_root(void *state, uint64_t space) { return 4096; }
const void *pagelaw_translation_memory(void *state) { return memory; }
int64_t pagelaw_translation_free_frames(void *state, uint64_t *frames, uint64_t room) { frames[0] = 0; return 1; }
int64_t pagelaw_translation_events(void *state, uint64_t *quads, uint64_t room)
{ uint64_t told[] = {1, 2, 1, 4096, 3, 0, 0, 0, 5, 0, 0, 0, 4, 5, 0, 0}; memcpy(quads, told, sizeof told); return 4; }
const char *pagelaw_translation_capabilities(void)
{ return "{\\"geometries\\": [\\"sv39\\", \\"x86-64\\"], \\"cores\\": 4, \\"levels\\": 2}"; }
"""
PROGRAM = """
import json, sys
answers = iter(json.loads(sys.argv[1]))
for line in sys.stdin:
    call = json.loads(line)
    if call["call"] == "open":
        if call["geometry"] != "sv39":
            print(json.dumps({"raise": "illegal"}), flush=True)
            continue
        stated = {"geometries": ["sv39"], "cores": 4, "levels": 2, "copies": True, "splits": True, "look": True,
                  "free": True, "events": True}
        print(json.dumps({"return": stated}), flush=True)
    elif call["call"] == "close":
        print('{"return":null}', flush=True)
    else:
        print(json.dumps(next(answers)), flush=True)
"""


@pytest.fixture
def use() -> Iterator[Callable[..., Any]]:
    """Load targets of the contract, and close them at the end of the test."""
    loaded = []

    def load(spec: str) -> Any:
        loaded.append(load_target(spec, "translation"))
        return loaded[-1]

    yield load
    for target in loaded:
        target.close()


@pytest.fixture
def library(tmp_path: Path) -> Callable[..., str]:
    """A shared library with this C text."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler")

    def make(text: str = C) -> str:
        source, built = tmp_path / "mine.c", tmp_path / "mine.so"
        source.write_text(text.replace("MAPPED", "-2"))
        subprocess.run([compiler, "-O0", "-w", "-shared", "-fPIC", "-o", built, source], check=True)
        return str(built)

    return make


def python(tmp_path: Path, text: str = PYTHON) -> str:
    path = tmp_path / "mine.py"
    path.write_text(text)
    return f"{path}:T"


def test_python_in_a_worker(use: Callable[..., Any], tmp_path: Path) -> None:
    """Arguments, refusals, events, roots and memory arrive as they were given; what it has is what it declares."""
    target = use(python(tmp_path))
    declared = target.capabilities
    assert (declared.geometries, declared.cores, declared.levels) == (("sv39", "x86-64"), 4, 2)
    assert (declared.look, declared.free, declared.events, declared.copies, declared.splits) == (True,) * 5
    assert (declared.identifiers, declared.marks, declared.reclaims) == (False, False, "eager")
    assert target.open(ARENA).perform(CALLS) == ANSWERS


def test_python_inside(tmp_path: Path) -> None:
    """The same without a process in between."""
    names: dict[str, Any] = {}
    exec(PYTHON, names)
    target = InsideTarget("told", names["T"], "translation")
    assert target.open(ARENA).perform(CALLS) == ANSWERS
    with pytest.raises(TargetError, match="told does not declare the geometry pae"):
        target.open(PagingArena("pae", 16))


def test_a_c_library(use: Callable[..., Any], library: Callable[..., str]) -> None:
    """Rights and accesses become bits, negative results refusals, quadruples events; roots are asked for each space."""
    target = use(library())
    assert target.capabilities.look
    assert target.capabilities.free
    assert not target.capabilities.identifiers
    assert target.open(ARENA).perform(CALLS) == ANSWERS


@pytest.mark.parametrize(
    ("function", "result", "call", "says"),
    [
        ("switch", "5", Switch(2, 1), "pagelaw_translation_switch returned 5"),
        ("translate", "-9", Translate(1, 0, "r"), "pagelaw_translation_translate returned -9"),
        ("free_frames", "3", Look(), "counted 3 free frames of 2"),
        ("events", "-1", Events(), "counted -1 events"),
        ("memory", "0", Look(), "memory returned NULL"),
    ],
)
def test_results_that_a_library_may_not_return(
    use: Callable[..., Any], library: Callable[..., str], function: str, result: str, call: Any, says: str
) -> None:
    """They are garbage, named with the function."""
    head, _, rest = (
        C.partition(f" pagelaw_translation_{function}(") if function != "memory" else C.partition("_memory(")
    )
    before, _, after = rest.partition("return ")
    _, _, kept = after.partition(";")
    joint = "_memory(" if function == "memory" else f" pagelaw_translation_{function}("
    target = use(library(f"{head}{joint}{before}return {result};{kept}"))
    (answer,) = target.open(ARENA).perform([call])
    assert isinstance(answer, Failed)
    assert answer.how == "garbage"
    assert says in answer.detail


def test_what_c_types_do_not_carry(use: Callable[..., Any], library: Callable[..., str]) -> None:
    """It is refused before the library gets a number that was cut."""
    instance = use(library()).open(ARENA)
    assert instance.perform([Create(2**64), Translate(1, 2**64, "r"), Unmap(1, 0, 1, 2**32)]) == [ILLEGAL] * 3


def test_a_library_that_lacks_functions(use: Callable[..., Any], library: Callable[..., str]) -> None:
    """Without an optional function the capability is gone; without a required one the target cannot be used."""
    with pytest.raises(TargetError, match="lacks pagelaw_translation_switch"):
        use(library(C.replace("pagelaw_translation_switch", "other")))
    target = use(library(C.replace("pagelaw_translation_free_frames", "other")))
    assert (target.capabilities.look, target.capabilities.free) == (True, False)
    (answer,) = target.open(ARENA).perform([Look()])
    assert answer.value.keys() == {"roots", "entries"}
    liar = C.replace("pagelaw_translation_root", "other").replace('\\"cores\\"', '\\"look\\": true, \\"cores\\"')
    with pytest.raises(TargetError, match="declares 'look', but lacks the function pagelaw_translation_root"):
        use(library(liar))


def test_a_geometry_of_a_users_own(
    use: Callable[..., Any], library: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker is told what it looks like, and reads entries of its size; a built-in one is not described."""
    monkeypatch.setattr(geometries, "_REGISTERED", {})
    four = {"frame": 0xFFFF_F000, "execute": Right(), "address_bits": 32, "entry_bytes": 4}
    own = register(Geometry(name="own", title="entries of four bytes", index_bits=(10,), leaf_levels=(), **four))
    opening = json.loads(protocol.opening(PagingArena("own", 2), CONTRACT))
    assert opening["description"] == geometry_to_json(own)
    assert "description" not in json.loads(protocol.opening(ARENA, CONTRACT))
    for spec in (library(C.replace("sv39", "own")), python(tmp_path, PYTHON.replace("sv39", "own"))):
        target = use(spec)
        assert target.capabilities.geometries == ("own", "x86-64")
        _, look = target.open(PagingArena("own", 2)).perform([Create(1), Look()])
        assert look.value["entries"] == [[0, 5], [2046, 2**32 - 1], [2047, 2**32 - 1]]


def test_a_program_of_the_line_protocol(use: Callable[..., Any], tmp_path: Path) -> None:
    """The first geometry that it opens is good enough to learn what it declares."""
    told = [{"raise": a.reason} if isinstance(a, Refused) else {"return": a.value} for a in ANSWERS]
    (tmp_path / "program.py").write_text(PROGRAM)
    target = use(f"cmd:{sys.executable} {tmp_path / 'program.py'} '{json.dumps(told)}'")
    assert target.capabilities.geometries == ("sv39",)
    assert target.open(ARENA).perform(CALLS) == ANSWERS


def test_requests_of_the_line_protocol() -> None:
    """One JSON object a line: the call's name, and its fields."""
    assert json.loads(protocol.opening(PagingArena("x86-64", 16), CONTRACT)) == {
        "call": "open",
        "contract": "translation",
        "geometry": "x86-64",
        "frames": 16,
        "cores": 1,
    }
    mapped = {"space": 1, "address": 4096, "frame": 99, "pages": 2, "level": 0, "rights": "rwu", "shared": True}
    assert json.loads(protocol.request(CALLS[2])) == {"call": "map", **mapped}
    assert protocol.request(Look()) == b'{"call":"look"}\n'


@pytest.mark.parametrize(
    ("change", "call", "says"),
    [
        (("return {space: 4096 for space in self.spaces}", "return [1]"), Look(), "not a dictionary by space"),
        (("bytes(4096 * self.frames - 16)", "bytes(8)"), Look(), "of 8192: 2 table frames"),
        (('return (5).to_bytes(8, "little") +', "return 'text' #"), Look(), "memory() gave no bytes"),
    ],
)
def test_looks_that_are_none(
    use: Callable[..., Any], tmp_path: Path, change: tuple[str, str], call: Any, says: str
) -> None:
    """What is no dictionary of roots, or not the bytes of table memory, is garbage and named."""
    assert change[0] in PYTHON
    (answer,) = use(python(tmp_path, PYTHON.replace(*change))).open(ARENA).perform([call])
    assert (answer.how, says in answer.detail) == ("garbage", True), answer


def test_what_a_target_must_have(use: Callable[..., Any], tmp_path: Path) -> None:
    """A missing method and a wrong signature are told with what is wanted."""
    with pytest.raises(TargetError, match=r"which lacks switch\(core, space\)"):
        use(python(tmp_path, PYTHON.replace("def switch", "def other")))
    with pytest.raises(TargetError, match=r"factory\(frames, geometry\)"):
        use(python(tmp_path, "class T:\n    def __init__(self, frames): ..."))
    with pytest.raises(TargetError, match="no built-in target 'model:compiled'; there are model:reference"):
        load_target("model:compiled", "translation")


def test_the_interface_has_every_call() -> None:
    """No call of the contract is without a method or a look, and the parameters are the fields of the call."""
    for call in TABLE_CALLS:
        parameters = interface_of("translation").parameters_of(call.name)
        assert (parameters is None) == (call.name in TRANSLATION.looks)
        if parameters is not None:
            assert parameters == tuple(field.name for field in call.__attrs_attrs__)


def test_what_an_object_was_opened_with_declares_nothing(use: Callable[..., Any], tmp_path: Path) -> None:
    """`self.cores = cores` hides no declaration of the class, and is none where the class says nothing."""
    assert use(python(tmp_path)).capabilities.cores == 4
    silent = PYTHON.replace("    cores = 4\n", "    __slots__ = ('cores', 'frames', 'spaces')\n")
    assert use(python(tmp_path, silent)).capabilities.cores == 1
