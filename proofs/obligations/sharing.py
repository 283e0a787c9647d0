"""Sharing: every step keeps the laws V6, F7 and F9, with any number of pages, objects and frames.

The laws are assumed at the pages that are looked at and those where the step acts, and shown where they are looked at.
What is carried besides is that numbers stay within the *extent*, and the invariant of `spec.sharing`: pages that map
one frame show the same object, or none; who shows an object maps the frame that the object has; and a frame that a
private page may write is that page's alone.

What makes a count a count is a *ranking* that no step keeps, in which the pages that map a frame stand one after the
other::

    frame 5, rank     1       2       3
    page              7      12       9        count[5] = 3

Each page that maps a frame has a rank from 1 to the frame's count, and each of those ranks a page; the two are inverse.
So the count is the number of pages that map the frame, exactly; and where it is one, there is no other.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...spec.algebra import FALSE, ONE, TRUE, ZERO, Truth, Word, Words, implies, invert, load, store_if, where
from ...spec.sharing import (
    Sharing,
    contents,
    evict,
    fill,
    fork,
    frame_at,
    is_alone,
    is_mapped,
    is_object,
    is_shared,
    is_unused,
    is_vacant,
    is_writable,
    map_object,
    may_be_mapped,
    object_of,
    overwritten,
    read_in,
    separate,
    shown_by,
    unmap,
    write,
    write_back,
)
from ...spec.sharing_laws import Request, isolated, referenced, zeroed
from .obligation import Query, obligation

_LAWS = ("V6", "F7", "F9")
_EXIST = "the pages, frames and objects exist"
_HERE = "the laws at the spot"
_THERE = "the laws where the step acts"
_REFUSED = "the step is refused"
_EMPTY = "nothing is counted"


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
    return {_EXIST: exists, _HERE: at_spot, _THERE: acts}


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


# -- steps ---------------------------------------------------------------------------------------------------


@obligation(
    "sharing-start", "V6", "F9", says="With nothing mapped and no frame counted, the invariant holds.", without=_EMPTY
)
def sharing_start(sharing: Sharing, extent: Extent, ranking: Ranking, spot: Spot) -> Query:
    """Where every run begins, whatever is in frames and in backing store."""
    mapping = (sharing.frame, sharing.writable, sharing.object, sharing.shared)
    bare = TRUE
    for words in mapping:
        bare = bare & (load(words, spot.page) == ZERO)
    premises = {
        "nothing is mapped": bare,
        _EMPTY: is_unused(sharing, spot.frame),
        "objects have pages": sharing.objects <= extent.pages,
    }
    sound = is_sound(sharing, extent, ranking, spot.page) & is_alike(sharing, spot.page, spot.other)
    sound = sound & is_numbered(sharing, extent, spot.page)
    return Query(premises, {"V6": sound, "F9": is_taken(sharing, extent, ranking, spot.frame, spot.rank)})


@obligation("sharing-fill", *_LAWS, says="Filling a page into an unused frame keeps every law.", without=_HERE)
def sharing_fill(sharing: Sharing, extent: Extent, ranking: Ranking, page: Word, frame: Word, spot: Spot) -> Query:
    """The frame may be any that there is."""
    after, legal = fill(sharing, page, frame)
    ranked = with_rank(legal, sharing, ranking, page, frame)
    premises = given(sharing, extent, ranking, page, page, frame, spot)
    return Query(premises, kept(sharing, after, extent, ranked, plain_request(page), spot))


@obligation(
    "sharing-map-object", *_LAWS, says="Mapping a page of an object keeps every law, shared or private.", without=_HERE
)
def sharing_map_object(
    sharing: Sharing, extent: Extent, ranking: Ranking, page: Word, source: Word, given_shared: Word, spot: Spot
) -> Query:
    """The page comes last among those that map the object's frame."""
    shared = given_shared != ZERO
    frame = frame_at(sharing, source)
    after, legal = map_object(sharing, page, source, shared)
    ranked = with_rank(legal, sharing, ranking, page, frame)
    request = Request(page, where(legal, source, page), where(shared, ONE, ZERO), ZERO, ZERO)
    premises = given(sharing, extent, ranking, page, source, frame, spot)
    return Query(premises, kept(sharing, after, extent, ranked, request, spot))


@obligation("sharing-fork", *_LAWS, says="Forking a page keeps every law, shared or private.", without=_HERE)
def sharing_fork(sharing: Sharing, extent: Extent, ranking: Ranking, page: Word, source: Word, spot: Spot) -> Query:
    """The child's page comes last among those that map the parent's frame."""
    frame = frame_at(sharing, source)
    after, legal = fork(sharing, page, source)
    ranked = with_rank(legal, sharing, ranking, page, frame)
    request = Request(page, where(legal, source, page), ZERO, ZERO, ZERO)
    premises = given(sharing, extent, ranking, page, source, frame, spot)
    return Query(premises, kept(sharing, after, extent, ranked, request, spot))


