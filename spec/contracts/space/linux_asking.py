"""What may be asked of a manager in the Linux dialect, and how its calls may be answered but for their values.

Calls round lengths up to whole pages; addresses must be whole pages. A range may be taken back, protected or moved in
any part, so that what counts is what each page is, not which call gave it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import attrs

from ... import pages
from .arena import LAST_ADDRESS, PAGE
from .calls import (
    LINUX_CALLS,
    NO_FILE,
    Brk,
    Execute,
    Faults,
    Fork,
    Madvise,
    Maps,
    Mincore,
    Mmap,
    Mprotect,
    Mremap,
    Munmap,
    Read,
    SpaceCall,
    Stack,
    Write,
)
from .dialect import (
    ILLEGAL,
    NO_MAPPING,
    OUT_OF_ADDRESSES,
    OUT_OF_MEMORY,
    Allowed,
    Dialect,
    as_done,
    is_inside,
    refused,
    within_limit,
)
from .linux_stacks import RIGHTS as RIGHTS_OF_STACK
from .linux_stacks import growing, kept_free, leaves_stacks_alone, stacks_of
from .memory import (
    Memory,
    Page,
    Process,
    gaps,
    is_free,
    is_given,
    page_of,
    pages_touched,
)

#: Rights that are asked for: what may be written or executed may be read, as on most processors.
RIGHTS = ("", "r", "rw", "rx", "rwx")
ADVICE = ("dontneed", "free")
#: A private page, whose rights do not matter.
PRIVATE = Page(pages.COMMITTED, "")
_OFFERS = {
    Fork: "forks",
    Mremap: "moves",
    Brk: "breaks",
    Madvise: "advises",
    Mincore: "resident",
    Faults: "faults",
    Maps: "look",
    Stack: "stacks",
}
_RANGES = (Munmap, Mprotect, Madvise, Mincore)


@attrs.frozen
class LinuxAsking(Dialect):
    """Which calls may be made, and how they may be answered, for one arena and one set of capabilities."""

    # -- what a caller may ask ----------------------------------------------------------------------------------

    def may_ask(self, memory: Memory, call: SpaceCall) -> bool:
        """Whether the target has the call, and the range is the caller's affair."""
        if not isinstance(call, (*LINUX_CALLS, Stack)):
            return False
        if not getattr(self.capabilities, _OFFERS.get(type(call), ""), True):
            return False
        if isinstance(call, Fork):
            return call.child in memory.processes or len(memory.processes) < self.capabilities.processes
        if isinstance(call, (*_RANGES, Mremap, Mmap)) and not self._leaves_stacks_alone(memory, call):
            return False
        if isinstance(call, Mmap):
            return self._may_map(memory, call)
        if isinstance(call, Mprotect):
            return call.rights in RIGHTS and self._is_ours(memory, call.process, call.address, call.length)
        if isinstance(call, Mremap):
            return self._may_move(memory, call)
        if isinstance(call, Madvise) and call.advice == "free":
            return self._may_free(memory, call)
        if isinstance(call, Brk):
            return call.process not in memory.processes or self._may_break(memory.processes[call.process], call)
        if isinstance(call, _RANGES):
            return self._is_ours(memory, call.process, call.address, call.length)
        return True

    def _leaves_stacks_alone(self, memory: Memory, call: Any) -> bool:
        """Of the pages of a stack only all are asked for at once."""
        process = memory.processes.get(call.process)
        if process is None or (isinstance(call, Mmap) and not call.fixed):
            return True
        return leaves_stacks_alone(process, pages_touched(call.address, call.length), call)

    @staticmethod
    def _may_break(process: Process, call: Brk) -> bool:
        """The heap is moved only by who has asked where it is."""
        return process.heap is not None or call.address == 0

    def _is_ours(self, memory: Memory, number: int, address: int, length: int) -> bool:
        """Whether a range is inside the window or was given, as it must be where others live beside the window."""
        process = memory.processes.get(number)
        if self.capabilities.bounded or process is None or address + length - 1 > LAST_ADDRESS:
            return True
        if is_inside(self, address, length):
            return True
        return not length or all(page in process.pages for page in pages_touched(address, length))

    def _may_map(self, memory: Memory, call: Mmap) -> bool:
        if call.rights not in RIGHTS or (call.file != NO_FILE and not self.capabilities.files):
            return False
        if call.fixed:
            return self._is_ours(memory, call.process, call.address, call.length)
        return self.capabilities.bounded or call.length <= self.arena.end - self.arena.base

    def _may_move(self, memory: Memory, call: Mremap) -> bool:
        """Of a range that is partly one thing, partly another, nobody moves or grows the whole."""
        process = memory.processes.get(call.process)
        if not self._is_ours(memory, call.process, call.address, call.length) or not call.length:
            return False
        if not self._is_ours(memory, call.process, call.address, call.new_length):
            return False
        there = self._range(call)
        if process is None or call.address % PAGE or not is_given(process, there[:1]):
            return True
        if not is_given(process, there):
            return False
        return all(process.pages[page].follows(process.pages[before]) for before, page in pairwise(there))

    def _may_free(self, memory: Memory, call: Madvise) -> bool:
        """Private memory only: of anything else nothing can be freed."""
        process = memory.processes.get(call.process)
        there, given = self._range(call), process.pages if process is not None else {}
        ours = self._is_ours(memory, call.process, call.address, call.length)
        return ours and not any(number in there and page.object is not None for number, page in given.items())

    @staticmethod
    def _range(call: Munmap | Mprotect | Madvise | Mincore | Mremap) -> range:
        if call.address + call.length - 1 > LAST_ADDRESS:
            return range(0)
        return pages_touched(call.address, call.length)

    # -- stacks -------------------------------------------------------------------------------------------------

    def given_by(self, memory: Memory, call: Read | Write | Execute) -> Page | None:
        """A page of the stack that grows by this access, if there is room for it below the limit of the charge."""
        process = memory.processes[call.process]
        stack = growing(process, call, self.capabilities.gap)
        if stack is None:
            return None
        model = process.pages[stack.lowest]
        more = (stack.lowest - page_of(call.address)) * model.charged
        return model if within_limit(self, memory, more, as_done()).done else None

    def is_near_a_stack(self, memory: Memory, call: Read | Write | Execute) -> bool:
        """Whether an access to a free page is one in the gap below a stack, or in what a stack may grow to."""
        number, process = page_of(call.address), memory.processes[call.process]
        return any(stack.limit <= number < stack.lowest for stack in stacks_of(process))

    # -- how calls may be answered --------------------------------------------------------------------------------

    def allowed(self, memory: Memory, call: SpaceCall) -> Allowed:
        """How a call in a process that there is may be answered."""
        if isinstance(call, Fork):
            return self._allowed_fork(memory, call)
        if isinstance(call, Mmap):
            return self._allowed_map(memory, call)
        if isinstance(call, Stack):
            return self._allowed_stack(memory, call)
        if isinstance(call, Brk | Faults | Maps):
            return as_done()
        assert isinstance(call, Munmap | Mprotect | Mremap | Madvise | Mincore), "a call of this dialect"
        if call.address % PAGE:
            return refused(ILLEGAL, "the address is not that of a page")
        if call.address + call.length - 1 > LAST_ADDRESS:
            return attrs.evolve(refused(ILLEGAL, "the range wraps", law="V15"), refusals=_any_of("the range wraps"))
        if isinstance(call, Mremap):
            return self._allowed_move(memory, call)
        if isinstance(call, Munmap):
            return self._allowed_unmap(call)
        if isinstance(call, Madvise) and call.advice not in ADVICE:
            return refused(ILLEGAL, "there is no such advice")
        return self._allowed_over(memory, call)

    def _law(self, address: int, length: int) -> str:
        """A range that is empty, or ends where the window does, is legal as any other."""
        return "V15" if not length or address + length == self.arena.end else "C1"

    def _allowed_unmap(self, call: Munmap) -> Allowed:
        if not call.length:
            return refused(ILLEGAL, "the range is empty", law="V15")
        if self._is_outside(call.address, call.length):
            return refused(ILLEGAL, "the range is not inside the address space", law="V15")
        return as_done(self._law(call.address, call.length))

    def _is_outside(self, address: int, length: int) -> bool:
        return self.capabilities.bounded and not is_inside(self, address, length)

    def _allowed_over(self, memory: Memory, call: Mprotect | Madvise | Mincore) -> Allowed:
        """Over a range all of which was given; an empty one is that."""
        process, there = memory.processes[call.process], self._range(call)
        if any(page not in process.pages for page in there):
            return refused(NO_MAPPING, "a page of the range was not given", law="V10")
        law = self._law(call.address, call.length)
        if isinstance(call, Mprotect) and "w" in call.rights:
            more = sum(self._is_charged(call.rights, page) and not page.charged for page in self._given(process, there))
            return within_limit(self, memory, more, as_done(law))
        return as_done(law)

    @staticmethod
    def _given(process: Process, there: range) -> Iterator[Page]:
        return (given for page, given in process.pages.items() if page in there)

    def _is_charged(self, rights: str, page: Page) -> bool:
        """What a process may write to for itself needs memory in the end, and is charged if the target does so."""
        return self.capabilities.overcommit == "never" and "w" in rights and not page.shared

    def _allowed_fork(self, memory: Memory, call: Fork) -> Allowed:
        if call.child in memory.processes:
            return refused(ILLEGAL, f"there is a process {call.child}")
        more = sum(page.charged for page in memory.processes[call.process].pages.values())
        return within_limit(self, memory, more, as_done())

    def _allowed_map(self, memory: Memory, call: Mmap) -> Allowed:
        count = -(-call.length // PAGE)
        if not call.length:
            return refused(ILLEGAL, "the length is zero", law="V15")
        if call.offset % PAGE or (call.fixed and call.address % PAGE):
            return refused(ILLEGAL, "address and offset must be those of pages")
        if call.file != NO_FILE and ("file", call.file) not in memory.named:
            return refused(ILLEGAL, f"there is no file {call.file}")
        if call.fixed and (
            call.address + count * PAGE - 1 > LAST_ADDRESS or self._is_outside(call.address, count * PAGE)
        ):
            return attrs.evolve(refused(ILLEGAL, "", law="V15"), refusals=_any_of("the range is not in the space"))
        if not call.fixed and self._is_full(memory, call.process, count):
            why = f"no {count} pages side by side are free"
            return attrs.evolve(refused(OUT_OF_ADDRESSES, why, law="V16"), refusals=_want_of(why))
        law = "V15" if call.fixed and call.address + count * PAGE == self.arena.end else "V16"
        allowed = within_limit(self, memory, self._charge_of(memory, call, count), as_done(law, "pages are free"))
        return attrs.evolve(allowed, law="V4") if allowed.refusals else allowed

    def _is_full(self, memory: Memory, number: int, count: int) -> bool:
        process = memory.processes[number]
        kept = kept_free(process, self.capabilities.gap)
        return self.capabilities.bounded and not any(len(gap) >= count for gap in gaps(process, self.arena, kept))

    def _allowed_stack(self, memory: Memory, call: Stack) -> Allowed:
        count = -(-call.size // PAGE)
        if not call.size:
            return refused(ILLEGAL, "the size is zero", law="V15")
        if self._is_full(memory, call.process, count):
            why = f"no {count} pages side by side are free"
            return attrs.evolve(refused(OUT_OF_ADDRESSES, why, law="V16"), refusals=_want_of(why))
        return within_limit(self, memory, int(self._is_charged(RIGHTS_OF_STACK, PRIVATE)), as_done("V16"))

    def _is_unused(self, process: Process, numbers: range) -> bool:
        """Whether these pages are free, and nobody's gap."""
        kept = kept_free(process, self.capabilities.gap)
        return is_free(process, numbers) and not any(page in numbers for page in kept)

    def _charge_of(self, memory: Memory, call: Mmap, count: int) -> int:
        """How many pages more are charged; those that the new ones replace are not any more."""
        if self.capabilities.overcommit == "always":
            return 0
        charged = call.file == NO_FILE if call.shared else "w" in call.rights
        replaced = self._given(memory.processes[call.process], pages_touched(call.address, call.length))
        return charged * count - (sum(page.charged for page in replaced) if call.fixed else 0)

    def _allowed_move(self, memory: Memory, call: Mremap) -> Allowed:
        process, old = memory.processes[call.process], self._range(call)
        if not call.new_length:
            return refused(ILLEGAL, "the new length is zero", law="V15")
        if any(page not in process.pages for page in old):
            return refused(NO_MAPPING, "a page of the range was not given", law="V10")
        more = -(-call.new_length // PAGE) - len(old)
        if more <= 0:
            return as_done()
        refusals = {}
        may_move = call.may_move and not self._is_full(memory, call.process, len(old) + more)
        if not may_move and not self._may_grow(process, old, more):
            why = "the pages behind it are not free" + (", nor any range large enough" if call.may_move else "")
            refusals = _want_of(why)
            if not self._may_grow_into_gap(process, old, more):
                return attrs.evolve(refused(OUT_OF_MEMORY, why, law="V16"), refusals=refusals)
        charged = more if process.pages[old[0]].charged else 0
        allowed = within_limit(self, memory, charged, as_done("V16", "pages are free"))
        if not self.capabilities.merging and allowed.done:
            refusals |= {NO_MAPPING: "it may be two regions"}
        return attrs.evolve(allowed, refusals={**allowed.refusals, **refusals})

    def _may_grow(self, process: Process, old: range, more: int) -> bool:
        """Whether a range may grow where it is; into the gap of a stack it need not, but may."""
        behind = range(old.stop, old.stop + more)
        return self._may_grow_into_gap(process, old, more) and self._is_unused(process, behind)

    def _may_grow_into_gap(self, process: Process, old: range, more: int) -> bool:
        behind = range(old.stop, old.stop + more)
        inside = not self.capabilities.bounded or behind.stop * PAGE <= self.arena.end
        return inside and is_free(process, behind)


def _any_of(why: str) -> dict[str, str]:
    """A range that cannot be is refused as illegal, as more than there can be, or as one that was not given."""
    return dict.fromkeys((ILLEGAL, OUT_OF_MEMORY, OUT_OF_ADDRESSES, NO_MAPPING), why)


def _want_of(why: str) -> dict[str, str]:
    """Want of addresses may be told as such, or as want of memory."""
    return dict.fromkeys((OUT_OF_ADDRESSES, OUT_OF_MEMORY), why)
