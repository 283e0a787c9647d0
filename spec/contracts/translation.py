"""The contract `translation`, as a relation: which answers of a manager of page tables are allowed.

What it must answer follows from the calls alone; how it keeps its tables is its own affair, but for what the hardware
fixes: a look at the tables is read by the specification's walker, and must come to the same.

    state --call--> answer      breaches(state, call, answer) == []      after(state, call, answer) = next state
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import attrs

from ..paging import NO_FAULT
from .calls import Answer, Failed, Refused, Returned
from .flushes import event_breaches, owe, retire, settle, switched
from .frames import Breach
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
from .sight import look_breaches, seen
from .spaces import (
    Mapping,
    Spaces,
    Terms,
    access_of,
    add_leaf,
    described,
    is_mapped,
    is_mapped_twice,
    leaf_over,
    remove_leaf,
    tables_over,
    walk_of,
)

#: The refusals, in the words of the line protocol.
NO_MAPPING = Refused("no-mapping")
DENIED = Refused("denied")
_ILLEGAL, _NO_MEMORY, _UNMAPPED, _DENIED = "illegal", "out-of-memory", "no-mapping", "denied"


@attrs.frozen
class TranslationContract(Terms):
    """The relation, for one arena and one set of capabilities. `after` writes into the state in place."""

    def initial(self) -> Spaces:
        """The state right after opening: no address space."""
        return Spaces()

    @staticmethod
    def copy(state: Spaces) -> Spaces:
        """A snapshot that later steps do not change."""
        return state.copy()

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
                reasons.add(_NO_MEMORY)
            must_fail |= self._lacks_frames(state, call, self._needed(state))
        if isinstance(call, Map) and not illegal and self._kept_under(state, call):
            reasons.add(_ILLEGAL)
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
            yield _ILLEGAL
            return
        needed = call.source if isinstance(call, Copy) else call.space
        if not isinstance(call, Create) and needed not in state.mapped:
            yield from (_ILLEGAL, _UNMAPPED)
            return
        if isinstance(call, Map):
            yield from () if self._is_legal_map(state, call) else (_ILLEGAL,)
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
            yield _ILLEGAL
        if not self._is_range(call.address, call.pages, call.level):
            yield from (_ILLEGAL, _UNMAPPED)
            return
        leaves = state.mapped[call.space]
        for first in self._firsts(call):
            if first not in leaves or leaves[first].level != call.level:
                yield _UNMAPPED
                return

    def _firsts(self, call: Map | Unmap | Protect) -> Iterator[int]:
        span = self.rules.span(call.level)
        return (call.address + number * span for number in range(call.pages))

    def _split_reasons(self, state: Spaces, call: Split) -> Iterator[str]:
        found = leaf_over(state, self.rules, call.space, call.address)
        if found is None:
            yield from (_UNMAPPED, _ILLEGAL)
        elif found[1].level == 0 or not self.rules.entries.may_be_leaf(self.rules.geometry.below(found[1].level)):
            yield _ILLEGAL

    def _access_reasons(self, state: Spaces, call: Translate) -> Iterator[str]:
        if call.access not in ACCESSES:
            yield _ILLEGAL
            return
        found = leaf_over(state, self.rules, call.space, call.address)
        if found is None:
            yield _UNMAPPED
            if not self.rules.paging.is_range(call.address, 1):
                yield _ILLEGAL
            return
        walk = walk_of(found[1], self.rules, call.address)
        if self.rules.paging.classify(walk, access_of(call.access)) != NO_FAULT:
            yield _DENIED

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

    # -- the relation -------------------------------------------------------------------------------------------

    def breaches(self, state: Spaces, call: TableCall, answer: Answer) -> list[Breach]:
        """The laws that `answer` breaks in this state; none if it is allowed."""
        if isinstance(answer, Failed):
            return [_failure(call, answer)]
        if isinstance(call, Look):
            return list(look_breaches(self, state, answer))
        if isinstance(call, Events):
            return list(event_breaches(self, state, answer))
        allowed = self.refusals(state, call)
        if isinstance(answer, Refused):
            return [] if answer.reason in allowed else [self._wrong_refusal(state, call, answer, allowed)]
        if "" not in allowed:
            return [self._wrong_grant(call, allowed)]
        if isinstance(call, Translate):
            return list(self._place_breaches(state, call, answer))
        if answer.value is not None:
            return [Breach("C1", f"{shown(call)} must return nothing, not {answer.value!r}")]
        return []

    def _wrong_refusal(self, state: Spaces, call: TableCall, answer: Refused, allowed: frozenset[str]) -> Breach:
        if "" not in allowed:
            wanted = " or ".join(sorted(allowed))
            law = "T11" if answer.reason == _ILLEGAL and self._touches_an_end(call) else "C1"
            return Breach(law, f"{shown(call)} must be refused as {wanted}, not as {answer.reason}")
        if answer.reason == _NO_MEMORY and isinstance(call, Create | Copy | Map | Split):
            spare = self.arena.frames - self.capabilities.keeps - len(state.tables)
            more = len(set(self._tables_for(state, call)) - state.tables.keys())
            because = f"it takes {more} tables more, and {spare} of {self.arena.frames} table frames are left"
            return Breach("F6", f"{shown(call)} answered out of memory, but {because}")
        if isinstance(call, Translate):
            law = "T3" if answer.reason == _DENIED else "T6.mapped"
            found = leaf_over(state, self.rules, call.space, call.address)
            assert found is not None, "an access to what is not mapped may always be refused"
            return Breach(law, f"{shown(call)} was refused as {answer.reason}, but {described(found, self.rules)}")
        law = "T11" if self._touches_an_end(call) else "C1"
        return Breach(law, f"{shown(call)} is legal here, but was refused as {answer.reason}")

    def _touches_an_end(self, call: TableCall) -> bool:
        """Whether the call has a range that is empty, or whose last byte is the last of a half of the addresses."""
        if not isinstance(call, Map | Unmap | Protect):
            return False
        length = call.pages * self.rules.span(call.level)
        return call.pages == 0 or not self.rules.paging.is_range(call.address, length + 1)

    def _wrong_grant(self, call: TableCall, allowed: frozenset[str]) -> Breach:
        wanted = " or ".join(sorted(allowed))
        if isinstance(call, Translate):
            law = "T3" if _DENIED in allowed else "T6.unmapped"
            law = law if self.rules.paging.is_range(call.address, 1) else "T4"
            return Breach(law, f"{shown(call)} was granted, but must be refused as {wanted}")
        law = "F8" if _NO_MEMORY in allowed else "T13"
        why = "there are not enough table frames" if _NO_MEMORY in allowed else "it is illegal"
        return Breach(law, f"{shown(call)} was done, but {why}: it must be refused as {wanted}")

    def _place_breaches(self, state: Spaces, call: Translate, answer: Returned) -> Iterator[Breach]:
        found = leaf_over(state, self.rules, call.space, call.address)
        assert found is not None, "what is not mapped must be refused"
        wanted = walk_of(found[1], self.rules, call.address).physical
        if not isinstance(answer.value, int) or isinstance(answer.value, bool):
            yield Breach("C1", f"{shown(call)} must return a physical address, not {answer.value!r}")
        elif answer.value != wanted:
            page = self.rules.span(found[1].level) - 1
            law = "T2" if (answer.value ^ wanted) & ~page == 0 else "T6.mapped"
            law = "T7" if law == "T6.mapped" and found[1].level else law
            yield Breach(law, f"{shown(call)} gave {answer.value:#x}; {described(found, self.rules)}: {wanted:#x}")

    # -- the next state -----------------------------------------------------------------------------------------

    def after(self, state: Spaces, call: TableCall, answer: Answer) -> Spaces:
        """The state after an answer that `breaches` has allowed; writes into `state`."""
        if isinstance(call, Look):
            seen(self, state, answer)
        elif isinstance(call, Events):
            settle(state, answer)
        elif isinstance(answer, Returned):
            self._done(state, call)
        return state

    def _done(self, state: Spaces, call: TableCall) -> None:
        if isinstance(call, Create):
            self._open(state, call.space)
        elif isinstance(call, Drop):
            self._dropped(state, call.space)
        elif isinstance(call, Copy):
            self._copied(state, call)
        elif isinstance(call, Map):
            size = self.rules.size(call.level)
            for number, first in enumerate(self._firsts(call)):
                frame = call.frame + number * size
                add_leaf(state, self.rules, call.space, first, Mapping(frame, call.level, call.rights, call.shared))
            for key in self._kept_under(state, call):
                del state.tables[key]
        elif isinstance(call, Unmap):
            for first in self._firsts(call):
                owe(state, call.space, first, state.mapped[call.space][first])
                self._remove(state, call.space, first)
        elif isinstance(call, Protect):
            for first in self._firsts(call):
                self._protect(state, call.space, first, call.rights)
        elif isinstance(call, Split):
            self._split(state, call)
        elif isinstance(call, Switch):
            switched(self, state, call)
        else:
            assert isinstance(call, Translate), "looks and events were taken note of before"
            self._accessed(state, call)

    def _open(self, state: Spaces, space: int) -> None:
        state.mapped[space] = {}
        state.tables[space, self.rules.geometry.levels - 1, 0] = 0

    def _dropped(self, state: Spaces, space: int) -> None:
        retire(state, space)
        for first in list(state.mapped[space]):
            self._remove(state, space, first)
        del state.mapped[space]
        for key in [key for key in state.tables if key[0] == space]:
            del state.tables[key]

    def _copied(self, state: Spaces, call: Copy) -> None:
        self._open(state, call.space)
        for first, leaf in list(state.mapped[call.source].items()):
            if not leaf.shared:
                self._protect(state, call.source, first, leaf.rights.replace("w", ""))
            add_leaf(state, self.rules, call.space, first, state.mapped[call.source][first])

    def _protect(self, state: Spaces, space: int, first: int, rights: str) -> None:
        old = state.mapped[space][first]
        if set(old.rights) - set(rights):
            owe(state, space, first, old)
        state.mapped[space][first] = attrs.evolve(old, rights=rights)

    def _split(self, state: Spaces, call: Split) -> None:
        found = leaf_over(state, self.rules, call.space, call.address)
        assert found is not None, "only what is mapped is split"
        first, leaf = found
        lower = self.rules.geometry.below(leaf.level)
        owe(state, call.space, first, leaf)
        self._remove(state, call.space, first)
        for number in range(self.rules.size(leaf.level) // self.rules.size(lower)):
            piece = attrs.evolve(leaf, frame=leaf.frame + number * self.rules.size(lower), level=lower)
            add_leaf(state, self.rules, call.space, first + number * self.rules.span(lower), piece)

    def _remove(self, state: Spaces, space: int, first: int) -> None:
        remove_leaf(state, self.rules, space, first, eager=self.capabilities.reclaims == "eager")

    def _accessed(self, state: Spaces, call: Translate) -> None:
        found = leaf_over(state, self.rules, call.space, call.address)
        if found is not None:
            key = call.space, found[0]
            state.accessed[key] = state.accessed.get(key, False) or "w" in call.access


def shown(call: TableCall) -> str:
    """A call as a reader wants it: addresses in hexadecimal."""
    parts = []
    for field in attrs.fields(type(call)):
        value = getattr(call, field.name)
        parts.append(f"{field.name}={value:#x}" if field.name == "address" else f"{field.name}={value!r}")
    return f"{call.name}({', '.join(parts)})"


def _failure(call: TableCall, answer: Failed) -> Breach:
    if answer.how == "hang":
        return Breach("C1", f"{shown(call)} did not answer: {answer.detail}")
    if answer.how in ("crash", "memory"):
        return Breach("C2", f"{shown(call)} ended the process: {answer.detail}")
    return Breach("C1", f"{shown(call)} answered outside the contract: {answer.detail}")
