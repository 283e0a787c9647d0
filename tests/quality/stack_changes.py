"""One-line changes of stacks, each of which every judge must notice."""

from .spine import Change

CHANGES = (
    Change(
        "the last page becomes a guard",
        "stacks",
        "has_room = page > stack.bottom + TWO",
        "has_room = page > stack.bottom + ONE",
    ),
    Change(
        "the overflow is told a page early",
        "stacks",
        "has_room = page > stack.bottom + TWO",
        "has_room = page > stack.bottom + TWO + ONE",
    ),
    Change(
        "the guard stays where it was",
        "stacks",
        "kinds = store_if(hit, stack.kinds, page, USED)",
        "kinds = stack.kinds",
    ),
    Change(
        "no guard is left behind",
        "stacks",
        "kinds = store_if(hit, kinds, below, where(has_room, GUARDING, USED))",
        "kinds = kinds",
    ),
    Change(
        "no page is left for the overflow",
        "stacks",
        "where(has_room, GUARDING, USED)",
        "where(has_room, GUARDING, UNUSED)",
    ),
    Change(
        "the limit is not moved",
        "stacks",
        "limit = where(hit, where(has_room, page, below), stack.limit)",
        "limit = stack.limit",
    ),
    Change(
        "the overflow is not remembered",
        "stacks",
        "overflowed = where(hit & invert(has_room), ONE, stack.overflowed)",
        "overflowed = stack.overflowed",
    ),
    Change(
        "the guard may be jumped over", "stacks", "is_end = invert(runs) | (kind == UNUSED)", "is_end = invert(runs)"
    ),
    Change(
        "a process goes on after its end",
        "stacks",
        "is_end = invert(runs) | (kind == UNUSED)",
        "is_end = kind == UNUSED",
    ),
    Change(
        "a stack begins without a guard",
        "stacks",
        "kinds = store_if(legal, kinds, top - TWO, GUARDING)",
        "kinds = kinds",
    ),
    Change(
        "two pages are in use at first",
        "stacks",
        "return Stack(kinds, bottom, top - ONE, top",
        "return Stack(kinds, bottom, top - TWO, top",
    ),
)
