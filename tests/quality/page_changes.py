"""One-line changes of the steps of page states, each of which every judge must notice."""

from .spine import Change

CHANGES = (
    Change(
        "a page is filled into a frame that is used",
        "pages",
        "legal = (state_of(pages, page) == COMMITTED) & is_unused(pages, frame)",
        "legal = state_of(pages, page) == COMMITTED",
    ),
    Change(
        "a page is read into a frame that is used",
        "pages",
        "legal = (state_of(pages, page) == PAGED_OUT) & is_unused(pages, frame)",
        "legal = state_of(pages, page) == PAGED_OUT",
    ),
    Change(
        "a dirty page is evicted",
        "pages",
        "legal = is_clean(state)\n    pages = unbacked",
        "legal = is_resident(state)\n    pages = unbacked",
    ),
    Change(
        "an evicted page keeps its frame",
        "pages",
        "pages = unbacked(legal, pages, frame_of(state))",
        "pages = pages",
    ),
    Change(
        "a dirty page that is decommitted keeps its frame",
        "pages",
        "unbacked(legal & is_resident(state), pages",
        "unbacked(legal & is_clean(state), pages",
    ),
    Change(
        "one more is committed than the limit", "pages", "(pages.charge < pages.limit)", "(pages.charge <= pages.limit)"
    ),
    Change("a commit is not charged", "pages", "pages.charge + where(legal, ONE, ZERO)", "pages.charge"),
    Change("what is decommitted stays charged", "pages", "pages.charge - where(legal, ONE, ZERO)", "pages.charge"),
    Change(
        "a committed page is released",
        "pages",
        "legal = state_of(pages, page) == RESERVED\n",
        "legal = state_of(pages, page) >= RESERVED\n",
    ),
    Change(
        "a page that was filled is clean",
        "pages",
        "resident_in(frame, TRUE)",
        "resident_in(frame, frame != frame)",
    ),
    Change("a frame names the page before its own", "pages", "frame, page + ONE)", "frame, page)"),
    Change(
        "a write moves the page to another frame",
        "pages",
        "resident_in(frame_of(state), TRUE)",
        "resident_in(ZERO, TRUE)",
    ),
)
