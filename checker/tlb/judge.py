"""The random judge of TLBs: the specification's own steps on plain integers, with more of everything than is explored.

Hypothesis draws a machine and a run of moves as bytes; after each move every law is asked at every core, page, space
and identifier. A failure is shrunk by Hypothesis and told in words.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import attrs
from hypothesis import strategies as st

from ...model.fast import tlb_moves
from ...model.fast.tlb_machine import WEIGHTS, Machine, empty_lists
from ...spec import tlb_laws
from ...spec.law import Law
from ...spec.tlb import Tlbs
from ..drawing import LawBrokenError, broken_by, finding
from ..verdict import Judgement

_LARGEST = Machine(5, home=(0, 0, 1, 1, 2, 2), frames=4, identifiers=3)
_MOVES = 240
#: Three bytes a move, always as many; a zero byte is no move at all, so that a failure shrinks to few.
_DRAWN = st.binary(min_size=3 * _MOVES, max_size=3 * _MOVES)
_EVERYWHERE = "every core, page, space and identifier of every state drawn"
_KIND_OF_BYTE = [kind for kind, weight in enumerate(WEIGHTS) for _ in range(weight)]


@attrs.define
class _Run:
    """One machine and the moves made on it so far."""

    machine: Machine
    laws: frozenset[str]
    points: Counter[str]
    tlbs: Tlbs = attrs.field(init=False)
    story: list[str] = attrs.field(factory=list)
    done: Counter[int] = attrs.field(factory=Counter)

    def __attrs_post_init__(self) -> None:
        self.tlbs = empty_lists(self.machine)

    def ask(self, law: str, holds: Any, where: str) -> None:
        """Count one point of a law, and stop if it is broken there."""
        if law not in self.laws:
            return
        self.points[law] += 1
        if not holds:
            raise LawBrokenError(law, f"at {where}, on {self.machine}: {'; '.join(self.story)}")

    def move(self, kind: int, first: int, second: int) -> None:
        """One move; if it is legal, every law after it."""
        table, cached = list(self.tlbs.table), list(self.tlbs.cached)
        before = self.tlbs._replace(table=table, cached=cached)
        self.tlbs, legal = tlb_moves.move(self.tlbs, kind, first, second, self.machine.cores)
        if not legal:
            return
        self.done[kind] += 1
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


def _play(run: _Run, data: bytes) -> None:
    """Three bytes a move: what, and its operands."""
    for action, first, second in zip(data[::3], data[1::3], data[2::3], strict=True):
        if action:
            kind = _KIND_OF_BYTE[action % len(_KIND_OF_BYTE)]
            firsts, seconds = run.machine.extents(kind)
            run.move(kind, first % firsts, second % seconds)


def judge_tlb(
    laws: Sequence[Law],
    *,
    examples: int = 400,
    seed_number: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Judgement:
    """Hold the steps of the TLB specification against `laws` on `examples` runs of moves, on machines drawn as well.

    Raises:
        ValueError: where a law is not about TLBs.
    """
    strange = [law.id for law in laws if law.id not in tlb_moves.LAW_BITS]
    if strange:
        raise ValueError(f"{', '.join(strange)}: not about TLBs, which {', '.join(tlb_moves.LAW_BITS)} are")
    started, points, done = time.perf_counter(), Counter[str](), Counter[int]()
    chosen, runs = frozenset(law.id for law in laws), 0

    def drawn(dimensions: bytes, moves: bytes) -> None:
        nonlocal runs
        run = _Run(_decode_machine(dimensions), chosen, points)
        _play(run, moves)
        done.update(run.done)
        runs += 1
        if progress is not None and runs % 25 == 0:
            progress(f"random: {runs} of {examples} runs on TLBs")

    dimensions = st.binary(min_size=5, max_size=5)
    broken = broken_by(drawn, dimensions, _DRAWN, examples=examples, seed_number=seed_number)
    missing = [tlb_moves.STORIES[kind].format("n", "m") for kind in range(tlb_moves.KINDS) if not done[kind]]
    return Judgement(
        "random",
        "specification",
        [finding(law, points[law.id], broken, missing=next(iter(missing), ""), rests_on=_EVERYWHERE) for law in laws],
        seconds=time.perf_counter() - started,
        size=f"TLBs of up to {_LARGEST}",
        counts={"TLB runs": runs, "TLB moves": sum(done.values())},
        seed=seed_number,
    )
