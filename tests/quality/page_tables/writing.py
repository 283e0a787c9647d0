"""Bugs in what is written into entries, and at which place."""

from formats import Layout
from tables import Tables


class HugeLeafMisaligned(Tables):
    """A huge page may begin at any frame."""

    def check_frames(self, frame, pages, level):
        if frame < self.frames or frame + pages * self.frames_of(level) > 1 << self.form.frame_bits:
            raise ValueError(f"frame {frame} cannot be mapped")


class HugeRangeShifts(Tables):
    """The second huge page of a range begins one base frame after the first."""

    def frames_of(self, level):
        return 1


class SplitLosesRights(Tables):
    """The pieces of a huge page can be read, and no more."""

    def piece(self, entry, index, level):
        return self.leaf(self.form.frame(entry) + index * self.frames_of(level - 1), level - 1, "r", False)


class SplitShiftsFrames(Tables):
    """The pieces are counted from one."""

    def piece(self, entry, index, level):
        return super().piece(entry, index + 1, level)


class SplitForgetsHalf(Tables):
    """The second half of the pieces is not written."""

    def piece(self, entry, index, level):
        return super().piece(entry, index, level) if index < 1 << self.form.widths[level - 1] - 1 else 0


class ProtectAllowsExecution(Tables):
    """The entry is put together anew without the bit against execution."""

    geometries = ("x86-64", "aarch64")

    def protect(self, space, address, pages, level, rights):
        super().protect(space, address, pages, level, rights)
        for _, slot, entry in self.leaves(space, address, pages, level):
            self.write(slot, self.with_rights(entry, self.form.grants(entry).replace("x", "") + "x"))


class ProtectForgetsMarks(Tables):
    """A page that was written counts as clean when its rights change."""

    def with_rights(self, entry, rights):
        return super().with_rights(entry, rights) & ~self.form.dirty


class UserBitMissingAbove(Tables):
    """The user has the page, but not the tables on the way to it."""

    geometries = ("x86-64", "win32")

    def link(self, slot, table, level):
        self.write(slot, self.form.table(table) & ~0b100)

    def granted(self, steps):
        return set(self.form.grants(steps[-1][2]))


class SelfMapForUser(Tables):
    """An entry of the root names the root, so that the tables can be reached; the user can reach them too."""

    geometries = ("x86-64", "win32")

    def create(self, space):
        super().create(space)
        root = self.root[space]
        self.write((root << 12) + 4096 - 2 * self.form.size, self.form.table(root))
        self.used[root] -= 1


class ShiftsOneLevelWrongly(Tables):
    """The index of the second level begins one bit too far to the right, when written and when read."""

    def __init__(self, frames, geometry, cores=1):
        super().__init__(frames, geometry, cores)
        self.layout = OneBitOff(self.form)


class OneBitOff(Layout):
    """As the class above says."""

    def index(self, address, level):
        if level != 1:
            return super().index(address, level)
        return address >> self.shift(level) - 1 & (1 << self.form.widths[level]) - 1


class SetsReservedBit(Tables):
    """A huge leaf keeps the bits of its frame that do not count."""

    geometries = ("x86-64", "win32", "sv39")

    def leaf(self, frame, level, rights, shared):
        return super().leaf(frame | (1 if self.form.frame_bits == 44 else 2) if level else frame, level, rights, shared)

    def translate(self, space, address, access):
        return super().translate(space, address, access) & ~(0x3000 if self.path(space, address)[-1][0] else 0)


class BlockBitAtLastLevel(Tables):
    """A base page is written as the hardware reads blocks; at the last level that means nothing."""

    geometries = ("aarch64",)

    def leaf(self, frame, level, rights, shared):
        return super().leaf(frame, level, rights, shared) & ~(0 if level else 0b10)


class CopyKeepsWritable(Tables):
    """Two spaces can write the same private page."""

    def withdraw(self, space, address, slot, entry):
        return entry


class CopyProtectsOnlyTheCopy(Tables):
    """The source goes on writing."""

    def withdraw(self, space, address, slot, entry):
        return self.with_rights(entry, self.form.grants(entry).replace("w", ""))


class CopyProtectsShared(Tables):
    """What is shared on purpose loses its write right too."""

    def leaf(self, frame, level, rights, shared):
        return super().leaf(frame, level, rights, False)


class BytesSwapped(Tables):
    """Entries are written with the most significant byte first."""

    def memory(self):
        size = self.form.size
        return b"".join(self.bytes[at : at + size][::-1] for at in range(0, len(self.bytes), size))
