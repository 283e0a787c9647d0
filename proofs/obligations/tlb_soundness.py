"""What is true of TLBs in every state that can be reached, at one core, page, space and identifier.

The laws alone are not inductive: that a core which is to flush will not fill again, and that whoever waits for nothing
has acknowledged everything, is what the steps keep besides. All of it is stated at one point, so it is assumed and
shown for any number of cores.
"""

from __future__ import annotations

from ...spec.algebra import ONE, ZERO, Truth, Word, implies, invert, load
from ...spec.tlb import Tlbs, held_by, is_quiet, number_of, waits
from ...spec.tlb_laws import broken_before_made, flushed, held, identified, remembered


def is_pending(tlbs: Tlbs, page: Word) -> Truth:
    """If `page` is being flushed, it is a page, its entry is invalid and the frame that is held is its own."""
    own = load(tlbs.owner, number_of(tlbs.held)) == page + ONE
    pending = (load(tlbs.table, page) == ZERO) & (tlbs.held != ZERO) & own
    return implies(tlbs.changing == page + ONE, pending)


def is_counted(tlbs: Tlbs, core: Word) -> Truth:
    """At most one shootdown is under way, of a page that there is, and if there is none, `core` does not wait."""
    one = (tlbs.changing == ZERO) | (tlbs.retiring == ZERO)
    there = (number_of(tlbs.changing) >> tlbs.span) == ZERO
    return one & there & implies(is_quiet(tlbs), invert(waits(tlbs, core)))


def is_leaving(tlbs: Tlbs, core: Word, page: Word, space: Word) -> Truth:
    """A space that runs, or is being retired, has an identifier; one that is being retired does not run.

    A core that has acknowledged the retirement holds no page of the space.
    """
    named = load(tlbs.identifier, space) != ZERO
    runs, retires = load(tlbs.running, core) == space + ONE, tlbs.retiring == space + ONE
    gone = (tlbs.retiring == load(tlbs.home, page) + ONE) & invert(waits(tlbs, core))
    empty = held_by(tlbs, core, page) == ZERO
    return implies(runs | retires, named) & invert(runs & retires) & implies(gone, empty)


def sound(tlbs: Tlbs, core: Word, page: Word, space: Word, number: Word) -> Truth:
    """Everything, in one truth."""
    laws = remembered(tlbs, core, page) & flushed(tlbs, core, page) & held(tlbs, core, page)
    named = identified(tlbs, core, page, space, number) & is_leaving(tlbs, core, page, space)
    return laws & named & is_pending(tlbs, page) & is_counted(tlbs, core)


def is_at_home(tlbs: Tlbs, core: Word, page: Word, space: Word, number: Word) -> Truth:
    """Everything at `space`, and at the space that `page` belongs to, which is no more than a word can count."""
    home = load(tlbs.home, page)
    counted = home + ONE != ZERO
    return counted & sound(tlbs, core, page, space, number) & sound(tlbs, core, page, home, number)


def laws_kept(before: Tlbs, after: Tlbs, core: Word, page: Word, space: Word, number: Word) -> dict[str, Truth]:
    """What a step has to show: each law, with what keeps it."""
    return {
        "L1": remembered(after, core, page) & is_pending(after, page),
        "L2": flushed(after, core, page) & is_counted(after, core),
        "L3": held(after, core, page),
        "L4": broken_before_made(before, after, core, page),
        "L5": identified(after, core, page, space, number) & is_leaving(after, core, page, space),
    }
