"""The C functions of the contract `space`, as a Python factory.

Every function but `open`, `close` and `capabilities` takes the state first and returns a result: a value from 0 on, or
the number of a refusal. What is wider than that, an address above all, goes out through pointers that come last::

    int32_t pagelaw_space_mmap(state, process, address, length, rights, shared, fixed, file, offset, uint64_t *given)

Parameters are those of the calls, in the same order. Rights are bits: 1 read, 2 write, 4 execute, 8 guard, 16 copy.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

from .c import Functions, Library
from .interface import DIALECTS, LISTINGS, SPACE
from .outcome import GarbageError
from .target import TargetError

_U64, _U32, _I64, _I32 = ctypes.c_uint64, ctypes.c_uint32, ctypes.c_int64, ctypes.c_int32
_STATE, _NUMBERS, _BYTES = ctypes.c_void_p, ctypes.POINTER(ctypes.c_uint64), ctypes.POINTER(ctypes.c_uint8)
_PREFIX = "pagelaw_space_"
#: Parameters of calls that are no addresses, lengths or names; all others are `uint64_t`.
_TYPES: dict[str, Any] = {
    **dict.fromkeys(("value", "rights", "commit", "shared", "fixed", "may_move", "advice"), _U32),
    "file": _I64,
}
_ROOM = {_U64: (0, (1 << 64) - 1), _U32: (0, (1 << 32) - 1), _I64: (-(1 << 63), (1 << 63) - 1)}
#: What follows the parameters of a call.
_OUT: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("mmap", "mremap", "brk", "stack", "reserve", "map_view"), (_NUMBERS,)),
    "query": (_NUMBERS,),
    "mincore": (_BYTES, _U64),
    "maps": (_NUMBERS, _U64),
}
#: What the results below zero mean.
_REFUSALS: dict[int, type[Exception]] = {
    -1: MemoryError,
    -2: ValueError,
    -3: LookupError,
    -4: PermissionError,
    -5: OverflowError,
    -6: Warning,
    -7: RecursionError,
    -8: EOFError,
}
#: Letters of rights in the order in which they are written, each with its bit.
_BITS = {"r": 1, "w": 2, "x": 4, "c": 16, "g": 8}
_NO_SUCH_BIT = 32
_ADVICE = {"dontneed": 1, "free": 2}
_NO_SUCH_ADVICE = 0
_STATES = ("free", "reserved", "committed")
_QUERY_FIELDS, _REGION_FIELDS = 5, 6
_FEW_REGIONS, _MOST_REGIONS = 1 << 8, 1 << 20
_MOST_RESIDENT = 1 << 20
_PAGE = 4096


def _named(*calls: str) -> dict[str, tuple[Any, ...]]:
    """Result and parameters of the functions for these calls."""
    types = {}
    for call in calls:
        inward = [_TYPES.get(name, _U64) for name in SPACE.parameters_of(call) or ()]
        types[_PREFIX + call] = (_I32, _STATE, *inward, *_OUT.get(call, ()))
    return types


class SpaceLibrary(Library):
    """A library with the functions `pagelaw_space_*`."""

    described_in = "docs/space.md"
    required: ClassVar[Functions] = {
        f"{_PREFIX}open": (_STATE, _U64, ctypes.c_char_p, _U64, _U64, _U64),
        f"{_PREFIX}close": (None, _STATE),
        **_named(*SPACE.methods),
    }
    possible: ClassVar[Functions] = {
        **_named(*SPACE.possible),
        f"{_PREFIX}capabilities": (ctypes.c_char_p,),
    }
    capabilities_function = f"{_PREFIX}capabilities"
    implied: ClassVar[Mapping[tuple[str, ...], tuple[str, ...]]] = {
        tuple(_PREFIX + call for call in calls): (capability,)
        for capability, calls in {
            "forks": ("fork",),
            "files": ("file", "load", "store"),
            "breaks": ("brk",),
            "moves": ("mremap",),
            "advises": ("madvise",),
            "resident": ("mincore",),
            "faults": ("faults",),
            "executes": ("execute",),
            "sections": ("section", "map_view", "unmap_view"),
            "locks": ("lock", "unlock"),
            "stacks": ("stack",),
        }.items()
    }

    def __call__(
        self, pages: int, dialect: str, *, base: int = 1 << 30, frames: int = 0, limit: int = 0
    ) -> LibrarySpace:
        """Open an arena; `MemoryError` where the library answers NULL."""
        state = self.functions[f"{_PREFIX}open"](pages, dialect.encode(), base, frames, limit)
        if not state:
            raise MemoryError("the library answered NULL")
        functions = {name.removeprefix(_PREFIX): function for name, function in self.functions.items()}
        return LibrarySpace(functions, state)

    def _declare(self) -> dict[str, Any]:
        """What the functions imply, and the JSON; a dialect is spoken with all functions that it cannot do without."""
        spoken = [dialect for dialect, calls in DIALECTS.items() if not self._lacking(*calls)]
        document = {"dialects": spoken, **super()._declare()}
        if not isinstance(document["dialects"], list):
            return document  # refused as no list, in the words that every kind of target gets
        for dialect in document["dialects"]:
            self._expect(f"declares the dialect {dialect!r}", *DIALECTS.get(str(dialect), ()))
        if not document["dialects"]:
            wanted = " or ".join(f"{', '.join(map(_function, calls))} ({name})" for name, calls in DIALECTS.items())
            raise TargetError(f"{self.path} speaks no dialect: it must have {wanted}; see {self.described_in}")
        listings = [LISTINGS[dialect] for dialect in document["dialects"] if dialect in LISTINGS]
        if document.get("look"):
            self._expect("declares 'look'", *listings)
        return {"look": not self._lacking(*listings), **document}

    def _lacking(self, *calls: str) -> list[str]:
        return [_function(call) for call in calls if _function(call) not in self.functions]

    def _expect(self, says: str, *calls: str) -> None:
        lacking = self._lacking(*calls)
        if lacking:
            raise TargetError(f"{self.path} {says}, but lacks the function {lacking[0]} that it needs")


class LibrarySpace:
    """The address spaces of a library, with those methods of a Python target that the library has functions for."""

    def __init__(self, functions: Mapping[str, Any], state: int) -> None:
        self._functions, self._state = functions, state
        for call in functions.keys() & {*SPACE.methods, *SPACE.possible}:
            told = _TOLD.get(call, LibrarySpace._address if call in _OUT else LibrarySpace._nothing)
            setattr(self, call, partial(self._perform, told, call, SPACE.parameters_of(call) or ()))

    def close(self) -> None:
        """Let the library free what it holds."""
        self._functions["close"](self._state)

    def _perform(self, told: Callable[..., Any], call: str, parameters: tuple[str, ...], *values: Any) -> Any:
        carried = [_carried(name, value) for name, value in zip(parameters, values, strict=True)]
        return told(self, call, *carried)

    def _result(self, call: str, *arguments: Any) -> int:
        """What a function returns; a refusal is raised."""
        result: int = self._functions[call](self._state, *arguments)
        if result >= 0:
            return result
        if result in _REFUSALS:
            raise _REFUSALS[result]
        known = ", ".join(map(str, _REFUSALS))
        raise GarbageError(f"{_function(call)} returned {result}; below 0 it may return {known}")

    # -- what comes out, by call ----------------------------------------------------------------------------------

    def _nothing(self, call: str, *arguments: Any) -> None:
        result = self._result(call, *arguments)
        if result:
            raise GarbageError(f"{_function(call)} returned {result}; it may return 0 (done) or a refusal below 0")

    def _address(self, call: str, *arguments: Any) -> int:
        given = _U64()
        self._nothing(call, *arguments, given)
        return given.value

    def _protected(self, call: str, *arguments: Any) -> str:
        return _letters_of(call, self._result(call, *arguments))

    def _queried(self, call: str, *arguments: Any) -> list[Any]:
        fields = (_U64 * _QUERY_FIELDS)()
        self._nothing(call, *arguments, fields)
        page, base, alike, state, rights = fields
        if state >= len(_STATES):
            known = ", ".join(f"{number} {name}" for number, name in enumerate(_STATES))
            raise GarbageError(f"{_function(call)} told of the state {state}; there are {known}")
        return [page, base, alike, _STATES[state], _letters_of(call, rights)]

    def _resident(self, call: str, process: int, address: int, length: int) -> list[bool]:
        """Every byte is set to what it may not be, so that one that is left out shows."""
        count = min(-(-(address % _PAGE + length) // _PAGE), _MOST_RESIDENT)
        told = (ctypes.c_uint8 * count)(*[255] * count)
        self._nothing(call, process, address, length, told, count)
        for place, byte in enumerate(told):
            if byte > 1:
                raise GarbageError(f"{_function(call)} told {byte} of page {place} of {count}; it may tell 0 or 1")
        return [byte == 1 for byte in told]

    def _listed(self, call: str, process: int) -> list[list[Any]]:
        """All regions, asked for once more where there are more than there was room for.

        A region is told by its length, for the end of the last one need not be an address.
        """
        count, fields = self._regions(call, process, _FEW_REGIONS)
        if _FEW_REGIONS < count <= _MOST_REGIONS:
            room = count
            count, fields = self._regions(call, process, room)
            if count > room:
                raise GarbageError(f"{_function(call)} counted {room} regions, and {count} when it was asked again")
        if count > _MOST_REGIONS:
            raise GarbageError(f"{_function(call)} counted {count} regions; there may be {_MOST_REGIONS}")
        regions = (fields[at * _REGION_FIELDS : (at + 1) * _REGION_FIELDS] for at in range(count))
        return [
            [address, address + length, _letters_of(call, rights), bool(shared), _I64(file).value, offset]
            for address, length, rights, shared, file, offset in regions
        ]

    def _regions(self, call: str, process: int, room: int) -> tuple[int, Any]:
        fields = (_U64 * (_REGION_FIELDS * room))()
        return self._result(call, process, fields, room), fields


#: How what a call gives is read, where it is neither nothing nor an address.
_TOLD: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("read", "load", "faults"), LibrarySpace._result),
    "protect": LibrarySpace._protected,
    "query": LibrarySpace._queried,
    "mincore": LibrarySpace._resident,
    "maps": LibrarySpace._listed,
}


def _function(call: str) -> str:
    return _PREFIX + call


def _carried(name: str, value: Any) -> int:
    """A parameter as C has it; `ValueError` for a number that its type does not carry."""
    if name == "rights":
        return sum(_BITS.get(letter, _NO_SUCH_BIT) for letter in set(value))
    if name == "advice":
        return _ADVICE.get(value, _NO_SUCH_ADVICE)
    least, most = _ROOM[_TYPES.get(name, _U64)]
    if not least <= value <= most:
        raise ValueError(f"{name} {value}")
    return int(value)


def _letters_of(call: str, bits: int) -> str:
    if bits >= _NO_SUCH_BIT:
        known = ", ".join(f"{bit} {letter}" for letter, bit in _BITS.items())
        raise GarbageError(f"{_function(call)} told of the rights {bits}; they are sums of {known}")
    return "".join(letter for letter, bit in _BITS.items() if bits & bit)
