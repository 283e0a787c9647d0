"""Translation lookaside buffers as state: what the cores remember of the page tables, and how they are made to forget.

The invariant: *what a core remembers is what the walk would give, or is about to be flushed*. Hardware may remember any
valid entry of the space that runs, at any time, and forget it at any time; software changes an entry only in this
order, and a frame is free again only at its end::

    valid --invalidate--> invalid, frame held --acknowledge on every core--> flushed --release--> frame free
                                                                                     `-restore--> valid again

One *shootdown* is under way at a time: of a page whose entry was made invalid, or of a space whose identifier is taken
back. All cores owe an acknowledgement from the moment it begins, by one write: they compare the parity of the
shootdowns that they have seen with `turn` (a sense-reversing barrier).

A page is one index over all spaces, `home` tells its space. An entry above a leaf, whose frame is a page table, is a
page like any other here: processors remember those too. In all arrays 0 is nothing, and n + 1 stands for n.

Where a guard speaks of all cores ("every core has acknowledged"), the step is given that truth, and whoever judges
supplies the quantifier: a loop, or in a proof the one core in question, so that there may be any number of them.
Steps are total: an illegal one is answered by False and the state that came in.

Source: Black, Rashid, Golub, Hill, Baron, Translation lookaside buffer consistency: a software approach, 1989;
Intel SDM 3A 4.10; Arm ARM D8, break-before-make; Mellor-Crummey and Scott 1991 for the barrier.
"""

from __future__ import annotations

from typing import NamedTuple

from .algebra import ONE, TRUE, ZERO, Truth, Word, Words, invert, load, stop, store_if, where


class Tlbs(NamedTuple):
    """Page tables, TLBs and what software knows of them.

    Attributes:
        table: for each page the frame + 1 of its valid entry, or 0.
        cached: for each core and page (`place_of`) the frame + 1 that the core's TLB holds, or 0.
        running: for each core the space + 1 that runs there, or 0.
        seen: for each core the parity of the last shootdown that it acknowledged.
        owner: for each frame the page + 1 that it is mapped by, or held for; 0 if it is free.
        identifier: for each space the identifier + 1 that tags what is cached of it, or 0.
        holder: for each identifier the space + 1 that has it, or 0.
        home: for each page its space; never changes.
        changing: the page + 1 that is being flushed, or 0.
        held: the frame + 1 that this page was mapped to, or 0.
        retiring: the space + 1 whose identifier is being taken back, or 0.
        turn: the parity of the shootdowns so far.
        pages: how many pages there are.
        span: binary logarithm of the places that each core has in `cached`.
    """

    table: Words
    cached: Words
    running: Words
    seen: Words
    owner: Words
    identifier: Words
    holder: Words
    home: Words
    changing: Word
    held: Word
    retiring: Word
    turn: Word
    pages: Word
    span: Word


def place_of(tlbs: Tlbs, core: Word, page: Word) -> Word:
    """Where `cached` keeps what `core` holds of `page`."""
    return (core << tlbs.span) | page


def held_by(tlbs: Tlbs, core: Word, page: Word) -> Word:
    """What the TLB of `core` holds of `page`: frame + 1, or 0."""
    return load(tlbs.cached, place_of(tlbs, core, page))


def number_of(entry: Word) -> Word:
    """The number that an entry stands for; 0 for none, so that it may be an index in any case."""
    return entry - where(entry == ZERO, ZERO, ONE)


def waits(tlbs: Tlbs, core: Word) -> Truth:
    """Whether `core` has not acknowledged the shootdown that is under way."""
    return load(tlbs.seen, core) != tlbs.turn


def is_quiet(tlbs: Tlbs) -> Truth:
    """Whether no shootdown is under way."""
    return (tlbs.changing == ZERO) & (tlbs.retiring == ZERO)


def all_acknowledged(tlbs: Tlbs, cores: Word) -> Truth:
    """Whether none of the cores below `cores` waits: the quantifier, where cores can be counted."""
    done = TRUE
    core = ZERO
    for _ in range(cores):
        done = done & invert(waits(tlbs, core))
        core = core + ONE
    return done


def runs_nowhere(tlbs: Tlbs, cores: Word, space: Word) -> Truth:
    """Whether none of the cores below `cores` runs `space`."""
    idle = TRUE
    core = ZERO
    for _ in range(cores):
        idle = idle & (load(tlbs.running, core) != space + ONE)
        core = core + ONE
    return idle


# -- what the hardware does ----------------------------------------------------------------------------------