@obligation(
    "sharing-separate", *_LAWS, says="A write fault keeps every law, with a copy and without.", without=_HERE
)
def sharing_separate(sharing: Sharing, extent: Extent, ranking: Ranking, page: Word, frame: Word, spot: Spot) -> Query:
    """With a copy, the page leaves the ranks of one frame and is the first of the other."""
    after, legal = separate(sharing, page, frame)
    copied = legal & invert(is_alone(sharing, page))
    ranked = with_rank(copied, sharing, without_rank(copied, sharing, ranking, page), page, frame)
    premises = given(sharing, extent, ranking, page, page, frame, spot)
    return Query(premises, kept(sharing, after, extent, ranked, plain_request(page), spot))


@obligation(
    "sharing-write", *_LAWS, says="A write is seen where it should be, and nowhere else; it counts nothing.", without=_HERE
)
def sharing_write(
    sharing: Sharing, extent: Extent, ranking: Ranking, page: Word, mask: Word, value: Word, spot: Spot
) -> Query:
    """Whatever the mask and the value."""
    after, legal = write(sharing, page, mask, value)
    request = Request(page, page, ZERO, where(legal, mask, ZERO), value)
    premises = given(sharing, extent, ranking, page, page, frame_at(sharing, page), spot)
    return Query(premises, kept(sharing, after, extent, ranking, request, spot))


@obligation("sharing-unmap", *_LAWS, says="Unmapping a page keeps every law.", without=_HERE)
def sharing_unmap(sharing: Sharing, extent: Extent, ranking: Ranking, page: Word, spot: Spot) -> Query:
    """Its rank goes to the last page of its frame."""
    after, legal = unmap(sharing, page)
    ranked = without_rank(legal, sharing, ranking, page)
    premises = given(sharing, extent, ranking, page, page, frame_at(sharing, page), spot)
    return Query(premises, kept(sharing, after, extent, ranked, plain_request(page), spot))


@obligation("sharing-read-in", *_LAWS, says="Reading a page of an object into the cache keeps every law.", without=_HERE)
def sharing_read_in(sharing: Sharing, extent: Extent, ranking: Ranking, page: Word, frame: Word, spot: Spot) -> Query:
    """The frame may be any that there is."""
    after, legal = read_in(sharing, page, frame)
    ranked = with_rank(legal, sharing, ranking, page, frame)
    premises = given(sharing, extent, ranking, page, page, frame, spot)
    return Query(premises, kept(sharing, after, extent, ranked, plain_request(page), spot))


@obligation("sharing-write-back", *_LAWS, says="Writing a page of an object back keeps every law.", without=_HERE)
def sharing_write_back(sharing: Sharing, extent: Extent, ranking: Ranking, page: Word, spot: Spot) -> Query:
    """What is read from it stays the same, whence it is read."""
    after, _ = write_back(sharing, page)
    premises = given(sharing, extent, ranking, page, page, frame_at(sharing, page), spot)
    return Query(premises, kept(sharing, after, extent, ranking, plain_request(page), spot))


@obligation("sharing-evict", *_LAWS, says="Evicting a page of an object from the cache keeps every law.", without=_HERE)
def sharing_evict(sharing: Sharing, extent: Extent, ranking: Ranking, page: Word, spot: Spot) -> Query:
    """It was alone: nobody who shows it is left without a frame."""
    after, legal = evict(sharing, page)
    ranked = without_rank(legal, sharing, ranking, page)
    premises = given(sharing, extent, ranking, page, page, frame_at(sharing, page), spot)
    return Query(premises, kept(sharing, after, extent, ranked, plain_request(page), spot))


# -- what steps do not do, and what they do together -----------------------------------------------------------


def is_same(before: Sharing, after: Sharing, page: Word, frame: Word) -> dict[str, Truth]:
    """Whether two states agree in a page and in a frame, by the law that would be broken."""
    mapping = TRUE
    for field in ("writable", "object", "shared"):
        mapping = mapping & (load(getattr(after, field), page) == load(getattr(before, field), page))
    return {
        "V6": mapping & (load(after.stored, page) == load(before.stored, page)),
        "F7": load(after.content, frame) == load(before.content, frame),
        "F9": (load(after.frame, page) == load(before.frame, page))
        & (load(after.count, frame) == load(before.count, frame)),
    }


