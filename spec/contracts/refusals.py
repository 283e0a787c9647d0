"""What a caller of page tables may ask, and how a manager may refuse it.

A refusal is allowed for what is wrong with the call, and for want of table frames where the tables that it takes may
be more than there are. Whether a manager keeps empty tables is its own affair, so between what it must have and what
it may have lies a margin in which both answers are allowed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import attrs

from ..paging import NO_FAULT
from .calls import DENIED, ILLEGAL, NO_MAPPING, OUT_OF_MEMORY
from .paging_arena import (
    ACCESSES,
    RIGHTS,
    Copy,
    Create,
    Drop,
    Events,
    Look,
    Map,
    Protect,
    Split,
    Switch,
    TableCall,
    Translate,
    Unmap,
)
from .spaces import Spaces, Terms, access_of, is_mapped, is_mapped_twice, leaf_over, tables_over, walk_of


@attrs.frozen
class Refusals(Terms):
    """Which calls may be made, and which refusals are allowed, for one arena and one set of capabilities."""

    # -- what a caller may ask ----------------------------------------------------------------------------------

    def may_ask(self, state: Spaces, call: TableCall) -> bool:
        """Whether the call is one that a caller may make: what the contract leaves undefined is not asked.

        A caller owns the frames that it maps, and maps none twice but those it shares; it lets no space go that a
        core runs, and calls nothing that the target does not have. Whether what is wrong with no pages at all is
        noticed is the target's affair.
        """
        offered = self.capabilities
        if isinstance(call, Map | Unmap | Protect) and not call.pages and not self.is_legal(state, call):
            return False
        if isinstance(call, Map):
            return not (call.pages and self._is_legal_map(state, call)) or self._owns(state, call)
        if isinstance(call, Protect) and "w" in call.rights:
            return not self._copied_in(state, call)
        if isinstance(call, Drop):
            return call.space not in state.running.values()
        if isinstance(call, Copy):
            return offered.copies
        if isinstance(call, Split):
            return offered.splits
        if isinstance(call, Switch):
            return call.core < self.arena.cores
        return {Look: offered.look, Events: offered.events}.get(type(call), True)

    def _owns(self, state: Spaces, call: Map) -> bool:
        """Whether the frames are mapped nowhere, or are shared where they are."""
        size = self.rules.size(call.level)
        blocks = range(call.frame, call.frame + call.pages * size, size)
        taken = [frame for frame in blocks if is_mapped(state, self.rules, frame, call.level)]
        return not taken or (call.shared and all(self._is_shared(state, frame, call.level) for frame in taken))

    def _copied_in(self, state: Spaces, call: Protect) -> bool:
        """Whether a private page of the range has been copied: nobody may write to it any more.

        A copy may have been made before a huge leaf was split, so its leaf may be of another level.
        """
        leaves = (state.mapped.get(call.space, {}).get(first) for first in self._firsts(call))
        known = [leaf for leaf in leaves if leaf is not None and not leaf.shared]
        return any(is_mapped_twice(state, self.rules, leaf) for leaf in known)

    @staticmethod
    def _is_shared(state: Spaces, frame: int, level: int) -> bool:
        """Whether the very block is mapped, and shared wherever it is."""
        leaves = [leaf for leaves in state.mapped.values() for leaf in leaves.values()]
        same = [leaf.shared for leaf in leaves if (leaf.frame, leaf.level) == (frame, level)]
        return bool(same) and all(same)

    # -- what may be answered -----------------------------------------------------------------------------------

    def refusals(self, state: Spaces, call: TableCall) -> frozenset[str]:
        """The refusals that the call may be answered with; `""` among them if it may, or must, be done."""
        reasons = set(self._reasons(state, call))
        must_fail = illegal = bool(reasons)
        if isinstance(call, Create | Copy | Map | Split) and self._takes_tables(state, call, legal=not illegal):
            if self._lacks_frames(state, call, state.tables.keys()):
                reasons.add(OUT_OF_MEMORY.reason)
            must_fail |= self._lacks_frames(state, call, self._needed(state))
        if isinstance(call, Map) and not illegal and self._kept_under(state, call):
            reasons.add(ILLEGAL.reason)
        return frozenset(reasons if must_fail else reasons | {""})

    def _takes_tables(self, state: Spaces, call: Create | Copy | Map | Split, *, legal: bool) -> bool:
        """Whether the call may want for table frames; a range may be both illegal and too much."""
        if isinstance(call, Map):
            return call.space in state.mapped and self._is_range(call.address, call.pages, call.level)
        return legal

    def is_legal(self, state: Spaces, call: TableCall) -> bool:
        """Whether the caller is entitled to have the call done, table frames permitting."""
        return next(self._reasons(state, call), None) is None

    def _reasons(self, state: Spaces, call: TableCall) -> Iterator[str]:
        """What is wrong with the call itself."""
        if isinstance(call, Look | Events):
            return
        if isinstance(call, Create | Copy) and call.space in state.mapped:
            yield ILLEGAL.reason
            return
        needed = call.source if isinstance(call, Copy) else call.space
        if not isinstance(call, Create) and needed not in state.mapped:
            yield from (ILLEGAL.reason, NO_MAPPING.reason)
            return
        if isinstance(call, Map):
            yield from () if self._is_legal_map(state, call) else (ILLEGAL.reason,)
        elif isinstance(call, Unmap | Protect):
            yield from self._range_reasons(state, call)
        elif isinstance(call, Split):
            yield from self._split_reasons(state, call)
        elif isinstance(call, Translate):
            yield from self._access_reasons(state, call)

    def _is_range(self, address: int, pages: int, level: int) -> bool:
        """Whether whole pages of a level that the target has make up a range."""
        rules = self.rules
        if not 0 <= level <= self.capabilities.levels or not rules.entries.may_be_leaf(level):
            return False
        aligned = 0 <= address <= rules.paging.LAST_ADDRESS and address % rules.span(level) == 0
        return aligned and pages >= 0 and bool(rules.paging.is_range(address, pages * rules.span(level)))

    def _is_legal_map(self, state: Spaces, call: Map) -> bool:
        if call.space not in state.mapped or not self._is_range(call.address, call.pages, call.level):
            return False
        if call.rights not in RIGHTS:
            return False
        if call.pages == 0:
            return True
        size, last = self.rules.size(call.level), call.frame + call.pages * self.rules.size(call.level) - 1
        inside = call.frame >= self.arena.frames and call.frame % size == 0 and bool(self.rules.entries.fits(last))
        return inside and not self._leaves_in(state, call.space, call.address, call.pages * self.rules.span(call.level))

    def _leaves_in(self, state: Spaces, space: int, address: int, length: int) -> bool:
        """Whether anything is mapped in a range."""
        if leaf_over(state, self.rules, space, address) is not None:
            return True
        return any(address <= first < address + length for first in state.mapped[space])

    def _range_reasons(self, state: Spaces, call: Unmap | Protect) -> Iterator[str]:
        if isinstance(call, Protect) and call.rights not in RIGHTS:
            yield ILLEGAL.reason
        if not self._is_range(call.address, call.pages, call.level):
            yield from (ILLEGAL.reason, NO_MAPPING.reason)
            return
        leaves = state.mapped[call.space]
        for first in self._firsts(call):
            if first not in leaves or leaves[first].level != call.level:
                yield NO_MAPPING.reason
                return

    def _firsts(self, call: Map | Unmap | Protect) -> Iterator[int]:
        span = self.rules.span(call.level)
        return (call.address + number * span for number in range(call.pages))

    def _split_reasons(self, state: Spaces, call: Split) -> Iterator[str]:
        found = leaf_over(state, self.rules, call.space, call.address)
        if found is None:
            yield from (NO_MAPPING.reason, ILLEGAL.reason)
        elif found[1].level == 0 or not self.rules.entries.may_be_leaf(self.rules.geometry.below(found[1].level)):
            yield ILLEGAL.reason

    def _access_reasons(self, state: Spaces, call: Translate) -> Iterator[str]:
        if call.access not in ACCESSES:
            yield ILLEGAL.reason
            return
        found = leaf_over(state, self.rules, call.space, call.address)
        if found is None:
            yield NO_MAPPING.reason
            if not self.rules.paging.is_range(call.address, 1):
                yield ILLEGAL.reason
            return
        walk = walk_of(found[1], self.rules, call.address)
        if self.rules.paging.classify(walk, access_of(call.access)) != NO_FAULT:
            yield DENIED.reason

    def _lacks_frames(
        self, state: Spaces, call: Create | Copy | Map | Split, before: Collection[tuple[int, int, int]]
    ) -> bool:
        """Whether the tables before the call, with those that it takes, are more than there are frames for."""
        return len({*before, *self._tables_for(state, call)}) > self.arena.frames - self.capabilities.keeps

    def _needed(self, state: Spaces) -> list[tuple[int, int, int]]:
        """The tables that have leaves under them, and the roots: others may be kept, or given back at any time."""
        root = self.rules.geometry.levels - 1
        return [key for key, leaves in state.tables.items() if leaves or key[1] == root]

    def _kept_under(self, state: Spaces, call: Map) -> list[tuple[int, int, int]]:
        """Empty tables that the target has kept where huge leaves are to be: it may refuse, or replace them."""
        if self.capabilities.reclaims == "eager" or not 0 < call.level < self.rules.geometry.levels:
            return []
        wanted = {key for first in self._firsts(call) for key in self._below(call.space, first, call.level)}
        return sorted(wanted & state.tables.keys())

    def _below(self, space: int, first: int, level: int) -> Iterator[tuple[int, int, int]]:
        """The tables under a slot at `level`, as far as they are tables of base pages or of the level above."""
        lower = self.rules.geometry.below(level)
        yield next(iter(tables_over(self.rules.geometry, space, first, lower)))

    def _tables_for(self, state: Spaces, call: Create | Copy | Map | Split) -> Iterator[tuple[int, int, int]]:
        geometry = self.rules.geometry
        if isinstance(call, Create):
            yield call.space, geometry.levels - 1, 0
        elif isinstance(call, Copy):
            needed = self._needed(state)
            yield from ((call.space, level, number) for space, level, number in needed if space == call.source)
        elif isinstance(call, Map):
            for first in self._firsts(call):
                yield from tables_over(geometry, call.space, first, call.level)
        else:
            found = leaf_over(state, self.rules, call.space, call.address)
            assert found is not None, "only what is mapped is split"
            yield from tables_over(geometry, call.space, found[0], geometry.below(found[1].level))
