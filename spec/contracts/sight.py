"""A look at roots and table memory: the tables as the hardware would read them, against what the calls have mapped.

The look gives bytes, not opinions. Each table is read with the specification's own functions, from the root down, and
each leaf that there must be is walked to by the specification's walker.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from typing import Any

import attrs

from ..paging import NO_FAULT, Image, Walk
from .calls import Answer, Returned
from .frames import Breach
from .spaces import Mapping, Spaces, Terms, walk_of

_FORM = (
    "a look must give an object with roots [[space, physical address], ...], entries [[index, value], ...] and, where "
    "declared, free [frame, ...] and identifiers [[space, identifier], ...]"
)


class Words(dict[int, int]):
    """Table memory by the index of an entry; what was not told is zero."""

    def __missing__(self, index: int) -> int:
        return 0


@attrs.frozen(eq=False)
class Sight:
    """What a look gave.

    Attributes:
        roots: physical address of the top table, by space.
        image: table memory.
        written: the entries of each table frame that are not zero, upward, each with its place in the table.
        free: free table frames, or None where they are not told.
        identifiers: address-space identifier, by space.
    """

    roots: MappingOf[int, int]
    image: Image
    written: MappingOf[int, list[tuple[int, int]]]
    free: frozenset[int] | None
    identifiers: MappingOf[int, int]


@attrs.define
class _Reading:
    """Tables and leaves that were found on the way from the roots.

    Attributes:
        tables: the table frames, with space, level and first address at which each was met first.
        leaves: (level, entry) of each leaf, by space and first address.
        breaches: what is wrong with the tables themselves.
    """

    tables: dict[int, tuple[int, int, int]] = attrs.field(factory=dict)
    leaves: dict[tuple[int, int], tuple[int, int]] = attrs.field(factory=dict)
    breaches: list[Breach] = attrs.field(factory=list)


def look_breaches(terms: Terms, state: Spaces, answer: Answer) -> Iterator[Breach]:
    """The laws that the tables break which a look shows."""
    sight = sight_of(terms, answer)
    if sight is None:
        yield Breach("C1", f"{_FORM}; it gave {str(answer)[:80]}")
        return
    if sight.roots.keys() != state.mapped.keys():
        yield Breach(
            "C1", f"a look tells roots for the spaces {sorted(sight.roots)}, but there are {sorted(state.mapped)}"
        )
        return
    reading = _read(terms, sight)
    found = [
        *reading.breaches,
        *_leaf_breaches(terms, state, sight, reading),
        *_walk_breaches(terms, state, sight),
        *_frame_breaches(terms, state, sight, reading),
        *_identifier_breaches(terms, state, sight),
    ]
    yield from found[:1]


def sight_of(terms: Terms, answer: Answer) -> Sight | None:
    """What a look gave, or None where it is not of the agreed form."""
    value = answer.value if isinstance(answer, Returned) else None
    if not isinstance(value, dict):
        return None
    try:
        roots = {int(space): int(root) for space, root in value["roots"]}
        words = Words({int(index): int(word) for index, word in value["entries"]})
        free = frozenset(int(frame) for frame in value["free"]) if terms.capabilities.free else None
        identifiers = {int(space): int(number) for space, number in value.get("identifiers") or ()}
    except (KeyError, TypeError, ValueError):
        return None
    geometry = terms.rules.geometry
    per_frame = (1 << geometry.page_shift) // geometry.entry_bytes
    entries = terms.arena.frames * per_frame
    if any(not 0 <= index < entries or not 0 <= word < 1 << 8 * geometry.entry_bytes for index, word in words.items()):
        return None
    if any(root < 0 for root in roots.values()) or any(not 0 <= frame < terms.arena.frames for frame in free or ()):
        return None
    written: dict[int, list[tuple[int, int]]] = {}
    for index, word in sorted(words.items()):
        written.setdefault(index // per_frame, []).append((index % per_frame, word))
    return Sight(roots, Image(words, entries), written, free, identifiers)


def _read(terms: Terms, sight: Sight) -> _Reading:
    """Read all tables, each once, from the roots down."""
    reading, geometry = _Reading(), terms.rules.geometry
    for space, root in sorted(sight.roots.items()):
        if root % (1 << geometry.page_shift):
            reading.breaches.append(Breach("T5", f"the root of space {space}, {root:#x}, is at no frame's beginning"))
        else:
            _read_table(terms, sight, reading, space, root >> geometry.page_shift, geometry.levels - 1, 0)
    return reading


def _read_table(terms: Terms, sight: Sight, reading: _Reading, space: int, frame: int, level: int, base: int) -> None:
    geometry, walker = terms.rules.geometry, terms.rules.paging
    named = f"the table at level {level} of space {space} for {_canonical(terms, base):#x}"
    if frame >= terms.arena.frames:
        reading.breaches.append(Breach("T5", f"{named} is in frame {frame}, which is no table memory"))
        return
    if frame in reading.tables:
        other, there, _ = reading.tables[frame]
        because = f"frame {frame} is {named}, and also a table at level {there} of space {other}"
        reading.breaches.append(Breach("T5", because))
        return
    reading.tables[frame] = space, level, _canonical(terms, base)
    for index, entry in sight.written.get(frame, ()):
        if index >> geometry.index_bits[geometry.levels - 1 - level] or not walker.is_present(entry):
            continue
        address = base + (index << geometry.shift(level))
        if walker.is_malformed(entry, level):
            place = f"the entry {entry:#x} at level {level} of space {space} for {_canonical(terms, address):#x}"
            reading.breaches.append(Breach("T4", f"{place} has bits that it must not have"))
        elif walker.is_leaf(entry, level):
            reading.leaves[space, _canonical(terms, address)] = level, entry
        else:
            lower = geometry.below(level)
            _read_table(terms, sight, reading, space, walker.frame_of(entry), lower, address)


def _canonical(terms: Terms, address: int) -> int:
    walker = terms.rules.paging
    return address | walker.UPPER_BITS if address & walker.SIGN_BIT else address


def _leaf_breaches(terms: Terms, state: Spaces, sight: Sight, reading: _Reading) -> Iterator[Breach]:
    """The leaves that were found, against those there must be."""
    walker, entries = terms.rules.paging, terms.rules.entries
    for (space, address), (level, entry) in sorted(reading.leaves.items()):
        leaf = state.mapped[space].get(address)
        where = f"the tables map {address:#x} in space {space} by a leaf at level {level}"
        if leaf is None:
            yield Breach("T6.unmapped", f"{where} to frame {walker.frame_of(entry)}, but nothing is mapped there")
        elif leaf.level != level:
            yield Breach("T7.split", f"{where}, but it is mapped by one at level {leaf.level}")
        elif walker.frame_of(entry) != leaf.frame:
            law = "T6.mapped" if entries.first_frame_of(entry, level) == walker.frame_of(entry) else "T7"
            yield Breach(law, f"{where} to frame {walker.frame_of(entry)}, but it is mapped to frame {leaf.frame}")
        elif terms.capabilities.marks and (space, address) in state.accessed:
            yield from _mark_breaches(terms, state, space, address, entry)


def _mark_breaches(terms: Terms, state: Spaces, space: int, address: int, entry: int) -> Iterator[Breach]:
    walker = terms.rules.paging
    wanted = walker.ACCESSED | (walker.DIRTY if state.accessed[space, address] else 0)
    if not walker.is_marked(entry, wanted):
        used = "written" if state.accessed[space, address] else "used"
        yield Breach(
            "T8", f"the page at {address:#x} in space {space} was {used}, but its entry {entry:#x} is not marked"
        )


def _walk_breaches(terms: Terms, state: Spaces, sight: Sight) -> Iterator[Breach]:
    """The walker at the last byte of every leaf that there must be: what the tables grant together, and the offset."""
    walker = terms.rules.paging
    for space, leaves in sorted(state.mapped.items()):
        for first, leaf in sorted(leaves.items()):
            address = first + terms.rules.span(leaf.level) - 1
            found = walker.walk(sight.image, sight.roots[space], address)
            yield from _difference(found, walk_of(leaf, terms.rules, address), space, address, leaf)


def _difference(found: Walk, wanted: Walk, space: int, address: int, leaf: Mapping) -> Iterator[Breach]:
    where = f"a walk to {address:#x} in space {space}, mapped to frame {leaf.frame} with rights {leaf.rights},"
    if found.fault != NO_FAULT:
        yield Breach("T6.mapped", f"{where} faults at level {found.level}, entry {found.entry:#x}")
    elif found.physical != wanted.physical:
        yield Breach("T6.mapped", f"{where} comes to {found.physical:#x}, not {wanted.physical:#x}")
    else:
        for name in ("write", "user", "execute"):
            if getattr(found, name) != getattr(wanted, name):
                grants = "grants" if getattr(found, name) else "withholds"
                yield Breach("T3", f"{where} {grants} the right {name}")
                return


def _frame_breaches(terms: Terms, state: Spaces, sight: Sight, reading: _Reading) -> Iterator[Breach]:
    """Table frames: none lost, none free while it is reached, no more than there must be."""
    if sight.free is not None:
        for frame in sorted(sight.free & reading.tables.keys()):
            space, level, _ = reading.tables[frame]
            yield Breach("F8", f"table frame {frame} is free, but it is a table at level {level} of space {space}")
        lost = terms.arena.frames - len(sight.free) - len(reading.tables) - terms.capabilities.keeps
        if lost > 0:
            yield Breach("F6", f"{lost} table frames are neither free nor reached from any root: they were lost")
    if len(reading.tables) > len(state.tables):
        more = len(reading.tables) - len(state.tables)
        yield Breach("F6", f"{more} tables more are linked than there is use for: an empty one was not given back")


def _identifier_breaches(terms: Terms, state: Spaces, sight: Sight) -> Iterator[Breach]:
    """Each identifier once; what was flushed is known only where the events are told."""
    taken: dict[int, int] = {}
    for space, number in sorted(sight.identifiers.items()):
        if number in taken:
            yield Breach("L5", f"the spaces {taken[number]} and {space} both have the identifier {number}")
        taken[number] = space
        stale = [core for core, used in sorted(state.used) if used == number]
        if terms.capabilities.events and space not in state.identifiers and stale:
            because = f"the TLB of core {stale[0]} may still hold entries of the space that had it before"
            yield Breach("L5", f"space {space} was given the identifier {number}, but {because}")


def seen(terms: Terms, state: Spaces, answer: Answer) -> None:
    """Keep what a look told that later answers are judged by."""
    sight = sight_of(terms, answer)
    if sight is None:
        return
    if terms.capabilities.identifiers:
        state.identifiers = dict(sight.identifiers)
    if terms.capabilities.events:
        state.sighted = dict(_read(terms, sight).tables)


def picture_of(terms: Terms, answer: Answer) -> dict[tuple[int, int], tuple[int, int]]:
    """The leaves that a look shows: (level, entry) by space and first address; for a picture."""
    sight = sight_of(terms, answer)
    return {} if sight is None else _read(terms, sight).leaves


__all__: tuple[Any, ...] = ("Sight", "Words", "look_breaches", "picture_of", "seen", "sight_of")
