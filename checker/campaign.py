"""What the judges of an implementation share: the target, the clock, what was seen, and the breach that ended it.

A campaign is filled while a judge runs, so that whatever ends the run, the end of the budget or a pressed Ctrl-C,
what was seen until then can be told.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs

from ..spec.contracts import Arena, Breach, Capabilities, FramesContract
from .session import Session, Tally
from .targets.target import Target, TargetError
from .trace import Trace

#: Called now and then with one line that says what is going on.
Progress = Callable[[str], None]


@attrs.define
class Campaign:
    """One judge at work on one target.

    Attributes:
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
        unopened: the arenas that the target did not open, each with its reason.
    """

    target: Target
    judge: str
    seed: int = 0
    capabilities: Capabilities = attrs.field(factory=Capabilities)
    seconds: float = 10.0
    progress: Progress | None = None
    tally: Tally = attrs.field(factory=Tally)
    breaches: list[Breach] = attrs.field(factory=list)
    trace: Trace | None = None
    counts: dict[str, int] = attrs.field(factory=dict)
    notes: list[str] = attrs.field(factory=list)
    cut: str = ""
    unopened: dict[Arena, str] = attrs.field(factory=dict)
    sizes: set[int] = attrs.field(factory=set)
    orders: set[int] = attrs.field(factory=set)
    started: float = attrs.field(factory=time.monotonic)

    @property
    def spent(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    @property
    def over(self) -> bool:
        """Whether the run ends here: a breach was found, or the budget is used up."""
        return self.trace is not None or self.spent >= self.seconds

    def contract(self, arena: Arena) -> FramesContract:
        """The contract that the target is held to in this arena."""
        return FramesContract(arena, self.capabilities)

    @contextmanager
    def session(self, arena: Arena, *, probe_every: int = 0) -> Iterator[Session | None]:
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
        session = Session(self.contract(arena), instance, probe_every=probe_every, tally=self.tally)
        self.covered(arena)
        try:
            yield session
        finally:
            session.close()
        if session.breaches:
            self.convict(session.breaches, session.trace(target=self.target.name, judge=self.judge, seed=self.seed))

    def covered(self, arena: Arena) -> None:
        """This arena was opened."""
        self.sizes.add(arena.frames)
        self.orders.add(arena.max_order)

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
        """The sizes that were covered, in words."""
        if not self.sizes:
            return ""
        few, many, top = min(self.sizes), max(self.sizes), max(self.orders)
        frames = f"{few} frames" if few == many else f"{few} to {many} frames"
        return f"{frames}, orders 0 to {top}"
