"""Whole steps on page tables, put together from what is proved about their parts.

The real code of `map_page`, `unmap_page`, `protect_page`, `page_out` and `page_in` runs here, and the parts that it
calls note with what they were entered. What has to be shown is that each part is entered where its lemmas apply: `grow`
where the walk ended, with a frame to spare; `put_entry` and `back` where the way then ends; `prune` where a table was
left. A round of `grow` or `prune` leaves tables of which nothing is known but what its lemmas say: that the laws hold,
that no walk has changed, and where the way goes on.
"""

from __future__ import annotations

from typing import Any

import attrs

from ...spec import tables as steps
from ...spec.algebra import Truth, Word
from ...spec.tables import Tables
from ..symbolic import Formula, invert, truth, where
from . import tables_soundness
from .composing import follows
from .obligation import Query, composition
from .tables_walks import STEPS


@attrs.define
class Round:
    """One call of a part: with what it was entered."""

    going: Formula
    tables: Tables
    arguments: tuple[Word, ...]


class Parts:
    """The parts of a step, each noting its calls.

    Attributes:
        tables: those that the last part left; a part that starts from any other is covered by no lemma.
        good: that the laws hold and no walk has changed; each round of `grow` and `prune` keeps it.
        entered: that each part was entered with its premises true; lemmas: what they say then.
        put, backed, unbacked: the calls of the parts that act on leaves.
    """

    def __init__(self, theory: Any) -> None:
        self.theory = theory
        self.rules = theory.bind(steps)
        self.tables: Tables = theory.tables("tables")
        self.good: Formula = theory.truth("good")
        self.entered = self.lemmas = truth(True)
        self.slot: Word | None = None
        self.level: Word | None = None
        self.count = 0
        self.put: list[Round] = []
        self.backed: list[Round] = []
        self.unbacked: list[Round] = []
        self.pruned: list[Round] = []
        self.step = theory.bind(
            steps, grow=self.grow, put_entry=self.put_entry, back=self.back, unback=self.unback, prune=self.prune
        )

    def _follow(self, going: Formula, tables: Tables, premise: Truth) -> tuple[Formula, int]:
        """Enter a part that keeps what is good; returns whether its lemmas apply, and its number."""
        premise = self.good & premise & (tables is self.tables)
        self.count += 1
        concluded = self.theory.truth(f"good {self.count}")
        self.entered = self.entered & follows(going, premise)
        self.lemmas = self.lemmas & follows(going & premise, concluded)
        self.good = where(going, concluded, self.good)
        return premise, self.count

    def _left(self, going: Formula, tables: Tables, label: str) -> Tables:
        """Tables of which nothing is known where `going`, but their dimensions and what is mapped."""
        fresh = self.theory.tables(label)
        arrays = {name: getattr(tables, name).unless(going, getattr(fresh, name)) for name in _STRUCTURE}
        words = {name: where(going, getattr(fresh, name), getattr(tables, name)) for name in ("free", "spare")}
        self.tables = tables._replace(**arrays, **words)
        return self.tables

    def grow(self, going: Truth, tables: Tables, slot: Word, level: Word) -> tuple[Tables, Word]:
        """Where the way ends, above the last level, with a frame to spare."""
        going = truth(going)
        here = (slot == self.slot) & (level == self.level) & (level != 0) & (tables.spare != 0)
        premise, number = self._follow(going, tables, here)
        after, table = self._left(going, tables, f"grown {number}"), self.theory.table_frame(f"table {number}")
        self.lemmas = self.lemmas & follows(going & premise, after.spare + 1 == tables.spare)
        self.level = where(going, self.rules.at_level(self.rules.BELOW, level), self.level)
        index = self.rules.index_of(self.address, self.level)
        self.slot = where(going, self.rules.first_slot(table) + index, self.slot)
        return after, table

    def prune(self, going: Truth, tables: Tables, table: Word) -> tuple[Tables, Word, Truth]:
        """Any table, in tables that are good."""
        going = truth(going)
        self.pruned.append(Round(going, tables, (table,)))
        _, number = self._follow(going, tables, truth(True))
        after = self._left(going, tables, f"pruned {number}")
        return after, self.theory.table_frame(f"above {number}"), going & self.theory.truth(f"gone {number}")

    def put_entry(self, going: Truth, tables: Tables, slot: Word, entry: Word) -> Tables:
        """Noted."""
        return self._note(self.put, going, tables, slot, entry)

    def back(self, going: Truth, tables: Tables, frame: Word, slot: Word, shared: Truth) -> Tables:
        """Noted."""
        return self._note(self.backed, going, tables, frame, slot, shared)

    def unback(self, going: Truth, tables: Tables, frame: Word) -> Tables:
        """Noted."""
        return self._note(self.unbacked, going, tables, frame)

    def _note(self, notes: list[Round], going: Truth, tables: Tables, *arguments: Word) -> Tables:
        notes.append(Round(truth(going), tables, arguments))
        self.entered = self.entered & follows(truth(going), truth(tables is self.tables))
        self.tables = tables._replace()
        return self.tables

    def begin(self, root: Word, address: Word) -> Any:
        """The walk that the step begins with."""
        found = self.rules.walk(self.rules.image_of(self.tables), root, address)
        self.address, self.slot, self.level = address, found.slot >> self.rules.ENTRY_SHIFT, found.level
        return found


