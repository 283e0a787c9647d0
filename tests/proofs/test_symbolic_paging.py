"""The walk on solver terms comes to what it comes to on plain integers, in every geometry, on bytes of any kind."""

import random

import pytest
import z3

from pagelaw.proofs.symbolic import Formula, Term, TermArray, constant, symbolic
from pagelaw.spec import entries, paging
from pagelaw.spec.geometries import BUILT_IN, Geometry, bound_to
from pagelaw.spec.paging import Access, Image

EACH = pytest.mark.parametrize("geometry", BUILT_IN, ids=lambda geometry: geometry.name)
PAGES = 6


def value_of(part: Term | Formula | bool) -> int:
    """The number or truth that a term without unknowns is."""
    if isinstance(part, bool):
        return part
    simple = z3.simplify(part.term)
    return simple.as_long() if isinstance(part, Term) else int(z3.is_true(simple))


def image_of(words: dict[int, int]) -> TermArray:
    """Memory that is zero but for these entries, as the solver sees it."""
    array = TermArray(lambda _at: z3.BitVecVal(0, 64), 64, 64, [])
    for slot, entry in words.items():
        array = array.store_if(Formula(None, True), constant(slot, 64), constant(entry, 64))
    return array


def drawn(geometry: Geometry, chance: random.Random) -> tuple[dict[int, int], list[int]]:
    """Entries at the ends of a few pages, mostly as software writes them, and addresses that lead to them."""
    software, per_page = bound_to(geometry, entries), (1 << geometry.page_shift) // geometry.entry_bytes
    words = {}
    for page in range(PAGES):
        for index in (0, 1, per_page - 1):
            level = chance.choice([level for level in range(geometry.levels) if not software.is_folded(level)])
            entry = software.table_entry(chance.randrange(PAGES + 1), level)
            if chance.random() < 0.5:
                entry = software.leaf_entry(
                    chance.choice((2, 512, 1024)), level, *(chance.random() < 0.7 for _ in "wux")
                )
            if chance.random() < 0.15:
                entry ^= 1 << chance.randrange(8 * geometry.entry_bytes)
            words[page * per_page + index] = entry
    addresses = [0, (1 << geometry.address_bits) - 1, 1 << (geometry.translated_bits - 1)]
    for _ in range(5):
        address = chance.getrandbits(geometry.page_shift)
        for level, bits in enumerate(reversed(geometry.index_bits)):
            address |= chance.choice((0, min(1, (1 << bits) - 1), (1 << bits) - 1)) << geometry.shift(level)
        addresses.append(address)
    return words, addresses


@pytest.mark.expensive
@EACH
def test_walks_of_the_solver_are_those_of_integers(geometry: Geometry) -> None:
    """Every part of the walk, and the fault of every access."""
    chance = random.Random(geometry.name)
    alone, terms = bound_to(geometry), symbolic(paging, 64, geometry.constants())
    seen = set()
    for _ in range(4):
        words, addresses = drawn(geometry, chance)
        memory = [0] * (PAGES * (1 << geometry.page_shift) // geometry.entry_bytes)
        for slot, entry in words.items():
            memory[slot] = entry
        image, solver_image = Image(memory, len(memory)), Image(image_of(words), constant(len(memory), 64))
        access = Access(*(chance.random() < 0.5 for _ in range(3)))
        for address in addresses:
            root = chance.randrange(PAGES) << geometry.page_shift
            found = alone.walk(image, root, address)
            term = terms.walk(solver_image, constant(root, 64), constant(address, 64))
            assert [value_of(part) for part in term] == [int(part) for part in found], hex(address)
            fault = alone.classify(found, access)
            assert value_of(terms.classify(term, access)) == fault
            seen.add(fault)
    assert len(seen) > 2


@EACH
def test_arithmetic_of_the_solver(geometry: Geometry) -> None:
    """Indices, offsets, spans and canonical addresses, at each level."""
    chance = random.Random(geometry.name)
    alone, terms = bound_to(geometry), symbolic(paging, 64, geometry.constants())
    for _ in range(20):
        address = chance.getrandbits(geometry.address_bits)
        word = constant(address, 64)
        assert value_of(terms.is_canonical(word)) == alone.is_canonical(address)
        for level in range(geometry.levels):
            at = constant(level, 64)
            assert value_of(terms.index_of(word, at)) == alone.index_of(address, level)
            assert value_of(terms.offset_of(word, at)) == alone.offset_of(address, level)
            assert value_of(terms.is_malformed(word, at)) == alone.is_malformed(address, level)
