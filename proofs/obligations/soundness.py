"""What is carried through every step: all laws of a state at one point, also while a block belongs to nobody.

Between the moment in which a block is given back and that in which it is inserted, its frames are in no block. The
laws then hold with one exception, a *gap*: inside it no block, outside it exactly one::

    sound            |  free  | live |  free  |      every frame is in one block
    sound_beside     |  free  | gap  |  free  |      ... but those of the gap are in none
    sound_around     | gap |L | gap  |  free  |      ... the gap has a hole in which all is well: a split under way

Three things are carried besides the laws, because the next step needs them: a live block lies in one zone, as a free
one must (it becomes one); every word in `heads` has a meaning; and the blocks of a list have *dates* that fall from
front to back, so that no ring of blocks is cut off from its sentinel. Dates are a ghost: no step computes them. A
list is finite, so before each step its dates can be numbered anew from below, and a new one is always to be had.
"""

from __future__ import annotations

from ...spec.addresses import head_of, is_aligned, last_of
from ...spec.algebra import FALSE, ONE, TRUE, ZERO, Truth, Word, Words, implies, load, where
from ...spec.buddy_laws import aligned, conserved, disjoint, merged, uncrossed
from ...spec.frames import (
    LIVE,
    MAX_ORDER,
    ORDERS,
    RESERVED,
    Memory,
    blocks_over,
    is_free,
    is_head,
    is_live,
    zone_of,
)
from ...spec.freelist import next_of


def is_possible(memory: Memory) -> Truth:
    """The dimensions are those of an arena: some frames, whole blocks, and a number for each node's two entries."""
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


def is_zoned(memory: Memory, point: Word) -> Truth:
    """A14 at `point`, for live blocks too."""
    return uncrossed(memory, point) & is_kept_together(memory, point)


def is_placed(memory: Memory, point: Word) -> Truth:
    """The laws about what begins at `point` and about its zone: A1, A4 and A14, and what is carried besides."""
    meant = is_head(load(memory.heads, point))
    return meant & aligned(memory, point) & merged(memory, point) & is_zoned(memory, point)


def sound(memory: Memory, point: Word) -> Truth:
    """Laws A1 to A4 and A14 at `point`, if it is a frame at all."""
    once = disjoint(memory, point) & conserved(memory, point)
    return implies(point < memory.room, is_placed(memory, point) & once)


def is_gap(memory: Memory, frame: Word, order: Word) -> Truth:
    """Whether a block of `order` may begin at `frame`: aligned, not too large, inside the arena."""
    return (order <= memory.top) & is_aligned(frame, order) & (last_of(frame, order) < memory.frames)


def count_beside(memory: Memory, frame: Word, order: Word, point: Word) -> Word:
    """How many blocks contain `point`, the one of `order` at `frame` that belongs to nobody included."""
    return blocks_over(memory.heads, point) + where(is_within(point, frame, order), ONE, ZERO)


def zoned_beside(memory: Memory, frame: Word, order: Word, point: Word) -> Truth:
    """The block of `order` at `frame` lies in one zone."""
    return implies(is_within(point, frame, order), zone_of(memory, frame) == zone_of(memory, point))


def sound_beside(memory: Memory, frame: Word, order: Word, point: Word) -> Truth:
    """The laws at `point` while the block of `order` at `frame` belongs to nobody."""
    once = count_beside(memory, frame, order, point) == ONE
    here = is_placed(memory, point) & once & zoned_beside(memory, frame, order, point)
    return implies(point < memory.room, here)


def is_split(memory: Memory, frame: Word, order: Word, level: Word, source_order: Word) -> Truth:
    """A block of `order` was cut out at `frame`; up to `level` the source's pieces have been given back."""
    last = last_of(head_of(frame, source_order), source_order)
    rising = (order <= level) & (level <= source_order) & (source_order <= memory.top)
    given = is_aligned(frame, order) & (load(memory.heads, frame) == LIVE + order)
    return rising & given & (last < memory.frames)


def excess_around(memory: Memory, frame: Word, level: Word, source_order: Word, point: Word) -> Word:
    """One more than the number of blocks around `point`, the source counted where nothing was given back yet."""
    in_source = is_within(point, head_of(frame, source_order), source_order)
    in_hole = is_within(point, head_of(frame, level), level)
    waiting = in_source & (in_hole == FALSE)
    return blocks_over(memory.heads, point) + where(waiting, ONE, ZERO)


def sound_around(memory: Memory, frame: Word, level: Word, source_order: Word, point: Word) -> Truth:
    """The laws at `point` while the source around `frame` is given back up to `level`."""
    source = head_of(frame, source_order)
    once = excess_around(memory, frame, level, source_order, point) == ONE
    here = is_placed(memory, point) & once & zoned_beside(memory, source, source_order, point)
    return implies(point < memory.room, here)


def is_settled(head: Word) -> Truth:
    """Whether a block begins here that only its owner, or nobody, may touch: live or reserved."""
    return is_live(head) | (head == RESERVED)


def is_same_if_settled(old: Word, new: Word) -> Truth:
    """What is live or reserved before or after is the same before and after."""
    return implies(is_settled(old) | is_settled(new), old == new)


def is_kept(before: Memory, after: Memory, point: Word) -> Truth:
    """What is live or reserved at `point` is so in both states, with one head."""
    return is_same_if_settled(load(before.heads, point), load(after.heads, point))


def is_kept_over(before: Memory, after: Memory, point: Word) -> Truth:
    """The same live and reserved blocks contain `point` in both states."""
    kept = TRUE
    order = ZERO
    for _ in range(ORDERS):
        kept = kept & is_kept(before, after, head_of(point, order))
        order = order + ONE
    return kept


def is_same_arena(before: Memory, after: Memory, point: Word) -> Truth:
    """Dimensions, and the zone of `point`, are as before."""
    sized = (before.frames == after.frames) & (before.room == after.room) & (before.top == after.top)
    return sized & (before.grain == after.grain) & (zone_of(before, point) == zone_of(after, point))


def is_node(memory: Memory, node: Word) -> Truth:
    """Whether `node` is a frame or the sentinel of an order."""
    return node < memory.room + ORDERS


def is_dated(memory: Memory, dates: Words, node: Word) -> Truth:
    """The free block at `node`, if any, has a later date than the block after it."""
    member = (node < memory.room) & is_free(load(memory.heads, where(node < memory.room, node, ZERO)))
    after = next_of(memory.link, node)
    falling = (after >= memory.room) | (load(dates, after) < load(dates, node))
    return implies(member, falling)


def is_covered(memory: Memory, frame: Word, order: Word) -> Truth:
    """Whether one free block of at least `order` contains `frame`."""
    covered = FALSE
    level = ZERO
    for _ in range(ORDERS):
        covered = covered | ((level >= order) & (load(memory.heads, head_of(frame, level)) == level))
        level = level + ONE
    return covered
