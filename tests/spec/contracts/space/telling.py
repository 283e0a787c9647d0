"""Telling a story to the relation: calls with their answers, each of which must be allowed."""

from typing import Any

from pagelaw.spec.contracts import Answer, Breach, Refused, Returned
from pagelaw.spec.contracts.space.arena import PAGE, SpaceArena, SpaceCapabilities
from pagelaw.spec.contracts.space.calls import NO_FILE, Create, Mmap, SpaceCall
from pagelaw.spec.contracts.space.memory import Memory
from pagelaw.spec.contracts.space.relation import SpaceContract

BASE = 1 << 30
EVERYTHING = SpaceCapabilities(
    dialects=("linux", "windows"),
    processes=3,
    executes=True,
    merging=True,
    look=True,
    forks=True,
    files=True,
    breaks=True,
    moves=True,
    advises=True,
    resident=True,
)
DONE = Returned()
DENIED, ILLEGAL, NO_MAPPING = Refused("denied"), Refused("illegal"), Refused("no-mapping")
OUT_OF_MEMORY, OUT_OF_ADDRESSES = Refused("out-of-memory"), Refused("out-of-addresses")


def at(page: int, offset: int = 0) -> int:
    """An address in the window."""
    return BASE + page * PAGE + offset


def mmap(page: int, pages: int, rights: str = "rw", **other: Any) -> Mmap:
    """A mapping of process 1, fixed where nothing else is said."""
    options = {"process": 1, "shared": False, "fixed": True, "file": NO_FILE, "offset": 0} | other
    return Mmap(address=at(page), length=pages * PAGE, rights=rights, **options)


class Telling:
    """A relation, and the state that the story so far has led to."""

    def __init__(self, arena: SpaceArena | None = None, capabilities: SpaceCapabilities = EVERYTHING) -> None:
        self.contract = SpaceContract(arena or SpaceArena("linux", 8), capabilities)
        self.memory: Memory = self.contract.initial()

    def __call__(self, call: SpaceCall, answer: Answer = DONE) -> "Telling":
        """One step, which must be allowed."""
        assert self.contract.may_ask(self.memory, call)
        assert self.contract.breaches(self.memory, call, answer) == []
        self.memory = self.contract.after(self.memory, call, answer)
        return self

    def begun(self) -> "Telling":
        """With a process 1."""
        return self(Create(1))

    def mapped(self, page: int, pages: int, rights: str = "rw", **other: Any) -> "Telling":
        """With a mapping more."""
        call = mmap(page, pages, rights, **other)
        return self(call, Returned(call.address))

    def breaches(self, call: SpaceCall, answer: Answer) -> list[Breach]:
        """What an answer breaks here."""
        return self.contract.breaches(self.memory, call, answer)

    def law(self, call: SpaceCall, answer: Answer) -> str:
        """The first law that an answer breaks here; empty if it is allowed."""
        return next((breach.law for breach in self.breaches(call, answer)), "")
