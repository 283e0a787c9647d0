"""The reference manager of address spaces in the Linux dialect: the specification's own steps on sparse arrays.

It is put together from three parts of the specification, each of which knows nothing of the others::

    regions    which ranges were given, and as what         one list for each process
    access     what an access to a page with these rights comes to
    sharing    which frame stands behind a page, and who shares it: one state for all processes and files

Giving a page touches the regions alone; a frame is taken at the first access (demand paging). The place of a new
mapping is the highest one with room, as on Linux. A call that fails has changed nothing: what may fail is asked first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..spec import access, pages, regions
from ..spec.contracts.space.arena import LAST_ADDRESS, PAGE
from ..spec.contracts.space.calls import NO_FILE
from .linux_process import DATA, GAP, OBJECT, SHARED, Process, letters_of, object_of, word_of
from .shared_frames import Object, SharedFrames


class LinuxSpace:
    """Address spaces of several processes in a window of `pages` pages from `base` on.

    `frames` frames of memory and `limit` pages that may be charged, 0 for as many as are wanted.
    """

    processes = 8
    overcommit = "never"
    merging = True
    gap = GAP

    def __init__(self, pages: int, dialect: str, base: int = 1 << 30, frames: int = 0, limit: int = 0) -> None:
        """No process; another dialect than `linux` is a `ValueError`."""
        if dialect != "linux":
            raise ValueError(f"only the dialect linux is spoken here, not {dialect}")
        self._pages, self._base, self._limit = pages, base, limit
        self._first = base // PAGE
        self._running: dict[int, Process] = {}
        self._files: dict[int, Object] = {}
        self._objects: dict[int, Object] = {}
        self._memory = SharedFrames(frames or LAST_ADDRESS)
        self._numbers = 0

    # -- processes ----------------------------------------------------------------------------------------------

    def create(self, process: int) -> None:
        """A new process, to which nothing is given."""
        if process in self._running:
            raise ValueError(f"there is a process {process}")
        self._numbers += 1
        self._running[process] = Process(self._numbers, self._pages, self._base + self._pages // 4 * PAGE)

    def exit(self, process: int) -> None:
        """A process ends, and gives back all that it has."""
        ended = self._process(process)
        self._drop(ended, list(ended.backed))
        del self._running[process]
        self._forget_objects()

    def fork(self, process: int, child: int) -> None:
        """A child has all that its parent has; private pages are in the same frames until one of both writes."""
        parent = self._process(process)
        if child in self._running:
            raise ValueError(f"there is a process {child}")
        self._charge(len(parent.charged))
        self._numbers += 1
        made = parent.twin(self._numbers)
        for page in parent.backed:
            self._memory.copy(made.page(page), parent.page(page))
        made.backed = set(parent.backed)
        self._running[child] = made

    def _process(self, number: int) -> Process:
        if number not in self._running:
            raise ValueError(f"there is no process {number}")
        return self._running[number]

    # -- giving and taking back ---------------------------------------------------------------------------------

    def mmap(
        self, process: int, address: int, length: int, rights: str, shared: bool, fixed: bool, file: int, offset: int
    ) -> int:
        """Pages are given; the address of the first. Those that were there give way if `fixed`."""
        space, count = self._process(process), -(-length // PAGE)
        if not length or offset % PAGE or (fixed and address % PAGE) or (file != NO_FILE and file not in self._files):
            raise ValueError("nothing can be mapped like this")
        if fixed and not self._is_inside(address, length):
            raise ValueError("that is outside the address space")
        first = self._page(address) if fixed else self._place(space, address, count)
        replaced = {page for page in range(first, first + count) if page in space.charged} if fixed else set()
        is_charged = "w" in rights and not shared
        self._charge((count if is_charged or (shared and file == NO_FILE) else 0) - len(replaced))
        self._take_back(space, first, count)
        kind, place = word_of(rights) | SHARED * shared, 0
        if shared or file != NO_FILE:
            thing = self._files[file] if file != NO_FILE else self._new_object(count * PAGE)
            kind, place = kind | regions.BACKED | OBJECT * thing.number, offset // PAGE if file != NO_FILE else 0
        space.give(first, count, kind, place, charged=is_charged)
        self._forget_objects()
        return self._address(first)

    def munmap(self, process: int, address: int, length: int) -> None:
        """Pages are taken back; where there were none, nothing happens."""
        space = self._process(process)
        if address % PAGE or not length or not self._is_inside(address, length):
            raise ValueError("whole pages inside the address space can be unmapped, at least one")
        self._take_back(space, self._page(address), -(-length // PAGE))
        self._forget_objects()

    def mprotect(self, process: int, address: int, length: int, rights: str) -> None:
        """Pages get other rights."""
        space, first, count = self._given(process, address, length)
        charged = space.private_in(first, count) - space.charged if "w" in rights else set()
        self._charge(len(charged))
        space.charged |= charged
        space.protect(first, count, word_of(rights))

    def mremap(self, process: int, address: int, length: int, new_length: int, may_move: bool) -> int:
        """A range grows or shrinks, in place if that is possible; gives where it is then."""
        if not new_length or not length:
            raise ValueError("a range has a length")
        space, first, count = self._given(process, address, length)
        more = -(-new_length // PAGE) - count
        region, _ = space.find(first)
        if regions.end_of(space.regions, region) < first + count:
            raise LookupError("the range is not one region")
        if more <= 0:
            self._take_back(space, first + count + more, -more)
            return address
        in_place = space.is_unused(first + count, more)
        target = first if in_place else space.place(count + more) if may_move else None
        if target is None:
            raise OverflowError("there is no room behind it")
        is_charged = first in space.charged
        self._charge(more if is_charged else 0)
        kind = regions.kind_of(space.regions, region)
        place = regions.offset_of(space.regions, region) + first - region
        if not in_place:
            self._move(space, first, count, target, kind, place)
        space.give(target + count, more, kind, place + count, charged=is_charged)
        return self._address(target)

    def brk(self, process: int, address: int) -> int:
        """The end of the heap moves, if there is room; gives where it is then."""
        space = self._process(process)
        old, new = -(-space.end // PAGE) - self._first, -(-address // PAGE) - self._first
        if address < space.heap:
            return space.end
        if new > old:
            is_inside = self._is_inside(space.heap, address - space.heap)
            if not (is_inside and self._has_charge(new - old) and space.is_unused(old, new - old)):
                return space.end
            space.give(old, new - old, DATA, 0, charged=True)
        self._take_back(space, new, max(0, old - new))
        space.end = address
        return address

    def begin_heap(self, process: int, address: int) -> None:
        """The heap, which must be empty, begins at a page: a loader has it begin above the program."""
        space = self._process(process)
        if address % PAGE or not self._is_inside(address, 0) or space.end != space.heap:
            raise ValueError("a heap that is empty can begin at a page inside the address space")
        space.heap = space.end = address

    # -- stacks -------------------------------------------------------------------------------------------------

    def stack(self, process: int, size: int) -> int:
        """A stack of which only the highest page is there; it grows when it is accessed below. Its lowest address."""
        space, count = self._process(process), -(-size // PAGE)
        if not size:
            raise ValueError("a stack has a size")
        lowest = space.place(count)
        self._charge(1)
        space.begin_stack(lowest, lowest + count - 1)
        return self._address(lowest)

    # -- advice and looks ---------------------------------------------------------------------------------------

    def madvise(self, process: int, address: int, length: int, advice: str) -> None:
        """The contents of private pages are given up."""
        if advice not in ("dontneed", "free"):
            raise ValueError(f"there is no advice {advice}")
        space, first, count = self._given(process, address, length)
        self._drop(space, space.private_in(first, count) & space.backed)

    def populate(self, process: int, address: int, length: int) -> None:
        """Pages are backed without an access, and so without a fault: eager allocation, as `MAP_POPULATE` does it."""
        space, first, count = self._given(process, address, length)
        for page in range(first, first + count):
            if page not in space.backed:
                self._back(space, page)

    def faults(self, process: int) -> int:
        """How many page faults of a process were served."""
        return self._process(process).faults

    def frames_used(self) -> int:
        """How many frames are in use, by processes and for files."""
        return self._memory.used

    def mincore(self, process: int, address: int, length: int) -> list[bool]:
        """For each page whether it is resident."""
        space, first, count = self._given(process, address, length)
        return [self._is_resident(space, page) for page in range(first, first + count)]

    def _is_resident(self, space: Process, page: int) -> bool:
        thing, place = self._behind(space, page)
        return page in space.backed or (thing is not None and self._memory.is_mapped(thing.page(place)))

    def maps(self, process: int) -> list[list[Any]]:
        """The regions: [address, end, rights, shared, file, offset] each, upward."""
        space = self._process(process)
        return [self._listed(space, region) for region in space.upward()]

    def _listed(self, space: Process, region: int) -> list[Any]:
        kind = regions.kind_of(space.regions, region)
        file = next((name for name, thing in self._files.items() if thing.number == object_of(kind)), NO_FILE)
        offset = regions.offset_of(space.regions, region) * PAGE if file != NO_FILE else 0
        end = regions.end_of(space.regions, region)
        return [self._address(region), self._address(end), letters_of(kind), bool(kind & SHARED), file, offset]

    # -- accesses -----------------------------------------------------------------------------------------------

    def read(self, process: int, address: int) -> int:
        """The byte at an address."""
        space, page = self._accessed(process, address, access.READS)
        return self._memory.byte(space.page(page), address % PAGE)

    def write(self, process: int, address: int, value: int) -> None:
        """A byte is written."""
        before = self._process(process).faults
        space, page = self._accessed(process, address, access.WRITES)
        if self._memory.write(space.page(page), address % PAGE, value):
            # What is brought in in order to be written is copied by the same fault.
            space.faults = before + 1

    def execute(self, process: int, address: int) -> None:
        """An instruction is fetched."""
        self._accessed(process, address, access.EXECUTES)

    def _accessed(self, process: int, address: int, kind: int) -> tuple[Process, int]:
        """The page of an address that may be accessed like this, with a frame behind it."""
        space, page = self._process(process), self._page(address)
        region, found = space.find(page)
        growing = None if found else space.growing(page)
        if growing is not None and self._has_charge(space.stacks[growing] - page):
            return self._accessed_below(space, growing, page)
        state = pages.COMMITTED if found else pages.FREE
        rights = regions.kind_of(space.regions, region) & access.RIGHTS
        if not access.succeeds(access.classify(state, rights, kind)):
            raise PermissionError(f"{address:#x} may not be accessed like this")
        if page not in space.backed:
            self._back(space, page)
            space.faults += 1
        return space, page

    def _accessed_below(self, space: Process, highest: int, page: int) -> tuple[Process, int]:
        """A stack grows by an access; without a frame for it nothing has changed."""
        lowest = space.stacks[highest]
        space.grow(highest, page)
        try:
            self._back(space, page)
        except MemoryError:
            self._take_back(space, page, lowest - page)
            space.stacks[highest] = lowest
            raise
        space.faults += 1
        return space, page

    def _back(self, space: Process, page: int) -> None:
        """The first access to a page: a frame of its own, zeroed, or that of the object behind it."""
        thing, place = self._behind(space, page)
        if thing is None:
            self._memory.fill(space.page(page))
        elif place * PAGE >= thing.length:
            raise EOFError("that is past the end of what is mapped")
        else:
            shared = bool(space.kind_at(page) & SHARED)
            self._memory.show(space.page(page), thing.page(place), shared=shared)
        space.backed.add(page)

    def _behind(self, space: Process, page: int) -> tuple[Object | None, int]:
        """The object behind a page, and which page of it."""
        region, _ = space.find(page)
        kind = regions.kind_of(space.regions, region)
        if not regions.is_backed(kind):
            return None, 0
        return self._objects[object_of(kind)], regions.offset_of(space.regions, region) + page - region

    # -- files --------------------------------------------------------------------------------------------------

    def file(self, file: int, length: int) -> None:
        """A new file of zero bytes."""
        if file in self._files:
            raise ValueError(f"there is a file {file}")
        self._files[file] = self._new_object(length)

    def load(self, file: int, offset: int) -> int:
        """A byte of a file, as it is read through the page cache."""
        return self._memory.byte(self._file(file, offset).page(offset // PAGE), offset % PAGE)

    def store(self, file: int, offset: int, value: int) -> None:
        """A byte of a file is written, through the page cache."""
        page = self._file(file, offset).page(offset // PAGE)
        self._memory.cache(page)
        self._memory.write(page, offset % PAGE, value)

    def _file(self, file: int, offset: int) -> Object:
        if file not in self._files or not 0 <= offset < self._files[file].length:
            raise ValueError("there is no such file, or no such byte in it")
        return self._files[file]

    def _new_object(self, length: int) -> Object:
        self._numbers += 1
        self._objects[self._numbers] = Object(self._numbers, length)
        return self._objects[self._numbers]

    # -- charge -------------------------------------------------------------------------------------------------

    @property
    def _charged(self) -> int:
        """How many pages count against the limit."""
        named = {thing.number for thing in self._files.values()}
        shared = sum(-(-thing.length // PAGE) for thing in self._objects.values() if thing.number not in named)
        return shared + sum(len(space.charged) for space in self._running.values())

    def _has_charge(self, more: int) -> bool:
        return not self._limit or more <= 0 or self._charged + more <= self._limit

    def _charge(self, more: int) -> None:
        if not self._has_charge(more):
            raise MemoryError(f"{more} pages more are above the limit")

    # -- ranges -------------------------------------------------------------------------------------------------

    def _page(self, address: int) -> int:
        return address // PAGE - self._first

    def _address(self, page: int) -> int:
        return (self._first + page) * PAGE

    def _is_inside(self, address: int, length: int) -> bool:
        return self._base <= address and address + length <= self._base + self._pages * PAGE

    def _place(self, space: Process, hint: int, count: int) -> int:
        """Where so many pages are to be: at the hint if it is free, otherwise as high as possible."""
        is_inside = hint and not hint % PAGE and self._is_inside(hint, count * PAGE)
        if is_inside and space.is_unused(self._page(hint), count):
            return self._page(hint)
        return space.place(count)

    def _given(self, process: int, address: int, length: int) -> tuple[Process, int, int]:
        """A range all pages of which were given; `LookupError` for one that has a hole."""
        space, first, count = self._process(process), self._page(address), -(-length // PAGE)
        if address % PAGE or address + length - 1 > LAST_ADDRESS:
            raise ValueError("that is no range of pages")
        end = first
        while end < first + count:
            region, covered = space.find(end)
            if not covered:
                raise LookupError(f"the page at {self._address(end):#x} was not given")
            end = regions.end_of(space.regions, region)
        return space, first, count

    def _take_back(self, space: Process, first: int, count: int) -> None:
        there = range(first, first + count)
        self._drop(space, [page for page in there if page in space.backed])
        space.take(first, count)

    def _move(self, space: Process, first: int, count: int, target: int, kind: int, place: int) -> None:
        """Pages with all that is in them are somewhere else."""
        backed = [page for page in range(first, first + count) if page in space.backed]
        for page in backed:
            self._memory.copy(space.page(target + page - first), space.page(page))
        charged = first in space.charged
        self._take_back(space, first, count)
        space.backed |= {target + page - first for page in backed}
        space.give(target, count, kind, place, charged=charged)

    def _drop(self, space: Process, dropped: Iterable[int]) -> None:
        """Frames of pages are no longer behind them; a frame behind which nobody is, is unused."""
        for page in dropped:
            self._memory.drop(space.page(page))
            space.backed.discard(page)

    def _forget_objects(self) -> None:
        """Shared memory that nobody maps any more is gone."""
        kept = {thing.number for thing in self._files.values()}
        for space in self._running.values():
            kept |= {object_of(regions.kind_of(space.regions, region)) for region in space.upward()}
        for number in [number for number in self._objects if number not in kept]:
            gone = self._objects.pop(number)
            for place in range(-(-gone.length // PAGE)):
                self._memory.forget(gone.page(place))
