"""What is true of every state of sharing that can be reached, at any pages and frames; and how counts are counted.

Numbers stay within the *extent*. Pages that map one frame show the same object, or none; who shows an object maps the
frame that the object has; and a frame that a private page may write is that page's alone.

What makes a count a count is a *ranking* that no step keeps, in which the pages that map a frame stand one after the
other::

    frame 5, rank     1       2       3
    page              7      12       9        count[5] = 3

Each page that maps a frame has a rank from 1 to the frame's count, and each of those ranks a page; the two are inverse.
So the count is the number of pages that map the frame, exactly; and where it is one, there is no other.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...spec.algebra import ONE, ZERO, Truth, Word, Words, implies, invert, load, store_if
from ...spec.sharing import (
    Sharing,
    frame_at,
    is_alone,
    is_mapped,
    is_object,
    is_shared,
    is_writable,
    object_of,
    shown_by,
)
from ...spec.sharing_laws import Request, isolated, referenced, zeroed

EXIST = "the pages, frames and objects exist"
HERE = "the laws at the spot"
THERE = "the laws where the step acts"


class Extent(NamedTuple):
    """How many pages and frames there are; each number has half the bits of a word.

    Attributes:
        pages: how many pages, those of objects among them.
        frames: how many frames.
    """

    pages: Word
    frames: Word


class Ranking(NamedTuple):
    """For each frame the pages that map it, one after the other: what makes the count a count.

    Attributes:
        rank: for each page that is mapped its rank, from 1 on, among those that map its frame.
        page: for each frame and rank up to the frame's count the page, at `place_of` the two.
        span: by how many bits a frame is shifted to make room for ranks.
    """

    rank: Words
    page: Words
    span: Word


class Spot(NamedTuple):
    """Where the laws are looked at.

    Attributes:
        page: any page.
        other: any page.
        frame: any frame.
        rank: any rank.
    """

    page: Word
    other: Word
    frame: Word
    rank: Word


def _sharing(theory: Any, name: str) -> Sharing:
    """Any pages and frames: numbers of either, and counts, have half the bits of a word; contents have all."""
    bits = dict.fromkeys(("frame", "object", "count"), theory.width // 2)
    bits |= dict.fromkeys(("content", "stored"), theory.width)
    fields = Sharing._fields[: Sharing._fields.index("objects")]
    arrays = [theory.array(f"{name}.{field}", bits.get(field)) for field in fields]
    return Sharing(*arrays, *[theory.half(f"{name}.{field}") for field in ("objects", "most")])


def _ranking(theory: Any, name: str) -> Ranking:
    """Any ranks and pages, which nobody keeps."""
    rank, page = (theory.array(f"{name}.{field}", theory.width // 2) for field in ("rank", "page"))
    return Ranking(rank, page, theory.constant(theory.width // 2))


#: How the free variables of these obligations are made that are no words, by the name of the parameter.
VARIABLES = {
    "sharing": _sharing,
    "ranking": _ranking,
    "extent": lambda theory, name: Extent(*[theory.half(f"{name}.{field}") for field in Extent._fields]),
    "spot": lambda theory, name: Spot(*[theory.half(f"{name}.{field}") for field in Spot._fields]),
}


# -- what is true of every state that can be reached ---------------------------------------------------------


def place_of(ranking: Ranking, frame: Word, rank: Word) -> Word:
    """Where the page of a rank stands."""
    return (frame << ranking.span) | rank


def is_numbered(sharing: Sharing, extent: Extent, page: Word) -> Truth:
    """The frame of a page, and the object that it shows, are among those that there are."""
    return (load(sharing.frame, page) <= extent.frames) & (load(sharing.object, page) <= sharing.objects)


def is_bare(sharing: Sharing, extent: Extent, page: Word) -> Truth:
    """What is not mapped shows nothing and has no right; a page of an object shows nothing but itself."""
    bare = (load(sharing.object, page) == ZERO) & (load(sharing.shared, page) == ZERO)
    unmapped = implies(invert(is_mapped(sharing, page)), bare & invert(is_writable(sharing, page)))
    return unmapped & implies(is_object(sharing, page), bare) & (sharing.objects <= extent.pages)


def is_showing(sharing: Sharing, page: Word) -> Truth:
    """A page that shows an object maps its frame; only where that is meant, or where it is alone, may it write."""
    shown = load(sharing.object, page)
    same = is_mapped(sharing, page) & (load(sharing.frame, shown_by(sharing, page)) == load(sharing.frame, page))
    private = invert(is_shared(sharing, page)) & is_writable(sharing, page)
    meant = implies(load(sharing.shared, page) != ZERO, shown != ZERO)
    return implies(shown != ZERO, same) & meant & implies(private, (shown == ZERO) & is_alone(sharing, page))


def is_alike(sharing: Sharing, page: Word, other: Word) -> Truth:
    """Pages that map one frame show the same."""
    same = is_mapped(sharing, page) & (load(sharing.frame, page) == load(sharing.frame, other))
    return implies(same, object_of(sharing, page) == object_of(sharing, other))


def is_placed(sharing: Sharing, ranking: Ranking, page: Word) -> Truth:
    """A page that is mapped has a rank within the count of its frame, which is its own."""
    own, frame = load(ranking.rank, page), frame_at(sharing, page)
    placed = load(ranking.page, place_of(ranking, frame, own)) == page
    ranked = (own >= ONE) & (own <= load(sharing.count, frame)) & (load(sharing.count, frame) <= sharing.most)
    return implies(is_mapped(sharing, page), ranked & placed)


def is_taken(sharing: Sharing, extent: Extent, ranking: Ranking, frame: Word, rank: Word) -> Truth:
    """A rank within the count of a frame is that of a page that maps it, and counts have room."""
    named = load(ranking.page, place_of(ranking, frame, rank))
    taken = (load(sharing.frame, named) == frame + ONE) & (load(ranking.rank, named) == rank) & (named < extent.pages)
    within = (rank >= ONE) & (rank <= load(sharing.count, frame))
    return implies(within, taken) & (load(sharing.count, frame) <= sharing.most)


def is_sound(sharing: Sharing, extent: Extent, ranking: Ranking, page: Word) -> Truth:
    """Everything that can be asked of a page alone."""
    return is_bare(sharing, extent, page) & is_showing(sharing, page) & is_placed(sharing, ranking, page)


def given(
    sharing: Sharing, extent: Extent, ranking: Ranking, page: Word, source: Word, frame: Word, spot: Spot
) -> dict[str, Truth]:
    """What is assumed: the laws at the spot, and where the step acts, each page beside each other one."""
    there = (page < extent.pages) & (source < extent.pages) & (frame < extent.frames) & (sharing.most >= ONE)
    here = (spot.page < extent.pages) & (spot.other < extent.pages) & (spot.frame < extent.frames)
    own = frame_at(sharing, page)
    last = load(sharing.count, own)
    named = load(ranking.page, place_of(ranking, own, last))
    at_spot = is_taken(sharing, extent, ranking, spot.frame, spot.rank) & is_alike(sharing, spot.page, spot.other)
    acts = is_taken(sharing, extent, ranking, own, last) & is_taken(sharing, extent, ranking, frame, ONE)
    acts = acts & is_placed(sharing, ranking, named)
    exists = there & here & (load(sharing.count, spot.frame) <= sharing.most)
    for each in (page, source, shown_by(sharing, page), named, spot.page, spot.other):
        exists = exists & is_numbered(sharing, extent, each)
    for seen in (spot.page, spot.other):
        at_spot = at_spot & is_sound(sharing, extent, ranking, seen)
        for acting in (page, source):
            at_spot = at_spot & is_alike(sharing, seen, acting)
    for acting in (page, source, shown_by(sharing, page)):
        acts = acts & is_sound(sharing, extent, ranking, acting)
    return {EXIST: exists, HERE: at_spot, THERE: acts}


def with_rank(going: Truth, sharing: Sharing, ranking: Ranking, page: Word, frame: Word) -> Ranking:
    """The ranking, with a page that maps the frame from now on as its last, if `going`."""
    last = load(sharing.count, frame) + ONE
    placed = store_if(going, ranking.page, place_of(ranking, frame, last), page)
    return Ranking(store_if(going, ranking.rank, page, last), placed, ranking.span)


def without_rank(going: Truth, sharing: Sharing, ranking: Ranking, page: Word) -> Ranking:
    """The ranking without a page, whose rank goes to the last one of its frame, if `going`."""
    frame, own = frame_at(sharing, page), load(ranking.rank, page)
    last = load(ranking.page, place_of(ranking, frame, load(sharing.count, frame)))
    ranks = store_if(going, ranking.rank, last, own)
    return Ranking(ranks, store_if(going, ranking.page, place_of(ranking, frame, own), last), ranking.span)


def kept(
    before: Sharing, after: Sharing, extent: Extent, ranking: Ranking, request: Request, spot: Spot
) -> dict[str, Truth]:
    """What a step has to show: each law at the spot, with what keeps it."""
    counted = is_placed(after, ranking, spot.page) & is_taken(after, extent, ranking, spot.frame, spot.rank)
    shown = is_bare(after, extent, spot.page) & is_showing(after, spot.page) & is_numbered(after, extent, spot.page)
    return {
        "V6": isolated(before, after, request, spot.page) & shown & is_alike(after, spot.page, spot.other),
        "F7": zeroed(before, after, request.page),
        "F9": referenced(before, after, request.page, spot.page, spot.frame) & counted,
    }


def plain_request(page: Word) -> Request:
    """A step about a page that writes nothing, and is mapped like no other."""
    return Request(page, page, ZERO, ZERO, ZERO)
