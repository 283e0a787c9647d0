"""The dialect `windows`: a range is reserved, its pages are committed, and what was reserved together stays together.

A page is free, reserved or committed; the pages of one reservation are a region, which is released as a whole::

             reserve             commit
    free  -------------> reserved -------> committed       charged against the limit, and zero when it is first read
      ^                     |  ^ decommit     |
      `------ release ------+  `--------------+---- release ----> free

Only what is committed can be accessed, protected or locked. Calls touch whole pages, so ranges are rounded outward.
Where a range is not as it must be, Windows tells a wrong parameter or an address where nothing is; both are allowed.

What the documentation leaves open is not asked: addresses inside the first page of a region where its base is wanted,
empty ranges but for those with a meaning, other rights of a view than it was mapped with, and calls on the stack of
another thread.

Source: Microsoft, VirtualAlloc, VirtualFree, VirtualProtect, VirtualLock, VirtualQuery, memory protection constants.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from ..frames import Breach
from .arena import GRANULARITY, LAST_ADDRESS, PAGE
from .calls import (
    ACCESSES,
    Commit,
    Decommit,
    Execute,
    Lock,
    MapView,
    Protect,
    Query,
    Read,
    Release,
    Reserve,
    Section,
    SpaceCall,
    Stack,
    UnmapView,
    Write,
)
from .dialect import GUARDED, ILLEGAL, NO_MAPPING, OUT_OF_MEMORY, Allowed, Dialect, as_done, refused, within_limit
from .memory import Memory, Page, Process, backing_of, is_free, page_of, pages_touched, take_back
from .windows_asking import RangeCall, may_ask
from .windows_query import query_breaches
from .windows_ranges import (
    PRIVATE,
    PRIVATE_RIGHTS,
    STACK,
    VIEW,
    allowed_place,
    committed,
    entries_in,
    granule_of,
    in_one_region,
    is_committed,
    is_outside,
    no_place,
    not_so,
    pages_meant,
    reserved,
    rights_told,
    wraps,
)
from .windows_stacks import (
    DENIED,
    OVERFLOW,
    allowed_at_stack_guard,
    allowed_stack,
    hit_guard,
    make_stack,
    pages_of_stack,
)
from .windows_views import (
    allowed_section,
    allowed_unmap,
    allowed_view,
    make_section,
    map_view,
    pages_of_view,
    unmap_view,
)

_GIVING = (Reserve, MapView, Stack)


@attrs.frozen
class WindowsDialect(Dialect):
    """The dialect, for one arena and one set of capabilities."""

    def may_ask(self, memory: Memory, call: SpaceCall) -> bool:
        """Whether the call is one that a caller may make."""
        return may_ask(self, memory, call)

    # -- how calls may be answered --------------------------------------------------------------------------------

    def allowed(self, memory: Memory, call: SpaceCall) -> Allowed:
        """How a call in a process that there is may be answered."""
        if isinstance(call, Section):
            return allowed_section(self, memory, call)
        if isinstance(call, MapView):
            return allowed_view(self, memory, call)
        if isinstance(call, UnmapView):
            return allowed_unmap(memory, call)
        if isinstance(call, Stack):
            return allowed_stack(self, memory, call)
        if isinstance(call, Reserve):
            return self._allowed_reserve(memory, call)
        assert isinstance(call, Query | RangeCall), "a call of this dialect"
        if isinstance(call, Query):
            outside = is_outside(self, pages_touched(call.address, 1))
            return not_so("the address is not one of the space", "V15") if outside else as_done("V2")
        if wraps(call.address, call.size):
            return not_so("the range wraps", "V15")
        return self._allowed_range(memory, call)

    def _allowed_range(self, memory: Memory, call: RangeCall) -> Allowed:
        process = memory.processes[call.process]
        there = pages_meant(process, call.address, call.size)
        if isinstance(call, Commit | Protect) and call.rights not in PRIVATE_RIGHTS:
            # Where the pages are not there either, nobody says which of the two is told.
            why = "memory cannot have such rights"
            given = in_one_region(process, there, PRIVATE, VIEW)
            given = given and (isinstance(call, Commit) or is_committed(process, there))
            return refused(ILLEGAL, why) if given else not_so(why, "C1")
        if isinstance(call, Release):
            return self._allowed_release(process, call)
        if isinstance(call, Commit):
            return self._allowed_commit(memory, call, there)
        if isinstance(call, Decommit):
            return self._allowed_decommit(process, call, there)
        if isinstance(call, Protect):
            return self._allowed_protect(process, there)
        return self._allowed_lock(process, there) if isinstance(call, Lock) else self._allowed_unlock()

    def _allowed_reserve(self, memory: Memory, call: Reserve) -> Allowed:
        if not call.size:
            return refused(ILLEGAL, "the range is empty", law="V15")
        if call.rights not in PRIVATE_RIGHTS:
            return refused(ILLEGAL, "memory cannot have such rights")
        if wraps(call.address, call.size):
            return no_place("the range wraps", "V15")
        there = pages_touched(granule_of(call.address), call.size + call.address % GRANULARITY)
        refusal = allowed_place(self, memory.processes[call.process], there.start * PAGE, len(there))
        if refusal is not None:
            return refusal
        law = "V15" if there.stop * PAGE == self.arena.end else "V16"
        allowed = within_limit(self, memory, len(there) if call.commit else 0, as_done(law, "pages are free"))
        if not self.capabilities.bounded and len(there) > self.arena.pages:
            return attrs.evolve(no_place("that is more than the window"), done=True)
        return allowed

    def _allowed_commit(self, memory: Memory, call: Commit, there: range) -> Allowed:
        process = memory.processes[call.process]
        if not call.size:
            return refused(ILLEGAL, "the range is empty", law="V15")
        if not in_one_region(process, there, PRIVATE):
            return not_so("the pages were not reserved together")
        more = sum(not process.pages[page].is_committed for page in there)
        return within_limit(self, memory, more, as_done("V8", "reserved pages can be committed"))

    @staticmethod
    def _allowed_decommit(process: Process, call: Decommit, there: range) -> Allowed:
        law = "V8" if call.size else "V15"
        if not in_one_region(process, there, PRIVATE):
            return not_so("the pages were not reserved together", law)
        return as_done(law, "pages of one region can be decommitted")

    @staticmethod
    def _allowed_release(process: Process, call: Release) -> Allowed:
        if call.size:
            return not_so("a region is released as a whole, with the size 0")
        entry = process.pages.get(page_of(call.address))
        if entry is None or entry.kind != PRIVATE or entry.region != call.address:
            return not_so("that is not the base of a reservation")
        return as_done("V8", "that is the base of a reservation")

    @staticmethod
    def _allowed_protect(process: Process, there: range) -> Allowed:
        if not in_one_region(process, there, PRIVATE, VIEW) or not is_committed(process, there):
            return not_so("the pages are not committed, or not of one region", "V5")
        return as_done("V5", "all pages are committed")

    @staticmethod
    def _allowed_lock(process: Process, there: range) -> Allowed:
        why = "a page of the range cannot be accessed"
        if not is_committed(process, there) or not all(entry.rights for entry in entries_in(process, there)):
            return Allowed(dict.fromkeys((ILLEGAL, NO_MAPPING, DENIED), why), False, "V10")
        return attrs.evolve(as_done(), refusals={OUT_OF_MEMORY: "only so many pages can be locked"})

    @staticmethod
    def _allowed_unlock() -> Allowed:
        """Whether pages that are not locked can be unlocked depends on the version of Windows."""
        return attrs.evolve(not_so("the pages are not locked"), done=True)

    # -- accesses to guard pages ----------------------------------------------------------------------------------

    def allowed_at_guard(self, memory: Memory, call: Read | Write | Execute, page: Page) -> Allowed:
        """How an access to a guard page may be answered: it is told, but for a stack that can grow."""
        if page.kind == STACK:
            return allowed_at_stack_guard(self, memory, call)
        return super().allowed_at_guard(memory, call, page)

    def accessed(self, memory: Memory, call: Read | Write | Execute) -> None:
        """An access to the guard of a stack has made it grow."""
        hit_guard(memory, call)

    def refused(self, memory: Memory, call: SpaceCall, reason: str) -> None:
        """A refused call changes nothing, but an access that met a guard has taken it away."""
        if isinstance(call, ACCESSES) and reason in (GUARDED, OVERFLOW, DENIED):
            hit_guard(memory, call)

    # -- what calls return ----------------------------------------------------------------------------------------

    def value_breaches(self, memory: Memory, call: SpaceCall, value: Any) -> Iterator[Breach]:
        """The laws that the value breaks which a call has returned that may be done."""
        if isinstance(call, Query):
            yield from query_breaches(self, memory.processes[call.process], call.address, value)
        elif isinstance(call, Protect):
            yield from self._rights_breaches(memory.processes[call.process], call, value)
        elif isinstance(call, _GIVING):
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LAST_ADDRESS:
                yield Breach("C1", f"{call.name} must return an address, not {value!r}"[:300])
            else:
                yield from self._place_breaches(memory, call, value)
        elif value is not None:
            yield Breach("C1", f"{call.name} must return nothing, not {value!r}"[:300])

    @staticmethod
    def _rights_breaches(process: Process, call: Protect, value: Any) -> Iterator[Breach]:
        first = page_of(call.address)
        wanted = [rights_told(process, first, copied=copied) for copied in (True, False)]
        if not isinstance(value, str):
            yield Breach("C1", f"protect must return the rights that the first page had, not {value!r}"[:300])
        elif value not in wanted:
            yield Breach("V5", f"protect told that the first page had the rights {value!r}; it had {wanted[0]!r}")

    def _place_breaches(self, memory: Memory, call: Reserve | MapView | Stack, value: int) -> Iterator[Breach]:
        """A place is that which was asked for, or one that is free."""
        there = self._given(memory, call, value)
        told = f"{call.name} was given {value:#x}"
        wanted = granule_of(call.address) if not isinstance(call, Stack) else 0
        if value % GRANULARITY:
            yield Breach("V16", f"{told}, which is not a multiple of 64 KiB")
        elif wanted and value != wanted:
            yield Breach("V16", f"{told}, but had to be at {wanted:#x}")
        elif wraps(value, len(there) * PAGE) or is_outside(self, there):
            yield Breach("V15", f"{told}: the range is not inside the address space")
        elif not is_free(memory.processes[call.process], there):
            yield Breach("V16", f"{told}, but pages there are not free")

    @staticmethod
    def _given(memory: Memory, call: Reserve | MapView | Stack, base: int) -> range:
        """The pages that a call is given from a base on."""
        if isinstance(call, Reserve):
            size = call.size + call.address % GRANULARITY
            return pages_touched(base, size)
        count = pages_of_stack(call) if isinstance(call, Stack) else pages_of_view(memory, call)
        return range(page_of(base), page_of(base) + count)

    # -- the next state -----------------------------------------------------------------------------------------

    def done(self, memory: Memory, call: SpaceCall, value: Any) -> None:
        """The state after a call that was done; writes into `memory`."""
        if isinstance(call, Section):
            make_section(memory, call)
        elif isinstance(call, MapView):
            map_view(memory, call, value)
        elif isinstance(call, UnmapView):
            unmap_view(memory, call)
        elif isinstance(call, Stack):
            make_stack(memory, call, value)
        elif isinstance(call, Reserve):
            self._reserved(memory, call, value)
        elif isinstance(call, Commit | Protect | Lock | Decommit | Release):
            self._done_over(memory, call)

    def _reserved(self, memory: Memory, call: Reserve, base: int) -> None:
        entry = committed(reserved(base), call.rights) if call.commit else reserved(base)
        memory.processes[call.process].pages |= dict.fromkeys(self._given(memory, call, base), entry)

    @staticmethod
    def _done_over(memory: Memory, call: Commit | Protect | Lock | Decommit | Release) -> None:
        process = memory.processes[call.process]
        for page in pages_meant(process, call.address, call.size):
            entry = process.pages[page]
            if isinstance(call, Commit):
                process.pages[page] = committed(entry, call.rights)
            elif isinstance(call, Protect):
                process.pages[page] = attrs.evolve(entry, rights=call.rights)
            elif isinstance(call, Lock):
                memory.backed.setdefault(backing_of(memory, call.process, page * PAGE), False)
            else:
                take_back(memory, call.process, [page])
                process.pages |= {page: reserved(entry.region)} if isinstance(call, Decommit) else {}
