"""What a manager of address spaces is given, and what it declares about itself.

A process may use the addresses of a window; in many implementations the window is all there is, in a running system
it is a part that nobody else uses::

    0            base                                          end
    |  nobody's   |  window: `pages` pages, free at first       |  nobody's, or the system's own
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from ..arena import ContractError

#: Bytes of a page, and of the granularity at which Windows reserves; source: GetSystemInfo on x86.
PAGE = 1 << 12
GRANULARITY = 1 << 16
DIALECTS = ("windows", "linux")
#: No address has more bits than a machine word.
LAST_ADDRESS = (1 << 64) - 1
_MOST_PAGES = 1 << 48


def _between(least: int, most: int) -> Any:
    def check(_instance: object, attribute: attrs.Attribute[int], value: int) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ContractError(f"{attribute.name} must be a whole number from {least} to {most}, not {value!r}")

    return check


def _known_dialect(_instance: object, _attribute: object, value: str) -> None:
    if value not in DIALECTS:
        raise ContractError(f"no dialect is called {value!r}; there are {' and '.join(DIALECTS)}")


@attrs.frozen
class SpaceArena:
    """The memory that a manager of address spaces is given.

    Attributes:
        dialect: `windows` (reserve, commit, ...) or `linux` (mmap, munmap, ...).
        pages: pages of the window that each process may use.
        base: address of the window, a multiple of 64 KiB.
        frames: frames of physical memory; 0: more than can be used up.
        limit: pages that may be charged; 0: more than can be used up.
    """

    dialect: str = attrs.field(validator=_known_dialect)
    pages: int = attrs.field(validator=_between(1, _MOST_PAGES))
    base: int = attrs.field(default=1 << 30, validator=_between(0, LAST_ADDRESS))
    frames: int = attrs.field(default=0, validator=_between(0, _MOST_PAGES))
    limit: int = attrs.field(default=0, validator=_between(0, _MOST_PAGES))

    def __attrs_post_init__(self) -> None:
        if self.base % GRANULARITY:
            raise ContractError(f"base must be a multiple of {GRANULARITY:#x}, not {self.base:#x}")
        if self.end - 1 > LAST_ADDRESS:
            raise ContractError(f"{self.pages} pages from {self.base:#x} on are more than an address can name")

    @property
    def end(self) -> int:
        """The address after the window; it need not be an address itself."""
        return self.base + self.pages * PAGE


def _names(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


def _known_dialects(_instance: object, _attribute: object, values: tuple[str, ...]) -> None:
    for value in values:
        _known_dialect(_instance, _attribute, value)


def _known_overcommit(_instance: object, _attribute: object, value: str) -> None:
    if value not in ("always", "never"):
        raise ContractError(f"capability overcommit must be always or never, not {value!r}")


@attrs.frozen(kw_only=True)
class SpaceCapabilities:
    """What a target declares about itself; it decides which laws apply and which calls are made.

    Attributes:
        dialects: those that it speaks.
        processes: how many processes it can have at a time.
        bounded: the window is all there is, so that it can be used up, and chosen addresses lie inside it.
        base, frames, limit: the window can begin elsewhere, physical memory can be limited, the charge can.
        overcommit: `always` (nothing is charged) or `never` (what may be written is charged, up to the limit).
        pages_out: with all frames in use, contents are put out to make room; without it an access is refused.
        executes: code can be executed at an address.
        atomic: a call that is refused has changed nothing; without it, `mprotect` over a page that was not given has
            done its part for those before it, `madvise` for all others, and a denied fetch may have made its page
            resident.
        eager: pages are backed as soon as they are given; without it, at the first access.
        merging: regions that a listing tells are merged with compatible neighbours.
        look: regions can be listed (`maps`) or queried (`query`).
        forks, files, breaks, moves, advises, resident, faults: it has `fork`; `file`, `load` and `store`; `brk`;
            `mremap`; `madvise`; `mincore`; `faults`.
        gap: free pages that must remain between a stack that grows and what is below it (Linux), unless that is a
            stack, too, or has no rights.
        sections, locks, stacks: it has `section`, `map_view` and `unmap_view`; `lock` and `unlock`; `stack`.
    """

    dialects: tuple[str, ...] = attrs.field(default=(), converter=_names, validator=_known_dialects)
    processes: int = attrs.field(default=1, validator=_between(1, 64))
    bounded: bool = True
    base: bool = False
    frames: bool = False
    limit: bool = False
    overcommit: str = attrs.field(default="always", validator=_known_overcommit)
    pages_out: bool = False
    executes: bool = False
    atomic: bool = True
    eager: bool = False
    merging: bool = False
    look: bool = False
    forks: bool = False
    files: bool = False
    breaks: bool = False
    moves: bool = False
    advises: bool = False
    resident: bool = False
    faults: bool = False
    sections: bool = False
    locks: bool = False
    stacks: bool = False
    gap: int = attrs.field(default=256, validator=_between(1, 1 << 20))
