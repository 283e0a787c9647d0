"""The random judge of TLBs: the specification's own steps on plain integers, with more of everything than is explored.

Hypothesis draws a machine and a run of moves as bytes; after each move every law is asked at every core, page, space
and identifier. A failure is shrunk by Hypothesis and told in words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Unpack

import attrs

from ...model.fast import tlb_moves
from ...model.fast.tlb_machine import WEIGHTS, Machine, empty_lists
from ...spec import tlb_laws
from ...spec.law import Law
from ...spec.tlb import Tlbs
from ..drawn_runs import Drawn, Noted, Run, Settings, by_weight, moves_in
from ..verdict import Judgement

_LARGEST = Machine(5, home=(0, 0, 1, 1, 2, 2), frames=4, identifiers=3)
_MOVES = 240
_MOVE_BYTES = 3
_KIND_OF_BYTE = by_weight(WEIGHTS)


@attrs.define
class _Run(Run):
    """Asks at every core, page, space and identifier after each move."""

    tlbs: Tlbs = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.tlbs = empty_lists(self.machine)

    def move(self, kind: int, first: int, second: int) -> None:
        """One move; if it is legal, every law after it."""
        table, cached = list(self.tlbs.table), list(self.tlbs.cached)
        before = self.tlbs._replace(table=table, cached=cached)
        self.tlbs, legal = tlb_moves.move(self.tlbs, kind, first, second, self.machine.cores)
        if not legal:
            return
        self.noted.seen[kind] += 1
        self.story.append(tlb_moves.STORIES[kind].format(first, second))
        for core in range(self.machine.cores):
            for page in range(len(self.machine.home)):
                where = f"core {core} and page {page}"
                self.ask("L1", tlb_laws.remembered(self.tlbs, core, page), where)
                self.ask("L2", tlb_laws.flushed(self.tlbs, core, page), where)
                self.ask("L3", tlb_laws.held(self.tlbs, core, page), where)
                self.ask("L4", tlb_laws.broken_before_made(before, self.tlbs, core, page), where)
                self.ask("L5", tlb_laws.identified(self.tlbs, core, page, 0, 0), where)
        for space in range(self.machine.spaces):
            for number in range(self.machine.identifiers):
                where = f"space {space} and identifier {number}"
                self.ask("L5", tlb_laws.identified(self.tlbs, 0, 0, space, number), where)


def _decode_machine(data: bytes) -> Machine:
    cores, pages, spaces, frames, identifiers = data
    pages = 1 + pages % len(_LARGEST.home)
    spaces = 1 + spaces % min(pages, _LARGEST.spaces)
    return Machine(
        1 + cores % _LARGEST.cores,
        home=tuple(sorted(page % spaces for page in range(pages))),
        frames=1 + frames % _LARGEST.frames,
        identifiers=1 + identifiers % _LARGEST.identifiers,
    )


def _play(machine: bytes, data: bytes, noted: Noted) -> None:
    """What, and its operands."""
    run = _Run(_decode_machine(machine), noted)
    for action, first, second in moves_in(data, _MOVE_BYTES):
        kind = _KIND_OF_BYTE[action % len(_KIND_OF_BYTE)]
        firsts, seconds = run.machine.extents(kind)
        run.move(kind, first % firsts, second % seconds)


def _never_seen(_law: Law, seen: Counter[int]) -> Iterator[str]:
    yield from (story.format("n", "m") for kind, story in enumerate(tlb_moves.STORIES) if not seen[kind])


_DRAWN = Drawn(
    about="TLBs",
    unit="TLB",
    law_bits=tlb_moves.LAW_BITS,
    machine_bytes=5,
    run_bytes=_MOVE_BYTES * _MOVES,
    play=_play,
    never_seen=_never_seen,
    made=Counter.total,
    size=str(_LARGEST),
    rests_on="every core, page, space and identifier of every state drawn",
)


def judge_tlb(laws: Sequence[Law], *, examples: int = 400, **settings: Unpack[Settings]) -> Judgement:
    """Hold the steps of the TLB specification against `laws` on `examples` runs of moves, on machines drawn as well.

    Raises:
        ValueError: where a law is not about TLBs.
    """
    return _DRAWN.judge(laws, examples=examples, **settings)
