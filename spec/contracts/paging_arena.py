"""What a manager of page tables is given, what it declares about itself, and the calls of the contract `translation`.

Table memory is the first `frames` frames of physical memory. Frames from there on can be mapped; nothing is kept in
them, so there may be as many as an entry can name::

    0        table memory        frames            data, by number only
    | root | table | free | ...  |  ...
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import attrs

from ..geometries import geometry_named
from .arena import ContractError

#: The rights that a page can be given: all can be read; `u` opens it to the user.
RIGHTS = ("r", "rw", "rx", "rwx", "ru", "rwu", "rxu", "rwxu")
#: The accesses that can be asked about: one of read, write and execute, by the supervisor or by the user.
ACCESSES = ("r", "w", "x", "ru", "wu", "xu")
_MOST_FRAMES = 1 << 16
_MOST_CORES = 64


def _between(least: int, most: int) -> Any:
    def check(_instance: object, attribute: attrs.Attribute[int], value: int) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ContractError(f"{attribute.name} must be a whole number from {least} to {most}, not {value!r}")

    return check


def _known_geometry(_instance: object, _attribute: object, value: str) -> None:
    geometry_named(value)


def _leaves_room(arena: PagingArena, _attribute: object, value: int) -> None:
    """Table memory is at most half of what entries can name: the rest is for data."""
    geometry = geometry_named(arena.geometry)
    room = (geometry.frame >> geometry.frame_shift) + 1
    if 2 * value > room:
        raise ContractError(f"{value} table frames leave too few for data: entries of {arena.geometry} name {room}")


@attrs.frozen
class PagingArena:
    """The table memory that a target is given.

    Attributes:
        geometry: name of the geometry in which it writes tables.
        frames: table frames.
        cores: cores whose TLBs it has to keep in mind.
    """

    geometry: str = attrs.field(validator=_known_geometry)
    frames: int = attrs.field(validator=[_between(1, _MOST_FRAMES), _leaves_room])
    cores: int = attrs.field(default=1, validator=_between(1, _MOST_CORES))


def _names(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class PagingCapabilities:
    """What a target declares about itself; it decides which laws apply.

    Attributes:
        geometries: those in which it can write tables; the names of some may mean nothing here.
        cores: how many cores it can keep in mind.
        levels: the highest level at which it makes leaves; 0: base pages only.
        reclaims: `eager` (an empty table is given back at once) or `kept` (with its space at the latest).
        keeps: table frames that it keeps for itself.
        copies: it has `copy`.
        splits: it has `split`.
        look: roots and table memory can be looked at.
        free: a look tells the free table frames too.
        identifiers: a look tells the address-space identifiers, which TLB entries are tagged with. Without them a
            core forgets everything when it switches.
        events: what is done to TLBs can be read after each call.
        marks: `translate` leaves the marks that the hardware would.
    """

    geometries: tuple[str, ...] = attrs.field(default=("x86-64",), converter=_names)
    cores: int = attrs.field(default=1, validator=_between(1, _MOST_CORES))
    levels: int = attrs.field(default=0, validator=_between(0, 4))
    reclaims: str = attrs.field(default="eager", validator=attrs.validators.in_(("eager", "kept")))
    keeps: int = attrs.field(default=0, validator=_between(0, _MOST_FRAMES))
    copies: bool = False
    splits: bool = False
    look: bool = False
    free: bool = False
    identifiers: bool = False
    events: bool = False
    marks: bool = False


@attrs.frozen
class Create:
    """A new, empty address space."""

    name: ClassVar[str] = "create"
    space: int


@attrs.frozen
class Drop:
    """An address space goes, with all its mappings and tables."""

    name: ClassVar[str] = "drop"
    space: int


@attrs.frozen
class Copy:
    """A new address space with all the mappings of another one; private ones lose their write right in both."""

    name: ClassVar[str] = "copy"
    source: int
    space: int


@attrs.frozen
class Map:
    """`pages` leaves of `level`, from `address` on, map as many blocks of frames, from `frame` on."""

    name: ClassVar[str] = "map"
    space: int
    address: int
    frame: int
    pages: int
    level: int
    rights: str
    shared: bool


@attrs.frozen
class Unmap:
    """`pages` leaves of `level`, from `address` on, go."""

    name: ClassVar[str] = "unmap"
    space: int
    address: int
    pages: int
    level: int


@attrs.frozen
class Protect:
    """`pages` leaves of `level`, from `address` on, get other rights."""

    name: ClassVar[str] = "protect"
    space: int
    address: int
    pages: int
    level: int
    rights: str


@attrs.frozen
class Split:
    """The huge leaf that maps `address` becomes a table of leaves one level below."""

    name: ClassVar[str] = "split"
    space: int
    address: int


@attrs.frozen
class Translate:
    """Where an access to `address` goes."""

    name: ClassVar[str] = "translate"
    space: int
    address: int
    access: str


@attrs.frozen
class Switch:
    """A core runs an address space from now on."""

    name: ClassVar[str] = "switch"
    core: int
    space: int


@attrs.frozen
class Look:
    """A look at roots, table memory, free table frames and identifiers; changes nothing."""

    name: ClassVar[str] = "look"


@attrs.frozen
class Events:
    """What was done to TLBs, and which frames were given up, since this was asked last; in order."""

    name: ClassVar[str] = "events"


TableCall = Create | Drop | Copy | Map | Unmap | Protect | Split | Translate | Switch | Look | Events
TABLE_CALLS = (Create, Drop, Copy, Map, Unmap, Protect, Split, Translate, Switch, Look, Events)
