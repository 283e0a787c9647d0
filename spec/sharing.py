"""Frames that several pages map: copies on the first write, mappings that are meant to be shared, and files.

A frame may stand behind many pages. After a fork both processes map it and neither may write: the first who does gets
a copy. What is mapped *shared* is written through, and every page that shows the same object sees it::

      page of a file     mapped shared     mapped private      parent        child        written by the child
           |                  |                  |                |            |                    |
           v may write        v may write        v may not        v may not    v may not            v may write
         [ frame, count 3 ------------------------ ]            [ frame, count 2 ]             [ frame, count 1 ]

The invariant: *a frame that a page may write is that page's alone, or is meant to be shared by all that map it; and
its count is how many map it*, so that at zero nobody does, and it may be given to another.

A page is one index over all processes. The first of them belong to no process: they are the pages of *objects* (files,
shared memory) as the page cache has them, each showing itself, and a file is read and written through them. Out of the
cache they are in backing store. A write is two steps, as on hardware: a fault that gives the page a frame that it may
write (`separate`), and the write itself (`write`), which the hardware's right alone lets through. Whatever comes
between the two, a page that has lost its frame must not be written by the right that it had.

POSIX leaves open whether a private mapping shows what is written to the file afterwards. Here it does, until the first
write fault on that page, as where both are one frame of a page cache.

Steps are total: an illegal one is answered by False and the state that came in. One word stands for the bytes of a
page; a write replaces those under a mask.

Source: POSIX, fork and mmap (MAP_SHARED, MAP_PRIVATE); Linux, Documentation/mm and mm/memory.c: page cache, do_wp_page.
"""

from __future__ import annotations

from typing import NamedTuple

from .algebra import ONE, ZERO, Truth, Word, Words, invert, load, store_if, where


class Sharing(NamedTuple):
    """The pages of objects and of all processes, the frames behind them, and backing store.

    Attributes:
        frame: for each page the frame + 1 that it maps, or 0.
        writable: for each page 1 if the hardware lets it be written.
        object: for each page of a process the page + 1 of an object that it shows, or 0 if its contents are its own.
        shared: for each page of a process 1 if what it shows is meant to be written through it.
        count: for each frame how many pages map it, those of objects among them.
        content: for each frame what is in it, also where nobody maps it.
        stored: for each page of an object its contents in backing store; as long as `frame`.
        objects: how many of the first pages are pages of objects.
        most: the largest count that there is room for.
    """

    frame: Words
    writable: Words
    object: Words
    shared: Words
    count: Words
    content: Words
    stored: Words
    objects: Word
    most: Word


class Mapping(NamedTuple):
    """What stands behind one page; the fields are those of `Sharing`."""

    frame: Word
    writable: Word
    object: Word
    shared: Word


# -- what a state says ---------------------------------------------------------------------------------------


def is_mapped(sharing: Sharing, page: Word) -> Truth:
    """Whether a page has a frame."""
    return load(sharing.frame, page) != ZERO


def frame_at(sharing: Sharing, page: Word) -> Word:
    """The frame that a page maps; 0 for one that maps none, so that it may be an index in any case."""
    frame = load(sharing.frame, page)
    return frame - where(frame == ZERO, ZERO, ONE)


def is_object(sharing: Sharing, page: Word) -> Truth:
    """Whether a page is that of an object, and of no process."""
    return page < sharing.objects


def object_of(sharing: Sharing, page: Word) -> Word:
    """The page + 1 of the object that a page shows, or 0; a page of an object shows itself."""
    return where(is_object(sharing, page), page + ONE, load(sharing.object, page))


def shown_by(sharing: Sharing, page: Word) -> Word:
    """The page of the object that a page shows; the page itself if its contents are its own."""
    shown = object_of(sharing, page)
    return where(shown == ZERO, page, shown - where(shown == ZERO, ZERO, ONE))


def is_shared(sharing: Sharing, page: Word) -> Truth:
    """Whether what is written through a page is meant for all that show the same."""
    return is_object(sharing, page) | (load(sharing.shared, page) != ZERO)


def is_writable(sharing: Sharing, page: Word) -> Truth:
    """Whether the hardware lets a page be written."""
    return load(sharing.writable, page) != ZERO


