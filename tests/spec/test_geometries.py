"""Geometries are data: the numbers of the manuals, names that are known, and mistakes that are told."""

import doctest

import attrs
import pytest

from pagelaw.spec import geometries
from pagelaw.spec.geometries import (
    BUILT_IN,
    Geometry,
    GeometryError,
    Right,
    geometry_named,
    is_built_in,
    known_geometries,
    register,
)

EACH = pytest.mark.parametrize("geometry", BUILT_IN, ids=lambda geometry: geometry.name)


def test_the_worked_example() -> None:
    """10 + 10 + 12 bits, as the docstring shows it."""
    assert doctest.testmod(geometries).failed == 0
    assert doctest.testmod(geometries).attempted == 3


@pytest.mark.parametrize(
    ("name", "bits", "entry_bytes"),
    [
        ("win32", 32, 4),
        ("linux-i386", 32, 4),
        ("pae", 32, 8),
        ("x86-64", 48, 8),
        ("x86-64-la57", 57, 8),
        ("sv32", 32, 4),
        ("sv39", 39, 8),
        ("sv48", 48, 8),
        ("sv57", 57, 8),
        ("aarch64", 48, 8),
    ],
)
def test_widths(name: str, bits: int, entry_bytes: int) -> None:
    """As many bits are translated as the architecture's name says, in entries of the right size."""
    geometry = geometry_named(name)
    assert (geometry.translated_bits, geometry.entry_bytes) == (bits, entry_bytes)


@EACH
def test_levels_tile_the_address(geometry: Geometry) -> None:
    """Each level's index begins where the next one's ends, down to the byte of the page."""
    shifts = [geometry.shift(level) for level in range(geometry.levels)]
    assert shifts[0] == geometry.page_shift
    widths = geometry.index_bits[::-1]
    assert [shift + width for shift, width in zip(shifts, widths, strict=True)][:-1] == shifts[1:]


@EACH
def test_bits_of_an_entry_have_one_meaning(geometry: Geometry) -> None:
    """Frame, marks and reserved bits of a leaf at level 0 do not overlap, and fit the entry."""
    reserved = geometry.reserved_leaf.get(0, 0)
    fields = [geometry.present, geometry.frame, geometry.accessed, geometry.dirty, geometry.global_, reserved]
    assert sum(field.bit_count() for field in fields) == int.bit_count(sum(fields))
    assert max(fields).bit_length() <= 8 * geometry.entry_bytes


#: An entry of eight bytes and one table of nine bits, as on x86-64 but for what each test says.
PLAIN = {"name": "x", "title": "y", "index_bits": (9,)}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"index_bits": ()}, "1 to 5 levels"),
        ({"index_bits": (1,) * 6}, "1 to 5 levels"),
        ({"entry_bytes": 16}, "4 or 8"),
        ({"index_bits": (9, 9), "address_bits": 20}, "30 bits are translated"),
        ({"address_bits": 65}, "64 bits at most, not 65"),
        ({"index_bits": (10,)}, "beyond its table"),
        ({"index_bits": (0, 9)}, "only levels between the first and the last"),
        ({"index_bits": (9, 0)}, "only levels between the first and the last"),
        ({"present": 2}, "present must be bit 0"),
        ({"frame": 0}, "frame 0x0 is no run of bits from bit 12 on"),
        ({"frame": 0x5000}, "no run of bits"),
        ({"frame": 0x1800}, "no run of bits"),
        ({"accessed": 1 << 12}, "accessed has a bit of another field: 0x1000"),
        ({"dirty": 1 << 5}, "dirty has a bit of another field: 0x20"),
        ({"write": Right(bits=1)}, "a right or leaf has a bit of another field: 0x1"),
        ({"entry_bytes": 4}, "not in an entry of 4 bytes"),
        ({"reserved_table": {1: 1 << 7}}, "reserved_table speaks of level 1, where there are none"),
        ({"reserved_leaf": {1: 1 << 7}}, "reserved_leaf speaks of level 1, where there are none"),
    ],
)
def test_geometries_that_cannot_be(changes: dict[str, object], says: str) -> None:
    """The message says what is wrong."""
    with pytest.raises(GeometryError, match=says):
        Geometry(**{**PLAIN, **changes})  # type: ignore[arg-type]


def test_a_geometry_is_known_once_it_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name, to everybody; the same again is no mistake, other numbers under the name are."""
    monkeypatch.setattr(geometries, "_REGISTERED", {})
    mine = Geometry(name="mine", title="one table", index_bits=(9,))
    with pytest.raises(GeometryError, match=r"no geometry is called 'mine'; there are win32, .*, aarch64$"):
        geometry_named("mine")
    assert register(mine) is mine
    assert register(attrs.evolve(mine, title="the same in other words")) is mine
    assert geometry_named("mine") is mine
    assert known_geometries() == (*BUILT_IN, mine)
    with pytest.raises(GeometryError, match="another geometry is called 'mine' and has another dirty: rename yours"):
        register(attrs.evolve(mine, dirty=0))
    assert geometry_named("mine") is mine
    assert not is_built_in("mine")


def test_built_in_names_keep_their_meaning() -> None:
    """They can be registered as they are, and not otherwise."""
    sv39 = geometry_named("sv39")
    assert register(sv39) is sv39
    assert is_built_in("sv39")
    with pytest.raises(GeometryError, match="another geometry is called 'sv39' and has another index_bits"):
        register(attrs.evolve(sv39, index_bits=(8, 9, 9)))
    assert known_geometries() == BUILT_IN


def test_an_unknown_name() -> None:
    """The error lists those there are."""
    with pytest.raises(GeometryError, match="sv39"):
        geometry_named("sv40")