#: What `grow` and `prune` change.
_STRUCTURE = ("words", "kind", "used", "parent")
_GOOD = "each round keeps the laws and the walks"


@composition(
    "map-page",
    "T6",
    "T6.mapped",
    "T10",
    "T13",
    says="Mapping a page makes the tables that are missing, in order, and puts the leaf where the way then ends.",
    without=_GOOD,
    geometries=STEPS,
)
def map_page(theory: Any) -> Query:
    """Each `grow` is entered where its lemmas apply, and so is the leaf, with all that was asked for."""
    parts = Parts(theory)
    before, rules, facts = parts.tables, parts.rules, theory.bind(tables_soundness)
    root, address = theory.word("root"), theory.address("address")
    frame, level = theory.word("called_frame"), theory.word("called_level")
    access, shared = theory.access("access"), theory.truth("shared")
    found = parts.begin(root, address)
    started = parts.good
    after, legal, done = parts.step.map_page(before, root, address, frame, level, access, shared)
    (put,), (backed,) = parts.put, parts.backed
    slot, entry = put.arguments
    entered = put.going & parts.good & (slot == parts.slot) & (parts.level == level)
    leaf = entry == rules.leaf_entry(frame, level, access.write, access.user, access.execute)
    page = rules.may_be_leaf(level) & (rules.offset_of(address, level) == 0) & rules.is_root(before, root)
    mappable = rules.is_mappable(put.tables, frame, level, shared)
    own = backed.going & (backed.arguments[0] == frame) & (backed.arguments[1] == slot)
    own = own & (truth(backed.arguments[2]) == shared) & (found.fault == rules.NOT_PRESENT)
    premises = {
        "dimensions": facts.is_possible(before),
        "the laws hold": started,
        _GOOD: parts.lemmas,
    }
    goals = {
        "T10": parts.entered,
        "T6 T6.mapped": follows(done, entered & leaf & page & mappable & own & (after is parts.tables)),
        "T13": follows(invert(done), invert(put.going) & invert(backed.going)) & follows(done, legal),
    }
    return Query(premises, goals)


@composition(
    "unmap-page",
    "T6",
    "T6.unmapped",
    "T10",
    says="Unmapping a page clears the leaf that maps it, and gives tables back from the one that it was in.",
    without="the laws hold",
    geometries=STEPS,
)
def unmap_page(theory: Any) -> Query:
    """The leaf is cleared where `clear-walks` and `clear-state` apply, and `prune` is entered where its lemmas do."""
    parts = Parts(theory)
    before, rules, facts = parts.tables, parts.rules, theory.bind(tables_soundness)
    root, address, level = theory.word("root"), theory.address("address"), theory.word("called_level")
    found, started = parts.begin(root, address), parts.good
    after, done = parts.step.unmap_page(before, root, address, level)
    (put,), (unbacked,) = parts.put, parts.unbacked
    slot, entry = put.arguments
    cleared = put.going & (slot == parts.slot) & (entry == 0) & (found.fault == rules.NO_FAULT)
    frame = rules.first_frame_of(found.entry, found.level)
    page = (found.level == level) & (rules.offset_of(address, level) == 0) & rules.is_root(before, root)
    first = follows(parts.pruned[0].going, parts.pruned[0].arguments[0] == rules.table_of(slot))
    premises = {"dimensions": facts.is_possible(before), "the laws hold": started, _GOOD: parts.lemmas}
    goals = {
        "T10": parts.entered & first,
        "T6 T6.unmapped": follows(done, cleared & page & unbacked.going & (unbacked.arguments[0] == frame))
        & (after is parts.tables),
    }
    return Query(premises, goals)


