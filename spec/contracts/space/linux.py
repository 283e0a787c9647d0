"""The dialect `linux`: pages are given by mmap, and have the rights of the range that they are part of.

Every page that is given is committed: an access finds memory behind it, from the first one on. A range may be taken
back, protected or moved in any part, so that what counts is what each page is, not which call gave it. Calls round
lengths up to whole pages; addresses must be whole pages.

Source: Linux manual pages mmap(2), munmap(2), mprotect(2), mremap(2), brk(2), madvise(2), mincore(2), fork(2);
Documentation/mm/overcommit-accounting.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from ... import pages
from ..frames import Breach
from .arena import LAST_ADDRESS, PAGE
from .calls import (
    NO_FILE,
    Brk,
    Execute,
    Faults,
    Fork,
    Madvise,
    Maps,
    Mincore,
    Mmap,
    Mprotect,
    Mremap,
    Munmap,
    Read,
    SpaceCall,
    Stack,
    Write,
)
from .dialect import NO_MAPPING, OUT_OF_MEMORY, as_done, within_limit
from .linux_asking import PRIVATE, LinuxAsking
from .linux_faults import OUT_OF_REACH, READABLE, Reaching, take_away
from .linux_stacks import RIGHTS as RIGHTS_OF_STACK
from .linux_stacks import begin, grow, growing
from .listing import listing_breaches
from .memory import (
    Bounds,
    Memory,
    Object,
    Page,
    Process,
    add_object,
    backing_of,
    drop_unused,
    forget,
    is_free,
    is_given,
    page_of,
    pages_touched,
    take_back,
)


@attrs.frozen
class LinuxDialect(LinuxAsking):
    """The dialect, for one arena and one set of capabilities."""

    # -- what calls return ----------------------------------------------------------------------------------------

    def value_breaches(self, memory: Memory, call: SpaceCall, value: Any) -> Iterator[Breach]:
        """The laws that the value breaks which a call has returned that may be done."""
        if isinstance(call, Maps):
            yield from listing_breaches(self, memory, call.process, value)
        elif isinstance(call, Mincore):
            yield from self._resident_breaches(memory, call, value)
        elif isinstance(call, Faults):
            yield from _faults_breaches(memory.processes[call.process], value)
        elif isinstance(call, Mmap | Mremap | Brk | Stack):
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LAST_ADDRESS:
                yield Breach("C1", f"{call.name} must return an address, not {value!r}")
            elif isinstance(call, Brk):
                yield from self._break_breaches(memory, call, value)
            else:
                yield from self._place_breaches(memory, call, value)
        elif value is not None:
            yield Breach("C1", f"{call.name} must return nothing, not {value!r}")

    def _place_breaches(self, memory: Memory, call: Mmap | Mremap | Stack, value: int) -> Iterator[Breach]:
        """A place is that which was asked for, or one that is free."""
        if isinstance(call, Stack):
            yield from self._choice_breaches(memory, call, value, -(-call.size // PAGE))
            return
        process = memory.processes[call.process]
        length = call.length if isinstance(call, Mmap) else call.new_length
        count = -(-length // PAGE)
        shown = f"{call.name} was given {value:#x}"
        wanted = range(page_of(call.address), page_of(call.address) + count)
        if isinstance(call, Mremap):
            stays = not call.may_move or count <= len(self._range(call))
            if value == call.address:
                more = count - len(self._range(call))
                if more > 0 and not self._may_grow_into_gap(process, self._range(call), more):
                    yield Breach("V16", f"{shown}, but the pages behind the range are not free")
                return
            if stays:
                yield Breach("V16", f"{shown}, but the range may not move from {call.address:#x}")
                return
        elif call.fixed:
            if value != call.address:
                yield Breach("V16", f"{shown}, but had to be at {call.address:#x}")
            return
        elif self._takes_hint(process, call, wanted) and value != call.address:
            yield Breach("V16", f"{shown}, though there is room at {call.address:#x}, which was asked for")
            return
        yield from self._choice_breaches(memory, call, value, count)

    def _choice_breaches(self, memory: Memory, call: Mmap | Mremap | Stack, value: int, count: int) -> Iterator[Breach]:
        """A place that was not asked for is free, inside, and not in the gap of a stack."""
        process, there = memory.processes[call.process], pages_touched(value, count * PAGE)
        shown = f"{call.name} was given {value:#x}"
        if value % PAGE:
            yield Breach("V1", f"{shown}, which is not the address of a page")
        elif value + count * PAGE - 1 > LAST_ADDRESS or self._is_outside(value, count * PAGE):
            yield Breach("V15", f"{shown}: the range is not inside the address space")
        elif not is_free(process, there):
            yield Breach("V16", f"{shown}, but pages there are not free")
        elif not self._is_unused(process, there):
            yield Breach("V14", f"{shown}, nearer below a stack than its gap of {self.capabilities.gap} pages")

    def _takes_hint(self, process: Process, call: Mmap, wanted: range) -> bool:
        inside = self.arena.base <= call.address and wanted.stop * PAGE <= self.arena.end
        return bool(call.address) and call.address % PAGE == 0 and inside and self._is_unused(process, wanted)

    def _break_breaches(self, memory: Memory, call: Brk, value: int) -> Iterator[Breach]:
        process = memory.processes[call.process]
        if process.heap is None:
            return
        first, end = process.heap
        if call.address < first:
            if value != end:
                yield Breach(
                    "V18", f"brk to {call.address:#x}, below the heap, moved the end from {end:#x} to {value:#x}"
                )
            return
        grown = range(-(-end // PAGE), -(-call.address // PAGE))
        fits = self._is_unused(process, grown) and not (self._is_outside(first, call.address - first))
        more = len(grown) if self.capabilities.overcommit == "never" else 0
        fits &= within_limit(self, memory, more, as_done()).done
        must = fits and self._must_break(process, grown, range(-(-call.address // PAGE), -(-end // PAGE)))
        if value != call.address and (must or value != end):
            yield Breach("V16", f"brk to {call.address:#x} gave {value:#x}; the end was {end:#x}, and there is room")
        elif value == call.address != end and not fits:
            yield Breach("V16", f"brk to {call.address:#x} was done, but there is no room")

    def _must_break(self, process: Process, grown: range, left: range) -> bool:
        """Beside a window the heap may meet others' pages, and one with holes need not be taken back."""
        return self.capabilities.bounded or (not grown and is_given(process, left))

    def _resident_breaches(self, memory: Memory, call: Mincore, value: Any) -> Iterator[Breach]:
        there, process = self._range(call), memory.processes[call.process]
        if (
            not isinstance(value, list | tuple)
            or len(value) != len(there)
            or any(type(bit) is not bool for bit in value)
        ):
            yield Breach("C1", f"mincore must tell true or false for each of {len(there)} pages, not {value!r}")
            return
        for page, resident in zip(there, value, strict=True):
            if process.pages[page].object is not None or page in process.freed:
                continue
            written = memory.backed.get(("process", call.process, page))
            if resident and written is None and not self.capabilities.eager:
                yield Breach("V12", f"the page at {page * PAGE:#x} is resident, but was never accessed")
            elif not resident and written and not self.capabilities.pages_out:
                yield Breach("V12", f"the page at {page * PAGE:#x} was written and is not resident")

    # -- the next state -----------------------------------------------------------------------------------------

    def done(self, memory: Memory, call: SpaceCall, value: Any) -> None:
        """The state after a call that was done; writes into `memory`."""
        if isinstance(call, Mmap):
            self._mapped(memory, call, value)
        elif isinstance(call, Stack):
            charged = self._is_charged(RIGHTS_OF_STACK, PRIVATE)
            begin(memory, call, value, charged=charged)
        elif isinstance(call, Munmap):
            take_back(memory, call.process, self._range(call))
            drop_unused(memory)
        elif isinstance(call, Mprotect):
            self._protect(memory, call.process, self._range(call), call.rights)
        elif isinstance(call, Mremap):
            self._moved(memory, call, value)
        elif isinstance(call, Brk):
            self._set_break(memory, call, value)
        elif isinstance(call, Madvise):
            self._advised(memory, call)
        elif isinstance(call, Fork):
            self._forked(memory, call)
        elif isinstance(call, Faults):
            memory.processes[call.process].faults = Bounds(value, value)
        else:
            assert isinstance(call, Maps | Mincore), "a look changes nothing"

    def accessed(self, memory: Memory, call: Read | Write | Execute) -> None:
        """An access below a stack has made it start there; any may have taken a fault."""
        process = memory.processes[call.process]
        if page_of(call.address) not in process.pages:
            stack = growing(process, call, self.capabilities.gap)
            assert stack is not None, "an access to a free page is refused"
            grow(process, stack, page_of(call.address))
        self._reaching.accessed(memory, call)

    @property
    def _reaching(self) -> Reaching:
        return Reaching(self.capabilities.eager, self.capabilities.pages_out)

    def refused(self, memory: Memory, call: SpaceCall, reason: str) -> None:
        """A refused call changes nothing, but for what a target does before it finds a page that was not given."""
        if isinstance(call, Read | Write | Execute) and reason == OUT_OF_MEMORY:
            self._tried(memory, call)
        if self.capabilities.atomic:
            return
        if isinstance(call, Execute):
            self._denied_fetch(memory, call)
        elif isinstance(call, Mprotect | Madvise) and reason == NO_MAPPING:
            self._done_in_part(memory, call)

    def _done_in_part(self, memory: Memory, call: Mprotect | Madvise) -> None:
        there, process = self._range(call), memory.processes[call.process]
        if isinstance(call, Madvise):
            self._advised(memory, call)
        elif there:
            hole = next(page for page in there if page not in process.pages)
            self._protect(memory, call.process, range(there.start, hole), call.rights)

    def _tried(self, memory: Memory, call: Read | Write | Execute) -> None:
        """A page of a file may have been read before no frame was found for a copy of it."""
        if page_of(call.address) in memory.processes[call.process].pages:
            self._reaching.tried(memory, call)

    def _denied_fetch(self, memory: Memory, call: Execute) -> None:
        """A page that may be read can be resident afterwards, as after a read."""
        page = memory.processes[call.process].pages.get(page_of(call.address))
        if page is not None and "r" in page.rights:
            memory.backed.setdefault(backing_of(memory, call.process, call.address), False)
            self._reaching.tried(memory, call)

    def _mapped(self, memory: Memory, call: Mmap, value: int) -> None:
        there = pages_touched(value, call.length)
        take_back(memory, call.process, there)
        number = None
        if call.file != NO_FILE:
            number = memory.named["file", call.file]
        elif call.shared:
            charged = len(there) if self.capabilities.overcommit == "never" else 0
            number = add_object(memory, Object("memory", len(there) * PAGE, charged=charged))
        for place, page in enumerate(there, call.offset // PAGE if call.file != NO_FILE else 0):
            entry = Page(
                pages.COMMITTED,
                call.rights,
                object=number,
                place=place if number is not None else 0,
                shared=call.shared,
            )
            memory.processes[call.process].pages[page] = attrs.evolve(
                entry, charged=self._is_charged(call.rights, entry)
            )
        drop_unused(memory)

    def _protect(self, memory: Memory, number: int, there: range, rights: str) -> None:
        process = memory.processes[number]
        for page in there:
            old = process.pages[page]
            process.pages[page] = attrs.evolve(old, rights=rights, charged=old.charged or self._is_charged(rights, old))
            if rights != old.rights:
                take_away(process, page, READABLE)

    def _moved(self, memory: Memory, call: Mremap, value: int) -> None:
        process, old = memory.processes[call.process], self._range(call)
        new = pages_touched(value, call.new_length)
        model = process.pages[old[0]]
        kept = [(process.pages[page], process.cells.get(page), process.freed.get(page)) for page in old]
        reach = [process.reach.get(page) for page in old]
        backed = [memory.backed.get(("process", call.process, page)) for page in old]
        take_back(memory, call.process, old)
        for number, page in enumerate(new):
            if number < len(old):
                process.pages[page], cells, freed = kept[number]
                process.cells |= {page: cells} if cells is not None else {}
                process.freed |= {page: freed} if freed is not None else {}
                memory.backed |= (
                    {("process", call.process, page): written} if (written := backed[number]) is not None else {}
                )
                process.reach |= {page: near} if (near := reach[number]) is not None else {}
                if value != call.address:
                    take_away(process, page, READABLE)
            else:
                place = model.place + number if model.object is not None else 0
                process.pages[page] = attrs.evolve(model, place=place)
        drop_unused(memory)

    def _set_break(self, memory: Memory, call: Brk, value: int) -> None:
        process = memory.processes[call.process]
        first, end = process.heap or (value, value)
        process.heap = first, value
        for page in range(-(-end // PAGE), -(-value // PAGE)):
            entry = Page(pages.COMMITTED, "rw")
            process.pages[page] = attrs.evolve(entry, charged=self._is_charged("rw", entry))
        take_back(memory, call.process, range(-(-value // PAGE), -(-end // PAGE)))

    def _advised(self, memory: Memory, call: Madvise) -> None:
        process = memory.processes[call.process]
        there = self._range(call)
        for page in [number for number in process.pages if number in there]:
            take_away(process, page, OUT_OF_REACH)
            if process.pages[page].shared:
                continue
            if call.advice == "dontneed":
                forget(memory, call.process, page)
            elif page in process.cells:
                process.freed[page] = {}

    def _forked(self, memory: Memory, call: Fork) -> None:
        parent = memory.processes[call.process]
        parent.forked = True
        memory.processes[call.child] = child = parent.copy()
        self._reaching.forked(parent, child)
        for kind, owner, page in list(memory.backed):
            if (kind, owner) == ("process", call.process):
                memory.backed["process", call.child, page] = False


def _faults_breaches(process: Process, value: Any) -> Iterator[Breach]:
    """One fault for each first access, none after."""
    least, most = process.faults.least, process.faults.most
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        yield Breach("C1", f"faults must return a number, not {value!r}")
    elif not least <= value <= most:
        wanted = f"{least}" if least == most else f"{least} to {most}"
        yield Breach("V12", f"{value} faults were counted, not {wanted}: one for each first access, none after")
