"""The exploring judge of stacks: every touch of every page, in every state of stacks of several sizes.

A stack of n pages has no more than 2 (n - 2) states: as deep as it may have grown, or overflowed, and with its process
running or ended. They are visited on plain integers; there is nothing to compile for. A key has the kinds of all pages,
where the stack has come to, and what has been told; it is told by how it differs from the first::

    key    | kinds (2 bits for each page) | limit (8 bits) | ended (1 bit) | overflowed (1 bit) |

A law `holds` only if every size was visited to its end, and every outcome of a touch was met. A breach is told as a
shortest run of touches.
"""

from __future__ import annotations

import itertools
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Unpack

import attrs

from ...model.fast import stack_moves
from ...model.fast.backend import lowest_bit, view, word
from ...model.fast.stack_machine import Machine
from ...spec import algebra
from ...spec import stacks as rules
from ...spec.algebra import rebind
from ...spec.law import Law
from ...spec.stacks import SMALLEST_SIZE, Stack
from ..verdict import Judgement
from .exploration import Exploration
from .inquiry import Inquiry, Settings, inquire
from .packed import PackedSystem
from .plain import PlainEngine

LAW_BITS = stack_moves.LAW_BITS
#: The size of the largest stack by default, and at most.
LARGEST_SIZE, MOST_PAGES = 24, 64
#: Sizes of smaller ones.
SMALL = (4, 5, 6, 8, 12)
#: What arrays and words are on plain integers.
_ARRAYS = {"view": view, "word": word, "lowest_bit": lowest_bit}
_LIMIT_BITS, _FLAG_BITS, _KIND_BITS = 8, 2, 2
#: What a check tells besides the law of a touch: that a new stack is not one, and from here on each outcome met.
_OUTCOMES_AT = 8


class Setting(NamedTuple):
    """What does not change on a stack.

    Attributes:
        size: as in `Machine`, and so are the others.
        bottom: how many pages are below.
        above: how many pages are above.
    """

    size: int
    bottom: int
    above: int

    @property
    def pages(self) -> int:
        """All pages that there are."""
        return sum(self)


class Code:
    """The steps and the law bound once to plain integers.

    `changes` replaces functions of the specification by name with others that are bound in their place: to learn what
    a wrong rule would do.
    """

    plain = True

    def __init__(self, changes: Mapping[str, Any] | None = None) -> None:
        functions = {
            name: types.FunctionType(function.__code__, vars(rules), name, function.__defaults__)
            for name, function in (changes or {}).items()
        }
        primitives = {name: getattr(algebra, name) for name in algebra.PRIMITIVES}
        self.bound = rebind(stack_moves, primitives=primitives | _ARRAYS, overrides=functions)
        self.moves = self.plain_moves = self
        self.engine = PlainEngine(self.expand)

    def start(self, setting: Setting) -> int:
        """The key of a new stack, before it is told by its difference from this one."""
        return packed(self.new(setting), setting)

    def new(self, setting: Setting) -> Stack:
        """A new stack."""
        stack, _ = self.bound.begin([0] * setting.pages, setting.bottom, setting.size)
        return stack  # type: ignore[no-any-return]

    def stack_of(self, key: int, setting: Setting) -> Stack:
        """The stack that a key stands for, with an array of its own."""
        return unpacked(key ^ self.start(setting), self.new(setting), setting)

    def touched(self, key: int, setting: Setting, page: int) -> tuple[Stack, int]:
        """The stack after a touch, and what it came to."""
        after: tuple[Stack, int] = self.bound.touch(self.stack_of(key, setting), page)
        return after

    def expand(self, key: int, setting: Setting, buffer: list[tuple[int, int]], _count: int) -> int:
        """Put the key after each touch that changes anything into `buffer`."""
        for page in range(setting.pages):
            after, _ = self.touched(key, setting, page)
            there = packed(after, setting) ^ self.start(setting)
            if there != key:
                buffer.append((there, page))
        return len(buffer)

    def check_state(self, key: int, setting: Setting) -> int:
        """Whether the first stack is as a new one is to be."""
        bits: int = self.bound.broken_at_begin(self.new(setting), setting.pages)
        return 0 if key else bits

    def check_moves(self, key: int, setting: Setting) -> int:
        """The law at every touch, seen from every page, and what touches came to."""
        bits = 0
        for page in range(setting.pages):
            after, outcome = self.touched(key, setting, page)
            before = self.stack_of(key, setting)
            bits |= self.bound.broken_by_touch(before, after, page, outcome, setting.pages)
            bits |= 1 << _OUTCOMES_AT + outcome
        return bits


