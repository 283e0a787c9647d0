"""The random judge of sharing: the specification's own steps on plain integers, on machines drawn as well.

Hypothesis draws a machine and a run of moves as bytes; after each move every law is asked at every page and frame, and
a move that is refused must have changed nothing. A failure is shrunk by Hypothesis and told in words.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs
from hypothesis import strategies as st

from ...model.fast import sharing_moves as moves
from ...model.fast.sharing_machine import WEIGHTS, Machine, empty_lists, general
from ...spec import sharing_laws
from ...spec.law import Law
from ...spec.sharing import Sharing
from ..drawing import LawBrokenError, broken_by, finding
from ..verdict import Judgement

_LARGEST = Machine(5, objects=2, frames=4)
_MOVES = 80
#: So many bytes a move and a machine; a zero byte is no move at all, so that a failure shrinks to few.
_MOVE_BYTES, _MACHINE_BYTES = 5, 4
_DRAWN = st.binary(min_size=_MOVE_BYTES * _MOVES, max_size=_MOVE_BYTES * _MOVES)
_EVERYWHERE = "every page and frame of every state drawn"
_KIND_OF_BYTE = [kind for kind, weight in enumerate(WEIGHTS) for _ in range(weight)]


@attrs.frozen
class Move:
    """One move, as `sharing_moves.move` takes it."""

    kind: int
    page: int
    operand: int = 0
    mask: int = 0
    value: int = 0

    def __str__(self) -> str:
        return moves.STORIES[self.kind].format(self.page, self.operand, self.mask, self.value)


@attrs.define
class _Run:
    """One machine and the moves made on it so far."""

    machine: Machine
    laws: frozenset[str]
    points: Counter[str]
    seen: Counter[str]
    sharing: Sharing = attrs.field(init=False)
    story: list[str] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.sharing = empty_lists(self.machine)

    def ask(self, law: str, holds: Any, where: str) -> None:
        """Count one point of a law, and stop if it is broken there."""
        if law not in self.laws:
            return
        self.points[law] += 1
        if not holds:
            raise LawBrokenError(law, f"at {where}, on {self.machine}: {'; '.join(self.story)}")

    def move(self, move: Move) -> None:
        """One move; whether it is done or refused, every law after it."""
        before = Sharing(*(list(part) if isinstance(part, list) else part for part in self.sharing))
        try:
            self.sharing, legal = moves.move(self.sharing, *attrs.astuple(move))
            self.hold(before, bool(legal), move)
        except IndexError:
            story = "; ".join([*self.story, str(move)])
            raise LawBrokenError("F9", f"a frame that there is not, on {self.machine}: {story}") from None

    def hold(self, before: Sharing, legal: bool, move: Move) -> None:
        """The laws on a move that was made from `before`."""
        self.seen[_told(move.kind, legal)] += 1
        stakes = 0
        for other in range(self.machine.all_pages):
            stakes |= moves.stakes_of(before, move.kind, move.page, move.operand, legal, other)
        for wanted in moves.STAKES.values():
            self.seen.update(story for bit, story in wanted.items() if stakes & bit)
        if not legal and self.sharing == before:
            return
        self.story.append(str(move) if legal else f"refused, and yet something changes: {move}")
        asked: tuple[int, int, int, int, int] = attrs.astuple(move)
        self.ask_all(before, moves.request_of(*asked, legal))
        self.ask("V6", legal, f"page {move.page}")

    def ask_all(self, before: Sharing, request: sharing_laws.Request) -> None:
        """Every law, after a step from `before`."""
        pages, frames, own = self.machine.all_pages, self.machine.frames, request.page
        self.ask("F7", sharing_laws.zeroed(before, self.sharing, own), f"page {own}")
        for index in range(max(pages, frames)):
            other, frame = index % pages, index % frames
            counts = sharing_laws.referenced(before, self.sharing, own, other, frame)
            self.ask("F9", counts, f"page {own}, page {other} and frame {frame}")
        anywhere = moves.broken_anywhere(self.sharing, [0] * frames, pages, frames)
        self.ask("F9", not anywhere, "the count of the pages that map a frame")
        for other in range(pages):
            holds = sharing_laws.isolated(before, self.sharing, request, other)
            self.ask("V6", holds, f"page {own}, seen from page {other}")


def _told(kind: int, legal: bool) -> str:
    """A kind of move, done or refused, in words."""
    return f"{'' if legal else 'refused: '}{general(kind)}"


def _decode_machine(data: bytes) -> Machine:
    pages, objects, frames, most = data
    pages, objects = 1 + pages % _LARGEST.pages, objects % (_LARGEST.objects + 1)
    return Machine(pages, objects=objects, frames=1 + frames % _LARGEST.frames, most=1 + most % (objects + pages))


def _decode_moves(machine: Machine, data: bytes) -> Iterator[Move]:
    """What, and its operands."""
    for at in range(0, len(data), _MOVE_BYTES):
        action, page, operand, mask, value = data[at : at + _MOVE_BYTES]
        kind = _KIND_OF_BYTE[action % len(_KIND_OF_BYTE)]
        objects = max(1, machine.objects)
        extent = machine.frames if moves.TAKES_FRAME >> kind & 1 else objects
        page %= objects if kind >= moves.READ_IN else machine.all_pages
        if action:
            yield Move(kind, page, operand % (machine.all_pages if kind == moves.FORK else extent), mask, value)


def judge_sharing(
    laws: Sequence[Law],
    *,
    examples: int = 400,
    seed_number: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Judgement:
    """Hold the steps of sharing against `laws` on `examples` runs of moves, on machines drawn as well.

    Raises:
        ValueError: where a law is not about sharing.
    """
    strange = [law.id for law in laws if law.id not in moves.LAW_BITS]
    if strange:
        raise ValueError(f"{', '.join(strange)}: not about sharing, which {', '.join(moves.LAW_BITS)} are")
    started, points, seen = time.perf_counter(), Counter[str](), Counter[str]()
    chosen, runs = frozenset(law.id for law in laws), 0

    def drawn(dimensions: bytes, data: bytes) -> None:
        nonlocal runs
        run = _Run(_decode_machine(dimensions), chosen, points, seen)
        for move in _decode_moves(run.machine, data):
            run.move(move)
        runs += 1
        if progress is not None and runs % 25 == 0:
            progress(f"random: {runs} of {examples} runs on sharing")

    dimensions = st.binary(min_size=_MACHINE_BYTES, max_size=_MACHINE_BYTES)
    broken = broken_by(drawn, dimensions, _DRAWN, examples=examples, seed_number=seed_number)
    return Judgement(
        "random",
        "specification",
        [
            finding(law, points[law.id], broken, missing=next(_never_seen(law, seen), ""), rests_on=_EVERYWHERE)
            for law in laws
        ],
        seconds=time.perf_counter() - started,
        size=f"sharing among up to {_LARGEST}",
        counts={"sharing runs": runs, "sharing moves": sum(seen[_told(kind, True)] for kind in range(moves.KINDS))},
        seed=seed_number,
    )


def _never_seen(law: Law, seen: Counter[str]) -> Iterator[str]:
    kinds = (_told(kind, legal) for legal in (True, False) for kind in range(moves.KINDS))
    yield from (what for what in (*kinds, *moves.STAKES[law.id].values()) if not seen[what])
