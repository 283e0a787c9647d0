"""The steps of the page-table specification as values: what is called with what, and done by the specification."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs

from ...spec.algebra import Backend
from ...spec.paging import NO_FAULT, Access
from ...spec.tables import Tables


@attrs.frozen
class Outcome:
    """What a step came to.

    Attributes:
        after: the state that it leaves; arrays are those of the state before, changed.
        done: whether it was done.
        answer: what it answered, in a word.
        fault: of a touch, why not; else NO_FAULT.
    """

    after: Tables
    done: bool
    answer: str
    fault: int = NO_FAULT


def rights_told(access: Access) -> str:
    """Rights in letters: `rwxu`."""
    return "r" + "w" * bool(access.write) + "x" * bool(access.execute) + "u" * bool(access.user)


def _done(after: Tables, done: bool) -> Outcome:
    return Outcome(after, done, "done" if done else "refused")


def _served(after: Tables, legal: bool, done: bool) -> Outcome:
    return Outcome(after, done, "done" if done else "no table frame" if legal else "refused")


@attrs.frozen
class Create:
    """A new address space."""

    name: ClassVar[str] = "create"

    def do(self, rules: Backend, tables: Tables) -> Outcome:
        after, done, root = rules.create(tables)
        return Outcome(after, done, f"root {root:#x}" if done else "no table frame")

    def told(self) -> str:
        return "create"


@attrs.frozen
class Drop:
    """An address space goes."""

    name: ClassVar[str] = "drop"
    root: int

    def do(self, rules: Backend, tables: Tables) -> Outcome:
        return _done(*rules.drop(tables, self.root))

    def told(self) -> str:
        return f"drop root {self.root:#x}"


@attrs.frozen
class _OnPage:
    """A step on the page at an address of a space."""

    root: int
    address: int

    def _place(self) -> str:
        return f"{self.address:#x} of root {self.root:#x}"


@attrs.frozen
class Map(_OnPage):
    """A page is mapped."""

    name: ClassVar[str] = "map"
    frame: int
    level: int
    rights: Access
    shared: bool

    def do(self, rules: Backend, tables: Tables) -> Outcome:
        call = (self.root, self.address, self.frame, self.level, self.rights, self.shared)
        return _served(*rules.map_page(tables, *call))

    def told(self) -> str:
        kind = " shared" if self.shared else ""
        return f"map {self._place()} to frame {self.frame}, level {self.level}, {rights_told(self.rights)}{kind}"


@attrs.frozen
class Unmap(_OnPage):
    """A page is mapped no more."""

    name: ClassVar[str] = "unmap"
    level: int

    def do(self, rules: Backend, tables: Tables) -> Outcome:
        return _done(*rules.unmap_page(tables, self.root, self.address, self.level))

    def told(self) -> str:
        return f"unmap {self._place()}, level {self.level}"


@attrs.frozen
class Protect(_OnPage):
    """A page gets other rights."""

    name: ClassVar[str] = "protect"
    level: int
    rights: Access

    def do(self, rules: Backend, tables: Tables) -> Outcome:
        return _done(*rules.protect_page(tables, self.root, self.address, self.level, self.rights))

    def told(self) -> str:
        return f"protect {self._place()}, level {self.level}, {rights_told(self.rights)}"


@attrs.frozen
class Split(_OnPage):
    """A huge leaf becomes a table of smaller ones."""

    name: ClassVar[str] = "split"
    level: int

    def do(self, rules: Backend, tables: Tables) -> Outcome:
        return _served(*rules.split_page(tables, self.root, self.address, self.level))

    def told(self) -> str:
        return f"split {self._place()}, level {self.level}"


@attrs.frozen
class Touch(_OnPage):
    """The hardware makes one access."""

    name: ClassVar[str] = "touch"
    access: Access

    def do(self, rules: Backend, tables: Tables) -> Outcome:
        image, fault, _ = rules.touch(rules.image_of(tables), self.root, self.address, self.access)
        answer = "done" if fault == NO_FAULT else f"fault {fault}"
        return Outcome(tables._replace(words=image.words), fault == NO_FAULT, answer, fault)

    def told(self) -> str:
        return f"touch {self._place()}, {rights_told(self.access)}"


@attrs.frozen
class PageOut(_OnPage):
    """A page goes to a paging file."""

    name: ClassVar[str] = "page-out"
    file: int
    place: int

    def do(self, rules: Backend, tables: Tables) -> Outcome:
        return _done(*rules.page_out(tables, self.root, self.address, self.file, self.place))

    def told(self) -> str:
        return f"page out {self._place()} to place {self.place} of file {self.file}"


@attrs.frozen
class PageIn(_OnPage):
    """A page comes back from its paging file."""

    name: ClassVar[str] = "page-in"
    frame: int

    def do(self, rules: Backend, tables: Tables) -> Outcome:
        return _done(*rules.page_in(tables, self.root, self.address, self.frame))

    def told(self) -> str:
        return f"page in {self._place()} to frame {self.frame}"


@attrs.frozen
class Share:
    """A frame that is mapped may from now on be mapped more than once."""

    name: ClassVar[str] = "share"
    frame: int

    def do(self, rules: Backend, tables: Tables) -> Outcome:
        mapped = self.frame < tables.limit and tables.count[self.frame] != 0
        return _done(rules.share(tables, self.frame), mapped)

    def told(self) -> str:
        return f"share frame {self.frame}"


Step = Create | Drop | Map | Unmap | Protect | Split | Touch | PageOut | PageIn | Share
#: Every kind of step: each must be seen done and refused.
KINDS: tuple[Any, ...] = (Create, Drop, Map, Unmap, Protect, Split, Touch, PageOut, PageIn, Share)


def seen_as(step: Step, outcome: Outcome) -> str:
    """Under which name a step is counted."""
    return str(step.name) if outcome.done else f"{step.name} refused"


def never_seen(seen: Mapping[str, int]) -> list[str]:
    """Kinds of steps that were never done, or never refused: what holds without them says little."""
    return [name for kind in KINDS for name in (kind.name, f"{kind.name} refused") if not seen.get(name)]
