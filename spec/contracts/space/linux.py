"""The dialect `linux`: pages are given by mmap, and have the rights of the range that they are part of.

Every page that is given is committed: an access finds memory behind it, from the first one on. A range may be taken
back, protected or moved in any part, so that what counts is what each page is, not which call gave it. Calls round
lengths up to whole pages; addresses must be whole pages.

Source: Linux manual pages mmap(2), munmap(2), mprotect(2), mremap(2), brk(2), madvise(2), mincore(2), fork(2);
Documentation/mm/overcommit-accounting.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import attrs

from ... import pages
from ..frames import Breach
from .arena import LAST_ADDRESS, PAGE
from .calls import (
    LINUX_CALLS,
    NO_FILE,
    Brk,
    Fork,
    Madvise,
    Maps,
    Mincore,
    Mmap,
    Mprotect,
    Mremap,
    Munmap,
    SpaceCall,
)
from .dialect import ILLEGAL, Allowed, Dialect, as_done, refused
from .listing import listing_breaches
from .memory import (
    Memory,
    Object,
    Page,
    Process,
    add_object,
    charge,
    drop_unused,
    forget,
    gaps,
    is_free,
    is_given,
    page_of,
    pages_touched,
    take_back,
)

#: Rights that are asked for: what may be written or executed may be read, as on most processors.
RIGHTS = ("", "r", "rw", "rx", "rwx")
ADVICE = ("dontneed", "free")
NO_MAPPING = "no-mapping"
OUT_OF_MEMORY = "out-of-memory"
OUT_OF_ADDRESSES = "out-of-addresses"
_OFFERS = {Fork: "forks", Mremap: "moves", Brk: "breaks", Madvise: "advises", Mincore: "resident", Maps: "look"}
_RANGES = (Munmap, Mprotect, Madvise, Mincore)


@attrs.frozen
class LinuxDialect(Dialect):
    """The dialect, for one arena and one set of capabilities."""

    # -- what a caller may ask ----------------------------------------------------------------------------------

    def may_ask(self, memory: Memory, call: SpaceCall) -> bool:
        """Whether the target has the call, and the range is the caller's affair."""
        if not isinstance(call, LINUX_CALLS) or not getattr(self.capabilities, _OFFERS.get(type(call), ""), True):
            return False
        if isinstance(call, Fork):
            return call.child in memory.processes or len(memory.processes) < self.capabilities.processes
        if isinstance(call, Mmap):
            return self._may_map(memory, call)
        if isinstance(call, Mprotect):
            return call.rights in RIGHTS and self._is_ours(memory, call.process, call.address, call.length)
        if isinstance(call, Mremap):
            return self._may_move(memory, call)
        if isinstance(call, Madvise) and call.advice == "free":
            return self._may_free(memory, call)
        if isinstance(call, Brk):
            return call.process not in memory.processes or self._may_break(memory.processes[call.process], call)
        if isinstance(call, _RANGES):
            return self._is_ours(memory, call.process, call.address, call.length)
        return True

    @staticmethod
    def _may_break(process: Process, call: Brk) -> bool:
        """The heap is moved only by who has asked where it is."""
        return process.heap is not None or call.address == 0

    def _is_ours(self, memory: Memory, number: int, address: int, length: int) -> bool:
        """Whether a range is inside the window or was given, as it must be where others live beside the window."""
        process = memory.processes.get(number)
        if self.capabilities.bounded or process is None or address + length > LAST_ADDRESS:
            return True
        if self.arena.base <= address and address + length <= self.arena.end:
            return True
        return not length or all(page in process.pages for page in pages_touched(address, length))

    def _may_map(self, memory: Memory, call: Mmap) -> bool:
        if call.rights not in RIGHTS or (call.file != NO_FILE and not self.capabilities.files):
            return False
        if call.fixed:
            return self._is_ours(memory, call.process, call.address, call.length)
        return self.capabilities.bounded or call.length <= self.arena.end - self.arena.base

    def _may_move(self, memory: Memory, call: Mremap) -> bool:
        """Of a range that is partly one thing, partly another, nobody moves or grows the whole."""
        process = memory.processes.get(call.process)
        if not self._is_ours(memory, call.process, call.address, call.length) or not call.length:
            return False
        if not self._is_ours(memory, call.process, call.address, call.new_length):
            return False
        there = self._range(call)
        if process is None or call.address % PAGE or not is_given(process, there[:1]):
            return True
        if not is_given(process, there):
            return False
        return all(process.pages[page].follows(process.pages[before]) for before, page in pairwise(there))

    def _may_free(self, memory: Memory, call: Madvise) -> bool:
        """Private memory only: of anything else nothing can be freed."""
        process = memory.processes.get(call.process)
        there, given = self._range(call), process.pages if process is not None else {}
        ours = self._is_ours(memory, call.process, call.address, call.length)
        return ours and not any(number in there and page.object is not None for number, page in given.items())

    @staticmethod
    def _range(call: Munmap | Mprotect | Madvise | Mincore | Mremap) -> range:
        if call.address + call.length - 1 > LAST_ADDRESS:
            return range(0)
        return pages_touched(call.address, call.length)

    # -- how calls may be answered --------------------------------------------------------------------------------

    def allowed(self, memory: Memory, call: SpaceCall) -> Allowed:
        """How a call in a process that there is may be answered."""
        if isinstance(call, Fork):
            return self._allowed_fork(memory, call)
        if isinstance(call, Mmap):
            return self._allowed_map(memory, call)
        if isinstance(call, Brk | Maps):
            return as_done()
        assert isinstance(call, Munmap | Mprotect | Mremap | Madvise | Mincore), "a call of this dialect"
        if call.address % PAGE:
            return refused(ILLEGAL, "the address is not that of a page")
        if call.address + call.length - 1 > LAST_ADDRESS:
            return attrs.evolve(refused(ILLEGAL, "the range wraps", law="V15"), refusals=_any_of("the range wraps"))
        if isinstance(call, Mremap):
            return self._allowed_move(memory, call)
        if isinstance(call, Munmap):
            return self._allowed_unmap(call)
        if isinstance(call, Madvise) and call.advice not in ADVICE:
            return refused(ILLEGAL, "there is no such advice")
        return self._allowed_over(memory, call)

    def _law(self, address: int, length: int) -> str:
        """A range that is empty, or ends where the window does, is legal as any other."""
        return "V15" if not length or address + length == self.arena.end else "C1"

    def _allowed_unmap(self, call: Munmap) -> Allowed:
        if not call.length:
            return refused(ILLEGAL, "the range is empty", law="V15")
        if self._is_outside(call.address, call.length):
            return refused(ILLEGAL, "the range is not inside the address space", law="V15")
        return as_done(self._law(call.address, call.length))

    def _is_outside(self, address: int, length: int) -> bool:
        if not self.capabilities.bounded:
            return False
        return not (self.arena.base <= address and address + length <= self.arena.end)

    def _allowed_over(self, memory: Memory, call: Mprotect | Madvise | Mincore) -> Allowed:
        """Over a range all of which was given; an empty one is that."""
        process, there = memory.processes[call.process], self._range(call)
        if any(page not in process.pages for page in there):
            return refused(NO_MAPPING, "a page of the range was not given", law="V10")
        law = self._law(call.address, call.length)
        if isinstance(call, Mprotect) and "w" in call.rights:
            more = sum(self._is_charged(call.rights, page) and not page.charged for page in self._given(process, there))
            return self._within_limit(memory, more, as_done(law))
        return as_done(law)

    @staticmethod
    def _given(process: Process, there: range) -> Iterator[Page]:
        return (given for page, given in process.pages.items() if page in there)

    def _is_charged(self, rights: str, page: Page) -> bool:
        """What a process may write to for itself needs memory in the end, and is charged if the target does so."""
        return self.capabilities.overcommit == "never" and "w" in rights and not page.shared

    def _within_limit(self, memory: Memory, more: int, allowed: Allowed) -> Allowed:
        if self.arena.limit and more > 0 and charge(memory) + more > self.arena.limit:
            why = f"{charge(memory)} pages are charged, {more} more are above the limit of {self.arena.limit}"
            return refused(OUT_OF_MEMORY, why, law="V4")
        return attrs.evolve(allowed, law="V4") if self.arena.limit and more > 0 and allowed.law == "C1" else allowed

    def _allowed_fork(self, memory: Memory, call: Fork) -> Allowed:
        if call.child in memory.processes:
            return refused(ILLEGAL, f"there is a process {call.child}")
        more = sum(page.charged for page in memory.processes[call.process].pages.values())
        return self._within_limit(memory, more, as_done())

    def _allowed_map(self, memory: Memory, call: Mmap) -> Allowed:
        count = -(-call.length // PAGE)
        if not call.length:
            return refused(ILLEGAL, "the length is zero", law="V15")
        if call.offset % PAGE or (call.fixed and call.address % PAGE):
            return refused(ILLEGAL, "address and offset must be those of pages")
        if call.file != NO_FILE and ("file", call.file) not in memory.named:
            return refused(ILLEGAL, f"there is no file {call.file}")
        if call.fixed and (
            call.address + count * PAGE - 1 > LAST_ADDRESS or self._is_outside(call.address, count * PAGE)
        ):
            return attrs.evolve(refused(ILLEGAL, "", law="V15"), refusals=_any_of("the range is not in the space"))
        if not call.fixed and self._is_full(memory, call.process, count):
            why = f"no {count} pages side by side are free"
            return attrs.evolve(refused(OUT_OF_ADDRESSES, why, law="V16"), refusals=_want_of(why))
        law = "V15" if call.fixed and call.address + count * PAGE == self.arena.end else "V16"
        allowed = self._within_limit(memory, self._charge_of(memory, call, count), as_done(law, "pages are free"))
        return attrs.evolve(allowed, law="V4") if allowed.refusals else allowed

    def _is_full(self, memory: Memory, number: int, count: int) -> bool:
        process = memory.processes[number]
        return self.capabilities.bounded and not any(len(gap) >= count for gap in gaps(process, self.arena))

    def _charge_of(self, memory: Memory, call: Mmap, count: int) -> int:
        """How many pages more are charged; those that the new ones replace are not any more."""
        if self.capabilities.overcommit == "always":
            return 0
        charged = call.file == NO_FILE if call.shared else "w" in call.rights
        replaced = self._given(memory.processes[call.process], pages_touched(call.address, call.length))
        return charged * count - (sum(page.charged for page in replaced) if call.fixed else 0)

    def _allowed_move(self, memory: Memory, call: Mremap) -> Allowed:
        process, old = memory.processes[call.process], self._range(call)
        if not call.new_length:
            return refused(ILLEGAL, "the new length is zero", law="V15")
        if any(page not in process.pages for page in old):
            return refused(NO_MAPPING, "a page of the range was not given", law="V10")
        more = -(-call.new_length // PAGE) - len(old)
        if more <= 0:
            return as_done()
        grows = self._may_grow(process, old, more)
        allowed = as_done("V16", "pages are free")
        if not grows and not (call.may_move and not self._is_full(memory, call.process, len(old) + more)):
            why = "the pages behind it are not free" + (", nor any range large enough" if call.may_move else "")
            return attrs.evolve(refused(OUT_OF_MEMORY, why, law="V16"), refusals=_want_of(why))
        charged = more if process.pages[old[0]].charged else 0
        allowed = self._within_limit(memory, charged, allowed)
        if not self.capabilities.merging and allowed.done:
            return attrs.evolve(allowed, refusals={**allowed.refusals, NO_MAPPING: "it may be two regions"})
        return allowed

    def _may_grow(self, process: Process, old: range, more: int) -> bool:
        behind = range(old.stop, old.stop + more)
        inside = not self.capabilities.bounded or behind.stop * PAGE <= self.arena.end
        return inside and is_free(process, behind)

    # -- what calls return ----------------------------------------------------------------------------------------

    def value_breaches(self, memory: Memory, call: SpaceCall, value: Any) -> Iterator[Breach]:
        """The laws that the value breaks which a call has returned that may be done."""
        if isinstance(call, Maps):
            yield from listing_breaches(self, memory, call.process, value)
        elif isinstance(call, Mincore):
            yield from self._resident_breaches(memory, call, value)
        elif isinstance(call, Mmap | Mremap | Brk):
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LAST_ADDRESS:
                yield Breach("C1", f"{call.name} must return an address, not {value!r}")
            elif isinstance(call, Brk):
                yield from self._break_breaches(memory, call, value)
            else:
                yield from self._place_breaches(memory, call, value)
        elif value is not None:
            yield Breach("C1", f"{call.name} must return nothing, not {value!r}")

    def _place_breaches(self, memory: Memory, call: Mmap | Mremap, value: int) -> Iterator[Breach]:
        """A place is that which was asked for, or one that is free."""
        process = memory.processes[call.process]
        length = call.length if isinstance(call, Mmap) else call.new_length
        count = -(-length // PAGE)
        shown = f"{call.name} was given {value:#x}"
        wanted = range(page_of(call.address), page_of(call.address) + count)
        if isinstance(call, Mremap):
            stays = not call.may_move or count <= len(self._range(call))
            if value == call.address:
                more = count - len(self._range(call))
                if more > 0 and not self._may_grow(process, self._range(call), more):
                    yield Breach("V16", f"{shown}, but the pages behind the range are not free")
                return
            if stays:
                yield Breach("V16", f"{shown}, but the range may not move from {call.address:#x}")
                return
        elif call.fixed and value != call.address:
            yield Breach("V16", f"{shown}, but had to be at {call.address:#x}")
            return
        elif self._takes_hint(process, call, wanted) and value != call.address:
            yield Breach("V16", f"{shown}, though there is room at {call.address:#x}, which was asked for")
            return
        replaces = isinstance(call, Mmap) and call.fixed
        if value % PAGE:
            yield Breach("V1", f"{shown}, which is not the address of a page")
        elif value + count * PAGE - 1 > LAST_ADDRESS or self._is_outside(value, count * PAGE):
            yield Breach("V15", f"{shown}: the range is not inside the address space")
        elif not replaces and not is_free(process, pages_touched(value, count * PAGE)):
            yield Breach("V16", f"{shown}, but pages there are not free")

    def _takes_hint(self, process: Process, call: Mmap, wanted: range) -> bool:
        inside = self.arena.base <= call.address and wanted.stop * PAGE <= self.arena.end
        return bool(call.address) and call.address % PAGE == 0 and inside and is_free(process, wanted)

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
        fits = is_free(process, grown) and not (self._is_outside(first, call.address - first))
        more = len(grown) if self.capabilities.overcommit == "never" else 0
        fits &= self._within_limit(memory, more, as_done()).done
        if value != call.address and (fits or value != end):
            yield Breach("V16", f"brk to {call.address:#x} gave {value:#x}; the end was {end:#x}, and there is room")
        elif value == call.address != end and not fits:
            yield Breach("V16", f"brk to {call.address:#x} was done, but there is no room")

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

    def refused(self, memory: Memory, call: SpaceCall, reason: str) -> None:
        """A refused call changes nothing, but for what a target does before it finds a page that was not given."""
        if self.capabilities.atomic or reason != NO_MAPPING:
            return
        if isinstance(call, Mprotect):
            there, process = self._range(call), memory.processes[call.process]
            hole = next(page for page in there if page not in process.pages)
            self._protect(memory, call.process, range(there.start, hole), call.rights)
        elif isinstance(call, Madvise):
            self._advised(memory, call)

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

    def _moved(self, memory: Memory, call: Mremap, value: int) -> None:
        process, old = memory.processes[call.process], self._range(call)
        new = pages_touched(value, call.new_length)
        model = process.pages[old[0]]
        kept = [(process.pages[page], process.cells.get(page), process.freed.get(page)) for page in old]
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
        for page in [number for number, page in process.pages.items() if number in there and not page.shared]:
            if call.advice == "dontneed":
                forget(memory, call.process, page)
            elif page in process.cells:
                process.freed[page] = {}

    def _forked(self, memory: Memory, call: Fork) -> None:
        parent = memory.processes[call.process]
        parent.forked = True
        memory.processes[call.child] = parent.copy()
        for kind, owner, page in list(memory.backed):
            if (kind, owner) == ("process", call.process):
                memory.backed["process", call.child, page] = False


def _any_of(why: str) -> dict[str, str]:
    """A range that cannot be is refused as illegal, or as more than there can be."""
    return dict.fromkeys((ILLEGAL, OUT_OF_MEMORY, OUT_OF_ADDRESSES), why)


def _want_of(why: str) -> dict[str, str]:
    """Want of addresses may be told as such, or as want of memory."""
    return dict.fromkeys((OUT_OF_ADDRESSES, OUT_OF_MEMORY), why)
