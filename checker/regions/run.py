"""The judge of compiled regions: the spaces that are played, from one page to sixty-five thousand.

How they are played, and what is said of it in the end, is told in `checker.played`. Places and room come from the tree
of gaps, which has to say what the laws and, now and then, walks along the list say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Unpack

import attrs
import numpy as np

from ...model.fast import region_moves
from ...model.fast.region_core import core
from ...model.fast.region_machine import Machine, draw, empty_arrays
from ...spec.law import Law
from ..played import Court, Settings, hold
from ..verdict import Judgement

SMALL = (Machine(1), Machine(2), Machine(6), Machine(17))
LARGE = Machine(1 << 16, longest=12)
#: What V15 must have met besides every kind of move, done and refused.
ENDS = "a region that ends with the space"


@attrs.define
class _Court(Court):
    """Notes besides whether a region was where the space ends."""

    about = "regions"
    unit = "region"
    stories = region_moves.STORIES
    law_bits = region_moves.LAW_BITS
    beyond = region_moves.ORDERED

    met: set[str] = attrs.field(factory=set)
    regions: Any = None
    tree: Any = None

    def begin(self, machine: Machine) -> None:
        self.regions, self.tree = empty_arrays(machine)

    def draw(self, generator: np.random.Generator, machine: Machine, count: int) -> np.ndarray[Any, Any]:
        return draw(generator, machine, count)

    def replay(self, machine: Machine, drawn: np.ndarray[Any, Any], audited: int) -> tuple[int, int]:
        made, bits, count = core().replay(self.regions, self.tree, drawn, self.counts, self.seed, audited)
        self.regions = self.regions._replace(count=np.uint64(count))
        highest = int(self.regions.previous[-1])
        if highest + int(self.regions.length[highest]) == machine.pages:
            self.met.add(ENDS)
        return int(made), int(bits)

    def general(self, kind: int) -> str:
        return region_moves.told(kind)

    def never_seen(self, law: Law) -> Iterator[str]:
        yield from self.never_made()
        if law.id == "V15" and ENDS not in self.met:
            yield ENDS


def run_regions(laws: Sequence[Law], *, seed: int = 0, **settings: Unpack[Settings]) -> Judgement:
    """Hold compiled steps on regions against `laws`: `calls` random ones on a large space, and many on small ones.

    Raises:
        ValueError: where a law is not about regions.
    """
    return hold(_Court(seed), laws, small=SMALL, large=LARGE, **settings)
