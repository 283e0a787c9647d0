"""Requests and initialisation: which block is given, what a policy promises, and what is free at the start."""

from __future__ import annotations

import sys
from typing import Any

from ...spec import buddy, buddy_laws
from ...spec.addresses import head_of
from ...spec.algebra import ONE, TRUE, ZERO, Truth, Word, implies, invert, load, where
from ...spec.buddy import smallest_listed
from ...spec.buddy_laws import initialised, listed
from ...spec.frames import ORDERS, RESERVED, Memory, is_live
from ...spec.freelist import is_empty, next_of, previous_of
from ..symbolic import truth
from . import completeness, lists, soundness
from .composing import follows, unknown
from .obligation import Query, composition, obligation
from .soundness import is_node, is_possible, is_same_if_settled, is_settled, sound


@obligation(
    "smallest-listed",
    "A6",
    "A13.smallest",
    says="The search ends at an order whose list holds a block, and every smaller one that would do is empty.",
    without="something was found",
)
def smallest(memory: Memory, order: Word, level: Word) -> Query:
    """Whatever order is asked about in between."""
    found = smallest_listed(memory, order)
    premises = {"dimensions": is_possible(memory), "something was found": found <= memory.top}
    passed = implies((order <= level) & (level < found), is_empty(memory.link, memory.room, level))
    holds = (order <= found) & invert(is_empty(memory.link, memory.room, found))
    return Query(premises, {"A6": holds, "A13.smallest": passed})


@composition(
    "allocate",
    "A6",
    "A7",
    "A13.smallest",
    "A13.lower",
    "A13.upper",
    says="Allocate claims the lower or upper piece of a free block of the smallest order that suffices.",
    without="the list that is taken from",
)
def allocate(theory: Any) -> Query:
    """`claim` is entered with a source that is free and suitable, and with a block inside it."""
    steps, laws, facts = theory.bind(buddy), theory.bind(buddy_laws), theory.bind(soundness)
    chains, search = theory.bind(lists), theory.bind(completeness)
    memory, order, upper = theory.memory("memory"), theory.order("order"), theory.truth("upper")
    point, found = theory.frame("point"), theory.order("found")
    claimed: list[tuple[Truth, Memory, Word, Word, Word]] = []
    searched: list[tuple[Memory, Word]] = []

    def claim(going: Truth, memory: Memory, frame: Word, order: Word, source_order: Word) -> Memory:
        claimed.append((going, memory, frame, order, source_order))
        return memory

    def smallest_listed(memory: Memory, order: Word) -> Word:
        searched.append((memory, order))
        return found

    step = theory.bind(buddy, claim=claim, smallest_listed=smallest_listed)
    after, done, frame = step.allocate(memory, order, upper)
    going, entered, given, size, source_order = claimed[0] if claimed else (False, memory, frame, order, order)
    as_asked = len(searched) == 1 and searched[0][0] is memory and searched[0][1] is order
    sentinel = steps.sentinel_of(memory.room, found)
    source = steps.next_of(memory.link, sentinel)
    head = steps.load(memory.heads, point)
    premises = {
        "dimensions": facts.is_possible(memory),
        "the request was met": done,
        "the point is a frame": point < memory.room,
        "something was found": follows(
            found <= memory.top, (order <= found) & laws.invert(_empty(steps, memory, found))
        ),
        "what was passed over is empty": follows((order <= head) & (head < found), _empty(steps, memory, head)),
        "the list that is taken from": chains.is_listed(memory, sentinel),
        "the laws at the source": facts.sound(memory, source),
        "blocks are found in their lists": search.is_found(memory, point),
    }
    entry = truth(going) & steps.is_suitable(memory, order, source) & (source < memory.room)
    exact = (steps.load(memory.heads, source) == source_order) & (given == frame) & (size == order)
    goals = {
        "A6 A7": entry & exact & (entered is memory and after is memory and len(claimed) == 1 and as_asked),
        "A6": steps.is_inside(frame, order, source, source_order),
        "A13.smallest": laws.smallest_sufficient(memory, order, source_order, point),
        "A13.lower": upper | laws.lower_half(order, source, source_order, frame),
        "A13.upper": follows(upper, laws.upper_half(order, source, source_order, frame)),
    }
    return Query(premises, goals)


