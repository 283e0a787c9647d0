"""A manager of page tables that writes bytes as the hardware reads them, and from which planted bugs depart.

Everything is looked up before anything is written: which places a range has, and how many tables it lacks. So a call
that is refused has done nothing. A table remembers how many of its entries are in use; an empty one is given back::

    unmap     clear entries -> flush the pages on all cores -> release tables and frames
"""

from collections import Counter
from itertools import pairwise

from formats import FORMATS, Layout

RIGHTS = ("r", "rw", "rx", "rwx", "ru", "rwu", "rxu", "rwxu")
ACCESSES = ("r", "w", "x", "ru", "wu", "xu")


class Tables:
    """Page tables in `frames` frames of table memory, empty ones given back at once."""

    geometries = tuple(FORMATS)
    cores = 3
    levels = 2
    reclaims = "eager"
    marks = True
    pool = 0  # frames that the manager keeps for itself

    def __init__(self, frames, geometry, cores=1):
        self.form = FORMATS[geometry]
        self.layout = Layout(self.form)
        self.frames, self.running = frames, dict.fromkeys(range(cores))
        self.bytes = bytearray(frames << 12)
        self.free = list(range(frames))
        self.used = {}  # entries in use, by table
        self.root = {}  # by space
        self.number = {}  # identifier, by space
        self.blocks = Counter()  # how many leaves map a block of frames, by (frame, level)
        self.told = []

    # -- words of table memory --------------------------------------------------------------------------------

    def slot(self, table, level, address):
        return (table << 12) + self.layout.index(address, level) * self.form.size

    def read(self, slot):
        return self.layout.word.unpack_from(self.bytes, slot)[0]

    def write(self, slot, entry):
        """Write an entry, and keep count of those in use."""
        before = self.read(slot)
        self.layout.word.pack_into(self.bytes, slot, entry)
        self.used[slot >> 12] += (entry != 0) - (before != 0)

    def take(self):
        """A table frame, all zero."""
        table = self.free.pop(0)
        self.clean(table)
        self.used[table] = 0
        return table

    def clean(self, table):
        self.bytes[table << 12 : table + 1 << 12] = bytes(4096)

    def give(self, table):
        """A table goes; it may be reused from here on."""
        del self.used[table]
        self.free.append(table)
        self.tell("release", table)

    # -- telling what is done to TLBs --------------------------------------------------------------------------

    def tell(self, *event):
        self.told.append(event)

    def flush(self, space, address):
        for core in self.flushed(space):
            self.tell("flush-page", core, space, address)

    def flushed(self, space):
        """The cores on which a space is flushed."""
        return list(self.running)

    # -- looking things up -------------------------------------------------------------------------------------

    def top_of(self, space):
        if space not in self.root:
            raise ValueError(f"there is no space {space}")
        return self.root[space]

    def path(self, space, address):
        """The places on the way to an address, as (level, slot, entry) from the root down."""
        table, level, steps = self.top_of(space), self.layout.top, []
        while True:
            slot = self.slot(table, level, address)
            entry = self.read(slot)
            steps.append((level, slot, entry))
            if not entry & 1 or self.form.is_leaf(entry, level):
                return steps
            table, level = self.form.frame(entry), level - 1

    def check_range(self, address, pages, level):
        if level not in (0, *self.form.huge) or level > self.levels:
            raise ValueError(f"there are no pages at level {level}")
        span = self.layout.span(level)
        if address % span or not self.layout.is_range(address, pages * span):
            raise ValueError(f"{address:#x} is not where {pages} pages can begin")

    def firsts(self, address, pages, level):
        span = self.layout.span(level)
        return range(address, address + pages * span, span)

    def leaves(self, space, address, pages, level):
        """The slots and entries of a range, all of which must be leaves of this level."""
        self.top_of(space)
        self.check_range(address, pages, level)
        found = []
        for first in self.firsts(address, pages, level):
            at, slot, entry = self.path(space, first)[-1]
            if at != level or not entry & 1:
                raise LookupError(f"no page of level {level} is mapped at {first:#x}")
            found.append((first, slot, entry))
        return found

    def lacking(self, space, firsts, level):
        """How many tables are needed above pages that must not be mapped yet."""
        missing = set()
        for first in firsts:
            at, _, entry = self.path(space, first)[-1]
            if entry & 1 or at < level:
                raise ValueError(f"{first:#x} is mapped")
            missing |= {(below, first >> self.layout.shift(below + 1)) for below in range(level, at)}
        return len(missing)

    def check_frames(self, frame, pages, level):
        size = self.layout.span(level) >> 12
        inside = self.frames <= frame and frame + pages * size <= 1 << self.form.frame_bits
        if not inside or frame % size:
            raise ValueError(f"frame {frame} cannot be mapped by pages of level {level}")

    def expect_free(self, count):
        if count > len(self.free):
            raise MemoryError

    # -- spaces ------------------------------------------------------------------------------------------------

    def create(self, space):
        if space in self.root:
            raise ValueError(f"space {space} exists")
        self.expect_free(1)
        self.root[space] = self.take()
        self.number[space] = self.fresh_number()

    def fresh_number(self):
        taken = set(self.number.values())
        return next(number for number in range(len(taken) + 1) if number not in taken)

    def drop(self, space):
        tables = self.abandon(space)
        self.forget(space)
        del self.root[space], self.number[space]
        for table in tables:
            self.give(table)

    def abandon(self, space):
        """All tables of a space, whose leaves count no more."""
        top = self.top_of(space)
        self.blocks -= Counter((self.form.frame(entry), at) for _, at, _, entry in self.mappings(top, self.layout.top))
        return [table for _, table in self.tables(top, self.layout.top)]

    def forget(self, space):
        """Nothing of a space is kept by any core."""
        for core in self.flushed(space):
            self.tell("flush-space", core, space)

    def tables(self, table, level):
        """All tables from this one down, with their levels; each comes after those below it."""
        for _, _, entry in self.entries(table, level):
            if not self.form.is_leaf(entry, level):
                yield from self.tables(self.form.frame(entry), level - 1)
        yield level, table

    def entries(self, table, level):
        """The entries in use of a table: index, slot, entry."""
        for index in range(1 << self.form.widths[level]):
            slot = (table << 12) + index * self.form.size
            entry = self.read(slot)
            if entry & 1:
                yield index, slot, entry

    def mappings(self, table, level, base=0):
        """The leaves of a space: address, level, slot, entry."""
        for index, slot, entry in list(self.entries(table, level)):
            address = base + index * self.layout.span(level)
            if self.form.is_leaf(entry, level):
                yield self.layout.full(address), level, slot, entry
            else:
                yield from self.mappings(self.form.frame(entry), level - 1, address)

    def copy(self, source, space):
        if space in self.root:
            raise ValueError(f"space {space} exists")
        mapped = list(self.mappings(self.top_of(source), self.layout.top))
        shift = self.layout.shift
        filled = {(at, first >> shift(at + 1)) for first, level, _, _ in mapped for at in range(level, self.layout.top)}
        self.expect_free(1 + len(filled))
        self.create(space)
        for address, level, slot, entry in mapped:
            if not entry & self.form.shared:
                entry = self.withdraw(source, address, slot, entry)
            self.enter(space, address, level, entry)

    def withdraw(self, space, address, slot, entry):
        """A private page may not be written any more: two spaces have it now."""
        granted = self.form.grants(entry)
        weaker = self.with_rights(entry, granted.replace("w", ""))
        self.write(slot, weaker)
        if "w" in granted:
            self.flush(space, address)
        return weaker

    def switch(self, core, space):
        self.top_of(space)
        self.running[core] = space

    # -- pages -------------------------------------------------------------------------------------------------

    def map(self, space, address, frame, pages, level, rights, shared):
        self.top_of(space)
        self.check_range(address, pages, level)
        if rights not in RIGHTS:
            raise ValueError(f"no page has the rights {rights!r}")
        if pages == 0:
            return
        self.check_frames(frame, pages, level)
        firsts = self.firsts(address, pages, level)
        self.expect_free(self.lacking(space, firsts, level))
        for number, first in enumerate(firsts):
            self.enter(space, first, level, self.leaf(frame + number * self.frames_of(level), level, rights, shared))

    def leaf(self, frame, level, rights, shared):
        entry = self.form.leaf(frame, level) | self.form.rights_bits(rights)
        return entry | self.form.shared if shared else entry

    def frames_of(self, level):
        return self.layout.span(level) >> 12

    def enter(self, space, address, level, entry):
        """Write a leaf, making the tables above it."""
        at, slot, _ = self.path(space, address)[-1]
        while at > level:
            table = self.take()
            self.link(slot, table, at)
            at -= 1
            slot = self.slot(table, at, address)
        self.write(slot, entry)
        self.blocks[self.form.frame(entry), level] += 1

    def link(self, slot, table, level):
        self.write(slot, self.form.table(table))

    def unmap(self, space, address, pages, level):
        for first, slot, entry in self.leaves(space, address, pages, level):
            self.remove(space, first, level, slot, entry)

    def remove(self, space, address, level, slot, entry):
        """A leaf goes; its frame and the tables that became empty are let go when no TLB can lead to them."""
        self.write(slot, 0)
        self.tell("clear", space, address)
        self.flush(space, address)
        self.prune(space, address)
        self.let_go(self.form.frame(entry), level)

    def let_go(self, frame, level):
        """A leaf less maps a block of frames; when none is left that maps any of them, they may be reused."""
        self.blocks -= Counter([(frame, level)])
        size = self.frames_of(level)
        if not any(first < frame + size and frame < first + self.frames_of(at) for first, at in self.blocks):
            self.tell("release", frame)

    def prune(self, space, address):
        """Give back the tables for an address that are empty, but for the root."""
        for (_, above, _), (_, below, _) in reversed(list(pairwise(self.path(space, address)))):
            if not self.used[below >> 12]:
                self.write(above, 0)
                self.give(below >> 12)

    def protect(self, space, address, pages, level, rights):
        found = self.leaves(space, address, pages, level)
        if rights not in RIGHTS:
            raise ValueError(f"no page has the rights {rights!r}")
        for first, slot, entry in found:
            self.write(slot, self.with_rights(entry, rights))
            self.flush(space, first)

    def with_rights(self, entry, rights):
        every = self.form.rights_bits("rwxu") | self.form.rights_bits("r")
        return entry & ~every | self.form.rights_bits(rights)

    def split(self, space, address):
        self.top_of(space)
        if not self.layout.is_address(address):
            raise ValueError(f"{address:#x} is no address")
        level, slot, entry = self.path(space, address)[-1]
        if not entry & 1:
            raise LookupError(f"nothing is mapped at {address:#x}")
        if level == 0:
            raise ValueError("a base page is split no further")
        self.expect_free(1)
        self.divide(space, address & -self.layout.span(level), level, slot, entry)

    def divide(self, space, first, level, slot, entry):
        """Replace a huge leaf: not valid, flushed, valid again."""
        table = self.take()
        for index in range(1 << self.form.widths[level - 1]):
            piece = self.piece(entry, index, level)
            self.write((table << 12) + index * self.form.size, piece)
            self.blocks[self.form.frame(piece), level - 1] += 1
        self.blocks -= Counter([(self.form.frame(entry), level)])
        self.write(slot, 0)
        self.tell("clear", space, first)
        self.flush(space, first)
        self.link(slot, table, level)
        self.tell("set", space, first)

    def piece(self, entry, index, level):
        """The leaf one level below for one part of a huge one; marks and rights stay."""
        frame = self.form.frame(entry) + index * self.frames_of(level - 1)
        marks = entry & (self.form.accessed | self.form.dirty)
        return self.leaf(frame, level - 1, self.form.grants(entry), entry & self.form.shared) | marks

    def translate(self, space, address, access):
        self.top_of(space)
        if access not in ACCESSES:
            raise ValueError(f"no access is called {access!r}")
        if not self.layout.is_address(address):
            raise ValueError(f"{address:#x} is no address")
        steps = self.path(space, address)
        level, slot, entry = steps[-1]
        if not entry & 1:
            raise LookupError(f"nothing is mapped at {address:#x}")
        if not self.form.permits(self.granted(steps), access):
            raise PermissionError(f"{access!r} is not granted at {address:#x}")
        if self.marks:
            self.write(slot, self.marked(entry, access))
        return (self.form.frame(entry) << 12) + address % self.layout.span(level)

    def granted(self, steps):
        """The rights that all entries on the way grant."""
        *above, (_, _, leaf) = steps
        granted = set(self.form.grants(leaf))
        for _, _, entry in above:
            granted &= set(self.form.table_grants(entry))
        return granted

    def marked(self, entry, access):
        return entry | self.form.accessed | (self.form.dirty if "w" in access else 0)

    # -- what can be looked at ---------------------------------------------------------------------------------

    def roots(self):
        return {space: table << 12 for space, table in self.root.items()}

    def memory(self):
        return bytes(self.bytes)

    def free_frames(self):
        return list(self.free)

    def identifiers(self):
        return dict(self.number)

    def events(self):
        told, self.told = self.told, []
        return told
