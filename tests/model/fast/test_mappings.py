"""All mappings of a snapshot, against walks one by one; and each thing that an audit is there to find, planted."""

import collections
import doctest
import random

import numpy as np
import numpy.typing as npt
import pytest

from pagelaw.model.fast import backend, mappings
from pagelaw.model.fast.mappings import Audit, Place, audit, leaf_mappings
from pagelaw.model.fast.mappings_kernel import MAY_EXECUTE, MAY_READ, MAY_USER, MAY_WRITE
from pagelaw.spec import entries
from pagelaw.spec.geometries import BUILT_IN, Geometry, bound_to, geometry_named
from pagelaw.spec.paging import NO_FAULT, Image

from .snapshots import PAGES, places, random_image

pytestmark = pytest.mark.expensive
EACH = pytest.mark.parametrize("geometry", BUILT_IN, ids=lambda geometry: geometry.name)
WIN32, X86_64, AARCH64 = (geometry_named(name) for name in ("win32", "x86-64", "aarch64"))


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if Numba were switched off."""
    for module in (backend, mappings):
        monkeypatch.setattr(module, "is_compiled", lambda: False)
    monkeypatch.setattr(mappings, "_kernels", mappings._kernels.__wrapped__)


#: Frames in the audits of random tables: a 1 GiB page fits, and larger ones are beyond.
FRAMES = 1 << 18
Leaf = tuple[int, int, int, int, int]


def naive(geometry: Geometry, words: npt.NDArray[np.unsignedinteger], root: int) -> list[Leaf]:
    """Each leaf by a whole walk from the root: entry, address, frame, level, rights; upward by address."""
    backend_, image, found = bound_to(geometry), Image(words.tolist(), words.size), []
    last = (1 << geometry.address_bits) - (1 << geometry.translated_bits)
    every = sorted({index for level in range(geometry.levels) for index in places(geometry, level)})
    waiting = [(geometry.levels - 1, 0)]
    while waiting:
        level, first = waiting.pop()
        for index in filter(range(1 << geometry.index_bits[-1 - level]).__contains__, every):
            address = first | index << geometry.shift(level)
            whole = address if backend_.is_canonical(address) else address | last
            walk = backend_.walk(image, root, whole)
            if walk.fault == NO_FAULT and walk.level == level:
                rights = zip((walk.read, walk.write, walk.user, walk.execute), (1, 2, 4, 8), strict=True)
                granted = sum(bit for right, bit in rights if right)
                found.append((walk.slot, whole, walk.physical >> geometry.page_shift, level, granted))
            elif walk.level < level or backend_.is_folded(level):
                waiting.append((level - 1, address))
    return sorted(found, key=lambda leaf: leaf[1])


def listed(geometry: Geometry, words: npt.NDArray[np.unsignedinteger], root: int) -> list[Leaf]:
    """The same from the listing."""
    columns = (part.tolist() for part in leaf_mappings(words, root, geometry))
    return list(zip(*columns, strict=True))


def sparse_image(geometry: Geometry, chance: random.Random) -> npt.NDArray[np.unsignedinteger]:
    """A random image with a few entries a page, so that tables which name each other do not multiply too much."""
    kept = 2 if geometry.levels > 3 else 4
    words = random_image(geometry, chance)
    for page in np.split(words, PAGES):
        there = np.flatnonzero(page).tolist()
        page[chance.sample(there, max(0, len(there) - kept))] = 0
    return words


def agree(geometry: Geometry, rounds: int) -> None:
    """Listing and audit of random tables, against walks and a dictionary."""
    chance, seen, forests = random.Random(geometry.name), collections.Counter[int](), 0
    for _ in range(rounds):
        words, root = sparse_image(geometry, chance), chance.randrange(PAGES) << geometry.page_shift
        leaves = naive(geometry, words, root)
        assert listed(geometry, words, root) == leaves
        seen.update(leaf[3] for leaf in leaves)
        found = audit(words, [root], geometry, frames=FRAMES)
        if not found.renamed:
            forests += 1
            assert doubled_in(geometry, leaves) == set(found.doubled)
            assert sum(found.mappings) == len(leaves)
            assert found.writable_code == sum(leaf[4] & 10 == 10 for leaf in leaves)
    assert seen[0]
    assert len(seen) > 1
    assert forests


def doubled_in(geometry: Geometry, leaves: list[Leaf]) -> set[int]:
    """Frames that more than one leaf maps, of the leaves that map frames that there are."""
    counts = collections.Counter[int]()
    for _, _, frame, level, _ in leaves:
        last = frame + (1 << (geometry.shift(level) - geometry.page_shift))
        counts.update(range(frame, last) if last <= FRAMES else ())
    return {frame for frame, count in counts.items() if count > 1}


@EACH
@pytest.mark.usefixtures("uncompiled")
def test_every_leaf_is_listed(geometry: Geometry) -> None:
    """In all geometries, huge leaves included; and what is mapped twice is what a dictionary counts twice."""
    agree(geometry, 12)


@pytest.mark.parametrize("geometry", [X86_64], ids=lambda geometry: geometry.name)
def test_machine_code_lists_every_leaf(geometry: Geometry) -> None:
    """The same where there is a compiler."""
    agree(geometry, 12)


@EACH
@pytest.mark.nightly
def test_machine_code_of_all_geometries(geometry: Geometry) -> None:
    """Compiled for each geometry."""
    agree(geometry, 12)


class Space:
    """Tables made by hand: frame 0 is the top table, others are taken in order; leaves map frames from 64 on."""

    def __init__(self, geometry: Geometry, frames: int = 8) -> None:
        self.geometry = geometry
        self.software, self.walker = bound_to(geometry, entries), bound_to(geometry)
        self.per_frame = (1 << geometry.page_shift) // geometry.entry_bytes
        self.words = np.zeros(frames * self.per_frame, np.dtype(f"u{geometry.entry_bytes}"))
        self.next = 1

    def put(self, address: int, entry: int, level: int = 0) -> Place:
        """An entry for an address at a level, with the tables on the way."""
        table = 0
        for above in range(self.geometry.levels - 1, level, -1):
            slot = table * self.per_frame + self.walker.index_of(address, above)
            if not self.words[slot]:
                self.words[slot] = self.software.table_entry(self.next, above)
                self.next += 1
            table = int(self.walker.frame_of(int(self.words[slot])))
        slot = table * self.per_frame + self.walker.index_of(address, level)
        self.words[slot] = entry
        return Place(slot * self.geometry.entry_bytes, address)

    def map(self, address: int, frame: int, level: int = 0, *, user: bool = True, execute: bool = False) -> Place:
        """A writable leaf."""
        return self.put(address, self.software.leaf_entry(frame, level, True, user, execute), level)

    def audit(self, **options: object) -> Audit:
        """The audit of the space."""
        return audit(self.words, [0], self.geometry, **options)  # type: ignore[arg-type]


@pytest.fixture
def space() -> Space:
    """Two pages, and a huge page of 512 frames."""
    made = Space(X86_64)
    made.map(0x1000, 64)
    made.map(0xFFFF_8000_0000_0000, 65)
    made.map(0x4000_0000, 512, 1, execute=True)
    return made


def test_a_sound_space(space: Space) -> None:
    """Everything is counted, and nothing is wrong."""
    found = space.audit()
    assert found.is_sound
    assert (found.tables, found.mappings, found.writable_code) == (8, (2, 1, 0, 0), 1)
    leaves = leaf_mappings(space.words, 0, X86_64)
    assert leaves.addresses.tolist() == [0x1000, 0x4000_0000, 0xFFFF_8000_0000_0000]
    assert leaves.frames.tolist() == [64, 512, 65]
    data = MAY_READ | MAY_WRITE | MAY_USER
    assert leaves.rights.tolist() == [data, data | MAY_EXECUTE, data]


def test_frames_mapped_twice(space: Space) -> None:
    """By two pages, by a page and a huge page, by two huge pages; shared ones are left out."""
    space.map(0x2000, 64)
    space.map(0x3000, 700)
    assert space.audit().doubled == (64, 700)
    assert space.audit(shared=[64]).doubled == (700,)
    assert space.audit(shared=np.array([700, 64, 65])).is_sound
    space.map(0x4020_0000, 512, 1)
    assert space.audit(shared={64}).doubled == tuple(range(512, 1024))
    assert not space.audit().is_sound


def test_frames_mapped_by_two_spaces(space: Space) -> None:
    """Two roots share what their tables share; a root that is given twice is one."""
    space.words = np.concatenate([space.words, space.words[:512]])
    found = audit(space.words, [0, 0x8000, 0], X86_64)
    assert found.tables == 9
    assert [place.entry for place in found.renamed] == [0x8000, 0x8000 + 256 * 8]


def test_malformed_entries(space: Space) -> None:
    """Reserved bits at two levels; whatever room there is for notes, all are named."""
    wrong = [
        space.put(0x5000_0000, 0x2083, 1),
        space.put(0x8000_0000, 0x2083, 2),
        space.put(0x80_0000_0000, 0x83, 3),
    ]
    assert sorted(space.audit().malformed, key=lambda place: place.address) == wrong


@pytest.mark.usefixtures("uncompiled")
def test_one_strange_entry_hides_no_other() -> None:
    """The table of a page with a reserved bit: its other pages are counted, marked and named all the same."""
    space = Space(geometry_named("sv39"))
    reserved = space.geometry.reserved_leaf[0]
    assert space.map(0x1000, 64).address == 0x1000
    wrong = space.put(0x2000, space.software.leaf_entry(70, 0, True, True, False) | (reserved & -reserved))
    space.map(0x3000, 64)
    space.map(0x5000, 71, execute=True)
    found = space.audit(frames=1024)
    assert (found.malformed, found.doubled, found.mappings[0], found.writable_code) == ((wrong,), (64,), 3, 1)


def test_more_notes_than_there_is_room_for(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit is made again with more room."""
    monkeypatch.setattr(mappings, "_ROOM", 2)
    wrong = tuple(space.map(0x1000 * page, 1 << 20) for page in range(2, 12))
    assert space.audit(frames=1 << 20).beyond == wrong


