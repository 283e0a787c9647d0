"""The random judge of accesses: the specification's own steps on plain integers, on machines drawn as well.

Hypothesis draws a machine and a run of accesses and moves as bytes; after each of them every law is asked at every page
and every frame. A failure is shrunk by Hypothesis and told in words.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence

import attrs
from hypothesis import strategies as st

from ...model.fast import access_moves
from ...model.fast.access_machine import USUAL_RIGHTS, WEIGHTS, empty_lists
from ...model.fast.page_machine import Machine
from ...spec.access import RIGHTS, Space
from ...spec.law import Law
from ..drawing import LawBrokenError, broken_by, finding
from ..verdict import Judgement
from .told import told, unseen

_ABOUT = "accesses"
_LARGEST = Machine(4, frames=3)
_MOVES = 100
#: Four bytes a move, always as many; a zero byte is no move at all, so that a failure shrinks to few.
_DRAWN = st.binary(min_size=4 * _MOVES, max_size=4 * _MOVES)
_EVERYWHERE = "every page and frame of every state drawn"
_KIND_OF_BYTE = [kind for kind, weight in enumerate(WEIGHTS) for _ in range(weight)]


@attrs.define
class _Run:
    """One machine and the moves made on it so far."""

    machine: Machine
    laws: frozenset[str]
    points: Counter[str]
    seen: Counter[tuple[int, int]]
    space: Space = attrs.field(init=False)
    story: list[str] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.space = empty_lists(self.machine)

    def move(self, kind: int, page: int, frame: int, rights: int) -> None:
        """One move, and every law after it."""
        before = _copied(self.space)
        try:
            self.space, outcome = access_moves.move(self.space, kind, page, frame, rights)
            self.hold(before, kind, page, frame, rights, outcome)
        except IndexError:
            story = "; ".join([*self.story, access_moves.STORIES[kind].format(page, frame, rights)])
            raise LawBrokenError("V12", f"a frame that there is not, on {self.machine}: {story}") from None

    def hold(self, before: Space, kind: int, page: int, frame: int, rights: int, outcome: int) -> None:
        """The laws on a move that was made from `before` and came to an outcome."""
        self.seen[kind, outcome] += 1
        if outcome != access_moves.REFUSED or self.space != before:
            self.story.append(told(kind, page, frame, rights, outcome))
        at_stake = access_moves.at_stake(kind, outcome)
        for index in range(max(self.machine.pages, self.machine.frames)):
            other, beside = index % self.machine.pages, index % self.machine.frames
            broken = access_moves.broken_by_move(before, self.space, kind, page, frame, rights, outcome, other, beside)
            self.ask(at_stake, broken, f"page {page}, seen from page {other} and frame {beside}")
        self.ask(0, access_moves.broken_anywhere(self.space, self.machine.pages), "some page")

    def ask(self, at_stake: int, broken: int, where: str) -> None:
        """Count a point of each law that is at stake, and stop at the first that is broken there."""
        for law, bit in access_moves.LAW_BITS.items():
            if law in self.laws:
                self.points[law] += bool(at_stake & bit)
                if broken & bit:
                    raise LawBrokenError(law, f"at {where}, on {self.machine}: {'; '.join(self.story)}")


def _copied(space: Space) -> Space:
    pages = space.pages._replace(state=list(space.pages.state), owner=list(space.pages.owner))
    return Space(pages, list(space.rights))


def _decode_machine(data: bytes) -> Machine:
    pages, frames, limit = data
    pages = 1 + pages % _LARGEST.pages
    return Machine(pages, frames=1 + frames % _LARGEST.frames, limit=1 + limit % pages)


def _decode_rights(data: int) -> int:
    """Half of the bytes stand for rights that pages have in practice, the others for any."""
    half, number = divmod(data, 128)
    return number % (RIGHTS + 1) if half else USUAL_RIGHTS[number % len(USUAL_RIGHTS)]


def _play(run: _Run, data: bytes) -> None:
    """Four bytes a move: what, and its operands."""
    for action, page, frame, rights in zip(data[::4], data[1::4], data[2::4], data[3::4], strict=True):
        if action:
            kind = _KIND_OF_BYTE[action % len(_KIND_OF_BYTE)]
            run.move(kind, page % run.machine.pages, frame % run.machine.frames, _decode_rights(rights))


def judge_access(
    laws: Sequence[Law],
    *,
    examples: int = 100,
    seed_number: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Judgement:
    """Hold accesses and the moves of pages with rights against `laws` on `examples` runs, on machines drawn as well.

    Raises:
        ValueError: where a law is not about accesses.
    """
    strange = [law.id for law in laws if law.id not in access_moves.LAW_BITS]
    if strange:
        raise ValueError(f"{', '.join(strange)}: not about {_ABOUT}, which {', '.join(access_moves.LAW_BITS)} are")
    started, points, seen = time.perf_counter(), Counter[str](), Counter[tuple[int, int]]()
    chosen, runs = frozenset(law.id for law in laws), 0

    def drawn(dimensions: bytes, moves: bytes) -> None:
        nonlocal runs
        _play(_Run(_decode_machine(dimensions), chosen, points, seen), moves)
        runs += 1
        if progress is not None and runs % 25 == 0:
            progress(f"random: {runs} of {examples} runs on {_ABOUT}")

    dimensions = st.binary(min_size=3, max_size=3)
    broken = broken_by(drawn, dimensions, _DRAWN, examples=examples, seed_number=seed_number)
    missing = next(unseen(lambda kind, outcome: seen[kind, outcome]), "")
    return Judgement(
        "random",
        "specification",
        [finding(law, points[law.id], broken, missing=missing, rests_on=_EVERYWHERE) for law in laws],
        seconds=time.perf_counter() - started,
        size=f"{_ABOUT} of up to {_LARGEST.pages} pages and {_LARGEST.frames} frames",
        counts={"access runs": runs, "access moves": sum(seen.values())},
        seed=seed_number,
    )
