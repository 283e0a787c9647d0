"""What a target of each contract looks like from outside: methods, parameters, refusals, and what declares something.

This module runs inside workers and therefore imports neither the specification nor the contracts.
"""

from __future__ import annotations

import inspect
import sys
from array import array
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .outcome import Document, GarbageError, listed, one_line

_KEYWORDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Interface(NamedTuple):
    """The interface of one contract.

    Attributes:
        contract: its name.
        parameters: what a factory is called with, in this order: names of the fields of an arena.
        trial: arguments of that kind.
        optional: further fields of an arena, which a factory gets as keywords where they have another value.
        stated: fields of an arena that an opening always carries.
        methods: what an object must have, with the parameters in order: names of the fields of a call.
        possible: the same of what it may have.
        looks: calls that are made out of several methods, or of one whose result needs a form; they get the object
            and the fields of the arena that an opening always carries.
        declaring: attributes of a factory, or of what it makes, that declare a capability.
        implied: the capabilities that a factory and what it makes have without a word.
        refusals: the exceptions that are agreed refusals, and what they are called.
        understand: takes in what an opening says beyond the fields of an arena.
        unkept: what is declared of what was made and is not there, in words; empty where nothing is.
        forms: methods whose arguments or results have another form in the protocol; each gets the object and the
            arguments as the protocol has them.
    """

    contract: str
    parameters: tuple[str, ...]
    trial: tuple[Any, ...]
    optional: Mapping[str, Any]
    stated: tuple[str, ...]
    methods: Mapping[str, tuple[str, ...]]
    possible: Mapping[str, tuple[str, ...]]
    looks: Mapping[str, Callable[[Any, Mapping[str, Any]], Any]]
    declaring: tuple[str, ...]
    implied: Callable[[Callable[..., Any], object], dict[str, Any]]
    refusals: tuple[tuple[type[Exception], str], ...]
    understand: Callable[[Mapping[str, Any]], None] = lambda _opening: None
    unkept: Callable[[object, Mapping[str, Any]], str] = lambda _made, _declared: ""
    forms: Mapping[str, Callable[..., Any]] = {}

    def __repr__(self) -> str:
        return f"the interface of {self.contract}"

    def parameters_of(self, call: str) -> tuple[str, ...] | None:
        """The parameters of a method, in order; None where the call is a look."""
        return self.methods.get(call, self.possible.get(call))


def signature_of(factory: Callable[..., Any]) -> inspect.Signature | None:
    """The parameters of a factory; None where it does not tell them, as builtins may."""
    try:
        return inspect.signature(factory)
    except (TypeError, ValueError):
        return None


def keywords_of(factory: Callable[..., Any], interface: Interface) -> tuple[str, ...]:
    """Those of the optional fields of an arena that the factory takes as keywords."""
    signature = signature_of(factory)
    if signature is None:
        return ()
    taken = {name for name, parameter in signature.parameters.items() if parameter.kind in _KEYWORDS}
    return tuple(name for name in interface.optional if name in taken)


def has(made: object, *methods: str) -> bool:
    """Whether an object has all of these methods."""
    return all(callable(getattr(made, name, None)) for name in methods)


def _frames_implied(factory: Callable[..., Any], made: object) -> dict[str, Any]:
    probe = {"probe": True} if has(made, "free_blocks") else {}
    return dict.fromkeys(keywords_of(factory, FRAMES), True) | probe


FRAMES = Interface(
    contract="frames",
    parameters=("frames", "max_order"),
    trial=(1, 0),
    optional={"start": 0, "reserved": (), "barriers": ()},
    stated=("frames", "max_order"),
    methods={"allocate": ("order",), "free": ("frame", "order")},
    possible={},
    looks={"free_blocks": lambda made, _opened: listed(made.free_blocks())},
    declaring=("alignment", "merging", "illegal_free", "policies", "keeps"),
    implied=_frames_implied,
    refusals=((MemoryError, "out-of-memory"), (ValueError, "illegal")),
)


def _translation_implied(_factory: Callable[..., Any], made: object) -> dict[str, Any]:
    needs = {
        "copies": ("copy",),
        "splits": ("split",),
        "look": ("roots", "memory"),
        "free": ("roots", "memory", "free_frames"),
        "identifiers": ("roots", "memory", "identifiers"),
        "events": ("events",),
    }
    return {name: True for name, methods in needs.items() if has(made, *methods)}


