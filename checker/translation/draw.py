"""Drawing calls: what to ask next, in the state that the calls before left.

Whoever draws gives choices: bytes that Hypothesis chose, or a pseudo-random generator. Most calls are legal and many
touch what is mapped already; every kind of illegal call comes up too. What a caller may not ask the session leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from ...spec.contracts.paging_arena import (
    ACCESSES,
    RIGHTS,
    Copy,
    Create,
    Drop,
    Map,
    PagingArena,
    PagingCapabilities,
    Protect,
    Split,
    Switch,
    TableCall,
    Translate,
    Unmap,
)
from ...spec.contracts.spaces import Mapping, Spaces
from ..choices import Choices, one
from .terrain import Terrain

Item = TypeVar("Item")
#: Names of address spaces: one more than cores, so that there is always one that nobody runs.
SPACES = (1, 2, 3, 4)
#: Rights and accesses that are none.
_STRANGE_RIGHTS = ("", "w", "x", "wx", "u")
_STRANGE_ACCESSES = ("", "rw", "u")
#: Levels that no geometry has leaves at, beside those that this target does not have.
_STRANGE_LEVELS = (5, 7)


def draw_arena(choices: Choices, capabilities: PagingCapabilities, *, frames: int | None = None) -> PagingArena:
    """An arena that the target can do; from one table frame to a few address spaces full."""
    geometry = one(choices, capabilities.geometries)
    sizes = (4, 5, 6, 8, 9, 12, 16, 16, 3, 2, 1)
    count = frames or one(choices, sizes) + capabilities.keeps
    return PagingArena(geometry, count, 1 + choices.below(min(3, capabilities.cores)))


class Drawer:
    """Draws calls in one arena.

    Attributes:
        spaces: the names of address spaces that are used.
        filling: how likely pages are mapped rather than unmapped, of 16.
    """

    def __init__(
        self,
        terrain: Terrain,
        capabilities: PagingCapabilities,
        choices: Choices,
        *,
        spaces: Sequence[int] = SPACES,
    ) -> None:
        self._terrain, self._capabilities, self._choices = terrain, capabilities, choices
        self.spaces = tuple(spaces)
        self.filling = 10

    def draw(self, state: Spaces) -> TableCall:
        """The next call."""
        if not state.mapped:
            return Create(self._space())
        kind = self._below(64)
        if kind < 4:
            return Create(self._space())
        if kind < 6:
            return Drop(self._space())
        if kind < 9 and self._capabilities.copies:
            return Copy(self._open(state), self._space())
        if kind < 12:
            return Switch(self._below(self._terrain.arena.cores), self._open(state))
        if kind < 36:
            mapping = self._below(16) < self.filling
            return self._map(state) if mapping else self._unmap(state)
        if kind < 42:
            return self._protect(state)
        if kind < 43 and self._capabilities.splits:
            return self._split(state)
        if kind < 56:
            return self._translate(state)
        return self._illegal(state)

    def idle(self, state: Spaces) -> tuple[list[TableCall], list[TableCall]]:
        """A few calls that are most likely refused, and a few accesses; which of them are, the contract knows."""
        if not state.mapped:
            return [], []
        return [self._illegal(state) for _ in range(4)], [self._translate(state) for _ in range(6)]

    # -- choices ------------------------------------------------------------------------------------------------

    def _below(self, count: int) -> int:
        return self._choices.below(count)

    def _one(self, items: Sequence[Item]) -> Item:
        return one(self._choices, items)

    def _call(self, calls: Sequence[TableCall]) -> TableCall:
        return self._one(calls)

    def _space(self) -> int:
        return self._one(self.spaces)

    def _open(self, state: Spaces) -> int:
        return self._one(sorted(state.mapped))

    def _level(self) -> int:
        """Base pages more often than all others together."""
        levels = self._terrain.levels
        return self._one(levels) if self._below(3) == 0 else levels[0]

    def _pages(self) -> int:
        return self._one((1, 1, 1, 1, 2, 2, 3, 5, 0))

    def _place(self, level: int, pages: int) -> int:
        """Where a range begins; every fourth ends where a half of the addresses does."""
        span = self._terrain.rules.span(level)
        if self._below(4) == 0:
            return max(0, self._one(self._terrain.ends()) - pages * span)
        return self._one(self._terrain.addresses(level))

    def _leaf(self, state: Spaces, *, huge: bool = False) -> tuple[int, int, Mapping] | None:
        """A space, the first address of a leaf in it, and the leaf; None where nothing (huge) is mapped."""
        space = self._open(state)
        leaves = {first: leaf for first, leaf in state.mapped[space].items() if leaf.level or not huge}
        if not leaves:
            return None
        first = self._one(sorted(leaves))
        return space, first, leaves[first]

    def _run(self, state: Spaces, space: int, first: int, leaf: Mapping) -> int:
        """How many leaves of the same level to take from here on, at most as many as there are in a row."""
        span, leaves, wanted = self._terrain.rules.span(leaf.level), state.mapped[space], self._pages()
        there = 0
        while there < wanted and (found := leaves.get(first + there * span)) and found.level == leaf.level:
            there += 1
        return there

    # -- legal calls --------------------------------------------------------------------------------------------

    def _map(self, state: Spaces) -> TableCall:
        level, pages = self._level(), self._pages()
        shared = self._below(4) == 0
        frame = self._frame(state, level, pages, shared=shared)
        return Map(self._open(state), self._place(level, pages), frame, pages, level, self._one(RIGHTS), shared)

    def _frame(self, state: Spaces, level: int, pages: int, *, shared: bool) -> int:
        """Frames that are nobody's, or at times shared ones again."""
        frames = self._terrain.frames(level)
        at = self._below(len(frames))
        if shared:
            return frames[at % 2]
        size = self._terrain.rules.size(level)
        for step in range(len(frames)):
            frame = frames[(at + step) % len(frames)]
            if not any((frame + number * size, level) in state.owners for number in range(pages)):
                return frame
        return frames[at]

    def _unmap(self, state: Spaces) -> TableCall:
        found = self._leaf(state)
        if found is None:
            return self._map(state)
        space, first, leaf = found
        return Unmap(space, first, self._run(state, space, first, leaf), leaf.level)

    def _protect(self, state: Spaces) -> TableCall:
        found = self._leaf(state)
        if found is None:
            return self._map(state)
        space, first, leaf = found
        return Protect(space, first, self._run(state, space, first, leaf), leaf.level, self._one(RIGHTS))

    def _split(self, state: Spaces) -> TableCall:
        found = self._leaf(state, huge=True)
        if found is None:
            return self._map(state)
        space, first, leaf = found
        return Split(space, first + self._inside(leaf.level))

    def _inside(self, level: int) -> int:
        """A byte of a page: the first, the last, one in between, or the first of a page further down."""
        span = self._terrain.rules.span(level)
        return self._one((0, span - 1, 0x123 % span, span // 2, self._terrain.rules.span(0) % span))

    def _translate(self, state: Spaces) -> TableCall:
        found = self._leaf(state)
        if found is None or self._below(5) == 0:
            level = self._level()
            address = self._one(self._terrain.addresses(level)) + self._inside(level)
            return Translate(self._open(state), address, self._one(ACCESSES))
        space, first, leaf = found
        return Translate(space, first + self._inside(leaf.level), self._one(ACCESSES))

    # -- illegal calls ------------------------------------------------------------------------------------------

    def _illegal(self, state: Spaces) -> TableCall:
        ways: tuple[Callable[[Spaces], TableCall], ...] = (
            self._map_over,
            self._map_strangely,
            self._map_strangely,
            self._beyond_the_end,
            self._not_all_there,
            self._of_another_level,
            self._strange_range,
            self._in_no_space,
            self._translate_strangely,
            self._split_base,
        )
        return self._one(ways)(state)

    def _map_over(self, state: Spaces) -> TableCall:
        """Over what is mapped: the page itself, a range that reaches it, a huge leaf over it."""
        found = self._leaf(state)
        if found is None:
            return self._map_strangely(state)
        space, first, leaf = found
        level = self._one((leaf.level, *self._terrain.levels))
        span = self._terrain.rules.span(level)
        before = self._below(3) * span
        address = max(0, first // span * span - before)
        return Map(space, address, self._frame(state, level, 3, shared=False), 3, level, "rw", False)

    def _map_strangely(self, state: Spaces) -> TableCall:
        """One thing wrong: the address, the frame, the rights or the level."""
        level, pages, rights = self._level(), 1 + self._below(2), "rw"
        address, frame = self._one(self._terrain.addresses(level)), self._frame(state, level, pages, shared=False)
        way = self._below(4)
        if way == 0:
            address = self._one(self._terrain.strange_addresses(level))
        elif way == 1:
            frame = self._one(self._terrain.strange_frames(level))
        elif way == 2:
            rights = self._one(_STRANGE_RIGHTS)
        else:
            level = self._strange_level()
        return Map(self._open(state), address, frame, pages, level, rights, False)

    def _strange_level(self) -> int:
        return self._one((self._capabilities.levels + 1, *_STRANGE_LEVELS))

    def _beyond_the_end(self, state: Spaces) -> TableCall:
        """A range that goes on after the last address of a half, by one page or by half of all addresses."""
        level = self._level()
        span = self._terrain.rules.span(level)
        pages = 1 + self._below(3)
        more = self._one((1, 1, self._terrain.half // span, 1 << 40))
        address = max(0, self._one(self._terrain.ends()) - pages * span)
        frame = self._one(self._terrain.frames(level))
        return self._call(
            (
                Map(self._open(state), address, frame, pages + more, level, "rw", False),
                Unmap(self._open(state), address, pages + more, level),
                Protect(self._open(state), address, pages + more, level, "r"),
            )
        )

    def _not_all_there(self, state: Spaces) -> TableCall:
        """A range of which some pages are mapped and one is not."""
        found = self._leaf(state)
        if found is None:
            return Unmap(self._open(state), self._one(self._terrain.addresses(0)), 1, 0)
        space, first, leaf = found
        span = self._terrain.rules.span(leaf.level)
        address = max(0, first - self._below(2) * span)
        pages = 2 + self._below(3)
        unmap = Unmap(space, address, pages, leaf.level)
        return self._call((unmap, Protect(space, address, pages, leaf.level, "r")))

    def _of_another_level(self, state: Spaces) -> TableCall:
        found = self._leaf(state)
        if found is None:
            return Unmap(self._open(state), 0, 1, self._strange_level())
        space, first, leaf = found
        level = self._one([level for level in self._terrain.levels if level != leaf.level] or [leaf.level + 1])
        address = first // self._terrain.rules.span(level) * self._terrain.rules.span(level)
        return self._call((Unmap(space, address, 1, level), Protect(space, address, 1, level, "r")))

    def _strange_range(self, state: Spaces) -> TableCall:
        level = self._level()
        address = self._one(self._terrain.strange_addresses(level))
        protect = Protect(self._open(state), self._one(self._terrain.addresses(level)), 1, level, "w")
        return self._call((Unmap(self._open(state), address, 1, level), protect))

    def _in_no_space(self, state: Spaces) -> TableCall:
        gone = self._one([space for space in (*self.spaces, 9) if space not in state.mapped])
        address = self._one(self._terrain.addresses(0))
        calls: list[TableCall] = [
            Create(self._open(state)),
            Drop(gone),
            Map(gone, address, self._terrain.frames(0)[0], 1, 0, "rw", False),
            Unmap(gone, address, 1, 0),
            Protect(gone, address, 1, 0, "r"),
            Translate(gone, address, "r"),
            Switch(0, gone),
            Copy(gone, 9),
            Copy(self._open(state), self._open(state)),
            Split(gone, address),
        ]
        return self._call(calls)

    def _translate_strangely(self, state: Spaces) -> TableCall:
        """No address, or no access."""
        found = self._leaf(state)
        if found is not None and self._below(3) == 0:
            space, first, _ = found
            return Translate(space, first, self._one(_STRANGE_ACCESSES))
        bit = 1 << self._terrain.rules.geometry.translated_bits
        address = self._one(self._terrain.strange_addresses(0))
        if found is not None and bit <= self._terrain.last_address and self._below(2):
            address = found[1] ^ bit  # what is mapped, with a bit above those that are translated
        return Translate(self._open(state), address, self._one(ACCESSES))

    def _split_base(self, state: Spaces) -> TableCall:
        return Split(self._open(state), self._one(self._terrain.addresses(0)))
