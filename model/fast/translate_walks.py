"""Walks of many addresses at once: a bundle of addresses goes down the tables together, level by level.

A *kernel module*: rebound and compiled together with `spec.paging`, whose constants are those of a geometry, so that
the rules of a level fold into a few masks. How many addresses make a bundle is the backend's choice (`LANES`).
"""

from __future__ import annotations

from typing import Any

from ...spec.algebra import ONE, TRUE, TWO, ZERO, Word, Words, load, store_if
from ...spec.paging import FOUR, LEVELS, THREE, Access, Descent, Image, arrive, classify, descend, set_out
from .backend import view, word

#: Addresses in a bundle; one on plain integers.
LANES = 1


def lanes(value: Any) -> Any:
    """A word or a truth for every lane."""
    return value


def lanes_from(words: Words, index: Word) -> Word:
    """As many elements as there are lanes, from `index` on."""
    return load(words, index)


def put_lanes(words: Words, index: Word, value: Word) -> None:
    """Write all lanes to the elements from `index` on."""
    store_if(TRUE, words, index, value)


def _abreast(so_far: Descent) -> Descent:
    """The same with every part a bundle, also what is the same for all lanes so far."""
    going, table, fault, level = lanes(so_far.going), lanes(so_far.table), lanes(so_far.fault), lanes(so_far.level)
    slot, entry, read, write = lanes(so_far.slot), lanes(so_far.entry), lanes(so_far.read), lanes(so_far.write)
    return Descent(going, table, fault, level, slot, entry, read, write, lanes(so_far.user), lanes(so_far.execute))


def walk_bundle(image: Image, root: Word, address: Word, access: Access) -> tuple[Word, Word]:
    """Physical address and fault of each lane; the loop over levels is written out, so that each level is constant."""
    so_far = _abreast(set_out(root, address))
    if LEVELS > FOUR:
        so_far = _abreast(descend(image, so_far, address, FOUR))
    if LEVELS > THREE:
        so_far = _abreast(descend(image, so_far, address, THREE))
    if LEVELS > TWO:
        so_far = _abreast(descend(image, so_far, address, TWO))
    if LEVELS > ONE:
        so_far = _abreast(descend(image, so_far, address, ONE))
    found = arrive(_abreast(descend(image, so_far, address, ZERO)), address)
    return found.physical, classify(found, access)


def translate_bundles(
    image: Image, root: Word, addresses: Any, physical: Any, faults: Any, access: Access, first: int, last: int
) -> None:
    """Translate `addresses` from index `first` to before `last`, a whole number of bundles, into the two arrays."""
    image = Image(view(image.words), image.entries)
    addresses, physical, faults = view(addresses), view(physical), view(faults)
    write, user, execute = access
    for begin in range(first, last, LANES):
        index = word(begin)
        where_to, fault = walk_bundle(image, root, lanes_from(addresses, index), Access(write, user, execute))
        put_lanes(physical, index, where_to)
        put_lanes(faults, index, fault)
