"""A manager of address spaces under judgement.

Which calls a caller may make depends on the state, so every call goes out alone. In between there are *sights*: calls
that change nothing that may be seen, and that tell what is there::

    linux     maps and faults of each process, mincore of each run of pages
    windows   query of the first page of each run, and of the window
    both      reads, of memory and of files

A sight also convicts the calls before it. If the same sight was right before, and since then only refused calls came,
or only accesses that were violations, then it is their law that is broken: V18 or V11.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs

from ...spec.contracts import Answer, Breach, Refused
from ...spec.contracts.space.arena import PAGE
from ...spec.contracts.space.calls import ACCESSES, Faults, Load, Maps, Mincore, Query, Read, SpaceCall, Store, Write
from ...spec.contracts.space.dialect import GUARDED, OUT_OF_MEMORY
from ...spec.contracts.space.memory import Memory, backing_of, page_of, runs
from ...spec.contracts.space.relation import DENIED, PAST_THE_END, SpaceContract
from .. import session
from ..targets.target import Instance

#: Calls that tell what is there.
SIGHTS = (Read, Load, Maps, Mincore, Faults, Query)
#: What a sight tells of, whoever broke it.
_SEEN_LAWS = frozenset({"V1", "V2", "V3", "V5", "V5.merged", "V6", "V8", "V10", "V12", "V16", "V17", "F7"})
#: Bytes that a sweep reads of one process, and runs of pages that a look asks about one by one.
_SWEPT = 48
_RUNS = 12
_TOLD = {Maps: ("V1", "V2", "V5"), Query: ("V2", "V5", "V8")}


@attrs.define
class Tally(session.Tally):
    """How often each outcome of each operation was seen.

    Attributes:
        laws: how often another answer would have broken a law, by law.
        done: calls that were done, by name.
        refused: calls that were refused, by name.
        reasons: refusals, by reason; of accesses `out-of-memory` is counted as `exhausted`.
        granted: accesses that were done.
        written: bytes that were written.
        looks: listings and queries.
        after_refusal, after_fault: sights that were right before, with only such calls since.
        stopped: accesses where a stack could not grow any more.
    """

    laws: Counter[str] = attrs.field(factory=Counter)
    done: Counter[str] = attrs.field(factory=Counter)
    refused: Counter[str] = attrs.field(factory=Counter)
    reasons: Counter[str] = attrs.field(factory=Counter)
    granted: int = 0
    written: int = 0
    looks: int = 0
    after_refusal: int = 0
    after_fault: int = 0
    stopped: int = 0


class Session(session.Session):
    """One instance, from its opening to the first breach."""

    contract_name = "space"
    tally_class = Tally

    def __init__(
        self, contract: SpaceContract, instance: Instance, *, probe_every: int = 0, tally: Tally | None = None
    ) -> None:
        """`probe_every` calls that change something there is a look at all processes; 0: only on request."""
        self._clock = 0
        # When a call last changed anything, changed more than the contents of pages, was refused, was a violation.
        self._moved, self._given, self._refused, self._faulted = 0, 0, 0, 0
        self._seen: dict[SpaceCall, int] = {}
        super().__init__(contract, instance, probe_every=probe_every, tally=tally)
        self._every = probe_every

    def look(self) -> list[Breach]:
        """List, query and ask for residence, as far as the target can be asked."""
        return self.observe(looks(self.contract, self.memory))

    def sweep(self) -> list[Breach]:
        """Read what was written, and a byte of every run of pages that was given; then the files."""
        return self.observe(sweeps(self.contract, self.memory))

    def observe(self, sights: Iterable[SpaceCall]) -> list[Breach]:
        """Make calls that change nothing of what may be asked, all in one batch."""
        self._flush()
        if not self.breaches:
            asked = [call for call in sights if self.contract.may_ask(self.memory, call)]
            self._pending += [(call, -1, None) for call in asked]
            self._flush()
        return self.breaches

    def examine(self, refused: Sequence[SpaceCall], accesses: Sequence[SpaceCall]) -> None:
        """Those of the calls that must change nothing, kind by kind, with sights in between that can blame them."""
        if self.breaches:
            return
        idle = [call for call in refused if self._must_fail(call) and not isinstance(call, ACCESSES)]
        faults = [call for call in accesses if self._must_fail(call)]
        sights = [*looks(self.contract, self.memory), *sweeps(self.contract, self.memory)]
        for calls in (sights, idle, sights, faults, sights):
            self.observe(calls)

    def _must_fail(self, call: SpaceCall) -> bool:
        if not self.contract.may_ask(self.memory, call):
            return False
        allowed = self.contract.allowed(self.memory, call)
        return not allowed.done and GUARDED not in allowed.refusals

    def _resolve(self, request: SpaceCall) -> tuple[SpaceCall | None, int | None]:
        """The call, if a caller may make it in the state that the calls before it leave."""
        self._flush()
        if self.breaches or not self.contract.may_ask(self.memory, request):
            return None, None
        return request, None

    def _weight(self, call: SpaceCall) -> float:
        """Sights change nothing, and a write little that a look shows; what must fail is looked at by itself."""
        if isinstance(call, ACCESSES) and (self._must_fail(call) or self._is_free(call)):
            return 1
        if isinstance(call, SIGHTS):
            return 0
        return 0.25 if isinstance(call, Write) else 1

    def _ask_to_look(self) -> None:
        self.look()

    # -- judging ------------------------------------------------------------------------------------------------

    def _convict(self, call: SpaceCall, breach: Breach) -> Breach:
        blamed = self._blamed(call) if breach.law in _SEEN_LAWS else None
        if blamed is None:
            return breach
        kind = "a call that was refused" if blamed == "V18" else "an access that was a violation"
        return Breach(blamed, f"{kind} changed something: {breach.because}")

    def _blamed(self, call: SpaceCall) -> str | None:
        """The law of the calls since the same sight was right, if they are of one kind and must change nothing."""
        seen = self._seen.get(call)
        if seen is None or (self._given if isinstance(call, Maps) else self._moved) > seen:
            return None
        refused, faulted = self._refused > seen, self._faulted > seen
        if refused == faulted:
            return None
        return "V18" if refused else "V11"

    def _resumed(self) -> None:
        self._clock += 1
        self._moved = self._given = self._clock

    # -- counting -----------------------------------------------------------------------------------------------

    def _count(self, call: SpaceCall, answer: Answer) -> None:
        self._clock += 1
        self._count_laws(call, answer)
        self._count_outcome(call, answer)
        if isinstance(call, SIGHTS):
            blamed = self._blamed(call)
            self.tally.after_refusal += blamed == "V18"
            self.tally.after_fault += blamed == "V11"
        self._note(call, answer)
        if isinstance(call, SIGHTS) and not isinstance(call, Faults):
            self._seen[call] = self._clock  # faults are counted on by every access

    def _note(self, call: SpaceCall, answer: Answer) -> None:
        """What kind of call this was."""
        if isinstance(answer, Refused):
            atomic = self.contract.capabilities.atomic
            if isinstance(call, ACCESSES) and answer.reason in (DENIED, PAST_THE_END):
                self._faulted = self._clock
            elif isinstance(call, ACCESSES) or not (atomic or answer.reason == "illegal"):
                self._moved = self._given = self._clock
            else:
                self._refused = self._clock
        elif not isinstance(call, SIGHTS) or self._is_first_touch(call):
            self._moved = self._clock
            keeps = isinstance(call, Store) or (isinstance(call, ACCESSES) and not self._is_free(call))
            self._given = self._given if keeps else self._clock

    def _is_first_touch(self, call: SpaceCall) -> bool:
        """Whether a read makes a stack grow, or takes a frame, which `mincore` shows."""
        if not isinstance(call, Read):
            return False
        return self._is_free(call) or backing_of(self.memory, call.process, call.address) not in self.memory.backed

    def _is_free(self, call: SpaceCall) -> bool:
        """Whether an access meets a page that was not given; below a stack it may be given by that."""
        if not isinstance(call, ACCESSES) or call.process not in self.memory.processes:
            return False
        return page_of(call.address) not in self.memory.processes[call.process].pages

    def _count_laws(self, call: SpaceCall, answer: Answer) -> None:
        """Which laws another answer would have broken: those that the relation names."""
        laws = self.tally.laws
        law = self.contract.allowed(self.memory, call).law
        laws[law] += 1
        if isinstance(answer, Refused):
            self.tally.stopped += law == "V14"
            return
        if isinstance(call, Read | Load):
            laws[self.contract.law_of_byte(self.memory, call)[0]] += 1
        elif isinstance(call, Maps | Query):
            self.tally.looks += 1
            merged = isinstance(call, Maps) and self.contract.capabilities.merging
            for law in (*_TOLD[type(call)], *(["V5.merged"] if merged else [])):
                laws[law] += bool(self.memory.processes[call.process].pages)
        elif isinstance(call, Mincore):
            laws["V12"] += bool(call.length)
        elif isinstance(call, Faults):
            laws["V12"] += 1

    def _count_outcome(self, call: SpaceCall, answer: Answer) -> None:
        tally = self.tally
        if isinstance(answer, Refused):
            tally.refused[call.name] += 1
            access = isinstance(call, ACCESSES) and answer.reason == OUT_OF_MEMORY
            tally.reasons["exhausted" if access else answer.reason] += 1
            return
        tally.done[call.name] += 1
        tally.granted += isinstance(call, ACCESSES)
        tally.written += isinstance(call, Write)


def looks(contract: SpaceContract, memory: Memory) -> Iterator[SpaceCall]:
    """Sights of what was given: calls of the dialect that list, query, or tell what is resident."""
    offered, arena = contract.capabilities, contract.arena
    for number in sorted(memory.processes):
        there = list(runs(memory.processes[number]))[:_RUNS]
        if arena.dialect == "linux":
            if offered.look:
                yield Maps(number)
            if offered.faults:
                yield Faults(number)
            if offered.resident:
                yield from (Mincore(number, first * PAGE, (end - first) * PAGE) for first, end, _ in there)
        elif offered.look:
            places = [arena.base, arena.end - PAGE]
            for first, end, _ in there:
                places += [first * PAGE, (end - 1) * PAGE, end * PAGE]
            inside = (place for place in sorted(set(places)) if arena.base <= place < arena.end)
            yield from (Query(number, place) for place in inside)


def sweeps(contract: SpaceContract, memory: Memory) -> Iterator[SpaceCall]:
    """Sights of what is in memory and in files; guard pages are left alone, for they would not be any more."""
    for number in sorted(memory.processes):
        places: list[int] = []
        process = memory.processes[number]
        for page, own in process.cells.items():
            places += [page * PAGE + offset for offset in own]
        for page, entry in process.pages.items():
            if entry.object is not None and page not in process.cells:
                places += _within(memory.objects[entry.object].cells, page, entry.place)
        for first, end, _ in runs(process):
            places += [first * PAGE, end * PAGE - 1]
        quiet = (place for place in set(places) if "g" not in process.pages[page_of(place)].rights)
        yield from (Read(number, place) for place in _few(sorted(quiet)))
    for (kind, name), number in sorted(memory.named.items()):
        if kind == "file" and contract.capabilities.files:
            yield from (Load(name, offset) for offset in _few(sorted(memory.objects[number].cells)))


def _within(cells: dict[int, int], page: int, place: int) -> list[int]:
    """Addresses of the bytes of an object that are in one page of it."""
    return [(page - place) * PAGE + offset for offset in cells if page_of(offset) == place]


def _few(places: Sequence[int]) -> list[Any]:
    """Not more than so many of them, evenly spread."""
    step = -(-len(places) // _SWEPT) or 1
    return list(places[::step])
