"""A manager of address spaces that knows pages only, each by itself; regions are told by putting like pages together.

A frame counts who uses it. After a fork parent and child use the same ones, and who writes first gets a copy.
"""

PAGE = 4096
LAST = 2**64 - 1


class Frame:
    """The bytes of a page, and how many pages use them."""

    def __init__(self, data=None):
        self.data, self.users = dict(data or {}), 0


class Thing:
    """A file, or memory that is mapped as shared: its frames by page."""

    def __init__(self, length, file=-1):
        self.length, self.file, self.frames, self.pages = length, file, {}, 0


class Page:
    """What a process was given at one page."""

    def __init__(self, rights, shared, thing, place):
        self.rights, self.shared, self.thing, self.place, self.frame = rights, shared, thing, place, None
        if thing:
            thing.pages += 1

    def twin(self):
        other = Page(self.rights, self.shared, self.thing, self.place)
        other.frame = self.frame
        return other

    def said(self):
        behind = self.thing.file if self.thing else -1
        return self.rights, self.shared, behind, self.place * PAGE if behind >= 0 else 0


class Space:
    """One process."""

    def __init__(self, heap):
        self.pages, self.heap, self.end = {}, heap, heap


class LinuxPages:
    """Address spaces of a few processes; nothing is charged."""

    processes = 4
    merging = True
    dialects = ("linux",)

    def __init__(self, pages, dialect, base=1 << 30, frames=0):
        if dialect != "linux":
            raise ValueError(dialect)
        self.first, self.last = base // PAGE, base // PAGE + pages
        self.frames, self.used = frames or LAST, 0
        self.spaces, self.files = {}, {}

    # processes

    def space(self, process):
        if process not in self.spaces:
            raise ValueError(f"no process {process}")
        return self.spaces[process]

    def create(self, process):
        if process in self.spaces:
            raise ValueError(process)
        self.spaces[process] = Space((self.first + 1) * PAGE)

    def exit(self, process):
        self.take_back(self.space(process), self.first, self.last)
        del self.spaces[process]

    def fork(self, process, child):
        parent = self.space(process)
        self.create(child)
        made = self.spaces[child]
        made.heap, made.end = parent.heap, parent.end
        for number, page in parent.pages.items():
            made.pages[number] = page.twin()
            if page.frame:
                page.frame.users += 1

    # frames

    def new_frame(self, data=None):
        if self.used >= self.frames:
            raise MemoryError
        self.used += 1
        return Frame(data)

    def let_go(self, page):
        if page.frame:
            page.frame.users -= 1
            if not page.frame.users:
                self.used -= 1
            page.frame = None

    def cached(self, thing, place):
        if place not in thing.frames:
            thing.frames[place] = self.new_frame()
            thing.frames[place].users = 1
        return thing.frames[place]

    def backed(self, page):
        if page.frame is None:
            page.frame = self.cached(page.thing, page.place) if page.thing else self.new_frame()
            page.frame.users += 1

    def own(self, page):
        if page.frame.users > 1:
            copy = self.new_frame(page.frame.data)
            self.let_go(page)
            page.frame, copy.users = copy, 1

    # giving and taking back

    def is_inside(self, first, end):
        return self.first <= first and end <= self.last

    def is_free(self, space, first, end):
        return not any(number in space.pages for number in range(first, end))

    def place(self, space, count):
        for first in range(self.first, self.last - count + 1):
            if self.is_free(space, first, first + count):
                return first
        raise OverflowError

    def whole(self, length):
        return -(-length // PAGE)

    def mmap(self, process, address, length, rights, shared, fixed, file, offset):
        space, count = self.space(process), self.whole(length)
        if not length or offset % PAGE or (fixed and address % PAGE) or (file >= 0 and file not in self.files):
            raise ValueError
        first = address // PAGE
        if fixed and not self.is_inside(first, first + count):
            raise ValueError
        if not fixed:
            hinted = address and not address % PAGE and self.is_inside(first, first + count)
            if not (hinted and self.is_free(space, first, first + count)):
                first = self.place(space, count) if count <= self.last - self.first else self.full()
        self.take_back(space, first, first + count)
        thing = self.files[file] if file >= 0 else Thing(count * PAGE) if shared else None
        for number in range(count):
            space.pages[first + number] = Page(rights, shared, thing, offset // PAGE + number if file >= 0 else number)
        return first * PAGE

    def full(self):
        raise OverflowError

    def take_back(self, space, first, end):
        for number in [number for number in space.pages if first <= number < end]:
            page = space.pages.pop(number)
            self.let_go(page)
            if page.thing:
                self.shown_no_more(page.thing)

    def shown_no_more(self, thing):
        thing.pages -= 1
        if not thing.pages and thing.file < 0:
            self.used -= len(thing.frames)

    def munmap(self, process, address, length):
        space, first = self.space(process), address // PAGE
        if address % PAGE or not length or not self.is_inside(first, first + self.whole(length)):
            raise ValueError
        self.take_back(space, first, first + self.whole(length))

    def given(self, process, address, length):
        space, first = self.space(process), address // PAGE
        if address % PAGE or address + length - 1 > LAST:
            raise ValueError
        end = first + self.whole(length)
        if length and not self.is_inside(first, end):
            raise LookupError
        if any(number not in space.pages for number in range(first, end)):
            raise LookupError
        return space, range(first, end)

    def mprotect(self, process, address, length, rights):
        space, there = self.given(process, address, length)
        for number in there:
            space.pages[number].rights = rights

    def mremap(self, process, address, length, new_length, may_move):
        if not new_length:
            raise ValueError
        space, there = self.given(process, address, length)
        more = self.whole(new_length) - len(there)
        if more <= 0:
            self.take_back(space, there.stop + more, there.stop)
            return address
        first, last = there[0], space.pages[there[-1]]
        if not (self.is_inside(first, there.stop + more) and self.is_free(space, there.stop, there.stop + more)):
            if not may_move:
                raise MemoryError
            first = self.place(space, len(there) + more) if len(there) + more <= self.last - self.first else self.full()
            for number in there:
                space.pages[first + number - there[0]] = space.pages.pop(number)
        for number in range(more):
            fresh = Page(last.rights, last.shared, last.thing, last.place + number + 1)
            space.pages[first + len(there) + number] = fresh
        return first * PAGE

    def brk(self, process, address):
        space = self.space(process)
        if address >= space.heap:
            old, new = self.whole(space.end), self.whole(address)
            if new > old and not (self.is_inside(old, new) and self.is_free(space, old, new)):
                return space.end
            for number in range(old, new):
                space.pages[number] = Page("rw", False, None, 0)
            self.take_back(space, new, old)
            space.end = address
        return space.end

    def madvise(self, process, address, length, advice):
        if advice not in ("dontneed", "free"):
            raise ValueError
        space, there = self.given(process, address, length)
        for number in there:
            if not space.pages[number].shared:
                self.let_go(space.pages[number])

    # looks

    def mincore(self, process, address, length):
        space, there = self.given(process, address, length)
        return [space.pages[number].frame is not None for number in there]

    def maps(self, process):
        regions = []
        for number, page in sorted(self.space(process).pages.items()):
            rights, shared, file, offset = page.said()
            last = regions[-1] if regions else None
            if last and self.continues(last, number, page):
                last[1] += PAGE
            else:
                regions.append([number * PAGE, (number + 1) * PAGE, rights, shared, file, offset, page])
        return [region[:6] for region in regions]

    def continues(self, region, number, page):
        if region[1] != number * PAGE:
            return False
        first, behind = region[6], page.thing
        follows = not behind or page.place - first.place == number - region[0] // PAGE
        return (first.rights, first.shared, first.thing) == (page.rights, page.shared, behind) and follows

    # accesses

    def page(self, process, address, right):
        space = self.space(process)
        page = space.pages.get(address // PAGE)
        if page is None or not self.may(page, right):
            raise PermissionError
        if page.thing and page.place * PAGE >= page.thing.length and page.frame is None:
            raise EOFError
        self.backed(page)
        return page

    def may(self, page, right):
        return right in page.rights

    def read(self, process, address):
        return self.page(process, address, "r").frame.data.get(address % PAGE, 0)

    def write(self, process, address, value):
        page = self.page(process, address, "w")
        if not page.shared:
            self.own(page)
        page.frame.data[address % PAGE] = value

    def execute(self, process, address):
        self.page(process, address, "x")

    # files

    def file(self, file, length):
        if file in self.files:
            raise ValueError
        self.files[file] = Thing(length, file)

    def byte_of(self, file, offset):
        if file not in self.files or not 0 <= offset < self.files[file].length:
            raise ValueError
        return self.files[file], offset // PAGE

    def load(self, file, offset):
        thing, place = self.byte_of(file, offset)
        return thing.frames[place].data.get(offset % PAGE, 0) if place in thing.frames else 0

    def store(self, file, offset, value):
        thing, place = self.byte_of(file, offset)
        self.cached(thing, place).data[offset % PAGE] = value
