"""C targets: a shared library with the functions `pagelaw_frames_*`, seen as a Python factory.

The library is only ever loaded inside a worker, where it may crash. What the C types cannot carry (an order beyond 32
bits) is refused here in the library's stead, for a wrapped number would blame it for a call that it never got.
"""

from __future__ import annotations

import ctypes
import json
import os
from typing import Any

from .outcome import GarbageError
from .python import OPTIONAL
from .target import TargetError

_U64, _U32, _I64, _I32 = ctypes.c_uint64, ctypes.c_uint32, ctypes.c_int64, ctypes.c_int32
_STATE = ctypes.c_void_p
_FRAMES, _ORDERS = ctypes.POINTER(_U64), ctypes.POINTER(_U32)

#: Result and parameters of every function that a library must have.
REQUIRED: dict[str, tuple[Any, ...]] = {
    "pagelaw_frames_open": (_STATE, _U64, _U32),
    "pagelaw_frames_allocate": (_I64, _STATE, _U32),
    "pagelaw_frames_free": (_I32, _STATE, _U64, _U32),
    "pagelaw_frames_close": (None, _STATE),
}
#: The same of those that it may have.
POSSIBLE: dict[str, tuple[Any, ...]] = {
    "pagelaw_frames_free_blocks": (_I64, _STATE, _FRAMES, _ORDERS, _U64),
    "pagelaw_frames_capabilities": (ctypes.c_char_p,),
    "pagelaw_frames_open_arena": (_STATE, _U64, _U64, _U32, _FRAMES, _U64, _FRAMES, _U64),
}
_OUT_OF_MEMORY = _REFUSED = -1


class Library:
    """A loaded library as a factory of arenas."""

    def __init__(self, path: str) -> None:
        """Load the library and look its functions up; `TargetError` says what is missing."""
        self.path = path
        library = _load(path)
        missing = [name for name in REQUIRED if not hasattr(library, name)]
        if missing:
            raise TargetError(
                f"{path} lacks {', '.join(missing)}: see docs/targets.md for the C functions it must have"
            )
        self.functions: dict[str, Any] = {}
        for name, (result, *parameters) in {**REQUIRED, **POSSIBLE}.items():
            if hasattr(library, name):
                function = getattr(library, name)
                function.restype, function.argtypes = result, parameters
                self.functions[name] = function
        self._declared = self._declare()

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

    def declared(self, _made: object) -> dict[str, Any]:
        """What the library declares: its JSON, and what the functions that it has imply."""
        return self._declared

    def _declare(self) -> dict[str, Any]:
        document: dict[str, Any] = {}
        if "pagelaw_frames_free_blocks" in self.functions:
            document["probe"] = True
        if "pagelaw_frames_open_arena" in self.functions:
            document |= dict.fromkeys(OPTIONAL, True)
        if "pagelaw_frames_capabilities" in self.functions:
            document |= self._stated(document)
        return document

    def _stated(self, possible: dict[str, Any]) -> dict[str, Any]:
        text = self.functions["pagelaw_frames_capabilities"]()
        try:
            stated = json.loads(text or b"")
        except ValueError as error:
            raise TargetError(f"{self.path}: pagelaw_frames_capabilities gives no JSON object: {error}") from error
        if not isinstance(stated, dict):
            raise TargetError(f"{self.path}: pagelaw_frames_capabilities gives no JSON object, but {text!r}")
        needs = {"probe": "pagelaw_frames_free_blocks", **dict.fromkeys(OPTIONAL, "pagelaw_frames_open_arena")}
        for name, function in needs.items():
            if stated.get(name) and name not in possible:
                raise TargetError(f"{self.path} declares {name!r}, but lacks the function {function} that it needs")
        return stated


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


def _load(path: str) -> ctypes.CDLL:
    if not os.path.isfile(path):
        raise TargetError(f"file not found: {path}; build it with: cc -O2 -shared -fPIC -o {path} SOURCE.c")
    try:
        return ctypes.CDLL(os.path.abspath(path), mode=os.RTLD_NOW | os.RTLD_LOCAL)
    except OSError as error:
        raise TargetError(f"{path} cannot be loaded: {' '.join(str(error).split())}") from error
