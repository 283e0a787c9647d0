"""How targets of one contract are judged: what the campaigns, the minimiser and the replays ask of each contract.

The relation of a contract says which answers are allowed. A practice adds what judging needs beyond that: a session
that counts what was at stake, the judges that think of calls, and what a shorter story may look like.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from ..spec.contracts import Contract
from ..spec.law import Law
from .plan import Plan
from .session import Session
from .targets.target import Target
from .trace import Trace


class Judge(Protocol):
    """A judge of an implementation: fills a campaign within its budget."""

    def __call__(self, campaign: Any, *, budget: float, frames: int | None) -> None:
        """`budget` is that of all judges, in seconds; `frames` fixes the size of every arena."""
        ...


class Practice(ABC):
    """The practice of one contract.

    Attributes:
        contract: the contract.
        session: class of its sessions.
    """

    contract: ClassVar[Contract]
    session: ClassVar[type[Session]]

    # -- judging ------------------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def judges(self) -> Mapping[str, Judge]:
        """The judges, by name."""

    def held_to(self, offered: Any, laws: Sequence[Law]) -> Any:
        """The capabilities that a target is held to where just these laws are asked for."""
        return offered

    @abstractmethod
    def cases_of(self, law: str, tally: Any) -> int:
        """How many calls or looks could have shown a breach of the law."""

    @abstractmethod
    def stake_of(self, law: str, tally: Any) -> str:
        """What the cases are, in words."""

    @abstractmethod
    def reason_not_judged(self, law: str, capabilities: Any) -> str:
        """Why nobody could judge this law for a target with these capabilities; empty where it can be judged."""

    @abstractmethod
    def reason_unknown(self, law: str, campaign: Any) -> str:
        """Why a run leaves the law undecided although it found no breach; empty where it does not."""

    def reason_moot(self, law: str, campaign: Any) -> str:
        """Why the target gave nobody a chance to judge the law, as the run has shown; empty where it did."""
        return ""

    def ended_badly(self, law: str) -> bool:
        """Whether a failure at the end of an arena breaks this law."""
        return False

    # -- arenas in words ----------------------------------------------------------------------------------------

    @abstractmethod
    def described(self, arena: Any) -> str:
        """An arena in a few words."""

    @abstractmethod
    def sizes(self, arenas: Collection[Any]) -> str:
        """The arenas that were covered, in words."""

    # -- stories ------------------------------------------------------------------------------------------------

    def held_as(self, offered: Any, told: Any) -> Any:
        """The capabilities that a target is held to where a story is told that was found under `told`."""
        return offered

    def plan_of(self, trace: Trace) -> Plan:
        """The plan that a trace tells."""
        return Plan(trace.arena, tuple(step.call for step in trace.steps))

    def without(self, plan: Plan, dropped: Collection[int]) -> Plan:
        """The plan without these requests, and without what rests on them."""
        kept = tuple(request for index, request in enumerate(plan.requests) if index not in dropped)
        return Plan(plan.arena, kept)

    @abstractmethod
    def is_look(self, request: Any) -> bool:
        """Whether the request only looks at the target."""

    def looking_rarely(self, plan: Plan) -> int:
        """After how many calls to look while a plan is shortened; 0: the looks of the story will do.

        What only a look shows, and shows for a moment only, is lost in a shorter story without looks in between.
        """
        return 0

    def halved(self, plan: Plan) -> Plan | None:
        """The plan at half its size, or None where it cannot be halved."""
        return None

    def slices(self, trace: Trace) -> Iterable[Plan]:
        """Candidates that leave much out at once, because it cannot matter or most likely does not."""
        return ()

    @abstractmethod
    def smaller(self, plan: Plan) -> Iterable[Plan]:
        """Candidates with a smaller arena, the smallest first."""

    @abstractmethod
    def simpler(self, request: Any, arena: Any) -> Iterator[Any]:
        """Simpler requests that may stand for this one, the simplest first."""


def tell(practice: Practice, plan: Plan, target: Target, capabilities: Any = None, *, probe_every: int = 0) -> Session:
    """The closed session in which the plan was told to a fresh instance, up to its first breach.

    `capabilities` are those that the target is held to, all that it declares otherwise; `probe_every` as in `Session`.
    """
    held = target.capabilities if capabilities is None else capabilities
    relation = practice.contract.relation(plan.arena, held)
    session = practice.session(relation, target.open(plan.arena), probe_every=probe_every)
    try:
        session.perform(plan.requests)
    finally:
        session.close()
    return session
