"""Machines with page tables: their first state in arrays, random calls, and where the laws are asked besides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from ...spec import entries
from ...spec.geometries import Geometry, bound_to
from ...spec.tables import Tables
from .backend import is_compiled
from .tables_calls import (
    KIND_BITS,
    MAP,
    ODD_ADDRESS,
    ODD_AT,
    ODD_PLACE,
    PAGE_IN,
    PAGE_OUT,
    PROTECT,
    SHARE,
    SPLIT,
    TOGGLE,
    TOUCH,
    UNMAP,
    Field,
)

#: How often each kind is called while much is to be mapped, and while all is to go; TOGGLE creates a space or drops it.
GROWING = {TOGGLE: 3, MAP: 26, UNMAP: 4, PROTECT: 6, SPLIT: 3, TOUCH: 8, PAGE_OUT: 5, PAGE_IN: 5, SHARE: 4}
SHRINKING = {TOGGLE: 8, MAP: 2, UNMAP: 34, PROTECT: 1, SPLIT: 1, TOUCH: 2, PAGE_OUT: 1, PAGE_IN: 14, SHARE: 1}
#: One call in so many is odd.
_ODD = 24


@attrs.frozen
class Machine:
    """Page tables of one geometry.

    Attributes:
        geometry: how they are laid out.
        frames: frames of table memory.
        small: frames that base pages are mapped to.
        blocks: blocks for huge pages, of the size of the lowest level above the last that has leaves.
        spaces: address spaces, up to 15.
        pages: pages of each space that calls are about; 0 for all there are.
        look: addresses of each space that are translated before and after each call; 0 for all of `pages`.
        slots: slots that are asked about at each call besides those touched; 0 for all there are.
    """

    geometry: Geometry
    frames: int
    small: int
    blocks: int
    spaces: int
    pages: int = 0
    look: int = 0
    slots: int = 0

    @property
    def entries(self) -> int:
        """Entries of table memory."""
        return (self.frames << self.geometry.page_shift) // self.geometry.entry_bytes

    @property
    def levels(self) -> tuple[int, ...]:
        """The last level, and the next one that has leaves: blocks of one huge size never overlap in part."""
        software = bound_to(self.geometry, entries)
        return tuple([level for level in range(self.geometry.levels) if software.may_be_leaf(level)][:2])

    @property
    def limit(self) -> int:
        """Frames in all: tables, frames of base pages, blocks."""
        size = 1 << (self.geometry.shift(self.levels[-1]) - self.geometry.page_shift)
        return (-(-(self.frames + self.small) // size) + self.blocks) * size

    def __str__(self) -> str:
        return f"{self.geometry.name}, {self.frames} table frames of {self.limit}, {self.spaces} spaces"


def _number(value: int) -> Any:
    return np.uint64(value) if is_compiled() else value


def empty(machine: Machine) -> tuple[Tables, npt.NDArray[np.uint64]]:
    """Table memory of which all frames are free, and no space."""
    following = np.append(np.arange(2, machine.frames + 1), 0).astype(np.uint64)
    words = np.zeros(machine.entries, np.dtype(f"u{machine.geometry.entry_bytes}"))
    tables = Tables(
        words=words,
        entries=_number(machine.entries),
        kind=np.zeros(machine.frames, np.uint8),
        used=np.zeros(machine.frames, np.uint16),
        parent=following,
        free=_number(1),
        spare=_number(machine.frames),
        count=np.zeros(machine.limit, np.uint32),
        backed=np.zeros(machine.limit, np.uint64),
        frames=_number(machine.frames),
        limit=_number(machine.limit),
    )
    return tables, np.zeros(machine.spaces, np.uint64)


def field_of(machine: Machine, weights: dict[int, int], seed: Sequence[int]) -> Field:
    """What calls choose from, with kinds as often as `weights` say; `seed` says which pages."""
    generator = np.random.default_rng(seed)
    kinds = np.repeat(list(weights), list(weights.values())).astype(np.uint8)
    pages, looks = _pages(machine, generator)
    strays = _strays(machine.geometry)
    geometry, levels = machine.geometry, machine.geometry.levels
    reserved = [geometry.reserved_leaf.get(level, 0) for level in range(levels)]
    reserved += [geometry.reserved_table.get(level, 0) for level in range(levels)]
    return Field(
        kinds=kinds[np.arange(KIND_BITS + 1) % kinds.size],
        pages=pages,
        page_count=_number(pages.size),
        levels=np.array(machine.levels, np.uint8),
        level_count=_number(len(machine.levels)),
        small=_number(machine.small),
        looks=looks,
        look_count=_number(looks.size),
        look=_number(machine.look or looks.size),
        strays=strays,
        stray_count=_number(strays.size),
        reserved=np.array(reserved, np.uint64),
        slots=_number(machine.slots or machine.entries),
    )


def _pages(machine: Machine, generator: np.random.Generator) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Pages that calls are about, close together and far apart; and bytes of them and of their neighbours."""
    geometry = machine.geometry
    bits = geometry.translated_bits - geometry.page_shift
    if not machine.pages:
        numbers = np.arange(1 << bits)
    else:
        near = generator.integers(0, 4, machine.pages) << generator.integers(0, max(1, bits - 1), machine.pages)
        numbers = np.concatenate([near, near ^ 1, (1 << bits) - 1 - near])[: machine.pages]
    pages = _canonical(geometry, numbers.astype(np.uint64) << np.uint64(geometry.page_shift))
    inner = generator.integers(0, 1 << geometry.page_shift, pages.size, dtype=np.uint64)
    return pages, generator.permutation(np.concatenate([pages | inner, pages, _strays(geometry)]))


def _canonical(geometry: Geometry, addresses: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    upper = np.uint64((1 << geometry.address_bits) - (1 << geometry.translated_bits))
    negative = addresses >> np.uint64(geometry.translated_bits - 1) != 0
    return np.where(negative & geometry.sign_extended, addresses | upper, addresses)


def _strays(geometry: Geometry) -> npt.NDArray[np.uint64]:
    """Addresses with one bit that does not fit the others."""
    spare = range(geometry.translated_bits, geometry.address_bits)
    return np.array([1 << bit | 1 << geometry.page_shift for bit in spare], np.uint64)


def draw(generator: np.random.Generator, count: int) -> npt.NDArray[np.uint64]:
    """So many calls, a few of them odd."""
    words = generator.integers(0, 1 << ODD_AT, count, dtype=np.uint64)
    odd = generator.integers(ODD_ADDRESS, ODD_PLACE + 1, count, dtype=np.uint64)
    odd[generator.random(count) >= 1 / _ODD] = 0
    return words | odd << np.uint64(ODD_AT)


def copied(tables: Tables) -> Tables:
    """The same state in arrays of its own."""
    return tables._replace(
        **{name: part.copy() for name, part in tables._asdict().items() if isinstance(part, np.ndarray)}
    )
