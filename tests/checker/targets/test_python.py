"""Factories are found, and what they declare is read off them."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import pytest

from pagelaw.checker.targets.interface import FRAMES, SPACE, keywords_of
from pagelaw.checker.targets.python import check_methods, declared, locate
from pagelaw.checker.targets.target import TargetError


class Plain:
    """Declares nothing."""

    def __init__(self, frames: int, max_order: int) -> None: ...

    def allocate(self, order: int) -> int:
        return 0

    def free(self, frame: int, order: int) -> None: ...


class Rich(Plain):
    """Declares all that there is."""

    alignment = "arena"
    policies = ("lower-half",)
    keeps = (0,)

    def __init__(
        self, frames: int, max_order: int, start: int = 0, *, reserved: object = (), barriers: object = ()
    ) -> None:
        self.merging = "lazy"

    def free_blocks(self) -> list[tuple[int, int]]:
        return []


def test_nothing_declared() -> None:
    """A plain class declares nothing."""
    assert declared(Plain, Plain(1, 0)) == {}


def test_signature_attributes_and_probe() -> None:
    """Keyword parameters, class and instance attributes and the probe are all seen."""
    assert declared(Rich, Rich(1, 0)) == {
        "start": True,
        "reserved": True,
        "barriers": True,
        "probe": True,
        "alignment": "arena",
        "merging": "lazy",
        "policies": ["lower-half"],
        "keeps": [0],
    }


def test_regions_are_looked_at_where_every_dialect_that_is_spoken_lists_them() -> None:
    """One that lists in one of its dialects only lists in none, unless it states that it speaks just that."""
    names = ("mmap", "munmap", "mprotect", "maps", "reserve", "commit", "decommit", "release", "protect")
    both = type("Both", (), dict.fromkeys(names, lambda *_: None))
    assert "look" not in declared(both, both(), SPACE)
    listing = type("Listing", (both,), {"query": lambda *_: None})
    assert declared(listing, listing(), SPACE)["look"] is True
    linux = type("Linux", (both,), {"dialects": ("linux",)})
    assert declared(linux, linux(), SPACE)["look"] is True


def test_a_factory_function_may_declare_in_place_of_the_class() -> None:
    """Attributes of a function count; `**anything` declares nothing."""

    def factory(frames: int, max_order: int, **anything: object) -> Plain:
        return Plain(frames, max_order)

    factory.illegal_free = "ignored"  # type: ignore[attr-defined]
    assert declared(factory, factory(1, 0)) == {"illegal_free": "ignored"}
    assert keywords_of(functools.partial(Rich, reserved=()), FRAMES) == ("start", "reserved", "barriers")


def test_an_attribute_that_is_no_value_is_a_usage_error() -> None:
    """A method of the name of a capability is pointed out, not misread."""

    class Odd(Plain):
        def merging(self) -> None: ...

    with pytest.raises(TargetError, match=r"'merging' declares a capability and cannot be <bound method"):
        declared(Odd, Odd(1, 0))


def test_missing_methods_are_named() -> None:
    """The object must have both calls."""
    with pytest.raises(TargetError, match=r"x makes an object, which lacks allocate\(order\) and free\(frame, order\)"):
        check_methods("x", object())
    check_methods("x", Plain(1, 0))


def test_modules_and_nested_names_are_found() -> None:
    """Dots in the name go inward, and a near miss is suggested."""
    assert locate("os:path.join")("a", "b") == "a/b"
    with pytest.raises(TargetError, match=r"fractions has no 'Fractoin'; did you mean 'Fraction'\?"):
        locate("fractions:Fractoin")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("nothing_of_that_name.inner:T", r"no module named 'nothing_of_that_name': is it installed for .*"),
        ("fractions:_RATIONAL_FORMAT", r"fractions:_RATIONAL_FORMAT is a Pattern, not a class or function"),
        ("fractions:gcd", r"fractions has no 'gcd'"),
        ("fractions", r"'fractions' names no factory: write package\.module:factory"),
        ("./nowhere.py:T", r"file not found: ./nowhere.py"),
        ("contextlib:nullcontext", r"must be callable as factory\(frames, max_order\): too many positional arguments"),
    ],
)
def test_mistakes_are_explained(spec: str, message: str) -> None:
    """Each says in one line what is wrong and what to do."""
    with pytest.raises(TargetError, match=message) as caught:
        locate(spec)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("before", "message"),
    [
        ("1/0", r"raised ZeroDivisionError: division by zero"),
        ("import nothing_like_it", r"raised ModuleNotFoundError: No module named 'nothing_like_it'"),
        ("def (", r"raised SyntaxError: .*"),
        ("raise SystemExit(1)", r"raised SystemExit: 1"),
    ],
)
def test_files_that_do_not_import(python: Callable[..., str], before: str, message: str) -> None:
    """The exception of an import is told in one line."""
    with pytest.raises(TargetError, match=message):
        locate(python("pass", before=before, name="broken"))


def test_a_file_sees_its_neighbours(python: Callable[..., str], tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a script it may import what lies beside it, and dataclasses find their module."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "beside.py").write_text("VALUE = 5")
    spec = python(
        "value: int = beside.VALUE\nmore: int = 0",
        before="from __future__ import annotations\nimport beside, dataclasses\n@dataclasses.dataclass",
        name="with_neighbour",
    )
    assert locate(spec)(1, 0).value == 1
