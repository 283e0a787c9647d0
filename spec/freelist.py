"""Free lists: one circular, doubly linked list for each order, with a sentinel that is always there.

A node is a frame (the first of a free block) or, from `room` on, the sentinel of an order. `link` keeps the next
node of n at 2n and the previous one at 2n + 1, side by side because they are used together. With a sentinel no
case is special: linking and unlinking are four and two writes, whatever the list holds::

      sentinel(k) <--> 8 <--> 2 <--> sentinel(k)          an empty list: sentinel(k) <--> itself

The array has one sentinel more than there are orders: a search for a block may look at the one above the largest.

A new block goes to the front, as in Linux: what was freed last is in the cache and is given out first.
"""

from __future__ import annotations

from .algebra import ONE, Truth, Word, Words, load, store_if


def next_of(link: Words, node: Word) -> Word:
    """The node after `node`."""
    return load(link, node << ONE)


def previous_of(link: Words, node: Word) -> Word:
    """The node before `node`."""
    return load(link, (node << ONE) | ONE)


def sentinel_of(room: Word, order: Word) -> Word:
    """The node that stands for the list of `order` itself."""
    return room + order


def is_empty(link: Words, room: Word, order: Word) -> Truth:
    """Whether the list of `order` has no block."""
    return next_of(link, sentinel_of(room, order)) == sentinel_of(room, order)


def link_front(going: Truth, link: Words, sentinel: Word, node: Word) -> Words:
    """`node` becomes the first of the list of `sentinel`, if `going`."""
    first = next_of(link, sentinel)
    link = store_if(going, link, node << ONE, first)
    link = store_if(going, link, (node << ONE) | ONE, sentinel)
    link = store_if(going, link, (first << ONE) | ONE, node)
    return store_if(going, link, sentinel << ONE, node)


def unlink(going: Truth, link: Words, node: Word) -> Words:
    """`node` leaves the list that it is in, if `going`."""
    after = next_of(link, node)
    before = previous_of(link, node)
    link = store_if(going, link, before << ONE, after)
    return store_if(going, link, (after << ONE) | ONE, before)
