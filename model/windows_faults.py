"""Accesses of processes in the Windows dialect, and what page faults do: entries on demand, frames, copies, stacks.

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

The invariant: *an entry says what the descriptor says, or nothing*.

The pages of a section are its own (prototypes): entries of all who map it lead to one slot, until a private copy is
made. Every step of a fault is told in `events`.

Source: Windows Internals, memory manager: page faults, prototype entries, stacks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import attrs

from ..spec import access, stacks
from ..spec.contracts.space.arena import PAGE
from ..spec.contracts.space.memory import LETTERS
from ..spec.contracts.space.windows_ranges import STACK, unguarded
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
        faults: how many page faults were served.
    """

    vads: VadTree = attrs.field(factory=VadTree)
    tables: dict[int, dict[int, Entry]] = attrs.field(factory=dict)
    locked: set[int] = attrs.field(factory=set)
    faults: int = 0

    def entry(self, page: int) -> Entry | None:
        """The entry of a page; None where there is none, or no table for it."""
        return self.tables.get(page // TABLE, {}).get(page)


class WindowsFaults:
    """Memory of several processes as far as accesses see it: what regions there are, others decide."""

    def __init__(self, frames: int, limit: int) -> None:
        """No process; `frames` and `limit` bound memory and charge, 0: not."""
        self._limit, self._charged = limit, 0
        self._processes: dict[int, Process] = {}
        self._files: dict[int, Contents] = {}
        self._sections: dict[int, Contents] = {}
        #: What happened at accesses, in words, the last thousand steps.
        self.events: deque[str] = deque(maxlen=_REMEMBERED)
        self._memory = PageFrames(frames, self.events.append)

    def _process(self, number: int) -> Process:
        if number not in self._processes:
            raise ValueError(f"there is no process {number}")
        return self._processes[number]

    def faults(self, process: int) -> int:
        """How many page faults of a process were served: not those that came to a violation, or told a guard."""
        return self._process(process).faults

    def frames_used(self) -> int:
        """How many frames are in use."""
        return self._memory.used

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
            self._note(f"page {page:#x}: {_missing(entry)}: page fault")
            self._fault(space, page, kind)
            space.faults += 1
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

    # -- what calls and faults have in common ----------------------------------------------------------------------

    @staticmethod
    def _expect(condition: bool, otherwise: str) -> None:
        if not condition:
            raise ValueError(otherwise)

    def _charge(self, more: int) -> None:
        """So many pages more are charged, if the limit leaves room."""
        if self._limit and more > 0 and self._charged + more > self._limit:
            raise MemoryError(f"{self._charged} pages are charged, {more} more are above the limit of {self._limit}")
        self._charged += more

    @staticmethod
    def _set_rights(space: Process, vad: Vad, there: Iterable[int], rights: str) -> None:
        """Pages have other rights: in the descriptor, and in those entries that there are."""
        for page in there:
            vad.rights[page] = rights
            entry = space.entry(page)
            if entry is not None:
                entry.rights = rights


def _word(rights: str) -> int:
    """Rights as the specification of accesses has them."""
    return sum(LETTERS[letter] for letter in rights)


def _missing(entry: Entry | None) -> str:
    """Why an access cannot be made through an entry."""
    if entry is None:
        return "the page table has no entry"
    return "its entry is not present" if entry.slot.frame is None else "its entry does not allow this access"
