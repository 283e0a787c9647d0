"""The C functions of the contract `heap`, as a Python factory.

Addresses are pointers, and what they point to is read and written by the worker itself. NULL is a refusal for want of
memory, or nothing for no bytes; a pointer of all ones is the refusal of an illegal call.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any, ClassVar

from .c import Functions, Library
from .outcome import GarbageError

_U64, _I32 = ctypes.c_uint64, ctypes.c_int32
_STATE, _ADDRESS = ctypes.c_void_p, ctypes.c_void_p
_ILLEGAL_POINTER = 2**64 - 1
_REFUSALS: dict[int, type[Exception]] = {-1: MemoryError, -2: ValueError}


def _named(names: Mapping[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    return {f"pagelaw_heap_{name}": types for name, types in names.items()}


class HeapLibrary(Library):
    """A library with the functions `pagelaw_heap_*`."""

    described_in = "docs/heap.md"
    required: ClassVar[Functions] = _named(
        {
            "open": (_STATE, _U64),
            "allocate": (_ADDRESS, _STATE, _U64),
            "free": (_I32, _STATE, _ADDRESS),
            "close": (None, _STATE),
        }
    )
    possible: ClassVar[Functions] = _named(
        {
            "calloc": (_ADDRESS, _STATE, _U64, _U64),
            "reallocate": (_ADDRESS, _STATE, _ADDRESS, _U64),
            "aligned": (_ADDRESS, _STATE, _U64, _U64),
            "usable": (_U64, _STATE, _ADDRESS),
            "create": (_I32, _STATE, _U64, _U64),
            "destroy": (_I32, _STATE, _U64),
            "allocate_in": (_ADDRESS, _STATE, _U64, _U64),
            "free_in": (_I32, _STATE, _U64, _ADDRESS),
            "capabilities": (ctypes.c_char_p,),
        }
    )
    capabilities_function = "pagelaw_heap_capabilities"
    implied: ClassVar[Mapping[tuple[str, ...], tuple[str, ...]]] = {
        (f"pagelaw_heap_{name}",): (name,) for name in ("calloc", "reallocate", "aligned", "usable")
    }

    def declared(self, made: object) -> dict[str, Any]:
        """What the library declares; its pointers are what they are, and what they point to can be read."""
        heaps = all(
            f"pagelaw_heap_{name}" in self.functions for name in ("create", "destroy", "allocate_in", "free_in")
        )
        private = {"heaps": "private"} if heaps else {}
        return {"addresses": "anywhere", "memory": True} | private | super().declared(made)

    def __call__(self, size: int) -> LibraryHeap:
        """Open an arena; `MemoryError` where the library answers NULL."""
        state = self.functions["pagelaw_heap_open"](size)
        if not state:
            raise MemoryError("the library answered NULL")
        return LibraryHeap(self.functions, state)


class LibraryHeap:
    """One open arena of a library, with the methods of a Python target."""

    def __init__(self, functions: dict[str, Any], state: int) -> None:
        self._functions, self._state = functions, state

    def allocate(self, size: int) -> int | None:
        """A block."""
        return self._block("allocate", size, size)

    def calloc(self, count: int, size: int) -> int | None:
        """A block of zeros."""
        return self._block("calloc", count * size, count, size)

    def aligned(self, alignment: int, size: int) -> int | None:
        """A block at a multiple of `alignment`."""
        return self._block("aligned", size, alignment, size)

    def reallocate(self, address: int, size: int) -> int | None:
        """A block of another size."""
        return self._block("reallocate", size, address, size)

    def allocate_in(self, heap: int, size: int) -> int | None:
        """A block of a heap besides the first."""
        return self._block("allocate_in", size, heap, size)

    def free(self, address: int) -> None:
        """Give a block back."""
        self._done("free", address)

    def free_in(self, heap: int, address: int) -> None:
        """Give a block back to a heap besides the first."""
        self._done("free_in", heap, address)

    def create(self, heap: int, size: int) -> None:
        """A heap besides the first."""
        self._done("create", heap, size)

    def destroy(self, heap: int) -> None:
        """A heap goes."""
        self._done("destroy", heap)

    def usable(self, address: int) -> int:
        """How many bytes a block has."""
        room: int = self._functions["pagelaw_heap_usable"](self._state, address)
        return room

    def read(self, address: int, length: int) -> bytes:
        """What a pointer points to."""
        return ctypes.string_at(address, length)

    def write(self, address: int, data: bytes) -> None:
        """Into what a pointer points to."""
        ctypes.memmove(address, data, len(data))

    def close(self) -> None:
        """Let the library free what it holds."""
        self._functions["pagelaw_heap_close"](self._state)

    def _block(self, name: str, wanted: int, *arguments: int) -> int | None:
        address: int | None = self._functions[f"pagelaw_heap_{name}"](self._state, *arguments)
        if address == _ILLEGAL_POINTER:
            raise ValueError
        if not address and wanted:
            raise MemoryError
        return address or None

    def _done(self, name: str, *arguments: int) -> None:
        result = self._functions[f"pagelaw_heap_{name}"](self._state, *arguments)
        if result in _REFUSALS:
            raise _REFUSALS[result]
        if result != 0:
            raise GarbageError(f"pagelaw_heap_{name} returned {result}; it may return 0 (done), -1 or -2 (refused)")
