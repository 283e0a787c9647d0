"""The memory that a heap is given, what a caller asks of it, and what an implementation declares about itself.

Addresses are numbers of bytes. Where `addresses` is `offsets` they count from the beginning of the arena; where it is
`anywhere` the heap takes its memory from where it likes. Bytes are told as hexadecimal text, two digits each. A heap
besides the first one has a name, which the caller chooses.
"""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from ..heap import is_power
from .arena import ContractError

#: No caller can ask a machine word for more than this.
LARGEST_WORD = 2**64 - 1
#: An arena is a number of bytes that a test can hold.
_LARGEST_ARENA = 2**40


def _is_size(_instance: object, attribute: attrs.Attribute[int], value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _LARGEST_ARENA:
        raise ContractError(f"{attribute.name} must be a number of bytes from 1 to 2**40, not {value!r}")


@attrs.frozen
class HeapArena:
    """What a heap is opened with.

    Attributes:
        size: how many bytes it may give out; of a heap that is not bounded, how many a caller has live at most.
    """

    size: int = attrs.field(validator=_is_size)


def _one_of(*choices: str) -> Any:
    def check(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
        if value not in choices:
            raise ContractError(f"capability {attribute.name} must be one of {', '.join(choices)}, not {value!r}")

    return check


def _is_alignment(_instance: object, _attribute: object, value: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= 4096 or not is_power(value):
        raise ContractError(f"capability alignment must be a power of two up to 4096, not {value!r}")


@attrs.frozen(kw_only=True)
class HeapCapabilities:
    """What a target declares about itself; it decides which laws apply.

    Attributes:
        alignment: every block begins at a multiple of it.
        aligns: `always`, or `by-size`: a small block only as what fits into it needs (C23).
        least: the smallest arena that it can be opened with.
        bounded: the arena is all there is; what was granted once by the empty heap must be granted again.
        addresses: `offsets` into the arena, or `anywhere`.
        memory: blocks can be read and written.
        calloc, reallocate, aligned, usable: there are such calls.
        illegal_free: `refused`, or `undefined` (never tried, H6 not judged).
        reclaims: `eager`, or `kept`: freed memory is good for blocks of the same size only (H5 not judged).
        heaps: `none` besides the first, `private` ones, or `global`: one memory that all users of the heap share.
    """

    alignment: int = attrs.field(default=16, validator=_is_alignment)
    aligns: str = attrs.field(default="always", validator=_one_of("always", "by-size"))
    least: int = attrs.field(default=256, validator=_is_size)
    bounded: bool = True
    addresses: str = attrs.field(default="offsets", validator=_one_of("offsets", "anywhere"))
    memory: bool = False
    calloc: bool = False
    reallocate: bool = False
    aligned: bool = False
    usable: bool = False
    illegal_free: str = attrs.field(default="refused", validator=_one_of("refused", "undefined"))
    reclaims: str = attrs.field(default="eager", validator=_one_of("eager", "kept"))
    heaps: str = attrs.field(default="none", validator=_one_of("none", "private", "global"))


@attrs.frozen
class Allocate:
    """A request for a block of `size` bytes."""

    name: ClassVar[str] = "allocate"
    size: int


@attrs.frozen
class Calloc:
    """A request for `count` elements of `size` bytes, all of them zero."""

    name: ClassVar[str] = "calloc"
    count: int
    size: int


@attrs.frozen
class Aligned:
    """A request for a block that begins at a multiple of `alignment`."""

    name: ClassVar[str] = "aligned"
    alignment: int
    size: int


@attrs.frozen
class Reallocate:
    """A block gets another size, and possibly another place; its bytes come along."""

    name: ClassVar[str] = "reallocate"
    address: int
    size: int


@attrs.frozen
class Free:
    """A block is given back, legally or not."""

    name: ClassVar[str] = "free"
    address: int


@attrs.frozen
class Usable:
    """How many bytes a block really has."""

    name: ClassVar[str] = "usable"
    address: int


@attrs.frozen
class Read:
    """The bytes from an address on."""

    name: ClassVar[str] = "read"
    address: int
    length: int


@attrs.frozen
class Write:
    """Bytes are written, given as hexadecimal text."""

    name: ClassVar[str] = "write"
    address: int
    data: str


@attrs.frozen
class Create:
    """A heap of this name, of at most `size` bytes."""

    name: ClassVar[str] = "create"
    heap: int
    size: int


@attrs.frozen
class Destroy:
    """A heap goes, and its blocks with it."""

    name: ClassVar[str] = "destroy"
    heap: int


@attrs.frozen
class AllocateIn:
    """A request for a block in a heap besides the first."""

    name: ClassVar[str] = "allocate_in"
    heap: int
    size: int


@attrs.frozen
class FreeIn:
    """A block is given back to a heap besides the first, legally or not."""

    name: ClassVar[str] = "free_in"
    heap: int
    address: int


HEAP_CALLS = (
    Allocate,
    Calloc,
    Aligned,
    Reallocate,
    Free,
    Usable,
    Read,
    Write,
    Create,
    Destroy,
    AllocateIn,
    FreeIn,
)
HeapCall = (
    Allocate | Calloc | Aligned | Reallocate | Free | Usable | Read | Write | Create | Destroy | AllocateIn | FreeIn
)
#: The calls that may give a block.
Giving = Allocate | Calloc | Aligned | Reallocate | AllocateIn


def asked_size(call: Giving) -> int:
    """How many bytes a call asks for, whether a word holds the number or not."""
    return call.count * call.size if isinstance(call, Calloc) else call.size


def asked_heap(call: HeapCall) -> int:
    """The name of the heap that a call is about; 0 for the first."""
    return call.heap if isinstance(call, Create | Destroy | AllocateIn | FreeIn) else 0
