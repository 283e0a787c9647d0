"""Sections of the dialect `windows`, and views of them: memory that several processes may see.

A section has contents of its own, charged when it is created, or those of a file, which are read and written as the
file's. A view maps a part of it. What is written through one view is seen through every other, unless the view is
copied on write (`rc`): then the first write to a page takes a private copy of it, charged when the view is mapped.

Calls of which the documentation says less than it seems are not made: a view that ends in the section's last page but
behind its last byte, and an address inside a view where its base is wanted.

Source: Microsoft, CreateFileMapping, MapViewOfFileEx (alignment; FILE_MAP_COPY charges the view) and UnmapViewOfFile.
"""

from __future__ import annotations

import attrs

from ... import pages
from .arena import GRANULARITY, LAST_ADDRESS, PAGE
from .calls import NO_FILE, MapView, Section, UnmapView
from .dialect import ILLEGAL, Allowed, as_done, refused, within_limit
from .memory import Memory, Object, Page, Terms, add_object, page_of, take_back
from .windows_ranges import VIEW, allowed_place, is_ours, not_so, region_at

#: Rights that views are asked for; whether there are others depends on how the section was made.
VIEW_RIGHTS = ("r", "rw", "rc")
DENIED = "denied"
#: No section is asked for that would be larger than any memory.
_LARGEST = 1 << 40


# -- sections -----------------------------------------------------------------------------------------------------


def may_ask_section(terms: Terms, memory: Memory, call: Section) -> bool:
    """Whether a section may be asked for; one of a file has the file's length, which may be given as 0."""
    if not terms.capabilities.sections or call.size > _LARGEST:
        return False
    if call.file == NO_FILE:
        return True
    number = memory.named.get(("file", call.file))
    return terms.capabilities.files and (number is None or call.size in (0, memory.objects[number].length))


def allowed_section(terms: Terms, memory: Memory, call: Section) -> Allowed:
    """How a call for a section may be answered."""
    if ("section", call.section) in memory.named:
        return refused(ILLEGAL, f"there is a section {call.section}")
    if call.file != NO_FILE and ("file", call.file) not in memory.named:
        return not_so(f"there is no file {call.file}", "C1")
    if call.file == NO_FILE:
        if not call.size:
            return refused(ILLEGAL, "the section is empty", law="V15")
        return within_limit(terms, memory, -(-call.size // PAGE), as_done())
    if not memory.objects[memory.named["file", call.file]].length:
        return not_so("the file is empty", "V15")
    return as_done()


def make_section(memory: Memory, call: Section) -> None:
    """The state with the section."""
    if call.file != NO_FILE:
        memory.named["section", call.section] = memory.named["file", call.file]
        return
    thing = Object("section", call.size, charged=-(-call.size // PAGE))
    add_object(memory, thing, ("section", call.section))


# -- views --------------------------------------------------------------------------------------------------------


def may_ask_view(terms: Terms, memory: Memory, call: MapView) -> bool:
    """Whether a view may be asked for: not one that ends behind the section's last byte, but in its last page."""
    number, process = memory.named.get(("section", call.section)), memory.processes.get(call.process)
    if not terms.capabilities.sections or call.rights not in VIEW_RIGHTS or call.offset + call.size > LAST_ADDRESS:
        return False
    if number is None or process is None:
        return True
    length, end = memory.objects[number].length, call.offset + call.size
    ours = not call.address or is_ours(terms, process, call.address, call.size or max(length - call.offset, 1))
    return ours and (not call.size or not length < end <= -(-length // PAGE) * PAGE)


def allowed_view(terms: Terms, memory: Memory, call: MapView) -> Allowed:
    """How a call for a view may be answered."""
    number = memory.named.get(("section", call.section))
    if number is None:
        return not_so(f"there is no section {call.section}", "C1")
    if call.offset % GRANULARITY or call.address % GRANULARITY:
        return refused(ILLEGAL, "offset and address must be multiples of 64 KiB", law="V16")
    count = pages_of_view(memory, call)
    if not count:
        reasons = dict.fromkeys((ILLEGAL, DENIED), "the section ends before the view")
        return Allowed(reasons, False, "V15")
    refusal = allowed_place(terms, memory.processes[call.process], call.address, count)
    more = count if "c" in call.rights else 0
    return refusal or within_limit(terms, memory, more, as_done("V16", "pages are free"))


def pages_of_view(memory: Memory, call: MapView) -> int:
    """How many pages the view has, 0 where the section has no such part."""
    length = memory.objects[memory.named["section", call.section]].length
    size = call.size or max(length - call.offset, 0)
    return -(-size // PAGE) if call.offset + size <= length else 0


def map_view(memory: Memory, call: MapView, base: int) -> None:
    """The state with the view."""
    private, number = "c" in call.rights, memory.named["section", call.section]
    entry = Page(
        pages.COMMITTED, call.rights, region=base, object=number, shared=not private, charged=private, kind=VIEW
    )
    first, place = page_of(base), page_of(call.offset)
    for page in range(pages_of_view(memory, call)):
        memory.processes[call.process].pages[first + page] = attrs.evolve(entry, place=place + page)


def may_ask_unmap(terms: Terms, memory: Memory, call: UnmapView) -> bool:
    """Whether a view may be unmapped here: by its base, or where there is no view at all."""
    process = memory.processes.get(call.process)
    if not terms.capabilities.sections or process is None:
        return terms.capabilities.sections
    entry = process.pages.get(page_of(call.address))
    inside = entry is not None and entry.kind == VIEW and entry.region != call.address
    return not inside and is_ours(terms, process, call.address, 1)


def allowed_unmap(memory: Memory, call: UnmapView) -> Allowed:
    """How a call to unmap a view may be answered."""
    entry = memory.processes[call.process].pages.get(page_of(call.address))
    if entry is None or entry.kind != VIEW:
        return not_so("there is no view")
    return as_done("V8", "that is the base of a view")


def unmap_view(memory: Memory, call: UnmapView) -> None:
    """The state without the view; the section, and what was written to it, stay."""
    process = memory.processes[call.process]
    take_back(memory, call.process, region_at(process, page_of(call.address)))
