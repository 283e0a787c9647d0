"""What processes were given and what is in it, as the contract `space` keeps it: page by page, byte by byte.

A state tells nothing about how an implementation works, only what follows from the calls. A page that is not in a
process's dictionary is free. Its contents are the process's own, or those of an *object* (a file, a section, memory
that was mapped as shared) until the process writes to a private page::

    process 1   page 7  --own cells-------------> {offset: byte}
    process 1   page 8  --shared----> object 3, page 0 --> cells <-- load and store of the file
    process 2   page 5  --private---> the same, up to the first write: then own cells, a copy
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from ... import access, pages
from .arena import PAGE, SpaceArena, SpaceCapabilities

#: Rights as letters, each with the bit that the specification of accesses has for it.
LETTERS = {"r": access.READ, "w": access.WRITE, "x": access.EXECUTE, "c": access.COPY, "g": access.GUARD}


@attrs.frozen
class Page:
    """What a process was given at one page.

    Attributes:
        state: reserved or committed, as in the specification of page states.
        rights: letters.
        region: address of the reservation or view that it is part of; 0 where the dialect has none.
        object: number of the object behind it, or None.
        place: page of the object; of a stack its highest page.
        shared: whether what is written goes to the object.
        charged: whether it counts against the limit.
        kind: what gave it: `memory`, `view`, `stack` or `heap`.
    """

    state: int
    rights: str
    region: int = 0
    object: int | None = None
    place: int = 0
    shared: bool = False
    charged: bool = False
    kind: str = "memory"

    @property
    def word(self) -> int:
        """The rights as the specification of accesses has them."""
        return sum(LETTERS[letter] for letter in self.rights)

    @property
    def is_committed(self) -> bool:
        """Whether an access may find memory behind it."""
        return self.state == pages.COMMITTED

    def follows(self, other: Page) -> bool:
        """Whether this page, right after `other`, is more of the same."""
        behind = other.place + 1 if self.object is not None else other.place
        return self == attrs.evolve(other, place=behind, charged=self.charged)


@attrs.define
class Object:
    """Contents that several processes may see.

    Attributes:
        kind: `file`, `section` or `memory` (mapped as shared, without a name).
        length: in bytes.
        cells: the bytes that are not zero, by offset.
        charged: pages that count against the limit for it.
    """

    kind: str
    length: int
    cells: dict[int, int] = attrs.field(factory=dict)
    charged: int = 0

    def copy(self) -> Object:
        """A snapshot."""
        return Object(self.kind, self.length, dict(self.cells), self.charged)


@attrs.frozen
class Bounds:
    """A number of which only this is known: it is `least` or more, and `most` or less."""

    least: int
    most: int


@attrs.define
class Process:
    """One process.

    Attributes:
        pages: what it was given, by page number.
        cells: by page the bytes of its own, where a private page has been written.
        forked: whether it was forked, or has forked: its private contents were another's, too.
        heap: first address and end of the heap that `brk` moves; None until it was asked.
        freed: by page that may lose its contents at any time the bytes that were written since and will stay.
        reach: by page that was accessed how near it is, as `linux_faults` has it.
        faults: how many faults were served.
    """

    pages: dict[int, Page] = attrs.field(factory=dict)
    cells: dict[int, dict[int, int]] = attrs.field(factory=dict)
    forked: bool = False
    heap: tuple[int, int] | None = None
    freed: dict[int, dict[int, int]] = attrs.field(factory=dict)
    reach: dict[int, Bounds] = attrs.field(factory=dict)
    faults: Bounds = Bounds(0, 0)

    def copy(self) -> Process:
        """A snapshot."""
        cells = {page: dict(own) for page, own in self.cells.items()}
        freed = {page: dict(own) for page, own in self.freed.items()}
        return Process(dict(self.pages), cells, self.forked, self.heap, freed, dict(self.reach), self.faults)


#: What may take a frame: a private page of a process, or a page of an object.
Backing = tuple[str, int, int]


@attrs.define
class Memory:
    """The state of the contract.

    Attributes:
        processes: by number.
        objects: by number; those that calls name (`named`) and those without a name have numbers of one kind.
        named: the object of a file or section, by what it is and its number.
        backed: what was accessed and may therefore be in a frame, and whether it was written and must be somewhere.
    """

    processes: dict[int, Process] = attrs.field(factory=dict)
    objects: dict[int, Object] = attrs.field(factory=dict)
    named: dict[tuple[str, int], int] = attrs.field(factory=dict)
    backed: dict[Backing, bool] = attrs.field(factory=dict)

    def copy(self) -> Memory:
        """A snapshot that later steps do not change."""
        return Memory(
            {number: process.copy() for number, process in self.processes.items()},
            {number: thing.copy() for number, thing in self.objects.items()},
            dict(self.named),
            dict(self.backed),
        )


@attrs.frozen
class Terms:
    """What one target is held to: the arena that it was given, and what it has declared."""

    arena: SpaceArena
    capabilities: SpaceCapabilities = attrs.field(factory=SpaceCapabilities)


# -- pages --------------------------------------------------------------------------------------------------------


def page_of(address: int) -> int:
    """The page of an address."""
    return address // PAGE


def pages_touched(address: int, length: int) -> range:
    """The pages that a range of bytes touches; none if it is empty."""
    return range(address // PAGE, -(-(address + length) // PAGE))


def is_free(process: Process, numbers: range) -> bool:
    """Whether all of these pages are free; a range may be far longer than what was given."""
    if numbers.stop - numbers.start > len(process.pages):
        return not any(number in numbers for number in process.pages)
    return not any(number in process.pages for number in numbers)


def is_given(process: Process, numbers: range) -> bool:
    """Whether all of these pages were given; a range may be far longer than that."""
    return numbers.stop - numbers.start <= len(process.pages) and all(number in process.pages for number in numbers)


def gaps(process: Process, arena: SpaceArena, kept: Iterable[int] = ()) -> Iterator[range]:
    """The runs of free pages in the window that are not `kept` free, upward."""
    first, end = page_of(arena.base), arena.end // PAGE
    for number in sorted(page for page in {*process.pages, *kept} if first <= page < end):
        if number > first:
            yield range(first, number)
        first = number + 1
    if first < end:
        yield range(first, end)


def runs(process: Process) -> Iterator[tuple[int, int, Page]]:
    """(first page, page after the last, what was given at the first) of each run of alike pages, upward."""
    first, last = None, None
    for number in sorted(process.pages):
        if last is None or number != last + 1 or not process.pages[number].follows(process.pages[last]):
            if first is not None and last is not None:
                yield first, last + 1, process.pages[first]
            first = number
        last = number
    if first is not None and last is not None:
        yield first, last + 1, process.pages[first]


def charge(memory: Memory) -> int:
    """How many pages count against the limit."""
    private = sum(page.charged for process in memory.processes.values() for page in process.pages.values())
    return private + sum(thing.charged for thing in memory.objects.values())


def take_back(memory: Memory, number: int, numbers: Iterable[int]) -> None:
    """These pages of a process are free, and what was in them is gone."""
    process = memory.processes[number]
    for page in numbers:
        process.pages.pop(page, None)
        forget(memory, number, page)


def forget(memory: Memory, number: int, page: int) -> None:
    """What a process wrote to a private page is gone."""
    process = memory.processes[number]
    for kept in (process.cells, process.freed, process.reach):
        kept.pop(page, None)
    memory.backed.pop(("process", number, page), None)


def drop_unused(memory: Memory) -> None:
    """Objects without a name that nobody maps any more are gone."""
    mapped = {page.object for process in memory.processes.values() for page in process.pages.values()}
    kept = mapped | set(memory.named.values())
    for number in [number for number in memory.objects if number not in kept]:
        del memory.objects[number]
        for key in [key for key in memory.backed if key[:2] == ("object", number)]:
            del memory.backed[key]


def add_object(memory: Memory, thing: Object, name: tuple[str, int] | None = None) -> int:
    """A new object, and its number."""
    number = max(memory.objects, default=0) + 1
    memory.objects[number] = thing
    if name is not None:
        memory.named[name] = number
    return number


# -- contents -----------------------------------------------------------------------------------------------------


def backing_of(memory: Memory, number: int, address: int) -> Backing:
    """What an access to this address finds its byte in: the process's own page, or a page of an object."""
    page = page_of(address)
    entry = memory.processes[number].pages[page]
    if entry.object is None or page in memory.processes[number].cells:
        return "process", number, page
    return "object", entry.object, entry.place


