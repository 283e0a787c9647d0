"""Long runs of moves on the regions of a large space, with the laws asked where each move touches it.

A *kernel module*. In a run a move is one word::

    move    | walked (1 bit) | skew (2) | kind of region (8) | length (16) | page (20) | kind of move (8) |

Places and room come from the tree of gaps. What it says is held to the laws at once, to a walk along the list where a
move asks for one, and all of it to the list by an audit: with thousands of regions walks are long.

Around a move the nodes from the one below its place up to the end of its range are looked at, before and after; that
is as many as the step itself looks at.
"""

from __future__ import annotations

from typing import Any

from ...spec.algebra import ONE, TRUE, ZERO, Truth, Word, Words, invert, load, store_if, where
from ...spec.region_laws import Asked, Seen, counted, fitted, joined, seen
from ...spec.regions import Regions, covers, end_of, fit, fit_high, is_region, next_of, place_of, previous_of, within
from .backend import view, word
from .region_moves import (
    FIND,
    FIT_HIGH,
    FITTED,
    FOUND,
    INSERT_ABOVE,
    JOINED,
    KEPT,
    ORDERED,
    STEPS,
    TAKES_LENGTH,
    TAKES_REGION,
    asked_by,
    broken_at,
    broken_by_answer,
    broken_by_search,
    broken_by_step,
    is_free_for,
    is_merging,
    is_range_step,
    move,
    offset_for,
    unless,
)
from .region_tree import GapTree, forget, highest_room, keep, lowest_room, mistakes, place_in

STEP_BITS = 0x7F
#: The page itself is meant where a region is, not the region that has it.
EXACT = 0x80
PAGE_AT = 8
PAGE_BITS = 0xF_FFFF
LENGTH_AT = 28
LENGTH_BITS = 0xFFFF
KIND_AT = 44
KIND_BITS = 0xFF
SKEW_AT = 52
SKEW_BITS = 3
#: A search is made by a walk as well, as the specification makes it, which has to find the same.
WALKED_AT = 54


def entered(regions: Regions) -> Regions:
    """The state with its arrays in the form that compiled steps take."""
    arrays = view(regions.length), view(regions.kind), view(regions.offset), view(regions.next), view(regions.previous)
    count, pages = word(regions.count), word(regions.pages)
    return Regions(arrays[0], arrays[1], arrays[2], arrays[3], arrays[4], count, pages)


def lowest_touched(regions: Regions, below: Word) -> Word:
    """The node below a place, which no move there takes away; the sentinel below itself."""
    return where(below == regions.pages, below, previous_of(regions, below))


def clear_touched(tree: GapTree, regions: Regions, low: Word, end: Word) -> Word:
    """Take all regions above `low` that start up to `end` out of the tree; returns how many they are."""
    node = next_of(regions, low)
    taken = ZERO
    while (node < regions.pages) & (node <= end) & (taken < regions.count):
        forget(tree, regions, node)
        taken = taken + ONE
        node = next_of(regions, node)
    return taken


def hang_touched(
    tree: GapTree, regions: Regions, low: Word, end: Word, asked: Asked, merging: Truth, other: Word
) -> tuple[Word, Word]:
    """Put them back as they are now, and ask V1, V15 and V5.merged of each; returns how many, and what is broken."""
    keep(tree, regions, low)
    broken = broken_at(regions, low, other) | broken_merging(regions, low, asked, merging)
    node = next_of(regions, low)
    hung = ZERO
    while (node < regions.pages) & (node <= end):
        # A list that does not end is broken as well.
        if hung > regions.count:
            return hung, broken | ORDERED
        keep(tree, regions, node)
        broken = broken | broken_at(regions, node, other) | broken_merging(regions, node, asked, merging)
        hung = hung + ONE
        node = next_of(regions, node)
    return hung, broken


def broken_merging(regions: Regions, region: Word, asked: Asked, merging: Truth) -> Word:
    """V5.merged at one region, after a step that merges."""
    return unless(invert(merging) | joined(regions, region, asked.first, asked.length), JOINED)