def _look(made: Any, opened: Mapping[str, Any]) -> Document:
    """Roots, entries that are not zero, free frames and identifiers, as far as the object tells them."""
    document = Document(roots=_pairs("roots", made.roots()), entries=_entries(made.memory(), opened))
    if has(made, "free_frames"):
        document["free"] = listed(made.free_frames())
    if has(made, "identifiers"):
        document["identifiers"] = _pairs("identifiers", made.identifiers())
    return document


def _pairs(name: str, told: Any) -> list[list[Any]]:
    if not isinstance(told, Mapping):
        raise GarbageError(f"{name}() gave {one_line(repr(told), 60)}, not a dictionary by space")
    return [[key, value] for key, value in told.items()]


#: What the opening of an arena in a built-in geometry has.
_FIELDS = {"call", "contract", "geometry", "frames", "cores"}


def _learn_geometry(opening: Mapping[str, Any]) -> None:
    """An opening describes a geometry that is not built in, so that its tables can be looked at here."""
    if opening.keys() - _FIELDS:
        from ...spec.geometry_files import learn_description

        learn_description(opening)


def _entries(memory: Any, opened: Mapping[str, Any]) -> list[list[int]]:
    """The entries that are not zero, with their index, out of the bytes of table memory."""
    from ...spec.geometries import geometry_named  # a worker that is never looked at does without

    geometry = geometry_named(opened["geometry"])
    try:
        data = bytes(memory)
    except (TypeError, ValueError) as error:
        raise GarbageError(f"memory() gave no bytes: {error}") from error
    room = opened["frames"] << geometry.page_shift
    if len(data) != room:
        raise GarbageError(f"memory() gave {len(data)} bytes of {room}: {opened['frames']} table frames")
    words = array("Q" if geometry.entry_bytes == 8 else "I", data)
    if sys.byteorder == "big":
        words.byteswap()
    return [[index, word] for index, word in enumerate(words) if word]


_RANGE = ("space", "address", "pages", "level")
TRANSLATION = Interface(
    contract="translation",
    parameters=("frames", "geometry"),
    trial=(16, "x86-64"),
    optional={"cores": 1},
    stated=("geometry", "frames", "cores"),
    understand=_learn_geometry,
    methods={
        "create": ("space",),
        "drop": ("space",),
        "map": ("space", "address", "frame", "pages", "level", "rights", "shared"),
        "unmap": _RANGE,
        "protect": (*_RANGE, "rights"),
        "translate": ("space", "address", "access"),
        "switch": ("core", "space"),
    },
    possible={"copy": ("source", "space"), "split": ("space", "address")},
    looks={"look": _look, "events": lambda made, _opened: listed(made.events())},
    declaring=("geometries", "cores", "levels", "reclaims", "keeps", "marks"),
    implied=_translation_implied,
    refusals=(
        (MemoryError, "out-of-memory"),
        (LookupError, "no-mapping"),
        (PermissionError, "denied"),
        (ValueError, "illegal"),
    ),
)


#: What a dialect cannot do without.
DIALECTS = {
    "windows": ("reserve", "commit", "decommit", "release", "protect"),
    "linux": ("mmap", "munmap", "mprotect"),
}
#: The method of each dialect by which the regions are looked at.
LISTINGS = {"windows": "query", "linux": "maps"}


def _space_unkept(made: object, declared: Mapping[str, Any]) -> str:
    """Methods of a dialect that is declared, or of every dialect where none is."""
    for dialect in declared["dialects"]:
        missing = [name for name in DIALECTS.get(dialect, ()) if not has(made, name)]
        if missing:
            return f"declares the dialect {dialect} and lacks {', '.join(missing)}"
    if declared["dialects"]:
        return ""
    wanted = " or ".join(f"{', '.join(methods)} ({dialect})" for dialect, methods in DIALECTS.items())
    return f"speaks no dialect: it must have {wanted}"


def _space_implied(factory: Callable[..., Any], made: object) -> dict[str, Any]:
    spoken = [dialect for dialect, methods in DIALECTS.items() if has(made, *methods)]
    needs = {
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
    }
    implied: dict[str, Any] = {name: True for name, methods in needs.items() if has(made, *methods)}
    stated = getattr(made, "dialects", spoken)
    listings = [LISTINGS[dialect] for dialect in spoken if isinstance(stated, (list, tuple)) and dialect in stated]
    look = {"look": True} if listings and has(made, *listings) else {}
    return implied | look | dict.fromkeys(keywords_of(factory, SPACE), True) | {"dialects": spoken}


