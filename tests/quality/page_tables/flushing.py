"""Bugs in what TLBs are told, and when."""

from policies import Precise, Quiet
from tables import Tables


class FlushesAfterLock(Quiet):
    """The entry is gone, the lock is dropped, and only then is the page flushed."""

    def remove(self, space, address, level, slot, entry):
        self.write(slot, 0)
        self.tell("clear", space, address)
        self.prune(space, address)
        self.tell("unlock")
        self.flush(space, address)


class CopyFlushesAfterLock(Tables):
    """What is moved to another space is flushed in the old one at the end, when the lock has been dropped."""

    def copy(self, source, space):
        super().copy(source, space)
        self.told.insert(0, ("unlock",))


class UnmapOmitsFlush(Quiet):
    """What is unmapped is flushed nowhere."""

    def remove(self, space, address, level, slot, entry):
        self.write(slot, 0)
        self.tell("clear", space, address)
        self.prune(space, address)


class FlushesHereOnly(Quiet):
    """The other cores are forgotten."""

    def flushed(self, space):
        return super().flushed(space)[:1]


class FlushesWhereItRunsNow(Precise):
    """A core that ran the space before may still remember it."""

    def flushed(self, space):
        return [core for core, runs in self.running.items() if runs == space]


class ProtectOmitsFlush(Tables):
    """Weaker rights are written, and nobody is told."""

    def protect(self, space, address, pages, level, rights):
        super().protect(space, address, pages, level, rights)
        self.told = [event for event in self.told if event[0] != "flush-page"]


class CopyOmitsFlush(Tables):
    """The source may still write what it shares now."""

    def copy(self, source, space):
        super().copy(source, space)
        self.told = [event for event in self.told if event[0] != "flush-page"]


class MasksIdentifier(Quiet):
    """The space to flush loses a bit on its way into the register."""

    mask = ~1

    def flush(self, space, address):
        for core in self.flushed(space):
            self.tell("flush-page", core, space & self.mask, address)


class FlushesFirstPageOnly(Quiet):
    """A range is taken for one page."""

    def unmap(self, space, address, pages, level):
        super().unmap(space, address, pages, level)
        late = [event for event in self.told if event[0] == "flush-page" and event[3] != address]
        self.told = [event for event in self.told if event not in late]


class FlushesWithoutExtension(Quiet):
    """Addresses of the upper half are flushed without the ones above: another page, or none."""

    geometries = ("x86-64", "sv39")

    def flush(self, space, address):
        super().flush(space, address & (1 << self.layout.bits) - 1)


class ReleasesFrameEarly(Tables):
    """The frame is given back before all cores have forgotten it."""

    def remove(self, space, address, level, slot, entry):
        self.let_go(self.form.frame(entry), level)
        self.blocks[self.form.frame(entry), level] += 1
        super().remove(space, address, level, slot, entry)


class ReleasesSharedFrame(Tables):
    """A frame is given back with the first of its pages, although it is shared on purpose."""

    def let_go(self, frame, level):
        self.tell("release", frame)


class ReleasesTableEarly(Tables):
    """The table is given back before all cores have forgotten the way through it."""

    def remove(self, space, address, level, slot, entry):
        self.write(slot, 0)
        self.tell("clear", space, address)
        self.prune(space, address)
        self.flush(space, address)
        self.let_go(self.form.frame(entry), level)


class SplitsWithoutBreak(Tables):
    """The huge leaf becomes a table in one step, valid to valid; the flush comes after."""

    def divide(self, space, first, level, slot, entry):
        super().divide(space, first, level, slot, entry)
        flushes = [event for event in self.told if event[0] == "flush-page"]
        self.told = [("set", space, first), *flushes]


class ReusesIdentifier(Precise):
    """The lowest identifier that no space has is given, although cores remember who had it."""

    def fresh_number(self):
        return Tables.fresh_number(self)


class WrapsIdentifiers(Tables):
    """Identifiers have one bit."""

    def fresh_number(self):
        return super().fresh_number() & 1
