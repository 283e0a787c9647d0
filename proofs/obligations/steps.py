"""Whole steps, composed of what is proved about the steps that they call.

The real code of `release`, `claim`, `free`, `allocate` and `admit` runs here; see `composing` for what stands in
for the callees. A release enters ten rounds, whatever the arena: that they suffice is law A11.
"""

from __future__ import annotations

from typing import Any

from ...spec import buddy, buddy_laws
from ...spec.algebra import Truth, Word
from ...spec.frames import Memory
from ..symbolic import invert, truth
from . import lists, soundness
from .composing import Rounds, follows
from .obligation import Query, composition

_STATE = "A1 A2 A3 A4 A5 A7 A14"


@composition(
    "release",
    *_STATE.split(),
    "A11",
    says="A release merges as far as it goes, within one round for each order, and restores every law.",
    without="each round keeps the laws",
)
def release(theory: Any) -> Query:
    """`absorb` is entered only where its lemma applies, and `insert` only where nothing is left to merge."""
    steps, laws, facts = theory.bind(buddy), theory.bind(buddy_laws), theory.bind(soundness)
    memory, frame, order = theory.memory("memory"), theory.frame("frame"), theory.order("order")
    rounds = Rounds(theory, "absorb", theory.truth("good"))
    premises = {
        "dimensions": facts.is_possible(memory),
        "the order exists": order <= memory.top,
        "the laws hold beside the block": rounds.good,
    }
    places: list[tuple[Word, Word]] = [(frame, order)]
    inserted: list[tuple[Truth, Memory]] = []

    def absorb(going: Truth, memory: Memory, frame: Word, order: Word) -> tuple[Memory, Word, Word]:
        there = places[-1][0] is frame and places[-1][1] is order
        parent = theory.frame(f"parent {rounds.count}")
        memory = rounds.run(going, memory, steps.can_merge(memory, frame, order) & there)
        places.append((steps.where(going, parent, frame), steps.where(going, order + steps.ONE, order)))
        return memory, *places[-1]

    def insert(going: Truth, memory: Memory, frame: Word, order: Word) -> Memory:
        there = places[-1][0] is frame and places[-1][1] is order and memory is rounds.memory
        ready = rounds.good & invert(steps.can_merge(memory, frame, order)) & (order <= memory.top)
        inserted.append((truth(going) & ready & there, steps.insert(going, memory, frame, order)))
        return inserted[-1][1]

    step = theory.bind(buddy, absorb=absorb, insert=insert)
    after, last, largest = step.release(truth(True), memory, frame, order)
    once = len(inserted) == 1 and inserted[0][1] is after and places[-1][0] is last and places[-1][1] is largest
    premises["each round keeps the laws"] = rounds.lemmas
    goals = {
        _STATE: rounds.entered & (inserted[0][0] if once else False),
        "A11": laws.bounded(after, last, largest) & once,
    }
    return Query(premises, goals)


@composition(
    "claim",
    *_STATE.split(),
    "A9",
    says="A claim cuts the block out of its source and gives all the rest back, within one round for each order.",
    without="the laws at the source",
)
def claim(theory: Any) -> Query:
    """After the cut the lemma of the rounds applies, and after the last round no piece of the source is missing."""
    steps, facts, chains = theory.bind(buddy), theory.bind(soundness), theory.bind(lists)
    memory, frame, point, node = theory.memory("memory"), theory.frame("frame"), theory.frame("point"), theory.node("node")
    order, source_order, dates = theory.order("order"), theory.order("source_order"), theory.array("dates", theory.width)
    source = steps.head_of(frame, source_order)
    rounds = Rounds(theory, "give back", theory.truth("good"))
    cuts: list[tuple[Memory, Word]] = []
    levels: list[Word] = [order]

    def give_back(going: Truth, memory: Memory, around: Word, level: Word) -> tuple[Memory, Word]:
        if not cuts:
            cuts.append((memory, level))
            levels[:] = [level]
        there = around is frame and levels[-1] is level
        memory = rounds.run(going, memory, (level < source_order) & there)
        levels.append(steps.where(going, level + steps.ONE, level))
        return memory, levels[-1]

    good = rounds.good
    after = theory.bind(buddy, give_back=give_back).claim(truth(True), memory, frame, order, source_order)
    cut, level = cuts[0] if cuts else (memory, order)
    premises = {
        "dimensions": facts.is_possible(memory),
        "the point is a frame": point < memory.room,
        "the block is inside the source": steps.is_inside(frame, order, source, source_order),
        "the source is free": steps.load(memory.heads, source) == source_order,
        "the laws at the source": facts.sound(memory, source),
        "the laws at the block": facts.sound(memory, frame),
        "the laws at the point": facts.sound(memory, point),
        "the lists": chains.is_chained(memory, dates, source) & chains.is_chained(memory, dates, node),
        "the laws hold after the cut, and each round keeps them": good & rounds.lemmas,
    }
    untouched = invert(facts.is_settled(steps.load(memory.heads, frame)))
    goals = {
        "A1": facts.is_split(cut, frame, order, level, source_order) & truth(bool(cuts)),
        "A1 A2 A3 A4 A14": facts.sound_around(cut, frame, level, source_order, point),
        "A5": chains.is_chained(cut, dates, node),
        "A7": untouched & ((point == frame) | facts.is_kept(memory, cut, point)),
        _STATE + " A9": rounds.entered & (levels[-1] == source_order) & rounds.good & (after is rounds.memory),
    }
    return Query(premises, goals)