def seen_from(regions: Regions, low: Word, page: Word) -> Seen:
    """What there is at a page at or above the node `low`, near it: by a walk from there."""
    place = low
    for _ in range(regions.count):
        above = next_of(regions, place)
        if above > page:
            break
        place = above
    return seen(regions, place, page)


def place_after(regions: Regions, tree: GapTree, low: Word, end: Word, page: Word, place: Word) -> Word:
    """The place of a page after a step that touched no node below `low` or above `end`, where it was `place`."""
    above = (end < place) & (place < regions.pages)
    below = (place < low) & (low < regions.pages)
    if above | below:
        return place
    return place_in(tree, regions.pages, page)


def clipped(regions: Regions, page: Word) -> Word:
    """The page, or the last one of the space for what is beyond."""
    return where(page < regions.pages, page, regions.pages - ONE)


def broken_at_place(regions: Regions, page: Word, below: Word, other: Word) -> Word:
    """V2 at the place of a page, seen from the region above it, and from any other one."""
    held = covers(regions, below, page)
    broken = broken_by_search(regions, page, below, held, next_of(regions, below))
    return broken | broken_by_search(regions, page, below, held, other)


def searched(
    regions: Regions, tree: GapTree, step: Word, page: Word, below: Word, length: Word, other: Word, place: Word
) -> tuple[Truth, Word]:
    """A search in the tree: whether anything is found, and what is broken of V16, seen from one `other` page.

    `below` is the place of the page that is asked for, and `place` that of the other one. Room is seen from where the
    gap above that begins, too.
    """
    if step == FIND:
        return covers(regions, below, page), ZERO
    high = step == FIT_HIGH
    under, first, done = highest_room(tree, regions, length) if high else lowest_room(tree, regions, length)
    holds = fitted(regions, length, high, under, first, done, other, place)
    holds = holds & fitted(regions, length, high, under, first, done, end_of(regions, place), place)
    return done, unless(holds, FITTED)


def broken_by_walk(regions: Regions, tree: GapTree, step: Word, page: Word, below: Word, length: Word) -> Word:
    """V2 and V16 at a search that is made by a walk along the list as well: it finds what the tree says."""
    if step == FIND:
        return unless(place_of(regions, page) == below, FOUND)
    high = step == FIT_HIGH
    under, first, done = highest_room(tree, regions, length) if high else lowest_room(tree, regions, length)
    place, start, found = fit_high(regions, length) if high else fit(regions, length)
    return unless((found == done) & (invert(found) | ((place == under) & (start == first))), FITTED)


def broken_in_large(regions: Regions, pages: Word) -> Word:
    """V1 and V15 along the whole list, each region with the one below it, and V2: the count against theirs."""
    broken = ZERO
    node = pages
    listed = ZERO
    for _ in range(regions.count + ONE):
        broken = broken | broken_at(regions, node, next_of(regions, node))
        node = next_of(regions, node)
        if node >= pages:
            break
        listed = listed + ONE
    started = ZERO
    page = ZERO
    for _ in range(pages):
        started = started + where(is_region(regions, page), ONE, ZERO)
        page = page + ONE
    all_listed = (node == pages) & (listed == started)
    return broken | unless(all_listed, ORDERED) | unless(regions.count == started, FOUND)


def broken_tree(regions: Regions, tree: GapTree) -> Word:
    """V2 and V16 for all searches in the tree: it is what the list says, leaf by leaf and above."""
    return unless(mistakes(tree, regions) == ZERO, FOUND | FITTED)


