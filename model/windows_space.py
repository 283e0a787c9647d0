"""The reference manager of address spaces in the Windows dialect: descriptors, page tables on demand, a paging file.

What was given is written into the tree of descriptors, and nowhere else. The page table is filled by accesses alone::

    access --> page table: an entry, present, with the right? -- yes --> done
                  | no: page fault
               tree of descriptors: is the page in a region, and committed? -- no --> access violation
                  | yes
               guard? -- yes --> told, and the guard goes; of a stack, the next page down is committed
                  | no
               page table made if there is none, entry made from the descriptor
                  |
               frame taken: zeroed, read from the paging file, or a private copy; the entry is present
                  |
               the access is repeated

The invariant: *an entry says what the descriptor says, or nothing*. Committing takes no frame and makes no entry.
The pages of a section are its own (prototypes): entries of all who map it lead to one slot, until a private copy is
made. A call that fails has changed nothing: what may fail is asked first. Every step of a fault is told in `events`.

Source: Windows Internals, memory manager: virtual address descriptors, page faults, prototype entries, stacks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

import attrs

from ..spec import access, stacks
from ..spec.contracts.space.arena import GRANULARITY, PAGE
from ..spec.contracts.space.calls import NO_FILE, Stack
from ..spec.contracts.space.memory import LETTERS
from ..spec.contracts.space.windows_ranges import (
    GRANULE,
    PRIVATE,
    PRIVATE_RIGHTS,
    STACK,
    VIEW,
    granule_of,
    unguarded,
    wraps,
)
from ..spec.contracts.space.windows_stacks import pages_of_stack
from ..spec.contracts.space.windows_views import VIEW_RIGHTS
from .page_frames import PageFrames, Slot
from .vad import Vad, VadTree

#: Entries of one page table.
TABLE = 1024
#: Events that are kept.
_REMEMBERED = 1000
_BYTE = 0xFF
_KIND_OF_RIGHTS = {"rw": stacks.USED, "rwg": stacks.GUARDING}
_RIGHTS_OF_KIND = {kind: rights for rights, kind in _KIND_OF_RIGHTS.items()}


@attrs.define(eq=False)
class Contents:
    """The prototypes of a section or a file: a slot for each page that was ever used.

    Attributes:
        length: in bytes.
        slots: by page.
    """

    length: int
    slots: dict[int, Slot] = attrs.field(factory=dict)

    def slot(self, place: int) -> Slot:
        """The slot of a page."""
        return self.slots.setdefault(place, Slot())


@attrs.define(eq=False)
class Entry:
    """An entry of a page table: whose contents are seen, and what may be done with them.

    Attributes:
        slot: where the contents are; the entry is present while they are in a frame.
        rights: letters, as in the descriptor.
        own: whether nobody else's entry may lead to this slot.
    """

    slot: Slot
    rights: str
    own: bool


@attrs.define(eq=False)
class Process:
    """One process.

    Attributes:
        vads: its regions.
        tables: page tables, by the number of the table, with entries by page.
        locked: pages that stay resident.
    """

    vads: VadTree = attrs.field(factory=VadTree)
    tables: dict[int, dict[int, Entry]] = attrs.field(factory=dict)
    locked: set[int] = attrs.field(factory=set)

    def entry(self, page: int) -> Entry | None:
        """The entry of a page; None where there is none, or no table for it."""
        return self.tables.get(page // TABLE, {}).get(page)


class WindowsSpace:
    """Address spaces of several processes, with `pages` pages each from `base` on."""

    dialects = ("windows",)
    processes = 8
    bounded = True
    overcommit = "never"
    pages_out = True

    def __init__(
        self, pages: int, dialect: str = "windows", *, base: int = 1 << 30, frames: int = 0, limit: int = 0
    ) -> None:
        """No process; another dialect is a `ValueError`. `frames` and `limit` bound memory and charge, 0: not."""
        if dialect != "windows":
            raise ValueError(f"only the dialect windows is spoken here, not {dialect}")
        self._window = range(base // PAGE, base // PAGE + pages)
        self._limit, self._charged = limit, 0
        self._processes: dict[int, Process] = {}
        self._files: dict[int, Contents] = {}
        self._sections: dict[int, Contents] = {}
        #: What happened at faults, in words, the last thousand steps.
        self.events: deque[str] = deque(maxlen=_REMEMBERED)
        self._memory = PageFrames(frames, self.events.append)

    # -- processes ----------------------------------------------------------------------------------------------

    def create(self, process: int) -> None:
        """A new process, to which nothing is given."""
        if process in self._processes:
            raise ValueError(f"there is a process {process}")
        self._processes[process] = Process()

    def exit(self, process: int) -> None:
        """A process ends, and gives back all that it has."""
        ended = self._process(process)
        for vad in list(ended.vads):
            self._take_back(ended, vad)
        del self._processes[process]

    def _process(self, number: int) -> Process:
        if number not in self._processes:
            raise ValueError(f"there is no process {number}")
        return self._processes[number]

    # -- reserving and committing -------------------------------------------------------------------------------

    def reserve(self, process: int, address: int, size: int, rights: str, commit: bool) -> int:
        """A range is set aside, from the granule of `address` on or anywhere; gives its base."""
        space = self._process(process)
        self._expect(size > 0, "a range has a size")
        self._expect(rights in PRIVATE_RIGHTS, f"memory cannot have the rights {rights!r}")
        count = -(-(size + address % GRANULARITY) // PAGE)
        vad = Vad(self._place(space, granule_of(address), count), count, PRIVATE)
        if commit:
            self._charge(count)
            vad.rights = dict.fromkeys(vad.pages, rights)
        space.vads.insert(vad)
        return vad.first * PAGE

    def commit(self, process: int, address: int, size: int, rights: str) -> None:
        """The pages that a range touches are charged; no frame is taken, and no entry made."""
        space = self._process(process)
        self._expect(size > 0, "a range has a size")
        self._expect(rights in PRIVATE_RIGHTS, f"memory cannot have the rights {rights!r}")
        vad, there = self._given(space, address, size)
        self._charge(sum(page not in vad.rights for page in there))
        self._set_rights(space, vad, there, rights)

    def decommit(self, process: int, address: int, size: int) -> None:
        """The pages that a range touches are only reserved; all of a region, with its base and the size 0."""
        space = self._process(process)
        vad, there = self._given(space, address, size)
        self._forget(space, vad, there)

    def release(self, process: int, address: int, size: int) -> None:
        """A whole region is free again: its base, and the size 0."""
        space = self._process(process)
        self._expect(size == 0, "a region is released as a whole, with the size 0")
        self._take_back(space, self._based(space, address, PRIVATE))

    def protect(self, process: int, address: int, size: int, rights: str) -> str:
        """The pages that a range touches, all committed, get other rights; gives those that the first had."""
        space = self._process(process)
        self._expect(size > 0, "a range has a size")
        self._expect(rights in PRIVATE_RIGHTS, f"memory cannot have the rights {rights!r}")
        vad, there = self._committed(space, address, size)
        before = vad.rights[there.start]
        self._set_rights(space, vad, there, rights)
        return before

    def query(self, process: int, address: int) -> list[Any]:
        """[address of the page, base of its region, bytes of pages from here on that are alike, state, rights]."""
        space, page = self._process(process), address // PAGE
        self._expect(page in self._window, "the address is not one of the space")
        vad = space.vads.find(page)
        if vad is None:
            return [page * PAGE, 0, (space.vads.above(page, self._window.stop) - page) * PAGE, "free", ""]
        rights, end = vad.rights.get(page), page
        while end < vad.end and vad.rights.get(end) == rights:
            end += 1
        state = "reserved" if rights is None else "committed"
        return [page * PAGE, vad.first * PAGE, (end - page) * PAGE, state, rights or ""]

    # -- locking ------------------------------------------------------------------------------------------------

    def lock(self, process: int, address: int, size: int) -> None:
        """The pages that a range touches, all accessible, are brought in and stay."""
        space = self._process(process)
        _, there = self._committed(space, address, size)
        if any(not self._is_readable(space, page) for page in there):
            raise PermissionError("a page of the range cannot be accessed")
        locked = sum(len(other.locked) for other in self._processes.values())
        if not self._memory.may_lock(locked + len(set(there) - space.locked)):
            raise MemoryError("no frame would be left for other pages")
        for page in there:
            slot = self._reach(space, page * PAGE, access.READS).slot
            slot.locks += page not in space.locked
            space.locked.add(page)

    def unlock(self, process: int, address: int, size: int) -> None:
        """The pages that a range touches, all locked, need not stay."""
        space = self._process(process)
        _, there = self._committed(space, address, size)
        if not space.locked.issuperset(there):
            raise LookupError("a page of the range is not locked")
        for page in there:
            self._unlock(space, page)

    def _unlock(self, space: Process, page: int) -> None:
        entry = space.entry(page)
        if entry is not None and page in space.locked:
            entry.slot.locks -= 1
            space.locked.remove(page)

    def _is_readable(self, space: Process, page: int) -> bool:
        vad = space.vads.find(page)
        return vad is not None and vad.rights[page].startswith("r") and "g" not in vad.rights[page]

    # -- sections and stacks ------------------------------------------------------------------------------------

    def section(self, section: int, size: int, file: int) -> None:
        """A new section with contents of its own, charged at once, or with those of a file."""
        self._expect(section not in self._sections, f"there is a section {section}")
        if file != NO_FILE:
            contents = self._file(file)
            self._expect(contents.length > 0 and size in (0, contents.length), "a section has the length of its file")
            self._sections[section] = contents
            return
        self._expect(size > 0, "a section has a size")
        self._charge(-(-size // PAGE))
        self._sections[section] = Contents(size)

    def map_view(self, process: int, section: int, offset: int, size: int, rights: str, address: int) -> int:
        """A view of a section, from `address` on or anywhere; gives its base."""
        space = self._process(process)
        self._expect(
            section in self._sections and rights in VIEW_RIGHTS, "there is no such section, or right of a view"
        )
        self._expect(not offset % GRANULARITY and not address % GRANULARITY, "views begin at multiples of 64 KiB")
        length = self._sections[section].length
        size = size or length - offset
        self._expect(0 < size <= length - offset, "the section ends before the view")
        count = -(-size // PAGE)
        vad = Vad(self._place(space, address, count), count, VIEW, section=section, place=offset // PAGE)
        vad.private = "c" in rights
        self._charge(count if vad.private else 0)
        vad.rights = dict.fromkeys(vad.pages, rights)
        space.vads.insert(vad)
        return vad.first * PAGE

    def unmap_view(self, process: int, address: int) -> None:
        """The view that begins at `address` goes; the section stays."""
        space = self._process(process)
        self._take_back(space, self._based(space, address, VIEW))

    def stack(self, process: int, size: int) -> int:
        """A thread's stack is reserved; its highest page is committed, the one below is the guard. Gives its base."""
        space, count = self._process(process), pages_of_stack(Stack(process, size))
        vad = Vad(self._place(space, 0, count), count, STACK)
        begun, _ = stacks.begin([stacks.UNUSED] * count, 0, count)
        self._grow(space, vad, begun)
        space.vads.insert(vad)
        return vad.first * PAGE

    # -- accesses -----------------------------------------------------------------------------------------------

    def read(self, process: int, address: int) -> int:
        """The byte at an address."""
        entry = self._reach(self._process(process), address, access.READS)
        return self._memory.contents(entry.slot)[address % PAGE]

    def write(self, process: int, address: int, value: int) -> None:
        """A byte is written."""
        space = self._process(process)
        self._expect(0 <= value <= _BYTE, "that is no byte")
        self._store(self._reach(space, address, access.WRITES).slot, address, value)

    def execute(self, process: int, address: int) -> None:
        """An instruction is fetched."""
        self._reach(self._process(process), address, access.EXECUTES)

    def _store(self, slot: Slot, address: int, value: int) -> None:
        self._memory.contents(slot)[address % PAGE] = value
        slot.dirty = True

    def _reach(self, space: Process, address: int, kind: int) -> Entry:
        """The entry through which an access is made, after as many faults as it takes."""
        page = address // PAGE
        while True:
            entry = space.entry(page)
            if entry is not None and self._classified(entry.slot.state, entry.rights, kind) == access.GRANTED:
                self._note(f"page {page:#x}: the page table leads to frame {entry.slot.frame}")
                return entry
            self._note(f"page {page:#x}: the page table has no entry for this access: page fault")
            self._fault(space, page, kind)
            self._note(f"page {page:#x}: the access is repeated")

    @staticmethod
    def _classified(state: int, rights: str, kind: int) -> int:
        return int(access.classify(state, _word(rights), kind))

    def _note(self, event: str) -> None:
        self.events.append(event)

    # -- faults -------------------------------------------------------------------------------------------------

    def _fault(self, space: Process, page: int, kind: int) -> None:
        """Serve a page fault, or raise what the access comes to."""
        path = space.vads.path(page)
        self._note(f"page {page:#x}: looked up in the tree of regions, {len(path)} compared")
        vad = path[-1] if path and page in path[-1].pages else None
        if vad is None or page not in vad.rights:
            self._note(f"page {page:#x}: {'free' if vad is None else 'reserved'}: access violation")
            raise PermissionError(f"the page at {page * PAGE:#x} is {'free' if vad is None else 'reserved'}")
        entry = space.entry(page)
        slot = entry.slot if entry is not None else self._slot_behind(vad, page)
        outcome = self._classified(slot.state, vad.rights[page], kind)
        if outcome == access.VIOLATION:
            self._note(f"page {page:#x}: its rights are {vad.rights[page] or 'none'}: access violation")
            raise PermissionError(f"the page at {page * PAGE:#x} may not be accessed like this")
        if outcome == access.GUARD_HIT:
            self._hit_guard(space, vad, page)
            return
        entry = entry or self._make_entry(space, vad, page, slot)
        if kind == access.WRITES and "c" in entry.rights:
            self._copy(space, vad, page, entry)
        else:
            self._memory.bring_in(entry.slot)

    def _slot_behind(self, vad: Vad, page: int) -> Slot:
        """Where the contents of a page are that has no entry yet: in the section, or nowhere."""
        if vad.section is None:
            return Slot()
        return self._sections[vad.section].slot(vad.place + page - vad.first)

    def _make_entry(self, space: Process, vad: Vad, page: int, slot: Slot) -> Entry:
        """The entry of a page, from its descriptor, in a table that is made if there is none."""
        if page // TABLE not in space.tables:
            space.tables[page // TABLE] = {}
            self._note(f"page {page:#x}: page table {page // TABLE:#x} is made")
        entry = Entry(slot, vad.rights[page], own=vad.section is None)
        space.tables[page // TABLE][page] = entry
        self._note(f"page {page:#x}: its entry is made from the region at page {vad.first:#x}")
        return entry

    def _copy(self, space: Process, vad: Vad, page: int, entry: Entry) -> None:
        """A page that is copied on write gets a slot of its own with the same contents, and may be written."""
        self._memory.bring_in(entry.slot)
        kept, locked = bytes(self._memory.contents(entry.slot)), page in space.locked
        entry.slot.locks -= locked
        entry.slot, entry.own = Slot(locks=int(locked)), True
        self._memory.bring_in(entry.slot)
        self._memory.contents(entry.slot)[:] = kept
        self._note(f"page {page:#x}: private copy in frame {entry.slot.frame}")
        self._set_rights(space, vad, [page], entry.rights.replace("c", "w"))

    def _hit_guard(self, space: Process, vad: Vad, page: int) -> None:
        """The guard of a page goes, and that is told; of a stack it moves down, as long as there is room."""
        if vad.kind != STACK:
            self._note(f"page {page:#x}: guard page, told once")
            self._set_rights(space, vad, [page], unguarded(vad.rights[page]))
            raise UserWarning(f"the page at {page * PAGE:#x} was a guard page")
        kinds = [_KIND_OF_RIGHTS.get(vad.rights.get(number, ""), stacks.UNUSED) for number in vad.pages]
        stack = stacks.Stack(kinds, 0, kinds.index(stacks.USED), vad.count, 0, 0)
        touched, outcome = stacks.touch(stack, page - vad.first)
        self._grow(space, vad, touched)
        self._note(f"page {page:#x}: guard of a stack, the page below it is committed")
        if outcome == stacks.OVERFLOWED:
            self._note(f"page {page:#x}: the last page of the stack: stack overflow")
            raise RecursionError(f"the stack at {vad.first * PAGE:#x} has one page left")

    def _grow(self, space: Process, vad: Vad, stack: stacks.Stack) -> None:
        """The pages of a stack are committed as the specification of stacks says."""
        rights = {vad.first + at: _RIGHTS_OF_KIND[kind] for at, kind in enumerate(stack.kinds) if kind != stacks.UNUSED}
        self._charge(len(rights) - len(vad.rights))
        for page, letters in rights.items():
            self._set_rights(space, vad, [page], letters)

    # -- files --------------------------------------------------------------------------------------------------

    def file(self, file: int, length: int) -> None:
        """A new file of zero bytes."""
        self._expect(file not in self._files, f"there is a file {file}")
        self._files[file] = Contents(length)

    def load(self, file: int, offset: int) -> int:
        """A byte of a file is read, from where its sections have it."""
        return self._memory.contents(self._cached(file, offset))[offset % PAGE]

    def store(self, file: int, offset: int, value: int) -> None:
        """A byte of a file is written, where its sections have it."""
        slot = self._cached(file, offset)
        self._expect(0 <= value <= _BYTE, "that is no byte")
        self._store(slot, offset, value)

    def _file(self, number: int) -> Contents:
        self._expect(number in self._files, f"there is no file {number}")
        return self._files[number]

    def _cached(self, file: int, offset: int) -> Slot:
        contents = self._file(file)
        self._expect(0 <= offset < contents.length, "that is outside the file")
        slot = contents.slot(offset // PAGE)
        self._memory.bring_in(slot)
        return slot

    # -- what the calls have in common --------------------------------------------------------------------------

    @staticmethod
    def _expect(condition: bool, otherwise: str) -> None:
        if not condition:
            raise ValueError(otherwise)

    def _charge(self, more: int) -> None:
        """So many pages more are charged, if the limit leaves room."""
        if self._limit and more > 0 and self._charged + more > self._limit:
            raise MemoryError(f"{self._charged} pages are charged, {more} more are above the limit of {self._limit}")
        self._charged += more

    def _place(self, space: Process, address: int, count: int) -> int:
        """The first of so many free pages: at an address, or the lowest that begin with a granule."""
        first = address // PAGE
        if not address:
            gap = space.vads.gap(count, self._window, GRANULE)
            if gap is None:
                raise OverflowError(f"no {count} pages from a granule on are free")
            return gap
        there = range(first, first + count)
        inside = self._window.start <= first and there.stop <= self._window.stop
        if not inside or not space.vads.is_free(there):
            raise OverflowError("the range is not inside the space, or not free")
        return first

    def _given(self, space: Process, address: int, size: int) -> tuple[Vad, range]:
        """The one private region that all pages of a range are in, and the pages; all of it, if the range is empty."""
        if not size:
            vad = self._based(space, address, PRIVATE)
            return vad, vad.pages
        vad, there = self._in_one(space, address, size)
        if vad.kind != PRIVATE:
            raise ValueError("the pages were not reserved as memory")
        return vad, there

    def _in_one(self, space: Process, address: int, size: int) -> tuple[Vad, range]:
        self._expect(size > 0 and not wraps(address, size), "that is no range")
        there = range(address // PAGE, -(-(address + size) // PAGE))
        vad = space.vads.find(there.start)
        if vad is None or there.stop > vad.end:
            raise LookupError("the pages of the range are not all of one region")
        return vad, there

    def _committed(self, space: Process, address: int, size: int) -> tuple[Vad, range]:
        """The one region that all pages of a range are in, and the pages, which are all committed."""
        vad, there = self._in_one(space, address, size)
        if any(page not in vad.rights for page in there):
            raise LookupError("a page of the range is not committed")
        return vad, there

    def _based(self, space: Process, address: int, kind: str) -> Vad:
        """The region of a kind that begins at an address."""
        vad = space.vads.find(address // PAGE)
        if vad is None or vad.kind != kind or vad.first * PAGE != address:
            raise ValueError(f"{address:#x} is not the base of a region that this call is for")
        return vad

    @staticmethod
    def _set_rights(space: Process, vad: Vad, there: Iterable[int], rights: str) -> None:
        """Pages have other rights: in the descriptor, and in those entries that there are."""
        for page in there:
            vad.rights[page] = rights
            entry = space.entry(page)
            if entry is not None:
                entry.rights = rights

    def _forget(self, space: Process, vad: Vad, there: Iterable[int]) -> None:
        """Pages are not committed any more: what is in them is gone, their entries too, and the charge falls."""
        for page in there:
            if vad.rights.pop(page, None) is not None:
                self._charge(-int(vad.private))
            entry = space.entry(page)
            if entry is not None:
                self._unlock(space, page)
                del space.tables[page // TABLE][page]
                if entry.own:
                    self._memory.drop(entry.slot)

    def _take_back(self, space: Process, vad: Vad) -> None:
        """A region goes, with all that is in it."""
        self._forget(space, vad, vad.pages)
        space.vads.remove(vad)


def _word(rights: str) -> int:
    """Rights as the specification of accesses has them."""
    return sum(LETTERS[letter] for letter in rights)
