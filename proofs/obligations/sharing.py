"""Sharing: every step keeps the laws V6, F7 and F9, with any number of pages, objects and frames.

The laws are assumed at the pages that are looked at and those where the step acts, and shown where they are looked at,
together with what `sharing_soundness` carries from state to state. Besides the steps there is what they do together:
the right to write that survives a fault, a file that is written through memory, a child that ends.
"""

from __future__ import annotations

from ...spec.algebra import FALSE, ONE, TRUE, ZERO, Truth, Word, implies, invert, load, where
from ...spec.sharing import (
    Sharing,
    contents,
    evict,
    fill,
    fork,
    frame_at,
    is_alone,
    is_mapped,
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
from ...spec.sharing_laws import Request
from .obligation import Query, obligation
from .sharing_soundness import (
    HERE,
    THERE,
    VARIABLES,
    Extent,
    Ranking,
    Spot,
    given,
    is_alike,
    is_numbered,
    is_sound,
    is_taken,
    kept,
    plain_request,
    with_rank,
    without_rank,
)

__all__ = ["VARIABLES"]

_LAWS = ("V6", "F7", "F9")
_REFUSED = "the step is refused"
_EMPTY = "nothing is counted"


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


@obligation("sharing-fill", *_LAWS, says="Filling a page into an unused frame keeps every law.", without=HERE)
def sharing_fill(sharing: Sharing, extent: Extent, ranking: Ranking, page: Word, frame: Word, spot: Spot) -> Query:
    """The frame may be any that there is."""
    after, legal = fill(sharing, page, frame)
    ranked = with_rank(legal, sharing, ranking, page, frame)
    premises = given(sharing, extent, ranking, page, page, frame, spot)
    return Query(premises, kept(sharing, after, extent, ranked, plain_request(page), spot))


@obligation(
    "sharing-map-object", *_LAWS, says="Mapping a page of an object keeps every law, shared or private.", without=HERE
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


@obligation("sharing-fork", *_LAWS, says="Forking a page keeps every law, shared or private.", without=HERE)
def sharing_fork(sharing: Sharing, extent: Extent, ranking: Ranking, page: Word, source: Word, spot: Spot) -> Query:
    """The child's page comes last among those that map the parent's frame."""
    frame = frame_at(sharing, source)
    after, legal = fork(sharing, page, source)
    ranked = with_rank(legal, sharing, ranking, page, frame)
    request = Request(page, where(legal, source, page), ZERO, ZERO, ZERO)
    premises = given(sharing, extent, ranking, page, source, frame, spot)
    return Query(premises, kept(sharing, after, extent, ranked, request, spot))


@obligation("sharing-separate", *_LAWS, says="A write fault keeps every law, with a copy and without.", without=HERE)
def sharing_separate(sharing: Sharing, extent: Extent, ranking: Ranking, page: Word, frame: Word, spot: Spot) -> Query:
    """With a copy, the page leaves the ranks of one frame and is the first of the other."""
    after, legal = separate(sharing, page, frame)
    copied = legal & invert(is_alone(sharing, page))
    ranked = with_rank(copied, sharing, without_rank(copied, sharing, ranking, page), page, frame)
    premises = given(sharing, extent, ranking, page, page, frame, spot)
    return Query(premises, kept(sharing, after, extent, ranked, plain_request(page), spot))


@obligation(
    "sharing-write",
    *_LAWS,
    says="A write is seen where it should be, and nowhere else; it counts nothing.",
    without=HERE,
)
def sharing_write(
    sharing: Sharing, extent: Extent, ranking: Ranking, page: Word, mask: Word, value: Word, spot: Spot
) -> Query:
    """Whatever the mask and the value."""
    after, legal = write(sharing, page, mask, value)
    request = Request(page, page, ZERO, where(legal, mask, ZERO), value)
    premises = given(sharing, extent, ranking, page, page, frame_at(sharing, page), spot)
    return Query(premises, kept(sharing, after, extent, ranking, request, spot))


@obligation("sharing-unmap", *_LAWS, says="Unmapping a page keeps every law.", without=HERE)
def sharing_unmap(sharing: Sharing, extent: Extent, ranking: Ranking, page: Word, spot: Spot) -> Query:
    """Its rank goes to the last page of its frame."""
    after, legal = unmap(sharing, page)
    ranked = without_rank(legal, sharing, ranking, page)
    premises = given(sharing, extent, ranking, page, page, frame_at(sharing, page), spot)
    return Query(premises, kept(sharing, after, extent, ranked, plain_request(page), spot))


@obligation("sharing-read-in", *_LAWS, says="Reading a page of an object into the cache keeps every law.", without=HERE)
def sharing_read_in(sharing: Sharing, extent: Extent, ranking: Ranking, page: Word, frame: Word, spot: Spot) -> Query:
    """The frame may be any that there is."""
    after, legal = read_in(sharing, page, frame)
    ranked = with_rank(legal, sharing, ranking, page, frame)
    premises = given(sharing, extent, ranking, page, page, frame, spot)
    return Query(premises, kept(sharing, after, extent, ranked, plain_request(page), spot))


@obligation("sharing-write-back", *_LAWS, says="Writing a page of an object back keeps every law.", without=HERE)
def sharing_write_back(sharing: Sharing, extent: Extent, ranking: Ranking, page: Word, spot: Spot) -> Query:
    """What is read from it stays the same, whence it is read."""
    after, _ = write_back(sharing, page)
    premises = given(sharing, extent, ranking, page, page, frame_at(sharing, page), spot)
    return Query(premises, kept(sharing, after, extent, ranking, plain_request(page), spot))


@obligation("sharing-evict", *_LAWS, says="Evicting a page of an object from the cache keeps every law.", without=HERE)
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
    without=THERE,
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
