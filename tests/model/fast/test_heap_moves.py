"""Numbered moves of heaps: compiled and plain runs agree, and what is planted is named by the right bit."""

import functools
from typing import Any

import numpy as np
import pytest

from pagelaw.model.fast import backend, heap_moves, heap_table
from pagelaw.model.fast.heap_machine import Machine, begin_arrays, begin_lists, draw
from pagelaw.model.fast.heap_moves import ALLOCATE, CALLOC, DESTROY, FREE, MOVE, RESIZE, Call, Came
from pagelaw.model.fast.heap_table import Heap
from pagelaw.spec import heap_laws
from pagelaw.spec.algebra import ALL_BITS, Backend
from pagelaw.spec.heap import Block
from pagelaw.spec.law import laws_of

MACHINE = Machine(12, private=4, grain=2)


@functools.cache
def core() -> Backend:
    """The moves, compiled once; a move is called, as it takes less long to compile then."""
    return backend.compiled(heap_moves, {"move": backend.apart(backend.compiled(heap_moves).move)})


def plain(**functions: Any) -> Any:
    """The moves on arrays, uncompiled, with some functions replaced."""
    return backend.rebind(heap_moves, primitives=backend._plain_primitives(), overrides=functions)


def laws_in(bits: int) -> set[str]:
    """The laws that some bits stand for."""
    return {law for law, bit in heap_moves.LAW_BITS.items() if bits & bit}


def test_every_law_has_a_bit() -> None:
    """One each, in turn; a law of the contract is of this part, or of conduct."""
    assert list(heap_moves.LAW_BITS) == [law.id for law in laws_of("heap") if law.part == heap_laws.PART]
    assert list(heap_moves.LAW_BITS.values()) == [1 << number for number in range(heap_moves.LAWS)]


@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.nightly)])
def test_a_run_breaks_no_law_and_is_that_of_plain_integers(compiled: bool) -> None:
    """The same heap, move by move; every kind is done and refused, and every law is at stake."""
    moves, arrays, lists = draw(np.random.default_rng(5), MACHINE, 2000), begin_arrays(MACHINE), begin_lists(MACHINE)
    counts, found = np.zeros(heap_moves.COUNTS, np.uint64), [0] * 2 * heap_moves.KINDS
    kernels = core() if compiled else plain()
    made, bits = kernels.replay(arrays, moves, begin_arrays(MACHINE), counts, np.uint64(9))
    assert (int(made), int(bits)) == (2000, 0)
    for number, text in enumerate(moves.tolist()):
        call = heap_moves.call_of(lists, text)
        lists, came = heap_moves.move(lists, call)
        found[2 * call.kind + came.done] += 1
        lists = heap_moves.fill(lists, call, came, (number + 1 & 0xFF) + 1)
    assert [part.tolist() for part in arrays[:3]] == [lists.free, lists.live, lists.content]
    assert counts[: heap_moves.STAKES_AT].tolist() == found
    assert counts.all()


def word_of(kind: int, byte: int = 0, size: int = 0, further: int = 0, flags: int = 0) -> int:
    """A move as one word."""
    operands = byte << heap_moves.BYTE_AT | size << heap_moves.SIZE_AT | further << heap_moves.FURTHER_AT
    return kind | flags | operands


def test_what_a_word_stands_for() -> None:
    """The block that a byte belongs to, and its heap; of what a kind does not take, nothing."""
    heap = begin_lists(Machine(8, private=4))
    assert heap_moves.call_of(heap, word_of(ALLOCATE, 6, 8, 4)) == Call(ALLOCATE, 1, 4, 8, 1)
    assert heap_moves.call_of(heap, word_of(CALLOC, 2, 9, 4)) == Call(CALLOC, 0, 0, ALL_BITS, 0)
    assert heap_moves.call_of(heap, word_of(MOVE, 9, 1, 14)) == Call(MOVE, 0, 0, 1, 4)
    raw, strange = 1 << heap_moves.RAW_AT, 1 << heap_moves.STRANGE_AT
    assert heap_moves.call_of(heap, word_of(FREE, 6, 3, 3, raw)) == Call(FREE, 1, 6, 0, 0)
    assert heap_moves.call_of(heap, word_of(DESTROY, 6, flags=strange)) == Call(DESTROY, 0, 4, 0, 0)


# -- what is wrong -----------------------------------------------------------------------------------------------


def sound() -> Heap:
    """Two live bytes at 0, a free one, three live ones; behind the border one live and one free."""
    heap = begin_arrays(Machine(8, private=2))
    for owner, at, size in ((0, 0, 2), (0, 2, 1), (0, 3, 3), (1, 6, 1)):
        heap, legal, _ = heap_table.allocate(heap, owner, at, size, 1)
        assert legal
    heap, _, _ = heap_table.free(heap, 0, 2)
    heap.content[:] = np.arange(1, 9, dtype=np.uint64)
    return heap


def changed(heap: Heap, **values: tuple[int, int]) -> Heap:
    """The heap after a step that does as it likes: an array is given an element."""
    for name, (at, value) in values.items():
        getattr(heap, name)[at] = np.uint64(value)
    return heap


def stepped(done: bool, block: tuple[int, int] = (0, 0), **values: tuple[int, int]) -> Any:
    """A step that tells a block and changes some elements."""
    return lambda heap, *_operands: (changed(heap, **values), done, Block(*block))


