"""Whole arrays of addresses, translated as the hardware would: the specification's walk at the speed of memory.

>>> import numpy as np
>>> from pagelaw.spec.geometries import geometry_named
>>> tables = np.zeros(2048, np.uint32)
>>> tables[1], tables[1024 + 2] = 0x1007, 0x9A007  # the directory's entry 1 names frame 1, whose entry 2 maps 0x9A
>>> found = translate(tables, 0, [0x0040_2ABC, 0x0040_3000], geometry_named("win32"))
>>> [hex(physical) for physical in found.physical], found.faults.tolist()
(['0x9aabc', '0x0'], [0, 2])

Compiled, 64 addresses go down the tables together (`translate_lanes`); without Numba, NumPy takes a few thousand at a
time. Both run the functions of `spec.paging` and nothing else.
"""

from __future__ import annotations

import functools
import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ...spec.algebra import Backend, rebind
from ...spec.geometries import Geometry
from ...spec.paging import Access, Image
from . import translate_walks
from .backend import is_compiled, vectorised

#: A read by the user.
USER_READ = Access(write=False, user=True, execute=False)
#: Addresses that NumPy takes at a time: its temporaries then stay in the caches.
_NUMPY_LANES = 1 << 13
#: Fewer addresses than this are not worth a second thread.
_WORTH_A_THREAD = 1 << 16


class Translated(NamedTuple):
    """What each access came to.

    Attributes:
        physical: physical address; zero where there is no leaf.
        faults: NO_FAULT or why not, as in `spec.paging`. A refused access (PROTECTION) has its physical address.
    """

    physical: npt.NDArray[np.uint64]
    faults: npt.NDArray[np.uint8]


def entries_of(image: Any, geometry: Geometry) -> npt.NDArray[Any]:
    """Physical memory as entries of the geometry: bytes, or an array of any integer type of the right width.

    Bytes at the end that make no whole entry are left out. An array of another width is a `ValueError`.
    """
    kind = np.dtype(f"<u{geometry.entry_bytes}")
    if isinstance(image, bytes | bytearray | memoryview):
        return np.frombuffer(image, kind, len(image) // geometry.entry_bytes)
    words = np.ascontiguousarray(image)
    if words.dtype.itemsize != geometry.entry_bytes or words.dtype.kind not in "iu":
        raise ValueError(f"an entry of {geometry.name} has {geometry.entry_bytes} bytes, not {words.dtype}")
    return words.reshape(-1).view(kind)


def translate(
    image: Any,
    root: int,
    addresses: npt.ArrayLike,
    geometry: Geometry,
    *,
    access: Access = USER_READ,
    threads: int = 1,
    out: Translated | None = None,
) -> Translated:
    """Translate every address through the tables in `image`, from the table at physical address `root`.

    `image` is physical memory from address 0 on, as bytes or as an array of entries; `out` takes the answers in
    arrays that are there already. An address that does not fit the geometry's registers is a `ValueError`.
    """
    words = entries_of(image, geometry)
    asked = _addresses(addresses, geometry)
    found = out or Translated(np.empty(asked.size, np.uint64), np.empty(asked.size, np.uint8))
    if found.physical.size < asked.size or found.faults.size < asked.size:
        raise ValueError(f"no room for {asked.size} answers")
    if not words.size:
        words, entries = np.zeros(1, words.dtype), 0
    else:
        entries = words.size
    memory, access = Image(words, np.uint64(entries)), Access(*map(bool, access))
    kernel = _kernels(tuple(geometry.constants().items()))
    bundles = asked.size // kernel.LANES
    whole = int(bundles * kernel.LANES)
    parts = max(1, min(threads, whole // _WORTH_A_THREAD))
    ends = [int(bundles * part // parts * kernel.LANES) for part in range(parts + 1)]
    jobs = [(memory, np.uint64(root), asked, *found, access, *pair) for pair in itertools.pairwise(ends)]
    _run(kernel, jobs)
    if whole < asked.size:
        _translate_rest(kernel, memory, np.uint64(root), asked[whole:], access, found, whole)
    return found


def _run(kernel: Backend, jobs: list[Any]) -> None:
    if len(jobs) == 1:
        kernel.translate_bundles(*jobs[0])
        return
    with ThreadPoolExecutor(len(jobs)) as pool:
        list(pool.map(lambda job: kernel.translate_bundles(*job), jobs))


def _translate_rest(
    kernel: Backend, memory: Image, root: np.uint64, rest: Any, access: Access, found: Translated, first: int
) -> None:
    """What is left of the addresses makes one more bundle, filled up with zeros."""
    room = int(kernel.LANES)
    bundle, physical, faults = np.zeros(room, rest.dtype), np.empty(room, np.uint64), np.empty(room, np.uint8)
    bundle[: rest.size] = rest
    kernel.translate_bundles(memory, root, bundle, physical, faults, access, 0, room)
    found.physical[first : first + rest.size] = physical[: rest.size]
    found.faults[first : first + rest.size] = faults[: rest.size]


def _addresses(addresses: npt.ArrayLike, geometry: Geometry) -> npt.NDArray[Any]:
    asked = np.ascontiguousarray(addresses if isinstance(addresses, np.ndarray) else np.asarray(addresses, np.uint64))
    if asked.dtype.kind != "u":
        raise ValueError(f"addresses are unsigned, not {asked.dtype}")
    if asked.dtype != np.uint32:
        asked = asked.astype(np.uint64, copy=False)
    if asked.itemsize * 8 > geometry.address_bits and asked.size and int(asked.max()) >> geometry.address_bits:
        raise ValueError(
            f"an address of {geometry.name} has {geometry.address_bits} bits; 0x{int(asked.max()):X} has more"
        )
    return asked.reshape(-1)


@functools.lru_cache(maxsize=32)
def _kernels(constants: tuple[tuple[str, int], ...]) -> Backend:
    """The kernels of one geometry, compiled once."""
    if not is_compiled():
        return vectorised(translate_walks, dict(constants) | _NUMPY)
    from . import native, translate_lanes

    return rebind(
        translate_walks,
        primitives=native.array_primitives() | translate_lanes.PRIMITIVES,
        constant=np.uint64,
        compile=native.compile_function,
        overrides=dict(constants) | translate_lanes.PLACES,
    )


def _slice_from(words: Any, index: Any) -> Any:
    return words[int(index) : int(index) + _NUMPY_LANES].astype(np.uint64)


def _put_slice(words: Any, index: Any, value: Any) -> None:
    words[int(index) : int(index) + _NUMPY_LANES] = value


_NUMPY = {"LANES": _NUMPY_LANES, "lanes_from": _slice_from, "put_lanes": _put_slice}
