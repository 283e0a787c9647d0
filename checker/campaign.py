"""What the judges of an implementation share: the target, the clock, what was seen, and the breach that ended it.

A campaign is filled while a judge runs, so that whatever ends the run, the end of the budget or a pressed Ctrl-C,
what was seen until then can be told.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs

from ..spec.contracts import Breach
from .practice import Practice
from .targets.target import Target, TargetError
from .trace import Trace

#: Called now and then with one line that says what is going on.
Progress = Callable[[str], None]


@attrs.define
class Campaign:
    """One judge at work on one target.

    Attributes:
        practice: how targets of the contract are judged.
        target: what is judged.
        judge: the name of the judge.
        seed: the seed of every random choice.
        capabilities: what the target is held to.
        seconds: the budget.
        tally: what was seen.
        breaches: what ended the run, if anything did.
        trace: the calls that show it.
        counts: further counts, by name.
        notes: what else is worth telling.
        cut: what the end of the budget left out, in words.
        opened: the arenas that the target opened.
        unopened: the arenas that the target did not open, each with its reason.
    """

    practice: Practice
    target: Target
    judge: str
    seed: int = 0
    capabilities: Any = attrs.field(
        default=attrs.Factory(lambda self: self.practice.contract.capabilities(), takes_self=True)
    )
    seconds: float = 10.0
    progress: Progress | None = None
    tally: Any = attrs.field(default=attrs.Factory(lambda self: self.practice.session.tally_class(), takes_self=True))
    breaches: list[Breach] = attrs.field(factory=list)
    trace: Trace | None = None
    counts: dict[str, int] = attrs.field(factory=dict)
    notes: list[str] = attrs.field(factory=list)
    cut: str = ""
    opened: set[Any] = attrs.field(factory=set)
    unopened: dict[Any, str] = attrs.field(factory=dict)
    started: float = attrs.field(factory=time.monotonic)

    @property
    def spent(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    @property
    def over(self) -> bool:
        """Whether the run ends here: a breach was found, or the budget is used up."""
        return self.trace is not None or self.spent >= self.seconds

    def contract(self, arena: Any) -> Any:
        """The relation that the target is held to in this arena."""
        return self.practice.contract.relation(arena, self.capabilities)

    @contextmanager
    def session(self, arena: Any, *, probe_every: int = 0) -> Iterator[Any]:
        """A session in a fresh instance, its breach kept at the end; None where the target does not open the arena."""
        if arena in self.unopened:
            yield None
            return
        try:
            instance = self.target.open(arena)
        except TargetError as error:
            self.unopened[arena] = str(error)
            yield None
            return
        session = self.practice.session(self.contract(arena), instance, probe_every=probe_every, tally=self.tally)
        self.covered(arena)
        try:
            yield session
        finally:
            session.close()
        if session.breaches:
            self.convict(session.breaches, session.trace(target=self.target.name, judge=self.judge, seed=self.seed))

    def covered(self, arena: Any) -> None:
        """This arena was opened."""
        self.opened.add(arena)

    def convict(self, breaches: list[Breach], trace: Trace) -> None:
        """These laws are broken, and `trace` shows it."""
        self.breaches, self.trace = list(breaches), trace

    def leave_out(self, what: str) -> None:
        """The end of the budget left this out as well."""
        self.cut = f"{self.cut}; {what}" if self.cut else what

    def report(self) -> None:
        """Tell the progress to whoever asked for it."""
        if self.progress is not None:
            self.progress(f"{self.judge}: {self.target.name}, {self.tally.calls} calls, {self.spent:.0f} s")

    @property
    def size(self) -> str:
        """The arenas that were covered, in words."""
        return self.practice.sizes(self.opened) if self.opened else ""
