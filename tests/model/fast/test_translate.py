"""Whole arrays of addresses come to what they come to one by one, on plain integers: compiled, in NumPy, on threads."""

import doctest
import os
import random
import subprocess
import sys

import numpy as np
import pytest

from pagelaw.model.fast import translate, translate_walks
from pagelaw.spec.geometries import BUILT_IN, Geometry, bound_to, geometry_named
from pagelaw.spec.paging import Access, Image

from .snapshots import PAGES, addresses_of, random_image

EACH = pytest.mark.parametrize("geometry", BUILT_IN, ids=lambda geometry: geometry.name)
ACCESSES = [Access(*bits) for bits in ((False, True, False), (True, True, False), (False, False, True))]
WIN32, X86_64 = geometry_named("win32"), geometry_named("x86-64")


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if Numba were switched off."""
    monkeypatch.setattr(translate, "is_compiled", lambda: False)
    monkeypatch.setattr(translate, "_kernels", translate._kernels.__wrapped__)


def agree(geometry: Geometry, rounds: int, seed: int = 0) -> set[int]:
    """Random tables and addresses, bit for bit as the specification on plain integers; the faults that were seen."""
    chance, alone, seen = random.Random(f"{geometry.name} {seed}"), bound_to(geometry), set()
    for number in range(rounds):
        words = random_image(geometry, chance)
        image, access = Image(words.tolist(), words.size), ACCESSES[number % len(ACCESSES)]
        root = chance.randrange(PAGES) << geometry.page_shift
        addresses = addresses_of(geometry, chance, 150)
        found = translate.translate(words, root, addresses, geometry, access=access)
        walks = [alone.walk(image, root, address) for address in addresses]
        assert found.physical.tolist() == [walk.physical for walk in walks]
        assert found.faults.tolist() == [alone.classify(walk, access) for walk in walks]
        seen |= set(found.faults.tolist())
    return seen


@EACH
@pytest.mark.usefixtures("uncompiled")
def test_numpy_agrees_with_plain_integers(geometry: Geometry) -> None:
    """In all geometries, with every fault there can be."""
    whole = geometry.translated_bits == geometry.address_bits
    assert agree(geometry, 9) == {0, 2, 3, 4, 5} | (set() if whole else {1})


@pytest.mark.expensive
@pytest.mark.parametrize("geometry", [WIN32, X86_64], ids=lambda geometry: geometry.name)
def test_machine_code_agrees_with_plain_integers(geometry: Geometry) -> None:
    """Where there is a compiler; a geometry without vacant address bits, and one with many levels."""
    assert agree(geometry, 9) >= {0, 2, 3, 4, 5}


@EACH
@pytest.mark.nightly
def test_machine_code_of_all_geometries(geometry: Geometry) -> None:
    """More tables, compiled for each geometry."""
    assert agree(geometry, 40, seed=1) >= {0, 2, 3, 4, 5}


@pytest.mark.expensive
@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 200])
def test_any_number_of_addresses(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bundles that are full and those that are not, on one thread and on three, in new arrays and in given ones."""
    monkeypatch.setattr(translate, "_WORTH_A_THREAD", 1)
    chance = random.Random(count)
    words = random_image(WIN32, chance)
    addresses = np.array(addresses_of(WIN32, chance, count), np.uint32)
    found = translate.translate(words, 0, addresses, WIN32)
    assert found.physical.size == found.faults.size == count
    out = translate.Translated(np.full(count + 1, 7, np.uint64), np.full(count + 1, 7, np.uint8))
    for given in (addresses, addresses.astype(np.uint64)):
        again = translate.translate(words.tobytes() + b"..", 0, given, WIN32, threads=3, out=out)
        assert again is out
        assert out.physical.tolist() == [*found.physical.tolist(), 7]
        assert out.faults.tolist() == [*found.faults.tolist(), 7]


@pytest.mark.usefixtures("uncompiled")
def test_threads_on_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each thread has whole bundles of its own."""
    monkeypatch.setattr(translate, "_WORTH_A_THREAD", 1)
    chance = random.Random(3)
    words, addresses = random_image(WIN32, chance), np.array(addresses_of(WIN32, chance, 20_000), np.uint64)
    one, two = (translate.translate(words, 0, addresses, WIN32, threads=threads) for threads in (1, 2))
    assert one.physical.tolist() == two.physical.tolist()
    assert len(set(one.physical.tolist())) > 100


@pytest.mark.usefixtures("uncompiled")
def test_one_level() -> None:
    """A geometry of a user's own, with a single table."""
    single = Geometry(name="single", title="one table", index_bits=(9,), leaf_levels=())
    words = np.array([0, 0x9007] + [0] * 510, np.uint64)
    found = translate.translate(words, 0, [0x10, 0x1010, 1 << 63], single)
    assert (found.physical.tolist(), found.faults.tolist()) == ([0, 0x9010, 0], [2, 0, 1])


