"""Splitting a huge leaf: every address is translated as before, and every law of a state is kept.

The loop of `fill` stands as what its rounds prove. `Filled` says what tables look like after so many rounds, in closed
form and at one place; `piece-round` proves by induction that a round leads from one such state to the next. In the
compositions the real `split_page` runs with `fill` replaced by the closed form after the last round.

Frames have one owner at a time: who splits a block that a leaf maps has not given parts of it to anybody else. That
blocks do not overlap is law A2, and what the last premise of `split-state` says.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

from ...spec import table_laws
from ...spec import tables as steps
from ...spec.algebra import ONE, TRUE, ZERO, Truth, Word, implies, load, store_if, where
from ...spec.entries import first_frame_of, frames_of, may_be_leaf, piece_of
from ...spec.geometries import Geometry
from ...spec.paging import BELOW, INDEX_BITS, LEVELS, at_level, is_present
from ...spec.table_laws import counted
from ...spec.tables import SHARED, Tables, first_slot, put_piece, table_of
from ..symbolic import Term, TermArray, truth
from ..symbolic import where as choose
from . import tables_soundness, tables_states, tables_walks
from .composing import follows
from .obligation import Query, composition, obligation
from .tables_soundness import Ghosts, Point, is_possible
from .tables_walks import STEPS

_LISTED = "the list begins with a free frame"
_LAWS = ("T5", "T6.mapped", "T7", "T10", "F1", "F4", "F5", "F6", "F8", "F3")
#: Levels at which a leaf may be split, in one geometry or another.
LEVELS_ABOVE = (1, 2, 3, 4)


def splits_at(*levels: int) -> Callable[[Geometry], bool]:
    """Whether leaves of a geometry can be split at one of some levels."""

    def splits(geometry: Geometry) -> bool:
        leaves = (0, *geometry.leaf_levels)
        return any(level in geometry.leaf_levels and geometry.below(level) in leaves for level in levels)

    return splits


def can_split(level: Word) -> bool:
    """Whether there are leaves at `level`, and at the next level below it; a number that is known."""
    return bool(level != ZERO) and bool(may_be_leaf(level)) and bool(may_be_leaf(at_level(BELOW, level)))


def parts_of(level: Word) -> Word:
    """How many parts a leaf at `level` is split into."""
    return ONE << at_level(INDEX_BITS, at_level(BELOW, level))


def is_part(entry: Word, level: Word, rounds: Word, frame: Word) -> tuple[Truth, Word]:
    """Whether a frame is the first of one of the first `rounds` parts of what a leaf maps, and of which."""
    first, size = first_frame_of(entry, level), frames_of(at_level(BELOW, level))
    inside = (frame >= first) & ((frame & (size - ONE)) == ZERO)
    part = where(inside, frame - where(inside, first, frame), ZERO) // size
    return inside & (part < rounds), part


def filled_word(tables: Tables, entry: Word, level: Word, table: Word, rounds: Word, slot: Word) -> Word:
    """What is in a slot after so many rounds."""
    inside = table_of(slot) == table
    index = where(inside, slot, first_slot(table)) - first_slot(table)
    piece = piece_of(entry, level, at_level(BELOW, level), index)
    return where(inside & (index < rounds), piece, load(tables.words, slot))


def filled_used(tables: Tables, table: Word, rounds: Word, other: Word) -> Word:
    """How many entries a table has after so many rounds."""
    return load(tables.used, other) + where(other == table, rounds, ZERO)


def filled_count(tables: Tables, entry: Word, level: Word, rounds: Word, frame: Word) -> Word:
    """How many leaves map a frame after so many rounds."""
    there, _ = is_part(entry, level, rounds, frame)
    return load(tables.count, frame) + where(there, ONE, ZERO)


def filled_backed(tables: Tables, entry: Word, level: Word, table: Word, rounds: Word, frame: Word) -> Word:
    """Which leaf a frame knows after so many rounds."""
    there, part = is_part(entry, level, rounds, frame)
    shared = load(tables.backed, first_frame_of(entry, level)) == SHARED
    return where(there, where(shared, SHARED + ZERO, first_slot(table) + part + ONE), load(tables.backed, frame))


def is_filled(
    tables: Tables, after: Tables, entry: Word, level: Word, table: Word, rounds: Word, slot: Word, frame: Word
) -> Truth:
    """Whether `after` is what `tables` are after so many rounds: at a slot, its table, and a frame."""
    words = load(after.words, slot) == filled_word(tables, entry, level, table, rounds, slot)
    used = load(after.used, table_of(slot)) == filled_used(tables, table, rounds, table_of(slot))
    count = load(after.count, frame) == filled_count(tables, entry, level, rounds, frame)
    backed = load(after.backed, frame) == filled_backed(tables, entry, level, table, rounds, frame)
    return words & used & count & backed


@obligation(
    "piece-round",
    "T7.split",
    says="A round of a split puts one part into its place, and leads from the closed form to the next.",
    without="filled so far",
    geometries=STEPS,
    suits=splits_at(*LEVELS_ABOVE),
)
def piece_round(
    tables: Tables, tables_other: Tables, entry: Word, table: Word, part: Word, slot: Word, frame: Word
) -> Query:
    """The real `put_piece`, at each level that can be split; asked at any slot and frame."""
    now = tables._replace(
        words=tables_other.words, used=tables_other.used, count=tables_other.count, backed=tables_other.backed
    )
    filled, goal, level = TRUE, TRUE, ZERO + ZERO
    here = first_slot(table) + part
    for _ in range(LEVELS):
        if can_split(level):
            frames = (
                frame,
                first_frame_of(piece_of(entry, level, at_level(BELOW, level), part), at_level(BELOW, level)),
            )
            first, fitting = first_frame_of(entry, level), part < parts_of(level)
            for at_slot in (slot, here):
                for at_frame in (*frames, first):
                    filled = filled & implies(
                        fitting, is_filled(tables, now, entry, level, table, part, at_slot, at_frame)
                    )
            after = put_piece(TRUE, now, entry, level, table, part)
            goal = goal & implies(fitting, is_filled(tables, after, entry, level, table, part + ONE, slot, frame))
        level = level + ONE
    premises = {
        "dimensions": is_possible(tables),
        "the leaf is present": is_present(entry),
        "the table is empty": (load(tables.words, here) == ZERO) & (load(tables.used, table) == ZERO),
        "filled so far": filled,
    }
    return Query(premises, {"T7.split": goal})


def reading(array: TermArray, element: Callable[[Term], Any]) -> TermArray:
    """An array whose elements are computed from those of another one."""

    def read(at: Any) -> Any:
        return element(Term(at, array.width)).truncated(array.element)

    return TermArray(read, array.width, array.element, array.touched)


class Split:
    """The real `split_page`, its loop as the closed form of its rounds, at some levels.

    Attributes:
        before: the tables; root, address: what it was called with; slot: that of the leaf; free: the first free frame.
        done: for each level, whether it was done there, and the tables after it.
    """

    def __init__(self, theory: Any, levels: Iterable[int], **callees: Any) -> None:
        self.rules, self.facts = theory.bind(sys.modules[__name__]), theory.bind(tables_soundness)
        self.walks = theory.bind(tables_walks)
        self.before: Tables = theory.tables("tables")
        self.root, self.address = theory.word("root"), theory.address("address")
        self.free = self.facts.first_free(self.before)
        self.done: list[tuple[Term, Truth, Tables]] = []
        for number in levels:
            self.level = theory.constant(number)
            if splits_at(number)(theory.laid_out):
                step = theory.bind(steps, fill=self._fill, **callees)
                after, _, done = step.split_page(self.before, self.root, self.address, self.level)
                self.done.append((self.level, done, after))
        walked = step.walk(step.image_of(self.before), self.root, self.address)
        self.slot, self.entry = walked.slot >> step.ENTRY_SHIFT, walked.entry

    def _fill(self, going: Truth, tables: Tables, entry: Word, _: Word, table: Word) -> Tables:
        rules, level, rounds = self.rules, self.level, self.rules.parts_of(self.level)

        def formed(array: TermArray, form: Callable[[Term], Any]) -> TermArray:
            def read(at: Any) -> Any:
                place = Term(at, array.width)
                return choose(going, form(place), array.load(place)).truncated(array.element)

            return TermArray(read, array.width, array.element, array.touched)

        return tables._replace(
            words=formed(tables.words, lambda at: rules.filled_word(tables, entry, level, table, rounds, at)),
            used=formed(tables.used, lambda at: rules.filled_used(tables, table, rounds, at)),
            count=formed(tables.count, lambda at: rules.filled_count(tables, entry, level, rounds, at)),
            backed=formed(tables.backed, lambda at: rules.filled_backed(tables, entry, level, table, rounds, at)),
        )

    def premises(self) -> dict[str, Truth]:
        """That the call was done at some level, in tables whose list of free frames begins with one."""
        begins = (self.before.free != 0) & (self.free < self.before.frames) & (self.before.kind.load(self.free) == 0)
        at_all = truth(False)
        for _, done, _ in self.done:
            at_all = at_all | done
        return {
            **self.walks.in_forest(self.before, self.root, self.address),
            "leaves are well formed": self.facts.is_formed_along(self.before, self.root, self.address),
            "leaves map whole blocks": self.facts.is_whole_along(self.before, self.root, self.address),
            _LISTED: begins,
            "the leaf was split": at_all,
        }

    def goal(self, of: Callable[[Term, Tables], Truth]) -> Truth:
        """What must hold after it was done, at each level."""
        goal = truth(True)
        for level, done, after in self.done:
            goal = goal & follows(done, of(level, after))
        return goal


def split_walks(theory: Any, *levels: int) -> Query:
    """The walk reads the new table, which is empty but for the parts."""
    split, law = Split(theory, levels), theory.bind(table_laws).split
    other = theory.address("address_other")

    def same(level: Term, after: Tables) -> Truth:
        on = split.walks.on_page(split.root, split.address, level, split.root, other)
        return follows(on, law(split.before, after, split.root, other))

    return Query(split.premises(), {"T7.split": split.goal(same)})


@composition(
    "split-elsewhere",
    "T7.split",
    says="A split changes no entry of any table but the leaf.",
    without=_LISTED,
    geometries=STEPS,
    suits=splits_at(*LEVELS_ABOVE),
)
def split_elsewhere(theory: Any) -> Query:
    """So no walk that does not read the leaf; what it fills was free."""
    split, slot = Split(theory, LEVELS_ABOVE), theory.slot("slot")
    here = (split.before.kind.load(split.rules.table_of(slot)) != 0) & (slot != split.slot)
    premises = {**split.premises(), "the slot is another one in a table": here}

    def same(_: Term, after: Tables) -> Truth:
        kinds = after.kind.load(split.rules.table_of(slot)) == split.before.kind.load(split.rules.table_of(slot))
        return (after.words.load(slot) == split.before.words.load(slot)) & kinds

    return Query(premises, {"T7.split": split.goal(same)})


def split_state(theory: Any, *levels: int) -> Query:
    """At the points; the ghosts of the parts are those that `fill` would give them, one after the other."""
    ghosts, at, here, there = theory.ghosts("ghosts"), theory.point("at"), theory.slot("slot"), theory.truth("there")

    def find_leaf(tables: Tables, _root: Word, _address: Word, level: Word) -> tuple[Truth, Word, Word]:
        found = there & facts.is_leaf_slot(tables, here) & (facts.level_of(tables, here) == level)
        return found, here, tables.words.load(here)

    facts = theory.bind(tables_states)
    split = Split(theory, levels, find_leaf=find_leaf)
    split.slot, split.entry = here, split.before.words.load(here)
    before, rules = split.before, split.rules
    laws: dict[str, Truth] = {}
    alone, beside = truth(True), truth(True)
    for level, done, after in split.done:
        later = rules.ghosts_after(before, ghosts, split.slot, split.entry, level, split.free, at)
        kept = facts.laws_at(after, later, at.slot, at.other, at.table, at.table_other)
        kept["F3"] = rules.parts_counted(before, after, split.entry, level, at.frame)
        laws = {law: laws.get(law, truth(True)) & follows(done, goal) for law, goal in kept.items()}
        for frame in (facts.mapped_at(after, at.slot), facts.mapped_at(after, at.other), at.frame):
            alone = alone & follows(done, rules.is_alone(before, split.entry, level, frame))
    for slot in (at.slot, at.other):
        for table in (at.table, at.table_other):
            beside = beside & facts.sound(before, ghosts, split.slot, slot, split.free, table)
    begun = ("dimensions", _LISTED, "the leaf was split")
    premises = {
        **{name: premise for name, premise in split.premises().items() if name in begun},
        "the slot is one": here < before.entries,
        "the laws at the points": facts.sound(before, ghosts, at.slot, at.other, at.table, at.table_other)
        & facts.sound(before, ghosts, at.other, at.slot, at.table_other, at.table),
        "the laws where the step acts": beside,
        "no part is anybody else's": alone,
    }
    return Query(premises, laws)


def is_alone(tables: Tables, entry: Word, level: Word, frame: Word) -> Truth:
    """A part of a leaf, but the first, is mapped by no other leaf."""
    there, part = is_part(entry, level, parts_of(level), frame)
    return implies(there & (part != ZERO), load(tables.count, frame) == ZERO)


def parts_counted(before: Tables, after: Tables, entry: Word, level: Word, frame: Word) -> Truth:
    """F3: each part is mapped by a leaf of its own, and the first one no longer by the leaf that was split."""
    there, _ = is_part(entry, level, parts_of(level), frame)
    lost = where(frame == first_frame_of(entry, level), ONE, ZERO)
    return counted(before, after, frame, where(there, ONE, ZERO), lost)


def ghosts_after(
    tables: Tables, ghosts: Ghosts, here: Word, entry: Word, level: Word, table: Word, at: Point
) -> Ghosts:
    """The ghosts at two slots after a split: the first part takes the turn of the leaf, each other one is the first."""
    places, turns = ghosts.places, ghosts.turns
    for slot in (at.slot, at.other):
        inside = table_of(slot) == table
        index = where(inside, slot, first_slot(table)) - first_slot(table)
        places = store_if(inside, places, slot, index + ONE)
        turns = store_if(inside, turns, slot, where(index == ZERO, load(ghosts.turns, here), ONE))
    return ghosts._replace(places=places, turns=turns)


def _at(state: Callable[..., Query], level: int) -> Callable[[Any], Query]:
    """An obligation at one level."""

    def stated(theory: Any) -> Query:
        return state(theory, level)

    stated.__doc__ = state.__doc__
    return stated


for _level in LEVELS_ABOVE:
    composition(
        f"split-walks-{_level}",
        "T7.split",
        says=f"Where a leaf at level {_level} was split, every address of its page comes to where it came.",
        without=_LISTED,
        geometries=STEPS,
        suits=splits_at(_level),
    )(_at(split_walks, _level))
    composition(
        f"split-state-{_level}",
        *_LAWS,
        says=f"Splitting a leaf at level {_level} keeps every law of a state.",
        without="no part is anybody else's",
        together=True,
        geometries=("win32",),
        suits=splits_at(_level),
    )(_at(split_state, _level))
