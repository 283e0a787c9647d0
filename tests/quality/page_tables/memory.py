"""Bugs in taking table frames, and in giving them back."""

from itertools import pairwise

from tables import Tables


class ForgetsMiddleTable(Tables):
    """When a table goes, the one above it is unlinked, but not given back."""

    def prune(self, space, address):
        for number, ((_, above, _), (_, below, _)) in enumerate(reversed(list(pairwise(self.path(space, address))))):
            if not self.used[below >> 12]:
                self.write(above, 0)
                if number != 1:
                    self.give(below >> 12)


class NeverReclaims(Tables):
    """Empty tables stay, although they are said to be given back at once."""

    def prune(self, space, address):
        pass


class FreesReachableTable(Tables):
    """A table is taken for empty when one entry is left."""

    def prune(self, space, address):
        _, slot, _ = self.path(space, address)[-1]
        if self.used[slot >> 12] == 1:
            self.free.append(slot >> 12)
            self.tell("release", slot >> 12)
        super().prune(space, address)


class UnlinksSharedTable(Tables):
    """The last table is given back with the first of its pages."""

    def prune(self, space, address):
        *_, (_, above, _), (_, slot, _) = [(0, 0, 0), *self.path(space, address)]
        if above:
            self.write(above, 0)
            self.used[slot >> 12] = 0
            self.give(slot >> 12)
        super().prune(space, address)


class DropLeavesTables(Tables):
    """Only the root is given back."""

    def drop(self, space):
        root = self.top_of(space)
        self.forget(space)
        del self.root[space], self.number[space]
        self.give(root)


class DoesNotCleanTables(Tables):
    """A table frame comes as it was left: the entries of its last use are valid again."""

    def clean(self, table):
        pass


class HalfIsLeft(Tables):
    """Table frames are counted as the range is mapped; where they end the pages so far stay."""

    def expect_free(self, count):
        super().expect_free(min(count, 1))

    def take(self):
        if not self.free:
            raise MemoryError
        return super().take()


class TablesAreLeft(HalfIsLeft):
    """Out of memory below a new table: the page is not mapped, the tables above it stay."""

    def map(self, space, address, frame, pages, level, rights, shared):
        done = 0
        super().map(space, address, frame, 0, level, rights, shared)
        self.check_range(address, pages, level)
        try:
            for done in range(pages):
                place = address + done * self.layout.span(level), frame + done * self.frames_of(level)
                super().map(space, *place, 1, level, rights, shared)
        except (MemoryError, ValueError):
            if done:
                self.unmap(space, address, done, level)
            raise


class CountsTablesTwice(Tables):
    """Two pages under one new table are taken to need two."""

    def lacking(self, space, firsts, level):
        return sum(super(CountsTablesTwice, self).lacking(space, [first], level) for first in firsts)


class LeaksSlowly(Tables):
    """Every fifteenth table that is given back is lost."""

    given = 0

    def give(self, table):
        self.given += 1
        super().give(table)
        if self.given % 15 == 0:
            self.free.remove(table)
