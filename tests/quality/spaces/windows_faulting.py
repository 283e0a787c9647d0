"""Bugs in accesses and what faults make of them: each is the reference manager with one error."""

from pagelaw.model.page_frames import PageFrames, Slot
from pagelaw.model.windows_space import WindowsSpace
from pagelaw.spec import access, stacks

PAGE = 4096


class GuardStays(WindowsSpace):
    """The guard is told at every access."""

    def _hit_guard(self, space, vad, page):
        if vad.kind == "stack":
            super()._hit_guard(space, vad, page)
        raise UserWarning


class GuardWatchesWritesOnly(WindowsSpace):
    """A read passes the guard."""

    def _fault(self, space, page, kind):
        vad = space.vads.find(page)
        if kind == access.READS and vad is not None and vad.kind != "stack" and "g" in vad.rights.get(page, ""):
            self._set_rights(space, vad, [page], vad.rights[page].replace("g", ""))
        super()._fault(space, page, kind)


class ProtectLosesGuard(WindowsSpace):
    """Of the rights that a page is given later, the guard is forgotten."""

    def protect(self, process, address, size, rights):
        before = super().protect(process, address, size, rights)
        if rights.endswith("g"):
            super().protect(process, address, size, rights[:-1])
        return before


class GuardTakesRightsAlong(WindowsSpace):
    """With the guard the page loses what it guarded."""

    def _hit_guard(self, space, vad, page):
        if vad.kind != "stack":
            self._set_rights(space, vad, [page], "")
            raise UserWarning
        super()._hit_guard(space, vad, page)


