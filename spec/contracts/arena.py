"""The arena that an allocator is given, and what an implementation declares about itself.

Inside an arena frames are counted from `base`, the last multiple of the largest block at or below the start (buddies
are the same there); everything before the start is reserved, like any other hole::

     base            start                                         end          room
      |   reserved     |   usable   | hole |   usable   | barrier |   |  reserved |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from ..frames import MAX_ORDER


class ContractError(ValueError):
    """An arena, a capability or a call that the contract cannot express; the message says what to change."""


def _at_least(least: int) -> Any:
    def check(_instance: object, attribute: attrs.Attribute[int], value: int) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ContractError(f"{attribute.name} must be a whole number of at least {least}, not {value!r}")

    return check


def _frame_set(frames: Iterable[int]) -> frozenset[int]:
    return frozenset(frames)


def _rising(frames: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(frames)))


@attrs.frozen
class Arena:
    """The memory that an allocator is given, in frames.

    Attributes:
        frames: how many frames, at least 1; need not be a power of two.
        max_order: order of the largest block, 0 to 10.
        start: number of the first frame.
        reserved: frame numbers inside the arena that may never be given out.
        barriers: frame numbers at which a new zone begins; no free block may lie across one.
        relative: whether blocks are aligned relative to `start` instead of to frame number 0.
    """

    frames: int = attrs.field(validator=_at_least(1))
    max_order: int = attrs.field(validator=_at_least(0))
    start: int = attrs.field(default=0, validator=_at_least(0))
    reserved: frozenset[int] = attrs.field(default=frozenset(), converter=_frame_set)
    barriers: tuple[int, ...] = attrs.field(default=(), converter=_rising)
    relative: bool = False

    def __attrs_post_init__(self) -> None:
        if self.max_order > MAX_ORDER:
            raise ContractError(f"max_order must be at most {MAX_ORDER}, not {self.max_order}")
        stray = [frame for frame in (*self.reserved, *self.barriers) if not self.start <= frame < self.end]
        if stray:
            raise ContractError(f"frame {stray[0]} is outside the arena, frames {self.start} to {self.end - 1}")

    @property
    def end(self) -> int:
        """The first frame number after the arena."""
        return self.start + self.frames

    @property
    def base(self) -> int:
        """The frame number that counts as 0 inside the specification."""
        return self.start if self.relative else self.start >> self.max_order << self.max_order

    def usable(self) -> Iterator[int]:
        """The frame numbers that may be given out, upward."""
        return (frame for frame in range(self.start, self.end) if frame not in self.reserved)


#: Policies by name, with the id of the law that a claim of each is held to.
POLICIES = {
    "smallest-sufficient": "A13.smallest",
    "lowest-address": "A13.lowest",
    "lower-half": "A13.lower",
    "upper-half": "A13.upper",
}


def _one_of(*choices: str) -> Any:
    def check(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
        if value not in choices:
            raise ContractError(f"capability {attribute.name} must be one of {', '.join(choices)}, not {value!r}")

    return check


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(names)


@attrs.frozen(kw_only=True)
class Capabilities:
    """What a target declares about itself; it decides which laws apply.

    Attributes:
        start: the arena may begin at another frame than 0.
        reserved: the arena may have holes.
        barriers: the arena may be divided into zones.
        probe: the free blocks can be looked at.
        alignment: `absolute` (to frame number 0) or `arena` (to the start).
        merging: `eager` (at every free) or `lazy` (A4, A6 and A7 are not judged).
        illegal_free: `refused`, `ignored` (returns, changes nothing) or `undefined` (never tried, A8 not judged).
        policies: names from POLICIES that the target claims and is held to.
        keeps: frames of the arena that the target keeps for its own data.
    """

    start: bool = False
    reserved: bool = False
    barriers: bool = False
    probe: bool = False
    alignment: str = attrs.field(default="absolute", validator=_one_of("absolute", "arena"))
    merging: str = attrs.field(default="eager", validator=_one_of("eager", "lazy"))
    illegal_free: str = attrs.field(default="refused", validator=_one_of("refused", "ignored", "undefined"))
    policies: tuple[str, ...] = attrs.field(default=(), converter=_in_order)
    keeps: tuple[int, ...] = attrs.field(default=(), converter=_rising)

    @policies.validator
    def _known(self, _attribute: object, value: tuple[str, ...]) -> None:
        strange = [name for name in value if name not in POLICIES]
        if strange:
            raise ContractError(f"unknown policy {strange[0]!r}; pagelaw knows {', '.join(POLICIES)}")
