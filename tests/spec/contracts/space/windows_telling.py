"""Stories in the dialect `windows`: the calls of process 1, and a relation to tell them to."""

from typing import Any

from pagelaw.spec.contracts import Refused, Returned
from pagelaw.spec.contracts.space.arena import PAGE, SpaceArena, SpaceCapabilities
from pagelaw.spec.contracts.space.calls import (
    NO_FILE,
    Commit,
    Decommit,
    Lock,
    MapView,
    Protect,
    Query,
    Release,
    Reserve,
    Section,
    Stack,
    Unlock,
    UnmapView,
)

from .telling import BASE, Telling, at

EVERYTHING = SpaceCapabilities(
    dialects=("windows",),
    processes=3,
    executes=True,
    look=True,
    files=True,
    sections=True,
    locks=True,
    stacks=True,
    overcommit="never",
)
GUARD, OVERFLOW = Refused("guard"), Refused("stack-overflow")
KIB_64 = 16


class Windows(Telling):
    """A story with process 1 in a window of 64 pages."""

    def __init__(self, *, pages: int = 64, capabilities: SpaceCapabilities = EVERYTHING, **arena: Any) -> None:
        super().__init__(SpaceArena("windows", pages, **arena), capabilities)
        self.begun()

    def reserved(self, page: int, pages: int, rights: str = "rw", *, commit: bool = False) -> "Windows":
        """With a reservation more."""
        self(reserve(page, pages, rights, commit=commit), Returned(at(page)))
        return self

    def viewed(self, page: int, pages: int, rights: str, *, section: int = 1, offset: int = 0) -> "Windows":
        """With a view more."""
        self(view(page, pages, rights, section=section, offset=offset), Returned(at(page)))
        return self

    def queried(self, page: int) -> tuple[int, int, str, str]:
        """What a query must tell, found by asking: base, pages alike, state and rights."""
        regions = {entry.region for entry in self.memory.processes[1].pages.values()}
        given = [("reserved", ""), *(("committed", rights) for rights in _RIGHTS)]
        kinds = [(0, "free", ""), *((base, *kind) for base in regions for kind in given)]
        # With a length that is never right, only what is right otherwise is told to be wrong in its length.
        alike = [kind for kind in kinds if "alike" in self._objection(page, *kind, length=0)]
        found = [
            ((base - at(0)) // PAGE if base else 0, length, state, rights)
            for base, state, rights in alike
            for length in range(1, 257)
            if not self._objection(page, base, state, rights, length=length)
        ]
        assert len(found) == 1, found
        return found[0]

    def _objection(self, page: int, base: int, state: str, rights: str, *, length: int) -> str:
        breaches = self.breaches(Query(1, at(page, 7)), Returned([at(page), base, length * PAGE, state, rights]))
        return breaches[0].because if breaches else ""


_RIGHTS = ("", "r", "rw", "rx", "rwx", "rg", "rwg", "rxg", "rwxg", "rc")


def reserve(page: int, pages: int, rights: str = "rw", *, commit: bool = False, process: int = 1) -> Reserve:
    """A reservation at a page."""
    return Reserve(process, at(page), pages * PAGE, rights, commit)


def anywhere(pages: int, *, commit: bool = False) -> Reserve:
    """A reservation anywhere."""
    return Reserve(1, 0, pages * PAGE, "rw", commit)


def commit(page: int, pages: int, rights: str = "rw") -> Commit:
    """Pages are committed."""
    return Commit(1, at(page), pages * PAGE, rights)


def decommit(page: int, pages: int) -> Decommit:
    """Pages are decommitted; 0: all of a region."""
    return Decommit(1, at(page), pages * PAGE)


def release(page: int, size: int = 0) -> Release:
    """A region is released."""
    return Release(1, at(page), size)


def protect(page: int, pages: int, rights: str) -> Protect:
    """Pages get other rights."""
    return Protect(1, at(page), pages * PAGE, rights)


def lock(page: int, pages: int) -> Lock:
    """Pages stay resident."""
    return Lock(1, at(page), pages * PAGE)


def unlock(page: int, pages: int) -> Unlock:
    """Pages need not stay resident."""
    return Unlock(1, at(page), pages * PAGE)


def section(number: int, size: int, file: int = NO_FILE) -> Section:
    """A section."""
    return Section(number, size, file)


def view(page: int | None, pages: int, rights: str, *, section: int = 1, offset: int = 0, process: int = 1) -> MapView:
    """A view, at a page or anywhere."""
    return MapView(process, section, offset, pages * PAGE, rights, 0 if page is None else at(page))


def unmap(page: int) -> UnmapView:
    """A view goes."""
    return UnmapView(1, at(page))


def stack(size: int = 0) -> Stack:
    """A thread's stack."""
    return Stack(1, size)


__all__ = [
    "BASE",
    "EVERYTHING",
    "GUARD",
    "KIB_64",
    "OVERFLOW",
    "Windows",
    "anywhere",
    "at",
    "commit",
    "decommit",
    "lock",
    "protect",
    "release",
    "reserve",
    "section",
    "stack",
    "unlock",
    "unmap",
    "view",
]
