"""Entries as software writes them: what the walker reads from them is what was asked for, in every geometry."""

from itertools import product

import pytest

from pagelaw.spec import entries
from pagelaw.spec.entries import DEMAND_ZERO, IN_TRANSITION, NOTHING, PAGED_OUT
from pagelaw.spec.geometries import BUILT_IN, Geometry, bound_to, geometry_named

from .machines import TINY

every_geometry = pytest.mark.parametrize("geometry", [TINY, *BUILT_IN], ids=lambda geometry: geometry.name)


@every_geometry
def test_a_leaf_means_what_was_asked(geometry: Geometry) -> None:
    """At each level that has leaves: a leaf, with its frame, its rights as far as there are bits, and well formed."""
    made, walker = bound_to(geometry, entries), bound_to(geometry)
    for level in [0, *geometry.leaf_levels]:
        frame = 2 * made.frames_of(level)
        for write, user, execute in product((False, True), repeat=3):
            entry = made.leaf_entry(frame, level, write, user, execute)
            assert walker.is_present(entry)
            assert walker.is_leaf(entry, level)
            assert not walker.is_malformed(entry, level)
            assert walker.frame_of(entry) == made.first_frame_of(entry, level) == frame
            asked = {"write": write, "user": user, "execute": execute}
            for name, right in asked.items():
                bits, flip = getattr(walker, name.upper()), getattr(walker, f"{name.upper()}_FLIP")
                assert walker.granted(entry, bits, flip) == (right if bits else bool(flip)), name
            assert walker.granted(entry, walker.READ, walker.READ_FLIP)


@every_geometry
def test_a_table_restricts_nothing(geometry: Geometry) -> None:
    """Present, no leaf, well formed, its frame, and every right granted where a table's entry counts."""
    made, walker = bound_to(geometry, entries), bound_to(geometry)
    for level in range(1, geometry.levels):
        entry = made.table_entry(3, level)
        assert walker.is_present(entry)
        assert not walker.is_leaf(entry, level)
        assert not walker.is_malformed(entry, level)
        assert walker.frame_of(entry) == 3
        if walker.restricts(entry, level):
            for name in ("WRITE", "USER", "EXECUTE"):
                assert walker.granted(entry, getattr(walker, name), getattr(walker, f"{name}_FLIP"))


@every_geometry
def test_other_rights_leave_frame_and_marks(geometry: Geometry) -> None:
    """Protecting there and back gives the same entry."""
    made = bound_to(geometry, entries)
    leaf = made.leaf_entry(5, 0, True, False, True) | geometry.accessed | geometry.dirty
    weaker = made.with_rights(leaf, False, True, False)
    assert made.with_rights(weaker, True, False, True) == leaf
    assert weaker & (geometry.frame | geometry.accessed | geometry.dirty) == leaf & (
        geometry.frame | geometry.accessed | geometry.dirty
    )


@every_geometry
def test_the_pieces_of_a_huge_leaf(geometry: Geometry) -> None:
    """Each is a leaf one level below, for its part of the frames, with the same rights and marks."""
    made, walker = bound_to(geometry, entries), bound_to(geometry)
    for level in geometry.leaf_levels:
        lower = geometry.below(level)
        frame = 2 * made.frames_of(level)
        entry = made.leaf_entry(frame, level, True, False, True) | geometry.dirty
        last = made.frames_of(level) // made.frames_of(lower) - 1
        for index in (0, 1, last):
            piece = made.piece_of(entry, level, lower, index)
            assert piece == made.leaf_entry(frame + index * made.frames_of(lower), lower, True, False, True) | (
                geometry.dirty
            )
            assert not walker.is_malformed(piece, lower)


def test_which_levels_may_have_leaves() -> None:
    """The last one always, a folded one never, one that there is not never."""
    folded = bound_to(geometry_named("linux-i386"), entries)
    assert [bool(folded.may_be_leaf(level)) for level in (0, 1, 2, 3, 2**63)] == [True, False, True, False, False]
    long = bound_to(geometry_named("x86-64"), entries)
    assert [bool(long.may_be_leaf(level)) for level in range(5)] == [True, True, True, False, False]


@every_geometry
def test_an_entry_that_is_not_present_tells_where_its_page_is(geometry: Geometry) -> None:
    """Sixteen files, a place in each, or the frame; nothing, and demand zero; and the rights come back."""
    made, walker = bound_to(geometry, entries), bound_to(geometry)
    leaf = made.leaf_entry(5, 0, True, False, True)
    assert made.absence_of(0) == NOTHING
    assert made.absence_of(leaf) == NOTHING
    zero = made.demand_zero_entry(True, True, False)
    assert made.absence_of(zero) == DEMAND_ZERO
    for file in range(16):
        away = made.paged_out_entry(file, 77, leaf)
        assert (made.absence_of(away), made.file_of(away), made.place_of(away)) == (PAGED_OUT, file, 77)
        assert not walker.is_present(away)
        assert made.leaf_of_kept(away, 6) == made.leaf_entry(
            6, 0, True, walker.granted(leaf, walker.USER, walker.USER_FLIP), True
        )
    here = made.transition_entry(leaf)
    assert (made.absence_of(here), made.place_of(here)) == (IN_TRANSITION, 5)


def test_the_largest_frame_that_an_entry_can_name() -> None:
    """And one beyond."""
    made = bound_to(geometry_named("win32"), entries)
    assert made.fits((1 << 20) - 1)
    assert not made.fits(1 << 20)
