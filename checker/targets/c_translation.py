"""The C functions of the contract `translation`, as a Python factory.

Every function but `open` and `close` takes the state first. Rights and accesses are bits: 1 read, 2 write, 4 execute,
8 user; what is no such text gets a bit beyond them, which the library has to refuse.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any, ClassVar

from .c import Functions, Library
from .outcome import GarbageError

_U64, _U32, _I64, _I32 = ctypes.c_uint64, ctypes.c_uint32, ctypes.c_int64, ctypes.c_int32
_STATE, _NUMBERS = ctypes.c_void_p, ctypes.POINTER(ctypes.c_uint64)
_BITS = {"r": 1, "w": 2, "x": 4, "u": 8}
_NO_SUCH_BIT = 16
#: What the results below zero mean.
_REFUSALS: dict[int, type[Exception]] = {-1: MemoryError, -2: ValueError, -3: LookupError, -4: PermissionError}
#: Names of the kinds of events, from 1 on, and how many numbers each has.
_EVENTS = (
    ("flush-page", 3),
    ("flush-space", 2),
    ("flush-all", 1),
    ("release", 1),
    ("unlock", 0),
    ("clear", 2),
    ("set", 2),
)
_MOST_EVENTS = 1 << 14


def _named(names: Mapping[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    return {f"pagelaw_translation_{name}": types for name, types in names.items()}


class TranslationLibrary(Library):
    """A library with the functions `pagelaw_translation_*`."""

    described_in = "docs/translation.md"
    required: ClassVar[Functions] = _named(
        {
            "open": (_STATE, _U64, ctypes.c_char_p, _U32),
            "close": (None, _STATE),
            "create": (_I32, _STATE, _U64),
            "drop": (_I32, _STATE, _U64),
            "map": (_I32, _STATE, _U64, _U64, _U64, _U64, _U32, _U32, _U32),
            "unmap": (_I32, _STATE, _U64, _U64, _U64, _U32),
            "protect": (_I32, _STATE, _U64, _U64, _U64, _U32, _U32),
            "translate": (_I64, _STATE, _U64, _U64, _U32),
            "switch": (_I32, _STATE, _U32, _U64),
        }
    )
    possible: ClassVar[Functions] = _named(
        {
            "copy": (_I32, _STATE, _U64, _U64),
            "split": (_I32, _STATE, _U64, _U64),
            "root": (_U64, _STATE, _U64),
            "memory": (ctypes.c_void_p, _STATE),
            "free_frames": (_I64, _STATE, _NUMBERS, _U64),
            "events": (_I64, _STATE, _NUMBERS, _U64),
            "capabilities": (ctypes.c_char_p,),
        }
    )
    capabilities_function = "pagelaw_translation_capabilities"
    implied: ClassVar[Mapping[tuple[str, ...], tuple[str, ...]]] = {
        ("pagelaw_translation_copy",): ("copies",),
        ("pagelaw_translation_split",): ("splits",),
        ("pagelaw_translation_root", "pagelaw_translation_memory"): ("look",),
        ("pagelaw_translation_root", "pagelaw_translation_memory", "pagelaw_translation_free_frames"): ("free",),
        ("pagelaw_translation_events",): ("events",),
    }

    def __call__(self, frames: int, geometry: str, *, cores: int = 1) -> LibraryTables:
        """Open table memory; `MemoryError` where the library answers NULL."""
        state = self.functions["pagelaw_translation_open"](frames, geometry.encode(), cores)
        if not state:
            raise MemoryError("the library answered NULL")
        functions = {name.removeprefix("pagelaw_translation_"): call for name, call in self.functions.items()}
        return LibraryTables(functions, state, frames, geometry)


class LibraryTables:
    """The page tables of a library, with the methods of a Python target."""

    def __init__(self, functions: Mapping[str, Any], state: int, frames: int, geometry: str) -> None:
        self._functions, self._state, self._frames, self._geometry = functions, state, frames, geometry
        self._spaces: set[int] = set()
        if "free_frames" not in functions:
            # What cannot be told must not seem to be there: the absence of a method is its declaration.
            self.free_frames = None  # type: ignore[assignment,method-assign]

    def create(self, space: int) -> None:
        """A new, empty address space."""
        self._call("create", space)
        self._spaces.add(space)

    def drop(self, space: int) -> None:
        """An address space goes."""
        self._call("drop", space)
        self._spaces.discard(space)

    def copy(self, source: int, space: int) -> None:
        """A new address space with the mappings of another one."""
        self._call("copy", source, space)
        self._spaces.add(space)

    def map(self, space: int, address: int, frame: int, pages: int, level: int, rights: str, shared: bool) -> None:
        """Map pages to frames."""
        _expect_level(level)
        self._call("map", space, address, frame, pages, level, _bits_of(rights), int(shared))

    def unmap(self, space: int, address: int, pages: int, level: int) -> None:
        """Unmap pages."""
        _expect_level(level)
        self._call("unmap", space, address, pages, level)

    def protect(self, space: int, address: int, pages: int, level: int, rights: str) -> None:
        """Give pages other rights."""
        _expect_level(level)
        self._call("protect", space, address, pages, level, _bits_of(rights))

    def split(self, space: int, address: int) -> None:
        """A huge leaf becomes a table."""
        self._call("split", space, address)

    def switch(self, core: int, space: int) -> None:
        """A core runs a space."""
        self._call("switch", core, space)

    def translate(self, space: int, address: int, access: str) -> int:
        """The physical address of an access."""
        _expect_carried(space, address)
        physical: int = self._functions["translate"](self._state, space, address, _bits_of(access))
        if physical < 0:
            raise _refusal("translate", physical)
        return physical

    def roots(self) -> dict[int, int]:
        """The physical address of each space's top table."""
        return {space: self._functions["root"](self._state, space) for space in sorted(self._spaces)}

    def memory(self) -> bytes:
        """The bytes of table memory."""
        from ...spec.geometries import geometry_named

        place = self._functions["memory"](self._state)
        if not place:
            raise GarbageError("pagelaw_translation_memory returned NULL")
        return ctypes.string_at(place, self._frames << geometry_named(self._geometry).page_shift)

    def free_frames(self) -> list[int]:
        """The free table frames."""
        numbers = (_U64 * self._frames)()
        count = self._functions["free_frames"](self._state, numbers, self._frames)
        if not 0 <= count <= self._frames:
            raise GarbageError(f"pagelaw_translation_free_frames counted {count} free frames of {self._frames}")
        return list(numbers[:count])

    def events(self) -> list[tuple[Any, ...]]:
        """What the last call did to TLBs."""
        numbers = (_U64 * (4 * _MOST_EVENTS))()
        count = self._functions["events"](self._state, numbers, _MOST_EVENTS)
        if not 0 <= count <= _MOST_EVENTS:
            raise GarbageError(f"pagelaw_translation_events counted {count} events, with room for {_MOST_EVENTS}")
        return [_event_of(numbers[4 * at : 4 * at + 4]) for at in range(count)]

    def close(self) -> None:
        """Let the library free what it holds."""
        self._functions["close"](self._state)

    def _call(self, name: str, *numbers: int) -> None:
        _expect_carried(*numbers)
        result = self._functions[name](self._state, *numbers)
        if result:
            raise _refusal(name, result)


def _expect_carried(*numbers: int) -> None:
    """`ValueError` for numbers that 64 bits do not carry."""
    if any(number >> 64 for number in numbers):
        raise ValueError(numbers)


def _expect_level(level: int) -> None:
    """`ValueError` for a level that 32 bits do not carry."""
    if level >> 32:
        raise ValueError(level)


def _bits_of(letters: str) -> int:
    return sum(_BITS.get(letter, _NO_SUCH_BIT) for letter in set(letters))


def _refusal(name: str, result: int) -> Exception:
    if result in _REFUSALS:
        return _REFUSALS[result]()
    known = ", ".join(map(str, _REFUSALS))
    return GarbageError(f"pagelaw_translation_{name} returned {result}; below 0 it may return {known}")


def _event_of(quad: list[int]) -> tuple[Any, ...]:
    if not 1 <= quad[0] <= len(_EVENTS):
        raise GarbageError(
            f"pagelaw_translation_events told of an event of kind {quad[0]}; there are 1 to {len(_EVENTS)}"
        )
    name, count = _EVENTS[quad[0] - 1]
    return (name, *quad[1 : 1 + count])
