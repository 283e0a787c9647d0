"""Targets of the contract `heap`: in Python, in C, and the allocators of this machine."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pagelaw.checker.check import check
from pagelaw.checker.targets import malloc
from pagelaw.checker.targets.inside import InsideTarget
from pagelaw.checker.targets.interface import HEAP, interface_of
from pagelaw.checker.targets.load import load_target
from pagelaw.checker.targets.target import TargetError
from pagelaw.checker.verdict import Verdict
from pagelaw.model.heap import FirstFit
from pagelaw.spec import heap_laws  # noqa: F401 - registers the laws
from pagelaw.spec.contracts import Failed, Refused, Returned
from pagelaw.spec.contracts.heap_arena import (
    HEAP_CALLS,
    Aligned,
    Allocate,
    AllocateIn,
    Calloc,
    Create,
    Destroy,
    Free,
    FreeIn,
    HeapArena,
    HeapCapabilities,
    Read,
    Reallocate,
    Usable,
    Write,
)
from pagelaw.spec.law import select_laws

Use = Callable[..., Any]
ARENA = HeapArena(4096)
LAWS = select_laws("heap", ())
#: A C heap that only goes upward in an array; what is freed comes back when everything is.
C_HEAP = """
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#define BLOCKS 4096
static struct { char *memory; uint64_t size, top, count; struct { char *at; uint64_t size; } block[BLOCKS]; } heap;
void *pagelaw_heap_open(uint64_t size) {
    memset(&heap, 0, sizeof heap);
    heap.memory = aligned_alloc(16, (size + 15) / 16 * 16), heap.size = size / 16 * 16;
    return &heap;
}
void pagelaw_heap_close(void *state) { (void)state; free(heap.memory); }
void *pagelaw_heap_allocate(void *state, uint64_t size) {
    (void)state;
    if (size > heap.size || heap.count == BLOCKS) return NULL;
    uint64_t room = size ? (size + 15) / 16 * 16 : 16;
    if (heap.top + room > heap.size) return NULL;
    char *at = heap.memory + heap.top;
    heap.top += room, heap.block[heap.count].at = at, heap.block[heap.count++].size = size;
    return at;
}
static int64_t find(void *address) {
    for (uint64_t at = 0; at < heap.count; at++) if (heap.block[at].at == (char *)address) return (int64_t)at;
    return -1;
}
int32_t pagelaw_heap_free(void *state, void *address) {
    (void)state;
    int64_t at = find(address);
    if (at < 0) return -2;
    heap.block[at] = heap.block[--heap.count];
    if (!heap.count) heap.top = 0;
    return 0;
}
uint64_t pagelaw_heap_usable(void *state, void *address) {
    (void)state;
    return heap.block[find(address)].size;
}
void *pagelaw_heap_reallocate(void *state, void *address, uint64_t size) {
    int64_t at = find(address);
    if (at < 0) return (void *)UINTPTR_MAX;
    uint64_t old = heap.block[at].size;
    void *fresh = pagelaw_heap_allocate(state, size);
    if (fresh) memcpy(fresh, address, old < size ? old : size), pagelaw_heap_free(state, address);
    return fresh;
}
const char *pagelaw_heap_capabilities(void) { return "{\\"least\\": 1024}"; }
"""
LIBRARIES = ("libc", "libjemalloc.so.2", "libmimalloc.so.2", "libtcmalloc_minimal.so.4")


@pytest.fixture
def use() -> Iterator[Use]:
    """Load targets, and close them at the end of the test."""
    loaded = []

    def load(spec: str) -> Any:
        loaded.append(load_target(spec, "heap"))
        return loaded[-1]

    yield load
    for target in loaded:
        target.close()


def built(folder: Path, source: str) -> str:
    """A shared library of C text."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    path = folder / "heap.c"
    path.write_text(source, encoding="utf-8")
    flags = ("-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC")
    subprocess.run([compiler, *flags, "-o", folder / "heap.so", path], check=True)
    return str(folder / "heap.so")


def test_the_interface_has_every_call() -> None:
    """The parameters of each are the fields of the call."""
    assert interface_of("heap") is HEAP
    for call in HEAP_CALLS:
        assert HEAP.parameters_of(call.name) == tuple(field.name for field in call.__attrs_attrs__)


def test_a_python_heap_answers(use: Use, tmp_path: Path) -> None:
    """In this process and in a worker alike; bytes travel as text, and what is no bytes is seen as such."""
    path = tmp_path / "mine.py"
    text = "from pagelaw.model.heap import FirstFit\n\nclass Odd(FirstFit):\n    def read(self, address, length):\n"
    path.write_text(f"{text}        return 'text'\n", encoding="utf-8")
    calls = [Allocate(32), Write(0, "0aff"), Read(0, 3), Calloc(2, 8), Aligned(128, 8), Reallocate(0, 64), Usable(32)]
    calls += [Free(7), Allocate(2**40), Create(1, 64), AllocateIn(1, 8), FreeIn(1, 144), Destroy(1), Write(8192, "00")]
    wanted = [*map(Returned, (0, None, "0aff00", 32, 128, 48, 16)), Refused("illegal"), Refused("out-of-memory")]
    for target in (InsideTarget("mine", FirstFit, "heap"), use("pagelaw.model.heap:FirstFit")):
        assert target.capabilities.heaps == "private"
        assert target.capabilities.memory
        answers = target.open(ARENA).perform(calls)
        assert answers[:9] == wanted
        assert answers[9:13] == [Returned(None), Returned(144), Returned(None), Returned(None)]
        assert answers[-1] == Failed("raise", "AccessViolationError: there is no memory from 0x1000 on")
    odd = use(f"{path}:Odd").open(ARENA)
    assert odd.perform([Allocate(8), Read(0, 2)])[1] == Failed("garbage", "read() gave 'text', which is no bytes")


