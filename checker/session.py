"""One opened target in lock step with the contract: each answer is judged in the state that the answers before left.

    requests --> calls --batch--> target --> answers --> breaches? --> next state

Requests may speak of earlier ones (`plan`), so a batch ends where a free needs an answer that is not there yet.
The session stops at the first breach: what the state is after an answer that no law allows, nobody can say.

A probe also convicts the call before it. If the free blocks were right and a call that must change nothing came in
between, then it is that call's law that is broken: A8 for an illegal free, A9 for a refused allocate, and A10 for
the initialisation where no call came before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

import attrs

from ..spec.contracts import (
    Allocate,
    Answer,
    Breach,
    Call,
    Failed,
    FramesContract,
    Free,
    Probe,
    Returned,
)
from ..spec.frames import NONE, RESERVED, Memory, free_order_over
from .plan import FreeOf, Request, displaced, linked
from .targets.target import Instance
from .trace import Trace

#: What happened since the free blocks were last seen to be right.
_OPENING, _NOTHING, _REFUSAL, _ILLEGAL, _MOVED = range(5)
_PROBED_LAWS = frozenset({"A1", "A2", "A3", "A4", "A5", "A7", "A14"})
_ARISES_AT_OPENING = frozenset({"A2", "A3", "A7"})


@attrs.define
class Tally:
    """How often each outcome of each operation was seen, from which follows what was at stake."""

    opened: int = 0
    calls: int = 0
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


@lru_cache(maxsize=64)
def _opened(contract: FramesContract) -> Memory:
    """The state right after opening, worked out once for an arena that is opened again and again; to be copied."""
    return contract.initial()


class Session:
    """One instance under judgement, from its opening to the first breach.

    Attributes:
        memory: the state of the specification.
        breaches: the laws broken by the last step; empty as long as all is well.
        live: the frame and order that each request still holds.
        tally: what was seen; may be shared between sessions.
    """

    def __init__(
        self, contract: FramesContract, instance: Instance, *, probe_every: int = 0, tally: Tally | None = None
    ) -> None:
        """`probe_every` calls the free blocks are looked at, where the target lets them be seen; 0: only on request."""
        self.contract = contract
        self.instance = instance
        self.tally = Tally() if tally is None else tally
        self.memory = contract.copy(_opened(contract))
        self.breaches: list[Breach] = []
        self.live: dict[int, tuple[int, int]] = {}
        self.requested = 0
        self.tally.opened += 1
        self._calls: list[Call] = []
        self._answers: list[Answer] = []
        self._links: list[int | None] = []
        self._given: dict[int, tuple[int, int, int]] = {}
        self._owner: dict[int, int] = {}
        self._pending: list[tuple[Call, int, int | None]] = []
        self._probes = contract.capabilities.probe
        self._compares = self._probes and contract.capabilities.merging == "eager"
        self._undefined = contract.capabilities.illegal_free == "undefined"
        self._every = probe_every if self._probes else 0
        self._since_probe = 0
        self._since = _OPENING
        self._untouched = True
        if self._every:
            self._pending.append((Probe(), -1, None))

    @property
    def calls(self) -> int:
        """How many calls were made."""
        return len(self._calls)

    def perform(self, requests: Iterable[Request]) -> list[Breach]:
        """Make the requests, in as few batches as they allow; the breaches that ended the session, or none."""
        for request in requests:
            index = self.requested
            self.requested += 1
            if self.breaches:
                break
            call, link = self._resolve(request)
            if call is None:
                continue
            self._pending.append((call, index, link))
            self._since_probe += 1
            if self._every and self._since_probe >= self._every:
                self._since_probe = 0
                self._pending.append((Probe(), -1, None))
        self._flush()
        return self.breaches

    @property
    def history(self) -> list[tuple[Call, Answer]]:
        """The calls made and their answers."""
        return list(zip(self._calls, self._answers, strict=True))

    def resume(self, calls: Sequence[Call], answers: Sequence[Answer], memory: Memory, tail: Sequence[Call]) -> bool:
        """Make `calls`, judged before and known to lead to `memory`, and judge `tail` there; all in one batch.

        False, with nothing judged, where the answers to `calls` are not the known ones.
        """
        now = self.instance.perform([*calls, *tail])
        count = len(calls)
        if now[:count] != list(answers):
            return False
        for index, (call, answer) in enumerate(zip(calls, answers, strict=True)):
            self._remember(call, answer, index)
        self.memory, self._since = memory, _MOVED
        self._judge([(call, -1 - index, None) for index, call in enumerate(tail)], now[count:])
        return True

    def close(self) -> None:
        """Let the instance go."""
        self.instance.close()

    def trace(self, *, target: str = "", judge: str = "", seed: int | None = None) -> Trace:
        """The calls so far, with the breach that ended them, if any."""
        first = self.breaches[0] if self.breaches else Breach("", "")
        return Trace(
            arena=self.contract.arena,
            steps=tuple(linked(self._calls, self._answers, self._links)),
            law=first.law,
            because=first.because,
            target=target,
            judge=judge,
            seed=seed,
            capabilities=self.contract.capabilities,
        )

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

    def _flush(self) -> None:
        pending, self._pending = self._pending, []
        if not pending or self.breaches:
            return
        self._judge(pending, self.instance.perform([call for call, _, _ in pending]))

    def _judge(self, pending: list[tuple[Call, int, int | None]], answers: list[Answer]) -> None:
        if len(answers) < len(pending) and not (answers and isinstance(answers[-1], Failed)):
            answers = [*answers, Failed("garbage", f"{len(answers)} answers to {len(pending)} calls")]
        for (call, index, link), answer in zip(pending, answers, strict=False):
            self._step(call, answer, index, link)
            if self.breaches:
                return

    def _step(self, call: Call, answer: Answer, index: int, link: int | None) -> None:
        self.tally.calls += 1
        breaches = self.contract.breaches(self.memory, call, answer)
        if breaches:
            self._record(call, answer, link)
            self.breaches = [self._convict(call, breach) for breach in breaches]
            return
        if isinstance(call, Allocate):
            self._count_allocate(call, answer)
        elif isinstance(call, Free):
            self._count_free(call)
        else:
            self._count_probe()
        self._remember(call, answer, index, link)
        self.memory = self.contract.after(self.memory, call, answer)

    def _record(self, call: Call, answer: Answer, link: int | None) -> None:
        self._calls.append(call)
        self._answers.append(answer)
        self._links.append(None if link is None else self._given[link][2])

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
