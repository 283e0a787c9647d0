"""A walk through page tables as a picture: the address in its fields, then one line for each table.

address 0x2A8E317F of win32
  bits   31 22 | 21 12 | 11 0
  field  0x0AA | 0x0E3 | 0x17F

  table at level 1   entry 0x0AA, byte 0x2A8
  table at level 0   entry 0x0E3, byte 0x38C
  page               byte 0x17F
"""

from __future__ import annotations

from ...spec import paging
from ...spec.geometries import Geometry, bound_to
from ...spec.paging import Access, Image

FAULTS = {
    paging.NO_FAULT: "no fault",
    paging.NOT_CANONICAL: "the address is not canonical",
    paging.NOT_PRESENT: "the entry is not present",
    paging.MALFORMED: "the entry is malformed: reserved bits, or a leaf where none may be",
    paging.OUTSIDE: "the table lies outside the memory that was given",
    paging.PROTECTION: "the rights do not allow this access",
}


def draw_address(geometry: Geometry, address: int) -> list[str]:
    """The address in its fields, and where each of them leads, as far as that is known without tables."""
    backend = bound_to(geometry)
    levels = [level for level in range(geometry.levels - 1, -1, -1) if geometry.index_bits[-1 - level]]
    spans = [(geometry.shift(level), geometry.index_bits[-1 - level]) for level in levels]
    fields = [
        (shift + width - 1, shift, backend.index_of(address, level))
        for level, (shift, width) in zip(levels, spans, strict=True)
    ]
    fields.append((geometry.page_shift - 1, 0, backend.offset_of(address, 0)))
    bits = [f"{high} {low}" for high, low, _ in fields]
    values = [f"0x{value:0{(high - low) // 4 + 1}X}" for high, low, value in fields]
    widths = [max(len(bit), len(value)) for bit, value in zip(bits, values, strict=True)]
    lines = [
        f"address 0x{address:X} of {geometry.name}: {geometry.title}",
        "  bits   " + " | ".join(f"{bit:<{width}}" for bit, width in zip(bits, widths, strict=True)).rstrip(),
        "  field  " + " | ".join(f"{value:<{width}}" for value, width in zip(values, widths, strict=True)).rstrip(),
        "",
    ]
    if not backend.is_canonical(address):
        return [*lines, f"  {FAULTS[paging.NOT_CANONICAL]}"]
    for level, value in zip(levels, values, strict=False):
        byte = backend.index_of(address, level) << backend.ENTRY_SHIFT
        lines.append(f"  table at level {level}   entry {value}, byte 0x{byte:X}")
    return [*lines, f"  page               byte {values[-1]}"]


def draw_walk(geometry: Geometry, image: Image, root: int, address: int, access: Access) -> list[str]:
    """The same with the tables at hand: each entry that was read, and what the walk came to."""
    backend = bound_to(geometry)
    found = backend.walk(image, root, address)
    lines, table = [*draw_address(geometry, address), ""], root
    for level in range(geometry.levels - 1, found.level - 1, -1):
        if not geometry.index_bits[-1 - level] or found.fault == paging.NOT_CANONICAL:
            continue
        place = table + (backend.index_of(address, level) << backend.ENTRY_SHIFT)
        if place >> backend.ENTRY_SHIFT >= image.entries:
            lines.append(f"  level {level}: the entry at 0x{place:X} cannot be read")
            break
        entry = image.words[place >> backend.ENTRY_SHIFT]
        table = backend.frame_of(entry) << geometry.page_shift
        lines.append(f"  level {level}: the entry at 0x{place:X} is 0x{entry:0{2 * geometry.entry_bytes}X}")
    fault = backend.classify(found, access)
    if found.fault == paging.NO_FAULT:
        rights = [name for name in ("read", "write", "user", "execute") if getattr(found, name)]
        lines.append(f"  physical address 0x{found.physical:X}, rights: {', '.join(rights) or 'none'}")
    lines.append(f"  {FAULTS[fault]}")
    return lines
