"""The laws of page tables: what software's steps keep, and what they change.

A law about tables looks at one slot or one frame of them; a law about a step compares the walk of one address, or
one slot, before and after. Who judges supplies addresses, slots and frames.
"""

from __future__ import annotations

from .algebra import ONE, ZERO, Truth, Word, implies, invert, load, where
from .entries import (
    first_frame_of,
    frames_of,
)
from .law import Scope, law
from .paging import (
    BELOW,
    EXECUTE,
    EXECUTE_FLIP,
    LEVEL_SHIFTS,
    LEVELS,
    NO_FAULT,
    NOT_PRESENT,
    PAGE_SHIFT,
    USER,
    USER_FLIP,
    WRITE,
    WRITE_FLIP,
    Access,
    at_level,
    frame_of,
    is_leaf,
    is_present,
    offset_of,
    walk,
)
from .tables import FREE, SHARED, Tables, image_of, table_of
from .translation_laws import CONTRACT, PART, granted_as, is_same


def is_leaf_slot(tables: Tables, slot: Word) -> Truth:
    """Whether the slot is in a table and holds a leaf."""
    kind = load(tables.kind, table_of(slot))
    entry = load(tables.words, slot)
    return (kind != FREE) & is_present(entry) & is_leaf(entry, where(kind == FREE, ONE, kind) - ONE)


def level_of(tables: Tables, slot: Word) -> Word:
    """The level of the table that the slot is in; 0 where it is in none."""
    kind = load(tables.kind, table_of(slot))
    return where(kind == FREE, ONE, kind) - ONE


def mapped_at(tables: Tables, slot: Word) -> Word:
    """The first frame that the leaf in a slot maps, and 0 where there is no leaf or it maps no frame that there is."""
    frame = first_frame_of(load(tables.words, slot), level_of(tables, slot))
    return where(is_leaf_slot(tables, slot) & (frame < tables.limit), frame, ZERO)


@law(
    "T5",
    "nested",
    contract=CONTRACT,
    part=PART,
    statement="Tables form a forest by level: each entry names a table one level below, and each table is named once.",
    source="Linux `free_pgtables` relies on it; a table that names itself was CVE-2018-1038.",
    scope=Scope.STATE,
)
def nested(tables: Tables, slot: Word) -> Truth:
    """The table that a slot names is a table of the level below, and knows this slot as the one that names it."""
    entry, level = load(tables.words, slot), level_of(tables, slot)
    names = (load(tables.kind, table_of(slot)) != FREE) & is_present(entry) & invert(is_leaf(entry, level))
    table = frame_of(entry)
    known = where(names & (table < tables.frames), table, ZERO)
    child = load(tables.kind, known) == at_level(BELOW, level) + ONE
    return implies(names, (table < tables.frames) & child & (load(tables.parent, known) == slot + ONE))


def is_elsewhere(root: Word, address: Word, level: Word, other_root: Word, other: Word) -> Truth:
    """Whether `other` is not on the page at `address` of the space at `root`, as large as a leaf at `level`."""
    shift = at_level(LEVEL_SHIFTS, level)
    return (root != other_root) | ((address >> shift) != (other >> shift))


@law(
    "T6",
    "framed",
    contract=CONTRACT,
    part=PART,
    statement="Map, unmap and protect change the translation of their own range, and of nothing else.",
    source="Every process has tables of its own: a change for one page changes no other page and no other space.",
    scope=Scope.CHANGE,
)
def framed(before: Tables, after: Tables, root: Word, address: Word) -> Truth:
    """An address elsewhere (`is_elsewhere`) is translated as before."""
    return is_same(walk(image_of(before), root, address), walk(image_of(after), root, address))


