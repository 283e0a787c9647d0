"""Bugs of a manager that shows nothing, so that only what it answers can give it away."""

from book import Book


class SplitsFromTheMiddle(Book):
    """The pieces of a huge page begin where the access was."""

    def split(self, space, address):
        first, (_, level, _, _) = self.find(space, address)
        span = self.layout.span(level - 1) if level else 1
        super().split(space, address)
        if (number := (address - first) // span) and level:
            frame, *other = self.spaces[space][first]
            self.spaces[space][first] = (frame + number * (span >> 12), *other)


class CopyKeepsRights(Book):
    """Private pages can be written in both spaces."""

    def copy(self, source, space):
        before = dict(self.pages_of(source)) if source in self.spaces else {}
        super().copy(source, space)
        self.spaces[space] = before


class OffsetLost(Book):
    """An access comes to the first byte of its page."""

    def translate(self, space, address, access):
        return super().translate(space, address, access) & -4096


class DropKeepsTables(Book):
    """The tables of a space that is gone are counted for ever."""

    lost = 0

    def drop(self, space):
        self.lost += len([table for table in self.whole() if table[0] == space])
        super().drop(space)

    def attempt(self, after):
        before, self.spaces = self.spaces, after
        if len(self.whole()) + self.lost > self.frames:
            self.spaces = before
            raise MemoryError