def test_frames_that_do_not_exist(space: Space) -> None:
    """Pages and huge pages beyond the last frame, or across it."""
    far = space.map(0x2000, 1024)
    across = space.map(0x4020_0000, 1024, 1)
    assert space.audit(frames=1025).beyond == (across,)
    assert space.audit(frames=1024).beyond == (across, far)
    assert space.audit(frames=2048).doubled == (1024,)


def test_tables_that_do_not_exist(space: Space) -> None:
    """Outside the image."""
    wrong = space.put(0x5000_0000, space.software.table_entry(99, 1), 1)
    assert space.audit().dangling == (wrong,)
    part = space.put(0x5000_0000, space.software.table_entry(8, 1), 1)
    space.words = np.concatenate([space.words, space.words[:9]])
    assert space.audit().dangling == (part,)


def test_tables_named_twice(space: Space) -> None:
    """The top table in its own entry 511, and a table under two entries; neither is entered again."""
    own = space.put(0xFFFF_FF80_0000_0000, space.software.table_entry(0, 3), 3)
    other = space.put(0x5000_0000, space.software.table_entry(3, 1), 1)
    found = space.audit()
    assert set(found.renamed) == {own, other}
    assert (found.tables, found.mappings, found.doubled) == (8, (2, 1, 0, 0), ())
    assert leaf_mappings(space.words, 0, X86_64).addresses.size > 3


