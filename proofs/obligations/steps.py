"""Whole steps, composed of what is proved about the steps that they call.

The real code of `release`, `claim`, `free`, `allocate` and `admit` runs here; see `composing` for what stands in
for the callees. A release enters ten rounds, whatever the arena: that they suffice is law A11.
"""

from __future__ import annotations

from typing import Any

import attrs

from ...spec import buddy
from ...spec.algebra import Truth, Word
from ...spec.frames import Memory
from ..symbolic import invert, truth, where
from . import lists, soundness
from .composing import Rounds, follows, unknown
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
    """`absorb` is entered only where its lemma applies, and `insert` only where nothing is left to merge.

    Whether a block can be merged is known to be a function of the state, and false at the top order, no more; a
    state that a round leaves is a number of its own.
    """
    memory, order, mergeable = theory.memory("memory"), theory.order("order"), theory.array("mergeable")
    rounds = Rounds(theory, "absorb", theory.truth("good"))
    now = _Now(memory, theory.frame("frame"), order, theory.word("state"))
    premises = {
        "dimensions": theory.bind(soundness).is_possible(memory),
        "the order exists": order <= memory.top,
        "the laws hold beside the block": rounds.good,
    }
    inserted: list[Truth] = []

    def can_merge(memory: Memory, frame: Word, order: Word) -> Truth:
        known = now.is_at(memory, frame, order)
        may = mergeable.load(now.state) == 1 if known else theory.truth(f"elsewhere {rounds.count}")
        return may & (order < memory.top)

    def absorb(going: Truth, memory: Memory, frame: Word, order: Word) -> tuple[Memory, Word, Word]:
        label, here = rounds.count, now.is_at(memory, frame, order)
        now.memory = rounds.run(going, memory, can_merge(memory, frame, order) & here)
        now.frame = where(going, theory.frame(f"parent {label}"), frame)
        now.order = where(going, order + 1, order)
        now.state = where(going, theory.word(f"state {label}"), now.state)
        return now.memory, now.frame, now.order

    def insert(going: Truth, memory: Memory, frame: Word, order: Word) -> Memory:
        here = now.is_at(memory, frame, order)
        inserted.append(truth(going) & rounds.good & invert(can_merge(memory, frame, order)) & here)
        now.memory = memory._replace()
        return now.memory

    step = theory.bind(buddy, absorb=absorb, insert=insert, can_merge=can_merge)
    after, last, largest = step.release(truth(True), memory, now.frame, order)
    ended = now.is_at(after, last, largest) and len(inserted) == 1
    premises["each round keeps the laws"] = rounds.lemmas
    final = inserted[0] if ended else truth(False)
    return Query(premises, {_STATE: rounds.entered & final, "A11": final & (largest <= memory.top)})


@attrs.define
class _Now:
    """Where a release stands: its memory, frame and order, and the number of the state that they make up."""

    memory: Memory
    frame: Word
    order: Word
    state: Word

    def is_at(self, memory: Memory, frame: Word, order: Word) -> bool:
        """Whether these are the very ones."""
        return memory is self.memory and frame is self.frame and order is self.order


@composition(
    "claim",
    *_STATE.split(),
    "A9",
    says="After the cut, a claim gives all the rest of its source back, within one round for each order.",
    without="the laws hold after the cut, and each round keeps them",
)
def claim(theory: Any) -> Query:
    """The lemma of the rounds applies to each, and after the last no piece of the source is missing."""
    cut = _Cut(theory)
    rounds = cut.rounds
    premises = {
        **cut.entered(theory),
        "the laws hold after the cut, and each round keeps them": cut.good & rounds.lemmas,
    }
    ended = (cut.levels[-1] == cut.source_order) & rounds.good & (cut.after is rounds.memory)
    return Query(premises, {_STATE + " A9": rounds.entered & ended})


