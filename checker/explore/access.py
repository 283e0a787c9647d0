"""The exploring judge of accesses: every page state with every rights, guards and copies on write among them.

What is explored, small machines first, so that a breach is told at its smallest. Pages are those of all processes, so
two of them may be two processes that compete for frames::

    1 page, 1 frame             with any rights
    2 pages, 1 frame            with room for both, which may be read and executed; and with room for one
    2 pages, 2 frames           that may be guarded and copied on write
    2 pages, 2 frames           with any rights, or what was asked for

A law `holds` only if every machine was visited to its end, and every kind of move came to everything somewhere that it
may come to. A breach is told as a shortest run of moves.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, ClassVar, Unpack

import attrs

from ...model.fast import access_moves as shared
from ...model.fast import backend
from ...model.fast.page_machine import Machine
from ...spec import access as rules
from ...spec.access import COPY, EXECUTE, GUARD, READ, RIGHTS
from ...spec.law import Law
from ..access import told as words
from ..verdict import Judgement
from . import access_cells
from .access_cells import Setting
from .asked_moves import AskedMoves, AskedSystem
from .inquiry import Settings, inquire, up_to
from .packed import PackedCode

LAW_BITS = shared.LAW_BITS
#: What fits into a key.
MOST_PAGES, MOST_FRAMES = 4, 3
_OPERAND = 15


@attrs.frozen
class Menu:
    """A machine, and the rights that its pages are ever given.

    Attributes:
        machine: the pages and frames.
        rights: any of these, as bits.
    """

    machine: Machine
    rights: int = RIGHTS

    @property
    def pages(self) -> int:
        """The pages of the machine."""
        return self.machine.pages

    @property
    def frames(self) -> int:
        """The frames of the machine."""
        return self.machine.frames

    def __str__(self) -> str:
        return f"{self.machine}, rights among {words.rights_told(self.rights)}"


#: The largest machine by default; uncompiled, one that can be waited for.
LARGEST, LARGEST_UNCOMPILED = Menu(Machine(2, 2)), Menu(Machine(2, 2), COPY | GUARD)
SMALL = (
    Menu(Machine(1, 1)),
    Menu(Machine(2, 1), READ | EXECUTE),
    Menu(Machine(2, 1, limit=1), READ | EXECUTE),
    LARGEST_UNCOMPILED,
)


def menus(largest: Menu) -> Iterator[Menu]:
    """What is explored, smallest first: `largest`, and before it those that are no larger."""
    return up_to(largest, SMALL, "pages", "frames")


def setting_of(menu: Menu) -> Setting:
    """What does not change on a machine, as plain integers; a `ValueError` if its states do not fit into a word."""
    machine = menu.machine
    if not (1 <= machine.pages <= MOST_PAGES and 1 <= machine.frames <= MOST_FRAMES):
        raise ValueError(
            f"a state must fit into 64 bits: 1 to {MOST_PAGES} pages, 1 to {MOST_FRAMES} frames; {machine}"
        )
    return Setting(machine.pages, machine.frames, machine.limit, menu.rights)


class Code(PackedCode):
    """The steps and laws of accesses, bound to the cells of a key."""

    rules = rules
    # Every kind on every page, with every frame or every rights.
    most_moves = MOST_PAGES * (shared.KINDS * MOST_FRAMES + 2 * (RIGHTS + 1))

    def bind(self, *, plain: bool, overrides: Mapping[str, Any]) -> Any:
        cells = backend.packed(access_cells, plain=plain)
        known = self.with_changes({"load": cells.load_element, "store_if": cells.store_element_if}, plain=plain)
        moves = backend.packed(shared, known, plain=plain)
        names = ("move", "broken_anywhere", "broken_by_move")
        called = {name: self.apart(moves, name, plain=plain) for name in names}
        # What is asked in four places is compiled once, callees first.
        called = self.in_turn(access_cells, called, ("ask",), plain=plain)
        return backend.packed(access_cells, {**called, **overrides}, plain=plain)


class AccessSystem(AskedSystem):
    """The steps on one machine, made ready for the search."""

    def __init__(self, menu: Menu, *, code: Code) -> None:
        super().__init__(menu, setting_of(menu), code=code)

    def story(self, path: Sequence[int]) -> list[str]:
        lines = []
        for here, there in itertools.pairwise(path):
            label = next(label for key, label in self.successors(int(here)) if key == int(there))
            lines.append(self.told_from(int(here), label))
        return lines

    def told(self, label: int) -> str:
        kind, page, frame, rights = parts_of(label)
        return shared.STORIES[kind].format(page, frame, words.rights_told(rights))

    def told_from(self, key: int, label: int) -> str:
        """A move in words, with what it comes to from a state."""
        kind, page, frame, rights = parts_of(label)
        before = self.code.plain_moves.space_of(key, self.plain_setting)
        _, outcome = self.code.plain_moves.move(before, kind, page, frame, rights)
        return words.told(kind, page, frame, rights, outcome)

    def broken_by(self, key: int, label: int) -> int:
        moves, setting = self.code.plain_moves, self.plain_setting
        bits: int = moves.ask(moves.space_of(key, setting), *parts_of(label), setting)
        return bits

    def labels(self) -> Iterator[int]:
        machine = self.machine.machine
        asked = [rights for rights in range(RIGHTS + 1) if not rights & ~self.machine.rights]
        for page, kind in itertools.product(range(machine.pages), range(shared.KINDS)):
            for frame in range(machine.frames if shared.TAKES_FRAME >> kind & 1 else 1):
                for rights in asked if shared.TAKES_RIGHTS >> kind & 1 else [0]:
                    operands = page << access_cells.LABEL_PAGE_AT | frame << access_cells.LABEL_FRAME_AT
                    yield kind | operands | rights << access_cells.LABEL_RIGHTS_AT


def parts_of(label: int) -> tuple[int, int, int, int]:
    """Kind, page, frame and rights of a move."""
    page, frame = label >> access_cells.LABEL_PAGE_AT & _OPERAND, label >> access_cells.LABEL_FRAME_AT & _OPERAND
    return label & _OPERAND, page, frame, label >> access_cells.LABEL_RIGHTS_AT


@attrs.define
class _Inquiry(AskedMoves):
    """Notes besides what each kind of move came to."""

    about = "accesses"
    unit = "access"
    cells: ClassVar[ModuleType] = access_cells
    law_bits = LAW_BITS
    uncompiled = f"; the largest machine by default is {LARGEST_UNCOMPILED}"

    def unseen(self) -> Iterator[str]:
        for missing in words.unseen(lambda kind, outcome: noted(kind, outcome) in self.seen):
            yield f"never seen: {missing}"


def noted(kind: int, outcome: int) -> int:
    """The number of the bit that tells that a kind of move came to an outcome."""
    bit: int = access_cells.noted(kind, outcome)
    return bit.bit_length() - 1


def explore_access(
    laws: Sequence[Law],
    *,
    pages: int | None = None,
    frames: int | None = None,
    **settings: Unpack[Settings],
) -> Judgement:
    """Hold accesses and the moves of pages with rights against `laws` in every reachable state of small machines.

    Args:
        laws: the laws to judge, of those in `LAW_BITS`.
        pages: pages of the largest machine, from 1 to 4; by default 2.
        frames: frames of the largest machine, from 1 to 3; by default 2.
        settings: as `inquiry.Settings` says.

    Raises:
        ValueError: where a setting is out of range, or a law is not about accesses.
    """
    largest = largest_of(pages, frames)
    return inquire(_Inquiry(tuple(laws)), menus(largest), AccessSystem, Code, largest=largest, **settings)


def largest_of(pages: int | None, frames: int | None) -> Menu:
    """The largest machine to explore; a `ValueError` if its states do not fit into a word."""
    usual = LARGEST if backend.is_compiled() else LARGEST_UNCOMPILED
    if pages is None and frames is None:
        return usual
    menu = Menu(Machine(pages or usual.machine.pages, frames or usual.machine.frames), usual.rights)
    setting_of(menu)
    return menu