def packed(stack: Stack, setting: Setting) -> int:
    """A stack as a number."""
    number = stack.overflowed | stack.ended << 1 | stack.limit << _FLAG_BITS
    for page in range(setting.pages):
        number |= stack.kinds[page] << _FLAG_BITS + _LIMIT_BITS + _KIND_BITS * page
    return int(number)


def unpacked(number: int, new: Stack, setting: Setting) -> Stack:
    """The stack that a number stands for; what does not change it has from a new one."""
    kinds = [number >> _FLAG_BITS + _LIMIT_BITS + _KIND_BITS * page & 3 for page in range(setting.pages)]
    limit = number >> _FLAG_BITS & (1 << _LIMIT_BITS) - 1
    return new._replace(kinds=kinds, limit=limit, overflowed=number & 1, ended=number >> 1 & 1)


class StackSystem(PackedSystem):
    """The steps on one stack, made ready for the search."""

    def __init__(self, machine: Machine, *, code: Code) -> None:
        super().__init__(machine, Setting(machine.size, machine.bottom, machine.above), code=code)

    def told(self, label: int) -> str:
        return f"page {label} is touched"

    def told_along(self, path: Sequence[int]) -> list[str]:
        """The touches that lead along a path of keys, with what each comes to."""
        lines = []
        for here, there in itertools.pairwise(path):
            page = next(label for key, label in self.successors(here) if key == there)
            lines.append(self.outcome(here, page))
        return lines

    def outcome(self, key: int, page: int) -> str:
        """A touch in words, with what it comes to."""
        _, outcome = self.code.touched(key, self.plain_setting, page)
        return stack_moves.STORIES[outcome].format(page)

    def breaking(self, key: int) -> str:
        """The first touch from a state that breaks the law, in words; the stack itself, if it begins wrong."""
        setting = self.plain_setting
        for page in range(setting.pages):
            after, outcome = self.code.touched(key, setting, page)
            before = self.code.stack_of(key, setting)
            if self.code.bound.broken_by_touch(before, after, page, outcome, setting.pages):
                return self.outcome(key, page)
        return "the stack begins"


@attrs.define
class _Inquiry(Inquiry):
    """Notes besides what touches came to."""

    about = "stacks"
    unit = "stack"
    law_bits = LAW_BITS

    seen: set[int] = attrs.field(factory=set)

    def stop_on(self) -> int:
        return sum(LAW_BITS[law.id] for law in self.laws)

    def stories(self, system: StackSystem, outcome: Exploration, law: Law) -> Iterator[list[str]]:
        """The way to the first state from which a touch breaks the law, and that touch."""
        state = outcome.broken.get(LAW_BITS[law.id].bit_length() - 1)
        if state is not None:
            path = [int(key) for key in outcome.path(state)]
            yield [*system.told_along(path), system.breaking(path[-1])]

    def left_open(self, system: StackSystem, outcome: Exploration) -> str:
        self.seen |= set(outcome.broken)
        return super().left_open(system, outcome)

    def notes(self, threads: int) -> Iterator[str]:
        yield from ()

    def unseen(self) -> Iterator[str]:
        for outcome, story in enumerate(stack_moves.STORIES):
            if _OUTCOMES_AT + outcome not in self.seen:
                yield f"never seen: {story.format('...')}"


def machines(largest: int) -> Iterator[Machine]:
    """What is explored, smallest first: stacks with one page below and above, and one with more of both."""
    for size in SMALL:
        if size < largest:
            yield Machine(size)
    yield Machine(largest)
    yield Machine(largest, bottom=3, above=2)


def explore_stacks(
    laws: Sequence[Law],
    *,
    pages: int | None = None,
    **settings: Unpack[Settings],
) -> Judgement:
    """Hold the steps on stacks against `laws` in every reachable state of stacks of several sizes.

    Args:
        laws: the laws to judge, of those in `LAW_BITS`.
        pages: pages of the largest stack, from 4 to 64; by default 24.
        settings: as `inquiry.Settings` says.

    Raises:
        ValueError: where a setting is out of range, or a law is not about stacks.
    """
    size = LARGEST_SIZE if pages is None else pages
    if not SMALLEST_SIZE <= size <= MOST_PAGES:
        raise ValueError(f"the largest stack must have {SMALLEST_SIZE} to {MOST_PAGES} pages, not {size}")
    return inquire(_Inquiry(tuple(laws)), machines(size), StackSystem, Code, largest=f"up to {size} pages", **settings)
