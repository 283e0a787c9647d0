"""Plain managers of address spaces, written apart from the specification, with bugs that can be planted."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from pagelaw.checker.targets.inside import InsideTarget

PAGE, GRANULE, TOP = 4096, 1 << 16, 1 << 64
RIGHTS = ("", "r", "rw", "rx", "rwx")
GUARDED = ("rg", "rwg", "rxg", "rwxg")


@attrs.define(eq=False)
class Thing:
    """A file, or shared memory: its length, its bytes by offset, and what is charged for it."""

    length: int
    bytes: dict[int, int] = attrs.field(factory=dict)
    charged: int = 0


@attrs.define(eq=False)
class Page:
    """One page of one process."""

    rights: str
    shared: bool = False
    thing: Thing | None = None
    place: int = 0
    own: dict[int, int] | None = None
    charged: bool = False
    touched: bool = False


class Plain:
    """What both dialects have in common; `bugs` names what is wrong on purpose."""

    processes = 4
    bugs: frozenset[str] = frozenset()

    def __init__(self, pages: int, dialect: str, base: int = 1 << 30, limit: int = 0) -> None:
        if dialect not in self.dialects:
            raise ValueError(dialect)
        self.first, self.last, self.limit = base // PAGE, base // PAGE + pages, limit
        self.spaces: dict[int, dict[int, Page]] = {}

    def space(self, process: int) -> dict[int, Page]:
        if process not in self.spaces:
            raise ValueError(process)
        return self.spaces[process]

    def create(self, process: int) -> None:
        if process in self.spaces:
            raise ValueError(process)
        self.spaces[process] = {}

    def exit(self, process: int) -> None:
        self.space(process)
        del self.spaces[process]

    def charge(self, more: int) -> None:
        there = [page for space in self.spaces.values() for page in space.values()]
        things = {id(page.thing): page.thing.charged for page in there if page.thing is not None}
        if self.limit and more > 0 and sum(page.charged for page in there) + sum(things.values()) + more > self.limit:
            raise MemoryError


class Linux(Plain):
    """The dialect linux, page by page."""

    dialects = ("linux",)
    overcommit = "never"
    merging = True

    def __init__(self, pages: int, dialect: str, base: int = 1 << 30, limit: int = 0) -> None:
        super().__init__(pages, dialect, base, limit)
        self.files: dict[int, Thing] = {}
        self.heaps: dict[int, int] = {}
        self.left: dict[int, dict[int, int]] = {}
        self.stored: dict[tuple[int, int], int] = {}

    @property
    def start(self) -> int:
        return (self.first + self.last) // 2 * PAGE

    def create(self, process: int) -> None:
        super().create(process)
        self.heaps[process] = self.start

    def fork(self, process: int, child: int) -> None:
        parent = self.space(process)
        if child in self.spaces:
            raise ValueError(child)
        self.charge(sum(page.charged for page in parent.values()))
        self.spaces[child], self.heaps[child] = {}, self.heaps[process]
        for number, page in parent.items():
            own = page.own if "fork-shares" in self.bugs or page.own is None else dict(page.own)
            copy = attrs.evolve(page, own=own)
            if "fork-splits-shared" in self.bugs and page.thing is not None and page.shared:
                copy.thing = Thing(page.thing.length, dict(page.thing.bytes))
            self.spaces[child][number] = copy

    # -- bytes --------------------------------------------------------------------------------------------------

    def found(self, process: int, address: int, right: str) -> Page:
        space = self.space(process)
        if address // PAGE not in space:
            if "faults-map" in self.bugs and self.first <= address // PAGE < self.last:
                space[address // PAGE] = Page("r", own={})
            raise PermissionError(hex(address))
        page = space[address // PAGE]
        lax = "write-ignores-rights" in self.bugs and right == "w" and "r" in page.rights
        if right not in page.rights and not lax:
            raise PermissionError(hex(address))
        if page.own is None and page.thing is not None and page.place * PAGE >= page.thing.length:
            raise EOFError(hex(address))
        page.touched = True
        return page

    def read(self, process: int, address: int) -> int:
        page = self.found(process, address, "r")
        if page.own is not None:
            return page.own.get(address % PAGE, 0)
        return page.thing.bytes.get(page.place * PAGE + address % PAGE, 0)

    def execute(self, process: int, address: int) -> None:
        self.found(process, address, "x")

    def write(self, process: int, address: int, value: int) -> None:
        page = self.found(process, address, "w")
        if not page.shared and page.own is None and "private-writes-file" not in self.bugs:
            first = page.place * PAGE
            there = page.thing.bytes.items()
            page.own = {offset - first: byte for offset, byte in there if first <= offset < first + PAGE}
        if page.own is not None:
            page.own[address % PAGE] = value
        else:
            page.thing.bytes[page.place * PAGE + address % PAGE] = value

    def file(self, file: int, length: int) -> None:
        if file in self.files:
            raise ValueError(file)
        self.files[file] = Thing(length)

    def in_file(self, file: int, offset: int) -> Thing:
        if file not in self.files or not 0 <= offset < self.files[file].length:
            raise ValueError(offset)
        return self.files[file]

    def load(self, file: int, offset: int) -> int:
        return self.stored.get((file, offset), self.in_file(file, offset).bytes.get(offset, 0))

    def store(self, file: int, offset: int, value: int) -> None:
        thing = self.in_file(file, offset)
        if "store-unseen" in self.bugs:
            self.stored[file, offset] = value
        else:
            thing.bytes[offset] = value

    # -- ranges -------------------------------------------------------------------------------------------------

    def range(self, process: int, address: int, length: int, *, empty: bool = False) -> range:
        self.space(process)
        if address % PAGE or address + length > TOP or (not length and not empty):
            raise ValueError(address)
        return range(address // PAGE, -(-(address + length) // PAGE))

    def inside(self, there: range) -> range:
        if there.start < self.first or there.stop > self.last - ("last-page" in self.bugs):
            raise ValueError(there)
        return there

    def given(self, process: int, there: range) -> list[Page]:
        space = self.space(process)
        if len(there) > len(space) or any(number not in space for number in there):
            raise LookupError(there)
        return [space[number] for number in there]

    def hole(self, process: int, count: int) -> int:
        space = self.space(process)
        last = self.last - count - ("exhausts-early" in self.bugs)
        for first in range(self.first, last + 1):
            if all(number not in space for number in range(first, first + count)):
                return first
        raise OverflowError(count)

    def mmap(
        self, process: int, address: int, length: int, rights: str, shared: bool, fixed: bool, file: int, offset: int
    ) -> int:
        space, count = self.space(process), -(-length // PAGE)
        if not length or offset % PAGE or rights not in RIGHTS or (fixed and address % PAGE):
            raise ValueError(length)
        if file != -1 and file not in self.files:
            raise ValueError(file)
        first = address // PAGE
        if fixed:
            self.inside(range(first, first + count))
        elif not self.hint(space, address, count):
            first = self.hole(process, count)
        there = range(first, first + count)
        thing = self.files[file] if file != -1 else Thing(count * PAGE) if shared else None
        private = not shared and "w" in rights
        freed = sum(space[number].charged for number in there if number in space)
        self.charge(count * (private or (shared and file == -1)) - freed)
        if thing is not None and file == -1:
            thing.charged = count
        for place, number in enumerate(there):
            own = {} if thing is None else None
            if own is not None and "keeps-bytes" in self.bugs:
                own = self.left.pop(number, {})
            at = place + (offset // PAGE if file != -1 else 0)
            space[number] = Page(rights, shared, thing, at if thing is not None else 0, own, private)
        return first * PAGE

    def hint(self, space: dict[int, Page], address: int, count: int) -> bool:
        there = range(address // PAGE, address // PAGE + count)
        if not address or address % PAGE or there.start < self.first or there.stop > self.last:
            return False
        return "overlaps" in self.bugs or all(number not in space for number in there)

    def munmap(self, process: int, address: int, length: int) -> Any:
        there = self.range(process, address, length, empty="zero-length" in self.bugs)
        space = self.space(process)
        numbers = list(self.inside(there))
        for number in numbers[:-1] if "unmaps-one-less" in self.bugs and len(numbers) > 1 else numbers:
            gone = space.pop(number, None)
            if gone is not None and gone.own:
                self.left[number] = gone.own
        return True if "odd-answer" in self.bugs else None

    def mprotect(self, process: int, address: int, length: int, rights: str) -> None:
        there, space = self.range(process, address, length, empty=True), self.space(process)
        if "half-protected" in self.bugs:
            for number in there[: len(space)]:
                if number not in space:
                    break
                space[number].rights = rights
        pages = self.given(process, there)
        charged = [page for page in pages if "w" in rights and not page.shared and not page.charged]
        self.charge(len(charged))
        if "protects-one-more" in self.bugs and there.stop in space:
            pages.append(space[there.stop])
        for page in pages:
            page.rights = rights
            page.charged |= "w" in rights and not page.shared

    def mremap(self, process: int, address: int, length: int, new_length: int, may_move: bool) -> int:
        there, count = self.range(process, address, length), -(-new_length // PAGE)
        if not new_length:
            raise ValueError(new_length)
        space, pages = self.space(process), self.given(process, there)
        more = count - len(pages)
        behind = range(there.stop, there.stop + max(more, 0))
        first = there.start
        if more > 0:
            if behind.stop > self.last or any(number in space for number in behind):
                if not may_move:
                    raise MemoryError
                first = self.hole(process, count)
            self.charge(more if pages[0].charged else 0)
        for number in there:
            if number in there[:count] or "shrink-keeps" not in self.bugs:
                del space[number]
        for number in range(count):
            model = pages[0]
            fresh = attrs.evolve(
                model,
                place=model.place + number if model.thing is not None else 0,
                own={} if model.thing is None else None,
                touched=False,
            )
            lost = "moves-without-bytes" in self.bugs and first != there.start
            space[first + number] = pages[number] if number < len(pages) and not lost else fresh
        return first * PAGE

    def brk(self, process: int, address: int) -> int:
        space, end = self.space(process), self.heaps[process]
        if address < self.start or address > self.last * PAGE:
            return end
        grown = range(-(-end // PAGE), -(-address // PAGE))
        if any(number in space for number in grown):
            return end
        try:
            self.charge(len(grown))
        except MemoryError:
            return end
        for number in grown:
            old = self.left.pop(number, {}) if "brk-keeps" in self.bugs else {}
            space[number] = Page("rw", own=old, charged=True)
        for number in range(-(-address // PAGE), -(-end // PAGE)):
            gone = space.pop(number, None)
            if gone is not None and gone.own:
                self.left[number] = gone.own
        self.heaps[process] = address
        return address

    def madvise(self, process: int, address: int, length: int, advice: str) -> None:
        there = self.range(process, address, length, empty=True)
        if advice not in ("dontneed", "free"):
            raise ValueError(advice)
        for page in self.given(process, there):
            if advice == "dontneed" and not page.shared and "dontneed-keeps" not in self.bugs:
                page.own = {} if page.thing is None else None
                page.touched = False

    def mincore(self, process: int, address: int, length: int) -> list[bool]:
        pages = self.given(process, self.range(process, address, length, empty=True))
        return [page.touched or "all-resident" in self.bugs for page in pages]

    def maps(self, process: int) -> list[list[Any]]:
        space = self.space(process)
        listed: list[list[Any]] = []
        last: tuple[int, Page] | None = None
        for number, page in sorted(space.items()):
            if last is not None and self.alike(number, page, *last):
                listed[-1][1] = (number + 1) * PAGE
            else:
                file = next((name for name, thing in self.files.items() if thing is page.thing), -1)
                offset = page.place * PAGE if file != -1 else 0
                listed.append([number * PAGE, (number + 1) * PAGE, page.rights, page.shared, file, offset])
            last = number, page
        return listed

    def alike(self, number: int, page: Page, before: int, other: Page) -> bool:
        if number != before + 1 or "never-merges" in self.bugs:
            return False
        same = (page.rights, page.shared, page.thing) == (other.rights, other.shared, other.thing)
        return same and (page.thing is None or page.place == other.place + 1)


@attrs.define(eq=False)
class Room:
    """One page of a reservation."""

    region: int
    rights: str = ""
    committed: bool = False
    bytes: dict[int, int] = attrs.field(factory=dict)
    thing: None = None

    @property
    def charged(self) -> bool:
        return self.committed


class Windows(Plain):
    """The dialect windows, page by page, without sections, stacks and locks."""

    dialects = ("windows",)

    def reserve(self, process: int, address: int, size: int, rights: str, commit: bool) -> int:
        space = self.space(process)
        if not size or rights not in (*RIGHTS, *GUARDED):
            raise ValueError(size)
        base = address // GRANULE * GRANULE
        count = -(-(size + address - base) // PAGE)
        if base:
            there = range(base // PAGE, base // PAGE + count)
            if there.start < self.first or there.stop > self.last or any(number in space for number in there):
                raise OverflowError(address)
        else:
            base = self.hole(space, count) * PAGE
        self.charge(count if commit else 0)
        for number in range(base // PAGE, base // PAGE + count):
            space[number] = Room(base, rights if commit else "", commit)
        return base

    def hole(self, space: dict[int, Room], count: int) -> int:
        step = 1 if "reserves-anywhere" in self.bugs else GRANULE // PAGE
        for first in range(self.first, self.last - count + 1, step):
            if all(number not in space for number in range(first, first + count)):
                return first
        raise OverflowError(count)

    def range(self, process: int, address: int, size: int) -> list[Room]:
        """The pages that a range touches, all of one reservation."""
        space = self.space(process)
        there = range(address // PAGE, -(-(address + size) // PAGE))
        if not size and address // PAGE in space and space[address // PAGE].region == address:
            return [room for room in space.values() if room.region == address]
        if not size or len(there) > len(space) or any(number not in space for number in there):
            raise LookupError(address)
        rooms = [space[number] for number in there]
        if len({room.region for room in rooms}) > 1 and "across-regions" not in self.bugs:
            raise ValueError(address)
        return rooms

    def commit(self, process: int, address: int, size: int, rights: str) -> None:
        if not size or rights not in (*RIGHTS, *GUARDED):
            self.space(process)
            raise ValueError(size)
        rooms = self.range(process, address, size)
        more = [room for room in rooms if not room.committed]
        if "half-committed" in self.bugs:
            for room in more:
                self.charge(1)
                room.committed, room.rights = True, rights
        self.charge(0 if self.bugs & {"charges-nothing", "half-committed"} else len(more))
        for room in rooms:
            if "recommit-clears" in self.bugs:
                room.bytes = {}
            room.committed, room.rights = True, rights

    def decommit(self, process: int, address: int, size: int) -> None:
        for room in self.range(process, address, size):
            room.committed, room.rights = False, ""
            if "decommit-keeps" not in self.bugs:
                room.bytes = {}

    def release(self, process: int, address: int, size: int) -> None:
        space = self.space(process)
        if size or address // PAGE not in space or space[address // PAGE].region != address:
            raise ValueError(address)
        for number in [number for number, room in space.items() if room.region == address]:
            if "release-first-only" not in self.bugs or number * PAGE == address:
                del space[number]

    def protect(self, process: int, address: int, size: int, rights: str) -> str:
        self.space(process)
        if rights not in (*RIGHTS, *GUARDED) or not size:
            raise ValueError(rights)
        rooms = self.range(process, address, size)
        if not all(room.committed for room in rooms):
            raise ValueError(address)
        before = rooms[0].rights
        for room in rooms:
            room.rights = rights
        return rights if "protect-tells-new" in self.bugs else before

    def query(self, process: int, address: int) -> list[Any]:
        space, first = self.space(process), address // PAGE
        if not self.first <= first < self.last:
            raise ValueError(address)
        room, end = space.get(first), first + 1
        if room is None:
            while end < self.last and end not in space:
                end += 1
            return [first * PAGE, 0, (end - first) * PAGE, "free", ""]
        told = (room.region, room.committed, room.rights)
        while end in space and (space[end].region, space[end].committed, space[end].rights) == told:
            end += 1
        end += "query-one-more" in self.bugs
        state = "committed" if room.committed else "reserved"
        return [first * PAGE, room.region, (end - first) * PAGE, state, room.rights]

    def found(self, process: int, address: int, right: str) -> Room:
        room = self.space(process).get(address // PAGE)
        if room is None or not room.committed:
            raise PermissionError(address)
        if "g" in room.rights and "guard-silent" not in self.bugs:
            if "guard-stays" not in self.bugs:
                room.rights = room.rights.replace("g", "")
            raise Warning(address)
        if right not in room.rights:
            raise PermissionError(address)
        return room

    def read(self, process: int, address: int) -> int:
        return self.found(process, address, "r").bytes.get(address % PAGE, 0)

    def write(self, process: int, address: int, value: int) -> None:
        self.found(process, address, "w").bytes[address % PAGE] = value


@pytest.fixture
def make_target() -> Callable[..., InsideTarget]:
    """Makes a target of a plain manager: bugs, and attributes or methods by keyword (None takes one away)."""

    def make(*bugs: str, dialect: str = "linux", **attributes: Any) -> InsideTarget:
        plain = {"linux": Linux, "windows": Windows}[dialect]
        made = type("Planted", (plain,), {"bugs": frozenset(bugs), **attributes})
        return InsideTarget("planted", functools.partial(made), "space")

    return make
