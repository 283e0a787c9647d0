"""What a query of the dialect `windows` must tell: the state of a page, its region, and how far that goes on.

A query gives five things: the address of the page, the base of its region (0: free), how many bytes from the page on
are alike, the state, and the rights. Alike are pages side by side in one region, of one state and with equal rights.

Source: Microsoft, VirtualQuery and MEMORY_BASIC_INFORMATION.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..frames import Breach
from .arena import PAGE
from .memory import Process, Terms, page_of
from .windows_ranges import rights_told

FREE, RESERVED, COMMITTED = "free", "reserved", "committed"
Told = tuple[int, int, int, str, str]
_KINDS = (int, int, int, str, str)


def query_breaches(terms: Terms, process: Process, address: int, value: Any) -> Iterator[Breach]:
    """The laws that the answer to a query breaks; the first that a reader should be told of."""
    told = told_in(value)
    if told is None:
        yield Breach("C1", f"query must give [page, base, bytes alike, state, rights], not {value!r}"[:300])
        return
    page = page_of(address)
    if page not in process.pages:
        yield from _free_breaches(terms, process, page, told)
        return
    # Whether a private copy of a page is told by its rights depends on the version of Windows.
    readings = [_as_queried(process, page, copied=copied) for copied in (True, False)]
    if told not in readings:
        yield _breach(told, readings[0])


def told_in(value: Any) -> Told | None:
    """What a query tells, or None where it tells something else."""
    if not isinstance(value, list | tuple) or len(value) != len(_KINDS):
        return None
    if any(type(field) is not kind for field, kind in zip(value, _KINDS, strict=True)):
        return None
    address, base, alike, state, rights = value
    return address, base, alike, state, rights


def _as_queried(process: Process, page: int, *, copied: bool) -> Told:
    entry, end = process.pages[page], page
    rights = rights_told(process, page, copied=copied)
    while (other := process.pages.get(end)) is not None:
        if (other.region, other.state) != (entry.region, entry.state):
            break
        if rights_told(process, end, copied=copied) != rights:
            break
        end += 1
    state = COMMITTED if entry.is_committed else RESERVED
    return page * PAGE, entry.region, (end - page) * PAGE, state, rights


def _free_breaches(terms: Terms, process: Process, page: int, told: Told) -> Iterator[Breach]:
    """Of a free page the length counts only where it is known who lives above."""
    above = min((given for given in process.pages if given > page), default=terms.arena.end // PAGE)
    length = (above - page) * PAGE if terms.capabilities.bounded else told[2]
    wanted = page * PAGE, 0, length, FREE, ""
    if told != wanted:
        yield _breach(told, wanted)


def _breach(told: Told, wanted: Told) -> Breach:
    """The law of the first thing that is told wrongly: whether the page was given, in which state it is, and so on."""
    where = f"the page at {wanted[0]:#x}"
    if (told[3] == FREE) != (wanted[3] == FREE):
        return Breach("V2", f"{where} is told to be {told[3]}, and is {wanted[3]}")
    if told[3] != wanted[3]:
        return Breach("V8", f"{where} is told to be {told[3]}, and is {wanted[3]}")
    if told[4] != wanted[4]:
        return Breach("V5", f"{where} is told to have the rights {told[4] or 'none'}, and has {wanted[4] or 'none'}")
    if told[:2] != wanted[:2]:
        shown = f"{told[0]:#x} of the region at {told[1]:#x}"
        return Breach("V2", f"{where} is told as the page {shown}; its region begins at {wanted[1]:#x}")
    return Breach("V2", f"{where} and those above it are told to be alike for {told[2]:#x} bytes, not {wanted[2]:#x}")
