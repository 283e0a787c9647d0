"""What a listing of regions must tell: each page that was given, once, with what it is; in order, and merged.

The laws of the listing itself are those of regions; it is read into the specification's own form first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from ...region_laws import ordered
from ...regions import Regions
from ..frames import Breach
from .arena import PAGE
from .calls import NO_FILE
from .dialect import Dialect
from .memory import Memory, Page, page_of, runs

#: address, end, rights, shared, file, offset
_FIELDS = 6
Region = tuple[int, int, str, bool, int, int]


def listing_breaches(dialect: Dialect, memory: Memory, number: int, value: Any) -> Iterator[Breach]:
    """The laws that a listing of the regions of a process breaks."""
    listed = regions_in(value)
    if listed is None:
        yield Breach("C1", f"maps must give [address, end, rights, shared, file, offset] lists, not {value!r}"[:300])
        return
    yield from list(_order_breaches(listed))[:1] or list(_page_breaches(dialect, memory, number, listed))[:1]


def regions_in(value: Any) -> list[Region] | None:
    """The regions that a listing tells, or None where it tells something else."""
    if not isinstance(value, list | tuple):
        return None
    kinds = (int, int, str, bool, int, int)
    sound = [
        tuple(entry)
        for entry in value
        if isinstance(entry, list | tuple)
        and len(entry) == _FIELDS
        and all(type(field) is kind for field, kind in zip(entry, kinds, strict=True))
    ]
    return sound if len(sound) == len(value) else None


def _order_breaches(listed: list[Region]) -> Iterator[Breach]:
    for address, end, *_ in listed:
        if address % PAGE or end % PAGE:
            yield Breach("V1", f"the region {address:#x}-{end:#x} does not consist of whole pages")
        elif address >= end:
            yield Breach("V1", f"the region {address:#x}-{end:#x} is empty")
    told = _as_regions(listed)
    nodes = [*(address // PAGE for address, *_ in listed), told.pages]
    for node, above in pairwise(nodes):
        if not ordered(told, node, above):
            yield Breach("V1", f"the region at {node * PAGE:#x} does not end before the one listed after it begins")


def _as_regions(listed: list[Region]) -> Regions:
    """The listing as regions of the specification: each in the list right after the one that was told before it."""
    end = max((end for _, end, *_ in listed), default=0) // PAGE
    firsts = [address // PAGE for address, *_ in listed]
    ring = [end, *firsts, end]
    above, below = dict(pairwise(ring)), {after: before for before, after in pairwise(ring)}
    length = defaultdict(int, {address // PAGE: (last - address) // PAGE for address, last, *_ in listed})
    return Regions(length, defaultdict(int), defaultdict(int), above, below, len(listed), end)


def _page_breaches(dialect: Dialect, memory: Memory, number: int, listed: list[Region]) -> Iterator[Breach]:
    process, arena = memory.processes[number], dialect.arena
    bounded, window = dialect.capabilities.bounded, range(page_of(arena.base), page_of(arena.end))
    told = dict(_told(listed, lambda page: bounded or page in window or page in process.pages))
    for page in sorted(process.pages.keys() | told.keys()):
        entry, seen = process.pages.get(page), told.get(page)
        if seen is None:
            yield Breach("V2", f"the page at {page * PAGE:#x} was given, and is in no region")
        elif entry is None:
            yield Breach("V2", f"the page at {page * PAGE:#x} is in a region, and is free")
        elif seen != _as_listed(memory, entry):
            yield Breach(
                "V5",
                f"the page at {page * PAGE:#x} is told as {_words(seen)}, and is {_words(_as_listed(memory, entry))}",
            )
    if dialect.capabilities.merging:
        yield from _merge_breaches(memory, number, listed)


def _told(listed: list[Region], concerns: Callable[[int], bool]) -> Iterator[tuple[int, tuple[str, bool, int, int]]]:
    """What is told of each page that concerns us: beside the window others have regions of their own."""
    for address, end, rights, shared, file, offset in listed:
        for page in range(address // PAGE, end // PAGE):
            if concerns(page):
                place = (offset + page * PAGE - address) if file != NO_FILE else 0
                yield page, (rights, shared, file, place)


def _as_listed(memory: Memory, entry: Page) -> tuple[str, bool, int, int]:
    for (kind, name), number in memory.named.items():
        if number == entry.object and kind == "file":
            return entry.rights, entry.shared, name, entry.place * PAGE
    return entry.rights, entry.shared, NO_FILE, 0


def _words(told: tuple[str, bool, int, int]) -> str:
    rights, shared, file, place = told
    behind = f"file {file} at {place:#x}" if file != NO_FILE else "memory"
    return f"{rights or 'no rights'}, {'shared' if shared else 'private'}, {behind}"


def _merge_breaches(memory: Memory, number: int, listed: list[Region]) -> Iterator[Breach]:
    wanted = [(first * PAGE, end * PAGE) for first, end, _ in runs(memory.processes[number])]
    got = [(address, end) for address, end, *_ in listed]
    for address, end in wanted:
        if (address, end) not in got:
            yield Breach("V5.merged", f"{address:#x}-{end:#x} is alike throughout, and is not listed as one region")
