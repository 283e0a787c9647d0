"""Regions of a space of any size: every step on one region keeps every law, whatever else there is.

Each step at the spot of `region_points`: the order (V1), the count (V2), what is seen at a page (V5), the ends (V15).
"""

from __future__ import annotations

from ...spec.algebra import Word, Words
from ...spec.region_laws import (
    ended,
)
from ...spec.regions import (
    Regions,
    is_region,
)
from .obligation import Query, obligation
from .region_points import (
    EAGERLY,
    EITHER,
    HERE,
    LAZILY,
    PLACE,
    REGION,
    VARIABLES,
    Spot,
    count_kept,
    ends_kept,
    has_end,
    order_kept,
    pages_kept,
)
from .region_steps import changed, inserted, parted, removed, resized, united

__all__ = ["VARIABLES"]


@obligation(
    "regions-ends",
    "V15",
    says="A region has a last page, and so has what is behind it, exactly if they are long enough for it.",
    without=EITHER,
)
def regions_ends(regions: Regions, first: Word) -> Query:
    """What V15 says with the number of the last page, the steps say without a sum that could wrap."""
    law, seen_by_steps = ended(regions, first), has_end(regions, first)
    premises = {REGION: (first < regions.pages) & is_region(regions, first), EITHER: law | seen_by_steps}
    return Query(premises, {"V15": law & seen_by_steps})


@obligation("regions-insert-order", "V1", says="A new region keeps the order.", without=HERE, **EAGERLY)
def regions_insert_order(
    regions: Regions, below: Word, first: Word, length: Word, kind: Word, offset: Word, numbers: Words, spot: Spot
) -> Query:
    """No region is disturbed, wherever it is."""
    return order_kept(regions, spot, inserted(regions, below, first, length, kind, offset, numbers, spot))


@obligation("regions-insert-count", "V2", says="A new region keeps the count exact.", without=HERE, **LAZILY)
def regions_insert_count(
    regions: Regions, below: Word, first: Word, length: Word, kind: Word, offset: Word, numbers: Words, spot: Spot
) -> Query:
    """The numbers run from one to the count."""
    return count_kept(regions, numbers, spot, inserted(regions, below, first, length, kind, offset, numbers, spot))


@obligation(
    "regions-insert-pages",
    "V5",
    says="A new region changes what was asked, and no other page.",
    without=PLACE,
    **LAZILY,
)
def regions_insert_pages(
    regions: Regions, below: Word, first: Word, length: Word, kind: Word, offset: Word, numbers: Words, spot: Spot
) -> Query:
    """What is seen at any page, before and after."""
    return pages_kept(regions, spot, inserted(regions, below, first, length, kind, offset, numbers, spot))


@obligation("regions-insert-ends", "V15", says="A new region leaves no end that wraps.", without=HERE, **EAGERLY)
def regions_insert_ends(
    regions: Regions, below: Word, first: Word, length: Word, kind: Word, offset: Word, numbers: Words, spot: Spot
) -> Query:
    """Neither in the space nor in an object."""
    return ends_kept(regions, spot, inserted(regions, below, first, length, kind, offset, numbers, spot))


@obligation("regions-remove-order", "V1", says="A region that is removed keeps the order.", without=HERE, **EAGERLY)
def regions_remove_order(regions: Regions, first: Word, numbers: Words, spot: Spot) -> Query:
    """No region is disturbed, wherever it is."""
    return order_kept(regions, spot, removed(regions, first, numbers, spot))


@obligation(
    "regions-remove-count", "V2", says="A region that is removed keeps the count exact.", without=HERE, **LAZILY
)
def regions_remove_count(regions: Regions, first: Word, numbers: Words, spot: Spot) -> Query:
    """The numbers run from one to the count."""
    return count_kept(regions, numbers, spot, removed(regions, first, numbers, spot))


@obligation(
    "regions-remove-pages",
    "V5",
    says="A region that is removed changes what was asked, and no other page.",
    without=PLACE,
    **EAGERLY,
)
def regions_remove_pages(regions: Regions, first: Word, numbers: Words, spot: Spot) -> Query:
    """What is seen at any page, before and after."""
    return pages_kept(regions, spot, removed(regions, first, numbers, spot))


@obligation(
    "regions-remove-ends", "V15", says="A region that is removed leaves no end that wraps.", without=HERE, **EAGERLY
)
def regions_remove_ends(regions: Regions, first: Word, numbers: Words, spot: Spot) -> Query:
    """Neither in the space nor in an object."""
    return ends_kept(regions, spot, removed(regions, first, numbers, spot))


@obligation("regions-split-order", "V1", says="A region that is split keeps the order.", without=HERE, **EAGERLY)
def regions_split_order(regions: Regions, first: Word, at: Word, numbers: Words, spot: Spot) -> Query:
    """No region is disturbed, wherever it is."""
    return order_kept(regions, spot, parted(regions, first, at, numbers, spot))


@obligation("regions-split-count", "V2", says="A region that is split keeps the count exact.", without=HERE, **LAZILY)
def regions_split_count(regions: Regions, first: Word, at: Word, numbers: Words, spot: Spot) -> Query:
    """The numbers run from one to the count."""
    return count_kept(regions, numbers, spot, parted(regions, first, at, numbers, spot))


