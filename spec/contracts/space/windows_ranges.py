"""Ranges of the dialect `windows`: what a call touches, which region that is in, and whether there is room.

A reservation begins at a granule of 64 KiB and ends with the page that its last byte is in; a call on what was
reserved touches whole pages, all of one region::

    granule |               |               |               |
    reserve        address..........................end               base = the granule of `address`
    given   [ page page page page page page page page page ]          the rest of the last granule is nobody's

Source: Microsoft, VirtualAlloc (lpAddress and dwSize), VirtualFree and GetSystemInfo (dwAllocationGranularity).
"""

from __future__ import annotations

import attrs

from ... import access, pages
from .arena import GRANULARITY, LAST_ADDRESS, PAGE
from .dialect import ILLEGAL, NO_MAPPING, OUT_OF_ADDRESSES, OUT_OF_MEMORY, Allowed, is_inside, refused
from .memory import LETTERS, Page, Process, Terms, gaps, page_of, pages_touched

#: Rights that private memory may have. A guard stands only before what allows something; copies are for views.
PRIVATE_RIGHTS = ("", "r", "rw", "rx", "rwx", "rg", "rwg", "rxg", "rwxg")
#: What gave a page.
PRIVATE, VIEW, STACK = "memory", "view", "stack"
#: Pages of a granule.
GRANULE = GRANULARITY // PAGE


# -- ranges -------------------------------------------------------------------------------------------------------


def granule_of(address: int) -> int:
    """The address of the granule that an address is in."""
    return address // GRANULARITY * GRANULARITY


def wraps(address: int, size: int) -> bool:
    """Whether a range reaches beyond the last address that there can be."""
    return address + size - 1 > LAST_ADDRESS


def region_at(process: Process, page: int) -> range:
    """All pages of the region that has this page, which was given."""
    first = end = page_of(process.pages[page].region)
    base = process.pages[page].region
    while end in process.pages and process.pages[end].region == base:
        end += 1
    return range(first, end)


def pages_meant(process: Process, address: int, size: int) -> range:
    """The pages that a range touches; all of a region, where it is empty and at the region's base."""
    first = page_of(address)
    if not size and first in process.pages and process.pages[first].region == address:
        return region_at(process, first)
    return pages_touched(address, size) if size else range(0)


def in_one_region(process: Process, there: range, *kinds: str) -> bool:
    """Whether these pages, at least one, all were given, and are of one region of one of these kinds."""
    if not there or there.start not in process.pages:
        return False
    whole = region_at(process, there.start)
    return there.stop <= whole.stop and process.pages[there.start].kind in kinds


def entries_in(process: Process, there: range) -> list[Page]:
    """What was given of these pages, however many they are."""
    if len(there) > len(process.pages):
        return [entry for page, entry in process.pages.items() if page in there]
    return [process.pages[page] for page in there if page in process.pages]


def touches(process: Process, there: range, kind: str) -> bool:
    """Whether one of these pages was given by a call of this kind."""
    return any(entry.kind == kind for entry in entries_in(process, there))


def is_committed(process: Process, there: range) -> bool:
    """Whether all of these pages are committed."""
    return sum(entry.is_committed for entry in entries_in(process, there)) == len(there)


def is_ours(terms: Terms, process: Process, address: int, size: int) -> bool:
    """Whether a range is the caller's affair, as it must be where others live beside the window."""
    if terms.capabilities.bounded or is_inside(terms, address, size):
        return True
    return not wraps(address, size) and in_one_region(process, pages_touched(address, size or 1), PRIVATE, VIEW, STACK)


# -- refusals -----------------------------------------------------------------------------------------------------


def not_so(why: str, law: str = "V8") -> Allowed:
    """A range that is not as it must be: Windows tells a wrong parameter, or an address where nothing is."""
    return attrs.evolve(refused(ILLEGAL, why, law=law), refusals=dict.fromkeys((ILLEGAL, NO_MAPPING), why))


def no_place(why: str, law: str = "V16") -> Allowed:
    """A place that cannot be had."""
    reasons = (ILLEGAL, OUT_OF_ADDRESSES, OUT_OF_MEMORY)
    return attrs.evolve(refused(OUT_OF_ADDRESSES, why, law=law), refusals=dict.fromkeys(reasons, why))


def allowed_place(terms: Terms, process: Process, address: int, count: int) -> Allowed | None:
    """How a call for so many pages at this address must be refused, 0 being any; None where there is room."""
    if not address:
        return None if has_room(terms, process, count) else no_place(f"no {count} pages from a granule on are free")
    there = range(page_of(address), page_of(address) + count)
    if is_outside(terms, there):
        return no_place("the range is not inside the address space", "V15")
    if entries_in(process, there):
        return no_place("a page of the range is not free")
    return None


def is_outside(terms: Terms, there: range) -> bool:
    """Whether pages lie outside the window where that is all there is."""
    return terms.capabilities.bounded and not is_inside(terms, there.start * PAGE, len(there) * PAGE)


def has_room(terms: Terms, process: Process, count: int) -> bool:
    """Whether so many pages from a granule on are free; nobody knows where others live beside the window."""
    if not terms.capabilities.bounded:
        return True
    return any(gap.stop - -(-gap.start // GRANULE) * GRANULE >= count for gap in gaps(process, terms.arena))


# -- rights -------------------------------------------------------------------------------------------------------


def unguarded(rights: str) -> str:
    """The same rights without the guard."""
    return rights.replace("g", "")


def rights_told(process: Process, page: int, *, copied: bool) -> str:
    """The rights that a page is told to have; a private copy may be written, where copies are told (`copied`)."""
    entry = process.pages[page]
    if copied and page in process.cells and entry.word & access.COPY:
        word = entry.word & ~access.COPY | access.WRITE
        return "".join(letter for letter, bit in LETTERS.items() if word & bit)
    return entry.rights


def committed(entry: Page, rights: str) -> Page:
    """The same page, committed with these rights and charged."""
    return attrs.evolve(entry, state=pages.COMMITTED, rights=rights, charged=True)


def reserved(base: int, kind: str = PRIVATE) -> Page:
    """A page of the region at `base` that is only reserved."""
    return Page(pages.RESERVED, "", region=base, kind=kind)
