"""One-line changes of accesses, each of which every judge must notice."""

from .spine import Change

CHANGES = (
    Change(
        "a guard is not looked at",
        "access",
        "warned = where((rights & GUARD) != ZERO, GUARD_HIT, asked)",
        "warned = asked",
    ),
    Change(
        "a guard stays",
        "access",
        "where(outcome == GUARD_HIT, rights & invert_bits(GUARD), private)",
        "private",
    ),
    Change(
        "a missing right is looked at before the guard",
        "access",
        "warned = where((rights & GUARD) != ZERO, GUARD_HIT, asked)",
        "warned = where(allows(rights, kind) & ((rights & GUARD) != ZERO), GUARD_HIT, asked)",
    ),
    Change(
        "a reserved page is filled",
        "access",
        "where(is_charged(state) & ((rights & ALLOWING) != ZERO), warned, VIOLATION)",
        "where(is_charged(state), warned, DEMAND_ZERO)",
    ),
    Change(
        "any right lets every access through",
        "access",
        "return ((rights & kind) != ZERO) |",
        "return ((rights & ALLOWING) != ZERO) |",
    ),
    Change(
        "a page that is copied on write cannot be written",
        "access",
        "((rights & kind) != ZERO) | ((kind == WRITES) & ((rights & COPY) != ZERO))",
        "(rights & kind) != ZERO",
    ),
    Change(
        "write intent is lost after the copy",
        "access",
        "(rights & invert_bits(COPY)) | WRITE",
        "rights & invert_bits(COPY)",
    ),
    Change(
        "a page is copied again and again",
        "access",
        "(rights & invert_bits(COPY)) | WRITE",
        "rights | WRITE",
    ),
    Change(
        "what was copied keeps its old frame",
        "access",
        "unbacked(outcome == COPIED, space.pages",
        "unbacked(outcome == VIOLATION, space.pages",
    ),
    Change(
        "a fault takes a frame that is used",
        "access",
        "is_starved = needs_frame(found) & invert(is_unused(space.pages, frame))",
        "is_starved = needs_frame(found) & (found == WAITING)",
    ),
    Change(
        "a page that was zeroed is clean",
        "access",
        "state = resident_in(frame, outcome != IN_PAGE)",
        "state = resident_in(frame, outcome == COPIED)",
    ),
    Change(
        "a write does not make a page dirty",
        "access",
        "written = succeeds(outcome) & (kind == WRITES)",
        "written = needs_frame(outcome) & (kind == WRITES)",
    ),
    Change(
        "an access that waits writes",
        "access",
        "return outcome <= COPIED",
        "return (outcome <= COPIED) | (outcome == WAITING)",
    ),
    Change(
        "a decommitted page keeps its rights",
        "access",
        "return allowed(legal, Space(pages, space.rights), page, NO_ACCESS), legal",
        "return Space(pages, space.rights), legal",
    ),
    Change(
        "a reserved page gets rights",
        "access",
        "legal = is_charged(state_of(space.pages, page)) & is_protection(rights)",
        "legal = is_protection(rights)",
    ),
    Change(
        "rights change though the commit is refused",
        "access",
        "return allowed(legal, Space(pages, space.rights), page, rights), legal",
        "return allowed(TRUE, Space(pages, space.rights), page, rights), legal",
    ),
)