def contents(sharing: Sharing, page: Word) -> Word:
    """What is read from a page; from one of an object wherever it is, and zeros from one that nothing stands behind."""
    unmapped = where(is_object(sharing, page), load(sharing.stored, page), ZERO)
    return where(is_mapped(sharing, page), load(sharing.content, frame_at(sharing, page)), unmapped)


def overwritten(content: Word, mask: Word, value: Word) -> Word:
    """Contents with those bits of `value` in them that are under the mask."""
    return content ^ ((content ^ value) & mask)


def is_unused(sharing: Sharing, frame: Word) -> Truth:
    """Whether no page maps the frame."""
    return load(sharing.count, frame) == ZERO


def is_alone(sharing: Sharing, page: Word) -> Truth:
    """Whether no other page maps the frame of this one."""
    return load(sharing.count, frame_at(sharing, page)) == ONE


def is_vacant(sharing: Sharing, page: Word) -> Truth:
    """Whether a page is a process's and may be mapped."""
    return invert(is_object(sharing, page) | is_mapped(sharing, page))


def may_be_mapped(sharing: Sharing, page: Word) -> Truth:
    """Whether a page has a frame that one more may map."""
    return is_mapped(sharing, page) & (load(sharing.count, frame_at(sharing, page)) < sharing.most)


# -- what a process does -------------------------------------------------------------------------------------


def fill(sharing: Sharing, page: Word, frame: Word) -> tuple[Sharing, Truth]:
    """A page of a process gets an unused frame, zeroed, for itself."""
    legal = is_vacant(sharing, page) & is_unused(sharing, frame)
    sharing = with_content(legal, sharing, frame, ZERO)
    sharing = counted(legal, sharing, frame, ONE)
    return mapped(legal, sharing, page, Mapping(frame + ONE, ONE, ZERO, ZERO)), legal


def map_object(sharing: Sharing, page: Word, source: Word, shared: Truth) -> tuple[Sharing, Truth]:
    """A page of a process shows the page `source` of an object that is in the cache; private, it may not be written."""
    legal = is_vacant(sharing, page) & is_object(sharing, source) & may_be_mapped(sharing, source)
    writes = where(shared, ONE, ZERO)
    mapping = Mapping(load(sharing.frame, source), writes, source + ONE, writes)
    sharing = counted(legal, sharing, frame_at(sharing, source), load(sharing.count, frame_at(sharing, source)) + ONE)
    return mapped(legal, sharing, page, mapping), legal


def fork(sharing: Sharing, page: Word, source: Word) -> tuple[Sharing, Truth]:
    """A child's page maps what its parent's does; unless that is shared, neither may write from now on."""
    legal = is_vacant(sharing, page) & invert(is_object(sharing, source)) & may_be_mapped(sharing, source)
    writes = where(is_shared(sharing, source), load(sharing.writable, source), ZERO)
    mapping = Mapping(load(sharing.frame, source), writes, load(sharing.object, source), load(sharing.shared, source))
    sharing = mapped(legal, sharing, source, mapping)
    sharing = counted(legal, sharing, frame_at(sharing, source), load(sharing.count, frame_at(sharing, source)) + ONE)
    return mapped(legal, sharing, page, mapping), legal


def separate(sharing: Sharing, page: Word, frame: Word) -> tuple[Sharing, Truth]:
    """A write fault on a private page: it may be written from now on, in a frame of its own.

    That is the frame it has if nobody else maps it, and otherwise the unused one that is offered, with a copy.
    """
    alone, own = is_alone(sharing, page), frame_at(sharing, page)
    refused = is_shared(sharing, page) | is_writable(sharing, page)
    legal = is_mapped(sharing, page) & invert(refused) & (alone | is_unused(sharing, frame))
    copied = legal & invert(alone)
    sharing = with_content(copied, sharing, frame, load(sharing.content, own))
    sharing = counted(copied, sharing, frame, ONE)
    sharing = counted(copied, sharing, own, load(sharing.count, own) - where(copied, ONE, ZERO))
    return mapped(legal, sharing, page, Mapping(where(copied, frame, own) + ONE, ONE, ZERO, ZERO)), legal


