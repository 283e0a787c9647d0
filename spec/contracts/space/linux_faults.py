"""How many faults a process has taken in the dialect `linux`, as far as the calls tell: at least, and at most.

To a process a page is *out of reach* (any access faults), *readable* (a write does) or *writable* (none does). One
access takes one fault at most, which brings the page as near as the access needs it; from then on it stays::

    out of reach --read: a fault--> readable --write: a fault--> writable
          `-----------------------write: a fault-----------------------^

A private page begins out of reach, so that its first access is a fault and no later one is; a fork leaves what is
private readable, so that the next write is a fault: a copy. Where managers may differ only bounds are kept:

- A page that was only read may be writable, or show the one page of zeros that all processes share; then a write
  copies it. To a child it may be out of reach.
- A page of a file or of shared memory may come near with its neighbours (fault-around), or may have to be found by each
  process; pages of files may leave memory, or be made readable in order to be written back, at any time.
- New rights, or another place, may take the right to write out of the processor's reach, until the next write.

Source: Linux, mm/memory.c: do_anonymous_page, do_wp_page, do_fault_around, mm_account_fault; getrusage(2), ru_minflt
and ru_majflt; Documentation/admin-guide/mm/concepts.
"""

from __future__ import annotations

import attrs

from .calls import Execute, Read, Write
from .memory import Bounds, Memory, Page, Process, page_of

OUT_OF_REACH, READABLE, WRITABLE = range(3)


@attrs.frozen
class Reaching:
    """How accesses change what is near.

    Attributes:
        eager: pages may be near, and copies be made, before they are accessed.
        pages_out: what is near may leave memory at any time.
    """

    eager: bool
    pages_out: bool

    def of(self, process: Process, number: int) -> Bounds:
        """How near a page that was given is."""
        return process.reach.get(number) or Bounds(OUT_OF_REACH, self._at_first(process.pages[number]))

    def _at_first(self, entry: Page) -> int:
        if self.eager or entry.shared:
            return WRITABLE
        return OUT_OF_REACH if entry.object is None else READABLE

    def accessed(self, memory: Memory, call: Read | Write | Execute) -> None:
        """An access was done; what is fetched from a page that may be written may also write there."""
        process, number = memory.processes[call.process], page_of(call.address)
        entry, reach = process.pages[number], self.of(process, number)
        needed = WRITABLE if isinstance(call, Write) else READABLE
        may_write = isinstance(call, Execute) and "w" in entry.rights
        self._count(process, reach, needed, at_least=reach.most < needed)
        if may_write:
            self._count(process, reach, WRITABLE, at_least=False)
        nearest = WRITABLE if isinstance(call, Write) or may_write else self._nearest(process, number)
        process.reach[number] = Bounds(
            max(reach.least, needed) if self._stays(memory, call) else reach.least,
            max(reach.most, nearest) if reach.least < needed or may_write else reach.most,
        )

    def tried(self, memory: Memory, call: Read | Write | Execute) -> None:
        """An access was refused, but may have brought its page nearer before."""
        process, number = memory.processes[call.process], page_of(call.address)
        reach = self.of(process, number)
        self._count(process, reach, READABLE, at_least=False)
        process.reach[number] = Bounds(reach.least, max(reach.most, self._nearest(process, number)))

    @staticmethod
    def _count(process: Process, reach: Bounds, needed: int, *, at_least: bool) -> None:
        least, most = process.faults.least, process.faults.most
        process.faults = Bounds(least + at_least, most + (reach.least < needed))

    def _nearest(self, process: Process, number: int) -> int:
        """How near a read can bring a page: what is copied before it is written is not writable yet."""
        entry = process.pages[number]
        is_copied_later = entry.object is not None and not entry.shared and number not in process.cells
        return READABLE if is_copied_later and not self.eager else WRITABLE

    def _stays(self, memory: Memory, call: Read | Write | Execute) -> bool:
        """Whether a page is as near from now on as the access needed it."""
        process, number = memory.processes[call.process], page_of(call.address)
        entry = process.pages[number]
        if self.pages_out or (number in process.freed and not isinstance(call, Write)):
            return False
        is_own = number in process.cells or (isinstance(call, Write) and not entry.shared)
        return entry.object is None or is_own or memory.objects[entry.object].kind != "file"

    def forked(self, parent: Process, child: Process) -> None:
        """What is private is readable to both, as far as it was near; the child finds what is shared by itself."""
        child.reach, child.faults = {}, Bounds(0, 0)
        for number, reach in parent.reach.items():
            entry = parent.pages[number]
            if entry.object is None or number in parent.cells:
                most = reach.most if self.eager else min(reach.most, READABLE)
                parent.reach[number] = Bounds(min(reach.least, READABLE), most)
                written = number in parent.cells
                child.reach[number] = Bounds(min(reach.least, READABLE) if written else OUT_OF_REACH, most)


def take_away(process: Process, number: int, least: int) -> None:
    """A page may be no nearer than this any more."""
    reach = process.reach.get(number)
    if reach is not None:
        process.reach[number] = Bounds(min(reach.least, least), reach.most)
