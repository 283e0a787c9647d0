"""Bugs in deciding what is legal, which pages are meant, and where an access goes."""

from policies import Quiet
from tables import ACCESSES, RIGHTS, Tables


class ProtectSkipsValidation(Tables):
    """Only flags change, so the level is not looked at: the flags of a huge page are set as those of base pages."""

    def protect(self, space, address, pages, level, rights):
        self.leaves(space, address, 0, level)
        if rights not in RIGHTS:
            raise ValueError
        found = [(first, *self.path(space, first)[-1]) for first in self.firsts(address, pages, level)]
        if not all(entry & 1 for _, _, _, entry in found):
            raise LookupError
        for first, _, slot, entry in found:
            self.write(slot, self.with_rights(entry, rights))
            self.flush(space, first)


class TranslatesByOffset(Tables):
    """Where one page went, the others are taken to go as well."""

    levels = 0
    offset = None

    def map(self, space, address, frame, pages, level, rights, shared):
        super().map(space, address, frame, pages, level, rights, shared)
        if pages and self.offset is None:
            self.offset = (frame << 12) - address

    def translate(self, space, address, access):
        super().translate(space, address, access)
        return address + self.offset


class RemembersAcrossSpaces(Tables):
    """Walks are remembered by page, whichever the space; a change forgets them all."""

    marks = False

    def __init__(self, frames, geometry, cores=1):
        super().__init__(frames, geometry, cores)
        self.walks = {}

    def flush(self, space, address):
        self.walks.clear()
        super().flush(space, address)

    def translate(self, space, address, access):
        self.top_of(space)
        known = self.walks.get((address >> 12, access))
        if known is None:
            known = self.walks[address >> 12, access] = super().translate(space, address, access) & -4096
        return known | address & 4095


class PassesBarrier(Quiet):
    """The cursor stops after the end: the page behind the range goes too."""

    def unmap(self, space, address, pages, level):
        super().unmap(space, address, pages, level)
        following = address + pages * self.layout.span(level)
        if pages and self.layout.is_address(following):
            at, slot, entry = self.path(space, following)[-1]
            if at == level and entry & 1:
                self.remove(space, following, level, slot, entry)


class StopsBeforeTheEnd(Tables):
    """The last page of a longer range stays mapped."""

    def unmap(self, space, address, pages, level):
        self.leaves(space, address, pages, level)
        super().unmap(space, address, pages - (pages > 1), level)


class LastPageRejected(Tables):
    """A range must end below the last address, as if its end had to be an address."""

    def check_range(self, address, pages, level):
        super().check_range(address, pages, level)
        if not self.layout.is_address(address + pages * self.layout.span(level)):
            raise ValueError("the range ends beyond the last address")


class EndWraps(Tables):
    """The end of a range is computed in a register: one that wraps looks small."""

    def check_range(self, address, pages, level):
        span = self.layout.span(level) if level in (0, *self.form.huge) else 1
        end = (address + pages * span) % (1 << self.form.register)
        super().check_range(address, pages if end > address else min(pages, 1), level)

    def firsts(self, address, pages, level):
        return [first % (1 << self.form.register) for first in super().firsts(address, min(pages, 64), level)]


class EmptyRangeRejected(Tables):
    """A range of no pages is an error."""

    def check_range(self, address, pages, level):
        super().check_range(address, pages, level)
        if not pages:
            raise ValueError("no pages")


class RoundsAddressDown(Tables):
    """An address inside a page stands for the page."""

    def check_range(self, address, pages, level):
        if level in (0, *self.form.huge):
            address &= -self.layout.span(level)
        super().check_range(address, pages, level)


class MapsOver(Tables):
    """A page that is mapped is replaced, without a word."""

    def lacking(self, space, firsts, level):
        free = [first for first in firsts if self.path(space, first)[-1][0] != level]
        return super().lacking(space, free, level)


class MapsTableMemory(Tables):
    """Pages may map table memory."""

    def check_frames(self, frame, pages, level):
        super().check_frames(max(frame, self.frames if level == 0 else 0), pages, level)


class ProtectsHalf(Tables):
    """Rights are changed page by page, up to the first one that is missing."""

    def protect(self, space, address, pages, level, rights):
        self.check_range(address, pages, level)
        super().protect(space, address, 0, level, rights)
        for first in self.firsts(address, pages, level):
            super().protect(space, first, 1, level, rights)


class UnmapsHalf(Quiet):
    """Pages go one by one, up to the first one that is missing."""

    def unmap(self, space, address, pages, level):
        super().unmap(space, address, 0, level)
        for first in self.firsts(address, pages, level):
            super().unmap(space, first, 1, level)


class IgnoresUpperBits(Tables):
    """Bits above those that are translated are not looked at."""

    def translate(self, space, address, access):
        if not self.layout.is_address(address):
            address &= self.layout.span(self.layout.top + 1) - 1
            address = self.layout.full(address)
        return super().translate(space, address, access)


class FaultMarks(Tables):
    """The page is marked before its rights are looked at."""

    def translate(self, space, address, access):
        self.top_of(space)
        if access in ACCESSES and self.layout.is_address(address):
            _, slot, entry = self.path(space, address)[-1]
            if entry & 1:
                self.write(slot, self.marked(entry, access))
        return super().translate(space, address, access)


class WriteLeavesClean(Tables):
    """A write marks the page as used, but not as written."""

    geometries = ("x86-64", "win32", "sv39")

    def marked(self, entry, access):
        return super().marked(entry, "r")


class LeafRightsOnly(Tables):
    """The supervisor is not kept off the pages of the user."""

    geometries = ("sv39",)

    def translate(self, space, address, access):
        self.top_of(space)
        if access in ACCESSES and self.layout.is_address(address):
            entry = self.path(space, address)[-1][2]
            if entry & 1 and "u" in self.form.grants(entry):
                access = access.rstrip("u") + "u"
        return super().translate(space, address, access)


class ExecuteIsRead(Tables):
    """Whoever may read may execute."""

    geometries = ("x86-64", "sv39", "aarch64")

    def translate(self, space, address, access):
        return super().translate(space, address, access.replace("x", "r") if access in ACCESSES else access)


class AnyRights(Tables):
    """Rights that there are not are read as those that their letters have."""

    def map(self, space, address, frame, pages, level, rights, shared):
        rights = rights if rights in RIGHTS else "r"
        super().map(space, address, frame, pages, level, rights, shared)
