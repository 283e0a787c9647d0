"""The random judge of regions: the specification's own steps on plain integers, in spaces drawn as well.

Hypothesis draws a space and a run of moves as bytes; after each move every law is asked at every page. Some spaces are
vast, and only their last pages used: there is where a number that wraps would show. A failure is shrunk by Hypothesis
and told in words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Unpack

import attrs

from ...model.fast import region_moves
from ...model.fast.region_machine import REGION_KINDS, WEIGHTS, copy_of, empty_dictionaries
from ...spec.law import Law
from ...spec.regions import Regions, end_of, gap_after, is_node, place_of, previous_of
from ..drawing import LawBrokenError
from ..drawn_runs import Drawn, Noted, Settings, by_weight, moves_in, unmet
from ..drawn_runs import told as told_of
from ..verdict import Judgement

#: How many pages of a space are used at most, and how many the vast ones have.
_USED, _VAST = 5, (1 << 52, (1 << 64) - 1)
_MOVES = 30
_MOVE_BYTES = 3
_KIND_OF_BYTE = by_weight(WEIGHTS)
_KINDS = [region_moves.told(kind) for kind in range(region_moves.KINDS)]
_SKEWS = (0, 0, 0, 0, 1, 1, 2, 3)
#: What a law must have met besides every kind of move, done and refused.
_PREMISES = {
    "V1": "three regions",
    "V2": "three regions",
    "V5": "a step beside a region",
    "V5.merged": "a range that is joined to a neighbour",
    "V15": "a region that ends with a vast space",
    "V16": "two gaps",
}


@attrs.define
class _Run:
    """One space, used from the page `low` on, and the moves made in it so far."""

    pages: int
    low: int
    noted: Noted
    regions: Regions = attrs.field(init=False)
    story: list[str] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.regions = empty_dictionaries(self.pages)

    def ask(self, broken: int) -> None:
        """Count what is asked of each law at every page, and stop if one is broken anywhere."""
        for law, bit in region_moves.LAW_BITS.items():
            if law in self.noted.laws:
                self.noted.points[law] += self.pages + 1 - self.low
                if broken & bit:
                    raise LawBrokenError(law, f"in a space of {self.pages} pages: {'; '.join(self.story)}")

    def move(self, step: int, first: int, length: int, kind: int, offset: int) -> None:
        """One move; whether it is done or refused, every law after it."""
        before = copy_of(self.regions)
        below = place_of(before, first)
        free = region_moves.is_free_for(before, step, below, first, length)
        asked = region_moves.asked_by(before, step, first, length, kind, offset)
        self.regions, legal = region_moves.move(self.regions, step, below, first, length, kind, offset)
        told = region_moves.told(step, first, length, kind, offset)
        self.story.append(told if legal else f"refused: {told}")
        broken = region_moves.broken_by_answer(self.regions, step, first, length, kind, offset, free, legal)
        merging = region_moves.is_merging(step)
        broken |= region_moves.broken_by_move(before, self.regions, asked, merging, legal, self.low)
        self.ask(broken | region_moves.broken_anywhere(self.regions, self.low))
        self.noted.seen[told_of(_KINDS[step], bool(legal))] += 1
        if not legal or step >= region_moves.STEPS:
            self.story.pop()
        if legal:
            self.note(before, step)

    def note(self, before: Regions, step: int) -> None:
        """Which of the premises were met by a step."""
        seen, highest = self.noted.seen, previous_of(self.regions, self.pages)
        seen[_PREMISES["V1"]] += self.regions.count >= 3
        seen[_PREMISES["V5"]] += before.count >= 2 and step < region_moves.STEPS
        seen[_PREMISES["V5.merged"]] += step == region_moves.MAP_RANGE and self.regions.count <= before.count
        seen[_PREMISES["V15"]] += self.low > 0 and end_of(self.regions, highest) == self.pages
        nodes = range(self.low, self.pages + 1)
        gaps = [node for node in nodes if is_node(self.regions, node) and gap_after(self.regions, node)]
        seen[_PREMISES["V16"]] += len(gaps) >= 2


def _play(space: bytes, data: bytes, noted: Noted) -> None:
    """What, where and how long, with which kind and offset."""
    run = _Run(*_decode_space(space), noted)
    used = run.pages - run.low
    for action, place, what in moves_in(data, _MOVE_BYTES):
        first, length = run.low + place % (used + 1), place // (used + 1) % (used + 2)
        kind, skew = REGION_KINDS[what % len(REGION_KINDS)], _SKEWS[what // len(REGION_KINDS) % len(_SKEWS)]
        step = _KIND_OF_BYTE[action % len(_KIND_OF_BYTE)]
        run.move(step, first, length, kind, region_moves.offset_for(first, length, skew))


def _decode_space(data: bytes) -> tuple[int, int]:
    """How many pages a space has, and from which on it is used."""
    used, size = 1 + data[0] % _USED, data[1] % 4
    pages = used if size < 2 else _VAST[size - 2]
    return pages, pages - used


def _never_seen(law: Law, seen: Counter[str]) -> Iterator[str]:
    return unmet(_KINDS, seen, _PREMISES[law.id])


_DRAWN = Drawn(
    about="regions",
    unit="region",
    law_bits=region_moves.LAW_BITS,
    machine_bytes=2,
    run_bytes=_MOVE_BYTES * _MOVES,
    play=_play,
    never_seen=_never_seen,
    made=lambda seen: sum(seen[kind] for kind in _KINDS),
    size=f"{_USED} pages, and the last {_USED} of {_VAST[-1]}",
    rests_on="every page of small spaces drawn, and the last pages of vast ones",
)


def judge_regions(laws: Sequence[Law], *, examples: int = 300, **settings: Unpack[Settings]) -> Judgement:
    """Hold the steps on regions against `laws` on `examples` runs of moves, in spaces drawn as well.

    Raises:
        ValueError: where a law is not about regions.
    """
    return _DRAWN.judge(laws, examples=examples, **settings)
