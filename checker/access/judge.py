"""The random judge of accesses: the specification's own steps on plain integers, on machines drawn as well.

Hypothesis draws a machine and a run of accesses and moves as bytes; after each of them every law is asked at every page
and every frame. A failure is shrunk by Hypothesis and told in words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Unpack

import attrs

from ...model.fast import access_moves
from ...model.fast.access_machine import USUAL_RIGHTS, WEIGHTS, empty_lists
from ...model.fast.page_machine import Machine
from ...spec.access import RIGHTS, Space
from ...spec.law import Law
from ..drawn_runs import Drawn, Noted, Run, Settings, by_weight, moves_in
from ..pages.judge import machine_within
from ..verdict import Judgement
from .told import told, unseen

_LARGEST = Machine(4, frames=3)
_MOVES = 100
_MOVE_BYTES = 4
_KIND_OF_BYTE = by_weight(WEIGHTS)


@attrs.define
class _Run(Run):
    """Asks at every page and frame after each move."""

    space: Space = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.space = empty_lists(self.machine)

    def move(self, kind: int, page: int, frame: int, rights: int) -> None:
        """One move, and every law after it."""
        before = _copied(self.space)
        try:
            self.space, outcome = access_moves.move(self.space, kind, page, frame, rights)
            self.hold(before, kind, page, frame, rights, outcome)
        except IndexError:
            last = access_moves.STORIES[kind].format(page, frame, rights)
            raise self.breach("V12", "a frame that there is not", last) from None

    def hold(self, before: Space, kind: int, page: int, frame: int, rights: int, outcome: int) -> None:
        """The laws on a move that was made from `before` and came to an outcome."""
        self.noted.seen[kind, outcome] += 1
        if outcome != access_moves.REFUSED or self.space != before:
            self.story.append(told(kind, page, frame, rights, outcome))
        at_stake = access_moves.at_stake(kind, outcome)
        for index in range(max(self.machine.pages, self.machine.frames)):
            other, beside = index % self.machine.pages, index % self.machine.frames
            broken = access_moves.broken_by_move(before, self.space, kind, page, frame, rights, outcome, other, beside)
            self.ask_each(at_stake, broken, f"page {page}, seen from page {other} and frame {beside}")
        self.ask_each(0, access_moves.broken_anywhere(self.space, self.machine.pages), "some page")

    def ask_each(self, at_stake: int, broken: int, where: str) -> None:
        """Count a point of each law that is at stake, and stop at the first that is broken there."""
        for law, bit in access_moves.LAW_BITS.items():
            if law in self.noted.laws:
                self.noted.points[law] += bool(at_stake & bit)
                if broken & bit:
                    raise self.breach(law, f"at {where}")


def _copied(space: Space) -> Space:
    pages = space.pages._replace(state=list(space.pages.state), owner=list(space.pages.owner))
    return Space(pages, list(space.rights))


def _decode_rights(data: int) -> int:
    """Half of the bytes stand for rights that pages have in practice, the others for any."""
    half, number = divmod(data, 128)
    return number % (RIGHTS + 1) if half else USUAL_RIGHTS[number % len(USUAL_RIGHTS)]


def _play(machine: bytes, data: bytes, noted: Noted) -> None:
    """What, and its operands."""
    run = _Run(machine_within(_LARGEST, *machine), noted)
    for action, page, frame, rights in moves_in(data, _MOVE_BYTES):
        kind = _KIND_OF_BYTE[action % len(_KIND_OF_BYTE)]
        run.move(kind, page % run.machine.pages, frame % run.machine.frames, _decode_rights(rights))


def _never_seen(_law: Law, seen: Counter[tuple[int, int]]) -> Iterator[str]:
    yield from unseen(lambda kind, outcome: seen[kind, outcome])


_DRAWN = Drawn(
    about="accesses",
    unit="access",
    law_bits=access_moves.LAW_BITS,
    machine_bytes=3,
    run_bytes=_MOVE_BYTES * _MOVES,
    play=_play,
    never_seen=_never_seen,
    made=Counter.total,
    size=f"{_LARGEST.pages} pages and {_LARGEST.frames} frames",
    rests_on="every page and frame of every state drawn",
)


def judge_access(laws: Sequence[Law], *, examples: int = 100, **settings: Unpack[Settings]) -> Judgement:
    """Hold accesses and the moves of pages with rights against `laws` on `examples` runs, on machines drawn as well.

    Raises:
        ValueError: where a law is not about accesses.
    """
    return _DRAWN.judge(laws, examples=examples, **settings)
