"""Callees replaced by what is proved about them.

Where the premises of a round's lemma hold before the round, its conclusion holds after it, in a memory of which
nothing else is known. "The laws hold at every point" is a single truth here, carried from round to round; what a
composition has to show is that each callee is entered with its premises true.
"""

from __future__ import annotations

from typing import Any

from ...spec.algebra import Truth
from ...spec.frames import Memory
from ..symbolic import Formula, invert, truth, where


def follows(premise: Truth, conclusion: Truth) -> Formula:
    """Implication in a composition."""
    return invert(premise) | truth(conclusion)


def unknown(theory: Any, label: str, memory: Memory, going: Truth) -> Memory:
    """The memory, its heads and links unknown where `going`; the arena stays as it is."""
    after = theory.memory(label)
    heads = memory.heads.unless(going, after.heads)
    link = memory.link.unless(going, after.link)
    return memory._replace(heads=heads, link=link)


class Rounds:
    """The rounds of a loop, each replaced by its lemma.

    Attributes:
        good: that the lemma's laws hold at every point of the state now.
        memory: the state that the last round left; a round that starts from any other is not covered by the lemma.
        entered: that each round that goes was entered with the lemma's premises true.
        lemmas: what the lemma says of each round.
        count: rounds so far.
    """

    def __init__(self, theory: Any, name: str, good: Formula) -> None:
        self.theory = theory
        self.name = name
        self.good = good
        self.memory: Memory | None = None
        self.entered = truth(True)
        self.lemmas = truth(True)
        self.count = 0

    def run(self, going: Truth, memory: Memory, premise: Truth) -> Memory:
        """One round, if `going`: entered where `premise` must hold besides the laws."""
        going, covered = truth(going), self.memory is None or memory is self.memory
        premise = self.good & premise & covered
        label = f"{self.name} {self.count}"
        self.count += 1
        concluded = self.theory.truth(f"{label} is good")
        self.entered = self.entered & follows(going, premise)
        self.lemmas = self.lemmas & follows(going & premise, concluded)
        self.good = where(going, concluded, self.good)
        self.memory = unknown(self.theory, label, memory, going)
        return self.memory
