"""What targets can be judged in: geometries that are known, large enough, and that mean what they say."""

from typing import Any

import attrs
import pytest

from pagelaw.checker.targets.target import TargetError
from pagelaw.checker.translation.footing import expect_footing, narrowed
from pagelaw.spec import geometries
from pagelaw.spec.contracts import spaces
from pagelaw.spec.contracts.paging_arena import PagingCapabilities
from pagelaw.spec.geometries import BUILT_IN, Geometry, GeometryError, Right, register

#: Tables of 256 entries of four bytes, huge pages of 256 frames.
SMALL = Geometry(
    name="small",
    title="8 + 8 + 12",
    index_bits=(8, 8),
    address_bits=32,
    sign_extended=False,
    entry_bytes=4,
    leaf_levels=(1,),
    execute=Right(),
    global_=0,
    frame=0xFFFF_F000,
    table_rights_levels=(1,),
    reserved_leaf={1: 0x000F_F000},
)


@pytest.fixture(autouse=True)
def _no_other_geometry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is forgotten, and the same name may mean something else in the next."""
    monkeypatch.setattr(geometries, "_REGISTERED", {})
    spaces.rules_of.cache_clear()


def judge_in(*names: str, keeps: int = 0) -> None:
    expect_footing(PagingCapabilities(geometries=names, keeps=keeps))


def test_what_there_is() -> None:
    """Built-in geometries, and those that were registered."""
    judge_in(*(geometry.name for geometry in BUILT_IN))
    judge_in(register(SMALL).name)
    judge_in(register(attrs.evolve(SMALL, name="one-table", index_bits=(8,), leaf_levels=(), reserved_leaf={})).name)
    for geometry in BUILT_IN:
        judge_in(register(attrs.evolve(geometry, name=f"my-{geometry.name}")).name)


def test_what_nobody_has_described() -> None:
    """It is named, and none at all is not enough."""
    with pytest.raises(GeometryError, match=r"declares 'vax', which is none of win32, .*: describe it in a file"):
        judge_in("x86-64", "vax")
    with pytest.raises(GeometryError, match="no geometry at all"):
        judge_in()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"page_shift": 17, "address_bits": 40}, "pages of 2\\^17 bytes are too large to be looked at"),
        ({"index_bits": (1, 1), "leaf_levels": (), "reserved_leaf": {}}, "judged with 8 pages or more"),
        ({"frame": 0x1F_F000}, "entries name 512 frames; targets are judged with 1024 or more"),
        ({"leaf": Right(inverted=False)}, "at level 1 with the rights r would be .* names a table: see leaf"),
        ({"reserved_leaf": {1: 0x80}}, "a leaf at level 1 .* no meaning: see reserved_leaf"),
        ({"needed_leaf": 1 << 8, "meaningless": (0x101, 0x101)}, "a leaf at level 0 .* no meaning"),
        ({"read": Right(inverted=False)}, "cannot be read: see read"),
        ({"write": Right(inverted=False)}, "withholds the right write: see write"),
        ({"user": Right(bits=2, inverted=False)}, "the rights rw would be .* grants the right user: see user"),
        ({"execute": Right(bits=2, inverted=True)}, "the rights r would be .* grants the right write: see write"),
        ({"leaf": Right(bits=2, inverted=False)}, "with the rights r would be .* names a table"),
        ({"leaf": Right(), "table_rights_levels": ()}, "names a table would be .* maps a page: see leaf"),
        ({"reserved_table": {1: 1}}, "names a table would be .* no meaning: see reserved_table"),
    ],
)
def test_what_cannot_be_judged_in(changes: dict[str, Any], says: str) -> None:
    """Too large, too small, or not read as it was written: each with what to look at."""
    register(attrs.evolve(SMALL, **changes))
    with pytest.raises(GeometryError, match=f"^small: .*{says}"):
        judge_in("small")


def test_a_target_that_keeps_many_frames() -> None:
    """More frames must be nameable for it."""
    register(attrs.evolve(SMALL, frame=0x3F_F000))
    judge_in("small", keeps=448)
    with pytest.raises(GeometryError, match="entries name 1024 frames; targets are judged with 1026 or more"):
        judge_in("small", keeps=449)


def test_less_than_what_is_declared() -> None:
    """Some geometries alone, in the order asked for; what is not declared is an error."""
    offered = PagingCapabilities(geometries=("sv39", "win32", "vax"), cores=3)
    assert narrowed(offered, ["win32", "sv39", "win32"], "T") == attrs.evolve(offered, geometries=("win32", "sv39"))
    with pytest.raises(TargetError, match="T does not declare the geometry pae; it declares sv39, win32, vax"):
        narrowed(offered, ["sv39", "pae"], "T")