def write(sharing: Sharing, page: Word, mask: Word, value: Word) -> tuple[Sharing, Truth]:
    """The bits under the mask are written, if the page has the right; through a page of an object, the file is."""
    legal, frame = is_writable(sharing, page), frame_at(sharing, page)
    return with_content(legal, sharing, frame, overwritten(load(sharing.content, frame), mask, value)), legal


def unmap(sharing: Sharing, page: Word) -> tuple[Sharing, Truth]:
    """A page of a process maps nothing from now on; what is in the frame stays there, whoever maps it."""
    legal = is_mapped(sharing, page) & invert(is_object(sharing, page))
    return unmapped(legal, sharing, page), legal


# -- what the page cache does --------------------------------------------------------------------------------


def read_in(sharing: Sharing, page: Word, frame: Word) -> tuple[Sharing, Truth]:
    """A page of an object is read from backing store into an unused frame."""
    legal = is_object(sharing, page) & invert(is_mapped(sharing, page)) & is_unused(sharing, frame)
    sharing = with_content(legal, sharing, frame, load(sharing.stored, page))
    sharing = counted(legal, sharing, frame, ONE)
    return mapped(legal, sharing, page, Mapping(frame + ONE, ONE, ZERO, ZERO)), legal


def write_back(sharing: Sharing, page: Word) -> tuple[Sharing, Truth]:
    """A page of an object that is in the cache is copied to backing store."""
    legal = is_object(sharing, page) & is_mapped(sharing, page)
    return with_stored(legal, sharing, page, load(sharing.content, frame_at(sharing, page))), legal


def evict(sharing: Sharing, page: Word) -> tuple[Sharing, Truth]:
    """A page of an object leaves the cache, if no process maps it and it is as in backing store."""
    same = load(sharing.content, frame_at(sharing, page)) == load(sharing.stored, page)
    legal = is_object(sharing, page) & is_mapped(sharing, page) & is_alone(sharing, page) & same
    return unmapped(legal, sharing, page), legal


# -- states that differ in a part ----------------------------------------------------------------------------


def mapped(going: Truth, sharing: Sharing, page: Word, mapping: Mapping) -> Sharing:
    """Something else stands behind a page, if `going`; counts are not looked at."""
    return Sharing(
        store_if(going, sharing.frame, page, mapping.frame),
        store_if(going, sharing.writable, page, mapping.writable),
        store_if(going, sharing.object, page, mapping.object),
        store_if(going, sharing.shared, page, mapping.shared),
        sharing.count,
        sharing.content,
        sharing.stored,
        sharing.objects,
        sharing.most,
    )


def unmapped(going: Truth, sharing: Sharing, page: Word) -> Sharing:
    """Nothing stands behind a page that is mapped, and its frame is counted once less, if `going`."""
    frame = frame_at(sharing, page)
    sharing = counted(going, sharing, frame, load(sharing.count, frame) - where(going, ONE, ZERO))
    return mapped(going, sharing, page, Mapping(ZERO, ZERO, ZERO, ZERO))


def counted(going: Truth, sharing: Sharing, frame: Word, count: Word) -> Sharing:
    """A frame has another count, if `going`."""
    count = store_if(going, sharing.count, frame, count)
    return with_memory(sharing, count, sharing.content, sharing.stored)


def with_content(going: Truth, sharing: Sharing, frame: Word, content: Word) -> Sharing:
    """A frame has other contents, if `going`."""
    return with_memory(sharing, sharing.count, store_if(going, sharing.content, frame, content), sharing.stored)


def with_stored(going: Truth, sharing: Sharing, page: Word, content: Word) -> Sharing:
    """Backing store has other contents of a page of an object, if `going`."""
    return with_memory(sharing, sharing.count, sharing.content, store_if(going, sharing.stored, page, content))


def with_memory(sharing: Sharing, count: Words, content: Words, stored: Words) -> Sharing:
    """The same pages with other frames and backing store."""
    return Sharing(
        sharing.frame,
        sharing.writable,
        sharing.object,
        sharing.shared,
        count,
        content,
        stored,
        sharing.objects,
        sharing.most,
    )
