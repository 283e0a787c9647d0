"""The random judge of page states: the specification's own steps on plain integers, on machines drawn as well.

Hypothesis draws a machine and a run of moves as bytes; after each move every law is asked at every page and frame, and
a move that is refused must have changed nothing. A failure is shrunk by Hypothesis and told in words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Unpack

import attrs

from ...model.fast import page_moves
from ...model.fast.page_machine import WEIGHTS, Machine, empty_lists
from ...spec import page_laws
from ...spec.law import Law
from ...spec.pages import RESERVED, Pages, state_of
from ..drawn_runs import Drawn, Noted, Run, Settings, by_weight, moves_in, unmet
from ..drawn_runs import told as told_of
from ..verdict import Judgement

_LARGEST = Machine(6, frames=4)
_MOVES = 160
_MOVE_BYTES = 3
_KIND_OF_BYTE = by_weight(WEIGHTS)
_KINDS = [story.format("n", "m") for story in page_moves.STORIES]
#: What a law must have met besides every kind of move, done and refused.
_PREMISES = {"F2": "every frame is used", "V4": "a commit that the limit refuses", "V8": "a move beside another page"}


@attrs.define
class _Run(Run):
    """Asks at every page and frame after each move."""

    pages: Pages = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.pages = empty_lists(self.machine)

    def move(self, kind: int, page: int, frame: int) -> None:
        """One move; whether it is done or refused, every law after it."""
        before = self.pages._replace(state=list(self.pages.state), owner=list(self.pages.owner))
        told = page_moves.STORIES[kind].format(page, frame)
        try:
            self.pages, legal = page_moves.move(self.pages, kind, page, frame)
            self.hold(before, legal, kind, page, told)
        except IndexError:
            raise self.breach("F2", "a frame that there is not", told) from None

    def hold(self, before: Pages, legal: Any, kind: int, page: int, told: str) -> None:
        """The laws on a move that was made from `before`, which is `told` in words."""
        seen = self.noted.seen
        seen[told_of(_KINDS[kind], bool(legal))] += 1
        if not legal and self.pages == before:
            seen[_PREMISES["V4"]] += kind == page_moves.COMMIT and state_of(before, page) == RESERVED
            return
        self.story.append(told if legal else f"refused, and yet something changes: {told}")
        seen[_PREMISES["F2"]] += all(self.pages.owner)
        seen[_PREMISES["V8"]] += self.machine.pages > 1
        self.ask_all(before, page)
        self.ask("V8", legal, f"page {page}")

    def ask_all(self, before: Pages, page: int) -> None:
        """Every law, after a move from `before` about `page`."""
        here = f"page {page}"
        self.ask("V4", page_laws.charged(before, self.pages, page), here)
        anywhere = page_moves.broken_anywhere(self.pages, self.machine.pages, self.machine.frames)
        self.ask("V4", not anywhere & page_moves.CHARGED, "the count of all committed pages")
        for other in range(self.machine.pages):
            self.ask("V8", page_laws.legally_moved(before, self.pages, page, other), f"{here} and page {other}")
        for index in range(max(self.machine.pages, self.machine.frames)):
            page, frame = index % self.machine.pages, index % self.machine.frames
            self.ask("F2", page_laws.owned(self.pages, page, frame), f"page {page} and frame {frame}")


def machine_within(largest: Machine, pages: int, frames: int, limit: int) -> Machine:
    """The machine that three bytes stand for, no larger than this one."""
    pages = 1 + pages % largest.pages
    return Machine(pages, frames=1 + frames % largest.frames, limit=1 + limit % pages)


def _play(machine: bytes, data: bytes, noted: Noted) -> None:
    """What, and its operands."""
    run = _Run(machine_within(_LARGEST, *machine), noted)
    for action, page, frame in moves_in(data, _MOVE_BYTES):
        kind = _KIND_OF_BYTE[action % len(_KIND_OF_BYTE)]
        run.move(kind, page % run.machine.pages, frame % run.machine.frames)


def _never_seen(law: Law, seen: Counter[str]) -> Iterator[str]:
    return unmet(_KINDS, seen, _PREMISES[law.id])


_DRAWN = Drawn(
    about="page states",
    unit="page",
    law_bits=page_moves.LAW_BITS,
    machine_bytes=3,
    run_bytes=_MOVE_BYTES * _MOVES,
    play=_play,
    never_seen=_never_seen,
    made=lambda seen: sum(seen[kind] for kind in _KINDS),
    size=f"{_LARGEST.pages} pages and {_LARGEST.frames} frames",
    rests_on="every page and frame of every state drawn",
)


def judge_pages(laws: Sequence[Law], *, examples: int = 400, **settings: Unpack[Settings]) -> Judgement:
    """Hold the steps on page states against `laws` on `examples` runs of moves, on machines drawn as well.

    Raises:
        ValueError: where a law is not about page states.
    """
    return _DRAWN.judge(laws, examples=examples, **settings)
