"""A manager of page tables under judgement.

Which calls a caller may make depends on the state, so every call goes out alone, its events with it::

    call, events --> answers judged        look, every so often --> the tables as the hardware would read them

A look also convicts the calls before it. If the tables were right and only calls that must change nothing came in
between, then it is their law that is broken: T13 for refused calls, T9 for accesses that faulted, T8 for accesses
that were granted. And since refused calls and faults leave no trace at all, every leaf must be bit for bit as before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import attrs

from ...spec.contracts import DENIED, NO_MAPPING, Answer, Breach, Refused, Returned
from ...spec.contracts.paging_arena import Events, Look, Map, Protect, TableCall, Translate, Unmap
from ...spec.contracts.sight import picture_of
from ...spec.contracts.translation import TranslationContract
from .. import session
from ..targets.target import Instance

#: What happened since the tables were last seen to be right.
_NOTHING, _REFUSED, _FAULTED, _GRANTED, _MOVED = range(5)
_BLAMED = {
    _REFUSED: ("T13", "a call that was refused changed the tables"),
    _FAULTED: ("T9", "an access that faulted changed the tables"),
    _GRANTED: ("T8", "an access changed what is translated"),
}
#: With more leaves than this the tables are looked at more rarely than was asked for.
_LEAVES_SEEN_ALWAYS = 32
#: Laws that a look finds broken in the tables themselves, whoever broke them.
_OF_TABLES = frozenset({"T3", "T4", "T5", "T6.mapped", "T6.unmapped", "T7", "T7.split", "F6", "F8"})


@attrs.define
class Tally(session.Tally):
    """How often each outcome of each operation was seen.

    Attributes:
        done: calls that were done, by name.
        refused: calls that were refused for what they asked, by name.
        exhausted: calls for which there was no table frame left.
        huge: huge leaves that were mapped.
        ends: ranges, mapped or unmapped, that end where a half of the addresses does, and empty ones.
        granted, denied, unmapped, strange: accesses, by what they came to; strange: to no address at all.
        after_refusal, after_fault, after_access: looks between which only such calls came.
        readings: readings of events.
        marked: looks at leaves that were used before.
        owing: readings of events when a TLB could still hold what is no longer so, or was set again.
        releases, unlocks, sets: what was told in those readings.
        identified: looks that told identifiers.
    """

    done: Counter[str] = attrs.field(factory=Counter)
    refused: Counter[str] = attrs.field(factory=Counter)
    exhausted: int = 0
    huge: int = 0
    ends: int = 0
    granted: int = 0
    denied: int = 0
    unmapped: int = 0
    strange: int = 0
    looks: int = 0
    after_refusal: int = 0
    after_fault: int = 0
    after_access: int = 0
    marked: int = 0
    readings: int = 0
    owing: int = 0
    releases: int = 0
    unlocks: int = 0
    sets: int = 0
    identified: int = 0


class Session(session.Session):
    """One instance, from its opening to the first breach."""

    contract_name = "translation"
    tally_class = Tally

    def __init__(
        self, contract: TranslationContract, instance: Instance, *, probe_every: int = 0, tally: Tally | None = None
    ) -> None:
        """`probe_every` calls that change something the tables are looked at, where they can be; 0: only on request."""
        self._since = _NOTHING
        self._last: Answer = Returned({"roots": [], "entries": []})
        self._seen_once = False
        super().__init__(contract, instance, probe_every=probe_every, tally=tally)

    def _looks(self) -> Sequence[Any]:
        return (Look(),) if self.contract.capabilities.look else ()

    def _resolve(self, request: TableCall) -> tuple[TableCall | None, int | None]:
        """The call, if a caller may make it in the state that the calls before it leave."""
        self._flush()
        if self.breaches or isinstance(request, Events) or not self.contract.may_ask(self.memory, request):
            return None, None
        return request, None

    def _following(self, call: TableCall) -> Sequence[Any]:
        """The events of a call are read right after it."""
        if isinstance(call, Translate | Look) or not self.contract.capabilities.events:
            return ()
        return (Events(),)

    def _weight(self, call: TableCall) -> float:
        """Looks are rarer where there is much to look at."""
        if isinstance(call, Look) or (isinstance(call, Translate) and not self.contract.capabilities.marks):
            return 0
        leaves = sum(map(len, self.memory.mapped.values()))
        return min(1.0, _LEAVES_SEEN_ALWAYS / (1 + leaves))

    def _resumed(self) -> None:
        self._since, self._seen_once = _MOVED, False

    def examine(self, refused: Sequence[TableCall], accesses: Sequence[TableCall]) -> None:
        """Those of the calls that must change nothing, kind by kind, with looks in between that can blame them."""
        look = self._looks()
        must_fail = [call for call in (*refused, *accesses) if "" not in self.contract.refusals(self.memory, call)]
        faults = [call for call in must_fail if isinstance(call, Translate)]
        others = [call for call in must_fail if not isinstance(call, Translate)]
        granted = [call for call in accesses if call not in must_fail]
        self.perform([*look, *others, *look, *faults, *look, *granted, *look])

    # -- judging ------------------------------------------------------------------------------------------------

    def _broken(self, call: TableCall, answer: Answer) -> list[Breach]:
        breaches = super()._broken(call, answer)
        if breaches or not isinstance(call, Look) or self._since not in (_REFUSED, _FAULTED):
            return breaches
        return self._changes(answer) if self._seen_once else []

    def _changes(self, answer: Answer) -> list[Breach]:
        """Leaves that are not bit for bit as before calls that leave no trace."""
        assert isinstance(answer, Returned)
        assert isinstance(self._last, Returned)
        if answer.value["entries"] == self._last.value["entries"]:
            return []
        before, after = picture_of(self.contract, self._last), picture_of(self.contract, answer)
        changed = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
        if not changed:
            return []
        (space, address), (law, says) = changed[0], _BLAMED[self._since]
        old, new = (leaves.get((space, address), (0, 0))[1] for leaves in (before, after))
        return [Breach(law, f"{says}: the entry for {address:#x} in space {space} was {old:#x} and is {new:#x}")]

    def _convict(self, call: TableCall, breach: Breach) -> Breach:
        marks = breach.law == "T8" and self._since in (_REFUSED, _FAULTED)
        if isinstance(call, Look) and self._since in _BLAMED and (marks or breach.law in _OF_TABLES):
            law, says = _BLAMED[self._since]
            return Breach(law, f"{says}: {breach.because}")
        return breach

    # -- counting -----------------------------------------------------------------------------------------------

    def _count(self, call: TableCall, answer: Answer) -> None:
        if isinstance(call, Look):
            self._count_look(answer)
        elif isinstance(call, Events):
            self._count_events(answer)
        elif isinstance(call, Translate):
            self._count_access(call, answer)
        elif isinstance(answer, Refused):
            if answer.reason == "out-of-memory":
                self.tally.exhausted += 1
            else:
                self.tally.refused[call.name] += 1
            self._note(_REFUSED)
        else:
            self._count_done(call)
            self._note(_MOVED)

    def _note(self, what: int) -> None:
        """Calls of one kind since the last look can be blamed, of several nobody in particular."""
        self._since = what if self._since in (_NOTHING, what) else _MOVED

    def _count_done(self, call: TableCall) -> None:
        self.tally.done[call.name] += 1
        if isinstance(call, Map | Unmap | Protect):
            rules = self.contract.rules
            length = call.pages * rules.span(call.level)
            self.tally.ends += call.pages == 0 or not rules.paging.is_range(call.address, length + 1)
            self.tally.huge += isinstance(call, Map) and call.level > 0 and call.pages > 0

    def _count_access(self, call: Translate, answer: Answer) -> None:
        if not isinstance(answer, Refused):
            self.tally.granted += 1
            self._note(_GRANTED)
            return
        self._note(_FAULTED)
        if not self.contract.rules.paging.is_range(call.address, 1):
            self.tally.strange += 1
        elif answer == DENIED:
            self.tally.denied += 1
        elif answer == NO_MAPPING:
            self.tally.unmapped += 1
        else:
            self.tally.refused[call.name] += 1

    def _count_look(self, answer: Answer) -> None:
        tally = self.tally
        tally.looks += 1
        tally.after_refusal += self._since == _REFUSED and self._seen_once
        tally.after_fault += self._since == _FAULTED and self._seen_once
        tally.after_access += self._since == _GRANTED
        tally.marked += bool(self.memory.accessed)
        tally.identified += self.contract.capabilities.identifiers and len(self.memory.mapped) > 0
        self._since, self._last, self._seen_once = _NOTHING, answer, True

    def _count_events(self, answer: Answer) -> None:
        assert isinstance(answer, Returned)
        self.tally.readings += 1
        if not self.memory.stale:
            return
        self.tally.owing += 1
        names = Counter(event[0] for event in answer.value)
        self.tally.releases += names["release"]
        self.tally.unlocks += names["unlock"]
        self.tally.sets += names["set"]