@law(
    "T6.mapped",
    "mapped",
    contract=CONTRACT,
    part=PART,
    statement="What was mapped is found: each byte at its place in the frame, with the rights that were given.",
    source="A page-table entry names the frame of its page, and its bits are the page's rights (Intel SDM 3A 4.5).",
    scope=Scope.CHANGE,
)
def mapped(after: Tables, root: Word, address: Word, frame: Word, level: Word, access: Access) -> Truth:
    """Each address on a page that was mapped to `frame` comes to its byte there; what cannot be withheld is granted."""
    found = walk(image_of(after), root, address)
    place = (found.fault == NO_FAULT) & (found.level == level)
    physical = found.physical == ((frame << PAGE_SHIFT) | offset_of(address, level))
    write = found.write == granted_as(access.write, WRITE, WRITE_FLIP)
    user = found.user == granted_as(access.user, USER, USER_FLIP)
    return place & physical & write & user & (found.execute == granted_as(access.execute, EXECUTE, EXECUTE_FLIP))


@law(
    "T6.unmapped",
    "unmapped",
    contract=CONTRACT,
    part=PART,
    statement="What was unmapped is found no more, and unmapping what was just mapped restores what was there.",
    source="Intel SDM 3A 4.10.4.2: after the entry is cleared, the page faults as not present.",
    scope=Scope.CHANGE,
)
def unmapped(after: Tables, root: Word, address: Word) -> Truth:
    """An address on a page that was unmapped faults as not present."""
    return walk(image_of(after), root, address).fault == NOT_PRESENT


@law(
    "T7",
    "whole",
    contract=CONTRACT,
    part=PART,
    statement="A huge leaf maps a whole block of frames, aligned to its size.",
    source="Intel SDM 3A 4.5: bits 20:13 of a 2 MiB page's entry are reserved; RISC-V: misaligned superpage.",
    scope=Scope.STATE,
)
def whole(tables: Tables, slot: Word) -> Truth:
    """The frame that a leaf names is the first of a block as large as what the leaf maps."""
    size = frames_of(level_of(tables, slot))
    return implies(is_leaf_slot(tables, slot), (frame_of(load(tables.words, slot)) & (size - ONE)) == ZERO)


@law(
    "T7.split",
    "split",
    contract=CONTRACT,
    part=PART,
    statement="Splitting a huge leaf changes no translation at all.",
    source="Linux `__split_huge_pmd`: the small pages together are the large one.",
    scope=Scope.CHANGE,
)
def split(before: Tables, after: Tables, root: Word, address: Word) -> Truth:
    """Every address is translated as before."""
    return is_same(walk(image_of(before), root, address), walk(image_of(after), root, address))


@law(
    "T10",
    "emptied",
    contract=CONTRACT,
    part=PART,
    statement="A table that is unlinked is empty, and a frame that becomes a table has no entry yet.",
    source="Linux `free_pte_range`: what is freed maps nothing; a stale entry would map another's frame.",
    scope=Scope.STATE,
)
def emptied(tables: Tables, slot: Word) -> Truth:
    """A slot of a free table frame is zero."""
    return implies(load(tables.kind, table_of(slot)) == FREE, load(tables.words, slot) == ZERO)


@law(
    "T13",
    "atomic",
    contract=CONTRACT,
    part=PART,
    statement="A call that is refused, or finds no table frame half-way, leaves nothing behind.",
    source="Out of memory in mid-map: what was linked so far would never be found again (llfree 970bb3d for frames).",
    scope=Scope.CHANGE,
)
def atomic(before: Tables, after: Tables, done: Truth, slot: Word, frame: Word) -> Truth:
    """A slot, and what is kept about a frame, is as before where the call was not done."""
    table = where(frame < before.frames, frame, ZERO)
    same = (load(before.words, slot) == load(after.words, slot)) & (before.spare == after.spare)
    kinds = load(before.kind, table) == load(after.kind, table)
    used = load(before.used, table) == load(after.used, table)
    counts = (load(before.count, frame) == load(after.count, frame)) & (before.free == after.free)
    owned = load(before.backed, frame) == load(after.backed, frame)
    return done | (same & kinds & used & counts & owned & (load(before.parent, table) == load(after.parent, table)))


