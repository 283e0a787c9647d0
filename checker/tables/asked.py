"""Where the laws of page tables are asked: at the slots, frames and addresses of a state, and around a step.

The laws are those of the specification, one point each; here is only the choice of points that belong to a state or to
what a step was called with. Who judges says which slots, frames and addresses there are to look at: all of them where
memory is tiny, those that matter where it is large.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from ...spec.paging import NO_FAULT, Access
from ...spec.tables import Tables
from ..drawing import LawBrokenError
from .machine import Machine, copied
from .steps import Map, Outcome, PageIn, PageOut, Protect, Split, Step, Touch, Unmap, rights_told

#: Laws at one slot of a state.
_AT_SLOTS = {
    "T5": "nested",
    "T7": "whole",
    "T10": "emptied",
    "F1": "apart",
    "F4": "backed",
    "F8": "unreferenced",
}


def tell_by_raising(law: str, because: str) -> None:
    """What an `Asker` does about a breach, unless it is told otherwise."""
    raise LawBrokenError(law, because)


@attrs.frozen
class Points:
    """Where a judge looks.

    Attributes:
        slots: of table memory.
        frames: of all memory, tables and others.
        addresses: of every space.
        bits: of the bits that must be zero, how many are tried at each address; None for all.
    """

    slots: Sequence[int]
    frames: Sequence[int]
    addresses: Sequence[int]
    bits: int | None = None


@attrs.define
class Asker:
    """Asks the laws, counts where, and tells of every breach by calling `tell`."""

    machine: Machine
    laws: frozenset[str]
    points: Counter[str] = attrs.field(factory=Counter)
    tell: Callable[[str, str], None] = tell_by_raising

    def ask(self, law: str, predicate: Callable[..., Any], about: tuple[Any, ...], where: str, at: int = 0) -> None:
        """One point of one law; `where` says which, in words that `at` is put into."""
        if law not in self.laws:
            return
        self.points[law] += 1
        if not predicate(*about):
            self.tell(law, f"{law} ({self._name(law)}) is broken {where.format(at)}")

    def require(self, law: str, holds: bool, where: str) -> None:
        """One point of a law that the judge itself has planted a breach for, which must be noticed."""
        self.ask(law, bool, (holds,), where)

    def _name(self, law: str) -> str:
        from ...spec.law import find_law

        return find_law(law).name

    # -- a state ----------------------------------------------------------------------------------------------

    def ask_state(self, tables: Tables, points: Points) -> None:
        """The laws on tables at every slot and frame."""
        for law, name in _AT_SLOTS.items():
            predicate = getattr(self.machine.rules, name)
            for slot in points.slots:
                self.ask(law, predicate, (tables, slot), "at slot {0}", slot)
        for frame in points.frames:
            if frame < tables.frames:
                self.ask("F6", self.machine.rules.rooted, (tables, frame), "at table frame {0}", frame)
        self.ask_pairs(tables, points)

    def ask_pairs(self, tables: Tables, points: Points) -> None:
        """F5 at every pair of slots that map the same frame, and at neighbours."""
        rules, by_frame = self.machine.rules, defaultdict(list)
        for slot, frame, _ in self.machine.leaves(tables):
            by_frame[frame].append(slot)
        pairs = list(itertools.pairwise(points.slots))
        for slots in by_frame.values():
            pairs += itertools.combinations(slots, 2)
        for slot, other in pairs:
            self.ask("F5", rules.exclusive, (tables, slot, other), f"at slots {slot} and {{0}}", other)

    def ask_walks(self, image: Any, root: int, points: Points, tried: int = 0) -> None:
        """T1, T3 and T4 at every address, with bits planted that must be zero; which ones, `tried` says."""
        rules, entries = self.machine.rules, self.machine.table_levels
        for address in points.addresses:
            told = f"at address {address:#x} of root {root:#x}"
            self.ask("T1", rules.total, (image, root, address), told)
            for level in entries:
                self.ask("T3", rules.confined, (image, root, address, level), told + ", level {0}", level)
                self.ask("T4", rules.guarded, (image, root, address, level), told + ", level {0}", level)
            if "T4" in self.laws and rules.walk(image, root, address).fault == NO_FAULT:
                self._plant(image, root, address, points.bits, tried)

    def _plant(self, image: Any, root: int, address: int, most: int | None, tried: int) -> None:
        """T4 once more, without the specification's own word for it: the bits are read off the geometry."""
        geometry, rules = self.machine.geometry, self.machine.rules
        for bit in _some(range(geometry.translated_bits, geometry.address_bits), most, tried):
            found = rules.walk(image, root, address ^ 1 << bit)
            self.require("T4", found.fault != NO_FAULT, f"at address {address ^ 1 << bit:#x}: it is not canonical")
        planted = []
        way = self.machine.slots_on_way(image, root, address)
        for level, slot in way:
            leaf = (level, slot) == way[-1]
            reserved = (geometry.reserved_leaf if leaf else geometry.reserved_table).get(level, 0)
            planted += [(slot, 1 << bit) for bit in range(reserved.bit_length()) if reserved >> bit & 1]
        for slot, bits in _some(planted, most, tried):
            words = image.words.copy()
            words[slot] = words[slot] | bits
            found = rules.walk(image._replace(words=words), root, address)
            told = (
                f"at address {address:#x} of root {root:#x}: no fault though slot {slot} has the reserved bit {bits:#x}"
            )
            self.require("T4", found.fault != NO_FAULT, told)

    # -- a step -----------------------------------------------------------------------------------------------

    def ask_step(self, before: Tables, step: Step, outcome: Outcome, points: Points) -> None:
        """The laws on what a step changes, and on what it leaves alone."""
        after = outcome.after
        self.ask_unchanged(before, step, outcome, points)
        self._ask_counts(before, after, points)
        if isinstance(step, Touch):
            self._ask_marks(before, step, outcome, points)
        elif isinstance(step, Split):
            self._ask_split(before, step, outcome, points)
        else:
            self._ask_elsewhere(before, step, after, points)
        if outcome.done and isinstance(step, Map | Unmap | Protect | PageOut):
            self._ask_page(before, step, after, points)

    def ask_unchanged(self, before: Tables, step: Step, outcome: Outcome, points: Points) -> None:
        """The laws on a step that was not done: it leaves everything as it was."""
        rules, after = self.machine.rules, outcome.after
        if isinstance(step, Touch):
            for slot in points.slots:
                about = (rules.image_of(before), rules.image_of(after), outcome.fault, slot)
                self.ask("T9", rules.undisturbed, about, "at slot {0}", slot)
        if not outcome.done:
            for slot, frame in _together(points.slots, points.frames):
                told = f"at slot {slot} and frame {{0}}: it was not done"
                self.ask("T13", rules.atomic, (before, after, False, slot, frame), told, frame)

    def _ask_counts(self, before: Tables, after: Tables, points: Points) -> None:
        old = {(slot, frame) for slot, frame, _ in self.machine.leaves(before)}
        new = {(slot, frame) for slot, frame, _ in self.machine.leaves(after)}
        gained = Counter(frame for _, frame in new - old)
        lost = Counter(frame for _, frame in old - new)
        for frame in points.frames:
            about = (before, after, frame, gained[frame], lost[frame])
            self.ask("F3", self.machine.rules.counted, about, "at frame {0}", frame)

    def _ask_elsewhere(self, before: Tables, step: Step, after: Tables, points: Points) -> None:
        """T6 at every address that the step is not about."""
        rules, roots = self.machine.rules, set(self.machine.roots(before))
        root, address, level = getattr(step, "root", -1), getattr(step, "address", 0), getattr(step, "level", 0)
        level = level if level < self.machine.geometry.levels else 0
        paged = not isinstance(step, Map | Unmap | Protect | PageOut | PageIn)
        for other_root in sorted(roots - {root} if paged else roots):
            for other in points.addresses:
                if paged or rules.is_elsewhere(root, address, level, other_root, other):
                    told = f"at address {other:#x} of root {other_root:#x}, which is elsewhere"
                    self.ask("T6", rules.framed, (before, after, other_root, other), told)

    def _ask_split(self, before: Tables, step: Split, outcome: Outcome, points: Points) -> None:
        rules = self.machine.rules
        inside = self._inside(step) if outcome.done else ()
        for root in self.machine.roots(before):
            for address in (*points.addresses, *(inside if root == step.root else ())):
                told = f"at address {address:#x} of root {root:#x}"
                self.ask("T7.split", rules.split, (before, outcome.after, root, address), told)

    def _ask_marks(self, before: Tables, step: Touch, outcome: Outcome, points: Points) -> None:
        rules = self.machine.rules
        old, new = rules.image_of(before), rules.image_of(outcome.after)
        self.ask_completed(old, step.root, step.address, step.access, outcome.done)
        for root in self.machine.roots(before):
            written = outcome.done and root == step.root and step.access.write
            for address in (*points.addresses, step.address):
                about = (old, new, root, address, written, step.address)
                self.ask("T8", rules.unmoved, about, f"at address {address:#x} of root {root:#x}")

    def ask_completed(self, image: Any, root: int, address: int, access: Access, done: bool) -> None:
        """T3 once more: an access completes only where the walk comes to a leaf, and grants what it takes."""
        found = self.machine.rules.walk(image, root, address)
        withheld = [not getattr(found, right) for right, asked in access._asdict().items() if asked]
        granted = found.fault == NO_FAULT and not any(withheld)
        told = f"by an access to {address:#x} of root {root:#x}, {rights_told(access)}: it completes"
        self.require("T3", granted or not done, told)

    def _ask_page(self, before: Tables, step: Map | Unmap | Protect | PageOut, after: Tables, points: Points) -> None:
        """What the step is about: the page itself, and what undoing the step comes to."""
        rules = self.machine.rules
        for address in self._inside(step):
            told = f"at address {address:#x} of root {step.root:#x}"
            if isinstance(step, Map):
                about = (after, step.root, address, step.frame, step.level, step.rights)
                self.ask("T6.mapped", rules.mapped, about, told)
            elif isinstance(step, Protect):
                frame = rules.walk(rules.image_of(before), step.root, step.address).physical
                frame >>= self.machine.geometry.page_shift
                about = (after, step.root, address, frame, step.level, step.rights)
                self.ask("T6.mapped", rules.mapped, about, told)
            else:
                self.ask("T6.unmapped", rules.unmapped, (after, step.root, address), told)
        if isinstance(step, Map):
            self._ask_unmapped_again(before, step, after, points)
        elif isinstance(step, PageOut):
            self._ask_paged_in_again(before, step, after)

    def _ask_unmapped_again(self, before: Tables, step: Map, after: Tables, points: Points) -> None:
        rules = self.machine.rules
        free = not before.count[step.frame] or before.backed[step.frame] == rules.SHARED
        self.require("F5", free, f"by mapping frame {step.frame}, which is private, once more")
        undone, done = rules.unmap_page(copied(after), step.root, step.address, step.level)
        self.require("T6.unmapped", done, "by unmapping what was just mapped: it is refused")
        told = "by unmapping what was just mapped: address {0:#x} is not translated as before"
        for address in (*self._inside(step), *points.addresses):
            self.ask("T6.unmapped", rules.framed, (before, undone, step.root, address), told, address)
        restored = undone.words == before.words and undone.spare == before.spare
        self.require("T6.unmapped", restored, "by unmapping what was just mapped: the tables are not what they were")

    def _ask_paged_in_again(self, before: Tables, step: PageOut, after: Tables) -> None:
        rules = self.machine.rules
        found = rules.walk(rules.image_of(before), step.root, step.address)
        frame = rules.frame_of(found.entry)
        self.ask("T12", rules.kept, (found.entry, step.file, step.place, frame), "for what was just paged out")
        if not after.count[frame]:
            again, done = rules.page_in(copied(after), step.root, step.address, frame)
            self.require("T12", done, "by paging in what was just paged out: it is refused")
            about = (before, again, step.root, step.address)
            self.ask("T12", rules.framed, about, "by paging in what was just paged out: it is translated differently")

    def _inside(self, step: Any) -> Sequence[int]:
        """Addresses on the page of a step: the first and last ones, and where its parts meet."""
        size = self.machine.rules.span_of(getattr(step, "level", 0))
        page = 1 << self.machine.geometry.page_shift
        return sorted(
            {step.address + offset for offset in (0, 1, page, size // 2, size - page, size - 1) if offset < size}
        )


def _some(choices: Sequence[Any], most: int | None, tried: int) -> Sequence[Any]:
    if most is None or len(choices) <= most:
        return choices
    return [choices[(tried + index) % len(choices)] for index in range(most)]


def _together(slots: Sequence[int], frames: Sequence[int]) -> list[tuple[int, int]]:
    """Each slot and each frame at least once."""
    if not slots or not frames:
        return []
    most = max(len(slots), len(frames))
    return [(slots[index % len(slots)], frames[index % len(frames)]) for index in range(most)]
