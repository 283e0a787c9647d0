"""A program is where it belongs, byte for byte, and none of it is in memory before it runs."""

import pytest

from pagelaw.model.linux_program import ORIGIN, PAGES, STACK, Layout, Program, install, load
from pagelaw.model.linux_space import LinuxSpace
from pagelaw.spec.contracts.space.arena import PAGE

TOP = 0xC000_0000
PROGRAM = Program(code=bytes([1, 2, 3]), data=b"hello", bss=2 * PAGE, entry=2)


def loaded(program: Program = PROGRAM, **limits: int) -> tuple[LinuxSpace, Layout]:
    """A process 1 with the program of file 1."""
    space = LinuxSpace(PAGES, "linux", base=0, **limits)
    space.create(1)
    install(space, 1, program)
    return space, load(space, 1, program, 1)


def test_where_the_parts_are() -> None:
    """Code, data and bss upward, the heap above, the stack at the top of three GiB."""
    space, layout = loaded()
    data = ORIGIN + PAGE
    assert layout == Layout(ORIGIN, data, data + 5, ORIGIN + 4 * PAGE, TOP - STACK, TOP, ORIGIN + 2)
    assert space.maps(1) == [
        [ORIGIN, data, "rx", False, 1, 0],
        [data, data + PAGE, "rw", False, 1, PAGE],
        [data + PAGE, data + 3 * PAGE, "rw", False, -1, 0],
        [TOP - PAGE, TOP, "rw", False, -1, 0],
    ]
    assert space.brk(1, 0) == layout.heap
    assert space.brk(1, layout.heap + PAGE) == layout.heap + PAGE


def test_nothing_is_backed_before_the_first_instruction() -> None:
    """The entry point's page is backed by the first fault; each page touched after it faults once."""
    space, layout = loaded()
    assert space.faults(1) == 0
    assert space.mincore(1, layout.bss // PAGE * PAGE + PAGE, 2 * PAGE) == [False, False]
    for _ in range(2):
        space.execute(1, layout.entry)
        assert space.faults(1) == 1
    space.write(1, layout.top - 1, 7)
    space.read(1, layout.data)
    assert space.faults(1) == 3


def test_data_is_as_in_the_file_and_bss_is_zero() -> None:
    """Also in the page that both have; and what the program writes is not in the file."""
    space, layout = loaded()
    assert bytes(space.read(1, layout.data + at) for at in range(5)) == b"hello"
    assert [space.read(1, address) for address in (layout.bss, layout.data + PAGE - 1, layout.heap - 1)] == [0, 0, 0]
    assert [space.read(1, ORIGIN + at) for at in range(4)] == [1, 2, 3, 0]
    space.write(1, layout.data, ord("H"))
    space.write(1, layout.bss, 9)
    assert bytes(space.load(1, PAGE + at) for at in range(5)) == b"hello"
    assert (space.read(1, layout.data), space.read(1, layout.bss)) == (ord("H"), 9)
    with pytest.raises(ValueError, match="no such byte"):
        space.load(1, PAGE + 5)
    with pytest.raises(PermissionError):
        space.write(1, ORIGIN, 1)


def test_a_second_process_has_the_same_code_and_its_own_data() -> None:
    """Frames of the file are shared; a page of data that is written is copied."""
    space, layout = loaded()
    space.create(2)
    assert load(space, 2, PROGRAM, 1) == layout
    before = space.frames_used()
    for process in (1, 2):
        space.execute(process, layout.entry)
    assert space.frames_used() == before
    space.write(1, layout.data, 1)
    assert (space.frames_used() - before, space.read(2, layout.data)) == (1, ord("h"))


def test_a_bss_that_fits_behind_the_data_takes_no_page() -> None:
    """Nor one of no bytes."""
    for bss in (0, PAGE - 5):
        space, layout = loaded(Program(b"\x90", b"hello", bss))
        assert layout.heap == ORIGIN + 2 * PAGE
        assert len(space.maps(1)) == 3


@pytest.mark.parametrize(
    "wrong",
    [{"code": b""}, {"data": b""}, {"bss": -1}, {"entry": 3}, {"entry": -1}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_is_no_program(wrong: dict) -> None:
    """It cannot be made."""
    with pytest.raises(ValueError, match="a program has"):
        Program(**{"code": bytes(3), "data": b"d", "bss": 0, "entry": 0, **wrong})
