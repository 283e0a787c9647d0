"""What a manager of page tables is given and declares: sizes and names that cannot be are refused in one line."""

import pytest

from pagelaw.spec import geometries
from pagelaw.spec.contracts.arena import ContractError
from pagelaw.spec.contracts.paging_arena import TABLE_CALLS, PagingArena, PagingCapabilities
from pagelaw.spec.contracts.registry import TRANSLATION
from pagelaw.spec.geometries import Geometry, GeometryError


@pytest.mark.parametrize("frames", [0, -1, 1.5, True, 1 << 20])
def test_table_memory_has_a_size(frames: object) -> None:
    """A whole number of frames, and not too many."""
    with pytest.raises(ContractError, match="frames must be a whole number from 1"):
        PagingArena("x86-64", frames)  # type: ignore[arg-type]


def test_geometries_are_known() -> None:
    """In arenas; what else a target can do may have names that mean nothing here."""
    with pytest.raises(GeometryError, match="no geometry is called 'vax'"):
        PagingArena("vax", 4)
    assert PagingCapabilities(geometries=["x86-64", "vax"]).geometries == ("x86-64", "vax")


def test_frames_are_left_for_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Table memory is half of what entries can name, or less."""
    small = Geometry(name="small", title="256 frames", index_bits=(9,), frame=0xFF000)
    monkeypatch.setattr(geometries, "_REGISTERED", {"small": small})
    assert PagingArena("small", 128).frames == 128
    with pytest.raises(ContractError, match="129 table frames leave too few for data: entries of small name 256"):
        PagingArena("small", 129)


def test_what_an_arena_needs_and_a_target_lacks() -> None:
    """The geometry, and the number of cores."""
    offered = PagingCapabilities(geometries=["sv39"], cores=2)
    assert TRANSLATION.lacking(PagingArena("sv39", 4, 2), offered) == ""
    assert TRANSLATION.lacking(PagingArena("x86-64", 4, 3), offered) == "the geometry x86-64, so many cores"


def test_calls_have_names_of_their_own() -> None:
    """Those of the line protocol."""
    assert len({call.name for call in TABLE_CALLS}) == len(TABLE_CALLS) == 11
