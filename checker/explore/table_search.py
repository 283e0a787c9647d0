"""The search through all states of a tiny machine on plain integers: the specification's steps, every law at each.

A state is table memory and all that is kept beside it, the order of the free table frames included. Each call that can
be made is made, whether it is legal or not, and the laws are asked as the random judge asks them (`asked`), but at
every slot, frame and page. What compiled code finds broken is told by this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from ...spec.tables import Tables
from ..tables.asked import Asker, Points
from ..tables.machine import ARRAYS, LAWS, Cells, copied
from ..tables.picture import picture
from ..tables.steps import Map, Outcome, PageIn, Step, seen_as
from . import table_points
from .exploration import Exploration, Progress
from .plain import PlainEngine
from .table_calls import TableSystem

#: The bit of each law.
LAW_BITS = {law: getattr(table_points, law.upper().replace(".", "_")) for law in sorted(LAWS - {"T2", "T11"})}

Key = tuple[Any, ...]


def key_of(tables: Tables) -> Key:
    """A state as a value."""
    return (tables.free, tables.spare, *(tuple(sorted(getattr(tables, name).items())) for name in ARRAYS))


@attrs.frozen
class Made:
    """One call from a state.

    Attributes:
        step: the call.
        outcome: what came of it.
        broken: the laws that it breaks, each with the argument.
    """

    step: Step
    outcome: Outcome
    broken: tuple[tuple[str, str], ...]


class PlainSearch:
    """All states of one system, on plain integers."""

    def __init__(self, system: TableSystem, laws: frozenset[str]) -> None:
        self.system = system
        self.machine = system.machine
        self.calls = system.calls()
        self.empty = self.machine.empty(system.frames, system.limit)
        self._broken: list[tuple[str, str]] = []
        self._asker = Asker(self.machine, laws, tell=lambda law, because: self._broken.append((law, because)))
        self.points = Points(range(self.empty.entries), range(system.limit), system.addresses)
        self._made: dict[Key, list[Made]] = {}
        self.seen: Counter[str] = Counter()

    @property
    def cases(self) -> dict[str, int]:
        """How many points each law was asked at."""
        return dict(self._asker.points)

    def tables_of(self, key: Key) -> Tables:
        """The state that a key stands for, to be changed."""
        sizes = [getattr(self.empty, name).size for name in ARRAYS]
        arrays = {name: Cells(size, cells) for name, size, cells in zip(ARRAYS, sizes, key[2:], strict=True)}
        return self.empty._replace(free=key[0], spare=key[1], **arrays)

    def search(self, *, stop_on: int, limit: int | None, progress: Progress | None) -> Exploration:
        """Visit every state, and ask the laws at each and of each call there."""
        start = key_of(self.empty)
        engine = PlainEngine(self._expand)
        return engine.search(start, checks=(self._check,), stop_on=stop_on, limit=limit, progress=progress)

    def _expand(self, key: Key, _setting: None, found: list[tuple[Key, int]], count: int) -> int:
        after = (key_of(made.outcome.after) for made in self._made.pop(key) if not made.broken)
        found.extend((each, 0) for each in after if each != key)
        return count

    def _check(self, key: Key, _setting: None) -> int:
        tables = self.tables_of(key)
        made = self._made[key] = list(self.made(tables))
        broken = {law for law, _ in self.state_breaches(tables)}
        broken |= {law for each in made for law, _ in each.broken}
        return sum(LAW_BITS[law] for law in broken)

    # -- the laws ---------------------------------------------------------------------------------------------

    def state_breaches(self, tables: Tables) -> tuple[tuple[str, str], ...]:
        """The laws that are broken in a state, each with the argument."""
        self._broken.clear()
        try:
            self._asker.ask_state(tables, self.points)
            for root in self.machine.roots(tables):
                self._asker.ask_walks(self.machine.rules.image_of(tables), root, self.points)
        except IndexError as error:
            self._broken.append(("T5", f"T5 (nested) is broken: what comes next leads beyond memory: {error}"))
        return tuple(self._broken)

    def made(self, tables: Tables) -> Iterator[Made]:
        """Every call that can be made in a state, with the laws that it breaks."""
        for step in self.calls:
            if not self.may_call(tables, step):
                continue
            self._broken.clear()
            before = copied(tables)
            try:
                outcome = step.do(self.machine.rules, before)
                self._ask(tables, step, outcome)
            except IndexError as error:
                outcome = Outcome(tables, False, "reaches beyond memory")
                self._broken.append(("T5", f"T5 (nested) is broken: {step.told()} reaches beyond memory: {error}"))
            self.seen[seen_as(step, outcome)] += 1
            yield Made(step, outcome, tuple(self._broken))

    def _ask(self, tables: Tables, step: Step, outcome: Outcome) -> None:
        if outcome.done or key_of(outcome.after) != key_of(tables):
            self._asker.ask_step(tables, step, outcome, self.points)
        elif self._asker.laws:
            self._asker.ask_unchanged(tables, step, outcome, self.points)

    def may_call(self, tables: Tables, step: Step) -> bool:
        """Whether an allocator could have given the frames of the call: no two blocks overlap in part (A2)."""
        if not isinstance(step, Map | PageIn):
            return True
        level = step.level if isinstance(step, Map) else 0
        return not self.machine.overlaps(tables, step.frame, level if level in self.machine.leaf_levels else 0)

    # -- in words ---------------------------------------------------------------------------------------------

    def story(self, path: Sequence[Key], law: str) -> str:
        """The calls that lead along a path of states to where a law is broken, and the tables there."""
        lines = [self._line(number, path[number - 1], path[number]) for number in range(1, len(path))]
        tables = self.tables_of(path[-1])
        because = next((told for broken, told in self.state_breaches(tables) if broken == law), "")
        if not because:
            made = next(each for each in self.made(tables) if any(broken == law for broken, _ in each.broken))
            because = next(told for broken, told in made.broken if broken == law)
            lines.append(f"{len(path)}. {made.step.told()}: {made.outcome.answer}")
            tables = made.outcome.after
        try:
            shown = picture(self.machine, tables)
        except (IndexError, RecursionError) as error:
            shown = [f"the tables cannot be shown: {error}"]
        return "\n".join([because, str(self.system), *lines, *shown])

    def _line(self, number: int, here: Key, there: Key) -> str:
        for step in self.calls:
            tables = self.tables_of(here)
            if self.may_call(tables, step):
                outcome = step.do(self.machine.rules, tables)
                if key_of(outcome.after) == there:
                    return f"{number}. {step.told()}: {outcome.answer}"
        raise RuntimeError(f"no call leads from {here} to {there}")


def paths(outcome: Exploration, laws: frozenset[str]) -> Iterator[tuple[str, Sequence[Any]]]:
    """Each law that a search has found broken, with the shortest way there."""
    for law, bit in LAW_BITS.items():
        state = outcome.broken.get(bit.bit_length() - 1)
        if state is not None and law in laws:
            yield law, outcome.path(state)