def play(regions: Regions, tree: GapTree, text: Word, other: Word) -> tuple[Regions, Truth, Word]:
    """One move on regions and tree: whether it was legal, and the bits of what it breaks."""
    step, page = text & STEP_BITS, clipped(regions, (text >> PAGE_AT) & PAGE_BITS)
    length, kind = (text >> LENGTH_AT) & LENGTH_BITS, (text >> KIND_AT) & KIND_BITS
    below = place_in(tree, regions.pages, page)
    other_place = place_in(tree, regions.pages, other)
    aimed = ((TAKES_REGION >> step) & ONE == ONE) & (text & EXACT == ZERO)
    first = where(aimed, below, page)
    offset = offset_for(first, length, (text >> SKEW_AT) & SKEW_BITS)
    broken = broken_at_place(regions, page, below, other_place)
    if step >= STEPS:
        legal, searching = searched(regions, tree, step, page, below, length, other, other_place)
        broken = broken | searching
        if (text >> WALKED_AT) & ONE == ONE:
            broken = broken | broken_by_walk(regions, tree, step, page, below, length)
        return regions, legal, broken
    asked = asked_by(regions, step, first, length, kind, offset)
    free = is_free_for(regions, step, below, first, length)
    ranges = is_range_step(step) | (step == INSERT_ABOVE)
    end = where(ranges, first + length, end_of(regions, within(regions, below)))
    low = lowest_touched(regions, below)
    # The first page of the range, or the page itself if there is none; its last one, and those after it and the region.
    start = where(first < regions.pages, first, page)
    after = clipped(regions, where((TAKES_LENGTH >> step) & ONE == ONE, first + length, start))
    last = after - where(start < after, ONE, ZERO)
    beyond = clipped(regions, end_of(regions, below))
    olds = (
        seen(regions, below, start),
        seen_from(regions, low, last),
        seen_from(regions, low, after),
        seen_from(regions, low, beyond),
    )
    old = seen(regions, other_place, other)
    count = regions.count
    taken = clear_touched(tree, regions, low, end)
    regions, legal = move(regions, step, below, first, length, kind, offset)
    merging = legal & is_merging(step)
    hung, at_nodes = hang_touched(tree, regions, low, end, asked, merging, other_place)
    broken = broken | at_nodes | unless(counted(count, taken, regions.count, hung), FOUND)
    broken = broken | broken_by_answer(regions, step, first, length, kind, offset, free, legal)
    broken = broken | broken_by_step(olds[0], seen_from(regions, low, start), start, asked, legal)
    broken = broken | broken_by_step(olds[1], seen_from(regions, low, last), last, asked, legal)
    broken = broken | broken_by_step(olds[2], seen_from(regions, low, after), after, asked, legal)
    broken = broken | broken_by_step(olds[3], seen_from(regions, low, beyond), beyond, asked, legal)
    other_place = place_after(regions, tree, low, end, other, other_place)
    broken = broken | broken_by_step(old, seen(regions, other_place, other), other, asked, legal)
    return regions, legal, broken | unless(legal | (regions.count == count), KEPT)


def count_one(counts: Words, step: Word, legal: Truth) -> Words:
    """One more move of a kind that was refused, or done."""
    index = (step << ONE) | where(legal, ONE, ZERO)
    return store_if(TRUE, counts, index, load(counts, index) + ONE)


def replay(
    regions: Regions, tree: GapTree, moves: Any, counts: Words, seed: Word, audited: Word
) -> tuple[Word, Word, Word]:
    """All moves, each followed by the laws at the points that it touches, and by an audit every `audited` moves.

    `counts` gets for each kind how many moves were refused and how many done. Returns how many moves were made, the
    laws that the last of them breaks, and the count of regions; the arrays are those that came in.
    """
    regions, tree, counts = entered(regions), GapTree(view(tree.words), word(tree.leaves)), view(counts)
    broken = ZERO
    made, next_audit = ZERO, ZERO
    other = word(seed)
    for index in range(moves.size):
        text = word(moves[index])
        # Any page: the other one of the laws.
        other = (other + (text >> PAGE_AT)) % regions.pages
        regions, legal, broken = play(regions, tree, text, other)
        if made == next_audit:
            next_audit = next_audit + word(audited)
            broken = broken | broken_in_large(regions, regions.pages) | broken_tree(regions, tree)
        counts = count_one(counts, text & STEP_BITS, legal)
        made = made + ONE
        if broken != ZERO:
            break
    return made, broken, regions.count
