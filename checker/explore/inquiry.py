"""What is found out about laws by visiting every state of one machine after another, smallest first.

An `Inquiry` counts, keeps the shortest story of each breach, and says what is left open: a machine that was not
visited to its end, or what none of them brought about. `inquire` goes through the machines and comes to a judgement;
it ends at the first machine that breaks a law, so that a breach is told at its smallest.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, TypedDict, Unpack

import attrs

from ...model.fast import backend
from ...spec.law import Law
from ..verdict import INTERRUPTED, Finding, Judgement, Verdict, require_known
from .exploration import Exploration, Progress
from .packed import PackedSystem

JUDGE, SUBJECT = "explore", "specification"
_DEFAULT_LIMIT = 1 << 26


class Settings(TypedDict, total=False):
    """What may be asked of every part.

    Attributes:
        limit: states of one machine after which it is given up, and its laws are unknown.
        threads: 1 or 2.
        progress: is told what is going on, in a line.
        changes: functions that stand in for those of the specification of the same name.
    """

    limit: int | None
    threads: int
    progress: Progress | None
    changes: Mapping[str, Any] | None


@attrs.define
class Inquiry(ABC):
    """What has been found out about each law so far.

    Attributes:
        laws: the laws that are asked.
        states: of all machines, and so are the transitions.
        broken: how each law that is broken came to be, by its id.
        gap: why the others are unknown; empty while they may hold.
        sizes: how many states each machine has, in words.
    """

    #: What is explored, in words (`TLBs`), and how its counts are called (`TLB`).
    about: ClassVar[str]
    unit: ClassVar[str]
    #: The bit of each law.
    law_bits: ClassVar[Mapping[str, int]]
    #: What else is said for want of a compiler.
    uncompiled: ClassVar[str] = ""

    laws: Sequence[Law]
    states: int = 0
    transitions: int = 0
    broken: dict[str, str] = attrs.field(factory=dict)
    gap: str = ""
    sizes: list[str] = attrs.field(factory=list)

    @abstractmethod
    def stop_on(self) -> int:
        """The bits at which a search is to end."""

    @abstractmethod
    def stories(self, system: Any, outcome: Exploration, law: Law) -> Iterator[list[str]]:
        """The ways to what breaks a law on one machine, move by move; none if nothing does."""

    def left_open(self, system: Any, outcome: Exploration) -> str:
        """Why a search says nothing of the laws that it did not find broken; empty if it does."""
        return f"{outcome.ended} after {outcome.states} states of {system.machine}" if outcome.ended else ""

    def unseen(self) -> Iterator[str]:
        """What no machine brought about, and without which no law is at stake as it should be."""
        yield from ()

    def notes(self, threads: int) -> Iterator[str]:
        """What is different from what was asked for."""
        return uncompiled_notes(threads, further=self.uncompiled)

    def visit(self, system: PackedSystem, *, threads: int, limit: int, progress: Progress | None) -> None:
        """Every state of one machine, every law there."""
        outcome = system.search(stop_on=self.stop_on(), threads=threads, limit=limit, progress=progress)
        self.states += outcome.states
        self.transitions += outcome.transitions
        self.sizes.append(f"{outcome.states} states of {system.machine}")
        for law in self.laws:
            shortest = min(self.stories(system, outcome, law), key=len, default=None)
            if shortest is not None:
                self.broken[law.id] = f"on {system.machine}: {'; '.join(shortest)}"
        self.gap = self.left_open(system, outcome)
        if outcome.ended == INTERRUPTED:
            raise KeyboardInterrupt

    def finding(self, law: Law) -> Finding:
        """What is said about a law in the end."""
        if law.id in self.broken:
            return Finding(law.id, Verdict.BROKEN, self.broken[law.id], self.states)
        gap = self.gap or "; ".join(self.unseen())
        if gap:
            return Finding(law.id, Verdict.UNKNOWN, gap, self.states)
        return Finding(law.id, Verdict.HOLDS, "; ".join(self.sizes), self.states)


def inquire(
    inquiry: Inquiry,
    machines: Iterable[Any],
    system: Callable[..., PackedSystem],
    code: Callable[[Mapping[str, Any] | None], Any],
    *,
    largest: Any,
    **settings: Unpack[Settings],
) -> Judgement:
    """Visit every state of each of `machines`, until a law is broken or something is left open.

    Args:
        inquiry: the laws, and what has been found out about them.
        machines: what is visited, smallest first.
        system: makes a machine ready for the search, with `code`.
        code: binds the steps and laws, with the `changes` among the settings.
        largest: the last machine, in words.
        settings: as `Settings` says.

    Raises:
        ValueError: where a setting is out of range, or a law is not about what is explored.
    """
    threads, limit, progress = settings.get("threads", 1), settings.get("limit"), settings.get("progress")
    require_settings(threads, limit)
    require_known(inquiry.laws, inquiry.law_bits, inquiry.about)
    bound, started = code(settings.get("changes")), time.perf_counter()
    try:
        for machine in machines:
            if progress is not None:
                progress(f"explore: {inquiry.about}, {machine}")
            ready = system(machine, code=bound)
            inquiry.visit(ready, threads=threads, limit=limit or _DEFAULT_LIMIT, progress=progress)
            if inquiry.broken or inquiry.gap:
                inquiry.gap = inquiry.gap or f"ended at a breach on {machine}"
                break
    except KeyboardInterrupt:
        inquiry.gap = INTERRUPTED
    return Judgement(
        JUDGE,
        SUBJECT,
        [inquiry.finding(law) for law in inquiry.laws],
        seconds=time.perf_counter() - started,
        size=f"{inquiry.about} of {largest}",
        counts={f"{inquiry.unit} states": inquiry.states, f"{inquiry.unit} transitions": inquiry.transitions},
        notes=tuple(inquiry.notes(threads)),
    )


def up_to(largest: Any, small: Iterable[Any], *sizes: str) -> Iterator[Any]:
    """What is explored, smallest first: `largest`, and before it those `small` ones no larger in any of the sizes."""
    for machine in small:
        if machine != largest and all(getattr(machine, size) <= getattr(largest, size) for size in sizes):
            yield machine
    yield largest


def require_settings(threads: int, limit: int | None) -> None:
    """A `ValueError` where a setting is out of range."""
    if threads not in (1, 2) or (limit is not None and limit < 1):
        raise ValueError(f"threads must be 1 or 2 and limit at least 1, not {threads} and {limit}")


def uncompiled_notes(threads: int, *, further: str = "") -> Iterator[str]:
    """What is different for want of a compiler, if there is none."""
    if not backend.is_compiled():
        yield backend.why_not_compiled() + further
        if threads == 2:
            yield "uncompiled, one thread does all the work"
