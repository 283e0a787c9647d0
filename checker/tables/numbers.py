"""The laws on arithmetic, at numbers that are drawn and at those where arithmetic goes wrong: T2, T11 and T12."""

from __future__ import annotations

from .asked import Asker
from .machine import Machine

#: Places in a paging file, and frames, that are tried in an entry of so many bytes: what it has room for.
_PLACE_SHIFT = 12


def ask(asker: Asker, word: int, data: bytes) -> None:
    """T2, T11 and T12 at what `word` and the bytes say, and near the ends of the address space."""
    machine = asker.machine
    for address in _addresses(machine, word, data):
        asker.ask("T2", machine.rules.joined, (address,), "at address {0:#x}", address)
        for length in _lengths(machine, address, word):
            for inner in (0, word % (length or 1), max(length, 1) - 1):
                told = f"for {length:#x} bytes from {address:#x} on, at byte {inner:#x}"
                asker.ask("T11", machine.rules.ended, (address, length, inner), told)
    _ask_kept(asker, word)


def _addresses(machine: Machine, word: int, data: bytes) -> list[int]:
    """A drawn address, and those next to where a half or the whole of the address space begins and ends."""
    geometry = machine.geometry
    last = (1 << geometry.address_bits) - 1
    edges = (0, 1 << geometry.translated_bits - 1, last - (1 << geometry.translated_bits - 1) + 1, last)
    return [word & last, (edges[data[3] % 4] + data[4] - 128) & last, edges[data[5] % 4]]


def _lengths(machine: Machine, address: int, word: int) -> list[int]:
    """Nothing, a page, to the last address there is and one further, and any."""
    last = (1 << machine.geometry.address_bits) - 1
    return [0, 1 << machine.geometry.page_shift, last - address + 1, last - address + 2, word >> word % 64]


def _ask_kept(asker: Asker, word: int) -> None:
    """T12 for a leaf with any marks and rights, in any file, at any place that an entry has room for."""
    machine = asker.machine
    width = 8 * machine.geometry.entry_bytes
    leaf = (word ^ word << 17) & ((1 << width) - 1) | machine.geometry.present
    place = 1 + (word >> 7) % ((1 << width - _PLACE_SHIFT) - 1)
    frames = (machine.geometry.frame >> machine.geometry.frame_shift) + 1
    file, frame = word & 15, (word >> 11) % frames
    asker.ask("T12", machine.rules.kept, (leaf, file, place, frame), f"for leaf {leaf:#x}, place {place:#x} of {file}")
