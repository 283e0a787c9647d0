"""C libraries: what they return, refuse and declare, and how they fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pagelaw.checker.targets.target import TargetError
from pagelaw.spec.contracts import ILLEGAL, OUT_OF_MEMORY, Allocate, Arena, Capabilities, Failed, Free, Probe, Returned

ARENA = Arena(4, 2)
Use = Callable[..., Any]
Library = Callable[..., str]


def allocating(action: str) -> str:
    """A C function `allocate` that does this at its third call in an arena."""
    return (
        "int64_t pagelaw_frames_allocate(void *state, uint32_t order)"
        " { if (used == 2) { " + action + " } return used++; }"
    )


def test_a_library_answers(use: Use, library: Library) -> None:
    """-1 is out of memory or illegal, 0 is done; one process serves arena after arena."""
    target = use(library())
    assert target.capabilities == Capabilities()
    for _ in range(3):
        instance = target.open(ARENA)
        assert instance.perform([Allocate(0)] * 5) == [*map(Returned, range(4)), OUT_OF_MEMORY]
        assert instance.perform([Free(1, 0), Free(9, 0), Allocate(2)]) == [Returned(None), ILLEGAL, OUT_OF_MEMORY]
        instance.close()
    assert target.complaints == []


def test_numbers_that_c_cannot_take_are_refused(use: Use, library: Library) -> None:
    """An order of 2**32 never reaches the library as 0."""
    instance = use(library()).open(ARENA)
    calls = [Allocate(2**32), Allocate(-1), Free(2**64, 0), Free(-1, 0), Free(0, 2**32), Allocate(0)]
    assert instance.perform(calls) == [ILLEGAL] * 5 + [Returned(0)]


@pytest.mark.parametrize(
    ("action", "answer"),
    [
        ("return -7;", Returned(-7)),
        ("return INT64_MAX;", Returned(2**63 - 1)),
        ("*(volatile int *)0 = 1;", Failed("crash", "it was ended by SIGSEGV")),
        (
            'fprintf(stderr, "heap\\n  broken\\n"); abort();',
            Failed("crash", "it was ended by SIGABRT; it said: broken"),
        ),
        ("exit(5);", Failed("crash", "it ended with exit code 5")),
        ("for (;;);", Failed("hang", "no answer within 0.4 s")),
        ("return used / (used - 2);", Failed("crash", "it was ended by SIGFPE")),
    ],
)
def test_each_failure_is_the_answer_of_its_call(use: Use, library: Library, action: str, answer: object) -> None:
    """In the middle of a batch, the answers before are kept, and the next arena gets a fresh process."""
    target = use(library(allocate=allocating(action)), deadline=0.4)
    answers = target.open(ARENA).perform([Allocate(0)] * 3 + [Probe()] * isinstance(answer, Failed))
    assert answers == [Returned(0), Returned(1), answer]
    assert target.open(ARENA).perform([Allocate(0)]) == [Returned(0)]


def test_runaway_memory(use: Use, library: Library) -> None:
    """Growth is measured from what the loaded library uses, not from nothing."""
    hog = "for (;;) { char *p = malloc(1 << 20); for (int i = 0; i < 1 << 20; i += 512) p[i] = 1; }"
    target = use(library(allocate=allocating(hog)), memory_limit=32 << 20)
    *before, failed = target.open(ARENA).perform([Allocate(0)] * 3)
    assert before == [Returned(0), Returned(1)]
    assert failed.how == "memory"


def test_a_leak_between_arenas_is_no_failure(use: Use, library: Library) -> None:
    """A library that never gives its arenas back is started anew before that counts as runaway memory."""
    leak = "void *pagelaw_frames_open(uint64_t f, uint32_t m) { char *p = malloc(1 << 16); "
    leak += "for (int i = 0; i < 1 << 16; i += 512) p[i] = 1; last = f; return &last; }"
    target = use(library(open=leak), memory_limit=40 << 20)
    first = target.pid
    for _ in range(1200):
        assert target.open(ARENA).perform([Allocate(0)]) == [Returned(0)]
    assert target.pid != first


@pytest.mark.parametrize(
    ("body", "failed"),
    [
        ("return 7;", Failed("garbage", "pagelaw_frames_free returned 7; it may return 0 (done) or -1 (refused)")),
        ('printf("%s", "{\\"return\\":1}\\n"); fflush(stdout); return 0;', Returned(None)),
    ],
)
def test_frees(use: Use, library: Library, body: str, failed: object) -> None:
    """Another result is garbage; prints are not answers."""
    free = "int32_t pagelaw_frames_free(void *state, uint64_t frame, uint32_t order) { " + body + " }"
    instance = use(library(free=free)).open(ARENA)
    assert instance.perform([Free(0, 0), Allocate(0)]) == [failed, Returned(0)]


PROBE = "int64_t pagelaw_frames_free_blocks(void *s, uint64_t *f, uint32_t *o, uint64_t room) "


def test_a_probe(use: Use, library: Library) -> None:
    """The optional function makes the capability, and fills pairs."""
    target = use(library(PROBE + "{ f[0] = 3; o[0] = 0; f[1] = room; o[1] = 1; return 2; }"))
    assert target.capabilities.probe
    assert target.open(ARENA).perform([Probe()]) == [Returned([[3, 0], [4, 1]])]


def test_a_probe_that_miscounts(use: Use, library: Library) -> None:
    """More blocks than frames are garbage."""
    target = use(library(PROBE + "{ return room + 1; }"))
    wanted = Failed("garbage", "pagelaw_frames_free_blocks counted 5 free blocks among 4 frames")
    assert target.open(ARENA).perform([Probe(), Allocate(0)]) == [wanted, Returned(0)]


OPEN_ARENA = (
    "void *pagelaw_frames_open_arena(uint64_t start, uint64_t frames, uint32_t max_order, const uint64_t *reserved,"
    " uint64_t reserved_count, const uint64_t *barriers, uint64_t barrier_count)"
    " { used = start; last = reserved_count ? reserved[0] * 100 + (barrier_count ? barriers[0] : 0) : 99;"
    " return &last; }"
)


def test_an_arena_with_all_it_may_have(use: Use, library: Library) -> None:
    """The optional opening makes three capabilities and gets start, holes and barriers."""
    read_last = "int64_t pagelaw_frames_allocate(void *s, uint32_t o) { return used == 8 ? *(uint64_t *)s : used; }"
    target = use(library(OPEN_ARENA, allocate=read_last))
    assert target.capabilities == Capabilities(start=True, reserved=True, barriers=True)
    full = Arena(8, 2, start=8, reserved=frozenset({11, 10}), barriers=(12,))
    assert target.open(full).perform([Allocate(0)]) == [Returned(1012)]
    assert target.open(Arena(8, 2)).perform([Allocate(0)]) == [Returned(0)]


STATED = "const char *pagelaw_frames_capabilities(void) { return "


def test_stated_capabilities(use: Use, library: Library) -> None:
    """JSON adds to what the functions imply, and may take back."""
    stated = STATED + '"{\\"merging\\":\\"lazy\\",\\"barriers\\":false}"; }'
    wanted = Capabilities(start=True, reserved=True, merging="lazy")
    assert use(library(OPEN_ARENA + "\n" + stated)).capabilities == wanted


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ('"{\\"start\\":true}"', "declares 'start', but lacks the function pagelaw_frames_open_arena"),
        ('"{\\"probe\\":true}"', "declares 'probe', but lacks the function pagelaw_frames_free_blocks"),
        ('"lazy"', "pagelaw_frames_capabilities gives no JSON object"),
        ('"[]"', "pagelaw_frames_capabilities gives no JSON object, but"),
        ("0", "pagelaw_frames_capabilities gives no JSON object"),
        ('"{\\"merge\\":\\"lazy\\"}"', "unknown capability 'merge'"),
    ],
)
def test_capabilities_that_cannot_be(use: Use, library: Library, stated: str, message: str) -> None:
    """A claim without its function, or none at all, is a usage error."""
    with pytest.raises(TargetError, match=message):
        use(library(STATED + stated + "; }"))


def test_missing_functions_are_named(use: Use, library: Library) -> None:
    """All that are missing, in one line."""
    with pytest.raises(TargetError, match=r"lacks pagelaw_frames_allocate, pagelaw_frames_close: see docs/targets.md"):
        use(library(allocate="", close=""))


def test_files_that_are_no_libraries(use: Use, tmp_path: Any) -> None:
    """A missing file comes with the command that builds it; a wrong one with what the loader says."""
    with pytest.raises(TargetError, match=r"file not found: ./nowhere.so; build it with: cc -O2 -shared"):
        use("./nowhere.so")
    (tmp_path / "text.so").write_text("text")
    with pytest.raises(TargetError, match=r"text.so cannot be loaded: .*"):
        use(str(tmp_path / "text.so"))


def test_a_library_that_refuses_an_arena(use: Use, library: Library) -> None:
    """NULL for a legal arena is an answer, not a usage error, unless no arena is opened at all."""
    null = "void *pagelaw_frames_open(uint64_t frames, uint32_t m) { last = frames; return frames == 3 ? 0 : &last; }"
    target = use(library(open=null))
    (failed,) = target.open(Arena(3, 2)).perform([Allocate(0), Allocate(0)])
    assert failed.how == "open"
    assert failed.detail.endswith("(frames 3, max_order 2) was refused: MemoryError: the library answered NULL")
    assert target.open(ARENA).perform([Allocate(0)]) == [Returned(0)]
    with pytest.raises(TargetError, match=r"opens no arena: \(frames 16, max_order 4\) MemoryError: the library"):
        use(library(open=null.replace("frames == 3", "1")))


def test_a_library_that_crashes_when_loaded(use: Use, library: Library) -> None:
    """A constructor that aborts is told as such."""
    with pytest.raises(TargetError, match=r"opens no arena: .* it was ended by SIGABRT"):
        use(library("__attribute__((constructor)) static void at_load(void) { abort(); }"))


def test_a_crash_at_the_end_of_an_arena_blames_no_call(use: Use, library: Library) -> None:
    """The next arena is opened in a fresh process; the failure is kept as a complaint."""
    close = "void pagelaw_frames_close(void *state) { if (used == 2) abort(); used = 0; }"
    target = use(library(close=close))
    for _ in range(2):
        assert target.open(ARENA).perform([Allocate(0)] * 2) == [Returned(0), Returned(1)]
    assert len(target.complaints) == 1
    target.close()
    assert len(target.complaints) == 2
    assert "failed at the end of an arena (crash): it was ended by SIGABRT" in target.complaints[1]
