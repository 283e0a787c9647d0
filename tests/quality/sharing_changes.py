"""One-line changes of the steps of sharing, each of which every judge must notice."""

from .spine import Change

CHANGES = (
    Change(
        "a page is written with the right to read it",
        "sharing",
        "legal, frame = is_writable(sharing, page), frame_at(sharing, page)",
        "legal, frame = is_mapped(sharing, page), frame_at(sharing, page)",
    ),
    Change(
        "the parent keeps its right after a fork",
        "sharing",
        "sharing = mapped(legal, sharing, source, mapping)",
        "sharing = sharing",
    ),
    Change(
        "a forked page may be written",
        "sharing",
        "writes = where(is_shared(sharing, source), load(sharing.writable, source), ZERO)",
        "writes = load(sharing.writable, source)",
    ),
    Change(
        "a private mapping of a file may be written",
        "sharing",
        "mapping = Mapping(load(sharing.frame, source), writes, source + ONE, writes)",
        "mapping = Mapping(load(sharing.frame, source), ONE, source + ONE, writes)",
    ),
    Change(
        "a shared mapping becomes private in the child",
        "sharing",
        "load(sharing.object, source), load(sharing.shared, source)",
        "ZERO, ZERO",
    ),
    Change(
        "a frame is taken over while another page maps it",
        "sharing",
        "load(sharing.count, frame_at(sharing, page)) == ONE",
        "load(sharing.count, frame_at(sharing, page)) >= ONE",
    ),
    Change(
        "a copy is empty",
        "sharing",
        "sharing = with_content(copied, sharing, frame, load(sharing.content, own))",
        "sharing = with_content(copied, sharing, frame, ZERO)",
    ),
    Change(
        "a frame that was left by a copy stays counted",
        "sharing",
        "load(sharing.count, own) - where(copied, ONE, ZERO)",
        "load(sharing.count, own)",
    ),
    Change(
        "a fork is not counted, and the frame is given to another while it is mapped",
        "sharing",
        "load(sharing.count, frame_at(sharing, source)) + ONE)\n    return mapped(legal, sharing, page, mapping), legal"
        "\n\n\ndef separate",
        "load(sharing.count, frame_at(sharing, source)))\n    return mapped(legal, sharing, page, mapping), legal"
        "\n\n\ndef separate",
    ),
    Change(
        "a frame is given as it was left",
        "sharing",
        "sharing = with_content(legal, sharing, frame, ZERO)",
        "sharing = sharing",
    ),
    Change(
        "a page is filled into a frame that is mapped",
        "sharing",
        "legal = is_vacant(sharing, page) & is_unused(sharing, frame)",
        "legal = is_vacant(sharing, page)",
    ),
    Change(
        "a copy is made into a frame that is mapped",
        "sharing",
        "(alone | is_unused(sharing, frame))",
        "(alone | is_mapped(sharing, page))",
    ),
    Change("counts have room for one more than they have", "sharing", "< sharing.most)", "<= sharing.most)"),
    Change(
        "a file is evicted with what was written to it",
        "sharing",
        "is_alone(sharing, page) & same\n",
        "is_alone(sharing, page)\n",
    ),
    Change(
        "a file is evicted from under its mappings",
        "sharing",
        "is_mapped(sharing, page) & is_alone(sharing, page) & same\n",
        "is_mapped(sharing, page) & same\n",
    ),
    Change(
        "a file is read from the frame instead of backing store",
        "sharing",
        "sharing = with_content(legal, sharing, frame, load(sharing.stored, page))",
        "sharing = sharing",
    ),
    Change(
        "an unmapped frame stays counted",
        "sharing",
        "load(sharing.count, frame) - where(going, ONE, ZERO)",
        "load(sharing.count, frame)",
    ),
    Change(
        "a write takes bits that it is not about",
        "sharing",
        "return content ^ ((content ^ value) & mask)",
        "return (content & (mask ^ mask)) | (value & mask)",
    ),
)
