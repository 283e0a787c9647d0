"""What a move looks at, found out by watching it, and the table of what it comes to (`page_outcomes`).

The steps of the specification are run on arrays of which some elements are known and all others cannot be read. A step
is a function of what it reads; so if it runs to its end for *all* values of the elements that it may read, these runs
are all that it can do, in whatever state the rest is. That is a proof, not a guess, and it needs no second copy of a
rule. A rule that reads anything else, or of which it would depend on the rest whether it changes anything, has no table
(`ElsewhereError`): then every move is asked for in every state.

    known   state of the page, charge     (or, for a move that takes a frame, the frame's owner)
    told    elements that were stored, and the charge: what is kept of a key, and what is added to it
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs
import numpy as np

from ...model.fast import page_moves as shared
from ...model.fast.page_machine import Machine
from ...spec.pages import Pages
from . import page_cells
from .page_outcomes import ALONE_WIDTH, ENTRY_SHIFT, FRAMED_WIDTH, Outcomes

#: The steps as `page_moves.move`, bound with `load` and `store_if` of this module.
Move = Callable[[Pages, int, int, int], tuple[Pages, Any]]
_VALUES = page_cells.LAST + 1
_ALL_BITS = (1 << 64) - 1
#: Elements that a key has of either array.
_STATES, _OWNERS = (part.bit_length() >> page_cells.ELEMENT_SHIFT for part in (page_cells.STATES, page_cells.OWNERS))


class ElsewhereError(Exception):
    """A step looked at, or depends on, something that is not known here."""


class Untouched:
    """What may be handed on and nothing else: whoever compares it is told so, and whoever counts with it."""

    def __eq__(self, other: object) -> bool:
        raise ElsewhereError("something was compared that is not known")

    def __bool__(self) -> bool:
        raise ElsewhereError("something was asked that is not known")

    __hash__ = None  # type: ignore[assignment]


@attrs.frozen(eq=False)
class Watched(Untouched):
    """An array of which some elements are known, and what was stored into it."""

    size: int
    known: Mapping[int, int]
    stored: Mapping[int, int] = attrs.field(factory=dict)

    def is_from(self, other: Watched) -> bool:
        """Whether this is `other`, with what was stored since."""
        return self.known is other.known

    def is_changed(self) -> bool:
        """Whether an element that was known is another."""
        return any(self.known[at] != value for at, value in self.stored.items() if at in self.known)

    def may_be_changed(self) -> bool:
        """Whether one was stored that was not known, and may have been the same."""
        return bool(self.stored.keys() - self.known.keys())


def load(words: Watched, index: int) -> int:
    """In the place of `load`: an element that is known, or was stored."""
    found = words.stored.get(index, words.known.get(index))
    if found is None:
        raise ElsewhereError(f"element {index} is not known")
    return found


def store_if(condition: Any, words: Watched, index: int, value: int) -> Watched:
    """In the place of `store_if`; as in `page_cells`, an element has four bits."""
    if not condition:
        return words
    if not 0 <= index < words.size:
        raise ElsewhereError(f"there is no element {index}")
    return attrs.evolve(words, stored={**words.stored, index: value & page_cells.LAST})


def outcomes_of(move: Move, machine: Machine) -> Outcomes:
    """The table of a machine; one that reaches no charge where a step looks elsewhere."""
    charges = min(machine.limit, machine.pages) + 1
    table = _Table()
    try:
        alone = [
            table.entry(_alone(move, machine, *at), ALONE_WIDTH) for at in _points(machine.pages, _VALUES, charges)
        ]
        framed = [
            table.entry(_framed(move, machine, *at), FRAMED_WIDTH)
            for at in _points(machine.pages, _VALUES, machine.frames, _VALUES)
        ]
    except (ElsewhereError, TypeError):
        alone, framed, charges = [0], [0], 0
    return Outcomes(np.uint64(charges), *(np.array(words, np.uint64) for words in (alone, framed, table.rows)))


def _points(*sizes: int) -> Iterator[tuple[int, ...]]:
    return itertools.product(*map(range, sizes))


def _alone(move: Move, machine: Machine, page: int, state: int, charge: int) -> Iterator[tuple[int, int]]:
    """What the moves come to that take no frame, where a page's state and the charge are known."""
    before = _state(machine, {page: state}, {}, charge)
    for kind in _kinds(taking_frame=False):
        yield from _outcome(before, move(before, kind, page, 0)[0])


def _framed(move: Move, machine: Machine, page: int, state: int, frame: int, owner: int) -> Iterator[tuple[int, int]]:
    """What the moves come to that take a frame, where a page's state and the frame's owner are known."""
    before = _state(machine, {page: state}, {frame: owner}, Untouched())
    for kind in _kinds(taking_frame=True):
        yield from _outcome(before, move(before, kind, page, frame)[0])


def _state(machine: Machine, states: Mapping[int, int], owners: Mapping[int, int], charge: Any) -> Pages:
    return Pages(Watched(_STATES, states), Watched(_OWNERS, owners), charge, machine.limit)


def _kinds(*, taking_frame: bool) -> list[int]:
    return [kind for kind in range(shared.KINDS) if bool(shared.TAKES_FRAME >> kind & 1) is taking_frame]


def _outcome(before: Pages, after: Pages) -> Iterator[tuple[int, int]]:
    """What is kept of a key and what is added to it, if anything changes."""
    more = 0 if after.charge is before.charge else (after.charge & page_cells.CHARGES) - before.charge
    arrays = (after.state, after.owner)
    if not all(words.is_from(other) for words, other in zip(arrays, (before.state, before.owner), strict=True)):
        raise ElsewhereError("an array was put in the place of another")
    is_changed = more or any(words.is_changed() for words in arrays)
    if not is_changed and any(words.may_be_changed() for words in arrays):
        raise ElsewhereError("what is stored over something unknown may be no change")
    if is_changed:
        kept, added = _ALL_BITS, more << page_cells.CHARGE_AT
        for words, at in zip(arrays, (0, page_cells.OWNER_AT), strict=True):
            for index, value in words.stored.items():
                place = at + (index << page_cells.ELEMENT_SHIFT)
                kept &= ~(page_cells.LAST << place)
                added += value << place
        yield kept, added & _ALL_BITS


@attrs.define
class _Table:
    """Rows, each once."""

    rows: list[int] = attrs.field(factory=list)
    places: dict[tuple[tuple[int, int], ...], int] = attrs.field(factory=dict)

    def entry(self, outcomes: Iterator[tuple[int, int]], width: int) -> int:
        """Where the row with these outcomes is, and how many they are."""
        found = tuple(outcomes)
        if len(found) > width:
            raise ElsewhereError(f"a row has room for {width} outcomes, not {len(found)}")
        if found not in self.places:
            self.places[found] = len(self.rows)
            self.rows += itertools.chain(*found, *[(_ALL_BITS, 0)] * (ALONE_WIDTH - len(found)))
        return self.places[found] << ENTRY_SHIFT | len(found)
