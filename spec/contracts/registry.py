"""The contracts that there are: what belongs to each, so that nobody else needs a list of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from ..geometries import is_built_in, known_geometries
from ..geometry_files import description_of, learn_description
from .arena import Arena, Capabilities, ContractError
from .calls import Allocate, Free, Probe
from .frames import FramesContract
from .heap import HeapContract
from .heap_arena import HEAP_CALLS, HeapArena, HeapCapabilities
from .paging_arena import TABLE_CALLS, PagingArena, PagingCapabilities
from .space.arena import DIALECTS, SpaceArena, SpaceCapabilities
from .space.calls import SPACE_CALLS
from .space.relation import SpaceContract
from .translation import TranslationContract


@attrs.frozen
class Contract:
    """What belongs to a contract. Its classes are their own description: fields are the keys of JSON objects.

    Attributes:
        name: as on the command line and in traces.
        arena: class of what an implementation is opened with.
        capabilities: class of what an implementation declares; every field has a default.
        calls: the classes of calls, each with its `name`.
        relation: makes the relation from an arena and capabilities.
        lacking: what an arena needs and capabilities do not declare, in words; empty where nothing is lacking.
        samples: small arenas, of which every implementation opens one, and then tells what it declares.
        explained: what an opening and a trace say of an arena beyond its fields, for who does not know its names.
        understand: takes in what an opening or a trace says in that way.
    """

    name: str
    arena: Any
    capabilities: Any
    calls: tuple[Any, ...]
    relation: Callable[[Any, Any], Any]
    lacking: Callable[[Any, Any], str]
    samples: Callable[[], tuple[Any, ...]]
    explained: Callable[[Any], dict[str, Any]] = lambda _arena: {}
    understand: Callable[[Mapping[str, Any]], None] = lambda _document: None

    def call_named(self, name: object) -> Any:
        """The class of the calls of this name; a `ContractError` lists those there are."""
        for call in self.calls:
            if call.name == name:
                return call
        names = ", ".join(call.name for call in self.calls)
        raise ContractError(f"unknown call {name!r}; the contract {self.name} has {names}")


def _undeclared_parts(arena: Arena, capabilities: Capabilities) -> str:
    asked = [name for name in ("start", "reserved", "barriers") if getattr(arena, name)]
    return ", ".join(name for name in asked if not getattr(capabilities, name))


#: The second sample is for an implementation that fails on the first.
FRAMES = Contract(
    "frames",
    Arena,
    Capabilities,
    (Allocate, Free, Probe),
    FramesContract,
    _undeclared_parts,
    lambda: (Arena(16, 4), Arena(1, 0)),
)


def _undeclared_geometry(arena: PagingArena, capabilities: PagingCapabilities) -> str:
    lacking = [] if arena.geometry in capabilities.geometries else [f"the geometry {arena.geometry}"]
    return ", ".join([*lacking, *(["so many cores"] if arena.cores > capabilities.cores else [])])


def _every_geometry() -> tuple[PagingArena, ...]:
    """One arena of each, because which a target can do is not known before it opens one: a user's own come first."""
    names = [geometry.name for geometry in known_geometries()]
    names.sort(key=lambda name: (is_built_in(name), name != "x86-64"))
    return tuple(PagingArena(name, 16) for name in names)


TRANSLATION = Contract(
    "translation",
    PagingArena,
    PagingCapabilities,
    TABLE_CALLS,
    TranslationContract,
    _undeclared_geometry,
    _every_geometry,
    lambda arena: description_of(arena.geometry),
    learn_description,
)
HEAP = Contract(
    "heap",
    HeapArena,
    HeapCapabilities,
    HEAP_CALLS,
    HeapContract,
    lambda _arena, _capabilities: "",
    lambda: (HeapArena(4096), HeapArena(65536)),
)


def _undeclared_dialect(arena: SpaceArena, capabilities: SpaceCapabilities) -> str:
    lacking = [] if arena.dialect in capabilities.dialects else [f"the dialect {arena.dialect}"]
    lacking += ["frames"] if arena.frames and not capabilities.frames else []
    lacking += ["base"] if arena.base != SpaceArena(arena.dialect, 1).base and not capabilities.base else []
    charges = capabilities.limit and (arena.dialect == "windows" or capabilities.overcommit == "never")
    return ", ".join([*lacking, *(["a limit of the charge"] if arena.limit and not charges else [])])


SPACE = Contract(
    "space",
    SpaceArena,
    SpaceCapabilities,
    SPACE_CALLS,
    SpaceContract,
    _undeclared_dialect,
    lambda: tuple(SpaceArena(dialect, 64) for dialect in DIALECTS),
)
#: Every contract, by name.
CONTRACTS = {contract.name: contract for contract in (FRAMES, TRANSLATION, HEAP, SPACE)}


def contract_named(name: str) -> Contract:
    """The contract of this name; a `ContractError` lists those there are."""
    if name not in CONTRACTS:
        raise ContractError(f"no contract is called {name!r}; there are {', '.join(CONTRACTS)}")
    return CONTRACTS[name]