def fill(tlbs: Tlbs, core: Word, page: Word) -> tuple[Tlbs, Truth]:
    """The core remembers the entry of a page of the space that it runs."""
    entry = load(tlbs.table, page)
    runs = load(tlbs.running, core) == load(tlbs.home, page) + ONE
    legal = (entry != ZERO) & runs
    return with_cached(tlbs, store_if(legal, tlbs.cached, place_of(tlbs, core, page), entry)), legal


def evict(tlbs: Tlbs, core: Word, page: Word) -> tuple[Tlbs, Truth]:
    """The core forgets a page that it remembers: on its own account, or told to by a flush of this page."""
    legal = held_by(tlbs, core, page) != ZERO
    return forget(legal, tlbs, core, page), legal


def forget(going: Truth, tlbs: Tlbs, core: Word, page: Word) -> Tlbs:
    """The TLB of `core` holds nothing of `page`, if `going`."""
    return with_cached(tlbs, store_if(going, tlbs.cached, place_of(tlbs, core, page), ZERO))


def sweep(going: Truth, tlbs: Tlbs, core: Word, space: Word, page: Word) -> Tlbs:
    """One round of a flush of `space`: `page` is forgotten if it belongs to the space, if `going`."""
    return forget(going & (load(tlbs.home, page) == space), tlbs, core, page)


def flush_space(going: Truth, tlbs: Tlbs, core: Word, space: Word) -> Tlbs:
    """The core forgets all of one space, if `going`: the flush by identifier."""
    if stop(going):
        return tlbs
    page = ZERO
    for _ in range(tlbs.pages):
        tlbs = sweep(going, tlbs, core, space, page)
        page = page + ONE
    return tlbs


def flush_all(going: Truth, tlbs: Tlbs, core: Word) -> Tlbs:
    """The core forgets everything, if `going`."""
    if stop(going):
        return tlbs
    page = ZERO
    for _ in range(tlbs.pages):
        tlbs = forget(going, tlbs, core, page)
        page = page + ONE
    return tlbs


# -- one page -------------------------------------------------------------------------------------------------


def enter(tlbs: Tlbs, page: Word, frame: Word) -> tuple[Tlbs, Truth]:
    """A page without an entry gets a free frame; nothing need be flushed, as no TLB remembers what is invalid."""
    unmapped = (load(tlbs.table, page) == ZERO) & (tlbs.changing != page + ONE)
    legal = unmapped & (load(tlbs.owner, frame) == ZERO)
    table = store_if(legal, tlbs.table, page, frame + ONE)
    owner = store_if(legal, tlbs.owner, frame, page + ONE)
    return with_books(tlbs, table, owner), legal


def invalidate(tlbs: Tlbs, page: Word) -> tuple[Tlbs, Truth]:
    """A valid entry becomes invalid, and every core owes a flush of it; its frame is held until then."""
    entry = load(tlbs.table, page)
    legal = (entry != ZERO) & is_quiet(tlbs)
    tlbs = with_books(tlbs, store_if(legal, tlbs.table, page, ZERO), tlbs.owner)
    changing = where(legal, page + ONE, tlbs.changing)
    return with_shootdown(tlbs, changing, where(legal, entry, tlbs.held), tlbs.retiring, turned(legal, tlbs)), legal


def acknowledge(tlbs: Tlbs, core: Word) -> tuple[Tlbs, Truth]:
    """A core that waits flushes the page, or the space, that the shootdown is about, and says so."""
    legal = waits(tlbs, core)
    tlbs = forget(legal & (tlbs.changing != ZERO), tlbs, core, number_of(tlbs.changing))
    tlbs = flush_space(legal & (tlbs.retiring != ZERO), tlbs, core, number_of(tlbs.retiring))
    return with_cores(tlbs, tlbs.running, store_if(legal, tlbs.seen, core, tlbs.turn)), legal


def release(tlbs: Tlbs, acknowledged: Truth) -> tuple[Tlbs, Truth]:
    """The end of a shootdown that takes the page away: the frame is free."""
    legal = (tlbs.changing != ZERO) & acknowledged
    owner = store_if(legal, tlbs.owner, number_of(tlbs.held), ZERO)
    return settled(legal, with_books(tlbs, tlbs.table, owner)), legal


def restore(tlbs: Tlbs, acknowledged: Truth) -> tuple[Tlbs, Truth]:
    """The end of a shootdown that changes the rights of a page: its entry is valid again, with the same frame."""
    legal = (tlbs.changing != ZERO) & acknowledged
    table = store_if(legal, tlbs.table, number_of(tlbs.changing), tlbs.held)
    return settled(legal, with_books(tlbs, table, tlbs.owner)), legal


# -- spaces and their identifiers ----------------------------------------------------------------------------


