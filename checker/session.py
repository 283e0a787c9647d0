"""One opened target in lock step with the contract: each answer is judged in the state that the answers before left.

    requests --> calls --batch--> target --> answers --> breaches? --> next state

The session stops at the first breach: what the state is after an answer that no law allows, nobody can say.
Each contract has a subclass that makes calls of requests, looks at the target in between, and counts what was seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, ClassVar

import attrs

from ..spec.contracts import Answer, Breach, Failed
from .targets.target import Instance
from .trace import Step, Trace


@attrs.define
class Tally:
    """How often each outcome of each operation was seen, from which follows what was at stake."""

    opened: int = 0
    calls: int = 0


@lru_cache(maxsize=64)
def _opened(relation: Any) -> Any:
    """The state right after opening, worked out once for an arena that is opened again and again; to be copied."""
    return relation.initial()


class Session:
    """One instance under judgement, from its opening to the first breach.

    Attributes:
        contract: the relation of the contract, for the arena and the capabilities.
        memory: the state of the specification.
        breaches: the laws broken by the last step; empty as long as all is well.
        tally: what was seen; may be shared between sessions.
    """

    contract_name: ClassVar[str]
    tally_class: ClassVar[type[Tally]] = Tally

    def __init__(self, contract: Any, instance: Instance, *, probe_every: int = 0, tally: Any = None) -> None:
        """`probe_every` calls the target is looked at, as far as it lets itself be seen; 0: only on request."""
        self.contract = contract
        self.instance = instance
        self.tally: Any = self.tally_class() if tally is None else tally
        self.memory = contract.copy(_opened(contract))
        self.breaches: list[Breach] = []
        self.requested = 0
        self.tally.opened += 1
        self._calls: list[Any] = []
        self._answers: list[Answer] = []
        self._links: list[int | None] = []
        self._pending: list[tuple[Any, int, int | None]] = []
        self._every = probe_every if self._looks() else 0
        self._since_probe = 0.0
        if self._every:
            self._ask_to_look()

    @property
    def calls(self) -> int:
        """How many calls were made."""
        return len(self._calls)

    @property
    def history(self) -> list[tuple[Any, Answer]]:
        """The calls made and their answers."""
        return list(zip(self._calls, self._answers, strict=True))

    def perform(self, requests: Iterable[Any]) -> list[Breach]:
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
            self._pending += [(following, -1, None) for following in self._following(call)]
            self._since_probe += self._weight(call)
            if self._every and self._since_probe >= self._every:
                self._since_probe = 0
                self._ask_to_look()
        self._flush()
        return self.breaches

    def resume(self, calls: Sequence[Any], answers: Sequence[Answer], memory: Any, tail: Sequence[Any]) -> bool:
        """Make `calls`, judged before and known to lead to `memory`, and judge `tail` there; all in one batch.

        False, with nothing judged, where the answers to `calls` are not the known ones.
        """
        now = self.instance.perform([*calls, *tail])
        count = len(calls)
        if now[:count] != list(answers):
            return False
        for index, (call, answer) in enumerate(zip(calls, answers, strict=True)):
            self._remember(call, answer, index)
        self.memory = memory
        self._resumed()
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
            steps=tuple(self._told()),
            law=first.law,
            because=first.because,
            target=target,
            judge=judge,
            seed=seed,
            contract=self.contract_name,
            capabilities=self.contract.capabilities,
        )

    # -- what a contract has of its own --------------------------------------------------------------------------

    def _looks(self) -> Sequence[Any]:
        """The calls that look at the target, as far as it declares that it can be seen."""
        return ()

    def _resolve(self, request: Any) -> tuple[Any, int | None]:
        """The call that is meant, and the request it refers to; no call where it cannot be made."""
        return request, None

    def _following(self, call: Any) -> Sequence[Any]:
        """The calls that belong to this one and are made right after it."""
        return ()

    def _weight(self, call: Any) -> float:
        """How much nearer the call brings the next look."""
        return 1

    def _broken(self, call: Any, answer: Answer) -> list[Breach]:
        """The laws that an answer breaks."""
        breaches: list[Breach] = self.contract.breaches(self.memory, call, answer)
        return breaches

    def _convict(self, call: Any, breach: Breach) -> Breach:
        """The breach under the law of the call that is to blame."""
        return breach

    def _count(self, call: Any, answer: Answer) -> None:
        """Count an allowed step; the state is still that before it."""

    def _remember(self, call: Any, answer: Answer, index: int, link: int | None = None) -> None:
        """Keep an allowed step, which request `index` asked for."""
        self._record(call, answer, link)

    def _resumed(self) -> None:
        """The session goes on from a state that was known."""

    def _step_of(self, link: int) -> int | None:
        """Index of the step that request `link` became."""
        return link

    def _told(self) -> Iterable[Step]:
        """The calls so far as steps of a trace."""
        return (Step(call, answer) for call, answer in zip(self._calls, self._answers, strict=True))

    # -- from answers to the next state --------------------------------------------------------------------------

    def _ask_to_look(self) -> None:
        self._pending += [(look, -1, None) for look in self._looks()]

    def _flush(self) -> None:
        pending, self._pending = self._pending, []
        if not pending or self.breaches:
            return
        self._judge(pending, self.instance.perform([call for call, _, _ in pending]))

    def _judge(self, pending: list[tuple[Any, int, int | None]], answers: list[Answer]) -> None:
        if len(answers) < len(pending) and not (answers and isinstance(answers[-1], Failed)):
            answers = [*answers, Failed("garbage", f"{len(answers)} answers to {len(pending)} calls")]
        for (call, index, link), answer in zip(pending, answers, strict=False):
            self._step(call, answer, index, link)
            if self.breaches:
                return

    def _step(self, call: Any, answer: Answer, index: int, link: int | None) -> None:
        self.tally.calls += 1
        breaches = self._broken(call, answer)
        if breaches:
            self._record(call, answer, link)
            self.breaches = [self._convict(call, breach) for breach in breaches]
            return
        self._count(call, answer)
        self._remember(call, answer, index, link)
        self.memory = self.contract.after(self.memory, call, answer)

    def _record(self, call: Any, answer: Answer, link: int | None) -> None:
        self._calls.append(call)
        self._answers.append(answer)
        self._links.append(None if link is None else self._step_of(link))
