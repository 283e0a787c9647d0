"""The contract `heap`, as a relation: which answers of a heap are allowed.

Where a block lies is the heap's choice. The contract asks of each answer whether the block is aligned, apart from all
live ones and inside; whether bytes are still what was written; and whether a refusal has a reason::

    state --call--> answer      breaches(state, call, answer) == []      after(state, call, answer) = next state
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from .. import heap_laws as laws
from ..heap import Block, alignment_for, is_power
from .calls import Answer, Failed, Refused, Returned
from .frames import Breach
from .heap_arena import (
    LARGEST_WORD,
    Aligned,
    Allocate,
    AllocateIn,
    Calloc,
    Create,
    Destroy,
    Free,
    FreeIn,
    Giving,
    HeapArena,
    HeapCall,
    HeapCapabilities,
    Read,
    Reallocate,
    Usable,
    Write,
    asked_heap,
    asked_size,
)
from .heap_blocks import Blocks, Live, Run

_OUT_OF_MEMORY, _ILLEGAL = "out-of-memory", "illegal"
#: What no heap can give: half of all addresses. Between an arena and this a caller of an unbounded heap asks nothing.
IMPOSSIBLE = 2**63


@attrs.frozen
class HeapContract:
    """The relation itself, for one arena and one set of capabilities. `after` writes into the state in place."""

    arena: HeapArena
    capabilities: HeapCapabilities = attrs.field(factory=HeapCapabilities)

    def initial(self) -> Blocks:
        """The state right after opening: nothing is live."""
        return Blocks()

    @staticmethod
    def copy(state: Blocks) -> Blocks:
        """A snapshot that later steps do not change."""
        return state.copy()

    # -- what a caller may ask ----------------------------------------------------------------------------------

    def may_ask(self, state: Blocks, call: HeapCall) -> bool:
        """Whether the call is one that a caller may make: what the contract leaves undefined is not asked."""
        offered = self.capabilities
        if isinstance(call, Read | Write):
            length = call.length if isinstance(call, Read) else len(call.data) // 2
            holder = state.holder(call.address)
            return offered.memory and holder is not None and call.address + length <= holder + state.live[holder].room
        if isinstance(call, Create | Destroy | AllocateIn | FreeIn):
            if offered.heaps == "none" or (isinstance(call, Create) and call.heap in state.heaps):
                return False
            if isinstance(call, Create) and not (call.heap > 0 and 0 < call.size <= self.arena.size):
                return False
        elif not isinstance(call, Allocate | Free) and not getattr(offered, call.name):
            return False
        if isinstance(call, Usable):
            return call.address in state.live and self.is_legal(state, Free(call.address))
        if not self.is_legal(state, call) and offered.illegal_free == "undefined":
            return False
        return not isinstance(call, Giving) or self._may_want(state, call)

    def _may_want(self, state: Blocks, call: Giving) -> bool:
        """Sizes: words; none to resize to nothing; of an unbounded heap no more than the arena, or the impossible."""
        if max(attrs.astuple(call)) > LARGEST_WORD or (isinstance(call, Reallocate) and not call.size):
            return False
        size = asked_size(call)
        return self.capabilities.bounded or state.held + size <= self.arena.size or size >= IMPOSSIBLE

    def is_legal(self, state: Blocks, call: HeapCall) -> bool:
        """Whether the caller is entitled to have the call done, memory permitting."""
        if isinstance(call, Aligned):
            return bool(is_power(call.alignment))
        heap = asked_heap(call)
        if heap and not isinstance(call, Create) and heap not in state.heaps:
            return False
        if isinstance(call, Free | FreeIn | Reallocate):
            block = state.live.get(call.address)
            return block is not None and bool(laws.isolated(self._private, block.heap, heap, True))
        return True

    @property
    def _private(self) -> bool:
        return self.capabilities.heaps == "private"

    # -- what may be answered -----------------------------------------------------------------------------------

    def breaches(self, state: Blocks, call: HeapCall, answer: Answer) -> list[Breach]:
        """The laws that `answer` breaks in the state; none if it is allowed."""
        if isinstance(answer, Failed):
            return [_failure(call, answer)]
        if isinstance(answer, Refused):
            return list(self._refusal_breaches(state, call, answer.reason))
        if not self.is_legal(state, call):
            return [self._illegal(state, call)]
        if isinstance(call, Giving):
            return list(self._block_breaches(state, call, answer.value))
        if isinstance(call, Usable):
            return list(self._room_breaches(state, call, answer.value))
        if isinstance(call, Read):
            return list(self._read_breaches(state, call, answer.value))
        if answer.value is not None:
            return [Breach("C1", f"{shown(call)} must return nothing, not {_short(answer.value)}")]
        return []

    def _refusal_breaches(self, state: Blocks, call: HeapCall, reason: str) -> Iterator[Breach]:
        legal = self.is_legal(state, call)
        giving = isinstance(call, Giving | Create)
        if giving and reason == _OUT_OF_MEMORY:
            if legal:
                yield from self._want_breaches(state, call)
        elif isinstance(call, Giving) and legal and asked_size(call) > LARGEST_WORD and reason == _ILLEGAL:
            return  # a product that no word holds may be called illegal as well
        elif isinstance(call, Giving) and legal and not asked_size(call):
            yield Breach("H7", f"{shown(call)} asks for no bytes, which is no mistake, but was refused as {reason}")
        elif legal:
            yield Breach("C1", f"{shown(call)} is legal here, but was refused as {reason}")
        elif reason != _ILLEGAL:
            yield Breach("C1", f"{shown(call)} is illegal and must be refused as such, not as {reason}")

    def _want_breaches(self, state: Blocks, call: HeapCall) -> Iterator[Breach]:
        """Memory is refused although it must be there."""
        heap = asked_heap(call)
        if not self.capabilities.bounded:
            if isinstance(call, Giving) and laws.held(state.held, asked_size(call), self.arena.size):
                yield Breach("H5", f"{shown(call)} answered out of memory while {state.held} bytes are live")
            return
        empty, worked = self.is_fresh(state, call), self.key(state, call) in state.worked
        if self.capabilities.reclaims == "eager" and not laws.complete(empty, worked, False):
            others = self._private and heap and (state.live or len(state.heaps) > 1)
            yield Breach(
                "H9" if others else "H5",
                f"{shown(call)} answered out of memory, but the {'heap' if heap else 'arena'} is empty and has granted "
                f"it before{', whatever is live in other heaps' if others else ''}",
            )

    def is_fresh(self, state: Blocks, call: HeapCall) -> bool:
        """Whether nothing is live where the call takes its memory from."""
        if isinstance(call, Create):
            return not state.live and not state.heaps
        return state.is_empty(asked_heap(call), shared=self.capabilities.heaps == "global")

    def key(self, state: Blocks, call: HeapCall) -> tuple[object, ...]:
        """What a request has to be like to be the same as an earlier one."""
        size = state.heaps.get(asked_heap(call), 0) if self._private and not isinstance(call, Create) else 0
        fields = attrs.asdict(call)
        fields.pop("heap", None)
        kind = Allocate.name if isinstance(call, AllocateIn) else call.name
        return kind, size, *fields.values()

    def _illegal(self, state: Blocks, call: HeapCall) -> Breach:
        heap = asked_heap(call)
        if isinstance(call, Free | FreeIn | Reallocate) and call.address in state.live and heap in {0, *state.heaps}:
            owner = state.live[call.address].heap
            return Breach("H9", f"{shown(call)} was accepted, but the block belongs to {_heap_name(owner)}")
        return Breach("H6", f"{shown(call)} was accepted, but {self._why_illegal(state, call)}")

    def _why_illegal(self, state: Blocks, call: HeapCall) -> str:
        if isinstance(call, Aligned):
            return "that alignment is no power of two"
        if asked_heap(call) and asked_heap(call) not in state.heaps:
            return "there is no such heap"
        address = getattr(call, "address", 0)
        holder = state.holder(address)
        if holder is None:
            return "no live block is there"
        return f"it is inside the live block at {holder:#x}"

    def _block_breaches(self, state: Blocks, call: Giving, address: object) -> Iterator[Breach]:
        size = asked_size(call)
        if address is None:
            if not laws.empty(size, True):
                yield Breach("C1", f"{shown(call)} gave nothing; a refusal says that memory is out")
            return
        if not isinstance(address, int) or isinstance(address, bool) or not 0 <= address <= LARGEST_WORD:
            yield Breach(
                "C1", f"{shown(call)} must return an address, a whole number of 64 bits, not {_short(address)}"
            )
            return
        if size > LARGEST_WORD:
            law = "H4" if isinstance(call, Calloc) else "H10"
            yield Breach(law, f"{shown(call)} was granted, but asks for more bytes than a word can count")
            return
        own = call.address if isinstance(call, Reallocate) else None
        block, alignment = Block(address, size), self.alignment_of(call)
        if not laws.aligned(block, alignment):
            yield Breach("H1", f"{shown(call)} gave {address:#x}, which is no multiple of {alignment}")
        held = state.held - (state.live[own].size if own is not None else 0)
        if self.capabilities.addresses == "offsets" and not laws.inside(block, Block(0, self.arena.size)):
            yield Breach("H10", f"{shown(call)} gave {address:#x}, and the arena ends at {self.arena.size:#x}")
        elif not laws.inside(block, Block(0, LARGEST_WORD)):
            yield Breach("H10", f"{shown(call)} gave {address:#x}: such a block goes beyond the last address")
        elif self.capabilities.bounded and not laws.held(held, size, self.arena.size):
            yield Breach("H10", f"{shown(call)} was granted while {held} of {self.arena.size} bytes are live")
        yield from self._overlaps(state, block, own, f"{shown(call)} gave {address:#x}")

    def alignment_of(self, call: Giving) -> int:
        """The alignment that a call is entitled to."""
        if isinstance(call, Aligned):
            return call.alignment
        usual = self.capabilities.alignment
        return usual if self.capabilities.aligns == "always" else int(alignment_for(asked_size(call), usual))

    def _overlaps(self, state: Blocks, block: Block, own: int | None, says: str) -> Iterator[Breach]:
        """H2 where a block shares bytes with another, H8 with what that is said to have besides, H7 if it has none."""
        for other in state.neighbours(block.first, but=own):
            live = state.live[other]
            there = f"the live block of {live.size} bytes at {other:#x}"
            if block.first == other and not (block.size and live.size):
                yield Breach("H7", f"{says}, the address of {there}: a block of no bytes must have one of its own")
            elif not laws.apart(block, Block(other, live.size)):
                yield Breach("H2", f"{says}, which overlaps {there}")
            elif not laws.apart(block, Block(other, live.room)):
                yield Breach("H8", f"{says}, which overlaps {there}: it was said to have {live.room}")

    def _room_breaches(self, state: Blocks, call: Usable, room: object) -> Iterator[Breach]:
        if not isinstance(room, int) or isinstance(room, bool):
            yield Breach("C1", f"{shown(call)} must return a number of bytes, not {_short(room)}")
            return
        live = state.live[call.address]
        if not laws.usable(live.size, room):
            yield Breach("H8", f"{shown(call)} is {room}, but {live.size} bytes were asked for")
            return
        says = f"{shown(call)} is {room}, so it is a block"
        for breach in self._overlaps(state, Block(call.address, room), call.address, says):
            yield attrs.evolve(breach, law="H8")

    def _read_breaches(self, state: Blocks, call: Read, text: object) -> Iterator[Breach]:
        try:
            data = bytes.fromhex(text) if isinstance(text, str) else b""
        except ValueError:
            data = b""
        if len(data) != call.length:
            yield Breach("C1", f"{shown(call)} must return {call.length} bytes as hexadecimal text, not {_short(text)}")
            return
        first = state.holder(call.address)
        assert first is not None, "only live blocks are read"
        values, how = state.live[first].known(call.address - first, call.length)
        for at, (value, known, byte) in enumerate(zip(values, how, data, strict=True)):
            if known == 2 and not laws.cleared(True, 0, 0, byte):
                yield Breach(
                    "H4", f"byte {call.address - first + at} of the block at {first:#x} from calloc is {byte:#x}"
                )
                return
            if not laws.kept(known == 1, value, byte):
                where = f"byte {call.address - first + at} of the block at {first:#x}"
                yield Breach("H3", f"{where} is {byte:#x}; what was written last is {value:#x}")
                return

    # -- the next state -----------------------------------------------------------------------------------------

    def after(self, state: Blocks, call: HeapCall, answer: Answer) -> Blocks:
        """The state after an answer that `breaches` has allowed; writes into `state`."""
        if not isinstance(answer, Returned):
            return state
        if isinstance(call, Giving | Create) and not isinstance(call, Reallocate) and self.is_fresh(state, call):
            state.worked.add(self.key(state, call))
        if isinstance(call, Giving):
            self._given(state, call, answer.value)
        elif isinstance(call, Free | FreeIn):
            state.remove(call.address)
        elif isinstance(call, Usable):
            state.live[call.address] = attrs.evolve(state.live[call.address], room=answer.value)
        elif isinstance(call, Write):
            first = state.holder(call.address)
            assert first is not None, "only live blocks are written"
            state.live[first] = state.live[first].written(call.address - first, bytes.fromhex(call.data))
        elif isinstance(call, Create):
            state.heaps[call.heap] = call.size
        elif isinstance(call, Destroy):
            for address in state.of_heap(call.heap):
                state.remove(address)
            del state.heaps[call.heap]
        return state

    def _given(self, state: Blocks, call: Giving, address: int | None) -> None:
        if isinstance(call, Reallocate):
            old = state.remove(call.address)
            assert address is not None, "nothing is not asked for here"
            state.add(address, old.resized(call.size))
        elif address is not None:
            size = asked_size(call)
            zeros = (Run(0, size),) if isinstance(call, Calloc) and size else ()
            state.add(address, Live(size, size, asked_heap(call), zeros))


def shown(call: HeapCall) -> str:
    """A call as a reader wants it: addresses in hexadecimal, long bytes cut."""
    parts = []
    for field in attrs.fields(type(call)):
        value = getattr(call, field.name)
        text = f"{value:#x}" if field.name == "address" else str(value)
        parts.append(text if len(text) <= 24 else text[:21] + "...")
    return f"{call.name}({', '.join(parts)})"


def _heap_name(heap: int) -> str:
    return f"heap {heap}" if heap else "the first heap"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _failure(call: HeapCall, answer: Failed) -> Breach:
    if answer.how == "hang":
        return Breach("C1", f"{shown(call)} did not answer: {answer.detail}")
    if answer.how in ("crash", "memory"):
        return Breach("C2", f"{shown(call)} ended the process: {answer.detail}")
    return Breach("C1", f"{shown(call)} answered outside the contract: {answer.detail}")
