"""Which calls of the dialect `windows` a caller may make: those of which the documentation says what comes of them."""

from __future__ import annotations

from .arena import GRANULARITY
from .calls import (
    WINDOWS_CALLS,
    Commit,
    Decommit,
    Lock,
    MapView,
    Protect,
    Query,
    Release,
    Reserve,
    Section,
    SpaceCall,
    Stack,
    Unlock,
    UnmapView,
)
from .memory import Memory, Process, Terms, page_of
from .windows_ranges import STACK, VIEW, entries_in, is_ours, pages_meant, touches, wraps
from .windows_views import may_ask_section, may_ask_unmap, may_ask_view

#: Calls on a range of what was given.
RangeCall = Commit | Decommit | Release | Protect | Lock | Unlock
#: A guard before nothing: some versions of Windows take it, others do not.
_GUARDS_NOTHING = "g"


def may_ask(terms: Terms, memory: Memory, call: SpaceCall) -> bool:
    """Whether the target has the call, the range is the caller's affair, and the documentation says enough."""
    if isinstance(call, Section):
        return may_ask_section(terms, memory, call)
    if isinstance(call, MapView):
        return may_ask_view(terms, memory, call)
    if isinstance(call, UnmapView):
        return may_ask_unmap(terms, memory, call)
    if isinstance(call, Stack):
        return terms.capabilities.stacks
    if not isinstance(call, WINDOWS_CALLS):
        return False
    return _may_ask_in(terms, memory.processes.get(call.process), call)


def _may_ask_in(terms: Terms, process: Process | None, call: Reserve | Query | RangeCall) -> bool:
    if isinstance(call, Lock | Unlock) and not terms.capabilities.locks:
        return False
    if isinstance(call, Query) and not terms.capabilities.look:
        return False
    if isinstance(call, Reserve | Commit | Protect) and call.rights == _GUARDS_NOTHING:
        return False
    if process is None:
        return True
    if isinstance(call, Query):
        return is_ours(terms, process, call.address, 1)
    if isinstance(call, Reserve):
        return _may_reserve(terms, process, call)
    return is_ours(terms, process, call.address, call.size) and _may_ask_range(process, call)


def _may_reserve(terms: Terms, process: Process, call: Reserve) -> bool:
    """A place below the first granule is not asked for."""
    if not call.address:
        return True
    return call.address >= GRANULARITY and is_ours(terms, process, call.address, call.size)


def _may_ask_range(process: Process, call: RangeCall) -> bool:
    if wraps(call.address, call.size):
        return True
    there = pages_meant(process, call.address, call.size or 1)
    if touches(process, there, STACK):
        return False
    if isinstance(call, Commit):
        return bool(call.address) and not touches(process, there, VIEW)
    if isinstance(call, Decommit | Release):
        return bool(call.size) or not _is_beside_base(process, call.address)
    if isinstance(call, Protect):
        return bool(call.size) and _may_protect(process, there, call.rights)
    return bool(call.size) and not any("g" in entry.rights for entry in entries_in(process, there))


def _is_beside_base(process: Process, address: int) -> bool:
    """Whether an address lies in the first page of a region, and is not its base."""
    entry = process.pages.get(page_of(address))
    return entry is not None and entry.region != address and page_of(entry.region) == page_of(address)


def _may_protect(process: Process, there: range, rights: str) -> bool:
    """Of a view rights are only taken away: with which it was mapped, a page that lost some does not tell."""
    views = [entry for entry in entries_in(process, there) if entry.kind == VIEW]
    return all(set(rights) <= set(entry.rights) and "c" not in rights for entry in views)