@composition(
    "claim-frames",
    *_STATE.replace("A5 ", "").split(),
    says="The cut takes the source away and leaves the block live, and every law holds around it.",
    without="the laws at the point",
)
def claim_frames(theory: Any) -> Query:
    """So the lemma of the rounds applies to the first."""
    cut, facts, point = _Cut(theory), theory.bind(soundness), theory.frame("point")
    memory, frame, order, source_order = cut.before, cut.frame, cut.order, cut.source_order
    premises = {
        **cut.entered(theory),
        "the point is a frame": point < memory.room,
        "the laws at the point": facts.sound(memory, point),
        "the source is allowed": facts.is_gap(memory, cut.source, source_order),
        "the block is in the source's zone": facts.zoned_beside(memory, cut.source, source_order, frame),
    }
    split = facts.is_split(cut.memory, frame, order, cut.level, source_order) & (cut.level == order)
    kept = (point == frame) | facts.is_kept(memory, cut.memory, point)
    goals = {
        "A1": split,
        "A1 A2 A3 A4 A14": facts.sound_around(cut.memory, frame, cut.level, source_order, point),
        "A7": kept & invert(facts.is_settled(theory.bind(buddy).load(memory.heads, frame))),
    }
    return Query(premises, goals)


@composition(
    "claim-lists",
    "A5",
    says="The cut takes the source out of its list and leaves all other neighbours as they were.",
    without="removing keeps the lists",
    apart=True,
)
def claim_lists(theory: Any) -> Query:
    """`remove` is entered with the source, which is free; the block given is in no list, before and after."""
    chains, node, dates = theory.bind(lists), theory.node("node"), theory.array("dates", theory.width)
    removed: list[tuple[Memory, Word]] = []

    def remove(going: Truth, memory: Memory, frame: Word) -> Memory:
        removed.append((memory, frame))
        after: Memory = theory.bind(buddy).remove(going, memory, frame)
        return after._replace(link=theory.memory("removed").link)

    cut = _Cut(theory, remove=remove)
    before, frame = removed[0] if removed else (cut.memory, cut.frame)
    left = before._replace(heads=cut.steps.remove(truth(True), before, frame).heads, link=cut.memory.link)
    premises = {
        **cut.entered(theory),
        "the node is one": theory.bind(soundness).is_node(cut.before, node),
        "removing keeps the lists": chains.is_chained(left, dates, node),
    }
    entered = (frame == cut.source) & (before is cut.before and len(removed) == 1)
    return Query(premises, {"A5": entered & chains.is_chained(cut.memory, dates, node)})


@composition(
    "absorb-lists",
    "A5",
    says="One round of merging removes the buddy, which is free, from its list, and changes no other.",
    without="the buddy is to be merged",
)
def absorb_lists(theory: Any) -> Query:
    """`remove` is entered with its premises true, and what it leaves is what the round leaves."""
    steps, facts = theory.bind(buddy), theory.bind(soundness)
    memory, frame, order = theory.memory("memory"), theory.frame("frame"), theory.order("order")
    removed: list[tuple[Truth, Memory, Word]] = []
    left: Memory = theory.memory("removed")

    def remove(going: Truth, memory: Memory, frame: Word) -> Memory:
        removed.append((going, memory, frame))
        return left

    after, _, _ = theory.bind(buddy, remove=remove).absorb(truth(True), memory, frame, order)
    going, entered, gone = removed[0] if removed else (False, memory, frame)
    premises = {
        "dimensions": facts.is_possible(memory),
        "the block may be there": facts.is_gap(memory, frame, order),
        "the buddy is to be merged": steps.can_merge(memory, frame, order),
    }
    free_there = steps.is_free(steps.load(memory.heads, gone)) & (gone < memory.room)
    return Query(premises, {"A5": truth(going) & free_there & (entered is memory and after is left)})