@pytest.mark.parametrize(
    ("name", "wrong", "move", "law"),
    [
        pytest.param("allocate", stepped(False), word_of(ALLOCATE, 2, 1), set(), id="nothing wrong"),
        pytest.param("allocate", stepped(True, (2, 1), live=(2, 1)), word_of(ALLOCATE, 2, 1), set(), id="nor here"),
        pytest.param("allocate", stepped(True, (2, 1)), word_of(ALLOCATE, 2, 1), {"H7"}, id="nothing is given"),
        pytest.param("allocate", stepped(True, (2, 1), live=(2, 1)), word_of(ALLOCATE, 2, 2), {"H8"}, id="too small"),
        pytest.param("allocate", stepped(True, (5, 1), live=(5, 1)), word_of(ALLOCATE, 2, 1), {"H2"}, id="overlaps"),
        pytest.param(
            "allocate", stepped(True, (5, 2), live=(5, 2)), word_of(ALLOCATE, 2, 1), {"H2", "H10"}, id="goes beyond"
        ),
        pytest.param("allocate", stepped(True, (9, 1)), word_of(ALLOCATE, 2, 1), {"H10"}, id="outside"),
        pytest.param(
            "allocate", stepped(True, (2, 1), live=(2, 1)), word_of(ALLOCATE, 2, 1, 2), {"H1"}, id="misplaced"
        ),
        pytest.param("calloc", stepped(True, (2, 1), live=(2, 1)), word_of(CALLOC, 2, 1), {"H4"}, id="not cleared"),
        pytest.param("calloc", stepped(False, content=(2, 0)), word_of(CALLOC, 2, 1), {"H6"}, id="done and denied"),
        pytest.param("free", stepped(True), word_of(FREE, 2), {"H6"}, id="twice"),
        pytest.param("free", stepped(False, live=(3, 0)), word_of(FREE, 2), {"H6", "H8"}, id="frees another"),
        pytest.param("free", stepped(True, live=(0, 0), free=(0, 3)), word_of(FREE), set(), id="is freed"),
        pytest.param("free", stepped(True, live=(0, 0)), word_of(FREE, 0, flags=256), {"H9"}, id="by a stranger"),
        pytest.param("free", stepped(True, live=(6, 0)), word_of(FREE), {"H8", "H9"}, id="frees a stranger's"),
        pytest.param("free", stepped(True, live=(3, 2)), word_of(FREE), {"H8"}, id="shrinks another"),
        pytest.param("free", stepped(True, content=(4, 0)), word_of(FREE), {"H3"}, id="writes to another"),
        pytest.param("resize", stepped(True, (0, 1), live=(0, 1)), word_of(RESIZE, 0, 1), set(), id="shrinks"),
        pytest.param("resize", stepped(True, (0, 3), content=(1, 9)), word_of(RESIZE, 0, 3), {"H3"}, id="loses a byte"),
        pytest.param(
            "move_to", stepped(True, (2, 1), live=(2, 1)), word_of(MOVE, 0, 1, 2), {"H3"}, id="leaves its bytes"
        ),
        pytest.param("destroy", stepped(True, live=(6, 0)), word_of(DESTROY, 6), set(), id="ends with its own"),
        pytest.param("destroy", stepped(True, live=(0, 0)), word_of(DESTROY, 6), {"H8", "H9"}, id="takes others along"),
    ],
)
def test_a_wrong_step_is_named(name: str, wrong: Any, move: int, law: set[str]) -> None:
    """By the laws that it breaks, and by no others; audited or not, the run ends there."""
    counts, moves = np.zeros(heap_moves.COUNTS, np.uint64), np.array([move, move], np.uint64)
    made, bits = plain(**{name: wrong}).replay(sound(), moves[: 2 if law else 1], sound(), counts, 1)
    assert made == 1
    assert laws_in(bits) == law


def test_what_the_empty_heap_granted_it_must_grant_again() -> None:
    """It is asked of an empty heap alone, and of what it granted at its beginning."""
    came = Came(False, Block(0, 0))
    fresh = begin_lists(Machine(4))
    for size, law in ((4, {"H5"}), (5, set())):
        call = Call(ALLOCATE, 0, 0, size, 0)
        assert laws_in(heap_moves.broken_by_call(fresh, fresh, call, came)) == law
        assert laws_in(heap_moves.at_stake(fresh, call, came)) == law
    used, _, _ = heap_table.allocate(fresh, 0, 0, 1, 1)
    assert not heap_moves.broken_by_call(used, used, Call(ALLOCATE, 0, 0, 4, 0), came)


@pytest.mark.parametrize(
    ("live", "law"),
    [({0: 2, 2: 2}, set()), ({0: 3, 2: 2}, {"H2"}), ({1: 1}, {"H1"}), ({4: 4}, {"H10"}), ({6: 4}, {"H10"})],
)
def test_laws_of_states(live: dict[int, int], law: set[str]) -> None:
    """At every live block and every two; the border is at 6."""
    heap = begin_lists(Machine(8, private=2, grain=2))
    for at, size in live.items():
        heap.live[at] = size
    assert laws_in(heap_moves.broken_anywhere(heap)) == law
