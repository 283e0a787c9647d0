"""The exploring judge of heaps: every way in which blocks may lie in a small memory, and every request there.

Every free block is asked to serve every request, and every move of a block, so that no choice among them is left out.
One heap of n grains has as many states as the Fibonacci number 2n + 1: a row of blocks, live or free, of which no two
free ones are next to each other. Two heaps have the product. A law `holds` only if every memory was visited to its
end, every kind of move was done and refused somewhere, and the law was at stake. A breach is told as a shortest run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, ClassVar, Unpack

import attrs

from ...model.fast import backend
from ...model.fast import heap_moves as shared
from ...model.fast.heap_machine import Machine, begin_lists
from ...spec import heap as rules
from ...spec.law import Law
from ..blocks import told as words
from ..verdict import Judgement
from . import block_cells
from .asked_moves import AskedMoves, AskedSystem, never_made
from .block_cells import Setting
from .inquiry import Settings, inquire, up_to
from .packed import PackedCode

LAW_BITS = shared.LAW_BITS
#: What fits into a key.
MOST_BYTES = 8
#: The largest memory by default; uncompiled, one that can be waited for.
LARGEST, LARGEST_UNCOMPILED = Machine(8), Machine(4)
SMALL = (Machine(2), Machine(2, private=1), Machine(3), Machine(4, private=2, grain=2), Machine(4), Machine(8, 4))
#: Bits of a size in a key.
_CELL = 4


def setting_of(machine: Machine) -> Setting:
    """What does not change in a memory, as plain integers; a `ValueError` if its states do not fit into a word."""
    if machine.size > MOST_BYTES:
        raise ValueError(f"a state must fit into 64 bits: 1 to {MOST_BYTES} bytes, not {machine.size}")
    heaps, further = 2 if machine.private else 1, max(machine.size, shared.ALIGNMENTS)
    calls = shared.KINDS * heaps * machine.size * (machine.size + 2) * further
    start = sum(size << _CELL * at for at, size in enumerate(begin_lists(machine).free))
    return Setting(machine.size, machine.border, machine.grain, heaps, further, calls, start)


class Code(PackedCode):
    """The steps and laws of heaps, bound to the cells of a key."""

    rules = rules
    # Whatever may be asked.
    most_moves = shared.KINDS * 2 * MOST_BYTES * (MOST_BYTES + 2) * MOST_BYTES

    def bind(self, *, plain: bool, overrides: Mapping[str, Any]) -> Any:
        cells = backend.packed(block_cells, plain=plain)
        known = self.with_changes({"store_if": cells.store_element_if}, plain=plain)
        # What is large is compiled for itself, callees first.
        asked = ("broken_beside_all", "broken_by_call", "broken_anywhere", "at_stake")
        names = (("takes", "asked_size"), ("move", "broken_beside"), asked)
        called = self.in_turn(shared, known, *names, plain=plain)
        for name in ("store_if", "broken_beside", *self.changes):
            del called[name]
        return backend.packed(block_cells, {**called, **overrides}, plain=plain)


class BlockSystem(AskedSystem):
    """The steps in one memory, made ready for the search."""

    def __init__(self, machine: Machine, *, code: Code) -> None:
        super().__init__(machine, setting_of(machine), code=code)

    def told(self, label: int) -> str:
        return words.told(block_cells.call_of(label, self.plain_setting), True, private=self.machine.private)

    def told_from(self, key: int, label: int) -> str:
        moves, setting = self.code.plain_moves, self.plain_setting
        call = block_cells.call_of(label, setting)
        _, came = moves.move(moves.heap_of(key, setting), call)
        return words.told(call, came.done, private=self.machine.private)

    def broken_by(self, key: int, label: int) -> int:
        bits: int = self.code.plain_moves.ask(key, label, self.plain_setting)
        return bits

    def labels(self) -> Iterator[int]:
        setting = self.plain_setting
        for label in range(setting.calls):
            if block_cells.is_asked(block_cells.call_of(label, setting), setting):
                yield label


@attrs.define
class _Inquiry(AskedMoves):
    """Notes besides what each kind of move came to, and what was at stake."""

    about = "heaps"
    unit = "heap"
    cells: ClassVar[ModuleType] = block_cells
    law_bits = LAW_BITS
    uncompiled = f"; the largest memory by default has {LARGEST_UNCOMPILED}"

    def unseen(self) -> Iterator[str]:
        at = {"done_at": block_cells.DONE_AT, "refused_at": block_cells.REFUSED_AT}
        yield from never_made(self.seen, range(shared.KINDS), words.KINDS.__getitem__, **at)
        for law in self.laws:
            if block_cells.STAKE_AT + LAW_BITS[law.id].bit_length() - 1 not in self.seen:
                yield f"never at stake: {law.id}"


def explore_blocks(laws: Sequence[Law], *, size: int | None = None, **settings: Unpack[Settings]) -> Judgement:
    """Hold the steps on blocks of heaps against `laws` in every reachable state of small memories.

    Args:
        laws: the laws to judge, of those in `LAW_BITS`.
        size: bytes of the largest memory, from 1 to 8; by default 8.
        settings: as `inquiry.Settings` says.

    Raises:
        ValueError: where a setting is out of range, or a law is not about heaps.
    """
    usual = LARGEST if backend.is_compiled() else LARGEST_UNCOMPILED
    largest = usual if size is None else Machine(size)
    setting_of(largest)
    return inquire(_Inquiry(tuple(laws)), up_to(largest, SMALL, "size"), BlockSystem, Code, largest=largest, **settings)