def test_lanes_stand_in_for_every_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernels are bound to bundles of machine words where there is a compiler."""
    lanes = pytest.importorskip("pagelaw.model.fast.translate_lanes", reason="Numba is not installed")
    assert set(lanes.PLACES) <= set(vars(translate_walks))
    monkeypatch.setattr(translate, "is_compiled", lambda: True)
    bound = translate._kernels.__wrapped__(tuple(WIN32.constants().items()))
    assert (bound.LANES, bound.LEVELS) == (lanes.LANES, 2)
    assert bound.put_lanes is lanes.put_lanes


def test_no_memory_at_all() -> None:
    """Every access is outside."""
    assert translate.translate(b"", 0, [0, 4096], WIN32).faults.tolist() == [4, 4]


def test_what_is_no_question() -> None:
    """Entries of another width, addresses with a sign or too long, and too few places for the answers."""
    words = np.zeros(1024, np.uint32)
    with pytest.raises(ValueError, match="8 bytes, not uint32"):
        translate.translate(words, 0, [0], X86_64)
    with pytest.raises(ValueError, match="4 bytes, not float32"):
        translate.translate(words.astype(np.float32), 0, [0], WIN32)
    with pytest.raises(ValueError, match="0x100000000 has more"):
        translate.translate(words, 0, [0, 1 << 32], WIN32)
    with pytest.raises(ValueError, match="unsigned, not int64"):
        translate.translate(words, 0, np.array([0]), WIN32)
    out = translate.Translated(np.zeros(1, np.uint64), np.zeros(1, np.uint8))
    with pytest.raises(ValueError, match="no room for 2"):
        translate.translate(words, 0, [0, 1], WIN32, out=out)


def test_the_example() -> None:
    """As the docstring shows it."""
    assert doctest.testmod(translate).failed == 0
    assert doctest.testmod(translate).attempted == 6


def test_one_address_on_plain_integers() -> None:
    """The kernel module as it stands: a bundle of one address, in four levels."""
    words = [0] * 2048
    words[0], words[512], words[1024], words[1536] = (frame << 12 | 7 for frame in (1, 2, 3, 9))
    physical, faults = [1, 1], [9, 9]
    image, access = Image(words, len(words)), Access(False, True, False)
    translate_walks.translate_bundles(image, 0, [0x123, 0x1123], physical, faults, access, 0, 2)
    assert (physical, faults) == ([9 << 12 | 0x123, 0], [0, 2])


_WRONG = """
import sys, types
import numpy as np
from pagelaw.spec import paging
source = open(paging.__file__).read()
assert source.count({line!r}) == 1
exec(compile(source.replace({line!r}, {changed!r}), paging.__file__, "exec"), vars(paging))
from pagelaw.model.fast.translate import translate
from pagelaw.spec.geometries import geometry_named
words = np.zeros(2048, np.uint32)
words[1], words[1024 + 2] = 0x1007, 0x9A007
found = translate(words, 0, [0x0040_2ABC, 0x0040_3000], geometry_named("win32"))
print(found.physical.tolist(), found.faults.tolist())
"""


@pytest.mark.expensive
@pytest.mark.parametrize(
    ("line", "changed", "says", "uncompiled"),
    [
        ("return (entry & PRESENT) != ZERO", "return (entry & PRESENT) == ZERO", "[0, 0] [2, 2]", "0"),
        ("return address & (span_of(level) - ONE)", "return address & ZERO", f"[{0x9A000}, 0] [0, 2]", "1"),
    ],
)
def test_a_changed_rule_changes_the_answers(line: str, changed: str, says: str, uncompiled: str) -> None:
    """There is no second copy of a rule: one line of the specification changed is one line changed here."""
    source = _WRONG.format(line=line, changed=changed)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "NUMBA_DISABLE_JIT": uncompiled}
    done = subprocess.run([sys.executable, "-c", source], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == says
