"""All obligations, by topic; importing this package states them."""

from __future__ import annotations

from . import (
    access,
    arithmetic,
    completeness,
    heap,
    lists,
    merge,
    pages,
    reach,
    region_ranges,
    regions,
    requests,
    sharing,
    split,
    stacks,
    steps,
    tables_refused,
    tables_split,
    tables_states,
    tables_unrolled,
    tables_walks,
    tables_whole,
    tlb,
    tlb_flushes,
    translation,
)
from .obligation import Obligation, Query, registered

#: Every obligation, in the order in which an argument would be read.
OBLIGATIONS: tuple[Obligation, ...] = registered()

__all__ = [
    "OBLIGATIONS",
    "Obligation",
    "Query",
    "access",
    "arithmetic",
    "completeness",
    "heap",
    "lists",
    "merge",
    "pages",
    "reach",
    "region_ranges",
    "regions",
    "requests",
    "sharing",
    "split",
    "stacks",
    "steps",
    "tables_refused",
    "tables_split",
    "tables_states",
    "tables_unrolled",
    "tables_walks",
    "tables_whole",
    "tlb",
    "tlb_flushes",
    "translation",
]