@obligation("sharing-refused", *_LAWS, says="A step that is refused changes nothing.", without=_REFUSED)
def sharing_refused(
    sharing: Sharing, page: Word, source: Word, frame: Word, mask: Word, value: Word, spot: Spot, which: Word
) -> Query:
    """All steps at once; `which` of them it is about, is a variable too."""
    steps = [step(sharing, page) for step in (unmap, write_back, evict)]
    steps += [step(sharing, page, frame) for step in (fill, separate, read_in)]
    steps += [map_object(sharing, page, source, FALSE), map_object(sharing, page, source, TRUE)]
    steps += [fork(sharing, page, source), write(sharing, page, mask, value)]
    refused, goals = TRUE, dict.fromkeys(_LAWS, TRUE)
    number = ZERO
    for after, legal in steps:
        asked = which == number
        refused = refused & implies(asked, invert(legal))
        for law, same in is_same(sharing, after, spot.page, spot.frame).items():
            goals[law] = goals[law] & implies(asked, same)
        number = number + ONE
    return Query({_REFUSED: refused}, goals)


@obligation(
    "sharing-private-write",
    *_LAWS,
    says="Who writes to what was private and read-only reads it, and nobody else sees it: not the file either.",
    without=_THERE,
)
def sharing_private_write(
    sharing: Sharing, extent: Extent, ranking: Ranking, page: Word, frame: Word, mask: Word, value: Word, spot: Spot
) -> Query:
    """The fault and the write after it, whoever shared the frame."""
    premises = {
        **given(sharing, extent, ranking, page, page, frame, spot),
        "the page is private, and may not be written": is_mapped(sharing, page)
        & invert(is_shared(sharing, page) | is_writable(sharing, page)),
        "a frame is at hand": is_unused(sharing, frame),
    }
    wanted = overwritten(contents(sharing, page), mask, value)
    separated, faulted = separate(sharing, page, frame)
    after, written = write(separated, page, mask, value)
    others = (spot.page == page) | (contents(after, spot.page) == contents(sharing, spot.page))
    goals = {
        "V6": faulted & written & (contents(after, page) == wanted) & others,
        "F7": load(after.stored, spot.page) == load(sharing.stored, spot.page),
        "F9": is_alone(after, page),
    }
    return Query(premises, goals)


@obligation(
    "sharing-file-write",
    "V6",
    says="What is written to a file through memory is read from the file: at once, and from backing store again.",
    without="the page is shared",
)
def sharing_file_write(
    sharing: Sharing, extent: Extent, ranking: Ranking, page: Word, frame: Word, mask: Word, value: Word, spot: Spot
) -> Query:
    """Written through a shared mapping that is then given up, written back, evicted, and read into another frame."""
    file = shown_by(sharing, page)
    premises = {
        **given(sharing, extent, ranking, page, file, frame, spot),
        "the page is shared": (load(sharing.shared, page) != ZERO) & is_writable(sharing, page),
        "nobody else maps the file": load(sharing.count, frame_at(sharing, page)) == ONE + ONE,
        "a frame is at hand": is_unused(sharing, frame),
    }
    wanted = overwritten(contents(sharing, file), mask, value)
    after, written = write(sharing, page, mask, value)
    left, unmapped = unmap(after, page)
    stored, saved = write_back(left, file)
    out, evicted = evict(stored, file)
    back, read = read_in(out, file, frame)
    done = written & unmapped & saved & evicted & read
    seen = (contents(after, file) == wanted) & (contents(out, file) == wanted) & (contents(back, file) == wanted)
    return Query(premises, {"V6": done & seen})


@obligation(
    "sharing-fork-and-exit",
    *_LAWS,
    says="A child that is forked and ends leaves every frame as it was; its parent writes again without a copy.",
    without="the page is private, and its own",
)
def sharing_fork_and_exit(
    sharing: Sharing, extent: Extent, ranking: Ranking, page: Word, source: Word, frame: Word, spot: Spot
) -> Query:
    """Forked, unmapped, and the parent's next write fault takes the frame over, whatever frame it is offered."""
    premises = {
        **given(sharing, extent, ranking, page, source, frame, spot),
        "there is room for the child": is_vacant(sharing, page) & may_be_mapped(sharing, source),
        "the page is private, and its own": invert(is_shared(sharing, source)) & is_alone(sharing, source),
        "the page shows no object": object_of(sharing, source) == ZERO,
    }
    shared, forked = fork(sharing, page, source)
    left, ended = unmap(shared, page)
    after, faulted = separate(left, source, frame)
    goals = {
        "V6": contents(after, source) == contents(sharing, source),
        "F7": load(after.content, spot.frame) == load(sharing.content, spot.frame),
        "F9": forked
        & ended
        & faulted
        & (load(after.frame, source) == load(sharing.frame, source))
        & (load(after.count, spot.frame) == load(sharing.count, spot.frame)),
    }
    return Query(premises, goals)
