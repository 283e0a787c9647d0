"""The contract `space`, as a relation: which answers of a manager of address spaces are allowed.

What both dialects have in common is here: processes, accesses and files. What is given and taken back, and how, each
dialect knows by itself. An access is classified by the specification's one function, and finds the byte that was
written last, by whomever it is shared with and by nobody else::

    state --call--> answer      breaches(state, call, answer) == []      after(state, call, answer) = next state
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from ... import access
from ..calls import Answer, Failed, Refused, Returned
from ..frames import Breach
from .arena import LAST_ADDRESS, PAGE
from .calls import ACCESSES, Create, Execute, Exit, File, Load, Read, Section, SpaceCall, Store, Write
from .dialect import GUARDED, ILLEGAL, OUT_OF_MEMORY, Allowed, Dialect, as_done, refused
from .linux import LinuxDialect
from .memory import (
    Memory,
    Object,
    Terms,
    add_object,
    backing_of,
    byte_at,
    drop_unused,
    frames_at_least,
    frames_at_most,
    is_in_the_last_page,
    is_past_the_end,
    page_of,
    put_byte,
    take_back,
)
from .windows import WindowsDialect

#: How accesses are refused, in the words of the line protocol.
DENIED = "denied"
PAST_THE_END = "bus-error"
_KINDS = {Read: access.READS, Write: access.WRITES, Execute: access.EXECUTES}
_DIALECTS: dict[str, type[Dialect]] = {"linux": LinuxDialect, "windows": WindowsDialect}


@attrs.frozen
class SpaceContract(Terms):
    """The relation, for one arena and one set of capabilities. `after` writes into the state in place."""

    @property
    def dialect(self) -> Dialect:
        """What is asked in the dialect of the arena, and how it must be answered."""
        return _DIALECTS[self.arena.dialect](self.arena, self.capabilities)

    def initial(self) -> Memory:
        """The state right after opening: no process, no file."""
        return Memory()

    @staticmethod
    def copy(memory: Memory) -> Memory:
        """A snapshot that later steps do not change."""
        return memory.copy()

    # -- what a caller may ask ----------------------------------------------------------------------------------

    def may_ask(self, memory: Memory, call: SpaceCall) -> bool:
        """Whether the call is one that a caller may make: what the contract leaves undefined is not asked."""
        if not 0 <= getattr(call, "address", 0) <= LAST_ADDRESS:
            return False  # no register holds it
        if isinstance(call, ACCESSES):
            return self._may_access(memory, call)
        if isinstance(call, Create):
            return call.process in memory.processes or len(memory.processes) < self.capabilities.processes
        if isinstance(call, Exit):
            return True
        if isinstance(call, File | Load | Store):
            return self.capabilities.files
        return self.dialect.may_ask(memory, call)

    def _may_access(self, memory: Memory, call: Read | Write | Execute) -> bool:
        if isinstance(call, Execute) and not self.capabilities.executes:
            return False
        if call.process not in memory.processes:
            return False
        if page_of(call.address) in memory.processes[call.process].pages:
            return not is_in_the_last_page(memory, call.process, call.address)
        if isinstance(call, Execute) and self.dialect.given_by(memory, call) is not None:
            return False  # whether a stack grows before it is found that nothing in it is executed
        return self.capabilities.bounded or self.arena.base <= call.address < self.arena.end

    # -- the relation -------------------------------------------------------------------------------------------

    def allowed(self, memory: Memory, call: SpaceCall) -> Allowed:
        """How the call may be answered, but for the value that it returns."""
        if isinstance(call, ACCESSES):
            return self._allowed_access(memory, call)
        if isinstance(call, Create):
            known = call.process in memory.processes
            return refused(ILLEGAL, f"there is a process {call.process}") if known else as_done()
        if isinstance(call, File):
            return refused(ILLEGAL, "there is such a file") if ("file", call.file) in memory.named else as_done()
        if isinstance(call, Load | Store):
            return self._allowed_in_file(memory, call)
        if not isinstance(call, Section) and call.process not in memory.processes:
            return refused(ILLEGAL, f"there is no process {call.process}")
        return as_done() if isinstance(call, Exit) else self.dialect.allowed(memory, call)

    def breaches(self, memory: Memory, call: SpaceCall, answer: Answer) -> list[Breach]:
        """The laws that `answer` breaks in this state; none if it is allowed."""
        if isinstance(answer, Failed):
            return [_failure(call, answer)]
        allowed = self.allowed(memory, call)
        if isinstance(answer, Refused):
            if answer.reason == GUARDED and isinstance(call, ACCESSES):
                allowed = attrs.evolve(allowed, law="V13")
            return list(allowed.refusal_breaches(shown(call), answer.reason))
        if not allowed.done:
            return [Breach(allowed.law, f"{shown(call)} was done, but {allowed.wanted}")]
        if isinstance(call, Read | Load):
            return list(self._byte_breaches(memory, call, answer.value))
        if isinstance(call, Create | Exit | Write | Execute | File | Store):
            return [] if answer.value is None else [Breach("C1", f"{shown(call)} must return nothing")]
        return list(self.dialect.value_breaches(memory, call, answer.value))

    def after(self, memory: Memory, call: SpaceCall, answer: Answer) -> Memory:
        """The state after an answer that `breaches` has allowed; writes into `memory`."""
        if isinstance(answer, Refused):
            if isinstance(call, ACCESSES) and answer.reason == OUT_OF_MEMORY:
                self._left_without_frame(memory, call)
            self.dialect.refused(memory, call, answer.reason)
        else:
            assert isinstance(answer, Returned), "a failure is a breach"
            self._done(memory, call, answer.value)
        return memory

    def _done(self, memory: Memory, call: SpaceCall, value: object) -> None:
        if isinstance(call, Create):
            self.dialect.created(memory, call.process)
        elif isinstance(call, Exit):
            take_back(memory, call.process, list(memory.processes[call.process].pages))
            del memory.processes[call.process]
            drop_unused(memory)
        elif isinstance(call, File):
            add_object(memory, Object("file", call.length), ("file", call.file))
        elif isinstance(call, Store):
            number = memory.named["file", call.file]
            memory.objects[number].cells[call.offset] = call.value
            memory.backed.setdefault(("object", number, page_of(call.offset)), False)
        elif isinstance(call, ACCESSES):
            self._accessed(memory, call, value)
        elif not isinstance(call, Load):
            self.dialect.done(memory, call, value)

    # -- accesses -----------------------------------------------------------------------------------------------

    def _allowed_access(self, memory: Memory, call: Read | Write | Execute) -> Allowed:
        page = memory.processes[call.process].pages.get(page_of(call.address))
        if page is None:
            return self._allowed_on_free_page(memory, call)
        if isinstance(call, Write) and not 0 <= call.value <= 255:
            return refused(ILLEGAL, "that is no byte")
        outcome = access.classify(page.state, page.word, _KINDS[type(call)])
        if outcome == access.GUARD_HIT:
            at_guard = self.dialect.allowed_at_guard(memory, call, page)
            return self._allowed_frames(memory, call, at_guard) if at_guard.done else at_guard
        if outcome == access.VIOLATION:
            law = "V3" if page.is_committed else "V10"
            why = f"its rights are {page.rights or 'none'}" if page.is_committed else "the page is only reserved"
            if isinstance(call, Execute) and is_past_the_end(memory, call.process, call.address):
                # Where a page may be read, nobody says which of the two is found first.
                return Allowed({DENIED: why, PAST_THE_END: "the page lies past the end of its file"}, False, law)
            return refused(DENIED, why, law=law)
        if is_past_the_end(memory, call.process, call.address):
            return refused(PAST_THE_END, "the page lies past the end of its file", law="V10")
        return self._allowed_frames(memory, call, as_done("V12", "the page was given, and the access allowed"))

    def _allowed_on_free_page(self, memory: Memory, call: Read | Write | Execute) -> Allowed:
        """A violation, unless the access is what gives the page."""
        if self.dialect.given_by(memory, call) is not None:
            return self._allowed_frames(memory, call, as_done("V14", "the stack above grows to there"))
        law = "V14" if self.dialect.is_near_a_stack(memory, call) else "V10"
        return refused(DENIED, "the page is free", law=law)

    def _allowed_frames(self, memory: Memory, call: Read | Write | Execute, must: Allowed) -> Allowed:
        """An access that needs a frame may be refused for want of one, and must be where none can be left."""
        frames = self.arena.frames
        if not frames or self.capabilities.pages_out:
            return must
        later = memory.copy()
        self.dialect.accessed(later, call)
        self._note(later, call)
        if frames_at_least(later) > frames:
            return refused(OUT_OF_MEMORY, f"all {frames} frames are in use", law="F2")
        if frames_at_most(later) > frames:
            return attrs.evolve(must, refusals={OUT_OF_MEMORY: "frames may be used up"})
        return must

    def _byte_breaches(self, memory: Memory, call: Read | Load, value: object) -> Iterator[Breach]:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 255:
            yield Breach("C1", f"{shown(call)} must return a byte, not {value!r}")
            return
        wanted = self._bytes_allowed(memory, call)
        if value not in wanted:
            expected = " or ".join(f"{byte:#x}" for byte in wanted)
            law, why = self.law_of_byte(memory, call)
            yield Breach(law, f"{shown(call)} gave {value:#x}, not {expected}: {why}")

    def _bytes_allowed(self, memory: Memory, call: Read | Load) -> tuple[int, ...]:
        if isinstance(call, Load):
            return (memory.objects[memory.named["file", call.file]].cells.get(call.offset, 0),)
        process, page = memory.processes[call.process], page_of(call.address)
        if page not in process.pages:
            return (0,)
        byte = byte_at(memory, call.process, call.address)
        kept = process.freed.get(page)
        return (byte,) if kept is None else (byte, kept.get(call.address % PAGE, 0))

    def law_of_byte(self, memory: Memory, call: Read | Load) -> tuple[str, str]:
        """Which law a wrong byte breaks, and why it should have been another."""
        if isinstance(call, Load):
            return "V17", "what was written into the mapped file, or stored in it, is in the file"
        process, page = memory.processes[call.process], page_of(call.address)
        entry = process.pages.get(page)
        if entry is None:
            return "F7", "the page is given by this access: it reads as zero"
        if not entry.shared and (page in process.cells or entry.object is not None):
            if process.forked or entry.object is not None:
                return "V6", "what others write to their own pages is not seen here, and what was written here is"
            return "V17", "what was written last is what is read"
        if entry.shared:
            return "V17", "what was written last, by whomever maps the page as shared, is what is read"
        return "F7", "the page was never written since it was given: it reads as zero"

    def _accessed(self, memory: Memory, call: Read | Write | Execute, value: object) -> None:
        self.dialect.accessed(memory, call)
        process, page = memory.processes[call.process], page_of(call.address)
        if isinstance(call, Read) and page in process.freed and value != byte_at(memory, call.process, call.address):
            process.cells[page] = process.freed.pop(page)
        self._note(memory, call)
        if isinstance(call, Write):
            put_byte(memory, call.process, call.address, call.value)
            if page in process.freed:
                process.freed[page][call.address % PAGE] = call.value

    def _left_without_frame(self, memory: Memory, call: Read | Write | Execute) -> None:
        """A page of a file may have been read, and the frame for a copy of it not have been found."""
        if page_of(call.address) in memory.processes[call.process].pages:
            memory.backed.setdefault(backing_of(memory, call.process, call.address), False)

    def _note(self, memory: Memory, call: Read | Write | Execute) -> None:
        """What may be in a frame from now on; before a private page of an object is copied, the object's is read."""
        key = backing_of(memory, call.process, call.address)
        entry = memory.processes[call.process].pages[page_of(call.address)]
        writes = isinstance(call, Write)
        if writes and not entry.shared:
            memory.backed.setdefault(key, False)
            key = "process", call.process, page_of(call.address)
        # What was written to a file may be in the file, and nowhere else.
        stays = writes and not (key[0] == "object" and memory.objects[key[1]].kind == "file")
        memory.backed[key] = memory.backed.get(key, False) or stays

    # -- files --------------------------------------------------------------------------------------------------

    def _allowed_in_file(self, memory: Memory, call: Load | Store) -> Allowed:
        number = memory.named.get(("file", call.file))
        if number is None:
            return refused(ILLEGAL, f"there is no file {call.file}")
        if not 0 <= call.offset < memory.objects[number].length:
            return refused(ILLEGAL, "that is outside the file")
        if isinstance(call, Store) and not 0 <= call.value <= 255:
            return refused(ILLEGAL, "that is no byte")
        in_use = len(memory.backed.keys() | {("object", number, page_of(call.offset))})
        if self.arena.frames and not self.capabilities.pages_out and in_use > self.arena.frames:
            return attrs.evolve(as_done(), refusals={OUT_OF_MEMORY: "frames may be used up"})
        return as_done()


def shown(call: SpaceCall) -> str:
    """A call as a reader wants it: addresses and lengths in hexadecimal."""
    parts = []
    for field in attrs.fields(type(call)):
        value = getattr(call, field.name)
        hexadecimal = field.name in ("address", "length", "size", "offset", "new_length") and value >= 0
        parts.append(f"{field.name}={value:#x}" if hexadecimal else f"{field.name}={value!r}")
    return f"{call.name}({', '.join(parts)})"


def _failure(call: SpaceCall, answer: Failed) -> Breach:
    if answer.how == "hang":
        return Breach("C1", f"{shown(call)} did not answer: {answer.detail}")
    if answer.how in ("crash", "memory"):
        return Breach("C2", f"{shown(call)} ended the process: {answer.detail}")
    return Breach("C1", f"{shown(call)} answered outside the contract: {answer.detail}")