def _empty(steps: Any, memory: Memory, order: Word) -> Truth:
    return steps.is_empty(memory.link, memory.room, order)


@obligation(
    "restored",
    "A7",
    says="What is live or reserved is the same before an allocate and after the free of the block that it gave.",
    without="elsewhere the claim keeps",
)
def restored(before: Word, between: Word, after: Word, given: Truth) -> Query:
    """Three heads of one frame; at the block itself neither the first nor the last is settled."""
    elsewhere = invert(given)
    premises = {
        "at the block": implies(given, invert(is_settled(before)) & invert(is_settled(after))),
        "elsewhere the claim keeps": implies(elsewhere, is_same_if_settled(before, between)),
        "elsewhere the free keeps": implies(elsewhere, is_same_if_settled(between, after)),
    }
    return Query(premises, {"A7": is_same_if_settled(before, after)})


@obligation(
    "initial",
    "A1",
    "A2",
    "A3",
    "A4",
    "A5",
    "A14",
    says="A memory with all frames reserved and all lists empty obeys every law.",
    without="the lists are empty",
)
def initial(memory: Memory, point: Word, node: Word) -> Query:
    """Where initialisation begins."""
    sentinel = node >= memory.room
    alone = (next_of(memory.link, node) == node) & (previous_of(memory.link, node) == node)
    nobody = load(memory.heads, where(sentinel, ZERO, node)) == RESERVED
    reserved = TRUE
    order = ZERO
    for _ in range(ORDERS):
        reserved = reserved & (load(memory.heads, head_of(point, order)) == RESERVED)
        order = order + ONE
    premises = {
        "dimensions": is_possible(memory),
        "the node is one": is_node(memory, node),
        "all is reserved": reserved & nobody,
        "the lists are empty": implies(sentinel, alone),
    }
    return Query(premises, {"A1 A2 A3 A4 A14": sound(memory, point), "A5": listed(memory, node)})


def is_admitted(memory: Memory, point: Word, wanted: Truth, index: Word) -> Truth:
    """The frames before `index` are initialised, the others reserved, and nothing is live."""
    nothing_live = TRUE
    order = ZERO
    for _ in range(ORDERS):
        nothing_live = nothing_live & invert(is_live(load(memory.heads, head_of(point, order))))
        order = order + ONE
    reserved = load(memory.heads, point) == RESERVED
    return nothing_live & where(point < index, initialised(memory, point, wanted), reserved)


@composition(
    "initialise",
    "A10",
    says="After frames 0 to i have been offered, exactly the usable ones among them are free, the rest reserved.",
    without="the laws hold after the release",
)
def initialise(theory: Any) -> Query:
    """From one frame to the next; `release` keeps what is live or reserved, and leaves every law true."""
    facts, here = theory.bind(soundness), theory.bind(sys.modules[__name__])
    memory, index, point = theory.memory("memory"), theory.frame("index"), theory.frame("point")
    usable, wanted = theory.truth("usable"), theory.truth("wanted")
    kept: list[Truth] = []

    def release(going: Truth, memory: Memory, frame: Word, order: Word) -> tuple[Memory, Word, Word]:
        after = unknown(theory, "released", memory, going)
        kept.append(follows(going, facts.is_kept_over(memory, after, point)))
        return after, frame, order

    step = theory.bind(buddy, release=release)
    after, _, _ = step.admit(memory, index, usable)
    premises = {
        "dimensions": facts.is_possible(memory),
        "the points are frames": (index < memory.room) & (point < memory.room),
        "the point is the frame": follows(point == index, wanted == usable),
        "the laws hold before": facts.sound(memory, point),
        "so far": here.is_admitted(memory, point, wanted, index),
        "the release keeps what is settled": kept[0],
        "the laws hold after the release": facts.sound(after, point),
    }
    return Query(premises, {"A10": here.is_admitted(after, point, wanted, index + step.ONE)})
