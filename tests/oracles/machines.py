"""The processors that Unicorn 2 emulates, as geometries: the specification's, and where QEMU differs, how.

What differs, and who is right:

* x86: physical addresses have 40 bits, so bits 40 to 51 of an entry are reserved. The architecture leaves the width
  to the processor; the built-in geometries have all 52.
* win32: a processor with PSE-36 takes bits 13 to 20 of a 4 MiB page's entry as bits 32 to 39 of its frame (Intel SDM
  3A, table 4-4). The built-in geometry is that of a processor without it, where they are reserved.
* pae: real processors read the top level when CR3 is loaded, and fault there if a reserved bit is set (SDM 3A, 4.4.1).
  QEMU reads it at each walk, and does not look at reserved bits 1, 2 and 5 to 8.
* RISC-V: QEMU 5.0, which Unicorn is made of, knows version 1.11 of the privileged architecture: bits 54 to 63 belong to
  the frame, and U, A and D may be set in a table's entry. Version 1.12 reserves both, as the geometries do.
* sv32: this QEMU keeps 32 of 34 bits of a physical address.
"""

from __future__ import annotations

import attrs

from pagelaw.spec.geometries import Geometry, geometry_named

from .compare import Machine

_PHYSICAL_BITS = 40
#: At the fifth level there are no leaves.
_LEVELS_OF_LEAVES = 4


def _field(first: int, last: int) -> int:
    return (1 << last + 1) - (1 << first)


def narrowed(geometry: Geometry) -> Geometry:
    """A geometry of x86 on a processor with 40 bits of physical address."""
    high, leaves = _field(_PHYSICAL_BITS, 51), range(min(geometry.levels, _LEVELS_OF_LEAVES))
    return attrs.evolve(
        geometry,
        frame=geometry.frame & ~high,
        reserved_leaf={level: geometry.reserved_leaf.get(level, 0) | high for level in leaves},
        reserved_table={level: geometry.reserved_table.get(level, 0) | high for level in range(1, geometry.levels)},
    )


def _x86(name: str, word: int, spared: dict[tuple[int, bool], int] | None = None) -> Machine:
    return Machine(name, narrowed(geometry_named(name)), word, spared or {})


def _risc_v(name: str, word: int, last_frame_bit: int) -> Machine:
    geometry = geometry_named(name)
    geometry = attrs.evolve(
        geometry,
        frame=_field(10, last_frame_bit),
        reserved_table={},
        reserved_leaf={level: bits & _field(10, 53) for level, bits in geometry.reserved_leaf.items()},
    )
    return Machine(name, geometry, word)


_PSE36 = attrs.evolve(geometry_named("win32"), reserved_leaf={1: 1 << 21})

MACHINES = (
    Machine("win32", _PSE36, 4, {(1, True): _field(13, 20), (1, False): 1 << 7}),
    _x86("pae", 4, {(2, False): 0b1_1110_0110}),
    _x86("x86-64", 8),
    _x86("x86-64-la57", 8),
    _risc_v("sv32", 4, 29),
    _risc_v("sv39", 8, 63),
    _risc_v("sv48", 8, 63),
)
