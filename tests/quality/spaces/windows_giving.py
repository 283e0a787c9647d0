"""Bugs in giving pages and taking them back: each is the reference manager with one error."""

from pagelaw.model.vad import Vad
from pagelaw.model.windows_space import WindowsSpace
from pagelaw.spec.contracts.space.windows_ranges import GRANULE, PRIVATE, granule_of

PAGE = 4096
GRANULARITY = 65536


class ReleasesFromInside(WindowsSpace):
    """Any address of a region will do to release it."""

    def _based(self, space, address, kind):
        vad = space.vads.find(address // PAGE)
        return super()._based(space, address if vad is None else vad.first * PAGE, kind)


class ReleasesPart(WindowsSpace):
    """A size that is given is not refused: so many pages are decommitted."""

    def release(self, process, address, size):
        if size:
            self.decommit(process, address, size)
        else:
            super().release(process, address, size)


class ReleasesViews(WindowsSpace):
    """A view is released as if it were a reservation."""

    def _based(self, space, address, kind):
        vad = space.vads.find(address // PAGE)
        return super()._based(space, address, kind if vad is None else vad.kind)


class ReleaseKeepsEntries(WindowsSpace):
    """The region goes, and what page tables know of it stays."""

    def _take_back(self, space, vad):
        for page in vad.pages:
            self._charge(-int(vad.private and vad.rights.pop(page, None) is not None))
        space.vads.remove(vad)


class ReleaseKeepsCharge(WindowsSpace):
    """What a released region was charged stays charged."""

    def release(self, process, address, size):
        charged = self._charged
        super().release(process, address, size)
        self._charged = charged


class ExitKeepsCharge(WindowsSpace):
    """What a process was charged stays charged when it ends."""

    def exit(self, process):
        charged = self._charged
        super().exit(process)
        self._charged = charged


class DecommitKeepsContents(WindowsSpace):
    """The page can be committed again, and what was in it is there again."""

    def decommit(self, process, address, size):
        space = self._process(process)
        vad, there = self._given(space, address, size)
        for page in there:
            self._charge(-int(vad.rights.pop(page, None) is not None))
            if space.entry(page) is not None:
                space.entry(page).rights = ""


class DecommitsNothingAtZero(WindowsSpace):
    """The size 0 is no page, instead of all pages of the region."""

    def decommit(self, process, address, size):
        self._given(self._process(process), address, size)
        if size:
            super().decommit(process, address, size)


class DecommitRoundsInward(WindowsSpace):
    """A page that the range has only a part of stays committed."""

    def decommit(self, process, address, size):
        first, end = -(-address // PAGE), (address + size) // PAGE
        self._given(self._process(process), address, size)
        if not size:
            super().decommit(process, address, size)
        elif first < end:
            super().decommit(process, first * PAGE, (end - first) * PAGE)


class UnalignedSizeKeepsEntry(WindowsSpace):
    """The pages of a range are counted upward, its page-table entries downward: the last one stays."""

    def _forget(self, space, vad, there):
        kept = {}
        if space.entry(there[-1]) is not None and len(there) > 1:
            kept[there[-1]] = space.tables[there[-1] // 1024].pop(there[-1])
        super()._forget(space, vad, there)
        for page, entry in kept.items():
            space.tables[page // 1024][page] = entry


class RecommitZeroes(WindowsSpace):
    """A page that is committed already loses what is in it."""

    def commit(self, process, address, size, rights):
        super().commit(process, address, size, rights)
        space = self._process(process)
        _, there = self._given(space, address, size)
        for page in there:
            if space.entry(page) is not None:
                self._memory.drop(space.entry(page).slot)


class RecommitKeepsRights(WindowsSpace):
    """A page that is committed already keeps its rights."""

    def commit(self, process, address, size, rights):
        space = self._process(process)
        vad = space.vads.find(address // PAGE)
        before = {} if vad is None else dict(vad.rights)
        super().commit(process, address, size, rights)
        for page, letters in before.items():
            self._set_rights(space, vad, [page], letters)


class RecommitCharges(WindowsSpace):
    """Pages that are committed already are charged again."""

    def commit(self, process, address, size, rights):
        space = self._process(process)
        vad, there = self._given(space, address, size)
        again = sum(page in vad.rights for page in there) if size else 0
        super().commit(process, address, size, rights)
        self._charged += again


class CommitsUpToTheLimit(WindowsSpace):
    """Pages are committed one by one; the limit is found on the way, and those before stay."""

    def commit(self, process, address, size, rights):
        _, there = self._given(self._process(process), address, size)
        for page in there if size else ():
            super().commit(process, page * PAGE, PAGE, rights)
        if not size:
            super().commit(process, address, size, rights)


class LimitIsNotReached(WindowsSpace):
    """The last page within the limit is refused."""

    def _charge(self, more):
        if self._limit and more > 0 and self._charged + more >= self._limit:
            raise MemoryError
        super()._charge(more)


class CommitRoundsInward(WindowsSpace):
    """Of the range only whole pages are committed, but for a range inside one page."""

    def commit(self, process, address, size, rights):
        first, end = -(-address // PAGE), (address + size) // PAGE
        if first < end:
            address, size = first * PAGE, (end - first) * PAGE
        super().commit(process, address, size, rights)


class CommitsBesideRegion(WindowsSpace):
    """Only the first page of a range must be of a region: the others are committed as far as there are any."""

    def _in_one(self, space, address, size):
        vad = space.vads.find(address // PAGE)
        if vad is not None and 0 < size < 1 << 40:
            size = min(size, vad.end * PAGE - address)
        return super()._in_one(space, address, size)


class ReservesAnyPage(WindowsSpace):
    """The base is rounded down to a page, not to 64 KiB."""

    def reserve(self, process, address, size, rights, commit):
        if address % GRANULARITY < PAGE or size <= 0:
            return super().reserve(process, address, size, rights, commit)
        space = self._process(process)
        count = -(-(size + address % PAGE) // PAGE)
        vad = Vad(self._place(space, address // PAGE * PAGE, count), count, PRIVATE)
        space.vads.insert(vad)
        if commit:
            self.commit(process, vad.first * PAGE, count * PAGE, rights)
        return vad.first * PAGE


class ReservesTooLittle(WindowsSpace):
    """The base is rounded down, and the size not made larger by as much."""

    def reserve(self, process, address, size, rights, commit):
        return super().reserve(process, granule_of(address), size, rights, commit)


class GapIsOneGranuleShort(WindowsSpace):
    """Between neighbours there must be a granule more than is needed."""

    def _place(self, space, address, count):
        if not address and space.vads.gap(count + GRANULE, self._window, GRANULE) is None:
            raise OverflowError
        return super()._place(space, address, count)


class GapIsOneGranuleLong(WindowsSpace):
    """A gap that lacks less than a granule is taken."""

    def _place(self, space, address, count):
        if address or count <= 1:
            return super()._place(space, address, count)
        return super()._place(space, 0, max(1, count - GRANULE + 1))


class GapEndsBeforeTheWindow(WindowsSpace):
    """The last page of the window is never given."""

    def _place(self, space, address, count):
        first = super()._place(space, address, count)
        if first + count >= self._window.stop:
            raise OverflowError
        return first


class ReservesOver(WindowsSpace):
    """Whether a range is free is asked of its first page."""

    def _place(self, space, address, count):
        there = range(address // PAGE, address // PAGE + count)
        if there.start in self._window and there.stop <= self._window.stop and not space.vads.find(there.start):
            return there.start
        return super()._place(space, address, count)


class ProtectsWhatIsReserved(WindowsSpace):
    """Pages that are not committed are passed over."""

    def protect(self, process, address, size, rights):
        space = self._process(process)
        vad, there = self._in_one(space, address, size)
        committed = [page for page in there if page in vad.rights]
        if not committed or len(committed) == len(there):
            return super().protect(process, address, size, rights)
        before = vad.rights[committed[0]]
        self._set_rights(space, vad, committed, rights)
        return before


class ProtectTellsTheLast(WindowsSpace):
    """The rights that are told are those of the last page."""

    def protect(self, process, address, size, rights):
        last = self.query(process, address + size - 1)[4] if size > 0 else ""
        super().protect(process, address, size, rights)
        return last


class ProtectRoundsInward(WindowsSpace):
    """The page of the range's last byte keeps its rights, if the range ends inside it."""

    def protect(self, process, address, size, rights):
        last = (address + size) // PAGE
        space = self._process(process)
        vad = space.vads.find(last)
        kept = None if vad is None or (address + size) % PAGE == 0 or last == address // PAGE else vad.rights.get(last)
        before = super().protect(process, address, size, rights)
        if kept is not None:
            self._set_rights(space, vad, [last], kept)
        return before


class QueryPassesRights(WindowsSpace):
    """Pages are told to be alike although their rights differ."""

    def query(self, process, address):
        told = super().query(process, address)
        vad = self._process(process).vads.find(address // PAGE)
        end = address // PAGE
        while vad is not None and end < vad.end and (end in vad.rights) == (told[3] == "committed"):
            end += 1
        return told if vad is None else [*told[:2], (end - address // PAGE) * PAGE, *told[3:]]


class QueryTellsReservedAsCommitted(WindowsSpace):
    """Once a page was committed, a query tells it for ever."""

    def __init__(self, pages, dialect="windows", *, base=1 << 30, frames=0, limit=0):
        super().__init__(pages, dialect, base=base, frames=frames, limit=limit)
        self._seen = set()

    def query(self, process, address):
        told = super().query(process, address)
        if told[3] == "committed":
            self._seen.add(address // PAGE)
        return [*told[:3], "committed", "rw"] if told[3] == "reserved" and address // PAGE in self._seen else told
