"""One-line changes of the TLB specification, each of which every judge must notice."""

from .spine import Change

CHANGES = (
    Change(
        "the frame is free before all have acknowledged",
        "tlb",
        "legal = (tlbs.changing != ZERO) & acknowledged\n    owner",
        "legal = tlbs.changing != ZERO\n    owner",
    ),
    Change(
        "the entry is valid again before all have acknowledged",
        "tlb",
        "legal = (tlbs.changing != ZERO) & acknowledged\n    table",
        "legal = tlbs.changing != ZERO\n    table",
    ),
    Change(
        "an identifier is taken back before all have acknowledged",
        "tlb",
        "legal = (tlbs.retiring != ZERO) & acknowledged",
        "legal = tlbs.retiring != ZERO",
    ),
    Change(
        "acknowledged without flushing the page",
        "tlb",
        "tlbs = forget(legal & (tlbs.changing != ZERO), tlbs, core, number_of(tlbs.changing))",
        "tlbs = forget(legal & (tlbs.changing == ZERO), tlbs, core, number_of(tlbs.changing))",
    ),
    Change(
        "acknowledged without flushing the space",
        "tlb",
        "tlbs = flush_space(legal & (tlbs.retiring != ZERO)",
        "tlbs = flush_space(legal & (tlbs.retiring == ZERO)",
    ),
    Change("another space is flushed", "tlb", "(load(tlbs.home, page) == space)", "(load(tlbs.home, page) != space)"),
    Change(
        "an invalidation asks nobody to flush",
        "tlb",
        "where(legal, entry, tlbs.held), tlbs.retiring, turned(legal, tlbs)",
        "where(legal, entry, tlbs.held), tlbs.retiring, tlbs.turn",
    ),
    Change(
        "a changing entry stays valid",
        "tlb",
        "store_if(legal, tlbs.table, page, ZERO)",
        "store_if(legal, tlbs.table, page, entry)",
    ),
    Change(
        "a frame is given out twice",
        "tlb",
        "legal = unmapped & (load(tlbs.owner, frame) == ZERO)",
        "legal = unmapped",
    ),
    Change(
        "a page is entered anew while it is flushed",
        "tlb",
        "unmapped = (load(tlbs.table, page) == ZERO) & (tlbs.changing != page + ONE)",
        "unmapped = load(tlbs.table, page) == ZERO",
    ),
    Change(
        "a mapped page is entered over",
        "tlb",
        "unmapped = (load(tlbs.table, page) == ZERO) & (tlbs.changing != page + ONE)",
        "unmapped = tlbs.changing != page + ONE",
    ),
    Change(
        "an identifier has two holders",
        "tlb",
        "legal = (load(tlbs.identifier, space) == ZERO) & (load(tlbs.holder, number) == ZERO)",
        "legal = load(tlbs.identifier, space) == ZERO",
    ),
    Change(
        "a running space loses its identifier",
        "tlb",
        "is_quiet(tlbs) & idle",
        "is_quiet(tlbs)",
    ),
    Change(
        "a retiring space may run",
        "tlb",
        "legal = (load(tlbs.identifier, space) != ZERO) & (tlbs.retiring != space + ONE)",
        "legal = load(tlbs.identifier, space) != ZERO",
    ),
    Change(
        "a second shootdown begins in the first",
        "tlb",
        "legal = (entry != ZERO) & is_quiet(tlbs)",
        "legal = entry != ZERO",
    ),
    Change("TLBs remember spaces that do not run", "tlb", "legal = (entry != ZERO) & runs", "legal = entry != ZERO"),
)
