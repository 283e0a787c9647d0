"""The C functions of the contract `frames`, as a Python factory."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any, ClassVar

from .c import Functions, Library
from .outcome import GarbageError

_U64, _U32, _I64, _I32 = ctypes.c_uint64, ctypes.c_uint32, ctypes.c_int64, ctypes.c_int32
_STATE = ctypes.c_void_p
_FRAMES, _ORDERS = ctypes.POINTER(_U64), ctypes.POINTER(_U32)
_OUT_OF_MEMORY = _REFUSED = -1


class FramesLibrary(Library):
    """A library with the functions `pagelaw_frames_*`."""

    required: ClassVar[Functions] = {
        "pagelaw_frames_open": (_STATE, _U64, _U32),
        "pagelaw_frames_allocate": (_I64, _STATE, _U32),
        "pagelaw_frames_free": (_I32, _STATE, _U64, _U32),
        "pagelaw_frames_close": (None, _STATE),
    }
    possible: ClassVar[Functions] = {
        "pagelaw_frames_free_blocks": (_I64, _STATE, _FRAMES, _ORDERS, _U64),
        "pagelaw_frames_capabilities": (ctypes.c_char_p,),
        "pagelaw_frames_open_arena": (_STATE, _U64, _U64, _U32, _FRAMES, _U64, _FRAMES, _U64),
    }
    capabilities_function = "pagelaw_frames_capabilities"
    implied: ClassVar[Mapping[tuple[str, ...], tuple[str, ...]]] = {
        ("pagelaw_frames_free_blocks",): ("probe",),
        ("pagelaw_frames_open_arena",): ("start", "reserved", "barriers"),
    }

    def __call__(
        self, frames: int, max_order: int, *, start: int = 0, reserved: Any = (), barriers: Any = ()
    ) -> LibraryArena:
        """Open an arena; `MemoryError` where the library answers NULL."""
        open_arena = self.functions.get("pagelaw_frames_open_arena")
        if open_arena is None:
            state = self.functions["pagelaw_frames_open"](frames, max_order)
        else:
            holes, zones = (_U64 * len(reserved))(*reserved), (_U64 * len(barriers))(*barriers)
            state = open_arena(start, frames, max_order, holes, len(reserved), zones, len(barriers))
        if not state:
            raise MemoryError("the library answered NULL")
        return LibraryArena(self.functions, state, frames)


class LibraryArena:
    """One open arena of a library, with the methods of a Python target."""

    def __init__(self, functions: dict[str, Any], state: int, frames: int) -> None:
        self._state = state
        self._allocate = functions["pagelaw_frames_allocate"]
        self._free = functions["pagelaw_frames_free"]
        self._close = functions["pagelaw_frames_close"]
        self._probe = functions.get("pagelaw_frames_free_blocks")
        self._room = frames

    def allocate(self, order: int) -> int:
        """The first frame of a block; a negative result other than -1 is passed on as it came."""
        if order >> 32:
            raise ValueError(order)
        frame: int = self._allocate(self._state, order)
        if frame == _OUT_OF_MEMORY:
            raise MemoryError
        return frame

    def free(self, frame: int, order: int) -> None:
        """Give a block back; `ValueError` where the library refuses."""
        if frame >> 64 or order >> 32:
            raise ValueError(frame, order)
        result = self._free(self._state, frame, order)
        if result == _REFUSED:
            raise ValueError
        if result != 0:
            raise GarbageError(f"pagelaw_frames_free returned {result}; it may return 0 (done) or -1 (refused)")

    def free_blocks(self) -> list[tuple[int, int]]:
        """(frame, order) of the free blocks as the library lists them."""
        frames, orders = (_U64 * self._room)(), (_U32 * self._room)()
        assert self._probe is not None, "never asked of a library that declares no probe"
        count = self._probe(self._state, frames, orders, self._room)
        if not 0 <= count <= self._room:
            raise GarbageError(f"pagelaw_frames_free_blocks counted {count} free blocks among {self._room} frames")
        return list(zip(frames[:count], orders[:count], strict=True))

    def close(self) -> None:
        """Let the library free what it holds."""
        self._close(self._state)