@composition(
    "protect-page",
    "T6",
    "T6.mapped",
    says="Protecting a page changes the rights in the leaf that maps it, and nothing else.",
    without="the step is done",
    geometries=STEPS,
)
def protect_page(theory: Any) -> Query:
    """The leaf is changed where `protect-walks` and `protect-state` apply."""
    parts = Parts(theory)
    before, rules = parts.tables, parts.rules
    root, address, level = theory.word("root"), theory.address("address"), theory.word("called_level")
    access, found = theory.access("access"), parts.begin(root, address)
    after, done = parts.step.protect_page(before, root, address, level, access)
    (put,) = parts.put
    entry = rules.with_rights(found.entry, access.write, access.user, access.execute)
    there = put.going & (put.arguments[0] == parts.slot) & (put.arguments[1] == entry)
    page = (found.fault == rules.NO_FAULT) & (found.level == level) & (rules.offset_of(address, level) == 0)
    premises = {"dimensions": theory.bind(tables_soundness).is_possible(before), "the step is done": done}
    alone = not (parts.backed or parts.unbacked or parts.pruned) and after is parts.tables
    goal = there & page & rules.is_root(before, root) & parts.entered & alone
    return Query(premises, {"T6 T6.mapped": goal})


@composition(
    "page-out",
    "T6",
    "T12",
    says="Paging a page out leaves in its entry where it is, and its frame to nobody.",
    without="the step is done",
    geometries=STEPS,
)
def page_out(theory: Any) -> Query:
    """The leaf is changed where `out-state` applies."""
    parts = Parts(theory)
    before, rules = parts.tables, parts.rules
    root, address = theory.word("root"), theory.address("address")
    file, place = theory.word("file"), theory.word("place")
    found = parts.begin(root, address)
    _, done = parts.step.page_out(before, root, address, file, place)
    (put,), (unbacked,) = parts.put, parts.unbacked
    entry = rules.paged_out_entry(file, place, found.entry)
    there = put.going & (put.arguments[0] == parts.slot) & (put.arguments[1] == entry)
    page = (found.fault == rules.NO_FAULT) & (found.level == 0) & rules.is_root(before, root)
    frame = unbacked.going & (unbacked.arguments[0] == rules.frame_of(found.entry))
    premises = {"dimensions": theory.bind(tables_soundness).is_possible(before), "the step is done": done}
    return Query(premises, {"T6 T12": there & page & frame & parts.entered})


@composition(
    "page-in",
    "T6",
    "T12",
    says="Paging a page in makes a leaf of its entry, with the rights that it kept, to a frame that can be mapped.",
    without="the step is done",
    geometries=STEPS,
)
def page_in(theory: Any) -> Query:
    """The entry is changed where `in-state` applies."""
    parts = Parts(theory)
    before, rules = parts.tables, parts.rules
    root, address, frame = theory.word("root"), theory.address("address"), theory.word("called_frame")
    found = parts.begin(root, address)
    _, done = parts.step.page_in(before, root, address, frame)
    (put,), (backed,) = parts.put, parts.backed
    there = put.going & (put.arguments[0] == parts.slot)
    there = there & (put.arguments[1] == rules.leaf_of_kept(found.entry, frame))
    page = (found.fault == rules.NOT_PRESENT) & (found.level == 0) & rules.is_root(before, root)
    known = rules.absence_of(found.entry) != rules.NOTHING
    own = backed.going & (backed.arguments[0] == frame) & (backed.arguments[1] == parts.slot)
    mappable = rules.is_mappable(before, frame, theory.constant(0), truth(False))
    premises = {"dimensions": theory.bind(tables_soundness).is_possible(before), "the step is done": done}
    return Query(premises, {"T6 T12": there & page & known & own & mappable & parts.entered})
