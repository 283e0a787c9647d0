"""Geometries as JSON: what a user writes, what traces carry, and mistakes told with the name that is wrong."""

import doctest
import json

import pytest

from pagelaw.spec import geometry_files
from pagelaw.spec.geometries import BUILT_IN, Geometry, GeometryError, Right
from pagelaw.spec.geometry_files import geometry_from_json, geometry_to_json


def test_the_example() -> None:
    """As the docstring shows it."""
    assert doctest.testmod(geometry_files) == (0, 2)


@pytest.mark.parametrize("geometry", BUILT_IN, ids=lambda geometry: geometry.name)
def test_a_geometry_survives_a_file(geometry: Geometry) -> None:
    """Every number is read back as it was, and none is larger than a reader of JSON may have room for."""
    text = json.dumps(geometry_to_json(geometry))
    assert geometry_from_json(json.loads(text)) == geometry
    json.loads(text, parse_int=lambda digits: pytest.fail(digits) if len(digits) > 2 else int(digits))


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
    ],
)
def test_what_is_no_geometry(document: object, says: str) -> None:
    """Names that are not known, and names that are wanting."""
    with pytest.raises(GeometryError, match=says):
        geometry_from_json(document)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("index_bits", ["nine"], "'nine' is no whole number"),
        ("index_bits", [True], "no whole number"),
        ("index_bits", 9, "no list of numbers"),
        ("frame", -1, "no whole number"),
        ("frame", 1.5, "no whole number"),
        ("frame", 1 << 64, "of 64 bits at most"),
        ("frame", {"bits": 4096}, "no whole number"),
        ("name", 5, "name: 5 is no line of text"),
        ("name", " ", "no line of text"),
        ("name", "two words", "more than one word"),
        ("title", "two\nlines", "no line of text"),
        ("sign_extended", 1, "neither true nor false"),
        ("meaningless", [1], "not a mask and a value"),
        ("meaningless", 1, "no list of numbers"),
        ("reserved_leaf", [1], "no JSON object"),
        ("reserved_leaf", {"top": 1}, "'top' is no whole number"),
        ("read", 1, "no JSON object"),
        ("read", {"bit": 1}, "read has no 'bit'; it has bits, inverted"),
        ("read", {"inverted": "no"}, "neither true nor false"),
        ("index_bits", [], "1 to 5 levels"),
    ],
)
def test_mistakes_are_told(name: str, value: object, says: str) -> None:
    """One line with the name that is wrong."""
    with pytest.raises(GeometryError, match=says):
        geometry_from_json({"name": "x", "title": "y", "index_bits": [9], name: value})


def test_no_bits_are_reserved() -> None:
    """An empty object is one where levels stand, and a right that nothing grants where a right stands."""
    document = {"name": "x", "title": "y", "index_bits": [9], "reserved_table": {}, "execute": {}}
    found = geometry_from_json(document)
    assert found.reserved_table == {}
    assert found.execute == Right(bits=0, inverted=False)