def test_a_c_heap_is_judged(use: Use, tmp_path: Path) -> None:
    """Its pointers are read and written; it keeps what is freed until all is, and every law says so or holds."""
    target = use(built(tmp_path, C_HEAP))
    stated = HeapCapabilities(addresses="anywhere", memory=True, reallocate=True, usable=True, least=1024)
    assert target.capabilities == stated
    instance = target.open(ARENA)
    (first,) = instance.perform([Allocate(8)])
    answers = instance.perform([Write(first.value, "abcd"), Read(first.value, 2), Reallocate(first.value, 99)])
    assert answers[:2] == [Returned(None), Returned("abcd")]
    assert instance.perform([Read(answers[2].value, 2), Free(first.value), Reallocate(9, 9), Allocate(2**63)]) == [
        Returned("abcd"),
        *map(Refused, ("illegal", "illegal", "out-of-memory")),
    ]
    judged = check(target, LAWS, contract="heap", budget=1.5)
    assert [found.because for judgement in judged for found in judgement.broken] == []


def test_a_bug_of_a_c_heap_is_found(use: Use, tmp_path: Path) -> None:
    """realloc that copies too little, in memory that only a pointer knows."""
    wrong = C_HEAP.replace("old < size ? old : size", "old < size ? old / 2 : size")
    assert wrong != C_HEAP
    judged = check(use(built(tmp_path, wrong)), LAWS, contract="heap", budget=4.0)
    assert {found.law for judgement in judged for found in judgement.broken} == {"H3"}


@pytest.mark.parametrize("name", LIBRARIES)
def test_the_allocators_of_this_machine(use: Use, name: str) -> None:
    """Each keeps every law that it can be asked about, and is the one that answers."""
    if platform.system() != "Linux":
        pytest.skip("malloc: targets need Linux")
    try:
        target = use(f"malloc:{name}")
    except TargetError as error:
        pytest.skip(str(error))
    judged = check(target, LAWS, contract="heap", budget=1.5)
    verdicts = {law.id: {judgement.finding(law.id).verdict for judgement in judged} for law in LAWS}
    assert {law for law, said in verdicts.items() if said == {Verdict.NOT_JUDGED}} == {"H6", "H9"}
    assert [found.because for judgement in judged for found in judgement.broken] == []
    assert verdicts["H1"] == verdicts["H2"] == verdicts["H3"] == verdicts["H10"] == {Verdict.HOLDS}
    maps = Path(f"/proc/{target.pid}/maps").read_text(encoding="utf-8")
    assert name == "libc" or name in maps


def test_a_preloaded_bug_is_found(use: Use, tmp_path: Path) -> None:
    """A library whose calloc does not clear: it is really its functions that are called."""
    source = """
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <stddef.h>
    #include <stdint.h>
    extern void *__libc_malloc(size_t), *__libc_realloc(void *, size_t), *__libc_memalign(size_t, size_t);
    extern void __libc_free(void *), *__libc_calloc(size_t, size_t);
    void *malloc(size_t size) { return __libc_malloc(size); }
    void free(void *block) { __libc_free(block); }
    void *realloc(void *block, size_t size) { return __libc_realloc(block, size); }
    void *aligned_alloc(size_t alignment, size_t size) { return __libc_memalign(alignment, size); }
    int posix_memalign(void **block, size_t alignment, size_t size) {
        *block = __libc_memalign(alignment, size);
        return *block ? 0 : 12;
    }
    size_t malloc_usable_size(void *block) { return ((size_t *)block)[-1] / 16 * 16 - 8; }
    void *calloc(size_t count, size_t size) {
        char *block = __libc_calloc(count, size);
        if (block && count == 8 && size == 5) block[39] = 7;
        return block;
    }
    """
    judged = check(use(f"malloc:{built(tmp_path, source)}"), LAWS, contract="heap", budget=6.0)
    (found,) = [found for judgement in judged for found in judgement.broken]
    assert found.law == "H4"
    assert "byte 39" in found.because


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("malloc:libjemalloc.so.99", "no library 'libjemalloc.so.99' on this machine: apt install libjemalloc2"),
        ("malloc:nothing.so", "no library 'nothing.so' on this machine: name libc, a library such as"),
        ("malloc:", "no library '' on this machine"),
        ("malloc:./none/lib.so", "file not found: ./none/lib.so"),
    ],
)
def test_a_library_that_is_not_there(spec: str, says: str) -> None:
    """One line with the remedy."""
    with pytest.raises(TargetError) as refused:
        load_target(spec, "heap")
    assert str(refused.value).startswith(says)


def test_what_is_no_allocator(use: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library without malloc of its own, a contract that is another, a system without preloading."""
    library = built(tmp_path, "#include <stdlib.h>\nint nothing(void) { return abs(rand()); }")
    with pytest.raises(TargetError, match=r"has no malloc of its own; that of .*libc"):
        use(f"malloc:{library}")
    with pytest.raises(TargetError, match="is a heap: use it with --contract heap, not frames"):
        load_target("malloc:libc")
    monkeypatch.setattr(malloc.platform, "system", lambda: "Plan 9")
    with pytest.raises(TargetError, match="needs Linux, where a library can be preloaded; this is Plan 9"):
        load_target("malloc:libc", "heap")