class WritesWhatIsReadOnly(WindowsSpace):
    """A page that may be read and is in its frame may be written too."""

    def _reach(self, space, address, kind):
        entry = space.entry(address // PAGE)
        if kind == access.WRITES and entry is not None and entry.rights == "r" and entry.slot.frame is not None:
            return entry
        return super()._reach(space, address, kind)


class ExecutesWhatIsReadable(WindowsSpace):
    """A page that may be read may be executed."""

    def execute(self, process, address):
        self._reach(self._process(process), address, access.READS)


class ReadsWhatIsReserved(WindowsSpace):
    """A reserved page reads as zero."""

    def read(self, process, address):
        vad = self._process(process).vads.find(address // PAGE)
        if vad is not None and vad.kind == "memory" and address // PAGE not in vad.rights:
            return 0
        return super().read(process, address)


class ViolationCommits(WindowsSpace):
    """The access to a reserved page is refused, but the page has been committed on the way."""

    def _fault(self, space, page, kind):
        vad = space.vads.find(page)
        if vad is not None and vad.kind == "memory" and page not in vad.rights:
            self._set_rights(space, vad, [page], "rw")
            self._charged += 1
            raise PermissionError
        super()._fault(space, page, kind)


class ProtectForgetsEntry(WindowsSpace):
    """The descriptor has the new rights, and the page table the old ones."""

    def protect(self, process, address, size, rights):
        space = self._process(process)
        _, there = self._committed(space, address, size)
        old = {page: space.entry(page).rights for page in there if space.entry(page) is not None}
        before = super().protect(process, address, size, rights)
        for page, letters in old.items():
            space.entry(page).rights = letters
        return before


class PrivateWritesAreShared(WindowsSpace):
    """A view that is copied on write writes to the section."""

    def _copy(self, space, vad, page, entry):
        self._memory.bring_in(entry.slot)
        self._set_rights(space, vad, [page], entry.rights.replace("c", "w"))


class CopyIsLost(WindowsSpace):
    """The write intent is dropped when the private copy is gone: the retry writes to the shared page."""

    def protect(self, process, address, size, rights):
        before = super().protect(process, address, size, rights)
        space = self._process(process)
        vad, there = self._committed(space, address, size)
        for page in there:
            entry = space.entry(page)
            if vad.kind == "view" and entry is not None and entry.own:
                entry.slot, entry.own = self._slot_behind(vad, page), False
        return before


class CopyIsEmpty(WindowsSpace):
    """A private copy begins with zeros."""

    def _copy(self, space, vad, page, entry):
        super()._copy(space, vad, page, entry)
        self._memory.contents(entry.slot)[:] = bytes(PAGE)


class CopiesOncePerSection(WindowsSpace):
    """The private copy of a page is put where the section's page was, so that others see it."""

    def _copy(self, space, vad, page, entry):
        super()._copy(space, vad, page, entry)
        self._sections[vad.section].slots[vad.place + page - vad.first] = entry.slot
        entry.own = False


class ViewForgetsOffset(WindowsSpace):
    """A view shows the beginning of its section, wherever it was to begin."""

    def _slot_behind(self, vad, page):
        if vad.section is None:
            return Slot()
        return self._sections[vad.section].slot(page - vad.first)


class SectionDiesWithItsView(WindowsSpace):
    """When a view goes, the frames that it has seen go with it."""

    def unmap_view(self, process, address):
        space = self._process(process)
        vad = self._based(space, address, "view")
        slots = [space.entry(page).slot for page in vad.pages if space.entry(page) is not None]
        super().unmap_view(process, address)
        for slot in slots:
            self._memory.drop(slot)


class FrameIsNotZeroed(WindowsSpace):
    """A frame is given to the next page as it is."""

    def __init__(self, pages, dialect="windows", *, base=1 << 30, frames=0, limit=0):
        super().__init__(pages, dialect, base=base, frames=frames, limit=limit)
        self._memory = _Unclean(frames, self.events.append)


class _Unclean(PageFrames):
    def bring_in(self, slot):
        if slot.frame is None and slot.place is None:
            slot.frame = self._take()
            self._resident[slot] = None
            slot.dirty = True
        super().bring_in(slot)


class PageIsNotWrittenOut(WindowsSpace):
    """A page that was written out once is never written out again."""

    def __init__(self, pages, dialect="windows", *, base=1 << 30, frames=0, limit=0):
        super().__init__(pages, dialect, base=base, frames=frames, limit=limit)
        self._memory = _Once(frames, self.events.append)


class _Once(PageFrames):
    def _evict(self, victim):
        victim.dirty = victim.place is None
        super()._evict(victim)


class PlaceIsUsedTwice(WindowsSpace):
    """Every page has the same place in the paging file."""

    def __init__(self, pages, dialect="windows", *, base=1 << 30, frames=0, limit=0):
        super().__init__(pages, dialect, base=base, frames=frames, limit=limit)
        self._memory = _OnePlace(frames, self.events.append)


class _OnePlace(PageFrames):
    def _is_unused(self, place):
        return True

    def drop(self, slot):
        if slot.place is not None and slot.place not in self._paging_file:
            slot.place = None
        super().drop(slot)


class OverflowComesLate(WindowsSpace):
    """The last page of a stack is given without a word, and the overflow told at the page that is never committed."""

    def _hit_guard(self, space, vad, page):
        try:
            super()._hit_guard(space, vad, page)
        except RecursionError:
            return

    def _fault(self, space, page, kind):
        vad = space.vads.find(page)
        if vad is not None and vad.kind == "stack" and page == vad.first and page + 1 in vad.rights:
            raise RecursionError
        super()._fault(space, page, kind)


class OverflowIsAViolation(WindowsSpace):
    """The overflow of a stack is told as any violation is."""

    def _hit_guard(self, space, vad, page):
        try:
            super()._hit_guard(space, vad, page)
        except RecursionError as overflow:
            raise PermissionError from overflow


class StackGuardIsTold(WindowsSpace):
    """The guard of a stack is told as any other, and the stack does not grow."""

    def _hit_guard(self, space, vad, page):
        if vad.kind == "stack":
            self._set_rights(space, vad, [page], "rw")
            raise UserWarning
        super()._hit_guard(space, vad, page)


class GuardDoesNotMove(WindowsSpace):
    """A stack grows by its guard page, and has no guard any more."""

    def _hit_guard(self, space, vad, page):
        if vad.kind == "stack" and page > vad.first + 2:
            self._set_rights(space, vad, [page], "rw")
            return
        super()._hit_guard(space, vad, page)


class StackBeginsWithoutGuard(WindowsSpace):
    """A new stack has its page in use, and the one below is only reserved."""

    def stack(self, process, size):
        base = super().stack(process, size)
        vad = self._process(process).vads.find(base // PAGE)
        del vad.rights[vad.end - 2]
        return base


class StackGrowsByAll(WindowsSpace):
    """At the first guard that is hit the whole stack is committed."""

    def _hit_guard(self, space, vad, page):
        if vad.kind == "stack":
            self._grow(space, vad, stacks.Stack([stacks.USED] * vad.count, 0, 0, vad.count, 0, 0))
            return
        super()._hit_guard(space, vad, page)
