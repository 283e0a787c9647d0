"""The laws of translation lookaside buffers, L1 to L5, each at one point: a core, a page, an identifier.

None of them mentions how a shootdown is done, but for what is under way: a page that is being flushed, and whether a
core has acknowledged.
"""

from __future__ import annotations

from .algebra import ONE, ZERO, Truth, Word, implies, invert, load
from .law import Scope, law
from .tlb import Tlbs, held_by, number_of, waits

CONTRACT = "translation"
#: The part of the contract that these laws are about.
PART = "tlb"


@law(
    "L1",
    "remembered",
    contract=CONTRACT,
    part=PART,
    statement="What a TLB holds is what the walk gives, or what the shootdown under way is about to flush.",
    source="Intel SDM 3A 4.10: processors may keep translations until told; Black et al. 1989; seL4 issue 107.",
    scope=Scope.STATE,
)
def remembered(tlbs: Tlbs, core: Word, page: Word) -> Truth:
    """The entry that `core` holds of `page`, if any, is the valid one, or the one that was before the change."""
    entry = held_by(tlbs, core, page)
    pending = (tlbs.changing == page + ONE) & (entry == tlbs.held)
    return implies(entry != ZERO, (entry == load(tlbs.table, page)) | pending)


@law(
    "L2",
    "flushed",
    contract=CONTRACT,
    part=PART,
    statement="A core that has acknowledged holds nothing stale, and when a shootdown is done, no core does.",
    source="Black et al. 1989, Translation lookaside buffer consistency; Linux commit 60bae7370896.",
    scope=Scope.STATE,
)
def flushed(tlbs: Tlbs, core: Word, page: Word) -> Truth:
    """Unless `core` still owes a flush of `page`, it holds nothing of it but the valid entry."""
    entry = held_by(tlbs, core, page)
    owed = (tlbs.changing == page + ONE) & waits(tlbs, core)
    return owed | (entry == ZERO) | (entry == load(tlbs.table, page))


@law(
    "L3",
    "held",
    contract=CONTRACT,
    part=PART,
    statement="A frame or table is reused only after all cores acknowledged; a free one is in no entry and no TLB.",
    source="CVE-2018-18281: mremap moved entries and flushed late, pages were freed while TLBs still named them.",
    scope=Scope.STATE,
)
def held(tlbs: Tlbs, core: Word, page: Word) -> Truth:
    """The frame that the table or the TLB of `core` names for `page` belongs to `page`."""
    cached, walked = held_by(tlbs, core, page), load(tlbs.table, page)
    by_cache = load(tlbs.owner, number_of(cached)) == page + ONE
    by_walk = load(tlbs.owner, number_of(walked)) == page + ONE
    return implies(cached != ZERO, by_cache) & implies(walked != ZERO, by_walk)


@law(
    "L4",
    "broken-before-made",
    contract=CONTRACT,
    part=PART,
    statement="A valid entry is changed only through invalid and flushed: none becomes valid while a TLB holds one.",
    source="Arm ARM D8, break-before-make; Intel SDM 3A 4.10.4: a changed entry and its old one may both be used.",
    scope=Scope.CHANGE,
)
def broken_before_made(before: Tlbs, after: Tlbs, core: Word, page: Word) -> Truth:
    """The entry of `page` is as before, or becomes invalid, or becomes valid while `core` holds nothing of it."""
    old, new = load(before.table, page), load(after.table, page)
    made = (old == ZERO) & (held_by(before, core, page) == ZERO)
    return (new == old) | (new == ZERO) | made


@law(
    "L5",
    "identified",
    contract=CONTRACT,
    part=PART,
    statement="No two spaces have one identifier, and nothing is cached of a space that has none.",
    source="Intel SDM 3A 4.10.1 (PCIDs) and Arm ARM D8 (ASIDs): a TLB tells spaces apart by nothing else.",
    scope=Scope.STATE,
)
def identified(tlbs: Tlbs, core: Word, page: Word, space: Word, number: Word) -> Truth:
    """`space` and identifier `number` agree on who has what, and `page` is cached only if its space has one.

    An identifier has one holder, so what agrees with it is one space; and what is cached under an identifier belongs to
    its holder, as a space gives its identifier back with nothing cached.
    """
    cached = held_by(tlbs, core, page) != ZERO
    tagged = load(tlbs.identifier, load(tlbs.home, page)) != ZERO
    return agrees(tlbs, space, number) & implies(cached, tagged)


def agrees(tlbs: Tlbs, space: Word, number: Word) -> Truth:
    """The identifier of `space` has it as its holder, and if `number` does, it is that identifier."""
    own = load(tlbs.identifier, space)
    there = load(tlbs.holder, number_of(own)) == space + ONE
    here = (load(tlbs.holder, number) == space + ONE) & (own != number + ONE)
    return implies(own != ZERO, there) & invert(here)
