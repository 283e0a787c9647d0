"""The brute-force twin of the composed release: the real loop, all ten rounds of it, in one formula.

It says again what the lemma of a round, the insertion and their composition say together, and rests on none of them.
Bitwuzla proves it in seconds; Z3 does not, so it is no part of the default run.
"""

from __future__ import annotations

from ...spec.addresses import buddy_of, parent_of
from ...spec.algebra import ONE, TRUE, Word
from ...spec.buddy import release
from ...spec.frames import MAX_ORDER, Memory
from .obligation import Obligation, Query
from .soundness import is_gap, is_possible, sound, sound_beside


def release_unrolled(memory: Memory, frame: Word, order: Word, point: Word) -> Query:
    """The laws at the point, at the block and at every buddy on its way up; the laws at the point after all."""
    at_buddies, head, level = TRUE, frame, order
    for _ in range(MAX_ORDER):
        buddy = buddy_of(head, level)
        at_buddies = at_buddies & sound_beside(memory, frame, order, buddy)
        head, level = parent_of(head, level), level + ONE
    premises = {
        "dimensions": is_possible(memory),
        "the block may be there": is_gap(memory, frame, order),
        "the laws at the point": sound_beside(memory, frame, order, point),
        "the laws at the block": sound_beside(memory, frame, order, frame),
        "the laws at the buddies": at_buddies,
        "the point is a frame": point < memory.room,
    }
    after, _, _ = release(TRUE, memory, frame, order)
    return Query(premises, {"A1 A2 A3 A4 A14": sound(after, point)})


RELEASE = Obligation(
    id="release-unrolled",
    laws=("A1", "A2", "A3", "A4", "A14"),
    says="A release, all its rounds in one formula, restores every law at every point.",
    without="the laws at the point",
    state=release_unrolled,
)
