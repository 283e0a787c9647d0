"""What a dialect of the contract `space` knows: its calls, how they may be answered, and what they lead to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from ..frames import Breach
from .calls import Execute, Read, SpaceCall, Write
from .memory import Memory, Page, Process, Terms, charge

ILLEGAL = "illegal"
NO_MAPPING = "no-mapping"
OUT_OF_MEMORY = "out-of-memory"
OUT_OF_ADDRESSES = "out-of-addresses"
GUARDED = "guard"
#: What an agreed refusal breaks where the call should have been done, or refused as something else.
_WORDS = "C1"


@attrs.frozen
class Allowed:
    """How a call may be answered, but for the value that it returns.

    Attributes:
        refusals: the refusals that are allowed, each with its reason in words.
        done: whether it may be done.
        law: the law that another answer breaks.
        because: why it must be done, in words.
    """

    refusals: Mapping[str, str]
    done: bool
    law: str
    because: str = ""

    @property
    def wanted(self) -> str:
        """What is wrong with doing it."""
        reasons = dict.fromkeys(self.refusals.values())
        return f"{' and '.join(reasons)}: it must be refused as {' or '.join(sorted(self.refusals))}"

    def refusal_breaches(self, call: str, reason: str) -> Iterator[Breach]:
        """The law that a refusal breaks, if it does."""
        if reason in self.refusals:
            return
        if not self.done:
            yield Breach(self.law, f"{call} was refused as {reason}; {self.wanted}")
        elif self.refusals:
            others = " or ".join(sorted(self.refusals))
            yield Breach(self.law, f"{call} was refused as {reason}; it may be done, or refused as {others}")
        else:
            because = f": {self.because}" if self.because else ""
            yield Breach(self.law, f"{call} was refused as {reason}, but must be done{because}")


def as_done(law: str = _WORDS, because: str = "") -> Allowed:
    """It must be done."""
    return Allowed({}, True, law, because)


def refused(reason: str, why: str, *, law: str = _WORDS) -> Allowed:
    """It must be refused."""
    return Allowed({reason: why}, False, law)


def within_limit(terms: Terms, memory: Memory, more: int, allowed: Allowed) -> Allowed:
    """What is allowed of a call that charges so many pages more: all of them, or none."""
    limit = terms.arena.limit
    if not limit or more <= 0:
        return allowed
    if charge(memory) + more > limit:
        why = f"{charge(memory)} pages are charged, {more} more are above the limit of {limit}"
        return refused(OUT_OF_MEMORY, why, law="V4")
    return attrs.evolve(allowed, law="V4", because=f"{more} pages more are within the limit of {limit}")


def is_inside(terms: Terms, address: int, length: int) -> bool:
    """Whether a range of bytes lies inside the window."""
    return terms.arena.base <= address and address + length <= terms.arena.end


@attrs.frozen
class Dialect(Terms, ABC):
    """One dialect, for one arena and one set of capabilities."""

    @abstractmethod
    def may_ask(self, memory: Memory, call: SpaceCall) -> bool:
        """Whether the call is one that a caller may make."""

    @abstractmethod
    def allowed(self, memory: Memory, call: SpaceCall) -> Allowed:
        """How a call in a process that there is may be answered."""

    @abstractmethod
    def value_breaches(self, memory: Memory, call: SpaceCall, value: Any) -> Iterator[Breach]:
        """The laws that the value breaks which a call has returned that may be done."""

    @abstractmethod
    def done(self, memory: Memory, call: SpaceCall, value: Any) -> None:
        """The state after a call that was done; writes into `memory`."""

    def created(self, memory: Memory, process: int) -> None:
        """The state after a process was created."""
        memory.processes[process] = Process()

    def refused(self, memory: Memory, call: SpaceCall, reason: str) -> None:
        """The state after a refusal: as a rule, that before."""

    def allowed_at_guard(self, memory: Memory, call: Read | Write | Execute, page: Page) -> Allowed:
        """How an access to a guard page may be answered: as a rule it is told."""
        return refused(GUARDED, "the page is a guard page, and was not accessed before", law="V13")

    def accessed(self, memory: Memory, call: Read | Write | Execute) -> None:
        """What an access that was done leads to besides what it reads or writes: as a rule nothing."""

    def given_by(self, memory: Memory, call: Read | Write | Execute) -> Page | None:
        """What an access gives at a page that is free, if it does: as a rule nothing."""
        return None

    def is_near_a_stack(self, memory: Memory, call: Read | Write | Execute) -> bool:
        """Whether an access to a free page is one just below a stack: as a rule there is no such thing."""
        return False
