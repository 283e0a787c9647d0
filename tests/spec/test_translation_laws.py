"""The laws of translation: true of the walker as it is, and false of a walker with one rule changed."""

from typing import Any

import pytest

from pagelaw.spec import algebra, paging, translation_laws
from pagelaw.spec.algebra import Backend, rebind
from pagelaw.spec.geometries import BUILT_IN, Geometry, bound_to
from pagelaw.spec.paging import NO_FAULT, OUTSIDE, Image

from .machines import READ, TINY, WRITE, Machine

every_geometry = pytest.mark.parametrize("geometry", [TINY, *BUILT_IN], ids=lambda geometry: geometry.name)


def changed(geometry: Geometry = TINY, **functions: Any) -> Backend:
    """The laws over a walker of which some functions are others."""
    primitives = {name: getattr(algebra, name) for name in algebra.PRIMITIVES}
    return rebind(translation_laws, primitives=primitives, overrides={**geometry.constants(), **functions})


@pytest.fixture
def machine() -> Machine:
    """A page at 8, mapped to frame 9 with the right to write, and a huge page at 16."""
    machine = Machine(TINY)
    machine.do("create")
    machine.do("map_page", 0, 8, 9, 0, WRITE, False)
    machine.do("map_page", 0, 16, 10, 1, READ, False)
    return machine


def image_of(machine: Machine) -> Image:
    """Table memory as the walker sees it."""
    image: Image = machine.steps.image_of(machine.tables)
    return image


def test_every_walk_comes_to_something(machine: Machine) -> None:
    """One that ends where no leaf is, or names a place after a fault, comes to nothing."""
    image = image_of(machine)
    assert all(machine.translation.total(image, root, address) for root in (0, 8, 99) for address in range(300))
    leafless = changed(is_leaf=lambda entry, level: False)
    assert not leafless.total(image, 0, 8)
    placed = changed(walk=lambda image, root, address: paging.walk(image, root, 8)._replace(fault=2, physical=1))
    assert not placed.total(image, 0, 8)
    beyond = changed(walk=lambda image, root, address: paging.walk(image, root, 8)._replace(fault=OUTSIDE + 1))
    assert not beyond.total(image, 0, 8)


@every_geometry
def test_an_address_is_its_parts(geometry: Geometry) -> None:
    """At both ends and in between; an index from the wrong place is noticed, and one that is too wide."""
    laws, last = bound_to(geometry, translation_laws), bound_to(geometry).LAST_ADDRESS
    for address in (0, 1, 0x2A8E317F & last, last, last // 3, 1 << (geometry.translated_bits - 1)):
        assert laws.joined(address)
    shifted = changed(geometry, index_of=lambda address, level: bound_to(geometry).index_of(address >> 1, level))
    assert not shifted.joined(last // 3)
    wide = changed(geometry, index_of=lambda address, level: address >> geometry.shift(level))
    assert not wide.joined(last)


def test_no_right_that_is_withheld_on_the_way(machine: Machine) -> None:
    """A walker that asks one level alone grants more than the others do."""
    image = image_of(machine)
    words = list(image.words)
    words[0] &= ~2
    image = Image(words, image.entries)
    assert all(machine.translation.confined(image, 0, address, level) for address in range(32) for level in (0, 1))
    lax = changed(restricts=lambda entry, level: level == 0)
    assert lax.walk(image, 0, 8).write
    strict = changed()
    assert not strict.walk(image, 0, 8).write
    granting = changed(walk=lambda image, root, address: lax.walk(image, root, address))
    assert not granting.confined(image, 0, 8, 1)
    assert granting.confined(image, 0, 8, 0)


def test_what_is_malformed_faults(machine: Machine) -> None:
    """A reserved bit on the way, and an address that is none."""
    image = image_of(machine)
    geometry = TINY
    assert all(machine.translation.guarded(image, 0, address, level) for address in range(80) for level in (0, 1))
    lax = bound_to(geometry)
    bits = {"RESERVED_TABLE_1": 2}
    blind = changed(walk=lambda image, root, address: lax.walk(image, root, address), **bits)
    assert not blind.guarded(image, 0, 8, 1)
    assert not changed(is_canonical=lambda address: address != 8, walk=blind.walk).guarded(image, 0, 8, 0)


def test_marks_move_nothing(machine: Machine) -> None:
    """Another frame under the same mark is noticed, and a write that leaves no mark."""
    image, laws = image_of(machine), machine.translation
    words = list(image.words)
    slot = machine.walk(0, 8).slot >> 2
    words[slot] |= TINY.dirty | TINY.accessed
    marked = Image(words, image.entries)
    assert laws.unmoved(image, marked, 0, 8, True, 8)
    assert not laws.unmoved(image, image, 0, 8, True, 8)
    assert laws.unmoved(image, image, 0, 8, False, 8)
    moved = Image([word ^ 0x10 if place == slot else word for place, word in enumerate(words)], image.entries)
    assert not laws.unmoved(image, moved, 0, 8, True, 8)
    assert laws.undisturbed(image, marked, NO_FAULT, slot)
    assert not laws.undisturbed(image, marked, 2, slot)


@every_geometry
def test_ranges_at_the_ends(geometry: Geometry) -> None:
    """The last page, ranges to the end, none at all; and rules that refuse or overshoot are noticed."""
    laws, walker = bound_to(geometry, translation_laws), bound_to(geometry)
    last = walker.LAST_ADDRESS if geometry.sign_extended else (1 << geometry.translated_bits) - 1
    half = 1 << (geometry.translated_bits - 1)
    page = walker.span_of(0)
    for address in (0, last - page + 1, last, half - page, half):
        for length in (0, 1, page, last - address + 1, 2 * half):
            assert all(laws.ended(address, length, inner) for inner in (0, length - 1 if length else 0, length // 2))
    assert walker.is_range(last - page + 1, page)
    assert not walker.is_range(last, 2)
    assert not walker.is_range(walker.LAST_ADDRESS + 1, 1)
    greedy = changed(geometry, is_range=lambda address, length: True)
    assert not greedy.ended(walker.LAST_ADDRESS, 2, 1)
    if geometry.sign_extended:
        shy = changed(geometry, is_range=lambda address, length: address + length < walker.LAST_ADDRESS)
        assert not shy.ended(last - page + 1, page, 0)
    none = changed(geometry, is_range=lambda address, length: length != 0)
    assert not none.ended(0, 0, 0)


@every_geometry
def test_what_an_absent_entry_keeps(geometry: Geometry) -> None:
    """Place and rights; forgetting the file, or a right, is noticed."""
    machine = Machine(geometry)
    leaf = machine.entries.leaf_entry(9, 0, True, True, True)
    assert machine.translation.kept(leaf, 15, 3, 10)
    assert not changed(geometry, file_of=lambda entry: 0).kept(leaf, 15, 3, 10)
    weaker = machine.entries.leaf_of_kept
    forgetful = changed(geometry, leaf_of_kept=lambda entry, frame: weaker(entry & ~0x40, frame))
    assert not forgetful.kept(leaf, 15, 3, 10)


def test_a_way_that_ends_outside(machine: Machine) -> None:
    """There is no entry where memory ends, and none above a level that is folded."""
    image = image_of(machine)
    entry, there = machine.translation.entry_at(Image(image.words, 0), 0, 8, 0)
    assert (entry, there) == (0, False)
