"""Geometries are data: the numbers of the manuals, files of users, and mistakes that are told."""

import doctest

import pytest

from pagelaw.spec import geometries
from pagelaw.spec.geometries import BUILT_IN, Geometry, GeometryError, Right, geometry_from_json, geometry_named

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


def test_a_users_geometry() -> None:
    """A file says the same as a built-in one, and is the same."""
    document = {
        "name": "mine",
        "title": "three levels",
        "index_bits": [9, 9, 9],
        "address_bits": 39,
        "leaf": {"bits": "0x80"},
        "write": {"bits": 2},
        "execute": {"bits": "0x8000000000000000", "inverted": True},
        "table_rights_levels": [1, 2],
        "reserved_leaf": {"1": "0x1fe000"},
        "table_accessed": False,
        "meaningless": [0, 1],
    }
    assert geometry_from_json(document) == Geometry(
        name="mine",
        title="three levels",
        index_bits=(9, 9, 9),
        address_bits=39,
        table_rights_levels=(1, 2),
        reserved_leaf={1: 0x1F_E000},
        table_accessed=False,
    )
    assert geometry_from_json({"name": "n", "title": "t", "index_bits": [9]}).execute == Right(bits=1 << 63)


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ([], "JSON object"),
        ({"nmae": "x"}, "no 'nmae'"),
        ({"name": "x", "title": "y"}, "needs 'index_bits'"),
        ({"name": "x", "title": "y", "index_bits": []}, "1 to 5 levels"),
        ({"name": "x", "title": "y", "index_bits": [1] * 6}, "1 to 5 levels"),
        ({"name": "x", "title": "y", "index_bits": [9], "entry_bytes": 16}, "4 or 8"),
        ({"name": "x", "title": "y", "index_bits": [9, 9], "address_bits": 20}, "30 bits are translated"),
        ({"name": "x", "title": "y", "index_bits": [10]}, "beyond its table"),
        ({"name": "x", "title": "y", "index_bits": [9], "present": 2}, "present must be bit 0"),
        ({"name": "x", "title": "y", "index_bits": ["nine"]}, "no whole number"),
        ({"name": "x", "title": "y", "index_bits": [9], "frame": -1}, "no whole number"),
        ({"name": "x", "title": "y", "index_bits": [True]}, "no whole number"),
        ({"name": "x", "title": "y", "index_bits": [9], "frame": 1.5}, "no whole number"),
    ],
)
def test_mistakes_are_told(document: object, says: str) -> None:
    """One line with the name that is wrong."""
    with pytest.raises(GeometryError, match=says):
        geometry_from_json(document)


def test_an_unknown_name() -> None:
    """The error lists those there are."""
    with pytest.raises(GeometryError, match="sv39"):
        geometry_named("sv40")
