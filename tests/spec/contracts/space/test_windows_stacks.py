"""Stacks of threads: how they begin, grow, overflow and end, in the relation."""

import attrs

from pagelaw.spec.contracts import Returned
from pagelaw.spec.contracts.space.arena import PAGE
from pagelaw.spec.contracts.space.calls import Execute, Read, Stack, Write
from pagelaw.spec.contracts.space.memory import charge

from .telling import DENIED, DONE, ILLEGAL, OUT_OF_ADDRESSES, OUT_OF_MEMORY
from .windows_telling import EVERYTHING, OVERFLOW, Windows, anywhere, at, stack

SIZE = 16 * PAGE


def story(**arena: int) -> Windows:
    """A stack of 16 pages from 0 on."""
    told = Windows(**arena)
    told(stack(SIZE), Returned(at(0)))
    return told


def states(told: Windows) -> str:
    """Of each page: `.` reserved, `g` the guard, `u` in use."""
    marks = {("reserved", ""): ".", ("committed", "rw"): "u", ("committed", "rwg"): "g"}
    return "".join(marks[told.queried(page)[2:]] for page in range(16))


def test_a_stack_begins_with_a_page_and_its_guard() -> None:
    """The highest page and the one below it, which are charged."""
    told = story()
    assert states(told) == "." * 14 + "gu"
    assert charge(told.memory) == 2


def test_sizes_are_rounded_up_and_0_is_a_mebibyte() -> None:
    """To 64 KiB; 256 pages do not fit into a window of 64."""
    told = Windows()(Stack(1, 1), Returned(at(0)))
    assert told.law(anywhere(48), Returned(at(16))) == ""
    assert told.law(stack(), OUT_OF_ADDRESSES) == ""
    assert told.law(stack(), Returned(at(16))) == "V16"
    assert Windows(pages=256).law(stack(), OUT_OF_ADDRESSES) == "V16"
    assert Windows(pages=256).law(stack(), Returned(at(0))) == ""
    assert Windows().law(stack(SIZE), Returned(at(1))) == "V16"
    assert Windows(limit=1).law(stack(SIZE), Returned(at(0))) == "V4"


def test_a_stack_grows_by_a_page_at_each_hit() -> None:
    """A touch of the guard is served, and the guard moves down."""
    told = story()
    assert told.law(Write(1, at(14), 7), DENIED) == "V14"
    told(Write(1, at(14), 7))
    assert states(told) == "." * 13 + "guu"
    told(Read(1, at(13)), Returned(0))(Read(1, at(14)), Returned(7))
    assert states(told) == "." * 12 + "guuu"
    assert charge(told.memory) == 4
    assert told.law(Read(1, at(11)), Returned(0)) == "V10"
    told(Read(1, at(11)), DENIED)


def test_an_overflow_is_told_once_and_leaves_a_page() -> None:
    """At the last guard; then all but the lowest page are in use, and that ends in a violation."""
    told = story()
    for page in range(14, 2, -1):
        told(Write(1, at(page), 1))
    assert states(told) == "..g" + "u" * 13
    assert told.law(Write(1, at(2), 1), DONE) == "V14"
    assert told.law(Write(1, at(2), 1), DENIED) == "V14"
    told(Write(1, at(2), 1), OVERFLOW)
    assert states(told) == "." + "u" * 15
    assert charge(told.memory) == 15
    told(Write(1, at(2), 1))(Write(1, at(1), 1))(Write(1, at(0), 1), DENIED)
    assert told.law(Write(1, at(0), 1), OVERFLOW) == "V10"


def test_a_limit_stops_growth() -> None:
    """Nothing has changed then; where there is room it must grow."""
    told = story(limit=3)(Write(1, at(14), 7))
    assert told.law(Write(1, at(13), 7), DONE) == "V4"
    told(Write(1, at(13), 7), OUT_OF_MEMORY)
    assert states(told) == "." * 13 + "guu"
    assert story(limit=3).law(Write(1, at(14), 7), OUT_OF_MEMORY) == "V14"


def test_an_instruction_on_the_guard_makes_it_grow_and_is_denied() -> None:
    """The guard comes before the right that is missing."""
    told = story()
    assert told.law(Execute(1, at(14)), DONE) == "V14"
    told(Execute(1, at(14)), DENIED)
    assert states(told) == "." * 13 + "guu"
    told(Execute(1, at(14)), DENIED)
    assert states(told) == "." * 13 + "guu"


def test_growth_takes_a_frame() -> None:
    """With the only one in use it may not be served, and the guard stays."""
    told = Windows(frames=1, capabilities=attrs.evolve(EVERYTHING, frames=True))
    told(stack(SIZE), Returned(at(0)))(Write(1, at(15), 1))
    assert told.law(Write(1, at(14), 1), DONE) == "F2"
    told(Write(1, at(14), 1), OUT_OF_MEMORY)
    assert states(told) == "." * 14 + "gu"


def test_targets_without_stacks_are_not_asked() -> None:
    """Nor is one that has no such process."""
    told = Windows(capabilities=attrs.evolve(EVERYTHING, stacks=False))
    assert not told.contract.may_ask(told.memory, stack())
    assert story().law(Stack(9, 0), ILLEGAL) == ""
