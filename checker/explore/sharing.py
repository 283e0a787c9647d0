"""The exploring judge of sharing: every order of mappings, forks, faults, writes and evictions.

What is explored, small machines first, so that a breach is told at its smallest::

    pages of processes    of objects    frames    bits
            2                  0           2        1      a fork, and the copy after it
            1                  1           2        1      a file that is mapped
            1                  1           2        2      and written in part
            2                  1           2        1      with room for two in the counts, then for all
            4                  1           3        1      two processes with two pages each; or what was asked for

A law `holds` only if every machine was visited to its end, and every kind of move was both done and refused somewhere,
with every law at stake. A breach is told as a shortest run of moves.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, ClassVar, Unpack

import attrs

from ...model.fast import backend
from ...model.fast import sharing_moves as moves
from ...model.fast.sharing_machine import Machine, general
from ...spec import sharing as rules
from ...spec.law import Law
from ..verdict import Finding, Judgement, Verdict
from . import page_cells, sharing_cells
from .asked_moves import AskedMoves, AskedSystem, never_made
from .inquiry import Settings, inquire, up_to
from .packed import PackedCode
from .sharing_cells import DONE_AT, REFUSED_AT, Setting

LAW_BITS = moves.LAW_BITS
#: What fits into a key.
MOST_PAGES, MOST_OBJECTS, MOST_FRAMES, MOST_COUNT, MOST_BITS = 5, 3, 3, 15, 2
#: The largest machine by default; uncompiled, one that can be waited for.
LARGEST, LARGEST_UNCOMPILED = Machine(4, 1, 3, bits=1), Machine(2, 1, 2, bits=1)
SMALL = (
    Machine(2, 0, 2, bits=1),
    Machine(1, 1, 2, bits=1),
    Machine(1, 1, 2, bits=2),
    Machine(2, 1, 2, most=2, bits=1),
    Machine(2, 1, 2, bits=1),
)
_OPERAND = 15


def machines(largest: Machine) -> Iterator[Machine]:
    """What is explored, smallest first: `largest`, and before it those that are no larger."""
    return up_to(largest, SMALL, "pages", "objects", "frames")


def setting_of(machine: Machine) -> Setting:
    """What does not change on a machine, as plain integers; a `ValueError` if its states do not fit into a word."""
    pages, frames = machine.all_pages, machine.frames
    room = 1 <= pages <= MOST_PAGES and 0 <= machine.objects <= MOST_OBJECTS and 1 <= frames <= MOST_FRAMES
    small = 1 <= machine.most <= MOST_COUNT and 1 <= machine.bits <= MOST_BITS
    if machine.pages < 0 or not (room and small):
        raise ValueError(
            f"a state must fit into 64 bits: 1 to {MOST_PAGES} pages, up to {MOST_OBJECTS} of them of objects,"
            f" 1 to {MOST_FRAMES} frames, and contents of 1 or {MOST_BITS} bits; {machine}"
        )
    extents = sum(extent(machine, kind) << (kind << sharing_cells.EXTENT_SHIFT) for kind in range(moves.KINDS))
    return Setting(pages, frames, machine.objects, machine.most, extents)


def extent(machine: Machine, kind: int) -> int:
    """How many operands a kind of move has on a machine."""
    if moves.TAKES_FRAME >> kind & 1:
        return machine.frames
    if moves.TAKES_SOURCE >> kind & 1:
        return machine.all_pages
    # Each bit is set or cleared.
    return 2 * machine.bits if kind == moves.WRITE else 1


class Code(PackedCode):
    """The steps and laws of sharing, bound to the cells of a key."""

    rules = rules
    # Every kind on every page and with every operand, and one more that is overwritten.
    most_moves = moves.KINDS * MOST_PAGES * MOST_PAGES + 1

    def bind(self, *, plain: bool, overrides: Mapping[str, Any]) -> Any:
        cells = backend.packed(page_cells, plain=plain)
        known = self.with_changes({"load": cells.load_element, "store_if": cells.store_element_if}, plain=plain)
        bound = backend.packed(moves, known, plain=plain)
        names = ("move", "broken_anywhere", "broken_by_move", "stakes_of")
        called = {name: self.apart(bound, name, plain=plain) for name in names} | {"request_of": bound.request_of}
        # What is asked in several places is compiled once, callees first.
        called = self.in_turn(sharing_cells, called, ("between",), ("ask",), plain=plain)
        return backend.packed(sharing_cells, {**called, **overrides}, plain=plain)

    def overrides(self) -> Mapping[str, Any]:
        return {"put_if": backend.packed(page_cells, super().overrides()).overwrite}


class SharingSystem(AskedSystem):
    """The steps on one machine, made ready for the search."""

    def __init__(self, machine: Machine, *, code: Code) -> None:
        super().__init__(machine, setting_of(machine), code=code)

    def told(self, label: int) -> str:
        return told(label)

    def broken_by(self, key: int, label: int) -> int:
        moves, setting = self.code.plain_moves, self.plain_setting
        bits: int = moves.ask(moves.sharing_of(key, setting), *parts_of(label), setting)
        return bits

    def labels(self) -> Iterator[int]:
        for page, kind in itertools.product(range(self.machine.all_pages), range(moves.KINDS)):
            for operand in range(extent(self.machine, kind)):
                yield label_of(kind, page, operand)


def label_of(kind: int, page: int, operand: int) -> int:
    """A move as a label."""
    return kind | page << sharing_cells.PAGE_AT | operand << sharing_cells.OPERAND_AT


def parts_of(label: int) -> tuple[int, int, int]:
    """Kind, page and operand of a move."""
    return label & _OPERAND, label >> sharing_cells.PAGE_AT & _OPERAND, label >> sharing_cells.OPERAND_AT & _OPERAND


def told(label: int) -> str:
    """A move in words."""
    kind, page, operand = parts_of(label)
    mask = sharing_cells.mask_of(kind, operand)
    return moves.STORIES[kind].format(page, operand, mask, sharing_cells.value_of(operand) & mask)


@attrs.define
class _Inquiry(AskedMoves):
    """Notes besides which kinds of moves were done and refused, and which laws were at stake."""

    about = "sharing"
    unit = "sharing"
    cells: ClassVar[ModuleType] = sharing_cells
    law_bits = LAW_BITS
    uncompiled = f"; the largest machine by default is {LARGEST_UNCOMPILED}"

    def unseen(self) -> Iterator[str]:
        return unseen(self.seen)

    def finding(self, law: Law) -> Finding:
        found = super().finding(law)
        missing = list(never_at_stake(self.seen, law))
        if found.verdict is not Verdict.HOLDS or not missing:
            return found
        return Finding(law.id, Verdict.UNKNOWN, f"never seen: {'; '.join(missing)}", self.states)


def unseen(seen: Collection[int]) -> Iterator[str]:
    """What no machine brought about, and without which no law is at stake as it should be; `seen` are bits' numbers."""
    return never_made(seen, range(moves.KINDS), general, done_at=DONE_AT, refused_at=REFUSED_AT)


