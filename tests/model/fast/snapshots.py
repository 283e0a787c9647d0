"""Small memories full of page tables: entries of every kind at few places, so that all of them can be walked."""

import random

import numpy as np
import numpy.typing as npt

from pagelaw.spec import entries
from pagelaw.spec.algebra import Backend
from pagelaw.spec.geometries import Geometry, Right, bound_to

PAGES = 12
#: Tables of two entries, a huge leaf of two frames, a reserved bit at every level.
TINY = Geometry(
    name="tiny",
    title="two levels of two entries",
    index_bits=(1, 1),
    address_bits=8,
    sign_extended=False,
    entry_bytes=4,
    page_shift=3,
    leaf=Right(bits=1 << 3, inverted=False),
    leaf_levels=(1,),
    execute=Right(),
    table_rights_levels=(1,),
    accessed=1 << 8,
    dirty=1 << 9,
    global_=0,
    frame=0xF0,
    frame_shift=4,
    reserved_table={1: 1 << 10},
    reserved_leaf={0: 1 << 10, 1: 1 << 10 | 1 << 4},
)


def places(geometry: Geometry, level: int) -> list[int]:
    """The indices at which tables of a level have entries: both ends, the sign bit's neighbours, one inside."""
    last = (1 << geometry.index_bits[geometry.levels - 1 - level]) - 1
    return sorted({0, 1, last // 2, last // 2 + 1, last} & set(range(last + 1)))


def entry_of(geometry: Geometry, software: Backend, chance: random.Random) -> int:
    """Mostly a table or a leaf as software writes them; sometimes with a wild bit, sometimes nothing but wild bits."""
    if chance.random() < 0.03:
        return chance.getrandbits(8 * geometry.entry_bytes)
    level = chance.choice([level for level in range(geometry.levels) if not software.is_folded(level)])
    if chance.random() < 0.6:
        entry = software.table_entry(chance.randrange(PAGES + 1), level)
    else:
        frame = chance.choice((0, 3, 512, 1024, 1 << 18, 3 << 18) if level else range(PAGES + 1))
        entry = software.leaf_entry(frame, level, *(chance.random() < 0.7 for _ in range(3)))
    if chance.random() < 0.05:
        entry ^= 1 << chance.randrange(8 * geometry.entry_bytes)
    return int(entry)


def random_image(geometry: Geometry, chance: random.Random) -> npt.NDArray[np.unsignedinteger]:
    """Pages that are tables of any level, whoever names them."""
    per_page = (1 << geometry.page_shift) // geometry.entry_bytes
    words = np.zeros(PAGES * per_page, np.dtype(f"u{geometry.entry_bytes}"))
    software = bound_to(geometry, entries)
    every = {index for level in range(geometry.levels) for index in places(geometry, level)}
    for page in range(PAGES):
        for index in every:
            if chance.random() < 0.8:
                words[page * per_page + index] = entry_of(geometry, software, chance)
    return words


def addresses_of(geometry: Geometry, chance: random.Random, count: int) -> list[int]:
    """Addresses whose indices are at the places above, and some that are anything: edges, holes, not canonical."""
    register = (1 << geometry.address_bits) - 1
    upper = register & ~((1 << geometry.translated_bits) - 1)
    sign = 1 << (geometry.translated_bits - 1)
    made = [0, 1, sign - 1, sign, sign | upper, register, register - 1, upper, (1 << geometry.translated_bits) - 1]
    while len(made) < count:
        address = chance.getrandbits(geometry.page_shift)
        for level in range(geometry.levels):
            address |= chance.choice(places(geometry, level)) << geometry.shift(level)
        if chance.random() < 0.9 and geometry.sign_extended and address & sign:
            address |= upper
        made.append(address if chance.random() < 0.9 else chance.getrandbits(geometry.address_bits))
    return made[:count]
