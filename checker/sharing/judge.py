"""The random judge of sharing: the specification's own steps on plain integers, on machines drawn as well.

Hypothesis draws a machine and a run of moves as bytes; after each move every law is asked at every page and frame, and
a move that is refused must have changed nothing. A failure is shrunk by Hypothesis and told in words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Unpack

import attrs

from ...model.fast import sharing_moves as moves
from ...model.fast.sharing_machine import WEIGHTS, Machine, empty_lists, general
from ...spec import sharing_laws
from ...spec.law import Law
from ...spec.sharing import Sharing
from ..drawn_runs import Drawn, Noted, Run, Settings, by_weight, moves_in, told, unmet
from ..verdict import Judgement

_LARGEST = Machine(5, objects=2, frames=4)
_MOVES = 80
_MOVE_BYTES = 5
_KIND_OF_BYTE = by_weight(WEIGHTS)
_KINDS = [general(kind) for kind in range(moves.KINDS)]


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
class _Run(Run):
    """Asks at every page and frame after each move."""

    sharing: Sharing = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.sharing = empty_lists(self.machine)

    def move(self, move: Move) -> None:
        """One move; whether it is done or refused, every law after it."""
        before = Sharing(*(list(part) if isinstance(part, list) else part for part in self.sharing))
        try:
            self.sharing, legal = moves.move(self.sharing, *attrs.astuple(move))
            self.hold(before, bool(legal), move)
        except IndexError:
            raise self.breach("F9", "a frame that there is not", str(move)) from None

    def hold(self, before: Sharing, legal: bool, move: Move) -> None:
        """The laws on a move that was made from `before`."""
        self.noted.seen[told(_KINDS[move.kind], legal)] += 1
        stakes = 0
        for other in range(self.machine.all_pages):
            stakes |= moves.stakes_of(before, move.kind, move.page, move.operand, legal, other)
        for wanted in moves.STAKES.values():
            self.noted.seen.update(story for bit, story in wanted.items() if stakes & bit)
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


def _decode_machine(data: bytes) -> Machine:
    pages, objects, frames, most = data
    pages, objects = 1 + pages % _LARGEST.pages, objects % (_LARGEST.objects + 1)
    return Machine(pages, objects=objects, frames=1 + frames % _LARGEST.frames, most=1 + most % (objects + pages))


def _decode_moves(machine: Machine, data: bytes) -> Iterator[Move]:
    """What, and its operands."""
    for action, page, operand, mask, value in moves_in(data, _MOVE_BYTES):
        kind = _KIND_OF_BYTE[action % len(_KIND_OF_BYTE)]
        objects = max(1, machine.objects)
        extent = machine.frames if moves.TAKES_FRAME >> kind & 1 else objects
        page %= objects if kind >= moves.READ_IN else machine.all_pages
        yield Move(kind, page, operand % (machine.all_pages if kind == moves.FORK else extent), mask, value)


def _play(machine: bytes, data: bytes, noted: Noted) -> None:
    run = _Run(_decode_machine(machine), noted)
    for move in _decode_moves(run.machine, data):
        run.move(move)


def _never_seen(law: Law, seen: Counter[str]) -> Iterator[str]:
    return unmet(_KINDS, seen, *moves.STAKES[law.id].values())


_DRAWN = Drawn(
    about="sharing",
    unit="sharing",
    law_bits=moves.LAW_BITS,
    machine_bytes=4,
    run_bytes=_MOVE_BYTES * _MOVES,
    play=_play,
    never_seen=_never_seen,
    made=lambda seen: sum(seen[kind] for kind in _KINDS),
    size=str(_LARGEST),
    rests_on="every page and frame of every state drawn",
)


def judge_sharing(laws: Sequence[Law], *, examples: int = 400, **settings: Unpack[Settings]) -> Judgement:
    """Hold the steps of sharing against `laws` on `examples` runs of moves, on machines drawn as well.

    Raises:
        ValueError: where a law is not about sharing.
    """
    return _DRAWN.judge(laws, examples=examples, **settings)