def test_tables_open_to_the_user(space: Space) -> None:
    """By a page and by a huge page; the supervisor may."""
    space.map(0x6000, 2, user=False)
    space.map(0x4020_0000, 0, 1, user=False)
    assert not space.audit(shared=range(512)).opened
    page, huge = space.map(0x6000, 2), space.map(0x4020_0000, 0, 1)
    assert space.audit(shared=range(512)).opened == (page, huge)


@pytest.mark.usefixtures("uncompiled")
def test_huge_leaves_that_are_not_aligned() -> None:
    """Where the hardware has no reserved bits for it, the frame's low bits are ignored, and told."""
    space = Space(AARCH64)
    wrong = space.put(0x4000_0000, space.software.leaf_entry(513, 1, True, False, False), 1)
    found = space.audit()
    assert (found.misaligned, found.malformed, found.doubled) == ((wrong,), (), ())
    assert leaf_mappings(space.words, 0, AARCH64).frames.tolist() == [512]


@pytest.mark.parametrize("root", [-8, 4, 0x8000, 0x7008])
def test_a_root_that_is_no_table(space: Space, root: int) -> None:
    """Outside the image, or between two entries."""
    with pytest.raises(ValueError, match="no top table of x86-64, 4096 bytes"):
        audit(space.words, [root], X86_64)


def test_tables_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """One table whose every entry names it: an audit enters it once, a listing gives up."""
    words = np.full(512, 7, np.uint64)
    assert len(audit(words, [0], X86_64).renamed) == 512
    monkeypatch.setattr(mappings, "_MOST_TABLES", 511)
    with pytest.raises(ValueError, match="512 tables on level 2"):
        leaf_mappings(words, 0, X86_64)


@pytest.mark.usefixtures("uncompiled")
def test_the_example() -> None:
    """As the docstring shows it."""
    assert doctest.testmod(mappings).failed == 0
    assert doctest.testmod(mappings).attempted == 9