@law(
    "F1",
    "apart",
    contract=CONTRACT,
    part=PART,
    statement="No leaf maps a frame of table memory: a frame is a table or can be mapped, never both.",
    source="CVE-2018-1038: tables that a process could write; each frame is in exactly one state.",
    scope=Scope.STATE,
)
def apart(tables: Tables, slot: Word) -> Truth:
    """What a leaf maps lies beyond the tables and inside memory."""
    level = level_of(tables, slot)
    frame = first_frame_of(load(tables.words, slot), level)
    inside = (frame < tables.limit) & (frames_of(level) <= tables.limit - where(frame < tables.limit, frame, ZERO))
    return implies(is_leaf_slot(tables, slot), (frame >= tables.frames) & inside)


@law(
    "F3",
    "counted",
    contract=CONTRACT,
    part=PART,
    statement="A frame's count is the number of leaves that map it.",
    source="Linux `page_mapcount`: a frame whose count is too low is freed while it is mapped.",
    scope=Scope.CHANGE,
)
def counted(before: Tables, after: Tables, frame: Word, gained: Word, lost: Word) -> Truth:
    """A step changes the count of a frame by the leaves that it gained and lost."""
    return load(before.count, frame) + gained == load(after.count, frame) + lost


@law(
    "F4",
    "backed",
    contract=CONTRACT,
    part=PART,
    statement="A frame that is mapped and not shared knows the one leaf that maps it.",
    source="The reverse map (Linux `rmap`): mapping and reverse entry imply each other.",
    scope=Scope.STATE,
)
def backed(tables: Tables, slot: Word) -> Truth:
    """The frame that a leaf maps is shared, or names this very slot."""
    frame = mapped_at(tables, slot)
    whose = load(tables.backed, frame)
    return implies(frame != ZERO, (whose == SHARED) | (whose == slot + ONE))


@law(
    "F5",
    "exclusive",
    contract=CONTRACT,
    part=PART,
    statement="No frame is mapped twice, unless it is shared on purpose.",
    source="Two writers of one frame: the law that all isolation of processes stands on; sizes differ only by A2.",
    scope=Scope.STATE,
)
def exclusive(tables: Tables, slot: Word, other: Word) -> Truth:
    """Two leaves map the same frame only if it is shared."""
    frame = mapped_at(tables, slot)
    twice = (frame != ZERO) & (slot != other) & (frame == mapped_at(tables, other))
    return implies(twice, load(tables.backed, frame) == SHARED)


@law(
    "F6",
    "rooted",
    contract=CONTRACT,
    part=PART,
    statement="No table frame is lost: each is free, a root, or named by an entry.",
    source="Leak freedom: what page tables hold is what can be reached from a root.",
    scope=Scope.STATE,
)
def rooted(tables: Tables, frame: Word) -> Truth:
    """A table that is no root is named by the slot that it knows of, in a table one level up."""
    kind, parent = load(tables.kind, frame), load(tables.parent, frame)
    named = (kind != FREE) & (parent != ZERO)
    known = where(named & (parent <= tables.entries), parent, ONE) - ONE
    entry = load(tables.words, known)
    names = is_present(entry) & invert(is_leaf(entry, level_of(tables, known))) & (frame_of(entry) == frame)
    above = load(tables.kind, table_of(known)) != FREE
    top = implies((kind != FREE) & (parent == ZERO), kind == LEVELS)
    return implies(named, (parent <= tables.entries) & above & names) & top


@law(
    "F8",
    "unreferenced",
    contract=CONTRACT,
    part=PART,
    statement="A free frame is named by no entry.",
    source="seL4 #107, CVE-2018-18281: a frame that is free but still mapped becomes somebody else's.",
    scope=Scope.STATE,
)
def unreferenced(tables: Tables, slot: Word) -> Truth:
    """What an entry names is no free table frame, and its frame is counted as mapped."""
    entry, level = load(tables.words, slot), level_of(tables, slot)
    here = (load(tables.kind, table_of(slot)) != FREE) & is_present(entry)
    table = where(
        here & invert(is_leaf(entry, level)) & (frame_of(entry) < tables.frames), frame_of(entry), table_of(slot)
    )
    frame = mapped_at(tables, slot)
    mapped_frame = implies(frame != ZERO, load(tables.count, frame) != ZERO)
    return implies(here, (load(tables.kind, table) != FREE) & mapped_frame)