@obligation(
    "regions-split-pages",
    "V5",
    says="A region that is split changes what was asked, and no other page.",
    without=PLACE,
    **EAGERLY,
)
def regions_split_pages(regions: Regions, first: Word, at: Word, numbers: Words, spot: Spot) -> Query:
    """What is seen at any page, before and after."""
    return pages_kept(regions, spot, parted(regions, first, at, numbers, spot))


@obligation(
    "regions-split-ends", "V15", says="A region that is split leaves no end that wraps.", without=HERE, **EAGERLY
)
def regions_split_ends(regions: Regions, first: Word, at: Word, numbers: Words, spot: Spot) -> Query:
    """Neither in the space nor in an object."""
    return ends_kept(regions, spot, parted(regions, first, at, numbers, spot))


@obligation(
    "regions-join-order",
    "V1",
    says="A region that is joined to the one below it keeps the order.",
    without=HERE,
    **EAGERLY,
)
def regions_join_order(regions: Regions, first: Word, numbers: Words, spot: Spot) -> Query:
    """No region is disturbed, wherever it is."""
    return order_kept(regions, spot, united(regions, first, numbers, spot))


@obligation(
    "regions-join-count",
    "V2",
    says="A region that is joined to the one below it keeps the count exact.",
    without=HERE,
    **LAZILY,
)
def regions_join_count(regions: Regions, first: Word, numbers: Words, spot: Spot) -> Query:
    """The numbers run from one to the count."""
    return count_kept(regions, numbers, spot, united(regions, first, numbers, spot))


@obligation(
    "regions-join-pages",
    "V5",
    says="A region that is joined to the one below it changes what was asked, and no other page.",
    without=PLACE,
    **EAGERLY,
)
def regions_join_pages(regions: Regions, first: Word, numbers: Words, spot: Spot) -> Query:
    """What is seen at any page, before and after."""
    return pages_kept(regions, spot, united(regions, first, numbers, spot))


@obligation(
    "regions-join-ends",
    "V15",
    says="A region that is joined to the one below it leaves no end that wraps.",
    without=HERE,
    **EAGERLY,
)
def regions_join_ends(regions: Regions, first: Word, numbers: Words, spot: Spot) -> Query:
    """Neither in the space nor in an object."""
    return ends_kept(regions, spot, united(regions, first, numbers, spot))


@obligation("regions-change-order", "V1", says="A region of another kind keeps the order.", without=HERE, **EAGERLY)
def regions_change_order(regions: Regions, first: Word, kind: Word, numbers: Words, spot: Spot) -> Query:
    """No region is disturbed, wherever it is."""
    return order_kept(regions, spot, changed(regions, first, kind, numbers, spot))


@obligation(
    "regions-change-count", "V2", says="A region of another kind keeps the count exact.", without=HERE, **LAZILY
)
def regions_change_count(regions: Regions, first: Word, kind: Word, numbers: Words, spot: Spot) -> Query:
    """The numbers run from one to the count."""
    return count_kept(regions, numbers, spot, changed(regions, first, kind, numbers, spot))


@obligation(
    "regions-change-pages",
    "V5",
    says="A region of another kind changes what was asked, and no other page.",
    without=PLACE,
    **EAGERLY,
)
def regions_change_pages(regions: Regions, first: Word, kind: Word, numbers: Words, spot: Spot) -> Query:
    """What is seen at any page, before and after."""
    return pages_kept(regions, spot, changed(regions, first, kind, numbers, spot))


@obligation(
    "regions-change-ends", "V15", says="A region of another kind leaves no end that wraps.", without=HERE, **EAGERLY
)
def regions_change_ends(regions: Regions, first: Word, kind: Word, numbers: Words, spot: Spot) -> Query:
    """Neither in the space nor in an object."""
    return ends_kept(regions, spot, changed(regions, first, kind, numbers, spot))


@obligation("regions-resize-order", "V1", says="A region that ends elsewhere keeps the order.", without=HERE, **EAGERLY)
def regions_resize_order(regions: Regions, first: Word, length: Word, numbers: Words, spot: Spot) -> Query:
    """No region is disturbed, wherever it is."""
    return order_kept(regions, spot, resized(regions, first, length, numbers, spot))


@obligation(
    "regions-resize-count",
    "V2",
    says="A region that ends elsewhere keeps the count exact.",
    without=HERE,
    **LAZILY,
)
def regions_resize_count(regions: Regions, first: Word, length: Word, numbers: Words, spot: Spot) -> Query:
    """The numbers run from one to the count."""
    return count_kept(regions, numbers, spot, resized(regions, first, length, numbers, spot))


@obligation(
    "regions-resize-pages",
    "V5",
    says="A region that ends elsewhere changes what was asked, and no other page.",
    without=PLACE,
    **EAGERLY,
)
def regions_resize_pages(regions: Regions, first: Word, length: Word, numbers: Words, spot: Spot) -> Query:
    """What is seen at any page, before and after."""
    return pages_kept(regions, spot, resized(regions, first, length, numbers, spot))


@obligation(
    "regions-resize-ends",
    "V15",
    says="A region that ends elsewhere leaves no end that wraps.",
    without=HERE,
    **EAGERLY,
)
def regions_resize_ends(regions: Regions, first: Word, length: Word, numbers: Words, spot: Spot) -> Query:
    """Neither in the space nor in an object."""
    return ends_kept(regions, spot, resized(regions, first, length, numbers, spot))
