"""What is carried through every step: all laws of a state at one point, also while a block belongs to nobody.

Between the moment in which a block is given back and that in which it is inserted, its frames are in no block. The
laws then hold with one exception, a *gap*: inside it no block, outside it exactly one::

    sound            |  free  | live |  free  |      every frame is in one block
    sound_beside     |  free  | gap  |  free  |      ... but those of the gap are in none
    sound_around     | gap |F| gap   |  free  |      ... the gap has a hole F in which all is well (a split)

Two things are carried besides the laws, because the next step needs them: a live block lies in one zone, as a free
one must (it becomes one), and every word in `heads` has a meaning.
"""

from __future__ import annotations

from ...spec.addresses import head_of, is_aligned, last_of
from ...spec.algebra import ONE, TRUE, ZERO, Truth, Word, implies, load, where
from ...spec.buddy_laws import aligned, conserved, disjoint, listed, merged, uncrossed
from ...spec.frames import LIVE, MAX_ORDER, ORDERS, RESERVED, Memory, blocks_over, is_head, is_live, zone_of


def is_possible(memory: Memory) -> Truth:
    """The dimensions are those of an arena: some frames, whole blocks, and a node number for each that has room."""
    nodes = memory.room + ORDERS
    sized = (memory.top <= MAX_ORDER) & (memory.frames > ZERO) & (memory.frames <= memory.room)
    numbered = (nodes > memory.room) & (((nodes << ONE) >> ONE) == nodes)
    return sized & is_aligned(memory.room, memory.top) & numbered


def is_within(point: Word, frame: Word, order: Word) -> Truth:
    """Whether `point` lies in the block of `order` that begins at `frame`."""
    return head_of(point, order) == frame


def is_kept_together(memory: Memory, point: Word) -> Truth:
    """`point` is in the same zone as the first frame of the live block around it, if any."""
    together = TRUE
    order = ZERO
    for _ in range(ORDERS):
        head = head_of(point, order)
        live = load(memory.heads, head) == LIVE + order
        together = together & implies(live, zone_of(memory, head) == zone_of(memory, point))
        order = order + ONE
    return together


def is_placed(memory: Memory, point: Word) -> Truth:
    """The laws about what begins at `point` and about its zone: A1, A4 and A14, and what is carried besides."""
    meant = is_head(load(memory.heads, point))
    zoned = uncrossed(memory, point) & is_kept_together(memory, point)
    return meant & aligned(memory, point) & merged(memory, point) & zoned


def sound(memory: Memory, point: Word) -> Truth:
    """Laws A1 to A4 and A14 at `point`, if it is a frame at all."""
    once = disjoint(memory, point) & conserved(memory, point)
    return implies(point < memory.room, is_placed(memory, point) & once)


def is_gap(memory: Memory, frame: Word, order: Word) -> Truth:
    """Whether a block of `order` may begin at `frame`: aligned, not too large, inside the arena."""
    return (order <= memory.top) & is_aligned(frame, order) & (last_of(frame, order) < memory.frames)


def sound_beside(memory: Memory, frame: Word, order: Word, point: Word) -> Truth:
    """The laws at `point` while the block of `order` at `frame` belongs to nobody."""
    inside = is_within(point, frame, order)
    count = blocks_over(memory.heads, point) + where(inside, ONE, ZERO)
    zoned = implies(inside, zone_of(memory, frame) == zone_of(memory, point))
    return implies(point < memory.room, is_placed(memory, point) & (count == ONE) & zoned)
