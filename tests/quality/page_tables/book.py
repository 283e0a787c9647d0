"""A manager without any tables: a dictionary of pages, which only counts the tables that there would have to be."""

from formats import FORMATS, Layout

RIGHTS = {"r", "rw", "rx", "rwx", "ru", "rwu", "rxu", "rwxu"}


class Book:
    """Nothing can be looked at; what is answered is all there is. Refused calls are undone from a copy."""

    geometries = tuple(FORMATS)
    cores = 2
    levels = 1

    def __init__(self, frames, geometry, cores=1):
        self.frames, self.form = frames, FORMATS[geometry]
        self.layout = Layout(self.form)
        self.spaces = {}  # by space: (frame, level, rights, shared) by first address

    def whole(self):
        """The tables that there would have to be."""
        tables = {(space, self.layout.top, 0) for space in self.spaces}
        for space, pages in self.spaces.items():
            for first, (_, level, _, _) in pages.items():
                for upper in range(level, self.layout.top):
                    tables.add((space, upper, first >> self.layout.shift(upper + 1)))
        return tables

    def attempt(self, after):
        """Let the book be `after`, if table memory has room for it."""
        before, self.spaces = self.spaces, after
        if len(self.whole()) > self.frames:
            self.spaces = before
            raise MemoryError

    def pages_of(self, space):
        if space not in self.spaces:
            raise LookupError(f"there is no space {space}")
        return self.spaces[space]

    def create(self, space):
        if space in self.spaces:
            raise ValueError(f"space {space} exists")
        self.attempt(self.spaces | {space: {}})

    def drop(self, space):
        self.pages_of(space)
        del self.spaces[space]

    def copy(self, source, space):
        if space in self.spaces:
            raise ValueError(f"space {space} exists")
        pages = {}
        for first, (frame, level, rights, shared) in self.pages_of(source).items():
            pages[first] = (frame, level, rights if shared else rights.replace("w", ""), shared)
        self.attempt(self.spaces | {source: pages, space: dict(pages)})

    def switch(self, core, space):
        self.pages_of(space)

    def range_of(self, address, pages, level):
        if level not in (0, *self.form.huge) or level > self.levels:
            raise ValueError(f"there are no pages at level {level}")
        span = self.layout.span(level)
        if address % span or not self.layout.is_range(address, pages * span):
            raise ValueError(f"{address:#x} is not where {pages} pages can begin")
        return range(address, address + pages * span, span)

    def map(self, space, address, frame, pages, level, rights, shared):
        known, firsts = dict(self.pages_of(space)), self.range_of(address, pages, level)
        size = self.layout.span(level) >> 12
        if rights not in RIGHTS:
            raise ValueError(f"no page has the rights {rights!r}")
        if pages and (frame % size or frame < self.frames or frame + pages * size > 1 << self.form.frame_bits):
            raise ValueError(f"frame {frame} cannot be mapped by pages of level {level}")
        end = address + pages * self.layout.span(level)
        for first, (_, other, _, _) in known.items():
            if first < end and address < first + self.layout.span(other) and pages:
                raise ValueError(f"{first:#x} is mapped")
        known |= {first: (frame + number * size, level, rights, shared) for number, first in enumerate(firsts)}
        self.attempt(self.spaces | {space: known})

    def unmap(self, space, address, pages, level):
        for first in self.mapped(space, address, pages, level):
            del self.spaces[space][first]

    def protect(self, space, address, pages, level, rights):
        if rights not in RIGHTS:
            raise ValueError(f"no page has the rights {rights!r}")
        for first in self.mapped(space, address, pages, level):
            frame, _, _, shared = self.spaces[space][first]
            self.spaces[space][first] = frame, level, rights, shared

    def mapped(self, space, address, pages, level):
        known, firsts = self.pages_of(space), self.range_of(address, pages, level)
        if any(first not in known or known[first][1] != level for first in firsts):
            raise LookupError(f"not all pages from {address:#x} on are mapped")
        return list(firsts)

    def find(self, space, address):
        for first, page in self.pages_of(space).items():
            if first <= address < first + self.layout.span(page[1]):
                return first, page
        raise LookupError(f"nothing is mapped at {address:#x}")

    def split(self, space, address):
        first, (frame, level, rights, shared) = self.find(space, address)
        if level == 0:
            raise ValueError("a base page is split no further")
        pages = dict(self.spaces[space])
        span, size = self.layout.span(level - 1), self.layout.span(level - 1) >> 12
        for number in range(1 << self.form.widths[level - 1]):
            pages[first + number * span] = frame + number * size, level - 1, rights, shared
        self.attempt(self.spaces | {space: pages})

    def translate(self, space, address, access):
        if space in self.spaces and access not in ("r", "w", "x", "ru", "wu", "xu"):
            raise ValueError(f"no access is called {access!r}")
        first, (frame, _, rights, _) = self.find(space, address)
        if not self.form.permits(set(self.form.grants(self.form.rights_bits(rights))), access):
            raise PermissionError(f"{access!r} is not granted at {address:#x}")
        return (frame << 12) + address - first