_SIZED = ("process", "address", "size")
_LONG = ("process", "address", "length")
SPACE = Interface(
    contract="space",
    parameters=("pages", "dialect"),
    trial=(64, "linux"),
    optional={"base": 1 << 30, "frames": 0, "limit": 0},
    stated=("dialect", "pages"),
    methods={
        "create": ("process",),
        "exit": ("process",),
        "read": ("process", "address"),
        "write": ("process", "address", "value"),
    },
    possible={
        "execute": ("process", "address"),
        "file": ("file", "length"),
        "load": ("file", "offset"),
        "store": ("file", "offset", "value"),
        "reserve": (*_SIZED, "rights", "commit"),
        "commit": (*_SIZED, "rights"),
        "decommit": _SIZED,
        "release": _SIZED,
        "protect": (*_SIZED, "rights"),
        "query": ("process", "address"),
        "lock": _SIZED,
        "unlock": _SIZED,
        "section": ("section", "size", "file"),
        "map_view": ("process", "section", "offset", "size", "rights", "address"),
        "unmap_view": ("process", "address"),
        "stack": ("process", "size"),
        "fork": ("process", "child"),
        "mmap": (*_LONG, "rights", "shared", "fixed", "file", "offset"),
        "munmap": _LONG,
        "mprotect": (*_LONG, "rights"),
        "mremap": (*_LONG, "new_length", "may_move"),
        "brk": ("process", "address"),
        "madvise": (*_LONG, "advice"),
        "mincore": _LONG,
        "faults": ("process",),
        "maps": ("process",),
    },
    looks={},
    declaring=(
        "dialects",
        "processes",
        "bounded",
        "overcommit",
        "pages_out",
        "atomic",
        "eager",
        "merging",
        "gap",
    ),
    implied=_space_implied,
    unkept=_space_unkept,
    refusals=(
        (MemoryError, "out-of-memory"),
        (OverflowError, "out-of-addresses"),
        (LookupError, "no-mapping"),
        (PermissionError, "denied"),
        (Warning, "guard"),
        (RecursionError, "stack-overflow"),
        (EOFError, "bus-error"),
        (ValueError, "illegal"),
    ),
)


def _heap_implied(_factory: Callable[..., Any], made: object) -> dict[str, Any]:
    implied: dict[str, Any] = {name: True for name in ("calloc", "reallocate", "aligned", "usable") if has(made, name)}
    if has(made, "read", "write"):
        implied["memory"] = True
    if has(made, "create", "destroy", "allocate_in", "free_in"):
        implied["heaps"] = "private"
    return implied


def _read(made: Any, address: int, length: int) -> str:
    """What a heap reads, as hexadecimal text."""
    data = made.read(address, length)
    try:
        return bytes(memoryview(data)).hex()
    except TypeError:
        raise GarbageError(f"read() gave {one_line(repr(data), 60)}, which is no bytes") from None


HEAP = Interface(
    contract="heap",
    parameters=("size",),
    trial=(4096,),
    optional={},
    stated=("size",),
    methods={"allocate": ("size",), "free": ("address",)},
    possible={
        "calloc": ("count", "size"),
        "aligned": ("alignment", "size"),
        "reallocate": ("address", "size"),
        "usable": ("address",),
        "read": ("address", "length"),
        "write": ("address", "data"),
        "create": ("heap", "size"),
        "destroy": ("heap",),
        "allocate_in": ("heap", "size"),
        "free_in": ("heap", "address"),
    },
    looks={},
    declaring=("alignment", "aligns", "least", "bounded", "addresses", "illegal_free", "reclaims", "heaps"),
    implied=_heap_implied,
    refusals=((MemoryError, "out-of-memory"), (ValueError, "illegal")),
    forms={"read": _read, "write": lambda made, address, data: made.write(address, bytes.fromhex(data))},
)
_INTERFACES = {interface.contract: interface for interface in (FRAMES, TRANSLATION, SPACE, HEAP)}


def interface_of(contract: str) -> Interface:
    """The interface of a contract; an unknown one is a `KeyError`, for nobody can have asked for it."""
    return _INTERFACES[contract]