def never_at_stake(seen: Collection[int], law: Law) -> Iterator[str]:
    """What would have put a law at stake, and was not brought about."""
    stakes = moves.STAKES[law.id].items()
    yield from (story for bit, story in stakes if sharing_cells.STAKES_AT + bit.bit_length() - 1 not in seen)


def explore_sharing(
    laws: Sequence[Law],
    *,
    pages: int | None = None,
    frames: int | None = None,
    **settings: Unpack[Settings],
) -> Judgement:
    """Hold the steps of the specification of sharing against `laws` in every reachable state of small machines.

    Args:
        laws: the laws to judge, of those in `LAW_BITS`.
        pages: pages of processes on the largest machine, from 1 to 4; by default 4, uncompiled 2.
        frames: frames of the largest machine, from 1 to 3; by default 3, uncompiled 2.
        settings: as `inquiry.Settings` says.

    Raises:
        ValueError: where a setting is out of range, or a law is not about sharing.
    """
    largest = largest_of(pages, frames)
    return inquire(_Inquiry(tuple(laws)), machines(largest), SharingSystem, Code, largest=largest, **settings)


def largest_of(pages: int | None, frames: int | None) -> Machine:
    """The largest machine to explore; a `ValueError` if its states do not fit into a word."""
    usual = LARGEST if backend.is_compiled() else LARGEST_UNCOMPILED
    sizes = [asked if asked is not None else own for asked, own in ((pages, usual.pages), (frames, usual.frames))]
    machine = Machine(sizes[0], usual.objects, sizes[1], bits=usual.bits)
    setting_of(machine)
    return machine