@composition(
    "give-back-lists",
    "A5",
    says="One round of splitting inserts the buddy, where no block begins, into its list, and changes no other.",
    without="no block begins at the buddy",
)
def give_back_lists(theory: Any) -> Query:
    """`insert` is entered with its premises true, and what it leaves is what the round leaves."""
    steps, facts = theory.bind(buddy), theory.bind(soundness)
    memory, frame, order = theory.memory("memory"), theory.frame("frame"), theory.order("order")
    level, source_order = theory.order("level"), theory.order("source_order")
    inserted: list[tuple[Truth, Memory, Word, Word]] = []
    left: Memory = theory.memory("inserted")

    def insert(going: Truth, memory: Memory, frame: Word, order: Word) -> Memory:
        inserted.append((going, memory, frame, order))
        return left

    after, _ = theory.bind(buddy, insert=insert).give_back(truth(True), memory, frame, level)
    going, entered, first, size = inserted[0] if inserted else (False, memory, frame, order)
    piece = steps.buddy_of(steps.head_of(frame, level), level)
    premises = {
        "dimensions": facts.is_possible(memory),
        "the source is split below the level": facts.is_split(memory, frame, order, level, source_order),
        "the source is larger": level < source_order,
        "no block begins at the buddy": steps.load(memory.heads, piece) == steps.NONE,
    }
    there = facts.is_gap(memory, first, size) & (steps.load(memory.heads, first) == steps.NONE)
    return Query(premises, {"A5": truth(going) & there & (entered is memory and after is left)})


class _Cut:
    """The real `claim`, its rounds replaced by their lemma: what they are entered with, and what comes out.

    Attributes:
        memory: the state with which the first round is entered, and `level` its level.
        after: what the claim returns.
        levels: the level after each round.
    """

    def __init__(self, theory: Any, **callees: Any) -> None:
        self.steps = theory.bind(buddy)
        self.before, self.frame = theory.memory("memory"), theory.frame("frame")
        self.order, self.source_order = theory.order("order"), theory.order("source_order")
        self.source = self.steps.head_of(self.frame, self.source_order)
        self.good = theory.truth("good")
        self.rounds = Rounds(theory, "give back", self.good)
        self.memory, self.level = unknown(theory, "never entered", self.before, truth(True)), self.order
        self.levels: list[Word] = [self.order]
        step = theory.bind(buddy, give_back=self._give_back, **callees)
        self.after = step.claim(truth(True), self.before, self.frame, self.order, self.source_order)

    def _give_back(self, going: Truth, memory: Memory, frame: Word, level: Word) -> tuple[Memory, Word]:
        if self.rounds.count == 0:
            self.memory, self.level = memory, level
        here = frame is self.frame and level is self.levels[-1]
        memory = self.rounds.run(going, memory, (level < self.source_order) & here)
        self.levels.append(where(going, level + 1, level))
        return memory, self.levels[-1]

    def entered(self, theory: Any) -> dict[str, Truth]:
        """What the callers of `claim` guarantee."""
        heads, begins = self.before.heads, self.steps.load
        nobody = begins(heads, self.frame) == self.steps.NONE
        return {
            "dimensions": theory.bind(soundness).is_possible(self.before),
            "the block is a frame": self.frame < self.before.room,
            "the block is inside the source": self.steps.is_inside(
                self.frame, self.order, self.source, self.source_order
            ),
            "the source suffices": self.steps.is_suitable(self.before, self.order, self.source),
            "the source is as large": begins(heads, self.source) == self.source_order,
            "no other block begins at the block": nobody | (self.frame == self.source),
        }


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
    without="the laws at the point",
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
        "the points are frames": (frame < memory.room) & (point < memory.room),
        "the laws at the frame": facts.sound(memory, frame),
        "the laws at the point": facts.sound(memory, point),
        "the lists": chains.is_chained(memory, dates, node),
    }
    going = truth(going)
    reserved = step.load(memory.heads, frame) == step.RESERVED
    goals = {
        "A10": (going == (usable & (frame < memory.frames) & reserved)) & (len(released) == 1 and after is gap),
        "A1": follows(going, facts.is_gap(gap, first, size) & (first == frame)),
        "A1 A2 A3 A4 A14": follows(going, facts.sound_beside(gap, first, size, point)),
        "A5": chains.is_chained(gap, dates, node),
        "A7": (point == frame) | facts.is_kept(memory, gap, point),
    }
    return Query(premises, goals)
