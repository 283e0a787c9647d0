"""The C allocators of this machine as targets: `malloc:libc`, `malloc:libjemalloc.so.2`, or a path to one.

The library is preloaded into a worker of its own, because such libraries expect to be there from the beginning: they
keep thread-local storage that cannot be had later. Python then allocates from it as well, which does no harm: only
blocks that were asked for here are looked at, written to, and given back. A double free has no defined outcome in C
and is not asked for.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .target import TargetError

#: Where the worker finds out which library it is about.
VARIABLE = "PAGELAW_MALLOC"
LIBC = "libc.so.6"
#: The Debian packages of the known ones.
PACKAGES = {
    "libjemalloc": "libjemalloc2",
    "libmimalloc": "libmimalloc2.0",
    "libtcmalloc_minimal": "libtcmalloc-minimal4",
}
#: At most what a libc sets for `malloc` of any size; smaller blocks are aligned as what fits into them needs.
_ALIGNMENT = 16
_SIZE, _ADDRESS = ctypes.c_size_t, ctypes.c_void_p


def library_of(spec: str) -> str:
    """Path or name of the library that `malloc:LIBRARY` means; `TargetError` says how to get it where it is missing."""
    name = spec.removeprefix("malloc:")
    if platform.system() != "Linux":
        raise TargetError(f"{spec} needs Linux, where a library can be preloaded; this is {platform.system()}")
    if name in ("libc", LIBC):
        return LIBC
    if "/" in name:
        if not os.path.isfile(name):
            raise TargetError(f"file not found: {name}")
        return os.path.abspath(name)
    for folder in _folders():
        if name and (folder / name).is_file():
            return str(folder / name)
    package = PACKAGES.get(name.partition(".so")[0])
    remedy = f"apt install {package}" if package else "name libc, a library such as libjemalloc.so.2, or a path"
    raise TargetError(f"no library {name!r} on this machine: {remedy}")


def _folders() -> list[Path]:
    stated = [Path(folder) for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":") if folder]
    usual = [Path(root) for root in ("/usr/local/lib", "/usr/lib", "/lib", "/usr/lib64", "/lib64")]
    multiarch = sysconfig.get_config_var("MULTIARCH")
    beside = [root / str(multiarch) for root in usual[1:3]] if multiarch else []
    return [*stated, *beside, *usual]


def command_and_environment(spec: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """How the worker of a C allocator is started."""
    library = library_of(spec)
    environment = {"PYTHONHASHSEED": "0", **os.environ, VARIABLE: library}
    if library != LIBC:
        before = environment.get("LD_PRELOAD")
        environment["LD_PRELOAD"] = f"{library}:{before}" if before else library
    return (sys.executable, "-m", f"{__package__}.serve", f"{__name__}:Malloc", "heap"), environment


class _Symbol(ctypes.Structure):
    """What `dladdr` tells of an address."""

    _fields_ = (("file", ctypes.c_char_p), ("base", _ADDRESS), ("name", ctypes.c_char_p), ("at", _ADDRESS))


class Malloc:
    """One arena of a C allocator: what was asked for in it is given back when it is closed.

    Args:
        size: bytes that a caller has live at most; the allocator knows nothing of it.
    """

    alignment = _ALIGNMENT
    aligns = "by-size"
    bounded = False
    addresses = "anywhere"
    illegal_free = "undefined"

    def __init__(self, size: int) -> None:
        self._functions = _functions()
        self._live: set[int] = set()

    def allocate(self, size: int) -> int | None:
        """malloc."""
        return self._given(self._functions["malloc"](size), size)

    def calloc(self, count: int, size: int) -> int | None:
        """calloc."""
        return self._given(self._functions["calloc"](count, size), count * size)

    def aligned(self, alignment: int, size: int) -> int | None:
        """aligned_alloc where the size is a multiple of the alignment, as C11 wants it; posix_memalign otherwise."""
        if alignment >= ctypes.sizeof(_ADDRESS) and size % alignment:
            place = _ADDRESS()
            if self._functions["posix_memalign"](ctypes.byref(place), alignment, size):
                raise MemoryError
            return self._given(place.value, size)
        least = max(alignment, ctypes.sizeof(_ADDRESS))
        if size > 2**64 - least:
            return self._given(self._functions["aligned_alloc"](least, size), size)
        return self._given(self._functions["aligned_alloc"](least, -(-size // least) * least), size)

    def reallocate(self, address: int, size: int) -> int | None:
        """realloc; the block stays live where it fails."""
        fresh = self._given(self._functions["realloc"](address, size), size)
        if fresh != address:
            self._live.discard(address)
        return fresh

    def free(self, address: int) -> None:
        """free."""
        self._live.discard(address)
        self._functions["free"](address)

    def usable(self, address: int) -> int:
        """malloc_usable_size."""
        room: int = self._functions["malloc_usable_size"](address)
        return room

    def read(self, address: int, length: int) -> bytes:
        """The bytes themselves."""
        return ctypes.string_at(address, length)

    def write(self, address: int, data: bytes) -> None:
        """Into the block itself."""
        ctypes.memmove(address, data, len(data))

    def close(self) -> None:
        """Give back what is still live."""
        while self._live:
            self.free(self._live.pop())

    def _given(self, address: int | None, size: int) -> int | None:
        if not address:
            if size:
                raise MemoryError
            return None
        self._live.add(address)
        return address


_LOADED: dict[str, Callable[..., Any]] = {}


def _functions() -> dict[str, Callable[..., Any]]:
    """The functions of the library that this worker is about; `TargetError` where they are not its own."""
    if not _LOADED:
        path = os.environ.get(VARIABLE, LIBC)
        try:
            library = ctypes.CDLL(path)
        except OSError as error:
            raise TargetError(f"{path} cannot be loaded: {' '.join(str(error).split())}") from error
        for name, (result, *parameters) in _SIGNATURES.items():
            try:
                function = getattr(library, name)
            except AttributeError:
                raise TargetError(f"{path} has no {name}: it is no C allocator") from None
            home = _home(function)
            if os.path.realpath(home) != os.path.realpath(path) and path != LIBC:
                raise TargetError(f"{path} has no {name} of its own; that of {home} would be judged")
            function.restype, function.argtypes = result, parameters
            _LOADED[name] = function
    return _LOADED


def _home(function: Any) -> str:
    """The file that a function was loaded from."""
    symbol = _Symbol()
    ctypes.CDLL(None).dladdr(ctypes.cast(function, _ADDRESS), ctypes.byref(symbol))
    return os.fsdecode(symbol.file or b"")


_SIGNATURES: dict[str, tuple[Any, ...]] = {
    "malloc": (_ADDRESS, _SIZE),
    "calloc": (_ADDRESS, _SIZE, _SIZE),
    "realloc": (_ADDRESS, _ADDRESS, _SIZE),
    "aligned_alloc": (_ADDRESS, _SIZE, _SIZE),
    "posix_memalign": (ctypes.c_int, ctypes.POINTER(_ADDRESS), _SIZE, _SIZE),
    "free": (None, _ADDRESS),
    "malloc_usable_size": (_SIZE, _ADDRESS),
}