@composition(
    "free",
    *_STATE.split(),
    "A8",
    says="A legal free leaves the block to nobody and releases exactly that block.",
    without="the laws at the block",
)
def free(theory: Any) -> Query:
    """`release` is entered with its premises true."""
    facts, chains = theory.bind(soundness), theory.bind(lists)
    memory, point, node = theory.memory("memory"), theory.frame("point"), theory.node("node")
    frame, order, dates = theory.word("called_frame"), theory.word("called_order"), theory.array("dates", theory.width)
    released: list[tuple[Truth, Memory, Word, Word]] = []
    step = theory.bind(buddy, release=_noted(released))
    after, legal, _, _ = step.free(memory, frame, order)
    going, gap, first, size = released[0] if released else (False, memory, frame, order)
    premises = {
        "dimensions": facts.is_possible(memory),
        "the call is legal": legal,
        "the point is a frame": point < memory.room,
        "the laws at the block": facts.sound(memory, frame),
        "the laws at the point": facts.sound(memory, point),
        "the lists": chains.is_chained(memory, dates, node),
    }
    goals = {
        "A8": truth(going) & (first == frame) & (size == order) & (len(released) == 1 and after is gap),
        "A1": facts.is_gap(gap, first, size),
        "A1 A2 A3 A4 A14": facts.sound_beside(gap, first, size, point),
        "A5": chains.is_chained(gap, dates, node),
        "A7": invert(facts.is_settled(step.load(gap.heads, frame)))
        & ((point == frame) | facts.is_kept(memory, gap, point)),
    }
    return Query(premises, goals)


def _noted(released: list[tuple[Truth, Memory, Word, Word]]) -> Any:
    """A release that only notes with what it was entered."""

    def release(going: Truth, memory: Memory, frame: Word, order: Word) -> tuple[Memory, Word, Word]:
        released.append((going, memory, frame, order))
        return memory, frame, order

    return release


@composition(
    "admit",
    *_STATE.split(),
    "A10",
    says="Initialisation gives each usable reserved frame, and nothing else, to a release of order 0.",
    without="the laws at the frame",
)
def admit(theory: Any) -> Query:
    """`release` is entered with its premises true, for the usable frames that exist and are reserved."""
    facts, chains = theory.bind(soundness), theory.bind(lists)
    memory, frame, point = theory.memory("memory"), theory.frame("frame"), theory.frame("point")
    node, dates, usable = theory.node("node"), theory.array("dates", theory.width), theory.truth("usable")
    released: list[tuple[Truth, Memory, Word, Word]] = []
    step = theory.bind(buddy, release=_noted(released))
    after, _, _ = step.admit(memory, frame, usable)
    going, gap, first, size = released[0] if released else (False, memory, frame, step.ONE)
    premises = {
        "dimensions": facts.is_possible(memory),
        "the frame is reserved": (step.load(memory.heads, frame) == step.RESERVED) & (frame < memory.room),
        "the point is a frame": point < memory.room,
        "the laws at the frame": facts.sound(memory, frame),
        "the laws at the point": facts.sound(memory, point),
        "the lists": chains.is_chained(memory, dates, node),
    }
    going = truth(going)
    goals = {
        "A10": (going == (usable & (frame < memory.frames))) & (len(released) == 1 and after is gap),
        "A1": follows(going, facts.is_gap(gap, first, size) & (first == frame)),
        "A1 A2 A3 A4 A14": follows(going, facts.sound_beside(gap, first, size, point)),
        "A5": chains.is_chained(gap, dates, node),
        "A7": (point == frame) | facts.is_kept(memory, gap, point),
    }
    return Query(premises, goals)
