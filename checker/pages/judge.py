"""The random judge of page states: the specification's own steps on plain integers, on machines drawn as well.

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

from ...model.fast import page_moves
from ...model.fast.page_machine import WEIGHTS, Machine, empty_lists
from ...spec import page_laws
from ...spec.law import Law
from ...spec.pages import RESERVED, Pages, state_of
from ..drawing import LawBrokenError, broken_by, finding
from ..verdict import Judgement

_LARGEST = Machine(6, frames=4)
_MOVES = 160
#: Three bytes a move, always as many; a zero byte is no move at all, so that a failure shrinks to few.
_DRAWN = st.binary(min_size=3 * _MOVES, max_size=3 * _MOVES)
_EVERYWHERE = "every page and frame of every state drawn"
_KIND_OF_BYTE = [kind for kind, weight in enumerate(WEIGHTS) for _ in range(weight)]
#: What a law must have met besides every kind of move, done and refused.
_PREMISES = {"F2": "every frame is used", "V4": "a commit that the limit refuses", "V8": "a move beside another page"}


@attrs.define
class _Run:
    """One machine and the moves made on it so far."""

    machine: Machine
    laws: frozenset[str]
    points: Counter[str]
    seen: Counter[str]
    pages: Pages = attrs.field(init=False)
    story: list[str] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.pages = empty_lists(self.machine)

    def ask(self, law: str, holds: Any, where: str) -> None:
        """Count one point of a law, and stop if it is broken there."""
        if law not in self.laws:
            return
        self.points[law] += 1
        if not holds:
            raise LawBrokenError(law, f"at {where}, on {self.machine}: {'; '.join(self.story)}")

    def move(self, kind: int, page: int, frame: int) -> None:
        """One move; whether it is done or refused, every law after it."""
        before = self.pages._replace(state=list(self.pages.state), owner=list(self.pages.owner))
        told = page_moves.STORIES[kind].format(page, frame)
        try:
            self.pages, legal = page_moves.move(self.pages, kind, page, frame)
            self.hold(before, legal, kind, page, told)
        except IndexError:
            story = "; ".join([*self.story, told])
            raise LawBrokenError("F2", f"a frame that there is not, on {self.machine}: {story}") from None

    def hold(self, before: Pages, legal: Any, kind: int, page: int, told: str) -> None:
        """The laws on a move that was made from `before`, which is `told` in words."""
        self.seen[_told(kind, bool(legal))] += 1
        if not legal and self.pages == before:
            self.seen[_PREMISES["V4"]] += kind == page_moves.COMMIT and state_of(before, page) == RESERVED
            return
        self.story.append(told if legal else f"refused, and yet something changes: {told}")
        self.seen[_PREMISES["F2"]] += all(self.pages.owner)
        self.seen[_PREMISES["V8"]] += self.machine.pages > 1
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


def _told(kind: int, legal: bool) -> str:
    """A kind of move, done or refused, in words."""
    return f"{'' if legal else 'refused: '}{page_moves.STORIES[kind].format('n', 'm')}"


def _decode_machine(data: bytes) -> Machine:
    pages, frames, limit = data
    pages = 1 + pages % _LARGEST.pages
    return Machine(pages, frames=1 + frames % _LARGEST.frames, limit=1 + limit % pages)


def _play(run: _Run, data: bytes) -> None:
    """Three bytes a move: what, and its operands."""
    for action, page, frame in zip(data[::3], data[1::3], data[2::3], strict=True):
        if action:
            kind = _KIND_OF_BYTE[action % len(_KIND_OF_BYTE)]
            run.move(kind, page % run.machine.pages, frame % run.machine.frames)


def judge_pages(
    laws: Sequence[Law],
    *,
    examples: int = 400,
    seed_number: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Judgement:
    """Hold the steps on page states against `laws` on `examples` runs of moves, on machines drawn as well.

    Raises:
        ValueError: where a law is not about page states.
    """
    strange = [law.id for law in laws if law.id not in page_moves.LAW_BITS]
    if strange:
        raise ValueError(f"{', '.join(strange)}: not about page states, which {', '.join(page_moves.LAW_BITS)} are")
    started, points, seen = time.perf_counter(), Counter[str](), Counter[str]()
    chosen, runs = frozenset(law.id for law in laws), 0

    def drawn(dimensions: bytes, moves: bytes) -> None:
        nonlocal runs
        _play(_Run(_decode_machine(dimensions), chosen, points, seen), moves)
        runs += 1
        if progress is not None and runs % 25 == 0:
            progress(f"random: {runs} of {examples} runs on page states")

    dimensions = st.binary(min_size=3, max_size=3)
    broken = broken_by(drawn, dimensions, _DRAWN, examples=examples, seed_number=seed_number)
    return Judgement(
        "random",
        "specification",
        [
            finding(law, points[law.id], broken, missing=next(_never_seen(law, seen), ""), rests_on=_EVERYWHERE)
            for law in laws
        ],
        seconds=time.perf_counter() - started,
        size=f"page states of up to {_LARGEST.pages} pages and {_LARGEST.frames} frames",
        counts={"page runs": runs, "page moves": sum(seen[_told(kind, True)] for kind in range(page_moves.KINDS))},
        seed=seed_number,
    )


def _never_seen(law: Law, seen: Counter[str]) -> Iterator[str]:
    kinds = (_told(kind, legal) for legal in (True, False) for kind in range(page_moves.KINDS))
    yield from (what for what in (*kinds, _PREMISES[law.id]) if not seen[what])