def byte_at(memory: Memory, number: int, address: int) -> int:
    """The byte that a process finds at an address that it was given."""
    kind, owner, place = backing_of(memory, number, address)
    if kind == "process":
        return memory.processes[owner].cells.get(place, {}).get(address % PAGE, 0)
    return memory.objects[owner].cells.get(place * PAGE + address % PAGE, 0)


def put_byte(memory: Memory, number: int, address: int, value: int) -> None:
    """A process writes a byte: to the object where the page is shared, otherwise to its own copy."""
    page, process = page_of(address), memory.processes[number]
    entry = process.pages[page]
    if entry.shared and entry.object is not None:
        memory.objects[entry.object].cells[entry.place * PAGE + address % PAGE] = value
        return
    if page not in process.cells:
        process.cells[page] = _copied(memory, entry)
    process.cells[page][address % PAGE] = value


def _copied(memory: Memory, entry: Page) -> dict[int, int]:
    if entry.object is None:
        return {}
    first = entry.place * PAGE
    cells = memory.objects[entry.object].cells
    return {offset - first: value for offset, value in cells.items() if first <= offset < first + PAGE}


def is_past_the_end(memory: Memory, number: int, address: int) -> bool:
    """Whether the page of an object behind this address lies wholly past the object's end."""
    page = page_of(address)
    entry = memory.processes[number].pages[page]
    if entry.object is None or page in memory.processes[number].cells:
        return False
    return entry.place * PAGE >= memory.objects[entry.object].length


def is_in_the_last_page(memory: Memory, number: int, address: int) -> bool:
    """Whether a byte lies past the end of its object, in the object's last page: nobody says what is there."""
    entry = memory.processes[number].pages[page_of(address)]
    if entry.object is None:
        return False
    length, offset = memory.objects[entry.object].length, entry.place * PAGE + address % PAGE
    return offset >= length > entry.place * PAGE


# -- frames -------------------------------------------------------------------------------------------------------


def frames_at_most(memory: Memory) -> int:
    """How many frames may be in use: all that was accessed may be in one."""
    return len(memory.backed)


def frames_at_least(memory: Memory) -> int:
    """How many frames must be in use if nothing is put out: those for what was written."""
    return sum(memory.backed.values())
