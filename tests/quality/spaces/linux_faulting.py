"""Bugs in accesses, copies and files; each is one error in the manager of pages."""

from linux_pages import PAGE, LinuxPages


class WritesSharedFrameAfterCopy(LinuxPages):
    """The copy is made, but the write goes to where the fault was: the frame that others use."""

    def write(self, process, address, value):
        page = self.page(process, address, "w")
        frame = page.frame
        if not page.shared:
            self.own(page)
        frame.data[address % PAGE] = value


class ForkKeepsWriteRight(LinuxPages):
    """After a fork the parent goes on writing to the frames that it had."""

    def fork(self, process, child):
        super().fork(process, child)
        for page in self.spaces[process].pages.values():
            page.trusted = page.frame

    def own(self, page):
        if getattr(page, "trusted", None) is not page.frame:
            super().own(page)


class CountsChildTooLow(LinuxPages):
    """A fork does not count the child: who writes first takes the frame over, and the other sees it."""

    def fork(self, process, child):
        super().fork(process, child)
        for page in self.spaces[child].pages.values():
            if page.frame and page.frame.users > 1 and not page.thing:
                page.frame.users -= 1


class CopiesAnEmptyPage(LinuxPages):
    """The copy of a page is zero."""

    def new_frame(self, data=None):
        return super().new_frame()


class ReusesFramesAsTheyAre(LinuxPages):
    """A frame that was given back is given out again with what was in it."""

    old = None

    def let_go(self, page):
        if page.frame and page.frame.users == 1 and not page.thing:
            self.old = page.frame.data
        super().let_go(page)

    def new_frame(self, data=None):
        frame = super().new_frame(data if data is not None else self.old)
        self.old = None
        return frame


class ReadsWithoutRight(LinuxPages):
    """What has no rights at all can be read."""

    def may(self, page, right):
        return right == "r" or right in page.rights


class WritesReadOnly(LinuxPages):
    """A page that may only be read can be written once it is in memory."""

    def may(self, page, right):
        return right in page.rights or (right == "w" and "r" in page.rights and page.frame is not None)


class ExecutesData(LinuxPages):
    """What can be read can be executed."""

    def may(self, page, right):
        return right in page.rights or (right == "x" and "r" in page.rights)


class BacksFreePages(LinuxPages):
    """An access to a free page is served as the first one to a page that was given."""

    def read(self, process, address):
        try:
            return super().read(process, address)
        except PermissionError:
            if address // PAGE in self.space(process).pages:
                raise
            return 0


class ViolationMapsPage(LinuxPages):
    """A write that is refused gives the right to write."""

    def write(self, process, address, value):
        try:
            super().write(process, address, value)
        except PermissionError:
            page = self.space(process).pages.get(address // PAGE)
            if page and page.rights == "r":
                page.rights = "rw"
            raise


class ReadsPastTheEnd(LinuxPages):
    """Past the end of a file there are zeros."""

    def page(self, process, address, right):
        page = self.space(process).pages.get(address // PAGE)
        if page and page.thing and page.place * PAGE >= page.thing.length and self.may(page, right):
            self.backed(page)
        return super().page(process, address, right)


class SharedIsPrivate(LinuxPages):
    """What is written to a shared mapping stays in a copy."""

    def write(self, process, address, value):
        page = self.page(process, address, "w")
        self.own(page)
        page.frame.data[address % PAGE] = value


class PrivateIsShared(LinuxPages):
    """What is written to a private mapping of a file is in the file."""

    def own(self, page):
        if not page.thing:
            super().own(page)


class FileForgetsMapping(LinuxPages):
    """The file is read from disk, past what was written through a mapping."""

    def store(self, file, offset, value):
        super().store(file, offset, value)
        self.files[file].disk = {**getattr(self.files[file], "disk", {}), offset: value}

    def load(self, file, offset):
        super().load(file, offset)
        return getattr(self.files[file], "disk", {}).get(offset, 0)


class DiscardsNothing(LinuxPages):
    """`dontneed` is taken as advice."""

    def madvise(self, process, address, length, advice):
        if advice != "dontneed":
            super().madvise(process, address, length, advice)
        else:
            self.given(process, address, length)


class DiscardsShared(LinuxPages):
    """`dontneed` empties what others see, too."""

    def madvise(self, process, address, length, advice):
        super().madvise(process, address, length, advice)
        for number in range(address // PAGE, address // PAGE + self.whole(length)):
            page = self.spaces[process].pages[number]
            if page.shared and page.frame:
                page.frame.data.clear()


class ForgetsResidence(LinuxPages):
    """Pages that were written are told as not resident."""

    def mincore(self, process, address, length):
        return [False for _ in super().mincore(process, address, length)]


class RefusesTooEarly(LinuxPages):
    """The last frame is never used."""

    def new_frame(self, data=None):
        if self.used + 1 >= self.frames:
            raise MemoryError
        return super().new_frame(data)
