"""The reference manager of address spaces in the Windows dialect: descriptors, page tables on demand, a paging file.

A reservation, a view and a stack are each one descriptor in a tree, in which a page that is free has no place. To
commit pages is to write their rights into the descriptor, and to charge them; the rest is for the first access to do.
A new region is put between two neighbours in the tree, at the lowest granule of 64 KiB with room enough.

The invariant: *what is charged are the committed pages of private regions, and the sections*. A call that fails has
changed nothing: what may fail is asked first.

Source: Windows Internals, memory manager: virtual address descriptors; Microsoft, VirtualAlloc and its relatives.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..spec import access, stacks
from ..spec.contracts.space.arena import GRANULARITY, PAGE
from ..spec.contracts.space.calls import NO_FILE, Stack
from ..spec.contracts.space.windows_ranges import (
    GRANULE,
    PRIVATE,
    PRIVATE_RIGHTS,
    STACK,
    VIEW,
    granule_of,
    wraps,
)
from ..spec.contracts.space.windows_stacks import pages_of_stack
from ..spec.contracts.space.windows_views import VIEW_RIGHTS
from .vad import Vad
from .windows_faults import TABLE, Contents, Process, WindowsFaults


class WindowsSpace(WindowsFaults):
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
        super().__init__(frames, limit)
        self._window = range(base // PAGE, base // PAGE + pages)

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
        there = self._all_committed(space, address, size)
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
        there = self._all_committed(space, address, size)
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

    # -- what the calls have in common --------------------------------------------------------------------------

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

    def _all_committed(self, space: Process, address: int, size: int) -> range:
        """The pages of a range, which are all committed, in one region or in several."""
        self._expect(size > 0 and not wraps(address, size), "that is no range")
        there = range(address // PAGE, -(-(address + size) // PAGE))
        for page in there:
            vad = space.vads.find(page)
            if vad is None or page not in vad.rights:
                raise LookupError("a page of the range is not committed")
        return there

    def _based(self, space: Process, address: int, kind: str) -> Vad:
        """The region of a kind that begins at an address."""
        vad = space.vads.find(address // PAGE)
        if vad is None or vad.kind != kind or vad.first * PAGE != address:
            raise ValueError(f"{address:#x} is not the base of a region that this call is for")
        return vad

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
