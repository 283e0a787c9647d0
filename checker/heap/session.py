"""A heap under judgement.

A batch ends with a call that gives a block, because what may be asked next depends on it; before it as much is read,
written and given back as there is, as long as nothing is asked of a block that is given back. A breach found in the
bytes of a block convicts what came between: if they were right, and nothing but illegal calls that were refused came
since, it is H6 that is broken; if another heap was destroyed, H9.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from ...spec.contracts import Answer, Breach, Refused, Returned
from ...spec.contracts.heap import HeapContract
from ...spec.contracts.heap_arena import (
    LARGEST_WORD,
    Aligned,
    Calloc,
    Create,
    Destroy,
    Free,
    FreeIn,
    Giving,
    Read,
    Reallocate,
    Usable,
    Write,
    asked_heap,
    asked_size,
)
from ...spec.contracts.heap_blocks import Live
from .. import session
from ..targets.target import Instance
from ..trace import Step
from .plan import Of

#: What calls do, for the question which of them can have changed a block that is none of theirs.
_LOOKED, _REFUSED, _DESTROYED, _MOVED = range(4)
_BLAMED = {
    frozenset({_REFUSED}): ("H6", "a call that was refused changed a block"),
    frozenset({_DESTROYED}): ("H9", "destroying a heap changed a block of another"),
}


#: Calls that are about one block, and change what may be asked of no other.
_OF_ONE_BLOCK = (Read, Write, Free, FreeIn)


@attrs.define
class Tally(session.Tally):
    """How often each outcome was seen.

    Attributes:
        granted, exhausted, freed: calls that gave a block, were refused for want of memory, gave a block back.
        over_aligned: blocks with an alignment of their own.
        read, cleared: bytes that were compared with what was written, and with zero.
        overflown: products that no word holds.
        resized: blocks that were reallocated with contents.
        again: requests to an empty heap that it had granted before.
        illegal: illegal calls that were refused.
        nothing: requests for no bytes.
        asked: questions how large a block is, and the blocks that were given beside such ones.
        apart: blocks given while others were live.
        isolated: calls in one private heap that could have shown in another.
    """

    granted: int = 0
    exhausted: int = 0
    freed: int = 0
    over_aligned: int = 0
    read: int = 0
    cleared: int = 0
    overflown: int = 0
    resized: int = 0
    again: int = 0
    illegal: int = 0
    nothing: int = 0
    asked: int = 0
    apart: int = 0
    isolated: int = 0


class Session(session.Session):
    """One heap, from its opening to the first breach.

    Attributes:
        held: the address of the block that each request still holds.
    """

    contract_name = "heap"
    tally_class = Tally

    def __init__(
        self, contract: HeapContract, instance: Instance, *, probe_every: int = 0, tally: Tally | None = None
    ) -> None:
        """`probe_every` is of no use here: nothing of a heap is seen but its answers."""
        self.held: dict[int, int] = {}
        self._given: dict[int, tuple[int, int]] = {}
        self._owner: dict[int, int] = {}
        self._done: list[int] = []
        self._seen: dict[int, int] = {}
        super().__init__(contract, instance, probe_every=0, tally=tally)

    def block(self, request: int) -> Live:
        """What is known of the block that a request holds."""
        block: Live = self.memory.live[self.held[request]]
        return block

    def has_given(self, request: int) -> bool:
        """Whether a request was given a block, which it may hold no more."""
        return request in self._given

    def _resolve(self, request: Any) -> tuple[Any, int | None]:
        if not self._may_wait(request):
            self._flush()
        call, link = request, None
        if isinstance(request, Of):
            if request.of not in self._given:
                return None, None
            call, link = request.at(self._given[request.of][0]), request.of
            if not 0 <= call.address <= LARGEST_WORD:
                return None, None
        if self.breaches or not self.contract.may_ask(self.memory, call):
            return None, None
        return call, link

    def _may_wait(self, request: Any) -> bool:
        """Whether what may be asked is known before the calls under way are answered.

        They read, write or give back blocks, and this does so with a block that none of them gives back.
        """
        waiting = [call for call, _, _ in self._pending]
        if all(isinstance(call, Read | Write) for call in waiting):
            return True
        if not (isinstance(request, Of) and isinstance(request.call, _OF_ONE_BLOCK)):
            return False
        leaving = {call.address for call in waiting if isinstance(call, Free | FreeIn)}
        apart = request.of not in self._given or self._given[request.of][0] not in leaving
        return apart and all(isinstance(call, _OF_ONE_BLOCK) for call in waiting)

    def _step_of(self, link: int) -> int | None:
        return self._given[link][1]

    def _told(self) -> Iterable[Step]:
        return (Step(*known) for known in zip(self._calls, self._answers, self._links, strict=True))

    # -- blame --------------------------------------------------------------------------------------------------

    def _convict(self, call: Any, breach: Breach) -> Breach:
        if not isinstance(call, Read) or breach.law not in ("H3", "H4"):
            return breach
        first = self.memory.holder(call.address)
        since = frozenset(self._done[self._seen.get(first, 0) :]) - {_LOOKED}
        law, says = _BLAMED.get(since, (breach.law, ""))
        return Breach(law, f"{says}: {breach.because}") if says else breach

    def _kind(self, call: Any, answer: Answer) -> int:
        if isinstance(call, Read | Usable):
            return _LOOKED
        if isinstance(answer, Refused):
            return _REFUSED if answer.reason == "illegal" else _MOVED
        return _DESTROYED if isinstance(call, Destroy) else _MOVED

    # -- remembering and counting -------------------------------------------------------------------------------

    def _remember(self, call: Any, answer: Answer, index: int, link: int | None = None) -> None:
        self._record(call, answer, link)
        self._done.append(self._kind(call, answer))
        if not isinstance(answer, Returned):
            return
        if isinstance(call, Read | Write):
            self._seen[self.memory.holder(call.address)] = len(self._done)
        elif isinstance(call, Free | FreeIn | Reallocate):
            self._forget(call.address)
        elif isinstance(call, Destroy):
            for address in self.memory.of_heap(call.heap):
                self._forget(address)
        if isinstance(call, Giving) and answer.value is not None:
            self._given[index] = answer.value, len(self._calls) - 1
            self.held[index], self._owner[answer.value] = answer.value, index
            self._seen[answer.value] = len(self._done)

    def _forget(self, address: int) -> None:
        owner = self._owner.pop(address, None)
        if owner is not None:
            del self.held[owner]

    def _count(self, call: Any, answer: Answer) -> None:
        tally, state = self.tally, self.memory
        if isinstance(call, Giving):
            self._count_given(call, answer)
        elif isinstance(call, Create) and self._has_worked(call):
            tally.again += 1
        if isinstance(answer, Refused):
            tally.illegal += answer.reason == "illegal"
        elif isinstance(call, Free | FreeIn):
            tally.freed += 1
        elif isinstance(call, Read):
            first = state.holder(call.address)
            _, how = state.live[first].known(call.address - first, call.length)
            tally.read += how.count(1)
            tally.cleared += how.count(2)
        tally.asked += isinstance(call, Usable)
        if state.heaps and self.contract.capabilities.heaps == "private":
            strange = isinstance(call, Free | FreeIn) and isinstance(answer, Refused)
            emptied = isinstance(call, Destroy) and len(state.live) > state.count.get(call.heap, 0)
            tally.isolated += strange or emptied or (asked_heap(call) > 0 and self._has_worked(call))

    def _count_given(self, call: Giving, answer: Answer) -> None:
        tally, state = self.tally, self.memory
        tally.again += self._has_worked(call)
        tally.nothing += not asked_size(call)
        tally.overflown += isinstance(call, Calloc) and asked_size(call) > LARGEST_WORD
        if not isinstance(answer, Returned):
            tally.exhausted += answer == Refused("out-of-memory")
            return
        tally.granted += 1
        tally.over_aligned += isinstance(call, Aligned) and call.alignment > self.contract.capabilities.alignment
        tally.resized += isinstance(call, Reallocate) and bool(state.live[call.address].runs)
        tally.apart += len(state.live) > isinstance(call, Reallocate)

    def _has_worked(self, call: Any) -> bool:
        """Whether an empty heap is asked for what it has granted before."""
        if isinstance(call, Reallocate) or not self.contract.capabilities.bounded:
            return False
        return self.contract.is_fresh(self.memory, call) and self.contract.key(self.memory, call) in self.memory.worked
