"""Accesses and faults of the Windows reference: what each fault does, step by step, and what it leaves behind."""

from collections.abc import Callable
from typing import Any

import pytest

from pagelaw.model.windows_space import WindowsSpace
from pagelaw.spec.contracts.space.arena import PAGE

BASE = 1 << 30
KIB_64 = 1 << 16


def begun(**arena: int) -> WindowsSpace:
    """A manager of 64 pages with a process 1."""
    space = WindowsSpace(64, "windows", **arena)
    space.create(1)
    return space


def test_the_flow_of_a_fault_is_told() -> None:
    """Step by step, in the order in which it happens; the second access finds the entry."""
    space = begun()
    base = space.reserve(1, 0, PAGE, "rw", True)
    space.write(1, base, 7)
    page = f"page {base // PAGE:#x}"
    assert list(space.events) == [
        f"{page}: the page table has no entry: page fault",
        f"{page}: looked up in the tree of regions, 1 compared",
        f"{page}: page table {base // PAGE // 1024:#x} is made",
        f"{page}: its entry is made from the region at page {base // PAGE:#x}",
        "frame 0 is taken and zeroed",
        f"{page}: the access is repeated",
        f"{page}: the page table leads to frame 0",
    ]
    space.events.clear()
    space.read(1, base)
    assert list(space.events) == [f"{page}: the page table leads to frame 0"]


@pytest.mark.parametrize(
    ("access", "why"),
    [
        (lambda space: space.read(1, BASE + 32 * PAGE), "free: access violation"),
        (lambda space: space.read(1, BASE + PAGE), "reserved: access violation"),
        (lambda space: space.write(1, BASE, 1), "its rights are r: access violation"),
    ],
)
def test_violations_are_told(access: Callable[[WindowsSpace], Any], why: str) -> None:
    """As what they are."""
    space = begun()
    space.reserve(1, BASE, 2 * PAGE, "r", False)
    space.commit(1, BASE, PAGE, "r")
    with pytest.raises(PermissionError):
        access(space)
    assert space.events[-1].endswith(why)


def test_pages_are_put_out_and_come_back() -> None:
    """With two frames for eight pages."""
    space = begun(frames=2)
    base = space.reserve(1, 0, 8 * PAGE, "rw", True)
    for number in range(8):
        space.write(1, base + number * PAGE, number + 1)
    assert [space.read(1, base + number * PAGE) for number in range(8)] == list(range(1, 9))
    assert any("of the paging file" in event for event in space.events)


def test_the_lock_goes_with_the_copy() -> None:
    """What is copied on write while it is locked, stays resident as the copy."""
    space = begun()
    space.section(1, PAGE, -1)
    base = space.map_view(1, 1, 0, 0, "rc", 0)
    space.lock(1, base, PAGE)
    prototype = space._sections[1].slot(0)
    assert prototype.locks == 1
    space.write(1, base, 5)
    entry = space._process(1).entry(base // PAGE)
    assert entry is not None
    assert (prototype.locks, entry.slot.locks, entry.own) == (0, 1, True)
    assert space.query(1, base) == [base, base, PAGE, "committed", "rw"]


def test_views_of_one_section_share_a_frame() -> None:
    """Entries of two processes lead to one slot, at the place in the section that each began with."""
    space = begun()
    space.create(2)
    space.section(1, KIB_64 + PAGE, -1)
    whole, rest = space.map_view(1, 1, 0, 0, "rw", 0), space.map_view(2, 1, KIB_64, 0, "r", 0)
    space.write(1, whole + KIB_64, 9)
    assert space.read(2, rest) == 9
    entries = space._process(1).entry((whole + KIB_64) // PAGE), space._process(2).entry(rest // PAGE)
    assert entries[0] is not None
    assert entries[1] is not None
    assert entries[0].slot is entries[1].slot


def test_a_stack() -> None:
    """It grows by a page at a time, tells its overflow, and ends in a violation."""
    space = begun()
    base = space.stack(1, KIB_64)
    for page in range(15, 2, -1):
        space.write(1, base + page * PAGE, page)
    assert space.query(1, base + 2 * PAGE) == [base + 2 * PAGE, base, PAGE, "committed", "rwg"]
    with pytest.raises(RecursionError):
        space.write(1, base + 2 * PAGE, 1)
    space.write(1, base + PAGE, 1)
    with pytest.raises(PermissionError):
        space.write(1, base, 1)
    assert space._charged == 15


def test_only_bytes_are_written() -> None:
    """In memory and in files."""
    space = begun()
    base = space.reserve(1, 0, PAGE, "rw", True)
    space.file(1, PAGE)
    for write in (lambda: space.write(1, base, 256), lambda: space.store(1, 0, -1)):
        with pytest.raises(ValueError, match="no byte"):
            write()


def test_faults_and_frames_are_counted() -> None:
    """A page faults at its first access, and not again unless it was put out; a violation is none that was served."""
    space = begun(frames=2)
    base = space.reserve(1, 0, 4 * PAGE, "rw", False)
    space.commit(1, base, 3 * PAGE, "rw")
    seen = []
    for page in (0, 0, 1, 2, 1, 0):
        space.write(1, base + page * PAGE, 1)
        seen.append((space.faults(1), space.frames_used()))
    assert seen == [(1, 1), (1, 1), (2, 2), (3, 2), (3, 2), (4, 2)]
    for address in (base + 3 * PAGE, base + 40 * PAGE):
        with pytest.raises(PermissionError):
            space.read(1, address)
    assert space.faults(1) == 4
    space.release(1, base, 0)
    assert (space.faults(1), space.frames_used()) == (4, 0)


def test_a_copy_is_a_fault() -> None:
    """By whoever writes; what was read before, twice in all."""
    space = begun()
    space.section(1, PAGE, -1)
    base, other = (space.map_view(1, 1, 0, 0, "rc", 0) for _ in range(2))
    space.read(1, base)
    space.write(1, base, 1)
    assert (space.faults(1), space.frames_used()) == (2, 2)
    space.write(1, other, 1)
    assert (space.faults(1), space.frames_used()) == (3, 3)


def test_a_told_guard_is_not_counted() -> None:
    """It has not been served: whoever made the access must ask again."""
    space = begun()
    base = space.reserve(1, 0, PAGE, "rwg", True)
    with pytest.raises(UserWarning):
        space.write(1, base, 1)
    assert space.faults(1) == 0
    space.write(1, base, 1)
    assert space.faults(1) == 1


def test_why_an_entry_does_not_serve_an_access_is_told() -> None:
    """It is not there, not present, or does not allow it."""
    space = begun(frames=1)
    base = space.reserve(1, 0, 2 * PAGE, "rw", True)
    for page in (0, 1):
        space.write(1, base + page * PAGE, 1)
    space.read(1, base)
    space.protect(1, base, PAGE, "r")
    with pytest.raises(PermissionError):
        space.write(1, base, 2)
    first, second = (f"page {base // PAGE + page:#x}" for page in (0, 1))
    assert [event for event in space.events if event.endswith("page fault")] == [
        f"{first}: the page table has no entry: page fault",
        f"{second}: the page table has no entry: page fault",
        f"{first}: its entry is not present: page fault",
        f"{first}: its entry does not allow this access: page fault",
    ]
