"""A frame allocator under judgement.

Requests may speak of earlier ones (`plan`), so a batch ends where a free needs an answer that is not there yet.

A probe also convicts the call before it. If the free blocks were right and a call that must change nothing came in
between, then it is that call's law that is broken: A8 for an illegal free, A9 for a refused allocate, and A10 for
the initialisation where no call came before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from ...spec.contracts import Allocate, Answer, Breach, Call, FramesContract, Free, Probe, Returned
from ...spec.frames import NONE, RESERVED, Memory, free_order_over
from .. import session
from ..targets.target import Instance
from ..trace import Step
from .plan import FreeOf, Request, displaced, linked

#: What happened since the free blocks were last seen to be right.
_OPENING, _NOTHING, _REFUSAL, _ILLEGAL, _MOVED = range(5)
_PROBED_LAWS = frozenset({"A1", "A2", "A3", "A4", "A5", "A7", "A14"})
_ARISES_AT_OPENING = frozenset({"A2", "A3", "A7"})


@attrs.define
class Tally(session.Tally):
    """How often each outcome of each operation was seen."""

    granted: int = 0
    exhausted: int = 0
    oversized: int = 0
    freed: int = 0
    illegal: Counter[str] = attrs.field(factory=Counter)
    probes: int = 0
    probes_at_opening: int = 0
    probes_after_refusal: int = 0
    probes_with_barriers: int = 0
    emptied: int = 0


def kind_of_illegal(contract: FramesContract, memory: Memory, call: Free) -> str:
    """Why a free is illegal, in the words of the tally."""
    frame = call.frame - contract.arena.base
    if not contract.arena.start <= call.frame < contract.arena.end:
        return "outside"
    if memory.heads[frame] == RESERVED:
        return "reserved"
    if free_order_over(memory.heads, frame) != NONE:
        return "not live"
    return "inside a block" if memory.heads[frame] == NONE else "of another order"


class Session(session.Session):
    """One allocator under judgement, from its opening to the first breach.

    Attributes:
        live: the frame and order that each request still holds.
    """

    contract_name = "frames"
    tally_class = Tally

    def __init__(
        self, contract: FramesContract, instance: Instance, *, probe_every: int = 0, tally: Tally | None = None
    ) -> None:
        """`probe_every` calls the free blocks are looked at, where the target lets them be seen; 0: only on request."""
        self.live: dict[int, tuple[int, int]] = {}
        self._given: dict[int, tuple[int, int, int]] = {}
        self._owner: dict[int, int] = {}
        self._probes = contract.capabilities.probe
        self._compares = self._probes and contract.capabilities.merging == "eager"
        self._undefined = contract.capabilities.illegal_free == "undefined"
        self._since = _OPENING
        self._untouched = True
        super().__init__(contract, instance, probe_every=probe_every, tally=tally)

    def _looks(self) -> Sequence[Any]:
        return (Probe(),) if self._probes else ()

    def _resumed(self) -> None:
        self._since = _MOVED

    def _step_of(self, link: int) -> int | None:
        return self._given[link][2]

    def _told(self) -> Iterable[Step]:
        return linked(self._calls, self._answers, self._links)

    # -- from requests to calls ---------------------------------------------------------------------------------

    def _resolve(self, request: Request) -> tuple[Call | None, int | None]:
        """The call that is meant, and the request it refers to; no call where it cannot be made."""
        if isinstance(request, FreeOf):
            if request.of not in self._given:
                self._flush()
            given = self._given.get(request.of)
            if given is None:
                return None, None
            free = displaced(request, given[0], given[1])
            if free is None or not self._may_free(free):
                return None, None
            return free, request.of
        if isinstance(request, Probe):
            return (request if self._probes else None), None
        if isinstance(request, Free) and not self._may_free(request):
            return None, None
        return request, None

    def _may_free(self, free: Free) -> bool:
        """Whether the target lets this free be tried: where an illegal one is undefined, only a legal one."""
        if not self._undefined:
            return True
        if any(isinstance(call, Free) for call, _, _ in self._pending):
            self._flush()
        return not self.breaches and self.contract.is_legal(self.memory, free)

    # -- from answers to the next state -------------------------------------------------------------------------

    def _count(self, call: Call, answer: Answer) -> None:
        if isinstance(call, Allocate):
            self._count_allocate(call, answer)
        elif isinstance(call, Free):
            self._count_free(call)
        else:
            self._count_probe()

    def _remember(self, call: Call, answer: Answer, index: int, link: int | None = None) -> None:
        """Keep an allowed step, and who holds which block."""
        self._record(call, answer, link)
        if isinstance(call, Allocate):
            if isinstance(answer, Returned):
                self._given[index] = (answer.value, call.order, len(self._calls) - 1)
                self.live[index] = (answer.value, call.order)
                self._owner[answer.value] = index
        elif isinstance(call, Free) and isinstance(answer, Returned):
            owner = self._owner.get(call.frame)
            if owner is not None and self.live[owner][1] == call.order:
                del self._owner[call.frame], self.live[owner]
                self._links[-1] = self._given[owner][2]
                self._untouched = False

    def _count_allocate(self, call: Allocate, answer: Answer) -> None:
        if isinstance(answer, Returned):
            self.tally.granted += 1
            self._since = _MOVED
            return
        if call.order > self.contract.arena.max_order:
            self.tally.oversized += 1
        else:
            self.tally.exhausted += 1
            # Nothing was freed yet and not one frame is left: exactly the usable frames were free at the opening.
            if self._untouched and call.order == 0:
                self.tally.emptied += 1
                self._untouched = False
        self._since = _REFUSAL if self._since in (_NOTHING, _REFUSAL) else _MOVED

    def _count_free(self, call: Free) -> None:
        if self.contract.is_legal(self.memory, call):
            self.tally.freed += 1
            self._since = _MOVED
            return
        self.tally.illegal[kind_of_illegal(self.contract, self.memory, call)] += 1
        self._since = _ILLEGAL if self._since in (_NOTHING, _ILLEGAL) else _MOVED

    def _count_probe(self) -> None:
        if self._compares:
            self.tally.probes += 1
            self.tally.probes_at_opening += self._since == _OPENING
            self.tally.probes_after_refusal += self._since == _REFUSAL
            self.tally.probes_with_barriers += bool(self.contract.arena.barriers)
        self._since = _NOTHING

    def _convict(self, call: Call, breach: Breach) -> Breach:
        """The breach under the law of the call that a probe convicts (module docstring)."""
        if not isinstance(call, Probe) or breach.law not in _PROBED_LAWS:
            return breach
        if self._since == _REFUSAL:
            return Breach("A9", f"an allocate that was refused changed the free blocks: {breach.because}")
        if self._since == _ILLEGAL:
            return Breach("A8", f"an illegal free changed the free blocks: {breach.because}")
        if self._since == _OPENING and breach.law in _ARISES_AT_OPENING:
            return Breach("A10", f"after opening: {breach.because}")
        return breach