def switch(tlbs: Tlbs, core: Word, space: Word, keep: Truth) -> tuple[Tlbs, Truth]:
    """The core runs `space` from now on, which must have an identifier; it forgets everything unless `keep`."""
    legal = (load(tlbs.identifier, space) != ZERO) & (tlbs.retiring != space + ONE)
    tlbs = flush_all(legal & invert(keep), tlbs, core)
    return with_cores(tlbs, store_if(legal, tlbs.running, core, space + ONE), tlbs.seen), legal


def leave(tlbs: Tlbs, core: Word) -> tuple[Tlbs, Truth]:
    """The core runs no space any more; what it remembers, it keeps."""
    legal = load(tlbs.running, core) != ZERO
    return with_cores(tlbs, store_if(legal, tlbs.running, core, ZERO), tlbs.seen), legal


def give(tlbs: Tlbs, space: Word, number: Word) -> tuple[Tlbs, Truth]:
    """A space without an identifier gets identifier `number`, which nobody has."""
    legal = (load(tlbs.identifier, space) == ZERO) & (load(tlbs.holder, number) == ZERO)
    identifier = store_if(legal, tlbs.identifier, space, number + ONE)
    return with_identifiers(tlbs, identifier, store_if(legal, tlbs.holder, number, space + ONE)), legal


def retire(tlbs: Tlbs, space: Word, idle: Truth) -> tuple[Tlbs, Truth]:
    """The identifier of a space that runs on no core (`idle`) is to be taken back: every core owes a flush of it."""
    legal = (load(tlbs.identifier, space) != ZERO) & is_quiet(tlbs) & idle
    retiring = where(legal, space + ONE, tlbs.retiring)
    return with_shootdown(tlbs, tlbs.changing, tlbs.held, retiring, turned(legal, tlbs)), legal


def reclaim(tlbs: Tlbs, acknowledged: Truth) -> tuple[Tlbs, Truth]:
    """The end of a shootdown of a space: its identifier may be given to another."""
    legal = (tlbs.retiring != ZERO) & acknowledged
    space = number_of(tlbs.retiring)
    number = number_of(load(tlbs.identifier, space))
    holder = store_if(legal, tlbs.holder, number, ZERO)
    return settled(legal, with_identifiers(tlbs, store_if(legal, tlbs.identifier, space, ZERO), holder)), legal


# -- states that differ in a part ----------------------------------------------------------------------------


def turned(going: Truth, tlbs: Tlbs) -> Word:
    """The parity after one more shootdown, if `going`: every core that waited for nothing waits now."""
    return where(going, tlbs.turn ^ ONE, tlbs.turn)


def settled(going: Truth, tlbs: Tlbs) -> Tlbs:
    """No shootdown is under way any more, if `going`."""
    changing = where(going, ZERO, tlbs.changing)
    held = where(going, ZERO, tlbs.held)
    return with_shootdown(tlbs, changing, held, where(going, ZERO, tlbs.retiring), tlbs.turn)


def with_cached(tlbs: Tlbs, cached: Words) -> Tlbs:
    """The state with other contents of the TLBs."""
    table, _, running, seen, owner, identifier, holder, home, changing, held, retiring, turn, pages, span = tlbs
    return Tlbs(
        table, cached, running, seen, owner, identifier, holder, home, changing, held, retiring, turn, pages, span
    )


def with_cores(tlbs: Tlbs, running: Words, seen: Words) -> Tlbs:
    """The state with other spaces on the cores, or other acknowledgements."""
    table, cached, _, _, owner, identifier, holder, home, changing, held, retiring, turn, pages, span = tlbs
    return Tlbs(
        table, cached, running, seen, owner, identifier, holder, home, changing, held, retiring, turn, pages, span
    )


def with_books(tlbs: Tlbs, table: Words, owner: Words) -> Tlbs:
    """The state with other entries, or other owners of frames."""
    _, cached, running, seen, _, identifier, holder, home, changing, held, retiring, turn, pages, span = tlbs
    return Tlbs(
        table, cached, running, seen, owner, identifier, holder, home, changing, held, retiring, turn, pages, span
    )


def with_identifiers(tlbs: Tlbs, identifier: Words, holder: Words) -> Tlbs:
    """The state with other identifiers of spaces."""
    table, cached, running, seen, owner, _, _, home, changing, held, retiring, turn, pages, span = tlbs
    return Tlbs(
        table, cached, running, seen, owner, identifier, holder, home, changing, held, retiring, turn, pages, span
    )


def with_shootdown(tlbs: Tlbs, changing: Word, held: Word, retiring: Word, turn: Word) -> Tlbs:
    """The state with another shootdown under way."""
    table, cached, running, seen, owner, identifier, holder, home, _, _, _, _, pages, span = tlbs
    return Tlbs(
        table, cached, running, seen, owner, identifier, holder, home, changing, held, retiring, turn, pages, span
    )
