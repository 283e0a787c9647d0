"""The contract `translation`, as a relation: which answers of a manager of page tables are allowed.

What it must answer follows from the calls alone; how it keeps its tables is its own affair, but for what the hardware
fixes: a look at the tables is read by the specification's walker, and must come to the same.

    state --call--> answer      breaches(state, call, answer) == []      after(state, call, answer) = next state
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from .calls import DENIED, ILLEGAL, OUT_OF_MEMORY, Answer, Failed, Refused, Returned
from .flushes import event_breaches, owe, retire, settle, switched
from .frames import Breach
from .paging_arena import (
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
from .refusals import Refusals
from .sight import look_breaches, seen
from .spaces import (
    Mapping,
    Spaces,
    add_leaf,
    described,
    leaf_over,
    remove_leaf,
    walk_of,
)


@attrs.frozen
class TranslationContract(Refusals):
    """The relation, for one arena and one set of capabilities. `after` writes into the state in place."""

    def initial(self) -> Spaces:
        """The state right after opening: no address space."""
        return Spaces()

    @staticmethod
    def copy(state: Spaces) -> Spaces:
        """A snapshot that later steps do not change."""
        return state.copy()

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
            law = "T11" if answer == ILLEGAL and self._touches_an_end(call) else "C1"
            return Breach(law, f"{shown(call)} must be refused as {wanted}, not as {answer.reason}")
        if answer == OUT_OF_MEMORY and isinstance(call, Create | Copy | Map | Split):
            spare = self.arena.frames - self.capabilities.keeps - len(state.tables)
            more = len(set(self._tables_for(state, call)) - state.tables.keys())
            because = f"it takes {more} tables more, and {spare} of {self.arena.frames} table frames are left"
            return Breach("F6", f"{shown(call)} answered out of memory, but {because}")
        if isinstance(call, Translate):
            law = "T3" if answer == DENIED else "T6.mapped"
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
            law = "T3" if DENIED.reason in allowed else "T6.unmapped"
            law = law if self.rules.paging.is_range(call.address, 1) else "T4"
            return Breach(law, f"{shown(call)} was granted, but must be refused as {wanted}")
        law = "F8" if OUT_OF_MEMORY.reason in allowed else "T13"
        why = "there are not enough table frames" if OUT_OF_MEMORY.reason in allowed else "it is illegal"
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
