"""A plain manager of x86-64 page tables, written apart from the specification, with bugs that can be planted."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pagelaw.checker.targets.inside import InsideTarget

PRESENT, WRITE, USER, ACCESSED, DIRTY, HUGE, NO_EXECUTE = 1, 2, 4, 32, 64, 128, 1 << 63
FRAME = 0x000F_FFFF_FFFF_F000
RIGHTS = ("r", "rw", "rx", "rwx", "ru", "rwu", "rxu", "rwxu")
TOP = 1 << 64


def shift(level: int) -> int:
    return 12 + 9 * level


class Tables:
    """Four levels in a dictionary of entries; `bugs` names what is wrong on purpose."""

    geometries = ("x86-64",)
    cores = 4
    levels = 2
    reclaims = "eager"
    marks = True
    bugs: frozenset[str] = frozenset()

    def __init__(self, frames: int, geometry: str, cores: int = 1) -> None:
        assert geometry == "x86-64"
        self.frames, self.core_count = frames, cores
        self.words: dict[int, int] = {}
        self.free = list(range(frames))
        self.top: dict[int, int] = {}
        self.count: dict[int, int] = {}
        self.private: set[int] = set()
        self.numbers: dict[int, int] = {}
        self.told: list[tuple[Any, ...]] = []

    # -- what every call checks ---------------------------------------------------------------------------------

    def root(self, space: int) -> int:
        if space not in self.top:
            raise ValueError(space)
        return self.top[space]

    def check_range(self, address: int, pages: int, level: int) -> None:
        if not 0 <= level <= self.levels or address % (1 << shift(level)) or pages < 0:
            raise ValueError(address)
        if "last-page-illegal" in self.bugs and address + (pages << shift(level)) >= TOP:
            raise ValueError(address)
        end = max(address, address + (pages << shift(level)) - 1)
        low, high = end < 1 << 47, address >= TOP - (1 << 47) and end < TOP
        if not (low or high) and pages:
            raise ValueError(address)

    def slots(self, space: int, address: int, level: int) -> Iterator[tuple[int, int]]:
        """Level and slot of each entry on the way down, as far as there are tables."""
        frame = self.root(space)
        for at in (3, 2, 1, 0):
            slot = frame * 512 + (address >> shift(at) & 511)
            yield at, slot
            entry = self.words.get(slot, 0)
            if at == level or not entry & PRESENT or (at and entry & HUGE):
                return
            frame = (entry & FRAME) >> 12

    def leaf(self, space: int, address: int, level: int) -> int:
        """Slot of the leaf; `LookupError` where there is none."""
        at, slot = list(self.slots(space, address, level))[-1]
        entry = self.words.get(slot, 0)
        if at != level or not entry & PRESENT or (level and not entry & HUGE):
            raise LookupError(hex(address))
        return slot

    def flags(self, rights: str, level: int) -> int:
        if rights not in RIGHTS:
            raise ValueError(rights)
        writable, user = WRITE * ("w" in rights), USER * ("u" in rights)
        if "forgets-no-execute" in self.bugs:
            return PRESENT | writable | user | HUGE * (level > 0)
        return PRESENT | writable | user | NO_EXECUTE * ("x" not in rights) | HUGE * (level > 0)

    def flush(self, space: int, address: int) -> None:
        cores = range(1, self.core_count) if "core-0-not-flushed" in self.bugs else range(self.core_count)
        if "never-flushes" not in self.bugs:
            self.told += [("flush-page", core, space, address) for core in cores]

    # -- the calls ----------------------------------------------------------------------------------------------

    def create(self, space: int) -> None:
        if space in self.top:
            raise ValueError(space)
        if not self.free:
            raise MemoryError
        self.top[space] = self.free.pop()
        taken = set(self.numbers.values()) if "same-identifier" not in self.bugs else set()
        self.numbers[space] = min(set(range(64)) - taken)

    def drop(self, space: int) -> None:
        self.release_table(self.root(space), 3)
        del self.top[space], self.numbers[space]
        self.told += [("flush-space", core, space) for core in range(self.core_count)]

    def release_table(self, frame: int, level: int) -> None:
        for slot in range(frame * 512, frame * 512 + 512):
            entry = self.words.pop(slot, 0)
            if level and entry & PRESENT and not entry & HUGE:
                self.release_table((entry & FRAME) >> 12, level - 1)
            elif entry & PRESENT:
                self.forget((entry & FRAME) >> 12)
        self.free.append(frame)

    def forget(self, frame: int) -> None:
        self.count[frame] -= 1
        if not self.count[frame]:
            del self.count[frame]
            self.private.discard(frame)

    def copy(self, source: int, space: int) -> None:
        root = self.root(source)
        if space in self.top:
            raise ValueError(space)
        if self.tables_under(root, 3) > len(self.free):
            raise MemoryError
        self.create(space)
        for address, level, slot in list(self.leaves(root, 3, 0)):
            entry = self.words[slot]
            frame = (entry & FRAME) >> 12
            if frame in self.private and "copy-keeps-write" not in self.bugs:
                self.words[slot] = entry = entry & ~WRITE
                self.flush(source, address)
            self.link(space, address, level, entry & ~(ACCESSED | DIRTY))
            self.count[frame] += 1

    def leaves(self, frame: int, level: int, base: int) -> Iterator[tuple[int, int, int]]:
        for index in range(512):
            slot, address = frame * 512 + index, base + (index << shift(level))
            entry = self.words.get(slot, 0)
            if entry and (not level or entry & HUGE):
                yield address | (TOP - (1 << 48) if address >> 47 else 0), level, slot
            elif entry:
                yield from self.leaves((entry & FRAME) >> 12, level - 1, address)

    def tables_under(self, frame: int, level: int) -> int:
        entries = [self.words.get(frame * 512 + index, 0) for index in range(512)] if level else []
        below = [(entry & FRAME) >> 12 for entry in entries if entry and not entry & HUGE]
        return 1 + sum(self.tables_under(lower, level - 1) for lower in below)

    def link(self, space: int, address: int, level: int, entry: int) -> None:
        """Write a leaf, with the tables it needs; what was made is taken back where one is missing."""
        made: list[tuple[int, int]] = []
        while True:
            at, slot = list(self.slots(space, address, level))[-1]
            if at == level:
                break
            if not self.free:
                for above, frame in reversed(made if "leaks-on-failure" not in self.bugs else []):
                    del self.words[above]
                    self.free.append(frame)
                raise MemoryError
            made.append((slot, self.free.pop()))
            self.words[slot] = made[-1][1] << 12 | PRESENT | WRITE | USER
        self.words[slot] = entry

    def map(self, space: int, address: int, frame: int, pages: int, level: int, rights: str, shared: bool) -> None:
        self.root(space)
        self.check_range(address, pages, level)
        flags, size = self.flags(rights, level), 1 << 9 * level
        if not pages:
            return
        inside = frame >= self.frames or "maps-tables" in self.bugs
        if not inside or frame % size or frame + pages * size > 1 << 40:
            raise ValueError(frame)
        for number in range(pages):
            _, slot = list(self.slots(space, address + (number << shift(level)), level))[-1]
            if self.words.get(slot, 0) and "maps-over" not in self.bugs:
                raise ValueError(address)
        for number in range(pages):
            first, block = address + (number << shift(level)), frame + number * size
            try:
                self.link(space, first, level, block << 12 | flags)
            except MemoryError:
                for done in range(number if "half-mapped" not in self.bugs else 0):
                    self.unlink(space, address + (done << shift(level)), level)
                raise
            self.count[block] = self.count.get(block, 0) + 1
            if not shared:
                self.private.add(block)

    def unlink(self, space: int, address: int, level: int) -> None:
        way = list(self.slots(space, address, level))
        self.forget((self.words[way[-1][1]] & FRAME) >> 12)
        for at, slot in reversed(way):
            frame = slot // 512
            del self.words[slot]
            if at == 3 or any(self.words.get(other) for other in range(frame * 512, frame * 512 + 512)):
                break
            if "keeps-empty-tables" in self.bugs:
                break
            self.free.append(frame)
            if "release-before-flush" in self.bugs:
                self.told.append(("release", frame))

    def unmap(self, space: int, address: int, pages: int, level: int) -> None:
        self.root(space)
        self.check_range(address, pages, level)
        for number in range(pages):
            self.leaf(space, address + (number << shift(level)), level)
        for number in range(pages):
            first = address + (number << shift(level))
            if "unmaps-one-less" not in self.bugs or number < pages - 1 or not number:
                self.unlink(space, first, level)
            self.flush(space, first)

    def protect(self, space: int, address: int, pages: int, level: int, rights: str) -> None:
        self.root(space)
        flags = self.flags(rights, level)
        self.check_range(address, pages, level)
        slots = []
        for number in range(pages):
            slots.append(self.leaf(space, address + (number << shift(level)), level))
            if "half-protected" in self.bugs:
                self.words[slots[-1]] = self.words[slots[-1]] & FRAME | flags
        for number, slot in enumerate(slots):
            self.words[slot] = self.words[slot] & (FRAME | ACCESSED | DIRTY) | flags
            self.flush(space, address + (number << shift(level)))

    def split(self, space: int, address: int) -> None:
        way = list(self.slots(space, address, 0))
        level, slot = way[-1]
        entry = self.words.get(slot, 0)
        if not entry & PRESENT:
            raise LookupError(address)
        if not level:
            raise ValueError(address)
        if not self.free:
            raise MemoryError
        table, block, private = self.free.pop(), (entry & FRAME) >> 12, (entry & FRAME) >> 12 in self.private
        step = 1 << 9 * (level - 1) if "splits-to-one" not in self.bugs else 0
        keep = entry & ~(FRAME | HUGE) | (HUGE if level > 1 else 0)
        self.forget(block)
        for index in range(512):
            piece = block + index * step
            self.words[table * 512 + index] = piece << 12 | keep
            self.count[piece] = self.count.get(piece, 0) + 1
            if private:
                self.private.add(piece)
        self.words[slot] = table << 12 | PRESENT | WRITE | USER
        first = address >> shift(level) << shift(level)
        self.flush(space, first)
        self.told.append(("set", space, first))

    def translate(self, space: int, address: int, access: str) -> int:
        self.root(space)
        if access not in ("r", "w", "x", "ru", "wu", "xu"):
            raise ValueError(access)
        if (1 << 47 <= address < TOP - (1 << 47)) and "any-address" not in self.bugs:
            raise LookupError(address)
        way = list(self.slots(space, address, 0))
        level, slot = way[-1]
        entry = self.words.get(slot, 0)
        if "marks-faults" in self.bugs and entry:
            self.words[slot] |= ACCESSED
        if not entry & PRESENT:
            raise LookupError(hex(address))
        user = "user-may-all" in self.bugs or "u" not in access or entry & USER
        if not user or ("w" in access and not entry & WRITE) or ("x" in access and entry & NO_EXECUTE):
            raise PermissionError(access)
        for _, upper in way[:-1]:
            self.words[upper] |= ACCESSED
        self.words[slot] |= ACCESSED | (DIRTY if "w" in access else 0)
        offset = address & ((1 << shift(level)) - 1 if "huge-offset" not in self.bugs else 4095)
        return (entry & FRAME) + offset

    def switch(self, core: int, space: int) -> None:
        self.root(space)

    # -- what can be looked at ----------------------------------------------------------------------------------

    def roots(self) -> dict[int, int]:
        return {space: frame << 12 for space, frame in self.top.items()}

    def memory(self) -> bytes:
        room = bytearray(self.frames << 12)
        for slot, entry in self.words.items():
            room[slot * 8 : slot * 8 + 8] = entry.to_bytes(8, "little")
        return bytes(room)

    def free_frames(self) -> list[int]:
        return list(self.free)

    def identifiers(self) -> dict[int, int]:
        return dict(self.numbers)

    def events(self) -> list[tuple[Any, ...]]:
        told, self.told = self.told, []
        return told


@pytest.fixture
def make_target() -> Callable[..., InsideTarget]:
    """Makes a target of the plain manager: bugs, and attributes or methods by keyword (None takes one away)."""

    def make(*bugs: str, **attributes: Any) -> InsideTarget:
        made = type("Planted", (Tables,), {"bugs": frozenset(bugs), **attributes})
        return InsideTarget("planted", functools.partial(made), "translation")

    return make
