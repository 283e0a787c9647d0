"""The free variables of an obligation, and the means to state it at a width, or in numbers.

A frame has two bits less than a word: a free list keeps two entries for each node, and nodes are the frames and a
few sentinels more (`spec/freelist`). What a *caller* passes may be any word at all. Orders below 16 and grains below
64 stand for themselves, as no step is asked for others; a caller's order is any word again.

Where an obligation is about page tables its *setting* has a geometry too, whose numbers are constants of the theory.
A frame of page tables has so few bits that its physical address is a word.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import attrs

from ..spec import algebra
from ..spec.algebra import Backend, Truth, Word, rebind
from ..spec.frames import Memory
from ..spec.geometries import BUILT_IN, Geometry
from ..spec.pages import Pages
from ..spec.paging import Access, Image
from ..spec.tables import Tables
from ..spec.tlb import Tlbs
from . import symbolic
from .numbers import Numbers, wrapping
from .obligations.obligation import Obligation, Query
from .obligations.pages import Extent, Ledger, Spot
from .obligations.tables_soundness import Ghosts, Point
from .symbolic import Formula, Term, TermArray

Fresh = TypeVar("Fresh", Term, Formula, TermArray)

ORDER_BITS = 4
GRAIN_BITS = 6
#: How many entries of a table are not zero: more than the largest table has.
USED_BITS = 16
#: A frame, and a node, have this many bits less than a word.
FRAME_SPARE = 2
NODE_SPARE = 1

_MEMORIES = ("memory", "memory_other")
_ARRAYS = ("dates", "permissions", "kinds")
_TRUTHS = ("upper", "given", "acknowledged", "idle", "keep", "shared", "going", "done", "writes")
_ORDERS = ("order", "level", "source_order")
_FRAMES = ("frame", "point", "index")
_NODES = ("node",)
_TLBS = ("tlbs",)
#: Cores and pages share a word in `spec.tlb.place_of`: each has half of it. Where an obligation is about page states a
#: page is any word: there it shares one with nothing.
_HALVES = ("core", "actor", "page", "target")
_IMAGES = ("image", "image_other")
_TABLES = ("tables", "tables_other")
_SLOTS = ("slot", "slot_other", "slot_here")
_TABLE_FRAMES = ("table", "table_here", "leaf_frame")
_INDICES = ("part",)
_POINTS = ("at",)
_ADDRESSES = ("address", "address_other")
_ENTRIES = ("entry", "leaf")
_NUMBERED = ("space", "other", "number")
_PAGES = ("pages",)


@attrs.frozen
class Setting:
    """Where an obligation is proved.

    Attributes:
        width: bits of a word.
        geometry: the geometry, for an obligation that is about page tables.
    """

    width: int
    geometry: Geometry | None = None

    def __str__(self) -> str:
        bits = f"{self.width} bits"
        return bits if self.geometry is None else f"{bits} for {self.geometry.name}"

    @property
    def name(self) -> str:
        """As a part of the name of a file."""
        return str(self.width) if self.geometry is None else f"{self.width}-{self.geometry.name}"


def width_for(geometry: Geometry) -> int:
    """Bits of a word that holds every address and every entry of a geometry."""
    physical = geometry.page_shift + geometry.frame.bit_length() - geometry.frame_shift
    return 32 if max(geometry.address_bits, 8 * geometry.entry_bytes, physical) <= 32 else 64


def settings_of(
    obligation: Obligation, widths: Iterable[int], geometries: Iterable[Geometry] | None = None
) -> Iterator[Setting]:
    """Where an obligation is to be proved: at each width, or for each geometry at the geometry's own width.

    Without `geometries` those that the obligation names; of either those that it speaks of.
    """
    if not obligation.geometries:
        yield from (Setting(width) for width in widths)
        return
    own = [geometry for geometry in BUILT_IN if geometry.name in obligation.geometries]
    for geometry in own if geometries is None else geometries:
        if obligation.suits(geometry):
            yield Setting(width_for(geometry), geometry)


@attrs.frozen
class Theory:
    """Bit vectors of one width, and fresh names in them.

    Attributes:
        width: bits of a word.
        geometry: the geometry whose numbers the constants of `paging` are, where there is one.
        fresh: every name that was made, with what it stands for.
        arguments: the free variables of the obligation that was stated, by parameter.
    """

    width: int
    geometry: Geometry | None = None
    fresh: dict[str, Any] = attrs.field(factory=dict)
    arguments: dict[str, Any] = attrs.field(factory=dict)

    def bind(self, module: types.ModuleType, **overrides: Any) -> Backend:
        """A module of the specification in this theory, with some functions replaced."""
        return symbolic.symbolic(module, self.width, _constants(self.geometry) | overrides)

    def word(self, name: str) -> Term:
        """A fresh word."""
        return self._remember(name, symbolic.word(name, self.width))

    def order(self, name: str) -> Term:
        """A fresh order."""
        return self._remember(name, symbolic.word(name, self.width, ORDER_BITS))

    def frame(self, name: str) -> Term:
        """A fresh frame number."""
        return self._remember(name, symbolic.word(name, self.width, self.width - FRAME_SPARE))

    def node(self, name: str) -> Term:
        """A fresh node."""
        return self._remember(name, symbolic.word(name, self.width, self.width - NODE_SPARE))

    def truth(self, name: str) -> Formula:
        """A fresh truth."""
        return self._remember(name, symbolic.formula(name))

    def constant(self, value: int) -> Term:
        """A number."""
        return symbolic.constant(value, self.width)

    def array(self, name: str, element: int | None = None) -> TermArray:
        """A fresh array of bytes, or of elements of another width."""
        return self._remember(name, symbolic.words(name, self.width, element or symbolic.ELEMENT_BITS))

    def memory(self, name: str) -> Memory:
        """A fresh memory, with one entry of `zones` for each frame."""
        return Memory(
            heads=self.array(f"{name}.heads"),
            link=self.array(f"{name}.link", self.width - NODE_SPARE),
            zones=self.array(f"{name}.zones"),
            frames=self.frame(f"{name}.frames"),
            room=self.frame(f"{name}.room"),
            top=self.order(f"{name}.top"),
            grain=self.constant(0),
        )

    def half(self, name: str) -> Term:
        """A fresh number of a core or a page."""
        return self._remember(name, symbolic.word(name, self.width, self.width // 2))

    def tlbs(self, name: str) -> Tlbs:
        """Fresh TLBs of any number of cores, with places for half a word of pages each."""
        arrays = Tlbs._fields[: Tlbs._fields.index("changing")]
        words = Tlbs._fields[len(arrays) : -1]
        parts: dict[str, Any] = {field: self.array(f"{name}.{field}", self.width) for field in arrays}
        parts |= {field: self.word(f"{name}.{field}") for field in words}
        return Tlbs(**parts, span=self.constant(self.width // 2))

    def pages(self, name: str) -> Pages:
        """Fresh states of any number of pages and frames: any words."""
        state, owner = (self.array(f"{name}.{field}", self.width) for field in ("state", "owner"))
        return Pages(state, owner, self.word(f"{name}.charge"), self.word(f"{name}.limit"))

    def extent(self, name: str) -> Extent:
        """A fresh number of pages, and of frames, each with as many bits as a frame."""
        return Extent(*[self.frame(f"{name}.{field}") for field in Extent._fields])

    def ledger(self, name: str) -> Ledger:
        """A fresh ledger, which nobody keeps."""
        return Ledger(*[self.array(f"{name}.{field}", self.width) for field in Ledger._fields])

    def spot(self, name: str) -> Spot:
        """A page, a frame and a rank: any words."""
        return Spot(*[self.word(f"{name}.{field}") for field in Spot._fields])

    @property
    def laid_out(self) -> Geometry:
        """The geometry, which an obligation about page tables must have."""
        if self.geometry is None:
            raise ValueError("page tables have a geometry; this theory has none")
        return self.geometry

    def table_frame(self, name: str) -> Term:
        """A fresh number of a frame with a physical address."""
        return self._remember(name, symbolic.word(name, self.width, self.width - self.laid_out.page_shift))

    def slot(self, name: str) -> Term:
        """A fresh number of an entry with a physical address."""
        shift = self.laid_out.entry_bytes.bit_length() - 1
        return self._remember(name, symbolic.word(name, self.width, self.width - shift))

    def image(self, name: str) -> Image:
        """A fresh physical memory of any size and content."""
        return Image(self.array(f"{name}.words", 8 * self.laid_out.entry_bytes), self.slot(f"{name}.entries"))

    def kinds(self, name: str) -> TermArray:
        """A fresh array of kinds of table frames: each is free or a table of a level that is not folded."""
        raw = self.array(name)
        bits = self.laid_out.index_bits[::-1]
        known = [level + 1 for level, width in enumerate(bits) if width]

        def read(at: Any) -> Any:
            kind = raw.load(Term(at, self.width))
            is_known = symbolic.truth(False)
            for level in known:
                is_known = is_known | (kind == self.constant(level))
            return symbolic.where(is_known, kind, self.constant(0)).extended(raw.element)

        return TermArray(read, self.width, raw.element, raw.touched)

    def tables(self, name: str) -> Tables:
        """Fresh table memory, of which nothing is known but that its frames have addresses."""
        words, entries = self.image(name)
        return Tables(
            words=words,
            entries=entries,
            kind=self.kinds(f"{name}.kind"),
            used=self.array(f"{name}.used", USED_BITS),
            parent=self.array(f"{name}.parent", self.width),
            free=self.word(f"{name}.free"),
            spare=self.word(f"{name}.spare"),
            count=self.array(f"{name}.count", self.width),
            backed=self.array(f"{name}.backed", self.width),
            frames=self.table_frame(f"{name}.frames"),
            limit=self.table_frame(f"{name}.limit"),
        )

    def ghosts(self, name: str) -> Ghosts:
        """Fresh numbers that nobody keeps."""
        return Ghosts(*[self.array(f"{name}.{field}", self.width) for field in Ghosts._fields])

    def address(self, name: str) -> Term:
        """A fresh address: whatever its register holds."""
        return self._remember(name, symbolic.word(name, self.width, min(self.width, self.laid_out.address_bits)))

    def entry(self, name: str) -> Term:
        """A fresh entry of any bits."""
        return self._remember(name, symbolic.word(name, self.width, 8 * self.laid_out.entry_bytes))

    def part(self, name: str) -> Term:
        """A fresh index into a table."""
        return self._remember(name, symbolic.word(name, self.width, self.laid_out.page_shift))

    def point(self, name: str) -> Point:
        """Two fresh slots, two table frames and a frame."""
        slots = self.slot(f"{name}.slot"), self.slot(f"{name}.other")
        frames = [self.table_frame(f"{name}.{field}") for field in Point._fields[2:]]
        return Point(*slots, *frames)

    def access(self, name: str) -> Access:
        """A fresh way to use memory."""
        return Access(*[self.truth(f"{name}.{field}") for field in Access._fields])

    def variable(self, name: str, *, of_memory: bool, of_pages: bool = False) -> Any:
        """A fresh variable of the kind that its name tells.

        Frames of a memory have fewer bits than words; cores and pages have half of them, but not beside page states.
        """
        kinds: dict[str, Callable[[str], Any]] = {"access": self.access, "ghosts": self.ghosts}
        kinds |= {"extent": self.extent, "ledger": self.ledger, "spot": self.spot} | dict.fromkeys(_PAGES, self.pages)
        kinds |= dict.fromkeys(_TABLES, self.tables)
        kinds |= dict.fromkeys(_POINTS, self.point) | dict.fromkeys(_INDICES, self.part)
        kinds |= dict.fromkeys(_ADDRESSES, self.address) | dict.fromkeys(_ENTRIES, self.entry)
        kinds |= dict.fromkeys(_IMAGES, self.image)
        kinds |= dict.fromkeys(_SLOTS, self.slot) | dict.fromkeys(_TABLE_FRAMES, self.table_frame)
        if name in kinds:
            return kinds[name](name)
        if name in _MEMORIES:
            return self.memory(name)
        if name in _ARRAYS:
            return self.array(name, self.width)
        if name in _TRUTHS:
            return self.truth(name)
        if name in _ORDERS:
            return self.order(name)
        if name in _NODES:
            return self.node(name)
        if name in _TLBS:
            return self.tlbs(name)
        if name in _HALVES and not of_pages:
            return self.half(name)
        if name in _NUMBERED or (name in _FRAMES and of_memory):
            return self.frame(name)
        if name == "grain":
            return self._remember(name, symbolic.word(name, self.width, GRAIN_BITS))
        return self.word(name)

    def state(self, obligation: Obligation) -> Query:
        """The obligation in this theory."""
        if obligation.composed:
            return obligation.state(self)
        stated, names = _stated(obligation)
        function = getattr(self.bind(stated), obligation.state.__name__)
        of_memory, of_pages = not {"memory", *_TLBS}.isdisjoint(names), not set(_PAGES).isdisjoint(names)
        # An obligation's module may say how its own variables are made.
        makers: Mapping[str, Callable[[Theory, str], Any]] = vars(stated).get("VARIABLES", {})
        for name in names:
            if name in makers:
                self.arguments[name] = makers[name](self, name)
            else:
                self.arguments[name] = self.variable(name, of_memory=of_memory, of_pages=of_pages)
        query: Query = function(*self.arguments.values())
        return query

    def _remember(self, name: str, value: Fresh) -> Fresh:
        if name in self.fresh:
            raise ValueError(f"the name {name} is taken in this theory")
        self.fresh[name] = value
        return value


def _stated(obligation: Obligation) -> tuple[types.ModuleType, tuple[str, ...]]:
    module = sys.modules[obligation.state.__module__]
    return module, tuple(inspect.signature(obligation.state).parameters)


def _store_if(condition: Truth, words: Numbers, index: Word, value: Word) -> Numbers:
    return words.with_entry(index, value) if condition else words


def _constants(geometry: Geometry | None) -> dict[str, Any]:
    return {} if geometry is None else dict(geometry.constants())


def in_numbers(
    obligation: Obligation, values: Mapping[str, Any], geometry: Geometry | None = None, *, width: int = 64
) -> Query:
    """The same obligation on integers of `width` bits: the very same function, run on the values of a counter-model."""
    stated, names = _stated(obligation)
    primitives = {name: getattr(algebra, name) for name in algebra.PRIMITIVES} | {"store_if": _store_if}
    bound = rebind(stated, primitives=primitives, overrides=_constants(geometry))
    function = getattr(bound, obligation.state.__name__)
    query: Query = function(*[wrapping(values[name], width) for name in names])
    return query
