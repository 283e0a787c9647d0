"""Managers of page tables without a bug that go about it differently."""

from tables import Tables


class Kept(Tables):
    """Tables stay until their space is dropped, and where an empty one is no huge page can be; the lock is told."""

    reclaims = "kept"
    marks = False
    cores = 2

    def prune(self, space, address):
        """They stay."""

    def events(self):
        self.tell("unlock")
        return super().events()


class Quiet(Tables):
    """What becomes of frames is nobody's affair: no release is told."""

    cores = 2

    def events(self):
        return [event for event in super().events() if event[0] != "release"]


class Lazy(Tables):
    """Empty tables are given back when frames run short, or a huge page takes their place; entries begin marked."""

    reclaims = "kept"
    marks = False
    cores = 1
    identifiers = None

    def prune(self, space, address):
        """Later."""

    def leaf(self, frame, level, rights, shared):
        return super().leaf(frame, level, rights, shared) | self.form.accessed | self.form.dirty

    def lacking(self, space, firsts, level):
        for first in firsts:
            self.clear_away(space, first, level)
        if super().lacking(space, firsts, level) > len(self.free):
            self.collect_all()
        return super().lacking(space, firsts, level)

    def clear_away(self, space, address, level):
        """Give back what is empty at the place of a huge page."""
        for at, slot, entry in self.path(space, address):
            if at == level and entry & 1 and not self.form.is_leaf(entry, at):
                self.collect(self.form.frame(entry), at - 1)
                if not self.used[self.form.frame(entry)]:
                    self.write(slot, 0)
                    self.give(self.form.frame(entry))

    def collect(self, table, level):
        """Give back the empty tables below this one."""
        for _, slot, entry in list(self.entries(table, level)):
            if not self.form.is_leaf(entry, level):
                below = self.form.frame(entry)
                self.collect(below, level - 1)
                if not self.used[below]:
                    self.write(slot, 0)
                    self.give(below)

    def expect_free(self, count):
        if count > len(self.free):
            self.collect_all()
        super().expect_free(count)

    def collect_all(self):
        for table in self.root.values():
            self.collect(table, self.layout.top)


class Single(Tables):
    """Base pages on one core, which forgets everything when it switches; nothing is copied or split."""

    levels = 0
    cores = 1
    copy = split = identifiers = free_frames = None

    def switch(self, core, space):
        super().switch(core, space)
        self.tell("flush-all", core)


class Precise(Tables):
    """Only cores that ran a space are flushed, long ranges at once; identifiers are not reused until all are used."""

    cores = 4
    numbers = 8

    def __init__(self, frames, geometry, cores=1):
        super().__init__(frames, geometry, cores)
        self.seen = {core: set() for core in range(cores)}
        self.following, self.taken = 0, set()

    def switch(self, core, space):
        super().switch(core, space)
        self.seen[core].add(space)

    def flushed(self, space):
        return [core for core, spaces in self.seen.items() if space in spaces]

    def unmap(self, space, address, pages, level):
        found = self.leaves(space, address, pages, level)
        for first, slot, _ in found:
            self.write(slot, 0)
            self.tell("clear", space, first)
        if len(found) > 2:
            self.forget(space)
        else:
            for first, _, _ in found:
                self.flush(space, first)
        self.tell("unlock")
        for first, _, entry in found:
            self.prune(space, first)
            self.let_go(self.form.frame(entry), level)

    def forget(self, space):
        super().forget(space)
        for core in self.flushed(space):
            if self.running[core] != space:
                self.seen[core].discard(space)

    def fresh_number(self):
        while True:
            if self.following == self.numbers:
                self.start_again()
            self.following += 1
            if self.following - 1 not in self.taken:
                return self.following - 1

    def start_again(self):
        """All identifiers were used: every core forgets everything, and only those that spaces have stay taken."""
        self.following, self.taken = 0, set(self.number.values())
        for core, spaces in self.seen.items():
            self.tell("flush-all", core)
            spaces &= {self.running[core]}

    def drop(self, space):
        tables = self.abandon(space)
        for spaces in self.seen.values():
            spaces.discard(space)
        del self.root[space], self.number[space]
        for table in tables:
            self.give(table)


class Pooled(Tables):
    """Two frames are kept for bad days; flushes happen, but nobody is told of them."""

    keeps = 2
    cores = 1
    levels = 1
    events = None

    def __init__(self, frames, geometry, cores=1):
        super().__init__(frames, geometry, cores)
        self.free = self.free[: max(0, frames - self.keeps)][::-1]
