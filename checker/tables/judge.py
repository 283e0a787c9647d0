"""The random judge of the page-table specification: its steps on plain integers, in every geometry.

Hypothesis draws, as bytes, a geometry, how many table frames there are, and a run of steps, legal and illegal; after
each step the laws are asked at the entries that are not zero and some that are, at the addresses around the page in
question, and at the ends of each half of the address space. It also draws tables that no step has made, for the laws
on translation; and numbers, for those on arithmetic. A failure is shrunk by Hypothesis and told step by step.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
from hypothesis import strategies as st

from ...spec.geometries import BUILT_IN, Geometry
from ...spec.law import Law
from ...spec.tables import Tables
from ..drawing import LawBrokenError, broken_by, finding
from ..verdict import Judgement, require_known
from . import numbers
from .asked import Asker, Points
from .drawn import IMAGE_BYTES, STEP_BYTES, address_of, dimensions_of, image_of, rights_of, step_of
from .machine import LAWS, TINY, TINY_FOLDED, Cells, Machine, copied
from .picture import picture
from .steps import Step, never_seen, seen_as

JUDGE, SUBJECT = "random", "specification"
#: The tiny ones more often: there steps meet, and every slot is looked at.
GEOMETRIES = (TINY, TINY_FOLDED, TINY, *BUILT_IN)
_STEPS = 18
_EVERYWHERE = "every point of every state that was drawn"
_DRAWN = st.binary(min_size=2 + _STEPS * STEP_BYTES + IMAGE_BYTES, max_size=2 + _STEPS * STEP_BYTES + IMAGE_BYTES)
#: Ways to show a failure in fewer steps that are tried.
_SHRINKS = 300
#: Slots of a large machine that are looked at after each step, besides those that have changed.
_SLOTS = 24


@attrs.define
class _Run:
    """One machine, and the steps made on it so far."""

    machine: Machine
    asker: Asker
    tables: Tables
    story: list[str] = attrs.field(factory=list)
    seen: Counter[str] = attrs.field(factory=Counter)

    def do(self, step: Step, choice: int) -> None:
        """Make one step, and ask every law after it."""
        before = copied(self.tables)
        try:
            outcome = step.do(self.machine.rules, self.tables)
        except IndexError as error:
            raise LawBrokenError(
                "T5", f"T5 (nested) is broken: {step.told()} reaches beyond memory: {error}"
            ) from error
        self.tables = outcome.after
        self.story.append(f"{step.told()}: {outcome.answer}")
        self.seen[seen_as(step, outcome)] += 1
        try:
            points = self.points(before, step, choice)
            self.asker.ask_step(before, step, outcome, points)
            self.asker.ask_state(self.tables, points)
            few = attrs.evolve(points, addresses=points.addresses[:2], bits=1)
            for root in self.machine.roots(self.tables):
                self.asker.ask_walks(self.machine.rules.image_of(self.tables), root, few, choice)
        except IndexError as error:
            because = f"T5 (nested) is broken: what comes next leads beyond memory: {error}"
            raise LawBrokenError("T5", because) from error

    def points(self, before: Tables, step: Step, choice: int) -> Points:
        """Where to look after a step."""
        after, size = self.tables, self.tables.entries
        if size <= 8 * _SLOTS:
            slots = list(range(size))
        else:
            filled = sorted(after.words)
            slots = filled[:: max(1, len(filled) // _SLOTS)] + after.words.changed(before.words)
            slots = sorted({*slots, 0, choice * 61 % size, size - 1})
        frames = {*range(after.frames), *after.count.changed(before.count), after.frames, after.limit - 1}
        frames |= set(list(after.count)[:4]) | {getattr(step, "frame", 0)}
        return Points(slots, sorted(frame for frame in frames if frame < after.limit), self._addresses(step, choice))

    def _addresses(self, step: Step, choice: int) -> list[int]:
        """The page of a step, its neighbours, the ends of both halves, and any other."""
        geometry = self.machine.geometry
        last = (1 << geometry.address_bits) - 1
        address, level = getattr(step, "address", 0), getattr(step, "level", 0)
        size = self.machine.rules.span_of(level if level < geometry.levels else 0)
        half = 1 << geometry.translated_bits - 1
        chosen = [address, address_of(geometry, choice), address + size - 1, address - 1, address + size]
        chosen += [half - 1, last - half + 1 if geometry.sign_extended else half, last, 0]
        return [each & last for each in chosen]


def _told(run: _Run, because: str) -> str:
    machine, tables = run.machine, run.tables
    opened = f"{machine.geometry.name}, {tables.frames} table frames of {tables.limit}"
    steps = [f"{number}. {line}" for number, line in enumerate(run.story, 1)]
    try:
        shown = picture(machine, tables)
    except (IndexError, RecursionError) as error:
        shown = [f"the tables cannot be shown: {error}"]
    return "\n".join([because, opened, *steps, *shown])


@attrs.define
class _Judge:
    """What has been seen and found so far."""

    machines: Sequence[Machine]
    laws: frozenset[str]
    points: Counter[str] = attrs.field(factory=Counter)
    seen: Counter[str] = attrs.field(factory=Counter)

    failing: dict[tuple[bytes, int], LawBrokenError] = attrs.field(factory=dict)
    shrinks: int = 0

    def judge(self, data: bytes, word: int) -> None:
        """One draw, or another way to show a failure that is known; of those only so many are tried."""
        if self.failing:
            self.shrinks += 1
            if self.shrinks > _SHRINKS:
                if (data, word) in self.failing:
                    raise self.failing[data, word]
                return
        try:
            self._judge(data, word)
        except LawBrokenError as found:
            self.failing[data, word] = found
            raise

    def _judge(self, data: bytes, word: int) -> None:
        """One run, one image, and some numbers, all drawn."""
        machine = self.machines[data[0] % len(self.machines)]
        asker = Asker(machine, self.laws, self.points)
        self.seen["runs"] += 1
        numbers.ask(asker, word, data)
        self._play(machine, asker, data[1], data[2:-IMAGE_BYTES])
        self._ask_image(machine, asker, data[-IMAGE_BYTES:], word)

    def _play(self, machine: Machine, asker: Asker, size: int, data: bytes) -> None:
        run = _Run(machine, asker, machine.empty(*dimensions_of(machine, size)))
        try:
            for at in range(0, len(data), STEP_BYTES):
                step = step_of(machine, run.tables, data[at : at + STEP_BYTES])
                if step is not None:
                    run.do(step, data[at + 2] ^ data[at + 1])
        except LawBrokenError as found:
            raise LawBrokenError(found.law, _told(run, found.because)) from found
        self.seen.update(run.seen)

    def _ask_image(self, machine: Machine, asker: Asker, data: bytes, word: int) -> None:
        """Tables that no step has made: what a walk comes to, and what an access does to them."""
        if not any(data):
            return
        self.seen["images"] += 1
        rules, image, root = machine.rules, image_of(machine, data), word % 4 << machine.geometry.page_shift
        slots = sorted(image.words)
        for choice in (0, word & 0x3FF, word >> 10 & 0x3FF):
            address = address_of(machine.geometry, choice, word >> 20 & 0xFF)
            try:
                asker.ask_walks(image, root, Points(slots, (), [address], 1), word)
                access = rights_of(word >> 28)
                after, fault, _ = rules.touch(image._replace(words=image.words.copy()), root, address, access)
            except IndexError as error:
                raise LawBrokenError("T1", f"T1 (total) is broken: the walk reaches beyond memory: {error}") from error
            asker.ask_completed(image, root, address, access, not fault)
            for slot in slots:
                told = f"at slot {slot}, by an access to {address:#x}: {_listed(image.words)}"
                asker.ask("T9", rules.undisturbed, (image, after, fault, slot), told)
            if not _marks_are_reserved(machine.geometry):
                about = (image, after, root, address, access.write and not fault, address)
                told = f"at {address:#x} of root {root:#x}, by an access: {_listed(image.words)}"
                asker.ask("T8", rules.unmoved, about, told)


def _marks_are_reserved(geometry: Geometry) -> bool:
    """Whether a mark that the hardware sets in one level's entries must be zero in another's (PAE).

    A table that is its own page, or serves two levels, is then spoilt by an access; steps never make one (T5).
    """
    marks = geometry.accessed | geometry.dirty
    return geometry.table_accessed and any(bits & marks for bits in geometry.reserved_table.values())


def _listed(words: Cells) -> str:
    return f"entries {', '.join(f'{slot}: {entry:#x}' for slot, entry in sorted(words.items()))}"


def judge_tables(
    laws: Sequence[Law],
    *,
    examples: int = 200,
    seed_number: int = 0,
    progress: Callable[[str], None] | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Judgement:
    """Hold the steps of the page-table specification against `laws` on `examples` runs, in geometries drawn as well.

    `changes` replaces functions of the specification by name.

    Raises:
        ValueError: where a law is not about page tables.
    """
    require_known(laws, LAWS, "page tables")
    started = time.perf_counter()
    known = {each.name: Machine(each, changes=changes) for each in GEOMETRIES}
    machines = [known[each.name] for each in GEOMETRIES]
    judge = _Judge(machines, frozenset(law.id for law in laws))

    def drawn(data: bytes, word: int) -> None:
        judge.judge(data, word)
        if progress is not None and judge.seen["runs"] % 20 == 0:
            progress(f"random: {judge.seen['runs']} of {examples} runs on page tables")

    broken = broken_by(drawn, _DRAWN, st.integers(0, 2**64 - 1), examples=examples, seed_number=seed_number)
    missing = next(iter(never_seen(judge.seen)), "")
    return Judgement(
        JUDGE,
        SUBJECT,
        [finding(law, judge.points[law.id], broken, missing=missing, rests_on=_EVERYWHERE) for law in laws],
        seconds=time.perf_counter() - started,
        size=f"page tables of {len(known)} geometries, {_STEPS} steps",
        counts=dict(sorted(judge.seen.items())),
        seed=seed_number,
    )
