"""The laws of sharing: who sees a write, what is in a new frame, and who is counted; each at one step and other page.

None of them looks at frames to tell who shares: a page says which object it shows, and whether it was mapped to be
shared. How a step is written is nothing to them either; they are told what it was asked for.
"""

from __future__ import annotations

from typing import NamedTuple

from .algebra import ONE, ZERO, Truth, Word, implies, invert, load, where
from .law import Scope, law
from .sharing import Sharing, contents, frame_at, is_mapped, is_object, is_shared, object_of, overwritten

CONTRACT = "space"
#: The part of the contract that these laws are about.
PART = "sharing"


class Request(NamedTuple):
    """What a step was asked for.

    Attributes:
        page: the page that it is about.
        source: the page that it is to be mapped like, or the page itself.
        shared: 1 if it shows an object from now on that is to be written through it.
        mask: the bits to be written; none for any step that is no write, and for one that was refused.
        value: what to write there.
    """

    page: Word
    source: Word
    shared: Word
    mask: Word
    value: Word


@law(
    "V6",
    "isolated",
    contract=CONTRACT,
    part=PART,
    statement="A write is seen by the page itself and, if it is mapped shared, by all that show the same; by no other.",
    source="POSIX, mmap: MAP_SHARED and MAP_PRIVATE; fork: the child's copy; CVE-2016-5195, where a file was written.",
    scope=Scope.CHANGE,
)
def isolated(before: Sharing, after: Sharing, request: Request, other: Word) -> Truth:
    """What is read from `other` after the step is what it was before, but for what it should see of a write.

    A private mapping of an object that has not been written yet shows the object: POSIX leaves that open. A page that
    is mapped like another reads what that one did. What a page shows, and whether it is shared, stays what it was
    asked to be; only a private page may leave its object, for a copy of its own.
    """
    same = load(after.object, other) == load(before.object, other)
    same = same & (load(after.shared, other) == load(before.shared, other))
    kept = where(other == request.page, is_as_asked(before, after, request, same), same)
    return kept & (
        is_unread(before, after, request, other) | (contents(after, other) == wanted(before, request, other))
    )


def wanted(before: Sharing, request: Request, other: Word) -> Word:
    """What is to be read from a page after a step."""
    old = contents(before, where(other == request.page, request.source, other))
    return where(is_seen(before, request.page, other), overwritten(old, request.mask, request.value), old)


def is_seen(sharing: Sharing, page: Word, other: Word) -> Truth:
    """Whether what is written through a page is to be seen through the other."""
    same = object_of(sharing, page) == object_of(sharing, other)
    return (page == other) | (is_shared(sharing, page) & same)


def is_unread(before: Sharing, after: Sharing, request: Request, other: Word) -> Truth:
    """Whether a page is one from which nothing was read before that has to be there: given, or taken away, just now."""
    own = (other == request.page) & (request.source == request.page) & invert(is_object(before, other))
    return own & invert(is_mapped(before, other) & is_mapped(after, other))


def is_as_asked(before: Sharing, after: Sharing, request: Request, same: Truth) -> Truth:
    """Whether the page of a step shows what was asked for, to be shared or not; `same` if it did before."""
    page, source = request.page, request.source
    is_own = (load(after.object, page) == ZERO) & (load(after.shared, page) == ZERO)
    left = is_own & invert(is_shared(before, page) & is_mapped(after, page))
    shared = where(is_object(before, source), request.shared, load(before.shared, source))
    like = (load(after.object, page) == object_of(before, source)) & (load(after.shared, page) == shared)
    return where(source == page, same | left, like)


@law(
    "F7",
    "zeroed",
    contract=CONTRACT,
    part=PART,
    statement="A page that is given a frame of which nobody had any use reads zero, whatever was in it.",
    source="POSIX, mmap: MAP_ANONYMOUS memory is zero; Windows Internals: demand-zero faults, zero page list.",
    scope=Scope.CHANGE,
)
def zeroed(before: Sharing, after: Sharing, page: Word) -> Truth:
    """A page that had no frame, and now has one that had no page, to show what is its own, shows zeros."""
    given = is_mapped(after, page) & invert(is_mapped(before, page)) & (object_of(after, page) == ZERO)
    unused = load(before.count, frame_at(after, page)) == ZERO
    return implies(given & unused, contents(after, page) == ZERO)


@law(
    "F9",
    "referenced",
    contract=CONTRACT,
    part=PART,
    statement="The count of a frame is the number of pages that map it, those of the page cache among them.",
    source="Linux, Documentation/mm: page reference counts; CVE-2019-11487 (wrapped), CVE-2022-42703 (reused).",
    scope=Scope.CHANGE,
)
def referenced(before: Sharing, after: Sharing, page: Word, other: Word, frame: Word) -> Truth:
    """Where a step changes what `page` maps, counts follow: one less there, one more here; any `other` maps the same.

    From an empty memory on the count is therefore the number of pages that map the frame; at zero there is none, and
    because it never exceeds what there is room for, it never wraps to zero either.
    """
    lost = where(load(before.frame, page) == frame + ONE, ONE, ZERO)
    gained = where(load(after.frame, page) == frame + ONE, ONE, ZERO)
    counts = load(after.count, frame) + lost == load(before.count, frame) + gained
    within = (load(after.count, frame) <= after.most) & (after.most == before.most)
    return counts & within & ((other == page) | (load(after.frame, other) == load(before.frame, other)))
