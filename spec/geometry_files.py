"""Geometries as JSON: how a user writes one down, and how traces and the line protocol carry it to another process.

An object has the names of `Geometry`; what is left out is as on x86-64. Numbers may be strings such as "0x80".

>>> mine = geometry_from_json({"name": "mine", "title": "one table", "index_bits": [9], "global_": "0x200"})
>>> mine.global_, geometry_from_json(geometry_to_json(mine)) == mine
(512, True)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from .geometries import Geometry, GeometryError, Right, geometry_named, is_built_in, register

_WORD_BITS = 64
#: The key of a description in the opening of the line protocol and in a trace.
_DESCRIPTION = "description"
_NEEDED = ("name", "title", "index_bits")
#: What is counted; other numbers are bits of an entry.
_COUNTS = ("address_bits", "entry_bytes", "page_shift", "frame_shift")


def geometry_from_json(document: Any) -> Geometry:
    """A geometry from a JSON object. Anything that is not one is a `GeometryError` that says which name is wrong."""
    if not isinstance(document, dict):
        raise GeometryError(f"a geometry is a JSON object, not {type(document).__name__}")
    kinds = {field.name: _KINDS[field.type] for field in attrs.fields(Geometry)}
    strange = sorted(set(document) - set(kinds))
    if strange:
        raise GeometryError(f"a geometry has no {strange[0]!r}; it has {', '.join(kinds)}")
    missing = [name for name in _NEEDED if name not in document]
    if missing:
        raise GeometryError(f"a geometry needs {missing[0]!r}")
    return Geometry(**{name: kinds[name](name, value) for name, value in document.items()})


def geometry_to_json(geometry: Geometry) -> dict[str, Any]:
    """The whole geometry; bits of entries are written as strings, since not every reader has numbers of 64 bits."""
    fields = attrs.fields(Geometry)
    return {field.name: _to_json(field.name, field.type, getattr(geometry, field.name)) for field in fields}


def description_of(name: str) -> dict[str, Any]:
    """What an opening or a trace says of a geometry beyond its name: nothing of a built-in one."""
    return {} if is_built_in(name) else {_DESCRIPTION: geometry_to_json(geometry_named(name))}


def learn_description(document: Mapping[str, Any]) -> None:
    """Register the geometry that an opening or a trace describes, if any."""
    if _DESCRIPTION in document:
        register(geometry_from_json(document[_DESCRIPTION]))


def _to_json(name: str, kind: Any, value: Any) -> Any:
    if kind == "Right":
        return {"bits": hex(value.bits), "inverted": value.inverted}
    if kind == "Mapping[int, int]":
        return {str(level): hex(bits) for level, bits in value.items()}
    if kind == "tuple[int, int]":
        return [hex(number) for number in value]
    if kind == "tuple[int, ...]":
        return list(value)
    return hex(value) if kind == "int" and name not in _COUNTS else value


# -- what may stand where -------------------------------------------------------------------------------------------


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise GeometryError(f"{name}: {value!r} is no line of text")
    if name == "name" and len(value.split()) > 1:
        raise GeometryError(f"name: {value!r} is more than one word")
    return value.strip()


def _truth(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise GeometryError(f"{name}: {value!r} is neither true nor false")
    return value


def _number(name: str, value: Any) -> int:
    try:
        number = int(value, 0) if isinstance(value, str) else value
    except ValueError:
        number = None
    if not isinstance(number, int) or isinstance(number, bool) or number < 0 or number >> _WORD_BITS:
        raise GeometryError(f"{name}: {value!r} is no whole number from 0 on, of {_WORD_BITS} bits at most")
    return number


def _list(name: str, value: Any) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise GeometryError(f"{name}: {value!r} is no list of numbers")
    return tuple(_number(name, number) for number in value)


def _pair(name: str, value: Any) -> tuple[int, int]:
    match _list(name, value):
        case (mask, wanted):
            return mask, wanted
    raise GeometryError(f"{name}: {value!r} is not a mask and a value")


def _object(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise GeometryError(f"{name}: {value!r} is no JSON object")
    return value


def _by_level(name: str, value: Any) -> dict[int, int]:
    return {_number(name, level): _number(name, bits) for level, bits in _object(name, value).items()}


def _right(name: str, value: Any) -> Right:
    strange = sorted(_object(name, value).keys() - {"bits", "inverted"})
    if strange:
        raise GeometryError(f"{name} has no {strange[0]!r}; it has bits, inverted")
    return Right(bits=_number(name, value.get("bits", 0)), inverted=_truth(name, value.get("inverted", False)))


#: By the annotation of an attribute.
_KINDS: dict[Any, Callable[[str, Any], Any]] = {
    "str": _text,
    "bool": _truth,
    "int": _number,
    "tuple[int, ...]": _list,
    "tuple[int, int]": _pair,
    "Mapping[int, int]": _by_level,
    "Right": _right,
}
