"""One-line changes of the steps on regions, each of which every judge must notice."""

from .spine import Change

CHANGES = (
    Change(
        "a new region may lie on the one below it",
        "regions",
        "(end_of(regions, below) <= first) & (length <=",
        "(length <=",
    ),
    Change(
        "a new region may reach into the one above it",
        "regions",
        "(end_of(regions, below) <= first) & (length <= above - first)",
        "(end_of(regions, below) <= first)",
    ),
    Change(
        "a new region is put at a wrong place of the list",
        "regions",
        "return (below == node) & is_node(regions, node) & starts_before & (page < next_of(regions, node))",
        "return (below == node) & is_node(regions, node) & starts_before",
    ),
    Change(
        "the pages of an object may wrap",
        "regions",
        "return invert(is_backed(kind)) | (offset <= ALL_BITS - length)",
        "return offset <= ALL_BITS",
    ),
    Change(
        "what is behind the upper part of a split does not follow",
        "regions",
        "offset_of(regions, first) + lower\n",
        "offset_of(regions, first)\n",
    ),
    Change(
        "a region is split at its end",
        "regions",
        "legal = (first < at) & (at < first + length)",
        "legal = (first < at) & (at <= first + length)",
    ),
    Change(
        "the lower part of a split keeps its length",
        "regions",
        "return lengthened(legal, regions, first, lower), legal",
        "return lengthened(legal, regions, first, length), legal",
    ),
    Change(
        "regions of different kinds are joined",
        "regions",
        "return adjacent & (kind == kind_of(regions, above)) & follows",
        "return adjacent & follows",
    ),
    Change(
        "regions are joined across pages of the object",
        "regions",
        "return adjacent & (kind == kind_of(regions, above)) & follows",
        "return adjacent & (kind == kind_of(regions, above))",
    ),
    Change(
        "regions are joined across a gap",
        "regions",
        "is_region(regions, above) & (end_of(regions, first) == above)",
        "is_region(regions, above)",
    ),
    Change(
        "a region grows into the one above it",
        "regions",
        "legal = is_region(regions, first) & (length != ZERO) & (length <= next_of(regions, first) - first)",
        "legal = is_region(regions, first) & (length != ZERO) & (length <= regions.pages - first)",
    ),
    Change(
        "a region that is removed stays counted",
        "regions",
        "count = regions.count - where(going, ONE, ZERO)",
        "count = regions.count",
    ),
    Change(
        "a region that is removed stays the neighbour below",
        "regions",
        "downward = store_if(going, regions.previous, above, below)",
        "downward = regions.previous",
    ),
)
