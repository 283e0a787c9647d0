"""The random judge of heaps: the steps on blocks on plain integers, in memories drawn as well.

Hypothesis draws a memory and a run of moves as bytes; after each of them every law is asked at every byte and at every
two blocks. What a caller is given, it fills with numbers of its own. A failure is shrunk by Hypothesis and told in
words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import attrs

from ...model.fast import heap_moves
from ...model.fast.heap_machine import WEIGHTS, Machine, begin_lists
from ...model.fast.heap_moves import Call
from ...model.fast.heap_table import Heap
from ...spec.law import Law
from ..drawn_runs import Drawn, Noted, Run, by_weight, moves_in
from ..verdict import Judgement
from .told import told, unseen

_MOVES, _MOVE_BYTES, _MACHINE_BYTES = 60, 4, 3
_GRAINS, _LARGEST_GRAIN = 5, 2
_KIND_OF_BYTE = by_weight([max(1, weight // 10) for weight in WEIGHTS])
#: One byte in so many asks the wrong heap, or at a byte where no block need begin.
_UNUSUAL = 16
#: A key of what was seen besides the moves.
_STAKE = "at stake"


@attrs.define
class _Run(Run):
    """Asks at every byte after each move."""

    heap: Heap = attrs.field(init=False)
    made: int = 0

    def __attrs_post_init__(self) -> None:
        self.heap = begin_lists(self.machine)

    def move(self, text: int) -> None:
        """One move, and every law after it."""
        call = heap_moves.call_of(self.heap, text)
        before = _copied(self.heap)
        try:
            self.heap, came = heap_moves.move(self.heap, call)
            broken = heap_moves.broken_by_call(before, self.heap, call, came)
            broken |= heap_moves.broken_beside_all(before, self.heap, call, came)
        except IndexError:
            raise self.breach("H10", "a byte that there is not", self.told(call, True)) from None
        self.made += 1
        self.noted.seen[call.kind, bool(came.done)] += 1
        if came.done or broken:
            self.story.append(self.told(call, came.done))
        self.ask_each(heap_moves.at_stake(before, call, came), broken | heap_moves.broken_anywhere(self.heap))
        self.heap = heap_moves.fill(self.heap, call, came, self.made)

    def told(self, call: Call, done: bool) -> str:
        """A move in words."""
        return told(call, done, private=self.machine.private)

    def ask_each(self, at_stake: int, broken: int) -> None:
        """Count a point of each law that is at stake, and stop at the first that is broken."""
        for law, bit in heap_moves.LAW_BITS.items():
            if at_stake & bit:
                self.noted.seen[_STAKE, bit.bit_length() - 1] += 1
            if law in self.noted.laws:
                self.noted.points[law] += bool(at_stake & bit)
                if broken & bit:
                    raise self.breach(law, "at the last move")


def _copied(heap: Heap) -> Heap:
    return heap._replace(free=list(heap.free), live=list(heap.live), content=list(heap.content))


def _decode_machine(data: bytes) -> Machine:
    """Up to five grains of one byte or two, all but the first of which may be a second heap's."""
    grains, private, grain = data
    count, size = 1 + grains % _GRAINS, 1 + grain % _LARGEST_GRAIN
    return Machine(count * size, private % count * size, size)


def _decode_move(action: int, byte: int, size: int, further: int, machine: Machine) -> int:
    """A move as the word that it is in a run."""
    kind = _KIND_OF_BYTE[action % len(_KIND_OF_BYTE)]
    strange, raw = byte % _UNUSUAL == 1, size % _UNUSUAL == 1
    flags = strange << heap_moves.STRANGE_AT | raw << heap_moves.RAW_AT
    asked = size // _UNUSUAL % (machine.size + 2)
    operands = byte // _UNUSUAL << heap_moves.BYTE_AT | asked << heap_moves.SIZE_AT
    return kind | flags | operands | further << heap_moves.FURTHER_AT


def _play(machine: bytes, data: bytes, noted: Noted) -> None:
    run = _Run(_decode_machine(machine), noted)
    for action, byte, size, further in moves_in(data, _MOVE_BYTES):
        run.move(_decode_move(action, byte, size, further, run.machine))


def _never_seen(law: Law, seen: Counter[tuple[object, object]]) -> Iterator[str]:
    yield from unseen(law.id, lambda kind, done: seen[kind, done], lambda number: seen[_STAKE, number])


_DRAWN = Drawn(
    about="heaps",
    unit="heap",
    law_bits=heap_moves.LAW_BITS,
    machine_bytes=_MACHINE_BYTES,
    run_bytes=_MOVE_BYTES * _MOVES,
    play=_play,
    never_seen=_never_seen,
    made=lambda seen: sum(count for (what, _), count in seen.items() if what != _STAKE),
    size=f"{_GRAINS * _LARGEST_GRAIN} bytes",
    rests_on="every byte, and every two blocks, of every heap drawn",
    reported=25,
)


def judge_blocks(
    laws: Sequence[Law],
    *,
    examples: int = 100,
    seed_number: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Judgement:
    """Hold the steps on blocks of heaps against `laws` on `examples` runs, in memories of sizes drawn as well.

    Raises:
        ValueError: where a law is not about heaps.
    """
    return _DRAWN.judge(laws, examples=examples, seed_number=seed_number, progress=progress)
