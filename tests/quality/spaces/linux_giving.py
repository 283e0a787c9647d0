"""Bugs in what is given and taken back; each is one error in the manager of pages."""

from linux_pages import PAGE, LinuxPages, Page


class RefusesLastPage(LinuxPages):
    """`end >= last`: a range that ends with the space is refused."""

    def is_inside(self, first, end):
        return self.first <= first and end < self.last


class WrapsLength(LinuxPages):
    """The length is rounded up in 64 bits: one that is nearly 2^64 becomes none."""

    def whole(self, length):
        return ((length + PAGE - 1) % 2**64) // PAGE


class UnmapsWholePagesOnly(LinuxPages):
    """Of an unaligned length the region goes, and the last page can still be used."""

    def munmap(self, process, address, length):
        kept = self.space(process).pages.get((address + length) // PAGE) if length % PAGE else None
        super().munmap(process, address, length)
        if kept:
            self.spaces[process].pages[(address + length) // PAGE] = kept


class UnmapRefusesHoles(LinuxPages):
    """A range with a hole in it is not unmapped."""

    def munmap(self, process, address, length):
        if not address % PAGE and length and self.is_inside(address // PAGE, address // PAGE + self.whole(length)):
            self.given(process, address, length)
        super().munmap(process, address, length)


class ProtectStopsHalfway(LinuxPages):
    """A range with a hole is protected up to there, although it is refused."""

    def mprotect(self, process, address, length, rights):
        space = self.space(process)
        for number in range(address // PAGE, address // PAGE + self.whole(length)):
            if address % PAGE or number not in space.pages:
                break
            space.pages[number].rights = rights
        super().mprotect(process, address, length, rights)


class ProtectsFirstPage(LinuxPages):
    """Only the first page of a range gets its rights."""

    def mprotect(self, process, address, length, rights):
        super().mprotect(process, address, length, "r" if "r" in rights else rights)
        super().mprotect(process, address, min(length, PAGE), rights)


class PlacesOverOthers(LinuxPages):
    """Whether a place is free is asked of its first page only."""

    def place(self, space, count):
        for first in range(self.first, self.last - count + 1):
            if first not in space.pages:
                return first
        raise OverflowError


class LeavesGapUnused(LinuxPages):
    """A gap of just the right size is passed over."""

    def place(self, space, count):
        for first in range(self.first, self.last - count + 1):
            if self.is_free(space, first, first + count) and (first + count) not in space.pages:
                return first
        raise OverflowError


class IgnoresHints(LinuxPages):
    """What is asked for is put anywhere."""

    def mmap(self, process, address, length, rights, shared, fixed, file, offset):
        return super().mmap(process, address if fixed else 0, length, rights, shared, fixed, file, offset)


class FixedKeepsWhatWasThere(LinuxPages):
    """A fixed mapping leaves the contents of what it replaces."""

    def mmap(self, process, address, length, rights, shared, fixed, file, offset):
        old = dict(self.space(process).pages)
        for page in old.values():
            if page.frame:
                page.frame.users += 1
        first = super().mmap(process, address, length, rights, shared, fixed, file, offset)
        for number, page in old.items():
            new = self.spaces[process].pages.get(number, page)
            if fixed and new is not page and not page.thing and not new.thing:
                new.frame = page.frame
            elif page.frame:
                page.frame.users -= 1
        return first


class MergesRights(LinuxPages):
    """Neighbours are listed as one region, whatever their rights."""

    def continues(self, region, number, page):
        return region[1] == number * PAGE and not page.thing and not region[6].thing


class NeverMerges(LinuxPages):
    """Each page is a region, although merging is declared."""

    def continues(self, region, number, page):
        return False


class SplitLosesOffset(LinuxPages):
    """After a split the upper part of a mapped file begins at the file's beginning again."""

    def munmap(self, process, address, length):
        super().munmap(process, address, length)
        end, place = address // PAGE + self.whole(length), 0
        pages = self.spaces[process].pages
        while end in pages and pages[end].thing and pages[end].place:
            pages[end].place, place, end = place, place + 1, end + 1


class MoveLeavesMapping(LinuxPages):
    """What was moved can still be used at the old place."""

    def mremap(self, process, address, length, new_length, may_move):
        there = dict(self.space(process).pages)
        place = super().mremap(process, address, length, new_length, may_move)
        if place != address:
            for number in range(address // PAGE, address // PAGE + self.whole(length)):
                self.spaces[process].pages[number] = there[number]
        return place


class GrowsOverNeighbour(LinuxPages):
    """A range grows in place whatever is behind it."""

    def mremap(self, process, address, length, new_length, may_move):
        space, there = self.given(process, address, length) if new_length else (None, range(0))
        more = self.whole(new_length) - len(there)
        if space and more > 0 and self.is_inside(there[0], there.stop + more):
            self.take_back(space, there.stop, there.stop + more)
        return super().mremap(process, address, length, new_length, may_move)


class BreakKeepsPages(LinuxPages):
    """A heap that shrinks keeps its pages."""

    def brk(self, process, address):
        space = self.space(process)
        kept = dict(space.pages)
        end = super().brk(process, address)
        if end == address:
            space.pages |= kept
        return end


class ChildSharesList(LinuxPages):
    """A child has its parent's list of pages, not a copy."""

    def fork(self, process, child):
        super().fork(process, child)
        self.spaces[child].pages = self.spaces[process].pages


class ExitLosesFrames(LinuxPages):
    """The frames of a process that ends are never used again."""

    def exit(self, process):
        used = self.used
        super().exit(process)
        self.used = used


class BacksAtOnce(LinuxPages):
    """Memory is taken when it is given, not when it is used."""

    def mmap(self, process, address, length, rights, shared, fixed, file, offset):
        first = super().mmap(process, address, length, rights, shared, fixed, file, offset)
        for number in range(first // PAGE, first // PAGE + self.whole(length)):
            if not self.spaces[process].pages[number].thing and self.used < self.frames:
                self.backed(self.spaces[process].pages[number])
        return first


class ListsFreed(LinuxPages):
    """The listing still has the page that was unmapped last."""

    last = None

    def munmap(self, process, address, length):
        kept = self.space(process).pages.get(address // PAGE)
        super().munmap(process, address, length)
        self.stale = (process, address // PAGE, kept) if kept and not kept.thing else None

    def maps(self, process):
        stale = getattr(self, "stale", None)
        if stale and stale[0] == process and stale[1] not in self.space(process).pages:
            pages = self.spaces[process].pages
            pages[stale[1]] = Page(stale[2].rights, False, None, 0)
            listed = super().maps(process)
            del pages[stale[1]]
            return listed
        return super().maps(process)
